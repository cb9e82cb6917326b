// SPDX-License-Identifier: GPL-2.0
/* mbctl site import: many entries into the policy in force, or none. They are
 * tried first beside those in force, in a transaction that is aborted. Should
 * the kernel refuse one nevertheless, for want of memory or because somebody
 * else was quicker, the others are taken back.
 *
 * A transaction that is committed would be one step, but begin all hit counters
 * and timeouts anew.
 */
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "live.h"
#include "send.h"
#include "util.h"

/* The entries in force, and those to add behind them; all still owned by their
 * lists.
 */
static void join_lists(struct stmts *both, const struct entries *sites,
		       const struct stmts *list)
{
	unsigned long i;

	memset(both, 0, sizeof(*both));
	both->v = xmalloc((sites->n + list->n + 1) * sizeof(*both->v));
	for (i = 0; i < sites->n; i++)
		both->v[both->n++] = (struct stmt){
			.cmd = MPTCP_MB_CMD_SITE_ADD,
			.entry = sites->v[i],
		};
	if (list->n)	/* else there is no list->v */
		memcpy(both->v + both->n, list->v, list->n * sizeof(*list->v));
	both->n += list->n;
}

static int try(struct nl *nl, const char *place, const struct stmts *list,
	       struct err *e)
{
	struct entries sites;
	struct stmts both;
	int err;

	err = live_sites(nl, place, &sites, e);
	if (!err) {
		join_lists(&both, &sites, list);
		err = live_begin(nl, place, e) ||
		      stmts_send(nl, &both, NULL, e) ||
		      nl_simple(nl, place, MPTCP_MB_CMD_TXN_ABORT, NULL, NULL, e);
		free(both.v);
	}
	entries_free(&sites);
	return err ? -1 : 0;
}

static int add(struct nl *nl, const struct stmts *list, struct err *e)
{
	bool *failed = xmalloc(list->n + 1);
	int err;

	err = stmts_send(nl, list, failed, e);
	if (err)
		stmts_take_back(nl, list, failed);
	free(failed);
	return err;
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
	int err;

	if (!path)
		return err_usage(&ctx->err,
				 "%s: the file is missing: give its name, or - for standard input",
				 w->place);
	err = stmts_read_sites(&list, path, w, &ctx->err) || ctx_nl(ctx) ||
	      try(&ctx->nl, w->place, &list, &ctx->err) ||
	      add(&ctx->nl, &list, &ctx->err);
	stmts_free(&list);
	return err ? -1 : 0;
}
