// SPDX-License-Identifier: GPL-2.0
/* Which entry decides, and other questions to a table of sites. */

#include <linux/bits.h>
#include <linux/sched.h>
#include "table.h"

/* Adds those of one prefix's entries that match; the first one is enough, unless
 * @all are wanted.
 */
static __always_inline unsigned int
collect(struct mb_site *s, const struct mb_site_query *q,
	struct mb_site **out, unsigned int room, unsigned int n, bool all)
{
	for (; s; s = rcu_dereference(s->next)) {
		if (!mb_entry_matches(s, q))
			continue;
		if (n < room)
			out[n] = s;
		n++;
		if (!all)
			break;
	}
	return n;
}

/* All that match, or the first of them: the rule, in one body. */
static __always_inline unsigned int
find_matches(const struct mb_sites *t, const struct mb_site_query *q, bool v4,
	     struct mb_site **out, unsigned int room, bool all)
{
	const __be32 *addr = q->server.s6_addr32;
	const struct mb_class *class;
	struct mb_trie_path path;
	unsigned int n = 0;
	struct mb_site *s;
	const void *any;

	for (class = t->class; class < t->class + MB_CLASSES; class++) {
		s = mb_trie_longest(v4 ? &class->trie4 : &class->trie6, addr,
				    v4, &path);
		for (; s; s = mb_trie_shorter(&path)) {
			if (!mb_trie_covers(s, addr, v4))
				continue;
			n = collect(s, q, out, room, n, all);
			if (n && !all)
				return n;
		}
		any = rcu_dereference(class->any);
		if (any)
			n = collect(mb_trie_site(any), q, out, room, n, all);
		if (n && !all)
			return n;
	}
	return n;
}

static noinline struct mb_site *lookup_all(const struct mb_sites *t,
					   const struct mb_site_query *q)
{
	struct mb_site *s;

	if (q->family == AF_INET)
		return find_matches(t, q, true, &s, 1, false) ? s : NULL;
	return find_matches(t, q, false, &s, 1, false) ? s : NULL;
}

/* The entry of the longest prefix in a table without override and marks, where
 * most lookups end at one without qualifiers: half the instructions, no stack.
 * Whatever is not plain there is left to lookup_all(): MB_SITE_UNSURE.
 */
static __always_inline struct mb_site *plain(const struct mb_sites *t,
					     const __be32 *addr, bool v4)
{
	const struct mb_class *class = &t->class[MB_CLASS_PLAIN];
	const struct mb_trie_node *node, *last = NULL;
	unsigned int chunk;
	struct mb_site *s;
	u64 ends, passed;
	const void *p;

	p = rcu_dereference(*(v4 ? &class->trie4 : &class->trie6));
	while (p && !mb_trie_is_site(p)) {
		node = p;
		chunk = mb_trie_chunk(node, addr, v4);
		passed = node->ends & mb_trie_within[chunk];
		if (passed) {
			ends = passed;
			last = node;
		}
		p = mb_trie_kid(node, chunk);
	}
	if (p && mb_trie_covers(mb_trie_site(p), addr, v4)) {
		s = mb_trie_site(p);
	} else if (last) {
		p = rcu_dereference(*mb_trie_end_slot(last, fls64(ends) - 1));
		s = mb_trie_site(p);
		if (!mb_trie_covers(s, addr, v4))
			return MB_SITE_UNSURE;
	} else {
		p = rcu_dereference(class->any);
		if (!p)
			return NULL;
		s = mb_trie_site(p);
	}
	return s->more || s->flags ? MB_SITE_UNSURE : s;
}

/**
 * mb_sites_plain4() - the entry that decides, where that is simple
 * @t:		table
 * @addr:	the server's IPv4 address
 *
 * Context: RCU read side.
 * Return: an entry, valid under RCU; NULL: the policy's default decides; or
 *	   MB_SITE_UNSURE: mb_sites_lookup() knows
 */
struct mb_site *mb_sites_plain4(const struct mb_sites *t, const __be32 *addr)
{
	u32 used = READ_ONCE(t->used);

	if (!used)
		return NULL;
	return used == BIT(MB_CLASS_PLAIN) ? plain(t, addr, true) : MB_SITE_UNSURE;
}

/**
 * mb_sites_plain6() - as mb_sites_plain4()
 * @t:		table
 * @addr:	the server's IPv6 address, four words
 *
 * Context: RCU read side.
 * Return: as there
 */
