// SPDX-License-Identifier: GPL-2.0
/* Segments of sites and of sessions, to the bench module. As those of segments.py, but for their
 * checksums, which nobody looks at.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"

#define MANY		"/sys/kernel/debug/mb_bench/many"
#define DEVICE		"in0"
#define HEADER_MAX	128
#define BATCH		1000
#define WRITES_MAX	10000
#define PAYLOAD		500
#define OF_CLIENT	16	/* sessions of one client */
#define FIRST_C		0x1000	/* sequence number of the first byte of data, of the client */
#define FIRST_S		0x2000	/* and of the server */
#define SEED_CLIENT	11	/* of their keys */
#define SEED_SERVER	12
#define SEED_SITE	13	/* of which site, and which address there */

enum { SYN = 2, PSH = 8, ACK = 16 };

/* As selftests/bench/many.c has it */
struct many_segment {
	uint16_t len;
	uint8_t reserved[6];
	uint8_t header[HEADER_MAX];
};

/**
 * struct end - of a connection
 * @addr:	4 or 16 bytes
 * @port:	host byte order
 */
struct end {
	uint8_t addr[ADDRESS_MAX];
	uint16_t port;
};

/**
 * struct talk - a segment to be
 * @from:	who sends it
 * @to:		to whom
 * @seq:	sequence number
 * @ack:	what it acknowledges
 * @flags:	of TCP
 * @payload:	bytes of it
 * @len:	bytes of @options
 * @options:	a multiple of 4
 */
struct talk {
	struct end from, to;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t payload;
	uint8_t len;
	uint8_t options[40];
};

/**
 * struct session - one of the crowd
 * @client:	where its first subflow begins
 * @server:	where it ends
 * @key:	the client's and the server's
 * @first:	data sequence number of the first byte of each
 * @token:	what joins to each name
 */
struct session {
	struct end client, server;
	uint8_t key[2][8];
	uint64_t first[2];
	uint8_t token[2][4];
};

static const uint8_t client4[4] = { 16 }, server4[4] = { 198, 51, 100, 20 };
static const uint8_t client6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x10 };
static const uint8_t server6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 0x20 };
static const uint8_t timestamps[12] = { 1, 1, 8, 10, 0x11, 0x11, 0x11, 0x11,
					0x22, 0x22, 0x22, 0x22 };
/* MSS 1460, SACK permitted, timestamps, NOP, window scale 7 */
static const uint8_t syn_options[20] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0x11, 0x11, 0x11, 0x11,
					 0, 0, 0, 0, 1, 3, 3, 7 };

/**
 * struct result - what the module says of a write
 */
struct result {
	unsigned long count, n, accepted, dropped, changed, batches;
};

static struct many_segment batch[BATCH];
static struct result total;
static double of_write[WRITES_MAX];	/* what a segment cost */
static unsigned int n_writes;
static unsigned int filled;
static int many;

void push_open(void)
{
	many = open(MANY, O_RDWR);
	if (many < 0 || write(many, DEVICE, strlen(DEVICE)) < 0)
		quit(MANY);
}

static void flush(void)
{
	struct result r;
	char text[256];
	ssize_t n;

	if (!filled)
		return;
	if (write(many, batch, filled * sizeof(*batch)) < 0)
		quit("pushing");
	filled = 0;
	n = read(many, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	if (sscanf(text, "%lu %lu %*u %*u %lu %lu %lu %lu", &r.count, &r.n, &r.accepted, &r.dropped,
		   &r.changed, &r.batches) != 6)
		quit(MANY);
	total.count += r.count;
	total.n += r.n;
	total.accepted += r.accepted;
	total.dropped += r.dropped;
	total.changed += r.changed;
	total.batches += r.batches;
	if (n_writes < WRITES_MAX)
		of_write[n_writes++] = (double)r.count / r.n;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x > y ? 1 : -(x < y);
}

void push_close(void)
{
	flush();
	qsort(of_write, n_writes, sizeof(*of_write), by_size);
	printf("segments=%lu mean=%.2f median=%.2f accepted=%lu dropped=%lu changed=%.2f\n", total.n,
	       (double)total.count / total.n, of_write[n_writes / 2], total.accepted, total.dropped,
	       (double)total.changed / total.batches);
	close(many);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, v >> 32);
	put32(p + 4, v);
}

