// SPDX-License-Identifier: GPL-2.0
/* What happens to segments while memory is short. A story is played until none of its allocations
 * fails; after each it is judged:
 *
 * - What the policy allows is not refused. A segment may be lost, for the kernel needs memory to forward
 *   it, but not twice. What the gateway fails to learn it must know that it does not know: it says that
 *   learning is impaired, and judges strangers mildly (orphan-grace).
 * - What the policy denies does not pass.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/mptcp_mb.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"
#include "way.h"

#define DENY MPTCP_MB_ACTION_DENY
#define ALLOW MPTCP_MB_ACTION_ALLOW
#define FLOOD 300			/* makes tables larger three times */
#define JOINS 24			/* more than a message of the usual size has room for */

static int control = -1, asker = -1, ears[2];
static uint64_t counter[COUNTERS];

/* The session that a story is about, and its connections */
static struct {
	int family;
	struct session session;
	struct conn first, join;
	unsigned int lost;		/* segments that never came out */
	bool passed;			/* one that was not to */
	uint32_t id;
	enum result result;
} now;

/* --- steps --- */

static unsigned int tries(void)
{
	return by_share() ? 2000 : 3;
}

static void pass(struct conn *c, int side, uint8_t flags, unsigned int len, const char *words)
{
	now.lost += !way_send(c, side, flags, len, words, tries());
}

static void open_conn(struct conn *c, const char *word)
{
	pass(c, 0, SYN, 0, word);
	pass(c, 1, SYN | ACK, 0, word);
	pass(c, 0, ACK, 0, word);
}

static void exchange(struct conn *c)
{
	pass(c, 0, PSH | ACK, 10, "dss");
	pass(c, 1, ACK, 0, "dss");
	pass(c, 1, PSH | ACK, 20, "dss");
	pass(c, 0, ACK, 0, "dss");
}

static void begin_session(void)
{
	new_session(&now.session);
	new_conn(&now.first, &now.session, now.family, 1);
}

static void whole_session(void)
{
	begin_session();
	open_conn(&now.first, "mpc");
	exchange(&now.first);
}

static void join_session(void)
{
	new_conn(&now.join, &now.session, now.family, 2);
	open_conn(&now.join, "join");
	pass(&now.join, 1, ACK, 0, "dss");
	exchange(&now.join);
}

/* As often as it takes: a fault may be under way. */
static void write_file(const char *path, const char *text)
{
	int fd;

	for (int i = 0; i < 100; i++) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, text, strlen(text)) == (ssize_t)strlen(text)) {
			close(fd);
			return;
		}
		close(fd);
	}
	quit(path);
}

/* --- what the gateway knows --- */

struct known {
	bool found, impaired;
	uint8_t state;
	uint32_t id;
	unsigned int live;
};

static uint32_t get_u32(const struct nlattr *nest, int type)
{
	const struct nlattr *a = nl_find(nl_data(nest), nl_len(nest), type);
	uint32_t v = 0;

	if (a)
		memcpy(&v, nl_data(a), nl_len(a) < 4 ? nl_len(a) : 4);
	return v;
}

static void note_session(const struct nlattr *attrs, size_t len, void *data)
{
	const struct nlattr *s = nl_find(attrs, len, MPTCP_MB_A_SESSION), *a;
	struct known *k = data;
	const char *end;

	if (!s || get_u32(s, MPTCP_MB_SESSION_CLIENT_PORT) != now.first.port[0] ||
	    get_u32(s, MPTCP_MB_SESSION_SERVER_TOKEN) != now.session.token[1])
		return;
	k->found = true;
	k->state = get_u32(s, MPTCP_MB_SESSION_STATE);
	k->id = get_u32(s, MPTCP_MB_SESSION_ID);
	end = (const char *)nl_data(s) + nl_len(s);
	for (a = nl_data(s); (const char *)a < end; a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len)))
		if ((a->nla_type & NLA_TYPE_MASK) == MPTCP_MB_SESSION_SUBFLOW)
			k->live += get_u32(a, MPTCP_MB_SUBFLOW_STATE) == MPTCP_MB_SUBFLOW_STATE_LIVE;
}

