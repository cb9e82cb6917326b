// SPDX-License-Identifier: GPL-2.0
/* Answers "what happens to this server's MPTCP, and by which entry?" with the
 * functions that judge segments.
 */
#include <net/netlink.h>

#include "explain.h"
#include "netlink_attr.h"
#include "verdict.h"

#define BEATEN_MAX	16	/* entries that are told */

static int put_outcome(struct sk_buff *msg, const char *segment,
		       const struct mb_judged *j)
{
	struct nlattr *nest = nla_nest_start(msg, MPTCP_MB_A_OUTCOME);

	if (!nest ||
	    nla_put_string(msg, MPTCP_MB_OUTCOME_SEGMENT, segment) ||
	    nla_put_u8(msg, MPTCP_MB_OUTCOME_VERDICT, j->verdict) ||
	    nla_put_u8(msg, MPTCP_MB_OUTCOME_CAUSE, j->cause))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* The verdict on each kind of segment, from the function that judges them */
static int put_outcomes(struct sk_buff *msg, const struct mb_policy *p,
			const struct mb_site_query *q)
{
	static const struct {
		const char *name;
		u8 subtype;
		bool faulty, handshake, orphan, midstream;
	} kinds[] = {
		{ "mp-capable", MB_MP_CAPABLE, false, true },
		{ "mp-join", MB_MP_JOIN, false, true },
		{ "orphan", MB_MP_JOIN, false, true, true },
		{ "malformed", MB_MP_CAPABLE, true, true },
		{ "add-addr", MB_ADD_ADDR, false, false },
		{ "data", MB_DSS, false, false },
		{ "midstream", MB_DSS, false, false, false, true },
	};
	struct mb_options opts;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		/* a known join of this site uses this address */
		struct mb_joining jn = {
			.kind = MB_JOIN_ORPHAN,
			.graced = !kinds[i].orphan,
		};
		struct mb_judged j;

		memset(&opts, 0, sizeof(opts));
		opts.n = 1;
		opts.subtypes = 1 << kinds[i].subtype;
		opts.faulty = kinds[i].faulty;
		opts.opt[0].subtype = kinds[i].subtype;
		opts.opt[0].fault = kinds[i].faulty ? MB_FAULT_CAPABLE_LEN :
						      MB_FAULT_NONE;
		if (kinds[i].subtype == MB_ADD_ADDR)
			opts.opt[0].add_addr.form = MB_ADD_ADDR_V1;
		if (kinds[i].midstream)
			mb_verdict_midstream(p, &j);
		else if (kinds[i].handshake)
			mb_verdict_handshake(p, q, &opts, &jn, &j);
		else
			mb_verdict_established(p, &opts, &j);
		err = put_outcome(msg, kinds[i].name, &j);
		if (err)
			return err;
	}
	return 0;
}

/**
 * mb_explain() - write what decides for a server, and what that means
 * @msg:	message
 * @p:		the policy
 * @q:		server, client, marks
 *
 * Context: RCU read side.
 * Return: 0 or -EMSGSIZE
 */
int mb_explain(struct sk_buff *msg, const struct mb_policy *p,
	       const struct mb_site_query *q)
{
	struct mb_site *match[BEATEN_MAX + 1];
	unsigned int n, i;
	int err;

	n = mb_sites_match_all(p->sites, q, match, ARRAY_SIZE(match));
	for (i = 0; i < n && i < ARRAY_SIZE(match); i++) {
		err = mb_attr_put_site(msg, i ? MPTCP_MB_A_BEATEN : MPTCP_MB_A_SITE,
				       match[i]);
		if (err)
			return err;
	}
	if (n > ARRAY_SIZE(match) &&
	    nla_put_u32(msg, MPTCP_MB_A_BEATEN_MORE, n - ARRAY_SIZE(match)))
		return -EMSGSIZE;
	return put_outcomes(msg, p, q);
}