static void option(struct talk *t, const void *bytes, unsigned int n)
{
	memcpy(t->options + t->len, bytes, n);
	t->len += n;
}

static uint8_t *ip_header(int family, const struct talk *t, uint8_t *p, unsigned int len)
{
	if (family == 4) {
		p[0] = 0x45;
		put16(p + 2, 20 + len);
		p[6] = 0x40;
		p[8] = 64;
		p[9] = 6;
		memcpy(p + 12, t->from.addr, 4);
		memcpy(p + 16, t->to.addr, 4);
		return p + 20;
	}
	p[0] = 0x60;
	put16(p + 4, len);
	p[6] = 6;
	p[7] = 64;
	memcpy(p + 8, t->from.addr, 16);
	memcpy(p + 24, t->to.addr, 16);
	return p + 40;
}

static void push(int family, const struct talk *t)
{
	struct many_segment *s = &batch[filled++];
	unsigned int len = 20 + t->len + t->payload;
	uint8_t *tcp;

	memset(s, 0, sizeof(*s));
	s->len = len + (family == 4 ? 20 : 40);
	tcp = ip_header(family, t, s->header, len);
	put16(tcp, t->from.port);
	put16(tcp + 2, t->to.port);
	put32(tcp + 4, t->seq);
	put32(tcp + 8, t->ack);
	tcp[12] = (20 + t->len) / 4 << 4;
	tcp[13] = t->flags;
	put16(tcp + 14, 501);
	memcpy(tcp + 20, t->options, t->len);
	if (filled == BATCH)
		flush();
}

/* Client I, of clients that each have 64 bits of addresses for themselves */
static void client(int family, unsigned int i, uint8_t *addr)
{
	memcpy(addr, family == 4 ? client4 : client6, family == 4 ? 4 : 16);
	if (family == 4)
		put32(addr, (16U << 24) + i);
	else
		put32(addr + 4, (0x10U << 16) + i);
}

static void server(int family, struct end *end)
{
	memcpy(end->addr, family == 4 ? server4 : server6, family == 4 ? 4 : 16);
	end->port = 443;
}

void push_sites(int family, struct prefix *sites, unsigned int n, unsigned int count)
{
	static const uint8_t capable[] = { 30, 4, 1, 1 };
	struct talk t = { .flags = SYN, .seq = FIRST_C };
	unsigned int i;

	client(family, 0, t.from.addr);
	server(family, &t.to);
	t.from.port = 40000;
	option(&t, syn_options, sizeof(syn_options));
	option(&t, capable, sizeof(capable));
	for (i = 0; i < count; i++) {
		site_address(family, &sites[mix(SEED_SITE, i) % n], mix(SEED_SITE, ~i), t.to.addr);
		push(family, &t);
	}
}

/* To look for the algorithm at every call, as SHA256() does, costs a hundred times as much. */
static void sha256(const void *bytes, size_t len, uint8_t *digest)
{
	static EVP_MD_CTX *ctx;
	static EVP_MD *md;

	if (!ctx) {
		ctx = EVP_MD_CTX_new();
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	}
	if (!ctx || !EVP_DigestInit_ex2(ctx, md, NULL) ||
	    !EVP_DigestUpdate(ctx, bytes, len) || !EVP_DigestFinal_ex(ctx, digest, NULL))
		quit("SHA-256");
}

