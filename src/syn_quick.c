// SPDX-License-Identifier: GPL-2.0
/* The straight way of the SYNs that Linux sends: the usual options, and one MPTCP
 * option behind, version 1. Whatever is not of that kind, or ends otherwise than
 * most do, goes the way of all other segments.
 */
#include <linux/tcp.h>

#include "account.h"
#include "hook.h"
#include "join.h"
#include "netns.h"
#include "option_dss.h"
#include "strip.h"
#include "verdict.h"

#define CAPABLE		(MB_OPTIONS_SYN + MB_TCPOLEN_MPC_SYN)
#define JOIN		(MB_OPTIONS_SYN + MB_TCPOLEN_MPJ_SYN)

/* Of all flags but those of ECN, which say nothing here */
#define MB_TCP_ECN	0xc0

static const struct mb_policy *enforced(const struct mb_net *mn)
{
	const struct mb_policy *policy = rcu_dereference(mn->policy);

	return policy && policy->set.mode == MPTCP_MB_MODE_ENFORCE ? policy : NULL;
}

static __always_inline const void *destination(const struct tcphdr *th, u8 family)
{
	return (const u8 *)th - (family == AF_INET ? 4 : 16);
}

static __always_inline void count(struct mb_counters __percpu *c,
				  enum mptcp_mb_counter subtype,
				  enum mptcp_mb_counter more,
				  enum mptcp_mb_counter exit)
{
	this_cpu_inc(c->v[MPTCP_MB_COUNTER_MPTCP]);
	this_cpu_inc(c->v[MPTCP_MB_COUNTER_SYN]);
	this_cpu_inc(c->v[subtype]);
	this_cpu_inc(c->v[more]);
	this_cpu_inc(c->v[exit]);
}

/* RFC 8684, 3.1 */
static __always_inline bool mp_capable(struct mb_net *mn, struct sk_buff *skb,
				       const struct tcphdr *th, u8 family)
{
	const u8 *opt = (const u8 *)(th + 1) + MB_OPTIONS_SYN;
	enum mptcp_mb_counter exit;
	const struct mb_policy *policy;
	struct mb_site *site;
	struct mb_judged j;

	/* subtype and version */
	if (mb_get32(opt) >> 8 != (MB_TCPOPT_MPTCP << 16 |
				   MB_TCPOLEN_MPC_SYN << 8 | MB_MP_CAPABLE << 4 | 1))
		return false;
	policy = enforced(mn);
	if (unlikely(!policy))
		return false;
	site = mb_sites_plain(policy->sites, destination(th, family),
			      family == AF_INET);
	if (unlikely(site == MB_SITE_UNSURE))
		return false;
	mb_verdict_site(policy, site, &j);
	if (j.verdict == MPTCP_MB_VERDICT_STRIP) {
		struct tcphdr *rw = (struct tcphdr *)th;

		if (unlikely(skb_cloned(skb)))
			return false;
		mb_strip_fix(skb, rw, mb_strip_word((u8 *)opt));
		exit = site ? MPTCP_MB_COUNTER_EXIT_STRIP_SITE :
			      MPTCP_MB_COUNTER_EXIT_STRIP_DEFAULT;
	} else if (j.verdict == MPTCP_MB_VERDICT_ACCEPT) {
		exit = site ? MPTCP_MB_COUNTER_EXIT_ACCEPT_SITE :
			      MPTCP_MB_COUNTER_EXIT_ACCEPT_DEFAULT;
	} else {
		return false;
	}
	if (site)
		mb_site_hit(site);
	count(mn->stats.pcpu, MPTCP_MB_COUNTER_SUBTYPE_MP_CAPABLE,
	      MPTCP_MB_COUNTER_VERSION_1, exit);
	return true;
}

/* Whether a join goes where its session began */
static __always_inline bool same_address(const struct mb_site_query *site,
					 const void *addr, u8 family)
{
	if (site->family != family)
		return false;
	if (family == AF_INET)
		return site->server.s6_addr32[0] == *(const __be32 *)addr;
	return ipv6_addr_equal(&site->server, addr);
}

/* What decides on a join of a client into a session, MB_SITE_UNSURE if that is not
 * simple: see join_site() of verdict.c.
 */
static __always_inline struct mb_site *
join_site(const struct mb_policy *p, const struct mb_session *s,
	  const struct tcphdr *th, u8 family)
{
	struct mb_site *site, *own;

	site = mb_sites_plain(p->sites, s->site.server.s6_addr32,
			      s->site.family == AF_INET);
	if (site == MB_SITE_UNSURE ||
	    mb_verdict_action(p, site) == MPTCP_MB_ACTION_DENY)
		return MB_SITE_UNSURE;
	if (same_address(&s->site, destination(th, family), family))
		return site;
	own = mb_sites_plain(p->sites, destination(th, family),
			     family == AF_INET);
	return own == MB_SITE_UNSURE || mb_verdict_denies(own) ? MB_SITE_UNSURE :
								 site;
}

