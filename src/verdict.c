// SPDX-License-Identifier: GPL-2.0
/* Decides. MPTCP is allowed or denied where a connection begins, at its SYN
 * and SYN/ACK: an option taken from any later segment makes one endpoint fall
 * back alone, and data is corrupted.
 */
#include "verdict.h"

/* Which of two refusals leaves less. */
static const u8 severity[] = {
	[MPTCP_MB_VERDICT_ACCEPT]	= 0,
	[MPTCP_MB_VERDICT_STRIP]	= 1,
	[MPTCP_MB_VERDICT_RESET]	= 2,
	[MPTCP_MB_VERDICT_DROP]		= 3,
};

static bool has(const struct mb_options *opts, enum mb_subtype subtype)
{
	return opts->subtypes & (1U << subtype);
}

static void refuse(struct mb_judged *j, u8 verdict, u8 cause)
{
	if (severity[verdict] > severity[j->verdict]) {
		j->verdict = verdict;
		j->cause = cause;
	}
}

/* What cannot be rewritten unseen is not let past. */
static void seal(struct mb_judged *j, const struct mb_options *opts)
{
	if (opts->sealed && (j->verdict == MPTCP_MB_VERDICT_STRIP ||
			     j->verdict == MPTCP_MB_VERDICT_NEUTRALISE)) {
		j->verdict = MPTCP_MB_VERDICT_DROP;
		j->cause = MPTCP_MB_CAUSE_SEALED;
	}
}

/* The entry for the segment's other end. A server, too, can open a join, and
 * the segment does not tell who did: with no entry for the one end, the other's
 * counts. An entry with a port names the server's, which a join that the server
 * opens does not use. Not inlined: joins are few, and its query takes stack.
 */
static noinline struct mb_site *other_site(const struct mb_policy *p,
					   const struct mb_site_query *q)
{
	struct mb_site_query back = *q;

	if (!q->client_known)
		return NULL;
	back.server = q->client;
	back.client = q->server;
	back.port = 0;
	return mb_sites_lookup(p->sites, &back);
}

/* RFC 8684, 3.4.1: an announcement teaches an address, unless its HMAC is
 * wrong. RFC 6824 has no HMAC: there the option itself must go, which is safe
 * beside another one, for the segment then still is one of MPTCP.
 */
static void judge_add_addr(struct mb_judged *j, const struct mb_options *opts)
{
	bool v0 = false, v1 = false, stays = false;
	unsigned int i;

	for (i = 0; i < opts->n; i++) {
		const struct mb_option *o = &opts->opt[i];

		if (o->fault == MB_FAULT_NONE && o->subtype == MB_ADD_ADDR &&
		    o->add_addr.form == MB_ADD_ADDR_V0) {
			v0 = true;
			continue;
		}
		if (o->fault == MB_FAULT_NONE && o->subtype == MB_ADD_ADDR &&
		    o->add_addr.form == MB_ADD_ADDR_V1)
			v1 = true;
		stays = true;
	}
	if (!v0 && !v1)
		return;
	j->verdict = stays ? MPTCP_MB_VERDICT_NEUTRALISE : MPTCP_MB_VERDICT_DROP;
	j->cause = MPTCP_MB_CAUSE_ADD_ADDR;
}

/* What the setting orphan says, or join; the entry of the site goes first. */
static void judge_join(const struct mb_policy *p, bool orphan,
		       struct mb_judged *j)
{
	static const u8 orphans[] = {
		[MPTCP_MB_ORPHAN_ACCEPT] = MPTCP_MB_VERDICT_ACCEPT,
		[MPTCP_MB_ORPHAN_RESET] = MPTCP_MB_VERDICT_RESET,
		[MPTCP_MB_ORPHAN_DROP] = MPTCP_MB_VERDICT_DROP,
	};
	const struct mb_site *site = j->site;

	if (orphan && p->set.orphan != MPTCP_MB_ORPHAN_AS_JOIN)
		refuse(j, orphans[p->set.orphan], MPTCP_MB_CAUSE_ORPHAN);
	else
		refuse(j, mb_verdict_join(p, site), MPTCP_MB_CAUSE_JOIN);
}

/* The entry that decides on a join: that of its session's site, unless there is
 * an explicit denial for an address that the join itself uses.
 */
static noinline struct mb_site *join_site(const struct mb_policy *p,
					  const struct mb_site_query *q,
					  const struct mb_joining *jn)
{
	struct mb_site *site, *own;

	site = mb_sites_lookup(p->sites, &jn->session->site);
	if (mb_verdict_action(p, site) == MPTCP_MB_ACTION_DENY)
		return site;
	own = mb_sites_lookup(p->sites, q);
	/* who says that it is the server may be the client of a denied one */
	if (jn->by_server && !mb_verdict_denies(own))
		own = other_site(p, q);
	return mb_verdict_denies(own) ? own : site;
}

/* Whose site, and whether it may; join: it is one, and nothing else. */
static __always_inline void judge_site(const struct mb_policy *p,
				       const struct mb_site_query *q,
				       const struct mb_joining *jn, bool join,
				       struct mb_judged *j)
{
	bool known = join && jn->kind == MB_JOIN_KNOWN;
	struct mb_site *site;

	if (known) {
		site = join_site(p, q, jn);
	} else {
		site = mb_sites_lookup(p->sites, q);
		if (!site && join)
			site = other_site(p, q);
	}
	mb_verdict_site(p, site, j);
	if (!join)
		return;
	if (jn->kind == MB_JOIN_CLOSING) {
		j->verdict = MPTCP_MB_VERDICT_DROP;
		j->cause = MPTCP_MB_CAUSE_CLOSING;
	} else if (j->verdict == MPTCP_MB_VERDICT_ACCEPT) {
		judge_join(p, !known && !jn->graced, j);
	}
}

