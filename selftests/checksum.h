/* SPDX-License-Identifier: GPL-2.0 */
/* The checksum of the Internet (RFC 1071). */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stdint.h>

static inline uint32_t sum(const uint8_t *p, unsigned int len, uint32_t s)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		s += i & 1 ? p[i] : p[i] << 8;
	return s;
}

static inline uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

#endif
