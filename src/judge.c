// SPDX-License-Identifier: GPL-2.0
/* Judges a segment by what is known of its session, and lets the session know of
 * it when it goes on.
 */
#include "fastclose.h"
#include "inject.h"
#include "query.h"
#include "steer.h"
#include "track.h"
#include "way.h"

static bool has(const struct mb_way *w, enum mb_subtype subtype)
{
	return w->opts.subtypes & (1U << subtype);
}

static bool enforces(const struct mb_way *w)
{
	return w->policy->set.mode == MPTCP_MB_MODE_ENFORCE;
}

/* Whether a segment goes on as an MPTCP one, or would without observe */
static bool passes(const struct mb_way *w, const struct mb_judged *j)
{
	return j->verdict == MPTCP_MB_VERDICT_ACCEPT ||
	       j->verdict == MPTCP_MB_VERDICT_NEUTRALISE || !enforces(w);
}

static bool graced(struct mb_way *w)
{
	struct mb_sessions *ss = w->mn->sessions;

	return mb_sessions_grace(ss, w->policy) ||
	       mb_sessions_graced(ss, w->policy, w->tuple.family,
				  &w->tuple.addr[0], &w->tuple.addr[1]);
}

/* A join that does not belong to a known session */
static void stray(struct mb_way *w, struct mb_joining *jn)
{
	struct mb_stats *stats = &w->mn->stats;

	jn->graced = graced(w);
	if (w->place == MB_PLACE_SYN)
		mb_count(stats, MPTCP_MB_COUNTER_JOIN_ORPHAN);
	else if (jn->kind == MB_JOIN_ORPHAN)
		return;	/* counted at its SYN */
	if (jn->graced && w->policy->set.orphan >= MPTCP_MB_ORPHAN_RESET)
		mb_count(stats, MPTCP_MB_COUNTER_JOIN_GRACED);
}

static void tell_forged(struct mb_way *w, const struct mb_joining *jn,
			const struct mb_judged *j)
{
	struct mb_refusal r;

	mb_count(&w->mn->stats, MPTCP_MB_COUNTER_JOIN_BAD_HMAC);
	mb_refusal_get(&r, &w->pkt, &w->opts, j, jn->session->id);
	mb_event_refusal(w->mn, MPTCP_MB_EVENT_BAD_HMAC, &r);
}

/* Whether a handshake's packet goes farther than to its connection's other end */
static bool by_waypoint(const struct mb_way *w)
{
	const struct mb_site_query *q = &w->query;

	return w->pkt.routed &&
	       !mb_tuple_has(&w->tuple, !w->side, q->family,
			     w->place == MB_PLACE_SYN ? &q->server : &q->client);
}

static void look_at_join(struct mb_way *w, struct mb_joining *jn)
{
	struct mb_sessions *ss = w->mn->sessions;

	if (w->place == MB_PLACE_SYN)
		mb_join_syn(ss, &w->tuple, w->side, mb_join_only(&w->opts), jn);
	else
		mb_join_synack(ss, &w->tuple, w->side, w->th, &w->opts, jn);
	if ((jn->kind == MB_JOIN_CLOSING && !enforces(w)) ||
	    (jn->kind == MB_JOIN_KNOWN && by_waypoint(w)))
		jn->kind = MB_JOIN_ORPHAN;
	if (jn->session)
		w->session = jn->session->id;
	if (jn->kind == MB_JOIN_ORPHAN || jn->kind == MB_JOIN_FORGED)
		stray(w, jn);
	else if (jn->kind == MB_JOIN_KNOWN && w->place == MB_PLACE_SYN)
		mb_count(&w->mn->stats, MPTCP_MB_COUNTER_JOIN_KNOWN);
}

static void join_passed(struct mb_way *w, const struct mb_joining *jn)
{
	if (jn->kind != MB_JOIN_KNOWN || !mb_packet_sound(&w->pkt, w->state))
		return;
	if (enforces(w))
		mb_share_mark(w->policy, w->pkt.skb, jn->session);
	if (w->place == MB_PLACE_SYN)
		mb_join_syn_passed(w->mn, &w->tuple, w->side, w->th, jn);
	else
		mb_join_synack_passed(w->mn, &w->tuple, w->side, w->th, jn);
}

