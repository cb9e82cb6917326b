/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of one namespace, one set a CPU. */
#ifndef MB_STATS_H
#define MB_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <uapi/linux/mptcp_mb.h>

#define MB_COUNTERS (MPTCP_MB_COUNTER_EVENT_LOST + 1)

/**
 * struct mb_counters - of a CPU
 * @v:		by enum mptcp_mb_counter
 * @data:	segments of known sessions that count as MPTCP, with a DSS, accepted:
 *		one counter for the three
 */
struct mb_counters {
	unsigned long v[MB_COUNTERS];
	unsigned long data;
};

/**
 * struct mb_stats - all counters of a namespace
 * @pcpu:	what the CPUs counted
 * @base:	the sums at the last reset; under the policy's lock
 */
struct mb_stats {
	struct mb_counters __percpu *pcpu;
	unsigned long base[MB_COUNTERS];
};

/**
 * mb_count() - count one event
 * @s:	the namespace's counters
 * @c:	which
 *
 * Context: any; one instruction on most CPUs.
 */
static inline void mb_count(struct mb_stats *s, enum mptcp_mb_counter c)
{
	this_cpu_inc(s->pcpu->v[c]);
}

/* As mb_count(), for struct mb_counters' data */
static inline void mb_count_data(struct mb_stats *s)
{
	this_cpu_inc(s->pcpu->data);
}

int mb_stats_init(struct mb_stats *s);
void mb_stats_exit(struct mb_stats *s);
void mb_stats_reset(struct mb_stats *s);
u64 mb_stats_read(const struct mb_stats *s, unsigned int counter);

#endif
