// SPDX-License-Identifier: GPL-2.0
/*
 * The family mptcp_mb as docs/netlink/mptcp_mb.yaml tells it, written down once more, and what
 * follows from that: which messages have to be refused. The kernel's tables are generated from the
 * specification; an attribute that lost its check there has still one here.
 */
#include <stdio.h>
#include <string.h>

#include "nlfuzz.h"

/* All that the specification has, but what only the kernel sends: MPTCP_MB_CMD_EVENT_NTF is the last */
#define WHOLE(array, max)	_Static_assert(COUNT(array) == (max), #array " is not all")

#define U32_ANY		0, UINT32_MAX
#define SET(name)	static const struct set name = { COUNT(name##_attrs), name##_attrs }

static const struct attr settings_attrs[] = {
	{ MPTCP_MB_SET_MODE, U8, 0, 2 },
	{ MPTCP_MB_SET_DEFAULT, U8, 0, 1 },
	{ MPTCP_MB_SET_FALLBACK, U8, 1, 3 },
	{ MPTCP_MB_SET_JOIN, U8, 0, 3 },
	{ MPTCP_MB_SET_ADD_ADDR, U8, 0, 1 },
	{ MPTCP_MB_SET_MALFORMED, U8, 0, 2 },
	{ MPTCP_MB_SET_LOCAL, U8, 0, 1 },
	{ MPTCP_MB_SET_RESET_RATE, U32, 0, 1000000 },
	{ MPTCP_MB_SET_GENERATION, U32, U32_ANY },
	{ MPTCP_MB_SET_ORPHAN, U8, 0, 3 },
	{ MPTCP_MB_SET_ORPHAN_GRACE, U32, 0, 2147483 },
	{ MPTCP_MB_SET_MIDSTREAM, U8, 0, 3 },
	{ MPTCP_MB_SET_MAX_SESSIONS, U32, 1, 4194304 },
	{ MPTCP_MB_SET_SESSION_TIMEOUT, U32, 1, 2147483 },
	{ MPTCP_MB_SET_SHARE_MARK, U32, U32_ANY },
};
SET(settings);
WHOLE(settings_attrs, MPTCP_MB_SET_MAX);

static const struct attr site_attrs[] = {
	{ MPTCP_MB_SITE_ADDRESS, ADDRESS, 4, 16 },
	{ MPTCP_MB_SITE_PREFIX_LEN, U8, 0, 128 },
	{ MPTCP_MB_SITE_FROM_ADDRESS, ADDRESS, 4, 16 },
	{ MPTCP_MB_SITE_FROM_PREFIX_LEN, U8, 0, 128 },
	{ MPTCP_MB_SITE_PORT, U16, 1, UINT16_MAX },
	{ MPTCP_MB_SITE_MARK, U32, U32_ANY },
	{ MPTCP_MB_SITE_MARK_MASK, U32, U32_ANY },
	{ MPTCP_MB_SITE_CTMARK, U32, U32_ANY },
	{ MPTCP_MB_SITE_CTMARK_MASK, U32, U32_ANY },
	{ MPTCP_MB_SITE_OVERRIDE, FLAG },
	{ MPTCP_MB_SITE_ACTION, U8, 0, 1 },
	{ MPTCP_MB_SITE_JOIN, U8, 0, 3 },
	{ MPTCP_MB_SITE_FALLBACK, U8, 1, 3 },
	{ MPTCP_MB_SITE_TIMEOUT, U32, 1, 2147483 },
	{ MPTCP_MB_SITE_COMMENT, TEXT, 1, 63 },
	{ MPTCP_MB_SITE_HITS, U64, 0, UINT64_MAX },
	{ MPTCP_MB_SITE_LAST_HIT, U64, 0, UINT64_MAX },
};
SET(site);
WHOLE(site_attrs, MPTCP_MB_SITE_MAX);

static const struct attr nothing_attrs[] = { { 0, NONE } };
static const struct set nothing = { 0, nothing_attrs };
static const struct attr set_attrs[] = { { MPTCP_MB_A_SETTINGS, NEST, .nest = &settings } };
SET(set);
static const struct attr entry_attrs[] = { { MPTCP_MB_A_SITE, NEST, .nest = &site } };
SET(entry);
static const struct attr commit_attrs[] = { { MPTCP_MB_A_DRY_RUN, FLAG } };
SET(commit);
static const struct attr id_attrs[] = { { MPTCP_MB_A_SESSION_ID, U32, U32_ANY } };
SET(id);
static const struct attr connection_attrs[] = {
	{ MPTCP_MB_A_SOURCE, ADDRESS, 4, 16 },
	{ MPTCP_MB_A_SOURCE_PORT, U16, 1, UINT16_MAX },
	{ MPTCP_MB_A_DESTINATION, ADDRESS, 4, 16 },
	{ MPTCP_MB_A_DESTINATION_PORT, U16, 1, UINT16_MAX },
};
SET(connection);

