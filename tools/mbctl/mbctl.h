/* SPDX-License-Identifier: GPL-2.0 */
/* mbctl [OPTIONS] OBJECT VERB ...: one file and one table per object. */
#ifndef MBCTL_H
#define MBCTL_H

#include <stdbool.h>

#include "err.h"
#include "nl.h"
#include "out.h"
#include "words.h"

/**
 * struct ctx - one run of mbctl
 * @out:	the answer's form
 * @netns:	name of the network namespace, or NULL: the one mbctl runs in
 * @nl:		socket, open once ctx_nl() succeeded
 * @err:	filled by whatever returns -1
 */
struct ctx {
	struct out out;
	const char *netns;
	struct nl nl;
	struct err err;
};

/**
 * struct verb - what can be done with an object
 * @name:	full word
 * @synopsis:	what follows it
 * @brief:	in a few words
 * @help:	the rest of what there is to say, lines; or NULL
 * @run:	does it; takes all words; 0 or -1
 */
struct verb {
	const char *name;
	const char *synopsis;
	const char *brief;
	const char *help;
	int (*run)(struct ctx *ctx, struct words *w);
};

/**
 * struct object - what can be controlled
 * @name:	full word
 * @brief:	in a few words
 * @help:	lines that go for all verbs, or NULL
 * @verbs:	the first one is show, list and ls, and stands for no word, too
 * @n:		how many
 * @bare:	the words behind it are those of its only verb
 */
struct object {
	const char *name;
	const char *brief;
	const char *help;
	const struct verb *verbs;
	unsigned int n;
	bool bare;
};

extern const struct object object_status, object_policy, object_site;
extern const struct object object_session, object_stats, object_monitor;
extern const struct object object_refused;

extern const struct object *const objects[];
extern const unsigned int objects_count;

int ctx_enter(struct ctx *ctx);
int ctx_nl(struct ctx *ctx);

int run_object(struct ctx *ctx, const char *name, struct words *w);
int run_help(struct ctx *ctx, struct words *w);
const char *object_list(void);
void help_all(void);
void help_object(const struct object *object);
void help_verb(const struct object *object, const struct verb *verb);

#endif
