// SPDX-License-Identifier: GPL-2.0
/* Transactions that sockets open, fill, leave and commit, beside a model of what must come of it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nlfuzz_entries.h"

#define SOCKETS		6

/**
 * struct model - what must be
 * @live:	entries in force
 * @cand:	of the open transaction
 * @holder:	index of the socket that has it, or -1
 * @socks:	sockets
 */
static struct model {
	bool live[ENTRIES], cand[ENTRIES];
	int holder;
	struct sock socks[SOCKETS];
} model;

static bool *target(int i)
{
	return model.holder == i ? model.cand : model.live;
}

static void forget(void)
{
	model.holder = -1;
	memset(model.cand, 0, sizeof(model.cand));
}

static void act_begin(int i, struct rng *r)
{
	struct answer a;

	(void)r;
	expect("begin", model.holder < 0 ? 0 : EBUSY,
	       request(&model.socks[i], MPTCP_MB_CMD_TXN_BEGIN, -1, 0, &a));
	if (model.holder < 0)
		model.holder = i;
}

static void act_add(int i, struct rng *r)
{
	const int entry = below(r, ENTRIES);
	struct answer a;

	expect("add", target(i)[entry] ? EEXIST : 0,
	       request(&model.socks[i], MPTCP_MB_CMD_SITE_ADD, entry, MPTCP_MB_ACTION_DENY, &a));
	target(i)[entry] = true;
}

static void act_del(int i, struct rng *r)
{
	const int entry = below(r, ENTRIES);
	struct answer a;

	expect("del", target(i)[entry] ? 0 : ENOENT,
	       request(&model.socks[i], MPTCP_MB_CMD_SITE_DEL, entry, -1, &a));
	target(i)[entry] = false;
}

static void act_commit(int i, struct rng *r)
{
	struct answer a;

	(void)r;
	expect("commit", model.holder == i ? 0 : ENOENT,
	       request(&model.socks[i], MPTCP_MB_CMD_TXN_COMMIT, -1, 0, &a));
	if (model.holder != i)
		return;
	memcpy(model.live, model.cand, sizeof(model.live));
	forget();
}

static void act_dry_run(int i, struct rng *r)
{
	struct message m;
	struct answer a;

	(void)r;
	make_plain(&m, command_of(MPTCP_MB_CMD_TXN_COMMIT), NLM_F_ACK);
	put_attr(&m, MPTCP_MB_A_DRY_RUN, NULL, 0);
	ask(&model.socks[i], &m, &a);
	expect("dry run", model.holder == i ? 0 : ENOENT, a.errnum);
	if (model.holder == i)
		forget();
}

static void act_abort(int i, struct rng *r)
{
	struct answer a;

	(void)r;
	expect("abort", model.holder == i ? 0 : ENOENT,
	       request(&model.socks[i], MPTCP_MB_CMD_TXN_ABORT, -1, 0, &a));
	if (model.holder == i)
		forget();
}

static void act_site_flush(int i, struct rng *r)
{
	struct answer a;

	(void)r;
	expect("site flush", 0, request(&model.socks[i], MPTCP_MB_CMD_SITE_FLUSH, -1, 0, &a));
	memset(target(i), 0, ENTRIES);
}

static void act_policy_flush(int i, struct rng *r)
{
	struct answer a;

	(void)r;
	expect("policy flush", model.holder == i ? EBUSY : 0,
	       request(&model.socks[i], MPTCP_MB_CMD_POLICY_FLUSH, -1, 0, &a));
	if (model.holder != i)
		memset(model.live, 0, ENTRIES);
}

/* Closed in the midst: answers unread, a dump not read to its end */
static void act_close(int i, struct rng *r)
{
	struct sock *s = &model.socks[i];
	struct message m;
	uint32_t first;

	if (chance(r, 50)) {
		make_plain(&m, command_of(MPTCP_MB_CMD_SITE_GET), NLM_F_DUMP);
		number_messages(&m, &first);
		sock_send(s, &m);
	}
	if (chance(r, 50)) {
		make_plain(&m, command_of(MPTCP_MB_CMD_STATUS_GET), NLM_F_ACK);
		number_messages(&m, &first);
		sock_send(s, &m);
	}
	sock_close(s);
	sock_open(s, i % 2, RECEIVE_MAX);
	if (model.holder == i)
		forget();
}