/* Replacing a policy waits for an RCU grace period: in a thousand messages there are a few. */
const struct command commands[] = {
	{ "status-get", &nothing, MPTCP_MB_CMD_STATUS_GET, 60 },
	{ "policy-get", &nothing, MPTCP_MB_CMD_POLICY_GET, 60 },
	{ "policy-set", &set, MPTCP_MB_CMD_POLICY_SET, 150, .changes = true },
	{ "policy-flush", &nothing, MPTCP_MB_CMD_POLICY_FLUSH, 1 },
	{ "site-get", &entry, MPTCP_MB_CMD_SITE_GET, 100, .dump = true },
	{ "site-add", &entry, MPTCP_MB_CMD_SITE_ADD, 200, .changes = true },
	{ "site-replace", &entry, MPTCP_MB_CMD_SITE_REPLACE, 100, .changes = true },
	{ "site-del", &entry, MPTCP_MB_CMD_SITE_DEL, 150 },
	{ "site-flush", &nothing, MPTCP_MB_CMD_SITE_FLUSH, 1 },
	{ "txn-begin", &nothing, MPTCP_MB_CMD_TXN_BEGIN, 20, .changes = true },
	{ "txn-commit", &commit, MPTCP_MB_CMD_TXN_COMMIT, 3 },
	{ "txn-abort", &nothing, MPTCP_MB_CMD_TXN_ABORT, 20 },
	{ "stats-get", &nothing, MPTCP_MB_CMD_STATS_GET, 20, .open = true },
	{ "stats-reset", &nothing, MPTCP_MB_CMD_STATS_RESET, 20 },
	{ "session-get", &id, MPTCP_MB_CMD_SESSION_GET, 60, .dump = true },
	{ "session-close", &id, MPTCP_MB_CMD_SESSION_CLOSE, 60, .changes = true },
	{ "session-reset", &connection, MPTCP_MB_CMD_SESSION_RESET, 100, .changes = true },
	{ "refused-get", &nothing, MPTCP_MB_CMD_REFUSED_GET, 20, .dump = true },
};
const unsigned int n_commands = COUNT(commands);
WHOLE(commands, MPTCP_MB_CMD_MAX - 1);

/**
 * command_of() - the command with a number
 * @cmd:	MPTCP_MB_CMD_...
 *
 * Return: it, or NULL: there is none that can be asked for
 */
const struct command *command_of(uint8_t cmd)
{
	unsigned int i;

	for (i = 0; i < n_commands; i++)
		if (commands[i].cmd == cmd)
			return &commands[i];
	return NULL;
}

static const struct attr *attr_of(const struct set *set, uint16_t type)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (set->attrs[i].type == type)
			return &set->attrs[i];
	return NULL;
}

#define TB_MAX	32	/* more than any set has */

/**
 * struct seen - an attribute in a message
 * @data:	its payload; NULL: it is not there
 * @len:	bytes
 */
struct seen {
	const uint8_t *data;
	size_t len;
};

static uint64_t number(const struct seen *s)
{
	uint64_t v = 0;

	memcpy(&v, s->data, s->len < sizeof(v) ? s->len : sizeof(v));
	return v;
}

static const char *check_set(const struct set *set, const uint8_t *p, size_t len, struct seen *tb);

static const char *check_value(const struct attr *a, const struct seen *s)
{
	static const size_t size[] = { [U8] = 1, [U16] = 2, [U32] = 4, [U64] = 8 };
	struct seen inner[TB_MAX];
	size_t len = s->len;

	switch (a->kind) {
	case FLAG:
		return len ? "a flag with a value" : NULL;
	case U8:
	case U16:
	case U32:
	case U64:
		if (len != size[a->kind])
			return "a number of another size";
		return number(s) < a->min || number(s) > a->max ? "a number out of range" : NULL;
	case TEXT:
		if (!memchr(s->data, 0, len < a->max + 1 ? len : a->max + 1))
			return "a text without end";
		return len - !s->data[len - 1] > a->max ? "a text too long" : NULL;
	case ADDRESS:	/* of several, the last counts */
		return NULL;
	case NEST:
		return check_set(a->nest, s->data, len, inner);
	case NONE:
		break;
	}
	return NULL;
}

