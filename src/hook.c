// SPDX-License-Identifier: GPL-2.0
/* The pipeline. Only here segments get their NF_ verdict, and each way out counts
 * one exit.
 */
#include "fastclose.h"
#include "hook.h"
#include "inject.h"
#include "join.h"
#include "netns.h"
#include "query.h"
#include "steer.h"
#include "strip.h"
#include "track.h"
#include "verdict.h"

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

/**
 * struct way - one segment on its way through
 * @mn:		the namespace
 * @policy:	in force
 * @state:	of the hook
 * @th:		TCP header with all options, to read
 * @place:	what kind of segment it is
 * @side:	of @tuple that sent it
 * @session:	id, when known and the segment is refused
 * @pkt:	the packet
 * @tuple:	of its connection
 * @opts:	its MPTCP options
 */
struct way {
	struct mb_net *mn;
	const struct mb_policy *policy;
	const struct nf_hook_state *state;
	const struct tcphdr *th;
	enum mb_place place;
	unsigned int side;
	u32 session;
	struct mb_packet pkt;
	struct mb_tuple tuple;
	struct mb_options opts;
};

static bool has(const struct way *w, enum mb_subtype subtype)
{
	return w->opts.subtypes & (1U << subtype);
}

/* Does what was decided. */
static unsigned int enforce(struct way *w, const struct mb_judged *j)
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
		if (!mb_reset(&w->pkt, w->state, &mn->resets,
			      w->policy->set.reset_rate, &mn->stats))
			exit = EXIT(DROP_RATE);
		fallthrough;
	default:
		mb_refused_note(mn, &w->pkt, &w->opts, j, w->session);
		mb_count(&mn->stats, exit);
		return NF_DROP;
	}
	mb_count(&mn->stats, ret == NF_ACCEPT ? exit : EXIT(DROP_NOMEM));
	return ret;
}

/* Accepts, or does otherwise when the mode is to enforce. */
static unsigned int act(struct way *w, const struct mb_judged *j)
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

/* Whether a segment goes on as an MPTCP one, or would without observe */
static bool passes(const struct way *w, const struct mb_judged *j)
{
	return j->verdict == MPTCP_MB_VERDICT_ACCEPT ||
	       j->verdict == MPTCP_MB_VERDICT_NEUTRALISE ||
	       w->policy->set.mode != MPTCP_MB_MODE_ENFORCE;
}

static bool graced(struct way *w)
{
	struct mb_sessions *ss = w->mn->sessions;

	return mb_sessions_grace(ss, w->policy) ||
	       mb_sessions_graced(ss, w->policy, w->tuple.family,
				  &w->tuple.addr[0], &w->tuple.addr[1]);
}

/* A join that does not belong to a known session */
static void stray(struct way *w, struct mb_joining *jn)
{
	struct mb_judged j = {
		.verdict = MPTCP_MB_VERDICT_ACCEPT,
		.cause = MPTCP_MB_CAUSE_ORPHAN,
	};
	struct mb_stats *stats = &w->mn->stats;
	struct mb_refusal r;

	jn->graced = graced(w);
	if (jn->graced && w->policy->set.orphan >= MPTCP_MB_ORPHAN_RESET)
		mb_count(stats, MPTCP_MB_COUNTER_JOIN_GRACED);
	if (jn->kind == MB_JOIN_FORGED) {
		mb_count(stats, MPTCP_MB_COUNTER_JOIN_BAD_HMAC);
		mb_refusal_get(&r, &w->pkt, &w->opts, &j, 0);
		mb_event_refusal(w->mn, MPTCP_MB_EVENT_BAD_HMAC, &r);
	} else if (w->place == MB_PLACE_SYN) {
		mb_count(stats, MPTCP_MB_COUNTER_JOIN_ORPHAN);
	}
}

