/* SPDX-License-Identifier: GPL-2.0 */
/* The four numbers that name a TCP connection, the same for both directions. */
#ifndef MB_TUPLE_H
#define MB_TUPLE_H

#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/bitops.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/ipv6.h>

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

/**
 * mb_tuple_has() - whether an end of a connection has an address
 * @tuple:	the connection
 * @side:	which end
 * @family:	AF_INET or AF_INET6, of @addr
 * @addr:	network byte order; IPv4 in the first word
 */
static inline bool mb_tuple_has(const struct mb_tuple *tuple, unsigned int side,
				u8 family, const struct in6_addr *addr)
{
	if (tuple->family != family)
		return false;
	if (family == AF_INET)
		return tuple->addr[side].s6_addr32[0] == addr->s6_addr32[0];
	return ipv6_addr_equal(&tuple->addr[side], addr);
}

/* Which side the source is; @ports: as they stand in the header. */
static __always_inline unsigned int mb_tuple_order(u32 ports, const void *saddr,
						   const void *daddr,
						   unsigned int len)
{
	const u32 back = rol32(ports, 16);

	if (ports > back)
		return 0;
	if (likely(ports < back))
		return 1;
	return memcmp(saddr, daddr, len) > 0;
}

/**
 * struct mb_ends - a tuple without a copy of its addresses
 * @addr:	32-bit words in network byte order: one, or four of IPv6
 * @ports:	as in struct mb_tuple
 */
struct mb_ends {
	const __be32 *addr[2];
	u32 ports;
};

/**
 * mb_ends_get() - where a segment has its tuple
 * @e:		filled; valid until the skb changes
 * @ip:		its IP header
 * @family:	AF_INET or AF_INET6
 * @th:		its TCP header
 *
 * Return: the sender's side
 */
static __always_inline unsigned int mb_ends_get(struct mb_ends *e,
						const void *ip, u8 family,
						const struct tcphdr *th)
{
	const void *saddr = ip + (family == AF_INET ?
				  offsetof(struct iphdr, saddr) :
				  offsetof(struct ipv6hdr, saddr));
	const unsigned int len = family == AF_INET ? 4 : 16;
	const void *daddr = saddr + len;
	/* source and destination, as they stand there */
	u32 ports = *(const u32 *)th;

	/* two arms: three conditional moves cost more */
	if (mb_tuple_order(ports, saddr, daddr, len)) {
		e->addr[0] = daddr;
		e->addr[1] = saddr;
		e->ports = rol32(ports, 16);
		return 1;
	}
	e->addr[0] = saddr;
	e->addr[1] = daddr;
	e->ports = ports;
	return 0;
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
	const void *ip = skb_network_header(skb);
	unsigned int side;
	struct mb_ends e;

	if (family == AF_INET) {
		side = mb_ends_get(&e, ip, AF_INET, th);
		t->addr[0].s6_addr32[0] = e.addr[0][0];
		t->addr[1].s6_addr32[0] = e.addr[1][0];
	} else {
		side = mb_ends_get(&e, ip, AF_INET6, th);
		memcpy(&t->addr[0], e.addr[0], sizeof(t->addr[0]));
		memcpy(&t->addr[1], e.addr[1], sizeof(t->addr[1]));
	}
	t->ports = e.ports;
	t->family = family;
	return side;
}

#define MB_TUPLE_WORDS	9

/* Random, and secret: who does not know them finds no tuples of one hash. */
extern u64 mb_tuple_keys[MB_TUPLE_WORDS];

static __always_inline u64 mb_tuple_hash_addr(const __be32 *addr, const u64 *keys)
{
	return (__force u32)addr[0] * keys[0] + (__force u32)addr[1] * keys[1] +
	       (__force u32)addr[2] * keys[2] + (__force u32)addr[3] * keys[3];
}

/**
 * mb_ends_hash() - a number for a table of tuples
 * @e:		the tuple
 * @family:	AF_INET or AF_INET6
 *
 * Multilinear hashing (Lemire and Kaser, Strongly Universal String Hashing is
 * Fast), which for a secret key has as few collisions as chance.
 *
 * Return: 32 bits, of which all are good
 */
static __always_inline u32 mb_ends_hash(const struct mb_ends *e, u8 family)
{
	const u64 *keys = mb_tuple_keys;
	u64 h = e->ports * keys[0];

	if (family == AF_INET)
		h += (__force u32)e->addr[0][0] * keys[1] +
		     (__force u32)e->addr[1][0] * keys[2];
	else
		h += mb_tuple_hash_addr(e->addr[0], keys + 1) +
		     mb_tuple_hash_addr(e->addr[1], keys + 5);
	return h >> 32;
}

/* mb_ends_hash() of a tuple */
static __always_inline u32 mb_tuple_hash(const struct mb_tuple *t)
{
	const struct mb_ends e = {
		.addr = { t->addr[0].s6_addr32, t->addr[1].s6_addr32 },
		.ports = t->ports,
	};

	return mb_ends_hash(&e, t->family);
}

/* Whether it is the tuple at @e */
static __always_inline bool mb_tuple_is(const struct mb_tuple *t,
					const struct mb_ends *e, u8 family)
{
	if (t->ports != e->ports || t->family != family)
		return false;
	if (family == AF_INET)
		return t->addr[0].s6_addr32[0] == e->addr[0][0] &&
		       t->addr[1].s6_addr32[0] == e->addr[1][0];
	return ipv6_addr_equal(&t->addr[0], (const struct in6_addr *)e->addr[0]) &&
	       ipv6_addr_equal(&t->addr[1], (const struct in6_addr *)e->addr[1]);
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
