// SPDX-License-Identifier: GPL-2.0
/* Pushes one segment many times through the FORWARD hooks of the caller's
 * namespace and says how far the CPU's counter went meanwhile. Under QEMU's
 * -icount shift=0 the counter advances by one an instruction, so that the
 * figure is the number of instructions, the same at every run.
 *
 *	/sys/kernel/debug/mb_bench/push
 *		write "DEVICE N SUMMED STEPS HEX": the IP packet HEX arrives N
 *		times at DEVICE, its checksum "none" or "unnecessary"
 *		(skb->ip_summed); with N 0 once, and nothing is counted. STEPS
 *		is "-", or what each packet has more than the one before: "ADD@OFF"
 *		for the big-endian word at byte OFF, several separated by commas;
 *		checksums stay as they are;
 *		read "COUNT N LEAST MOST VERDICT HEX": counter difference for all
 *		N, for the cheapest and the dearest batch of BATCH segments, the
 *		verdict on all of them, and the packet as the hooks left it
 *	/sys/kernel/debug/mb_bench/noop
 *		write 1: hooks that accept, as yardstick; 0: no more
 *
 * The figure includes the loop; the same segment without any hook tells how
 * much that is.
 */
#include <linux/debugfs.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/timex.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

/* <asm/unaligned.h> moved; this much of it is not worth a probe */
static void add_be32(u8 *p, u32 add)
{
	__be32 word;

	memcpy(&word, p, sizeof(word));
	be32_add_cpu(&word, add);
	memcpy(p, &word, sizeof(word));
}

/* Interrupts are off for one batch: long enough to drown the counter's own
 * cost, short enough for the timer.
 */
#define BATCH		100U
#define PUSH_MAX	1000000U

/* What hooks may write to: IPv4 or IPv6 and TCP header at their longest */
#define HEADER_MAX	128

#define STEPS_MAX	4

/**
 * struct step - how one segment differs from the one before
 * @off:	byte of the packet where a big-endian word begins
 * @add:	what the word grows by
 */
struct step {
	u32 off;
	u32 add;
};

/**
 * struct push - one order and its result
 * @skb:	the segment, as it is on its way from one device to another
 * @state:	for the hooks
 * @hooks:	of the namespace and family
 * @n:		how often, a multiple of BATCH
 * @count:	by how much the counter advanced, all batches
 * @least:	the same for the cheapest batch
 * @most:	and for the dearest
 * @accepted:	how many segments may go on
 * @dropped:	how many may not
 * @len:	bytes of the packet
 * @steps:	from each segment to the next
 * @n_steps:	how many are filled
 * @header:	the packet's begin, to restore what hooks change
 */
struct push {
	struct sk_buff *skb;
	struct nf_hook_state state;
	struct nf_hook_entries __rcu **hooks;
	u32 n;
	u64 count, least, most;
	u32 accepted, dropped;
	unsigned int len;
	struct step steps[STEPS_MAX];
	unsigned int n_steps;
	u8 header[HEADER_MAX];
};

static DEFINE_MUTEX(lock);	/* of all below */
static char *result;
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

/* What ip_forward() does at its hook. The second reference to the skb outlives
 * a drop. noinline: where a trace looks for the hooks' instructions.
 */
static noinline int push_one(struct push *p)
{
	const struct nf_hook_entries *hooks;
	int ret = 1;

	skb_get(p->skb);
	hooks = rcu_dereference(*p->hooks);
	if (hooks)
		ret = nf_hook_slow(p->skb, &p->state, hooks, 0);
	refcount_set(&p->skb->users, 1);
	return ret;
}

static void restore(struct push *p)
{
	memcpy(p->skb->data, p->header, HEADER_MAX);
}

static void step(struct push *p, u8 *header, u32 times)
{
	unsigned int i;

	for (i = 0; i < p->n_steps; i++)
		add_be32(header + p->steps[i].off, p->steps[i].add * times);
}

static void push_batch(struct push *p)
{
	unsigned long flags;
	u64 begin, count;
	u32 i, ok = 0;

	local_irq_save(flags);
	begin = get_cycles();
	for (i = 0; i < BATCH; i++) {
		restore(p);
		ok += push_one(p) == 1;
		step(p, p->header, 1);
	}
	count = get_cycles() - begin;
	local_irq_restore(flags);

	p->count += count;
	p->least = min(p->least, count);
	p->most = max(p->most, count);
	p->accepted += ok;
	p->dropped += BATCH - ok;
}

static int push_all(struct push *p)
{
	u32 i;

	if (!p->n) {
		p->accepted = push_one(p) == 1;
		p->dropped = !p->accepted;
		return 0;
	}
	/* the first time costs more: caches of all kinds, resets not yet limited */
	push_batch(p);
	p->count = 0;
	p->least = U64_MAX;
	p->most = 0;
	p->accepted = 0;
	p->dropped = 0;
	for (i = 0; i < p->n / BATCH; i++) {
		push_batch(p);
		/* What restore() could not undo */
		if (p->skb->len != p->len || skb_is_nonlinear(p->skb))
			return -EIO;
	}
	/* as if the last one had been the first */
	step(p, p->skb->data, -(p->n + BATCH - 1));
	return 0;
}

/* The route a router would have found; its device is where the packet goes. */
static struct dst_entry *route4(struct net *net, const struct iphdr *iph)
{
	struct flowi4 fl4 = { .daddr = iph->daddr };
	struct rtable *rt = ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

static struct dst_entry *route6(struct net *net, const struct ipv6hdr *ip6h)
{
	struct flowi6 fl6 = { .daddr = ip6h->daddr };
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);
	int err = dst->error;

	if (err) {
		dst_release(dst);
		return ERR_PTR(err);
	}
	return dst;
}

