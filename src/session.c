// SPDX-License-Identifier: GPL-2.0
/* How sessions come and go. Who lets them are learn.c, join.c and life.c, which
 * read segments, and room.c and expire.c, which bound the table.
 */
#include <linux/slab.h>

#include "announce.h"
#include "fastclose.h"
#include "netns.h"

static struct kmem_cache *cache;

/**
 * mb_session_init() - make ready for sessions
 *
 * They are many: memory of just their size is a third less.
 *
 * Return: 0 or -ENOMEM
 */
int __init mb_session_init(void)
{
	cache = kmem_cache_create("mptcp_mb_session", sizeof(struct mb_session),
				  0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * mb_session_exit() - there are no sessions any more
 *
 * Context: process, may sleep; what RCU had to free is freed.
 */
void mb_session_exit(void)
{
	kmem_cache_destroy(cache);
}

static void free_rcu_session(struct rcu_head *rcu)
{
	struct mb_session *s = container_of(rcu, struct mb_session, rcu);

	mb_close_free(s);
	mb_announce_forget(s);
	kfree_sensitive(s->cand);
	memzero_explicit(&s->keys, sizeof(s->keys));
	kmem_cache_free(cache, s);
}

static void put_keys(struct mb_session *s, const struct mb_keys *keys)
{
	struct mb_key_facts facts;
	unsigned int side;

	s->keys = *keys;
	for (side = 0; side < 2; side++) {
		mb_key_facts(keys->version, keys->key[side], &facts);
		s->token[side].token = facts.token;
		s->idsn[side] = facts.idsn;
	}
	s->flags &= ~(MPTCP_MB_SESSION_FLAG_CHECKSUM |
		      MPTCP_MB_SESSION_FLAG_CLIENT_NO_JOIN);
	if (keys->flags & MB_CAPABLE_CHECKSUM)
		s->flags |= MPTCP_MB_SESSION_FLAG_CHECKSUM;
	if (keys->flags & MB_CAPABLE_NO_JOIN)
		s->flags |= MPTCP_MB_SESSION_FLAG_CLIENT_NO_JOIN;
}

/**
 * mb_session_rekey() - other keys turned out to be the real ones
 * @ss:		the table
 * @s:		an unconfirmed session
 * @keys:	the keys
 *
 * Sessions are found by their tokens in RCU readers, which check the token of what
 * they find.
 *
 * Context: ss->lock.
 * Return: false: too many have these; the session has no tokens and has to go
 */
bool mb_session_rekey(struct mb_sessions *ss, struct mb_session *s,
		      const struct mb_keys *keys)
{
	lockdep_assert_held(&ss->lock);
	mb_tokens_del(ss, s);
	mb_map_moved(&ss->tokens);
	put_keys(s, keys);
	return mb_tokens_add(ss, s);
}

static struct list_head *list_of(struct mb_sessions *ss, u8 state)
{
	switch (state) {
	case MPTCP_MB_SESSION_STATE_UNCONFIRMED:
		return &ss->unconfirmed;
	case MPTCP_MB_SESSION_STATE_CLOSED:
		return &ss->ended;
	default:
		return &ss->confirmed;
	}
}

static struct mb_session *alloc(struct mb_sessions *ss, u32 max,
				const struct mb_site_query *q)
{
	struct mb_session *s;
	u32 id;

	if (!mb_sessions_room(ss, max))
		return NULL;
	s = kmem_cache_zalloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!s)
		return NULL;
	s->site = *q;
	INIT_LIST_HEAD(&s->subflows);
	INIT_LIST_HEAD(&s->joins);
	INIT_LIST_HEAD(&s->of_client);
	s->started = ktime_get_real_seconds();
	s->seen = jiffies;
	s->born = s->seen;
	s->queued = s->born;
	s->since = s->born;
	if (xa_alloc_cyclic(&ss->ids, &id, s, xa_limit_32b, &ss->next_id,
			    GFP_ATOMIC | __GFP_NOWARN) < 0) {
		kmem_cache_free(cache, s);
		return NULL;
	}
	s->id = id;
	ss->count++;
	mb_expire_kick(ss);
	return s;
}

static void match(struct mb_session *s, const struct mb_policy *policy)
{
	const struct mb_site *site = mb_sites_lookup(policy->sites, &s->site);

	s->matched = site;
	s->action = site ? site->action : policy->set.dflt;
	if (site) {
		s->entry_family = site->family;
		s->entry_len = site->len;
	}
}

/**
 * mb_session_new() - a session has begun
 * @ss:			the table
 * @policy:		in force
 * @keys:		its keys, as far as anybody says
 * @q:			its server, client and marks
 * @client_port:	network byte order
 *
 * Context: ss->lock, RCU read side; allocates atomically.
 * Return: it, unconfirmed and without a subflow; or NULL: there is no room,
 *	   which is counted
 */
struct mb_session *mb_session_new(struct mb_sessions *ss,
				  const struct mb_policy *policy,
				  const struct mb_keys *keys,
				  const struct mb_site_query *q,
				  __be16 client_port)
{
	struct mb_net *mn = ss->mn;
	struct mb_client *client;
	struct mb_session *s;

	lockdep_assert_held(&ss->lock);
	/* first of all: to make room may take the client's last session away */
	if (!mb_sessions_room(ss, policy->set.max_sessions))
		goto full_counted;
	client = mb_client_get(ss, policy->set.max_sessions, q->family,
			       &q->client);
	if (IS_ERR(client)) {
		if (PTR_ERR(client) != -EDQUOT)
			goto full_counted;
		mb_count(&mn->stats, MPTCP_MB_COUNTER_SESSION_SHARE);
		return NULL;
	}
	s = alloc(ss, policy->set.max_sessions, q);
	if (!s)
		goto full;
	s->client_port = client_port;
	s->ctmark = q->ctmark;
	s->client = client;
	client->count++;
	list_add_tail(&s->of_client, &client->loose);
	list_add_tail(&s->age, &ss->unconfirmed);
	ss->n_unconfirmed++;
	put_keys(s, keys);
	match(s, policy);
	if (!mb_tokens_add(ss, s)) {
		/* who repeats keys is no reason to trust others */
		mb_count(&mn->stats, MPTCP_MB_COUNTER_SESSION_FULL);
		mb_session_remove(ss, s);
		return NULL;
	}
	mb_count(&mn->stats, MPTCP_MB_COUNTER_SESSION_LEARNT);
	return s;
full:
	mb_client_unused(ss, client);
full_counted:
	mb_sessions_full(ss);
	return NULL;
}

/**
 * mb_session_keyless() - a stand-in for a session whose start was not seen
 * @ss:		the table
 * @max:	sessions that it may have
 * @tuple:	its one connection; the client is side 0, as good as any
 * @extack:	told why not
 *
 * Context: ss->lock; allocates atomically.
 * Return: it, with the one subflow, state closing; or an error pointer
 */
struct mb_session *mb_session_keyless(struct mb_sessions *ss, u32 max,
				      const struct mb_tuple *tuple,
				      struct netlink_ext_ack *extack)
{
	struct mb_site_query q = {
		.client = tuple->addr[0],
		.server = tuple->addr[1],
		.port = ntohs(tuple->port[1]),
		.family = tuple->family,
		.client_known = true,
	};
	struct mb_subflow *sub;
	struct mb_session *s;

	lockdep_assert_held(&ss->lock);
	s = alloc(ss, max, &q);
	if (!s)
		goto nomem;
	s->client_port = tuple->port[0];
	s->flags = MPTCP_MB_SESSION_FLAG_KEYLESS;
	s->state = MPTCP_MB_SESSION_STATE_CLOSING;
	list_add_tail(&s->age, &ss->confirmed);
	sub = mb_subflow_new(ss, s, tuple, 0, 0, true);
	if (!sub) {
		mb_session_remove(ss, s);
		goto nomem;
	}
	return s;
nomem:
	NL_SET_ERR_MSG(extack, "out of memory");
	return ERR_PTR(-ENOMEM);
}

/**
 * mb_session_state() - a session comes into another state
 * @ss:		the table
 * @s:		the session
 * @state:	enum mptcp_mb_session_state; for closed see mb_session_end()
 *
 * Context: ss->lock.
 */
void mb_session_state(struct mb_sessions *ss, struct mb_session *s, u8 state)
{
	u8 before = s->state;

	lockdep_assert_held(&ss->lock);
	if (state == before)
		return;
	ss->n_unconfirmed += (state == MPTCP_MB_SESSION_STATE_UNCONFIRMED) -
			     (before == MPTCP_MB_SESSION_STATE_UNCONFIRMED);
	s->state = state;
	s->since = jiffies;
	s->queued = READ_ONCE(s->seen);
	list_move_tail(&s->age, list_of(ss, state));
	if (s->client && list_of(ss, state) != &ss->confirmed)
		list_move_tail(&s->of_client, &s->client->loose);
	else
		list_del_init(&s->of_client);
	if (before == MPTCP_MB_SESSION_STATE_UNCONFIRMED &&
	    state == MPTCP_MB_SESSION_STATE_CONFIRMED) {
		mb_count(&ss->mn->stats, MPTCP_MB_COUNTER_SESSION_CONFIRMED);
		mb_event_session(ss->mn, MPTCP_MB_EVENT_SESSION_CONFIRMED, s,
				 NULL);
	} else if (state == MPTCP_MB_SESSION_STATE_FALLBACK) {
		mb_event_session(ss->mn, MPTCP_MB_EVENT_SESSION_FALLBACK, s,
				 NULL);
	}
}

/**
 * mb_session_end() - a session has ended
 * @ss:		the table
 * @s:		the session
 * @how:	enum mptcp_mb_how
 *
 * It is remembered for a while, for people to see and for segments that are
 * late; no join finds it any more.
 *
 * Context: ss->lock.
 */
void mb_session_end(struct mb_sessions *ss, struct mb_session *s, u8 how)
{
	struct mb_subflow *sub;

	lockdep_assert_held(&ss->lock);
	if (s->state == MPTCP_MB_SESSION_STATE_CLOSED)
		return;
	s->how = how;
	mb_session_state(ss, s, MPTCP_MB_SESSION_STATE_CLOSED);
	mb_tokens_del(ss, s);
	mb_joins_remove(ss, s);
	/* these go on to end as TCP connections do */
	if (how != MPTCP_MB_HOW_DATA_FIN && how != MPTCP_MB_HOW_FASTCLOSE)
		list_for_each_entry(sub, &s->subflows, member)
			mb_subflow_close(ss, sub, how);
	mb_subflow_attend(s, 0, MB_ATTENTION_CLOSING | MB_ATTENTION_PROOF |
				MB_ATTENTION_DATA_FIN);
	mb_count(&ss->mn->stats, MPTCP_MB_COUNTER_SESSION_CLOSED);
	mb_event_session(ss->mn, MPTCP_MB_EVENT_SESSION_CLOSED, s, NULL);
}

/**
 * mb_session_remove() - forget a session
 * @ss:	the table
 * @s:	the session
 *
 * Context: ss->lock. It stays in memory until the RCU readers are gone.
 */
void mb_session_remove(struct mb_sessions *ss, struct mb_session *s)
{
	struct mb_subflow *sub, *next;

	lockdep_assert_held(&ss->lock);
	mb_tokens_del(ss, s);
	mb_joins_remove(ss, s);
	list_for_each_entry_safe(sub, next, &s->subflows, member)
		mb_subflow_remove(ss, sub);
	if (s->state == MPTCP_MB_SESSION_STATE_UNCONFIRMED)
		ss->n_unconfirmed--;
	/* a reader who has found it still must not hang a join on it */
	s->state = MPTCP_MB_SESSION_STATE_CLOSED;
	list_del(&s->age);
	xa_erase(&ss->ids, s->id);
	if (s->client)
		mb_client_put(ss, s);
	ss->count--;
	call_rcu(&s->rcu, free_rcu_session);
}
