// SPDX-License-Identifier: GPL-2.0
/* The grammar of the option bytes: a target, which is what a policy denies, among whatever else the
 * 40 bytes hold.
 */
#include <netinet/in.h>
#include <string.h>

#include "evade.h"

struct bytes {
	uint8_t b[ROOM];
	unsigned int n;
};

static bool put(struct bytes *out, const uint8_t *b, unsigned int n)
{
	if (out->n + n > ROOM)
		return false;
	memcpy(out->b + out->n, b, n);
	out->n += n;
	return true;
}

static bool put_byte(struct bytes *out, uint8_t b)
{
	return put(out, &b, 1);
}

/* An option of @len bytes; what it holds is at random. */
static unsigned int any(struct dice *d, uint8_t *o, uint8_t kind, unsigned int len)
{
	unsigned int i;

	o[0] = kind;
	if (len > 1)
		o[1] = len;
	for (i = 2; i < len; i++)
		o[i] = roll(d, 256);
	if (kind == 8 && len == 10)	/* RFC 7323: an echo of what was not sent is refused */
		memset(o + 6, 0, 4);
	return len;
}

/* --- targets --- */

/* RFC 8684, 3.1; of version 0 (RFC 6824) now and then, and of one that is to come */
static unsigned int capable(struct dice *d, enum kind kind, uint8_t *o)
{
	static const uint8_t third[] = { 20, 22, 24, 20 };
	unsigned int version = chance(d, 80) ? 1 : chance(d, 60) ? 0 : 2 + roll(d, 14), len;

	switch (kind) {
	case CAPABLE_SYNACK:
		len = 12;
		break;
	case CAPABLE_ACK:
		len = version ? third[roll(d, 4)] : 20;
		break;
	default:
		len = version ? 4 : 12;
	}
	any(d, o, MPTCP, len);
	o[2] = version;
	o[3] = 0x01 | (chance(d, 10) ? 0x80 : 0) | (chance(d, 10) ? 0x20 : 0);
	return len;
}

/* RFC 8684, 3.2 */
static unsigned int join(struct dice *d, enum kind kind, const uint8_t *token, uint8_t *o)
{
	unsigned int len = kind == JOIN_SYNACK ? 16 : kind == JOIN_ACK ? 24 : 12;

	any(d, o, MPTCP, len);
	o[2] = 0x10 | (chance(d, 10) ? 1 : 0);
	if (kind != JOIN_SYNACK && kind != JOIN_ACK && chance(d, 75))
		memcpy(o + 4, token, 4);
	return len;
}

static bool is_join(enum kind kind)
{
	return kind == JOIN_SYN || kind == JOIN_SYNACK || kind == JOIN_ACK;
}

static unsigned int target(struct dice *d, enum kind kind, const uint8_t *token, uint8_t *o)
{
	if (kind == CONTROL)
		return any(d, o, 254, 4 + roll(d, 9));
	return is_join(kind) ? join(d, kind, token, o) : capable(d, kind, o);
}

/* --- what stands beside it --- */

/* A kind-30 option that is not what it seems, or no endpoint cares for */
static unsigned int decoy(struct dice *d, uint8_t *o)
{
	static const struct {
		uint8_t third, len;
	} forms[] = {
		{ 0xf0, 4 }, { 0xf0, 5 }, { 0x90, 4 }, { 0xa0, 3 }, { 0xe0, 8 },
		{ 0x40, 4 }, { 0x40, 6 }, { 0x20, 8 }, { 0x20, 4 }, { 0x31, 8 }, { 0x30, 16 },
		{ 0x50, 3 }, { 0x51, 4 }, { 0x60, 12 }, { 0x70, 12 }, { 0x80, 4 },
		{ 0x00, 12 }, { 0x00, 4 }, { 0x01, 4 }, { 0x02, 4 }, { 0x01, 3 }, { 0x01, 5 }, { 0x01, 12 },
		{ 0x10, 4 }, { 0x10, 11 }, { 0x10, 12 }, { 0x10, 13 }, { 0x10, 16 }, { 0x10, 3 },
	};
	unsigned int i = roll(d, sizeof(forms) / sizeof(*forms) + 2);

	if (i >= sizeof(forms) / sizeof(*forms))
		return any(d, o, MPTCP, 2);
	any(d, o, MPTCP, forms[i].len);
	o[2] = forms[i].third;
	if (o[2] < 0x10 && forms[i].len > 3)	/* extensibility flag, unknown algorithms */
		o[3] = chance(d, 50) ? 0x41 : chance(d, 50) ? 0x00 : 0x02;
	return forms[i].len;
}