static noinline bool sound(struct sk_buff *skb, const struct nf_hook_state *state,
			   const struct tcphdr *th)
{
	struct mb_packet pkt;

	mb_packet_set(&pkt, skb, state->pf, th);
	return mb_packet_sound(&pkt, state);
}

/* RFC 8684, 3.2: a join into a known session that is let through */
static __always_inline bool mp_join(struct mb_net *mn, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    const struct tcphdr *th, u8 family)
{
	const u8 *opt = (const u8 *)(th + 1) + MB_OPTIONS_SYN;
	const struct mb_policy *policy = enforced(mn);
	struct mb_option o __uninitialized;
	struct mb_tuple tuple __uninitialized;
	struct mb_joining jn __uninitialized;
	struct mb_site *site;
	unsigned int side;

	if (mb_get32(opt) >> 12 != (MB_TCPOPT_MPTCP << 12 |
				    MB_TCPOLEN_MPJ_SYN << 4 | MB_MP_JOIN))
		return false;
	if (unlikely(!policy || policy->set.share_mark))
		return false;
	o.join.backup = opt[2] & 1;
	o.join.addr_id = opt[3];
	o.join.token = mb_get32(opt + 4);
	o.join.nonce = mb_get32(opt + 8);
	side = mb_tuple_get(&tuple, skb, family, th);
	mb_join_syn(mn->sessions, &tuple, side, &o, &jn);
	if (unlikely(jn.kind != MB_JOIN_KNOWN || jn.by_server))
		return false;
	site = join_site(policy, jn.session, th, family);
	if (unlikely(site == MB_SITE_UNSURE ||
		     mb_verdict_join(policy, site) != MPTCP_MB_VERDICT_ACCEPT))
		return false;
	/* that nf_checksum() would trust */
	if (skb->ip_summed == CHECKSUM_UNNECESSARY ||
	    skb->ip_summed == CHECKSUM_PARTIAL || sound(skb, state, th))
		mb_join_syn_passed(mn, &tuple, side, th, &jn);
	if (site)
		mb_site_hit(site);
	count(mn->stats.pcpu, MPTCP_MB_COUNTER_SUBTYPE_MP_JOIN,
	      MPTCP_MB_COUNTER_JOIN_KNOWN,
	      site ? MPTCP_MB_COUNTER_EXIT_ACCEPT_SITE :
		     MPTCP_MB_COUNTER_EXIT_ACCEPT_DEFAULT);
	return true;
}

static __always_inline bool quick(struct mb_net *mn, struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  const struct tcphdr *th, unsigned int len,
				  u8 family)
{
	if ((mb_tcp_flags(th) & ~MB_TCP_ECN) != MB_TCP_SYN)
		return false;
	if (len == CAPABLE)
		return mp_capable(mn, skb, th, family);
	return len == JOIN && mp_join(mn, skb, state, th, family);
}

/**
 * mb_syn_quick4() - a SYN with an MPTCP option, most likely one of the two usual
 * @mn:		the namespace
 * @skb:	IPv4 packet without options, not a fragment
 * @state:	of the hook
 * @th:		its TCP header, linear: mb_options_start() says MB_OPTIONS_SYN, and
 *		a kind-30 option is the next
 * @len:	bytes of its options
 *
 * Context: RCU read side, BH off.
 * Return: NF_ACCEPT, or what mb_hook_linear() says
 */
unsigned int mb_syn_quick4(struct mb_net *mn, struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   const struct tcphdr *th, unsigned int len)
{
	if (likely(quick(mn, skb, state, th, len, AF_INET)))
		return NF_ACCEPT;
	return mb_hook_linear(mn, skb, state, th, len, MB_OPTIONS_SYN);
}

/**
 * mb_syn_quick6() - as mb_syn_quick4(), IPv6
 * @mn:		the namespace
 * @skb:	IPv6 packet without extension headers
 * @state:	as there
 * @th:		as there
 * @len:	as there
 *
 * Context: RCU read side, BH off.
 * Return: as there
 */
unsigned int mb_syn_quick6(struct mb_net *mn, struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   const struct tcphdr *th, unsigned int len)
{
	if (likely(quick(mn, skb, state, th, len, AF_INET6)))
		return NF_ACCEPT;
	return mb_hook_linear(mn, skb, state, th, len, MB_OPTIONS_SYN);
}
