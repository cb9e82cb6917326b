// SPDX-License-Identifier: GPL-2.0
/* Tries to close sessions again until they are seen to have ended, or are given
 * up: at most once a second and eight times.
 */
#include <linux/slab.h>

#include "fastclose.h"
#include "netns.h"

#define INTERVAL	HZ		/* between two tries */
#define TRIES		8
#define PATIENCE	(60 * HZ)	/* with a reset-rate that is used up */

enum outcome {
	OUTCOME_OVER,		/* nothing is left to do */
	OUTCOME_AGAIN,		/* in a while */
	OUTCOME_STARVED,	/* reset-rate is used up, for others too */
};

static void give_up(struct mb_sessions *ss, struct mb_session *s)
{
	mb_subflow_attend(s, 0, MB_ATTENTION_CLOSING);
	mb_session_state(ss, s, s->close->before);
	if (!s->n_live)
		mb_subflow_none_left(ss, s, s->last_how);
}

/* One host has ended when all its subflows have; or when one has, and nothing
 * was heard of the others through two tries: their way may be broken.
 */
static bool host_over(const struct mb_close *c, unsigned int host)
{
	unsigned int i, ended = 0;

	for (i = 0; i < c->n; i++)
		ended += c->flow[i].host[host ^ c->flow[i].client].ended;
	return ended &&
	       (ended == c->n || c->tries >= c->alive[host] + 2);
}

static bool seen_over(struct mb_close *c)
{
	bool over;

	spin_lock_bh(&c->lock);
	over = host_over(c, MB_CLIENT) && host_over(c, MB_SERVER);
	spin_unlock_bh(&c->lock);
	return over;
}

/* The pointer may be old: to compare only. */
static struct mb_subflow *member(const struct mb_session *s,
				 const struct mb_subflow *which)
{
	struct mb_subflow *sub;

	list_for_each_entry(sub, &s->subflows, member)
		if (sub == which)
			return sub;
	return NULL;
}

/* What is to be done next: OUTCOME_AGAIN means a try on these subflows, in the
 * order of @c->flow, NULL where one has gone.
 */
static enum outcome decide(struct mb_sessions *ss, struct mb_session *s,
			   const struct mb_policy *policy,
			   struct mb_subflow **subs)
{
	struct mb_close *c = s->close;
	unsigned int i;

	lockdep_assert_held(&ss->lock);
	if (!policy || policy->set.mode != MPTCP_MB_MODE_ENFORCE) {
		give_up(ss, s);
		return OUTCOME_OVER;
	}
	if (seen_over(c) ||
	    (!c->n && time_after32((u32)jiffies, c->begun + MB_LINGER))) {
		mb_session_end(ss, s, MPTCP_MB_HOW_CLOSED);
		return OUTCOME_OVER;
	}
	if (c->tries >= TRIES ||
	    (c->n && time_after32((u32)jiffies, c->begun + PATIENCE))) {
		give_up(ss, s);
		return OUTCOME_OVER;
	}
	for (i = 0; i < c->n; i++)
		subs[i] = member(s, c->flow[i].sub);
	return OUTCOME_AGAIN;
}

/* Goes on where reset-rate ended the last one. */
static bool try(struct mb_net *mn, const struct mb_policy *policy,
		const struct mb_ct_finder *finder, struct mb_close *c,
		struct mb_subflow **subs)
{
	for (; c->next < c->n; c->next++)
		if (subs[c->next] &&
		    !mb_close_try(mn, policy, finder, c, &c->flow[c->next],
				  subs[c->next]))
			return false;
	c->next = 0;
	spin_lock_bh(&c->lock);
	c->tries += c->n > 0;
	spin_unlock_bh(&c->lock);
	return true;
}

