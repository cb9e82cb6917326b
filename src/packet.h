/* SPDX-License-Identifier: GPL-2.0 */
/* skb -> TCP view: where the TCP header is, and what stands before it. */
#ifndef MB_PACKET_H
#define MB_PACKET_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/ip.h>

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
 */
struct mb_packet {
	struct sk_buff *skb;
	u8 family;
	bool sealed;
	u8 doff;
	u32 thoff;
};

/**
 * mb_packet_quick() - the TCP header of a packet of the most common kind
 * @skb:	packet at an IP hook: skb->data is the network header
 * @family:	AF_INET or AF_INET6
 * @header:	out: the TCP header, all its options readable
 *
 * No options or extension headers of IP, no fragment, all of the TCP header
 * linear. The IP layer has checked length fields already. Inlined: nearly all
 * traffic goes this way and no further.
 *
 * Context: any.
 * Return: whether it is of that kind; if not, see mb_packet_find()
 */
static __always_inline bool mb_packet_quick(const struct sk_buff *skb, u8 family,
					    const struct tcphdr **header)
{
	const unsigned int thoff = family == AF_INET ? sizeof(struct iphdr) :
						       sizeof(struct ipv6hdr);
	unsigned int room = skb_headlen(skb);
	const struct tcphdr *th;

	if (unlikely(room < thoff + sizeof(*th)))
		return false;
	if (family == AF_INET) {
		const struct iphdr *iph = (const struct iphdr *)skb->data;

		if (iph->ihl != 5 || iph->protocol != IPPROTO_TCP ||
		    (iph->frag_off & htons(IP_MF | IP_OFFSET)))
			return false;
	} else {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;

		if (ip6h->nexthdr != IPPROTO_TCP)
			return false;
	}
	th = (const struct tcphdr *)(skb->data + thoff);
	if (th->doff < 5 || room < thoff + th->doff * 4)
		return false;
	*header = th;
	return true;
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
	pkt->doff = th->doff * 4;
	pkt->thoff = (const u8 *)th - skb->data;
}

enum mb_found mb_packet_find(struct sk_buff *skb, u8 family,
			     struct mb_packet *pkt);
const u8 *mb_packet_tcp(const struct mb_packet *pkt, u8 *buf);

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
