// SPDX-License-Identifier: GPL-2.0
/* What goes over a connection of xfer: the pattern, its check, pacing, holding, closing. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "xfer.h"

#define GET_MPTCP_INFO 1	/* MPTCP_INFO, absent from Debian 12's headers */

/* The beginning of struct mptcp_info; old kernels have all before retrans. */
struct info {
	uint8_t subflows, add_addr_signal, add_addr_accepted;
	uint8_t subflows_max, add_addr_signal_max, add_addr_accepted_max;
	uint32_t flags, token;
	uint64_t write_seq, snd_una, rcv_nxt;
	uint8_t local_addr_used, local_addr_max, csum_enabled;
	uint32_t retransmits;
	uint64_t bytes_retrans, bytes_sent, bytes_received, bytes_acked;
};

enum direction { TO_SERVER = 1, TO_CLIENT = 2, SPEAK_FIRST = 3 };

volatile sig_atomic_t hurry;

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* Bytes [pos, pos + len) of the endless pattern that seed and direction name. */
static void pattern(uint8_t *buf, size_t len, uint64_t pos, uint64_t seed, enum direction dir)
{
	uint64_t key = mix(seed * 4 + dir);

	while (len) {
		uint64_t block = mix(key + pos / 8);
		size_t skip = pos % 8, n = 8 - skip;

		if (n > len)
			n = len;
		memcpy(buf, (uint8_t *)&block + skip, n);
		buf += n;
		pos += n;
		len -= n;
	}
}

/* What the server sends: some bytes of its own accord, then what the header asks for. */
static void stream(const struct transfer *t, bool to_client, uint8_t *buf, size_t len, uint64_t pos)
{
	uint64_t first = t->opt->speak_first;
	size_t n = 0;

	if (!to_client) {
		pattern(buf, len, pos, t->header.seed, TO_SERVER);
		return;
	}
	if (pos < first) {
		n = first - pos < len ? first - pos : len;
		pattern(buf, n, pos, 0, SPEAK_FIRST);
	}
	if (n < len)
		pattern(buf + n, len - n, pos + n - first, t->header.seed, TO_CLIENT);
}

uint64_t header_check(const struct header *h)
{
	uint64_t sum = 0;

	for (const uint64_t *p = &h->magic; p < &h->check; p++)
		sum = mix(sum ^ *p);
	return sum;
}

void fail(struct transfer *t, const char *error)
{
	if (!t->error)
		t->error = error;
}

void fail_errno(struct transfer *t)
{
	fail(t, strerrorname_np(errno));
}

/* A socket that fell back passes SOL_MPTCP on to TCP, which knows no such level. */
void sample(struct transfer *t)
{
	struct info info = { 0 };
	socklen_t len = sizeof(info);

	t->next_sample = now_ms() + 20;
	t->mptcp = !getsockopt(t->fd, SOL_MPTCP, GET_MPTCP_INFO, &info, &len) && !(info.flags & 1);
	if (!t->mptcp)
		return;
	t->token = info.token;
	if (info.add_addr_accepted > t->addrs)
		t->addrs = info.add_addr_accepted;
	if (info.subflows + 1u > t->subflows)
		t->subflows = info.subflows + 1u;
	if (!t->enough_since && t->opt->subflows && t->subflows >= t->opt->subflows)
		t->enough_since = now_ms();
	/* a DATA_FIN is no data */
	if (t->sent_fin)
		return;
	t->kernel.counts = len >= sizeof(info);
	t->kernel.sent = info.bytes_sent;
	t->kernel.received = info.bytes_received;
	t->kernel.acked = info.bytes_acked;
	t->kernel.write_seq = info.write_seq;
	t->kernel.snd_una = info.snd_una;
	t->kernel.rcv_nxt = info.rcv_nxt;
}

static void header_arrived(struct transfer *t)
{
	const struct header *h = &t->header;

	if (h->magic != HEADER_MAGIC || h->check != header_check(h)) {
		t->wrong_at = 0;
		fail(t, "BADHEADER");
		return;
	}
	t->expected = h->to_server;
	t->to_send = t->opt->speak_first + h->to_client;
}