static void look_at_join(struct way *w, struct mb_joining *jn)
{
	struct mb_sessions *ss = w->mn->sessions;

	if (w->place == MB_PLACE_SYN)
		mb_join_syn(ss, &w->tuple, w->side, &w->opts, jn);
	else
		mb_join_synack(ss, &w->tuple, w->side, w->th, &w->opts, jn);
	if (jn->kind != MB_JOIN_KNOWN) {
		stray(w, jn);
		return;
	}
	w->session = jn->session->id;
	if (w->place == MB_PLACE_SYN)
		mb_count(&w->mn->stats, MPTCP_MB_COUNTER_JOIN_KNOWN);
}

static void join_passed(struct way *w, const struct mb_joining *jn)
{
	if (jn->kind != MB_JOIN_KNOWN)
		return;
	mb_share_mark(w->policy, w->pkt.skb, jn->session);
	if (w->place == MB_PLACE_SYN)
		mb_join_syn_passed(w->mn, &w->tuple, w->side, w->th, jn);
	else
		mb_join_synack_passed(w->mn, &w->tuple, w->side, w->th, jn);
}

/* A SYN/ACK on a connection that is known, perhaps of an old one */
static void reopen(struct way *w)
{
	struct mb_subflow *sub;

	if (w->place != MB_PLACE_SYNACK ||
	    !mb_sessions_maybe(w->mn->sessions, w->th))
		return;
	w->side = mb_tuple_get(&w->tuple, w->pkt.skb, w->pkt.family, w->th);
	sub = mb_subflow_find(w->mn->sessions, &w->tuple);
	if (sub)
		mb_track_synack(sub, w->side, w->th);
}

static noinline unsigned int join(struct way *w, const struct mb_site_query *q,
				  struct mb_judged *j)
{
	struct mb_joining jn = {};

	w->side = mb_tuple_get(&w->tuple, w->pkt.skb, w->pkt.family, w->th);
	look_at_join(w, &jn);
	mb_verdict_handshake(w->policy, q, &w->opts, &jn, j);
	if (passes(w, j)) {
		join_passed(w, &jn);
		reopen(w);
	}
	return act(w, j);
}

/* A SYN or SYN/ACK */
static unsigned int handshake(struct way *w)
{
	struct mb_site_query q __uninitialized;
	struct mb_judged j __uninitialized;

	mb_query_make(&q, &w->pkt, w->th, w->place == MB_PLACE_SYN);
	if (has(w, MB_MP_JOIN))
		return join(w, &q, &j);
	mb_verdict_handshake(w->policy, &q, &w->opts, NULL, &j);
	reopen(w);
	return act(w, &j);
}

/* What a segment says without a setting that is about it */
static unsigned int data(struct way *w, struct mb_subflow *sub)
{
	struct mb_judged j __uninitialized;

	mb_verdict_established(w->policy, &w->opts, &j);
	if (sub && passes(w, &j))
		mb_track(w->mn, w->policy, sub, w->side, &w->pkt, w->th,
			 &w->opts, w->state);
	return act(w, &j);
}

/* Two minutes after a change of policy no handshake is under way any more that
 * an older one had let begin (RFC 6298: a SYN/ACK is repeated for one).
 */
static bool policy_old(const struct mb_net *mn)
{
	return time_after(jiffies, READ_ONCE(mn->changed) + 120 * HZ);
}

/* A third ACK, or the first data, which has both keys. False: it is midstream. */
static bool learn(struct way *w, unsigned int *ret)
{
	struct mb_site_query q;
	struct mb_subflow *sub;
	struct mb_keys keys;
	struct mb_judged j;

	if (!mb_learn_keys(&w->opts, (const u8 *)(w->th + 1), &keys))
		return false;
	mb_query_make(&q, &w->pkt, w->th, true);
	mb_verdict_late(w->policy, &q, &j);
	if (j.verdict == MPTCP_MB_VERDICT_ACCEPT) {
		sub = mb_learn(w->mn, w->policy, &w->tuple, w->side, &q,
			       &w->pkt, w->th, &keys, w->state);
		*ret = data(w, sub);
	} else if (policy_old(w->mn)) {
		*ret = act(w, &j);
	} else {
		return false;
	}
	memzero_explicit(&keys, sizeof(keys));
	return true;
}

