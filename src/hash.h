/* SPDX-License-Identifier: GPL-2.0 */
/* How the tables of sessions hash and compare. */
#ifndef MB_HASH_H
#define MB_HASH_H

#include <linux/rhashtable.h>

#include "session.h"

static __always_inline u32 mb_hash_tuple(const void *data, u32 len, u32 seed)
{
	return mb_tuple_hash(data, seed);
}

static inline int mb_cmp_subflow(struct rhashtable_compare_arg *arg,
				 const void *obj)
{
	const struct mb_subflow *sub = obj;

	return !mb_tuple_equal(arg->key, &sub->tuple);
}

static inline int mb_cmp_join(struct rhashtable_compare_arg *arg,
			      const void *obj)
{
	const struct mb_join *join = obj;

	return !mb_tuple_equal(arg->key, &join->tuple);
}

static const struct rhashtable_params __maybe_unused mb_subflow_params = {
	.key_len	= sizeof(struct mb_tuple),
	.key_offset	= offsetof(struct mb_subflow, tuple),
	.head_offset	= offsetof(struct mb_subflow, node),
	.hashfn		= mb_hash_tuple,
	.obj_cmpfn	= mb_cmp_subflow,
	.automatic_shrinking = true,
};

static const struct rhashtable_params __maybe_unused mb_join_params = {
	.key_len	= sizeof(struct mb_tuple),
	.key_offset	= offsetof(struct mb_join, tuple),
	.head_offset	= offsetof(struct mb_join, node),
	.hashfn		= mb_hash_tuple,
	.obj_cmpfn	= mb_cmp_join,
	.automatic_shrinking = true,
};

static const struct rhashtable_params __maybe_unused mb_token_params = {
	.key_len	= sizeof_field(struct mb_token, token),
	.key_offset	= offsetof(struct mb_token, token),
	.head_offset	= offsetof(struct mb_token, node),
	.automatic_shrinking = true,
};

static const struct rhashtable_params __maybe_unused mb_client_params = {
	.key_len	= sizeof_field(struct mb_client, addr),
	.key_offset	= offsetof(struct mb_client, addr),
	.head_offset	= offsetof(struct mb_client, node),
	.automatic_shrinking = true,
};

/**
 * mb_subflow_look() - mb_subflow_find() where one is nearly always found
 * @ss:		the table
 * @ends:	the connection
 * @family:	AF_INET or AF_INET6
 *
 * rhashtable_lookup() does the same, and more: this one may miss a subflow while
 * the table is being resized. Inlined, for all data of sessions comes here.
 *
 * Context: RCU read side.
 * Return: the subflow, or NULL: mb_subflow_find() may know better
 */
static __always_inline struct mb_subflow *
mb_subflow_look(struct mb_sessions *ss, const struct mb_ends *ends, u8 family)
{
	const struct bucket_table *tbl = rcu_dereference(ss->subflows.tbl);
	unsigned int i = rht_bucket_index(tbl, mb_ends_hash(ends, family,
							    tbl->hash_rnd));
	struct rhash_head *pos;
	struct mb_subflow *sub;

	rht_for_each_entry_rcu_from(sub, pos, rht_ptr_rcu(rht_bucket(tbl, i)),
				    tbl, i, node)
		if (mb_tuple_is(&sub->tuple, ends, family))
			return sub;
	return NULL;
}

#endif
