/* SPDX-License-Identifier: GPL-2.0 */
/* All that the module keeps for one network namespace. */
#ifndef MB_NETNS_H
#define MB_NETNS_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <net/netns/generic.h>

#include "event.h"
#include "policy.h"
#include "refused.h"
#include "reset.h"
#include "session.h"
#include "stats.h"

#define MB_NF_HOOKS	6	/* FORWARD, LOCAL_IN, LOCAL_OUT; v4 and v6 */

/**
 * struct mb_txn - a candidate policy that one socket builds
 * @cand:	NULL: there is none
 * @sk:	the netlink socket that began it; there is one while there is @cand
 * @portid:	its number
 * @pid:	of the process, for people to read
 */
struct mb_txn {
	struct mb_policy *cand;
	const struct sock *sk;
	u32 portid;
	u32 pid;
};

/**
 * struct mb_net - one network namespace
 * @stats:		counters; segments count here first of all
 * @policy:		NULL: not armed
 * @quick:		the table of subflows, or NULL: their data needs more than to
 *			be counted
 * @sessions:		NULL until it was armed for the first time
 * @refused:		likewise
 * @changed:		jiffies of the last change of policy; no lock
 * @resets:		how many may still be sent
 * @events:		how many may still be told
 * @lock:		of everything below, and of who sets @policy
 * @net:		the namespace
 * @ops:		netfilter's descriptions of our hooks
 * @hooks:		enum mptcp_mb_hook: which of them are registered
 * @generation:		changes with every change of policy
 * @changed_at:		ktime_get_real_seconds() of the last change by somebody
 * @changed_pid:	who that was
 * @changed_comm:	name of the program
 * @txn:		the open transaction
 * @retired:		policy that waits for its last reader
 * @retire:		frees it
 * @expire:		takes away sites whose time is over
 */
struct mb_net {
	struct mb_stats stats;
	struct mb_policy __rcu *policy;
	struct mb_map *quick;
	struct mb_sessions *sessions;
	struct mb_refused *refused;
	unsigned long changed;
	struct mb_bucket resets;
	struct mb_events events;

	struct mutex lock; /* everything below */
	struct net *net;
	struct nf_hook_ops ops[MB_NF_HOOKS];
	u32 hooks;
	u32 generation;
	time64_t changed_at;
	u32 changed_pid;
	char changed_comm[TASK_COMM_LEN];
	struct mb_txn txn;
	struct mb_policy *retired;
	struct rcu_work retire;
	struct delayed_work expire;
};

extern unsigned int mb_net_id;
extern struct workqueue_struct *mb_wq;

/**
 * mb_net() - what the module keeps for a namespace
 * @net:	the namespace, alive
 *
 * Return: never NULL
 */
static inline struct mb_net *mb_net(const struct net *net)
{
	return net_generic(net, mb_net_id);
}

#endif
