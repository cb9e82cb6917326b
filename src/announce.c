// SPDX-License-Identifier: GPL-2.0
/* Addresses that a server announced before its key was proven. Those of version 1
 * are signed, and prove it; those of version 0 are not (RFC 6824, 3.4.1), but
 * clients join them before the server has sent data.
 */
#include <linux/slab.h>

#include "announce.h"
#include "track.h"

struct address {
	struct in6_addr addr;	/* network byte order; IPv4 in the first word */
	u32 family;
};

/**
 * struct mb_announced - addresses
 * @rcu:	frees it
 * @n:		how many; what is below does not change
 * @at:		each once
 */
struct mb_announced {
	struct rcu_head rcu;
	unsigned int n;
	struct address at[MB_ANNOUNCED_MAX];
};

static struct mb_announced *announced(struct mb_sessions *ss, struct mb_session *s)
{
	struct mb_announced *a;

	a = rcu_dereference_protected(s->announced,
				      lockdep_is_held(&ss->lock));
	if (a)
		return a;
	a = kzalloc(sizeof(*a), GFP_ATOMIC | __GFP_NOWARN);
	rcu_assign_pointer(s->announced, a);
	return a;
}

/**
 * mb_announce() - an ADD_ADDR of version 0, of the server
 * @ss:		the table
 * @s:		the session, whose server's key is not proven
 * @seg:	the segment
 * @o:		the option
 *
 * What is beyond the bound waits for the key's proof. Without memory nobody is
 * refused for a while for being unknown.
 *
 * Context: ss->lock; allocates atomically.
 */
void mb_announce(struct mb_sessions *ss, struct mb_session *s,
		 const struct mb_segment *seg, const struct mb_option *o)
{
	const u8 *addr = (const u8 *)(seg->th + 1) + o->add_addr.addr_off;
	struct address new = {};
	struct mb_announced *a;
	unsigned int i;

	/* who knows no more than the 4-tuple does not guess the next number */
	if (s->keys.version || !seg->next || !(seg->flags & MB_TCP_ACK))
		return;
	a = announced(ss, s);
	if (!a) {
		mb_sessions_impair(ss);
		return;
	}
	memcpy(&new.addr, addr, o->add_addr.addr_len);
	new.family = o->add_addr.addr_len == sizeof(new.addr) ? AF_INET6 :
								AF_INET;
	for (i = 0; i < a->n; i++)
		if (!memcmp(&a->at[i], &new, sizeof(new)))
			return;
	if (a->n == MB_ANNOUNCED_MAX)
		return;
	a->at[a->n] = new;
	/* pairs with mb_announced() */
	smp_store_release(&a->n, a->n + 1);
}

/**
 * mb_announce_forget() - what was announced was of other keys, or the session goes
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
