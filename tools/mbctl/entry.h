/* SPDX-License-Identifier: GPL-2.0 */
/* A site entry: its words, its netlink attributes. */
#ifndef MBCTL_ENTRY_H
#define MBCTL_ENTRY_H

#include <linux/mptcp_mb.h>
#include <libmnl/libmnl.h>

#include "words.h"

/* Parts of an entry; which of them were given, or may be. */
enum {
	ENTRY_FROM	= 0x001,
	ENTRY_PORT	= 0x002,
	ENTRY_MARK	= 0x004,
	ENTRY_CTMARK	= 0x008,
	ENTRY_OVERRIDE	= 0x010,
	ENTRY_ACTION	= 0x020,
	ENTRY_JOIN	= 0x040,
	ENTRY_FALLBACK	= 0x080,
	ENTRY_TIMEOUT	= 0x100,
	ENTRY_COMMENT	= 0x200,

	/* what tells one entry from another, what a segment has, all */
	ENTRY_KEY	= 0x01f,
	ENTRY_QUERY	= 0x00f,
	ENTRY_WHOLE	= 0x3ff,
};

/**
 * struct entry - a site entry
 * @to:		the site
 * @from:	the client's prefix
 * @has:	ENTRY_...: which of the following were given
 * @mark:	packet mark
 * @mark_mask:	its bits that count
 * @ctmark:	conntrack mark
 * @ctmark_mask: its bits that count
 * @timeout:	seconds, or seconds left
 * @port:	the server's, host byte order
 * @action:	MPTCP_MB_ACTION_...
 * @join:	MPTCP_MB_VERDICT_...
 * @fallback:	MPTCP_MB_VERDICT_...
 * @comment:	owned, or NULL
 * @hits:	segments that it decided
 * @last_hit:	seconds since the epoch, 0 never
 */
struct entry {
	struct prefix to, from;
	unsigned int has;
	uint32_t mark, mark_mask;
	uint32_t ctmark, ctmark_mask;
	uint32_t timeout;
	uint16_t port;
	uint8_t action, join, fallback;
	char *comment;
	uint64_t hits, last_hit;
};

int entry_parse(struct words *w, struct entry *entry, unsigned int may,
		struct err *e);
int entry_parse_rest(struct words *w, struct entry *entry, unsigned int may,
		     struct err *e);
int entry_check(const char *place, const struct entry *entry, struct err *e);
int entry_parse_query(struct words *w, struct entry *entry, struct err *e);
void entry_free(struct entry *entry);
char *entry_text(const struct entry *entry);
const char *mark_text(uint32_t mark, uint32_t mask, char buf[24]);
int entry_clash(const struct entry *a, const struct entry *b);

void entry_put(struct nlmsghdr *nlh, const struct entry *entry, bool query);
int entry_get(const struct nlattr *nest, struct entry *entry);
const char *entry_attr_name(unsigned int attr);

#endif
