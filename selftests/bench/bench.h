/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of mb_bench.ko share; see main.c. */
#ifndef MB_BENCH_H
#define MB_BENCH_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>

/* Interrupts are off for one batch: long enough to drown the counter's own
 * cost, short enough for the timer.
 */
#define BATCH		100U

/* What hooks may write to: IPv4 or IPv6 and TCP header at their longest */
#define HEADER_MAX	128

/**
 * struct passage - a segment on its way from one device to another
 * @skb:	the segment
 * @state:	for the hooks
 * @hooks:	of the namespace and family
 */
struct passage {
	struct sk_buff *skb;
	struct nf_hook_state state;
	struct nf_hook_entries __rcu **hooks;
};

/* Under QEMU's -icount the processor's counter counts instructions. User-Mode
 * Linux has none: there it is time.
 */
static inline u64 counter(void)
{
	return IS_ENABLED(CONFIG_UML) ? ktime_get_ns() : get_cycles();
}

/**
 * struct tally - what batches of segments came to
 * @count:	by how much the counter advanced, all batches
 * @least:	the same for the cheapest batch, with @batches
 * @most:	and for the dearest
 * @batches:	how many
 * @n:		segments
 * @accepted:	how many may go on; the others may not
 */
struct tally {
	u64 count, least, most;
	u64 batches, n, accepted;
};

static inline void tally_batch(struct tally *t, u64 count, u32 n, u32 accepted)
{
	t->least = t->batches ? min(t->least, count) : count;
	t->most = max(t->most, count);
	t->count += count;
	t->batches++;
	t->n += n;
	t->accepted += accepted;
}

struct sk_buff *passage_skb(size_t len);
int passage_prepare(struct passage *p, struct net *net, const char *device);
int passage_once(struct passage *p);

extern const struct file_operations push_fops, many_fops, beat_fops;

void push_exit(void);
void beat_exit(void);

#endif
