// SPDX-License-Identifier: GPL-2.0
/* The pipeline, and where it hangs in netfilter. Only here segments get their
 * NF_ verdict, and each way out counts one exit.
 */
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "hook.h"
#include "netns.h"
#include "option.h"
#include "packet.h"
#include "strip.h"
#include "verdict.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack.h>
#endif

#define EXIT(name)	(MPTCP_MB_COUNTER_EXIT_##name)
#define WOULD(name)	(MPTCP_MB_COUNTER_WOULD_##name)

#define CAUSES		8	/* at least as many; this one is quick to index */

/* What a verdict counts, when it is carried out and when it is only observed.
 * A pair that is not here cannot be reached.
 */
static const struct {
	u8 exit;
	u8 would;
} counters[MPTCP_MB_VERDICT_NEUTRALISE + 1][CAUSES] = {
	[MPTCP_MB_VERDICT_ACCEPT] = {
		[MPTCP_MB_CAUSE_DEFAULT]   = { EXIT(ACCEPT_DEFAULT) },
		[MPTCP_MB_CAUSE_SITE]	   = { EXIT(ACCEPT_SITE) },
		[MPTCP_MB_CAUSE_DATA]	   = { EXIT(ACCEPT_DATA) },
	},
	[MPTCP_MB_VERDICT_STRIP] = {
		[MPTCP_MB_CAUSE_DEFAULT]   = { EXIT(STRIP_DEFAULT), WOULD(STRIP_DEFAULT) },
		[MPTCP_MB_CAUSE_SITE]	   = { EXIT(STRIP_SITE), WOULD(STRIP_SITE) },
		[MPTCP_MB_CAUSE_MALFORMED] = { EXIT(STRIP_MALFORMED), WOULD(STRIP_MALFORMED) },
	},
	[MPTCP_MB_VERDICT_DROP] = {
		[MPTCP_MB_CAUSE_DEFAULT]   = { EXIT(DROP_DEFAULT), WOULD(DROP_DEFAULT) },
		[MPTCP_MB_CAUSE_SITE]	   = { EXIT(DROP_SITE), WOULD(DROP_SITE) },
		[MPTCP_MB_CAUSE_JOIN]	   = { EXIT(DROP_JOIN), WOULD(DROP_JOIN) },
		[MPTCP_MB_CAUSE_MALFORMED] = { EXIT(DROP_MALFORMED), WOULD(DROP_MALFORMED) },
		[MPTCP_MB_CAUSE_ADD_ADDR]  = { EXIT(DROP_ADD_ADDR), WOULD(DROP_ADD_ADDR) },
		[MPTCP_MB_CAUSE_SEALED]	   = { EXIT(DROP_SEALED), WOULD(DROP_SEALED) },
	},
	[MPTCP_MB_VERDICT_RESET] = {
		[MPTCP_MB_CAUSE_DEFAULT]   = { EXIT(RESET_DEFAULT), WOULD(RESET_DEFAULT) },
		[MPTCP_MB_CAUSE_SITE]	   = { EXIT(RESET_SITE), WOULD(RESET_SITE) },
		[MPTCP_MB_CAUSE_JOIN]	   = { EXIT(RESET_JOIN), WOULD(RESET_JOIN) },
		[MPTCP_MB_CAUSE_MALFORMED] = { EXIT(RESET_MALFORMED), WOULD(RESET_MALFORMED) },
	},
	[MPTCP_MB_VERDICT_NEUTRALISE] = {
		[MPTCP_MB_CAUSE_ADD_ADDR]  = { EXIT(NEUTRALISED), WOULD(NEUTRALISE) },
	},
};

static __always_inline void count_options(const struct mb_stats *stats,
					  const struct mb_options *opts,
					  enum mb_place place)
{
	const struct mb_option *o = opts->opt, *end = o + opts->n;
	struct mb_counters __percpu *c = stats->pcpu;

	this_cpu_inc(c->v[MPTCP_MB_COUNTER_MPTCP]);
	if (place == MB_PLACE_SYN)
		this_cpu_inc(c->v[MPTCP_MB_COUNTER_SYN]);
	else if (place == MB_PLACE_SYNACK)
		this_cpu_inc(c->v[MPTCP_MB_COUNTER_SYNACK]);

