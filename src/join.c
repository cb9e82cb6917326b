// SPDX-License-Identifier: GPL-2.0
/* Joins: whose session an MP_JOIN names, and whether it may call itself that
 * (RFC 8684, 3.2). The first three functions look, before the verdict; the last
 * three act, when the segment was let through.
 */
#include <linux/slab.h>

#include "hash.h"
#include "join.h"
#include "netns.h"
#include "track.h"

static struct mb_join *find(struct mb_sessions *ss, const struct mb_tuple *tuple)
{
	return rhashtable_lookup(&ss->joins, tuple, mb_join_params);
}

/* The one MP_JOIN of a segment. What has several, or an MP_CAPABLE beside, is
 * judged as what is not known: hosts may differ in which of them they read.
 */
static const struct mb_option *only_join(const struct mb_options *opts)
{
	const struct mb_option *o, *join = NULL;
	unsigned int i;

	for (i = 0; i < opts->n; i++) {
		o = &opts->opt[i];
		if (o->subtype == MB_MP_CAPABLE)
			return NULL;
		if (o->subtype != MB_MP_JOIN)
			continue;
		if (join || o->fault != MB_FAULT_NONE)
			return NULL;
		join = o;
	}
	return join;
}

static bool joinable(const struct mb_session *s)
{
	return (s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN) &&
	       (s->state == MPTCP_MB_SESSION_STATE_CONFIRMED ||
		s->state == MPTCP_MB_SESSION_STATE_DETACHED ||
		s->state == MPTCP_MB_SESSION_STATE_CLOSING);
}

static bool is_addr(const struct mb_tuple *tuple, unsigned int side, u8 family,
		    const struct in6_addr *addr)
{
	if (tuple->family != family)
		return false;
	if (family == AF_INET)
		return tuple->addr[side].s6_addr32[0] == addr->s6_addr32[0];
	return ipv6_addr_equal(&tuple->addr[side], addr);
}

/* How well the addresses of a join fit the session: hosts keep one address, or
 * the server its port, more often than none.
 */
static unsigned int likeness(const struct mb_session *s, unsigned int joined,
			     const struct mb_tuple *tuple, unsigned int opener)
{
	unsigned int client = joined == MB_SERVER ? opener : !opener;
	unsigned int points = 0;

	if (is_addr(tuple, !client, s->site.family, &s->site.server))
		points += 4;
	if (is_addr(tuple, client, s->site.family, &s->site.client))
		points += 4;
	if (joined == MB_SERVER &&
	    tuple->port[!client] == htons(s->site.port))
		points++;
	return points;
}

static void known(struct mb_joining *jn, struct mb_session *s, u8 joined)
{
	jn->kind = READ_ONCE(s->state) == MPTCP_MB_SESSION_STATE_CLOSING ?
		   MB_JOIN_CLOSING : MB_JOIN_KNOWN;
	jn->session = s;
	jn->joined = joined;
	jn->by_server = joined == MB_CLIENT;
}

/**
 * mb_join_syn() - whose session the SYN of a join names
 * @ss:		the table
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @opts:	its MPTCP options
 * @jn:		filled
 *
 * Tokens are unique on a host, not here: of several sessions the one is taken
 * that the addresses fit best, until the HMAC tells.
 *
 * Context: RCU read side.
 */
void mb_join_syn(struct mb_sessions *ss, const struct mb_tuple *tuple,
		 unsigned int side, const struct mb_options *opts,
		 struct mb_joining *jn)
{
	unsigned int points, best = 0;
	struct rhlist_head *list, *pos;
	struct mb_token *t;
	u32 token;

	jn->kind = MB_JOIN_ORPHAN;
	jn->opt = only_join(opts);
	if (!jn->opt)
		return;
	token = jn->opt->join.token;
	list = rhltable_lookup(&ss->tokens, &token, mb_token_params);
	rhl_for_each_entry_rcu(t, pos, list, node) {
		struct mb_session *s = READ_ONCE(t->session);

		if (!s || t->token != token || !joinable(s))
			continue;
		points = 1 + likeness(s, t->side, tuple, side);
		if (points > best) {
			known(jn, s, t->side);
			best = points;
		}
	}
}

