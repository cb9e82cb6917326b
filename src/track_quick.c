// SPDX-License-Identifier: GPL-2.0
/* The straight way of nearly all segments of sessions: timestamps and a DSS that
 * says no more than its numbers, on a connection that needs no attention. Whatever
 * is not of that kind goes the way of all other segments.
 */
#include <net/tcp.h>

#include "account.h"
#include "hook.h"
#include "netns.h"

#define OPT	12	/* bytes of timestamps before the DSS */
/* Kind, length, subtype and flags of a DSS: those that are looked at */
#define HEAD_MASK	(0xff00f000 | MB_DSS_DATA_FIN)
#define HEAD		(MB_TCPOPT_MPTCP << 24 | MB_DSS << 12)

/* Whether a DSS, with NOPs to pad it, is all there is; @len: of all options. */
static __always_inline bool is_alone(const u8 *dss, unsigned int len,
				     unsigned int size)
{
	unsigned int rest = len - OPT - dss[1];

	if (unlikely(dss[1] != size &&
		     (!(dss[3] & MB_DSS_MAP) ||
		      dss[1] != size + MB_TCPOLEN_DSS_CHECKSUM)))
		return false;
	if (!rest)
		return true;
	return rest == 2 && dss[dss[1]] == MB_TCPOPT_NOP &&
	       dss[dss[1] + 1] == MB_TCPOPT_NOP;
}

/* A segment whose payload no mapping covers, or with an infinite mapping; finds
 * again what mb_life() wants. With the segment's address known to nobody else the
 * straight way has it in registers.
 */
static noinline void says_more(struct mb_net *mn, struct mb_subflow *sub,
			       unsigned int side, struct sk_buff *skb,
			       const struct nf_hook_state *state,
			       const struct tcphdr *th, u8 news)
{
	struct mb_options opts __uninitialized;
	struct mb_segment seg __uninitialized;
	struct mb_packet pkt;

	mb_packet_set(&pkt, skb, sub->conn.tuple.family, th);
	mb_options_parse((const u8 *)(th + 1), pkt.doff - sizeof(*th),
			 MB_PLACE_OTHER, &opts);
	mb_segment_set(&seg, skb, th, pkt.thoff + pkt.doff, mb_tcp_flags(th),
		       side);
	seg.pkt = &pkt;
	seg.opts = &opts;
	seg.state = state;
	seg.dss = mb_option_find(&opts, MB_DSS);
	seg.near = true;
	seg.next = news & MB_NEWS_NEXT;
	seg.unmapped = news & MB_NEWS_UNMAPPED;
	seg.infinite = news & MB_NEWS_INFINITE;
	mb_life(mn, sub, &seg);
}

/* Whether it is of that kind, but for its connection */
static __always_inline bool is_quick(const struct sk_buff *skb,
				     const struct tcphdr *th,
				     unsigned int thoff)
{
	const u8 *dss = (const u8 *)(th + 1) + OPT;
	unsigned int doff = mb_tcp_len(th);

	if (unlikely(doff < sizeof(*th) + OPT + MB_TCPOLEN_DSS_BASE))
		return false;
	if (unlikely(skb_headlen(skb) < thoff + doff))
		return false;
	if (unlikely(!mb_options_timestamps((const u8 *)(th + 1), OPT)))
		return false;
	if (unlikely((mb_get32(dss) & HEAD_MASK) != HEAD))
		return false;
	return likely(is_alone(dss, doff - sizeof(*th),
			       mb_dss_size[dss[3] & MB_DSS_FLAGS]));
}

static __always_inline bool quick(struct mb_net *mn, struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  const struct tcphdr *th, u8 family)
{
	const unsigned int thoff = family == AF_INET ? sizeof(struct iphdr) :
						       sizeof(struct ipv6hdr);
	const u8 *dss = (const u8 *)(th + 1) + OPT;
	struct mb_segment seg __uninitialized;
	struct mb_ends ends __uninitialized;
	struct mb_subflow *sub;
	struct mb_dir *d;
	struct mb_conn *conn;
	struct mb_map *map;
	unsigned int side;
	u8 flags, news;

	if (unlikely(!is_quick(skb, th, thoff)))
		return false;
	map = READ_ONCE(mn->quick);
	if (unlikely(!map))
		return false;
	side = mb_ends_get(&ends, (const u8 *)th - thoff, family, th);
	conn = mb_conn_look(map, &ends, family);
	if (unlikely(!conn))
		return false;
	sub = container_of(conn, struct mb_subflow, conn);
	if (unlikely(READ_ONCE(sub->attention)))
		return false;

	/* keep it, but read the header again: cheaper than the stack */
	d = &sub->dir[side];
	OPTIMIZER_HIDE_VAR(d);
	spin_lock(&sub->lock);
	/* what is checked: there is no DATA_FIN; FIN, SYN and RST are not set, ACK is */
	flags = READ_ONCE(dss[3]) & MB_DSS_FLAGS & ~MB_DSS_DATA_FIN;
	mb_segment_set(&seg, skb, th, thoff + mb_tcp_len(th),
		       (mb_tcp_flags(th) &
			~(MB_TCP_FIN | MB_TCP_SYN | MB_TCP_RST)) | MB_TCP_ACK,
		       side);
	news = mb_account(d, &sub->dir[!side], &seg, true, true, dss, flags,
			  mb_dss_size[flags]);
	spin_unlock(&sub->lock);
	mb_subflow_touch(sub);
	mb_count_data(&mn->stats);
	if (unlikely(news))
		says_more(mn, sub, side, skb, state, th, news);
	return true;
}

/**
 * mb_track_quick4() - a segment of a known session, most likely
 * @mn:		the namespace
 * @skb:	IPv4 packet without options, not a fragment
 * @state:	of the hook
 * @th:		its TCP header, linear but for its options; mb_track_may()
 *
 * Does all there is to do for one that says no more than its numbers.
 *
 * Context: RCU read side, BH off.
 * Return: NF_ACCEPT, or what mb_hook_look4() says
 */
unsigned int mb_track_quick4(struct mb_net *mn, struct sk_buff *skb,
			     const struct nf_hook_state *state,
			     const struct tcphdr *th)
{
	if (likely(quick(mn, skb, state, th, AF_INET)))
		return NF_ACCEPT;
	return mb_hook_look4(mn, skb, state, th);
}

/**
 * mb_track_quick6() - as mb_track_quick4(), IPv6
 * @mn:		the namespace
 * @skb:	IPv6 packet without extension headers
 * @state:	as there
 * @th:		as there
 *
 * Context: RCU read side, BH off.
 * Return: as there
 */
unsigned int mb_track_quick6(struct mb_net *mn, struct sk_buff *skb,
			     const struct nf_hook_state *state,
			     const struct tcphdr *th)
{
	if (likely(quick(mn, skb, state, th, AF_INET6)))
		return NF_ACCEPT;
	return mb_hook_look6(mn, skb, state, th);
}
