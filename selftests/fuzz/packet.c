// SPDX-License-Identifier: GPL-2.0
/*
 * Packets as a hook gets them: where the TCP header is, and what is left of the segment once its
 * MPTCP options are stripped or its announcements neutralised. Two bytes say how the packet lies
 * in memory and what is done, the rest is the packet, from its IP header on.
 */
#include <stdint.h>
#include <stdlib.h>

#include "packet.h"
#include "strip.h"

#define HEAD		2
#define V6		0x01
#define CLONED		0x02
#define GSO		0x04
#define FRAGLIST	0x08
#define SUMMED(flags)	((flags) >> 4 & 3)
#define NEUTRALISE	0x40

#define CHECK(x) do { if (!(x)) __builtin_trap(); } while (0)

/* The IP layer makes its header linear before a hook sees it. */
static unsigned int linear_bytes(const uint8_t *data, unsigned int len)
{
	unsigned int least = data[0] & V6 ? 40 : len ? (data[HEAD] & 15) * 4 : 0, linear = data[1];

	linear = linear > least ? linear : least;
	return linear < len ? linear : len;
}

static struct sk_buff make(const uint8_t *data, size_t size)
{
	const unsigned int len = size - HEAD, linear = linear_bytes(data, len);
	struct sk_buff skb = {
		.len = len,
		.data_len = len - linear,
		.cloned = data[0] & CLONED,
		.gso_type = (data[0] & GSO ? SKB_GSO_TCPV4 : 0) |
			    (data[0] & FRAGLIST ? SKB_GSO_FRAGLIST : 0),
		.ip_summed = SUMMED(data[0]),
		.data = malloc(linear),
		.rest = malloc(len - linear),
	};

	memcpy(skb.data, data + HEAD, linear);
	memcpy(skb.rest, data + HEAD + linear, len - linear);
	return skb;
}

/* --- finding ---------------------------------------------------------------------------- */

/* The quick way finds no other header. */
static void check_quick(struct sk_buff *skb, u8 family, enum mb_found found,
			const struct mb_packet *pkt)
{
	const struct tcphdr *th;
	struct mb_packet quick;

	if (!mb_packet_quick(skb, family, &th))
		return;
	mb_packet_set(&quick, skb, family, th);
	mb_packet_usual(skb, family, th);
	if (found == MB_FOUND_TCP)
		CHECK(quick.thoff == pkt->thoff && quick.doff == pkt->doff && !pkt->sealed);
	else
		CHECK(found == MB_FOUND_TRUNCATED);
}

static void check_found(const struct sk_buff *skb, const struct mb_packet *pkt)
{
	CHECK(pkt->doff >= 20 && pkt->doff <= MB_TCP_HEADER_MAX && pkt->doff % 4 == 0);
	CHECK(pkt->thoff >= (pkt->family == AF_INET ? 20U : 40U));
	CHECK(pkt->thoff + pkt->doff <= skb->len);
}

/* A source route is read within its header; it leads to some address. */
static void read_final(const struct mb_packet *pkt)
{
	const u8 *destination = pkt->skb->data + (pkt->family == AF_INET ? 16 : 24);
	struct in6_addr addr = { 0 };

	if (!pkt->routed)
		return;
	memcpy(&addr, destination, pkt->family == AF_INET ? 4 : 16);
	mb_packet_final(pkt, &addr);
}

/* --- changing --------------------------------------------------------------------------- */

static enum mb_place place_of(const u8 *tcp)
{
	return !(tcp[13] & 2) ? MB_PLACE_OTHER : tcp[13] & 16 ? MB_PLACE_SYNACK : MB_PLACE_SYN;
}

static void parse(const u8 *tcp, unsigned int doff, struct mb_options *opts)
{
	mb_options_parse(tcp + 20, doff - 20, place_of(tcp), opts);
}

/* RFC 9293, 3.1: the sum of the segment decides; all ones are zero. */
static unsigned int sum(const u8 *segment, unsigned int len)
{
	return csum_fold(csum_partial(segment, len, 0)) % 0xffff;
}

/* What leaves its checksum to the device has the pseudo header's sum there: with the length's and the
 * protocol's, all ones, whatever the addresses.
 */
static void check_left(const u8 *after, const struct sk_buff *skb, const struct mb_packet *pkt)
{
	const unsigned int n = pkt->family == AF_INET ? 8 : 32, len = skb->len - pkt->thoff;
	const u8 *addresses = after + (pkt->family == AF_INET ? 12 : 8);
	__wsum left = csum_partial(after + pkt->thoff + 16, 2, 0);

	CHECK(skb->csum_start == pkt->thoff && skb->csum_offset == 16);
	left = csum_sub(csum_sub(left, htonl(len)), htonl(IPPROTO_TCP));
	CHECK(csum_fold(csum_sub(left, csum_partial(addresses, n, 0))) % 0xffff == 0);
}

