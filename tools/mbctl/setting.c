// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "nl.h"
#include "setting.h"
#include "util.h"

#define V(verdict)	(1U << MPTCP_MB_VERDICT_##verdict)

/* Limits as in docs/netlink/mptcp_mb.yaml. */
const struct setting settings_table[] = {
	{
		.name = "mode", .attr = MPTCP_MB_SET_MODE,
		.names = &names_mode, .allowed = 7,
	}, {
		.name = "default", .attr = MPTCP_MB_SET_DEFAULT,
		.names = &names_action, .allowed = 3,
	}, {
		.name = "fallback", .attr = MPTCP_MB_SET_FALLBACK,
		.names = &names_verdict,
		.allowed = V(STRIP) | V(DROP) | V(RESET),
	}, {
		.name = "join", .attr = MPTCP_MB_SET_JOIN,
		.names = &names_verdict,
		.allowed = V(ACCEPT) | V(DROP) | V(RESET),
	}, {
		.name = "orphan", .attr = MPTCP_MB_SET_ORPHAN,
		.names = &names_orphan, .allowed = 15,
	}, {
		.name = "orphan-grace", .attr = MPTCP_MB_SET_ORPHAN_GRACE,
		.unit = SETTING_SECONDS, .max = DURATION_MAX,
	}, {
		.name = "add-addr", .attr = MPTCP_MB_SET_ADD_ADDR,
		.names = &names_announce, .allowed = 3,
	}, {
		.name = "midstream", .attr = MPTCP_MB_SET_MIDSTREAM,
		.names = &names_verdict,
		.allowed = V(ACCEPT) | V(DROP) | V(RESET),
	}, {
		.name = "malformed", .attr = MPTCP_MB_SET_MALFORMED,
		.names = &names_verdict,
		.allowed = V(ACCEPT) | V(STRIP) | V(DROP),
	}, {
		.name = "local", .attr = MPTCP_MB_SET_LOCAL,
		.names = &names_switch, .allowed = 3,
	}, {
		.name = "reset-rate", .attr = MPTCP_MB_SET_RESET_RATE,
		.max = 1000000,
	}, {
		.name = "max-sessions", .attr = MPTCP_MB_SET_MAX_SESSIONS,
		.min = 1, .max = 4194304,
	}, {
		.name = "session-timeout", .attr = MPTCP_MB_SET_SESSION_TIMEOUT,
		.unit = SETTING_SECONDS, .min = 1, .max = DURATION_MAX,
	}, {
		.name = "share-mark", .attr = MPTCP_MB_SET_SHARE_MARK,
		.unit = SETTING_BITS, .max = 0xffffffffU,
	},
};

const unsigned int settings_count = ARRAY_SIZE(settings_table);

static const char *keys(void)
{
	static char buf[256];
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < settings_count; i++)
		len += snprintf(buf + len, sizeof(buf) - len, "%s%s",
				!i ? "" : i + 1 < settings_count ? ", " : " and ",
				settings_table[i].name);
	return buf;
}

static const struct setting *find(const char *place, const char *key,
				  struct err *e)
{
	unsigned int i;

	for (i = 0; i < settings_count; i++)
		if (!strcmp(settings_table[i].name, key))
			return &settings_table[i];
	err_usage(e, "%s: %s: no such key; the keys are %s", place, shown(key),
		  keys());
	return NULL;
}

/* What may be given for @s, for errors */
static const char *choice(const struct setting *s)
{
	static char buf[40];

	if (s->names)
		return name_list(s->names, s->allowed);
	switch (s->unit) {
	case SETTING_SECONDS:
		return "seconds, or like 30s, 10m, 24h, 7d, 1h30m";
	case SETTING_BITS:
		return "bits of a mark like 0xff, 0 for none";
	default:
		snprintf(buf, sizeof(buf), "a number, %u to %u", s->min, s->max);
		return buf;
	}
}

static int parse_unnamed(const char *place, const struct setting *s,
			 const char *word, uint32_t *value, struct err *e)
{
	uint64_t n;

	if (s->unit == SETTING_SECONDS)
		return parse_duration(place, s->name, word, s->min, value, e);
	if (parse_number(word, s->unit == SETTING_BITS, s->max, &n) || n < s->min) {
		if (s->unit == SETTING_BITS)
			return err_usage(e, "%s: %s %s: no mask of 32 bits: give %s",
					 place, s->name, shown(word), choice(s));
		return err_usage(e, "%s: %s %s: no number in range: give %u to %u",
				 place, s->name, shown(word), s->min, s->max);
	}
	*value = n;
	return 0;
}

