/* SPDX-License-Identifier: GPL-2.0 */
/* Joins inherit bits of the initial subflow's conntrack mark (share-mark), so
 * that a firewall or a scheduler can treat the session as one.
 */
#ifndef MB_STEER_H
#define MB_STEER_H

#include "policy.h"
#include "session.h"

void mb_steer_mark(u32 mask, struct sk_buff *skb, const struct mb_session *s);
void mb_steer_learn(const struct sk_buff *skb, struct mb_session *s);

/**
 * mb_share_mark() - a segment of a join's handshake gets the session's mark
 * @policy:	in force
 * @skb:	SYN, SYN/ACK or third ACK
 * @s:		the session which it joins
 *
 * Context: RCU read side.
 */
static inline void mb_share_mark(const struct mb_policy *policy,
				 struct sk_buff *skb,
				 const struct mb_session *s)
{
	if (unlikely(policy->set.share_mark))
		mb_steer_mark(policy->set.share_mark, skb, s);
}

/**
 * mb_share_learn() - keep the mark of a session's initial subflow
 * @policy:	in force
 * @skb:	a segment of it
 * @s:		the session
 *
 * Context: RCU read side.
 */
static inline void mb_share_learn(const struct mb_policy *policy,
				  const struct sk_buff *skb,
				  struct mb_session *s)
{
	if (unlikely(policy->set.share_mark))
		mb_steer_learn(skb, s);
}

#endif
