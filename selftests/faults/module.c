// SPDX-License-Identifier: GPL-2.0
/* Loads the module while memory is short: it is there and works, or is not there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults.h"

static bool loaded(void)
{
	return !access("/sys/module/mptcp_mb", F_OK);
}

/* The shim is in it, and takes its orders as parameters. */
static bool load_once(int fd, unsigned int nth, bool *hit)
{
	char parameters[64] = "";
	long err;

	if (injector == INJECT_SHIM)
		snprintf(parameters, sizeof(parameters), "nth=%u", nth);
	else
		arm(nth);
	err = syscall(SYS_finit_module, fd, parameters, 0);
	*hit = injector == INJECT_SHIM ? err : disarm();
	injected += injector == INJECT_SHIM && err;
	return !err;
}

int module_run(const char *ko, unsigned int stride)
{
	int fd = open(ko, O_RDONLY | O_CLOEXEC), nl;
	unsigned int nth, made = 0, failed = 0;
	bool hit = true;

	if (fd < 0)
		quit(ko);
	if (loaded())
		quit("it is loaded already");
	for (nth = 1; hit; nth += stride) {
		doing("loading the module", nth);
		if (!load_once(fd, nth, &hit)) {
			failed++;
			if (loaded())
				wrong("it failed to load, and is there");
			continue;
		}
		made++;
		nl = nl_open();
		close(nl);
		if (syscall(SYS_delete_module, "mptcp_mb", O_NONBLOCK)) {
			wrong("it does not unload: %s", strerror(errno));
			break;
		}
	}
	printf("# loading: %u succeeded, %u failed\n", made, failed);
	return wrongs;
}
