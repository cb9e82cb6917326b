/* SPDX-License-Identifier: GPL-2.0 */
/* Statements: what changes a policy, from the command line or from a file. */
#ifndef MBCTL_STMT_H
#define MBCTL_STMT_H

#include "entry.h"
#include "nl.h"
#include "setting.h"
#include "words.h"

/**
 * struct stmt - one statement
 * @cmd:	MPTCP_MB_CMD_POLICY_SET, SITE_ADD, SITE_REPLACE or SITE_DEL
 * @file:	where it stands; NULL: on the command line, or in force
 * @line:	in @file, from 1
 * @set:	POLICY_SET
 * @entry:	the others
 */
struct stmt {
	uint8_t cmd;
	const char *file;
	unsigned int line;
	union {
		struct settings set;
		struct entry entry;
	};
};

/**
 * struct stmts - statements in their order
 * @v:		statements, owned
 * @n:		how many
 * @room:	for how many
 * @file:	names of the files they stand in, owned
 * @files:	how many
 */
struct stmts {
	struct stmt *v;
	unsigned int n, room;
	char **file;
	unsigned int files;
};

int stmts_read_policy(struct stmts *list, const char *path, const char *place,
		      struct err *e);
int stmts_read_sites(struct stmts *list, const char *path, struct words *w,
		     struct err *e);
void stmts_free(struct stmts *list);
const char *stmt_place(const struct stmt *s);
struct nlmsghdr *stmt_encode(struct nl *nl, void *buf, const struct stmt *s);

#endif
