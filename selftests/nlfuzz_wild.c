// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that are wrong in all the ways there are: of the tables, of noise, and mixed with right
 * and with changed ones.
 */
#include <string.h>

#include "nlfuzz.h"

#define DEPTH_MAX	200

static void put_wild_set(struct rng *r, struct message *m, const struct set *set, unsigned int depth);

static void put_deep(struct rng *r, struct message *m, uint16_t type)
{
	struct nlattr *nests[DEPTH_MAX];
	unsigned int n = 1 + below(r, DEPTH_MAX), i;

	for (i = 0; i < n; i++)
		nests[i] = nest_begin(m, type);
	while (i--)
		nest_end(m, nests[i]);
}

/* One attribute that is somehow wrong, or only odd */
static void put_wrong(struct rng *r, struct message *m, const struct attr *a, unsigned int depth)
{
	static const uint16_t lengths[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 32, 63, 64, 65, 255,
					    256, 1000, 4000 };
	static const uint16_t nla_lens[] = { 0, 1, 3, 4, 5, 0x7fff, 0xffff };
	static const uint16_t types[] = { 0, MPTCP_MB_A_MAX, MPTCP_MB_A_MAX + 1, 63, 255, 0x3fff };
	uint8_t v[4000];
	struct nlattr *p;

	draw_bytes(r, v, 64);
	memset(v + 64, v[0], sizeof(v) - 64);
	switch (below(r, 9)) {
	case 0:
		put_attr(m, a->type, v, lengths[below(r, COUNT(lengths))]);
		break;
	case 1:
		if (a->kind >= U8 && a->kind <= U64)
			put_attr(m, a->type, v, put_number(v, a->kind, chance(r, 50) ? a->max + 1 :
							   chance(r, 50) ? a->min - 1 : draw(r)));
		break;
	case 2:
		put_value(r, m, a);
		put_attr(m, a->type ^ (chance(r, 50) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER), v,
			 a->kind >= U8 && a->kind <= U64 ? put_number(v, a->kind, a->max) : 4);
		break;
	case 3:
		p = put_attr(m, a->type, v, 4);
		if (p)
			p->nla_len = nla_lens[below(r, COUNT(nla_lens))];
		break;
	case 4:
		put_value(r, m, a);
		put_value(r, m, a);
		break;
	case 5:
		put_attr(m, types[below(r, COUNT(types))] | (chance(r, 30) ? NLA_F_NESTED : 0), v,
			 below(r, 20));
		break;
	case 6:
		put_deep(r, m, a->type);
		break;
	case 7:
		put_attr(m, draw(r), v, below(r, 64));
		break;
	case 8:
		if (depth < 8)
			put_wild_set(r, m, command_of(1 + below(r, n_commands))->set, depth + 1);
		break;
	}
}

static void put_wild_set(struct rng *r, struct message *m, const struct set *set, unsigned int depth)
{
	struct nlattr *nest;
	unsigned int i;

	for (i = 0; i < set->n; i++) {
		const struct attr *a = &set->attrs[i];

		if (chance(r, 12)) {
			put_wrong(r, m, a, depth);
		} else if (a->kind == NEST) {
			nest = nest_begin(m, a->type);
			put_wild_set(r, m, a->nest, depth + 1);
			nest_end(m, nest);
		} else if (chance(r, set->n > 4 ? 30 : 90)) {
			put_value(r, m, a);
		}
	}
	if (chance(r, 10))
		put_wrong(r, m, &(struct attr){ below(r, 32), U32, 0, UINT32_MAX }, depth);
}

/* --- one thing wrong ----------------------------------------------------------------------------- */

/* Gives the attribute at @at @len bytes, and the nest it is in, at @nest, what that takes; 0: it has none */
static void resize(struct message *m, size_t nest, size_t at, uint16_t len)
{
	struct nlattr *a = (void *)(m->buf + at);
	const size_t old = NLA_ALIGN(a->nla_len), new = NLA_ALIGN(NLA_HDRLEN + len);

	if (m->len + new - old > MESSAGE_MAX)
		return;
	memmove(m->buf + at + new, m->buf + at + old, m->len - at - old);
	if (new > old)
		memset(m->buf + at + old, 0, new - old);
	a->nla_len = NLA_HDRLEN + len;
	m->len += new - old;
	if (nest)
		((struct nlattr *)(m->buf + nest))->nla_len += new - old;
}

