/* SPDX-License-Identifier: GPL-2.0 */
/* What test_option.c judges the parser by. */
#ifndef OPTION_AID_H
#define OPTION_AID_H

#include "option.h"

#define SEEN_MAX 40

/* What the naive parser saw. */
struct seen {
	unsigned int n;
	bool sealed;
	struct {
		unsigned int off, len, subtype, fault;
	} opt[SEEN_MAX];
};

void naive_parse(const u8 *b, unsigned int len, enum mb_place place, struct seen *seen);
unsigned int naive_fault(const u8 *p, unsigned int len, enum mb_place place);
const char *naive_describe(const u8 *b, unsigned int len, enum mb_place place);
const char *describe(const struct mb_options *opts);
bool inside(const struct mb_options *opts);

#endif
