// SPDX-License-Identifier: GPL-2.0
/* Events. Nothing here waits: what cannot be told at once is counted and left
 * out, and the next event that goes says how many were.
 */
#include <net/genetlink.h>

#include "netlink.h"
#include "netlink_attr.h"
#include "netlink_attr_session.h"
#include "netlink_gen.h"
#include "netns.h"

/* Bytes of attributes: room for a session with a subflow and some more. Message
 * and what an skb takes beside it are one kilobyte, of which a listener's buffer
 * holds many.
 */
#define EVENT_SIZE	680

/* The family has its multicast group: before and afterwards the number of the
 * group may be another family's.
 */
static bool sending;

/**
 * mb_events_init() - full buckets
 * @ev:	zeroed
 */
void mb_events_init(struct mb_events *ev)
{
	spin_lock_init(&ev->lock);
}

/**
 * mb_events_begin() - the family is registered
 */
void mb_events_begin(void)
{
	WRITE_ONCE(sending, true);
}

/**
 * mb_events_end() - the family is about to be unregistered
 *
 * Context: process, may sleep: waits for events under way.
 */
void mb_events_end(void)
{
	WRITE_ONCE(sending, false);
	synchronize_rcu();
}

/* Whether anybody may listen. Netlink has one answer for all namespaces, so
 * that a listener in another one makes it true: sending finds out.
 */
static bool wanted(struct mb_net *mn)
{
	if (READ_ONCE(sending) &&
	    genl_has_listeners(&mb_family, mn->net, MPTCP_MB_NLGRP_EVENTS))
		return true;
	/* who comes tomorrow has not lost what nobody wanted today */
	if (unlikely(READ_ONCE(mn->events.heard)))
		WRITE_ONCE(mn->events.heard, false);
	return false;
}

/* Whether one more event of a kind may go. @lost: how many could not, before. */
static bool take(struct mb_net *mn, enum mptcp_mb_event kind, u32 *lost)
{
	struct mb_events *ev = &mn->events;
	bool enough, missed;
	u64 now, full;

	spin_lock_bh(&ev->lock);
	if (!ev->heard)
		ev->lost = 0;
	now = ktime_get_ns();
	full = max(ev->full[kind], now) + NSEC_PER_SEC / MB_EVENT_RATE;
	enough = full - now <= NSEC_PER_SEC;
	missed = !enough && ev->heard;
	if (enough) {
		ev->full[kind] = full;
		*lost = ev->lost;
		ev->lost = 0;
	} else if (missed) {
		ev->lost++;
	}
	spin_unlock_bh(&ev->lock);
	if (missed)
		mb_count(&mn->stats, MPTCP_MB_COUNTER_EVENT_LOST);
	return enough;
}

/* What became of an event, which said that @lost were left out before it.
 * -ENOBUFS: a listener's buffer is full, and it wants us to know
 * (NETLINK_BROADCAST_ERROR). It learns itself how many it missed, but not what
 * this one would have said.
 */
static void settle(struct mb_net *mn, int err, u32 lost)
{
	struct mb_events *ev = &mn->events;
	bool heard = err != -ESRCH;

	if (!err && READ_ONCE(ev->heard))
		return;
	spin_lock_bh(&ev->lock);
	ev->heard = heard;
	if (err && heard)
		ev->lost += lost + (err != -ENOBUFS);
	spin_unlock_bh(&ev->lock);
	if (err && heard)
		mb_count(&mn->stats, MPTCP_MB_COUNTER_EVENT_LOST);
}

/**
 * struct message - an event on its way
 * @skb:	the message; NULL: there was no memory
 * @hdr:	for genlmsg_end()
 * @lost:	how many it says were left out
 */
struct message {
	struct sk_buff *skb;
	void *hdr;
	u32 lost;
};

