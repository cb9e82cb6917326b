/* SPDX-License-Identifier: GPL-2.0 */
/* A hash table that is read under RCU and grows while it is read. Unlike
 * rhashtable, adding needs no memory and cannot fail, a node takes part with two
 * pointers, nodes may have the same key, and whoever looks where something is
 * nearly always found pays for no more than the chain.
 */
#ifndef MB_MAP_H
#define MB_MAP_H

#include <linux/list.h>
#include <linux/rculist.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

/**
 * struct mb_heads - the chains of a table
 * @rcu:	frees it
 * @mask:	how many there are, less one; that is a power of two
 * @head:	the chains
 */
struct mb_heads {
	struct rcu_head rcu;
	u32 mask;
	struct hlist_head head[];
};

/**
 * struct mb_map - a table
 * @heads:	where nodes are added
 * @old:	while the table is resized: where nodes may still be
 * @hash:	of a node: 32 bits, of which the lowest choose the chain
 * @moves:	counts what makes a reader miss nodes: they change chains
 * @lock:	the owner's: of all that changes the table
 * @count:	of nodes
 * @stopped:	it is not resized any more
 * @wq:		where @resize works
 * @resize:	makes more chains, or fewer
 */
struct mb_map {
	struct mb_heads __rcu *heads;
	struct mb_heads __rcu *old;
	u32 (*hash)(const struct hlist_node *node);
	seqcount_spinlock_t moves;
	spinlock_t *lock; /* see above */
	u32 count;
	bool stopped;
	struct workqueue_struct *wq;
	struct work_struct resize;
};

/* Whether a node is what is looked for. It may be called for a node twice. */
typedef bool (*mb_map_is)(struct hlist_node *node, void *what);

static __always_inline struct hlist_node *
mb_heads_search(const struct mb_heads *heads, u32 hash, mb_map_is is, void *what)
{
	struct hlist_node *node;

	node = rcu_dereference_raw(hlist_first_rcu(&heads->head[hash &
								heads->mask]));
	for (; node; node = rcu_dereference_raw(hlist_next_rcu(node)))
		if (is(node, what))
			return node;
	return NULL;
}

/**
 * mb_map_look() - mb_map_find() where something is nearly always found
 * @m:		the table
 * @hash:	of what is looked for
 * @is:		tells it; inlined
 * @what:	for @is
 *
 * Context: RCU read side, or the table's lock.
 * Return: the node, or NULL: mb_map_find() may know better
 */
static __always_inline struct hlist_node *
mb_map_look(const struct mb_map *m, u32 hash, mb_map_is is, void *what)
{
	return mb_heads_search(rcu_dereference_check(m->heads,
						     lockdep_is_held(m->lock)),
			       hash, is, what);
}

struct hlist_node *mb_map_find(const struct mb_map *m, u32 hash, mb_map_is is,
			       void *what);

/**
 * mb_map_get() - mb_map_find(), inlined
 * @m:		the table
 * @hash:	of what is looked for
 * @is:		tells it; inlined
 * @what:	for @is
 *
 * Context: RCU read side, or the table's lock.
 * Return: the node, or NULL
 */
static __always_inline struct hlist_node *
mb_map_get(const struct mb_map *m, u32 hash, mb_map_is is, void *what)
{
	unsigned int seq = read_seqcount_begin(&m->moves);
	struct hlist_node *node = mb_map_look(m, hash, is, what);

	if (node)
		return node;
	if (likely(!rcu_access_pointer(m->old) &&
		   !read_seqcount_retry(&m->moves, seq)))
		return NULL;
	return mb_map_find(m, hash, is, what);
}

int mb_map_init(struct mb_map *m, spinlock_t *lock,
		u32 (*hash)(const struct hlist_node *node),
		struct workqueue_struct *wq);
void mb_map_stop(struct mb_map *m);
void mb_map_free(struct mb_map *m);
void mb_map_add(struct mb_map *m, struct hlist_node *node);
void mb_map_del(struct mb_map *m, struct hlist_node *node);
void mb_map_moved(struct mb_map *m);

#endif
