// SPDX-License-Identifier: GPL-2.0
/*
 * Makes allocations of the module fail, one after the other, and looks at what becomes of it. See
 * usage(). What it plays, it plays in one process, segments too: these are written to a TUN device, and
 * pass the gateway before write() returns. So each fault is of a known allocation of a known command or
 * segment, and none is left out.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

unsigned int wrongs;

static const char *doing_what = "";
static unsigned int doing_nth;

void doing(const char *what, unsigned int nth)
{
	doing_what = what;
	doing_nth = nth;
}

void wrong(const char *format, ...)
{
	va_list args;

	wrongs++;
	printf("wrong: %s, allocation %u fails: ", doing_what, doing_nth);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void quit(const char *what)
{
	printf("faults: %s (%u): %s: %s\n", doing_what, doing_nth, what, strerror(errno));
	exit(2);
}

static int usage(void)
{
	puts("usage: faults kernel|shim|rate|shimrate WHAT [ARGUMENT...]\n"
	     "Makes the 1st allocation fail, then the 2nd, and so on until nothing fails:\n"
	     "  kernel   of all that the kernel does for this process (/proc/self/fail-nth)\n"
	     "  shim     of the module's own calls (module of make ko-faults)\n"
	     "or a share of them: rate, of all (/proc/self/make-it-fail), shimrate, PERCENT (in the\n"
	     "environment) of the module's own. WHAT:\n"
	     "  policy            all commands about the policy\n"
	     "  arming            the first policy of a namespace\n"
	     "  namespaces N      namespaces that are made; every Nth allocation\n"
	     "  module KO N       the module is loaded; every Nth allocation\n"
	     "  ways [STORY]      segments: sessions, joins, denied ones, resets, closing; in a namespace\n"
	     "                    with TUN devices tc and ts, see faults.sh\n"
	     "  rates N           N times each of these, for rate\n"
	     "  flood N           N times more than a thousand sessions and joins, for rate\n"
	     "Prints what was wrong, and in its last line how many faults there were; 1: something was wrong.");
	return 2;
}

static int run(int argc, char **argv)
{
	unsigned int n = argc > 1 ? strtoul(argv[argc - 1], NULL, 10) : 0;

	if (!strcmp(argv[0], "policy"))
		return policy_run();
	if (!strcmp(argv[0], "arming"))
		return arming_run();
	if (!strcmp(argv[0], "namespaces") && n)
		return namespaces_run(n);
	if (!strcmp(argv[0], "module") && argc == 3 && n)
		return module_run(argv[1], n);
	if (!strcmp(argv[0], "ways"))
		return ways_run(argc > 1 ? argv[1] : NULL);
	if (!strcmp(argv[0], "rates") && n)
		return rates_run(n);
	if (!strcmp(argv[0], "flood") && n)
		return flood_run(n);
	exit(usage());
}

int main(int argc, char **argv)
{
	static const char *const names[] = {
		[INJECT_KERNEL] = "kernel", [INJECT_SHIM] = "shim", [INJECT_RATE] = "rate",
		[INJECT_SHIM_RATE] = "shimrate",
	};
	const char *percent = getenv("PERCENT");
	int status;

	if (argc < 3)
		return usage();
	for (injector = 0; strcmp(names[injector], argv[1]); injector++)
		if (injector == INJECT_SHIM_RATE)
			return usage();
	if (percent)
		inject_percent = strtoul(percent, NULL, 10);
	setvbuf(stdout, NULL, _IOLBF, 0);
	inject_open();
	status = !!run(argc - 2, argv + 2);
	printf("injected %lu\n", injected);
	return status;
}
