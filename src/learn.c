// SPDX-License-Identifier: GPL-2.0
/* Learns sessions: what keys a third ACK claims. No state is spent on SYNs, and
 * what anybody can send creates no more than an unconfirmed session. What proves
 * the keys is in prove.c.
 */
#include <linux/slab.h>

#include "netns.h"
#include "track.h"

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
	sub = mb_subflow_new(ss, s, tuple, side, side, true);
	if (!sub) {
		mb_session_remove(ss, s);
		mb_sessions_full(ss);
		goto unlock;
	}
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
static void remember(struct mb_sessions *ss, struct mb_session *s,
		     const struct mb_keys *keys, bool turned)
{
	struct mb_candidates *c = s->cand;
	unsigned int i;

	if (!c) {
		c = kzalloc(sizeof(*c), GFP_ATOMIC | __GFP_NOWARN);
		if (!c) {
			/* the session may never be confirmed now */
			mb_sessions_impair(ss);
			return;
		}
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
			remember(ss, s, &keys, turned);
	} else if (seg->near && seg->payload) {
		/* it maps what it carries, which is the first of the data */
		spin_lock(&sub->lock);
		d->map_end = seg->end;
		d->data_end = mb_data_max(d->data_end, s->idsn[MB_CLIENT] + 1 +
							seg->payload);
		spin_unlock(&sub->lock);
	}
	memzero_explicit(&keys, sizeof(keys));
}