static bool verify(const struct mb_session *s, const struct mb_join *join,
		   unsigned int joined, const u8 *hmac, u32 nonce)
{
	return mb_key_join_verify(s->keys.version, s->keys.key[joined],
				  s->keys.key[!joined], nonce,
				  join->nonce[join->opener], hmac,
				  MB_JOIN_HMAC_SYNACK);
}

/**
 * mb_join_synack() - whether the SYN/ACK of a join has the session's HMAC
 * @ss:		the table
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @th:		its TCP header with all options
 * @opts:	its MPTCP options
 * @jn:		filled
 *
 * Context: RCU read side.
 */
void mb_join_synack(struct mb_sessions *ss, const struct mb_tuple *tuple,
		    unsigned int side, const struct tcphdr *th,
		    const struct mb_options *opts, struct mb_joining *jn)
{
	const struct mb_join *join = find(ss, tuple);
	struct rhlist_head *list, *pos;
	struct mb_token *t;
	const u8 *hmac;
	u32 token;

	jn->kind = MB_JOIN_ORPHAN;
	jn->opt = only_join(opts);
	if (!jn->opt || !join || side == join->opener ||
	    ntohl(th->ack_seq) != join->isn + 1)
		return;
	hmac = (const u8 *)(th + 1) + jn->opt->join.hmac_off;
	if (verify(join->session, join, join->joined, hmac,
		   jn->opt->join.nonce)) {
		known(jn, join->session, join->joined);
		return;
	}
	/* the addresses may have told wrong which of several it is */
	token = join->token;
	list = rhltable_lookup(&ss->tokens, &token, mb_token_params);
	rhl_for_each_entry_rcu(t, pos, list, node) {
		struct mb_session *s = READ_ONCE(t->session);

		if (s && s != join->session && t->token == token && joinable(s) &&
		    verify(s, join, t->side, hmac, jn->opt->join.nonce)) {
			known(jn, s, t->side);
			return;
		}
	}
	jn->kind = MB_JOIN_FORGED;
	jn->session = join->session;
}

/**
 * mb_join_ack() - whether the third ACK of a join has the session's HMAC
 * @ss:		the table
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @th:		its TCP header with all options
 * @opts:	its MPTCP options
 * @jn:		filled; MB_JOIN_NONE: nobody waits for it
 *
 * Context: RCU read side.
 */
void mb_join_ack(struct mb_sessions *ss, const struct mb_tuple *tuple,
		 unsigned int side, const struct tcphdr *th,
		 const struct mb_options *opts, struct mb_joining *jn)
{
	const struct mb_join *join = find(ss, tuple);
	struct mb_session *s;
	const u8 *hmac;

	jn->kind = MB_JOIN_NONE;
	jn->opt = only_join(opts);
	if (!jn->opt || !join || side != join->opener || !join->answered ||
	    ntohl(th->seq) != join->isn + 1 ||
	    ntohl(th->ack_seq) != join->peer_isn + 1)
		return;
	s = join->session;
	hmac = (const u8 *)(th + 1) + jn->opt->join.hmac_off;
	if (mb_key_join_verify(s->keys.version, s->keys.key[!join->joined],
			       s->keys.key[join->joined],
			       join->nonce[join->opener],
			       join->nonce[!join->opener], hmac,
			       MB_JOIN_HMAC_ACK))
		known(jn, join->session, join->joined);
	else
		jn->kind = MB_JOIN_FORGED;
	jn->session = s;
}

static void remove(struct mb_sessions *ss, struct mb_join *join)
{
	rhashtable_remove_fast(&ss->joins, &join->node, mb_join_params);
	mb_ports_del(ss, &join->tuple);
	list_del(&join->member);
	join->session->n_joins--;
	mb_joins_count(ss, join->session, -1);
	kfree_rcu(join, rcu);
}

/**
 * mb_joins_remove() - forget all pending joins of a session
 * @ss:	the table
 * @s:	the session
 *
 * Context: ss->lock.
 */
