// SPDX-License-Identifier: GPL-2.0
/* Transactions, while another thread opens and closes sockets that have no part in them. */
#include <pthread.h>

#include "nlfuzz_entries.h"

static volatile bool enough;

/* The first socket of a process gets its pid for a number, and so does the next one after it. */
static void *come_and_go(void *arg)
{
	struct sock s;

	while (!enough) {
		sock_open(&s, true, RECEIVE_MAX);
		sock_close(&s);
	}
	return arg;
}

/**
 * play_threads() - transactions, beside that other thread
 * @rounds:	transactions
 *
 * Return: 0
 */
int play_threads(uint64_t rounds)
{
	bool there[ENTRIES];
	pthread_t thread;
	struct answer a;
	struct sock s;

	sock_open(&s, true, RECEIVE_MAX);
	expect("policy flush", 0, request(&s, MPTCP_MB_CMD_POLICY_FLUSH, -1, 0, &a));
	sock_close(&s);
	if (pthread_create(&thread, NULL, come_and_go, NULL))
		quit("thread");
	while (rounds--) {
		sock_open(&s, true, RECEIVE_MAX);
		expect("begin", 0, request(&s, MPTCP_MB_CMD_TXN_BEGIN, -1, 0, &a));
		expect("add", 0, request(&s, MPTCP_MB_CMD_SITE_ADD, 1, MPTCP_MB_ACTION_DENY, &a));
		expect("abort", 0, request(&s, MPTCP_MB_CMD_TXN_ABORT, -1, 0, &a));
		sock_close(&s);
	}
	enough = true;
	pthread_join(thread, NULL);
	entries_in_force(there);
	if (there[1])
		wrong(NULL, 0, "what a transaction said is in force");
	return 0;
}
