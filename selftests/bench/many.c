// SPDX-License-Identifier: GPL-2.0
/* Many segments, each its own: what they look up is in no cache.
 *
 *	/sys/kernel/debug/mb_bench/many
 *		write "DEVICE": where they arrive; then struct many_segment, any
 *		number of whole ones at a time;
 *		read "COUNT N LEAST MOST ACCEPTED DROPPED CHANGED BATCHES": as
 *		push.c, for all since the file was opened; of how many batches
 *		the last segment was changed. All end at 0 again
 *
 * The device verified their checksums. They are routed as the first of each write.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <net/dst.h>

#include "bench.h"

#define WRITE_MAX	(1024U * 1024U)	/* bytes */
#define PACKET_MAX	1500U

/**
 * struct many_segment - one of them
 * @len:	of the packet, not less than its headers, host byte order
 * @reserved:	0
 * @header:	of IP and TCP; what comes after is zero
 */
struct many_segment {
	u16 len;
	u8 reserved[6];
	u8 header[HEADER_MAX];
};

/**
 * struct many - an open file
 * @lock:	of all
 * @device:	where segments arrive
 * @way:	theirs
 * @segments:	of this write
 * @sum:	of all, as read; see above
 */
struct many {
	struct mutex lock;	/* one at a time */
	char device[IFNAMSIZ];
	struct passage way;
	struct many_segment *segments;
	struct tally sum;
	u64 changed;
};

static void push_batch(struct many *m, const struct many_segment *s, u32 n)
{
	struct sk_buff *skb = m->way.skb;
	unsigned long flags;
	u64 begin, count;
	u32 i, ok = 0;

	local_irq_save(flags);
	begin = counter();
	for (i = 0; i < n; i++) {
		memcpy(skb->data, s[i].header, HEADER_MAX);
		skb->len = s[i].len;
		skb_set_tail_pointer(skb, s[i].len);
		ok += passage_once(&m->way);
	}
	count = counter() - begin;
	local_irq_restore(flags);

	tally_batch(&m->sum, count, n, ok);
	m->changed += !!memcmp(skb->data, s[n - 1].header, HEADER_MAX);
}

static int push_all(struct many *m, struct net *net, u32 n)
{
	u32 i, some;
	int err;

	for (i = 0; i < n; i++)
		if (m->segments[i].len < HEADER_MAX / 2 || m->segments[i].len > PACKET_MAX)
			return -EINVAL;
	memcpy(m->way.skb->data, m->segments->header, HEADER_MAX);
	err = passage_prepare(&m->way, net, m->device);
	for (i = 0; !err && i < n; i += some) {
		some = min(n - i, BATCH);
		/* between batches is time for all else */
		local_bh_disable();
		rcu_read_lock();
		push_batch(m, m->segments + i, some);
		rcu_read_unlock();
		local_bh_enable();
		if (skb_is_nonlinear(m->way.skb))
			err = -EIO;
		cond_resched();
	}
	/* the device may go */
	skb_dst_drop(m->way.skb);
	return err;
}

static ssize_t many_write(struct file *file, const char __user *from, size_t count,
			  loff_t *ppos)
{
	struct many *m = file->private_data;
	u32 n = count / sizeof(*m->segments);
	int err = -EINVAL;

	mutex_lock(&m->lock);
	if (!*m->device) {
		if (count < sizeof(m->device))
			err = copy_from_user(m->device, from, count) ? -EFAULT : 0;
	} else if (n && count <= WRITE_MAX && !(count % sizeof(*m->segments))) {
		err = copy_from_user(m->segments, from, count) ? -EFAULT :
		      push_all(m, current->nsproxy->net_ns, n);
	}
	mutex_unlock(&m->lock);
	return err ? err : count;
}

static ssize_t many_read(struct file *file, char __user *to, size_t count, loff_t *ppos)
{
	struct many *m = file->private_data;
	char text[256];
	int len;

	mutex_lock(&m->lock);
	len = scnprintf(text, sizeof(text), "%llu %llu %llu %llu %llu %llu %llu %llu\n",
			m->sum.count, m->sum.n, m->sum.least, m->sum.most,
			m->sum.accepted, m->sum.n - m->sum.accepted, m->changed,
			m->sum.batches);
	memset(&m->sum, 0, sizeof(m->sum));
	m->changed = 0;
	mutex_unlock(&m->lock);
	return copy_to_user(to, text, min_t(size_t, len, count)) ? -EFAULT :
	       min_t(size_t, len, count);
}

static int many_release(struct inode *inode, struct file *file)
{
	struct many *m = file->private_data;

	kfree_skb(m->way.skb);
	vfree(m->segments);
	kfree(m);
	return 0;
}

static int many_open(struct inode *inode, struct file *file)
{
	struct many *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock);
	file->private_data = m;
	m->segments = vmalloc(WRITE_MAX);
	m->way.skb = passage_skb(PACKET_MAX);
	if (!m->segments || !m->way.skb) {
		many_release(inode, file);
		return -ENOMEM;
	}
	skb_put_zero(m->way.skb, PACKET_MAX);
	m->way.skb->ip_summed = CHECKSUM_UNNECESSARY;
	return 0;
}

const struct file_operations many_fops = {
	.owner		= THIS_MODULE,
	.open		= many_open,
	.release	= many_release,
	.read		= many_read,
	.write		= many_write,
};
