// SPDX-License-Identifier: GPL-2.0
/* Answers a refused segment with RST and MP_TCPRST. Built here and not by
 * nf_reject: that one's RST has no options and goes one way only.
 */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/tcp.h>

#include "inject.h"
#include "reset.h"

/**
 * struct rst - one reset to send
 * @back:	to the sender of the refused segment, otherwise to its receiver
 * @ack:	ACK flag, @ack_seq counts
 * @seq:	network byte order
 * @ack_seq:	network byte order
 */
struct rst {
	bool back;
	bool ack;
	__be32 seq;
	__be32 ack_seq;
};

/* Which resets a refused segment calls for; returns their number.
 *
 * RFC 9293, 3.10.7.1, tells how to refuse on behalf of a host that knows of no
 * connection: this is what the sender gets. Its receiver knows of one when the
 * segment acknowledges something: in SYN-SENT it believes an RST whose ACK
 * fits (3.10.7.3), otherwise one with exactly RCV.NXT (3.10.7.4 and RFC 5961,
 * 3.2), which is the segment's own sequence number if that was the next.
 */
static unsigned int plan(struct rst *r, const struct tcphdr *th, u32 payload)
{
	unsigned int n = 0;

	if (!th->ack) {
		r[n++] = (struct rst){
			.back = true, .ack = true,
			.ack_seq = htonl(ntohl(th->seq) + th->syn + th->fin +
					 payload),
		};
		return n;
	}
	r[n++] = (struct rst){
		.ack = true, .seq = th->seq, .ack_seq = th->ack_seq,
	};
	r[n++] = (struct rst){ .back = true, .seq = th->ack_seq };
	return n;
}

/**
 * mb_answerable() - whether a segment may cause one of ours
 * @pkt:	the segment
 * @state:	of the hook
 *
 * Broken segments are answered by nobody, nor are some addresses.
 *
 * Context: RCU read side, BH on or off; the segment is not to be forwarded
 *	    afterwards, for its checksum is as good as used.
 */
bool mb_answerable(const struct mb_packet *pkt,
		   const struct nf_hook_state *state)
{
	struct sk_buff *skb = pkt->skb;

	if (skb->pkt_type != PACKET_HOST || !skb_dst(skb))
		return false;
	if (pkt->family == AF_INET) {
		const struct iphdr *iph = ip_hdr(skb);

		if (ipv4_is_multicast(iph->saddr) ||
		    ipv4_is_lbcast(iph->saddr) ||
		    ipv4_is_zeronet(iph->saddr) ||
		    (skb_rtable(skb)->rt_flags &
		     (RTCF_BROADCAST | RTCF_MULTICAST)))
			return false;
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		if (!(ipv6_addr_type(&ip6h->saddr) & IPV6_ADDR_UNICAST) ||
		    !(ipv6_addr_type(&ip6h->daddr) & IPV6_ADDR_UNICAST))
			return false;
	}
	return !nf_checksum(skb, state->hook, pkt->thoff, IPPROTO_TCP,
			    pkt->family);
}

/* On the way of the refused segment its own route is known to be right, by
 * whatever rules. Not so for input, nor for a bridge's.
 */
static struct dst_entry *known_route(const struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	struct dst_entry *dst = skb_dst(skb);

	if (state->hook == NF_INET_LOCAL_IN || dst->flags & DST_FAKE_RTABLE ||
	    !dst_hold_safe(dst))
		return NULL;
	return dst;
}

static bool send(const struct mb_packet *pkt, const struct tcphdr *th,
		 const struct nf_hook_state *state, const struct rst *r)
{
	struct mb_tuple tuple;
	struct mb_inject in = {
		.tuple = &tuple,
		.from = mb_tuple_get(&tuple, pkt->skb, pkt->family, th) ^
			r->back,
		.flags = TCPHDR_RST | (r->ack ? TCPHDR_ACK : 0),
		.seq = ntohl(r->seq),
		.ack = ntohl(r->ack_seq),
		.mark = pkt->skb->mark,
		.oif = (state->in ?: state->out)->ifindex,
	};
	struct dst_entry *dst = NULL;
	struct sk_buff *skb;

	if (!r->back)
		dst = known_route(pkt->skb, state);
	if (!dst)
		in.l3mdev = l3mdev_master_ifindex_rcu(r->back && state->in ?
						      state->in :
						      state->out ?: state->in);
	mb_inject_tcprst(&in);
	mb_ct_follow(&in.flow, pkt->skb, r->back);
	skb = mb_inject_build(state->net, &in, dst);
	return skb && mb_inject_send(state->net, skb);
}

