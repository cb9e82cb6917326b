/* SPDX-License-Identifier: GPL-2.0 */
/* Family mptcp_mb of generic netlink; docs/netlink/mptcp_mb.yaml tells it. */
#ifndef MB_NETLINK_H
#define MB_NETLINK_H

#include <net/genetlink.h>

#define MB_VERSION "0.1.0"

extern struct genl_family mb_family;

int mb_netlink_init(void);
void mb_netlink_exit(void);

int mb_netlink_may_change(struct genl_info *info);
struct sk_buff *mb_netlink_reply(struct genl_info *info, size_t size, void **hdr);

/**
 * mb_netlink_lists_all() - whether a dump was asked for that there is
 * @cb:	the dump
 *
 * Attributes would be a filter, which is not to be ignored.
 *
 * Return: 0 or -EINVAL
 */
static inline int mb_netlink_lists_all(struct netlink_callback *cb)
{
	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN) <= 0)
		return 0;
	NL_SET_ERR_MSG(cb->extack,
		       "a dump lists all: leave the attributes out, and choose from what comes");
	return -EINVAL;
}

#endif