/* False: nobody is to be told. Within the RCU read side: see mb_events_end(). */
static bool begin(struct mb_net *mn, enum mptcp_mb_event kind, struct message *m)
{
	if (!wanted(mn) || !take(mn, kind, &m->lost))
		return false;
	m->skb = genlmsg_new(EVENT_SIZE, GFP_ATOMIC);
	if (!m->skb) {
		settle(mn, -ENOMEM, m->lost);
		return false;
	}
	/* an empty message has room for these */
	m->hdr = genlmsg_put(m->skb, 0, 0, &mb_family, 0, MPTCP_MB_CMD_EVENT_NTF);
	nla_put_u8(m->skb, MPTCP_MB_A_EVENT, kind);
	mb_attr_put_u64(m->skb, MPTCP_MB_A_TIME, ktime_get_real_ns());
	if (m->lost)
		nla_put_u32(m->skb, MPTCP_MB_A_LOST, m->lost);
	return true;
}

static void send(struct mb_net *mn, struct message *m, int err)
{
	BUILD_BUG_ON(MB_ATTR_SESSION_MAX + MB_ATTR_SUBFLOW_MAX + 32 > EVENT_SIZE);
	if (err) {
		WARN_ON_ONCE(err == -EMSGSIZE);
		nlmsg_free(m->skb);
	} else {
		genlmsg_end(m->skb, m->hdr);
		err = genlmsg_multicast_netns(&mb_family, mn->net, m->skb, 0,
					      MPTCP_MB_NLGRP_EVENTS, GFP_ATOMIC);
	}
	settle(mn, err, m->lost);
}

/**
 * mb_event_session() - something happened to a session
 * @mn:		the namespace
 * @kind:	MPTCP_MB_EVENT_SESSION_..., or of one of its subflows
 * @s:		the session
 * @sub:	the subflow, or NULL; its lock must not be held
 *
 * Context: the table's lock held, so BH off; allocates atomically.
 */
void mb_event_session(struct mb_net *mn, enum mptcp_mb_event kind,
		      const struct mb_session *s, struct mb_subflow *sub)
{
	struct message m;
	int err;

	rcu_read_lock();
	if (begin(mn, kind, &m)) {
		err = mb_attr_put_session(m.skb, MPTCP_MB_A_SESSION, s,
					  rcu_dereference(mn->policy),
					  false);
		if (!err && sub)
			err = mb_attr_put_subflow(m.skb, MPTCP_MB_A_SUBFLOW, sub);
		send(mn, &m, err);
	}
	rcu_read_unlock();
}

/**
 * mb_event_refusal() - a segment was refused, or a join's HMAC is wrong
 * @mn:		the namespace
 * @kind:	MPTCP_MB_EVENT_SUBFLOW_REFUSED or MPTCP_MB_EVENT_BAD_HMAC
 * @r:		the segment
 *
 * Context: any but hard interrupts; allocates atomically.
 */
void mb_event_refusal(struct mb_net *mn, enum mptcp_mb_event kind,
		      const struct mb_refusal *r)
{
	struct message m;

	rcu_read_lock();
	if (begin(mn, kind, &m))
		send(mn, &m, mb_attr_put_refusal(m.skb, MPTCP_MB_A_REFUSAL, r));
	rcu_read_unlock();
}

/**
 * mb_event_full() - something that may live is not known, for lack of room
 * @mn:	the namespace
 *
 * Context: any but hard interrupts; allocates atomically.
 */
void mb_event_full(struct mb_net *mn)
{
	struct message m;

	rcu_read_lock();
	if (begin(mn, MPTCP_MB_EVENT_TABLE_FULL, &m))
		send(mn, &m, 0);
	rcu_read_unlock();
}

/**
 * mb_event_policy() - somebody changed the policy
 * @mn:	the namespace; who, and to which generation, is noted there
 *
 * Context: mn->lock held; allocates atomically.
 */
void mb_event_policy(struct mb_net *mn)
{
	struct message m;
	int err;

	lockdep_assert_held(&mn->lock);
	rcu_read_lock();
	if (begin(mn, MPTCP_MB_EVENT_POLICY_CHANGED, &m)) {
		err = nla_put_u32(m.skb, MPTCP_MB_A_PID, mn->changed_pid) ?:
		      nla_put_string(m.skb, MPTCP_MB_A_COMM, mn->changed_comm) ?:
		      nla_put_u32(m.skb, MPTCP_MB_A_GENERATION, mn->generation);
		send(mn, &m, err);
	}
	rcu_read_unlock();
}
