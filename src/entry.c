// SPDX-License-Identifier: GPL-2.0
/* One entry of the table of sites. See entry.h. */

#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "entry.h"

/* Whether an address begins with a prefix. */
static bool begins_with(const struct in6_addr *addr,
			const struct in6_addr *prefix, unsigned int len)
{
	unsigned int i = len / 32;

	if (memcmp(addr, prefix, i * 4))
		return false;
	return !(len % 32) ||
	       !((addr->s6_addr32[i] ^ prefix->s6_addr32[i]) &
		 htonl(~0U << (32 - len % 32)));
}

/* Whether all bits after a prefix are zero. */
static bool ends_after(const struct in6_addr *addr, unsigned int len)
{
	unsigned int i = len / 32;

	if (len % 32 && addr->s6_addr32[i++] & htonl(~0U >> len % 32))
		return false;
	for (; i < 4; i++)
		if (addr->s6_addr32[i])
			return false;
	return true;
}

static int check_prefix(const struct in6_addr *addr, u8 family, u8 len,
			struct netlink_ext_ack *extack)
{
	if (family != AF_INET && family != AF_INET6) {
		NL_SET_ERR_MSG(extack, "address is neither IPv4 nor IPv6");
		return -EINVAL;
	}
	if (len > (family == AF_INET ? 32 : 128)) {
		NL_SET_ERR_MSG(extack,
			       "prefix is longer than an address: at most 32 (IPv4) or 128 (IPv6)");
		return -EINVAL;
	}
	if (!ends_after(addr, len)) {
		NL_SET_ERR_MSG(extack,
			       "address has bits set after its prefix: clear them or make the prefix longer");
		return -EINVAL;
	}
	return 0;
}

static int check_from(const struct mb_site_key *key,
		      struct netlink_ext_ack *extack)
{
	if (!(key->flags & MB_SITE_FROM))
		return 0;
	if (key->family != AF_UNSPEC && key->from_family != key->family) {
		NL_SET_ERR_MSG(extack, "from is not of the site's address family");
		return -EINVAL;
	}
	return check_prefix(&key->from, key->from_family, key->from_len, extack);
}

static int check_mark(bool has, u32 mark, u32 mask,
		      struct netlink_ext_ack *extack)
{
	if (has && !mask) {
		NL_SET_ERR_MSG(extack,
			       "mark mask is 0: it would match every mark, leave it out");
		return -EINVAL;
	}
	if (mark & ~mask) {
		NL_SET_ERR_MSG(extack,
			       "mark has bits outside its mask: it would never match");
		return -EINVAL;
	}
	return 0;
}

/**
 * mb_entry_check() - is this an entry that a table can hold
 * @entry:	what was asked for
 * @extack:	what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mb_entry_check(const struct mb_site_new *entry,
		   struct netlink_ext_ack *extack)
{
	const struct mb_site_key *key = &entry->key;
	int err = 0;

	if (key->family != AF_UNSPEC)
		err = check_prefix(&key->addr, key->family, key->len, extack);
	if (!err)
		err = check_from(key, extack);
	if (!err)
		err = check_mark(key->flags & MB_SITE_HAS_MARK, key->mark,
				 key->mark_mask, extack);
	if (!err)
		err = check_mark(key->flags & MB_SITE_HAS_CTMARK, key->ctmark,
				 key->ctmark_mask, extack);
	if (!err && key->flags & MB_SITE_HAS_PORT && !key->port) {
		NL_SET_ERR_MSG(extack, "port 0 is no port: 1 to 65535, or none");
		err = -EINVAL;
	}
	if (!err && entry->comment &&
	    strlen(entry->comment) > MPTCP_MB_COMMENT_LEN) {
		NL_SET_ERR_MSG(extack, "comment is longer than 63 bytes");
		err = -EINVAL;
	}
	return err;
}

static unsigned int addr_len(u8 family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

static void fill_more(struct mb_site_more *more,
		      const struct mb_site_new *entry)
{
	const struct mb_site_key *key = &entry->key;

	if (entry->timeout)
		more->expires = get_jiffies_64() + (u64)entry->timeout * HZ;
	more->from = key->from;
	more->from_family = key->from_family;
	more->from_len = key->from_len;
	more->mark = key->mark;
	more->mark_mask = key->mark_mask;
	more->ctmark = key->ctmark;
	more->ctmark_mask = key->ctmark_mask;
	if (entry->comment)
		memcpy(more->comment, entry->comment, strlen(entry->comment));
}

/**
 * mb_entry_alloc() - make an entry, in no table yet
 * @entry:	what was asked for, checked
 *
 * Context: may sleep.
 * Return: the entry, freed by kfree() or kfree_rcu(); NULL without memory
 */
struct mb_site *mb_entry_alloc(const struct mb_site_new *entry)
{
	const struct mb_site_key *key = &entry->key;
	size_t size, more = 0;
	struct mb_site *s;

