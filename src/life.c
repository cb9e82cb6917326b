// SPDX-License-Identifier: GPL-2.0
/* What changes the life of a session: its subflows end, its data ends, it falls
 * back to TCP, a host closes it. Anybody can send such a segment; it counts only
 * with a right checksum, and where the hosts themselves would believe it.
 */
#include <crypto/algapi.h>
#include <net/tcp.h>

#include "announce.h"
#include "netns.h"
#include "track.h"

static bool has(const struct mb_segment *seg, enum mb_subtype subtype)
{
	return seg->opts && (seg->opts->subtypes & (1U << subtype));
}

static const struct mb_option *find(const struct mb_segment *seg,
				    enum mb_subtype subtype)
{
	return seg->opts ? mb_option_find(seg->opts, subtype) : NULL;
}

static const u8 *option_bytes(const struct mb_segment *seg)
{
	return (const u8 *)(seg->th + 1);
}

/* The session's side that sent the segment */
static unsigned int sender(const struct mb_subflow *sub,
			   const struct mb_segment *seg)
{
	return seg->side ^ sub->client;
}

/* RFC 8684, 3.5: with the receiver's key, which only the sender and it have. */
static bool fastclose(struct mb_sessions *ss, struct mb_session *s,
		      struct mb_subflow *sub, const struct mb_segment *seg)
{
	const struct mb_option *o = find(seg, MB_MP_FASTCLOSE);
	const u8 *key = s->keys.key[!sender(sub, seg)];

	if (!o || crypto_memneq(option_bytes(seg) + o->fastclose.key_off, key,
				MB_KEY_LEN))
		return false;
	mb_session_end(ss, s, MPTCP_MB_HOW_FASTCLOSE);
	return true;
}

/* RFC 9293, 3.10.7.4 and RFC 5961, 3.2: an RST counts at just the next sequence
 * number. Of what we forwarded some may be lost behind us: then it is the one
 * that the receiver acknowledged.
 */
static void rst(struct mb_sessions *ss, struct mb_subflow *sub,
		const struct mb_segment *seg)
{
	bool exact;

	spin_lock(&sub->lock);
	exact = seg->next || seg->seq == sub->dir[!seg->side].ack;
	spin_unlock(&sub->lock);
	if (exact)
		mb_subflow_close(ss, sub, MPTCP_MB_HOW_RST);
}

static void fallback(struct mb_sessions *ss, struct mb_session *s, u8 sign)
{
	if (s->state != MPTCP_MB_SESSION_STATE_CONFIRMED)
		return;
	s->fallback = sign;
	mb_subflow_attend(s, MB_ATTENTION_FALLBACK, MB_ATTENTION_PROOF);
	mb_session_state(ss, s, MPTCP_MB_SESSION_STATE_FALLBACK);
}

/* RFC 8684, 3.7: a session with one subflow goes on as TCP. With more than one
 * MP_FAIL comes in an RST and ends that subflow. Data without a mapping is what
 * a host sends that has fallen back.
 */
static void look_for_fallback(struct mb_sessions *ss, struct mb_session *s,
			      struct mb_subflow *sub, const struct mb_segment *seg)
{
	const struct mb_option *dss = seg->dss;

	if (s->n_live != 1 || !seg->next || (seg->flags & MB_TCP_RST))
		return;
	if (find(seg, MB_MP_FAIL))
		fallback(ss, s, MPTCP_MB_FALLBACK_SIGN_MP_FAIL);
	else if (dss && dss->dss.seq_len && !dss->dss.data_len)
		fallback(ss, s, MPTCP_MB_FALLBACK_SIGN_INFINITE_MAPPING);
	else if (seg->unmapped && !has(seg, MB_MP_CAPABLE))
		fallback(ss, s, MPTCP_MB_FALLBACK_SIGN_NO_DSS);
}

/* RFC 8684, 3.3.3: each side's data ends with a DATA_FIN that takes a sequence
 * number, and has to be acknowledged.
 */
static void data_fin(struct mb_sessions *ss, struct mb_session *s,
		     struct mb_subflow *sub, const struct mb_segment *seg)
{
	static const u32 flag[] = {
		[MB_CLIENT] = MPTCP_MB_SESSION_FLAG_CLIENT_DATA_FIN,
		[MB_SERVER] = MPTCP_MB_SESSION_FLAG_SERVER_DATA_FIN,
	};
	unsigned int from = sender(sub, seg), side;
	const struct mb_option *o = seg->dss;
	bool over = true;

	if (o && o->dss.data_fin) {
		struct mb_dir *d = &sub->dir[seg->side];
		u64 end;

		spin_lock(&sub->lock);
		end = d->data_end;
		spin_unlock(&sub->lock);
		if ((u32)end != (u32)(o->dss.data_seq + o->dss.data_len))
			return;	/* not the last of the data, or not its own */
		s->fin[from] = end;
		s->flags |= flag[from];
		mb_subflow_attend(s, MB_ATTENTION_DATA_FIN, 0);
	}
	for (side = 0; side < 2; side++) {
		u64 ack = s->data_ack[!side];
		struct mb_subflow *each;

		list_for_each_entry(each, &s->subflows, member) {
			spin_lock(&each->lock);
			ack = mb_data_max(ack,
					  each->dir[each->client ^ !side].data_ack);
			spin_unlock(&each->lock);
		}
		if (!(s->flags & flag[side]) || !ack ||
		    (s64)(ack - s->fin[side]) < 0)
			over = false;
	}
	if (over)
		mb_session_end(ss, s, MPTCP_MB_HOW_DATA_FIN);
}