/* Attributes one by one, and the last of each in @tb, which has TB_MAX. */
static const char *check_set(const struct set *set, const uint8_t *p, size_t len, struct seen *tb)
{
	const char *why;

	memset(tb, 0, TB_MAX * sizeof(*tb));
	while (len >= NLA_HDRLEN) {
		const struct attr *a;
		struct nlattr nla;
		struct seen s;
		size_t step;

		memcpy(&nla, p, sizeof(nla));
		if (nla.nla_len < NLA_HDRLEN || nla.nla_len > len)
			break;
		a = attr_of(set, nla.nla_type & NLA_TYPE_MASK);
		if (!a)
			return "an attribute that the command does not know";
		if ((a->kind == NEST) != !!(nla.nla_type & NLA_F_NESTED))
			return "NLA_F_NESTED where it is not, or not where it is";
		s.data = p + NLA_HDRLEN;
		s.len = nla.nla_len - NLA_HDRLEN;
		why = check_value(a, &s);
		if (why)
			return why;
		tb[a->type] = s;
		step = NLA_ALIGN(nla.nla_len);
		if (step > len)
			step = len;
		p += step;
		len -= step;
	}
	return len ? "bytes left over" : NULL;
}

/* --- rules of more than one attribute ---------------------------------------------------------- */

static bool has_host_bits(const struct seen *addr, unsigned int bits)
{
	unsigned int i;

	for (i = bits; i < addr->len * 8; i++)
		if (addr->data[i / 8] & (0x80 >> (i % 8)))
			return true;
	return false;
}

static const char *check_prefix(const struct seen *addr, const struct seen *plen)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned int bits;

	if (!addr->data)
		return plen->data ? "a prefix length without an address" : NULL;
	if (addr->len != 4 && addr->len != 16)
		return "an address of another size";
	bits = plen->data ? number(plen) : addr->len * 8;
	if (bits > addr->len * 8)
		return "a prefix that is too long";
	if (addr->len == 16 && bits >= 96 && !memcmp(addr->data, mapped, sizeof(mapped)))
		return "IPv4 mapped into IPv6";
	return has_host_bits(addr, bits) ? "host bits" : NULL;
}

static const char *check_mark(const struct seen *mark, const struct seen *mask)
{
	uint32_t m;

	if (!mark->data)
		return mask->data ? "a mask without a mark" : NULL;
	m = mask->data ? number(mask) : UINT32_MAX;
	return !m || number(mark) & ~m ? "a mark that can not match" : NULL;
}

static const char *check_site(const struct seen *tb, bool whole)
{
	const struct seen *addr = &tb[MPTCP_MB_SITE_ADDRESS];
	const struct seen *from = &tb[MPTCP_MB_SITE_FROM_ADDRESS];
	const char *why;
	int i;

	for (i = whole ? MPTCP_MB_SITE_HITS : MPTCP_MB_SITE_ACTION; i <= MPTCP_MB_SITE_LAST_HIT; i++)
		if (tb[i].data)
			return "an attribute that is read only, or no key";
	why = check_prefix(addr, &tb[MPTCP_MB_SITE_PREFIX_LEN]);
	if (!why)
		why = check_prefix(from, &tb[MPTCP_MB_SITE_FROM_PREFIX_LEN]);
	if (!why)
		why = check_mark(&tb[MPTCP_MB_SITE_MARK], &tb[MPTCP_MB_SITE_MARK_MASK]);
	if (!why)
		why = check_mark(&tb[MPTCP_MB_SITE_CTMARK], &tb[MPTCP_MB_SITE_CTMARK_MASK]);
	if (why)
		return why;
	if (addr->data && from->data && addr->len != from->len)
		return "two address families";
	if (!whole)
		return NULL;
	if (!tb[MPTCP_MB_SITE_ACTION].data)
		return "no action";
	if (tb[MPTCP_MB_SITE_JOIN].data &&
	    (number(&tb[MPTCP_MB_SITE_ACTION]) != MPTCP_MB_ACTION_ALLOW ||
	     number(&tb[MPTCP_MB_SITE_JOIN]) == MPTCP_MB_VERDICT_STRIP))
		return "join with deny, or strip";
	if (tb[MPTCP_MB_SITE_FALLBACK].data &&
	    number(&tb[MPTCP_MB_SITE_ACTION]) != MPTCP_MB_ACTION_DENY)
		return "fallback with allow";
	for (i = 0; tb[MPTCP_MB_SITE_COMMENT].data && tb[MPTCP_MB_SITE_COMMENT].data[i]; i++)
		if (tb[MPTCP_MB_SITE_COMMENT].data[i] < 0x20)
			return "a control character in a comment";
	return NULL;
}

