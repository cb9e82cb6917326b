// SPDX-License-Identifier: GPL-2.0
/* The pipeline. Only here segments get their NF_ verdict, and each way out counts
 * one exit.
 */
#include "hook.h"
#include "strip.h"
#include "track.h"
#include "way.h"

#define EXIT(name)	(MPTCP_MB_COUNTER_EXIT_##name)
#define WOULD(name)	(MPTCP_MB_COUNTER_WOULD_##name)

#define CAUSES		16	/* at least as many; this one is quick to index */

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
		[MPTCP_MB_CAUSE_ORPHAN]	   = { EXIT(DROP_ORPHAN), WOULD(DROP_ORPHAN) },
		[MPTCP_MB_CAUSE_MIDSTREAM] = { EXIT(DROP_MIDSTREAM), WOULD(DROP_MIDSTREAM) },
		[MPTCP_MB_CAUSE_CLOSING]   = { EXIT(DROP_CLOSING) },
	},
	[MPTCP_MB_VERDICT_RESET] = {
		[MPTCP_MB_CAUSE_DEFAULT]   = { EXIT(RESET_DEFAULT), WOULD(RESET_DEFAULT) },
		[MPTCP_MB_CAUSE_SITE]	   = { EXIT(RESET_SITE), WOULD(RESET_SITE) },
		[MPTCP_MB_CAUSE_JOIN]	   = { EXIT(RESET_JOIN), WOULD(RESET_JOIN) },
		[MPTCP_MB_CAUSE_MALFORMED] = { EXIT(RESET_MALFORMED), WOULD(RESET_MALFORMED) },
		[MPTCP_MB_CAUSE_ORPHAN]	   = { EXIT(RESET_ORPHAN), WOULD(RESET_ORPHAN) },
		[MPTCP_MB_CAUSE_MIDSTREAM] = { EXIT(RESET_MIDSTREAM), WOULD(RESET_MIDSTREAM) },
	},
	[MPTCP_MB_VERDICT_NEUTRALISE] = {
		[MPTCP_MB_CAUSE_ADD_ADDR]  = { EXIT(NEUTRALISED), WOULD(NEUTRALISE) },
	},
};

static __always_inline void count_options(const struct mb_stats *stats,
					  const struct mb_options *opts,
					  enum mb_place place)
{
	const struct mb_option *o = opts->opt;
	unsigned int left = opts->n;
	struct mb_counters __percpu *c = stats->pcpu;

	this_cpu_inc(c->v[MPTCP_MB_COUNTER_MPTCP]);
	if (place == MB_PLACE_SYN)
		this_cpu_inc(c->v[MPTCP_MB_COUNTER_SYN]);
	else if (place == MB_PLACE_SYNACK)
		this_cpu_inc(c->v[MPTCP_MB_COUNTER_SYNACK]);

	do {
		if (o->fault != MB_FAULT_NONE) {
			this_cpu_inc(c->v[MPTCP_MB_COUNTER_FAULT_OVERRUN + o->fault]);
			if (o->subtype >= MB_SUBTYPES)
				continue;
		}
		this_cpu_inc(c->v[MPTCP_MB_COUNTER_SUBTYPE_MP_CAPABLE + o->subtype]);
		if (o->subtype == MB_MP_CAPABLE)
			this_cpu_inc(c->v[MPTCP_MB_COUNTER_VERSION_0 +
					  min_t(unsigned int, o->capable.version, 2)]);
	} while (o++, --left);
}

static enum mb_place place_of(const struct tcphdr *th)
{
	if (!th->syn)
		return MB_PLACE_OTHER;
	return th->ack ? MB_PLACE_SYNACK : MB_PLACE_SYN;
}

