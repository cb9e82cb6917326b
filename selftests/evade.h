/* SPDX-License-Identifier: GPL-2.0 */
/* Segments that hide MPTCP options, by grammar: the parts of build/evade. */
#ifndef EVADE_H
#define EVADE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "craft.h"

#define VARIANTS_MAX 30000
/* A variant's port, so that whoever sees a segment knows whose it is. */
#define FIRST_PORT 1024
#define SERVER_PORT 5001
/* Where the server's own connections begin: to them go SYN/ACKs, and SYNs that cross theirs. */
#define OPENER_PORT 5002
#define PHASES 16
/* The last byte of the client's address in phase 0 */
#define FIRST_HOST 10
#define VLAN_ID 7

#define ROOM 40			/* bytes of options in a TCP header */
#define PIECES_MAX 48		/* fragments of a packet */
#define SEGMENTS_MAX 3

#define MPTCP 30

enum kind {
	CAPABLE_SYN, JOIN_SYN, CAPABLE_SYNACK, JOIN_SYNACK, CAPABLE_ACK, JOIN_ACK,
	CROSSING_SYN, CONTROL, KINDS
};

/* A fragment: bytes of the IP payload, as they are or scribbled over. */
struct piece {
	unsigned int off, len;
	bool more, scribbled;
};

/* One segment and how it travels. */
struct segment_plan {
	uint8_t options[ROOM];
	unsigned int options_len, doff, payload;
	uint8_t pad, flags, tcp_reserved;
	uint16_t urgent;
	bool bad_checksum, partial;
	unsigned int gso;		/* size of its segments, or 0 */
	uint8_t ttl, tos;
	uint8_t ip_options[40];
	unsigned int ip_options_len;
	bool evil;			/* the reserved bit of IPv4's flags */
	struct header ext[HEADERS_MAX];
	unsigned int ext_n;
	unsigned int trailer;		/* bytes of the frame behind the packet */
	struct piece piece[PIECES_MAX];
	unsigned int pieces;		/* 0: not fragmented */
};

struct variant {
	unsigned int index;
	enum kind kind;
	int family;
	bool vlan;
	uint32_t seq;
	const char *style;		/* what the grammar did to the options */
	struct segment_plan segment[SEGMENTS_MAX];
	unsigned int segments;
};

/* Numbers that depend on the seed and the variant alone */
struct dice {
	uint64_t state;
};

uint32_t roll(struct dice *d, uint32_t n);	/* 0 to n - 1 */
bool chance(struct dice *d, unsigned int percent);

/* Tokens that joins name, by family: big endian, as on the wire */
struct tokens {
	uint8_t v4[4], v6[4];
};

void variant_make(struct variant *v, uint64_t seed, unsigned int index, const struct tokens *t);
void variant_print(const struct variant *v, FILE *out);
void options_make(struct dice *d, const struct variant *v, const struct tokens *t,
		  struct segment_plan *s, const char **style);
void layout_make(struct dice *d, const struct variant *v, struct segment_plan *s);

extern const char *const kind_names[KINDS];

/* Sending */
struct way {
	const char *dev, *peer;
	uint8_t from[6], to[6];
	unsigned int phase;
};

void frames_open(const struct way *way);
void frames_to(FILE *pcap);
void frames_send(const struct variant *v, const struct way *way, uint16_t dport, uint32_t ack);
unsigned long frames_sent(void);

/* The server's own connections, opened in its namespace */
void openers_open(const struct way *way);
bool opener(const struct variant *v, const struct way *way, uint32_t *seq);
void opener_end(void);

int serve(int argc, char **argv);
int hold(int argc, char **argv);
int split(int argc, char **argv);
int judge(int argc, char **argv, uint64_t seed);

_Noreturn void quit(const char *what, const char *which);

#endif
