/* SPDX-License-Identifier: GPL-2.0 */
/* Many sites and many sessions, for the bench; see crowd.c. */
#ifndef CROWD_H
#define CROWD_H

#include <stdint.h>

#define ADDRESS_MAX	16	/* bytes */

/**
 * struct prefix - a site
 * @addr:	network byte order, 4 or 16 bytes, zeros after @len bits
 * @len:	bits
 */
struct prefix {
	uint8_t addr[ADDRESS_MAX];
	uint8_t len;
};

/* Of one thing and another always the same random number */
static inline uint64_t mix(uint64_t seed, uint64_t i)
{
	uint64_t z = seed * 0xd1342543de82ef95ULL + (i + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void quit(const char *what) __attribute__((noreturn));

/* crowd_sites.c */
struct prefix *sites_make(int family, unsigned int n, uint64_t seed);
void sites_print(int family, struct prefix *sites, unsigned int n, const char *form);
void site_address(int family, const struct prefix *site, uint64_t random, uint8_t *addr);

/* crowd_push.c */
void push_open(void);
void push_sites(int family, struct prefix *sites, unsigned int n, unsigned int count);
void push_begin(int family, unsigned int n);
void push_data(int family, unsigned int n, unsigned int count, unsigned int round);
void push_joins(int family, unsigned int n, unsigned int count, unsigned int round);
void push_close(void);

#endif