static void note_impaired(const struct nlattr *attrs, size_t len, void *data)
{
	const struct nlattr *a = nl_find(attrs, len, MPTCP_MB_STATUS_IMPAIRED);

	((struct known *)data)->impaired = a && *(const uint8_t *)nl_data(a);
}

static struct known look_up(void)
{
	struct known k = { .found = false };
	struct message m;

	nl_begin(&m, MPTCP_MB_CMD_SESSION_GET, NLM_F_DUMP);
	if (nl_call(control, &m, note_session, &k) != DONE)
		quit("sessions");
	nl_begin(&m, MPTCP_MB_CMD_STATUS_GET, 0);
	if (nl_call(control, &m, note_impaired, &k) != DONE)
		quit("status");
	return k;
}

/* Refused by policy, with whatever answer */
static uint64_t refusals(void)
{
	uint64_t n = 0;

	for (int i = MPTCP_MB_COUNTER_EXIT_DROP_DEFAULT; i <= MPTCP_MB_COUNTER_EXIT_RESET_MIDSTREAM; i++)
		if (i != MPTCP_MB_COUNTER_EXIT_DROP_NOMEM)
			n += counter[i];
	return n;
}

/* --- judges --- */

static void judge_allowed(unsigned int live)
{
	struct known k = look_up();

	if (now.lost && !by_share())
		wrong("%u segments are lost that were sent again", now.lost);
	if (refusals())
		wrong("the policy allows all, and %llu segments were refused",
		      (unsigned long long)refusals());
	/* what was lost for good, at a high rate, it could not learn from */
	if (now.lost || k.impaired)
		return;
	if (!k.found || k.state != MPTCP_MB_SESSION_STATE_CONFIRMED)
		wrong("the session is not known, and learning is not impaired: state %d",
		      k.found ? k.state : -1);
	else if (k.live != live)
		wrong("of %u subflows %u are known, and learning is not impaired", live, k.live);
}

static void judge_session(void)
{
	judge_allowed(1);
}

static void judge_joined(void)
{
	judge_allowed(2);
}

/* No handshake of MPTCP gets through; @stripped: but one of TCP */
static void judge_denied(bool stripped)
{
	uint64_t done = counter[MPTCP_MB_COUNTER_EXIT_STRIP_DEFAULT];
	unsigned int out = 0;

	for (struct seen *s = seen; s < seen + seen_n; s++) {
		if (!(s->flags & SYN))
			continue;
		out++;
		if (s->mptcp)
			wrong("a denied %s passed with its options", s->flags & ACK ? "SYN/ACK" : "SYN");
		else if (!stripped)
			wrong("a denied SYN passed without its options");
	}
	if (stripped && out > done)
		wrong("%u segments came out stripped, %llu are counted", out, (unsigned long long)done);
	if (stripped && now.lost && !by_share())
		wrong("%u segments are lost that were sent again", now.lost);
}

static void judge_stripped(void)
{
	judge_denied(true);
}

/* Whoever sent it hears of it, or it is counted that he does not. */
static void judge_reset(void)
{
	unsigned int rst = 0;

	judge_denied(false);
	for (struct seen *s = seen; s < seen + seen_n; s++)
		rst += !!(s->flags & RST);
	if (seen_lost)
		return;
	if (rst + (injector == INJECT_KERNEL) < counter[MPTCP_MB_COUNTER_RESET_SENT] && !by_share())
		wrong("%u resets came out, %llu are counted", rst,
		      (unsigned long long)counter[MPTCP_MB_COUNTER_RESET_SENT]);
	if (!by_share() && !rst)
		wrong("nobody was told, not the second time either");
}

static void judge_dropped(void)
{
	judge_denied(false);
}