/* RFC 9293, 7323, 2018, 7413, 2385, 5925, or nobody's */
static unsigned int usual(struct dice *d, uint8_t *o)
{
	switch (roll(d, 13)) {
	case 0: return any(d, o, 2, 4);
	case 1: return any(d, o, 4, 2);
	case 2: return any(d, o, 8, 10);
	case 3: any(d, o, 3, 3); o[2] = 7; return 3;
	case 4: o[0] = 1; return 1;
	case 5: return any(d, o, 34, chance(d, 30) ? 2 : 6 + 2 * roll(d, 6));
	case 6: any(d, o, 254, 4 + roll(d, 9)); o[2] = 0xf9; o[3] = 0x89; return o[1];
	case 7: return any(d, o, 253, 2 + roll(d, 12));
	case 8: return any(d, o, 5, 10);
	case 9: return chance(d, 80) ? any(d, o, 69, 2 + roll(d, 6)) : any(d, o, 19, 18);
	case 10: return chance(d, 80) ? any(d, o, 28, 4) : any(d, o, 29, 4 + roll(d, 17));
	case 11: o[0] = 1; return 1;
	default: return any(d, o, 6 + roll(d, 24), 2 + roll(d, 5));
	}
}

/* What ends an endpoint's reading, or would another's. Cookies of SYNs begin with its bytes, too. */
static unsigned int broken(struct dice *d, uint8_t *o)
{
	uint8_t kind = chance(d, 50) ? MPTCP : 2 + roll(d, 253);

	switch (roll(d, 5)) {
	case 0: o[0] = kind; o[1] = 0; return 2;
	case 1: o[0] = kind; o[1] = 1; return 2;
	case 2: o[0] = kind; o[1] = 41 + roll(d, 200); o[2] = roll(d, 256); return 3;
	case 3: o[0] = kind; o[1] = 4 + roll(d, 36); return 2;
	default: o[0] = 0; return 1;
	}
}

static void put_some(struct dice *d, struct bytes *out, unsigned int keep, unsigned int n,
		     unsigned int broken_percent)
{
	uint8_t o[ROOM];
	unsigned int len;

	while (n--) {
		if (chance(d, broken_percent))
			len = broken(d, o);
		else
			len = chance(d, 50) ? decoy(d, o) : usual(d, o);
		if (out->n + len + keep > ROOM)
			continue;
		put(out, o, len);
	}
}

/* --- styles: each fills @out and says what it is --- */

struct mix {
	struct dice *d;
	struct bytes *out;
	const struct variant *v;
	const uint8_t *token;
	uint8_t o[ROOM];
	unsigned int len;
};

static void among(struct mix *m)
{
	put_some(m->d, m->out, m->len, roll(m->d, 5), 5);
	put(m->out, m->o, m->len);
	put_some(m->d, m->out, 0, roll(m->d, 4), 20);
}

/* As hosts lay them out, but for the order */
static void ordinary(struct mix *m)
{
	uint8_t o[5][ROOM];
	unsigned int len[5], order[5] = { 0, 1, 2, 3, 4 }, i, j, keep;

	len[0] = any(m->d, o[0], 2, 4);
	len[1] = any(m->d, o[1], 4, 2);
	len[2] = any(m->d, o[2], 8, 10);
	len[3] = any(m->d, o[3], 3, 3);
	o[3][2] = 7;
	memcpy(o[4], m->o, m->len);
	len[4] = m->len;
	for (i = 4; i; i--) {
		j = roll(m->d, i + 1);
		keep = order[i];
		order[i] = order[j];
		order[j] = keep;
	}
	for (i = 0; i < 5; i++) {
		if (chance(m->d, 30))
			put_byte(m->out, 1);
		put(m->out, o[order[i]], len[order[i]]);
	}
}

static void alone(struct mix *m)
{
	unsigned int n = roll(m->d, ROOM + 1 - m->len);

	while (chance(m->d, 50) && n--)
		put_byte(m->out, 1);
	put(m->out, m->o, m->len);
}

/* The same decoy over and over, the target last */
static void crowd(struct mix *m)
{
	uint8_t o[ROOM];
	unsigned int len = chance(m->d, 80) ? decoy(m->d, o) : usual(m->d, o);

	while (m->out->n + len + m->len <= ROOM && !chance(m->d, 10))
		put(m->out, o, len);
	put(m->out, m->o, m->len);
}

