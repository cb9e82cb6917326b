// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mbctl.h"

static int enter_netns(const char *name, struct err *e)
{
	char path[256];
	int fd, err;

	if (!*name || strchr(name, '/') || strlen(name) > 200)
		return err_usage(e,
				 "-n %s: not the name of a network namespace: see \"ip netns list\"",
				 shown(name));
	snprintf(path, sizeof(path), "/var/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_usage(e,
				 "-n %s: there is no such network namespace: see \"ip netns list\"",
				 shown(name));
	if (fd < 0)
		return err_usage(e, "-n %s: %s: %s", shown(name), path,
				 strerror(errno));
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (err == EPERM)
		return err_set(e, STATUS_KERNEL,
			       "-n %s: not permitted: entering a network namespace needs CAP_SYS_ADMIN: become root",
			       shown(name));
	if (err)
		return err_usage(e, "-n %s: not a network namespace: %s: see \"ip netns list\"",
				 shown(name), strerror(err));
	return 0;
}

/**
 * ctx_enter() - go into the namespace that was asked for
 * @ctx:	context; sockets opened from now on are there
 *
 * Return: 0 or -1
 */
int ctx_enter(struct ctx *ctx)
{
	return ctx->netns ? enter_netns(ctx->netns, &ctx->err) : 0;
}

/**
 * ctx_nl() - open the socket, in the namespace that was asked for
 * @ctx:	ctx->nl is filled
 *
 * Return: 0 or -1
 */
int ctx_nl(struct ctx *ctx)
{
	return ctx_enter(ctx) ? -1 : nl_open(&ctx->nl, &ctx->err);
}
