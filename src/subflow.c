// SPDX-License-Identifier: GPL-2.0
/* The subflows of sessions, and the table of all connections that are known. */
#include <linux/slab.h>

#include "inject.h"
#include "netns.h"

static struct kmem_cache *cache;

/**
 * mb_subflow_init() - make ready for subflows
 *
 * They are many: memory of just their size is half of the next power of two.
 *
 * Return: 0 or -ENOMEM
 */
int __init mb_subflow_init(void)
{
	cache = kmem_cache_create("mptcp_mb_subflow", sizeof(struct mb_subflow),
				  0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * mb_subflow_exit() - there are no subflows any more
 *
 * Context: process, may sleep; what RCU had to free is freed.
 */
void mb_subflow_exit(void)
{
	kmem_cache_destroy(cache);
}

/**
 * mb_ports_add() - a connection is known
 * @ss:		the table
 * @tuple:	the connection
 *
 * Context: ss->lock.
 */
void mb_ports_add(struct mb_sessions *ss, const struct mb_tuple *tuple)
{
	u16 *n = &ss->ports[mb_tuple_index(tuple)];

	lockdep_assert_held(&ss->lock);
	if (*n != U16_MAX)
		WRITE_ONCE(*n, *n + 1);
}

/**
 * mb_ports_del() - a connection is known no more
 * @ss:		the table
 * @tuple:	the connection
 *
 * Context: ss->lock.
 */
void mb_ports_del(struct mb_sessions *ss, const struct mb_tuple *tuple)
{
	u16 *n = &ss->ports[mb_tuple_index(tuple)];

	lockdep_assert_held(&ss->lock);
	if (*n != U16_MAX)
		WRITE_ONCE(*n, *n - 1);
}

/**
 * mb_subflow_find() - the subflow of a connection
 * @ss:		the table
 * @tuple:	the connection
 *
 * Context: RCU read side.
 * Return: it, or NULL; it may be on its way out of the table
 */
struct mb_subflow *mb_subflow_find(struct mb_sessions *ss,
				   const struct mb_tuple *tuple)
{
	struct mb_conn *conn = mb_conn_find(&ss->subflows, tuple);

	return conn ? container_of(conn, struct mb_subflow, conn) : NULL;
}

/**
 * mb_subflow_new() - a connection belongs to a session
 * @ss:		the table
 * @s:		the session
 * @tuple:	the connection; none that is known
 * @client:	side of @tuple that is the session's client
 * @opener:	side that opened the connection
 * @initial:	it is the session's first; others are counted as joins
 *
 * Context: ss->lock; allocates atomically.
 * Return: it, or NULL without memory
 */
struct mb_subflow *mb_subflow_new(struct mb_sessions *ss, struct mb_session *s,
				  const struct mb_tuple *tuple,
				  unsigned int client, unsigned int opener,
				  bool initial)
{
	struct mb_subflow *sub;

	lockdep_assert_held(&ss->lock);
	sub = kmem_cache_zalloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!sub)
		return NULL;
	sub->conn.tuple = *tuple;
	sub->session = s;
	sub->client = client;
	sub->opener = opener;
	sub->initial = initial;
	sub->started = ktime_get_real_seconds();
	sub->seen = jiffies;
	spin_lock_init(&sub->lock);
	sub->attention = mb_session_proof(s) | MB_ATTENTION_SILENT;
	if (s->state == MPTCP_MB_SESSION_STATE_CLOSING)
		sub->attention |= MB_ATTENTION_CLOSING;
	if (s->flags & (MPTCP_MB_SESSION_FLAG_CLIENT_DATA_FIN |
			MPTCP_MB_SESSION_FLAG_SERVER_DATA_FIN))
		sub->attention |= MB_ATTENTION_DATA_FIN;
	mb_map_add(&ss->subflows, &sub->conn.node);
	mb_ports_add(ss, tuple);
	list_add_tail(&sub->member, &s->subflows);
	s->n_subflows++;
	s->n_live++;
	ss->n_subflows++;
	if (!initial)
		mb_joins_count(ss, s, 1);
	return sub;
}

/**
 * mb_subflow_attend() - change what needs attention on all subflows of a session
 * @s:		the session
 * @set:	MB_ATTENTION_...
 * @clear:	likewise
 *
 * Context: the table's lock.
 */
void mb_subflow_attend(struct mb_session *s, u8 set, u8 clear)
{
	struct mb_subflow *sub;

	list_for_each_entry(sub, &s->subflows, member) {
		spin_lock_bh(&sub->lock);
		WRITE_ONCE(sub->attention, (sub->attention & ~clear) | set);
		spin_unlock_bh(&sub->lock);
	}
}

/**
 * mb_subflow_none_left() - a session has no live subflow
 * @ss:		the table
 * @s:		the session
 * @how:	how the last one ended
 *
 * It waits for a join, if one can come.
 *
 * Context: ss->lock.
 */
void mb_subflow_none_left(struct mb_sessions *ss, struct mb_session *s, u8 how)
{
	switch (s->state) {
	case MPTCP_MB_SESSION_STATE_CONFIRMED:
		mb_session_state(ss, s, MPTCP_MB_SESSION_STATE_DETACHED);
		break;
	case MPTCP_MB_SESSION_STATE_FALLBACK:
		mb_session_end(ss, s, MPTCP_MB_HOW_FALLBACK);
		break;
	case MPTCP_MB_SESSION_STATE_UNCONFIRMED:
		mb_session_end(ss, s, how);
		break;
	}
}

/**
 * mb_subflow_close() - a subflow has ended
 * @ss:		the table
 * @sub:	the subflow
 * @how:	enum mptcp_mb_how
 *
 * Context: ss->lock.
 */
void mb_subflow_close(struct mb_sessions *ss, struct mb_subflow *sub, u8 how)
{
	struct mb_session *s = sub->session;

	lockdep_assert_held(&ss->lock);
	if (sub->state == MPTCP_MB_SUBFLOW_STATE_CLOSED)
		return;
	sub->state = MPTCP_MB_SUBFLOW_STATE_CLOSED;
	sub->how = how;
	sub->ended = jiffies;
	spin_lock_bh(&sub->lock);
	WRITE_ONCE(sub->attention, sub->attention | MB_ATTENTION_CLOSED);
	spin_unlock_bh(&sub->lock);
	s->last_how = how;
	s->n_live--;
	mb_event_session(ss->mn, MPTCP_MB_EVENT_SUBFLOW_CLOSED, s, sub);
	if (!s->n_live)
		mb_subflow_none_left(ss, s, how);
}

/* What the session knows of its data outlives the subflow that told it. */
static void fold(struct mb_session *s, struct mb_subflow *sub)
{
	unsigned int side;

	spin_lock_bh(&sub->lock);
	for (side = 0; side < 2; side++) {
		struct mb_dir *d = &sub->dir[sub->client ^ side];

		s->data_end[side] = mb_data_max(s->data_end[side], d->data_end);
		s->data_ack[side] = mb_data_max(s->data_ack[side], d->data_ack);
	}
	spin_unlock_bh(&sub->lock);
}

static void free_rcu_subflow(struct rcu_head *rcu)
{
	struct mb_subflow *sub = container_of(rcu, struct mb_subflow, rcu);

	mb_ct_ref_free(&sub->ct);
	kmem_cache_free(cache, sub);
}

/**
 * mb_subflow_remove() - forget a subflow
 * @ss:		the table
 * @sub:	the subflow; if it lives the caller tells how it ended, or takes
 *		away the session, too
 *
 * Context: ss->lock. It stays in memory until the RCU readers are gone.
 */
void mb_subflow_remove(struct mb_sessions *ss, struct mb_subflow *sub)
{
	struct mb_session *s = sub->session;

	lockdep_assert_held(&ss->lock);
	fold(s, sub);
	mb_map_del(&ss->subflows, &sub->conn.node);
	mb_ports_del(ss, &sub->conn.tuple);
	list_del(&sub->member);
	sub->gone = true;
	s->n_subflows--;
	if (sub->state == MPTCP_MB_SUBFLOW_STATE_LIVE)
		s->n_live--;
	ss->n_subflows--;
	if (!sub->initial)
		mb_joins_count(ss, s, -1);
	call_rcu(&sub->rcu, free_rcu_subflow);
}

/**
 * mb_session_data() - how much data a side sent, and had acknowledged
 * @s:		the session
 * @side:	MB_CLIENT or MB_SERVER
 * @sent:	bytes, each once, without DATA_FIN
 * @acked:	those that the other side acknowledged
 *
 * Context: the table's lock.
 */
void mb_session_data(const struct mb_session *s, unsigned int side,
		     u64 *sent, u64 *acked)
{
	u64 start = s->idsn[side] + 1, end = s->data_end[side];
	u64 ack = s->data_ack[!side];
	u32 fin = side == MB_CLIENT ? MPTCP_MB_SESSION_FLAG_CLIENT_DATA_FIN :
				      MPTCP_MB_SESSION_FLAG_SERVER_DATA_FIN;
	struct mb_subflow *sub;

	list_for_each_entry(sub, &s->subflows, member) {
		unsigned int i = sub->client ^ side;

		spin_lock_bh(&sub->lock);
		end = mb_data_max(end, sub->dir[i].data_end);
		ack = mb_data_max(ack, sub->dir[!i].data_ack);
		spin_unlock_bh(&sub->lock);
	}
	end = mb_data_max(end, ack);
	*sent = end ? end - start : 0;
	*acked = ack ? ack - start : 0;
	if (s->flags & fin) {
		*sent = min(*sent, s->fin[side] - start - 1);
		*acked = min(*acked, s->fin[side] - start - 1);
	}
}
