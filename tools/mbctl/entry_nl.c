// SPDX-License-Identifier: GPL-2.0
/* A site entry as netlink attributes. */
#include <string.h>

#include "entry.h"
#include "nl.h"
#include "text.h"
#include "util.h"

static void put_prefix(struct nlmsghdr *nlh, const struct prefix *p,
		       uint16_t addr, uint16_t len)
{
	mnl_attr_put(nlh, addr, prefix_bits(p) / 8, p->addr);
	mnl_attr_put_u8(nlh, len, p->len);
}

/**
 * entry_put() - an entry into a message
 * @nlh:	request
 * @entry:	entry, or the key of one
 * @query:	it describes a segment, which has no masks
 */
void entry_put(struct nlmsghdr *nlh, const struct entry *entry, bool query)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MPTCP_MB_A_SITE);
	const unsigned int has = entry->has;

	if (entry->to.family)
		put_prefix(nlh, &entry->to, MPTCP_MB_SITE_ADDRESS,
			   MPTCP_MB_SITE_PREFIX_LEN);
	if (has & ENTRY_FROM)
		put_prefix(nlh, &entry->from, MPTCP_MB_SITE_FROM_ADDRESS,
			   MPTCP_MB_SITE_FROM_PREFIX_LEN);
	if (has & ENTRY_PORT)
		mnl_attr_put_u16(nlh, MPTCP_MB_SITE_PORT, entry->port);
	if (has & ENTRY_MARK)
		mnl_attr_put_u32(nlh, MPTCP_MB_SITE_MARK, entry->mark);
	if (has & ENTRY_MARK && !query)
		mnl_attr_put_u32(nlh, MPTCP_MB_SITE_MARK_MASK, entry->mark_mask);
	if (has & ENTRY_CTMARK)
		mnl_attr_put_u32(nlh, MPTCP_MB_SITE_CTMARK, entry->ctmark);
	if (has & ENTRY_CTMARK && !query)
		mnl_attr_put_u32(nlh, MPTCP_MB_SITE_CTMARK_MASK,
				 entry->ctmark_mask);
	if (has & ENTRY_OVERRIDE)
		mnl_attr_put(nlh, MPTCP_MB_SITE_OVERRIDE, 0, NULL);
	if (has & ENTRY_ACTION)
		mnl_attr_put_u8(nlh, MPTCP_MB_SITE_ACTION, entry->action);
	if (has & ENTRY_JOIN)
		mnl_attr_put_u8(nlh, MPTCP_MB_SITE_JOIN, entry->join);
	if (has & ENTRY_FALLBACK)
		mnl_attr_put_u8(nlh, MPTCP_MB_SITE_FALLBACK, entry->fallback);
	if (has & ENTRY_TIMEOUT)
		mnl_attr_put_u32(nlh, MPTCP_MB_SITE_TIMEOUT, entry->timeout);
	if (has & ENTRY_COMMENT)
		mnl_attr_put_strz(nlh, MPTCP_MB_SITE_COMMENT, entry->comment);
	mnl_attr_nest_end(nlh, nest);
}

static int get_prefix(const struct nlattr *addr, const struct nlattr *len,
		      struct prefix *p)
{
	uint64_t bits;

	if (nl_address(addr, p))
		return -1;
	if (!addr)
		return 0;
	bits = prefix_bits(p);
	if (len && (nl_uint(len, &bits) || bits > prefix_bits(p)))
		return -1;
	p->len = bits;
	return 0;
}

/* Attributes that are numbers, and the part of an entry that they make. */
static const struct {
	uint16_t attr;
	uint16_t part;
} numbers[] = {
	{ MPTCP_MB_SITE_PORT, ENTRY_PORT },
	{ MPTCP_MB_SITE_MARK, ENTRY_MARK },
	{ MPTCP_MB_SITE_MARK_MASK, ENTRY_MARK },
	{ MPTCP_MB_SITE_CTMARK, ENTRY_CTMARK },
	{ MPTCP_MB_SITE_CTMARK_MASK, ENTRY_CTMARK },
	{ MPTCP_MB_SITE_ACTION, ENTRY_ACTION },
	{ MPTCP_MB_SITE_JOIN, ENTRY_JOIN },
	{ MPTCP_MB_SITE_FALLBACK, ENTRY_FALLBACK },
	{ MPTCP_MB_SITE_TIMEOUT, ENTRY_TIMEOUT },
	{ MPTCP_MB_SITE_HITS, 0 },
	{ MPTCP_MB_SITE_LAST_HIT, 0 },
};

