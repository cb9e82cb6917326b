// SPDX-License-Identifier: GPL-2.0
/* Tables of TCP connections, by their tuple. */
#include <linux/cache.h>

#include "conn.h"

u64 mb_tuple_keys[MB_TUPLE_WORDS] __ro_after_init;

/**
 * mb_conn_hash() - for a table of connections
 * @node:	of a struct mb_conn
 */
u32 mb_conn_hash(const struct hlist_node *node)
{
	return mb_tuple_hash(&hlist_entry(node, struct mb_conn, node)->tuple);
}

static __always_inline bool is(struct hlist_node *node, void *tuple)
{
	return mb_tuple_equal(&mb_conn_of(node)->tuple, tuple);
}

/**
 * mb_conn_find() - a connection by its tuple
 * @m:		the table
 * @tuple:	the tuple
 *
 * Context: RCU read side, or the table's lock.
 * Return: it, or NULL; it may be on its way out of the table
 */
struct mb_conn *mb_conn_find(const struct mb_map *m, const struct mb_tuple *tuple)
{
	struct hlist_node *node;

	node = mb_map_get(m, mb_tuple_hash(tuple), is, (void *)tuple);
	return node ? mb_conn_of(node) : NULL;
}
