/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel for mbctl to talk to: it has the sessions it is given, and a clock that runs while
 * mbctl waits. Linked with --wrap for what it stands in for: see the Makefile.
 */
#ifndef MBCTL_KERNEL_H
#define MBCTL_KERNEL_H

#include "mbctl_messages.h"

#define FAKE_NOW	1000000100	/* seconds since the epoch, at first */

/**
 * struct fake_session - a session, and what becomes of it when it is closed
 * @s:		as it is told
 * @errnum:	closing is refused with this
 * @text:	and with this
 * @ends_ms:	it ends so long after; 0: never
 * @silent:	its event is lost
 * @back_ms:	it is given up so long after; 0: never
 * @forgotten:	once ended it is not known any more
 * @begun:	when it began to close, ms; set by the kernel
 */
struct fake_session {
	struct sample_session s;
	int errnum;
	const char *text;
	unsigned int ends_ms, back_ms;
	bool silent, forgotten;
	unsigned long begun;
};

/**
 * struct fake_kernel - it
 * @v:		sessions
 * @n:		how many
 * @event:	told to a listener, one each time that it waits
 * @events:	how many
 * @overrun:	before which of them some are lost; 0 none
 * @refusals:	how many it remembers; the first is of an orphan, the others not
 * @impaired:	what status says
 * @ms:		its clock
 * @asked:	how often one session was asked for
 * @deaf:	listening is refused
 */
struct fake_kernel {
	struct fake_session *v;
	unsigned int n;
	struct nlmsghdr *event[8];
	unsigned int events, overrun, refusals;
	bool impaired, deaf;
	unsigned long ms;
	unsigned int asked;
};

extern struct fake_kernel kernel;

#endif