static void key_of(struct session *s, unsigned int side, uint64_t key)
{
	uint8_t digest[32];
	unsigned int i;

	memcpy(s->key[side], &key, sizeof(key));
	sha256(s->key[side], sizeof(s->key[side]), digest);
	memcpy(s->token[side], digest, 4);
	for (s->first[side] = 0, i = 24; i < 32; i++)
		s->first[side] = s->first[side] << 8 | digest[i];
	s->first[side]++;
}

static void session(int family, unsigned int i, struct session *s)
{
	client(family, i / OF_CLIENT, s->client.addr);
	/* where a client begins is not where the next one does */
	s->client.port = 1024 + (mix(SEED_CLIENT, i / OF_CLIENT) + i) % 60000;
	server(family, &s->server);
	key_of(s, 0, mix(SEED_CLIENT, i));
	key_of(s, 1, mix(SEED_SERVER, i));
}

/* RFC 8684, 3.1: the third ACK */
static void begin(int family, const struct session *s)
{
	struct talk t = { s->client, s->server, FIRST_C, FIRST_S, ACK, .payload = 0 };
	static const uint8_t capable[] = { 30, 20, 1, 1 };

	option(&t, timestamps, sizeof(timestamps));
	option(&t, capable, sizeof(capable));
	option(&t, s->key, sizeof(s->key));
	push(family, &t);
}

/* Data of one side that goes on after ROUND like it; the other's is all acknowledged. */
static void data(int family, const struct session *s, unsigned int side, uint32_t round, uint32_t other)
{
	uint8_t dss[28] = { 30, 26, 0x20, 15, [26] = 1, 1 };
	struct talk t = { .flags = ACK | PSH, .payload = PAYLOAD };
	uint32_t before = round * PAYLOAD;

	t.from = side ? s->server : s->client;
	t.to = side ? s->client : s->server;
	t.seq = (side ? FIRST_S : FIRST_C) + before;
	t.ack = (side ? FIRST_C : FIRST_S) + other * PAYLOAD;
	put64(dss + 4, s->first[!side] + other * PAYLOAD);
	put64(dss + 12, s->first[side] + before);
	put32(dss + 20, 1 + before);
	put16(dss + 24, PAYLOAD);
	option(&t, timestamps, sizeof(timestamps));
	option(&t, dss, sizeof(dss));
	push(family, &t);
}

/* The server's first data prove the keys. */
void push_begin(int family, unsigned int n)
{
	struct session s;
	unsigned int i;

	for (i = 0; i < n; i++) {
		session(family, i, &s);
		begin(family, &s);
		data(family, &s, 1, 0, 0);
	}
}

static unsigned int gcd(unsigned int a, unsigned int b)
{
	return b ? gcd(b, a % b) : a;
}

/* Which session is number K: none comes again before all others came. */
static unsigned int shuffled(unsigned int k, unsigned int n)
{
	unsigned int step = n * 0.618;

	while (gcd(step, n) != 1)
		step++;
	return (uint64_t)k * step % n;
}

void push_data(int family, unsigned int n, unsigned int count, unsigned int round)
{
	struct session s;
	unsigned int k;

	for (k = 0; k < count; k++) {
		session(family, shuffled(k % n, n), &s);
		data(family, &s, 0, round + k / n, 1);
	}
}

void push_joins(int family, unsigned int n, unsigned int count, unsigned int round)
{
	struct session s;
	unsigned int k;

	for (k = 0; k < count; k++) {
		struct talk t = { .flags = SYN, .seq = FIRST_C };
		uint8_t join[12] = { 30, 12, 0x10, 1 };

		session(family, shuffled(k % n, n), &s);
		t.from = s.client;
		t.to = s.server;
		/* no other one's, and no session's */
		t.from.port = 61100 + (round + k / n) % 16;
		t.from.port += s.client.port % OF_CLIENT * 16;
		memcpy(join + 4, s.token[1], 4);
		put32(join + 8, mix(SEED_SITE, k));
		option(&t, syn_options, sizeof(syn_options));
		option(&t, join, sizeof(join));
		push(family, &t);
	}
}
