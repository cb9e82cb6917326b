/* SPDX-License-Identifier: GPL-2.0 */
/* The four numbers that name a TCP connection, the same for both directions. */
#ifndef MB_TUPLE_H
#define MB_TUPLE_H

#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

/**
 * struct mb_tuple - a TCP connection as the FORWARD hook sees it
 * @addr:	network byte order; IPv4 in the first word, the rest is not set.
 *		After destination NAT, before source NAT, in both directions
 * @port:	network byte order
 * @family:	AF_INET or AF_INET6
 *
 * The ends are in an order of their own (ports, then addresses); an index of
 * an end is called a side.
 */
struct mb_tuple {
	struct in6_addr addr[2];
	union {
		__be16 port[2];
		u32 ports;
	};
	u8 family;
};

/**
 * mb_ports_index() - a number that both directions of a connection share
 * @th:	TCP header
 *
 * Return: 0 to 65535
 */
static __always_inline unsigned int mb_ports_index(const struct tcphdr *th)
{
	return (__force u16)th->source ^ (__force u16)th->dest;
}

static inline unsigned int mb_tuple_index(const struct mb_tuple *t)
{
	return (__force u16)t->port[0] ^ (__force u16)t->port[1];
}

/* Which side the source is. */
static __always_inline unsigned int mb_tuple_order(const struct tcphdr *th,
						   const void *saddr,
						   const void *daddr,
						   unsigned int len)
{
	if (likely(th->source != th->dest))
		return (__force u16)th->source > (__force u16)th->dest;
	return memcmp(saddr, daddr, len) > 0;
}

/**
 * mb_tuple_get() - the tuple of a segment
 * @t:		filled
 * @skb:	at an IP hook
 * @family:	AF_INET or AF_INET6
 * @th:		its TCP header
 *
 * Return: the sender's side
 */
static __always_inline unsigned int mb_tuple_get(struct mb_tuple *t,
						 const struct sk_buff *skb,
						 u8 family,
						 const struct tcphdr *th)
{
	unsigned int side;

	if (family == AF_INET) {
		const struct iphdr *iph = ip_hdr(skb);

		side = mb_tuple_order(th, &iph->saddr, &iph->daddr, 4);
		t->addr[side].s6_addr32[0] = iph->saddr;
		t->addr[!side].s6_addr32[0] = iph->daddr;
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		side = mb_tuple_order(th, &ip6h->saddr, &ip6h->daddr, 16);
		t->addr[side] = ip6h->saddr;
		t->addr[!side] = ip6h->daddr;
	}
	t->port[side] = th->source;
	t->port[!side] = th->dest;
	t->family = family;
	return side;
}

static __always_inline u32 mb_tuple_hash(const struct mb_tuple *t, u32 seed)
{
	if (likely(t->family == AF_INET))
		return jhash_3words((__force u32)t->addr[0].s6_addr32[0],
				    (__force u32)t->addr[1].s6_addr32[0],
				    t->ports, seed);
	return jhash2((const u32 *)t->addr, 8, t->ports ^ seed);
}

static __always_inline bool mb_tuple_equal(const struct mb_tuple *a,
					   const struct mb_tuple *b)
{
	if (a->ports != b->ports || a->family != b->family ||
	    a->addr[0].s6_addr32[0] != b->addr[0].s6_addr32[0] ||
	    a->addr[1].s6_addr32[0] != b->addr[1].s6_addr32[0])
		return false;
	return a->family == AF_INET ||
	       (ipv6_addr_equal(&a->addr[0], &b->addr[0]) &&
		ipv6_addr_equal(&a->addr[1], &b->addr[1]));
}

#endif
