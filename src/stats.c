// SPDX-License-Identifier: GPL-2.0
/* Counters: summed when read. A reset remembers the sums and leaves the CPUs
 * alone, so that no CPU ever writes another's counters.
 */
#include "stats.h"

/* Whether what one counter counts for three is in this one */
static bool has_data(unsigned int counter)
{
	return counter == MPTCP_MB_COUNTER_MPTCP ||
	       counter == MPTCP_MB_COUNTER_SUBTYPE_DSS ||
	       counter == MPTCP_MB_COUNTER_EXIT_ACCEPT_DATA;
}

/* A machine word wraps; so does the difference, and it stays right. */
static unsigned long sum(const struct mb_stats *s, unsigned int counter)
{
	struct mb_counters __percpu *pcpu = READ_ONCE(s->pcpu);
	unsigned long total = 0;
	int cpu;

	if (!pcpu)
		return 0;
	for_each_possible_cpu(cpu) {
		const struct mb_counters *c = per_cpu_ptr(pcpu, cpu);

		total += READ_ONCE(c->v[counter]);
		if (has_data(counter))
			total += READ_ONCE(c->data);
	}
	return total;
}

/**
 * mb_stats_init() - make the counters, all zero
 * @s:	to be filled
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM
 */
int mb_stats_init(struct mb_stats *s)
{
	struct mb_counters __percpu *pcpu;

	pcpu = alloc_percpu_gfp(struct mb_counters, GFP_KERNEL_ACCOUNT);
	WRITE_ONCE(s->pcpu, pcpu);
	return pcpu ? 0 : -ENOMEM;
}

/**
 * mb_stats_exit() - free the counters
 * @s:	which nobody counts in any more
 */
void mb_stats_exit(struct mb_stats *s)
{
	free_percpu(s->pcpu);
}

/**
 * mb_stats_reset() - start from nought
 * @s:	the counters
 *
 * Context: the caller holds the lock of the namespace's policy.
 */
void mb_stats_reset(struct mb_stats *s)
{
	unsigned int i;

	for (i = 0; i < MB_COUNTERS; i++)
		WRITE_ONCE(s->base[i], sum(s, i));
}

/**
 * mb_stats_read() - what was counted since the last reset
 * @s:		the counters
 * @counter:	enum mptcp_mb_counter
 *
 * Context: any; nothing was counted before mb_stats_init().
 * Return: the count, segments or options
 */
u64 mb_stats_read(const struct mb_stats *s, unsigned int counter)
{
	unsigned long base = READ_ONCE(s->base[counter]);

	/* a reset meanwhile: rather count what was before than less than nothing */
	smp_rmb();
	return sum(s, counter) - base;
}
