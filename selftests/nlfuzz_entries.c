// SPDX-License-Identifier: GPL-2.0
/* Requests about single entries, and what has come of them: which are in force. */
#include <string.h>

#include "nlfuzz_entries.h"

#define BASE		0x0a4d0000	/* 10.77.0.0 */

/**
 * put_entry() - have a message state an entry
 * @m:		message
 * @entry:	its number
 * @action:	of it, or -1
 */
void put_entry(struct message *m, int entry, int action)
{
	put_site(m, BASE + entry, 32, action);
}

/**
 * request() - send a plain request, and hear its answer
 * @s:		socket
 * @cmd:	command
 * @entry:	number of the entry that it is about, or -1
 * @action:	of the entry, or -1
 * @a:		out: the answer
 *
 * Return: its errnum
 */
int request(struct sock *s, uint8_t cmd, int entry, int action, struct answer *a)
{
	struct message m;

	make_plain(&m, command_of(cmd), NLM_F_ACK);
	if (entry >= 0)
		put_entry(&m, entry, action);
	ask(s, &m, a);
	return a->errnum;
}

/**
 * expect() - an answer that can be foretold
 * @what:	request
 * @want:	its errnum
 * @got:	what came
 */
void expect(const char *what, int want, int got)
{
	if (want != got)
		wrong(NULL, 0, "%s: %s, not %s", what, got < 0 ? "no answer" : strerror(got), strerror(want));
}

static void note_site(const struct nlmsghdr *nlh, void *data)
{
	const uint8_t *body = (const uint8_t *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct nlattr *a = attr_find(body, nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), MPTCP_MB_A_SITE);
	bool *there = data;
	const uint8_t *p;

	a = a ? attr_find((const uint8_t *)a + NLA_HDRLEN, a->nla_len - NLA_HDRLEN, MPTCP_MB_SITE_ADDRESS) : NULL;
	if (!a)
		return;
	p = (const uint8_t *)a + NLA_HDRLEN;
	there[p[3]] = true;
}

static void note_holder(const struct nlmsghdr *nlh, void *data)
{
	const uint8_t *body = (const uint8_t *)NLMSG_DATA(nlh) + GENL_HDRLEN;

	*(bool *)data = attr_find(body, nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), MPTCP_MB_STATUS_TXN_PID);
}

/* A question of which every message counts */
static void look(uint8_t cmd, uint16_t flags, each_reply each, void *data)
{
	struct answer a = { .errnum = -1 };
	struct message m;
	struct sock s;
	uint32_t first;

	sock_open(&s, true, RECEIVE_MAX);
	make_plain(&m, command_of(cmd), flags);
	number_messages(&m, &first);
	if (sock_send(&s, &m))
		quit("send");
	sock_hear(&s, first, 1, &a, UINT32_MAX, each, data);
	judge(&m, first, &a, 1);
	sock_close(&s);
}

/**
 * entries_in_force() - which of the entries the kernel has
 * @there:	out: one for each
 */
void entries_in_force(bool there[ENTRIES])
{
	memset(there, 0, ENTRIES * sizeof(*there));
	look(MPTCP_MB_CMD_SITE_GET, NLM_F_DUMP, note_site, there);
}

/**
 * transaction_open() - whether anybody has one
 *
 * Return: true if so
 */
bool transaction_open(void)
{
	bool held = false;

	look(MPTCP_MB_CMD_STATUS_GET, NLM_F_ACK, note_holder, &held);
	return held;
}
