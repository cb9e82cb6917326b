// SPDX-License-Identifier: GPL-2.0
/* The table of sessions: made, searched by id, emptied. */
#include <linux/slab.h>

#include "fastclose.h"
#include "hash.h"
#include "netns.h"

/* Those that are not there yet are all zero. */
static void free_maps(struct mb_sessions *ss)
{
	mb_map_free(&ss->tokens);
	mb_map_free(&ss->joins);
	mb_map_free(&ss->subflows);
}

/**
 * mb_sessions_alloc() - an empty table
 * @mn:	whose
 *
 * Context: process, may sleep.
 * Return: it, or NULL without memory
 */
struct mb_sessions *mb_sessions_alloc(struct mb_net *mn)
{
	struct mb_sessions *ss = kvzalloc(sizeof(*ss), GFP_KERNEL_ACCOUNT);

	if (!ss)
		return NULL;
	spin_lock_init(&ss->lock);
	if (mb_map_init(&ss->subflows, &ss->lock, mb_conn_hash, mb_wq) ||
	    mb_map_init(&ss->joins, &ss->lock, mb_conn_hash, mb_wq) ||
	    mb_map_init(&ss->tokens, &ss->lock, mb_token_hash, mb_wq) ||
	    rhashtable_init(&ss->clients, &mb_client_params)) {
		free_maps(ss);
		kvfree(ss);
		return NULL;
	}
	xa_init_flags(&ss->ids, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&ss->unconfirmed);
	INIT_LIST_HEAD(&ss->confirmed);
	INIT_LIST_HEAD(&ss->ended);
	ss->mn = mn;
	ss->armed_at = jiffies;
	mb_expire_init(ss);
	mb_close_init(ss);
	return ss;
}

/**
 * mb_sessions_armed() - segments are seen from now on
 * @ss:	the table
 */
void mb_sessions_armed(struct mb_sessions *ss)
{
	spin_lock_bh(&ss->lock);
	ss->armed_at = jiffies;
	ss->impaired = false;
	spin_unlock_bh(&ss->lock);
}

/**
 * mb_sessions_stop() - no work of its own any more
 * @ss:	the table; no segment comes to it
 *
 * Context: process, may sleep.
 */
void mb_sessions_stop(struct mb_sessions *ss)
{
	spin_lock_bh(&ss->lock);
	ss->stopped = true;
	spin_unlock_bh(&ss->lock);
	mb_close_stop(ss);
	cancel_delayed_work_sync(&ss->expire);
	mb_map_stop(&ss->subflows);
	mb_map_stop(&ss->joins);
	mb_map_stop(&ss->tokens);
}

/**
 * mb_sessions_forget() - remove all sessions
 * @ss:	the table
 *
 * Context: process, may sleep. Segments that are under way meanwhile may add
 *	    sessions; when no hook is left to bring any, none are.
 */
void mb_sessions_forget(struct mb_sessions *ss)
{
	unsigned long id = 0;
	struct mb_session *s;

	spin_lock_bh(&ss->lock);
	while ((s = mb_session_next(ss, &id))) {
		mb_session_remove(ss, s);
		if (need_resched()) {
			spin_unlock_bh(&ss->lock);
			cond_resched();
			spin_lock_bh(&ss->lock);
		}
	}
	ss->impaired = false;
	spin_unlock_bh(&ss->lock);
}

/**
 * mb_sessions_free() - free the table and all in it
 * @ss:	without readers and stopped; or NULL
 *
 * Context: process, may sleep.
 */
void mb_sessions_free(struct mb_sessions *ss)
{
	if (!ss)
		return;
	mb_sessions_forget(ss);
	WARN_ON_ONCE(ss->count || ss->n_unconfirmed || ss->n_subflows ||
		     ss->n_joins);
	rhashtable_destroy(&ss->clients);
	free_maps(ss);
	xa_destroy(&ss->ids);
	kvfree(ss);
}

/**
 * mb_session_find() - a session by its id
 * @ss:	the table
 * @id:	the id
 *
 * Context: ss->lock or RCU read side.
 * Return: it, or NULL
 */
struct mb_session *mb_session_find(struct mb_sessions *ss, u32 id)
{
	return id ? xa_load(&ss->ids, id) : NULL;
}

/**
 * mb_session_next() - go through the sessions in the order of their ids
 * @ss:	the table
 * @id:	from which to look, 0 at first; becomes that of what is found, plus one
 *
 * Context: ss->lock or RCU read side.
 * Return: a session, or NULL at the end
 */
struct mb_session *mb_session_next(struct mb_sessions *ss, unsigned long *id)
{
	struct mb_session *s = xa_find(&ss->ids, id, U32_MAX, XA_PRESENT);

	if (s)
		++*id;
	return s;
}
