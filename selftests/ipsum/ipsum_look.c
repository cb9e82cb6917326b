// SPDX-License-Identifier: GPL-2.0
/* Reads segments: slowly, and by nothing that mptcp_mb.ko does. */
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <net/udp.h>	/* skb_gso_segment() moved; this one has it everywhere */

#include "ipsum.h"

/**
 * ipsum_view() - look at a packet
 * @v:		to be filled
 * @skb:	at an IP hook
 * @family:	AF_INET or AF_INET6
 *
 * Return: whether it is a whole TCP segment
 */
bool ipsum_view(struct ipsum_view *v, struct sk_buff *skb, u8 family)
{
	unsigned short frag_off = 0;
	unsigned int off = 0;

	v->skb = skb;
	v->family = family;
	if (family == AF_INET) {
		const struct iphdr *iph = ip_hdr(skb);

		if (iph->protocol != IPPROTO_TCP || ip_is_fragment(iph))
			return false;
		off = iph->ihl * 4;
	} else if (ipv6_find_hdr(skb, &off, IPPROTO_TCP, &frag_off, NULL) < 0 ||
		   frag_off) {
		return false;
	}
	v->thoff = off;
	if (skb_copy_bits(skb, off, v->bytes, sizeof(v->th)))
		return false;
	v->doff = v->th.doff * 4;
	return v->doff >= sizeof(v->th) &&
	       !skb_copy_bits(skb, off, v->bytes, v->doff);
}

static __sum16 magic(const struct ipsum_view *v, __wsum sum)
{
	unsigned int len = v->skb->len - v->thoff;

	if (v->family == AF_INET) {
		const struct iphdr *iph = ip_hdr(v->skb);

		return csum_tcpudp_magic(iph->saddr, iph->daddr, len,
					 IPPROTO_TCP, sum);
	}
	return csum_ipv6_magic(&ipv6_hdr(v->skb)->saddr,
			       &ipv6_hdr(v->skb)->daddr, len, IPPROTO_TCP, sum);
}

/**
 * ipsum_sum() - the sum that a receiver computes
 * @v:	the segment
 *
 * Return: 0 where the checksum is right
 */
__sum16 ipsum_sum(const struct ipsum_view *v)
{
	return magic(v, skb_checksum(v->skb, v->thoff,
				     v->skb->len - v->thoff, 0));
}

/**
 * ipsum_pseudo() - the pseudo header's sum
 * @v:	the segment
 *
 * Return: what stands in the checksum field while CHECKSUM_PARTIAL
 */
__sum16 ipsum_pseudo(const struct ipsum_view *v)
{
	return ~magic(v, 0);
}

/**
 * ipsum_same_sum() - compare
 * @a:	of 16 bits
 * @b:	likewise
 *
 * Return: whether they are one number; nought has two forms (RFC 1624)
 */
bool ipsum_same_sum(__sum16 a, __sum16 b)
{
	const __sum16 ones = (__force __sum16)0xffff;

	return (a == ones ? 0 : a) == (b == ones ? 0 : b);
}

static unsigned int longest_nops(const u8 *opt, unsigned int len)
{
	unsigned int run = 0, most = 0, i;

	for (i = 0; i < len; i++) {
		run = opt[i] == OPT_NOP ? run + 1 : 0;
		most = max(most, run);
	}
	return most;
}

/* The kind-30 option of this subtype, or NULL; @size is its length. */
static const u8 *find(const struct ipsum_view *v, unsigned int subtype,
		      unsigned int *size)
{
	unsigned int off = sizeof(v->th);

	while (off + 2 < v->doff && v->bytes[off]) {
		if (v->bytes[off] == OPT_NOP) {
			off++;
			continue;
		}
		*size = v->bytes[off + 1];
		if (*size < 2 || off + *size > v->doff)
			return NULL;
		if (v->bytes[off] == OPT_MPTCP &&
		    v->bytes[off + 2] >> 4 == subtype)
			return v->bytes + off;
		off += *size;
	}
	return NULL;
}

/**
 * ipsum_kind() - what a segment is, or was made
 * @v:	the segment
 *
 * As far as it can be told of one that nobody saw before: hosts do not send four
 * NOPs in a row.
 */
enum ipsum_kind ipsum_kind(const struct ipsum_view *v)
{
	unsigned int nops = longest_nops(v->bytes + sizeof(v->th),
					 v->doff - sizeof(v->th));
	unsigned int size = 0;
	const u8 *opt;

	if (find(v, 7, &size))
		return KIND_FASTCLOSE;
	if (v->th.rst && find(v, 8, &size))
		return KIND_RST;
	if (nops >= 4 && v->th.syn)
		return v->th.ack ? KIND_SYNACK : KIND_SYN;
	opt = find(v, 3, &size);
	if (opt && size >= 16 && !memchr_inv(opt + size - 8, 0, 8))
		return nops >= 8 ? KIND_MIXED : KIND_HMAC;
	return nops >= 8 && !v->th.syn ? KIND_V0 : KIND_SAME;
}

/* One of those that a GSO segment was cut into. */
static const char *piece(struct sk_buff *skb, const struct ipsum_view *whole)
{
	struct ipsum_view v;

	if (!ipsum_view(&v, skb, whole->family))
		return "is no segment";
	if (v.doff != whole->doff ||
	    memcmp(v.bytes + sizeof(v.th), whole->bytes + sizeof(v.th),
		   v.doff - sizeof(v.th)))
		return "has other options";
	if (ipsum_sum(&v))
		return "has a wrong checksum";
	if (v.family == AF_INET &&
	    ip_fast_csum((u8 *)ip_hdr(skb), ip_hdr(skb)->ihl))
		return "has a wrong IP checksum";
	return NULL;
}

/**
 * ipsum_cut() - cut a GSO segment by software, and look at the pieces
 * @v:		the segment, which stays as it is
 * @why:	what is wrong with a piece
 * @segments:	how many there are
 *
 * Return: whether they are as they should be
 */
bool ipsum_cut(const struct ipsum_view *v, const char **why,
	       unsigned int *segments)
{
	struct sk_buff *copy = skb_copy(v->skb, GFP_ATOMIC), *list, *next;
	unsigned int header = v->thoff + v->doff, payload = 0;
	unsigned int size = skb_shinfo(v->skb)->gso_size;

	*segments = 0;
	if (!copy)
		return true;
	list = skb_gso_segment(copy, 0);
	kfree_skb(copy);
	if (IS_ERR_OR_NULL(list)) {
		*why = "cannot be cut";
		return false;
	}
	for (; list; list = next) {
		next = list->next;
		skb_mark_not_on_list(list);
		*why = *why ?: piece(list, v);
		payload += list->len - header;
		if (list->len - header > size || (next && list->len - header < size))
			*why = *why ?: "is of another size";
		++*segments;
		kfree_skb(list);
	}
	if (payload != v->skb->len - header)
		*why = *why ?: "is missing";
	if (skb_shinfo(v->skb)->gso_segs && skb_shinfo(v->skb)->gso_segs != *segments)
		*why = *why ?: "is one too many or too few";
	return !*why;
}
