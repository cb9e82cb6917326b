// SPDX-License-Identifier: GPL-2.0
/* The pending joins: from the SYN of an MP_JOIN that was let through to the third
 * ACK that makes a subflow of it (RFC 8684, 3.2). Whose they are, join.c says.
 */
#include <linux/slab.h>

#include "join.h"
#include "netns.h"
#include "track.h"

static void remove(struct mb_sessions *ss, struct mb_join *join)
{
	mb_map_del(&ss->joins, &join->conn.node);
	mb_ports_del(ss, &join->conn.tuple);
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
	join->conn.tuple = *tuple;
	join->session = s;
	return join;
}

/* mb_join_find(), which most often finds nothing */
static struct mb_join *find(struct mb_sessions *ss, const struct mb_tuple *tuple)
{
	if (!READ_ONCE(ss->ports[mb_tuple_index(tuple)]))
		return NULL;
	return mb_join_find(ss, tuple);
}

/* Whether a SYN was seen before */
static bool same(const struct mb_join *join, unsigned int side,
		 const struct tcphdr *th, const struct mb_joining *jn)
{
	return join->session == jn->session && join->isn == ntohl(th->seq) &&
	       join->nonce[side] == jn->opt->join.nonce;
}

/* Complete before anybody can find it: readers take no lock. */
static void insert(struct mb_sessions *ss, struct mb_join *join)
{
	mb_map_add(&ss->joins, &join->conn.node);
	mb_ports_add(ss, &join->conn.tuple);
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

	old = find(ss, tuple);
	if (old && same(old, side, th, jn))
		return;
	spin_lock(&ss->lock);
	if (!policy || !mb_joinable(s) ||
	    s->state == MPTCP_MB_SESSION_STATE_CLOSING)
		goto unlock;
	old = find(ss, tuple);
	if (old && same(old, side, th, jn))
		goto unlock;
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
	old = mb_join_find(ss, tuple);
	if (!policy || !old || !mb_joinable(jn->session) ||
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
	join = mb_join_find(ss, tuple);
	if (!join || join->session != s || !mb_joinable(s) ||
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