void mb_joins_remove(struct mb_sessions *ss, struct mb_session *s)
{
	struct mb_join *join, *next;

	lockdep_assert_held(&ss->lock);
	list_for_each_entry_safe(join, next, &s->joins, member)
		remove(ss, join);
}

/**
 * mb_joins_expire() - forget pending joins that nothing became of
 * @ss:	the table
 * @s:	their session
 *
 * Context: ss->lock.
 */
void mb_joins_expire(struct mb_sessions *ss, struct mb_session *s)
{
	struct mb_join *join, *next;

	list_for_each_entry_safe(join, next, &s->joins, member)
		if (time_after(jiffies, join->born + MB_JOIN_TIMEOUT))
			remove(ss, join);
}

/* A join goes on that is not followed: its session has as many as it may, there is
 * no room, or no memory. With the latter two, what comes of it must not look
 * suspicious; for want of room mb_joins_room() sees to that.
 */
static void untracked(struct mb_sessions *ss, bool nomem)
{
	mb_count(&ss->mn->stats, MPTCP_MB_COUNTER_JOIN_UNTRACKED);
	if (nomem)
		mb_sessions_impair(ss);
}

static bool has_room(struct mb_sessions *ss, struct mb_session *s,
		     const struct mb_tuple *tuple, u32 max)
{
	return s->n_joins < MB_JOINS_MAX &&
	       s->n_live + s->n_joins < MB_SUBFLOWS_MAX &&
	       mb_joins_room(ss, s, tuple, max);
}

static struct mb_join *new_join(struct mb_sessions *ss, struct mb_session *s,
				const struct mb_tuple *tuple, u32 max)
{
	struct mb_join *join;

	if (!has_room(ss, s, tuple, max)) {
		untracked(ss, false);
		return NULL;
	}
	join = kzalloc(sizeof(*join), GFP_ATOMIC | __GFP_NOWARN);
	if (!join) {
		untracked(ss, true);
		return NULL;
	}
	join->tuple = *tuple;
	join->session = s;
	return join;
}

/* Complete before anybody can find it: readers take no lock. */
static void insert(struct mb_sessions *ss, struct mb_join *join)
{
	if (rhashtable_insert_fast(&ss->joins, &join->node, mb_join_params)) {
		kfree(join);
		untracked(ss, true);
		return;
	}
	mb_ports_add(ss, &join->tuple);
	list_add_tail(&join->member, &join->session->joins);
	join->session->n_joins++;
	mb_joins_count(ss, join->session, 1);
}

/**
 * mb_join_syn_passed() - the SYN of a join into a known session was let through
 * @mn:		the namespace
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @th:		its TCP header
 * @jn:		what mb_join_syn() said: MB_JOIN_KNOWN
 *
 * Context: RCU read side, BH off; takes the table's lock, allocates atomically.
 */
void mb_join_syn_passed(struct mb_net *mn, const struct mb_tuple *tuple,
			unsigned int side, const struct tcphdr *th,
			const struct mb_joining *jn)
{
	const struct mb_policy *policy = rcu_dereference(mn->policy);
	struct mb_sessions *ss = mn->sessions;
	struct mb_session *s = jn->session;
	struct mb_join *join, *old;

	spin_lock(&ss->lock);
	if (!policy || !joinable(s) ||
	    s->state == MPTCP_MB_SESSION_STATE_CLOSING)
		goto unlock;
	old = find(ss, tuple);
	if (old && old->session == s && old->isn == ntohl(th->seq) &&
	    old->nonce[side] == jn->opt->join.nonce)
		goto unlock;	/* once more */
	if (old)
		remove(ss, old);
	join = new_join(ss, s, tuple, policy->set.max_sessions);
	if (!join)
		goto unlock;
	join->opener = side;
	join->joined = jn->joined;
	join->token = jn->opt->join.token;
	join->isn = ntohl(th->seq);
	join->nonce[side] = jn->opt->join.nonce;
	join->backup[side] = jn->opt->join.backup;
	join->addr_id[side] = jn->opt->join.addr_id;
	join->born = jiffies;
	insert(ss, join);
unlock:
	spin_unlock(&ss->lock);
}

