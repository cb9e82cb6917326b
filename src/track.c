// SPDX-License-Identifier: GPL-2.0
/* Counts the segments of known connections and follows their numbers. Nearly all
 * traffic of a session goes this way and no further; what changes a session's
 * life goes on to life.c.
 */
#include <net/tcp.h>

#include "compat.h"
#include "inject.h"
#include "netns.h"
#include "steer.h"
#include "track.h"

/* Bytes. A segment that begins farther behind than FAR is not of this connection,
 * or so late that it tells nothing: no window is as large. One that begins
 * farther ahead than GAP may be forged: so much is not lost before it comes here,
 * and if it was, what the other side acknowledges tells where we are.
 */
#define FAR		(128 * SZ_1M)
#define GAP		SZ_1M
/* Likewise for data sequence numbers */
#define DATA_FAR	(1024ULL * SZ_1M)

static inline u8 tcp_flags(const struct tcphdr *th)
{
	return ((const u8 *)th)[13];
}

static inline bool near(u32 seq, u32 end)
{
	return seq - end + FAR < FAR + GAP;
}

/* The 64 bits of a data sequence number of which @len bytes were on the wire,
 * and @last is known of before.
 */
static inline u64 whole(u64 seen, unsigned int len, u64 last)
{
	return len == 8 ? seen : last + (s32)((u32)seen - (u32)last);
}

static inline void advance(u64 *last, u64 seen, unsigned int len)
{
	u64 now = whole(seen, len, *last);

	if (now - *last < DATA_FAR)
		*last = now;
}

/* RFC 8684, 3.3.1: what a mapping covers. The subflow sequence numbers in it are
 * relative to the connection's first one, so that a segment that was cut out of
 * a larger one says the same as the larger one.
 */
static void map(struct mb_dir *d, const struct mb_segment *seg)
{
	const struct mb_option *o = seg->dss;
	u32 len = o->dss.data_len - o->dss.data_fin, end;

	if (!o->dss.data_len)
		return;	/* infinite */
	end = d->first + o->dss.subflow_seq - 1 + len;
	/* a DATA_FIN alone has subflow sequence number 0 */
	if (len && near(end, seg->end) && (!d->mapped || after(end, d->map_end))) {
		d->map_end = end;
		d->mapped = true;
	}
	if (d->data_end)
		advance(&d->data_end, o->dss.data_seq + o->dss.data_len,
			o->dss.seq_len);
}

static void read_dss(struct mb_dir *d, struct mb_segment *seg)
{
	const struct mb_option *o = seg->dss;

	if (o->dss.ack_len && d->data_ack)
		advance(&d->data_ack, o->dss.data_ack, o->dss.ack_len);
	if (o->dss.seq_len)
		map(d, seg);
}

/* What we have not seen the other side send is acknowledged: it went another way,
 * or its numbers ran away from us. A forger would have to guess both numbers.
 */
static noinline bool acked_unseen(struct mb_dir *o, const struct mb_segment *seg)
{
	if (!seg->next || seg->ack - o->end > FAR)
		return false;
	o->end = seg->ack;
	return true;
}

/* Where the numbers of a segment lead; its place is checked before. */
static inline void follow(struct mb_subflow *sub, struct mb_segment *seg)
{
	struct mb_dir *d = &sub->dir[seg->side], *o = &sub->dir[!seg->side];

	d->window = ntohs(seg->th->window);
	d->flags |= seg->flags & ~MB_TCP_FIN;	/* that one is life.c's */
	seg->next = seg->seq == d->end;
	if (seg->dss)
		read_dss(d, seg);
	seg->unmapped = seg->payload && seg->next &&
			(!d->mapped || !before(seg->seq, d->map_end));
	if (after(seg->end, d->end) && !(seg->flags & MB_TCP_RST))
		d->end = seg->end;
	if ((seg->flags & MB_TCP_ACK) && after(seg->ack, d->ack)) {
		if (unlikely(after(seg->ack, o->end)) &&
		    !acked_unseen(o, seg))
			return;
		d->ack = seg->ack;
	}
}

static void read_timestamps(struct mb_dir *d, const struct tcphdr *th)
{
	const u8 *opt = (const u8 *)(th + 1);

	if (mb_options_timestamps(opt, th->doff * 4 - sizeof(*th))) {
		d->tsval = get_unaligned_be32(opt + 4);
		d->has_ts = true;
	}
}

/* The first segment of a side shows how its segments travel. */
static noinline void first_segment(struct mb_dir *d, const struct mb_segment *seg)
{
	if (seg->state->out)
		d->oif = seg->state->out->ifindex;
	d->mark = seg->pkt->skb->mark;
}

