// SPDX-License-Identifier: GPL-2.0
/* What proves the keys that were claimed for a session: that the server numbers
 * its data, and acknowledges the client's, as follows from them (RFC 8684, 3.1
 * and 3.3.1), or signs an address with both (3.4.1).
 */
#include <linux/slab.h>
#include <net/tcp.h>

#include "announce.h"
#include "netns.h"
#include "track.h"

/* How far beyond the first byte a number may be (bytes): of 32 bits on the wire one
 * forger in 4096 guesses right, of 64 none.
 */
#define WINDOW32	SZ_1M
#define WINDOW64	(4096ULL * SZ_1M)

/* Likewise, where the client may lie: it can try with many keys, and wait */
#define PROOF64		(16 * SZ_1M)

static bool fits(u64 seen, unsigned int len, u64 first)
{
	return len == 8 ? seen - first < WINDOW64 :
			  (u32)seen - (u32)first < WINDOW32;
}

/* Whether a DSS of the server can be of these keys; that proves the client's. */
static bool proves(const struct mb_option *dss, u64 client_idsn, u64 server_idsn)
{
	if (dss->dss.ack_len &&
	    !fits(dss->dss.data_ack, dss->dss.ack_len, client_idsn + 1))
		return false;
	return !dss->dss.seq_len || !dss->dss.data_len ||
	       fits(dss->dss.data_seq, dss->dss.seq_len, server_idsn + 1);
}

/* Whether a DSS tells about the server's key. Of 32 bits a client that claims
 * another server's would soon have some that fit: it learns first what the real
 * key is, and chooses how much data comes over other ways.
 */
static bool tells(const struct mb_option *dss)
{
	return dss->dss.seq_len == 8 && dss->dss.data_len;
}

static bool proves_server(const struct mb_option *dss, u64 server_idsn)
{
	return tells(dss) && dss->dss.data_seq - (server_idsn + 1) < PROOF64;
}

/* Which of the claimed keys the server's numbers follow from; turned: the claims
 * of who was thought to be the server
 */
static const struct mb_keys *proven(struct mb_session *s,
				    const struct mb_option *dss, bool turned)
{
	struct mb_key_facts client, server;
	unsigned int i;

	for (i = 0; s->cand && i < s->cand->n; i++) {
		const struct mb_keys *k = &s->cand->keys[i];

		if (!!(s->cand->turned & BIT(i)) != turned)
			continue;
		mb_key_facts(k->version, k->key[MB_CLIENT], &client);
		mb_key_facts(k->version, k->key[MB_SERVER], &server);
		if (proves(dss, client.idsn, server.idsn))
			return k;
	}
	return NULL;
}

/* What is far off was not told by this connection's mappings. */
static void settle_map(struct mb_dir *d, u32 at)
{
	if (d->map_end - at + SZ_64K > 2 * SZ_64K)
		d->map_end = at;
}

/* A forged third ACK may have had other numbers than the connection has: those
 * of the segment that proves the keys are right.
 */
static void settle(struct mb_subflow *sub, const struct mb_segment *seg)
{
	struct mb_dir *d = &sub->dir[seg->side], *peer = &sub->dir[!seg->side];

	spin_lock(&sub->lock);
	d->end = seg->end;
	d->ack = seg->ack;
	settle_map(d, seg->end);
	settle_map(peer, seg->ack);
	if (peer->end - seg->ack > SZ_1M)
		peer->end = seg->ack;
	if (before(peer->ack, seg->seq) || after(peer->ack, seg->end))
		peer->ack = seg->seq;
	spin_unlock(&sub->lock);
}

/* What was read by the wrong keys' numbers */
static void forget_data(struct mb_session *s, struct mb_subflow *sub)
{
	unsigned int side;

	spin_lock(&sub->lock);
	for (side = 0; side < 2; side++) {
		sub->dir[side].data_end = 0;
		sub->dir[side].data_ack = 0;
		s->data_end[side] = 0;
		s->data_ack[side] = 0;
	}
	spin_unlock(&sub->lock);
}

/* Proven is the client's key, and the server's, too, if @both. */
static void confirm(struct mb_sessions *ss, struct mb_session *s,
		    struct mb_subflow *sub, const struct mb_segment *seg,
		    bool both)
{
	if (!(s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN)) {
		s->flags |= MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN;
		settle(sub, seg);
		mb_session_state(ss, s, MPTCP_MB_SESSION_STATE_CONFIRMED);
	}
	if (!both)
		return;
	s->flags |= MPTCP_MB_SESSION_FLAG_SERVER_KEY_PROVEN;
	kfree_sensitive(s->cand);
	s->cand = NULL;
	mb_subflow_attend(s, 0, MB_ATTENTION_PROOF);
}

/* Each try costs hashes; who claims many keys is not to have them for ever. */
static void unproven(struct mb_session *s)
{
	if (s->cand && ++s->unproven >= MB_PROOFS_MAX)
		mb_subflow_attend(s, 0, MB_ATTENTION_PROOF);
}

/* The server's data is not what its key says, in so many segments that none of the
 * later ones is believed.
 */
static void lied(struct mb_session *s)
{
	if (++s->lies >= MB_PROOFS_MAX)
		mb_subflow_attend(s, 0, MB_ATTENTION_PROOF);
}

/* These are its keys after all; false: they are too many with one token, and the
 * session is known no longer.
 */
static bool rekey(struct mb_sessions *ss, struct mb_session *s,
		  const struct mb_keys *keys)
{
	bool found = mb_session_rekey(ss, s, keys);

	mb_announce_forget(s);
	if (!found)
		mb_session_end(ss, s, MPTCP_MB_HOW_EVICTED);
	return found;
}