/* An attribute of those from @at on to @end; 0: there is none */
static size_t draw_attr(struct rng *r, const struct message *m, size_t at, size_t end)
{
	size_t chosen = 0;
	unsigned int n = 0;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const void *)(m->buf + at);

		if (below(r, ++n) == 0)
			chosen = at;
		at += NLA_ALIGN(a->nla_len);
	}
	return chosen;
}

/* A message without fault, from @begin on, gets one. */
static void spoil(struct rng *r, struct message *m, size_t begin)
{
	static const uint16_t lengths[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 300 };
	size_t at = draw_attr(r, m, begin + NLMSG_LENGTH(GENL_HDRLEN), m->len), nest = 0;
	struct nlattr *a = (void *)(m->buf + at);
	uint8_t *value = m->buf + at + NLA_HDRLEN;
	size_t len;

	if (!at)
		return;
	if (a->nla_type & NLA_F_NESTED && chance(r, 95)) {
		nest = at;
		at = draw_attr(r, m, nest + NLA_HDRLEN, nest + a->nla_len);
		if (!at)
			return;
		a = (void *)(m->buf + at);
		value = m->buf + at + NLA_HDRLEN;
	}
	len = a->nla_len - NLA_HDRLEN;
	switch (below(r, 8)) {
	case 0:
	case 1:
		resize(m, nest, at, lengths[below(r, COUNT(lengths))]);
		break;
	case 2:
		resize(m, nest, at, len + 1);
		break;
	case 3:
		memset(value, chance(r, 50) ? 0 : 0xff, len);
		break;
	case 4:
		if (len)
			value[below(r, len)] += chance(r, 50) ? 1 : -1;
		break;
	case 5:
		draw_bytes(r, value, len);
		break;
	case 6:
		a->nla_type ^= NLA_F_NESTED;
		break;
	case 7:
		a->nla_type = (a->nla_type & ~NLA_TYPE_MASK) | below(r, 32);
		break;
	}
}

static const struct command *draw_command(struct rng *r)
{
	static unsigned int total;
	unsigned int i;
	uint32_t n;

	if (!total)
		for (i = 0; i < n_commands; i++)
			total += commands[i].weight;
	n = below(r, total);
	for (i = 0; n >= commands[i].weight; i++)
		n -= commands[i].weight;
	return &commands[i];
}

static void make_by_table(struct rng *r, struct message *m)
{
	const struct command *c = draw_command(r);
	const bool right = chance(r, 75);
	const size_t at = m->len;
	struct nlmsghdr *nlh = message_begin(m, c->cmd, 0);
	struct genlmsghdr *genl = NLMSG_DATA(nlh);

	if (chance(r, 92))
		nlh->nlmsg_flags |= NLM_F_ACK;
	if (chance(r, c->dump ? 10 : 2))
		nlh->nlmsg_flags |= NLM_F_DUMP;
	if (right) {
		if (!(nlh->nlmsg_flags & NLM_F_DUMP))
			put_right(r, m, c);
		if (chance(r, 60))
			spoil(r, m, at);
	} else {
		if (chance(r, 5))
			nlh->nlmsg_flags ^= 1 << below(r, 16);
		if (chance(r, 5))
			genl->version = draw(r);
		if (chance(r, 5))
			genl->cmd = draw(r);
		if (chance(r, 5))
			genl->reserved = 1 << below(r, 16);
		if (chance(r, 20))
			put_right(r, m, c);
		put_wild_set(r, m, c->set, 0);
	}
	message_end(m, nlh);
}

static void make_noise(struct rng *r, struct message *m)
{
	struct nlmsghdr *nlh = message_begin(m, 1 + below(r, 20), NLM_F_ACK);
	size_t n = below(r, 200);

	draw_bytes(r, m->buf + m->len, n);
	m->len += n;
	message_end(m, nlh);
}

/**
 * make_message() - one that is new
 * @r:		source of chance
 * @m:		filled, perhaps with several messages; to be numbered by number_messages()
 */
void make_message(struct rng *r, struct message *m)
{
	unsigned int n = chance(r, 4) ? 2 + below(r, BATCH_MAX - 2) : 1;

	m->len = 0;
	while (n-- && m->len < MESSAGE_MAX / 2) {
		if (corpus_size() && chance(r, 45))
			make_changed(r, m);
		else if (chance(r, 95))
			make_by_table(r, m);
		else
			make_noise(r, m);
	}
	if (chance(r, 1) && m->len > 4)
		m->len -= 1 + below(r, m->len - 2);
}
