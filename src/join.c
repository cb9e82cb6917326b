// SPDX-License-Identifier: GPL-2.0
/* Joins: whose session an MP_JOIN names, and whether it may call itself that
 * (RFC 8684, 3.2). These look, before the verdict; what becomes of a join that was
 * let through is in join_pending.c.
 */
#include "announce.h"
#include "hash.h"
#include "join.h"

/**
 * mb_join_find() - the pending join of a connection
 * @ss:		the table
 * @tuple:	its connection
 *
 * Context: RCU read side.
 * Return: the join, or NULL
 */
struct mb_join *mb_join_find(struct mb_sessions *ss,
			     const struct mb_tuple *tuple)
{
	return rhashtable_lookup(&ss->joins, tuple, mb_join_params);
}

/**
 * mb_joinable() - whether a join may be tied to this session
 * @s:	the session
 *
 * Context: RCU read side, or the table's lock.
 * Return: its client's key is proven, and it has not ended
 */
bool mb_joinable(const struct mb_session *s)
{
	return (s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN) &&
	       (s->state == MPTCP_MB_SESSION_STATE_CONFIRMED ||
		s->state == MPTCP_MB_SESSION_STATE_DETACHED ||
		s->state == MPTCP_MB_SESSION_STATE_CLOSING);
}

/* The one MP_JOIN of a segment. What has several, or an MP_CAPABLE beside, is
 * judged as what is not known: hosts may differ in which of them they read.
 */
static const struct mb_option *only_join(const struct mb_options *opts)
{
	const struct mb_option *o, *join = NULL;
	unsigned int i;

	for (i = 0; i < opts->n; i++) {
		o = &opts->opt[i];
		if (o->subtype == MB_MP_CAPABLE)
			return NULL;
		if (o->subtype != MB_MP_JOIN)
			continue;
		if (join || o->fault != MB_FAULT_NONE)
			return NULL;
		join = o;
	}
	return join;
}

/* How well the addresses of a join fit the session: hosts keep one address, or
 * the server its port, more often than none.
 */
static unsigned int likeness(const struct mb_session *s, unsigned int joined,
			     const struct mb_tuple *tuple, unsigned int opener)
{
	unsigned int client = joined == MB_SERVER ? opener : !opener;
	unsigned int points = 0;

	if (mb_tuple_has(tuple, !client, s->site.family, &s->site.server))
		points += 4;
	if (mb_tuple_has(tuple, client, s->site.family, &s->site.client))
		points += 4;
	if (joined == MB_SERVER &&
	    tuple->port[!client] == htons(s->site.port))
		points++;
	return points;
}

/* Until its server proves the server's key, all that is known of it is what its
 * client claims, who may know another server's keys, and name that one by them:
 * joins then have to be with the address that the session was begun with, or with
 * one that its server announced. The client's own key is for the client to choose,
 * so that it may be another server's at all times: who joins the client has one of
 * the session's addresses, or goes to one.
 */
static bool trusted(const struct mb_session *s, unsigned int joined,
		    const struct mb_tuple *tuple, unsigned int opener)
{
	unsigned int server = joined == MB_SERVER ? !opener : opener;

	if (!mb_joinable(s))
		return false;
	if (mb_tuple_has(tuple, server, s->site.family, &s->site.server) ||
	    mb_announced(s, tuple, server))
		return true;
	return (s->flags & MPTCP_MB_SESSION_FLAG_SERVER_KEY_PROVEN) &&
	       (joined == MB_SERVER ||
		mb_tuple_has(tuple, !server, s->site.family, &s->site.client));
}

static void known(struct mb_joining *jn, struct mb_session *s, u8 joined)
{
	jn->kind = READ_ONCE(s->state) == MPTCP_MB_SESSION_STATE_CLOSING ?
		   MB_JOIN_CLOSING : MB_JOIN_KNOWN;
	jn->session = s;
	jn->joined = joined;
	jn->by_server = joined == MB_CLIENT;
}

/**
 * mb_join_syn() - whose session the SYN of a join names
 * @ss:		the table
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @opts:	its MPTCP options
 * @jn:		filled
 *
 * Tokens are unique on a host, not here: of several sessions the one is taken
 * that the addresses fit best, until the HMAC tells.
 *
 * Context: RCU read side.
 */
