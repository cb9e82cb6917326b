/* SPDX-License-Identifier: GPL-2.0 */
/* As much of an skb as packet.c and strip.c need, on the host; linux/....h and net/....h beside this
 * are all this file, the headers themselves are the C library's. The linear part and the rest lie in
 * buffers of just their size, and move when the kernel's would: AddressSanitizer sees a byte read
 * beyond, and a pointer that is stale.
 */
#ifndef SKB_H
#define SKB_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/seg6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"

#define __force
#define fallthrough	__attribute__((fallthrough))

/**
 * struct sk_buff - a packet
 * @data:	its network header; skb_headlen() bytes
 * @rest:	what is not linear
 * @len:	bytes of both
 * @data_len:	bytes of @rest
 * @gso_type:	what skb_shinfo() has; 0: no GSO
 * @csum:	with CHECKSUM_COMPLETE
 * @csum_start:	with CHECKSUM_PARTIAL; before @data there is nothing
 * @csum_offset: likewise
 * @ip_summed:	CHECKSUM_...
 * @cloned:	somebody else has it, too: not to be written
 */
struct sk_buff {
	u8 *data, *rest;
	unsigned int len, data_len, gso_type;
	__wsum csum;
	unsigned int csum_start, csum_offset;
	u8 ip_summed;
	bool cloned;
};

#define CHECKSUM_NONE		0
#define CHECKSUM_UNNECESSARY	1
#define CHECKSUM_COMPLETE	2
#define CHECKSUM_PARTIAL	3
#define SKB_GSO_TCPV4		1
#define SKB_GSO_FRAGLIST	2
#define GFP_ATOMIC		0

#define skb_shinfo(skb)		(skb)
#define skb_is_gso(skb)		((skb)->gso_type)
#define skb_cloned(skb)		((skb)->cloned)
#define skb_headlen(skb)	((skb)->len - (skb)->data_len)
#define skb_headroom(skb)	0

static inline u8 *skb_copy(const struct sk_buff *skb, unsigned int off, unsigned int len, u8 *to)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		to[i] = off + i < skb_headlen(skb) ? skb->data[off + i] :
						     skb->rest[off + i - skb_headlen(skb)];
	return to;
}

static inline void *skb_header_pointer(const struct sk_buff *skb, int off, int len, void *buf)
{
	if (off + len <= (int)skb_headlen(skb))
		return skb->data + off;
	if (off < 0 || len < 0 || off + len > (int)skb->len)
		return NULL;
	return skb_copy(skb, off, len, buf);
}

static inline int skb_copy_bits(const struct sk_buff *skb, int off, void *to, int len)
{
	if (off < 0 || len < 0 || off > (int)skb->len - len)
		return -EFAULT;
	skb_copy(skb, off, len, to);
	return 0;
}

/* @linear bytes are, from now on, of the caller alone. */
static inline int skb_move(struct sk_buff *skb, unsigned int linear)
{
	u8 *data, *rest;

	if (linear > skb->len)
		return -ENOMEM;
	if (linear < skb_headlen(skb))
		linear = skb_headlen(skb);
	data = skb_copy(skb, 0, linear, malloc(linear));
	rest = skb_copy(skb, linear, skb->len - linear, malloc(skb->len - linear));
	free(skb->data);
	free(skb->rest);
	skb->data = data;
	skb->rest = rest;
	skb->data_len = skb->len - linear;
	skb->cloned = false;
	return 0;
}

#define skb_ensure_writable(skb, n)	skb_move(skb, n)
#define skb_linearize(skb)		skb_move(skb, (skb)->len)
#define skb_unclone(skb, gfp)		skb_move(skb, 0)

/* --- checksums ------------------------------------------------------------------------- */

static inline __wsum csum_add(__wsum a, __wsum b)
{
	return a + b + (a + b < a);
}

static inline __wsum csum_sub(__wsum a, __wsum b)
{
	return csum_add(a, ~b);
}

static inline __wsum csum_partial(const void *p, int len, __wsum sum)
{
	const u8 *b = p;
	__u16 word;
	int i;

	for (i = 0; i < len; i += 2) {
		word = 0;
		memcpy(&word, b + i, len - i < 2 ? 1 : 2);
		sum = csum_add(sum, word);
	}
	return sum;
}

static inline __u16 csum_fold(__wsum sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return ~sum;
}

static inline void csum_replace_by_diff(__sum16 *sum, __wsum diff)
{
	*sum = csum_fold(csum_add(diff, ~(__wsum)*sum));
}

static inline __sum16 csum_tcpudp_magic(__be32 saddr, __be32 daddr, __u32 len, __u8 proto, __wsum sum)
{
	sum = csum_add(csum_add(sum, saddr), daddr);
	return csum_fold(csum_add(csum_add(sum, htonl(len)), htonl(proto)));
}

static inline __sum16 csum_ipv6_magic(const struct in6_addr *saddr, const struct in6_addr *daddr,
				      __u32 len, __u8 proto, __wsum sum)
{
	sum = csum_partial(saddr, 16, csum_partial(daddr, 16, sum));
	return csum_fold(csum_add(csum_add(sum, htonl(len)), htonl(proto)));
}

/* --- IP -------------------------------------------------------------------------------- */

#define ip_hdr(skb)	((struct iphdr *)(skb)->data)
#define ipv6_hdr(skb)	((struct ipv6hdr *)(skb)->data)

#define IP_MF		0x2000
#define IP_OFFSET	0x1fff
#define IP6_MF		0x0001
#define IP6_OFFSET	0xfff8
#define NEXTHDR_HOP	0
#define NEXTHDR_ROUTING	43
#define NEXTHDR_FRAGMENT 44
#define NEXTHDR_AUTH	51
#define NEXTHDR_DEST	60

struct frag_hdr {
	__u8 nexthdr, reserved;
	__be16 frag_off;
	__be32 identification;
};

struct nf_hook_state {
	u8 hook;
};

static inline bool ip_is_fragment(const struct iphdr *iph)
{
	return iph->frag_off & htons(IP_MF | IP_OFFSET);
}

static inline __sum16 nf_checksum(struct sk_buff *skb, unsigned int hook, unsigned int off,
				  u8 proto, unsigned short family)
{
	return 0;
}

#endif
