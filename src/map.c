// SPDX-License-Identifier: GPL-2.0
/* A hash table that is read under RCU and grows while it is read.
 *
 * There are as many chains as nodes, or up to four times as many. To resize it, new
 * chains become those where nodes are added, and the old ones are emptied into
 * them, some nodes at a time. Readers look into both. A reader whose node goes
 * to another chain under its hands goes on in that one, and may miss what it was
 * looking for: the count of moves tells, and it looks again. So that it soon finds
 * time for that the work pauses after each step.
 */
#include <linux/delay.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "map.h"

#define HEADS_MIN	256
#define STEP		64	/* nodes, or empty chains, without letting go the lock */
#define PAUSE		20	/* us between two steps: a search fits in there */

static u32 wanted(u32 count)
{
	return max_t(u32, roundup_pow_of_two(count ?: 1), HEADS_MIN);
}

static bool fits(u32 count, u32 heads)
{
	u32 want = wanted(count);

	return want == heads || (want < heads && want >= heads / 4);
}

static struct mb_heads *heads_of(const struct mb_map *m)
{
	return rcu_dereference_protected(m->heads, lockdep_is_held(m->lock));
}

static struct mb_heads *alloc(u32 n)
{
	struct mb_heads *heads;

	heads = kvzalloc(struct_size(heads, head, n), GFP_KERNEL_ACCOUNT |
			 __GFP_NOWARN | __GFP_NORETRY);
	if (heads)
		heads->mask = n - 1;
	return heads;
}

/* Some nodes go from chain @i of @old and the next ones to where they belong.
 * Returns the chain with which to go on.
 */
static u32 step(struct mb_map *m, struct mb_heads *old, u32 i)
{
	struct mb_heads *heads = heads_of(m);
	unsigned int left = STEP;
	struct hlist_node *node;

	write_seqcount_begin(&m->moves);
	for (; left && i <= old->mask; left--) {
		node = old->head[i].first;
		if (!node) {
			i++;
			continue;
		}
		hlist_del_rcu(node);
		hlist_add_head_rcu(node, &heads->head[m->hash(node) &
						      heads->mask]);
	}
	write_seqcount_end(&m->moves);
	return i;
}

static void resize(struct work_struct *work)
{
	struct mb_map *m = container_of(work, struct mb_map, resize);
	struct mb_heads *heads, *old;
	u32 i = 0;

	heads = alloc(wanted(READ_ONCE(m->count)));
	if (!heads)
		return; /* chains are longer; asked for again with the next node */
	spin_lock_bh(m->lock);
	old = heads_of(m);
	if (fits(m->count, old->mask + 1)) {
		spin_unlock_bh(m->lock);
		kvfree(heads);
		return;
	}
	write_seqcount_begin(&m->moves);
	rcu_assign_pointer(m->old, old);
	rcu_assign_pointer(m->heads, heads);
	write_seqcount_end(&m->moves);
	while (i <= old->mask) {
		i = step(m, old, i);
		spin_unlock_bh(m->lock);
		if (READ_ONCE(m->stopped))
			cond_resched();
		else
			usleep_range(PAUSE, 5 * PAUSE);
		spin_lock_bh(m->lock);
	}
	RCU_INIT_POINTER(m->old, NULL);
	spin_unlock_bh(m->lock);
	kvfree_rcu(old, rcu);
}

static void check(struct mb_map *m)
{
	if (unlikely(!fits(m->count, heads_of(m)->mask + 1)) && !m->stopped)
		queue_work(m->wq, &m->resize);
}

/**
 * mb_map_find() - look for a node
 * @m:		the table
 * @hash:	of what is looked for
 * @is:		tells it. Called for all nodes of that hash, and for others, until it
 *		returns true; for some of them perhaps once more
 * @what:	for @is
 *
 * Context: RCU read side, or the table's lock.
 * Return: the node, or NULL
 */
struct hlist_node *mb_map_find(const struct mb_map *m, u32 hash, mb_map_is is,
			       void *what)
{
	const struct mb_heads *heads;
	struct hlist_node *node;
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&m->moves);
		heads = rcu_dereference_check(m->heads, lockdep_is_held(m->lock));
		node = mb_heads_search(heads, hash, is, what);
		if (node)
			return node;
		heads = rcu_dereference_check(m->old, lockdep_is_held(m->lock));
		node = unlikely(heads) ? mb_heads_search(heads, hash, is, what) :
					  NULL;
		if (node)
			return node;
	} while (read_seqcount_retry(&m->moves, seq));
	return NULL;
}

/**
 * mb_map_add() - a node can be found from now on
 * @m:		the table
 * @node:	not in any table
 *
 * Context: the table's lock.
 */
void mb_map_add(struct mb_map *m, struct hlist_node *node)
{
	struct mb_heads *heads = heads_of(m);

	hlist_add_head_rcu(node, &heads->head[m->hash(node) & heads->mask]);
	WRITE_ONCE(m->count, m->count + 1);
	check(m);
}

/**
 * mb_map_del() - a node is not found any more
 * @m:		the table
 * @node:	in it. Readers may still have it; where it is added again before these
 *		are gone, see mb_map_moved()
 *
 * Context: the table's lock.
 */
void mb_map_del(struct mb_map *m, struct hlist_node *node)
{
	hlist_del_rcu(node);
	WRITE_ONCE(m->count, m->count - 1);
	check(m);
}

/**
 * mb_map_moved() - what was taken out is to be added again at once
 * @m:	the table
 *
 * Readers of its chain may get into another one by it.
 *
 * Context: the table's lock.
 */
void mb_map_moved(struct mb_map *m)
{
	lockdep_assert_held(m->lock);
	write_seqcount_begin(&m->moves);
	write_seqcount_end(&m->moves);
}

/**
 * mb_map_init() - an empty table
 * @m:		the table
 * @lock:	of who changes it, initialised; taken with BH off
 * @hash:	of a node
 * @wq:		where to resize it
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM
 */
int mb_map_init(struct mb_map *m, spinlock_t *lock,
		u32 (*hash)(const struct hlist_node *node),
		struct workqueue_struct *wq)
{
	struct mb_heads *heads = alloc(HEADS_MIN);

	if (!heads)
		return -ENOMEM;
	RCU_INIT_POINTER(m->heads, heads);
	RCU_INIT_POINTER(m->old, NULL);
	m->hash = hash;
	m->lock = lock;
	m->wq = wq;
	seqcount_spinlock_init(&m->moves, lock);
	INIT_WORK(&m->resize, resize);
	return 0;
}

/**
 * mb_map_stop() - no work of its own any more
 * @m:	the table
 *
 * Context: process, may sleep.
 */
void mb_map_stop(struct mb_map *m)
{
	spin_lock_bh(m->lock);
	WRITE_ONCE(m->stopped, true);
	spin_unlock_bh(m->lock);
	cancel_work_sync(&m->resize);
}

/**
 * mb_map_free() - free the table
 * @m:	empty, stopped, without readers; or all zero
 *
 * Context: process.
 */
void mb_map_free(struct mb_map *m)
{
	WARN_ON_ONCE(m->count);
	kvfree(rcu_dereference_protected(m->heads, true));
}
