/* SPDX-License-Identifier: GPL-2.0 */
/* The settings of a policy: one table for parser, printer and netlink. */
#ifndef MBCTL_SETTING_H
#define MBCTL_SETTING_H

#include <linux/mptcp_mb.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "names.h"
#include "out.h"
#include "words.h"

/* What a value without names is */
enum setting_unit {
	SETTING_COUNT,
	SETTING_SECONDS,	/* written as a duration */
	SETTING_BITS,		/* written in hexadecimal */
};

/**
 * struct setting - one key
 * @name:	the key
 * @attr:	MPTCP_MB_SET_...
 * @names:	of its values, or NULL: it is a number
 * @allowed:	bit (1 << value) for each that may be set
 * @unit:	of a number
 * @min:	smallest number
 * @max:	largest number
 */
struct setting {
	const char *name;
	uint16_t attr;
	const struct names *names;
	unsigned int allowed;
	enum setting_unit unit;
	uint32_t min, max;
};

extern const struct setting settings_table[];
extern const unsigned int settings_count;

/**
 * struct settings - values, by attribute
 * @has:	which of @value are there
 * @value:	enum values and numbers
 */
struct settings {
	bool has[MPTCP_MB_SET_MAX + 1];
	uint32_t value[MPTCP_MB_SET_MAX + 1];
};

#define SETTING_STRLEN	16

int settings_parse(struct words *w, struct settings *set, struct err *e);
const char *setting_text(const struct setting *s, uint32_t value,
			 char buf[SETTING_STRLEN]);
void setting_out(struct out *out, const char *key, const struct setting *s,
		 uint32_t value);
const char *setting_attr_name(unsigned int attr);
void settings_put(struct nlmsghdr *nlh, const struct settings *set);
int settings_get(const struct nlattr *nest, struct settings *set);

#endif
