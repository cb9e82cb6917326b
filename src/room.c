// SPDX-License-Identifier: GPL-2.0
/* Room for sessions and joins: the table's bounds, each client's share of them, who
 * has to go for a new one, and what it means for others that one had to.
 */
#include <linux/slab.h>

#include "hash.h"
#include "netns.h"

#define VICTIMS_MAX	32	/* looked at for the longest idle */

/* An IPv6 client has its 64 bits of addresses for itself. */
static struct in6_addr client_addr(u8 family, const struct in6_addr *addr)
{
	struct in6_addr a = {};

	a.s6_addr32[0] = addr->s6_addr32[0];
	if (family == AF_INET6)
		a.s6_addr32[1] = addr->s6_addr32[1];
	else
		a.s6_addr32[3] = htonl(1);	/* no IPv4 client is an IPv6 one */
	return a;
}

static struct mb_client *client_find(struct mb_sessions *ss, u8 family,
				     const struct in6_addr *addr)
{
	struct in6_addr a = client_addr(family, addr);

	return rhashtable_lookup(&ss->clients, &a, mb_client_params);
}

static u32 share_of(u32 max)
{
	return max_t(u32, max / MB_SHARE_DIV, MB_SHARE_MIN);
}

/* Whether hosts may go on with a session that is forgotten. Who floods us with made
 * up keys can turn the table over before a server has answered the real ones;
 * what was not answered for long was made up, or nobody misses it.
 */
static bool may_live(const struct mb_session *s)
{
	switch (s->state) {
	case MPTCP_MB_SESSION_STATE_CLOSED:
		return false;
	case MPTCP_MB_SESSION_STATE_UNCONFIRMED:
		return time_before32((u32)jiffies, s->born + MB_UNCONFIRMED_YOUNG);
	default:
		return true;
	}
}

/* As mb_sessions_impair(), for what is one client's own affair */
static void client_impair(struct mb_client *c)
{
	c->impaired_at = jiffies;
	c->impaired = true;
}

/* A client with its whole share may still replace what nobody has confirmed:
 * others may have forged it in its name.
 */
static bool client_room(struct mb_sessions *ss, struct mb_client *c, u32 share)
{
	struct mb_session *s;

	if (c->count < share)
		return true;
	s = list_first_entry_or_null(&c->loose, struct mb_session, of_client);
	if (s) {
		if (may_live(s))
			client_impair(c);
		mb_session_end(ss, s, MPTCP_MB_HOW_EVICTED);
		mb_count(&ss->mn->stats, MPTCP_MB_COUNTER_SESSION_EVICTED);
		/* it is not the last: the share is more than one */
		mb_session_remove(ss, s);
		return true;
	}
	client_impair(c);
	return false;
}

/**
 * mb_client_get() - a client who may have another session
 * @ss:		the table
 * @max:	sessions it may have in all
 * @family:	AF_INET or AF_INET6
 * @addr:	the client's address
 *
 * Context: ss->lock; allocates atomically.
 * Return: it; an error pointer: -EDQUOT: it has its share, -ENOMEM
 */
struct mb_client *mb_client_get(struct mb_sessions *ss, u32 max, u8 family,
				const struct in6_addr *addr)
{
	struct mb_client *c = client_find(ss, family, addr);

	lockdep_assert_held(&ss->lock);
	if (c)
		return client_room(ss, c, share_of(max)) ? c : ERR_PTR(-EDQUOT);
	c = kzalloc(sizeof(*c), GFP_ATOMIC | __GFP_NOWARN);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->addr = client_addr(family, addr);
	INIT_LIST_HEAD(&c->loose);
	if (rhashtable_insert_fast(&ss->clients, &c->node, mb_client_params)) {
		kfree(c);
		return ERR_PTR(-ENOMEM);
	}
	return c;
}

/**
 * mb_client_unused() - let a client without sessions go
 * @ss:		the table
 * @client:	the client
 *
 * Context: ss->lock.
 */
void mb_client_unused(struct mb_sessions *ss, struct mb_client *client)
{
	if (client->count)
		return;
	WARN_ON_ONCE(client->n_joins);
	rhashtable_remove_fast(&ss->clients, &client->node, mb_client_params);
	kfree_rcu(client, rcu);
}

