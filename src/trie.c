// SPDX-License-Identifier: GPL-2.0
/* Longest prefix match: changes, and the exact match. See trie.h. */

#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "trie.h"

#define PLACE_ENDS	64	/* places: bits of kids, then bits of ends */

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

/* Which bit of a bitmap stands for the place in a node where a prefix belongs:
 * among its ends, or among its kids.
 */
static unsigned int place(const struct mb_trie_node *node, const __be32 *addr,
			  unsigned int len, bool v4)
{
	unsigned int chunk = mb_trie_chunk(node, addr, v4);
	unsigned int r = len - node->pos;

	if (r >= MB_TRIE_STRIDE)
		return 63 - chunk;
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
	if (!node)
		return NULL;
	node->pos = pos;
	node->byte = min(pos / 8, 8);
	node->shift = pos - 8 * node->byte;
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
		struct mb_site *s, struct mutex *lock)
{
	struct mb_trie_node *new = node_alloc(2, begin(same));
	unsigned int new_at, old_at;
	bool v4 = s->family == AF_INET;
	void *old = held(*slot, lock);

	if (!new)
		return -ENOMEM;
	new_at = place(new, s->addr, s->len, v4);
	old_at = place(new, rep->addr, rep->len, v4);
	toggle(new, new_at);
	toggle(new, old_at);
	RCU_INIT_POINTER(new->slot[rank(new, new_at)], mb_trie_leaf(s));
	RCU_INIT_POINTER(new->slot[rank(new, old_at)], old);
	rcu_assign_pointer(*slot, new);
	return 0;
}

/* A site under @p that shares as many bits with @s as any there does. */
static const struct mb_site *nearest(const void *p, const struct mb_site *s,
				     struct mutex *lock)
{
	const struct mb_trie_node *node;
	unsigned int at;

	while (!mb_trie_is_site(p)) {
		node = p;
		at = 63 - mb_trie_chunk(node, s->addr, s->family == AF_INET);
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
	const __be32 *addr = key->addr.s6_addr32;
	bool v4 = key->family == AF_INET;
	struct mb_trie_node *node;
	struct mb_site *s;
	unsigned int at;
	void *p;

	for (;;) {
		p = rcu_dereference_check(*root,
					  lock && lockdep_is_held(lock));
		if (!p || mb_trie_is_site(p))
			break;
		node = p;
		if (node->pos > key->len)
			return NULL;
		at = place(node, addr, key->len, v4);
		if (!taken(node, at))
			return NULL;
		root = &node->slot[rank(node, at)];
	}
	if (!p)
		return NULL;
	s = mb_trie_site(p);
	if (s->len != key->len || !mb_trie_covers(s, addr, v4))
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
	bool v4 = s->family == AF_INET;
	void *p = held(*root, lock);
	const struct mb_site *rep;
	struct mb_trie_node *node;
	unsigned int same, at;

	if (!p) {
		rcu_assign_pointer(*root, mb_trie_leaf(s));
		return 0;
	}
	rep = nearest(p, s, lock);
	same = min3(mb_trie_common(s->addr, rep->addr, v4),
		    (unsigned int)s->len, (unsigned int)rep->len);

	/* Nodes that begin within the common bits are passed by both. */
	for (; !mb_trie_is_site(p); p = held(*root, lock)) {
		node = p;
		if (node->pos > same)
			break;
		at = place(node, s->addr, s->len, v4);
		if (!taken(node, at))
			return grow(root, node, at, s, lock);
		root = &node->slot[rank(node, at)];
	}
	return part(root, rep, same, s, lock);
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
	bool v4 = s->family == AF_INET;
	struct mb_trie_node *node;
	void __rcu **slot;
	unsigned int at;

	if (mb_trie_is_site(p)) {
		RCU_INIT_POINTER(*root, NULL);
		return 0;
	}
	for (;;) {
		node = p;
		at = place(node, s->addr, s->len, v4);
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
