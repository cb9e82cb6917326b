// SPDX-License-Identifier: GPL-2.0
/* Counts the segments of known connections and follows their numbers. Nearly all
 * traffic of a session goes this way and no further; what changes a session's
 * life goes on to life.c.
 */
#include <net/tcp.h>

#include "compat.h"
#include "hash.h"
#include "hook.h"
#include "inject.h"
#include "netns.h"
#include "option_dss.h"
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
static __always_inline void map(struct mb_dir *d, const struct mb_segment *seg)
{
	const struct mb_option *o = seg->dss;
	u32 len = o->dss.data_len - o->dss.data_fin, end;

	if (!o->dss.data_len)
		return;	/* infinite */
	end = d->first + o->dss.subflow_seq - 1 + len;
	/* a forged third ACK may have told where the connection begins */
	if (unlikely(len && seg->next && !near(end, seg->end))) {
		d->first = seg->seq + 1 - o->dss.subflow_seq;
		end = seg->seq + len;
		d->mapped = false;
	}
	/* a DATA_FIN alone has subflow sequence number 0 */
	if (len && near(end, seg->end) && (!d->mapped || after(end, d->map_end))) {
		d->map_end = end;
		d->mapped = true;
	}
	if (d->data_end)
		advance(&d->data_end, o->dss.data_seq + o->dss.data_len,
			o->dss.seq_len);
}

static __always_inline void read_dss(struct mb_dir *d,
				     const struct mb_segment *seg)
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
static noinline bool acked_unseen(struct mb_dir *o, u32 ack, bool next)
{
	if (!next || ack - o->end > FAR)
		return false;
	o->end = ack;
	return true;
}

/* Where the numbers of a segment lead; its place is checked before. */
static __always_inline void follow(struct mb_dir *d, struct mb_dir *o,
				   struct mb_segment *seg)
{
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
		    !acked_unseen(o, seg->ack, seg->next))
			return;
		d->ack = seg->ack;
	}
}

static __always_inline void read_timestamps(struct mb_dir *d,
					    const struct tcphdr *th, bool has_ts)
{
	const u8 *opt = (const u8 *)(th + 1);

	if (has_ts || mb_options_timestamps(opt, th->doff * 4 - sizeof(*th))) {
		d->tsval = get_unaligned_be32(opt + 4);
		d->has_ts = true;
	}
}

/* The first segment of a side shows how its segments travel. */
static noinline void first_segment(struct mb_dir *d, const struct mb_segment *seg)
{
	if (seg->state->out)
		WRITE_ONCE(d->oif, seg->state->out->ifindex);
	d->mark = seg->pkt->skb->mark;
}

/* Whether a DSS tells of data that goes on, or is an ACK only */
static __always_inline bool goes_on(const struct mb_option *o)
{
	return !o->dss.seq_len || (o->dss.data_len && !o->dss.data_fin);
}

/* Whether a segment says no more than its numbers. After a fallback data has no
 * mapping, and one that has is news.
 */
static inline bool usual(const struct mb_subflow *sub,
			 const struct mb_segment *seg)
{
	u8 attention = READ_ONCE(sub->attention);

	if ((attention & ~MB_ATTENTION_FALLBACK) ||
	    (seg->flags & (MB_TCP_FIN | MB_TCP_RST)) ||
	    (seg->opts && seg->opts->subtypes != 1U << MB_DSS))
		return false;
	if (attention)
		return !seg->dss;
	return !seg->unmapped && (!seg->dss || goes_on(seg->dss));
}

/* What a segment says, before anything is known of its connection; @headers: bytes
 * before its payload.
 */
static __always_inline void segment_set(struct mb_segment *seg,
					const struct sk_buff *skb,
					const struct tcphdr *th,
					unsigned int headers, unsigned int side)
{
	seg->th = th;
	seg->side = side;
	seg->count = skb_shinfo(skb)->gso_segs ?: 1;
	seg->seq = ntohl(th->seq);
	seg->ack = ntohl(th->ack_seq);
	seg->payload = skb->len - headers;
	seg->flags = tcp_flags(th);
	seg->end = seg->seq + seg->payload + (seg->flags & MB_TCP_FIN);
	seg->next = false;
	seg->unmapped = false;
}

/* Under the subflow's lock. @has_ts: there are timestamps, no need to look. */
static __always_inline void account(struct mb_dir *d, struct mb_dir *o,
				    struct mb_segment *seg, bool has_ts)
{
	d->segments += seg->count;
	d->bytes += seg->payload;
	seg->near = near(seg->seq, d->end);
	if (likely(seg->near)) {
		follow(d, o, seg);
		read_timestamps(d, seg->th, has_ts);
	}
}

static __always_inline void touch(struct mb_subflow *sub)
{
	unsigned long now = jiffies;

	if (READ_ONCE(sub->seen) != now) {
		WRITE_ONCE(sub->seen, now);
		WRITE_ONCE(sub->session->seen, now);
	}
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

	segment_set(&seg, pkt->skb, th, pkt->thoff + pkt->doff, side);
	seg.pkt = pkt;
	seg.opts = opts;
	seg.state = state;
	seg.dss = NULL;
	if (opts)
		seg.dss = likely(opts->opt[0].subtype == MB_DSS &&
				 opts->opt[0].fault == MB_FAULT_NONE) ?
			  opts->opt : mb_option_find(opts, MB_DSS);

	spin_lock(&sub->lock);
	if (unlikely(!d->segments))
		first_segment(d, &seg);
	account(d, &sub->dir[!side], &seg, false);
	spin_unlock(&sub->lock);

	touch(sub);
	if (sub->initial)
		mb_share_learn(policy, pkt->skb, sub->session);
	if (unlikely(!usual(sub, &seg)))
		mb_life(mn, sub, &seg);
}

