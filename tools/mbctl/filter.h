/* SPDX-License-Identifier: GPL-2.0 */
/* Which sessions: [id N] [token T] [site P] [client P] [state S] [age >D] [denied]. */
#ifndef MBCTL_FILTER_H
#define MBCTL_FILTER_H

#include <time.h>

#include "session_nl.h"
#include "words.h"

enum {
	FILTER_ID	= 0x01,
	FILTER_TOKEN	= 0x02,
	FILTER_SITE	= 0x04,
	FILTER_CLIENT	= 0x08,
	FILTER_STATE	= 0x10,
	FILTER_AGE	= 0x20,
	FILTER_DENIED	= 0x40,
	FILTER_ALL	= 0x80,
};

#define FILTER_SYNOPSIS							\
	"[id N] [token T] [site P] [client P] [state S] [age >D] [denied]"

/**
 * struct filter - what must be true of a session
 * @has:	FILTER_...: what of the following counts
 * @id:		its id
 * @token:	one of its two tokens
 * @site:	holds its server's address
 * @client:	holds its client's address
 * @state:	MPTCP_MB_SESSION_STATE_...
 * @older:	it is older than @age, else younger
 * @age:	seconds
 * @now:	seconds since the epoch
 */
struct filter {
	unsigned int has;
	uint32_t id, token;
	struct prefix site, client;
	uint8_t state;
	bool older;
	uint32_t age;
	time_t now;
};

int filter_parse(struct words *w, struct filter *filter, struct err *e);
bool filter_match(const struct filter *filter, const struct session *s);
uint64_t session_age(const struct session *s, time_t now);

#endif
