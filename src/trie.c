// SPDX-License-Identifier: GPL-2.0
/* Longest prefix match: changes, and the exact match. See trie.h. */

#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "trie.h"

#define PLACE_ENDS	64	/* places: 64 kids, then 64 ends, as in the bitmaps */

/* For each value of six bits, the ends that an address with these bits passes:
 * with c = 64 + value, the bits c >> 1 to c >> 6.
 */
const u64 mb_trie_within[1 << MB_TRIE_STRIDE] = {
	0x0000000100010116, 0x0000000100010116, 0x0000000200010116,
	0x0000000200010116, 0x0000000400020116, 0x0000000400020116,
	0x0000000800020116, 0x0000000800020116, 0x0000001000040216,
	0x0000001000040216, 0x0000002000040216, 0x0000002000040216,
	0x0000004000080216, 0x0000004000080216, 0x0000008000080216,
	0x0000008000080216, 0x0000010000100426, 0x0000010000100426,
	0x0000020000100426, 0x0000020000100426, 0x0000040000200426,
	0x0000040000200426, 0x0000080000200426, 0x0000080000200426,
	0x0000100000400826, 0x0000100000400826, 0x0000200000400826,
	0x0000200000400826, 0x0000400000800826, 0x0000400000800826,
	0x0000800000800826, 0x0000800000800826, 0x000100000100104a,
	0x000100000100104a, 0x000200000100104a, 0x000200000100104a,
	0x000400000200104a, 0x000400000200104a, 0x000800000200104a,
	0x000800000200104a, 0x001000000400204a, 0x001000000400204a,
	0x002000000400204a, 0x002000000400204a, 0x004000000800204a,
	0x004000000800204a, 0x008000000800204a, 0x008000000800204a,
	0x010000001000408a, 0x010000001000408a, 0x020000001000408a,
	0x020000001000408a, 0x040000002000408a, 0x040000002000408a,
	0x080000002000408a, 0x080000002000408a, 0x100000004000808a,
	0x100000004000808a, 0x200000004000808a, 0x200000004000808a,
	0x400000008000808a, 0x400000008000808a, 0x800000008000808a,
	0x800000008000808a,
};

#define held(p, lock) rcu_dereference_protected(p, lockdep_is_held(lock))

/* Where the node that a prefix of @len bits ends in begins. */
static unsigned int begin(unsigned int len)
{
	return len / MB_TRIE_STRIDE * MB_TRIE_STRIDE;
}

static void bits_of(struct mb_trie_bits *bits, const __be32 *addr, u8 family)
{
	memset(bits, 0, sizeof(*bits));
	mb_trie_bits_get(bits, addr, family == AF_INET);
}

/* How many bits two prefixes share. */
static unsigned int common(const struct mb_trie_bits *a, unsigned int a_len,
			   const struct mb_trie_bits *b, unsigned int b_len)
{
	unsigned int same = 64 - fls64(a->w[0] ^ b->w[0]);

	if (same == 64)
		same = 128 - fls64(a->w[2] ^ b->w[2]);
	return min3(same, a_len, b_len);
}

/* Where in a node at @pos a prefix belongs: as an end, or under a kid. */
static unsigned int place(const struct mb_trie_bits *bits, unsigned int len,
			  unsigned int pos)
{
	unsigned int chunk = mb_trie_chunk(bits, pos, false);
	unsigned int r = len - pos;

	if (r >= MB_TRIE_STRIDE)
		return chunk;
	return PLACE_ENDS + (1 << r) + (chunk >> (MB_TRIE_STRIDE - r));
}

static bool taken(const struct mb_trie_node *node, unsigned int at)
{
	if (at < PLACE_ENDS)
		return node->kids >> at & 1;
	return node->ends >> (at - PLACE_ENDS) & 1;
}

/* Slots before the one of a place. */
static unsigned int rank(const struct mb_trie_node *node, unsigned int at)
{
	if (at < PLACE_ENDS)
		return hweight64(node->kids & (BIT_ULL(at) - 1));
	return hweight64(node->kids) +
	       hweight64(node->ends & (BIT_ULL(at - PLACE_ENDS) - 1));
}

static unsigned int slots(const struct mb_trie_node *node)
{
	return hweight64(node->kids) + hweight64(node->ends);
}

