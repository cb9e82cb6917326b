// SPDX-License-Identifier: GPL-2.0
/* Counts the segments of known connections and follows their numbers. Nearly all
 * traffic of a session goes this way and no further; what changes a session's
 * life goes on to life.c.
 */
#include <net/tcp.h>

#include "account.h"
#include "hook.h"
#include "inject.h"
#include "netns.h"
#include "steer.h"

/**
 * mb_account_begin() - a mapping covers what is far from its segment
 * @d:		of who sent them
 * @seq:	sequence number of the segment
 * @tail:	last fields of the mapping: subflow sequence number and length
 * @fin:	with DATA_FIN
 *
 * A forged third ACK may have told that the connection begins elsewhere: the
 * subflow sequence number is believed.
 *
 * Context: the subflow's lock.
 * Return: end of what is mapped
 */
noinline u32 mb_account_begin(struct mb_dir *d, u32 seq, const u8 *tail, bool fin)
{
	u32 len = mb_get16(tail + 4) - fin;

	if (!len || seq != d->end)
		return d->map_end;
	d->first = seq + 1 - mb_get32(tail);
	d->map_end = seq;
	return seq + len;
}

/**
 * mb_account_unseen() - what we have not seen is acknowledged
 * @o:		of who would have sent it
 * @ack:	the acknowledgment number
 * @next:	it comes in a segment that begins where the one before ended
 *
 * It went another way, or its numbers ran away from us. A forger would have to
 * guess both numbers.
 *
 * Context: the subflow's lock.
 * Return: true: it is believed
 */
noinline bool mb_account_unseen(struct mb_dir *o, u32 ack, bool next)
{
	if (!next || ack - o->end > MB_SEQ_FAR)
		return false;
	o->end = ack;
	if (before(o->map_end, ack))
		o->map_end = ack;
	return true;
}

/* The first segment of a side shows how its segments travel. */
static noinline void first_segment(struct mb_subflow *sub,
				   const struct mb_segment *seg)
{
	struct mb_dir *d = &sub->dir[seg->side];

	if (seg->state->out)
		WRITE_ONCE(d->oif, seg->state->out->ifindex);
	d->mark = seg->pkt->skb->mark;
	if (sub->dir[!seg->side].segments)
		WRITE_ONCE(sub->attention, sub->attention & ~MB_ATTENTION_SILENT);
}

/* Whether a segment says no more than its numbers. After a fallback data has no
 * mapping, and one that has is news.
 */
static inline bool usual(const struct mb_subflow *sub,
			 const struct mb_segment *seg)
{
	u8 attention = READ_ONCE(sub->attention) & ~MB_ATTENTION_SILENT;

	if ((attention & ~MB_ATTENTION_FALLBACK) ||
	    (seg->flags & (MB_TCP_FIN | MB_TCP_RST)) ||
	    (seg->opts && seg->opts->subtypes != 1U << MB_DSS))
		return false;
	if (attention)
		return !seg->dss;
	return !seg->unmapped && !seg->infinite &&
	       (!seg->dss || !seg->dss->dss.data_fin);
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
	struct mb_segment seg __uninitialized;
	struct mb_dir *d = &sub->dir[side];
	const u8 *dss = NULL;
	u8 flags = 0, news;

	mb_segment_set(&seg, pkt->skb, th, pkt->thoff + pkt->doff,
		       mb_tcp_flags(th), side);
	seg.pkt = pkt;
	seg.opts = opts;
	seg.state = state;
	seg.dss = NULL;
	if (opts)
		seg.dss = likely(opts->opt[0].subtype == MB_DSS &&
				 opts->opt[0].fault == MB_FAULT_NONE) ?
			  opts->opt : mb_option_find(opts, MB_DSS);
	if (seg.dss) {
		dss = (const u8 *)(th + 1) + seg.dss->off;
		flags = dss[3] & MB_DSS_FLAGS;
	}

	spin_lock(&sub->lock);
	if (unlikely(!d->segments))
		first_segment(sub, &seg);
	seg.near = mb_seq_near(seg.seq, d->end);
	seg.next = seg.seq == d->end;
	news = mb_account(d, &sub->dir[!side], &seg, false, dss, dss, flags,
			  mb_dss_size[flags]);
	seg.unmapped = news & MB_NEWS_UNMAPPED;
	seg.infinite = news & MB_NEWS_INFINITE;
	spin_unlock(&sub->lock);

	mb_subflow_touch(sub);
	if (sub->initial)
		mb_share_learn(policy, pkt->skb, sub->session);
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

	/* while the old one is alive it is forged, or will be refused */
	if (!(READ_ONCE(sub->attention) &
	      (MB_ATTENTION_CLOSED | MB_ATTENTION_FIN | MB_ATTENTION_DATA_FIN)) &&
	    READ_ONCE(sub->session->state) != MPTCP_MB_SESSION_STATE_CLOSED &&
	    time_before(jiffies, READ_ONCE(sub->seen) + HZ))
		return;
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

	mb_ct_ref_set(&sub->ct, &sub->conn.tuple, pkt->skb, side);
	spin_lock(&sub->lock);
	d->first = first;
	d->end = first;
	d->map_end = first;
	d->ack = peer_first;
	peer->first = peer_first;
	peer->end = peer_first;
	peer->map_end = peer_first;
	peer->ack = first;
	spin_unlock(&sub->lock);
}
