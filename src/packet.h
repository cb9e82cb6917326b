/* SPDX-License-Identifier: GPL-2.0 */
/* skb -> TCP view: where the TCP header is, and what stands before it. */
#ifndef MB_PACKET_H
#define MB_PACKET_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/ip.h>

#include "option.h"

#define MB_TCP_HEADER_MAX	60	/* bytes, options included */

enum mb_found {
	MB_FOUND_TCP,
	MB_FOUND_OTHER,		/* not TCP, or none of its header in this packet */
	MB_FOUND_FRAGMENT,	/* of a TCP segment */
	MB_FOUND_TRUNCATED,	/* no endpoint can read its TCP header */
};

/**
 * struct mb_packet - one segment as a hook sees it
 * @skb:	its buffer; skb->data is the network header
 * @family:	AF_INET or AF_INET6
 * @thoff:	bytes from skb->data to the TCP header
 * @doff:	bytes of the TCP header, options included; 20 to 60
 * @sealed:	IP AH covers the segment: rewriting it breaks its signature
 * @routed:	the IP header's destination may be a waypoint, see
 *		mb_packet_final()
 */
struct mb_packet {
	struct sk_buff *skb;
	u8 family;
	bool sealed;
	u8 doff;
	bool routed;
	u32 thoff;
};

/**
 * mb_packet_quick() - the TCP header of a packet of the most common kind
 * @skb:	packet at an IP hook: skb->data is the network header
 * @family:	AF_INET or AF_INET6
 * @header:	out: the TCP header, readable but for its options
 *
 * No options or extension headers of IP, no fragment, the TCP header linear. The
 * IP layer has checked length fields already. Inlined: nearly all traffic goes
 * this way and no further.
 *
 * Context: any.
 * Return: whether it is of that kind; if not, see mb_packet_find()
 */
static __always_inline bool mb_packet_quick(const struct sk_buff *skb, u8 family,
					    const struct tcphdr **header)
{
	const unsigned int thoff = family == AF_INET ? sizeof(struct iphdr) :
						       sizeof(struct ipv6hdr);

	if (unlikely(skb_headlen(skb) < thoff + sizeof(struct tcphdr)))
		return false;
	if (family == AF_INET) {
		/* fragment offset and flags, TTL, protocol */
		const __be32 mask = htonl((IP_MF | IP_OFFSET) << 16 | 0xff);
		__be32 word;

		memcpy(&word, skb->data + offsetof(struct iphdr, frag_off),
		       sizeof(word));
		/* version, which is 4 here, and header length */
		if (skb->data[0] != 0x45 || (word & mask) != htonl(IPPROTO_TCP))
			return false;
	} else {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;

		if (ip6h->nexthdr != IPPROTO_TCP)
			return false;
	}
	*header = (const struct tcphdr *)(skb->data + thoff);
	return true;
}

/**
 * mb_packet_usual() - whether a segment is of the kind that most are of
 * @skb:	packet
 * @family:	AF_INET or AF_INET6
 * @th:		what mb_packet_quick() found
 *
 * Data and ACKs without options, or with timestamps alone as RFC 7323 (appendix
 * A) lays them out. One word has the length of the header, flags, and the window.
 *
 * Return: false: it may be anything
 */
static __always_inline bool mb_packet_usual(const struct sk_buff *skb, u8 family,
					    const struct tcphdr *th)
{
	const unsigned int thoff = family == AF_INET ? sizeof(struct iphdr) :
						       sizeof(struct ipv6hdr);
	/* all but PSH */
	__be32 word = tcp_flag_word(th) & htonl(0xfff70000);

	if (word == htonl(0x50100000))
		return true;
	return word == htonl(0x80100000) && skb_headlen(skb) >= thoff + 32 &&
	       mb_options_usual((const u8 *)(th + 1), 12);
}

/**
 * mb_packet_set() - the view of a packet of the most common kind
 * @pkt:	to be filled
 * @skb:	the packet
 * @family:	AF_INET or AF_INET6
 * @th:		what mb_packet_quick() found
 */
static inline void mb_packet_set(struct mb_packet *pkt, struct sk_buff *skb,
				 u8 family, const struct tcphdr *th)
{
	pkt->skb = skb;
	pkt->family = family;
	pkt->sealed = false;
	pkt->routed = false;
	pkt->doff = th->doff * 4;
	pkt->thoff = (const u8 *)th - skb->data;
}

enum mb_found mb_packet_find(struct sk_buff *skb, u8 family,
			     struct mb_packet *pkt);
const u8 *mb_packet_tcp(const struct mb_packet *pkt, u8 *buf);
void mb_packet_final(const struct mb_packet *pkt, struct in6_addr *addr);

bool mb_packet_sound(const struct mb_packet *pkt,
		     const struct nf_hook_state *state);

/**
 * mb_packet_writable() - the TCP header with its options, to write
 * @pkt:	found
 *
 * Context: any; allocates atomically. Every pointer into the skb is stale
 *	    afterwards.
 * Return: the header, linear and not shared, or NULL without memory
 */
static inline struct tcphdr *mb_packet_writable(struct mb_packet *pkt)
{
	unsigned int len = pkt->thoff + pkt->doff;
	struct sk_buff *skb = pkt->skb;

	/* what skb_ensure_writable() finds out itself, without the call */
	if ((skb_headlen(skb) < len || skb_cloned(skb)) &&
	    skb_ensure_writable(skb, len))
		return NULL;
	return (struct tcphdr *)(skb->data + pkt->thoff);
}

#endif
