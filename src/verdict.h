/* SPDX-License-Identifier: GPL-2.0 */
/* Decides what happens to a segment, by its options and the policy. Touches
 * nothing.
 */
#ifndef MB_VERDICT_H
#define MB_VERDICT_H

#include "join.h"
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

/**
 * mb_verdict_needed() - whether any setting is about a segment's options
 * @opts:	options of a segment of a known subflow, no SYN and no SYN/ACK
 *
 * Return: false: it is accepted, there is no need to ask
 */
static inline bool mb_verdict_needed(const struct mb_options *opts)
{
	return opts->subtypes & (1U << MB_ADD_ADDR);
}

static inline u8 mb_verdict_action(const struct mb_policy *p,
				   const struct mb_site *site)
{
	return site ? site->action : p->set.dflt;
}

static inline bool mb_verdict_denies(const struct mb_site *site)
{
	return site && site->action == MPTCP_MB_ACTION_DENY;
}

/* What a denial comes to */
static inline u8 mb_verdict_denial(const struct mb_policy *p,
				   const struct mb_site *site)
{
	return site && site->fallback != MB_SITE_INHERIT ? site->fallback :
							   p->set.fallback;
}

/* What becomes of joins */
static inline u8 mb_verdict_join(const struct mb_policy *p,
				 const struct mb_site *site)
{
	return site && site->join != MB_SITE_INHERIT ? site->join : p->set.join;
}

/**
 * mb_verdict_site() - judge by the site alone
 * @p:		the policy
 * @site:	the entry that decides, or NULL
 * @j:		the verdict
 */
static __always_inline void mb_verdict_site(const struct mb_policy *p,
					    struct mb_site *site,
					    struct mb_judged *j)
{
	j->site = site;
	j->cause = site ? MPTCP_MB_CAUSE_SITE : MPTCP_MB_CAUSE_DEFAULT;
	j->verdict = mb_verdict_action(p, site) == MPTCP_MB_ACTION_DENY ?
		     mb_verdict_denial(p, site) : MPTCP_MB_VERDICT_ACCEPT;
}

void mb_verdict_handshake(const struct mb_policy *p,
			  const struct mb_site_query *q,
			  const struct mb_options *opts,
			  const struct mb_joining *jn, struct mb_judged *j);
void mb_verdict_join_ack(const struct mb_policy *p,
			 const struct mb_site_query *q,
			 const struct mb_joining *jn, struct mb_judged *j);
void mb_verdict_late(const struct mb_policy *p, const struct mb_site_query *q,
		     struct mb_judged *j);
void mb_verdict_midstream(const struct mb_policy *p, struct mb_judged *j);
bool mb_session_denied(const struct mb_policy *p, const struct mb_session *s);
void mb_verdict_established(const struct mb_policy *p,
			    const struct mb_options *opts, struct mb_judged *j);

#endif
