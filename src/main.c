// SPDX-License-Identifier: GPL-2.0
/* Comes and goes: the module, and what it keeps for each network namespace. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <net/net_namespace.h>

#include "netlink.h"
#include "netns.h"

unsigned int mb_net_id __ro_after_init;
struct workqueue_struct *mb_wq;

static int __net_init net_init(struct net *net)
{
	struct mb_net *mn = mb_net(net);

	mn->net = net;
	mutex_init(&mn->lock);
	mb_bucket_init(&mn->resets);
	mb_events_init(&mn->events);
	mb_policy_init_net(mn);
	return 0;
}

/* Make dead: no hook, no work. The core then waits for a grace period, so that
 * no segment is under way when net_exit() frees what they read.
 */
static void __net_exit net_pre_exit(struct net *net)
{
	mb_policy_stop_net(mb_net(net));
}

static void __net_exit net_exit(struct net *net)
{
	mb_policy_exit_net(mb_net(net));
}

static struct pernet_operations net_ops = {
	.init		= net_init,
	.pre_exit	= net_pre_exit,
	.exit		= net_exit,
	.id		= &mb_net_id,
	.size		= sizeof(struct mb_net),
};

static int __init mb_init(void)
{
	int err;

	get_random_bytes(mb_tuple_keys, sizeof(mb_tuple_keys));
	mb_wq = alloc_workqueue("mptcp_mb", WQ_UNBOUND, 0);
	if (!mb_wq)
		return -ENOMEM;
	err = mb_session_init();
	if (err)
		goto free_wq;
	err = mb_subflow_init();
	if (err)
		goto session_exit;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto subflow_exit;
	err = mb_netlink_init();
	if (err)
		goto unregister_net;
	return 0;

unregister_net:
	unregister_pernet_subsys(&net_ops);
subflow_exit:
	mb_subflow_exit();
session_exit:
	mb_session_exit();
free_wq:
	destroy_workqueue(mb_wq);
	return err;
}

/* First nobody can ask for anything, then the namespaces let go of their hooks
 * and wait for segments under way, then what RCU still has to free is freed.
 */
static void __exit mb_exit(void)
{
	mb_netlink_exit();
	unregister_pernet_subsys(&net_ops);
	rcu_barrier();
	mb_subflow_exit();
	mb_session_exit();
	destroy_workqueue(mb_wq);
}

module_init(mb_init);
module_exit(mb_exit);
MODULE_DESCRIPTION("What Multipath TCP may do through this gateway");
MODULE_LICENSE("GPL");
MODULE_VERSION(MB_VERSION);
MODULE_ALIAS_GENL_FAMILY(MPTCP_MB_GENL_NAME);
