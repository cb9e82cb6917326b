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

struct sk_buff *passage_skb(size_t len);
int passage_prepare(struct passage *p, struct net *net, struct net_device *in);
int passage_once(struct passage *p);

extern const struct file_operations push_fops, many_fops, beat_fops;

void push_exit(void);
void beat_exit(void);

#endif
