// SPDX-License-Identifier: GPL-2.0
/* Takes away what is over: sessions that were never confirmed, of which nothing
 * is seen, without a subflow, closed; pending joins; closed subflows.
 */
#include "netns.h"

#define INTERVAL	(HZ / 2)	/* between looks at a part of the table */
#define PART		4096		/* sessions */

static bool over(unsigned long since, unsigned long timeout)
{
	return time_after(jiffies, since + timeout);
}

static bool over32(u32 since, u32 timeout)
{
	return time_after32((u32)jiffies, since + timeout);
}

static void expire_subflows(struct mb_sessions *ss, struct mb_session *s)
{
	struct mb_subflow *sub, *next;

	list_for_each_entry_safe(sub, next, &s->subflows, member)
		if (sub->state == MPTCP_MB_SUBFLOW_STATE_CLOSED &&
		    over32(sub->ended, MB_LINGER))
			mb_subflow_remove(ss, sub);
}

static void time_out(struct mb_sessions *ss, struct mb_session *s)
{
	mb_count(&ss->mn->stats, MPTCP_MB_COUNTER_SESSION_TIMEOUT);
	mb_session_end(ss, s, MPTCP_MB_HOW_TIMEOUT);
}

static void expire_session(struct mb_sessions *ss, struct mb_session *s,
			   unsigned long timeout)
{
	switch (s->state) {
	case MPTCP_MB_SESSION_STATE_CLOSED:
		if (over32(s->since, MB_LINGER)) {
			mb_session_remove(ss, s);
			return;
		}
		break;
	case MPTCP_MB_SESSION_STATE_UNCONFIRMED:
		timeout = min_t(unsigned long, timeout, MB_UNCONFIRMED_TIMEOUT);
		if (over32(s->born, timeout))
			time_out(ss, s);
		break;
	case MPTCP_MB_SESSION_STATE_DETACHED:
		if (over32(s->since, MB_LINGER))
			mb_session_end(ss, s, s->last_how);
		break;
	case MPTCP_MB_SESSION_STATE_CLOSING:
		if ((s->flags & MPTCP_MB_SESSION_FLAG_KEYLESS) &&
		    over32(s->born, MB_LINGER))
			time_out(ss, s);
		break;
	default:
		if (over(READ_ONCE(s->seen), timeout))
			time_out(ss, s);
	}
	mb_joins_expire(ss, s);
	expire_subflows(ss, s);
}

static unsigned long timeout_of(struct mb_net *mn)
{
	const struct mb_policy *p;
	unsigned long timeout;

	rcu_read_lock();
	p = rcu_dereference(mn->policy);
	timeout = p ? (unsigned long)p->set.session_timeout * HZ : MB_LINGER;
	rcu_read_unlock();
	return timeout;
}

static void expire_work(struct work_struct *work)
{
	struct mb_sessions *ss = container_of(work, struct mb_sessions,
					      expire.work);
	unsigned long timeout = timeout_of(ss->mn);
	struct mb_session *s;
	unsigned int n = 0;

	spin_lock_bh(&ss->lock);
	while (n++ < PART && (s = mb_session_next(ss, &ss->cursor))) {
		expire_session(ss, s, timeout);
		if (need_resched()) {
			spin_unlock_bh(&ss->lock);
			cond_resched();
			spin_lock_bh(&ss->lock);
		}
	}
	if (n <= PART)
		ss->cursor = 0;
	if (ss->count && !ss->stopped)
		queue_delayed_work(mb_wq, &ss->expire, INTERVAL);
	spin_unlock_bh(&ss->lock);
}

/**
 * mb_expire_init() - make ready
 * @ss:	the table
 */
void mb_expire_init(struct mb_sessions *ss)
{
	INIT_DELAYED_WORK(&ss->expire, expire_work);
}

/**
 * mb_expire_kick() - there is something that will be over some time
 * @ss:	the table
 *
 * Context: ss->lock.
 */
void mb_expire_kick(struct mb_sessions *ss)
{
	if (!ss->stopped && !delayed_work_pending(&ss->expire))
		queue_delayed_work(mb_wq, &ss->expire, INTERVAL);
}
