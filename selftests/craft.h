/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRAFT_H
#define CRAFT_H

#include <stdbool.h>
#include <stdint.h>

#define TCP 6
#define HOP 0
#define ROUTING 43
#define FRAGMENT 44
#define AH 51
#define DEST 60

#define HEADERS_MAX 40
#define FRAME_MAX 65600
#define ETH_LEN 14
struct header {
	int type;
	unsigned int len;
	uint8_t routing;		/* type of a routing header */
};
/* What to build and where to send it; addresses are as on the wire, numbers are not */
struct craft {
	const char *dev, *pcap;
	uint8_t eth[ETH_LEN];
	int family;
	uint8_t saddr[16], daddr[16];
	uint16_t sport, dport, window;
	uint32_t seq, ack;
	uint8_t flags, ttl, tos, doff;	/* doff: words; 0 is the right one */
	uint8_t options[64], ip_options[40];
	unsigned int options_len, ip_options_len, payload, fragment, count, segments, gso;
	uint8_t pad;
	bool bad_checksum, no_checksum, partial, reverse;
	uint8_t final[16];		/* where a source route ends */
	bool routed;
	struct header ext[HEADERS_MAX];
	unsigned int ext_n;
};

extern struct craft craft;

static inline uint8_t *put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
	return p + 2;
}

static inline uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
}

/* Builds the segment's frames and hands them to emit(). */
void build_segment(uint16_t sport, uint32_t seq, uint32_t id);

/* Sends a frame; tcp_off is where in it TCP's header is, if that matters. */
void emit(const uint8_t *frame, unsigned int len, unsigned int tcp_off);

#endif