static void receive(struct transfer *t)
{
	static uint8_t buf[65536], want[sizeof(buf)];
	uint8_t *data = buf;
	ssize_t n = recv(t->fd, buf, sizeof(buf), 0);

	if (n < 0) {
		if (errno != EAGAIN)
			fail_errno(t);
		return;
	}
	if (!n) {
		t->got_fin = true;
		return;
	}
	t->idle_since = now_ms();
	if (t->opt->server && t->header_done < sizeof(t->header)) {
		size_t part = sizeof(t->header) - t->header_done;

		if (part > (size_t)n)
			part = n;
		memcpy((uint8_t *)&t->header + t->header_done, data, part);
		t->header_done += part;
		data += part;
		n -= part;
		if (t->header_done == sizeof(t->header))
			header_arrived(t);
	}
	if (!n || t->error)
		return;
	stream(t, !t->opt->server, want, n, t->received);
	for (ssize_t i = 0; i < n && t->wrong_at == UINT64_MAX; i++)
		if (data[i] != want[i] || t->received + i >= t->expected)
			t->wrong_at = t->received + i;
	t->received += n;
	/* read on, to tell how much came; but not for ever */
	if (t->received > t->expected * 16 + (64 << 20))
		fail(t, "FLOOD");
}

/* How many bytes may go now, at the rate asked for. */
static uint64_t allowance(const struct transfer *t)
{
	uint64_t left = t->to_send - t->sent, due;

	if (!t->header.rate || hurry || (t->opt->server && t->sent < t->opt->speak_first))
		return left;
	due = t->header.rate * (now_ms() - t->data_begin + 10) / 1000;
	if (due <= t->sent)
		return 0;
	return due - t->sent < left ? due - t->sent : left;
}

static void transmit(struct transfer *t)
{
	static uint8_t buf[65536];
	uint64_t len;
	ssize_t n;

	if (!t->opt->server && t->header_done < sizeof(t->header)) {
		n = send(t->fd, (uint8_t *)&t->header + t->header_done,
			 sizeof(t->header) - t->header_done, 0);
		if (n > 0)
			t->header_done += n;
		else if (errno != EAGAIN)
			fail_errno(t);
		return;
	}
	len = allowance(t);
	if (len > sizeof(buf))
		len = sizeof(buf);
	if (!len)
		return;
	stream(t, t->opt->server, buf, len, t->sent);
	n = send(t->fd, buf, len, 0);
	if (n > 0) {
		t->sent += n;
		t->idle_since = now_ms();
	} else if (errno != EAGAIN) {
		fail_errno(t);
	}
}

/* A subflow counts from its SYN on; a moment later it has joined, or is gone. */
static bool enough(const struct transfer *t)
{
	return t->enough_since && now_ms() - t->enough_since > 200;
}

void exchange(struct transfer *t)
{
	int64_t hold_until = 0;
	int error;
	socklen_t len = sizeof(error);

	t->stage = "transfer";
	t->data_begin = t->idle_since = now_ms();
	while (!t->error && !(t->got_fin && t->sent_fin)) {
		bool header = !t->opt->server && t->header_done < sizeof(t->header);
		bool sending = header || t->sent < t->to_send;
		/* the server speaks first, and is not interrupted */
		bool quiet = header && t->received < t->opt->speak_first;
		struct pollfd pfd = { t->fd, t->got_fin ? 0 : POLLIN, 0 };
		int wait = 20;

		if (!quiet && (header || allowance(t)))
			pfd.events |= POLLOUT;
		else if (sending)
			wait = 5;
		poll(&pfd, 1, wait);
		if (now_ms() >= t->next_sample)
			sample(t);
		if (pfd.revents & POLLIN)
			receive(t);
		if ((pfd.revents & POLLERR) && !getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len)) {
			errno = error;
			if (error)
				fail_errno(t);
		}
		if (!t->error && (pfd.revents & POLLOUT))
			transmit(t);
		if (now_ms() - t->idle_since > 1000 * (int64_t)(t->opt->timeout + t->header.hold))
			fail(t, "TIMEOUT");
		if (t->sent_fin || sending)
			continue;
		if (t->opt->server) {
			if (!t->got_fin)
				continue;
		} else if (!t->got_fin && !t->opt->half_close) {
			if (t->received < t->expected)
				continue;
			if (!hold_until) {
				hold_until = now_ms() + t->opt->hold * 1000ll;
				t->stage = "hold";
			}
			if (now_ms() < hold_until && !hurry && !enough(t))
				continue;
		}
		t->stage = "close";
		sample(t);
		shutdown(t->fd, SHUT_WR);
		t->sent_fin = true;
	}
}
