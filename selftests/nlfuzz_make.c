// SPDX-License-Identifier: GPL-2.0
/*
 * Makes right messages, from the tables, and the pieces of others. What is made depends on the seed
 * alone.
 */
#include <stdlib.h>
#include <string.h>

#include "nlfuzz.h"

/* --- chance ------------------------------------------------------------------------------------- */

/* SplitMix64 */
uint64_t draw(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

uint32_t below(struct rng *r, uint32_t n)
{
	return (draw(r) >> 32) * (uint64_t)n >> 32;
}

bool chance(struct rng *r, unsigned int percent)
{
	return below(r, 100) < percent;
}

void draw_bytes(struct rng *r, void *p, size_t len)
{
	uint8_t *b = p;

	while (len--)
		*b++ = draw(r);
}

/* --- pieces -------------------------------------------------------------------------------------- */

/**
 * message_begin() - the headers of one more message
 * @m:		message
 * @cmd:	MPTCP_MB_CMD_...
 * @flags:	beside NLM_F_REQUEST
 *
 * Return: for message_end()
 */
struct nlmsghdr *message_begin(struct message *m, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = (void *)(m->buf + m->len);
	struct genlmsghdr *genl = NLMSG_DATA(nlh);

	memset(nlh, 0, NLMSG_LENGTH(GENL_HDRLEN));
	nlh->nlmsg_type = env.family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	genl->cmd = cmd;
	genl->version = MPTCP_MB_GENL_VERSION;
	m->len += NLMSG_LENGTH(GENL_HDRLEN);
	return nlh;
}

void message_end(struct message *m, struct nlmsghdr *nlh)
{
	nlh->nlmsg_len = m->buf + m->len - (uint8_t *)nlh;
	m->len = NLMSG_ALIGN(m->len);
}

/* What does not fit is left out; NULL then. */
struct nlattr *put_attr(struct message *m, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (void *)(m->buf + m->len);

	if (m->len + NLA_HDRLEN + NLA_ALIGN(len) > MESSAGE_MAX)
		return NULL;
	memset(a, 0, NLA_HDRLEN + NLA_ALIGN(len));
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((uint8_t *)a + NLA_HDRLEN, data, len);
	m->len += NLA_ALIGN(a->nla_len);
	return a;
}

struct nlattr *nest_begin(struct message *m, uint16_t type)
{
	return put_attr(m, type | NLA_F_NESTED, NULL, 0);
}

void nest_end(struct message *m, struct nlattr *nest)
{
	if (nest)
		nest->nla_len = m->buf + m->len - (uint8_t *)nest;
}

/**
 * make_plain() - a message without attributes; more may be put behind, ask() sets its length
 * @m:		filled
 * @c:		which
 * @flags:	beside NLM_F_REQUEST
 */
void make_plain(struct message *m, const struct command *c, uint16_t flags)
{
	m->len = 0;
	message_end(m, message_begin(m, c->cmd, flags));
}

/**
 * put_site() - an IPv4 entry
 * @m:		message
 * @address:	host byte order
 * @prefix_len:	bits
 * @action:	MPTCP_MB_ACTION_..., or -1: the key only
 */
void put_site(struct message *m, uint32_t address, uint8_t prefix_len, int action)
{
	const uint8_t addr[4] = { address >> 24, address >> 16, address >> 8, address }, act = action;
	struct nlattr *nest = nest_begin(m, MPTCP_MB_A_SITE);

	put_attr(m, MPTCP_MB_SITE_ADDRESS, addr, sizeof(addr));
	put_attr(m, MPTCP_MB_SITE_PREFIX_LEN, &prefix_len, 1);
	if (action >= 0)
		put_attr(m, MPTCP_MB_SITE_ACTION, &act, 1);
	nest_end(m, nest);
}

/* --- right values -------------------------------------------------------------------------------- */

static uint64_t draw_number(struct rng *r, uint64_t min, uint64_t max)
{
	switch (below(r, 6)) {
	case 0:
		return min;
	case 1:
		return max;
	case 2:
		return min + draw(r) % (max - min + 1 ? max - min + 1 : UINT64_MAX);
	default:
		return min + below(r, max - min < 64 ? max - min + 1 : 64);
	}
}

size_t put_number(void *p, enum kind kind, uint64_t v)
{
	static const size_t size[] = { [U8] = 1, [U16] = 2, [U32] = 4, [U64] = 8 };

	memcpy(p, &v, size[kind]);
	return size[kind];
}

/* Mostly of few nets, that what is added is found again */
static size_t draw_address(struct rng *r, uint8_t *a, bool six)
{
	const size_t len = six ? 16 : 4;

	memset(a, 0, 16);
	if (chance(r, 5)) {
		draw_bytes(r, a, len);
		return len;
	}
	a[0] = six ? 0xfd : 10;
	a[1] = below(r, 3);
	a[2] = below(r, 4);
	a[len - 1] = chance(r, 50) ? below(r, 4) : 0;
	if (six && chance(r, 3)) {
		memset(a, 0, 10);
		a[10] = a[11] = 0xff;
	}
	return len;
}

static void clear_host_bits(uint8_t *a, size_t len, unsigned int bits)
{
	unsigned int i;

	for (i = bits; i < len * 8; i++)
		a[i / 8] &= ~(0x80 >> (i % 8));
}

static void put_prefix(struct rng *r, struct message *m, int type, int len_type, bool six, bool host)
{
	uint8_t a[16], bits;
	size_t len = draw_address(r, a, six);

	if (host || chance(r, 20)) {
		put_attr(m, type, a, len);
		return;
	}
	bits = draw_number(r, 0, len * 8);
	if (chance(r, 50))
		bits = six ? 24 : 8 << below(r, 2);
	clear_host_bits(a, len, bits);
	put_attr(m, type, a, len);
	put_attr(m, len_type, &bits, 1);
}

static void put_mark(struct rng *r, struct message *m, int type, int mask_type)
{
	static const uint32_t masks[] = { 0xf, 0xf0, 0xff00, 0x80000000, UINT32_MAX };
	const uint32_t mask = masks[below(r, COUNT(masks))];
	const uint32_t mark = draw(r) & mask;

	put_attr(m, type, &mark, sizeof(mark));
	if (mask != UINT32_MAX || chance(r, 50))
		put_attr(m, mask_type, &mask, sizeof(mask));
}

void put_value(struct rng *r, struct message *m, const struct attr *a)
{
	static const char *const texts[] = { "", "a", "gr\303\274n", "\"quoted\" \\",
		"sixty-three bytes are the most that a comment may have, as here" };
	uint8_t v[16];

	switch (a->kind) {
	case FLAG:
		put_attr(m, a->type, NULL, 0);
		break;
	case TEXT: {
		const char *t = texts[below(r, COUNT(texts))];

		put_attr(m, a->type, t, strlen(t) + 1);
		break;
	}
	case ADDRESS:
		put_attr(m, a->type, v, draw_address(r, v, chance(r, 50)));
		break;
	case U8:
	case U16:
	case U32:
	case U64:
		put_attr(m, a->type, v, put_number(v, a->kind, draw_number(r, a->min, a->max)));
		break;
	default:
		break;
	}
}

static const struct attr *attr_named(const struct set *set, uint16_t type)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (set->attrs[i].type == type)
			return &set->attrs[i];
	abort();
}