/**
 * mb_learn_proof() - a DSS of the server, whose key is not proven
 * @ss:		the table
 * @s:		the session
 * @sub:	the connection
 * @seg:	the segment
 *
 * Context: ss->lock.
 */
void mb_learn_proof(struct mb_sessions *ss, struct mb_session *s,
		    struct mb_subflow *sub, const struct mb_segment *seg)
{
	const struct mb_option *dss = seg->dss;
	const struct mb_keys *keys;

	if (!(seg->flags & MB_TCP_ACK))
		return;
	if (s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN) {
		if (proves_server(dss, s->idsn[MB_SERVER]))
			confirm(ss, s, sub, seg, true);
		else if (tells(dss) && seg->next)
			lied(s);
		return;
	}
	/* only who acknowledges the client's data knows its key */
	if (!dss->dss.ack_len || !sub->initial)
		return;
	if (!proves(dss, s->idsn[MB_CLIENT], s->idsn[MB_SERVER])) {
		keys = proven(s, dss, false);
		if (!keys) {
			unproven(s);
			return;
		}
		if (!rekey(ss, s, keys))
			return;
		forget_data(s, sub);
		mb_learn_data(s, sub);
	}
	confirm(ss, s, sub, seg, proves_server(dss, s->idsn[MB_SERVER]));
}

/* The same connection, but its client is who was thought to be the server */
static struct mb_subflow *turn(struct mb_sessions *ss, struct mb_session *s,
			       struct mb_subflow *sub, const struct mb_keys *keys)
{
	const struct mb_policy *policy = rcu_dereference(ss->mn->policy);
	struct mb_site_query q = s->site;
	unsigned int client = !sub->client;
	__be16 client_port = htons(q.port);
	struct mb_tuple tuple = sub->conn.tuple;
	struct mb_subflow *new;

	if (!policy)
		return NULL;
	swap(q.server, q.client);
	q.port = ntohs(s->client_port);
	mb_session_end(ss, s, MPTCP_MB_HOW_REPLACED);
	mb_session_remove(ss, s);
	s = mb_session_new(ss, policy, keys, &q, client_port);
	if (!s)
		return NULL;
	new = mb_subflow_new(ss, s, &tuple, client, client, true);
	if (!new) {
		mb_session_remove(ss, s);
		mb_sessions_full(ss);
		return NULL;
	}
	return new;
}

/**
 * mb_learn_turned() - whether a session begins the other way round than was claimed
 * @ss:		the table
 * @s:		the session, not confirmed
 * @sub:	the connection
 * @seg:	a segment of who was thought to be the client
 *
 * Nothing tells who is the client but who sends keys, and those anybody can send
 * in anybody's name.
 *
 * Context: ss->lock, RCU read side; allocates atomically.
 * Return: true: it does; @s and @sub are forgotten, others are in their place
 */
bool mb_learn_turned(struct mb_sessions *ss, struct mb_session *s,
		     struct mb_subflow *sub, const struct mb_segment *seg)
{
	const struct mb_keys *keys;
	struct mb_keys copy;

	if (!s->cand || !s->cand->turned || !seg->dss || !seg->dss->dss.ack_len ||
	    !sub->initial || !(seg->flags & MB_TCP_ACK) ||
	    (s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN))
		return false;
	keys = proven(s, seg->dss, true);
	if (!keys) {
		unproven(s);
		return false;
	}
	copy = *keys;
	sub = turn(ss, s, sub, &copy);
	memzero_explicit(&copy, sizeof(copy));
	if (!sub)
		return true;
	mb_track_begin(sub, seg->pkt, seg->side, seg->end, seg->ack);
	mb_learn_data(sub->session, sub);
	mb_event_session(ss->mn, MPTCP_MB_EVENT_SESSION_NEW, sub->session, NULL);
	confirm(ss, sub->session, sub, seg,
		proves_server(seg->dss, sub->session->idsn[MB_SERVER]));
	return true;
}

static bool signed_by(const struct mb_keys *k, const struct mb_option *o,
		      const u8 *option)
{
	return mb_key_add_addr_verify(k->version, k->key[MB_SERVER],
				      k->key[MB_CLIENT], o->add_addr.addr_id,
				      option + o->add_addr.addr_off,
				      o->add_addr.addr_len, o->add_addr.port,
				      option + o->add_addr.hmac_off);
}

/**
 * mb_learn_signature() - an ADD_ADDR of the server, whose key is not proven
 * @ss:		the table
 * @s:		the session
 * @sub:	the connection
 * @seg:	the segment
 * @o:		its ADD_ADDR with HMAC
 *
 * It often is the server's first word, and lets the client open joins. Only who
 * has both keys can make its HMAC (RFC 8684, 3.4.1).
 *
 * Context: ss->lock.
 */
void mb_learn_signature(struct mb_sessions *ss, struct mb_session *s,
			struct mb_subflow *sub, const struct mb_segment *seg,
			const struct mb_option *o)
{
	const u8 *option = (const u8 *)(seg->th + 1);
	bool known = s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN;
	unsigned int i;

	if ((!sub->initial && !known) || !(seg->flags & MB_TCP_ACK))
		return;
	if (signed_by(&s->keys, o, option)) {
		confirm(ss, s, sub, seg, true);
		return;
	}
	if (known)
		return;
	unproven(s);
	for (i = 0; s->cand && i < s->cand->n; i++) {
		if ((s->cand->turned & BIT(i)) ||
		    !signed_by(&s->cand->keys[i], o, option))
			continue;
		if (!rekey(ss, s, &s->cand->keys[i]))
			return;
		forget_data(s, sub);
		mb_learn_data(s, sub);
		confirm(ss, s, sub, seg, true);
		return;
	}
}
