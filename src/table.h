/* SPDX-License-Identifier: GPL-2.0 */
/* How a table of sites is made; for site.c, which reads it, and table.c, which
 * changes it.
 */
#ifndef MB_TABLE_H
#define MB_TABLE_H

#include <linux/xarray.h>
#include "entry.h"
#include "trie.h"

enum { MB_CLASS_OVERRIDE, MB_CLASS_MARK, MB_CLASS_PLAIN, MB_CLASSES };

/**
 * struct mb_class - the entries of one class
 * @trie4:	IPv4 prefixes
 * @trie6:	IPv6 prefixes
 * @any:	first entry for any address, as a slot of a trie
 * @count:	how many
 */
struct mb_class {
	void __rcu *trie4;
	void __rcu *trie6;
	void __rcu *any;
	u32 count;
};

/**
 * struct mb_sites - a table
 * @class:	the entries by class and prefix
 * @used:	bit for each class that has entries: others cost a lookup nothing
 * @count:	how many in all
 * @refusing:	how many of these could refuse something
 * @next_id:	id of the next to arrive
 * @order:	the entries by id
 * @timed:	those with a timeout, the first to expire leftmost
 */
struct mb_sites {
	struct mb_class class[MB_CLASSES];
	u32 used;
	u32 count;
	u32 refusing;
	unsigned long next_id;
	struct xarray order;
	struct rb_root_cached timed;
};

/**
 * mb_table_first() - first entry of a class and prefix
 * @t:		table
 * @key:	its class and prefix count
 * @slot:	see mb_trie_find(); set with "any", even if there is none yet
 * @lock:	held for changes, or NULL
 *
 * Context: the lock or the RCU read side.
 */
struct mb_site *mb_table_first(struct mb_sites *t,
			       const struct mb_site_key *key,
			       void __rcu ***slot, struct mutex *lock);

/* Is this the entry with that key, which has the same prefix? */
static inline bool mb_table_same(const struct mb_site *s,
				 const struct mb_site_key *key)
{
	return mb_entry_alike(s, key) && mb_entry_same_marks(s, key);
}

#endif
