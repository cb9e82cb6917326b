// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once, without rest, in one process: real connections through a gateway, policies
 * that are swapped, entries that come and go, sessions that are closed, listings, listeners,
 * namespaces, interfaces and conntrack, and the module itself. main() tells how to call it. Counts
 * what was done and says what should not have been. A process for each would be mostly fork and
 * exec where the processors are emulated.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/mptcp_mb.h>

#include "churn.h"

struct setup setup;
atomic_bool over, serving = true, loaded = true;
atomic_uint loads = 1, unruly;
atomic_ulong closing;
char home[32];

static atomic_ulong deeds[DEEDS];
static atomic_uint wrongs;
static const char *const names[DEEDS] = {
	[SWAPS] = "swaps", [SETTINGS] = "settings", [ABANDONED] = "abandoned", [SITES] = "sites",
	[CLOSES] = "closes", [RESETS] = "resets", [DUMPS] = "dumps", [HALF_DUMPS] = "half-dumps",
	[MONITORS] = "monitors", [EVENTS] = "events", [RELOADS] = "reloads", [BUSY] = "busy",
	[FLUSHES] = "flushes", [NAMESPACES] = "namespaces", [BLASTED] = "blasted",
	[TRANSFERS] = "transfers", [CUT] = "cut", [FALLBACKS] = "fallbacks", [DENIED] = "denied",
	[PLAIN] = "plain", [FLAPS] = "flaps", [DOWN] = "down-ms",
	[LONGEST_DOWN] = "longest-down-ms", [CT_FLUSHES] = "conntrack-flushes",
	[SESSIONS] = "sessions", [CONFIRMED] = "confirmed", [EVICTED] = "evicted",
	[JOINED] = "joined", [REFUSED] = "resets-sent",
};

void did(enum deed deed, unsigned long n)
{
	deeds[deed] += n;
}

/* What must not be; the first of it are told. */
void wrong(const char *format, ...)
{
	va_list args;

	if (++wrongs > 20)
		return;
	va_start(args, format);
	flockfile(stdout);
	printf("wrong: ");
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	funlockfile(stdout);
	va_end(args);
}

void quit(const char *what)
{
	fprintf(stderr, "churn: %s: %s\n", what, strerror(errno));
	_exit(2);
}

/* splitmix64, of each thread */
unsigned int rnd(unsigned int below)
{
	static atomic_ulong threads;
	static _Thread_local uint64_t state;
	uint64_t x;

	if (!state)
		state = ++threads << 32;
	x = state += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return (x >> 32) % below;
}

void nap_ms(unsigned int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* The calling thread is in another network namespace: a name of "ip netns", or a path. */
bool enter(const char *netns)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s%s", *netns == '/' ? "" : "/run/netns/", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		quit(netns);
	return !close(fd);
}

/* @fd: a socket of the interface's namespace */
bool interface_up(int fd, const char *name, bool up)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return false;
	ifr.ifr_flags = up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP;
	return !ioctl(fd, SIOCSIFFLAGS, &ifr);
}

unsigned int interface_index(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFINDEX, &ifr) ? 0 : ifr.ifr_ifindex;
}

/* --- the module comes and goes --- */

/* Refused while a listing is half read: that one's socket holds it. */
static bool unload(void)
{
	for (unsigned int tries = 0; tries < 1000; tries++) {
		if (!syscall(SYS_delete_module, "mptcp_mb", O_NONBLOCK))
			return true;
		if (errno != EAGAIN && errno != EBUSY) {
			wrong("the module cannot be unloaded: %s", strerror(errno));
			break;
		}
		did(BUSY, 1);
		nap_ms(1);
	}
	return false;
}

