// SPDX-License-Identifier: GPL-2.0
/* Answers a refused segment with RST and MP_TCPRST. Built here and not by
 * nf_reject: that one's RST has no options and goes one way only.
 */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/tcp.h>
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack.h>
#endif

#include "option.h"
#include "reset.h"

#define MP_TCPRST_LEN	4
#define RST_LEN		(sizeof(struct tcphdr) + MP_TCPRST_LEN)

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

/* Broken segments are answered by nobody, nor are some addresses. */
static bool answerable(const struct mb_packet *pkt,
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

static bool take(struct mb_bucket *bucket, u32 rate, unsigned int n)
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

static void put_ip4(struct sk_buff *skb, const struct iphdr *refused, bool back)
{
	struct iphdr *iph;

	skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.frag_off = htons(IP_DF),
		.protocol = IPPROTO_TCP,
		.saddr = back ? refused->daddr : refused->saddr,
		.daddr = back ? refused->saddr : refused->daddr,
	};
	skb->protocol = htons(ETH_P_IP);
	tcp_hdr(skb)->check = csum_tcpudp_magic(iph->saddr, iph->daddr, RST_LEN,
						IPPROTO_TCP, skb->csum);
}

static void put_ip6(struct sk_buff *skb, const struct ipv6hdr *refused,
		    bool back)
{
	struct ipv6hdr *ip6h;

	skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6h = ipv6_hdr(skb);
	ip6_flow_hdr(ip6h, 0, 0);
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->saddr = back ? refused->daddr : refused->saddr;
	ip6h->daddr = back ? refused->saddr : refused->daddr;
	skb->protocol = htons(ETH_P_IPV6);
	tcp_hdr(skb)->check = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr,
					      RST_LEN, IPPROTO_TCP, skb->csum);
}

/* All but the route, hop limit and conntrack. Its checksum is computed here,
 * not left to a device: NAT corrects it, and captures show what is sent.
 */
static struct sk_buff *build(const struct mb_packet *pkt,
			     const struct tcphdr *th, const struct rst *r)
{
	struct sk_buff *skb;
	struct tcphdr *rst;
	u8 *option;

	skb = alloc_skb(LL_MAX_HEADER + sizeof(struct ipv6hdr) + RST_LEN,
			GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER + sizeof(struct ipv6hdr));

	skb_reset_transport_header(skb);
	rst = skb_put_zero(skb, RST_LEN);
	rst->source = r->back ? th->dest : th->source;
	rst->dest = r->back ? th->source : th->dest;
	rst->seq = r->seq;
	rst->ack_seq = r->ack_seq;
	rst->ack = r->ack;
	rst->rst = 1;
	rst->doff = RST_LEN / 4;
	option = (u8 *)(rst + 1);
	option[0] = MB_TCPOPT_MPTCP;
	option[1] = MP_TCPRST_LEN;
	option[2] = MB_MP_TCPRST << 4;
	option[3] = MB_TCPRST_ADMIN_PROHIBITED;
	skb->csum = csum_partial(rst, RST_LEN, 0);

	if (pkt->family == AF_INET)
		put_ip4(skb, ip_hdr(pkt->skb), r->back);
	else
		put_ip6(skb, ipv6_hdr(pkt->skb), r->back);
	skb->ip_summed = CHECKSUM_NONE;
	skb->mark = pkt->skb->mark;
	return skb;
}

/* The RST belongs to the refused segment's flow: without its conntrack, NAT
 * would give it another port, and an entry of its own.
 *
 * Against its direction it counts as established, though the entry of a
 * refused SYN is not confirmed: no NAT rule then looks at the RST to settle
 * what that SYN, which goes no further, would have got. Nor is such an entry
 * confirmed by a packet in the reply direction. The entry's state stays as it
 * is: a forged segment must not end the tracking of a live connection.
 */
static void follow(struct sk_buff *rst, const struct sk_buff *refused,
		   bool back)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(refused, &ctinfo);

	if (ct && back)
		ctinfo = CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL ?
			 IP_CT_ESTABLISHED_REPLY : IP_CT_ESTABLISHED;
	if (ct)
		nf_conntrack_get(&ct->ct_general);
	nf_ct_set(rst, ct, ctinfo);	/* untracked, too */
#endif
}

/* As ip_route_me_harder(), which wants a provisional route of which it uses
 * but the VRF: the source may be foreign. IPsec's policies apply.
 */
