// SPDX-License-Identifier: GPL-2.0
/* How a segment travels: flags, data, IP options and extension headers, fragments. And which segments
 * make a variant.
 */
#include <netinet/in.h>
#include <string.h>

#include "evade.h"

const char *const kind_names[KINDS] = {
	"MP_CAPABLE SYN", "MP_JOIN SYN", "MP_CAPABLE SYN/ACK", "MP_JOIN SYN/ACK", "MP_CAPABLE ACK",
	"MP_JOIN ACK", "MP_CAPABLE SYN that crosses", "no MPTCP meant",
};

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10

/* splitmix64 */
uint32_t roll(struct dice *d, uint32_t n)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return n ? (uint32_t)((z ^ z >> 31) >> 32) % n : 0;
}

bool chance(struct dice *d, unsigned int percent)
{
	return roll(d, 100) < percent;
}

static void ip4_layout(struct dice *d, struct segment_plan *s)
{
	static const uint8_t forms[][12] = {
		{ 1, 1, 1, 1 }, { 7, 7, 4, 0, 0, 0, 0, 0 }, { 0x94, 4, 0, 0 },
		{ 68, 8, 5, 0, 0, 0, 0, 0 }, { 0, 30, 4, 1 }, { 1, 30, 7, 1, 2, 3, 4, 5 },
		{ 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, { 30, 4, 1, 1 },
	};
	static const uint8_t lens[] = { 4, 8, 4, 8, 4, 8, 12, 4 };
	unsigned int i;

	s->evil = chance(d, 3);
	if (chance(d, 1))
		s->ext[s->ext_n++] = (struct header){ AH, 24, 0 };
	if (!chance(d, 12))
		return;
	do {
		i = roll(d, sizeof(lens));
		if (s->ip_options_len + lens[i] > 40)
			break;
		memcpy(s->ip_options + s->ip_options_len, forms[i], lens[i]);
		s->ip_options_len += lens[i];
	} while (chance(d, 30));
}

/* RFC 8200, 4.1, has an order and wants receivers to take any but for hop-by-hop. */
static void ip6_layout(struct dice *d, struct segment_plan *s)
{
	static const int types[] = { DEST, ROUTING, FRAGMENT, DEST, DEST };
	unsigned int n = chance(d, 30) ? 1 + roll(d, 4) : 0, total = 0;

	if (chance(d, 3))
		n = 5 + roll(d, 20);
	if (n && chance(d, 40))
		s->ext[s->ext_n++] = (struct header){ HOP, 8 * (1 + roll(d, 4)), 0 };
	while (n-- && total < 900) {
		struct header *h = &s->ext[s->ext_n++];

		h->type = types[roll(d, 5)];
		h->len = h->type == FRAGMENT ? 8 : 8 * (1 + roll(d, chance(d, 10) ? 20 : 3));
		if (h->type == ROUTING) {
			h->routing = chance(d, 50) ? 253 : chance(d, 50) ? 0 : 4;
			if (h->routing == 4)
				h->len = 24;
		}
		total += h->len;
	}
	if (chance(d, 2))
		s->ext[s->ext_n++] = (struct header){ chance(d, 50) ? HOP : AH, 24, 0 };
}

/* --- fragments --- */

/* Bytes that may be cut: all that IPv4 carries; what follows the last hop or routing header of IPv6 */
static unsigned int cuttable(const struct segment_plan *s, int family)
{
	unsigned int len = 20 + (s->options_len + 3) / 4 * 4 + s->payload, i;

	for (i = 0; i < s->ext_n; i++)
		len = family == AF_INET6 && (s->ext[i].type == HOP || s->ext[i].type == ROUTING) ?
		      20 + (s->options_len + 3) / 4 * 4 + s->payload : len + s->ext[i].len;
	return len;
}

static void add_piece(struct segment_plan *s, struct piece p)
{
	if (s->pieces < PIECES_MAX)
		s->piece[s->pieces++] = p;
}

static void shuffle(struct dice *d, struct segment_plan *s)
{
	unsigned int i, j;
	struct piece p;

	for (i = s->pieces - 1; i; i--) {
		j = roll(d, i + 1);
		p = s->piece[i];
		s->piece[i] = s->piece[j];
		s->piece[j] = p;
	}
}

/* One more: the same again, or one that says otherwise of bytes that another has, too */
static void overlap(struct dice *d, struct segment_plan *s, unsigned int len)
{
	struct piece p = s->piece[roll(d, s->pieces)];

	if (chance(d, 60)) {
		p.off = 8 * roll(d, len / 8);
		p.len = 8 * (1 + roll(d, 4));
		p.more = true;
		if (p.off + p.len > len)
			p.len = len - p.off, p.more = false;
		p.scribbled = chance(d, 70);
	}
	add_piece(s, p);
	if (chance(d, 50)) {
		s->piece[s->pieces - 1] = s->piece[0];
		s->piece[0] = p;
	}
}

static void cut(struct dice *d, struct segment_plan *s, int family)
{
	unsigned int len = cuttable(s, family), off = 0, step = 8 * (1 + roll(d, 5)), n;
	bool even = chance(d, 60);

	if (len > 8 * (PIECES_MAX - 4))
		step = (len / (PIECES_MAX - 4) + 8) & ~7u;
	while (off < len) {
		n = even || step > 64 ? step : 8 * (1 + roll(d, 6));
		if (off + n > len)
			n = len - off;
		add_piece(s, (struct piece){ off, n, off + n < len, false });
		off += n;
	}
	if (chance(d, 20))
		overlap(d, s, len);
	if (chance(d, 30))
		shuffle(d, s);
	else if (chance(d, 20))
		for (n = 0; n < s->pieces / 2; n++) {
			struct piece p = s->piece[n];

			s->piece[n] = s->piece[s->pieces - 1 - n];
			s->piece[s->pieces - 1 - n] = p;
		}
	if (chance(d, 3))
		s->pieces--;		/* one is missing */
}

/* --- a segment --- */

static void flags(struct dice *d, enum kind kind, struct segment_plan *s)
{
	static const uint8_t of[KINDS] = { SYN, SYN, SYN | ACK, SYN | ACK, ACK, ACK, SYN, SYN };

	s->flags = of[kind];
	if (chance(d, 12))
		s->flags |= chance(d, 50) ? PSH : 0x20;		/* URG */
	if (chance(d, 10))
		s->flags |= 0xc0;				/* ECE, CWR */
	if (chance(d, 2))
		s->flags |= chance(d, 50) ? FIN : RST;
	if (chance(d, 5))
		s->tcp_reserved = 1 + roll(d, 15);
	if (s->flags & 0x20)
		s->urgent = roll(d, 65536);
}

void layout_make(struct dice *d, const struct variant *v, struct segment_plan *s)
{
	static const uint8_t payloads[] = { 1, 2, 3, 8, 40, 100, 200, 255 };

	flags(d, v->kind, s);
	s->ttl = chance(d, 90) ? 64 : 2 + roll(d, 250);
	s->tos = chance(d, 90) ? 0 : roll(d, 256);
	if (chance(d, 20))
		s->payload = payloads[roll(d, 8)];
	if (chance(d, 3))
		s->doff = 5 + roll(d, 11);
	if (chance(d, 3))
		s->trailer = 1 + roll(d, 60);
	if (v->family == AF_INET)
		ip4_layout(d, s);
	else
		ip6_layout(d, s);
	if (chance(d, 22)) {
		cut(d, s, v->family);
	} else if (!v->vlan && !s->ext_n && chance(d, 8)) {
		s->partial = true;
		if (chance(d, 50)) {
			s->payload = 1500 + roll(d, 3000);
			s->gso = 500 + roll(d, 900);
		}
	}
	if (!s->partial)
		s->bad_checksum = chance(d, 2);
}

/* Of one SYN, sent again: with the target or without, before or after */
static void again(struct dice *d, struct variant *v, const struct tokens *t)
{
	const char *style;

	while (v->segments < SEGMENTS_MAX && chance(d, 60)) {
		struct segment_plan *s = &v->segment[v->segments++];
		struct variant other = *v;

		memset(s, 0, sizeof(*s));
		if (chance(d, 40))
			other.kind = CONTROL;
		options_make(d, &other, t, s, &style);
		other.kind = v->kind;
		layout_make(d, &other, s);
		if (s->pieces) {	/* an identification belongs to one packet only */
			s->pieces = 0;
		}
	}
}

void variant_make(struct variant *v, uint64_t seed, unsigned int index, const struct tokens *t)
{
	static const struct {
		enum kind kind;
		unsigned int weight;
	} kinds[] = {
		{ CAPABLE_SYN, 50 }, { JOIN_SYN, 22 }, { CAPABLE_SYNACK, 9 }, { JOIN_SYNACK, 5 },
		{ CAPABLE_ACK, 4 }, { JOIN_ACK, 3 }, { CROSSING_SYN, 2 }, { CONTROL, 5 },
	};
	struct dice d = { seed * 0xd1342543de82ef95ULL + index * 0x2545f4914f6cdd1dULL };
	unsigned int at, i = 0;

	memset(v, 0, sizeof(*v));
	v->index = index;
	at = roll(&d, 100);
	while (at >= kinds[i].weight)
		at -= kinds[i++].weight;
	v->kind = kinds[i].kind;
	v->family = chance(&d, 50) ? AF_INET : AF_INET6;
	/* what the server opens itself goes by its own address */
	v->vlan = v->kind != CAPABLE_SYNACK && v->kind != CROSSING_SYN && chance(&d, 6);
	v->seq = roll(&d, 0x7fffffff);
	v->segments = 1;
	options_make(&d, v, t, &v->segment[0], &v->style);
	layout_make(&d, v, &v->segment[0]);
	if ((v->kind == CAPABLE_SYN || v->kind == JOIN_SYN) && chance(&d, 6))
		again(&d, v, t);
}

void variant_print(const struct variant *v, FILE *out)
{
	unsigned int i, j;

	fprintf(out, "variant %u: %s, IPv%d%s, %s\n", v->index, kind_names[v->kind],
		v->family == AF_INET ? 4 : 6, v->vlan ? ", VLAN" : "", v->style);
	for (i = 0; i < v->segments; i++) {
		const struct segment_plan *s = &v->segment[i];

		fprintf(out, "  flags %02x options ", s->flags);
		for (j = 0; j < s->options_len; j++)
			fprintf(out, "%02x", s->options[j]);
		fprintf(out, " pad %02x doff %u data %u ttl %u", s->pad, s->doff, s->payload, s->ttl);
		fprintf(out, "%s%s", s->bad_checksum ? " bad-checksum" : "", s->partial ? " partial" : "");
		if (s->gso)
			fprintf(out, " gso %u", s->gso);
		if (s->trailer)
			fprintf(out, " trailer %u", s->trailer);
		for (j = 0; j < s->ip_options_len; j++)
			fprintf(out, "%s%02x", j ? "" : " IP options ", s->ip_options[j]);
		for (j = 0; j < s->ext_n; j++)
			fprintf(out, " header %d:%u", s->ext[j].type, s->ext[j].len);
		for (j = 0; j < s->pieces; j++)
			fprintf(out, "%s%u+%u%s%s", j ? "," : " fragments ", s->piece[j].off,
				s->piece[j].len, s->piece[j].more ? "" : "!",
				s->piece[j].scribbled ? "~" : "");
		fputc('\n', out);
	}
}
