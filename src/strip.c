// SPDX-License-Identifier: GPL-2.0
/* Takes MPTCP options out of a segment that goes on, or makes its ADD_ADDRs
 * useless. Lengths stay: options become NOPs, so nothing else moves.
 */
#include <linux/skbuff.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "strip.h"

#define HMAC_LEN 8		/* RFC 8684, 3.4.1: of ADD_ADDR, truncated */

/* The 16-bit word that byte @off of the options is part of: RFC 9293, 3.1, sums
 * up words that begin at even offsets.
 */
static __always_inline u16 word_at(const u8 *options, unsigned int off)
{
	u16 word;

	memcpy(&word, options + (off & ~1U), sizeof(word));
	return word;
}

static __always_inline u64 nop_out_byte(u8 *options, unsigned int off)
{
	u16 before = word_at(options, off);

	options[off] = MB_TCPOPT_NOP;
	return word_at(options, off) + (u16)~before;
}

/* Overwrites @len bytes at @off of the options by NOPs; returns what that adds
 * to their sum.
 */
static __always_inline u64 nop_out(u8 *options, unsigned int off,
				   unsigned int len)
{
	unsigned int end = off + len;
	u64 diff = 0;

	if (unlikely((off | len) & 3)) {
		for (; off < end; off++)
			diff += nop_out_byte(options, off);
		return diff;
	}
	for (; off < end; off += 4)
		diff += mb_strip_word(options + off);
	return diff;
}

/**
 * mb_strip() - overwrite every MPTCP option by NOPs
 * @pkt:	the segment; a SYN or SYN/ACK, in any other it breaks sessions
 * @opts:	of mb_options_parse() on it, at least one
 *
 * Malformed options go, too, up to the header's end where one reaches beyond.
 *
 * Context: any; allocates atomically. Pointers into the skb are stale
 *	    afterwards.
 * Return: 0; -ENOMEM when the header could not be made writable, nothing is
 *	   changed then
 */
int mb_strip(struct mb_packet *pkt, const struct mb_options *opts)
{
	const struct mb_option *o = opts->opt, *end = o + opts->n;
	struct tcphdr *th = mb_packet_writable(pkt);
	u64 diff = 0;

	if (!th)
		return -ENOMEM;
	do {
		diff += nop_out((u8 *)(th + 1), o->off, o->len);
	} while (++o < end);
	mb_strip_fix(pkt->skb, th, diff);
	return 0;
}

/* As GRO leaves other merged segments, whose checksums it has found right. */
static void leave_checksum(const struct mb_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int len = skb->len - pkt->thoff;
	struct tcphdr *th;

	th = (struct tcphdr *)(skb->data + pkt->thoff);
	if (pkt->family == AF_INET) {
		const struct iphdr *iph = ip_hdr(skb);

		th->check = ~csum_tcpudp_magic(iph->saddr, iph->daddr, len,
					       IPPROTO_TCP, 0);
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		th->check = ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len,
					     IPPROTO_TCP, 0);
	}
	skb->csum_start = skb_headroom(skb) + pkt->thoff;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
}

/* The segments of a GRO list (rx-gro-list) keep their headers, of which we
 * see the first. Merged into one buffer they are cut anew, each with ours. Who
 * sends it computes the checksums; a socket here, which would compute that of the
 * whole, knows that there is none.
 */
static int merge_segments(const struct mb_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;

	if (!skb_is_gso(skb) ||
	    !(skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST))
		return 0;
	if (skb_linearize(skb) || skb_unclone(skb, GFP_ATOMIC))
		return -ENOMEM;
	skb_shinfo(skb)->gso_type &= ~SKB_GSO_FRAGLIST;
	leave_checksum(pkt);
	return 0;
}

/**
 * mb_neutralise() - make ADD_ADDR announcements useless
 * @pkt:	the segment
 * @opts:	of mb_options_parse() on it
 *
 * An announcement of version 1 gets a wrong HMAC: the host takes the segment
 * for MPTCP and ignores the address (RFC 8684, 3.4.1). Always the same one: two
 * gateways in a row must not undo each other's work. One of version 0 has no
 * HMAC and becomes NOPs; another MPTCP option must stand beside it, else the
 * host falls back alone. Echoes and malformed ones teach nothing and stay.
 *
 * Context: any; allocates atomically. Pointers into the skb are stale
 *	    afterwards.
 * Return: 0; -ENOMEM when the header could not be made writable, nothing is
 *	   changed then
 */
int mb_neutralise(struct mb_packet *pkt, const struct mb_options *opts)
{
	unsigned int len = pkt->doff - sizeof(struct tcphdr), i;
	struct tcphdr *th;
	__wsum before;
	u8 *area;

	if (merge_segments(pkt))
		return -ENOMEM;
	th = mb_packet_writable(pkt);
	if (!th)
		return -ENOMEM;
	area = (u8 *)(th + 1);
	before = csum_partial(area, len, 0);
	for (i = 0; i < opts->n; i++) {
		const struct mb_option *o = &opts->opt[i];

		if (o->fault != MB_FAULT_NONE || o->subtype != MB_ADD_ADDR)
			continue;
		if (o->add_addr.form == MB_ADD_ADDR_V1)
			memset(area + o->add_addr.hmac_off, 0, HMAC_LEN);
		else if (o->add_addr.form == MB_ADD_ADDR_V0)
			memset(area + o->off, MB_TCPOPT_NOP, o->len);
	}
	mb_strip_fix(pkt->skb, th,
		     (__force u32)csum_sub(csum_partial(area, len, 0), before));
	return 0;
}
