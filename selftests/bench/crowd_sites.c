// SPDX-License-Identifier: GPL-2.0
/* Prefixes as in a routing table: most of them /24 or /48, some within others. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"

/* Of 100,000 prefixes so many are of a length. */
struct share {
	uint8_t len;
	unsigned int n;
};

static const struct share shares4[] = {
	{ 8, 2 }, { 9, 3 }, { 10, 6 }, { 11, 14 }, { 12, 40 }, { 13, 75 }, { 14, 140 },
	{ 15, 220 }, { 16, 1400 }, { 17, 800 }, { 18, 1400 }, { 19, 2500 }, { 20, 4400 },
	{ 21, 5000 }, { 22, 11000 }, { 23, 10000 }, { 24, 52000 }, { 25, 500 }, { 26, 500 },
	{ 27, 500 }, { 28, 500 }, { 29, 500 }, { 30, 500 }, { 31, 500 }, { 32, 7500 },
};

static const struct share shares6[] = {
	{ 20, 10 }, { 24, 40 }, { 28, 250 }, { 29, 2500 }, { 32, 12000 }, { 36, 3000 },
	{ 40, 7000 }, { 44, 9000 }, { 48, 48200 }, { 52, 500 }, { 56, 5000 }, { 60, 500 },
	{ 64, 7000 }, { 96, 500 }, { 128, 4500 },
};

/* What the registries have given out, first 16 bits */
static const uint16_t blocks6[] = {
	0x2001, 0x2003, 0x2400, 0x2401, 0x2402, 0x2403, 0x2404, 0x2405, 0x2406, 0x2407,
	0x2408, 0x2409, 0x240a, 0x240e, 0x2600, 0x2601, 0x2602, 0x2603, 0x2604, 0x2605,
	0x2606, 0x2607, 0x2610, 0x2620, 0x2800, 0x2801, 0x2802, 0x2803, 0x2804, 0x2806,
	0x2a00, 0x2a01, 0x2a02, 0x2a03, 0x2a04, 0x2a05, 0x2a06, 0x2a07, 0x2a09, 0x2a0a,
	0x2a0b, 0x2a0c, 0x2a0d, 0x2a0e, 0x2a0f, 0x2a10, 0x2a11, 0x2a12, 0x2a13, 0x2c0f,
};

static uint8_t length(int family, uint64_t random)
{
	const struct share *s = family == 4 ? shares4 : shares6;
	unsigned int at = random % 100000;

	for (; at >= s->n; s++)
		at -= s->n;
	return s->len;
}

/* All but the first LEN bits of ADDR are zero then. */
static void cut(uint8_t *addr, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < ADDRESS_MAX; i++, len -= len < 8 ? len : 8)
		if (len < 8)
			addr[i] &= 0xff00 >> len;
}

static struct prefix one(int family, uint64_t seed, uint64_t i)
{
	uint64_t a = mix(seed, 3 * i), b = mix(seed, 3 * i + 1), c = mix(seed, 3 * i + 2);
	struct prefix p = { .len = length(family, c) };
	uint16_t block;

	memcpy(p.addr, &a, sizeof(a));
	if (family == 6) {
		memcpy(p.addr + 8, &b, sizeof(b));
		block = htons(blocks6[(c >> 32) % (sizeof(blocks6) / sizeof(*blocks6))]);
		memcpy(p.addr, &block, sizeof(block));
	} else {
		/* 1 to 223 but for 127, which is no one's */
		p.addr[0] = 1 + p.addr[0] % 222;
		p.addr[0] += p.addr[0] >= 127;
		memset(p.addr + 4, 0, ADDRESS_MAX - 4);
	}
	cut(p.addr, p.len);
	return p;
}

static uint64_t hash(const struct prefix *p)
{
	uint64_t a, b;

	memcpy(&a, p->addr, sizeof(a));
	memcpy(&b, p->addr + 8, sizeof(b));
	return mix(a ^ p->len, b);
}

/**
 * sites_make() - N prefixes, all different
 * @family:	4 or 6
 * @n:		how many
 * @seed:	others for another
 */
struct prefix *sites_make(int family, unsigned int n, uint64_t seed)
{
	struct prefix *sites = calloc(n, sizeof(*sites)), p;
	unsigned int size = 16, done = 0, slot;
	uint32_t *seen;
	uint64_t i;

	while (size < 2 * n)
		size *= 2;
	seen = calloc(size, sizeof(*seen));
	if (!sites || !seen)
		quit("memory");
	for (i = 0; done < n; i++) {
		p = one(family, seed, i);
		slot = hash(&p) % size;
		while (seen[slot] && memcmp(&sites[seen[slot] - 1], &p, sizeof(p)))
			slot = (slot + 1) % size;
		if (seen[slot])
			continue;
		sites[done++] = p;
		seen[slot] = done;
	}
	free(seen);
	return sites;
}

/**
 * site_address() - some address of a site
 * @family:	4 or 6
 * @site:	the site
 * @random:	which
 * @addr:	filled
 */
void site_address(int family, const struct prefix *site, uint64_t random, uint8_t *addr)
{
	unsigned int i, len = site->len, bytes = family == 4 ? 4 : 16;

	for (i = 0; i < bytes; i++, len -= len < 8 ? len : 8)
		addr[i] = site->addr[i] | ((len < 8 ? 0xff >> len : 0) & random >> (i % 8 * 8));
}

static int by_address(const void *a, const void *b)
{
	/* the wider one first */
	return memcmp(a, b, sizeof(struct prefix));
}

static int within(const struct prefix *inner, const struct prefix *outer)
{
	struct prefix p = *inner;

	cut(p.addr, outer->len);
	return !memcmp(p.addr, outer->addr, ADDRESS_MAX);
}

/* Without those within others: what a set is that knows no longest match */
static unsigned int merge(struct prefix *sites, unsigned int n)
{
	unsigned int i, kept = 0;

	qsort(sites, n, sizeof(*sites), by_address);
	for (i = 0; i < n; i++)
		if (!kept || !within(&sites[i], &sites[kept - 1]))
			sites[kept++] = sites[i];
	return kept;
}

/**
 * sites_print() - what loads them
 * @family:	4 or 6
 * @sites:	prefixes; changed
 * @n:		how many
 * @form:	mb: a policy; nft: the elements of a set; merged: likewise, without those that are
 *		within others
 */
void sites_print(int family, struct prefix *sites, unsigned int n, const char *form)
{
	int mb = !strcmp(form, "mb");
	char text[INET6_ADDRSTRLEN];
	unsigned int i;

	if (!strcmp(form, "merged"))
		n = merge(sites, n);
	for (i = 0; i < n; i++) {
		inet_ntop(family == 4 ? AF_INET : AF_INET6, sites[i].addr, text, sizeof(text));
		printf(mb ? "site add %s/%u deny\n" : "%s/%u,\n", text, sites[i].len);
	}
}
