// SPDX-License-Identifier: GPL-2.0
/* The policy while memory is short: each command fails at its first allocation, at its second, and so
 * on, until it goes through. Whatever is said, the policy is the old one or the new one, exactly: the
 * old one where the command was refused, the new one where it succeeded.
 */
#include <arpa/inet.h>
#include <linux/mptcp_mb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faults.h"

#define ROUNDS 5			/* of each command, where a share of all allocations fails */

static int control = -1;		/* no fault is injected while this one is used */

/* --- what the policy is --- */

struct snapshot {
	size_t len;
	char text[16384];
};

static void append(struct snapshot *s, const void *data, size_t len)
{
	if (s->len + len > sizeof(s->text))
		quit("this policy is too large");
	memcpy(s->text + s->len, data, len);
	s->len += len;
}

/* All attributes but those that are not policy: a bit for each type */
static void append_attrs(struct snapshot *s, const struct nlattr *a, size_t len, uint32_t leave_out)
{
	const char *end = (const char *)a + len;

	for (; (const char *)a < end; a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len)))
		if (!(leave_out >> (a->nla_type & NLA_TYPE_MASK) & 1))
			append(s, a, a->nla_len);
}

static void note_settings(const struct nlattr *attrs, size_t len, void *data)
{
	const struct nlattr *nest = nl_find(attrs, len, MPTCP_MB_A_SETTINGS);

	append_attrs(data, nl_data(nest), nl_len(nest), 1 << MPTCP_MB_SET_GENERATION);
}

static void note_site(const struct nlattr *attrs, size_t len, void *data)
{
	const struct nlattr *nest = nl_find(attrs, len, MPTCP_MB_A_SITE);

	append(data, "site", 4);
	append_attrs(data, nl_data(nest), nl_len(nest), 1 << MPTCP_MB_SITE_HITS |
		     1 << MPTCP_MB_SITE_LAST_HIT | 1 << MPTCP_MB_SITE_TIMEOUT);
}

/* Hooks and all: one too many or too few would not show in the policy. */
static void note_status(const struct nlattr *attrs, size_t len, void *data)
{
	append_attrs(data, attrs, len, ~(1 << MPTCP_MB_STATUS_ARMED | 1 << MPTCP_MB_STATUS_HOOKS |
					 1 << MPTCP_MB_STATUS_SITES));
}

static void snapshot(struct snapshot *s)
{
	struct message m;

	memset(s, 0, sizeof(*s));
	nl_begin(&m, MPTCP_MB_CMD_STATUS_GET, 0);
	if (nl_call(control, &m, note_status, s) != DONE)
		quit("status");
	nl_begin(&m, MPTCP_MB_CMD_POLICY_GET, 0);
	if (nl_call(control, &m, note_settings, s) != DONE)
		quit("policy");
	nl_begin(&m, MPTCP_MB_CMD_SITE_GET, NLM_F_DUMP);
	if (nl_call(control, &m, note_site, s) != DONE)
		quit("sites");
}