/* The third ACK of a join. False: it is midstream. */
static bool joined(struct way *w, unsigned int *ret)
{
	struct mb_joining jn = {};
	struct mb_site_query q;
	struct mb_subflow *sub;
	struct mb_judged j;

	if (!mb_sessions_maybe(w->mn->sessions, w->th))
		return false;
	mb_join_ack(w->mn->sessions, &w->tuple, w->side, w->th, &w->opts, &jn);
	switch (jn.kind) {
	case MB_JOIN_KNOWN:
		mb_share_mark(w->policy, w->pkt.skb, jn.session);
		sub = mb_join_ack_passed(w->mn, &w->tuple, w->side, &w->pkt,
					 w->th, &jn);
		*ret = data(w, sub);
		return true;
	case MB_JOIN_FORGED:
		stray(w, &jn);
		mb_query_make(&q, &w->pkt, w->th, true);
		mb_verdict_join_ack(w->policy, &q, &jn, &j);
		*ret = act(w, &j);
		return true;
	default:
		return false;
	}
}

/* TCP Fast Open: a server may send data before the third ACK, and what it maps
 * it does not know to be received: without data ACK.
 */
static bool fast_open(const struct way *w)
{
	const struct mb_option *o = w->opts.opt;

	return o->subtype == MB_DSS && o->fault == MB_FAULT_NONE &&
	       !o->dss.ack_len;
}

/* MPTCP options on a connection that nothing is known of */
static noinline unsigned int unknown(struct way *w)
{
	struct mb_judged j;
	unsigned int ret;

	if (w->th->rst)
		return data(w, NULL);
	if (has(w, MB_MP_CAPABLE) && learn(w, &ret))
		return ret;
	if (has(w, MB_MP_JOIN) && joined(w, &ret))
		return ret;
	mb_count(&w->mn->stats, MPTCP_MB_COUNTER_MIDSTREAM);
	mb_verdict_midstream(w->policy, &j);
	if (j.verdict == MPTCP_MB_VERDICT_ACCEPT || fast_open(w) ||
	    mb_sessions_graced(w->mn->sessions, w->policy, w->tuple.family,
			       &w->tuple.addr[0], &w->tuple.addr[1]))
		return data(w, NULL);
	return act(w, &j);
}

/* A connection that needs attention. True: the segment is taken. */
static noinline bool attend(struct way *w, struct mb_subflow **sub,
			    const struct mb_options *opts)
{
	u8 attention = READ_ONCE((*sub)->attention);

	if ((attention & MB_ATTENTION_REOPEN) &&
	    mb_life_renewed(w->mn, *sub, w->side, w->th)) {
		*sub = NULL;
		return false;
	}
	if (!(attention & MB_ATTENTION_CLOSING) ||
	    w->policy->set.mode != MPTCP_MB_MODE_ENFORCE ||
	    mb_injected(w->th, w->state))
		return false;
	mb_close_segment(w->mn, *sub, w->side, &w->pkt, w->th, opts, w->state);
	mb_count(&w->mn->stats, EXIT(DROP_CLOSING));
	return true;
}

static struct mb_subflow *find(struct way *w)
{
	w->side = mb_tuple_get(&w->tuple, w->pkt.skb, w->pkt.family, w->th);
	if (!mb_sessions_maybe(w->mn->sessions, w->th))
		return NULL;
	return mb_subflow_find(w->mn->sessions, &w->tuple);
}