/**
 * mb_client_put() - a session goes out of its client's share
 * @ss:	the table
 * @s:	the session
 *
 * Context: ss->lock.
 */
void mb_client_put(struct mb_sessions *ss, struct mb_session *s)
{
	lockdep_assert_held(&ss->lock);
	list_del(&s->of_client);
	s->client->count--;
	mb_client_unused(ss, s->client);
	s->client = NULL;
}

/**
 * mb_sessions_impair() - something of what lives is not known: a session, a join
 *			  or a subflow, for lack of room or memory
 * @ss:	the table
 *
 * From now on unknown is not the same as suspicious.
 *
 * Context: ss->lock.
 */
void mb_sessions_impair(struct mb_sessions *ss)
{
	lockdep_assert_held(&ss->lock);
	ss->impaired = true;
	ss->impaired_at = jiffies;
	mb_event_full(ss->mn);
}

/**
 * mb_sessions_full() - a session could not be learnt
 * @ss:	the table
 *
 * Context: ss->lock.
 */
void mb_sessions_full(struct mb_sessions *ss)
{
	mb_count(&ss->mn->stats, MPTCP_MB_COUNTER_SESSION_FULL);
	mb_sessions_impair(ss);
}

/* The longest idle, roughly: who was seen since he was last looked at goes to
 * the end of the queue.
 */
static struct mb_session *longest_idle(struct mb_sessions *ss)
{
	struct mb_session *s, *next;
	unsigned int n = 0;

	list_for_each_entry_safe(s, next, &ss->confirmed, age) {
		unsigned long seen = READ_ONCE(s->seen);

		if (++n > VICTIMS_MAX)
			break;
		if ((u32)seen == s->queued &&
		    s->state != MPTCP_MB_SESSION_STATE_CLOSING)
			return s;
		s->queued = seen;
		list_move_tail(&s->age, &ss->confirmed);
	}
	return list_first_entry_or_null(&ss->confirmed, struct mb_session, age);
}

/* Takes one away: what has ended, then what nobody confirmed, then what lives. */
static bool evict(struct mb_sessions *ss)
{
	struct mb_session *s;

	s = list_first_entry_or_null(&ss->ended, struct mb_session, age) ?:
	    list_first_entry_or_null(&ss->unconfirmed, struct mb_session, age) ?:
	    longest_idle(ss);
	if (!s)
		return false;
	if (may_live(s))
		mb_sessions_impair(ss);
	mb_session_end(ss, s, MPTCP_MB_HOW_EVICTED);
	mb_count(&ss->mn->stats, MPTCP_MB_COUNTER_SESSION_EVICTED);
	mb_session_remove(ss, s);
	return true;
}

/**
 * mb_sessions_room() - make room for one session
 * @ss:		the table
 * @max:	sessions that it may have
 *
 * Context: ss->lock.
 * Return: whether there is
 */
bool mb_sessions_room(struct mb_sessions *ss, u32 max)
{
	lockdep_assert_held(&ss->lock);
	while (ss->count >= max)
		if (!evict(ss))
			return false;
	return true;
}

/**
 * mb_sessions_bound() - let go of what is beyond a bound
 * @ss:		the table
 * @max:	sessions that it may have
 *
 * Context: process, may sleep.
 */
void mb_sessions_bound(struct mb_sessions *ss, u32 max)
{
	spin_lock_bh(&ss->lock);
	while (ss->count > max && evict(ss)) {
		if (need_resched()) {
			spin_unlock_bh(&ss->lock);
			cond_resched();
			spin_lock_bh(&ss->lock);
		}
	}
	spin_unlock_bh(&ss->lock);
}

/* Gives up the longest closed of a session's subflows that came of joins. */
static bool forget_closed(struct mb_sessions *ss, struct mb_session *s)
{
	struct mb_subflow *sub;

	list_for_each_entry(sub, &s->subflows, member) {
		if (sub->initial || sub->state != MPTCP_MB_SUBFLOW_STATE_CLOSED)
			continue;
		mb_subflow_remove(ss, sub);
		return true;
	}
	return false;
}

