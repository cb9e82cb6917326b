/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions, subflows and refusals as the kernel tells them. */
#ifndef MBCTL_SESSION_NL_H
#define MBCTL_SESSION_NL_H

#include <linux/mptcp_mb.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "nl.h"
#include "words.h"

/**
 * struct endpoint - an address and a port
 * @addr:	all bits long; AF_UNSPEC: not told
 * @port:	host byte order
 */
struct endpoint {
	struct prefix addr;
	uint16_t port;
};

#define ENDPOINT_STRLEN	(PREFIX_STRLEN + 8)

/**
 * struct direction - what one side sent on a subflow
 * @has:	which of @n are there
 * @n:		numbers, by attribute
 */
struct direction {
	bool has[MPTCP_MB_DIR_MAX + 1];
	uint64_t n[MPTCP_MB_DIR_MAX + 1];
};

/**
 * struct subflow - a subflow
 * @has:	which of @n are there
 * @n:		numbers, by attribute
 * @end:	its ends, by enum mptcp_mb_side
 * @from:	what each side sent, by enum mptcp_mb_side
 */
struct subflow {
	bool has[MPTCP_MB_SUBFLOW_MAX + 1];
	uint64_t n[MPTCP_MB_SUBFLOW_MAX + 1];
	struct endpoint end[2];
	struct direction from[2];
};

/**
 * struct matched - the entry that decided
 * @entry:	there was one; else the default
 * @prefix:	its servers
 */
struct matched {
	bool entry;
	struct prefix prefix;
};

/**
 * struct session - a session
 * @has:	which of @n are there
 * @n:		numbers, by attribute
 * @end:	ends of the initial subflow, by enum mptcp_mb_side
 * @site:	what its start matched
 * @subflow:	owned
 * @subflows:	how many
 */
struct session {
	bool has[MPTCP_MB_SESSION_MAX + 1];
	uint64_t n[MPTCP_MB_SESSION_MAX + 1];
	struct endpoint end[2];
	struct matched site;
	struct subflow *subflow;
	unsigned int subflows;
};

/**
 * struct refusal - a segment that was refused
 * @has:	which of @n are there
 * @n:		numbers, by attribute
 * @src:	where it came from
 * @dst:	where it was to go
 * @site:	what decided
 */
struct refusal {
	bool has[MPTCP_MB_REFUSAL_MAX + 1];
	uint64_t n[MPTCP_MB_REFUSAL_MAX + 1];
	struct endpoint src, dst;
	struct matched site;
};

/**
 * struct sessions - some of them
 * @v:		in the order of their ids, owned
 * @n:		how many
 * @room:	for how many
 */
struct sessions {
	struct session *v;
	unsigned long n, room;
};

static inline uint32_t session_id(const struct session *s)
{
	return s->n[MPTCP_MB_SESSION_ID];
}

static inline bool session_flagged(const struct session *s, uint32_t flag)
{
	return s->n[MPTCP_MB_SESSION_FLAGS] & flag;
}

int session_get(const struct nlattr *nest, struct session *s);
void session_free(struct session *s);
int subflow_get(const struct nlattr *nest, struct subflow *sub);
int refusal_get(const struct nlattr *nest, struct refusal *r);
const char *endpoint_text(const struct endpoint *end, char buf[ENDPOINT_STRLEN]);
const char *matched_text(const struct matched *site, char buf[PREFIX_STRLEN]);

struct filter;

int sessions_add(struct sessions *list, const struct nlattr *nest,
		 const struct filter *filter);
void sessions_free(struct sessions *list);
int live_sessions(struct nl *nl, const char *place, const struct filter *filter,
		  struct sessions *list, struct err *e);
int live_session(struct nl *nl, const char *place, uint32_t id,
		 struct session *s, struct err *e);

#endif
