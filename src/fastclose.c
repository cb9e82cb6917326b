// SPDX-License-Identifier: GPL-2.0
/* Closes sessions: when a close may begin, that it is tried again, that it is
 * given up. What is sent is in fastclose_segment.c.
 *
 * A session that is being closed is in state closing, and all its subflows need
 * attention: no segment of theirs gets any further. From then on it does not
 * matter which host hears of the close first.
 */
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "compat.h"
#include "fastclose.h"
#include "netns.h"

#define INTERVAL	HZ		/* between two tries */
#define TRIES		8
#define PATIENCE	(60 * HZ)	/* with a reset-rate that is used up */

/**
 * struct closing - a session that is to be tried again
 * @node:	in the table's queue, the one that is due first is first
 * @id:		of the session, which may have gone or ended meanwhile
 * @due:	jiffies
 */
struct closing {
	struct list_head node;
	u32 id;
	unsigned long due;
};

enum outcome {
	OUTCOME_OVER,		/* nothing is left to do */
	OUTCOME_AGAIN,		/* in a while */
	OUTCOME_STARVED,	/* reset-rate is used up, for others too */
};

/* The policy in force, if it lets anything be closed */
static const struct mb_policy *enforcing(struct mb_net *mn,
					 struct netlink_ext_ack *extack)
{
	const struct mb_policy *p = mb_policy_live(mn);

	if (!p || !mn->sessions)
		NL_SET_ERR_MSG(extack,
			       "not armed: no session is known; set a policy first");
	else if (p->set.mode == MPTCP_MB_MODE_OBSERVE)
		NL_SET_ERR_MSG(extack,
			       "mode observe touches nothing: set mode enforce first");
	else if (p->set.mode != MPTCP_MB_MODE_ENFORCE)
		NL_SET_ERR_MSG(extack,
			       "mode bypass sees nothing: set mode enforce first");
	else if (!p->set.reset_rate)
		NL_SET_ERR_MSG(extack,
			       "reset-rate is 0: nothing can be reset or closed; raise it first");
	else
		return p;
	return NULL;
}

static int closable(const struct mb_session *s, struct netlink_ext_ack *extack)
{
	if (!s) {
		NL_SET_ERR_MSG(extack,
			       "no such session: it has ended, and was forgotten after a minute, or never was");
		return -ENOENT;
	}
	if (s->state == MPTCP_MB_SESSION_STATE_CLOSED) {
		NL_SET_ERR_MSG(extack, "the session has ended already");
		return -ENOENT;
	}
	if (s->state == MPTCP_MB_SESSION_STATE_CLOSING) {
		NL_SET_ERR_MSG(extack, "it is being closed already");
		return -EALREADY;
	}
	if (!(s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN) &&
	    s->fallback == MPTCP_MB_FALLBACK_SIGN_NONE) {
		NL_SET_ERR_MSG(extack,
			       "its keys are not proven, the server has acknowledged no data yet: wait until it is confirmed");
		return -EOPNOTSUPP;
	}
	return 0;
}

static void fill(struct mb_close *c, struct mb_session *s)
{
	struct mb_subflow *sub;
	unsigned int side;

	list_for_each_entry(sub, &s->subflows, member) {
		struct mb_close_flow *f = &c->flow[c->n];

		if (sub->state != MPTCP_MB_SUBFLOW_STATE_LIVE)
			continue;
		if (WARN_ON_ONCE(c->n == s->n_live))
			break;
		f->sub = sub;
		f->client = sub->client;
		spin_lock_bh(&sub->lock);
		for (side = 0; side < 2; side++) {
			f->host[side].end = sub->dir[side].end;
			f->host[side].ack = sub->dir[side].ack;
			f->host[side].tsval = sub->dir[side].tsval;
		}
		spin_unlock_bh(&sub->lock);
		c->n++;
	}
}

/* From now on no segment of the session gets through. */
static int begin(struct mb_sessions *ss, struct mb_session *s,
		 struct netlink_ext_ack *extack)
{
	struct mb_close *old = s->close, *c;

	lockdep_assert_held(&ss->lock);
	c = kzalloc(struct_size(c, flow, s->n_live), GFP_ATOMIC | __GFP_NOWARN);
	if (!c) {
		NL_SET_ERR_MSG(extack, "out of memory");
		return -ENOMEM;
	}
	spin_lock_init(&c->lock);
	c->before = s->state;
	c->begun = jiffies;
	fill(c, s);
	smp_store_release(&s->close, c); /* mb_close_segment() */
	if (old)
		kfree_rcu(old, rcu);
	mb_session_state(ss, s, MPTCP_MB_SESSION_STATE_CLOSING);
	mb_subflow_attend(s, MB_ATTENTION_CLOSING, 0);
	return 0;
}

