// SPDX-License-Identifier: GPL-2.0
/* The MPTCP half of play: keys and options. Shares no code with the module, which it is to test. */
#include <arpa/inet.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "craft.h"
#include "play.h"

#define SYN 0x02
#define ACK 0x10

static uint8_t *put64(uint8_t *p, uint64_t v)
{
	return put32(put32(p, v >> 32), v);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

/* --- keys --- */

static unsigned int digest(int version, const uint8_t *key, uint8_t out[32])
{
	if (version) {
		SHA256(key, KEY_LEN, out);
		return 32;
	}
	SHA1(key, KEY_LEN, out);
	return 20;
}

uint32_t key_token(int version, const uint8_t *key)
{
	uint8_t out[32];

	digest(version, key, out);
	return get64(out) >> 32;
}

uint64_t key_idsn(int version, const uint8_t *key)
{
	uint8_t out[32];
	unsigned int len = digest(version, key, out);

	return get64(out + len - 8);
}

void join_hmac(int version, const uint8_t *key1, const uint8_t *key2, uint32_t nonce1,
	       uint32_t nonce2, uint8_t out[20])
{
	uint8_t key[2 * KEY_LEN], msg[8], mac[32];

	memcpy(key, key1, KEY_LEN);
	memcpy(key + KEY_LEN, key2, KEY_LEN);
	put32(put32(msg, nonce1), nonce2);
	HMAC(version ? EVP_sha256() : EVP_sha1(), key, sizeof(key), msg, sizeof(msg), mac, NULL);
	memcpy(out, mac, 20);
}

/* A birthday search: some 80,000 keys until two have the same 32 bits. */
void find_collision(int version, uint64_t seed, uint8_t *a, uint8_t *b)
{
	enum { SIZE = 1 << 20 };
	struct {
		uint64_t key;
		uint32_t token;
	} *seen = calloc(SIZE, sizeof(*seen));
	uint32_t token, at;

	for (uint64_t key = seed | 1; ; key += 2) {
		put64(b, key);
		token = key_token(version, b);
		for (at = token % SIZE; seen[at].key && seen[at].token != token; at = (at + 1) % SIZE)
			;
		if (seen[at].key) {
			put64(a, seen[at].key);
			break;
		}
		seen[at].key = key;
		seen[at].token = token;
	}
	free(seen);
}

void session_begin(struct session *s)
{
	for (int side = 0; side < 2; side++) {
		s->token[side] = key_token(s->version, s->key[side]);
		s->data_nxt[side] = key_idsn(s->version, s->key[side]) + 1;
	}
}

/* --- options --- */

static uint8_t *put_key(uint8_t *p, const uint8_t *key, bool bad)
{
	memcpy(p, key, KEY_LEN);
	p[KEY_LEN - 1] ^= bad;
	return p + KEY_LEN;
}

/* The host that sends, of the session */
static int sender(const struct segment *seg)
{
	return seg->side ^ seg->conn->reverse;
}

static unsigned int mp_capable(struct segment *seg, uint8_t *o)
{
	const struct session *s = seg->keys ? seg->keys : seg->conn->session;
	int me = sender(seg);
	uint8_t *p = o + 4;

	o[2] = s->version;
	o[3] = 0x01 | (s->csum ? 0x80 : 0);
	if (!(seg->flags & SYN)) {
		p = put_key(put_key(p, s->key[me], seg->bad_key), s->key[!me], seg->bad_key);
		if (seg->len && s->version) {
			p = put16(p, seg->len);
			if (s->csum)
				p = put16(p, 0);
		}
		if (!seg->forged)
			seg->conn->session->data_nxt[me] += seg->len;
	} else if (seg->flags & ACK || !s->version) {
		p = put_key(p, s->key[me], seg->bad_key);
	}
	return p - o;
}

static unsigned int mp_join(struct segment *seg, uint8_t *o)
{
	const struct session *s = seg->conn->session;
	const uint32_t *nonce = seg->conn->nonce;
	int me = sender(seg);
	uint8_t hmac[20];

	o[2] = 0x10 | seg->backup;
	o[3] = seg->addr_id;
	if (seg->flags == SYN) {
		put32(put32(o + 4, seg->has_token ? seg->token : s->token[!me]), nonce[0]);
		return 12;
	}
	join_hmac(s->version, s->key[me], s->key[!me], nonce[seg->side], nonce[!seg->side], hmac);
	hmac[3] ^= seg->bad_hmac;
	if (seg->flags & SYN) {
		memcpy(o + 4, hmac, 8);
		put32(o + 12, nonce[1]);
		return 16;
	}
	o[2] &= ~1;
	o[3] = 0;
	memcpy(o + 4, hmac, 20);
	return 24;
}

static uint8_t *put_number(const struct segment *seg, uint8_t *p, uint64_t v)
{
	return seg->four ? put32(p, v) : put64(p, v);
}

static unsigned int dss(struct segment *seg, uint8_t *o)
{
	struct session *s = seg->conn->session;
	bool mapping = (seg->len || seg->data_fin) && !seg->no_mapping;
	int me = sender(seg);
	uint8_t *p = o + 4;

	o[2] = 0x20;
	o[3] = 0;
	if (!seg->no_data_ack) {
		o[3] |= seg->four ? 0x01 : 0x03;
		p = put_number(seg, p, s->data_nxt[!me] + seg->data_ack);
	}
	if (mapping) {
		o[3] |= (seg->four ? 0x04 : 0x0c) | (seg->data_fin ? 0x10 : 0);
		p = put_number(seg, p, s->data_nxt[me] + seg->dsn);
		/* relative; nought where DATA_FIN stands alone (RFC 8684, 3.3.3) */
		p = put32(p, seg->len ? seg->seq - seg->conn->isn[seg->side] : 0);
		p = put16(p, seg->infinite ? 0 : seg->len + seg->data_fin);
		if (s->csum)
			p = put16(p, 0);
	}
	if (!seg->forged)
		s->data_nxt[me] += mapping ? seg->len + seg->data_fin : 0;
	return p - o;
}

static unsigned int mp_fail(struct segment *seg, uint8_t *o)
{
	o[2] = 0x60;
	o[3] = 0;
	return put64(o + 4, seg->conn->session->data_nxt[!sender(seg)]) - o;
}

static unsigned int mp_fastclose(struct segment *seg, uint8_t *o)
{
	o[2] = 0x70;
	o[3] = 0;
	return put_key(o + 4, seg->conn->session->key[!sender(seg)], seg->bad_key) - o;
}

/* 192.0.2.9, signed by the sender with both keys (RFC 8684, 3.4.1): version 1 only */
static unsigned int add_addr(struct segment *seg, uint8_t *o)
{
	static const uint8_t addr[4] = { 192, 0, 2, 9 };
	const struct session *s = seg->keys ? seg->keys : seg->conn->session;
	uint8_t key[2 * KEY_LEN], msg[7] = { seg->addr_id }, mac[32];
	int me = sender(seg);

	memcpy(key, s->key[me], KEY_LEN);
	memcpy(key + KEY_LEN, s->key[!me], KEY_LEN);
	memcpy(msg + 1, addr, sizeof(addr));
	HMAC(EVP_sha256(), key, sizeof(key), msg, sizeof(msg), mac, NULL);
	o[2] = 0x30;
	o[3] = seg->addr_id;
	memcpy(o + 4, addr, sizeof(addr));
	memcpy(o + 8, mac + 24, 8);
	o[15] ^= seg->bad_hmac;
	return 16;
}

static unsigned int remove_addr(struct segment *seg, uint8_t *o)
{
	o[2] = 0x40;
	o[3] = seg->addr_id;
	return 4;
}

static unsigned int mp_prio(struct segment *seg, uint8_t *o)
{
	o[2] = 0x50 | seg->backup;
	return 3;
}

static unsigned int mp_tcprst(struct segment *seg, uint8_t *o)
{
	(void)seg;
	o[2] = 0x80;
	o[3] = 0;
	return 4;
}

/* As RFC 7323 (appendix A) lays them out; their values are nobody's. */
static unsigned int timestamps(uint8_t *o)
{
	static const uint8_t option[12] = { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1 };

	memcpy(o, option, sizeof(option));
	return sizeof(option);
}

/* An address, in the form of version 0 (RFC 6824, 3.4.1) */
static bool announcement(struct segment *seg, const char *addr, uint8_t *o)
{
	bool four = !strchr(addr, ':');

	o[0] = 30;
	o[1] = four ? 8 : 20;
	o[2] = 0x30 | (four ? 4 : 6);
	o[3] = seg->addr_id;
	seg->options_len += o[1];
	return inet_pton(four ? AF_INET : AF_INET6, addr, o + 4) == 1;
}

bool add_option(struct segment *seg, const char *word)
{
	static const struct {
		const char *name;
		unsigned int (*add)(struct segment *seg, uint8_t *option);
	} known[] = {
		{ "mpc", mp_capable }, { "join", mp_join }, { "dss", dss }, { "fail", mp_fail },
		{ "fastclose", mp_fastclose }, { "addaddr", add_addr }, { "remove", remove_addr },
		{ "prio", mp_prio }, { "tcprst", mp_tcprst },
	};
	uint8_t *o = seg->options + seg->options_len;

	if (!strncmp(word, "addaddr0=", 9))
		return announcement(seg, word + 9, o);
	if (!strcmp(word, "ts")) {
		seg->options_len += timestamps(o);
		return true;
	}
	for (unsigned int i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(word, known[i].name))
			continue;
		o[0] = 30;
		o[1] = known[i].add(seg, o);
		seg->options_len += o[1];
		return true;
	}
	return false;
}
