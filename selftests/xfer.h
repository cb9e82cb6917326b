/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XFER_H
#define XFER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif

#define HEADER_MAGIC 0x7866657231303030ull

struct header {
	uint64_t magic, seed, to_server, to_client, rate, hold, check;
};

struct options {
	bool server, tcp, dual, half_close;
	int family, port, local_port, count, timeout;
	unsigned int subflows;
	const char *address, *bind;
	uint64_t bytes, receive, rate, hold, seed, speak_first;
};

struct transfer {
	const struct options *opt;
	int fd;
	const char *stage, *error;
	struct header header;
	size_t header_done;		/* bytes of it sent (client) or read (server) */
	uint64_t to_send, sent, expected, received, wrong_at;
	bool verified, sent_fin, got_fin;
	int64_t begin, data_begin, connected, idle_since;
	bool mptcp;			/* MPTCP now, as the kernel says */
	unsigned int subflows, addrs;	/* the most there ever were */
	uint32_t token;
	struct {			/* MPTCP_INFO: of the last sample */
		bool counts;		/* bytes are counted: Linux 6.5 and later */
		uint64_t sent, received, acked, write_seq, snd_una, rcv_nxt;
	} kernel;
	int64_t next_sample, enough_since;	/* enough: --subflows many */
};

extern volatile sig_atomic_t hurry;	/* no --rate, no --hold any more */

int64_t now_ms(void);
uint64_t header_check(const struct header *h);

/* Only the first failure of a transfer is told. */
void fail(struct transfer *t, const char *error);
void fail_errno(struct transfer *t);

/* Asks the kernel about the connection: MPTCP still, how many subflows. */
void sample(struct transfer *t);

/* Both directions at once, until both are closed or one fails. */
void exchange(struct transfer *t);

#endif
