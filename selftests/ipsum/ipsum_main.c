// SPDX-License-Identifier: GPL-2.0
/* Hooks around those of mptcp_mb.ko, in all namespaces, and their control:
 *
 *	/sys/kernel/debug/mb_ipsum/control
 *		write "early WORD", in the namespace that it is for: TCP segments and
 *		fragments arrive with this ip_summed, before defragmentation
 *		(none, unnecessary, complete, partial; as-is: as they come);
 *		"late WORD": they come with it to FORWARD and LOCAL_IN;
 *		"clone 1" or "clone 0": somebody else has their data then;
 *		"gateway 1": what passes is judged; "far 1": what arrives is;
 *		"reset all": all counts begin anew. A line may have several of these.
 *	/sys/kernel/debug/mb_ipsum/counts
 *		read: a line of KEY=VALUE for each kind of segment that was seen
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/nsproxy.h>
#include <linux/seq_file.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netns/generic.h>

#include "ipsum.h"

/* What is wanted in a namespace; the first two as of ipsum_wanted() */
struct ipsum_net {
	int early, late;
	bool clone, gateway, far, defrag;
};

static unsigned int net_id __read_mostly;
static struct dentry *dir;

static struct ipsum_net *of(const struct nf_hook_state *state)
{
	return net_generic(state->net, net_id);
}

static unsigned int arrive(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	ipsum_feed(skb, state->pf, READ_ONCE(of(state)->early));
	return NF_ACCEPT;
}

/* Behind defragmentation */
static unsigned int far(void *priv, struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	if (READ_ONCE(of(state)->far))
		ipsum_judge(skb, state->pf, PLACE_FAR);
	return NF_ACCEPT;
}

static unsigned int comes(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct ipsum_net *in = of(state);

	if (!READ_ONCE(in->gateway))
		return NF_ACCEPT;
	/* what the host itself sends is as it is */
	if (state->hook != NF_INET_LOCAL_OUT)
		ipsum_feed(skb, state->pf, READ_ONCE(in->late));
	ipsum_remember(skb, state->pf, READ_ONCE(in->clone));
	return NF_ACCEPT;
}

static unsigned int passed(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	if (READ_ONCE(of(state)->gateway))
		ipsum_compare(skb, state->pf,
			      state->hook == NF_INET_FORWARD ? PLACE_FORWARD :
			      state->hook == NF_INET_LOCAL_IN ? PLACE_IN : PLACE_OUT);
	return NF_ACCEPT;
}

static unsigned int post(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	if (!READ_ONCE(of(state)->gateway))
		return NF_ACCEPT;
	ipsum_judge(skb, state->pf, PLACE_POST);
	/* as ip_forward() does: no device is to get it */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	return NF_ACCEPT;
}

/* mptcp_mb.ko is in FORWARD at 25, in LOCAL_IN at -150, in LOCAL_OUT at -99. */
static const struct nf_hook_ops ops[] = {
	{ .hook = arrive, .pf = NFPROTO_INET, .hooknum = NF_INET_PRE_ROUTING,
	  .priority = NF_IP_PRI_RAW_BEFORE_DEFRAG - 10 },
	{ .hook = far, .pf = NFPROTO_INET, .hooknum = NF_INET_PRE_ROUTING,
	  .priority = NF_IP_PRI_CONNTRACK_DEFRAG + 50 },
	{ .hook = comes, .pf = NFPROTO_INET, .hooknum = NF_INET_FORWARD,
	  .priority = 24 },
	{ .hook = passed, .pf = NFPROTO_INET, .hooknum = NF_INET_FORWARD,
	  .priority = 26 },
	{ .hook = comes, .pf = NFPROTO_INET, .hooknum = NF_INET_LOCAL_IN,
	  .priority = -151 },
	{ .hook = passed, .pf = NFPROTO_INET, .hooknum = NF_INET_LOCAL_IN,
	  .priority = -149 },
	{ .hook = comes, .pf = NFPROTO_INET, .hooknum = NF_INET_LOCAL_OUT,
	  .priority = -100 },
	{ .hook = passed, .pf = NFPROTO_INET, .hooknum = NF_INET_LOCAL_OUT,
	  .priority = -98 },
	{ .hook = post, .pf = NFPROTO_INET, .hooknum = NF_INET_POST_ROUTING,
	  .priority = INT_MAX },
};

/* Fragments are judged whole. */
static int defragment(struct net *net, struct ipsum_net *in)
{
	int ret;

	if (in->defrag)
		return 0;
	ret = nf_defrag_ipv4_enable(net);
	if (ret)
		return ret;
	ret = nf_defrag_ipv6_enable(net);
	if (ret)
		nf_defrag_ipv4_disable(net);
	else
		in->defrag = true;
	return ret;
}

