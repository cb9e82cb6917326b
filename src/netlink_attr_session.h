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

/* Bytes that the longest session takes, without and with all its subflows */
#define MB_ATTR_SUBFLOW_MAX	320
#define MB_ATTR_SESSION_MAX	256
#define MB_ATTR_SUBFLOWS_MAX	((2 * MB_SUBFLOWS_MAX + MB_JOINS_MAX) * \
				 MB_ATTR_SUBFLOW_MAX)

bool mb_session_is_denied(const struct mb_policy *p, const struct mb_session *s);
int mb_attr_put_session(struct sk_buff *skb, int type, const struct mb_session *s,
			const struct mb_policy *p, bool subflows);
int mb_attr_put_subflow(struct sk_buff *skb, int type, struct mb_subflow *sub);
int mb_attr_put_refusal(struct sk_buff *skb, int type, const struct mb_refusal *r);

#endif