/* Begins, states and is killed, in another process */
static void act_kill(int i, struct rng *r)
{
	struct answer a;
	struct sock s;
	int said[2];
	pid_t pid;
	char c;

	(void)i;
	if (pipe(said))
		quit("pipe");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		quit("fork");
	if (!pid) {
		sock_open(&s, true, RECEIVE_MAX);
		if (request(&s, MPTCP_MB_CMD_TXN_BEGIN, -1, 0, &a) == 0)
			request(&s, MPTCP_MB_CMD_SITE_ADD, below(r, ENTRIES), MPTCP_MB_ACTION_DENY, &a);
		if (write(said[1], a.errnum ? "n" : "y", 1) == 1)
			pause();
		_exit(0);
	}
	if (read(said[0], &c, 1) != 1)
		quit("child");
	expect("begin of a child", model.holder < 0 ? 'y' : 'n', c);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(said[0]);
	close(said[1]);
}

/* The transaction is the socket's, not the process's that began it. */
static void act_inherit(int i, struct rng *r)
{
	struct sock *s = &model.socks[i];
	struct answer a;
	pid_t pid;

	(void)r;
	if (model.holder != i)
		return;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		quit("fork");
	if (!pid) {
		pause();
		_exit(0);
	}
	sock_close(s);
	sock_open(s, i % 2, RECEIVE_MAX);
	expect("begin while a child has the socket", EBUSY, request(s, MPTCP_MB_CMD_TXN_BEGIN, -1, 0, &a));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	forget();
}

/* Of another protocol, with the number of the socket that has the transaction */
static void act_other(int i, struct rng *r)
{
	struct sockaddr_nl sa;
	socklen_t len = sizeof(sa);
	int fd;

	(void)i;
	(void)r;
	if (model.holder < 0)
		return;
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (getsockname(model.socks[model.holder].fd, (struct sockaddr *)&sa, &len) ||
	    fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		quit("another socket");
	close(fd);
}

static void act_verify(int i, struct rng *r)
{
	bool there[ENTRIES], held;

	(void)i;
	(void)r;
	entries_in_force(there);
	held = transaction_open();
	if (memcmp(there, model.live, sizeof(there)))
		wrong(there, sizeof(there), "the entries in force are not those that were stated");
	if (held != (model.holder >= 0))
		wrong(NULL, 0, held ? "a transaction is open that nobody has" : "the transaction is gone");
}

static const struct {
	void (*act)(int i, struct rng *r);
	unsigned int weight;
} acts[] = {
	{ act_begin, 150 }, { act_add, 350 }, { act_del, 150 }, { act_commit, 10 }, { act_dry_run, 10 },
	{ act_abort, 60 }, { act_site_flush, 10 }, { act_policy_flush, 5 }, { act_close, 100 },
	{ act_kill, 15 }, { act_inherit, 15 }, { act_verify, 40 }, { act_other, 15 },
};

static void act(struct rng *r)
{
	unsigned int total = 0, i, n;

	for (i = 0; i < COUNT(acts); i++)
		total += acts[i].weight;
	n = below(r, total);
	for (i = 0; n >= acts[i].weight; i++)
		n -= acts[i].weight;
	acts[i].act(below(r, SOCKETS), r);
}

/* A transaction may be left open as long as its socket; entries run out in it as elsewhere. */
static void leave_open(void)
{
	const struct timespec pause = { 1, 300000000 };
	const uint32_t timeout = 1;
	struct nlattr *nest;
	struct message m;
	struct answer a;
	struct rng r = { 1 };

	act_abort(0, &r);
	if (model.holder >= 0)
		act_close(model.holder, &r);
	act_begin(0, &r);
	make_plain(&m, command_of(MPTCP_MB_CMD_SITE_ADD), NLM_F_ACK);
	put_entry(&m, 0, MPTCP_MB_ACTION_DENY);
	nest = (void *)(m.buf + NLMSG_LENGTH(GENL_HDRLEN));
	put_attr(&m, MPTCP_MB_SITE_TIMEOUT, &timeout, sizeof(timeout));
	nest_end(&m, nest);
	ask(&model.socks[0], &m, &a);
	expect("an entry with a timeout", 0, a.errnum);
	expect("another one", 0, request(&model.socks[0], MPTCP_MB_CMD_SITE_ADD, 1, MPTCP_MB_ACTION_DENY, &a));
	nanosleep(&pause, NULL);
	act_begin(1, &r);
	model.cand[1] = true;
	act_commit(0, &r);
	act_verify(0, &r);
}

/**
 * play_transactions() - open, fill, leave
 * @rounds:	things to do
 *
 * Return: 0
 */
int play_transactions(uint64_t rounds)
{
	struct rng r = { env.seed };
	int i;

	model.holder = -1;
	for (i = 0; i < SOCKETS; i++)
		sock_open(&model.socks[i], i % 2, RECEIVE_MAX);
	act_policy_flush(0, &r);
	while (rounds--)
		act(&r);
	leave_open();
	for (i = 0; i < SOCKETS; i++)
		sock_close(&model.socks[i]);
	model.holder = -1;
	act_verify(0, &r);
	return 0;
}
