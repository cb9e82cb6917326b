// SPDX-License-Identifier: GPL-2.0
/* The way of a segment; see way.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "craft.h"
#include "faults.h"
#include "way.h"

#define SEEN 256

struct craft craft = { .window = 65535, .ttl = 64 };
struct seen seen[SEEN];
unsigned int seen_n;
bool seen_lost;

static const char *const devices[2] = { "tc", "ts" };
static int tun[2] = { -1, -1 }, hold[2] = { -1, -1 }, local[2] = { -1, -1 };
static uint8_t frame_sent[FRAME_MAX];
static unsigned int frame_len;
static uint64_t state = 88172645463325252ull;

uint64_t random64(void)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ull;
}

void way_open(void)
{
	for (int i = 0; i < 2; i++) {
		struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };

		strcpy(ifr.ifr_name, devices[i]);
		tun[i] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (tun[i] < 0 || ioctl(tun[i], TUNSETIFF, &ifr))
			quit(devices[i]);
		/* what a local host gets, after the hook */
		local[i] = socket(i ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
				  IPPROTO_TCP);
		if (local[i] < 0)
			quit("a raw socket");
	}
}

void way_hold(void)
{
	int size = 4 << 20;

	for (int i = 0; i < 2; i++) {
		struct sockaddr_ll ll = {
			.sll_family = AF_PACKET,
			.sll_protocol = htons(ETH_P_ALL),
			.sll_ifindex = if_nametoindex(devices[i]),
		};

		/* a full one takes no copy */
		if (hold[i] >= 0)
			close(hold[i]);
		hold[i] = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
		setsockopt(hold[i], SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		if (hold[i] < 0 || bind(hold[i], (struct sockaddr *)&ll, sizeof(ll)))
			quit("a packet socket");
	}
}

/* --- what comes out --- */

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* As a host reads them */
static void find_mptcp(struct seen *s)
{
	const uint8_t *o = s->options, *end = o + s->options_len;

	while (o < end && *o) {
		if (*o == 1) {
			o++;
			continue;
		}
		if (o + 1 >= end || o[1] < 2 || o + o[1] > end)
			return;
		if (*o == 30) {
			s->mptcp = true;
			s->tcprst |= o[2] >> 4 == 8 || o[2] >> 4 == 7;
		}
		o += o[1];
	}
}

static void note_tcp(int at, const uint8_t *tcp, unsigned int len)
{
	struct seen *s = &seen[seen_n];

	if (len < 20 || len < (tcp[12] >> 4) * 4U)
		return;
	if (seen_n == SEEN)
		quit("too much came out");
	memset(s, 0, sizeof(*s));
	s->at = at;
	s->sport = get16(tcp);
	s->dport = get16(tcp + 2);
	s->seq = get32(tcp + 4);
	s->ack = get32(tcp + 8);
	s->flags = tcp[13];
	s->options_len = (tcp[12] >> 4) * 4 - 20;
	memcpy(s->options, tcp + 20, s->options_len);
	find_mptcp(s);
	seen_n++;
}

/* Not what the kernel says to its neighbours */
static void note_ip(int at, const uint8_t *p, unsigned int len)
{
	unsigned int header = *p >> 4 == 4 ? (*p & 15) * 4 : 40;

	if (*p >> 4 != 4 && *p >> 4 != 6)
		seen_lost = true;
	else if (len > header && p[*p >> 4 == 4 ? 9 : 6] == TCP)
		note_tcp(at, p + header, len - header);
}

/* The fault may be of the reading. */
static ssize_t take(int fd, uint8_t *buf, size_t len)
{
	ssize_t n;

	/* TUN does not say so */
	buf[0] = 0;
	while ((n = read(fd, buf, len)) < 0 && errno != EAGAIN)
		seen_lost = true;
	return n;
}

void way_look(void)
{
	static uint8_t buf[FRAME_MAX];
	ssize_t len;

	for (int i = 0; i < 2; i++) {
		while ((len = take(tun[i], buf, sizeof(buf))) > 0)
			note_ip(i, buf, len);
		/* IPv6's headers are not shown */
		while ((len = take(local[i], buf, sizeof(buf))) > 0)
			if (i)
				note_tcp(2, buf, len);
			else
				note_ip(2, buf, len);
	}
}

void way_forget(void)
{
	way_look();
	seen_n = 0;
	seen_lost = false;
}

/* --- what goes in --- */

void emit(const uint8_t *frame, unsigned int len, unsigned int tcp_off)
{
	(void)tcp_off;
	frame_len = len - ETH_LEN;
	memcpy(frame_sent, frame + ETH_LEN, frame_len);
}

void send_segment(struct segment *seg)
{
	static uint32_t id;
	struct conn *c = seg->conn;

	craft.family = c->family;
	memcpy(craft.saddr, c->addr[seg->side], 16);
	memcpy(craft.daddr, c->addr[!seg->side], 16);
	craft.dport = c->port[!seg->side];
	craft.flags = seg->flags;
	craft.ack = seg->flags & ACK ? seg->ack : 0;
	craft.payload = seg->len;
	craft.options_len = seg->options_len;
	memcpy(craft.options, seg->options, sizeof(seg->options));
	build_segment(c->port[seg->side], seg->seq, ++id);
	if (!seg->forged)
		c->nxt[seg->side] = seg->seq + seg->len + !!(seg->flags & SYN) + !!(seg->flags & FIN);
}

static bool came_out(const struct segment *seg, unsigned int since)
{
	const struct seen *s = seen + since;

	for (; s < seen + seen_n; s++)
		if (s->at != seg->side && s->sport == seg->conn->port[seg->side] &&
		    s->dport == seg->conn->port[!seg->side] && s->seq == seg->seq &&
		    s->flags == seg->flags)
			return true;
	return false;
}

bool way_send(struct conn *c, int side, uint8_t flags, unsigned int len, const char *words,
	      unsigned int tries)
{
	struct segment seg = { .conn = c, .side = side, .flags = flags, .len = len };
	char text[64], *save, *word;
	unsigned int since;

	seg.seq = c->nxt[side];
	seg.ack = c->nxt[!side];
	snprintf(text, sizeof(text), "%s", words ? words : "");
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (!strcmp(word, "forged"))
			seg.forged = true;
		else if (!strcmp(word, "badkey"))
			seg.bad_key = true;
		else if (!strcmp(word, "badhmac"))
			seg.bad_hmac = true;
		else if (!add_option(&seg, word))
			quit(word);
	}
	send_segment(&seg);
	way_look();
	since = seen_n;
	while (tries--) {
		if (write(tun[side], frame_sent, frame_len) < 0 && errno != ENOMEM && errno != EFAULT &&
		    errno != ENOBUFS && errno != EAGAIN)
			quit("write");
		way_look();
		if (came_out(&seg, since))
			return true;
	}
	return false;
}

