/* SPDX-License-Identifier: GPL-2.0 */
/* Transactions: one socket of a namespace builds a candidate policy. */
#ifndef MB_TXN_H
#define MB_TXN_H

#include "netns.h"

int mb_txn_init(void);
void mb_txn_exit(void);

struct mb_policy *mb_txn_candidate(const struct mb_net *mn,
				   const struct sk_buff *req);
int mb_txn_flush_sites(struct mb_net *mn, struct netlink_ext_ack *extack);

#endif
