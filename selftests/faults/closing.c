// SPDX-License-Identifier: GPL-2.0
/* Sessions that are closed and connections that are reset while memory is short: it is done, or the
 * command was refused and does it the next time.
 */
#include <arpa/inet.h>
#include <linux/mptcp_mb.h>
#include <string.h>
#include <time.h>

#include "stories.h"

static bool ended[2];			/* hosts that were reset */
static unsigned int answered;		/* of seen[] */

void prepare_session(void)
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

void ask(int cmd)
{
	struct message m;

	nl_begin(&m, cmd, 0);
	nl_put_u32(&m, MPTCP_MB_A_SESSION_ID, now.id);
	now.result = nl_call(asker, &m, NULL, NULL);
}

void close_session(void)
{
	ask(MPTCP_MB_CMD_SESSION_CLOSE);
	answer();
	answer();
}

void judge_closed(void)
{
	struct known k = look_up();

	if (now.result == REFUSED && (!k.found || k.state != MPTCP_MB_SESSION_STATE_CONFIRMED))
		wrong("closing was refused, and its state is %d", k.found ? k.state : -1);
	/* of a lost answer the state tells what it was */
	if (now.result == REFUSED || k.state == MPTCP_MB_SESSION_STATE_CONFIRMED) {
		if (now.result == DONE && !by_share())
			wrong("closing was done, and it is as it was");
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
void reset_conn(void)
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

void prepare_conn(void)
{
	begin_session();
	for (int side = 0; side < 2; side++)
		now.first.nxt[side]++;
}

void judge_reset_conn(void)
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
