// SPDX-License-Identifier: GPL-2.0
/* Learns sessions: whose keys a third ACK claims, and what proves them.
 *
 * No state is spent on SYNs. What anybody can send creates no more than an
 * unconfirmed session; that the server numbers its data, and acknowledges the
 * client's, as follows from the keys, proves them (RFC 8684, 3.1 and 3.3.1).
 */
#include <linux/slab.h>
#include <net/tcp.h>

#include "netns.h"
#include "track.h"

/* How far beyond the first byte a proof may be (bytes): of 32 bits on the wire
 * one forger in 4096 guesses right, of 64 none.
 */
#define WINDOW32	SZ_1M
#define WINDOW64	(4096ULL * SZ_1M)

static bool fits(u64 seen, unsigned int len, u64 first)
{
	return len == 8 ? seen - first < WINDOW64 :
			  (u32)seen - (u32)first < WINDOW32;
}

/**
 * mb_learn_keys() - the keys that a segment claims
 * @opts:	its MPTCP options
 * @option:	the option bytes of its TCP header
 * @keys:	filled
 *
 * RFC 8684, 3.1 (20, 22 or 24 bytes), RFC 6824, 3.1 (20): the client's third ACK
 * and, until they are acknowledged, its first data.
 *
 * Context: any.
 * Return: whether it has both; @keys is not complete otherwise
 */
bool mb_learn_keys(const struct mb_options *opts, const u8 *option,
		   struct mb_keys *keys)
{
	const struct mb_option *o;
	unsigned int i;

	for (i = 0; i < opts->n; i++) {
		o = &opts->opt[i];
		if (o->subtype != MB_MP_CAPABLE || o->fault != MB_FAULT_NONE ||
		    !o->capable.has_sender_key || !o->capable.has_receiver_key ||
		    o->capable.version > 1)
			continue;
		memcpy(keys->key[MB_CLIENT], option + o->capable.sender_key_off,
		       MB_KEY_LEN);
		memcpy(keys->key[MB_SERVER], option + o->capable.receiver_key_off,
		       MB_KEY_LEN);
		keys->version = o->capable.version;
		keys->flags = o->capable.flags;
		return true;
	}
	return false;
}

/* The furthest that is known of a side's data sequence numbers and ACKs */
static void furthest(struct mb_session *s, unsigned int side, u64 *end, u64 *ack)
{
	struct mb_subflow *sub;

	*end = mb_data_max(s->data_end[side], s->idsn[side] + 1);
	*ack = mb_data_max(s->data_ack[side], s->idsn[!side] + 1);
	list_for_each_entry(sub, &s->subflows, member) {
		struct mb_dir *d = &sub->dir[sub->client ^ side];

		spin_lock(&sub->lock);
		*end = mb_data_max(*end, d->data_end);
		*ack = mb_data_max(*ack, d->data_ack);
		spin_unlock(&sub->lock);
	}
}

/**
 * mb_learn_data() - the data sequence numbers with which a new subflow begins
 * @s:		the session, its keys are known
 * @sub:	the subflow
 *
 * Context: ss->lock.
 */
void mb_learn_data(struct mb_session *s, struct mb_subflow *sub)
{
	unsigned int side;
	u64 end, ack;

	for (side = 0; side < 2; side++) {
		struct mb_dir *d = &sub->dir[sub->client ^ side];

		furthest(s, side, &end, &ack);
		spin_lock(&sub->lock);
		d->data_end = end;
		d->data_ack = ack;
		spin_unlock(&sub->lock);
	}
}

/**
 * mb_learn() - a session has begun, if what a segment says is true
 * @mn:		the namespace
 * @policy:	in force
 * @tuple:	the segment's connection; none that is known
 * @side:	of @tuple that sent it: the client
 * @q:		server, client and marks
 * @pkt:	the segment, let through
 * @th:		its TCP header
 * @keys:	what it says
 * @state:	of the hook
 *
 * Context: RCU read side, BH off; takes the table's lock, allocates atomically.
 * Return: the initial subflow of the session, or NULL
 */
struct mb_subflow *mb_learn(struct mb_net *mn, const struct mb_policy *policy,
			    const struct mb_tuple *tuple, unsigned int side,
			    const struct mb_site_query *q,
			    const struct mb_packet *pkt, const struct tcphdr *th,
			    const struct mb_keys *keys,
			    const struct nf_hook_state *state)
{
	struct mb_sessions *ss = mn->sessions;
	struct mb_subflow *sub = NULL;
	struct mb_session *s;

	if (!th->ack || th->rst || !mb_packet_sound(pkt, state))
		return NULL;
	spin_lock(&ss->lock);
	/* another CPU may have been quicker */
	if (mb_subflow_find(ss, tuple))
		goto unlock;
	s = mb_session_new(ss, policy, keys, q, th->source);
	if (!s)
		goto unlock;
	sub = mb_subflow_new(ss, s, tuple, side, side);
	if (!sub) {
		mb_session_remove(ss, s);
		mb_sessions_full(ss);
		goto unlock;
	}
	sub->initial = true;
	mb_track_begin(sub, pkt, side, ntohl(th->seq), ntohl(th->ack_seq));
	mb_learn_data(s, sub);
	mb_event_session(mn, MPTCP_MB_EVENT_SESSION_NEW, s, NULL);
unlock:
	spin_unlock(&ss->lock);
	return sub;
}

static bool same_keys(const struct mb_keys *a, const struct mb_keys *b)
{
	return a->version == b->version && !memcmp(a->key, b->key, sizeof(a->key));
}

