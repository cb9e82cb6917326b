// SPDX-License-Identifier: GPL-2.0
/* The building half of craft: TCP, what stands before it, IP, fragments. */
#include <netinet/in.h>
#include <string.h>

#include "checksum.h"
#include "craft.h"

static uint32_t id;		/* of the IP packet */

/* TCP header, options and payload. */
static unsigned int tcp(uint8_t *p, uint16_t sport, uint32_t seq)
{
	unsigned int header = 20 + (craft.options_len + 3) / 4 * 4, len = header + craft.payload, i;
	unsigned int alen = craft.family == AF_INET ? 4 : 16;
	const uint8_t *daddr = craft.routed ? craft.final : craft.daddr;
	uint32_t pseudo = sum(craft.saddr, alen, sum(daddr, alen, TCP + len));
	uint16_t check;

	put16(put16(p, sport), craft.dport);
	put32(put32(p + 4, seq), craft.ack);
	p[12] = (craft.doff ? craft.doff : header / 4) << 4;
	p[13] = craft.flags;
	put32(put16(p + 14, craft.window), 0);
	memcpy(p + 20, craft.options, craft.options_len);
	memset(p + 20 + craft.options_len, craft.pad, header - 20 - craft.options_len);
	for (i = 0; i < craft.payload; i++)
		p[header + i] = i * 7 + 1;
	check = ~fold(sum(p, len, pseudo));
	if (craft.bad_checksum)
		check ^= 0x5555;
	if (craft.partial)
		check = fold(pseudo);
	put16(p + 16, craft.no_checksum ? 0 : check);
	return len;
}

/* Writes a header whose own next header is yet unknown; returns its length. */
static unsigned int extension(uint8_t *p, const struct header *h)
{
	memset(p, 0, h->len);
	switch (h->type) {
	case HOP:
	case DEST:
		p[1] = h->len / 8 - 1;
		p[2] = 1;			/* PadN, as often as it takes */
		for (unsigned int at = 2, n; at < h->len; at += n) {
			n = h->len - at > 257 ? 257 : h->len - at;
			p[at] = 1;
			p[at + 1] = n - 2;
		}
		break;
	case ROUTING:
		p[1] = h->len / 8 - 1;
		p[2] = h->routing;
		p[3] = craft.routed;		/* if no segment is left, any receiver goes on */
		if ((h->routing == 4 || craft.routed) && h->len >= 24)
			memcpy(p + 8, craft.routed ? craft.final : craft.daddr, 16);
		if (h->routing == 4 && craft.routed && h->len >= 40) {
			p[4] = 1;		/* the last entry, which is the first to be visited */
			memcpy(p + 24, craft.daddr, 16);
		}
		if (h->routing == 3 && craft.routed && h->len == 16) {
			p[4] = 8;		/* RFC 6554: so much is as in the destination */
			memcpy(p + 8, craft.final + 8, 8);
		}
		break;
	case AH:
		p[1] = h->len / 4 - 2;
		put32(put32(p + 4, 0x1234), 1);	/* SPI, sequence; the ICV is nought */
		break;
	}
	return h->len;
}

/* All that IP carries, from the first extension header on. *first is its type; *unfragmentable
 * how much of it is repeated in each fragment, and *next where the next header of that part's last
 * header stands (-1: in the IP header).
 */
static unsigned int body(uint8_t *p, uint8_t *first, unsigned int *unfragmentable, int *next,
			 unsigned int *tcp_off, uint16_t sport, uint32_t seq)
{
	unsigned int i, off = 0;
	int last = -1;

	*first = TCP;
	*unfragmentable = 0;
	*next = -1;
	for (i = 0; i < craft.ext_n; i++) {
		const struct header *h = &craft.ext[i];

		if (last < 0)
			*first = h->type;
		else
			p[last] = h->type;
		last = off;
		off += extension(p + off, h);
		if (craft.family == AF_INET6 && (h->type == HOP || h->type == ROUTING)) {
			*unfragmentable = off;
			*next = last;
		}
	}
	if (last >= 0)
		p[last] = TCP;
	*tcp_off = off;
	return off + tcp(p + off, sport, seq);
}

static unsigned int ip4(uint8_t *p, uint8_t proto, unsigned int len, unsigned int off, bool more)
{
	unsigned int ihl = 20 + (craft.ip_options_len + 3) / 4 * 4;

	memset(p, 0, ihl);
	p[0] = 0x40 | ihl / 4;
	p[1] = craft.tos;
	put16(p + 2, ihl + len);
	put16(p + 4, id);
	put16(p + 6, off / 8 | (more ? 0x2000 : 0) | (craft.fragment ? 0 : 0x4000));
	p[8] = craft.ttl;
	p[9] = proto;
	memcpy(p + 12, craft.saddr, 4);
	memcpy(p + 16, craft.daddr, 4);
	memcpy(p + 20, craft.ip_options, craft.ip_options_len);
	put16(p + 10, ~fold(sum(p, ihl, 0)));
	return ihl;
}

static unsigned int ip6(uint8_t *p, uint8_t next, unsigned int len)
{
	put32(p, 0x60000000 | craft.tos << 20);
	put16(p + 4, len);
	p[6] = next;
	p[7] = craft.ttl;
	memcpy(p + 8, craft.saddr, 16);
	memcpy(p + 24, craft.daddr, 16);
	return 40;
}

/* One IP packet: all of @data, or a fragment of it. */
static void packet(uint8_t first, const uint8_t *data, unsigned int len, unsigned int off, bool more,
		   const uint8_t *before, unsigned int before_len, unsigned int tcp_off)
{
	static uint8_t frame[FRAME_MAX];
	uint8_t *p = frame + ETH_LEN;

	memcpy(frame, craft.eth, ETH_LEN);
	p += craft.family == AF_INET ? ip4(p, first, before_len + len, off, more) :
				   ip6(p, first, before_len + len);
	if (before_len)
		memcpy(p, before, before_len);
	p += before_len;
	memcpy(p, data, len);
	emit(frame, p + len - frame, p - frame - before_len + tcp_off);
}

static void fragments(uint8_t *data, unsigned int len, uint8_t first, unsigned int unfragmentable,
		      int next)
{
	unsigned int step = craft.fragment, n, i, at, before_len = 0;
	uint8_t before[FRAME_MAX], *fh = NULL;

	if (craft.family == AF_INET6) {
		/* The fragment header goes between the two parts. */
		memcpy(before, data, unfragmentable);
		fh = before + unfragmentable;
		memset(fh, 0, 8);
		fh[0] = next < 0 ? first : data[next];
		put32(fh + 4, id);
		if (next < 0)
			first = FRAGMENT;
		else
			before[next] = FRAGMENT;
		before_len = unfragmentable + 8;
		data += unfragmentable;
		len -= unfragmentable;
	}
	n = (len + step - 1) / step;
	for (i = 0; i < n; i++) {
		at = (craft.reverse ? n - 1 - i : i) * step;
		if (fh)
			put16(fh + 2, at | (at + step < len));
		packet(first, data + at, at + step < len ? step : len - at, at, at + step < len,
		       before, before_len, 0);
	}
}

void build_segment(uint16_t sport, uint32_t seq, uint32_t packet_id)
{
	unsigned int len, unfragmentable, tcp_off;
	static uint8_t data[FRAME_MAX];
	uint8_t first;
	int next;

	id = packet_id;
	len = body(data, &first, &unfragmentable, &next, &tcp_off, sport, seq);
	if (craft.fragment)
		fragments(data, len, first, unfragmentable, next);
	else
		packet(first, data, len, 0, false, NULL, 0, tcp_off);
}
