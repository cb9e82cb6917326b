// SPDX-License-Identifier: GPL-2.0
/* PREFIX [from PREFIX] [port N] [mark V[/M]] [ctmark V[/M]]
 *	allow [join J] | deny [fallback F]  [override] [timeout T] [comment TEXT]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "names.h"
#include "text.h"
#include "util.h"

#define V(verdict)	(1U << MPTCP_MB_VERDICT_##verdict)
#define JOIN_ALLOWED		(V(ACCEPT) | V(DROP) | V(RESET))
#define FALLBACK_ALLOWED	(V(STRIP) | V(DROP) | V(RESET))

#define KEY_GRAMMAR	\
		"PREFIX [from PREFIX] [port N] [mark V[/M]] [ctmark V[/M]] "
#define GRAMMAR	KEY_GRAMMAR \
		"allow [join J] | deny [fallback F] [override] [timeout T] [comment TEXT]"

static int parse_from(struct words *w, struct entry *entry, const char *key,
		      unsigned int may, struct err *e)
{
	const char *word = words_value(w, key, "the client's prefix", e);

	if (!word)
		return -1;
	if (may == ENTRY_QUERY ? parse_address(w->place, word, &entry->from, e) :
				 parse_prefix(w->place, word, &entry->from, e))
		return -1;
	if (!entry->from.family)
		return err_usage(e,
				 "%s: from \"any\": every client is meant without it: leave from out",
				 w->place);
	return 0;
}

static int parse_verdict(struct words *w, const char *key, unsigned int allowed,
			 uint8_t *out, struct err *e)
{
	const char *list = name_list(&names_verdict, allowed);
	const char *word = words_value(w, key, list, e);
	int v;

	if (!word)
		return -1;
	v = name_value(&names_verdict, word);
	if (v >= 0 && allowed & (1U << v)) {
		*out = v;
		return 0;
	}
	if (v == MPTCP_MB_VERDICT_STRIP)
		return err_usage(e,
				 "%s: %s \"strip\": a stripped join would open a stray TCP connection: give %s",
				 w->place, key, list);
	return err_usage(e, "%s: %s %s: no such value: give %s", w->place, key,
			 shown(word), list);
}

static int parse_comment(struct words *w, struct entry *entry, const char *key,
			 struct err *e)
{
	const char *word = words_value(w, key, "a text, quoted if it has blanks", e);
	const char *c = word;
	unsigned int n;

	if (!word)
		return -1;
	if (!*word)
		return err_usage(e, "%s: comment: it is empty: leave comment out",
				 w->place);
	if (strlen(word) > MPTCP_MB_COMMENT_LEN)
		return err_usage(e, "%s: comment %s: %zu bytes are too long: give at most %d",
				 w->place, shown(word), strlen(word),
				 MPTCP_MB_COMMENT_LEN);
	while ((n = text_allowed(c)))
		c += n;
	if (*c == '\n' || *c == '\r')
		return err_usage(e, "%s: comment %s: it has a newline: give one line",
				 w->place, shown(word));
	if (*c)
		return err_usage(e,
				 "%s: comment %s: byte %zu (0x%02x) is not printable UTF-8: leave it out",
				 w->place, shown(word), c - word + 1,
				 (unsigned char)*c);
	entry->comment = xstrdup(word);
	return 0;
}

static int parse_action(struct entry *entry, const char *key)
{
	entry->action = !strcmp(key, "allow") ? MPTCP_MB_ACTION_ALLOW :
						MPTCP_MB_ACTION_DENY;
	return 0;
}

static int parse_part(struct words *w, struct entry *entry, unsigned int part,
		      unsigned int may, const char *key, struct err *e)
{
	const bool may_mask = may != ENTRY_QUERY;
	const char *word;

	switch (part) {
	case ENTRY_FROM:
		return parse_from(w, entry, key, may, e);
	case ENTRY_PORT:
		word = words_value(w, key, "a TCP port, 1 to 65535", e);
		return word ? parse_port(w->place, word, &entry->port, e) : -1;
	case ENTRY_MARK:
		word = words_value(w, key, "a packet mark", e);
		return word ? parse_mark(w->place, key, word, may_mask, &entry->mark,
					 &entry->mark_mask, e) : -1;
	case ENTRY_CTMARK:
		word = words_value(w, key, "a conntrack mark", e);
		return word ? parse_mark(w->place, key, word, may_mask,
					 &entry->ctmark, &entry->ctmark_mask, e) : -1;
	case ENTRY_ACTION:
		return parse_action(entry, key);
	case ENTRY_JOIN:
		return parse_verdict(w, key, JOIN_ALLOWED, &entry->join, e);
	case ENTRY_FALLBACK:
		return parse_verdict(w, key, FALLBACK_ALLOWED, &entry->fallback, e);
	case ENTRY_TIMEOUT:
		word = words_value(w, key, "a duration like 30s, 10m, 24h", e);
		return word ? parse_duration(w->place, key, word, 1, &entry->timeout,
					     e) : -1;
	case ENTRY_COMMENT:
		return parse_comment(w, entry, key, e);
	}
	return 0;
}

static const struct {
	const char *key;
	unsigned int part;
	uint16_t attr;
} parts[] = {
	{ "from", ENTRY_FROM, MPTCP_MB_SITE_FROM_ADDRESS },
	{ "port", ENTRY_PORT, MPTCP_MB_SITE_PORT },
	{ "mark", ENTRY_MARK, MPTCP_MB_SITE_MARK },
	{ "ctmark", ENTRY_CTMARK, MPTCP_MB_SITE_CTMARK },
	{ "allow", ENTRY_ACTION, MPTCP_MB_SITE_ACTION },
	{ "deny", ENTRY_ACTION, 0 },
	{ "join", ENTRY_JOIN, MPTCP_MB_SITE_JOIN },
	{ "fallback", ENTRY_FALLBACK, MPTCP_MB_SITE_FALLBACK },
	{ "override", ENTRY_OVERRIDE, MPTCP_MB_SITE_OVERRIDE },
	{ "timeout", ENTRY_TIMEOUT, MPTCP_MB_SITE_TIMEOUT },
	{ "comment", ENTRY_COMMENT, MPTCP_MB_SITE_COMMENT },
};

static int refuse_word(const char *place, const char *key,
		       const struct entry *entry, unsigned int may,
		       unsigned int part, struct err *e)
{
	if (part && may == ENTRY_KEY)
		return err_usage(e,
				 "%s: %s: only PREFIX, from, port, mark, ctmark and override name an entry: leave it out",
				 place, shown(key));
	if (part)
		return err_usage(e,
				 "%s: %s: a segment has an address, from, port, mark and ctmark: leave it out",
				 place, shown(key));
	if (entry->has & ENTRY_COMMENT)
		return err_usage(e,
				 "%s: %s: unknown word behind a comment: quote a comment of several words",
				 place, shown(key));
	return err_usage(e, "%s: %s: unknown word; an entry is %s", place,
			 shown(key), GRAMMAR);
}

/**
 * entry_parse_rest() - the words behind the prefix, in any order
 * @w:		words, all of them taken
 * @entry:	filled; entry->has must be zeroed
 * @may:	ENTRY_WHOLE, ENTRY_KEY or ENTRY_QUERY
 * @e:		filled on error
 *
 * Return: 0 or -1, entry_free() in either case
 */
