// SPDX-License-Identifier: GPL-2.0
/* Joins: whose session an MP_JOIN names, and whether it may call itself that
 * (RFC 8684, 3.2). These look, before the verdict; what becomes of a join that was
 * let through is in join_pending.c.
 */
#include "announce.h"
#include "join.h"

/**
 * mb_join_only() - the one MP_JOIN of a segment
 * @opts:	its MPTCP options
 *
 * What has several, or an MP_CAPABLE beside, is judged as what is not known: hosts
 * may differ in which of them they read.
 *
 * Return: it, well-formed, or NULL
 */
const struct mb_option *mb_join_only(const struct mb_options *opts)
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

/* Whether a join may be of this session, and how well its addresses fit: hosts keep
 * one address, or the server its port, more often than none. 0: it may not.
 *
 * Until its server proves the server's key, all that is known of it is what its
 * client claims, who may know another server's keys, and name that one by them:
 * joins then have to be with the address that the session was begun with, or with
 * one that its server announced. The client's own key is for the client to choose,
 * so that it may be another server's at all times: who joins the client has one of
 * the session's addresses, or goes to one.
 */
static __always_inline unsigned int
trust_in(const struct mb_session *s, unsigned int joined,
	 const struct mb_tuple *tuple, unsigned int opener)
{
	unsigned int server = joined == MB_SERVER ? !opener : opener;
	bool at_server, by_client;

	if (!mb_joinable(s))
		return 0;
	at_server = mb_tuple_has(tuple, server, s->site.family, &s->site.server);
	by_client = mb_tuple_has(tuple, !server, s->site.family, &s->site.client);
	if (!at_server && !mb_announced(s, tuple, server) &&
	    (!(s->flags & MPTCP_MB_SESSION_FLAG_SERVER_KEY_PROVEN) ||
	     (joined == MB_CLIENT && !by_client)))
		return 0;
	return 1 + 4 * at_server + 4 * by_client +
	       (joined == MB_SERVER && tuple->port[server] == htons(s->site.port));
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
 * struct named - whom a token names
 * @token:	the token
 * @tuple:	of the join
 * @opener:	side of it that sent the SYN
 * @best:	trust_in() who fits best so far
 * @jn:		who that is
 */
struct named {
	u32 token;
	const struct mb_tuple *tuple;
	unsigned int opener;
	unsigned int best;
	struct mb_joining *jn;
};

static __always_inline bool compare(struct hlist_node *node, void *what)
{
	struct mb_token *t = hlist_entry(node, struct mb_token, node);
	struct mb_session *s = mb_token_session(t);
	struct named *n = what;
	unsigned int points;

	if (t->token != n->token || !s)
		return false;
	points = trust_in(s, t->side, n->tuple, n->opener);
	if (points > n->best) {
		known(n->jn, s, t->side);
		n->best = points;
	}
	return false;
}

/**
 * mb_join_syn() - whose session the SYN of a join names
 * @ss:		the table
 * @tuple:	its connection
 * @side:	of @tuple that sent it
 * @opt:	of mb_join_only()
 * @jn:		filled
 *
 * Tokens are unique on a host, not here: of several sessions the one is taken
 * that the addresses fit best, until the HMAC tells.
 *
 * Context: RCU read side.
 */
void mb_join_syn(struct mb_sessions *ss, const struct mb_tuple *tuple,
		 unsigned int side, const struct mb_option *opt,
		 struct mb_joining *jn)
{
	struct named n = { .tuple = tuple, .opener = side, .jn = jn };

	jn->kind = MB_JOIN_ORPHAN;
	jn->opt = opt;
	if (!opt)
		return;
	n.token = opt->join.token;
	mb_map_get(&ss->tokens, mb_tokens_hash(n.token), compare, &n);
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
 * struct signer - whose HMAC a SYN/ACK has
 * @join:	the pending join
 * @tuple:	its connection
 * @hmac:	of the SYN/ACK
 * @nonce:	likewise
 * @jn:		set when it is found
 */
struct signer {
	const struct mb_join *join;
	const struct mb_tuple *tuple;
	const u8 *hmac;
	u32 nonce;
	struct mb_joining *jn;
};

static bool signs(struct hlist_node *node, void *what)
{
	struct mb_token *t = hlist_entry(node, struct mb_token, node);
	struct mb_session *s = mb_token_session(t);
	const struct signer *sg = what;
	const struct mb_join *join = sg->join;

	if (t->token != join->token || !s || s == join->session ||
	    !trust_in(s, t->side, sg->tuple, join->opener) ||
	    !verify(s, join, t->side, sg->hmac, sg->nonce))
		return false;
	known(sg->jn, s, t->side);
	return true;
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
	struct signer sg = { .join = join, .tuple = tuple, .jn = jn };

	jn->kind = MB_JOIN_ORPHAN;
	jn->opt = mb_join_only(opts);
	if (!jn->opt || !join || side == join->opener ||
	    ntohl(th->ack_seq) != join->isn + 1)
		return;
	sg.hmac = (const u8 *)(th + 1) + jn->opt->join.hmac_off;
	sg.nonce = jn->opt->join.nonce;
	if (verify(join->session, join, join->joined, sg.hmac, sg.nonce)) {
		known(jn, join->session, join->joined);
		return;
	}
	jn->kind = MB_JOIN_FORGED;
	jn->session = join->session;
	/* the addresses may have told wrong which of several it is */
	mb_map_find(&ss->tokens, mb_tokens_hash(join->token), signs, &sg);
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
	jn->opt = mb_join_only(opts);
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
