/* SPDX-License-Identifier: GPL-2.0 */
/* A table of sites that is slow and plain, to compare the real one with; sites
 * and queries from text and at random.
 */
#ifndef SITE_MODEL_H
#define SITE_MODEL_H

#include "table.h"

#define MODEL_MAX 600

/**
 * struct model_entry - one entry
 * @new:	what it says; its comment is @comment
 * @comment:	empty is none
 * @expires:	jiffies, 0 never
 * @id:		order of arrival
 */
struct model_entry {
	struct mb_site_new new;
	char comment[MPTCP_MB_COMMENT_LEN + 1];
	u64 expires;
	unsigned long id;
};

/**
 * struct model - the table: entries in order of arrival
 * @n:		how many
 * @next_id:	id of the next
 * @e:		expired ones are here until model_expire()
 */
struct model {
	unsigned int n;
	unsigned long next_id;
	struct model_entry e[MODEL_MAX];
};

void model_copy(struct model *to, const struct model *from);
int model_add(struct model *m, const struct mb_site_new *new, bool replace);
int model_del(struct model *m, const struct mb_site_key *key);
unsigned long model_expire(struct model *m);
struct model_entry *model_find(struct model *m, const struct mb_site_key *key);
unsigned int model_matches(struct model *m, const struct mb_site_query *q,
			   struct model_entry **out);
unsigned int model_lacks(struct model *a, struct model *b);
bool model_is(const struct model_entry *e, const struct mb_site *s);
bool model_expired(const struct model_entry *e);
bool model_refuses(const struct model_entry *e);

/* site_world.c */
extern bool world_is_plain;	/* random entries without override and marks */
unsigned int rnd(unsigned int n);
void random_entry(struct mb_site_new *new, char *comment);
void random_query(const struct model *m, struct mb_site_query *q);

void parse_entry(const char *text, struct mb_site_new *new);
void parse_query(const char *text, struct mb_site_query *q);

#endif