static enum outcome attempt(struct mb_net *mn, u32 id,
			    const struct mb_ct_finder *finder)
{
	struct mb_subflow *subs[MB_SUBFLOWS_MAX];
	enum outcome outcome = OUTCOME_OVER;
	struct mb_sessions *ss = mn->sessions;
	const struct mb_policy *policy;
	struct mb_close *c = NULL;
	struct mb_session *s;

	rcu_read_lock();
	policy = rcu_dereference(mn->policy);
	spin_lock_bh(&ss->lock);
	s = mb_session_find(ss, id);
	if (s && s->state == MPTCP_MB_SESSION_STATE_CLOSING && s->close) {
		c = s->close;
		outcome = decide(ss, s, policy, subs);
	}
	spin_unlock_bh(&ss->lock);
	if (outcome == OUTCOME_AGAIN && !try(mn, policy, finder, c, subs))
		outcome = OUTCOME_STARVED;
	rcu_read_unlock();
	return outcome;
}

/* The first that is due is taken off the queue. */
static struct mb_closing *due(struct mb_sessions *ss)
{
	struct mb_closing *e;

	spin_lock_bh(&ss->lock);
	e = list_first_entry_or_null(&ss->close_queue, struct mb_closing, node);
	if (e && time_before(jiffies, e->due))
		e = NULL;
	if (e)
		list_del(&e->node);
	spin_unlock_bh(&ss->lock);
	return e;
}

/* One that found no resets left is the first to have another look. */
static void enqueue(struct mb_sessions *ss, struct mb_closing *e, bool first)
{
	e->due = jiffies + INTERVAL;
	spin_lock_bh(&ss->lock);
	if (first)
		list_add(&e->node, &ss->close_queue);
	else
		list_add_tail(&e->node, &ss->close_queue);
	spin_unlock_bh(&ss->lock);
}

static void wake(struct mb_sessions *ss)
{
	struct mb_closing *e;
	long wait;

	spin_lock_bh(&ss->lock);
	e = list_first_entry_or_null(&ss->close_queue, struct mb_closing, node);
	if (e && !ss->stopped) {
		wait = e->due - jiffies;
		queue_delayed_work(mb_wq, &ss->close, max(wait, 1L));
	}
	spin_unlock_bh(&ss->lock);
}

static void close_work(struct work_struct *work)
{
	struct mb_sessions *ss = container_of(work, struct mb_sessions,
					      close.work);
	struct mb_ct_finder finder;
	enum outcome outcome;
	struct mb_closing *e;

	mb_ct_finder_get(&finder);
	while ((e = due(ss))) {
		outcome = attempt(ss->mn, e->id, &finder);
		if (outcome == OUTCOME_OVER)
			kfree(e);
		else
			enqueue(ss, e, outcome == OUTCOME_STARVED);
		cond_resched();
	}
	mb_ct_finder_put(&finder);
	wake(ss);
}

/**
 * mb_close_first_try() - a session has come into state closing
 * @ss:	the table
 * @e:	for the queue, freed some time
 *
 * Context: process, no lock but mn->lock.
 */
void mb_close_first_try(struct mb_sessions *ss, struct mb_closing *e)
{
	struct mb_ct_finder finder;

	mb_ct_finder_get(&finder);
	attempt(ss->mn, e->id, &finder);
	mb_ct_finder_put(&finder);
	enqueue(ss, e, false);
	wake(ss);
}

/**
 * mb_close_init() - make ready
 * @ss:	the table
 */
void mb_close_init(struct mb_sessions *ss)
{
	INIT_LIST_HEAD(&ss->close_queue);
	INIT_DELAYED_WORK(&ss->close, close_work);
}

/**
 * mb_close_stop() - try no more
 * @ss:	the table, stopped
 *
 * Context: process, may sleep; nobody begins to close a session any more.
 */
void mb_close_stop(struct mb_sessions *ss)
{
	struct mb_closing *e, *next;

	cancel_delayed_work_sync(&ss->close);
	list_for_each_entry_safe(e, next, &ss->close_queue, node)
		kfree(e);
	INIT_LIST_HEAD(&ss->close_queue);
}

