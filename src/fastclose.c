// SPDX-License-Identifier: GPL-2.0
/* Closes sessions: when a close may begin, how it begins and ends. What is sent
 * is in fastclose_try.c, how often in fastclose_queue.c.
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
	if (!(s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN)) {
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
	c->begun = s->state == MPTCP_MB_SESSION_STATE_DETACHED ? s->since :
								 (u32)jiffies;
	fill(c, s);
	smp_store_release(&s->close, c); /* mb_close_segment() */
	if (old)
		kfree_rcu(old, rcu);
	mb_session_state(ss, s, MPTCP_MB_SESSION_STATE_CLOSING);
	mb_subflow_attend(s, MB_ATTENTION_CLOSING, 0);
	return 0;
}

/**
 * struct record - what audit is told
 * @op:		operation
 * @id:		of the session
 * @site:	its server and client
 * @port:	the client's, network byte order
 */
struct record {
	const char *op;
	u32 id;
	struct mb_site_query site;
	__be16 port;
};

static void fill_record(struct record *r, const struct mb_session *s)
{
	r->id = s->id;
	r->site = s->site;
	r->port = s->client_port;
}

/* As other changes of what netfilter does; where audit is on. */
static void audit(const struct record *r)
{
	bool v4 = r->site.family == AF_INET;
	struct audit_buffer *ab;

	if (!audit_enabled)
		return;
	ab = audit_log_start(audit_context(), GFP_KERNEL, AUDIT_NETFILTER_CFG);
	if (!ab)
		return;
	audit_log_format(ab, v4 ? "op=%s id=%u saddr=%pI4 sport=%u daddr=%pI4 dport=%u" :
				  "op=%s id=%u saddr=%pI6c sport=%u daddr=%pI6c dport=%u",
			 r->op, r->id, &r->site.client, ntohs(r->port),
			 &r->site.server, r->site.port);
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
	struct record r = { .op = "session_close" };
	struct mb_sessions *ss = mn->sessions;
	struct mb_session *s;
	struct mb_closing *e;
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
	if (!err)
		fill_record(&r, s);
	spin_unlock_bh(&ss->lock);
	if (err) {
		kfree(e);
		return err;
	}
	mb_close_first_try(ss, e);
	audit(&r);
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
	const struct mb_policy *policy = enforcing(mn, extack);
	struct record r = { .op = "session_reset" };
	struct mb_sessions *ss = mn->sessions;
	struct mb_subflow *sub;
	struct mb_session *s;
	int err = 0;

	if (!policy)
		return -EPERM;
	rcu_read_lock();
	spin_lock_bh(&ss->lock);
	sub = mb_subflow_find(ss, tuple);
	if (sub) {
		err = taken(sub, extack);
	} else {
		s = mb_session_keyless(ss, policy->set.max_sessions, tuple,
				       extack);
		if (IS_ERR(s))
			err = PTR_ERR(s);
		else
			fill_record(&r, s);
	}
	spin_unlock_bh(&ss->lock);
	rcu_read_unlock();
	if (err)
		return err;
	*id = r.id;
	audit(&r);
	return 0;
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
 * mb_close_free() - free what closing needed
 * @s:	a session without readers
 */
void mb_close_free(struct mb_session *s)
{
	kfree(s->close);
}
