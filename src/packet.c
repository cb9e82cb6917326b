// SPDX-License-Identifier: GPL-2.0
/* skb -> TCP view, for IPv4 with options and AH, and IPv6 with extension
 * headers. Reads what a receiver would read, whether linear or not.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/seg6.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "packet.h"

static enum mb_found find_tcp(struct sk_buff *skb, struct mb_packet *pkt,
			      unsigned int thoff, unsigned int end)
{
	struct tcphdr buf, *th;
	unsigned int doff;

	if (end > skb->len)
		return MB_FOUND_TRUNCATED;
	th = skb_header_pointer(skb, thoff, sizeof(buf), &buf);
	if (!th || thoff + sizeof(*th) > end)
		return MB_FOUND_TRUNCATED;
	doff = th->doff * 4;
	if (doff < sizeof(*th) || thoff + doff > end)
		return MB_FOUND_TRUNCATED;

	pkt->skb = skb;
	pkt->thoff = thoff;
	pkt->doff = doff;
	return MB_FOUND_TCP;
}

/* RFC 4302: next header, length in words less two. Bytes, or 0. */
static unsigned int ah_len(struct sk_buff *skb, unsigned int off, u8 *proto)
{
	u8 buf[2], *p = skb_header_pointer(skb, off, sizeof(buf), buf);

	if (!p)
		return 0;
	*proto = p[0];
	return (p[1] + 2) * 4;
}

static enum mb_found find4(struct sk_buff *skb, struct mb_packet *pkt)
{
	struct iphdr buf, *iph = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	unsigned int off, len;
	bool fragment;
	u8 proto;

	if (!iph || iph->ihl < 5)
		return MB_FOUND_OTHER;
	off = iph->ihl * 4;
	pkt->routed = iph->ihl > 5;
	proto = iph->protocol;
	fragment = ip_is_fragment(iph);
	while (proto == IPPROTO_AH) {
		if (iph->frag_off & htons(IP_OFFSET))
			return MB_FOUND_OTHER;
		len = ah_len(skb, off, &proto);
		if (!len)
			return fragment ? MB_FOUND_FRAGMENT : MB_FOUND_TRUNCATED;
		pkt->sealed = true;
		off += len;
	}
	if (proto != IPPROTO_TCP)
		return MB_FOUND_OTHER;
	if (fragment)
		return MB_FOUND_FRAGMENT;
	/* A GSO super-segment may be longer than its tot_len can tell. */
	len = iph->tot_len ? ntohs(iph->tot_len) : skb->len;
	return find_tcp(skb, pkt, off, len);
}

/* Steps over an extension header: bytes, or 0 where the packet ends before. */
static unsigned int ext_len(struct sk_buff *skb, unsigned int off, u8 *nexthdr)
{
	u8 buf[2], *p = skb_header_pointer(skb, off, sizeof(buf), buf);

	if (!p)
		return 0;
	*nexthdr = p[0];
	return (p[1] + 1) * 8;
}

/* As many headers as the packet holds: an endpoint knows no other limit. */
static enum mb_found find6(struct sk_buff *skb, struct mb_packet *pkt)
{
	struct ipv6hdr buf, *ip6h = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	unsigned int off = sizeof(*ip6h), len, end;
	struct frag_hdr fbuf, *fh;
	bool fragment = false;
	u8 nexthdr;

	if (!ip6h)
		return MB_FOUND_OTHER;
	nexthdr = ip6h->nexthdr;
	/* A payload length of 0 is a jumbogram, or a big GSO super-segment. */
	end = ip6h->payload_len ? off + ntohs(ip6h->payload_len) : skb->len;

	for (;;) {
		switch (nexthdr) {
		case IPPROTO_TCP:
			return fragment ? MB_FOUND_FRAGMENT :
					  find_tcp(skb, pkt, off, end);
		case NEXTHDR_ROUTING:
			pkt->routed = true;
			fallthrough;
		case NEXTHDR_HOP:
		case NEXTHDR_DEST:
			len = ext_len(skb, off, &nexthdr);
			break;
		case NEXTHDR_AUTH:
			len = ah_len(skb, off, &nexthdr);
			pkt->sealed = true;
			break;
		case NEXTHDR_FRAGMENT:
			fh = skb_header_pointer(skb, off, sizeof(fbuf), &fbuf);
			len = fh ? sizeof(*fh) : 0;
			if (!fh)
				break;
			nexthdr = fh->nexthdr;
			/* What follows a later fragment's header is payload:
			 * the next header is the first one's, TCP or not.
			 */
			if (fh->frag_off & htons(IP6_OFFSET))
				return nexthdr == IPPROTO_TCP ?
				       MB_FOUND_FRAGMENT : MB_FOUND_OTHER;
			/* An atomic fragment (RFC 6946) is whole. */
			if (fh->frag_off & htons(IP6_MF))
				fragment = true;
			break;
		default:
			return MB_FOUND_OTHER;
		}
		/* A first fragment may hide its TCP header in the next one. */
		if (!len)
			return fragment ? MB_FOUND_FRAGMENT : MB_FOUND_TRUNCATED;
		off += len;
	}
}

