// SPDX-License-Identifier: GPL-2.0
/* One segment many times.
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
 *
 * The figure includes the loop; the same segment without any hook tells how
 * much that is.
 */
#include <linux/debugfs.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>

#include "bench.h"

/* <asm/unaligned.h> moved; this much of it is not worth a probe */
static void add_be32(u8 *p, u32 add)
{
	__be32 word;

	memcpy(&word, p, sizeof(word));
	be32_add_cpu(&word, add);
	memcpy(p, &word, sizeof(word));
}

#define PUSH_MAX	1000000U

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
 * @way:	the segment's
 * @n:		how often, a multiple of BATCH
 * @sum:	what they came to
 * @len:	bytes of the packet
 * @steps:	from each segment to the next
 * @n_steps:	how many are filled
 * @header:	the packet's begin, to restore what hooks change
 */
struct push {
	struct passage way;
	u32 n;
	struct tally sum;
	unsigned int len;
	struct step steps[STEPS_MAX];
	unsigned int n_steps;
	u8 header[HEADER_MAX];
};

static DEFINE_MUTEX(lock);	/* of all below */
static char *result;

static void restore(struct push *p)
{
	memcpy(p->way.skb->data, p->header, HEADER_MAX);
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
	begin = counter();
	for (i = 0; i < BATCH; i++) {
		restore(p);
		ok += passage_once(&p->way);
		step(p, p->header, 1);
	}
	count = counter() - begin;
	local_irq_restore(flags);

	tally_batch(&p->sum, count, BATCH, ok);
}

static int push_all(struct push *p)
{
	u32 i;

	if (!p->n) {
		p->sum.n = 1;
		p->sum.accepted = passage_once(&p->way);
		return 0;
	}
	/* the first time costs more: caches of all kinds, resets not yet limited */
	push_batch(p);
	memset(&p->sum, 0, sizeof(p->sum));
	for (i = 0; i < p->n / BATCH; i++) {
		push_batch(p);
		/* What restore() could not undo */
		if (p->way.skb->len != p->len || skb_is_nonlinear(p->way.skb))
			return -EIO;
	}
	/* as if the last one had been the first */
	step(p, p->way.skb->data, -(p->n + BATCH - 1));
	return 0;
}

static char *describe(const struct push *p)
{
	const char *verdict = p->sum.accepted == p->sum.n ? "accept" :
			      !p->sum.accepted ? "drop" : "both";
	char *hex, *text = NULL;

	hex = kzalloc(2 * p->way.skb->len + 1, GFP_KERNEL);
	if (hex) {
		bin2hex(hex, p->way.skb->data, p->way.skb->len);
		text = kasprintf(GFP_KERNEL, "%llu %u %llu %llu %s %s\n", p->sum.count, p->n,
				 p->sum.least, p->sum.most, verdict, hex);
	}
	kfree(hex);
	return text;
}

static int push(struct push *p, struct net *net, const char *name)
{
	int err;

	local_bh_disable();
	rcu_read_lock();
	err = passage_prepare(&p->way, net, name);
	if (!err) {
		memcpy(p->header, p->way.skb->data, HEADER_MAX);
		p->len = p->way.skb->len;
		err = push_all(p);
	}
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

	p->way.skb = passage_skb(len);
	if (!p->way.skb)
		return -ENOMEM;
	if (!strcmp(summed, "unnecessary"))
		p->way.skb->ip_summed = CHECKSUM_UNNECESSARY;
	else if (strcmp(summed, "none"))
		return -EINVAL;
	return hex2bin(skb_put(p->way.skb, len), hex, len);
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
	kfree_skb(p->way.skb);
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

const struct file_operations push_fops = {
	.owner	= THIS_MODULE,
	.read	= push_read,
	.write	= push_write,
};

void push_exit(void)
{
	kfree(result);
}
