// SPDX-License-Identifier: GPL-2.0
/* Floods: one kind of segment, many times, from as many hosts. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "play.h"

static struct {
	struct session session;
	struct conn conn;
	uint8_t prefix[16];
	unsigned int prefix_len;
} f;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* An address within the prefix */
static void random_source(void)
{
	unsigned int len = f.conn.family == AF_INET ? 4 : 16;
	uint8_t *addr = f.conn.addr[0];
	static unsigned int n;

	for (unsigned int i = 0; i < len; i++) {
		int own = (int)f.prefix_len - (int)i * 8;
		uint8_t mask = own >= 8 ? 0xff : own <= 0 ? 0 : 0xff << (8 - own);

		addr[i] = (f.prefix[i] & mask) | (random64() & ~mask);
	}
	/* one address is to have many connections, each once */
	f.conn.port[0] = 1024 + n++ % 60000;
}

static void segment(int side, uint8_t flags, unsigned int len, const char *option)
{
	struct segment seg = {
		.conn = &f.conn, .side = side, .flags = flags, .len = len,
		.seq = f.conn.nxt[side], .ack = f.conn.nxt[!side],
	};

	add_option(&seg, option);
	send_segment(&seg);
}

/* Third ACK of a handshake that the gateway may or may not have seen */
static void third_ack(void)
{
	segment(0, 0x10, 0, "mpc");
}

/* As much of a session as shows both keys to be right */
static void whole_session(void)
{
	third_ack();
	segment(0, 0x18, 1, "dss");
	segment(1, 0x18, 1, "dss");
}

static void join_syn(void)
{
	struct segment seg = {
		.conn = &f.conn, .flags = 0x02, .seq = f.conn.nxt[0], .has_token = true,
		.token = random64(),
	};

	add_option(&seg, "join");
	send_segment(&seg);
}

static void begin_conn(void)
{
	random_source();
	for (int side = 0; side < 2; side++) {
		f.conn.isn[side] = random64();
		f.conn.nxt[side] = f.conn.isn[side] + 1;
		f.conn.nonce[side] = random64();
		for (int i = 0; i < KEY_LEN; i++)
			f.session.key[side][i] = random64();
	}
	session_begin(&f.session);
}

static const char *set_prefix(char *text)
{
	char *slash = strchr(text, '/');

	f.conn.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	f.prefix_len = slash ? strtoul(slash + 1, NULL, 10) : 128;
	if (slash)
		*slash = 0;
	return inet_pton(f.conn.family, text, f.prefix) == 1 ? NULL : "not a prefix";
}

/* acks|sessions|joins COUNT PREFIX SERVER PORT [RATE]: prints how long it took */
const char *flood(int argc, char **argv)
{
	unsigned long count, rate, i;
	void (*one)(void);
	double begin, due;

	if (argc < 5)
		return "flood KIND COUNT PREFIX SERVER PORT [RATE]";
	one = !strcmp(argv[0], "acks") ? third_ack : !strcmp(argv[0], "sessions") ? whole_session :
	      !strcmp(argv[0], "joins") ? join_syn : NULL;
	count = strtoul(argv[1], NULL, 10);
	rate = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
	if (!one || !count)
		return "a flood is of acks, sessions or joins, at least one";
	if (set_prefix(argv[2]) || inet_pton(f.conn.family, argv[3], f.conn.addr[1]) != 1)
		return "not addresses of one family";
	f.conn.port[1] = strtoul(argv[4], NULL, 10);
	f.conn.session = &f.session;
	f.session.version = 1;
	begin = now();
	for (i = 0; i < count; i++) {
		if (rate && (due = begin + (double)i / rate) > now() + 0.001) {
			struct timespec t = { 0, (due - now()) * 1e9 };

			nanosleep(&t, NULL);
		}
		begin_conn();
		one();
	}
	printf("ms=%.0f ", (now() - begin) * 1000);
	return NULL;
}