/* As the receive path leaves it: headers linear, found and pulled, routed. */
static int prepare(struct push *p, struct net *net, struct net_device *in)
{
	struct sk_buff *skb = p->skb;
	u8 version = skb->data[0] >> 4, pf = NFPROTO_IPV4;
	struct dst_entry *dst;

	skb_reset_network_header(skb);
	if (version == 4) {
		skb->protocol = htons(ETH_P_IP);
		skb_set_transport_header(skb, ip_hdr(skb)->ihl * 4);
		p->hooks = &net->nf.hooks_ipv4[NF_INET_FORWARD];
		dst = route4(net, ip_hdr(skb));
	} else if (version == 6) {
		pf = NFPROTO_IPV6;
		skb->protocol = htons(ETH_P_IPV6);
		skb_set_transport_header(skb, sizeof(struct ipv6hdr));
		IP6CB(skb)->iif = in->ifindex;
		p->hooks = &net->nf.hooks_ipv6[NF_INET_FORWARD];
		dst = route6(net, ipv6_hdr(skb));
	} else {
		return -EPROTONOSUPPORT;
	}
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	skb_dst_set(skb, dst);
	skb->dev = in;
	nf_hook_state_init(&p->state, NF_INET_FORWARD, pf, in, dst->dev, NULL,
			   net, NULL);
	memcpy(p->header, skb->data, HEADER_MAX);
	p->len = skb->len;
	return 0;
}

static char *describe(const struct push *p)
{
	const char *verdict = !p->dropped ? "accept" : !p->accepted ? "drop" : "both";
	char *hex, *text = NULL;

	hex = kzalloc(2 * p->skb->len + 1, GFP_KERNEL);
	if (hex) {
		bin2hex(hex, p->skb->data, p->skb->len);
		text = kasprintf(GFP_KERNEL, "%llu %u %llu %llu %s %s\n", p->count, p->n,
				 p->least, p->most, verdict, hex);
	}
	kfree(hex);
	return text;
}

static int push(struct push *p, struct net *net, const char *name)
{
	struct net_device *in;
	int err = -ENODEV;

	local_bh_disable();
	rcu_read_lock();
	in = dev_get_by_name_rcu(net, name);
	if (in)
		err = prepare(p, net, in);
	if (!err)
		err = push_all(p);
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

static int parse_steps(struct push *p, char *steps)
{
	struct step *step = p->steps;
	char *word;

	if (!strcmp(steps, "-"))
		return 0;
	while ((word = strsep(&steps, ","))) {
		if (p->n_steps == STEPS_MAX ||
		    sscanf(word, "%u@%u", &step->add, &step->off) != 2 ||
		    step->off > HEADER_MAX - sizeof(__be32))
			return -EINVAL;
		p->n_steps++;
		step++;
	}
	return 0;
}

/* DEVICE N SUMMED STEPS HEX, see above */
static int parse(struct push *p, char *order, char **name)
{
	char *number, *summed, *steps, *hex;
	size_t len;
	int err;

	*name = strsep(&order, " ");
	number = strsep(&order, " ");
	summed = strsep(&order, " ");
	steps = strsep(&order, " ");
	hex = strsep(&order, "\n");
	if (!hex)
		return -EINVAL;
	err = kstrtou32(number, 0, &p->n) ?: parse_steps(p, steps);
	if (err)
		return err;
	p->n = roundup(p->n, BATCH);
	len = strlen(hex) / 2;
	if (p->n > PUSH_MAX || len < sizeof(struct ipv6hdr))
		return -EINVAL;

	p->skb = alloc_skb(NET_SKB_PAD + ETH_HLEN + max_t(size_t, len, HEADER_MAX),
			   GFP_KERNEL);
	if (!p->skb)
		return -ENOMEM;
	skb_reserve(p->skb, NET_SKB_PAD + ETH_HLEN);
	if (!strcmp(summed, "unnecessary"))
		p->skb->ip_summed = CHECKSUM_UNNECESSARY;
	else if (strcmp(summed, "none"))
		return -EINVAL;
	return hex2bin(skb_put(p->skb, len), hex, len);
}

static ssize_t push_write(struct file *file, const char __user *from, size_t count,
			  loff_t *ppos)
{
	struct push *p = kzalloc(sizeof(*p), GFP_KERNEL);
	char *order = memdup_user_nul(from, min_t(size_t, count, PAGE_SIZE)), *name;
	int err;

	if (!p || IS_ERR(order)) {
		kfree(p);
		return -ENOMEM;
	}
	mutex_lock(&lock);
	kfree(result);
	result = NULL;
	err = parse(p, order, &name);
	if (!err)
		err = push(p, current->nsproxy->net_ns, name);
	if (!err) {
		result = describe(p);
		err = result ? 0 : -ENOMEM;
	}
	mutex_unlock(&lock);
	kfree_skb(p->skb);
	kfree(order);
	kfree(p);
	return err ? err : count;
}

static ssize_t push_read(struct file *file, char __user *to, size_t count,
			 loff_t *ppos)
{
	ssize_t ret = 0;

	mutex_lock(&lock);
	if (result)
		ret = simple_read_from_buffer(to, count, ppos, result, strlen(result));
	mutex_unlock(&lock);
	return ret;
}

static const struct file_operations push_fops = {
	.owner	= THIS_MODULE,
	.read	= push_read,
	.write	= push_write,
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
	debugfs_create_file("noop", 0200, dir, NULL, &noop_fops);
	return PTR_ERR_OR_ZERO(dir);
}

static void __exit bench_exit(void)
{
	debugfs_remove_recursive(dir);
	noop_stop();
	kfree(result);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Counts what netfilter hooks cost a segment");
