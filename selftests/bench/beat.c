// SPDX-License-Identifier: GPL-2.0
/* A segment now and then, from a softirq as those that devices receive, and how late
 * it is through the hooks: what keeps softirqs off, or holds what hooks wait
 * for, shows.
 *
 *	/sys/kernel/debug/mb_bench/beat
 *		write "DEVICE MICROSECONDS HEX": so often from now on;
 *		write "stop";
 *		read "N SUM WORST SKIPPED": how many there were, nanoseconds from
 *		when they were due until they had passed, of all and of the
 *		latest; how many were due meanwhile and did not come
 */
#include <linux/debugfs.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>

#include "bench.h"

static DEFINE_MUTEX(lock);	/* of all below, but while it beats */
static struct passage way;
static u8 header[HEADER_MAX];
static ktime_t interval;
static struct hrtimer timer;
static u64 n, sum, worst, skipped;

static enum hrtimer_restart beat(struct hrtimer *t)
{
	ktime_t due = hrtimer_get_expires(t);
	u64 late;

	memcpy(way.skb->data, header, HEADER_MAX);
	rcu_read_lock();
	passage_once(&way);
	rcu_read_unlock();
	late = ktime_to_ns(ktime_sub(ktime_get(), due));
	n++;
	sum += late;
	worst = max(worst, late);
	skipped += hrtimer_forward_now(t, interval) - 1;
	return HRTIMER_RESTART;
}

static void stop(void)
{
	if (!way.skb)
		return;
	hrtimer_cancel(&timer);
	kfree_skb(way.skb);
	way.skb = NULL;
}

static int start(char *order, struct net *net)
{
	char *device = strsep(&order, " "), *every = strsep(&order, " ");
	char *hex = strsep(&order, "\n");
	size_t len;
	u32 us;
	int err;

	if (!hex || kstrtou32(every, 0, &us) || !us)
		return -EINVAL;
	len = strlen(hex) / 2;
	way.skb = passage_skb(len);
	if (!way.skb)
		return -ENOMEM;
	way.skb->ip_summed = CHECKSUM_UNNECESSARY;
	err = hex2bin(skb_put(way.skb, len), hex, len);
	if (!err)
		err = passage_prepare(&way, net, device);
	if (err) {
		kfree_skb(way.skb);
		way.skb = NULL;
		return err;
	}
	memcpy(header, way.skb->data, HEADER_MAX);
	n = 0;
	sum = 0;
	worst = 0;
	skipped = 0;
	interval = ns_to_ktime((u64)us * NSEC_PER_USEC);
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	timer.function = beat;
	hrtimer_start(&timer, interval, HRTIMER_MODE_REL_SOFT);
	return 0;
}

static ssize_t beat_write(struct file *file, const char __user *from, size_t count,
			  loff_t *ppos)
{
	char *order = memdup_user_nul(from, min_t(size_t, count, PAGE_SIZE));
	int err = 0;

	if (IS_ERR(order))
		return PTR_ERR(order);
	mutex_lock(&lock);
	stop();
	if (strncmp(order, "stop", 4))
		err = start(order, current->nsproxy->net_ns);
	mutex_unlock(&lock);
	kfree(order);
	return err ? err : count;
}

static ssize_t beat_read(struct file *file, char __user *to, size_t count, loff_t *ppos)
{
	char text[128];
	int len;

	mutex_lock(&lock);
	len = scnprintf(text, sizeof(text), "%llu %llu %llu %llu\n", n, sum, worst, skipped);
	mutex_unlock(&lock);
	return simple_read_from_buffer(to, count, ppos, text, len);
}

const struct file_operations beat_fops = {
	.owner	= THIS_MODULE,
	.read	= beat_read,
	.write	= beat_write,
};

void beat_exit(void)
{
	stop();
}
