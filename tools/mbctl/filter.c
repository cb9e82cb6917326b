// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "filter.h"
#include "names.h"
#include "util.h"

static const struct {
	const char *name;
	unsigned int part;
	const char *wanted;	/* NULL: no value */
} keys[] = {
	{ "id", FILTER_ID, "the number that \"mbctl session list\" shows" },
	{ "token", FILTER_TOKEN, "one of a session's two tokens, like 0x1a2b3c4d" },
	{ "site", FILTER_SITE, "a prefix of server addresses" },
	{ "client", FILTER_CLIENT, "a prefix of client addresses" },
	{ "state", FILTER_STATE, NULL },
	{ "age", FILTER_AGE, "'>D' or '<D', like '>10m', quoted in the shell" },
	{ "denied", FILTER_DENIED, NULL },
	{ "all", FILTER_ALL, NULL },
};

static const char *states(void)
{
	return name_list(&names_session_state, (1U << names_session_state.n) - 1);
}

static int parse_u32(const struct words *w, const char *key, const char *word,
		     const char *wanted, uint32_t *out, struct err *e)
{
	uint64_t n;

	if (parse_number(word, true, 0xffffffffU, &n))
		return err_usage(e, "%s: %s %s: no %s: give %s", w->place, key,
				 shown(word), key, wanted);
	*out = n;
	return 0;
}

static int parse_state(const struct words *w, const char *word, uint8_t *state,
		       struct err *e)
{
	const int v = name_value(&names_session_state, word);

	if (v < 0)
		return err_usage(e, "%s: state %s: no such state: give %s", w->place,
				 shown(word), states());
	*state = v;
	return 0;
}

static int parse_age(const struct words *w, const char *word,
		     const char *wanted, struct filter *filter, struct err *e)
{
	if (*word != '>' && *word != '<')
		return err_usage(e, "%s: age %s: older or younger? give %s", w->place,
				 shown(word), wanted);
	filter->older = *word == '>';
	return parse_duration(w->place, "age", word + 1, 0, &filter->age, e);
}

static int parse_part(struct words *w, unsigned int i, struct filter *filter,
		      struct err *e)
{
	const char *key = keys[i].name, *wanted = keys[i].wanted, *word = "";

	if (keys[i].part == FILTER_STATE)
		wanted = states();
	if (wanted) {
		word = words_value(w, key, wanted, e);
		if (!word)
			return -1;
	}
	switch (keys[i].part) {
	case FILTER_ID:
		return parse_u32(w, key, word, wanted, &filter->id, e);
	case FILTER_TOKEN:
		return parse_u32(w, key, word, wanted, &filter->token, e);
	case FILTER_SITE:
		return parse_prefix(w->place, word, &filter->site, e);
	case FILTER_CLIENT:
		return parse_prefix(w->place, word, &filter->client, e);
	case FILTER_STATE:
		return parse_state(w, word, &filter->state, e);
	case FILTER_AGE:
		return parse_age(w, word, wanted, filter, e);
	}
	return 0;
}

/**
 * filter_parse() - FILTER, or all
 * @w:		the words, all of them taken
 * @filter:	filled; without any word filter->has is 0
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int filter_parse(struct words *w, struct filter *filter, struct err *e)
{
	const char *key;
	unsigned int i;

	memset(filter, 0, sizeof(*filter));
	filter->now = time(NULL);
	while ((key = words_next(w))) {
		for (i = 0; i < ARRAY_SIZE(keys); i++)
			if (!strcmp(keys[i].name, key))
				break;
		if (i == ARRAY_SIZE(keys))
			return err_usage(e, "%s: %s: unknown word; a filter is " FILTER_SYNOPSIS,
					 w->place, shown(key));
		if (filter->has & keys[i].part)
			return err_usage(e, "%s: %s is given twice: give it once",
					 w->place, key);
		if (parse_part(w, i, filter, e))
			return -1;
		filter->has |= keys[i].part;
	}
	if (filter->has & FILTER_ALL && filter->has != FILTER_ALL)
		return err_usage(e, "%s: all goes with no other word: leave it out, or the others",
				 w->place);
	return 0;
}

static bool holds(const struct prefix *p, const struct prefix *addr)
{
	unsigned int i;

	if (!p->family)
		return true;
	if (p->family != addr->family)
		return false;
	for (i = 0; i < p->len; i++)
		if ((p->addr[i / 8] ^ addr->addr[i / 8]) & (0x80 >> (i % 8)))
			return false;
	return true;
}

/**
 * session_age() - how old a session is
 * @s:		session
 * @now:	seconds since the epoch
 *
 * Return: seconds; 0 if its clock is ahead
 */
uint64_t session_age(const struct session *s, time_t now)
{
	const uint64_t started = s->n[MPTCP_MB_SESSION_STARTED];

	return started < (uint64_t)now ? (uint64_t)now - started : 0;
}

static bool has_token(const struct session *s, uint32_t token)
{
	return (s->has[MPTCP_MB_SESSION_CLIENT_TOKEN] &&
		s->n[MPTCP_MB_SESSION_CLIENT_TOKEN] == token) ||
	       (s->has[MPTCP_MB_SESSION_SERVER_TOKEN] &&
		s->n[MPTCP_MB_SESSION_SERVER_TOKEN] == token);
}

static bool match_age(const struct filter *filter, const struct session *s)
{
	const uint64_t age = session_age(s, filter->now);

	if (!s->has[MPTCP_MB_SESSION_STARTED])
		return false;
	return filter->older ? age > filter->age : age < filter->age;
}

/**
 * filter_match() - whether all that a filter asks for is true of a session
 * @filter:	filter
 * @s:		session
 *
 * Return: whether it is
 */
bool filter_match(const struct filter *filter, const struct session *s)
{
	const unsigned int has = filter->has;

	return !(has & FILTER_ID && session_id(s) != filter->id) &&
	       !(has & FILTER_TOKEN && !has_token(s, filter->token)) &&
	       !(has & FILTER_SITE &&
		 !holds(&filter->site, &s->end[MPTCP_MB_SIDE_SERVER].addr)) &&
	       !(has & FILTER_CLIENT &&
		 !holds(&filter->client, &s->end[MPTCP_MB_SIDE_CLIENT].addr)) &&
	       !(has & FILTER_STATE &&
		 s->n[MPTCP_MB_SESSION_STATE] != filter->state) &&
	       !(has & FILTER_AGE && !match_age(filter, s)) &&
	       !(has & FILTER_DENIED &&
		 !session_flagged(s, MPTCP_MB_SESSION_FLAG_DENIED));
}
