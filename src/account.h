/* SPDX-License-Identifier: GPL-2.0 */
/* What the numbers of a segment tell of its connection: for track.c, and for
 * track_quick.c, where there is no more to tell.
 */
#ifndef MB_ACCOUNT_H
#define MB_ACCOUNT_H

#include <net/tcp.h>

#include "option_dss.h"
#include "session.h"
#include "track.h"

/* Bytes. A segment that begins farther behind than FAR is not of this connection,
 * or so late that it tells nothing: no window is as large. One that begins
 * farther ahead than GAP may be forged: so much is not lost before it comes here,
 * and if it was, what the other side acknowledges tells where we are.
 */
#define MB_SEQ_FAR		(128 * SZ_1M)
#define MB_SEQ_GAP		SZ_1M
/* Likewise for data sequence numbers */
#define MB_DATA_FAR		(1024ULL * SZ_1M)

static inline unsigned int mb_tcp_len(const struct tcphdr *th)
{
	return ((const u8 *)th)[12] >> 2 & 0x3c;
}

static inline u8 mb_tcp_flags(const struct tcphdr *th)
{
	return ((const u8 *)th)[13];
}

static inline bool mb_seq_near(u32 seq, u32 end)
{
	return seq - end + MB_SEQ_FAR < MB_SEQ_FAR + MB_SEQ_GAP;
}

/* A data sequence number of 64 bits, if @wide, or 32, and how much it goes on from
 * there, may be more than the last.
 */
static __always_inline void mb_data_advance(u64 *last, const u8 *p, bool wide,
					    u32 more)
{
	u64 now;

	if (wide)
		now = mb_get64(p) + more;
	else
		now = *last + (s32)(mb_get32(p) + more - (u32)*last);
	if (now - *last < MB_DATA_FAR)
		*last = now;
}

u32 mb_account_begin(struct mb_dir *d, u32 seq, const u8 *tail, bool fin);
bool mb_account_unseen(struct mb_dir *o, u32 ack, bool next);

/* What mb_account() has to tell of a segment, most of which have nothing to tell */
#define MB_NEWS_UNMAPPED	0x01	/* as in struct mb_segment */
#define MB_NEWS_INFINITE	0x02
#define MB_NEWS_NEXT		0x04	/* beside one of the others */

/* RFC 8684, 3.3.1: what a mapping covers; @tail: where its last fields begin,
 * @flags: of its DSS. Returns MB_NEWS_... The subflow sequence numbers in it are relative to the
 * connection's first one, so that a segment that was cut out of a larger one says
 * the same as the larger one.
 */
static __always_inline u8 mb_account_map(struct mb_dir *d,
					 const struct mb_segment *seg,
					 const u8 *tail, u8 flags)
{
	bool wide = flags & MB_DSS_SEQ64;
	/* these are 6 bytes, and there are others before */
	u64 word = mb_get64(tail - 2);
	u16 data_len = word;
	u32 len = data_len - !!(flags & MB_DSS_DATA_FIN), end;

	if (unlikely(!data_len))
		return MB_NEWS_INFINITE |
		       (seg->seq == d->end ? MB_NEWS_NEXT : 0);
	/* a DATA_FIN alone has subflow sequence number 0, and covers nothing */
	end = d->first + (u32)(word >> 16) - 1 + len;
	if (unlikely(!mb_seq_near(end, seg->end)))
		end = mb_account_begin(d, seg->seq, tail,
				       flags & MB_DSS_DATA_FIN);
	if (after(end, d->map_end) && (len || !(flags & MB_DSS_DATA_FIN)))
		d->map_end = end;
	if (d->data_end)
		mb_data_advance(&d->data_end, tail - (wide ? 8 : 4), wide,
				data_len);
	return 0;
}

/* What a segment says, before anything is known of its connection; @headers: bytes
 * before its payload.
 */
static __always_inline void mb_segment_set(struct mb_segment *seg,
					   const struct sk_buff *skb,
					   const struct tcphdr *th,
					   unsigned int headers, u8 flags,
					   unsigned int side)
{
	seg->th = th;
	seg->side = side;
	seg->count = skb_shinfo(skb)->gso_segs ?: 1;
	seg->seq = ntohl(th->seq);
	seg->ack = ntohl(th->ack_seq);
	seg->payload = skb->len - headers;
	seg->flags = flags;
	seg->end = seg->seq + seg->payload + (flags & MB_TCP_FIN);
}

/**
 * mb_account() - what a segment tells
 * @d:		of its sender
 * @o:		of the other side
 * @seg:	the segment: mb_segment_set()
 * @ts:		its options begin with timestamps, no need to look
 * @has_dss:	it has one, well-formed:
 * @dss:	  where it is
 * @flags:	  its flags
 * @size:	  bytes of it, without a checksum
 *
 * Context: the subflow's lock.
 * Return: MB_NEWS_...
 */
static __always_inline u8 mb_account(struct mb_dir *d, struct mb_dir *o,
				     const struct mb_segment *seg, bool ts,
				     bool has_dss, const u8 *dss, u8 flags,
				     unsigned int size)
{
	const u8 *opt = (const u8 *)(seg->th + 1);
	u32 last = d->end;
	u8 news = 0;

	d->segments += seg->count;
	d->bytes += seg->payload;
	if (unlikely(!mb_seq_near(seg->seq, last)))
		return 0;
	if (ts || mb_options_timestamps(opt, mb_tcp_len(seg->th) - sizeof(*seg->th))) {
		d->tsval = mb_get32(opt + 4);
		d->has_ts = true;
	}
	d->window = ntohs(seg->th->window);
	d->flags |= seg->flags & ~MB_TCP_FIN;	/* that one is life.c's */
	if (has_dss) {
		if ((flags & MB_DSS_ACK) && d->data_ack)
			mb_data_advance(&d->data_ack, dss + MB_TCPOLEN_DSS_BASE,
					flags & MB_DSS_ACK64, 0);
		if (flags & MB_DSS_MAP)
			news = mb_account_map(d, seg, dss + size -
					      MB_TCPOLEN_DSS_MAP_TAIL, flags);
	}
	if (seg->payload && unlikely(!before(seg->seq, d->map_end)) &&
	    seg->seq == last)
		news |= MB_NEWS_UNMAPPED | MB_NEWS_NEXT;
	if (after(seg->end, last) && !(seg->flags & MB_TCP_RST))
		d->end = seg->end;
	if ((seg->flags & MB_TCP_ACK) && after(seg->ack, d->ack) &&
	    (likely(!after(seg->ack, o->end)) ||
	     mb_account_unseen(o, seg->ack, seg->seq == last)))
		d->ack = seg->ack;
	return news;
}

static __always_inline void mb_subflow_touch(struct mb_subflow *sub)
{
	unsigned long now = jiffies;

	if (READ_ONCE(sub->seen) != now) {
		WRITE_ONCE(sub->seen, now);
		WRITE_ONCE(sub->session->seen, now);
	}
}

#endif
