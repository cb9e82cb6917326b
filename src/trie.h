/* SPDX-License-Identifier: GPL-2.0 */
/* Longest prefix match: finds the list of sites that stands at a prefix. Read
 * under RCU, changed under a lock. One trie holds one address family.
 *
 * A node looks at six bits of the address, and nodes begin at bits 0, 6, 12,
 * ... only where two prefixes part. What stands under one of its 64 kids, and
 * the prefixes that end within its six bits, are slots in one array without
 * gaps: bitmaps say which exist, their population counts where. A kid that is
 * a single prefix is that prefix, however long, without a node of its own. So
 * a million sites are four nodes deep, and cost some 20 bytes each for the
 * nodes. Bits that were jumped over are not compared on the way down but once,
 * with the prefix that was found (mb_trie_covers()).
 */
#ifndef MB_TRIE_H
#define MB_TRIE_H

#include <linux/bitops.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include "site.h"

#define MB_TRIE_STRIDE	6
#define MB_TRIE_DEPTH	(128 / MB_TRIE_STRIDE + 1)	/* nodes, one under another */

/**
 * struct mb_trie_node - where prefixes part
 * @kids:	bit by the six bits of the address from @pos on
 * @ends:	bit for a prefix that ends after r < 6 of the six bits, b being
 *		these r bits: (1 << r) + b, so that longer ones are higher and
 *		bit 0 is unused
 * @rcu:	frees it
 * @pos:	bits of the address that stand before, a multiple of six
 * @slot:	a pointer for each bit of @kids, then for each of @ends; at
 *		least two. To a node, or, with the lowest bit set, to the best
 *		site of a prefix; never NULL
 *
 * Bitmaps do not change: a slot more or less is a new node.
 */
struct mb_trie_node {
	u64 kids;
	u64 ends;
	struct rcu_head rcu;
	u8 pos;
	void __rcu *slot[];
};

/**
 * struct mb_trie_bits - an address, to take six bits of at any place
 * @w:	64 bits each, from bit 0, 32, 64 and 96 on; host byte order, zeros
 *	after the end. IPv4 fills and needs the first alone.
 */
struct mb_trie_bits {
	u64 w[4];
};

/**
 * struct mb_trie_path - what was passed on the way down
 * @n:		how many of the others are filled
 * @node:	nodes in which prefixes of the address may end
 * @ends:	which of node->ends do, where nothing was jumped over
 */
struct mb_trie_path {
	unsigned int n;
	const struct mb_trie_node *node[MB_TRIE_DEPTH];
	u64 ends[MB_TRIE_DEPTH];
};

extern const u64 mb_trie_within[1 << MB_TRIE_STRIDE];

static inline bool mb_trie_is_site(const void *p)
{
	return (unsigned long)p & 1;
}

static inline struct mb_site *mb_trie_site(const void *p)
{
	return (struct mb_site *)((unsigned long)p - 1);
}

static inline void *mb_trie_leaf(const struct mb_site *s)
{
	return (void *)((unsigned long)s + 1);
}

static __always_inline void mb_trie_bits_get(struct mb_trie_bits *bits,
					     const __be32 *addr, bool v4)
{
	if (v4) {
		bits->w[0] = (u64)be32_to_cpu(addr[0]) << 32;
		return;
	}
	bits->w[0] = (u64)be32_to_cpu(addr[0]) << 32 | be32_to_cpu(addr[1]);
	bits->w[2] = (u64)be32_to_cpu(addr[2]) << 32 | be32_to_cpu(addr[3]);
	bits->w[1] = bits->w[0] << 32 | bits->w[2] >> 32;
	bits->w[3] = bits->w[2] << 32;
}

/* The six bits from @pos on. */
static __always_inline unsigned int
mb_trie_chunk(const struct mb_trie_bits *bits, unsigned int pos, bool v4)
{
	u64 w = v4 ? bits->w[0] : bits->w[pos / 32];

	return w << (v4 ? pos : pos % 32) >> (64 - MB_TRIE_STRIDE);
}

/**
 * mb_trie_covers() - does an address begin with a site's prefix
 * @s:		site
 * @bits:	address of the same family
 * @v4:		which family
 */
static __always_inline bool mb_trie_covers(const struct mb_site *s,
					   const struct mb_trie_bits *bits,
					   bool v4)
{
	u64 a, b;

	if (v4) {
		a = be32_to_cpu(s->addr[0]) ^ bits->w[0] >> 32;
		return 32 - fls(a) >= s->len;
	}
	a = (u64)be32_to_cpu(s->addr[0]) << 32 | be32_to_cpu(s->addr[1]);
	a ^= bits->w[0];
	if (a)
		return 64 - fls64(a) >= s->len;
	b = (u64)be32_to_cpu(s->addr[2]) << 32 | be32_to_cpu(s->addr[3]);
	return 128 - fls64(b ^ bits->w[2]) >= s->len;
}

/**
 * mb_trie_shorter() - next candidate on a path
 * @path:	filled by mb_trie_longest(); consumed
 *
 * Context: RCU read side.
 * Return: first site of the next shorter prefix that may cover the address
 *	(mb_trie_covers() tells), NULL after the last
 */
static inline struct mb_site *mb_trie_shorter(struct mb_trie_path *path)
{
	const struct mb_trie_node *node;
	unsigned int end, slot;
	u64 *ends;

	if (!path->n)
		return NULL;
	node = path->node[path->n - 1];
	ends = &path->ends[path->n - 1];
	end = fls64(*ends) - 1;
	slot = hweight64(node->kids) + hweight64(node->ends << (63 - end)) - 1;
	*ends ^= 1ULL << end;
	if (!*ends)
		path->n--;
	return mb_trie_site(rcu_dereference(node->slot[slot]));
}

/**
 * mb_trie_longest() - first candidate for an address
 * @root:	the trie
 * @bits:	address
 * @v4:		its family, which is the trie's
 * @path:	out: for mb_trie_shorter()
 *
 * Context: RCU read side.
 * Return: as mb_trie_shorter()
 */
static __always_inline struct mb_site *
mb_trie_longest(void __rcu * const *root, const struct mb_trie_bits *bits,
		bool v4, struct mb_trie_path *path)
{
	const void *p = rcu_dereference(*root);
	const struct mb_trie_node *node;
	unsigned int chunk;
	u64 ends, kids;

	path->n = 0;
	while (p) {
		if (mb_trie_is_site(p))
			return mb_trie_site(p);
		node = p;
		chunk = mb_trie_chunk(bits, node->pos, v4);
		ends = node->ends & mb_trie_within[chunk];
		if (ends) {
			path->node[path->n] = node;
			path->ends[path->n++] = ends;
		}
		/* The kid's own bit is the highest, then those before it. */
		kids = node->kids << (63 - chunk);
		if ((s64)kids >= 0)
			break;
		p = rcu_dereference(node->slot[hweight64(kids) - 1]);
	}
	return mb_trie_shorter(path);
}

struct mb_site *mb_trie_find(void __rcu **root, const struct mb_site_key *key,
			     void __rcu ***slot, struct mutex *lock);
int mb_trie_insert(void __rcu **root, struct mb_site *s, struct mutex *lock);
int mb_trie_remove(void __rcu **root, struct mb_site *s, struct mutex *lock);
void mb_trie_free(void __rcu **root);

#endif