/* Any other segment with MPTCP options */
static unsigned int established(struct way *w)
{
	struct mb_subflow *sub = find(w);

	if (sub && unlikely(READ_ONCE(sub->attention)) &&
	    attend(w, &sub, &w->opts))
		return NF_DROP;
	if (unlikely(!sub))
		return unknown(w);
	if (mb_verdict_needed(&w->opts))
		return data(w, sub);
	mb_track(w->mn, w->policy, sub, w->side, &w->pkt, w->th, &w->opts,
		 w->state);
	mb_count(&w->mn->stats, EXIT(ACCEPT_DATA));
	return NF_ACCEPT;
}

/* Without MPTCP options, but perhaps of a session: in fallback, or its end */
static noinline unsigned int plain(struct way *w)
{
	struct mb_subflow *sub;

	w->policy = rcu_dereference(w->mn->policy);
	sub = find(w);
	if (sub && w->policy) {
		w->place = place_of(w->th);
		if (READ_ONCE(sub->attention) && attend(w, &sub, NULL))
			return NF_DROP;
		if (w->place == MB_PLACE_SYNACK)
			mb_track_synack(sub, w->side, w->th);
		else if (sub && w->place == MB_PLACE_OTHER)
			mb_track(w->mn, w->policy, sub, w->side, &w->pkt, w->th,
				 NULL, w->state);
	}
	mb_count(&w->mn->stats, EXIT(PLAIN));
	return NF_ACCEPT;
}

/* Reads the options, which may begin at @start, and goes on from there. */
static __always_inline unsigned int read(struct way *w, unsigned int len,
					 unsigned int start)
{
	w->place = place_of(w->th);
	mb_options_parse_from((const u8 *)(w->th + 1), len, start, w->place,
			      &w->opts);
	if (unlikely(!w->opts.n)) {
		if (mb_sessions_maybe(w->mn->sessions, w->th))
			return plain(w);
		mb_count(&w->mn->stats, EXIT(PLAIN));
		return NF_ACCEPT;
	}
	w->opts.sealed |= w->pkt.sealed;
	count_options(&w->mn->stats, &w->opts, w->place);
	w->policy = rcu_dereference(w->mn->policy);
	if (unlikely(!w->policy)) {
		/* the last segments while the hook goes */
		mb_count(&w->mn->stats, w->place == MB_PLACE_OTHER ?
			 EXIT(ACCEPT_DATA) : EXIT(ACCEPT_DEFAULT));
		return NF_ACCEPT;
	}
	w->session = 0;
	return w->place == MB_PLACE_OTHER ? established(w) : handshake(w);
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
	struct way w __uninitialized;

	switch (mb_packet_find(skb, family, &w.pkt)) {
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
	w.mn = mn;
	w.state = state;
	w.th = (const struct tcphdr *)mb_packet_tcp(&w.pkt, buf);
	if (!w.th) {
		mb_count(&mn->stats, EXIT(TRUNCATED));
		return NF_ACCEPT;
	}
	return read(&w, w.pkt.doff - sizeof(*w.th), 0);
}

/* A packet of the most common kind with @len bytes of options. Not inlined:
 * without a frame on the stack the way of all other traffic is shorter.
 */
static noinline unsigned int linear(struct mb_net *mn, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    const struct tcphdr *th, unsigned int len)
{
	struct way w __uninitialized;
	unsigned int start;

	start = mb_options_start((const u8 *)(th + 1), len);
	if (!mb_options_suspect((const u8 *)(th + 1), len, start)) {
		if (likely(!mb_sessions_maybe(mn->sessions, th))) {
			mb_count(&mn->stats, EXIT(PLAIN));
			return NF_ACCEPT;
		}
		len = 0;
		start = 0;
	}
	w.mn = mn;
	w.state = state;
	w.th = th;
	mb_packet_set(&w.pkt, skb, state->pf, th);
	return read(&w, len, start);
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
	if (!mb_options_usual((const u8 *)(th + 1), len) ||
	    unlikely(mb_sessions_maybe(mn->sessions, th)))
		return linear(mn, skb, state, th, len);
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

/* The gateway's own segments may come with BH on; what is forwarded does not. */
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
