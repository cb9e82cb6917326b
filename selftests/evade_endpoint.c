// SPDX-License-Identifier: GPL-2.0
/* Real endpoints: a listener that reads what comes, connections that the server opens itself, and one
 * session that stays, so that there is a token for joins to name.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "evade.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define SOL_MPTCP 284
#define MPTCP_INFO 1

/* The first fields of the kernel's struct mptcp_info, up to the token */
struct info {
	uint8_t subflows, add_addr_signal, add_addr_accepted, subflows_max, add_addr_signal_max,
		add_addr_accepted_max;
	uint32_t flags, token;
	uint64_t write_seq, snd_una, rcv_nxt;
};

static void make_address(struct sockaddr_storage *ss, socklen_t *len, int family, const void *addr,
			 uint16_t port)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *four = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = family;
	if (family == AF_INET) {
		four->sin_port = htons(port);
		if (addr)
			memcpy(&four->sin_addr, addr, 4);
		*len = sizeof(*four);
	} else {
		six->sin6_port = htons(port);
		if (addr)
			memcpy(&six->sin6_addr, addr, 16);
		*len = sizeof(*six);
	}
}

static int mptcp_socket(int family, uint16_t port)
{
	static const struct linger at_once = { .l_onoff = 1 };
	int fd = socket(family, SOCK_STREAM, IPPROTO_MPTCP), one = 1;
	struct sockaddr_storage ss;
	socklen_t len;

	if (fd < 0)
		quit(strerror(errno), "MPTCP socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	make_address(&ss, &len, family, NULL, port);
	if (port && bind(fd, (struct sockaddr *)&ss, len))
		quit(strerror(errno), "port of the server");
	return fd;
}

/* --- the listener --- */

static uint16_t port_of(const struct sockaddr_storage *ss)
{
	/* NOLINTNEXTLINE: accept() has filled it */
	return ntohs(ss->ss_family == AF_INET ? ((struct sockaddr_in *)ss)->sin_port :
						((struct sockaddr_in6 *)ss)->sin6_port);
}

/* What data in a SYN opened goes at once; a session that was meant stays. */
static void take(int listener)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss), size;
	int fd = accept(listener, (struct sockaddr *)&ss, &len);
	struct info info = { 0 };
	char c;

	if (fd < 0)
		return;
	if (port_of(&ss) < FIRST_PORT + VARIANTS_MAX) {
		close(fd);
		return;
	}
	if (read(fd, &c, 1) != 1 || write(fd, &c, 1) != 1)
		return;
	size = sizeof(info);
	if (getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &size))
		quit(strerror(errno), "MPTCP_INFO");
	printf("token%d %08x\n", ss.ss_family == AF_INET ? 4 : 6, info.token);
	fflush(stdout);
}

int serve(int argc, char **argv)
{
	struct pollfd p[2];
	unsigned int i;

	(void)argv;
	if (argc != 0)
		quit("has no arguments", "serve");
	for (i = 0; i < 2; i++) {
		p[i].fd = mptcp_socket(i ? AF_INET6 : AF_INET, SERVER_PORT);
		p[i].events = POLLIN;
		if (listen(p[i].fd, 65535))
			quit(strerror(errno), "listen");
	}
	puts("ready");
	fflush(stdout);
	while (poll(p, 2, -1) > 0)
		for (i = 0; i < 2; i++)
			if (p[i].revents & POLLIN)
				take(p[i].fd);
	return 1;
}

/* A session that stays until this process ends */
int hold(int argc, char **argv)
{
	struct sockaddr_storage ss;
	uint8_t addr[16];
	socklen_t len;
	int family, fd;
	char c = 1;

	if (argc != 1)
		quit("wants one ADDRESS", "hold");
	family = strchr(argv[0], ':') ? AF_INET6 : AF_INET;
	if (inet_pton(family, argv[0], addr) != 1)
		quit("not an address", argv[0]);
	make_address(&ss, &len, family, addr, SERVER_PORT);
	fd = mptcp_socket(family, 0);
	if (connect(fd, (struct sockaddr *)&ss, len) || write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1)
		quit(strerror(errno), argv[0]);
	pause();
	return 0;
}

/* --- connections that the server opens --- */

#define OPEN_MAX 256		/* at a time: what a SYN/ACK did is then to be seen */
static int packets = -1, peer_ns, own_ns, opened[OPEN_MAX];
static unsigned int opened_n;

/* TCP from the port of openers; they have neither IP options nor extension headers. */
static struct sock_filter from_opener[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IPV6, 2, 0),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETH_LEN + 20),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETH_LEN + 40),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OPENER_PORT, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0xffff),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

void openers_open(const struct way *way)
{
	static const struct sock_fprog prog = { sizeof(from_opener) / sizeof(*from_opener), from_opener };

	own_ns = open("/proc/self/ns/net", O_RDONLY);
	peer_ns = open(way->peer, O_RDONLY);
	if (own_ns < 0 || peer_ns < 0 || setns(peer_ns, CLONE_NEWNET))
		quit(strerror(errno), way->peer);
	packets = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	if (packets < 0 || setsockopt(packets, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ||
	    setns(own_ns, CLONE_NEWNET))
		quit(strerror(errno), "packets of the server");
}

static void drain(void)
{
	uint8_t buf[128];

	while (recv(packets, buf, sizeof(buf), 0) > 0)
		;
}

/* The sequence number of the SYN that went out to @port */
static bool sequence(uint16_t port, int family, uint32_t *seq)
{
	struct pollfd p = { packets, POLLIN, 0 };
	uint8_t buf[128], *tcp;
	ssize_t n;

	tcp = buf + ETH_LEN + (family == AF_INET ? 20 : 40);
	while (poll(&p, 1, 200) > 0) {
		n = recv(packets, buf, sizeof(buf), 0);
		if (n < tcp + 20 - buf || (tcp[2] << 8 | tcp[3]) != port || (tcp[13] & 0x12) != 0x02)
			continue;
		*seq = (uint32_t)tcp[4] << 24 | tcp[5] << 16 | tcp[6] << 8 | tcp[7];
		return true;
	}
	return false;
}

/**
 * opener() - have the server open a connection to the variant's port
 * @v:		the variant
 * @way:	the phase
 * @seq:	out: the sequence number of its SYN
 */
bool opener(const struct variant *v, const struct way *way, uint32_t *seq)
{
	uint8_t four[4] = { 10, 1, 1, FIRST_HOST + way->phase }, six[16] = { 0xfd, 0x01, 0, 1 };
	struct sockaddr_storage ss;
	bool found = false;
	socklen_t len;
	int fd;

	six[15] = FIRST_HOST + way->phase;
	if (setns(peer_ns, CLONE_NEWNET))
		quit(strerror(errno), way->peer);
	fd = mptcp_socket(v->family, OPENER_PORT);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	make_address(&ss, &len, v->family, v->family == AF_INET ? four : six, FIRST_PORT + v->index);
	drain();
	if (!connect(fd, (struct sockaddr *)&ss, len) || errno == EINPROGRESS)
		found = sequence(FIRST_PORT + v->index, v->family, seq);
	if (opened_n >= OPEN_MAX)
		close(opened[opened_n % OPEN_MAX]);
	opened[opened_n++ % OPEN_MAX] = fd;
	if (setns(own_ns, CLONE_NEWNET))
		quit(strerror(errno), "own namespace");
	return found;
}

void opener_end(void)
{
	unsigned int i;

	for (i = 0; i < opened_n && i < OPEN_MAX; i++)
		close(opened[i]);
}