static struct dst_entry *route4(const struct sk_buff *skb, struct net *net,
				int l3mdev)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	struct flowi4 fl4 = {
		.flowi4_l3mdev = l3mdev,
		.flowi4_mark = skb->mark,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
		.saddr = iph->saddr,
		.daddr = iph->daddr,
		.fl4_sport = th->source,
		.fl4_dport = th->dest,
	};
	struct rtable *rt = ip_route_output_flow(net, &fl4, NULL);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *route6(const struct sk_buff *skb,
				const struct nf_hook_state *state, int l3mdev)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_l3mdev = l3mdev,
		.flowi6_mark = skb->mark,
		.flowi6_proto = IPPROTO_TCP,
		.saddr = ip6h->saddr,
		.daddr = ip6h->daddr,
		.fl6_sport = th->source,
		.fl6_dport = th->dest,
	};
	struct dst_entry *dst;

	/* A link-local address means something on its link only. */
	if (ipv6_addr_type(&ip6h->daddr) & IPV6_ADDR_LINKLOCAL)
		fl6.flowi6_oif = (state->in ?: state->out)->ifindex;
	dst = ip6_route_output(state->net, NULL, &fl6);
	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	dst = xfrm_lookup(state->net, dst, flowi6_to_flowi(&fl6), NULL, 0);
	return IS_ERR(dst) ? NULL : dst;
}

static bool route(struct sk_buff *skb, const struct mb_packet *pkt,
		  const struct nf_hook_state *state, bool back)
{
	struct dst_entry *dst = skb_dst(pkt->skb);
	int l3mdev;

	/* On the way of the refused segment its own route is known to be
	 * right, by whatever rules. Not so for input, nor for a bridge's.
	 */
	if (!back && state->hook != NF_INET_LOCAL_IN &&
	    !(dst->flags & DST_FAKE_RTABLE) && dst_hold_safe(dst)) {
		skb_dst_set(skb, dst);
		return true;
	}
	l3mdev = l3mdev_master_ifindex_rcu(back && state->in ? state->in :
					   state->out ?: state->in);
	dst = pkt->family == AF_INET ? route4(skb, state->net, l3mdev) :
				       route6(skb, state, l3mdev);
	if (!dst)
		return false;
	skb_dst_set(skb, dst);
	return true;
}

/* ip_local_out() fills in lengths and the IP header's checksum, and tells when
 * an OUTPUT chain or a queue dropped it.
 */
static bool send(const struct mb_packet *pkt, const struct tcphdr *th,
		 const struct nf_hook_state *state, const struct rst *r)
{
	struct sk_buff *skb = build(pkt, th, r);
	int err;

	if (!skb)
		return false;
	if (!route(skb, pkt, state, r->back)) {
		kfree_skb(skb);
		return false;
	}
	follow(skb, pkt->skb, r->back);
	if (pkt->family == AF_INET) {
		ip_hdr(skb)->ttl = ip4_dst_hoplimit(skb_dst(skb));
		err = ip_local_out(state->net, NULL, skb);
	} else {
		ipv6_hdr(skb)->hop_limit = ip6_dst_hoplimit(skb_dst(skb));
		err = ip6_local_out(state->net, NULL, skb);
	}
	return !net_xmit_eval(err);
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
 * Return: false when @rate forbade to answer: nothing was sent
 */
bool mb_reset(struct mb_packet *pkt, const struct nf_hook_state *state,
	      struct mb_bucket *bucket, u32 rate, struct mb_stats *stats)
{
	const struct tcphdr *th;
	struct tcphdr buf;
	unsigned int n, i;
	struct rst r[2];

	th = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (!th || th->rst)
		return true;
	if (!answerable(pkt, state)) {
		mb_count(stats, MPTCP_MB_COUNTER_RESET_FAILED);
		return true;
	}
	/* the IP layer has trimmed what is beyond the packet */
	n = plan(r, th, pkt->skb->len - pkt->thoff - pkt->doff);
	if (!take(bucket, rate, n)) {
		mb_count(stats, MPTCP_MB_COUNTER_RESET_LIMITED);
		return false;
	}
	for (i = 0; i < n; i++)
		mb_count(stats, send(pkt, th, state, &r[i]) ?
				MPTCP_MB_COUNTER_RESET_SENT :
				MPTCP_MB_COUNTER_RESET_FAILED);
	return true;
}
