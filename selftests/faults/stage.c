// SPDX-License-Identifier: GPL-2.0
/* What happens to segments while memory is short. A story is played until none of its allocations
 * fails; after each it is judged:
 *
 * - What the policy allows is not refused. A segment may be lost, for the kernel needs memory to forward
 *   it, but not twice. What the gateway fails to learn it must know that it does not know: it says that
 *   learning is impaired, and judges strangers mildly (orphan-grace).
 * - What the policy denies does not pass.
 */
#include <fcntl.h>
#include <linux/mptcp_mb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stories.h"

struct scene now;
int control = -1, asker = -1;
uint64_t counter[COUNTERS];
static int ears[2];

/* As often as it takes: a fault may be under way. */
void write_file(const char *path, const char *text)
{
	int fd;

	for (int i = 0; i < 100; i++) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, text, strlen(text)) == (ssize_t)strlen(text)) {
			close(fd);
			return;
		}
		close(fd);
	}
	quit(path);
}

/* A policy from nothing: what was known is forgotten, learning is not impaired. */
static void set_up(const struct setup *s)
{
	struct nlattr *nest;
	struct message m;

	nl_begin(&m, MPTCP_MB_CMD_POLICY_FLUSH, 0);
	if (nl_call(control, &m, NULL, NULL) != DONE)
		quit("policy flush");
	nl_begin(&m, MPTCP_MB_CMD_POLICY_SET, 0);
	nest = nl_put(&m, MPTCP_MB_A_SETTINGS, NULL, 0);
	nl_put_u8(&m, MPTCP_MB_SET_DEFAULT, s->dflt);
	nl_put_u8(&m, MPTCP_MB_SET_FALLBACK, s->fallback);
	nl_put_u8(&m, MPTCP_MB_SET_MIDSTREAM, s->midstream);
	nl_put_u8(&m, MPTCP_MB_SET_ADD_ADDR, s->add_addr);
	nl_put_u8(&m, MPTCP_MB_SET_LOCAL, 1);
	nl_put_u8(&m, MPTCP_MB_SET_ORPHAN, MPTCP_MB_ORPHAN_RESET);
	nl_put_u32(&m, MPTCP_MB_SET_RESET_RATE, 1000000);
	nl_nest_end(&m, nest);
	if (nl_call(control, &m, NULL, NULL) != DONE)
		quit("policy set");
	nl_begin(&m, MPTCP_MB_CMD_STATS_RESET, 0);
	if (nl_call(control, &m, NULL, NULL) != DONE)
		quit("stats reset");
}

static bool play(const struct story *s, unsigned int nth)
{
	bool hit;

	set_up(s->setup);
	if (s->hold)
		way_hold();
	asker = nl_open();
	now.lost = 0;
	now.result = UNKNOWN;
	if (s->prepare)
		s->prepare();
	if (now.lost)
		wrong("%u segments are lost before it begins", now.lost);
	if (s->prepare != prepare_session)
		way_forget();
	/* routes are looked up anew, which takes memory */
	write_file("/proc/sys/net/ipv4/route/flush", "1");
	arm(nth);
	s->run();
	hit = disarm();
	nl_counters(control, counter);
	s->judge();
	close(asker);
	for (int i = 0; i < 2; i++)
		nl_drain(ears[i]);
	return hit;
}

static void begin(void)
{
	control = nl_open();
	for (int i = 0; i < 2; i++) {
		ears[i] = nl_open();
		if (!nl_listen(ears[i]))
			quit("cannot listen");
	}
	way_open();
}

int ways_run(const char *only)
{
	begin();
	for (unsigned int i = 0; i < 2 * stories_n; i++) {
		const struct story *s = &stories[i / 2];
		unsigned int nth = 0;

		if (only && strcmp(s->name, only))
			continue;
		now.family = i % 2 ? AF_INET6 : AF_INET;
		do
			doing(s->name, ++nth);
		while (play(s, nth));
		printf("# v%c: %s: %u faults\n", i % 2 ? '6' : '4', s->name, nth - 1);
	}
	return wrongs;
}

int rates_run(unsigned int rounds)
{
	begin();
	for (unsigned int n = 0; n < rounds; n++)
		for (unsigned int i = 0; i < 2 * stories_n; i++) {
			/* what takes long has been seen */
			if (stories[i / 2].judge == judge_closed && n % 10)
				continue;
			now.family = i % 2 ? AF_INET6 : AF_INET;
			doing(stories[i / 2].name, n);
			play(&stories[i / 2], 1);
		}
	return wrongs;
}

int flood_run(unsigned int rounds)
{
	begin();
	for (unsigned int n = 0; n < rounds; n++) {
		now.family = n % 2 ? AF_INET6 : AF_INET;
		doing(many.name, n);
		play(&many, 1);
	}
	return wrongs;
}