/**
 * mb_packet_find() - find the TCP header
 * @skb:	packet at an IP hook: skb->data is the network header
 * @family:	AF_INET or AF_INET6
 * @pkt:	filled with MB_FOUND_TCP
 *
 * Context: any; touches nothing.
 * Return: enum mb_found
 */
enum mb_found mb_packet_find(struct sk_buff *skb, u8 family,
			     struct mb_packet *pkt)
{
	pkt->family = family;
	pkt->sealed = false;
	pkt->routed = false;
	return family == AF_INET ? find4(skb, pkt) : find6(skb, pkt);
}

/* RFC 791, 3.1: while the pointer of LSRR or SSRR is within the option, the last
 * address in it is where the packet goes in the end.
 */
static void final4(const struct sk_buff *skb, __be32 *addr)
{
	u8 buf[MAX_IPOPTLEN], *o;
	unsigned int len, left;

	left = ip_hdr(skb)->ihl * 4 - sizeof(struct iphdr);
	o = skb_header_pointer(skb, sizeof(struct iphdr), left, buf);
	for (; o && left && *o != IPOPT_END; o += len, left -= len) {
		len = *o == IPOPT_NOOP ? 1 : left > 1 ? o[1] : 0;
		if (!len || (len < 2 && *o != IPOPT_NOOP) || len > left)
			return;
		if ((*o == IPOPT_LSRR || *o == IPOPT_SSRR) && len >= 7 && o[2] < len)
			memcpy(addr, o + len - sizeof(*addr), sizeof(*addr));
	}
}

/* Where a routing header at @off of @len bytes leads in the end, when segments
 * are left: its last address, and the first of RFC 8754's segment list. RFC 6554
 * leaves out what it shares with the destination.
 */
static void route_end(const struct sk_buff *skb, unsigned int off,
		      unsigned int len, struct in6_addr *addr)
{
	unsigned int at = len - sizeof(*addr), shared = 0;
	u8 buf[8], *rh = skb_header_pointer(skb, off, sizeof(buf), buf);

	if (!rh || !rh[3])
		return;
	switch (rh[2]) {
	case IPV6_SRCRT_TYPE_4:
		at = sizeof(struct ipv6_sr_hdr);
		break;
	case IPV6_SRCRT_TYPE_3:
		shared = rh[4] & 15;
		at = len - (rh[5] >> 4) - (sizeof(*addr) - shared);
		break;
	case IPV6_SRCRT_TYPE_0:
	case IPV6_SRCRT_TYPE_2:
		break;
	default:
		return;
	}
	if (at < sizeof(buf) || at > len || len - at < sizeof(*addr) - shared)
		return;
	skb_copy_bits(skb, off + at, addr->s6_addr + shared,
		      sizeof(*addr) - shared);
}

static void final6(const struct mb_packet *pkt, struct in6_addr *addr)
{
	const struct sk_buff *skb = pkt->skb;
	unsigned int off = sizeof(struct ipv6hdr), len;
	u8 type = ipv6_hdr(skb)->nexthdr, next;
	u8 buf[2], *p;

	for (; off < pkt->thoff; off += len, type = next) {
		p = skb_header_pointer(skb, off, sizeof(buf), buf);
		if (!p)
			return;
		next = p[0];
		len = type == NEXTHDR_FRAGMENT ? sizeof(struct frag_hdr) :
		      type == NEXTHDR_AUTH ? (p[1] + 2) * 4 : (p[1] + 1) * 8;
		if (type == NEXTHDR_ROUTING)
			route_end(skb, off, len, addr);
	}
}

/**
 * mb_packet_final() - where a packet goes in the end
 * @pkt:	found; its routed is true
 * @addr:	the destination of its IP header, in the first word for IPv4;
 *		replaced where a source route goes on from there
 *
 * Context: any.
 */
void mb_packet_final(const struct mb_packet *pkt, struct in6_addr *addr)
{
	if (pkt->family == AF_INET)
		final4(pkt->skb, &addr->s6_addr32[0]);
	else
		final6(pkt, addr);
}

/**
 * mb_packet_tcp() - the TCP header with its options, to read
 * @pkt:	found
 * @buf:	room for MB_TCP_HEADER_MAX bytes, used where the header is not linear
 *
 * Return: @pkt->doff bytes, valid until the skb changes
 */
const u8 *mb_packet_tcp(const struct mb_packet *pkt, u8 *buf)
{
	return skb_header_pointer(pkt->skb, pkt->thoff, pkt->doff, buf);
}

/**
 * mb_packet_sound() - whether a segment's TCP checksum is right
 * @pkt:	found; it goes on afterwards, as it was
 * @state:	of the hook
 *
 * Context: RCU read side. May read all of the payload.
 * Return: false: its receiver will not believe it
 */
bool mb_packet_sound(const struct mb_packet *pkt,
		     const struct nf_hook_state *state)
{
	struct sk_buff *skb = pkt->skb;
	u8 summed = skb->ip_summed;
	__wsum csum = skb->csum;
	bool sound;

	sound = !nf_checksum(skb, state->hook, pkt->thoff, IPPROTO_TCP,
			     pkt->family);
	/* what nf_checksum() leaves is a sum from the network header on */
	if (summed == CHECKSUM_NONE) {
		skb->ip_summed = summed;
		skb->csum = csum;
	}
	return sound;
}
