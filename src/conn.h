/* SPDX-License-Identifier: GPL-2.0 */
/* Tables of TCP connections, by their tuple. */
#ifndef MB_CONN_H
#define MB_CONN_H

#include "map.h"
#include "tuple.h"

/**
 * struct mb_conn - a connection in a table
 * @node:	the table's
 * @tuple:	never changes
 */
struct mb_conn {
	struct hlist_node node;
	struct mb_tuple tuple;
};

static __always_inline struct mb_conn *mb_conn_of(struct hlist_node *node)
{
	return hlist_entry(node, struct mb_conn, node);
}

static __always_inline bool mb_conn_is4(struct hlist_node *node, void *ends)
{
	return mb_tuple_is(&mb_conn_of(node)->tuple, ends, AF_INET);
}

static __always_inline bool mb_conn_is6(struct hlist_node *node, void *ends)
{
	return mb_tuple_is(&mb_conn_of(node)->tuple, ends, AF_INET6);
}

/**
 * mb_conn_look() - mb_conn_find() where one is nearly always found
 * @m:		the table
 * @ends:	of the connection
 * @family:	AF_INET or AF_INET6
 *
 * Inlined, for all data of sessions comes here.
 *
 * Context: RCU read side.
 * Return: the connection, or NULL: mb_conn_find() may know better
 */
static __always_inline struct mb_conn *mb_conn_look(const struct mb_map *m,
						    struct mb_ends *ends,
						    u8 family)
{
	u32 hash = mb_ends_hash(ends, family);
	struct hlist_node *node;

	node = family == AF_INET ? mb_map_look(m, hash, mb_conn_is4, ends) :
				   mb_map_look(m, hash, mb_conn_is6, ends);
	return node ? mb_conn_of(node) : NULL;
}

u32 mb_conn_hash(const struct hlist_node *node);
struct mb_conn *mb_conn_find(const struct mb_map *m, const struct mb_tuple *tuple);

#endif
