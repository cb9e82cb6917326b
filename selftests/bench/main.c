// SPDX-License-Identifier: GPL-2.0
/* Pushes segments through the FORWARD hooks of the caller's namespace and says
 * how far the CPU's counter went meanwhile. Under QEMU's -icount shift=0 the
 * counter advances by one an instruction, so that the figure is the number of
 * instructions, the same at every run. User-Mode Linux has no counter: there
 * the figure is nanoseconds.
 *
 *	/sys/kernel/debug/mb_bench/
 *		push	one segment many times: push.c
 *		many	many segments, each its own: many.c
 *		beat	a segment now and then, and how late it was: beat.c
 *		noop	write 1: hooks that accept, as yardstick; 0: no more
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>

#include "bench.h"

static DEFINE_MUTEX(lock);	/* of noop_net */
static struct net *noop_net;
static struct dentry *dir;

static unsigned int noop(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops noop_ops[] = {
	{
		.hook		= noop,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= 25,
	}, {
		.hook		= noop,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= 25,
	},
};

static void noop_stop(void)
{
	if (!noop_net)
		return;
	nf_unregister_net_hooks(noop_net, noop_ops, ARRAY_SIZE(noop_ops));
	put_net(noop_net);
	noop_net = NULL;
}

static int noop_start(struct net *net)
{
	int err = nf_register_net_hooks(net, noop_ops, ARRAY_SIZE(noop_ops));

	if (!err)
		noop_net = get_net(net);
	return err;
}

static ssize_t noop_write(struct file *file, const char __user *from, size_t count,
			  loff_t *ppos)
{
	bool on;
	int err = kstrtobool_from_user(from, count, &on);

	if (err)
		return err;
	mutex_lock(&lock);
	noop_stop();
	if (on)
		err = noop_start(current->nsproxy->net_ns);
	mutex_unlock(&lock);
	return err ? err : count;
}

static const struct file_operations noop_fops = {
	.owner	= THIS_MODULE,
	.write	= noop_write,
};

static int __init bench_init(void)
{
	dir = debugfs_create_dir("mb_bench", NULL);
	debugfs_create_file("push", 0600, dir, NULL, &push_fops);
	debugfs_create_file("many", 0600, dir, NULL, &many_fops);
	debugfs_create_file("beat", 0600, dir, NULL, &beat_fops);
	debugfs_create_file("noop", 0200, dir, NULL, &noop_fops);
	return PTR_ERR_OR_ZERO(dir);
}

static void __exit bench_exit(void)
{
	debugfs_remove_recursive(dir);
	beat_exit();
	push_exit();
	noop_stop();
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Counts what netfilter hooks cost a segment");
