/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a segment: packet -> options -> verdict -> action -> count. */
#ifndef MB_HOOK_H
#define MB_HOOK_H

#include <linux/netlink.h>

struct mb_net;

int mb_hooks_add(struct mb_net *mn, u32 want, struct netlink_ext_ack *extack);
void mb_hooks_trim(struct mb_net *mn, u32 want);

#endif