	size = offsetof(struct mb_site, addr) + addr_len(key->family);
	size = max(size, sizeof(*s));
	if (key->flags & (MB_SITE_FROM | MB_SITE_MARKS) || entry->timeout ||
	    entry->comment) {
		more = ALIGN(size, __alignof__(struct mb_site_more));
		size = more + sizeof(struct mb_site_more) + 1;
		if (entry->comment)
			size += strlen(entry->comment);
	}
	s = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!s)
		return NULL;
	s->action = entry->action;
	s->join = entry->join;
	s->fallback = entry->fallback;
	s->flags = key->flags;
	s->port = key->port;
	s->family = key->family;
	s->len = key->len;
	memcpy(s->addr, &key->addr, addr_len(key->family));
	if (more) {
		s->more = (void *)s + more;
		s->more->back = more;
		fill_more(s->more, entry);
	}
	return s;
}

/**
 * mb_site_key_get() - what makes an entry the one it is
 * @s:		entry
 * @key:	out
 */
void mb_site_key_get(const struct mb_site *s, struct mb_site_key *key)
{
	memset(key, 0, sizeof(*key));
	memcpy(&key->addr, s->addr, addr_len(s->family));
	key->family = s->family;
	key->len = s->len;
	key->flags = s->flags;
	key->port = s->port;
	if (!s->more)
		return;
	key->from = s->more->from;
	key->from_family = s->more->from_family;
	key->from_len = s->more->from_len;
	key->mark = s->more->mark;
	key->mark_mask = s->more->mark_mask;
	key->ctmark = s->more->ctmark;
	key->ctmark_mask = s->more->ctmark_mask;
}

/**
 * mb_entry_rank() - which of two matching entries of one prefix and class wins
 * @s:	entry
 *
 * Return: the higher one wins; from, the longer the better, beats port beats
 *	ctmark beats mark
 */
unsigned int mb_entry_rank(const struct mb_site *s)
{
	unsigned int rank = 0;

	if (s->flags & MB_SITE_FROM)
		rank = (s->more->from_len + 1) * 8;
	if (s->flags & MB_SITE_HAS_PORT)
		rank += 4;
	if (s->flags & MB_SITE_HAS_CTMARK)
		rank += 2;
	if (s->flags & MB_SITE_HAS_MARK)
		rank += 1;
	return rank;
}

/* Whether any segment could be refused because of this entry. */
bool mb_entry_refuses(const struct mb_site *s)
{
	return s->action == MPTCP_MB_ACTION_DENY ||
	       (s->join != MB_SITE_INHERIT &&
		s->join != MPTCP_MB_VERDICT_ACCEPT);
}

/* The part of mb_entry_matches() that few entries need. */
bool mb_entry_more_match(const struct mb_site *s,
			 const struct mb_site_query *q)
{
	const struct mb_site_more *m = s->more;

	if ((q->mark ^ m->mark) & m->mark_mask)
		return false;
	if (s->flags & MB_SITE_HAS_CTMARK &&
	    (!q->ct_known || (q->ctmark ^ m->ctmark) & m->ctmark_mask))
		return false;
	if (s->flags & MB_SITE_FROM &&
	    (!q->client_known || q->family != m->from_family ||
	     !begins_with(&q->client, &m->from, m->from_len)))
		return false;
	return !mb_entry_expired(s);
}

/**
 * mb_entry_alike() - do an entry and a key differ at most in marks
 * @s:		entry
 * @key:	key of the same prefix
 */
bool mb_entry_alike(const struct mb_site *s, const struct mb_site_key *key)
{
	if (s->flags != key->flags || s->port != key->port)
		return false;
	return !(key->flags & MB_SITE_FROM) ||
	       (s->more->from_len == key->from_len &&
		s->more->from_family == key->from_family &&
		!memcmp(&s->more->from, &key->from, sizeof(key->from)));
}

/* Of an entry and a key that are alike: are they the same? */
bool mb_entry_same_marks(const struct mb_site *s,
			 const struct mb_site_key *key)
{
	return !(key->flags & MB_SITE_MARKS) ||
	       (s->more->mark == key->mark &&
		s->more->mark_mask == key->mark_mask &&
		s->more->ctmark == key->ctmark &&
		s->more->ctmark_mask == key->ctmark_mask);
}

/* Of an entry and a key with marks that are alike: is there a segment that
 * both match?
 */
bool mb_entry_overlap(const struct mb_site *s, const struct mb_site_key *key)
{
	const struct mb_site_more *m = s->more;

	return !((m->mark ^ key->mark) & m->mark_mask & key->mark_mask) &&
	       !((m->ctmark ^ key->ctmark) & m->ctmark_mask & key->ctmark_mask);
}

/* Of entries with the same key: do they say the same? */
bool mb_entry_same_orders(const struct mb_site *a, const struct mb_site *b)
{
	const char *ca = mb_site_comment(a) ?: "";
	const char *cb = mb_site_comment(b) ?: "";

	return a->action == b->action && a->join == b->join &&
	       a->fallback == b->fallback && !strcmp(ca, cb) &&
	       !mb_site_expires(a) == !mb_site_expires(b);
}