	do {
		if (o->fault != MB_FAULT_NONE)
			this_cpu_inc(c->v[MPTCP_MB_COUNTER_FAULT_OVERRUN + o->fault]);
		if (o->subtype >= MB_SUBTYPES)
			continue;
		this_cpu_inc(c->v[MPTCP_MB_COUNTER_SUBTYPE_MP_CAPABLE + o->subtype]);
		if (o->subtype == MB_MP_CAPABLE)
			this_cpu_inc(c->v[MPTCP_MB_COUNTER_VERSION_0 +
					  min_t(unsigned int, o->capable.version, 2)]);
	} while (++o < end);
}

static enum mb_place place_of(const struct tcphdr *th)
{
	if (!th->syn)
		return MB_PLACE_OTHER;
	return th->ack ? MB_PLACE_SYNACK : MB_PLACE_SYN;
}

static void get_ctmark(struct mb_site_query *q, const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK) && IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	q->ct_known = ct && !nf_ct_is_template(ct);
	q->ctmark = q->ct_known ? READ_ONCE(ct->mark) : 0;
#else
	q->ct_known = false;
	q->ctmark = 0;
#endif
}

/* The site is the server: whom a SYN goes to, whom a SYN/ACK comes from. */
static void make_query(struct mb_site_query *q, const struct mb_packet *pkt,
		       const struct tcphdr *th, enum mb_place place)
{
	const struct sk_buff *skb = pkt->skb;
	bool syn = place == MB_PLACE_SYN;

	if (pkt->family == AF_INET) {
		const struct iphdr *iph = ip_hdr(skb);

		q->server.s6_addr32[0] = syn ? iph->daddr : iph->saddr;
		q->client.s6_addr32[0] = syn ? iph->saddr : iph->daddr;
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		q->server = syn ? ip6h->daddr : ip6h->saddr;
		q->client = syn ? ip6h->saddr : ip6h->daddr;
	}
	q->family = pkt->family;
	q->port = ntohs(syn ? th->dest : th->source);
	q->mark = skb->mark;
	q->client_known = true;
	get_ctmark(q, skb);
}

/* Does what was decided. */
static unsigned int enforce(struct mb_net *mn, const struct mb_policy *policy,
			    struct mb_packet *pkt, const struct mb_options *opts,
			    const struct mb_judged *j,
			    const struct nf_hook_state *state)
{
	u8 exit = counters[j->verdict][j->cause].exit;
	unsigned int ret;

	switch (j->verdict) {
	case MPTCP_MB_VERDICT_STRIP:
		ret = mb_strip(pkt, opts) ? NF_DROP : NF_ACCEPT;
		break;
	case MPTCP_MB_VERDICT_NEUTRALISE:
		ret = mb_neutralise(pkt, opts) ? NF_DROP : NF_ACCEPT;
		break;
	case MPTCP_MB_VERDICT_RESET:
		if (!mb_reset(pkt, state, &mn->resets, policy->set.reset_rate,
			      &mn->stats))
			exit = EXIT(DROP_RATE);
		fallthrough;
	default:
		mb_count(&mn->stats, exit);
		return NF_DROP;
	}
	mb_count(&mn->stats, ret == NF_ACCEPT ? exit : EXIT(DROP_NOMEM));
	return ret;
}

/* A segment that may be refused: all but the established ones of a session */
static __always_inline unsigned int judge(struct mb_net *mn, struct mb_packet *pkt,
					  const struct tcphdr *th,
					  enum mb_place place,
					  struct mb_options *opts,
					  const struct nf_hook_state *state)
{
	const struct mb_policy *policy = rcu_dereference(mn->policy);
	struct mb_judged j __uninitialized;
	u8 accepted;

	if (unlikely(!policy)) {
		/* the last segments while the hook goes */
		mb_count(&mn->stats, place == MB_PLACE_OTHER ? EXIT(ACCEPT_DATA) :
							       EXIT(ACCEPT_DEFAULT));
		return NF_ACCEPT;
	}
	if (place == MB_PLACE_OTHER) {
		mb_verdict_established(policy, opts, &j);
	} else {
		struct mb_site_query q __uninitialized;

		make_query(&q, pkt, th, place);
		mb_verdict_handshake(policy, &q, opts, &j);
		if (j.site)
			mb_site_hit(j.site);
	}
	if (j.verdict == MPTCP_MB_VERDICT_ACCEPT) {
		mb_count(&mn->stats, counters[j.verdict][j.cause].exit);
		return NF_ACCEPT;
	}
	if (likely(policy->set.mode == MPTCP_MB_MODE_ENFORCE))
		return enforce(mn, policy, pkt, opts, &j, state);

	/* bypass: the hook is coming or going */
	if (policy->set.mode == MPTCP_MB_MODE_OBSERVE)
		mb_count(&mn->stats, counters[j.verdict][j.cause].would);
	accepted = place == MB_PLACE_OTHER ? EXIT(ACCEPT_DATA) :
		   j.site ? EXIT(ACCEPT_SITE) : EXIT(ACCEPT_DEFAULT);
	mb_count(&mn->stats, accepted);
	return NF_ACCEPT;
}