/* Announcements that pass have no HMAC any more. */
static void judge_blocked(void)
{
	static const uint8_t zero[8];

	for (struct seen *s = seen; s < seen + seen_n; s++)
		for (unsigned int i = 0; i + 16 <= s->options_len; i++)
			if (s->options[i] == 30 && s->options[i + 1] == 16 &&
			    s->options[i + 2] >> 4 == 3 && memcmp(s->options + i + 8, zero, 8))
				wrong("an announcement passed with its HMAC");
	if (now.lost && !by_share())
		wrong("%u segments are lost that were sent again", now.lost);
}

static void judge_nothing(void)
{
}

/* --- closing --- */

static bool ended[2];			/* hosts that were reset */
static unsigned int answered;		/* of seen[] */

static void prepare_session(void)
{
	whole_session();
	now.id = look_up().id;
	if (!now.id)
		quit("the session to begin with is not known");
	way_forget();
	answered = 0;
	ended[0] = ended[1] = false;
}

/* The hosts answer, as Linux does, what is old: one that has ended by a reset, another by an ACK. */
static void answer(void)
{
	struct conn *c = &now.first;

	way_look();
	for (; answered < seen_n; answered++) {
		const struct seen *s = &seen[answered];
		int host = s->at;

		if (s->dport != c->port[host])
			continue;
		if ((s->flags & RST) && s->seq == c->nxt[!host])
			ended[host] = true;
		else if (s->seq + 1 == c->nxt[!host])
			way_send(c, host, ended[host] ? RST : ACK, 0, "forged", 1);
	}
}

static void ask(int cmd)
{
	struct message m;

	nl_begin(&m, cmd, 0);
	nl_put_u32(&m, MPTCP_MB_A_SESSION_ID, now.id);
	now.result = nl_call(asker, &m, NULL, NULL);
}

static void close_session(void)
{
	ask(MPTCP_MB_CMD_SESSION_CLOSE);
	answer();
	answer();
}

static void judge_closed(void)
{
	struct known k = look_up();

	if (now.result == REFUSED) {
		if (!k.found || k.state != MPTCP_MB_SESSION_STATE_CONFIRMED)
			wrong("closing was refused, and its state is %d", k.found ? k.state : -1);
		ask(MPTCP_MB_CMD_SESSION_CLOSE);
		if (now.result != DONE)
			wrong("closing does not work afterwards: %s", strerror(nl_error));
	}
	/* tries are a second apart */
	for (int i = 0; i < 100 && k.state != MPTCP_MB_SESSION_STATE_CLOSED; i++) {
		answer();
		k = look_up();
		if (k.state != MPTCP_MB_SESSION_STATE_CLOSED)
			nanosleep(&(struct timespec){ 0, 30000000 }, NULL);
	}
	if (k.state != MPTCP_MB_SESSION_STATE_CLOSED)
		wrong("after three seconds it is not closed but %d", k.state);
	else if (!ended[0] || !ended[1])
		wrong("it is closed, and a host was not reset");
}

/* A connection of which nothing is known is reset when something of it passes. */
static void reset_conn(void)
{
	size_t len = now.family == AF_INET ? 4 : 16;
	struct conn *c = &now.first;
	struct message m;

	nl_begin(&m, MPTCP_MB_CMD_SESSION_RESET, 0);
	nl_put(&m, MPTCP_MB_A_SOURCE, c->addr[0], len);
	nl_put(&m, MPTCP_MB_A_SOURCE_PORT, &c->port[0], 2);
	nl_put(&m, MPTCP_MB_A_DESTINATION, c->addr[1], len);
	nl_put(&m, MPTCP_MB_A_DESTINATION_PORT, &c->port[1], 2);
	now.result = nl_call(asker, &m, NULL, NULL);
	now.passed = way_send(c, 0, PSH | ACK, 10, "forged dss", 1);
}

static void prepare_conn(void)
{
	begin_session();
	for (int side = 0; side < 2; side++)
		now.first.nxt[side]++;
}

