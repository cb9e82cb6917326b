// SPDX-License-Identifier: GPL-2.0
/* Joins inherit bits of the initial subflow's conntrack mark. */
#include <linux/skbuff.h>
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack.h>
#endif

#include "steer.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK) && IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)

static struct nf_conn *entry(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && !nf_ct_is_template(ct) ? ct : NULL;
}

/**
 * mb_steer_mark() - put the session's mark on a join's conntrack entry
 * @mask:	bits that the join inherits, its others stay
 * @skb:	a segment of the join
 * @s:		the session
 *
 * A new connection's entry is not confirmed yet when its SYN comes here: the
 * event of conntrack that tells of it has the mark. Later changes are no event:
 * kernel 6.1 has no way to tell one but through conntrack's module.
 *
 * Context: RCU read side.
 */
void mb_steer_mark(u32 mask, struct sk_buff *skb, const struct mb_session *s)
{
	struct nf_conn *ct = entry(skb);
	u32 old, new;

	if (!ct)
		return;
	old = READ_ONCE(ct->mark);
	new = (old & ~mask) | (READ_ONCE(s->ctmark) & mask);
	if (new != old)
		WRITE_ONCE(ct->mark, new);
}

/**
 * mb_steer_learn() - the mark of the initial subflow is that of the session
 * @skb:	a segment of the initial subflow
 * @s:		the session
 *
 * Context: RCU read side. Written only if it differs: other CPUs read it.
 */
void mb_steer_learn(const struct sk_buff *skb, struct mb_session *s)
{
	const struct nf_conn *ct = entry(skb);
	u32 mark;

	if (!ct)
		return;
	mark = READ_ONCE(ct->mark);
	if (READ_ONCE(s->ctmark) != mark)
		WRITE_ONCE(s->ctmark, mark);
}

#else

void mb_steer_mark(u32 mask, struct sk_buff *skb, const struct mb_session *s)
{
}

void mb_steer_learn(const struct sk_buff *skb, struct mb_session *s)
{
}

#endif