/* Does what was decided. */
static __always_inline unsigned int enforce(struct mb_way *w,
					    const struct mb_judged *j)
{
	u8 exit = counters[j->verdict][j->cause].exit;
	struct mb_net *mn = w->mn;
	unsigned int ret;

	switch (j->verdict) {
	case MPTCP_MB_VERDICT_STRIP:
		ret = mb_strip(&w->pkt, &w->opts) ? NF_DROP : NF_ACCEPT;
		break;
	case MPTCP_MB_VERDICT_NEUTRALISE:
		ret = mb_neutralise(&w->pkt, &w->opts) ? NF_DROP : NF_ACCEPT;
		break;
	case MPTCP_MB_VERDICT_RESET:
		if (mb_reset(&w->pkt, w->state, &mn->resets,
			     w->policy->set.reset_rate,
			     &mn->stats) == -EBUSY)
			exit = EXIT(DROP_RATE);
		fallthrough;
	default:
		if (j->cause != MPTCP_MB_CAUSE_CLOSING || w->place != MB_PLACE_OTHER)
			mb_refused_note(mn, &w->pkt, &w->opts, j, w->session);
		mb_count(&mn->stats, exit);
		return NF_DROP;
	}
	mb_count(&mn->stats, ret == NF_ACCEPT ? exit : EXIT(DROP_NOMEM));
	return ret;
}

/* Accepts, or does otherwise when the mode is to enforce. */
static __always_inline unsigned int act(struct mb_way *w,
					const struct mb_judged *j)
{
	u8 mode = w->policy->set.mode, accepted;

	if (j->site)
		mb_site_hit(j->site);
	if (j->verdict == MPTCP_MB_VERDICT_ACCEPT) {
		mb_count(&w->mn->stats, counters[j->verdict][j->cause].exit);
		return NF_ACCEPT;
	}
	if (likely(mode == MPTCP_MB_MODE_ENFORCE))
		return enforce(w, j);

	/* bypass: the hook is coming or going */
	if (mode == MPTCP_MB_MODE_OBSERVE)
		mb_count(&w->mn->stats, counters[j->verdict][j->cause].would);
	accepted = w->place == MB_PLACE_OTHER ? EXIT(ACCEPT_DATA) :
		   j->site ? EXIT(ACCEPT_SITE) : EXIT(ACCEPT_DEFAULT);
	mb_count(&w->mn->stats, accepted);
	return NF_ACCEPT;
}

/* A segment with MPTCP options. False: it is of a known connection, and there is
 * nothing to judge.
 */
static __always_inline bool judge(struct mb_way *w, struct mb_judged *j)
{
	if (w->place != MB_PLACE_OTHER) {
		mb_judge_handshake(w, j);
		return true;
	}
	mb_way_find(w);
	if (likely(w->sub && !READ_ONCE(w->sub->attention) &&
		   !mb_verdict_needed(&w->opts))) {
		mb_track(w->mn, w->policy, w->sub, w->side, &w->pkt, w->th,
			 &w->opts, w->state);
		return false;
	}
	mb_judge_established(w, j);
	return true;
}

/* Without MPTCP options */
static unsigned int plain(struct mb_way *w)
{
	w->policy = rcu_dereference(w->mn->policy);
	mb_way_find(w);
	if (w->sub && w->policy && !mb_judge_plain(w)) {
		mb_count(&w->mn->stats, EXIT(DROP_CLOSING));
		return NF_DROP;
	}
	mb_count(&w->mn->stats, EXIT(PLAIN));
	return NF_ACCEPT;
}

/* Reads the options, which may begin at @start, and goes on from there. @sealed:
 * by IP already.
 */
static __always_inline unsigned int read(struct mb_way *w, unsigned int len,
					 unsigned int start, bool sealed)
{
	struct mb_judged j __uninitialized;

	w->place = place_of(w->th);
	mb_options_parse_from((const u8 *)(w->th + 1), len, start, w->place,
			      &w->opts);
	if (unlikely(!w->opts.n))
		return plain(w);
	w->opts.sealed |= sealed;
	count_options(&w->mn->stats, &w->opts, w->place);
	w->policy = rcu_dereference(w->mn->policy);
	if (unlikely(!w->policy)) {
		/* the last segments while the hook goes */
		mb_count(&w->mn->stats, w->place == MB_PLACE_OTHER ?
			 EXIT(ACCEPT_DATA) : EXIT(ACCEPT_DEFAULT));
		return NF_ACCEPT;
	}
	w->session = 0;
	if (judge(w, &j))
		return act(w, &j);
	mb_count(&w->mn->stats, EXIT(ACCEPT_DATA));
	return NF_ACCEPT;
}