static const char *check_settings(const struct seen *tb)
{
	if (tb[MPTCP_MB_SET_GENERATION].data)
		return "the generation is read only";
	if (tb[MPTCP_MB_SET_JOIN].data && number(&tb[MPTCP_MB_SET_JOIN]) == MPTCP_MB_VERDICT_STRIP)
		return "join strip";
	if (tb[MPTCP_MB_SET_MIDSTREAM].data &&
	    number(&tb[MPTCP_MB_SET_MIDSTREAM]) == MPTCP_MB_VERDICT_STRIP)
		return "midstream strip";
	return NULL;
}

static const char *check_connection(const struct seen *tb)
{
	const struct seen *a = &tb[MPTCP_MB_A_SOURCE], *b = &tb[MPTCP_MB_A_DESTINATION];

	if (!a->data || !b->data || !tb[MPTCP_MB_A_SOURCE_PORT].data ||
	    !tb[MPTCP_MB_A_DESTINATION_PORT].data)
		return "half a connection";
	if (a->len != 4 && a->len != 16)
		return "an address of another size";
	return a->len != b->len ? "two address families" : NULL;
}

/* What a command makes of its attributes, each of which is well-formed */
static const char *check_meaning(const struct command *c, const struct seen *tb)
{
	const struct seen *entry = &tb[MPTCP_MB_A_SITE], *set = &tb[MPTCP_MB_A_SETTINGS];
	struct seen inner[TB_MAX];

	switch (c->cmd) {
	case MPTCP_MB_CMD_POLICY_SET:
		if (!set->data)
			return "no settings";
		check_set(&settings, set->data, set->len, inner);
		return check_settings(inner);
	case MPTCP_MB_CMD_SITE_GET:
		if (!entry->data)
			return "no entry";
		check_set(&site, entry->data, entry->len, inner);
		return inner[MPTCP_MB_SITE_ADDRESS].data ? check_site(inner, false) : "no server";
	case MPTCP_MB_CMD_SITE_ADD:
	case MPTCP_MB_CMD_SITE_REPLACE:
	case MPTCP_MB_CMD_SITE_DEL:
		if (!entry->data)
			return "no entry";
		check_set(&site, entry->data, entry->len, inner);
		return check_site(inner, c->cmd != MPTCP_MB_CMD_SITE_DEL);
	case MPTCP_MB_CMD_SESSION_GET:
	case MPTCP_MB_CMD_SESSION_CLOSE:
		return tb[MPTCP_MB_A_SESSION_ID].data ? NULL : "no session";
	case MPTCP_MB_CMD_SESSION_RESET:
		return check_connection(tb);
	}
	return NULL;
}

static const char *check_header(const struct nlmsghdr *nlh, const struct genlmsghdr *genl)
{
	uint16_t flags = nlh->nlmsg_flags;

	if ((flags & NLM_F_DUMP) == NLM_F_DUMP)
		flags &= ~NLM_F_DUMP;
	if (genl->reserved)
		return "bytes that are reserved";
	return flags & ~(NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO) ? "flags that mean nothing" : NULL;
}

/**
 * must_refuse() - why a message must not be accepted
 * @nlh:	it, to the family; all of it is there
 * @strict:	flags that mean nothing are a reason
 *
 * Return: why, or NULL: it depends
 */
const char *must_refuse(const struct nlmsghdr *nlh, bool strict)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const struct command *c;
	struct seen tb[TB_MAX];
	const char *why = NULL;

	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return "no command";
	c = command_of(genl->cmd);
	if (!c)
		return "no such command";
	if (strict)
		why = check_header(nlh, genl);
	if (!why)
		why = check_set(c->set, (const uint8_t *)genl + GENL_HDRLEN,
				nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), tb);
	if (why)
		return why;
	if ((nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
		return !c->dump ? "a dump that there is not" :
		       nlh->nlmsg_len > NLMSG_LENGTH(GENL_HDRLEN) ? "a dump with a filter" : NULL;
	return check_meaning(c, tb);
}
