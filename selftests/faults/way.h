/* SPDX-License-Identifier: GPL-2.0 */
/* A segment's way through the gateway, in one process: TUN devices tc, where the client is, and ts,
 * where the server is. What is written to one has passed when write() returns, and waits at the other.
 */
#ifndef WAY_H
#define WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "play.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10

/* A segment that came out */
struct seen {
	int at;				/* 0 the client's side, 1 the server's, 2 the gateway itself */
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags;
	bool mptcp;			/* has kind-30 options */
	bool tcprst;			/* one of them is MP_TCPRST, or MP_FASTCLOSE */
	uint8_t options[40];
	unsigned int options_len;
};

void way_open(void);

/* From now on each packet that comes in has a copy that somebody holds. What is forwarded has been copied
 * when it comes to the hook; what is for the gateway itself has not, and who rewrites it needs memory.
 */
void way_hold(void);

/* Sends the segment as word says (see play.h), as often as it takes to come out at the other side, but
 * at most @tries times. False: it did not. What else came out is among seen[].
 */
bool way_send(struct conn *c, int side, uint8_t flags, unsigned int len, const char *option,
	      unsigned int tries);

/* What came out since way_forget(), by both devices */
extern struct seen seen[];
extern unsigned int seen_n;
extern bool seen_lost;			/* some of it could not be read */
void way_look(void);
void way_forget(void);

/* A new session of keys of its own, and a new connection of it */
void new_session(struct session *s);
void new_conn(struct conn *c, struct session *s, int family, unsigned int from);

/* Its server is the gateway. */
void make_local(struct conn *c);

#endif
