/* SPDX-License-Identifier: GPL-2.0 */
/* What is read at the far side: the parts of evade judge. */
#ifndef EVADE_JUDGE_H
#define EVADE_JUDGE_H

#include "capture.h"
#include "evade.h"

/* What is read of a variant in a phase */
enum {
	ARRIVED = 1, E_CAPABLE = 2, E_JOIN = 4, T_CAPABLE = 8, T_JOIN = 16, N_CAPABLE = 32, N_JOIN = 64,
	LEFT = 128,		/* any option of kind 30 in a SYN or SYN/ACK, malformed or not */
	T_LATE = 256, N_LATE = 512,	/* MP_CAPABLE or MP_JOIN in any other segment */
	CALLED_JOIN = 1024,	/* what calls itself MP_JOIN, well-formed or not */
	SEALED = 2048,		/* cannot be rewritten: TCP-AO, AH */
	LOST = 4096,
	CAPABLE = E_CAPABLE | T_CAPABLE | N_CAPABLE,
	JOIN = E_JOIN | T_JOIN | N_JOIN,
	LATE = T_LATE | N_LATE,
	/* read as an endpoint reads; tshark names what is malformed, too */
	F_CAPABLE = E_CAPABLE | N_CAPABLE,
	F_JOIN = E_JOIN | N_JOIN,
};

/* By phase and variant; evade_read.c */
extern uint16_t seen[PHASES][VARIANTS_MAX];
extern unsigned int variants;		/* how many there are */

/* Where a variant's bits are: by the client's address and port; NULL: of something else */
uint16_t *cell(int family, const uint8_t *client, unsigned int port);

/* Reads what the server's host saw and said. */
void read_capture(const char *file);

/* Takes a fragment. True: its packet is whole now, until the next call. */
bool fragment(const struct packet *packet, struct packet *whole);

/* Reads what tshark printed: columns ip.src, ipv6.src, tcp.srcport, tcp.flags,
 * tcp.options.mptcp.subtype (all of them)
 */
void read_tshark(const char *file);

#endif