/* A SYN/ACK on a connection that is known, perhaps of an old one */
static void reopen(struct mb_way *w)
{
	mb_way_find(w);
	if (w->sub && mb_packet_sound(&w->pkt, w->state))
		mb_track_synack(w->sub, w->side, w->th);
}

static noinline void judge_join(struct mb_way *w, const struct mb_site_query *q,
				struct mb_judged *j)
{
	struct mb_joining jn = {};

	w->side = mb_tuple_get(&w->tuple, w->pkt.skb, w->pkt.family, w->th);
	look_at_join(w, &jn);
	mb_verdict_handshake(w->policy, q, &w->opts, &jn, j);
	if (jn.kind == MB_JOIN_FORGED)
		tell_forged(w, &jn, j);
	if (passes(w, j)) {
		join_passed(w, &jn);
		if (w->place == MB_PLACE_SYNACK)
			reopen(w);
	}
}

/**
 * mb_judge_handshake() - judge a SYN or SYN/ACK with MPTCP options
 * @w:	the way
 * @j:	the verdict
 *
 * Context: RCU read side, BH off.
 */
void mb_judge_handshake(struct mb_way *w, struct mb_judged *j)
{
	struct mb_site_query *q = &w->query;

	mb_query_make(q, &w->pkt, w->th, w->place == MB_PLACE_SYN);
	if (has(w, MB_MP_JOIN)) {
		judge_join(w, q, j);
		return;
	}
	mb_verdict_handshake(w->policy, q, &w->opts, NULL, j);
	if (w->place == MB_PLACE_SYNACK)
		reopen(w);
}

/* By the settings that are about any established segment */
static void judge_data(struct mb_way *w, struct mb_judged *j)
{
	mb_verdict_established(w->policy, &w->opts, j);
	if (w->sub && passes(w, j))
		mb_track(w->mn, w->policy, w->sub, w->side, &w->pkt, w->th,
			 &w->opts, w->state);
}

/* Two minutes after a change of policy no handshake is under way any more that
 * an older one had let begin: by then a SYN/ACK is not repeated any more.
 */
static bool policy_old(const struct mb_net *mn)
{
	return time_after(jiffies, READ_ONCE(mn->changed) + 120 * HZ);
}

/* A third ACK, or the first data, which has both keys. False: it is midstream. */
static bool learn(struct mb_way *w, struct mb_judged *j)
{
	struct mb_site_query q;
	struct mb_keys keys;
	bool taken = true;

	if (!mb_learn_keys(&w->opts, (const u8 *)(w->th + 1), &keys))
		return false;
	mb_query_make(&q, &w->pkt, w->th, true);
	mb_verdict_late(w->policy, &q, j);
	if (j->verdict == MPTCP_MB_VERDICT_ACCEPT) {
		w->sub = mb_learn(w->mn, w->policy, &w->tuple, w->side, &q,
				  &w->pkt, w->th, &keys, w->state);
		judge_data(w, j);
	} else if (!policy_old(w->mn)) {
		taken = false;
	}
	memzero_explicit(&keys, sizeof(keys));
	return taken;
}

/* The third ACK of a join. False: it is midstream. */
static bool joined(struct mb_way *w, struct mb_judged *j)
{
	struct mb_joining jn = {};
	struct mb_site_query q;

	if (!mb_sessions_maybe(w->mn->sessions, w->th))
		return false;
	mb_join_ack(w->mn->sessions, &w->tuple, w->side, w->th, &w->opts, &jn);
	switch (jn.kind) {
	case MB_JOIN_KNOWN:
		if (enforces(w))
			mb_share_mark(w->policy, w->pkt.skb, jn.session);
		if (mb_packet_sound(&w->pkt, w->state))
			w->sub = mb_join_ack_passed(w->mn, &w->tuple, w->side,
						    &w->pkt, w->th, &jn);
		judge_data(w, j);
		return true;
	case MB_JOIN_FORGED:
		stray(w, &jn);
		mb_query_make(&q, &w->pkt, w->th, true);
		mb_verdict_join_ack(w->policy, &q, &jn, j);
		tell_forged(w, &jn, j);
		return true;
	case MB_JOIN_CLOSING:
		j->site = NULL;
		j->verdict = MPTCP_MB_VERDICT_DROP;
		j->cause = MPTCP_MB_CAUSE_CLOSING;
		return enforces(w);
	default:
		return false;
	}
}