static void twice(struct mix *m)
{
	uint8_t o[ROOM];
	unsigned int len;

	put_some(m->d, m->out, m->len, roll(m->d, 2), 0);
	put(m->out, m->o, m->len);
	put_some(m->d, m->out, m->len, roll(m->d, 2), 5);
	if (chance(m->d, 60)) {
		put(m->out, m->o, m->len);
	} else {	/* and of the other kind */
		len = is_join(m->v->kind) ? capable(m->d, CAPABLE_SYN, o) :
					    join(m->d, JOIN_SYN, m->token, o);
		put(m->out, o, len);
	}
}

static void resized(struct mix *m)
{
	unsigned int len = m->len;

	len = chance(m->d, 70) ? len + roll(m->d, 7) - 3 : 2 + roll(m->d, 38);
	if (len > ROOM)
		len = ROOM;
	memset(m->o + m->len, 0x55, sizeof(m->o) - m->len);
	m->o[1] = len;
	put_some(m->d, m->out, len, roll(m->d, 3), 0);
	/* it tells one length and has another, or not */
	put(m->out, m->o, chance(m->d, 50) ? len : m->len);
	put_some(m->d, m->out, 0, roll(m->d, 3), 10);
}

/* Inside another one, or, where that one's length lies, not */
static void inside(struct mix *m)
{
	unsigned int before = roll(m->d, 4), after = roll(m->d, 4);
	unsigned int len = 2 + before + m->len + after;

	put_some(m->d, m->out, len, roll(m->d, 2), 0);
	put_byte(m->out, chance(m->d, 40) ? MPTCP : 250 + roll(m->d, 5));
	put_byte(m->out, chance(m->d, 50) ? len : chance(m->d, 60) ? 2 + before : 2 + roll(m->d, 38));
	while (before--)
		put_byte(m->out, chance(m->d, 50) ? 1 : roll(m->d, 256));
	put(m->out, m->o, m->len);
	while (after--)
		put_byte(m->out, 1);
}

static void behind_end(struct mix *m)
{
	uint8_t o[ROOM];

	put_some(m->d, m->out, m->len + 3, roll(m->d, 3), 0);
	put(m->out, o, broken(m->d, o));
	while (chance(m->d, 40))
		put_byte(m->out, roll(m->d, 2));
	put(m->out, m->o, m->len);
}

/* Anything; here and there a byte is wrong. */
static void mutated(struct mix *m)
{
	unsigned int n;

	among(m);
	if (!m->out->n)
		return;
	for (n = 1 + roll(m->d, 3); n; n--)
		m->out->b[roll(m->d, m->out->n)] = chance(m->d, 40) ? roll(m->d, 32) : roll(m->d, 256);
}

static void rubbish(struct mix *m)
{
	unsigned int n = roll(m->d, ROOM - m->len);

	while (n--)
		put_byte(m->out, chance(m->d, 60) ? 1 + roll(m->d, 6) : roll(m->d, 256));
	put(m->out, m->o, m->len);
	while (m->out->n < ROOM)
		put_byte(m->out, roll(m->d, 256));
}

static const struct {
	const char *name;
	unsigned int weight;
	void (*fill)(struct mix *m);
} styles[] = {
	{ "among", 26, among }, { "ordinary", 10, ordinary }, { "alone", 12, alone },
	{ "crowd", 10, crowd }, { "twice", 12, twice }, { "resized", 7, resized },
	{ "inside", 5, inside }, { "behind-end", 4, behind_end }, { "mutated", 10, mutated },
	{ "rubbish", 4, rubbish },
};

void options_make(struct dice *d, const struct variant *v, const struct tokens *t,
		  struct segment_plan *s, const char **style)
{
	struct bytes out = { .n = 0 };
	struct mix m = { .d = d, .out = &out, .v = v,
			 .token = v->family == AF_INET ? t->v4 : t->v6 };
	unsigned int i = 0, at = roll(d, 100);

	m.len = target(d, v->kind, m.token, m.o);
	while (at >= styles[i].weight)
		at -= styles[i++].weight;
	styles[i].fill(&m);
	*style = styles[i].name;
	memcpy(s->options, out.b, out.n);
	s->options_len = out.n;
	s->pad = chance(d, 60) ? 0 : chance(d, 70) ? 1 : roll(d, 256);
}