static void fin(struct mb_sessions *ss, struct mb_subflow *sub,
		const struct mb_segment *seg)
{
	struct mb_dir *a = &sub->dir[0], *b = &sub->dir[1];
	bool over;

	spin_lock(&sub->lock);
	/* it is the last there is, also when it comes again */
	if ((seg->flags & MB_TCP_FIN) && seg->end == sub->dir[seg->side].end) {
		sub->dir[seg->side].flags |= MB_TCP_FIN;
		WRITE_ONCE(sub->attention, sub->attention | MB_ATTENTION_FIN);
	}
	over = (a->flags & b->flags & MB_TCP_FIN) && a->ack == b->end &&
	       b->ack == a->end;
	spin_unlock(&sub->lock);
	if (over)
		mb_subflow_close(ss, sub, MPTCP_MB_HOW_FIN);
}

/* RFC 8684, 3.3.8. The address id of RFC 6824 may name another subflow. */
static void prio(struct mb_session *s, struct mb_subflow *sub,
		 const struct mb_segment *seg)
{
	const struct mb_option *o = find(seg, MB_MP_PRIO);
	struct mb_subflow *each;

	if (!o)
		return;
	if (!o->prio.has_addr_id) {
		sub->backup[seg->side] = o->prio.backup;
		return;
	}
	list_for_each_entry(each, &s->subflows, member) {
		unsigned int side = each->client ^ sender(sub, seg);

		if (each->addr_id[side] == o->prio.addr_id)
			each->backup[side] = o->prio.backup;
	}
}

/* What was found out may have been the end of it. */
static bool wants_proof(const struct mb_session *s)
{
	return s->state != MPTCP_MB_SESSION_STATE_CLOSED && mb_session_proof(s);
}

static bool is_announcement(const struct mb_option *o, unsigned int form)
{
	return o->subtype == MB_ADD_ADDR && o->fault == MB_FAULT_NONE &&
	       o->add_addr.form == form;
}

/* A segment that leaves where it came from, unlike those to its sender: that is the
 * other host again, in the sender's name.
 */
static bool turns_back(const struct mb_subflow *sub, const struct mb_segment *seg)
{
	const struct net_device *in = seg->state->in;

	return in && in == seg->state->out &&
	       in->ifindex != READ_ONCE(sub->dir[!seg->side].oif);
}

static void prove(struct mb_sessions *ss, struct mb_session *s,
		  struct mb_subflow *sub, const struct mb_segment *seg)
{
	unsigned int i, n = has(seg, MB_ADD_ADDR) ? seg->opts->n : 0;
	const struct mb_option *o = seg->opts ? seg->opts->opt : NULL;

	for (i = 0; i < n && wants_proof(s); i++)
		if (is_announcement(&o[i], MB_ADD_ADDR_V1))
			mb_learn_signature(ss, s, sub, seg, &o[i]);
	if (seg->dss && wants_proof(s))
		mb_learn_proof(ss, s, sub, seg);
	for (i = 0; i < n && wants_proof(s); i++)
		if (is_announcement(&o[i], MB_ADD_ADDR_V0))
			mb_announce(ss, s, seg, &o[i]);
}

static void open_session(struct mb_sessions *ss, struct mb_session *s,
			 struct mb_subflow *sub, const struct mb_segment *seg)
{
	if (has(seg, MB_MP_CAPABLE))
		mb_learn_claim(ss, s, sub, seg);
	if ((READ_ONCE(sub->attention) & MB_ATTENTION_PROOF) &&
	    !turns_back(sub, seg)) {
		if (sender(sub, seg) == MB_SERVER)
			prove(ss, s, sub, seg);
		else if (mb_learn_turned(ss, s, sub, seg))
			return;
	}
	/* anybody can claim keys; what follows is for who is known to have them */
	if (!seg->near || !(s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN))
		return;
	if (fastclose(ss, s, sub, seg))
		return;
	look_for_fallback(ss, s, sub, seg);
	if (s->fallback == MPTCP_MB_FALLBACK_SIGN_NO_DSS && seg->dss &&
	    seg->dss->dss.seq_len && seg->dss->dss.data_len && seg->next &&
	    s->state == MPTCP_MB_SESSION_STATE_FALLBACK) {
		/* a forged segment was believed */
		s->fallback = MPTCP_MB_FALLBACK_SIGN_NONE;
		mb_subflow_attend(s, mb_session_proof(s), MB_ATTENTION_FALLBACK);
		mb_session_state(ss, s, MPTCP_MB_SESSION_STATE_CONFIRMED);
	}
	prio(s, sub, seg);
	data_fin(ss, s, sub, seg);
}