/* TCP Fast Open: a server may send data before the third ACK, and what it maps
 * it does not know to be received: without data ACK. Nothing stands beside it.
 */
static bool fast_open(const struct mb_way *w)
{
	const struct mb_option *o = w->opts.opt;

	return w->opts.n == 1 && o->subtype == MB_DSS &&
	       o->fault == MB_FAULT_NONE && !o->dss.ack_len;
}

/* MPTCP options on a connection that nothing is known of */
static void judge_unknown(struct mb_way *w, struct mb_judged *j)
{
	if (w->th->rst) {
		judge_data(w, j);
		return;
	}
	if (has(w, MB_MP_CAPABLE) && learn(w, j))
		return;
	if (has(w, MB_MP_JOIN) && joined(w, j))
		return;
	mb_count(&w->mn->stats, MPTCP_MB_COUNTER_MIDSTREAM);
	mb_verdict_midstream(w->policy, j);
	if (j->verdict == MPTCP_MB_VERDICT_ACCEPT || fast_open(w) ||
	    mb_sessions_graced(w->mn->sessions, w->policy, w->tuple.family,
			       &w->tuple.addr[0], &w->tuple.addr[1]))
		judge_data(w, j);
}

/* A connection that needs attention. True: its session is being closed, and the
 * segment does not go on.
 */
static bool attend(struct mb_way *w, const struct mb_options *opts)
{
	u8 attention = READ_ONCE(w->sub->attention);

	bool keys = opts && has(w, MB_MP_CAPABLE);

	if ((attention & (MB_ATTENTION_REOPEN | MB_ATTENTION_CLOSED)) &&
	    mb_life_renewed(w->mn, w->sub, w->th, keys)) {
		w->sub = NULL;
		return false;
	}
	if (!(attention & MB_ATTENTION_CLOSING) || !enforces(w))
		return false;
	if (mb_injected(w->th, w->state)) {
		w->sub = NULL;	/* it is ours: what it says is not a host's */
		return false;
	}
	mb_close_segment(w->mn, w->sub, w->side, &w->pkt, w->th, w->state);
	return true;
}

/**
 * mb_judge_established() - judge any other segment with MPTCP options
 * @w:	the way; mb_way_find() was called
 * @j:	the verdict
 *
 * Context: RCU read side, BH off.
 */
void mb_judge_established(struct mb_way *w, struct mb_judged *j)
{
	bool was_known = w->sub;

	if (was_known && READ_ONCE(w->sub->attention) && attend(w, &w->opts)) {
		j->site = NULL;
		j->verdict = MPTCP_MB_VERDICT_DROP;
		j->cause = MPTCP_MB_CAUSE_CLOSING;
		return;
	}
	if (w->sub || (was_known && mb_injected(w->th, w->state)))
		judge_data(w, j);
	else
		judge_unknown(w, j);
}

/**
 * mb_judge_plain() - a segment without MPTCP options, perhaps of a session: in
 *		      fallback, or at its end
 * @w:	the way; mb_way_find() was called, and found
 *
 * Context: RCU read side, BH off.
 * Return: false: its session is being closed, it does not go on
 */
bool mb_judge_plain(struct mb_way *w)
{
	if (READ_ONCE(w->sub->attention) && attend(w, NULL))
		return false;
	if (!w->sub)
		return true;
	if (w->place == MB_PLACE_SYNACK && mb_packet_sound(&w->pkt, w->state))
		mb_track_synack(w->sub, w->side, w->th);
	else if (w->place == MB_PLACE_OTHER)
		mb_track(w->mn, w->policy, w->sub, w->side, &w->pkt, w->th,
			 NULL, w->state);
	return true;
}
