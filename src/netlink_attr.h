/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink attributes <-> settings and sites. Rules that concern more than one
 * attribute are checked here, those of a single one in netlink_gen.c.
 */
#ifndef MB_NETLINK_ATTR_H
#define MB_NETLINK_ATTR_H

#include <net/netlink.h>

#include "policy.h"

/* Not aligned to 8 bytes: whoever reads these copies them out. */
static inline int mb_attr_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put(skb, type, sizeof(value), &value);
}

int mb_attr_get_settings(const struct nlattr *nest, struct mb_settings *set,
			 struct netlink_ext_ack *extack);
int mb_attr_get_site(const struct nlattr *nest, struct mb_site_new *entry,
		     bool whole, struct netlink_ext_ack *extack);
int mb_attr_get_query(const struct nlattr *nest, struct mb_site_query *q,
		      struct netlink_ext_ack *extack);

int mb_attr_put_settings(struct sk_buff *skb, int type,
			 const struct mb_settings *set, u32 generation);
int mb_attr_put_site(struct sk_buff *skb, int type, const struct mb_site *site);

#endif
