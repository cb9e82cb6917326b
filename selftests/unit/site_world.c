// SPDX-License-Identifier: GPL-2.0
/* Sites and queries, at random from a small world in which they often meet, and
 * from text.
 */

#include <stdio.h>
#include "site_model.h"

int inet_pton(int family, const char *text, void *addr);

bool world_is_plain;

static u64 seed = 88172645463325252ULL;

/* 0 to n - 1 */
unsigned int rnd(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % n;
}

static bool chance(unsigned int percent)
{
	return rnd(100) < percent;
}

static void flip(struct in6_addr *a, unsigned int i)
{
	a->s6_addr[i / 8] ^= 0x80 >> i % 8;
}

static void cut(struct in6_addr *a, unsigned int len)
{
	for (; len < 128; len++)
		a->s6_addr[len / 8] &= ~(0x80 >> len % 8);
}

static void random_addr(struct in6_addr *a, u8 family)
{
	static const char *const base4[] = {
		"10.0.0.0", "10.1.2.128", "203.0.113.7", "255.255.255.255"
	};
	static const char *const base6[] = {
		"2001:db8::1", "2001:db8:0:ff00::1", "fd00:1:2:3:4:5:6:7",
		"::", "2001:db8::ffff:ffff:ffff:ffff"
	};
	unsigned int bits = family == AF_INET ? 32 : 128, i;

	memset(a, 0, sizeof(*a));
	inet_pton(family, family == AF_INET ? base4[rnd(4)] : base6[rnd(5)], a);
	for (i = rnd(4); i; i--)
		flip(a, rnd(bits));
}

static u8 random_len(u8 family)
{
	static const u8 usual6[] = { 0, 32, 48, 56, 64, 128 };

	if (chance(50))
		return rnd(family == AF_INET ? 33 : 129);
	return family == AF_INET ? 8 * rnd(5) : usual6[rnd(6)];
}

static void random_prefix(struct in6_addr *a, u8 *len, u8 family)
{
	random_addr(a, family);
	*len = random_len(family);
	cut(a, *len);
}

static void random_mark(u32 *mark, u32 *mask)
{
	static const u32 masks[] = { 1, 2, 3, 0xff, 0xffffffff, 0x80000001 };

	*mask = masks[rnd(6)];
	*mark = (rnd(4) | rnd(2) << 31) & *mask;
}

void random_entry(struct mb_site_new *new, char *comment)
{
	static const u8 joins[] = {
		MB_SITE_INHERIT, MPTCP_MB_VERDICT_ACCEPT, MPTCP_MB_VERDICT_RESET
	};
	struct mb_site_key *k = &new->key;

	memset(new, 0, sizeof(*new));
	k->family = chance(10) ? AF_UNSPEC : chance(50) ? AF_INET : AF_INET6;
	if (k->family != AF_UNSPEC)
		random_prefix(&k->addr, &k->len, k->family);
	k->flags = chance(40) ? 0 : rnd(32);
	if (world_is_plain)
		k->flags = chance(20) ? k->flags & (MB_SITE_FROM | MB_SITE_HAS_PORT) : 0;
	if (k->flags & MB_SITE_FROM) {
		k->from_family = k->family ?: chance(50) ? AF_INET : AF_INET6;
		random_prefix(&k->from, &k->from_len, k->from_family);
	}
	if (k->flags & MB_SITE_HAS_PORT)
		k->port = chance(50) ? 443 : 1 + rnd(2);
	if (k->flags & MB_SITE_HAS_MARK)
		random_mark(&k->mark, &k->mark_mask);
	if (k->flags & MB_SITE_HAS_CTMARK)
		random_mark(&k->ctmark, &k->ctmark_mask);
	new->action = rnd(2);
	new->join = joins[rnd(3)];
	new->fallback = MB_SITE_INHERIT;
	new->timeout = chance(20) ? 1 + rnd(60) : 0;
	if (chance(20)) {
		memset(comment, 'x', MPTCP_MB_COMMENT_LEN);
		comment[rnd(MPTCP_MB_COMMENT_LEN + 1)] = 0;
		new->comment = comment;
	}
}

/* Fills the bits after a prefix. */
static void random_tail(struct in6_addr *a, u8 len, u8 family)
{
	unsigned int bits = family == AF_INET ? 32 : 128, i;

	for (i = len; i < bits; i++)
		if (chance(50))
			flip(a, i);
}

/* What stands behind an IPv4 address does not count. */
static void random_rest(struct mb_site_query *q)
{
	if (q->family != AF_INET)
		return;
	q->server.s6_addr32[1] = rnd(2) * ~0U;
	q->client.s6_addr32[1] = rnd(2) * ~0U;
}

