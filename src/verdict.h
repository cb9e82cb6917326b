/* SPDX-License-Identifier: GPL-2.0 */
/* Decides what happens to a segment, by its options and the policy. Touches
 * nothing.
 */
#ifndef MB_VERDICT_H
#define MB_VERDICT_H

#include "option.h"
#include "policy.h"

/**
 * struct mb_judged - what was decided, and why
 * @verdict:	enum mptcp_mb_verdict
 * @cause:	enum mptcp_mb_cause
 * @site:	the entry that decided, or NULL
 */
struct mb_judged {
	u8 verdict;
	u8 cause;
	struct mb_site *site;
};

struct mb_judged mb_verdict_handshake(const struct mb_policy *p,
				      const struct mb_site_query *q,
				      const struct mb_options *opts);
struct mb_judged mb_verdict_established(const struct mb_policy *p,
					const struct mb_options *opts);

#endif
