/* SPDX-License-Identifier: GPL-2.0 */
/* IP packets and TCP segments of a capture file; for capcount and replay. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct packet - one frame of a capture
 * @frame:	its number, from 1, as tshark counts
 * @ip:		the IP header, or NULL: @why there is none
 * @len:	bytes from there that are in the file, link layer padding taken off
 * @family:	4 or 6
 * @why:	what else it is
 */
struct packet {
	unsigned long frame;
	const uint8_t *ip;
	unsigned int len;
	int family;
	const char *why;
};

/**
 * struct segment - the TCP header in a packet
 * @tcp:	first byte of it
 * @doff:	bytes of header, options included, all of them there
 */
struct segment {
	const uint8_t *tcp;
	unsigned int doff;
};

const char *capture_open(const char *file);
int capture_next(struct packet *packet);
const char *capture_error(void);
void capture_close(void);

const char *packet_segment(const struct packet *packet, struct segment *segment);
const char *packet_not_forwardable(const struct packet *packet);
bool packet_repair(struct packet *packet);

/* Counts of reasons; reasons are string constants. */
void tally(const char *reason);
void tally_print(const char *prefix);

static inline unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

#endif