/**
 * mb_verdict_handshake() - judge a SYN or a SYN/ACK with MPTCP options
 * @p:		the policy
 * @q:		its server and client: whom it goes to, whom a SYN/ACK comes from
 * @opts:	its options, at least one; malformed ones count like others: what
 *		calls itself an MP_JOIN is one
 * @jn:		what is known of the join, if it is one
 * @j:		the verdict; its site stays valid under RCU
 *
 * Context: RCU read side. Changes nothing, hits are for the caller to count.
 */
void mb_verdict_handshake(const struct mb_policy *p,
			  const struct mb_site_query *q,
			  const struct mb_options *opts,
			  const struct mb_joining *jn, struct mb_judged *j)
{
	const struct mb_settings *set = &p->set;
	bool join = has(opts, MB_MP_JOIN);

	/* inlined twice: most are no joins */
	if (join)
		judge_site(p, q, jn, true, j);
	else
		judge_site(p, q, NULL, false, j);
	if (opts->faulty && mb_verdict_action(p, j->site) == MPTCP_MB_ACTION_ALLOW)
		refuse(j, set->malformed, MPTCP_MB_CAUSE_MALFORMED);
	/* A stripped join would open a stray TCP connection. */
	if (join && j->verdict == MPTCP_MB_VERDICT_STRIP)
		j->verdict = MPTCP_MB_VERDICT_RESET;
	if (j->verdict == MPTCP_MB_VERDICT_ACCEPT && has(opts, MB_ADD_ADDR) &&
	    set->add_addr == MPTCP_MB_ANNOUNCE_BLOCK)
		judge_add_addr(j, opts);
	seal(j, opts);
}

/**
 * mb_verdict_join_ack() - judge the third ACK of a join
 * @p:		the policy
 * @q:		server and client
 * @jn:		forged; a known one was judged by its SYN and SYN/ACK
 * @j:		the verdict
 *
 * Context: RCU read side.
 */
void mb_verdict_join_ack(const struct mb_policy *p,
			 const struct mb_site_query *q,
			 const struct mb_joining *jn, struct mb_judged *j)
{
	judge_site(p, q, jn, true, j);
	if (j->verdict == MPTCP_MB_VERDICT_STRIP)
		j->verdict = MPTCP_MB_VERDICT_RESET;
	if (j->verdict == MPTCP_MB_VERDICT_ACCEPT)
		j->cause = MPTCP_MB_CAUSE_DATA;
}

/**
 * mb_verdict_late() - judge a third ACK whose handshake we should have judged
 * @p:	the policy
 * @q:	server and client
 * @j:	the verdict: accept, or reset where the site is denied
 *
 * Under SYN cookies an MP_CAPABLE here makes a session, though it was taken out
 * of the SYN. To take it out here would make one end fall back alone.
 *
 * Context: RCU read side.
 */
void mb_verdict_late(const struct mb_policy *p, const struct mb_site_query *q,
		     struct mb_judged *j)
{
	j->site = mb_sites_lookup(p->sites, q);
	j->verdict = MPTCP_MB_VERDICT_ACCEPT;
	j->cause = MPTCP_MB_CAUSE_DATA;
	if (mb_verdict_action(p, j->site) == MPTCP_MB_ACTION_DENY) {
		j->verdict = MPTCP_MB_VERDICT_RESET;
		j->cause = j->site ? MPTCP_MB_CAUSE_SITE : MPTCP_MB_CAUSE_DEFAULT;
	}
}

/**
 * mb_verdict_midstream() - judge MPTCP options on an unknown connection
 * @p:	the policy
 * @j:	the verdict, without a site
 *
 * Context: any.
 */
void mb_verdict_midstream(const struct mb_policy *p, struct mb_judged *j)
{
	j->site = NULL;
	j->verdict = p->set.midstream;
	j->cause = j->verdict == MPTCP_MB_VERDICT_ACCEPT ?
		   MPTCP_MB_CAUSE_DATA : MPTCP_MB_CAUSE_MIDSTREAM;
}

/**
 * mb_session_denied() - whether a session could not begin now
 * @p:	a policy
 * @s:	the session
 *
 * Context: RCU read side, or what else keeps @p and @s.
 */
bool mb_session_denied(const struct mb_policy *p, const struct mb_session *s)
{
	return mb_verdict_action(p, mb_sites_lookup(p->sites, &s->site)) ==
	       MPTCP_MB_ACTION_DENY;
}

/**
 * mb_verdict_established() - judge any other segment with MPTCP options
 * @p:		the policy
 * @opts:	its options, at least one
 * @j:		the verdict, without a site
 *
 * An MP_CAPABLE here is not judged: without knowing the session it may as well
 * be the first data of one that was there before the policy.
 *
 * Context: RCU read side. Changes nothing.
 */
void mb_verdict_established(const struct mb_policy *p,
			    const struct mb_options *opts, struct mb_judged *j)
{
	j->site = NULL;
	j->verdict = MPTCP_MB_VERDICT_ACCEPT;
	j->cause = MPTCP_MB_CAUSE_DATA;

	if (has(opts, MB_ADD_ADDR) &&
	    p->set.add_addr == MPTCP_MB_ANNOUNCE_BLOCK) {
		judge_add_addr(j, opts);
		seal(j, opts);
	}
}