static void judge_reset_conn(void)
{
	bool told[3] = { false };
	unsigned int rst = 0;

	if (now.result == REFUSED) {
		reset_conn();
		if (now.result != DONE)
			wrong("it does not work afterwards: %s", strerror(nl_error));
	}
	/* Who was not told hears of it with the next segment. What is late, after both were, may pass. */
	if (!by_share())
		way_send(&now.first, 0, PSH | ACK, 10, "forged dss", 1);
	for (struct seen *s = seen; s < seen + seen_n; s++) {
		rst += !!(s->flags & RST);
		if (s->flags & RST)
			told[s->at] = true;
	}
	if (now.result == DONE && now.passed && !by_share())
		wrong("a segment of a connection that is to be reset passed");
	/* what was sent may be lost on its way, by the one fault */
	if (by_share() || seen_lost)
		return;
	if (!(told[0] && told[1]) && counter[MPTCP_MB_COUNTER_RESET_SENT] < 2)
		wrong("not both ends were told");
	if (rst + (injector == INJECT_KERNEL) < counter[MPTCP_MB_COUNTER_RESET_SENT])
		wrong("%u resets came out, %llu are counted", rst,
		      (unsigned long long)counter[MPTCP_MB_COUNTER_RESET_SENT]);
}

/* --- stories --- */

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

/* Sessions of many clients, then as many joins as may be pending, and the tables' own work has no
 * chance to make them larger in time: no other task runs meanwhile.
 */