static void toggle(struct mb_trie_node *node, unsigned int at)
{
	if (at < PLACE_ENDS)
		node->kids ^= BIT_ULL(at);
	else
		node->ends ^= BIT_ULL(at - PLACE_ENDS);
}

static struct mb_trie_node *node_alloc(unsigned int slots, unsigned int pos)
{
	struct mb_trie_node *node;

	node = kzalloc(sizeof(*node) + slots * sizeof(node->slot[0]),
		       GFP_KERNEL_ACCOUNT);
	if (node)
		node->pos = pos;
	return node;
}

static void copy_slots(struct mb_trie_node *to, unsigned int at,
		       const struct mb_trie_node *from, unsigned int first,
		       unsigned int n, struct mutex *lock)
{
	while (n--)
		RCU_INIT_POINTER(to->slot[at++],
				 held(from->slot[first++], lock));
}

/* Puts a node with one more slot in the place of @node. */
static int grow(void __rcu **slot, struct mb_trie_node *node, unsigned int at,
		struct mb_site *s, struct mutex *lock)
{
	unsigned int i = rank(node, at), n = slots(node);
	struct mb_trie_node *new = node_alloc(n + 1, node->pos);

	if (!new)
		return -ENOMEM;
	new->kids = node->kids;
	new->ends = node->ends;
	toggle(new, at);
	copy_slots(new, 0, node, 0, i, lock);
	RCU_INIT_POINTER(new->slot[i], mb_trie_leaf(s));
	copy_slots(new, i + 1, node, i, n - i, lock);
	rcu_assign_pointer(*slot, new);
	kfree_rcu(node, rcu);
	return 0;
}

/* Puts one with a slot less, or what is left, in the place of @node. */
static int shrink(void __rcu **slot, struct mb_trie_node *node,
		  unsigned int at, struct mutex *lock)
{
	unsigned int i = rank(node, at), n = slots(node);
	struct mb_trie_node *new;

	if (n == 2) {
		rcu_assign_pointer(*slot, held(node->slot[!i], lock));
		kfree_rcu(node, rcu);
		return 0;
	}
	new = node_alloc(n - 1, node->pos);
	if (!new)
		return -ENOMEM;
	new->kids = node->kids;
	new->ends = node->ends;
	toggle(new, at);
	copy_slots(new, 0, node, 0, i, lock);
	copy_slots(new, i, node, i + 1, n - 1 - i, lock);
	rcu_assign_pointer(*slot, new);
	kfree_rcu(node, rcu);
	return 0;
}

/* Puts a node over what stands in @slot, at which @s parts from it. @rep is a
 * site in there; @same bits are common.
 */
static int part(void __rcu **slot, const struct mb_site *rep, unsigned int same,
		const struct mb_trie_bits *bits, struct mb_site *s,
		struct mutex *lock)
{
	struct mb_trie_node *new = node_alloc(2, begin(same));
	unsigned int new_at, old_at, len = rep->len;
	void *old = held(*slot, lock);
	struct mb_trie_bits theirs;

	if (!new)
		return -ENOMEM;
	if (!mb_trie_is_site(old))
		len = ((struct mb_trie_node *)old)->pos;
	bits_of(&theirs, rep->addr, rep->family);
	new_at = place(bits, s->len, new->pos);
	old_at = place(&theirs, len, new->pos);
	toggle(new, new_at);
	toggle(new, old_at);
	RCU_INIT_POINTER(new->slot[rank(new, new_at)], mb_trie_leaf(s));
	RCU_INIT_POINTER(new->slot[rank(new, old_at)], old);
	rcu_assign_pointer(*slot, new);
	return 0;
}

/* A site under @p that shares as many bits with @bits as any there does. */
static const struct mb_site *nearest(const void *p,
				     const struct mb_trie_bits *bits,
				     struct mutex *lock)
{
	const struct mb_trie_node *node;
	unsigned int at;

	while (!mb_trie_is_site(p)) {
		node = p;
		at = mb_trie_chunk(bits, node->pos, false);
		at = taken(node, at) ? rank(node, at) : 0;
		p = held(node->slot[at], lock);
	}
	return mb_trie_site(p);
}

/**
 * mb_trie_find() - exact match
 * @root:	the trie
 * @key:	whose prefix to find
 * @slot:	out: where the pointer to its first site stands; for changes
 *		under the lock alone. May be NULL
 * @lock:	held for changes, or NULL
 *
 * Context: the lock or the RCU read side.
 * Return: its first site, or NULL
 */
