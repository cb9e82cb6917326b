// SPDX-License-Identifier: GPL-2.0
/* What is played while memory is short, story by story; stage.c says what for. */
#include <arpa/inet.h>
#include <linux/mptcp_mb.h>
#include <string.h>
#include <unistd.h>

#include "stories.h"

#define DENY MPTCP_MB_ACTION_DENY
#define ALLOW MPTCP_MB_ACTION_ALLOW
#define JOINS 24			/* more than a message of the usual size has room for */

static void run_joined(void)
{
	whole_session();
	join_session();
}

/* Somebody else's keys come first. */
static void run_claimed(void)
{
	begin_session();
	pass(&now.first, 0, SYN, 0, "mpc");
	pass(&now.first, 1, SYN | ACK, 0, "mpc");
	pass(&now.first, 0, ACK, 0, "forged badkey mpc");
	pass(&now.first, 0, ACK, 0, "mpc");
	exchange(&now.first);
}

/* A server of version 0 announces an address, and is joined there before it has sent data. */
static void run_named(void)
{
	bool v4;

	begin_session();
	v4 = now.family == AF_INET;
	now.session.version = 0;
	session_begin(&now.session);
	open_conn(&now.first, "mpc");
	pass(&now.first, 0, PSH | ACK, 10, "dss");
	pass(&now.first, 1, ACK, 0, v4 ? "dss addaddr0=10.2.1.9" : "dss addaddr0=fd02:1::9");
	new_conn(&now.join, &now.session, now.family, 2);
	inet_pton(now.family, v4 ? "10.2.1.9" : "fd02:1::9", now.join.addr[1]);
	open_conn(&now.join, "join");
	exchange(&now.join);
}

/* The same addresses and ports for another one */
static void run_again(void)
{
	struct conn before;

	whole_session();
	pass(&now.first, 0, FIN | ACK, 0, "dss");
	pass(&now.first, 1, FIN | ACK, 0, "dss");
	pass(&now.first, 0, ACK, 0, "dss");
	before = now.first;
	begin_session();
	memcpy(now.first.port, before.port, sizeof(before.port));
	open_conn(&now.first, "mpc");
	exchange(&now.first);
}

static void run_bad_join(void)
{
	whole_session();
	new_conn(&now.join, &now.session, now.family, 2);
	pass(&now.join, 0, SYN, 0, "join");
	way_send(&now.join, 1, SYN | ACK, 0, "badhmac join", 1);
}

static void run_handshake(void)
{
	begin_session();
	pass(&now.first, 0, SYN, 0, "mpc");
	pass(&now.first, 1, SYN | ACK, 0, "mpc");
}

static void run_handshake_local(void)
{
	begin_session();
	make_local(&now.first);
	pass(&now.first, 0, SYN, 0, "mpc");
}

static void run_refused(void)
{
	begin_session();
	for (int i = 0; i < 2; i++)
		way_send(&now.first, 0, SYN, 0, "forged mpc", 1);
}

/* Both ends know of it. */
static void run_refused_data(void)
{
	prepare_conn();
	for (int i = 0; i < 2; i++)
		way_send(&now.first, 0, PSH | ACK, 10, "forged dss", 1);
}

static void run_announced(void)
{
	whole_session();
	pass(&now.first, 1, ACK, 0, "addaddr");
}

static void run_announced_local(void)
{
	prepare_conn();
	make_local(&now.first);
	pass(&now.first, 0, ACK, 0, "addaddr");
}

static void prepare_many(void)
{
	whole_session();
	for (int i = 0; i < JOINS; i++)
		join_session();
	now.id = look_up().id;
	/* a reader who has not shown that there is room for long messages */
	close(asker);
	nl_room = 3000;
	asker = nl_open();
	nl_room = 65536;
}

static void run_list(void)
{
	struct message m;

	nl_begin(&m, MPTCP_MB_CMD_SESSION_GET, NLM_F_DUMP);
	nl_call(asker, &m, NULL, NULL);
}

static void run_get(void)
{
	ask(MPTCP_MB_CMD_SESSION_GET);
}

static void run_get_refused(void)
{
	struct message m;

	nl_begin(&m, MPTCP_MB_CMD_REFUSED_GET, 0);
	nl_call(asker, &m, NULL, NULL);
}

const struct setup allowing = { ALLOW, MPTCP_MB_VERDICT_STRIP, MPTCP_MB_VERDICT_DROP, 0 };
static const struct setup stripping = { DENY, MPTCP_MB_VERDICT_STRIP, MPTCP_MB_VERDICT_DROP, 0 };
static const struct setup resetting = { DENY, MPTCP_MB_VERDICT_RESET, MPTCP_MB_VERDICT_RESET, 0 };
static const struct setup dropping = { DENY, MPTCP_MB_VERDICT_DROP, MPTCP_MB_VERDICT_DROP, 0 };
static const struct setup blocking = { ALLOW, MPTCP_MB_VERDICT_STRIP, 0, MPTCP_MB_ANNOUNCE_BLOCK };

const struct story stories[] = {
	{ "a session with a join", &allowing, NULL, run_joined, judge_joined, false },
	{ "a session claimed by others before", &allowing, NULL, run_claimed, judge_session, false },
	{ "a session of an announced address", &allowing, NULL, run_named, judge_joined, false },
	{ "a session where one has been", &allowing, NULL, run_again, judge_session, false },
	{ "a join of somebody else", &allowing, NULL, run_bad_join, judge_nothing, false },
	{ "a handshake stripped", &stripping, NULL, run_handshake, judge_stripped, false },
	{ "a handshake with the gateway stripped", &stripping, NULL, run_handshake_local, judge_stripped,
	  true },
	{ "a handshake reset", &resetting, NULL, run_refused, judge_reset, false },
	{ "a handshake dropped", &dropping, NULL, run_refused, judge_dropped, false },
	{ "data reset", &resetting, NULL, run_refused_data, judge_reset, false },
	{ "an announcement blocked", &blocking, NULL, run_announced, judge_blocked, false },
	{ "an announcement to the gateway blocked", &blocking, NULL, run_announced_local, judge_blocked,
	  true },
	{ "a session closed", &allowing, prepare_session, close_session, judge_closed, false },
	{ "a connection reset", &allowing, prepare_conn, reset_conn, judge_reset_conn, false },
	{ "session list, long", &allowing, prepare_many, run_list, judge_nothing, false },
	{ "session get", &allowing, prepare_session, run_get, judge_nothing, false },
	{ "refused get", &dropping, run_refused, run_get_refused, judge_nothing, false },
};

const unsigned int stories_n = sizeof(stories) / sizeof(*stories);