/* No byte but those of the options, and the checksum of those whose it is; it is that of the whole,
 * but where @merged: nobody has computed it
 */
static void check_bounds(const u8 *before, const u8 *after, const struct sk_buff *skb,
			 const struct mb_packet *pkt, bool merged)
{
	const bool left = skb->ip_summed == CHECKSUM_PARTIAL && !merged;
	const unsigned int options = pkt->thoff + 20, payload = pkt->thoff + pkt->doff;
	unsigned int i;

	for (i = 0; i < skb->len; i++) {
		if (i >= options && i < payload)
			continue;
		if ((i == pkt->thoff + 16 || i == pkt->thoff + 17) && !left)
			continue;
		CHECK(before[i] == after[i]);
	}
	if (merged)
		check_left(after, skb, pkt);
	else if (!left)
		CHECK(sum(before + pkt->thoff, skb->len - pkt->thoff) ==
		      sum(after + pkt->thoff, skb->len - pkt->thoff));
}

/* What was an option is NOPs, and none is left. */
static void check_stripped(const u8 *before, const u8 *after, unsigned int doff,
			   const struct mb_options *was)
{
	struct mb_options is;
	u8 want[MB_TCP_HEADER_MAX];
	unsigned int i;

	memcpy(want, before, doff);
	for (i = 0; i < was->n; i++)
		memset(want + 20 + was->opt[i].off, MB_TCPOPT_NOP, was->opt[i].len);
	CHECK(!memcmp(want + 20, after + 20, doff - 20));
	parse(after, doff, &is);
	CHECK(!is.n);
}

/* No host learns an address, every other option is as it was. */
static void check_neutralised(const u8 *before, const u8 *after, unsigned int doff,
			      const struct mb_options *was)
{
	static const u8 zeros[8];
	unsigned int i, j = 0;
	struct mb_options is;

	parse(after, doff, &is);
	for (i = 0; i < was->n; i++) {
		const struct mb_option *o = &was->opt[i];
		const bool announces = o->subtype == MB_ADD_ADDR && o->fault == MB_FAULT_NONE;

		if (announces && o->add_addr.form == MB_ADD_ADDR_V0)
			continue;
		CHECK(j < is.n && is.opt[j].off == o->off && is.opt[j].len == o->len);
		if (announces && o->add_addr.form == MB_ADD_ADDR_V1)
			CHECK(!memcmp(after + 20 + o->add_addr.hmac_off, zeros, 8));
		else
			CHECK(!memcmp(after + 20 + o->off, before + 20 + o->off, o->len));
		j++;
	}
	CHECK(j == is.n);
}

static void change(struct sk_buff *skb, struct mb_packet *pkt, bool neutralise)
{
	u8 *before = skb_copy(skb, 0, skb->len, malloc(skb->len)), *after;
	const bool list = skb->gso_type & SKB_GSO_FRAGLIST;
	u8 buf[MB_TCP_HEADER_MAX];
	struct mb_options opts;

	parse(mb_packet_tcp(pkt, buf), pkt->doff, &opts);
	if (neutralise)
		CHECK(!mb_neutralise(pkt, &opts));
	else if (opts.n)
		CHECK(!mb_strip(pkt, &opts));
	after = skb_copy(skb, 0, skb->len, malloc(skb->len));
	check_bounds(before, after, skb, pkt, list && !(skb->gso_type & SKB_GSO_FRAGLIST));
	if (neutralise)
		check_neutralised(before + pkt->thoff, after + pkt->thoff, pkt->doff, &opts);
	else
		check_stripped(before + pkt->thoff, after + pkt->thoff, pkt->doff, &opts);
	free(before);
	free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_packet pkt;
	enum mb_found found;
	struct sk_buff skb;
	u8 family;

	if (size < HEAD)
		return 0;
	skb = make(data, size);
	family = data[0] & V6 ? AF_INET6 : AF_INET;
	found = mb_packet_find(&skb, family, &pkt);
	check_quick(&skb, family, found, &pkt);
	if (found == MB_FOUND_TCP) {
		check_found(&skb, &pkt);
		read_final(&pkt);
		change(&skb, &pkt, data[0] & NEUTRALISE);
	}
	free(skb.data);
	free(skb.rest);
	return 0;
}