/* Reads and counts the options, which may begin at @start. False: there are
 * none, or it is data which no setting is about; it may go on.
 */
static __always_inline bool read_options(struct mb_net *mn, const struct tcphdr *th,
					 unsigned int len, unsigned int start,
					 enum mb_place place,
					 struct mb_options *opts)
{
	mb_options_parse_from((const u8 *)(th + 1), len, start, place, opts);
	if (unlikely(!opts->n)) {
		mb_count(&mn->stats, EXIT(PLAIN));
		return false;
	}
	count_options(&mn->stats, opts, place);
	if (place != MB_PLACE_OTHER || mb_verdict_needed(opts))
		return true;
	mb_count(&mn->stats, EXIT(ACCEPT_DATA));
	return false;
}

/* Defragmentation was to prevent it: somebody had it not tracked. */
static unsigned int fragment(struct mb_net *mn)
{
	const struct mb_policy *policy = rcu_dereference(mn->policy);

	if (!policy || !mb_policy_refuses(policy)) {
		mb_count(&mn->stats, EXIT(FRAGMENT));
		return NF_ACCEPT;
	}
	if (policy->set.mode != MPTCP_MB_MODE_ENFORCE) {
		if (policy->set.mode == MPTCP_MB_MODE_OBSERVE)
			mb_count(&mn->stats, WOULD(DROP_FRAGMENT));
		mb_count(&mn->stats, EXIT(FRAGMENT));
		return NF_ACCEPT;
	}
	mb_count(&mn->stats, EXIT(DROP_FRAGMENT));
	return NF_DROP;
}

/* IP options, extension headers, fragments, headers that are not linear */
static noinline unsigned int examine(struct mb_net *mn, struct sk_buff *skb,
				     const struct nf_hook_state *state, u8 family)
{
	u8 buf[MB_TCP_HEADER_MAX] __uninitialized;
	struct mb_options opts __uninitialized;
	struct mb_packet pkt __uninitialized;
	const struct tcphdr *th;
	enum mb_place place;

	switch (mb_packet_find(skb, family, &pkt)) {
	case MB_FOUND_TCP:
		break;
	case MB_FOUND_OTHER:
		mb_count(&mn->stats, EXIT(OTHER));
		return NF_ACCEPT;
	case MB_FOUND_TRUNCATED:
		mb_count(&mn->stats, EXIT(TRUNCATED));
		return NF_ACCEPT;
	case MB_FOUND_FRAGMENT:
		return fragment(mn);
	}
	th = (const struct tcphdr *)mb_packet_tcp(&pkt, buf);
	if (!th) {
		mb_count(&mn->stats, EXIT(TRUNCATED));
		return NF_ACCEPT;
	}
	place = place_of(th);
	if (!read_options(mn, th, pkt.doff - sizeof(*th), 0, place, &opts))
		return NF_ACCEPT;
	opts.sealed |= pkt.sealed;
	return judge(mn, &pkt, th, place, &opts, state);
}

/* A packet of the most common kind with @len bytes of options. Not inlined:
 * without a frame on the stack the way of all other traffic is shorter.
 */
static noinline unsigned int linear(struct mb_net *mn, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    const struct tcphdr *th, unsigned int len)
{
	struct mb_options opts __uninitialized;
	struct mb_packet pkt __uninitialized;
	enum mb_place place;
	unsigned int start;

	start = mb_options_start((const u8 *)(th + 1), len);
	if (!mb_options_suspect((const u8 *)(th + 1), len, start)) {
		mb_count(&mn->stats, EXIT(PLAIN));
		return NF_ACCEPT;
	}
	place = place_of(th);
	if (!read_options(mn, th, len, start, place, &opts))
		return NF_ACCEPT;
	mb_packet_set(&pkt, skb, state->pf, th);
	return judge(mn, &pkt, th, place, &opts, state);
}