static void give_up(struct mb_sessions *ss, struct mb_session *s)
{
	mb_subflow_attend(s, 0, MB_ATTENTION_CLOSING);
	mb_session_state(ss, s, s->close->before);
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
	    (!c->n && time_after(jiffies, c->begun + MB_LINGER))) {
		mb_session_end(ss, s, MPTCP_MB_HOW_CLOSED);
		return OUTCOME_OVER;
	}
	if (c->tries >= TRIES ||
	    (c->n && time_after(jiffies, c->begun + PATIENCE))) {
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
static struct closing *due(struct mb_sessions *ss)
{
	struct closing *e;

	spin_lock_bh(&ss->lock);
	e = list_first_entry_or_null(&ss->close_queue, struct closing, node);
	if (e && time_before(jiffies, e->due))
		e = NULL;
	if (e)
		list_del(&e->node);
	spin_unlock_bh(&ss->lock);
	return e;
}

/* One that found no resets left is the first to have another look. */
static void enqueue(struct mb_sessions *ss, struct closing *e, bool first)
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
	struct closing *e;
	long wait;

	spin_lock_bh(&ss->lock);
	e = list_first_entry_or_null(&ss->close_queue, struct closing, node);
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
	struct closing *e;

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

/* As other changes of what netfilter does; where audit is on. */
static void audit(const char *op, u32 id)
{
	struct audit_buffer *ab;

	if (!audit_enabled)
		return;
	ab = audit_log_start(audit_context(), GFP_KERNEL, AUDIT_NETFILTER_CFG);
	if (!ab)
		return;
	audit_log_format(ab, "op=%s id=%u", op, id);
	audit_log_task_info(ab);
	audit_log_end(ab);
}

/**
 * mb_close_begin() - begin to close a session
 * @mn:		the namespace
 * @id:		of the session
 * @extack:	told why not
 *
 * The first try is made at once. Then the session is in state closing until it
 * is seen to have ended, or is given up.
 *
 * Context: process, mn->lock, may sleep.
 * Return: 0 or an error
 */
int mb_close_begin(struct mb_net *mn, u32 id, struct netlink_ext_ack *extack)
{
	struct mb_sessions *ss = mn->sessions;
	struct mb_ct_finder finder;
	struct mb_session *s;
	struct closing *e;
	int err;

	if (!enforcing(mn, extack))
		return -EPERM;
	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e) {
		NL_SET_ERR_MSG(extack, "out of memory");
		return -ENOMEM;
	}
	e->id = id;
	spin_lock_bh(&ss->lock);
	s = mb_session_find(ss, id);
	err = closable(s, extack) ?: begin(ss, s, extack);
	spin_unlock_bh(&ss->lock);
	if (err) {
		kfree(e);
		return err;
	}
	mb_ct_finder_get(&finder);
	attempt(mn, id, &finder);
	mb_ct_finder_put(&finder);
	enqueue(ss, e, false);
	wake(ss);
	audit("session_close", id);
	return 0;
}

/* Why a connection is not reset: it is known, and belongs to a session. */
static int taken(const struct mb_subflow *sub, struct netlink_ext_ack *extack)
{
	const struct mb_session *s = sub->session;

	if (s->state == MPTCP_MB_SESSION_STATE_CLOSING) {
		NL_SET_ERR_MSG(extack, "it is being closed already");
		return -EALREADY;
	}
	if (sub->state == MPTCP_MB_SUBFLOW_STATE_CLOSED)
		NL_SET_ERR_MSG(extack, "it has ended less than a minute ago");
	else
		MB_SET_ERR_MSG(extack,
			       "it belongs to a session: close that",
			       "it belongs to session %u: close that", s->id);
	return -EEXIST;
}

/**
 * mb_reset_begin() - have a connection reset of which no session is known
 * @mn:		the namespace
 * @tuple:	the connection
 * @id:		out: of a session that stands for it
 * @extack:	told why not
 *
 * Its numbers are not known: the next segment that passes is answered.
 *
 * Context: process, mn->lock, may sleep.
 * Return: 0 or an error
 */
int mb_reset_begin(struct mb_net *mn, const struct mb_tuple *tuple, u32 *id,
		   struct netlink_ext_ack *extack)
{
	struct mb_sessions *ss = mn->sessions;
	struct mb_subflow *sub;
	struct mb_session *s;
	int err = 0;

	if (!enforcing(mn, extack))
		return -EPERM;
	rcu_read_lock();
	spin_lock_bh(&ss->lock);
	sub = mb_subflow_find(ss, tuple);
	if (sub) {
		err = taken(sub, extack);
	} else {
		s = mb_session_keyless(ss, tuple, extack);
		if (IS_ERR(s))
			err = PTR_ERR(s);
		else
			*id = s->id;
	}
	spin_unlock_bh(&ss->lock);
	rcu_read_unlock();
	if (!err)
		audit("session_reset", *id);
	return err;
}

/**
 * mb_close_end() - both hosts were seen to have ended
 * @ss:	the table
 * @s:	a session that is, or was, being closed
 *
 * Context: RCU read side, no lock of ours.
 */
void mb_close_end(struct mb_sessions *ss, struct mb_session *s)
{
	spin_lock_bh(&ss->lock);
	if (s->state == MPTCP_MB_SESSION_STATE_CLOSING &&
	    mb_session_find(ss, s->id) == s)
		mb_session_end(ss, s, MPTCP_MB_HOW_CLOSED);
	spin_unlock_bh(&ss->lock);
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
	struct closing *e, *next;

	cancel_delayed_work_sync(&ss->close);
	list_for_each_entry_safe(e, next, &ss->close_queue, node)
		kfree(e);
	INIT_LIST_HEAD(&ss->close_queue);
}

/**
 * mb_close_free() - free what closing needed
 * @s:	a session without readers
 */
void mb_close_free(struct mb_session *s)
{
	kfree(s->close);
}