/* Not inlined: a frame for each is a smaller one. */
static noinline unsigned int examined(struct mb_net *mn,
				      const struct nf_hook_state *state,
				      const struct mb_packet *pkt,
				      const struct tcphdr *th)
{
	struct mb_way w __uninitialized;

	w.mn = mn;
	w.state = state;
	w.th = th;
	w.pkt = *pkt;
	return read(&w, pkt->doff - sizeof(*th), 0, pkt->sealed);
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

/* Locks that softirqs take are taken from here on. What an NFQUEUE in an earlier
 * chain lets go on comes in its process's context.
 */
static noinline unsigned int with_bh_off(struct mb_net *mn, struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 u8 family)
{
	return family == AF_INET ? mptcp_mb_local4(mn, skb, state) :
				   mptcp_mb_local6(mn, skb, state);
}

/* IP options, extension headers, fragments, headers that are not linear */
static noinline unsigned int examine(struct mb_net *mn, struct sk_buff *skb,
				     const struct nf_hook_state *state, u8 family)
{
	u8 buf[MB_TCP_HEADER_MAX] __uninitialized;
	const struct tcphdr *th;
	struct mb_packet pkt;

	if (unlikely(!softirq_count()))
		return with_bh_off(mn, skb, state, family);
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
	return examined(mn, state, &pkt, th);
}

/**
 * mb_hook_linear() - judge a packet of the most common kind
 * @mn:		the namespace
 * @skb:	it: mb_packet_quick() is true
 * @state:	of the hook
 * @th:		its TCP header, linear
 * @len:	bytes of its options
 * @start:	mb_options_start() of them
 *
 * Not inlined: without a frame on the stack the way of other traffic is shorter.
 *
 * Context: RCU read side, BH off.
 * Return: NF_ACCEPT or NF_DROP
 */
noinline unsigned int mb_hook_linear(struct mb_net *mn, struct sk_buff *skb,
				     const struct nf_hook_state *state,
				     const struct tcphdr *th, unsigned int len,
				     unsigned int start)
{
	struct mb_way w __uninitialized;

	w.mn = mn;
	w.state = state;
	w.th = th;
	mb_packet_set(&w.pkt, skb, state->pf, th);
	return read(&w, len, start, false);
}

/* Nothing of MPTCP's; perhaps it is of a session all the same. */
static __always_inline unsigned int bare(struct mb_net *mn, struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 const struct tcphdr *th)
{
	if (unlikely(mb_sessions_maybe(mn->sessions, th)))
		return mb_hook_linear(mn, skb, state, th, 0, 0);
	mb_count(&mn->stats, EXIT(PLAIN));
	return NF_ACCEPT;
}

/* Has options that look() did not tell what they are: SACK, most often */
static noinline unsigned int search(struct mb_net *mn, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    const struct tcphdr *th, unsigned int len,
				    unsigned int start)
{
	if (mb_options_suspect((const u8 *)(th + 1), len, start))
		return mb_hook_linear(mn, skb, state, th, len, start);
	return bare(mn, skb, state, th);
}

/* Not of the kind that most are of, or perhaps of a session */
static __always_inline unsigned int look(struct mb_net *mn, struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 const struct tcphdr *th, u8 family)
{
	const unsigned int thoff = family == AF_INET ? sizeof(struct iphdr) :
						       sizeof(struct ipv6hdr);
	unsigned int doff = th->doff * 4, len = doff - sizeof(*th), start;
	const u8 *opt = (const u8 *)(th + 1);

	if (unlikely(doff < sizeof(*th) || skb_headlen(skb) < thoff + doff))
		return examine(mn, skb, state, family);
	start = mb_options_start(opt, len);
	if (start == len)
		return bare(mn, skb, state, th);
	if (opt[start] != MB_TCPOPT_MPTCP)
		return search(mn, skb, state, th, len, start);
	if (start != MB_OPTIONS_SYN || !th->syn || th->ack)
		return mb_hook_linear(mn, skb, state, th, len, start);
	return family == AF_INET ? mb_syn_quick4(mn, skb, state, th, len) :
				   mb_syn_quick6(mn, skb, state, th, len);
}

/**
 * mb_hook_look4() - judge a segment of any kind but the most common
 * @mn:		the namespace
 * @skb:	the packet: mb_packet_quick() is true
 * @state:	of the hook
 * @th:		its TCP header, linear but for its options
 *
 * Context: RCU read side, BH off.
 * Return: NF_ACCEPT or NF_DROP
 */
noinline unsigned int mb_hook_look4(struct mb_net *mn, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    const struct tcphdr *th)
{
	return look(mn, skb, state, th, AF_INET);
}

/**
 * mb_hook_look6() - as mb_hook_look4(), IPv6
 * @mn:		the namespace
 * @skb:	as there
 * @state:	as there
 * @th:		as there
 *
 * Context: RCU read side, BH off.
 * Return: NF_ACCEPT or NF_DROP
 */
noinline unsigned int mb_hook_look6(struct mb_net *mn, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    const struct tcphdr *th)
{
	return look(mn, skb, state, th, AF_INET6);
}

/* Not inlined: the way of all other traffic is shorter without. */
static noinline unsigned int unusual4(struct mb_net *mn, struct sk_buff *skb,
				      const struct nf_hook_state *state,
				      const struct tcphdr *th)
{
	if (unlikely(!softirq_count()))
		return with_bh_off(mn, skb, state, AF_INET);
	if (mb_sessions_maybe(mn->sessions, th) && mb_track_may(th))
		return mb_track_quick4(mn, skb, state, th);
	return mb_hook_look4(mn, skb, state, th);
}

static noinline unsigned int unusual6(struct mb_net *mn, struct sk_buff *skb,
				      const struct nf_hook_state *state,
				      const struct tcphdr *th)
{
	if (unlikely(!softirq_count()))
		return with_bh_off(mn, skb, state, AF_INET6);
	if (mb_sessions_maybe(mn->sessions, th) && mb_track_may(th))
		return mb_track_quick6(mn, skb, state, th);
	return mb_hook_look6(mn, skb, state, th);
}

static __always_inline unsigned int hook(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 u8 family)
{
	struct mb_net *mn = priv;
	const struct tcphdr *th;

	if (unlikely(!mb_packet_quick(skb, family, &th)))
		return examine(mn, skb, state, family);
	if (unlikely(!mb_packet_usual(skb, family, th) ||
		     mb_sessions_maybe(mn->sessions, th)))
		return family == AF_INET ? unusual4(mn, skb, state, th) :
					   unusual6(mn, skb, state, th);
	mb_count(&mn->stats, EXIT(PLAIN));
	return NF_ACCEPT;
}

unsigned int mptcp_mb_hook4(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	return hook(priv, skb, state, AF_INET);
}

unsigned int mptcp_mb_hook6(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	return hook(priv, skb, state, AF_INET6);
}

/* The gateway's own segments come with BH on, as often as not. */
unsigned int mptcp_mb_local4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	unsigned int ret;

	local_bh_disable();
	ret = hook(priv, skb, state, AF_INET);
	local_bh_enable();
	return ret;
}

unsigned int mptcp_mb_local6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	unsigned int ret;

	local_bh_disable();
	ret = hook(priv, skb, state, AF_INET6);
	local_bh_enable();
	return ret;
}
