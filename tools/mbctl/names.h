/* SPDX-License-Identifier: GPL-2.0 */
/* The specification's names for the values of its enums, one table each. */
#ifndef MBCTL_NAMES_H
#define MBCTL_NAMES_H

#include <stddef.h>

/**
 * struct names - names of an enum's values, or of a flag word's bits
 * @name:	by value (by bit)
 * @n:		how many
 */
struct names {
	const char *const *name;
	unsigned int n;
};

extern const struct names names_mode, names_action, names_verdict;
extern const struct names names_announce, names_cause, names_hook;
extern const struct names names_counter, names_switch, names_orphan;
extern const struct names names_place, names_side, names_session_state;
extern const struct names names_subflow_state, names_how, names_event;
extern const struct names names_fallback_sign, names_session_flag;
extern const struct names names_subflow_flag, names_tcp_flag;

const char *name_of(const struct names *names, unsigned int value);
int name_value(const struct names *names, const char *name);
const char *name_list(const struct names *names, unsigned int allowed);

#endif