/* Of an address that is not the client's nobody would know that it is */
static bool concerns(struct mb_sessions *ss, const struct mb_tuple *tuple,
		     const struct mb_client *c)
{
	return client_find(ss, tuple->family, &tuple->addr[0]) == c ||
	       client_find(ss, tuple->family, &tuple->addr[1]) == c;
}

/**
 * mb_joins_room() - make room for one join, and the subflow that comes of it
 * @ss:		the table
 * @s:		into which it is; it is known who its client is
 * @tuple:	its connection
 * @max:	sessions that the table may have
 *
 * So many are left out that each session there may be has room for its first
 * subflow. For a join that finds no room there is grace, as for a session.
 *
 * Context: ss->lock.
 * Return: whether there is
 */
bool mb_joins_room(struct mb_sessions *ss, struct mb_session *s,
		   const struct mb_tuple *tuple, u32 max)
{
	u32 all = (MB_SUBFLOWS_MEAN - 1) * max;
	u32 own = (MB_SUBFLOWS_MEAN - 1) * share_of(max);
	struct mb_client *c = s->client;

	lockdep_assert_held(&ss->lock);
	while (s->n_subflows >= 2 * MB_SUBFLOWS_MAX || ss->n_joins >= all ||
	       c->n_joins >= own) {
		if (forget_closed(ss, s))
			continue;
		if (ss->n_joins >= all || !concerns(ss, tuple, c))
			mb_sessions_impair(ss);
		else
			client_impair(c);
		return false;
	}
	return true;
}

/**
 * mb_joins_count() - joins of a session come or go, or the subflows they became
 * @ss:	the table
 * @s:	the session; it is known who its client is
 * @n:	how many more, or less
 *
 * Context: ss->lock.
 */
void mb_joins_count(struct mb_sessions *ss, struct mb_session *s, int n)
{
	lockdep_assert_held(&ss->lock);
	ss->n_joins += n;
	s->client->n_joins += n;
}

static unsigned long grace_of(const struct mb_policy *p)
{
	return (unsigned long)p->set.orphan_grace * HZ;
}

/**
 * mb_sessions_impaired() - whether sessions live that there was no room for
 * @ss:	the table
 * @p:	the policy
 *
 * Context: any.
 */
bool mb_sessions_impaired(const struct mb_sessions *ss,
			  const struct mb_policy *p)
{
	return READ_ONCE(ss->impaired) &&
	       time_before(jiffies, READ_ONCE(ss->impaired_at) + grace_of(p));
}

/**
 * mb_sessions_grace() - how long orphans are still judged as joins
 * @ss:	the table
 * @p:	the policy
 *
 * Context: any.
 * Return: jiffies, 0: no longer
 */
unsigned long mb_sessions_grace(const struct mb_sessions *ss,
				const struct mb_policy *p)
{
	unsigned long now = jiffies, end, left = 0;

	end = READ_ONCE(ss->armed_at) + grace_of(p);
	if (time_before(now, end))
		left = end - now;
	if (READ_ONCE(ss->impaired)) {
		end = READ_ONCE(ss->impaired_at) + grace_of(p);
		if (time_before(now, end))
			left = max(left, end - now);
	}
	return left;
}

static bool client_impaired(struct mb_sessions *ss, const struct mb_policy *p,
			    u8 family, const struct in6_addr *addr)
{
	const struct mb_client *c = client_find(ss, family, addr);

	return c && READ_ONCE(c->impaired) &&
	       time_before(jiffies, READ_ONCE(c->impaired_at) + grace_of(p));
}

/**
 * mb_sessions_graced() - whether to be unknown may be for lack of room
 * @ss:		the table
 * @p:		the policy
 * @family:	AF_INET or AF_INET6
 * @a:		one end of a connection
 * @b:		the other; which of them is the client nobody knows
 *
 * Context: RCU read side.
 */
bool mb_sessions_graced(struct mb_sessions *ss, const struct mb_policy *p,
			u8 family, const struct in6_addr *a,
			const struct in6_addr *b)
{
	return mb_sessions_impaired(ss, p) ||
	       client_impaired(ss, p, family, a) ||
	       client_impaired(ss, p, family, b);
}