static void run_flood(void)
{
	static struct session sessions[FLOOD];
	struct sched_param first = { .sched_priority = 1 }, usual = { .sched_priority = 0 };

	write_file("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		quit("sched_setscheduler");
	for (unsigned int i = 0; i < FLOOD; i++) {
		begin_session();
		new_conn(&now.first, &now.session, now.family, i);
		now.first.nxt[0]++;
		now.first.nxt[1]++;
		pass(&now.first, 0, ACK, 0, "mpc");
		pass(&now.first, 0, PSH | ACK, 10, "dss");
		pass(&now.first, 1, ACK, 0, "dss");
		sessions[i] = now.session;
		way_forget();
	}
	for (unsigned int i = 0; i < FLOOD; i++) {
		new_conn(&now.join, &sessions[i], now.family, i + FLOOD);
		pass(&now.join, 0, SYN, 0, "join");
		pass(&now.join, 1, SYN | ACK, 0, "join");
		way_forget();
	}
	sched_setscheduler(0, SCHED_OTHER, &usual);
	write_file("/proc/sys/kernel/sched_rt_runtime_us", "950000");
}

static void judge_flood(void)
{
	uint64_t learnt = counter[MPTCP_MB_COUNTER_SESSION_LEARNT];

	if (refusals())
		wrong("the policy allows all, and %llu segments were refused",
		      (unsigned long long)refusals());
	if (learnt < FLOOD && !look_up().impaired)
		wrong("%llu of %u sessions are learnt, and learning is not impaired",
		      (unsigned long long)learnt, FLOOD);
}

/* What differs from the initial policy */
struct setup {
	uint8_t dflt, fallback, midstream, add_addr;
};

static const struct setup allowing = { ALLOW, MPTCP_MB_VERDICT_STRIP, MPTCP_MB_VERDICT_DROP, 0 };
static const struct setup stripping = { DENY, MPTCP_MB_VERDICT_STRIP, MPTCP_MB_VERDICT_DROP, 0 };
static const struct setup resetting = { DENY, MPTCP_MB_VERDICT_RESET, MPTCP_MB_VERDICT_RESET, 0 };
static const struct setup dropping = { DENY, MPTCP_MB_VERDICT_DROP, MPTCP_MB_VERDICT_DROP, 0 };
static const struct setup blocking = { ALLOW, MPTCP_MB_VERDICT_STRIP, 0, MPTCP_MB_ANNOUNCE_BLOCK };

static const struct story {
	const char *name;
	const struct setup *setup;
	void (*prepare)(void), (*run)(void), (*judge)(void);
	bool hold;
} stories[] = {
	{ "a session with a join", &allowing, NULL, run_joined, judge_joined, false },
	{ "a session claimed by others before", &allowing, NULL, run_claimed, judge_session, false },
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
#define STORIES (sizeof(stories) / sizeof(*stories))

static const struct story many = {
	"many sessions", &allowing, NULL, run_flood, judge_flood, false,
};

/* A policy from nothing: what was known is forgotten, learning is not impaired. */
static void set_up(const struct setup *s)
{
	struct nlattr *nest;
	struct message m;

	nl_begin(&m, MPTCP_MB_CMD_POLICY_FLUSH, 0);
	if (nl_call(control, &m, NULL, NULL) != DONE)
		quit("policy flush");
	nl_begin(&m, MPTCP_MB_CMD_POLICY_SET, 0);
	nest = nl_put(&m, MPTCP_MB_A_SETTINGS, NULL, 0);
	nl_put_u8(&m, MPTCP_MB_SET_DEFAULT, s->dflt);
	nl_put_u8(&m, MPTCP_MB_SET_FALLBACK, s->fallback);
	nl_put_u8(&m, MPTCP_MB_SET_MIDSTREAM, s->midstream);
	nl_put_u8(&m, MPTCP_MB_SET_ADD_ADDR, s->add_addr);
	nl_put_u8(&m, MPTCP_MB_SET_LOCAL, 1);
	nl_put_u8(&m, MPTCP_MB_SET_ORPHAN, MPTCP_MB_ORPHAN_RESET);
	nl_put_u32(&m, MPTCP_MB_SET_RESET_RATE, 1000000);
	nl_nest_end(&m, nest);
	if (nl_call(control, &m, NULL, NULL) != DONE)
		quit("policy set");
	nl_begin(&m, MPTCP_MB_CMD_STATS_RESET, 0);
	if (nl_call(control, &m, NULL, NULL) != DONE)
		quit("stats reset");
}

static bool play(const struct story *s, unsigned int nth)
{
	bool hit;

	set_up(s->setup);
	if (s->hold)
		way_hold();
	asker = nl_open();
	now.lost = 0;
	now.result = UNKNOWN;
	if (s->prepare)
		s->prepare();
	if (now.lost)
		wrong("%u segments are lost before it begins", now.lost);
	if (s->prepare != prepare_session)
		way_forget();
	/* routes are looked up anew, which takes memory */
	write_file("/proc/sys/net/ipv4/route/flush", "1");
	arm(nth);
	s->run();
	hit = disarm();
	nl_counters(control, counter);
	s->judge();
	close(asker);
	for (int i = 0; i < 2; i++)
		nl_drain(ears[i]);
	return hit;
}

static void begin(void)
{
	control = nl_open();
	for (int i = 0; i < 2; i++) {
		ears[i] = nl_open();
		if (!nl_listen(ears[i]))
			quit("cannot listen");
	}
	way_open();
}

int ways_run(const char *only)
{
	begin();
	for (unsigned int i = 0; i < 2 * STORIES; i++) {
		const struct story *s = &stories[i / 2];
		unsigned int nth = 0;

		if (only && strcmp(s->name, only))
			continue;
		now.family = i % 2 ? AF_INET6 : AF_INET;
		do
			doing(s->name, ++nth);
		while (play(s, nth));
		printf("# v%c: %s: %u faults\n", i % 2 ? '6' : '4', s->name, nth - 1);
	}
	return wrongs;
}

int rates_run(unsigned int rounds)
{
	begin();
	for (unsigned int n = 0; n < rounds; n++)
		for (unsigned int i = 0; i < 2 * STORIES; i++) {
			/* what takes long has been seen */
			if (stories[i / 2].judge == judge_closed && n % 10)
				continue;
			now.family = i % 2 ? AF_INET6 : AF_INET;
			doing(stories[i / 2].name, n);
			play(&stories[i / 2], 1);
		}
	return wrongs;
}

int flood_run(unsigned int rounds)
{
	begin();
	for (unsigned int n = 0; n < rounds; n++) {
		now.family = n % 2 ? AF_INET6 : AF_INET;
		doing(many.name, n);
		play(&many, 1);
	}
	return wrongs;
}