/* Verdicts that do harm there, and which */
static const char *harm(const struct setting *s, int verdict)
{
	if (s->names != &names_verdict || verdict != MPTCP_MB_VERDICT_STRIP)
		return NULL;
	switch (s->attr) {
	case MPTCP_MB_SET_JOIN:
		return "a stripped join would open a stray TCP connection";
	case MPTCP_MB_SET_MIDSTREAM:
		return "half-stripped sessions corrupt data";
	}
	return NULL;
}

static int parse_value(const char *place, const struct setting *s,
		       const char *word, uint32_t *value, struct err *e)
{
	const char *why;
	int v;

	if (!s->names)
		return parse_unnamed(place, s, word, value, e);
	v = name_value(s->names, word);
	if (v >= 0 && s->allowed & (1U << v)) {
		*value = v;
		return 0;
	}
	why = harm(s, v);
	return err_usage(e, "%s: %s %s: %s: give %s", place, s->name, shown(word),
			 why ? why : "no such value", choice(s));
}

/**
 * settings_parse() - KEY VALUE [KEY VALUE ...]
 * @w:		the words, all of them taken
 * @set:	filled
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int settings_parse(struct words *w, struct settings *set, struct err *e)
{
	const char *key, *word;

	memset(set, 0, sizeof(*set));
	if (!w->n)
		return err_usage(e, "%s: what is to be set? give KEY VALUE; the keys are %s",
				 w->place, keys());
	while ((key = words_next(w))) {
		const struct setting *s = find(w->place, key, e);

		if (!s)
			return -1;
		word = words_value(w, key, choice(s), e);
		if (!word)
			return -1;
		if (set->has[s->attr])
			return err_usage(e, "%s: %s is given twice: give it once",
					 w->place, key);
		if (parse_value(w->place, s, word, &set->value[s->attr], e))
			return -1;
		set->has[s->attr] = true;
	}
	return 0;
}

/**
 * setting_text() - a value as the grammar has it
 * @s:		the setting
 * @value:	any; one without a name is shown as its number
 * @buf:	for what has no name
 *
 * Return: text, in @buf or not
 */
const char *setting_text(const struct setting *s, uint32_t value,
			 char buf[SETTING_STRLEN])
{
	if (s->names)
		return name_of(s->names, value);
	if (s->unit == SETTING_SECONDS)
		snprintf(buf, SETTING_STRLEN, "%s", duration_text(value));
	else
		snprintf(buf, SETTING_STRLEN, s->unit == SETTING_BITS ? "0x%x" : "%u",
			 value);
	return buf;
}

/**
 * setting_out() - a value into an answer
 * @out:	answer
 * @key:	its key there
 * @s:		the setting
 * @value:	any
 */
void setting_out(struct out *out, const char *key, const struct setting *s,
		 uint32_t value)
{
	char bits[SETTING_STRLEN];

	if (s->unit == SETTING_SECONDS)
		out_span(out, key, true, value);
	else if (s->unit == SETTING_BITS)
		out_str(out, key, setting_text(s, value, bits));
	else if (!s->names)
		out_num(out, key, true, value);
	else if (s->names == &names_switch && out->json && value <= 1)
		out_bool(out, key, true, value);
	else
		out_str(out, key, name_of(s->names, value));
}

/**
 * setting_attr_name() - the key that an attribute belongs to
 * @attr:	MPTCP_MB_SET_...
 *
 * Return: key, or NULL
 */
const char *setting_attr_name(unsigned int attr)
{
	unsigned int i;

	for (i = 0; i < settings_count; i++)
		if (settings_table[i].attr == attr)
			return settings_table[i].name;
	return NULL;
}

/**
 * settings_put() - settings into a message
 * @nlh:	request
 * @set:	settings
 */
void settings_put(struct nlmsghdr *nlh, const struct settings *set)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MPTCP_MB_A_SETTINGS);
	unsigned int i;

	for (i = 0; i < settings_count; i++) {
		const struct setting *s = &settings_table[i];

		if (!set->has[s->attr])
			continue;
		if (s->names)
			mnl_attr_put_u8(nlh, s->attr, set->value[s->attr]);
		else
			mnl_attr_put_u32(nlh, s->attr, set->value[s->attr]);
	}
	mnl_attr_nest_end(nlh, nest);
}

/**
 * settings_get() - settings out of a message
 * @nest:	MPTCP_MB_A_SETTINGS or _SETTINGS_BEFORE
 * @set:	filled with those that are there
 *
 * Return: 0, or -1: an attribute has not the length of its type
 */
int settings_get(const struct nlattr *nest, struct settings *set)
{
	const struct nlattr *attr;

	memset(set, 0, sizeof(*set));
	mnl_attr_for_each_nested(attr, nest) {
		const unsigned int type = mnl_attr_get_type(attr);
		uint64_t value;

		if (type > MPTCP_MB_SET_MAX)
			continue;
		if (nl_uint(attr, &value))
			return -1;
		set->has[type] = true;
		set->value[type] = value;
	}
	return 0;
}
