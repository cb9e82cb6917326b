// SPDX-License-Identifier: GPL-2.0
/*
 * Makes messages: from the tables, right ones and such that are wrong in all the ways there are, and
 * by changing recorded ones. What is made depends on the seed and the recorded messages alone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nlfuzz.h"

#define DEPTH_MAX	200

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

static void draw_bytes(struct rng *r, void *p, size_t len)
{
	uint8_t *b = p;

	while (len--)
		*b++ = draw(r);
}

/* --- pieces -------------------------------------------------------------------------------------- */

static uint16_t family_id;

static struct nlmsghdr *begin(struct message *m, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = (void *)(m->buf + m->len);
	struct genlmsghdr *genl = NLMSG_DATA(nlh);

	memset(nlh, 0, NLMSG_LENGTH(GENL_HDRLEN));
	nlh->nlmsg_type = family_id;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	genl->cmd = cmd;
	genl->version = MPTCP_MB_GENL_VERSION;
	m->len += NLMSG_LENGTH(GENL_HDRLEN);
	return nlh;
}

static void end(struct message *m, struct nlmsghdr *nlh)
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
 * @family:	number of the family
 * @c:		which
 * @flags:	beside NLM_F_REQUEST
 */
void make_plain(struct message *m, uint16_t family, const struct command *c, uint16_t flags)
{
	family_id = family;
	m->len = 0;
	end(m, begin(m, c->cmd, flags));
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

static size_t put_number(void *p, enum kind kind, uint64_t v)
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

static void put_value(struct rng *r, struct message *m, const struct attr *a)
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
	if (chance(r, 10))
		put_mark(r, m, MPTCP_MB_SITE_MARK, MPTCP_MB_SITE_MARK_MASK);
	if (chance(r, 10))
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

static void put_right(struct rng *r, struct message *m, const struct command *c)
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

/* --- wrong values -------------------------------------------------------------------------------- */

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

/**
 * make_right() - a message without fault
 * @r:		source of chance
 * @m:		filled
 * @family:	number of the family
 * @c:		which
 * @flags:	beside NLM_F_REQUEST
 */
void make_right(struct rng *r, struct message *m, uint16_t family, const struct command *c, uint16_t flags)
{
	make_plain(m, family, c, flags);
	if (!(flags & NLM_F_DUMP))
		put_right(r, m, c);
}

static void make_by_table(struct rng *r, struct message *m)
{
	const struct command *c = draw_command(r);
	const bool right = chance(r, 55);
	struct nlmsghdr *nlh = begin(m, c->cmd, 0);
	struct genlmsghdr *genl = NLMSG_DATA(nlh);

	if (chance(r, 92))
		nlh->nlmsg_flags |= NLM_F_ACK;
	if (chance(r, c->dump ? 10 : 2))
		nlh->nlmsg_flags |= NLM_F_DUMP;
	if (right) {
		if (!(nlh->nlmsg_flags & NLM_F_DUMP))
			put_right(r, m, c);
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
	end(m, nlh);
}

/* --- recorded messages --------------------------------------------------------------------------- */

#define CORPUS_MAX	512

static struct {
	const uint8_t *p;
	size_t len;
} corpus[CORPUS_MAX];
static unsigned int n_corpus;

/**
 * corpus_load() - messages to be changed
 * @path:	file with one behind the other, as nlfuzz_record.so writes them
 * @family:	what their family is called now
 *
 * Return: how many, or -1
 */
int corpus_load(const char *path, uint16_t family)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *p;
	size_t at;

	family_id = family;
	if (fd < 0 || fstat(fd, &st))
		return -1;
	p = malloc(st.st_size + 1);
	if (!p || read(fd, p, st.st_size) != st.st_size)
		return -1;
	close(fd);
	for (at = 0; at + NLMSG_HDRLEN <= (size_t)st.st_size && n_corpus < CORPUS_MAX; n_corpus++) {
		const struct nlmsghdr *nlh = (void *)(p + at);

		if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > (size_t)st.st_size - at)
			break;
		corpus[n_corpus].p = p + at;
		corpus[n_corpus].len = nlh->nlmsg_len;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	return n_corpus;
}

static void mutate_once(struct rng *r, uint8_t *p, size_t *len, size_t room)
{
	static const uint16_t odd[] = { 0, 1, 3, 4, 5, 8, 16, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff };
	const size_t body = NLMSG_HDRLEN;
	size_t at, n, from;
	unsigned int i;

	if (*len <= body)
		return;
	at = body + below(r, *len - body);
	switch (below(r, 7)) {
	case 0:
		p[at] ^= 1 << below(r, 8);
		break;
	case 1:
		p[at] = odd[below(r, COUNT(odd))];
		break;
	case 2:		/* a length or a type */
		at = (at & ~3) + 2 * below(r, 2);
		if (at + 2 <= *len)
			memcpy(p + at, &odd[below(r, COUNT(odd))], 2);
		break;
	case 3:		/* another one's end */
		i = below(r, n_corpus);
		if (corpus[i].len <= at || corpus[i].len > room)
			break;
		memcpy(p + at, corpus[i].p + at, corpus[i].len - at);
		*len = corpus[i].len;
		break;
	case 4:
		n = 1 + below(r, *len - at);
		memmove(p + at, p + at + n, *len - at - n);
		*len -= n;
		break;
	case 5:
		from = body + below(r, *len - body);
		n = 1 + below(r, *len - from);
		if (*len + n > room)
			break;
		memmove(p + at + n, p + at, *len - at);
		memmove(p + at, p + from, n);
		*len += n;
		break;
	case 6:
		*len = at;
		break;
	}
}

static void make_by_mutation(struct rng *r, struct message *m)
{
	const unsigned int i = below(r, n_corpus);
	uint8_t *p = m->buf + m->len;
	struct nlmsghdr *nlh = (void *)p;
	size_t len = corpus[i].len, room = MESSAGE_MAX - m->len - 64;
	unsigned int n = 1 + below(r, chance(r, 50) ? 2 : 8);

	if (len > room)
		return;
	memcpy(p, corpus[i].p, len);
	while (n--)
		mutate_once(r, p, &len, room);
	nlh->nlmsg_len = len;
	nlh->nlmsg_flags |= chance(r, 90) ? NLM_F_ACK : 0;
	if (chance(r, 3))
		nlh->nlmsg_flags ^= 1 << below(r, 16);
	if (chance(r, 5))
		nlh->nlmsg_len = below(r, 2) ? below(r, 64) : len + below(r, 64);
	memset(p + len, 0, NLMSG_ALIGN(len) - len);
	m->len += NLMSG_ALIGN(len);
}

/* Recorded, and nothing else changed than the answer that is wanted */
static void make_recorded(struct rng *r, struct message *m)
{
	const unsigned int i = below(r, n_corpus);
	struct nlmsghdr *nlh = (void *)(m->buf + m->len);

	if (corpus[i].len > MESSAGE_MAX - m->len - 64)
		return;
	memcpy(nlh, corpus[i].p, corpus[i].len);
	nlh->nlmsg_flags |= NLM_F_ACK;
	m->len += NLMSG_ALIGN(corpus[i].len);
}

static void make_noise(struct rng *r, struct message *m)
{
	struct nlmsghdr *nlh = begin(m, 1 + below(r, n_corpus ? 20 : 255), NLM_F_ACK);
	size_t n = below(r, 200);

	draw_bytes(r, m->buf + m->len, n);
	m->len += n;
	end(m, nlh);
}

static bool is_costly(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);

	return nlh->nlmsg_len >= NLMSG_LENGTH(GENL_HDRLEN) &&
	       (genl->cmd == MPTCP_MB_CMD_POLICY_FLUSH || genl->cmd == MPTCP_MB_CMD_SITE_FLUSH ||
		genl->cmd == MPTCP_MB_CMD_TXN_COMMIT);
}

/* Others than the tables' own weights would have a policy flushed at every twentieth message. */
static void make_changed(struct rng *r, struct message *m)
{
	const size_t at = m->len;

	do {
		m->len = at;
		if (chance(r, 10))
			make_recorded(r, m);
		else
			make_by_mutation(r, m);
	} while (m->len > at && is_costly((void *)(m->buf + at)) && chance(r, 95));
}

/**
 * make_message() - one that is new
 * @r:		source of chance
 * @m:		filled, perhaps with several messages; to be numbered by number_messages()
 * @family:	number of the family
 */
void make_message(struct rng *r, struct message *m, uint16_t family)
{
	unsigned int n = chance(r, 4) ? 2 + below(r, BATCH_MAX - 2) : 1;

	family_id = family;
	m->len = 0;
	while (n-- && m->len < MESSAGE_MAX / 2) {
		if (n_corpus && chance(r, 45))
			make_changed(r, m);
		else if (chance(r, 95))
			make_by_table(r, m);
		else
			make_noise(r, m);
	}
	if (chance(r, 1) && m->len > 4)
		m->len -= 1 + below(r, m->len - 2);
}
