// SPDX-License-Identifier: GPL-2.0
/* A transaction belongs to the socket that began it: what this socket states
 * goes to the candidate until it commits, aborts, or is closed. A number is not
 * enough to know it by: while a socket is being closed, another one of the same
 * process may have its number already. Nobody but its
 * owner sees the candidate, so it needs no RCU until it is the live policy.
 */
#include <net/genetlink.h>
#include <net/sock.h>

#include "netlink.h"
#include "netlink_attr.h"
#include "netlink_attr_session.h"
#include "netlink_gen.h"
#include "txn.h"

/**
 * mb_txn_candidate() - where a socket's statements go
 * @mn:		the namespace
 * @req:	the statement
 *
 * Context: mn->lock held.
 * Return: its candidate, or NULL: to the live policy
 */
struct mb_policy *mb_txn_candidate(const struct mb_net *mn,
				   const struct sk_buff *req)
{
	lockdep_assert_held(&mn->lock);
	return mn->txn.cand && mn->txn.sk == NETLINK_CB(req).sk ? mn->txn.cand :
								  NULL;
}

static void forget(struct mb_net *mn)
{
	mb_policy_free(mn->txn.cand);
	mn->txn.cand = NULL;
}

/**
 * mb_txn_flush_sites() - remove all entries from the candidate
 * @mn:		the namespace; it has one
 * @extack:	told why not
 *
 * Context: mn->lock held, may sleep.
 * Return: 0 or -ENOMEM
 */
int mb_txn_flush_sites(struct mb_net *mn, struct netlink_ext_ack *extack)
{
	struct mb_sites *sites = mb_sites_alloc();

	lockdep_assert_held(&mn->lock);
	if (!sites) {
		NL_SET_ERR_MSG(extack, "out of memory");
		return -ENOMEM;
	}
	mb_sites_free(mn->txn.cand->sites);
	mn->txn.cand->sites = sites;
	return 0;
}

int mptcp_mb_nl_txn_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct mb_policy *cand;
	int err;

	err = mb_netlink_may_change(info);
	if (err)
		return err;
	cand = mb_policy_alloc();
	if (!cand) {
		GENL_SET_ERR_MSG(info, "out of memory");
		return -ENOMEM;
	}
	mutex_lock(&mn->lock);
	if (mb_txn_candidate(mn, skb)) {
		GENL_SET_ERR_MSG(info,
				 "this socket has begun a transaction already: commit or abort it");
		err = -EBUSY;
	} else if (mn->txn.cand) {
		GENL_SET_ERR_MSG(info,
				 "another process has a transaction open: its pid is in the status");
		err = -EBUSY;
	} else {
		mn->txn.cand = cand;
		mn->txn.sk = NETLINK_CB(skb).sk;
		WRITE_ONCE(mn->txn.portid, info->snd_portid);
		mn->txn.pid = task_tgid_vnr(current);
	}
	mutex_unlock(&mn->lock);
	if (err)
		mb_policy_free(cand);
	return err;
}

/* How many live sessions a policy would refuse, of a million perhaps: whoever
 * waits for the lock is let in after a few.
 */
static u32 sessions_denied(struct mb_net *mn, const struct mb_policy *p)
{
	struct mb_sessions *ss = mn->sessions;
	struct mb_session *s = NULL;
	unsigned int left, n = 0;
	unsigned long id = 0;

	if (!ss)
		return 0;
	do {
		spin_lock_bh(&ss->lock);
		for (left = 64; left && (s = mb_session_next(ss, &id)); left--)
			n += mb_session_is_denied(p, s);
		spin_unlock_bh(&ss->lock);
		cond_resched();
	} while (s);
	return n;
}

static int put_changes(struct sk_buff *msg, const struct mb_changes *c,
		       u32 denied)
{
	return mb_attr_put_settings(msg, MPTCP_MB_A_SETTINGS, &c->after, 0) ?:
	       mb_attr_put_settings(msg, MPTCP_MB_A_SETTINGS_BEFORE, &c->before, 0) ?:
	       nla_put_u32(msg, MPTCP_MB_A_SITES_BEFORE, c->sites_before) ?:
	       nla_put_u32(msg, MPTCP_MB_A_SITES_AFTER, c->sites_after) ?:
	       nla_put_u32(msg, MPTCP_MB_A_SITES_ADDED, c->added) ?:
	       nla_put_u32(msg, MPTCP_MB_A_SITES_REMOVED, c->removed) ?:
	       nla_put_u32(msg, MPTCP_MB_A_SESSIONS_DENIED, denied);
}

/* What is told is made first: a commit that succeeded is not to fail for lack
 * of memory to say so.
 */
static int commit(struct mb_net *mn, const struct sk_buff *skb,
		  struct genl_info *info, struct sk_buff *msg)
{
	struct mb_policy *cand = mb_txn_candidate(mn, skb);
	struct mb_changes changes;
	int err;

	if (!cand) {
		GENL_SET_ERR_MSG(info, "this socket has no transaction: begin one");
		return -ENOENT;
	}
	mb_policy_compare(mn, cand, &changes);
	err = put_changes(msg, &changes, sessions_denied(mn, cand));
	if (err)
		return err;
	if (nla_get_flag(info->attrs[MPTCP_MB_A_DRY_RUN])) {
		forget(mn);
		return 0;
	}
	err = mb_policy_replace(mn, cand, info->extack);
	if (!err)
		mn->txn.cand = NULL;
	return err;
}

int mptcp_mb_nl_txn_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = mb_netlink_reply(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&mn->lock);
	err = commit(mn, skb, info, msg);
	mutex_unlock(&mn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	/* what is done is done, even if there is no room to tell the details */
	err = genlmsg_reply(msg, info);
	return nla_get_flag(info->attrs[MPTCP_MB_A_DRY_RUN]) ? err : 0;
}

int mptcp_mb_nl_txn_abort_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	int err = 0;

	mutex_lock(&mn->lock);
	if (mb_txn_candidate(mn, skb)) {
		forget(mn);
	} else {
		GENL_SET_ERR_MSG(info, "this socket has no transaction");
		err = -ENOENT;
	}
	mutex_unlock(&mn->lock);
	return err;
}

/* A socket that goes takes its transaction along: it is dead by now, and is freed
 * after this. One that has its number since lives.
 */
static int release(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct netlink_notify *n = ptr;
	struct mb_net *mn;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	mn = mb_net(n->net);
	/* Sockets of anybody close all the time; only one with this number could
	 * have made the portid what it is.
	 */
	if (READ_ONCE(mn->txn.portid) != n->portid)
		return NOTIFY_DONE;
	mutex_lock(&mn->lock);
	if (mn->txn.cand && mn->txn.portid == n->portid &&
	    sock_flag(mn->txn.sk, SOCK_DEAD))
		forget(mn);
	mutex_unlock(&mn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block release_nb = {
	.notifier_call	= release,
};

/**
 * mb_txn_init() - notice sockets that go
 *
 * Return: 0 or an error
 */
int mb_txn_init(void)
{
	return netlink_register_notifier(&release_nb);
}

/**
 * mb_txn_exit() - notice no more; open transactions end with their namespace
 */
void mb_txn_exit(void)
{
	netlink_unregister_notifier(&release_nb);
}
