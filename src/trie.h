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
#include <linux/string.h>
#include <linux/types.h>
#include "site.h"

#define MB_TRIE_STRIDE	6
#define MB_TRIE_DEPTH	(128 / MB_TRIE_STRIDE + 1)	/* nodes, one under another */

/**
 * struct mb_trie_node - where prefixes part
 * @kids:	bit (63 - b) for kid b, b being the six bits of the address from
 *		@pos on
 * @ends:	bit for a prefix that ends after r < 6 of the six bits, b being
 *		these r bits: (1 << r) + b, so that longer ones are higher and
 *		bit 0 is unused
 * @rcu:	frees it
 * @pos:	bits of the address that stand before, a multiple of six
 * @byte:	where in the address 8 bytes can be read that hold the six bits
 * @shift:	bits of these bytes that stand before
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
	u8 byte;
	u8 shift;
	void __rcu *slot[];
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

/* Eight bytes of an address, from @byte on, for bits to be counted from its
 * highest. Of an IPv4 address there are four.
 */
static __always_inline u64 mb_trie_bits(const __be32 *addr, unsigned int byte,
					bool v4)
{
	__be64 bits;

	if (v4)
		return (u64)be32_to_cpu(*addr) << 32;
	memcpy(&bits, (const u8 *)addr + byte, sizeof(bits));
	return be64_to_cpu(bits);
}

/* The six bits that a node looks at. */
static __always_inline unsigned int
mb_trie_chunk(const struct mb_trie_node *node, const __be32 *addr, bool v4)
{
	return mb_trie_bits(addr, node->byte, v4) <<
	       (v4 ? node->pos : node->shift) >> (64 - MB_TRIE_STRIDE);
}

/* How many leading bits two addresses share; all of IPv4's 32, and more, is 64. */
static __always_inline unsigned int
mb_trie_common(const __be32 *a, const __be32 *b, bool v4)
{
	u64 differ = mb_trie_bits(a, 0, v4) ^ mb_trie_bits(b, 0, v4);

	if (v4 || differ)
		return 64 - fls64(differ);
	return 128 - fls64(mb_trie_bits(a, 8, v4) ^ mb_trie_bits(b, 8, v4));
}

/* Does an address, of the same family, begin with a site's prefix? */
static __always_inline bool mb_trie_covers(const struct mb_site *s,
					   const __be32 *addr, bool v4)
{
	return mb_trie_common(s->addr, addr, v4) >= s->len;
}

/* The slot of an end that a node has. */
static __always_inline void __rcu * const *
mb_trie_end_slot(const struct mb_trie_node *node, unsigned int end)
{
	return &node->slot[hweight64(node->kids) +
			   hweight64(node->ends << (63 - end)) - 1];
}

/* Follows a node to the kid that an address goes to, NULL without one. The
 * kid's own bit is made the highest; those of the kids before it went out.
 */
static __always_inline const void *
mb_trie_kid(const struct mb_trie_node *node, unsigned int chunk)
{
	u64 kids = node->kids << chunk;

	if ((s64)kids >= 0)
		return NULL;
	return rcu_dereference(node->slot[hweight64(kids) - 1]);
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
	unsigned int end;
	u64 *ends;

	if (!path->n)
		return NULL;
	node = path->node[path->n - 1];
	ends = &path->ends[path->n - 1];
	end = fls64(*ends) - 1;
	*ends ^= BIT_ULL(end);
	if (!*ends)
		path->n--;
	return mb_trie_site(rcu_dereference(*mb_trie_end_slot(node, end)));
}

/**
 * mb_trie_longest() - first candidate for an address
 * @root:	the trie
 * @addr:	address, network byte order
 * @v4:		its family, which is the trie's
 * @path:	out: for mb_trie_shorter()
 *
 * Context: RCU read side.
 * Return: as mb_trie_shorter()
 */
static __always_inline struct mb_site *
mb_trie_longest(void __rcu * const *root, const __be32 *addr, bool v4,
		struct mb_trie_path *path)
{
	const void *p = rcu_dereference(*root);
	const struct mb_trie_node *node;
	unsigned int chunk;
	u64 ends;

	path->n = 0;
	while (p) {
		if (mb_trie_is_site(p))
			return mb_trie_site(p);
		node = p;
		chunk = mb_trie_chunk(node, addr, v4);
		ends = node->ends & mb_trie_within[chunk];
		if (ends) {
			path->node[path->n] = node;
			path->ends[path->n++] = ends;
		}
		p = mb_trie_kid(node, chunk);
	}
	return mb_trie_shorter(path);
}

struct mb_site *mb_trie_find(void __rcu **root, const struct mb_site_key *key,
			     void __rcu ***slot, struct mutex *lock);
int mb_trie_insert(void __rcu **root, struct mb_site *s, struct mutex *lock);
int mb_trie_remove(void __rcu **root, struct mb_site *s, struct mutex *lock);
void mb_trie_free(void __rcu **root);

#endif