static int get_numbers(const struct nlattr **tb, struct entry *entry)
{
	uint64_t n[MPTCP_MB_SITE_MAX + 1] = {
		[MPTCP_MB_SITE_MARK_MASK] = 0xffffffffU,
		[MPTCP_MB_SITE_CTMARK_MASK] = 0xffffffffU,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		const unsigned int attr = numbers[i].attr;

		if (!tb[attr])
			continue;
		if (nl_uint(tb[attr], &n[attr]))
			return -1;
		entry->has |= numbers[i].part;
	}
	entry->port = n[MPTCP_MB_SITE_PORT];
	entry->mark = n[MPTCP_MB_SITE_MARK];
	entry->mark_mask = n[MPTCP_MB_SITE_MARK_MASK];
	entry->ctmark = n[MPTCP_MB_SITE_CTMARK];
	entry->ctmark_mask = n[MPTCP_MB_SITE_CTMARK_MASK];
	entry->action = n[MPTCP_MB_SITE_ACTION];
	entry->join = n[MPTCP_MB_SITE_JOIN];
	entry->fallback = n[MPTCP_MB_SITE_FALLBACK];
	entry->timeout = n[MPTCP_MB_SITE_TIMEOUT];
	entry->hits = n[MPTCP_MB_SITE_HITS];
	entry->last_hit = n[MPTCP_MB_SITE_LAST_HIT];
	return 0;
}

/**
 * entry_get() - an entry out of a message
 * @nest:	MPTCP_MB_A_SITE or MPTCP_MB_A_BEATEN
 * @entry:	filled
 *
 * Return: 0, or -1: an attribute has not the length of its type; entry_free()
 * in either case
 */
int entry_get(const struct nlattr *nest, struct entry *entry)
{
	const struct nlattr *tb[MPTCP_MB_SITE_MAX + 1];

	memset(entry, 0, sizeof(*entry));
	nl_parse_nested(nest, tb, MPTCP_MB_SITE_MAX);
	if (get_prefix(tb[MPTCP_MB_SITE_ADDRESS], tb[MPTCP_MB_SITE_PREFIX_LEN],
		       &entry->to) ||
	    get_prefix(tb[MPTCP_MB_SITE_FROM_ADDRESS],
		       tb[MPTCP_MB_SITE_FROM_PREFIX_LEN], &entry->from))
		return -1;
	if (get_numbers(tb, entry))
		return -1;
	if (entry->from.family)
		entry->has |= ENTRY_FROM;
	if (tb[MPTCP_MB_SITE_OVERRIDE])
		entry->has |= ENTRY_OVERRIDE;
	if (tb[MPTCP_MB_SITE_COMMENT]) {
		entry->comment = nl_string(tb[MPTCP_MB_SITE_COMMENT]);
		entry->has |= ENTRY_COMMENT;
	}
	return 0;
}

/* What makes an entry the one it is, bit for bit */
struct key {
	struct prefix to, from;
	uint32_t has, port;
	uint32_t mark, mark_mask;
	uint32_t ctmark, ctmark_mask;
};

static void key_of(const struct entry *entry, struct key *key)
{
	memset(key, 0, sizeof(*key));
	key->to = entry->to;
	key->has = entry->has & ENTRY_KEY;
	if (key->has & ENTRY_FROM)
		key->from = entry->from;
	if (key->has & ENTRY_PORT)
		key->port = entry->port;
	if (key->has & ENTRY_MARK) {
		key->mark = entry->mark;
		key->mark_mask = entry->mark_mask;
	}
	if (key->has & ENTRY_CTMARK) {
		key->ctmark = entry->ctmark;
		key->ctmark_mask = entry->ctmark_mask;
	}
}

/**
 * entry_clash() - whether a policy can hold both
 * @a:	entry
 * @b:	entry
 *
 * Return: 0; 1: they are the same entry; 2: their masks overlap, and nothing
 * else tells them apart
 */
int entry_clash(const struct entry *a, const struct entry *b)
{
	struct key ka, kb;

	key_of(a, &ka);
	key_of(b, &kb);
	if (!memcmp(&ka, &kb, sizeof(ka)))
		return 1;
	if ((ka.mark ^ kb.mark) & ka.mark_mask & kb.mark_mask ||
	    (ka.ctmark ^ kb.ctmark) & ka.ctmark_mask & kb.ctmark_mask)
		return 0;
	kb.mark = ka.mark;
	kb.mark_mask = ka.mark_mask;
	kb.ctmark = ka.ctmark;
	kb.ctmark_mask = ka.ctmark_mask;
	return memcmp(&ka, &kb, sizeof(ka)) ? 0 : 2;
}