int entry_parse_rest(struct words *w, struct entry *entry, unsigned int may,
		     struct err *e)
{
	const char *key;
	unsigned int i;

	while ((key = words_next(w))) {
		for (i = 0; i < ARRAY_SIZE(parts); i++)
			if (!strcmp(parts[i].key, key))
				break;
		if (i == ARRAY_SIZE(parts) || !(parts[i].part & may))
			return refuse_word(w->place, key, entry, may,
					   i < ARRAY_SIZE(parts) ? parts[i].part : 0, e);
		if (entry->has & parts[i].part) {
			if (parts[i].part == ENTRY_ACTION &&
			    strcmp(key, name_of(&names_action, entry->action)))
				return err_usage(e, "%s: both allow and deny: give one",
						 w->place);
			return err_usage(e, "%s: %s is given twice: give it once",
					 w->place, key);
		}
		if (parse_part(w, entry, parts[i].part, may, key, e))
			return -1;
		entry->has |= parts[i].part;
	}
	return 0;
}

static int check_families(const char *place, const struct entry *entry,
			  struct err *e)
{
	char to[PREFIX_STRLEN], from[PREFIX_STRLEN];

	if (!(entry->has & ENTRY_FROM) || !entry->to.family ||
	    entry->to.family == entry->from.family)
		return 0;
	return err_usage(e,
			 "%s: from \"%s\": of another address family than %s: give both in one family",
			 place, prefix_text(&entry->from, from),
			 prefix_text(&entry->to, to));
}

/**
 * entry_check() - what no single word is to blame for
 * @place:	for errors
 * @entry:	all its words taken
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int entry_check(const char *place, const struct entry *entry, struct err *e)
{
	char buf[PREFIX_STRLEN];

	if (!(entry->has & ENTRY_ACTION))
		return err_usage(e, "%s: \"%s\": what about it? add allow or deny",
				 place, prefix_text(&entry->to, buf));
	if (entry->has & ENTRY_JOIN && entry->action != MPTCP_MB_ACTION_ALLOW)
		return err_usage(e,
				 "%s: join goes with allow: a denied site has no joins: leave join out",
				 place);
	if (entry->has & ENTRY_FALLBACK && entry->action != MPTCP_MB_ACTION_DENY)
		return err_usage(e,
				 "%s: fallback goes with deny: an allowed site keeps MPTCP: leave fallback out",
				 place);
	return check_families(place, entry, e);
}

/**
 * entry_parse() - an entry, or what names one
 * @w:		words, all of them taken
 * @entry:	filled
 * @may:	ENTRY_WHOLE or ENTRY_KEY
 * @e:		filled on error
 *
 * Return: 0 or -1, entry_free() in either case
 */