static void load(void)
{
	int fd = open(setup.module, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		quit(setup.module);
	close(fd);
}

static void reload(struct nl *nl)
{
	talk_count(nl);
	if (!unload())
		return;
	loaded = false;
	nap_ms(rnd(20));
	load();
	loads++;
	loaded = true;
	did(RELOADS, 1);
}

/* While @unruly is odd nothing is sure to be in force, or everything is. */
static void *come_and_go(void *arg)
{
	struct nl *nl;

	(void)arg;
	enter(setup.netns_gateway);
	nl = nl_open(NETLINK_GENERIC);
	while (!over) {
		unruly++;
		if (rnd(3))
			reload(nl);
		else if (!nl_do(nl, MPTCP_MB_CMD_POLICY_FLUSH))
			did(FLUSHES, 1);
		if (nl_arm(nl))
			wrong("no policy can be put in force");
		unruly++;
		nap_ms(200 + rnd(800));
	}
	talk_count(nl);
	nl_close(nl);
	return NULL;
}

/* --- all of them --- */

static const struct {
	const char *name;
	void *(*run)(void *arg);
	unsigned int n;
} parts[] = {
	{ "transfers", net_transfer, 4 }, { "denied", net_denied, 2 }, { "swaps", talk_swap, 1 },
	{ "sites", talk_sites, 2 }, { "closes", talk_close, 1 }, { "dumps", talk_dump, 2 },
	{ "monitors", talk_monitor, 2 }, { "reloads", come_and_go, 1 },
	{ "namespaces", netns_cycle, 2 }, { "blast", netns_blast, 1 }, { "flaps", net_flap, 1 },
	{ "conntrack", net_conntrack, 1 },
};

#define PARTS (sizeof(parts) / sizeof(*parts))

/* Of @list ("" is all), each part's threads */
static unsigned int start(const char *list, pthread_t *threads)
{
	unsigned int started = 0;

	for (unsigned int i = 0; i < PARTS; i++) {
		if (*list && !strstr(list, parts[i].name))
			continue;
		for (uintptr_t n = 0; n < parts[i].n; n++)
			if (pthread_create(&threads[started++], NULL, parts[i].run, (void *)n))
				quit(parts[i].name);
	}
	return started;
}

/* A thread, too: the first one of the process stays at home. */
static void *first_policy(void *arg)
{
	struct nl *nl;

	enter(setup.netns_gateway);
	nl = nl_open(NETLINK_GENERIC);
	if (nl_arm(nl))
		quit("the first policy");
	nl_close(nl);
	return arg;
}

static void run(const char *list)
{
	pthread_t servers[6], threads[64];
	unsigned int n;
	double begin;

	if (pthread_create(&threads[0], NULL, first_policy, NULL) ||
	    pthread_join(threads[0], NULL))
		quit("first policy");
	for (uintptr_t i = 0; i < 6; i++)
		if (pthread_create(&servers[i], NULL, net_serve, (void *)i))
			quit("server");
	nap_ms(300);
	begin = now();
	n = start(list, threads);
	while (now() < begin + setup.seconds)
		nap_ms(100);
	over = true;
	for (unsigned int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("seconds %.0f\n", now() - begin);
	serving = false;
	for (unsigned int i = 0; i < 6; i++)
		pthread_join(servers[i], NULL);
}

int main(int argc, char **argv)
{
	if (argc != 6 && argc != 7) {
		puts("usage: churn SECONDS MODULE CLIENT GATEWAY SERVER [PARTS]\n"
		     "The module, which is MODULE's file, is loaded; the others are network namespaces of\n"
		     "selftests/topology.sh. PARTS are some of what it does, all together in one word:\n"
		     "transfers denied swaps sites closes dumps monitors reloads namespaces blast flaps\n"
		     "conntrack. Prints how often it did what, and \"wrong: ...\" for what must not be.\n"
		     "Exit status 0: nothing was wrong.");
		return 2;
	}
	setup = (struct setup){ atoi(argv[1]), argv[2], argv[3], argv[4], argv[5] };
	snprintf(home, sizeof(home), "/proc/%d/ns/net", getpid());
	run(argc > 6 ? argv[6] : "");
	for (unsigned int i = 0; i < DEEDS; i++)
		printf("%s %lu\n", names[i], (unsigned long)deeds[i]);
	return wrongs ? 1 : 0;
}