void mb_join_syn(struct mb_sessions *ss, const struct mb_tuple *tuple,
		 unsigned int side, const struct mb_options *opts,
		 struct mb_joining *jn)
{
	unsigned int points, best = 0;
	struct rhlist_head *list, *pos;
	struct mb_token *t;
	u32 token;

	jn->kind = MB_JOIN_ORPHAN;
	jn->opt = only_join(opts);
	if (!jn->opt)
		return;
	token = jn->opt->join.token;
	list = rhltable_lookup(&ss->tokens, &token, mb_token_params);
	rhl_for_each_entry_rcu(t, pos, list, node) {
		struct mb_session *s = READ_ONCE(t->session);

		if (!s || t->token != token || !trusted(s, t->side, tuple, side))
			continue;
		points = 1 + likeness(s, t->side, tuple, side);
		if (points > best) {
			known(jn, s, t->side);
			best = points;
		}
	}
}

static bool verify(const struct mb_session *s, const struct mb_join *join,
		   unsigned int joined, const u8 *hmac, u32 nonce)
{
	return mb_key_join_verify(s->keys.version, s->keys.key[joined],
				  s->keys.key[!joined], nonce,
				  join->nonce[join->opener], hmac,
				  MB_JOIN_HMAC_SYNACK);
}

/**
 * mb_join_synack() - whether the SYN/ACK of a join has the session's HMAC
 * @ss:		the table
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @th:		its TCP header with all options
 * @opts:	its MPTCP options
 * @jn:		filled
 *
 * Context: RCU read side.
 */
void mb_join_synack(struct mb_sessions *ss, const struct mb_tuple *tuple,
		    unsigned int side, const struct tcphdr *th,
		    const struct mb_options *opts, struct mb_joining *jn)
{
	const struct mb_join *join = mb_join_find(ss, tuple);
	struct rhlist_head *list, *pos;
	struct mb_token *t;
	const u8 *hmac;
	u32 token;

	jn->kind = MB_JOIN_ORPHAN;
	jn->opt = only_join(opts);
	if (!jn->opt || !join || side == join->opener ||
	    ntohl(th->ack_seq) != join->isn + 1)
		return;
	hmac = (const u8 *)(th + 1) + jn->opt->join.hmac_off;
	if (verify(join->session, join, join->joined, hmac,
		   jn->opt->join.nonce)) {
		known(jn, join->session, join->joined);
		return;
	}
	/* the addresses may have told wrong which of several it is */
	token = join->token;
	list = rhltable_lookup(&ss->tokens, &token, mb_token_params);
	rhl_for_each_entry_rcu(t, pos, list, node) {
		struct mb_session *s = READ_ONCE(t->session);

		if (s && s != join->session && t->token == token &&
		    trusted(s, t->side, tuple, join->opener) &&
		    verify(s, join, t->side, hmac, jn->opt->join.nonce)) {
			known(jn, s, t->side);
			return;
		}
	}
	jn->kind = MB_JOIN_FORGED;
	jn->session = join->session;
}

/**
 * mb_join_ack() - whether the third ACK of a join has the session's HMAC
 * @ss:		the table
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @th:		its TCP header with all options
 * @opts:	its MPTCP options
 * @jn:		filled; MB_JOIN_NONE: nobody waits for it
 *
 * Context: RCU read side.
 */
void mb_join_ack(struct mb_sessions *ss, const struct mb_tuple *tuple,
		 unsigned int side, const struct tcphdr *th,
		 const struct mb_options *opts, struct mb_joining *jn)
{
	const struct mb_join *join = mb_join_find(ss, tuple);
	struct mb_session *s;
	const u8 *hmac;

	jn->kind = MB_JOIN_NONE;
	jn->opt = only_join(opts);
	if (!jn->opt || !join || side != join->opener || !join->answered ||
	    ntohl(th->seq) != join->isn + 1 ||
	    ntohl(th->ack_seq) != join->peer_isn + 1)
		return;
	s = join->session;
	hmac = (const u8 *)(th + 1) + jn->opt->join.hmac_off;
	if (mb_key_join_verify(s->keys.version, s->keys.key[!join->joined],
			       s->keys.key[join->joined],
			       join->nonce[join->opener],
			       join->nonce[!join->opener], hmac,
			       MB_JOIN_HMAC_ACK))
		known(jn, join->session, join->joined);
	else
		jn->kind = MB_JOIN_FORGED;
	jn->session = s;
}