/* Mostly one that the entries of a model have to do with. */
void random_query(const struct model *m, struct mb_site_query *q)
{
	const struct mb_site_key *k = m->n ? &m->e[rnd(m->n)].new.key : NULL;

	memset(q, 0, sizeof(*q));
	q->family = chance(50) ? AF_INET : AF_INET6;
	q->port = chance(50) ? 443 : 1 + rnd(3);
	q->mark = rnd(4) | rnd(2) << 31;
	q->ctmark = rnd(4) | rnd(2) << 31;
	q->client_known = chance(90);
	q->ct_known = chance(90);
	if (k && k->family != AF_UNSPEC)
		q->family = k->family;
	random_addr(&q->server, q->family);
	random_addr(&q->client, q->family);
	random_rest(q);
	if (!k)
		return;
	if (k->family != AF_UNSPEC) {
		q->server = k->addr;
		random_tail(&q->server, k->len, k->family);
	}
	if (k->flags & MB_SITE_FROM && k->from_family == q->family) {
		q->client = k->from;
		random_tail(&q->client, k->from_len, k->from_family);
	}
	random_rest(q);
	if (k->flags & MB_SITE_HAS_MARK && chance(80))
		q->mark = k->mark;
	if (k->flags & MB_SITE_HAS_CTMARK && chance(80))
		q->ctmark = k->ctmark;
}

static u8 parse_prefix(const char *word, struct in6_addr *a, u8 *len)
{
	u8 family = strchr(word, ':') ? AF_INET6 : AF_INET;
	unsigned int bits = family == AF_INET ? 32 : 128;
	char text[64];

	if (!strcmp(word, "any"))
		return AF_UNSPEC;
	if (sscanf(word, "%63[^/]/%u", text, &bits) < 1 ||
	    inet_pton(family, text, a) != 1) {
		fprintf(stderr, "not a prefix: %s\n", word);
		abort();
	}
	*len = bits;
	return family;
}

static void parse_mark(const char *word, u32 *mark, u32 *mask)
{
	*mask = 0xffffffff;
	if (sscanf(word, "%u/%u", mark, mask) < 1) {
		fprintf(stderr, "not a mark: %s\n", word);
		abort();
	}
}

static const char *next_word(const char **text)
{
	static char word[80];
	int n = 0;

	if (sscanf(*text, " %79s%n", word, &n) < 1)
		return NULL;
	*text += n;
	return word;
}

/* PREFIX [from PREFIX] [port N] [mark V[/M]] [ctmark V[/M]] allow|deny
 * [join reset] [override] [timeout N]; a mask is in decimal
 */
void parse_entry(const char *text, struct mb_site_new *new)
{
	struct mb_site_key *k = &new->key;
	const char *w;

	memset(new, 0, sizeof(*new));
	new->join = MB_SITE_INHERIT;
	new->fallback = MB_SITE_INHERIT;
	k->family = parse_prefix(next_word(&text), &k->addr, &k->len);
	while ((w = next_word(&text))) {
		if (!strcmp(w, "deny")) {
			new->action = MPTCP_MB_ACTION_DENY;
		} else if (!strcmp(w, "override")) {
			k->flags |= MB_SITE_OVERRIDE;
		} else if (!strcmp(w, "join")) {
			new->join = MPTCP_MB_VERDICT_RESET;
			next_word(&text);
		} else if (!strcmp(w, "timeout")) {
			new->timeout = atoi(next_word(&text));
		} else if (!strcmp(w, "port")) {
			k->flags |= MB_SITE_HAS_PORT;
			k->port = atoi(next_word(&text));
		} else if (!strcmp(w, "from")) {
			k->flags |= MB_SITE_FROM;
			k->from_family = parse_prefix(next_word(&text), &k->from,
						      &k->from_len);
		} else if (!strcmp(w, "mark")) {
			k->flags |= MB_SITE_HAS_MARK;
			parse_mark(next_word(&text), &k->mark, &k->mark_mask);
		} else if (!strcmp(w, "ctmark")) {
			k->flags |= MB_SITE_HAS_CTMARK;
			parse_mark(next_word(&text), &k->ctmark, &k->ctmark_mask);
		} else if (strcmp(w, "allow")) {
			fprintf(stderr, "unknown word: %s\n", w);
			abort();
		}
	}
}

/* ADDRESS [from ADDRESS] [port N] [mark V] [ctmark V] */
void parse_query(const char *text, struct mb_site_query *q)
{
	struct mb_site_new as;

	parse_entry(text, &as);
	memset(q, 0, sizeof(*q));
	q->family = as.key.family;
	q->server = as.key.addr;
	q->client = as.key.from;
	q->client_known = as.key.flags & MB_SITE_FROM;
	q->port = as.key.port;
	q->mark = as.key.mark;
	q->ctmark = as.key.ctmark;
	q->ct_known = as.key.flags & MB_SITE_HAS_CTMARK;
}
