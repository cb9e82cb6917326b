// SPDX-License-Identifier: GPL-2.0
/* Who makes allocations fail. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

#define PARAMETERS "/sys/module/mptcp_mb/parameters/"
#define TIMES "/sys/kernel/debug/failslab/times"
#define MANY 1000000

enum injector injector;
unsigned long injected;
unsigned int inject_percent = 10;

bool by_share(void)
{
	return injector == INJECT_RATE || injector == INJECT_SHIM_RATE;
}

static int fd = -1, denied_fd = -1;

static int open_or_quit(const char *path)
{
	int file = open(path, O_RDWR | O_CLOEXEC);

	if (file < 0)
		quit(path);
	return file;
}

static void put(int file, long v)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld\n", v);

	if (pwrite(file, text, len, 0) != len)
		quit("cannot say which is to fail");
}

/* -1: its own reading was what failed */
static long get(int file)
{
	char text[24] = "";

	return pread(file, text, sizeof(text) - 1, 0) <= 0 ? -1 : strtol(text, NULL, 10);
}

/* A file of debugfs takes one number each time it is opened. */
static void times_set(void)
{
	int file = open_or_quit(TIMES);

	if (write(file, "1000000\n", 8) != 8)
		quit(TIMES);
	close(file);
}

/* How many were used up */
static long times_used(void)
{
	int file = open_or_quit(TIMES);
	char text[24] = "";

	if (read(file, text, sizeof(text) - 1) <= 0)
		quit(TIMES);
	close(file);
	return MANY - strtol(text, NULL, 10);
}

void inject_open(void)
{
	int tgid;

	if (fd >= 0)
		close(fd);
	switch (injector) {
	case INJECT_KERNEL:
		fd = open_or_quit("/proc/self/fail-nth");
		break;
	case INJECT_RATE:
		fd = open_or_quit("/proc/self/make-it-fail");
		break;
	case INJECT_SHIM:
	case INJECT_SHIM_RATE:
		fd = open(injector == INJECT_SHIM ? PARAMETERS "nth" : PARAMETERS "percent",
			  O_RDWR | O_CLOEXEC);
		if (fd < 0)
			break;		/* not loaded yet */
		denied_fd = open_or_quit(PARAMETERS "denied");
		tgid = open_or_quit(PARAMETERS "tgid");
		put(tgid, getpid());
		close(tgid);
	}
}

void arm(unsigned int nth)
{
	if (injector == INJECT_RATE) {
		times_set();
		put(fd, 1);
		return;
	}
	if (injector == INJECT_SHIM_RATE) {
		put(denied_fd, 0);
		nth = inject_percent;
	}
	if (fd >= 0)
		put(fd, nth);
}

bool disarm(void)
{
	long left;

	if (fd < 0)
		return false;
	if (injector == INJECT_RATE) {
		/* what it writes to may be what fails */
		while (pwrite(fd, "0\n", 2, 0) != 2)
			;
		left = times_used();
		injected += left;
		return left;
	}
	if (injector == INJECT_SHIM_RATE) {
		put(fd, 0);
		injected += get(denied_fd);
		return get(denied_fd);
	}
	left = get(fd);
	if (left)
		while (pwrite(fd, "0\n", 2, 0) != 2)
			;
	injected += !left;
	return !left;
}