/**
 * mb_bucket_init() - a full bucket
 * @bucket:	to be filled
 */
void mb_bucket_init(struct mb_bucket *bucket)
{
	spin_lock_init(&bucket->lock);
	bucket->credit = 2 * NSEC_PER_SEC;	/* at any rate the most */
	bucket->last = ktime_get_ns();
}

/**
 * mb_bucket_take() - ask whether resets may be sent
 * @bucket:	of the namespace
 * @rate:	resets a second; so many, and at least two, may go at once. With
 *		0 none goes
 * @n:		how many are to be sent
 *
 * Context: any.
 * Return: true: all of them may; false: none, and nothing is taken
 */
bool mb_bucket_take(struct mb_bucket *bucket, u32 rate, unsigned int n)
{
	u64 cost, now;
	bool enough;

	if (!rate)
		return false;
	cost = max_t(u64, NSEC_PER_SEC / rate, 1);

	spin_lock_bh(&bucket->lock);
	now = ktime_get_ns();
	bucket->credit = min_t(u64, bucket->credit + now - bucket->last,
			       max_t(u64, NSEC_PER_SEC, 2 * cost));
	bucket->last = now;
	enough = bucket->credit >= n * cost;
	if (enough)
		bucket->credit -= n * cost;
	spin_unlock_bh(&bucket->lock);
	return enough;
}

/**
 * mb_reset() - answer a refused segment
 * @pkt:	the segment; the caller drops it afterwards, whatever we return
 * @state:	of the hook: FORWARD, LOCAL_IN or LOCAL_OUT
 * @bucket:	of the namespace
 * @rate:	resets a second; so many, and at least two, may go at once.
 *		With 0 none goes
 * @stats:	counters of the namespace
 *
 * A segment that acknowledges nothing (a SYN) is answered to its sender, any
 * other to both ends. An RST is never answered, one with a wrong checksum or
 * from an impossible address neither (counted as reset-failed).
 *
 * Context: RCU read side, BH on or off; allocates atomically. The packets pass
 *	    this namespace's LOCAL_OUT and POST_ROUTING hooks before it returns.
 *	    Over loopback they are queued: no socket's lock is taken here, which
 *	    in LOCAL_OUT the caller's caller may hold.
 * Return: 0: all is sent, or nothing is to be; -EBUSY: @rate forbade to answer,
 *	   nothing was sent; -ENOBUFS: not all was, for lack of memory or of a way
 */
int mb_reset(struct mb_packet *pkt, const struct nf_hook_state *state,
	     struct mb_bucket *bucket, u32 rate, struct mb_stats *stats)
{
	const struct tcphdr *th;
	struct tcphdr buf;
	unsigned int n, i;
	struct rst r[2];
	int err = 0;

	th = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (!th || th->rst)
		return 0;
	if (!mb_answerable(pkt, state)) {
		mb_count(stats, MPTCP_MB_COUNTER_RESET_FAILED);
		return 0;
	}
	/* the IP layer has trimmed what is beyond the packet */
	n = plan(r, th, pkt->skb->len - pkt->thoff - pkt->doff);
	if (!mb_bucket_take(bucket, rate, n)) {
		mb_count(stats, MPTCP_MB_COUNTER_RESET_LIMITED);
		return -EBUSY;
	}
	for (i = 0; i < n; i++) {
		if (send(pkt, th, state, &r[i])) {
			mb_count(stats, MPTCP_MB_COUNTER_RESET_SENT);
		} else {
			mb_count(stats, MPTCP_MB_COUNTER_RESET_FAILED);
			err = -ENOBUFS;
		}
	}
	return err;
}
