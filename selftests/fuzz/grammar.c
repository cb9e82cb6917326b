// SPDX-License-Identifier: GPL-2.0
/*
 * What people write: the input is a policy file; behind a form feed stands what all files hold that
 * it imports. What is accepted must be accepted again as mbctl prints it, and be the same request to
 * the kernel. Then each of its lines is a command line, to a kernel that says yes to everything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "around.h"
#include "live.h"
#include "stmt.h"
#include "text.h"

#define LINES_MAX	8	/* that are run */

/* --- identity ----------------------------------------------------------------------------- */

/* As policy save prints it */
static void print(const struct stmt *s)
{
	char value[SETTING_STRLEN], *text;
	unsigned int i;

	if (s->cmd == MPTCP_MB_CMD_POLICY_SET) {
		printf("policy set");
		for (i = 0; i < settings_count; i++)
			if (s->set.has[settings_table[i].attr])
				printf(" %s %s", settings_table[i].name,
				       setting_text(&settings_table[i],
						    s->set.value[settings_table[i].attr], value));
		putchar('\n');
		return;
	}
	text = entry_text(&s->entry);
	printf("site %s %s\n", s->cmd == MPTCP_MB_CMD_SITE_DEL ? "del" :
	       s->cmd == MPTCP_MB_CMD_SITE_ADD ? "add" : "replace", text);
	free(text);
}

static char *print_all(const struct stmts *list, size_t *len)
{
	FILE *normal = stdout;
	unsigned int i;
	char *text;

	stdout = open_memstream(&text, len);
	for (i = 0; i < list->n; i++)
		print(&list->v[i]);
	fclose(stdout);
	stdout = normal;
	return text;
}

/* What the kernel is sent, read back, is the entry. */
static void check_sent(const struct nlmsghdr *req, const struct stmt *s)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];
	char *sent, *back;
	struct entry entry;

	CHECK(req->nlmsg_len <= NL_REQUEST_MAX);
	if (s->cmd == MPTCP_MB_CMD_POLICY_SET)
		return;
	nl_parse(req, tb, MPTCP_MB_A_MAX);
	CHECK(tb[MPTCP_MB_A_SITE] && !entry_get(tb[MPTCP_MB_A_SITE], &entry));
	sent = entry_text(&s->entry);
	back = entry_text(&entry);
	CHECK(!strcmp(sent, back));
	CHECK(entry_clash(&entry, &s->entry) == 1);
	free(sent);
	free(back);
	entry_free(&entry);
}

static void check_same(const struct stmts *a, const struct stmts *b)
{
	unsigned int i;

	CHECK(a->n == b->n);
	for (i = 0; i < a->n; i++) {
		struct nl nl = { .family = 99 };
		struct nlmsghdr *ra, *rb;
		NL_BUFFER(bufa) = { 0 };	/* padding is not written */
		NL_BUFFER(bufb) = { 0 };

		ra = stmt_encode(&nl, bufa, &a->v[i]);
		rb = stmt_encode(&nl, bufb, &b->v[i]);
		check_sent(ra, &a->v[i]);
		CHECK(a->v[i].cmd == b->v[i].cmd);
		CHECK(ra->nlmsg_len == rb->nlmsg_len && !memcmp(ra, rb, ra->nlmsg_len));
	}
}

/* --- files -------------------------------------------------------------------------------- */

static int read_text(struct stmts *list, const char *text, size_t len, struct err *e)
{
	FILE *normal = stdin;
	int err;

	memset(list, 0, sizeof(*list));
	memset(e, 0, sizeof(*e));
	stdin = around_text(text, len);
	around_inside(true);
	err = stmts_read_policy(list, "-", "policy apply", e);
	around_inside(false);
	fclose(stdin);
	stdin = normal;
	CHECK(!err == !e->status && !err == !e->text[0]);
	return err;
}

static void check_file(const char *text, size_t len)
{
	struct stmts list, again;
	size_t printed_len;
	char *printed;
	struct err e;

	if (!read_text(&list, text, len, &e) && list.n) {
		printed = print_all(&list, &printed_len);
		if (read_text(&again, printed, printed_len, &e)) {
			fprintf(stderr, "%s%s\n", printed, e.text);
			abort();
		}
		check_same(&list, &again);
		stmts_free(&again);
		free(printed);
	}
	stmts_free(&list);
}

/* --- command lines ------------------------------------------------------------------------ */

static void check_line(const char *text, size_t len)
{
	struct line line = { 0 };
	struct err e = { 0 };
	int status;

	if (!line_split(&line, text, len, "P", &e) && line.n) {
		status = around_line(line.word, line.n, false, false);
		/* options may ask for JSON */
		around_check(status, false, line.word[0][0] == '-');
		around_free();
	}
	line_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *eol;
	const char *feed = memchr(text, '\f', size);
	unsigned int lines = 0;

	memset(&around, 0, sizeof(around));
	if (feed) {
		around.file = feed + 1;
		around.file_len = end - around.file;
		end = feed;
	}
	around.in = text;
	around.in_len = end - text;
	check_file(text, end - text);
	for (; text < end && lines++ < LINES_MAX; text = eol + 1) {
		eol = memchr(text, '\n', end - text);
		eol = eol ? eol : end;
		check_line(text, eol - text);
	}
	return 0;
}