struct mb_site *mb_sites_plain6(const struct mb_sites *t, const __be32 *addr)
{
	u32 used = READ_ONCE(t->used);

	if (!used)
		return NULL;
	return used == BIT(MB_CLASS_PLAIN) ? plain(t, addr, false) :
					     MB_SITE_UNSURE;
}

/**
 * mb_sites_lookup() - the entry that decides
 * @t:	table
 * @q:	the segment's server and qualifiers
 *
 * Context: RCU read side, any other.
 * Return: an entry, valid under RCU, or NULL: the policy's default decides
 */
struct mb_site *mb_sites_lookup(const struct mb_sites *t,
				const struct mb_site_query *q)
{
	struct mb_site *s = mb_sites_plain(t, q->server.s6_addr32,
					   q->family == AF_INET);

	return s == MB_SITE_UNSURE ? lookup_all(t, q) : s;
}

/**
 * mb_sites_match_all() - the entry that decides, and those that it beats
 * @t:		table
 * @q:		what is looked up
 * @out:	entries, the best first, valid under RCU
 * @room:	how many fit into @out
 *
 * Context: RCU read side.
 * Return: how many match, which may be more than @room
 */
unsigned int mb_sites_match_all(const struct mb_sites *t,
				const struct mb_site_query *q,
				struct mb_site **out, unsigned int room)
{
	if (q->family == AF_INET)
		return find_matches(t, q, true, out, room, true);
	return find_matches(t, q, false, out, room, true);
}

/**
 * mb_sites_find() - exact match
 * @t:		table
 * @key:	what to find
 *
 * Context: RCU read side or the table's lock, either keeps the result.
 * Return: the entry, or NULL if there is none or it has expired
 */
struct mb_site *mb_sites_find(struct mb_sites *t, const struct mb_site_key *key)
{
	struct mb_site *s;

	rcu_read_lock();
	for (s = mb_table_first(t, key, NULL, NULL); s; s = rcu_dereference(s->next))
		if (mb_table_same(s, key) && !mb_entry_expired(s))
			break;
	rcu_read_unlock();
	return s;
}

/**
 * mb_sites_next() - go through a table in order of arrival
 * @t:	table
 * @id:	in: an id; out: that of the entry found. To go on from there, add one
 *
 * Context: RCU read side or the table's lock, either keeps the result. The
 * table may change between calls: who stays is seen once.
 * Return: the first entry with that id or a later one, or NULL
 */
struct mb_site *mb_sites_next(struct mb_sites *t, unsigned long *id)
{
	struct mb_site *s = xa_find(&t->order, id, ULONG_MAX, XA_PRESENT);

	while (s && mb_entry_expired(s))
		s = xa_find_after(&t->order, id, ULONG_MAX, XA_PRESENT);
	return s;
}

/* How many entries of @a are not in @b, or otherwise. */
static u32 lacks(struct mb_sites *a, struct mb_sites *b)
{
	struct mb_site *s, *other;
	struct mb_site_key key;
	unsigned long id;
	u32 n = 0;

	for (id = 0; (s = mb_sites_next(a, &id)); id++) {
		mb_site_key_get(s, &key);
		other = mb_sites_find(b, &key);
		if (!other || !mb_entry_same_orders(s, other))
			n++;
		cond_resched();
	}
	return n;
}

/**
 * mb_sites_compare() - what would change from one table to another
 * @live:	what is
 * @cand:	what would be
 * @added:	out: entries of @cand that @live lacks or has with other orders;
 *		of timeouts it counts whether there is one, not how long
 * @removed:	out: the reverse
 *
 * Context: both tables' locks; may sleep.
 */
void mb_sites_compare(struct mb_sites *live, struct mb_sites *cand,
		      u32 *added, u32 *removed)
{
	*added = lacks(cand, live);
	*removed = lacks(live, cand);
}

/**
 * mb_sites_count() - how many entries, expired ones that still wait for
 *	mb_sites_expire() included
 * @t:	table
 */
u32 mb_sites_count(const struct mb_sites *t)
{
	return READ_ONCE(t->count);
}

/**
 * mb_sites_refuse() - could any of the entries counted refuse something: by
 *	deny, or by a join setting other than accept
 * @t:	table
 */
bool mb_sites_refuse(const struct mb_sites *t)
{
	return READ_ONCE(t->refusing);
}

