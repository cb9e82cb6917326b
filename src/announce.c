// SPDX-License-Identifier: GPL-2.0
/* Addresses that a server announced before its key was proven. Those of version 1
 * are signed, and prove it; those of version 0 are not (RFC 6824, 3.4.1), but
 * clients join them before the server has sent data.
 */
#include <linux/slab.h>

#include "announce.h"
#include "track.h"

/**
 * struct mb_announced - addresses; freed once they no longer matter
 * @rcu:	frees it
 * @n:		how many; what is below does not change
 * @at:		network byte order; IPv4 in the first word
 */
struct mb_announced {
	struct rcu_head rcu;
	unsigned int n;
	struct {
		struct in6_addr addr;
		u8 family;
	} at[MB_ANNOUNCED_MAX];
};

/**
 * mb_announce() - an ADD_ADDR of version 0, of the server
 * @ss:		the table
 * @s:		the session, whose server's key is not proven
 * @seg:	the segment
 * @o:		the option
 *
 * What is beyond the bound, or finds no memory, waits for the key's proof.
 *
 * Context: ss->lock; allocates atomically.
 */
void mb_announce(struct mb_sessions *ss, struct mb_session *s,
		 const struct mb_segment *seg, const struct mb_option *o)
{
	const u8 *option = (const u8 *)(seg->th + 1);
	struct mb_announced *a;

	a = rcu_dereference_protected(s->announced,
				      lockdep_is_held(&ss->lock));
	if (s->keys.version || !seg->near || !(seg->flags & MB_TCP_ACK))
		return;
	if (!a) {
		a = kzalloc(sizeof(*a), GFP_ATOMIC | __GFP_NOWARN);
		if (!a)
			return;
		rcu_assign_pointer(s->announced, a);
	}
	if (a->n == MB_ANNOUNCED_MAX)
		return;
	memcpy(&a->at[a->n].addr, option + o->add_addr.addr_off,
	       o->add_addr.addr_len);
	a->at[a->n].family = o->add_addr.addr_len == sizeof(struct in6_addr) ?
			     AF_INET6 : AF_INET;
	/* pairs with mb_announced() */
	smp_store_release(&a->n, a->n + 1);
}

/**
 * mb_announce_forget() - the server's key is proven, or the session goes
 * @s:	the session
 *
 * Context: lock of the session's table, or nobody else has the session.
 */
void mb_announce_forget(struct mb_session *s)
{
	struct mb_announced *a = rcu_dereference_protected(s->announced, true);

	RCU_INIT_POINTER(s->announced, NULL);
	if (a)
		kfree_rcu(a, rcu);
}

/**
 * mb_announced() - whether the server announced that it has an address
 * @s:		the session
 * @tuple:	connection of a join
 * @side:	of @tuple, where the server is to be
 *
 * Context: RCU read side.
 * Return: it did, in version 0, and before its key was proven
 */
bool mb_announced(const struct mb_session *s, const struct mb_tuple *tuple,
		  unsigned int side)
{
	const struct mb_announced *a = rcu_dereference(s->announced);
	unsigned int i, n;

	if (!a)
		return false;
	n = smp_load_acquire(&a->n);	/* pairs with mb_announce() */
	for (i = 0; i < n; i++)
		if (mb_tuple_has(tuple, side, a->at[i].family, &a->at[i].addr))
			return true;
	return false;
}
