// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps of sites and sessions that change between their parts. Who stays is told once; where
 * something changed, the dump says so; and one that is left unread is in nobody's way.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nlfuzz.h"

#define SITES		1500
#define SESSIONS	300
#define BASE		0x0a580000	/* 10.88.0.0 */

/**
 * struct seen - what a dump told
 * @site:	how often, of each
 * @last:	id of the last session
 * @sessions:	how many
 * @order:	they came in that of their ids
 */
struct seen {
	uint8_t site[SITES];
	uint32_t last;
	unsigned int sessions;
	bool order;
};

static bool there[SITES];	/* sites in force */
static bool touched[SITES];	/* since the dump began */
static unsigned int n_sessions;

static const struct nlattr *inside(const struct nlattr *nest, uint16_t type)
{
	return nest ? attr_find((const uint8_t *)nest + NLA_HDRLEN, nest->nla_len - NLA_HDRLEN, type) : NULL;
}

static void note(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const uint8_t *body = (const uint8_t *)genl + GENL_HDRLEN;
	const size_t len = nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	const struct nlattr *a;
	struct seen *seen = data;
	uint32_t v = 0;

	if (genl->cmd == MPTCP_MB_CMD_SITE_GET) {
		a = inside(attr_find(body, len, MPTCP_MB_A_SITE), MPTCP_MB_SITE_ADDRESS);
		if (a && a->nla_len == NLA_HDRLEN + 4) {
			memcpy(&v, (const uint8_t *)a + NLA_HDRLEN, 4);
			v = __builtin_bswap32(v) - BASE;
		}
		if (a && v < SITES)
			seen->site[v]++;
	} else if (genl->cmd == MPTCP_MB_CMD_SESSION_GET) {
		a = inside(attr_find(body, len, MPTCP_MB_A_SESSION), MPTCP_MB_SESSION_ID);
		if (a)
			memcpy(&v, (const uint8_t *)a + NLA_HDRLEN, 4);
		seen->order &= v > seen->last;
		seen->last = v;
		seen->sessions++;
	}
}

static void change_site(struct sock *s, uint8_t cmd, unsigned int i)
{
	struct message m;
	struct answer a;
	int want;

	make_plain(&m, command_of(cmd), NLM_F_ACK);
	put_site(&m, BASE + i, 32, cmd == MPTCP_MB_CMD_SITE_DEL ? -1 : MPTCP_MB_ACTION_ALLOW);
	ask(s, &m, &a);
	want = cmd == MPTCP_MB_CMD_SITE_DEL && !there[i] ? ENOENT :
	       cmd == MPTCP_MB_CMD_SITE_ADD && there[i] ? EEXIST : 0;
	if (a.errnum != want)
		wrong(m.buf, m.len, "a site: %s, not %s", strerror(a.errnum), strerror(want));
	there[i] = cmd != MPTCP_MB_CMD_SITE_DEL;
	touched[i] = true;
}

static void simple(struct sock *s, uint8_t cmd)
{
	struct message m;
	struct answer a;

	make_plain(&m, command_of(cmd), NLM_F_ACK);
	ask(s, &m, &a);
	if (a.errnum)
		wrong(m.buf, m.len, "%s: %s", command_of(cmd)->name, strerror(a.errnum));
}

static void flush(struct sock *s, uint8_t cmd)
{
	simple(s, cmd);
	memset(there, 0, sizeof(there));
	memset(touched, 1, sizeof(touched));
	if (cmd == MPTCP_MB_CMD_POLICY_FLUSH)
		n_sessions = 0;
}

static void fill_sites(struct sock *s)
{
	unsigned int i;

	for (i = 0; i < SITES; i++)
		if (!there[i])
			change_site(s, MPTCP_MB_CMD_SITE_ADD, i);
}

/* What is to be reset is listed until it is. */
static void add_session(struct sock *s)
{
	static uint32_t client = 0x0b000000;	/* 11.0.0.0 on */
	const uint8_t server[4] = { 10, 2, 1, 1 };
	const uint16_t port = 80;
	struct message m;
	struct answer a;
	uint8_t c[4];

	client++;
	c[0] = client >> 24;
	c[1] = client >> 16;
	c[2] = client >> 8;
	c[3] = client;
	make_plain(&m, command_of(MPTCP_MB_CMD_SESSION_RESET), NLM_F_ACK);
	put_attr(&m, MPTCP_MB_A_SOURCE, c, 4);
	put_attr(&m, MPTCP_MB_A_SOURCE_PORT, &port, sizeof(port));
	put_attr(&m, MPTCP_MB_A_DESTINATION, server, 4);
	put_attr(&m, MPTCP_MB_A_DESTINATION_PORT, &port, sizeof(port));
	ask(s, &m, &a);
	if (a.errnum)
		wrong(m.buf, m.len, "session reset: %s (%s)", strerror(a.errnum), a.text);
	else
		n_sessions++;
}