struct mb_site *mb_trie_find(void __rcu **root, const struct mb_site_key *key,
			     void __rcu ***slot, struct mutex *lock)
{
	struct mb_trie_node *node;
	struct mb_trie_bits bits;
	struct mb_site *s;
	unsigned int at;
	void *p;

	bits_of(&bits, key->addr.s6_addr32, key->family);
	for (;;) {
		p = rcu_dereference_check(*root,
					  lock && lockdep_is_held(lock));
		if (!p || mb_trie_is_site(p))
			break;
		node = p;
		if (node->pos > key->len)
			return NULL;
		at = place(&bits, key->len, node->pos);
		if (!taken(node, at))
			return NULL;
		root = &node->slot[rank(node, at)];
	}
	if (!p)
		return NULL;
	s = mb_trie_site(p);
	if (s->len != key->len ||
	    !mb_trie_covers(s, &bits, key->family == AF_INET))
		return NULL;
	if (slot)
		*slot = root;
	return s;
}

/**
 * mb_trie_insert() - enter a prefix that is not there yet
 * @root:	the trie
 * @s:		the prefix's first site
 * @lock:	held
 *
 * Return: 0, or -ENOMEM and nothing changed
 */
int mb_trie_insert(void __rcu **root, struct mb_site *s, struct mutex *lock)
{
	void *p = held(*root, lock);
	struct mb_trie_bits bits, theirs;
	const struct mb_site *rep;
	struct mb_trie_node *node;
	unsigned int same, at;

	if (!p) {
		rcu_assign_pointer(*root, mb_trie_leaf(s));
		return 0;
	}
	bits_of(&bits, s->addr, s->family);
	rep = nearest(p, &bits, lock);
	bits_of(&theirs, rep->addr, rep->family);
	same = common(&bits, s->len, &theirs, rep->len);

	/* Nodes that begin within the common bits are passed by both. */
	for (; !mb_trie_is_site(p); p = held(*root, lock)) {
		node = p;
		if (node->pos > same)
			break;
		at = place(&bits, s->len, node->pos);
		if (!taken(node, at))
			return grow(root, node, at, s, lock);
		root = &node->slot[rank(node, at)];
	}
	return part(root, rep, same, &bits, s, lock);
}

/**
 * mb_trie_remove() - remove a prefix that is there
 * @root:	the trie
 * @s:		the prefix's first site; stays, readers may still hold it
 * @lock:	held
 *
 * Return: 0, or -ENOMEM and nothing changed: a smaller node needs memory
 */
int mb_trie_remove(void __rcu **root, struct mb_site *s, struct mutex *lock)
{
	void *p = held(*root, lock);
	struct mb_trie_node *node;
	struct mb_trie_bits bits;
	void __rcu **slot;
	unsigned int at;

	if (mb_trie_is_site(p)) {
		RCU_INIT_POINTER(*root, NULL);
		return 0;
	}
	bits_of(&bits, s->addr, s->family);
	for (;;) {
		node = p;
		at = place(&bits, s->len, node->pos);
		slot = &node->slot[rank(node, at)];
		p = held(*slot, lock);
		if (mb_trie_is_site(p))
			return shrink(root, node, at, lock);
		root = slot;
	}
}

/**
 * mb_trie_free() - free all nodes, no site
 * @root:	the trie; empty afterwards
 *
 * Context: nobody reads it any more; may sleep.
 */
void mb_trie_free(void __rcu **root)
{
	struct mb_trie_node *node, *stack[MB_TRIE_DEPTH];
	unsigned int left[MB_TRIE_DEPTH], n = 0;
	void *p = rcu_dereference_protected(*root, true);

	RCU_INIT_POINTER(*root, NULL);
	if (!p || mb_trie_is_site(p))
		return;
	node = p;
	left[n] = hweight64(node->kids);
	stack[n++] = node;
	while (n) {
		node = stack[n - 1];
		if (!left[n - 1]) {
			kfree(node);
			n--;
			cond_resched();
			continue;
		}
		p = rcu_dereference_protected(node->slot[--left[n - 1]], true);
		if (!mb_trie_is_site(p)) {
			node = p;
			left[n] = hweight64(node->kids);
			stack[n++] = node;
		}
	}
}
