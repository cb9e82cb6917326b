/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions, subflows and refusals as netlink attributes, for dumps and events.
 * Keys are in none of them.
 */
#ifndef MB_NETLINK_ATTR_SESSION_H
#define MB_NETLINK_ATTR_SESSION_H

#include <linux/skbuff.h>

struct mb_policy;
struct mb_refusal;
struct mb_session;
struct mb_subflow;

/* Which of a session's subflows are told */
enum mb_subflows {
	MB_SUBFLOWS_NONE,
	MB_SUBFLOWS_ALL,
	MB_SUBFLOWS_FITTING,	/* closed ones only where there is room */
};

bool mb_session_is_denied(const struct mb_policy *p, const struct mb_session *s);
int mb_attr_put_session(struct sk_buff *skb, int type, const struct mb_session *s,
			const struct mb_policy *p, enum mb_subflows subflows);
int mb_attr_put_subflow(struct sk_buff *skb, int type, struct mb_subflow *sub);
int mb_attr_put_refusal(struct sk_buff *skb, int type, const struct mb_refusal *r);

#endif
