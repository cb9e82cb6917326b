// SPDX-License-Identifier: GPL-2.0
/* mbctl site import: many entries into the policy in force, or none. What is
 * wrong with a list is found before any of it is sent. Should the kernel refuse
 * one nevertheless (memory, somebody else's entry), the others are taken back.
 */
#include <stdlib.h>

#include "import.h"
#include "live.h"
#include "stmt.h"
#include "util.h"

/**
 * struct importing - entries on their way
 * @nl:		socket
 * @list:	statements
 * @failed:	for each: refused, or not sent
 * @bad:	index of the first one refused; @list->n none
 * @why:	why
 */
struct importing {
	struct nl *nl;
	const struct stmts *list;
	bool *failed;
	unsigned int bad;
	struct nl_refusal why;
};

static int by_key(const void *a, const void *b)
{
	const struct stmt *const *sa = a, *const *sb = b;
	const int order = entry_compare_keys(&(*sa)->entry, &(*sb)->entry);

	if (order)
		return order;
	return *sa < *sb ? -1 : *sa > *sb;
}

static int entry_by_key(const void *key, const void *sorted)
{
	const struct stmt *const *s = sorted;

	return entry_compare_keys(key, &(*s)->entry);
}

/* Takes the statements' sorted addresses; names the first line that repeats. */
static int refuse_twins(const struct stmt *const *sorted, unsigned int n,
			struct err *e)
{
	const struct stmt *first = NULL, *twin = NULL;
	char prefix[PREFIX_STRLEN];
	unsigned int i;

	for (i = 1; i < n; i++) {
		if (entry_compare_keys(&sorted[i - 1]->entry, &sorted[i]->entry) ||
		    (twin && twin < sorted[i]))
			continue;
		first = sorted[i - 1];
		twin = sorted[i];
	}
	if (!twin)
		return 0;
	return err_usage(e, "%s: %s: the same entry stands in %s: remove one of them",
			 stmt_place(twin), prefix_text(&twin->entry.to, prefix),
			 stmt_place(first));
}

static int refuse_present(struct nl *nl, const char *place,
			  const struct stmt *const *sorted, unsigned int n,
			  struct err *e)
{
	const struct stmt *bad = NULL, *const *found;
	char prefix[PREFIX_STRLEN];
	struct entries sites;
	unsigned long i;

	if (live_sites(nl, place, &sites, e)) {
		entries_free(&sites);
		return -1;
	}
	for (i = 0; i < sites.n; i++) {
		found = bsearch(&sites.v[i], sorted, n, sizeof(*sorted),
				entry_by_key);
		if (found && (!bad || *found < bad))
			bad = *found;
	}
	entries_free(&sites);
	if (!bad)
		return 0;
	return err_set(e, STATUS_KERNEL, "%s: %s: exists already: remove the line, or first the entry with site del",
		       stmt_place(bad), prefix_text(&bad->entry.to, prefix));
}

static int check(struct nl *nl, const char *place, const struct stmts *list,
		 struct err *e)
{
	const struct stmt **sorted = xmalloc(list->n * sizeof(*sorted) + 1);
	unsigned int i;
	int err;

	for (i = 0; i < list->n; i++)
		sorted[i] = &list->v[i];
	qsort(sorted, list->n, sizeof(*sorted), by_key);
	err = refuse_twins(sorted, list->n, e) ||
	      refuse_present(nl, place, sorted, list->n, e);
	free(sorted);
	return err ? -1 : 0;
}

static bool encode(void *buf, unsigned int i, void *data)
{
	struct importing *imp = data;

	if (imp->bad < imp->list->n)
		return false;
	stmt_encode(imp->nl, buf, &imp->list->v[i]);
	imp->failed[i] = false;
	return true;
}

static void refused(unsigned int i, const struct nl_refusal *why, void *data)
{
	struct importing *imp = data;

	imp->failed[i] = true;
	if (i < imp->bad) {
		imp->bad = i;
		imp->why = *why;
	}
}

static bool encode_removal(void *buf, unsigned int i, void *data)
{
	struct importing *imp = data;
	struct stmt s = imp->list->v[i];

	s.cmd = MPTCP_MB_CMD_SITE_DEL;
	s.entry.has &= ENTRY_KEY;
	/* what was not added must stay: ask for something else instead */
	if (imp->failed[i])
		nl_request(imp->nl, buf, MPTCP_MB_CMD_STATUS_GET, 0);
	else
		stmt_encode(imp->nl, buf, &s);
	return true;
}

static void ignore(unsigned int i, const struct nl_refusal *why, void *data)
{
	(void)i;
	(void)why;
	(void)data;
}

static int add_all(struct importing *imp, struct err *e)
{
	unsigned int i;

	for (i = 0; i < imp->list->n; i++)
		imp->failed[i] = true;
	if (nl_send_many(imp->nl, imp->list->n, encode, refused, imp, e))
		return -1;
	if (imp->bad == imp->list->n)
		return 0;
	stmts_refusal(imp->nl, imp->list, imp->bad, &imp->why, e);
	/* keeps what the kernel said in any case */
	nl_send_many(imp->nl, imp->list->n, encode_removal, ignore, imp, &(struct err){ 0 });
	return -1;
}

/**
 * site_import() - mbctl site import FILE|- [WORDS]
 * @ctx:	context
 * @w:		its words
 *
 * Return: 0 or -1
 */
int site_import(struct ctx *ctx, struct words *w)
{
	const char *path = words_next(w);
	struct stmts list = { 0 };
	struct importing imp = { .nl = &ctx->nl };
	int err;

	if (!path)
		return err_usage(&ctx->err, "%s: the file is missing: give its name, or - for standard input",
				 w->place);
	err = stmts_read_sites(&list, path, w, &ctx->err) || ctx_nl(ctx) ||
	      check(&ctx->nl, w->place, &list, &ctx->err);
	if (!err) {
		imp.list = &list;
		imp.bad = list.n;
		imp.failed = xmalloc(list.n + 1);
		err = add_all(&imp, &ctx->err);
		free(imp.failed);
	}
	stmts_free(&list);
	return err ? -1 : 0;
}
