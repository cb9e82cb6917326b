// SPDX-License-Identifier: GPL-2.0
/* Changes to a table of sites, all under its lock, seen by RCU readers at any
 * step.
 */

#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "table.h"

#define held(p, lock) rcu_dereference_protected(p, lockdep_is_held(lock))

static unsigned int class_of(u8 flags)
{
	if (flags & MB_SITE_OVERRIDE)
		return MB_CLASS_OVERRIDE;
	return flags & MB_SITE_MARKS ? MB_CLASS_MARK : MB_CLASS_PLAIN;
}

static void __rcu **root_of(struct mb_sites *t, u8 flags, u8 family)
{
	struct mb_class *class = &t->class[class_of(flags)];

	if (family == AF_INET)
		return &class->trie4;
	return family == AF_INET6 ? &class->trie6 : &class->any;
}

/* See table.h. */
struct mb_site *mb_table_first(struct mb_sites *t,
			       const struct mb_site_key *key,
			       void __rcu ***slot, struct mutex *lock)
{
	void __rcu **root = root_of(t, key->flags, key->family);
	void *any;

	if (key->family != AF_UNSPEC)
		return mb_trie_find(root, key, slot, lock);
	any = rcu_dereference_check(*root, lock && lockdep_is_held(lock));
	if (slot)
		*slot = root;
	return any ? mb_trie_site(any) : NULL;
}

/* Counts an entry, as one more or one less. */
static void account(struct mb_sites *t, const struct mb_site *s, int one)
{
	unsigned int n = class_of(s->flags);
	struct mb_class *class = &t->class[n];
	u32 used = t->used & ~BIT(n);

	class->count += one;
	WRITE_ONCE(t->used, class->count ? used | BIT(n) : used);
	WRITE_ONCE(t->count, t->count + one);
	if (mb_entry_refuses(s))
		WRITE_ONCE(t->refusing, t->refusing + one);
}

static bool sooner(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct mb_site_more, timed)->expires <
	       rb_entry(b, struct mb_site_more, timed)->expires;
}

static void timed_add(struct mb_sites *t, struct mb_site *s)
{
	if (mb_site_expires(s))
		rb_add_cached(&s->more->timed, &t->timed, sooner);
}

static void timed_del(struct mb_sites *t, struct mb_site *s)
{
	if (mb_site_expires(s))
		rb_erase_cached(&s->more->timed, &t->timed);
}

/* Where an entry stands, or is to stand. */
struct mb_spot {
	void __rcu **slot;	/* leads to the first entry of its prefix */
	struct mb_site *first;	/* that entry, or NULL */
	struct mb_site *before;	/* goes before it in the list, or NULL */
	struct mb_site *found;	/* the entry with that key, or NULL */
};

static void find_spot(struct mb_sites *t, const struct mb_site_key *key,
		      struct mb_spot *spot, struct mutex *lock)
{
	struct mb_site *s;

	memset(spot, 0, sizeof(*spot));
	spot->first = mb_table_first(t, key, &spot->slot, lock);
	for (s = spot->first; s && !mb_table_same(s, key); s = held(s->next, lock))
		spot->before = s;
	spot->found = s;
}

/* Lets readers find @s where spot->found is, or after spot->before. */
static void link(const struct mb_spot *spot, struct mb_site *s)
{
	if (spot->before)
		rcu_assign_pointer(spot->before->next, s);
	else
		rcu_assign_pointer(*spot->slot, s ? mb_trie_leaf(s) : NULL);
}

/* Enters a prefix's first entry. */
static int insert_first(struct mb_sites *t, struct mb_site *s,
			struct mutex *lock)
{
	void __rcu **root = root_of(t, s->flags, s->family);

	if (s->family != AF_UNSPEC)
		return mb_trie_insert(root, s, lock);
	rcu_assign_pointer(*root, mb_trie_leaf(s));
	return 0;
}

/* Enters another one, after those that are as good. */
static void insert_next(struct mb_spot *spot, struct mb_site *s,
			struct mutex *lock)
{
	struct mb_site *next = spot->first;

	spot->before = NULL;
	while (next && mb_entry_rank(next) >= mb_entry_rank(s)) {
		spot->before = next;
		next = held(next->next, lock);
	}
	RCU_INIT_POINTER(s->next, next);
	link(spot, s);
}

static int insert(struct mb_sites *t, struct mb_spot *spot, struct mb_site *s,
		  struct mutex *lock)
{
	int err;

	/* Reserves the memory first: taking a prefix out again may need some. */
	s->id = t->next_id;
	err = xa_insert(&t->order, s->id, NULL, GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	if (spot->first)
		insert_next(spot, s, lock);
	else
		err = insert_first(t, s, lock);
	if (err) {
		xa_release(&t->order, s->id);
		return err;
	}
	t->next_id++;
	xa_store(&t->order, s->id, s, 0);
	timed_add(t, s);
	account(t, s, 1);
	return 0;
}

/* Takes spot->found out and frees it. Without memory nothing is changed. */
static int take_out(struct mb_sites *t, const struct mb_spot *spot,
		    struct mutex *lock)
{
	struct mb_site *s = spot->found, *next = held(s->next, lock);
	int err;

	if (spot->before || next || s->family == AF_UNSPEC) {
		link(spot, next);
	} else {
		err = mb_trie_remove(root_of(t, s->flags, s->family), s, lock);
		if (err)
			return err;
	}
	xa_erase(&t->order, s->id);
	timed_del(t, s);
	account(t, s, -1);
	kfree_rcu(s, rcu);
	return 0;
}

/* Readers find the old entry or the new one, never neither. */
static void swap_entries(struct mb_sites *t, const struct mb_spot *spot,
			 struct mb_site *s, struct mutex *lock)
{
	struct mb_site *old = spot->found;