/* Returns whether the policy is another than before */
static bool change(struct sock *s, struct rng *r, uint8_t dumped)
{
	unsigned int n = 1 + below(r, 8);

	switch (below(r, 8)) {
	case 0:
	case 1:
		return false;
	case 2:
		flush(s, dumped == MPTCP_MB_CMD_SITE_GET && chance(r, 50) ? MPTCP_MB_CMD_SITE_FLUSH :
									    MPTCP_MB_CMD_POLICY_FLUSH);
		change_site(s, MPTCP_MB_CMD_SITE_ADD, below(r, SITES));
		return true;
	case 3:
		if (dumped == MPTCP_MB_CMD_SITE_GET) {
			simple(s, MPTCP_MB_CMD_STATS_RESET);
			return false;
		}
		/* fall through */
	default:
		while (n--) {
			const unsigned int i = below(r, SITES);

			if (dumped == MPTCP_MB_CMD_SESSION_GET)
				add_session(s);
			else
				change_site(s, there[i] ? chance(r, 50) ? MPTCP_MB_CMD_SITE_DEL :
									  MPTCP_MB_CMD_SITE_REPLACE :
							  MPTCP_MB_CMD_SITE_ADD, i);
		}
		return true;
	}
}

static void check_sites(const struct seen *seen, const struct answer *a, bool changed, unsigned int after)
{
	unsigned int i, want;

	/* the part that waited when the change came does not know of it */
	if (changed && after > 2 && !a->torn)
		wrong(NULL, 0, "a dump does not say that something changed");
	if (!changed && a->torn)
		wrong(NULL, 0, "a dump says that something changed");
	for (i = 0; i < SITES; i++) {
		want = there[i];
		if (!touched[i] && seen->site[i] != want)
			break;
		if (seen->site[i] > 1 && !a->torn)
			break;
	}
	if (i < SITES)
		wrong(NULL, 0, "site %u is told %u times", i, seen->site[i]);
}

static void play_one(struct sock *other, struct rng *r)
{
	const uint8_t cmd = chance(r, 60) ? MPTCP_MB_CMD_SITE_GET : MPTCP_MB_CMD_SESSION_GET;
	unsigned int before = below(r, 6), after = 0, sessions = n_sessions;
	struct seen seen = { .order = true };
	struct answer a = { .errnum = -1 };
	struct message m;
	struct sock s;
	uint32_t first;
	bool changed;

	memset(touched, 0, sizeof(touched));
	sock_open(&s, true, chance(r, 50) ? 4096 : 4096 << below(r, 4));
	make_plain(&m, command_of(cmd), NLM_F_DUMP);
	number_messages(&m, &first);
	env.now++;
	if (sock_send(&s, &m))
		quit("send");
	sock_hear(&s, first, 1, &a, before, note, &seen);
	changed = change(other, r, cmd);
	if (chance(r, 30)) {
		sock_close(&s);
		return;
	}
	/* the same socket can not have two */
	if (chance(r, 20) && !a.done)
		sock_send(&s, &m);
	while (!a.done && after < 10000) {
		sock_hear(&s, first, 1, &a, 1, note, &seen);
		after++;
	}
	judge(&m, first, &a, 1);
	if (!a.done)
		wrong(NULL, 0, "a dump has no end");
	if (cmd == MPTCP_MB_CMD_SITE_GET)
		check_sites(&seen, &a, changed, after);
	else if (!seen.order)
		wrong(NULL, 0, "sessions are not told in the order of their ids");
	else if (!changed && seen.sessions != sessions)
		wrong(NULL, 0, "%u sessions are told of %u", seen.sessions, sessions);
	sock_close(&s);
}

/**
 * play_dumps() - begun, interrupted, left
 * @rounds:	dumps
 *
 * Return: 0
 */
int play_dumps(uint64_t rounds)
{
	struct rng r = { env.seed };
	struct sock other;
	uint64_t i;

	sock_open(&other, true, RECEIVE_MAX);
	flush(&other, MPTCP_MB_CMD_POLICY_FLUSH);
	for (i = 0; i < rounds; i++) {
		/* all of them again, now and then */
		if (i % 16 == 0)
			fill_sites(&other);
		while (n_sessions < SESSIONS && i % 16 == 0)
			add_session(&other);
		play_one(&other, &r);
	}
	flush(&other, MPTCP_MB_CMD_POLICY_FLUSH);
	sock_close(&other);
	return 0;
}
