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

#endif
