/* SPDX-License-Identifier: GPL-2.0 */
/* Tells an administrator what the policy does with a server, and why. */
#ifndef MB_EXPLAIN_H
#define MB_EXPLAIN_H

#include "policy.h"

struct sk_buff;

int mb_explain(struct sk_buff *msg, const struct mb_policy *p,
	       const struct mb_site_query *q);

#endif