static bool same(const struct snapshot *a, const struct snapshot *b)
{
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

/* --- commands --- */

struct entry {
	const char *prefix;		/* NULL: any */
	uint8_t len, action;
	uint16_t port;
	uint32_t mark;
	const char *from, *comment;
};

static size_t put_address(struct message *m, int type, const char *text)
{
	int af = strchr(text, ':') ? AF_INET6 : AF_INET;
	uint8_t address[16];
	size_t len = af == AF_INET ? 4 : 16;

	if (inet_pton(af, text, address) != 1)
		quit(text);
	nl_put(m, type, address, len);
	return len;
}

static enum result site(int fd, int cmd, const struct entry *e)
{
	struct nlattr *nest;
	struct message m;

	nl_begin(&m, cmd, 0);
	nest = nl_put(&m, MPTCP_MB_A_SITE, NULL, 0);
	if (e->prefix) {
		put_address(&m, MPTCP_MB_SITE_ADDRESS, e->prefix);
		if (e->len)
			nl_put_u8(&m, MPTCP_MB_SITE_PREFIX_LEN, e->len);
	}
	if (e->port)
		nl_put(&m, MPTCP_MB_SITE_PORT, &e->port, sizeof(e->port));
	if (e->mark)
		nl_put_u32(&m, MPTCP_MB_SITE_MARK, e->mark);
	if (e->from)
		put_address(&m, MPTCP_MB_SITE_FROM_ADDRESS, e->from);
	if (cmd != MPTCP_MB_CMD_SITE_DEL && cmd != MPTCP_MB_CMD_SITE_GET)
		nl_put_u8(&m, MPTCP_MB_SITE_ACTION, e->action);
	if (e->comment && cmd != MPTCP_MB_CMD_SITE_DEL)
		nl_put(&m, MPTCP_MB_SITE_COMMENT, e->comment, strlen(e->comment) + 1);
	nl_nest_end(&m, nest);
	return nl_call(fd, &m, NULL, NULL);
}

static enum result settings(int fd, uint8_t dflt, uint32_t rate)
{
	struct nlattr *nest;
	struct message m;

	nl_begin(&m, MPTCP_MB_CMD_POLICY_SET, 0);
	nest = nl_put(&m, MPTCP_MB_A_SETTINGS, NULL, 0);
	nl_put_u8(&m, MPTCP_MB_SET_DEFAULT, dflt);
	nl_put_u8(&m, MPTCP_MB_SET_LOCAL, 1);
	nl_put_u32(&m, MPTCP_MB_SET_RESET_RATE, rate);
	nl_nest_end(&m, nest);
	return nl_call(fd, &m, NULL, NULL);
}

static enum result command(int fd, int cmd, int flags)
{
	struct message m;

	nl_begin(&m, cmd, flags);
	return nl_call(fd, &m, NULL, NULL);
}

#define DENY MPTCP_MB_ACTION_DENY
#define ALLOW MPTCP_MB_ACTION_ALLOW

/* Of each kind that takes memory of its own kind; the last two under the same node of the trie */
static const struct entry old_entries[] = {
	{ .action = ALLOW },
	{ .prefix = "10.0.0.0", .len = 8, .action = DENY },
	{ .prefix = "10.1.0.0", .len = 16, .action = ALLOW, .comment = "a comment" },
	{ .prefix = "10.1.0.0", .len = 16, .action = DENY, .port = 443 },
	{ .prefix = "10.1.0.0", .len = 16, .action = DENY, .mark = 7 },
	{ .prefix = "10.1.2.0", .len = 24, .action = DENY, .from = "192.0.2.1" },
	{ .prefix = "fd00::", .len = 8, .action = DENY },
	{ .prefix = "fd01:2::", .len = 32, .action = ALLOW },
	{ .prefix = "172.16.0.0", .len = 12, .action = DENY },
	{ .prefix = "172.17.0.0", .len = 16, .action = DENY },
	{ .prefix = "172.18.0.0", .len = 16, .action = DENY },
};
#define OLD (sizeof(old_entries) / sizeof(*old_entries))

/* All or nothing: what is not committed goes with its socket. */
static enum result transaction(int fd, int last, uint8_t dflt, unsigned int first)
{
	enum result r = command(fd, MPTCP_MB_CMD_TXN_BEGIN, 0);

	for (unsigned int i = first; r == DONE && i < OLD; i++)
		r = site(fd, MPTCP_MB_CMD_SITE_ADD, &old_entries[i]);
	if (r == DONE)
		r = settings(fd, dflt, 500);
	if (r == DONE)
		return command(fd, last, 0);
	return REFUSED;
}

static enum result do_set(int fd) { return settings(fd, DENY, 77); }
static enum result do_flush(int fd) { return command(fd, MPTCP_MB_CMD_SITE_FLUSH, 0); }
static enum result do_abort(int fd) { return transaction(fd, MPTCP_MB_CMD_TXN_ABORT, DENY, 0); }
static enum result do_apply(int fd) { return transaction(fd, MPTCP_MB_CMD_TXN_COMMIT, DENY, 4); }
static enum result do_status(int fd) { return command(fd, MPTCP_MB_CMD_STATUS_GET, 0); }
static enum result do_get(int fd) { return command(fd, MPTCP_MB_CMD_POLICY_GET, 0); }
static enum result do_list(int fd) { return command(fd, MPTCP_MB_CMD_SITE_GET, NLM_F_DUMP); }
static enum result do_stats(int fd) { return command(fd, MPTCP_MB_CMD_STATS_GET, 0); }
static enum result do_stats_reset(int fd) { return command(fd, MPTCP_MB_CMD_STATS_RESET, 0); }
static enum result do_sessions(int fd) { return command(fd, MPTCP_MB_CMD_SESSION_GET, NLM_F_DUMP); }
static enum result do_refused(int fd) { return command(fd, MPTCP_MB_CMD_REFUSED_GET, NLM_F_DUMP); }
static enum result do_disarm(int fd) { return command(fd, MPTCP_MB_CMD_POLICY_FLUSH, 0); }

static enum result do_txn_flush(int fd)
{
	enum result r = command(fd, MPTCP_MB_CMD_TXN_BEGIN, 0);

	if (r == DONE)
		r = site(fd, MPTCP_MB_CMD_SITE_ADD, &old_entries[1]);
	if (r == DONE)
		r = command(fd, MPTCP_MB_CMD_SITE_FLUSH, 0);
	if (r == DONE)
		return command(fd, MPTCP_MB_CMD_TXN_COMMIT, 0);
	return REFUSED;
}

static enum result do_check(int fd)
{
	enum result r = command(fd, MPTCP_MB_CMD_TXN_BEGIN, 0);
	struct message m;

	if (r == DONE)
		r = site(fd, MPTCP_MB_CMD_SITE_ADD, &old_entries[1]);
	if (r != DONE)
		return REFUSED;
	nl_begin(&m, MPTCP_MB_CMD_TXN_COMMIT, 0);
	nl_put(&m, MPTCP_MB_A_DRY_RUN, NULL, 0);
	return nl_call(fd, &m, NULL, NULL);
}

static enum result do_add(int fd)
{
	return site(fd, MPTCP_MB_CMD_SITE_ADD, &(struct entry){
		.prefix = "10.1.2.3", .len = 32, .action = ALLOW });
}

static enum result do_add_sibling(int fd)
{
	return site(fd, MPTCP_MB_CMD_SITE_ADD, &(struct entry){
		.prefix = "172.19.0.0", .len = 16, .action = ALLOW });
}

static enum result do_add_long(int fd)
{
	return site(fd, MPTCP_MB_CMD_SITE_ADD, &(struct entry){
		.prefix = "fd01:2:3::", .len = 48, .action = DENY, .from = "fd02::1", .comment =
		"sixty-three bytes are as many as the comment of an entry may be" });
}

static enum result do_add_like(int fd)
{
	return site(fd, MPTCP_MB_CMD_SITE_ADD, &(struct entry){
		.prefix = "10.1.0.0", .len = 16, .action = DENY, .port = 80 });
}

static enum result do_replace(int fd)
{
	return site(fd, MPTCP_MB_CMD_SITE_REPLACE, &(struct entry){
		.prefix = "10.1.0.0", .len = 16, .action = DENY, .comment = "another one" });
}

static enum result do_del(int fd) { return site(fd, MPTCP_MB_CMD_SITE_DEL, &old_entries[9]); }
static enum result do_del_pair(int fd) { return site(fd, MPTCP_MB_CMD_SITE_DEL, &old_entries[7]); }

static enum result do_explain(int fd)
{
	return site(fd, MPTCP_MB_CMD_SITE_GET, &(struct entry){ .prefix = "10.1.2.3" });
}

/* Who listens hears of the changes of all that follow: events are made, too. */
static enum result do_listen(int fd)
{
	return nl_listen(fd) ? DONE : REFUSED;
}

struct op {
	const char *name;
	enum result (*run)(int fd);
};

/* --- one after the other --- */

static void base(void)
{
	int fd = nl_open();

	if (transaction(fd, MPTCP_MB_CMD_TXN_COMMIT, ALLOW, 0) != DONE)
		quit("a policy to begin with");
	close(fd);
}

static void fresh(void)
{
	close(control);
	if (unshare(CLONE_NEWNET))
		quit("a network namespace");
	control = nl_open();
}

/* Two that listen: an event is copied for the first of them. */
static void listen_twice(int *fd)
{
	for (int i = 0; i < 2; i++) {
		fd[i] = nl_open();
		if (!nl_listen(fd[i]))
			quit("cannot listen");
	}
}

static void judge(enum result r, const struct snapshot *is, const struct snapshot *old,
		  const struct snapshot *new)
{
	if (r == DONE && !same(is, new))
		wrong("it succeeded, and is not what it should be");
	else if (r == REFUSED && !same(is, old))
		wrong("it was refused (%s), and something changed", strerror(nl_error));
	else if (!same(is, old) && !same(is, new))
		wrong("neither the old nor the new policy is there");
}

/* Until it goes through without a fault; how many there were. */
static unsigned int exhaust(const struct op *op, void (*begin)(void))
{
	static struct snapshot old, new, is;
	int fd, ear[2] = { -1, -1 };
	unsigned int nth = 0;
	bool hit = true;
	enum result r;

	doing(op->name, 0);
	begin();
	snapshot(&old);
	fd = nl_open();
	r = op->run(fd);
	close(fd);
	if (r != DONE)
		quit(op->name);
	snapshot(&new);
	while (by_share() ? nth < ROUNDS : hit) {
		doing(op->name, ++nth);
		begin();
		listen_twice(ear);
		snapshot(&is);
		if (!same(&is, &old))
			wrong("the policy before it is not restored");
		fd = nl_open();
		arm(nth);
		r = op->run(fd);
		hit = disarm();
		/* its transaction goes with it, if there is one */
		close(fd);
		snapshot(&is);
		if (!hit && r != DONE && !by_share())
			wrong("without a fault it failed: %s", strerror(nl_error));
		judge(r, &is, &old, &new);
		close(ear[0]);
		close(ear[1]);
	}
	return by_share() ? nth : nth - 1;
}

static int run_all(const struct op *ops, void (*begin)(void))
{
	if (control < 0)
		control = nl_open();
	for (; ops->name; ops++)
		printf("# %s: %u faults\n", ops->name, exhaust(ops, begin));
	return wrongs;
}

int policy_run(void)
{
	static const struct op ops[] = {
		{ "policy set", do_set }, { "site add", do_add }, { "site add beside", do_add_sibling },
		{ "site add with all", do_add_long }, { "site add of a prefix that is there", do_add_like },
		{ "site replace", do_replace }, { "site del", do_del }, { "site del of two", do_del_pair },
		{ "site flush", do_flush }, { "policy apply", do_apply },
		{ "policy apply, emptied", do_txn_flush }, { "policy check", do_check },
		{ "an aborted transaction", do_abort }, { "status", do_status }, { "policy show", do_get },
		{ "site list", do_list }, { "site get", do_explain }, { "stats show", do_stats },
		{ "stats reset", do_stats_reset }, { "session list", do_sessions },
		{ "refused list", do_refused }, { "monitor", do_listen }, { "policy flush", do_disarm },
		{ NULL, NULL },
	};

	return run_all(ops, base);
}

static enum result arm_set(int fd) { return settings(fd, DENY, 77); }
static enum result arm_add(int fd) { return site(fd, MPTCP_MB_CMD_SITE_ADD, &old_entries[1]); }
static enum result arm_apply(int fd) { return transaction(fd, MPTCP_MB_CMD_TXN_COMMIT, DENY, 8); }

int arming_run(void)
{
	static const struct op ops[] = {
		{ "arming by policy set", arm_set }, { "arming by site add", arm_add },
		{ "arming by policy apply", arm_apply }, { NULL, NULL },
	};

	return run_all(ops, fresh);
}

/* Most allocations are others': every @stride-th, and each time others. */
int namespaces_run(unsigned int stride)
{
	unsigned int nth = 1 + getpid() % stride, made = 0, failed = 0;
	struct snapshot s;
	bool hit = true;

	for (; hit; nth += stride) {
		doing("a new network namespace", nth);
		arm(nth);
		if (unshare(CLONE_NEWNET))
			failed++;
		else
			made++;
		hit = disarm();
		if (hit || control < 0)
			continue;
		close(control);
		control = -1;
	}
	control = nl_open();
	if (arm_apply(control) != DONE)
		wrong("it does not work in the last one");
	snapshot(&s);
	printf("# namespaces: %u made, %u not\n", made, failed);
	return wrongs;
}