static int obey(struct net *net, const char *what, const char *how)
{
	struct ipsum_net *in = net_generic(net, net_id);
	bool on = !strcmp(how, "1");

	if (!strcmp(what, "early"))
		WRITE_ONCE(in->early, ipsum_wanted(how));
	else if (!strcmp(what, "late"))
		WRITE_ONCE(in->late, ipsum_wanted(how));
	else if (!strcmp(what, "clone"))
		WRITE_ONCE(in->clone, on);
	else if (!strcmp(what, "gateway"))
		WRITE_ONCE(in->gateway, on);
	else if (!strcmp(what, "far"))
		WRITE_ONCE(in->far, on);
	else if (!strcmp(what, "reset"))
		memset(ipsum_counts, 0, sizeof(ipsum_counts));
	else
		return -EINVAL;
	if (in->far)
		return defragment(net, in);
	ipsum_forget();
	return 0;
}

static int obey_all(struct net *net, char *line)
{
	char *what, *how;
	int ret = 0;

	line = strim(line);
	while (!ret && line && *line) {
		what = strsep(&line, " ");
		how = strsep(&line, " ");
		ret = how ? obey(net, what, how) : -EINVAL;
	}
	return ret;
}

static ssize_t control_write(struct file *file, const char __user *from,
			     size_t len, loff_t *pos)
{
	char line[128];
	int ret;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, len))
		return -EFAULT;
	line[len] = 0;
	ret = obey_all(current->nsproxy->net_ns, line);
	return ret ?: len;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = control_write,
};

static int counts_show(struct seq_file *m, void *v)
{
	static const char * const places[] = {
		"forward", "in", "out", "post", "cut", "far",
	};
	static const char * const kinds[] = {
		"same", "syn", "synack", "hmac", "v0", "mixed", "rst", "fastclose",
	};
	static const char * const summed[] = {
		[CHECKSUM_NONE] = "none", [CHECKSUM_PARTIAL] = "partial",
		[CHECKSUM_COMPLETE] = "complete",
		[CHECKSUM_UNNECESSARY] = "unnecessary",
	};
	struct ipsum_count *c = &ipsum_counts[0][0][0][0][0];
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(places) != PLACES || ARRAY_SIZE(kinds) != KINDS);
	for (i = 0; i < PLACES * KINDS * 16; i++, c++)
		if (atomic_read(&c->seen))
			seq_printf(m, "place=%s kind=%s family=%d summed=%s gso=%d seen=%d odd=%d cloned=%d frag=%d bad=%d wrong=%d\n",
				   places[i / 16 / KINDS], kinds[i / 16 % KINDS],
				   i / 8 % 2 ? 6 : 4, summed[i / 2 % 4], i % 2,
				   atomic_read(&c->seen), atomic_read(&c->odd),
				   atomic_read(&c->cloned), atomic_read(&c->frag),
				   atomic_read(&c->bad), atomic_read(&c->wrong));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counts);

static int __net_init ipsum_net_init(struct net *net)
{
	struct ipsum_net *in = net_generic(net, net_id);

	in->early = -1;
	in->late = -1;
	return nf_register_net_hooks(net, ops, ARRAY_SIZE(ops));
}

static void __net_exit ipsum_net_exit(struct net *net)
{
	struct ipsum_net *in = net_generic(net, net_id);

	nf_unregister_net_hooks(net, ops, ARRAY_SIZE(ops));
	if (!in->defrag)
		return;
	nf_defrag_ipv4_disable(net);
	nf_defrag_ipv6_disable(net);
}

static struct pernet_operations ipsum_net_ops = {
	.init = ipsum_net_init,
	.exit = ipsum_net_exit,
	.id = &net_id,
	.size = sizeof(struct ipsum_net),
};

static int __init ipsum_init(void)
{
	int ret = register_pernet_subsys(&ipsum_net_ops);

	if (ret)
		return ret;
	dir = debugfs_create_dir("mb_ipsum", NULL);
	debugfs_create_file("control", 0200, dir, NULL, &control_fops);
	debugfs_create_file("counts", 0400, dir, NULL, &counts_fops);
	return 0;
}

static void __exit ipsum_exit(void)
{
	debugfs_remove(dir);
	unregister_pernet_subsys(&ipsum_net_ops);
	ipsum_forget();
}

module_init(ipsum_init);
module_exit(ipsum_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Judges the checksums of segments that mptcp_mb rewrote");
