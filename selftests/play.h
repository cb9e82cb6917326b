/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions and connections that play plays, and their MPTCP options (RFC 8684, RFC 6824). */
#ifndef PLAY_H
#define PLAY_H

#include <stdbool.h>
#include <stdint.h>

#define KEY_LEN 8

/* One MPTCP session; index 0 is the client, 1 the server. */
struct session {
	char name[24];
	int version;
	bool csum;
	uint8_t key[2][KEY_LEN];
	uint32_t token[2];
	uint64_t data_nxt[2];		/* next data sequence number to send */
};

/* One TCP connection; index 0 opened it, which with reverse is the session's server. */
struct conn {
	char name[24];
	struct session *session;
	bool reverse;
	int family;
	uint8_t addr[2][16];
	uint16_t port[2];
	uint32_t isn[2], nxt[2], nonce[2];
};

/* One segment to be sent, and what departs from what is right in it */
struct segment {
	struct conn *conn;
	int side;			/* of the connection */
	uint8_t flags;
	uint32_t seq, ack;
	unsigned int len;
	bool forged, bad_sum, back;
	uint8_t options[60];
	unsigned int options_len;
	/* of the options */
	const struct session *keys;	/* whose keys MP_CAPABLE has, if not the connection's */
	uint32_t token;
	int64_t dsn, data_ack;		/* added to the right ones */
	uint8_t addr_id;
	bool has_token, bad_hmac, bad_key, no_data_ack, no_mapping, infinite, data_fin, four, backup;
};

/* Token, initial data sequence number and the HMAC of a join, as the version has it */
uint32_t key_token(int version, const uint8_t *key);
uint64_t key_idsn(int version, const uint8_t *key);
void join_hmac(int version, const uint8_t *key1, const uint8_t *key2, uint32_t nonce1,
	       uint32_t nonce2, uint8_t out[20]);

/* Two keys of the same token */
void find_collision(int version, uint64_t seed, uint8_t *a, uint8_t *b);

/* Tokens and data sequence numbers from the keys */
void session_begin(struct session *s);

/* Appends option @word (mpc, join, dss, ...); false if that is none. */
bool add_option(struct segment *seg, const char *word);

/* Sends the segment; what is not forged moves the connection on. */
void send_segment(struct segment *seg);

uint64_t random64(void);

/* flood KIND COUNT ...; NULL, or what is wrong */
const char *flood(int argc, char **argv);

#endif