/* A segment whose payload no mapping covers; finds again what mb_life() wants. */
static noinline void quick_life(struct mb_net *mn, struct mb_subflow *sub,
				unsigned int side, struct sk_buff *skb,
				const struct nf_hook_state *state,
				const struct tcphdr *th)
{
	struct mb_options opts __uninitialized;
	struct mb_segment seg __uninitialized;
	struct mb_packet pkt;

	mb_packet_set(&pkt, skb, sub->tuple.family, th);
	mb_options_parse((const u8 *)(th + 1), pkt.doff - sizeof(*th),
			 MB_PLACE_OTHER, &opts);
	segment_set(&seg, skb, th, pkt.thoff + pkt.doff, side);
	seg.pkt = &pkt;
	seg.opts = &opts;
	seg.state = state;
	seg.dss = mb_option_find(&opts, MB_DSS);
	seg.near = true;
	seg.next = true;
	seg.unmapped = true;
	mb_life(mn, sub, &seg);
}

static __always_inline bool quick(struct mb_net *mn, struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  const struct tcphdr *th, unsigned int len,
				  u8 family)
{
	const struct mb_policy *policy = rcu_dereference(mn->policy);
	const unsigned int thoff = family == AF_INET ? sizeof(struct iphdr) :
						       sizeof(struct ipv6hdr);
	const u8 *opt = (const u8 *)(th + 1) + 12;
	struct mb_counters __percpu *c;
	struct mb_ends ends __uninitialized;
	struct mb_option dss __uninitialized;
	struct mb_segment seg __uninitialized;
	struct mb_subflow *sub;
	struct mb_dir *d;

	if (unlikely(!policy || policy->set.share_mark ||
		     (tcp_flags(th) & (MB_TCP_FIN | MB_TCP_SYN | MB_TCP_RST)) ||
		     !mb_option_alone(opt, len - 12) || opt[2] >> 4 != MB_DSS ||
		     mb_dss_parse(opt, opt[1], MB_PLACE_OTHER, &dss) !=
		     MB_FAULT_NONE || !goes_on(&dss)))
		return false;
	segment_set(&seg, skb, th, thoff + sizeof(*th) + len,
		    mb_ends_get(&ends, skb, family, th));
	seg.dss = &dss;
	sub = mb_subflow_look(mn->sessions, &ends, family);
	if (unlikely(!sub || READ_ONCE(sub->attention)))
		return false;
	d = &sub->dir[seg.side];
	OPTIMIZER_HIDE_VAR(d);	/* keep it, it is not at hand for nothing */
	if (unlikely(!READ_ONCE(d->segments)))
		return false;
	spin_lock(&sub->lock);
	account(d, &sub->dir[!seg.side], &seg, true);
	spin_unlock(&sub->lock);
	touch(sub);
	c = mn->stats.pcpu;
	this_cpu_inc(c->v[MPTCP_MB_COUNTER_MPTCP]);
	this_cpu_inc(c->v[MPTCP_MB_COUNTER_SUBTYPE_MP_CAPABLE + MB_DSS]);
	this_cpu_inc(c->v[MPTCP_MB_COUNTER_EXIT_ACCEPT_DATA]);
	if (unlikely(seg.unmapped))
		quick_life(mn, sub, seg.side, skb, state, th);
	return true;
}

/**
 * mb_track_quick4() - a segment of a known session, most likely
 * @mn:		the namespace
 * @skb:	IPv4 packet without options
 * @state:	of the hook
 * @th:		its TCP header, linear. Timestamps are the first 12 bytes of its
 *		options, a kind-30 option is the next
 * @len:	bytes of its options
 *
 * Does all there is to do for one that says no more than its numbers: it has a
 * DSS, and nothing else. For others see mb_hook_linear().
 *
 * Context: RCU read side, BH off.
 * Return: NF_ACCEPT, or what mb_hook_linear() says
 */
unsigned int mb_track_quick4(struct mb_net *mn, struct sk_buff *skb,
			     const struct nf_hook_state *state,
			     const struct tcphdr *th, unsigned int len)
{
	if (likely(quick(mn, skb, state, th, len, AF_INET)))
		return NF_ACCEPT;
	return mb_hook_linear(mn, skb, state, th, len, 12);
}

/**
 * mb_track_quick6() - as mb_track_quick4(), IPv6
 * @mn:		the namespace
 * @skb:	IPv6 packet without extension headers
 * @state:	as there
 * @th:		as there
 * @len:	as there
 *
 * Context: RCU read side, BH off.
 * Return: as there
 */
unsigned int mb_track_quick6(struct mb_net *mn, struct sk_buff *skb,
			     const struct nf_hook_state *state,
			     const struct tcphdr *th, unsigned int len)
{
	if (likely(quick(mn, skb, state, th, len, AF_INET6)))
		return NF_ACCEPT;
	return mb_hook_linear(mn, skb, state, th, len, 12);
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