/* An entry, its key, or a question: the server and client are hosts then */
static void put_entry(struct rng *r, struct message *m, const struct set *site, bool whole, bool host)
{
	struct nlattr *nest = nest_begin(m, MPTCP_MB_A_SITE);
	const bool six = chance(r, 50);
	uint8_t action = below(r, 2);

	if (host || chance(r, 95))
		put_prefix(r, m, MPTCP_MB_SITE_ADDRESS, MPTCP_MB_SITE_PREFIX_LEN, six, host);
	if (chance(r, 15))
		put_prefix(r, m, MPTCP_MB_SITE_FROM_ADDRESS, MPTCP_MB_SITE_FROM_PREFIX_LEN, six, host);
	if (chance(r, 15))
		put_value(r, m, attr_named(site, MPTCP_MB_SITE_PORT));
	if (chance(r, 15))
		put_mark(r, m, MPTCP_MB_SITE_MARK, MPTCP_MB_SITE_MARK_MASK);
	if (chance(r, 15))
		put_mark(r, m, MPTCP_MB_SITE_CTMARK, MPTCP_MB_SITE_CTMARK_MASK);
	if (!host && chance(r, 10))
		put_attr(m, MPTCP_MB_SITE_OVERRIDE, NULL, 0);
	if (whole) {
		put_attr(m, MPTCP_MB_SITE_ACTION, &action, 1);
		if (action == MPTCP_MB_ACTION_ALLOW && chance(r, 20))
			put_attr(m, MPTCP_MB_SITE_JOIN, &action, 1); /* accept */
		if (action == MPTCP_MB_ACTION_DENY && chance(r, 20))
			put_value(r, m, attr_named(site, MPTCP_MB_SITE_FALLBACK));
		if (chance(r, 10))
			put_value(r, m, attr_named(site, MPTCP_MB_SITE_TIMEOUT));
		if (chance(r, 20))
			put_value(r, m, attr_named(site, MPTCP_MB_SITE_COMMENT));
	}
	nest_end(m, nest);
}