	s->id = old->id;
	RCU_INIT_POINTER(s->next, held(old->next, lock));
	link(spot, s);
	xa_store(&t->order, s->id, s, 0);
	timed_del(t, old);
	timed_add(t, s);
	account(t, s, 1);
	account(t, old, -1);
	kfree_rcu(old, rcu);
}

/* Of entries that differ in nothing but marks, at most one may match. */
static int check_overlap(const struct mb_spot *spot,
			 const struct mb_site_key *key, struct mutex *lock,
			 struct netlink_ext_ack *extack)
{
	struct mb_site *s;

	if (!(key->flags & MB_SITE_MARKS))
		return 0;
	for (s = spot->first; s; s = held(s->next, lock)) {
		if (mb_entry_alike(s, key) && mb_entry_overlap(s, key) &&
		    !mb_entry_expired(s)) {
			NL_SET_ERR_MSG(extack,
				       "overlap: a like entry's mask matches the same marks, delete it or make masks disjoint");
			return -EINVAL;
		}
	}
	return 0;
}

/**
 * mb_sites_add() - add an entry
 * @t:		table
 * @entry:	what to add, copied
 * @replace:	in the place of the one with the same key, if there is one: for
 *		readers in one step. The place in the order of arrival stays,
 *		hits and timeout start anew
 * @lock:	the table's, held
 * @extack:	on refusal: why, and the remedy
 *
 * Return: 0; -EINVAL, -EEXIST, -ENOSPC or -ENOMEM, and nothing changed
 */
int mb_sites_add(struct mb_sites *t, const struct mb_site_new *entry,
		 bool replace, struct mutex *lock,
		 struct netlink_ext_ack *extack)
{
	struct mb_spot spot;
	struct mb_site *s;
	int err;

	lockdep_assert_held(lock);
	err = mb_entry_check(entry, extack);
	if (err)
		return err;
	find_spot(t, &entry->key, &spot, lock);
	if (spot.found && mb_entry_expired(spot.found)) {
		err = take_out(t, &spot, lock);
		if (err)
			return err;
		find_spot(t, &entry->key, &spot, lock);
	}
	if (spot.found && !replace) {
		NL_SET_ERR_MSG(extack, "exists: use replace");
		return -EEXIST;
	}
	if (!spot.found) {
		err = check_overlap(&spot, &entry->key, lock, extack);
		if (err)
			return err;
		if (t->count >= MB_SITES_MAX) {
			NL_SET_ERR_MSG(extack, "table is full: 16777216 entries");
			return -ENOSPC;
		}
	}
	s = mb_entry_alloc(entry);
	if (!s)
		return -ENOMEM;
	if (spot.found) {
		swap_entries(t, &spot, s, lock);
		return 0;
	}
	err = insert(t, &spot, s, lock);
	if (err)
		kfree(s);
	return err;
}

/**
 * mb_sites_del() - delete an entry
 * @t:		table
 * @key:	exactly which
 * @lock:	the table's, held
 * @extack:	on refusal: why
 *
 * Return: 0; -ENOENT, or -ENOMEM, and nothing changed
 */
int mb_sites_del(struct mb_sites *t, const struct mb_site_key *key,
		 struct mutex *lock, struct netlink_ext_ack *extack)
{
	struct mb_spot spot;

	lockdep_assert_held(lock);
	find_spot(t, key, &spot, lock);
	if (!spot.found || mb_entry_expired(spot.found)) {
		NL_SET_ERR_MSG(extack, "no such entry");
		return -ENOENT;
	}
	return take_out(t, &spot, lock);
}

/**
 * mb_sites_expire() - free the entries whose time has come
 * @t:		table
 * @lock:	its lock, held
 *
 * They stopped to match before. Context: may sleep.
 * Return: jiffies until the next call is due, MAX_SCHEDULE_TIMEOUT when no
 *	entry has a timeout
 */
unsigned long mb_sites_expire(struct mb_sites *t, struct mutex *lock)
{
	struct mb_site_more *more;
	struct mb_site_key key;
	struct mb_spot spot;
	struct rb_node *rb;
	u64 now;

	lockdep_assert_held(lock);
	while ((rb = rb_first_cached(&t->timed))) {
		more = rb_entry(rb, struct mb_site_more, timed);
		now = get_jiffies_64();
		if (more->expires > now)
			return min_t(u64, more->expires - now,
				     MAX_SCHEDULE_TIMEOUT - 1);
		mb_site_key_get((void *)more - more->back, &key);
		find_spot(t, &key, &spot, lock);
		if (take_out(t, &spot, lock))
			return HZ;	/* no memory now */
		cond_resched();
	}
	return MAX_SCHEDULE_TIMEOUT;
}

/**
 * mb_sites_alloc() - a table without entries
 *
 * What it holds is charged to the memory cgroup of whoever adds.
 * Return: the table, or NULL without memory
 */
struct mb_sites *mb_sites_alloc(void)
{
	struct mb_sites *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (t) {
		xa_init_flags(&t->order, XA_FLAGS_ACCOUNT);
		t->timed = RB_ROOT_CACHED;
	}
	return t;
}

/**
 * mb_sites_free() - free a table and its entries
 * @t:	table, or NULL
 *
 * Context: nobody reads it any more; may sleep.
 */
void mb_sites_free(struct mb_sites *t)
{
	unsigned int i;
	unsigned long id;
	struct mb_site *s;

	if (!t)
		return;
	for (i = 0; i < MB_CLASSES; i++) {
		mb_trie_free(&t->class[i].trie4);
		mb_trie_free(&t->class[i].trie6);
	}
	xa_for_each(&t->order, id, s) {
		kfree(s);
		cond_resched();
	}
	xa_destroy(&t->order);
	kfree(t);
}