int entry_parse(struct words *w, struct entry *entry, unsigned int may,
		struct err *e)
{
	const char *word = words_next(w);

	memset(entry, 0, sizeof(*entry));
	if (!word && may == ENTRY_KEY)
		return err_usage(e, "%s: a prefix is missing: give %s[override]",
				 w->place, KEY_GRAMMAR);
	if (!word)
		return err_usage(e, "%s: a prefix is missing; an entry is %s",
				 w->place, GRAMMAR);
	if (parse_prefix(w->place, word, &entry->to, e) ||
	    entry_parse_rest(w, entry, may, e))
		return -1;
	if (may == ENTRY_WHOLE)
		return entry_check(w->place, entry, e);
	return check_families(w->place, entry, e);
}

/**
 * entry_parse_query() - a segment whose treatment shall be explained
 * @w:		words, all of them taken
 * @entry:	filled; all prefixes are addresses, no masks
 * @e:		filled on error
 *
 * Return: 0 or -1, entry_free() in either case
 */
int entry_parse_query(struct words *w, struct entry *entry, struct err *e)
{
	const char *word = words_next(w);

	memset(entry, 0, sizeof(*entry));
	if (!word)
		return err_usage(e,
				 "%s: the server's address is missing: give ADDRESS [from ADDRESS] [port N] [mark V] [ctmark V]",
				 w->place);
	if (parse_address(w->place, word, &entry->to, e) ||
	    entry_parse_rest(w, entry, ENTRY_QUERY, e))
		return -1;
	return check_families(w->place, entry, e);
}

/**
 * entry_free() - give back what an entry owns
 * @entry:	the entry itself stays the caller's
 */
void entry_free(struct entry *entry)
{
	free(entry->comment);
	entry->comment = NULL;
}

/**
 * mark_text() - a mark as the grammar has it
 * @mark:	mark
 * @mask:	mask; all bits are left out
 * @buf:	for the text
 *
 * Return: @buf
 */
const char *mark_text(uint32_t mark, uint32_t mask, char buf[24])
{
	int len = sprintf(buf, "0x%x", mark);

	if (mask != 0xffffffffU)
		sprintf(buf + len, "/0x%x", mask);
	return buf;
}

/**
 * entry_text() - an entry as the grammar has it
 * @entry:	entry, or a part of one
 *
 * Return: one line without newline, to be freed
 */
char *entry_text(const struct entry *entry)
{
	char prefix[PREFIX_STRLEN], mark[24], line[512], *quoted;
	const unsigned int has = entry->has;
	size_t n;

#define ADD(...) (n += snprintf(line + n, sizeof(line) - n, __VA_ARGS__))
	n = snprintf(line, sizeof(line), "%s", prefix_text(&entry->to, prefix));
	if (has & ENTRY_FROM)
		ADD(" from %s", prefix_text(&entry->from, prefix));
	if (has & ENTRY_PORT)
		ADD(" port %u", entry->port);
	if (has & ENTRY_MARK)
		ADD(" mark %s", mark_text(entry->mark, entry->mark_mask, mark));
	if (has & ENTRY_CTMARK)
		ADD(" ctmark %s",
		    mark_text(entry->ctmark, entry->ctmark_mask, mark));
	if (has & ENTRY_ACTION)
		ADD(" %s", name_of(&names_action, entry->action));
	if (has & ENTRY_JOIN)
		ADD(" join %s", name_of(&names_verdict, entry->join));
	if (has & ENTRY_FALLBACK)
		ADD(" fallback %s", name_of(&names_verdict, entry->fallback));
	if (has & ENTRY_OVERRIDE)
		ADD(" override");
	if (has & ENTRY_TIMEOUT)
		ADD(" timeout %u", entry->timeout);
#undef ADD
	if (!(has & ENTRY_COMMENT))
		return xstrdup(line);
	quoted = text_quoted(entry->comment);
	snprintf(line + n, sizeof(line) - n, " comment %s", quoted);
	free(quoted);
	return xstrdup(line);
}

/**
 * entry_attr_name() - the word that an attribute belongs to
 * @attr:	MPTCP_MB_SITE_...
 *
 * Return: word, or NULL
 */
const char *entry_attr_name(unsigned int attr)
{
	unsigned int i;

	switch (attr) {
	case MPTCP_MB_SITE_ADDRESS:
	case MPTCP_MB_SITE_PREFIX_LEN:
		return "prefix";
	case MPTCP_MB_SITE_FROM_PREFIX_LEN:
		return "from";
	case MPTCP_MB_SITE_MARK_MASK:
		return "mark";
	case MPTCP_MB_SITE_CTMARK_MASK:
		return "ctmark";
	}
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (attr && parts[i].attr == attr)
			return parts[i].key;
	return NULL;
}
