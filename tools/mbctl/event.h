/* SPDX-License-Identifier: GPL-2.0 */
/* What the module says when something began, ended or was refused. */
#ifndef MBCTL_EVENT_H
#define MBCTL_EVENT_H

#include "out.h"
#include "session_nl.h"

/**
 * struct event - one of it
 * @has:	which attributes are there
 * @n:		numbers, by attribute
 * @session:	if there is one; of some events only the id is known
 * @subflow:	if there is one
 * @refusal:	if there is one
 * @comm:	program, owned, or NULL
 */
struct event {
	bool has[MPTCP_MB_A_MAX + 1];
	uint64_t n[MPTCP_MB_A_MAX + 1];
	struct session session;
	struct subflow subflow;
	struct refusal refusal;
	char *comm;
};

int event_get(const struct nlmsghdr *nlh, struct event *ev, struct err *e);
void event_free(struct event *ev);
uint32_t event_session(const struct event *ev);
int event_print(struct out *out, const struct event *ev, struct err *e);
int event_print_lost(struct out *out, uint64_t nanoseconds, uint64_t count,
		     struct err *e);
void refusal_json(struct out *out, const struct refusal *r);

#endif
