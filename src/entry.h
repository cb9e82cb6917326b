/* SPDX-License-Identifier: GPL-2.0 */
/* One entry of the table of sites: made, compared, matched. */
#ifndef MB_ENTRY_H
#define MB_ENTRY_H

#include <linux/jiffies.h>
#include "site.h"

#define MB_SITE_MARKS	(MB_SITE_HAS_MARK | MB_SITE_HAS_CTMARK)

int mb_entry_check(const struct mb_site_new *entry,
		   struct netlink_ext_ack *extack);
struct mb_site *mb_entry_alloc(const struct mb_site_new *entry);
unsigned int mb_entry_rank(const struct mb_site *s);
bool mb_entry_refuses(const struct mb_site *s);

bool mb_entry_more_match(const struct mb_site *s,
			 const struct mb_site_query *q);
bool mb_entry_alike(const struct mb_site *s, const struct mb_site_key *key);
bool mb_entry_same_marks(const struct mb_site *s,
			 const struct mb_site_key *key);
bool mb_entry_overlap(const struct mb_site *s, const struct mb_site_key *key);
bool mb_entry_same_orders(const struct mb_site *a, const struct mb_site *b);

static inline bool mb_entry_expired(const struct mb_site *s)
{
	return s->more && s->more->expires &&
	       time_after_eq64(get_jiffies_64(), s->more->expires);
}

/**
 * mb_entry_matches() - does an entry match but for its prefix
 * @s:	entry whose prefix covers the server's address
 * @q:	what is looked up
 */
static inline bool mb_entry_matches(const struct mb_site *s,
				    const struct mb_site_query *q)
{
	if (s->flags & MB_SITE_HAS_PORT && s->port != q->port)
		return false;
	return !s->more || mb_entry_more_match(s, q);
}

#endif
