// SPDX-License-Identifier: GPL-2.0
/* Policy files: one statement a line, as on the command line without mbctl.
 * Lists for site import: one prefix a line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stmt.h"
#include "text.h"
#include "util.h"

#define LINE_BYTES	65536	/* more is no text, or endless */
#define NAME_SHOWN	200	/* bytes of a file's name that errors say */
#define PLACE_STRLEN	(NAME_SHOWN + sizeof("...:4294967295"))

/**
 * struct reader - a file, line by line
 * @f:		the file
 * @path:	its path, as given
 * @name:	its name, as errors say it
 * @no:		number of the line
 * @text:	the line, LINE_BYTES and one
 * @line:	its words
 * @place:	FILE:LINE
 */
struct reader {
	FILE *f;
	const char *path, *name;
	unsigned int no;
	char *text;
	struct line line;
	char place[PLACE_STRLEN];
};

/* Takes note of a file's name, as errors say it, for as long as the statements
 * live: printable, and of a long one the end, which tells more.
 */
static const char *file_name(struct stmts *list, const char *path)
{
	char *name = text_visible(strcmp(path, "-") ? path : "stdin");
	const size_t len = strlen(name);

	if (len > NAME_SHOWN) {
		const char *end = name + len - NAME_SHOWN;
		char *cut;

		while ((*end & 0xc0) == 0x80)	/* inside a character */
			end++;
		cut = xasprintf("...%s", end);
		free(name);
		name = cut;
	}
	list->file = xrealloc(list->file, (list->files + 1) * sizeof(*list->file));
	list->file[list->files] = name;
	return list->file[list->files++];
}

static int reader_open(struct reader *r, struct stmts *list, const char *path,
		       const char *place, struct err *e)
{
	memset(r, 0, sizeof(*r));
	r->f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!r->f)
		return err_usage(e, "%s: %s cannot be read: %s", place,
				 shown(path), strerror(errno));
	r->path = path;
	r->name = file_name(list, path);
	r->text = xmalloc(LINE_BYTES + 1);
	return 0;
}

static void reader_close(struct reader *r)
{
	if (r->f != stdin)
		fclose(r->f);
	free(r->text);
	line_free(&r->line);
}

/* The next line into @r->text: its bytes, 0 at the end, or -1. */
static int read_line(struct reader *r, struct err *e)
{
	int len = 0, c = 0;

	while (c != '\n' && len <= LINE_BYTES) {
		c = getc(r->f);
		if (c == EOF)
			break;
		/* NOLINTNEXTLINE: reader_open() has it, for err_usage() is never 0 */
		r->text[len++] = c;
	}
	if (c == EOF && ferror(r->f) && !r->no)
		return err_usage(e, "%s: cannot be read: %s", r->name,
				 strerror(errno));
	snprintf(r->place, sizeof(r->place), "%s:%u", r->name, ++r->no);
	if (c == EOF && ferror(r->f))
		return err_usage(e, "%s: cannot be read: %s", r->place,
				 strerror(errno));
	if (len > LINE_BYTES)
		return err_usage(e,
				 "%s: more than %u bytes in one line: this is no text file: give one with one statement a line",
				 r->place, LINE_BYTES);
	return len;
}

/* The next line that has words: 1, 0 at the end, or -1. */
static int reader_next(struct reader *r, struct words *w, struct err *e)
{
	int len;

	for (;;) {
		len = read_line(r, e);
		if (len <= 0)
			return len;
		if (r->no == 1 && len >= 3 && !memcmp(r->text, "\xef\xbb\xbf", 3))
			memset(r->text, ' ', 3);	/* a byte order mark */
		if (line_split(&r->line, r->text, len, r->place, e))
			return -1;
		if (!r->line.n)
			continue;
		w->v = r->line.word;
		w->n = r->line.n;
		w->place = r->place;
		return 1;
	}
}

static struct stmt *append(struct stmts *list, const struct reader *r,
			   uint8_t cmd)
{
	struct stmt *s;

	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->v = xrealloc(list->v, list->room * sizeof(*list->v));
	}
	s = &list->v[list->n++];
	memset(s, 0, sizeof(*s));
	s->cmd = cmd;
	s->file = r->name;
	s->line = r->no;
	return s;
}

/* One line of a list: a prefix, and the words that all of them get; or, if
 * there are none, an entry.
 */
static int read_site(struct stmts *list, struct reader *r, struct words *w,
		     const struct entry *given, struct err *e)
{
	struct stmt *s = append(list, r, MPTCP_MB_CMD_SITE_ADD);

	if (!given->has)
		return entry_parse(w, &s->entry, ENTRY_WHOLE, e);
	s->entry = *given;
	if (given->comment)
		s->entry.comment = xstrdup(given->comment);
	if (parse_prefix(w->place, words_next(w), &s->entry.to, e))
		return -1;
	if (w->n)
		return err_usage(e,
				 "%s: %s: only a prefix may stand here, for site import gives the rest: leave it out",
				 w->place, shown(w->v[0]));
	return entry_check(w->place, &s->entry, e);
}