/* What an attention is for, and a segment has nothing to do with, does not make
 * the segment go the long way: the server's key is proven by 64 bits only;
 * half-closed connections go on for long.
 */
static bool changes_nothing(const struct mb_subflow *sub,
			    const struct mb_segment *seg)
{
	static const u32 fins = MPTCP_MB_SESSION_FLAG_CLIENT_DATA_FIN |
				MPTCP_MB_SESSION_FLAG_SERVER_DATA_FIN;
	u32 flags = READ_ONCE(sub->session->flags);
	u8 attention = READ_ONCE(sub->attention);
	const struct mb_option *dss = seg->dss;
	bool mapping = dss && dss->dss.seq_len;

	if ((seg->flags & (MB_TCP_FIN | MB_TCP_RST)) || seg->unmapped ||
	    (seg->opts && seg->opts->subtypes != 1U << MB_DSS) ||
	    (mapping && (dss->dss.data_fin || !dss->dss.data_len)))
		return false;
	if ((attention & MB_ATTENTION_PROOF) &&
	    (!(flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN) ||
	     (mapping && dss->dss.seq_len == 8 &&
	      sender(sub, seg) == MB_SERVER)))
		return false;
	if ((attention & MB_ATTENTION_FIN) &&
	    (READ_ONCE(sub->dir[0].flags) & READ_ONCE(sub->dir[1].flags) &
	     MB_TCP_FIN))
		return false;
	if ((attention & MB_ATTENTION_DATA_FIN) && (flags & fins) == fins)
		return false;
	return !(attention & ~(MB_ATTENTION_PROOF | MB_ATTENTION_FIN |
			       MB_ATTENTION_DATA_FIN | MB_ATTENTION_SILENT));
}

/* What began with a SYN/ACK came to nothing: the old connection goes on. */
static void not_reopened(struct mb_subflow *sub, const struct mb_segment *seg)
{
	if (!seg->next || !(READ_ONCE(sub->attention) & MB_ATTENTION_REOPEN))
		return;
	spin_lock(&sub->lock);
	WRITE_ONCE(sub->attention, sub->attention & ~MB_ATTENTION_REOPEN);
	spin_unlock(&sub->lock);
}

/**
 * mb_life() - a segment that may change the life of its session
 * @mn:		the namespace
 * @sub:	its connection
 * @seg:	the segment, already tracked
 *
 * Context: RCU read side, BH off; takes the table's lock.
 */
void mb_life(struct mb_net *mn, struct mb_subflow *sub,
	     const struct mb_segment *seg)
{
	struct mb_sessions *ss = mn->sessions;
	struct mb_session *s = sub->session;

	if (READ_ONCE(sub->state) == MPTCP_MB_SUBFLOW_STATE_CLOSED)
		return;
	if (!seg->near && !(READ_ONCE(sub->attention) & MB_ATTENTION_PROOF))
		return;
	if (changes_nothing(sub, seg) || !mb_packet_sound(seg->pkt, seg->state))
		return;
	not_reopened(sub, seg);
	spin_lock(&ss->lock);
	if (!sub->gone &&
	    sub->state == MPTCP_MB_SUBFLOW_STATE_LIVE) {
		if (s->state != MPTCP_MB_SESSION_STATE_CLOSED)
			open_session(ss, s, sub, seg);
		if (seg->near && (seg->flags & MB_TCP_RST))
			rst(ss, sub, seg);
		else if (seg->near)
			fin(ss, sub, seg);
	}
	spin_unlock(&ss->lock);
}

/**
 * mb_life_renewed() - whether addresses and ports of a connection are in use again
 * @mn:		the namespace
 * @sub:	the connection that is known
 * @th:		header of the segment
 * @keys:	it has both keys of a session
 *
 * A SYN/ACK alone is no proof: a server answers a forged SYN with one, too, if it
 * has let go of the connection. The ACK that fits it is one.
 *
 * Context: RCU read side, BH off; takes the table's lock.
 * Return: true: @sub is forgotten, the segment is of a new connection
 */
bool mb_life_renewed(struct mb_net *mn, struct mb_subflow *sub,
		     const struct tcphdr *th, bool keys)
{
	struct mb_sessions *ss = mn->sessions;
	bool renewed;

	if (th->syn || !th->ack || th->rst)
		return false;
	spin_lock(&ss->lock);
	spin_lock(&sub->lock);
	renewed = (sub->attention & MB_ATTENTION_REOPEN) &&
		  ntohl(th->seq) == sub->reopen_seq &&
		  ntohl(th->ack_seq) == sub->reopen_ack;
	/* what ended unproven may have been forged to be in the way */
	if (keys && (sub->attention & MB_ATTENTION_CLOSED) &&
	    !(sub->session->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN))
		renewed = true;
	spin_unlock(&sub->lock);
	if (renewed && !sub->gone) {
		mb_subflow_close(ss, sub, MPTCP_MB_HOW_REPLACED);
		mb_subflow_remove(ss, sub);
	}
	spin_unlock(&ss->lock);
	return renewed;
}
