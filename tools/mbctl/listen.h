/* SPDX-License-Identifier: GPL-2.0 */
/* A socket that hears the module's events. */
#ifndef MBCTL_LISTEN_H
#define MBCTL_LISTEN_H

#include "nl.h"

/**
 * struct listener - it
 * @nl:		its socket
 * @drops:	messages that the kernel has left out so far because the socket
 *		was full
 */
struct listener {
	struct nl nl;
	uint32_t drops;
};

/* An event; -1 with the err filled ends it. */
typedef int (*listen_heard)(const struct nlmsghdr *nlh, void *data,
			    struct err *e);

int listen_open(struct listener *l, const char *place, struct err *e);
int listen_read(struct listener *l, const char *place, listen_heard heard,
		void *data, uint32_t *lost, struct err *e);
int listen_fd(const struct listener *l);

#endif