/* One of those that were claimed; when there are too many a chance one goes, so
 * that nobody can be sure to push out the real ones.
 */
static void remember(struct mb_session *s, const struct mb_keys *keys, bool turned)
{
	struct mb_candidates *c = s->cand;
	unsigned int i;

	if (!c) {
		c = kzalloc(sizeof(*c), GFP_ATOMIC | __GFP_NOWARN);
		if (!c)
			return;
		s->cand = c;
	}
	for (i = 0; i < c->n; i++)
		if (same_keys(&c->keys[i], keys) &&
		    !!(c->turned & BIT(i)) == turned)
			return;
	if (c->n < MB_CANDIDATES)
		i = c->n++;
	else
		i = get_random_u32() % MB_CANDIDATES;
	c->keys[i] = *keys;
	if (turned)
		c->turned |= BIT(i);
	else
		c->turned &= ~BIT(i);
}

/**
 * mb_learn_claim() - an MP_CAPABLE on a connection whose session is known
 * @ss:		the table
 * @s:		the session
 * @sub:	the connection
 * @seg:	the segment
 *
 * Context: ss->lock.
 */
void mb_learn_claim(struct mb_sessions *ss, struct mb_session *s,
		    struct mb_subflow *sub, const struct mb_segment *seg)
{
	struct mb_dir *d = &sub->dir[seg->side];
	bool turned = seg->side != sub->client;
	struct mb_keys keys;

	if (!sub->initial || !mb_learn_keys(seg->opts,
					    (const u8 *)(seg->th + 1), &keys))
		return;
	if (turned || !same_keys(&keys, &s->keys)) {
		if (s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN)
			mb_count(&ss->mn->stats, MPTCP_MB_COUNTER_KEYS_IGNORED);
		else
			remember(s, &keys, turned);
	} else if (seg->near && seg->payload) {
		/* it maps what it carries, which is the first of the data */
		spin_lock(&sub->lock);
		d->map_end = seg->end;
		d->mapped = true;
		d->data_end = mb_data_max(d->data_end, s->idsn[MB_CLIENT] + 1 +
							seg->payload);
		spin_unlock(&sub->lock);
	}
	memzero_explicit(&keys, sizeof(keys));
}

static bool proves(const struct mb_option *dss, u64 client_idsn, u64 server_idsn)
{
	if (dss->dss.ack_len &&
	    !fits(dss->dss.data_ack, dss->dss.ack_len, client_idsn + 1))
		return false;
	return !dss->dss.seq_len || !dss->dss.data_len ||
	       fits(dss->dss.data_seq, dss->dss.seq_len, server_idsn + 1);
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

/* A forged third ACK may have had other numbers than the connection has: those
 * of the segment that proves the keys are right.
 */
static void settle(struct mb_subflow *sub, const struct mb_segment *seg)
{
	struct mb_dir *d = &sub->dir[seg->side], *peer = &sub->dir[!seg->side];

	spin_lock(&sub->lock);
	d->end = seg->end;
	d->ack = seg->ack;
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

/**
 * mb_learn_proof() - a DSS of the server, on a session that is not confirmed
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

	/* only who acknowledges the client's data knows its key */
	if (!dss->dss.ack_len || !sub->initial || !(seg->flags & MB_TCP_ACK))
		return;
	if (!proves(dss, s->idsn[MB_CLIENT], s->idsn[MB_SERVER])) {
		keys = s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN ?
		       NULL : proven(s, dss, false);
		if (!keys) {
			unproven(s);
			return;
		}
		if (mb_session_rekey(ss, s, keys)) {
			mb_session_end(ss, s, MPTCP_MB_HOW_EVICTED);
			return;
		}
		forget_data(s, sub);
		mb_learn_data(s, sub);
	}
	confirm(ss, s, sub, seg, dss->dss.seq_len && dss->dss.data_len);
}

/* The same connection, but its client is who was thought to be the server */
static struct mb_subflow *turn(struct mb_sessions *ss, struct mb_session *s,
			       struct mb_subflow *sub, const struct mb_keys *keys)
{
	const struct mb_policy *policy = rcu_dereference(ss->mn->policy);
	struct mb_site_query q = s->site;
	unsigned int client = !sub->client;
	__be16 client_port = htons(q.port);
	struct mb_tuple tuple = sub->tuple;
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
	new = mb_subflow_new(ss, s, &tuple, client, client);
	if (!new) {
		mb_session_remove(ss, s);
		mb_sessions_full(ss);
		return NULL;
	}
	new->initial = true;
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
		seg->dss->dss.seq_len && seg->dss->dss.data_len);
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
 * mb_learn_signature() - an ADD_ADDR of the server, on a session that is not
 *			  confirmed
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
	unsigned int i;

	if (!sub->initial || !(seg->flags & MB_TCP_ACK))
		return;
	if (signed_by(&s->keys, o, option)) {
		confirm(ss, s, sub, seg, true);
		return;
	}
	if (s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN)
		return;
	unproven(s);
	for (i = 0; s->cand && i < s->cand->n; i++) {
		if ((s->cand->turned & BIT(i)) ||
		    !signed_by(&s->cand->keys[i], o, option))
			continue;
		if (mb_session_rekey(ss, s, &s->cand->keys[i])) {
			mb_session_end(ss, s, MPTCP_MB_HOW_EVICTED);
			return;
		}
		forget_data(s, sub);
		mb_learn_data(s, sub);
		confirm(ss, s, sub, seg, true);
		return;
	}
}