static void put_settings(struct rng *r, struct message *m, const struct set *set)
{
	struct nlattr *nest = nest_begin(m, MPTCP_MB_A_SETTINGS);
	const uint8_t enforce = MPTCP_MB_MODE_ENFORCE;
	unsigned int i;

	if (chance(r, 50))
		put_attr(m, MPTCP_MB_SET_MODE, &enforce, 1);
	for (i = 0; i < set->n; i++)
		if (set->attrs[i].type != MPTCP_MB_SET_GENERATION && chance(r, 10))
			put_value(r, m, &set->attrs[i]);
	nest_end(m, nest);
}

static void put_connection(struct rng *r, struct message *m)
{
	const bool six = chance(r, 50);
	uint16_t port;
	uint8_t a[16];
	int i;

	for (i = 0; i < 2; i++) {
		put_attr(m, i ? MPTCP_MB_A_DESTINATION : MPTCP_MB_A_SOURCE, a, draw_address(r, a, six));
		port = 1 + below(r, 1000);
		put_attr(m, i ? MPTCP_MB_A_DESTINATION_PORT : MPTCP_MB_A_SOURCE_PORT, &port, sizeof(port));
	}
}

void put_right(struct rng *r, struct message *m, const struct command *c)
{
	const uint32_t id = chance(r, 90) ? below(r, 64) : draw(r);

	switch (c->cmd) {
	case MPTCP_MB_CMD_POLICY_SET:
		put_settings(r, m, c->set->attrs[0].nest);
		break;
	case MPTCP_MB_CMD_SITE_GET:
		put_entry(r, m, c->set->attrs[0].nest, false, true);
		break;
	case MPTCP_MB_CMD_SITE_ADD:
	case MPTCP_MB_CMD_SITE_REPLACE:
		put_entry(r, m, c->set->attrs[0].nest, true, false);
		break;
	case MPTCP_MB_CMD_SITE_DEL:
		put_entry(r, m, c->set->attrs[0].nest, false, false);
		break;
	case MPTCP_MB_CMD_TXN_COMMIT:
		if (chance(r, 50))
			put_attr(m, MPTCP_MB_A_DRY_RUN, NULL, 0);
		break;
	case MPTCP_MB_CMD_SESSION_GET:
	case MPTCP_MB_CMD_SESSION_CLOSE:
		put_attr(m, MPTCP_MB_A_SESSION_ID, &id, sizeof(id));
		break;
	case MPTCP_MB_CMD_SESSION_RESET:
		put_connection(r, m);
		break;
	}
}

/**
 * make_right() - a message without fault
 * @r:		source of chance
 * @m:		filled
 * @c:		which
 * @flags:	beside NLM_F_REQUEST
 */
void make_right(struct rng *r, struct message *m, const struct command *c, uint16_t flags)
{
	make_plain(m, c, flags);
	if (!(flags & NLM_F_DUMP))
		put_right(r, m, c);
}
