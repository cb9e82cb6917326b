/* SPDX-License-Identifier: GPL-2.0 */
/* Words from the command line or from a line of a file, and what single words
 * can be: numbers, prefixes, marks, durations.
 */
#ifndef MBCTL_WORDS_H
#define MBCTL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

#define DURATION_MAX	2147483U	/* seconds */

/**
 * struct words - what is left to read
 * @v:		the words
 * @n:		how many
 * @place:	of the statement, for errors: "site add" or FILE:LINE
 */
struct words {
	char *const *v;
	unsigned int n;
	const char *place;
};

static inline const char *words_peek(const struct words *w)
{
	return w->n ? w->v[0] : NULL;
}

const char *words_next(struct words *w);
const char *words_value(struct words *w, const char *key, const char *wanted,
			struct err *e);
int words_end(const struct words *w, struct err *e);

/**
 * struct prefix - addresses
 * @family:	AF_INET, AF_INET6, or AF_UNSPEC: any of both
 * @len:	bits
 * @addr:	network byte order; IPv4 in the first 4 bytes
 */
struct prefix {
	uint8_t family;
	uint8_t len;
	uint8_t addr[16];
};

/* INET6_ADDRSTRLEN and a length */
#define PREFIX_STRLEN	(46 + 4)

unsigned int prefix_bits(const struct prefix *p);
const char *prefix_text(const struct prefix *p, char buf[PREFIX_STRLEN]);

int parse_number(const char *word, bool hex, uint64_t max, uint64_t *out);
int parse_prefix(const char *place, const char *word, struct prefix *p,
		 struct err *e);
int parse_address(const char *place, const char *word, struct prefix *p,
		  struct err *e);
int parse_port(const char *place, const char *word, uint16_t *port,
	       struct err *e);
int parse_mark(const char *place, const char *key, const char *word,
	       bool may_mask, uint32_t *mark, uint32_t *mask, struct err *e);
int parse_duration(const char *place, const char *key, const char *word,
		   uint32_t min, uint32_t *seconds, struct err *e);
const char *duration_text(uint32_t seconds);

#endif