static __always_inline unsigned int hook(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 u8 family)
{
	struct mb_net *mn = priv;
	const struct tcphdr *th;
	unsigned int len;

	if (unlikely(!mb_packet_quick(skb, family, &th)))
		return examine(mn, skb, state, family);
	len = th->doff * 4 - sizeof(*th);
	if (!mb_options_usual((const u8 *)(th + 1), len))
		return linear(mn, skb, state, th, len);
	mb_count(&mn->stats, EXIT(PLAIN));
	return NF_ACCEPT;
}

static unsigned int mptcp_mb_hook4(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	return hook(priv, skb, state, AF_INET);
}

static unsigned int mptcp_mb_hook6(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	return hook(priv, skb, state, AF_INET6);
}

/* In the order of enum mptcp_mb_hook. FORWARD: what the filter chains dropped
 * does not come here, what comes may still be rewritten by source NAT. On
 * LOCAL_OUT after destination NAT, so that the site is the real server.
 */
static const struct nf_hook_ops places[MB_NF_HOOKS] = {
	{ .hook = mptcp_mb_hook4, .pf = NFPROTO_IPV4, .hooknum = NF_INET_FORWARD,
	  .priority = NF_IP_PRI_FILTER + 25 },
	{ .hook = mptcp_mb_hook6, .pf = NFPROTO_IPV6, .hooknum = NF_INET_FORWARD,
	  .priority = NF_IP6_PRI_FILTER + 25 },
	{ .hook = mptcp_mb_hook4, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_IN,
	  .priority = NF_IP_PRI_MANGLE },
	{ .hook = mptcp_mb_hook6, .pf = NFPROTO_IPV6, .hooknum = NF_INET_LOCAL_IN,
	  .priority = NF_IP6_PRI_MANGLE },
	{ .hook = mptcp_mb_hook4, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_OUT,
	  .priority = NF_IP_PRI_NAT_DST + 1 },
	{ .hook = mptcp_mb_hook6, .pf = NFPROTO_IPV6, .hooknum = NF_INET_LOCAL_OUT,
	  .priority = NF_IP6_PRI_NAT_DST + 1 },
};

static int add_one(struct mb_net *mn, unsigned int bit)
{
	switch (BIT(bit)) {
	case MPTCP_MB_HOOK_DEFRAG4:
		return nf_defrag_ipv4_enable(mn->net);
	case MPTCP_MB_HOOK_DEFRAG6:
		return nf_defrag_ipv6_enable(mn->net);
	}
	mn->ops[bit] = places[bit];
	mn->ops[bit].priv = mn;
	return nf_register_net_hook(mn->net, &mn->ops[bit]);
}

static void remove_one(struct mb_net *mn, unsigned int bit)
{
	switch (BIT(bit)) {
	case MPTCP_MB_HOOK_DEFRAG4:
		nf_defrag_ipv4_disable(mn->net);
		break;
	case MPTCP_MB_HOOK_DEFRAG6:
		nf_defrag_ipv6_disable(mn->net);
		break;
	default:
		nf_unregister_net_hook(mn->net, &mn->ops[bit]);
	}
}

/**
 * mb_hooks_add() - register what is missing
 * @mn:		the namespace
 * @want:	enum mptcp_mb_hook; more than these may be registered already
 * @extack:	told why not
 *
 * Context: process, mn->lock held, may sleep.
 * Return: 0, or an error and nothing has changed
 */
int mb_hooks_add(struct mb_net *mn, u32 want, struct netlink_ext_ack *extack)
{
	unsigned long missing = want & ~mn->hooks;
	u32 before = mn->hooks;
	unsigned int bit;
	int err;

	lockdep_assert_held(&mn->lock);
	for_each_set_bit(bit, &missing, BITS_PER_TYPE(u32)) {
		err = add_one(mn, bit);
		if (err) {
			mb_hooks_trim(mn, before);
			NL_SET_ERR_MSG(extack,
				       "cannot register a netfilter hook: out of memory, or too many hooks");
			return err;
		}
		mn->hooks |= BIT(bit);
	}
	return 0;
}

/**
 * mb_hooks_trim() - unregister what is not wanted
 * @mn:		the namespace
 * @want:	enum mptcp_mb_hook: what may stay
 *
 * Segments may be under way in a hook until an RCU grace period has passed.
 *
 * Context: process, mn->lock held (or the namespace is dying), may sleep.
 */
void mb_hooks_trim(struct mb_net *mn, u32 want)
{
	unsigned long surplus = mn->hooks & ~want;
	unsigned int bit;

	for_each_set_bit(bit, &surplus, BITS_PER_TYPE(u32)) {
		remove_one(mn, bit);
		mn->hooks &= ~BIT(bit);
	}
}
