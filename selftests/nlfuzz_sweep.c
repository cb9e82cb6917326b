// SPDX-License-Identifier: GPL-2.0
/*
 * Every command with every attribute, in messages that are right but for this one: of all lengths,
 * at and beyond its bounds, and with the flags of attributes.
 */
#include <string.h>

#include "nlfuzz.h"

/* What every request about entries may have; the attribute that is tried comes behind, and counts. */
static void put_base(struct message *m, const struct command *c)
{
	const uint8_t net[4] = { 10, 0, 0, 0 }, from[4] = { 11, 0, 0, 0 }, bits = 8, host = 32;
	const bool explain = c->cmd == MPTCP_MB_CMD_SITE_GET;
	const uint32_t mark = 1, mask = 0xff;
	const uint8_t allow = MPTCP_MB_ACTION_ALLOW;
	const uint16_t port = 80;

	put_attr(m, MPTCP_MB_SITE_ADDRESS, net, sizeof(net));
	put_attr(m, MPTCP_MB_SITE_PREFIX_LEN, explain ? &host : &bits, 1);
	put_attr(m, MPTCP_MB_SITE_FROM_ADDRESS, from, sizeof(from));
	put_attr(m, MPTCP_MB_SITE_FROM_PREFIX_LEN, explain ? &host : &bits, 1);
	put_attr(m, MPTCP_MB_SITE_PORT, &port, sizeof(port));
	put_attr(m, MPTCP_MB_SITE_MARK, &mark, sizeof(mark));
	put_attr(m, MPTCP_MB_SITE_MARK_MASK, &mask, sizeof(mask));
	put_attr(m, MPTCP_MB_SITE_CTMARK, &mark, sizeof(mark));
	put_attr(m, MPTCP_MB_SITE_CTMARK_MASK, &mask, sizeof(mask));
	if (c->cmd == MPTCP_MB_CMD_SITE_ADD || c->cmd == MPTCP_MB_CMD_SITE_REPLACE)
		put_attr(m, MPTCP_MB_SITE_ACTION, &allow, 1);
}

static void put_ends(struct message *m)
{
	const uint8_t a[4] = { 10, 0, 0, 1 }, b[4] = { 10, 0, 0, 2 };
	const uint16_t port = 80;

	put_attr(m, MPTCP_MB_A_SOURCE, a, sizeof(a));
	put_attr(m, MPTCP_MB_A_SOURCE_PORT, &port, sizeof(port));
	put_attr(m, MPTCP_MB_A_DESTINATION, b, sizeof(b));
	put_attr(m, MPTCP_MB_A_DESTINATION_PORT, &port, sizeof(port));
}

/**
 * struct sweep - where the attributes go
 * @s:		socket
 * @c:		command
 * @nest:	what they are in, or 0
 */
struct sweep {
	struct sock s;
	const struct command *c;
	uint16_t nest;
};

static void try_one(struct sweep *w, uint16_t type, const void *value, size_t len)
{
	struct nlattr *nest = NULL;
	struct message m;
	struct answer a;

	make_plain(&m, w->c, NLM_F_ACK);
	if (w->nest)
		nest = nest_begin(&m, w->nest);
	if (w->nest == MPTCP_MB_A_SITE)
		put_base(&m, w->c);
	else if (w->c->cmd == MPTCP_MB_CMD_SESSION_RESET)
		put_ends(&m);
	put_attr(&m, type, value, len);
	if (w->nest)
		nest_end(&m, nest);
	ask(&w->s, &m, &a);
}

static void try_attr(struct sweep *w, const struct attr *a)
{
	static const uint8_t fills[] = { 0, 1, 'a' };
	const uint64_t values[] = { a->min - 1, a->min, a->max, a->max + 1, 0, UINT64_MAX };
	uint8_t v[300];
	unsigned int i;
	size_t len;

	for (i = 0; i < COUNT(fills); i++) {
		memset(v, fills[i], sizeof(v));
		for (len = 0; len < 68; len += len == 20 ? 40 : 1)
			try_one(w, a->type, v, len);
		try_one(w, a->type, v, sizeof(v));
		/* a text that ends */
		v[63] = 0;
		try_one(w, a->type, v, 64);
		try_one(w, a->type, v + 1, 63);
		try_one(w, a->type, v, 65);
	}
	for (i = 0; a->kind >= U8 && a->kind <= U64 && i < COUNT(values); i++) {
		len = put_number(v, a->kind, values[i]);
		try_one(w, a->type, v, len);
		try_one(w, a->type | NLA_F_NESTED, v, len);
		try_one(w, a->type | NLA_F_NET_BYTEORDER, v, len);
	}
}

/**
 * play_sweep() - all that is in the tables
 *
 * Return: 0
 */
int play_sweep(void)
{
	static const struct attr strange = { 31, U32, 0, UINT32_MAX, NULL };
	struct sweep w = { .nest = 0 };
	unsigned int i, k, j;

	sock_open(&w.s, true, RECEIVE_MAX);
	for (i = 0; i < n_commands; i++) {
		w.c = &commands[i];
		w.nest = 0;
		try_attr(&w, &strange);
		for (k = 0; k < w.c->set->n; k++) {
			const struct attr *a = &w.c->set->attrs[k];

			w.nest = 0;
			try_attr(&w, a);
			if (a->kind != NEST)
				continue;
			w.nest = a->type;
			for (j = 0; j < a->nest->n; j++)
				try_attr(&w, &a->nest->attrs[j]);
			try_attr(&w, &strange);
		}
	}
	sock_close(&w.s);
	return 0;
}