/**
 * stmts_read_sites() - what site import reads
 * @list:	entries to add are appended
 * @path:	of the list, "-" for standard input
 * @w:		words that each of its lines gets; may be none
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int stmts_read_sites(struct stmts *list, const char *path, struct words *w,
		     struct err *e)
{
	const char *place = w->place;
	struct entry given = { 0 };
	struct words line;
	struct reader r;
	int more = -1;

	if (entry_parse_rest(w, &given, ENTRY_WHOLE, e))
		goto out;
	if (given.has && !(given.has & ENTRY_ACTION)) {
		err_usage(e, "%s: what about these sites? add allow or deny", place);
		goto out;
	}
	if (reader_open(&r, list, path, place, e))
		goto out;
	while ((more = reader_next(&r, &line, e)) > 0)
		if (read_site(list, &r, &line, &given, e)) {
			more = -1;
			break;
		}
	reader_close(&r);
out:
	entry_free(&given);
	return more;
}

/* site import PATH, relative to the policy file */
static int import(struct stmts *list, const struct reader *r, struct words *w,
		  struct err *e)
{
	const char *path = words_next(w), *slash = strrchr(r->path, '/');
	char *full;
	int err;

	if (!path || !strcmp(path, "-"))
		return err_usage(e,
				 "%s: site import: a file's name is missing: give a path, relative to this file",
				 r->place);
	full = *path == '/' || !slash || r->f == stdin ?
	       xstrdup(path) :
	       xasprintf("%.*s/%s", (int)(slash - r->path), r->path, path);
	err = stmts_read_sites(list, full, w, e);
	free(full);
	return err;
}

static int refuse(const struct words *w, const char *object, const char *verb,
		  struct err *e)
{
	if (!strcmp(object, "mbctl"))
		return err_usage(e,
				 "%s: \"mbctl\": statements stand in a file without it: leave it out",
				 w->place);
	if (verb && !strcmp(verb, "flush"))
		return err_usage(e, "%s: %s flush: a file replaces the whole policy: leave it out",
				 w->place, object);
	if (!strcmp(object, "policy") || !strcmp(object, "site"))
		return err_usage(e,
				 "%s: %s%s%s: no statement: give policy set, or site add, replace, del or import",
				 w->place, object, verb ? " " : "",
				 verb ? shown(verb) : "");
	return err_usage(e,
			 "%s: %s: no statement: give policy set, or site add, replace, del or import",
			 w->place, shown(object));
}

static int read_stmt(struct stmts *list, struct reader *r, struct words *w,
		     struct err *e)
{
	static const struct {
		const char *object, *verb;
		uint8_t cmd;
	} known[] = {
		{ "policy", "set", MPTCP_MB_CMD_POLICY_SET },
		{ "site", "add", MPTCP_MB_CMD_SITE_ADD },
		{ "site", "replace", MPTCP_MB_CMD_SITE_REPLACE },
		{ "site", "del", MPTCP_MB_CMD_SITE_DEL },
		{ "site", "delete", MPTCP_MB_CMD_SITE_DEL },
		{ "site", "import", 0 },
	};
	const char *object = words_next(w), *verb = words_next(w);
	unsigned int i;
	struct stmt *s;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (verb && !strcmp(known[i].object, object) &&
		    !strcmp(known[i].verb, verb))
			break;
	if (i == ARRAY_SIZE(known))
		return refuse(w, object, verb, e);
	if (!known[i].cmd)
		return import(list, r, w, e);
	s = append(list, r, known[i].cmd);
	if (s->cmd == MPTCP_MB_CMD_POLICY_SET)
		return settings_parse(w, &s->set, e);
	return entry_parse(w, &s->entry, s->cmd == MPTCP_MB_CMD_SITE_DEL ?
			   ENTRY_KEY : ENTRY_WHOLE, e);
}

/**
 * stmts_read_policy() - read a policy file
 * @list:	statements are appended
 * @path:	of the file, "-" for standard input
 * @place:	the command, for errors
 * @e:		filled on error, names FILE:LINE
 *
 * A file without any statement is refused: nobody wants to lose a policy to a
 * program that failed to print one.
 *
 * Return: 0 or -1
 */
int stmts_read_policy(struct stmts *list, const char *path, const char *place,
		      struct err *e)
{
	struct words w;
	struct reader r;
	bool any = false;
	int more;

	if (reader_open(&r, list, path, place, e))
		return -1;
	for (; (more = reader_next(&r, &w, e)) > 0; any = true)
		if (read_stmt(list, &r, &w, e)) {
			more = -1;
			break;
		}
	if (!more && !any)
		more = err_usage(e,
				 "%s: %s: no statement in it; \"policy flush\" removes the policy",
				 place, r.name);
	reader_close(&r);
	return more;
}

/**
 * stmts_free() - give back statements
 * @list:	may be used again
 */
void stmts_free(struct stmts *list)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].cmd != MPTCP_MB_CMD_POLICY_SET)
			entry_free(&list->v[i].entry);
	for (i = 0; i < list->files; i++)
		free(list->file[i]);
	free(list->v);
	free(list->file);
	memset(list, 0, sizeof(*list));
}

/**
 * stmt_place() - where a statement stands
 * @s:	statement of a file
 *
 * Return: FILE:LINE, in one of two buffers used in turn
 */
const char *stmt_place(const struct stmt *s)
{
	static char bufs[2][PLACE_STRLEN];
	static unsigned int turn;
	char *buf = bufs[turn++ % 2];

	snprintf(buf, sizeof(bufs[0]), "%s:%u", s->file, s->line);
	return buf;
}

/**
 * stmt_encode() - a statement as a request
 * @nl:		socket
 * @buf:	NL_REQUEST_MAX bytes, aligned
 * @s:		statement
 *
 * Return: the request, in @buf; it asks for no acknowledgment
 */
struct nlmsghdr *stmt_encode(struct nl *nl, void *buf, const struct stmt *s)
{
	struct nlmsghdr *nlh = nl_request(nl, buf, s->cmd, 0);

	if (s->cmd == MPTCP_MB_CMD_POLICY_SET)
		settings_put(nlh, &s->set);
	else
		entry_put(nlh, &s->entry, false);
	return nlh;
}
