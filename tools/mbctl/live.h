/* SPDX-License-Identifier: GPL-2.0 */
/* What is in force: settings and sites, read from the kernel. */
#ifndef MBCTL_LIVE_H
#define MBCTL_LIVE_H

#include "entry.h"
#include "nl.h"
#include "setting.h"

/**
 * struct entries - site entries
 * @v:		in order of arrival, owned
 * @n:		how many
 * @room:	for how many
 */
struct entries {
	struct entry *v;
	unsigned long n, room;
};

/**
 * struct status - the namespace's state
 * @has:	which of @value are there
 * @value:	numbers, by attribute
 * @version:	the module's, owned
 * @comm:	program that changed the policy last, owned, or NULL
 */
struct status {
	bool has[MPTCP_MB_STATUS_MAX + 1];
	uint64_t value[MPTCP_MB_STATUS_MAX + 1];
	char *version, *comm;
};

int live_begin(struct nl *nl, const char *place, struct err *e);
int live_status(struct nl *nl, const char *place, struct status *status,
		struct err *e);
void status_free(struct status *status);
int live_settings(struct nl *nl, const char *place, struct settings *set,
		  struct err *e);
int live_sites(struct nl *nl, const char *place, struct entries *list,
	       struct err *e);
void entries_free(struct entries *list);

#endif