/**
 * mb_join_synack_passed() - the SYN/ACK of a join was let through
 * @mn:		the namespace
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @th:		its TCP header
 * @jn:		what mb_join_synack() said: MB_JOIN_KNOWN
 *
 * What is known of the join becomes more, which readers must not see by halves:
 * a new one takes the old one's place.
 *
 * Context: RCU read side, BH off; takes the table's lock, allocates atomically.
 */
void mb_join_synack_passed(struct mb_net *mn, const struct mb_tuple *tuple,
			   unsigned int side, const struct tcphdr *th,
			   const struct mb_joining *jn)
{
	const struct mb_policy *policy = rcu_dereference(mn->policy);
	struct mb_sessions *ss = mn->sessions;
	struct mb_join *old, *join;

	spin_lock(&ss->lock);
	old = find(ss, tuple);
	if (!policy || !old || !joinable(jn->session) ||
	    (old->answered && old->peer_isn == ntohl(th->seq)))
		goto unlock;
	/* of two with one token it is the other's after all */
	if (jn->session != old->session &&
	    !has_room(ss, jn->session, tuple, policy->set.max_sessions)) {
		remove(ss, old);
		untracked(ss, false);
		goto unlock;
	}
	join = kmemdup(old, sizeof(*old), GFP_ATOMIC | __GFP_NOWARN);
	if (!join) {
		untracked(ss, true);
		goto unlock;
	}
	remove(ss, old);
	join->session = jn->session;
	join->joined = jn->joined;
	join->peer_isn = ntohl(th->seq);
	join->nonce[side] = jn->opt->join.nonce;
	join->backup[side] = jn->opt->join.backup;
	join->addr_id[side] = jn->opt->join.addr_id;
	join->answered = true;
	insert(ss, join);
unlock:
	spin_unlock(&ss->lock);
}

/**
 * mb_join_ack_passed() - the third ACK of a join was let through: it is a subflow
 * @mn:		the namespace
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @pkt:	the segment
 * @th:		its TCP header
 * @jn:		what mb_join_ack() said: MB_JOIN_KNOWN
 *
 * Context: RCU read side, BH off; takes the table's lock, allocates atomically.
 * Return: the subflow, or NULL: it is not tracked
 */
struct mb_subflow *mb_join_ack_passed(struct mb_net *mn,
				      const struct mb_tuple *tuple,
				      unsigned int side,
				      const struct mb_packet *pkt,
				      const struct tcphdr *th,
				      const struct mb_joining *jn)
{
	struct mb_sessions *ss = mn->sessions;
	struct mb_session *s = jn->session;
	struct mb_subflow *sub = NULL;
	struct mb_join *join;

	spin_lock(&ss->lock);
	join = find(ss, tuple);
	if (!join || join->session != s || !joinable(s) ||
	    s->n_live >= MB_SUBFLOWS_MAX || mb_subflow_find(ss, tuple))
		goto unlock;
	sub = mb_subflow_new(ss, s, tuple,
			     join->joined == MB_SERVER ? join->opener :
							 !join->opener,
			     join->opener, false);
	if (!sub) {
		untracked(ss, true);
		goto unlock;
	}
	memcpy(sub->backup, join->backup, sizeof(sub->backup));
	memcpy(sub->addr_id, join->addr_id, sizeof(sub->addr_id));
	mb_track_begin(sub, pkt, side, join->isn + 1, join->peer_isn + 1);
	mb_learn_data(s, sub);
	remove(ss, join);
	if (s->state == MPTCP_MB_SESSION_STATE_DETACHED)
		mb_session_state(ss, s, MPTCP_MB_SESSION_STATE_CONFIRMED);
	mb_count(&mn->stats, MPTCP_MB_COUNTER_SUBFLOW_JOINED);
	mb_event_session(mn, MPTCP_MB_EVENT_SUBFLOW_JOINED, s, sub);
unlock:
	spin_unlock(&ss->lock);
	return sub;
}