void new_session(struct session *s)
{
	memset(s, 0, sizeof(*s));
	s->version = 1;
	for (int i = 0; i < 2 * KEY_LEN; i++)
		s->key[i / KEY_LEN][i % KEY_LEN] = random64();
	session_begin(s);
}

void new_conn(struct conn *c, struct session *s, int family, unsigned int from)
{
	static uint16_t port = 10000;
	char text[40];

	memset(c, 0, sizeof(*c));
	c->session = s;
	c->family = family;
	/* each is another client: 10.1.0.0/16, fd01::/32 */
	if (family == AF_INET)
		snprintf(text, sizeof(text), "10.1.%u.%u", from / 250, from % 250 + 1);
	else
		snprintf(text, sizeof(text), "fd01:0:%x::1", from);
	inet_pton(family, text, c->addr[0]);
	inet_pton(family, family == AF_INET ? "10.2.1.1" : "fd02:1::1", c->addr[1]);
	c->port[0] = ++port;
	c->port[1] = 80;
	for (int side = 0; side < 2; side++) {
		c->isn[side] = random64();
		c->nonce[side] = random64();
	}
	memcpy(c->nxt, c->isn, sizeof(c->nxt));
}

void make_local(struct conn *c)
{
	inet_pton(c->family, c->family == AF_INET ? "10.2.1.254" : "fd02:1::fe", c->addr[1]);
}
