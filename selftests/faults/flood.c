// SPDX-License-Identifier: GPL-2.0
/* More sessions and joins than the tables have room for, while these cannot be made larger. */
#include <linux/mptcp_mb.h>
#include <sched.h>
#include <unistd.h>

#include "stories.h"

#define WORKERS "/sys/module/mptcp_mb/parameters/workers"

#define FLOOD 1000			/* makes tables larger though many are not learnt */

/* Sessions of many clients, then as many joins as may be pending, and the tables' own work has no
 * chance to make them larger in time: no other task runs meanwhile, and what there is of it then has no
 * memory.
 */
static void run_flood(void)
{
	static struct session sessions[FLOOD];
	struct sched_param first = { .sched_priority = 1 }, usual = { .sched_priority = 0 };

	write_file(WORKERS, "1");
	write_file("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		quit("sched_setscheduler");
	for (unsigned int i = 0; i < FLOOD; i++) {
		begin_session();
		new_conn(&now.first, &now.session, now.family, i);
		now.first.nxt[0]++;
		now.first.nxt[1]++;
		pass(&now.first, 0, ACK, 0, "mpc");
		pass(&now.first, 0, PSH | ACK, 10, "dss");
		pass(&now.first, 1, ACK, 0, "dss");
		sessions[i] = now.session;
		way_forget();
	}
	for (unsigned int i = 0; i < FLOOD; i++) {
		new_conn(&now.join, &sessions[i], now.family, i + FLOOD);
		pass(&now.join, 0, SYN, 0, "join");
		pass(&now.join, 1, SYN | ACK, 0, "join");
		way_forget();
	}
	sched_setscheduler(0, SCHED_OTHER, &usual);
	write_file("/proc/sys/kernel/sched_rt_runtime_us", "950000");
	usleep(20000);
	write_file(WORKERS, "0");
}

static void judge_flood(void)
{
	uint64_t learnt = counter[MPTCP_MB_COUNTER_SESSION_LEARNT];

	if (refusals())
		wrong("the policy allows all, and %llu segments were refused",
		      (unsigned long long)refusals());
	if (learnt < FLOOD && !look_up().impaired)
		wrong("%llu of %u sessions are learnt, and learning is not impaired",
		      (unsigned long long)learnt, FLOOD);
}

const struct story many = {
	"many sessions", &allowing, NULL, run_flood, judge_flood, false,
};