static const struct mb_option *find_dss(const struct mb_options *opts)
{
	unsigned int i;

	for (i = 0; i < opts->n; i++)
		if (opts->opt[i].subtype == MB_DSS &&
		    opts->opt[i].fault == MB_FAULT_NONE)
			return &opts->opt[i];
	return NULL;
}

/* Whether a segment says no more than its numbers */
static inline bool usual(const struct mb_subflow *sub,
			 const struct mb_segment *seg)
{
	return !(READ_ONCE(sub->attention) |
		 (seg->flags & (MB_TCP_FIN | MB_TCP_RST)) | seg->unmapped) &&
	       (!seg->opts || seg->opts->subtypes == 1U << MB_DSS) &&
	       (!seg->dss || !seg->dss->dss.seq_len ||
		(seg->dss->dss.data_len && !seg->dss->dss.data_fin));
}

/**
 * mb_track() - a segment of a known connection was let through
 * @mn:		the namespace
 * @policy:	in force
 * @sub:	the connection
 * @side:	of its tuple that sent the segment
 * @pkt:	the segment
 * @th:		its TCP header with all its options
 * @opts:	its MPTCP options, or NULL: it has none
 * @state:	of the hook
 *
 * Context: RCU read side, BH off.
 */
void mb_track(struct mb_net *mn, const struct mb_policy *policy,
	      struct mb_subflow *sub, unsigned int side, struct mb_packet *pkt,
	      const struct tcphdr *th, const struct mb_options *opts,
	      const struct nf_hook_state *state)
{
	struct mb_session *s = sub->session;
	struct mb_dir *d = &sub->dir[side];
	struct mb_segment seg = {
		.pkt = pkt,
		.th = th,
		.opts = opts,
		.state = state,
		.side = side,
		.seq = ntohl(th->seq),
		.ack = ntohl(th->ack_seq),
		.payload = pkt->skb->len - pkt->thoff - pkt->doff,
		.flags = tcp_flags(th),
	};
	unsigned long now = jiffies;

	seg.end = seg.seq + seg.payload + (seg.flags & MB_TCP_FIN);
	if (opts)
		seg.dss = likely(opts->opt[0].subtype == MB_DSS &&
				 opts->opt[0].fault == MB_FAULT_NONE) ?
			  opts->opt : find_dss(opts);

	spin_lock(&sub->lock);
	if (unlikely(!d->segments))
		first_segment(d, &seg);
	d->segments += skb_shinfo(pkt->skb)->gso_segs ?: 1;
	d->bytes += seg.payload;
	seg.near = near(seg.seq, d->end);
	if (likely(seg.near)) {
		follow(sub, &seg);
		read_timestamps(d, th);
	}
	spin_unlock(&sub->lock);

	if (READ_ONCE(sub->seen) != now) {
		WRITE_ONCE(sub->seen, now);
		WRITE_ONCE(s->seen, now);
	}
	if (sub->initial)
		mb_share_learn(policy, pkt->skb, s);
	if (unlikely(!usual(sub, &seg)))
		mb_life(mn, sub, &seg);
}

/**
 * mb_track_synack() - a SYN/ACK passes on a connection that is known
 * @sub:	the connection
 * @side:	of its tuple that sent the SYN/ACK
 * @th:		its header
 *
 * Perhaps its addresses and ports come into use again; the third ACK will tell.
 *
 * Context: RCU read side, BH off.
 */
void mb_track_synack(struct mb_subflow *sub, unsigned int side,
		     const struct tcphdr *th)
{
	u32 next = ntohl(th->seq) + 1;

	spin_lock(&sub->lock);
	if (next != sub->dir[side].first) {
		sub->reopen_seq = ntohl(th->ack_seq);
		sub->reopen_ack = next;
		WRITE_ONCE(sub->attention, sub->attention | MB_ATTENTION_REOPEN);
	}
	spin_unlock(&sub->lock);
}

/**
 * mb_track_begin() - the numbers with which a connection begins
 * @sub:	the connection, new
 * @pkt:	a segment of it
 * @side:	of its tuple that sent @pkt
 * @first:	sequence number of the first byte that @side sends
 * @peer_first:	likewise the other side
 *
 * Context: RCU read side, BH off.
 */
void mb_track_begin(struct mb_subflow *sub, const struct mb_packet *pkt,
		    unsigned int side, u32 first, u32 peer_first)
{
	struct mb_dir *d = &sub->dir[side], *peer = &sub->dir[!side];

	mb_ct_ref_set(&sub->ct, pkt->skb, side);
	spin_lock(&sub->lock);
	d->first = first;
	d->end = first;
	d->ack = peer_first;
	peer->first = peer_first;
	peer->end = peer_first;
	peer->ack = first;
	spin_unlock(&sub->lock);
}
