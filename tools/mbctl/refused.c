// SPDX-License-Identifier: GPL-2.0
/* mbctl refused: the last segments that were refused. */
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "mbctl.h"
#include "names.h"
#include "session_out.h"
#include "util.h"

/**
 * struct refusals - what the kernel remembers
 * @v:		oldest first, owned
 * @n:		how many
 */
struct refusals {
	struct refusal *v;
	unsigned long n;
};

static int note(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];
	struct refusals *list = data;

	if (!nlh) {	/* the dump begins again */
		list->n = 0;
		return 0;
	}
	nl_parse(nlh, tb, MPTCP_MB_A_MAX);
	/* grows to twice the size at each power of two */
	if (!(list->n & (list->n - 1)))
		list->v = xrealloc(list->v, (2 * list->n + 1) * sizeof(*list->v));
	if (!tb[MPTCP_MB_A_REFUSAL] ||
	    refusal_get(tb[MPTCP_MB_A_REFUSAL], &list->v[list->n]))
		return nl_nonsense("refused", e);
	list->n++;
	return 0;
}

static void row(struct out *out, const struct refusal *r)
{
	char end[ENDPOINT_STRLEN], site[PREFIX_STRLEN];

	out_moment(out, "time", r->has[MPTCP_MB_REFUSAL_TIME],
		   r->n[MPTCP_MB_REFUSAL_TIME]);
	out_str(out, "segment", name_of(&names_place, r->n[MPTCP_MB_REFUSAL_PLACE]));
	out_str(out, "verdict",
		name_of(&names_verdict, r->n[MPTCP_MB_REFUSAL_VERDICT]));
	out_str(out, "cause", name_of(&names_cause, r->n[MPTCP_MB_REFUSAL_CAUSE]));
	out_str(out, "source", endpoint_text(&r->src, end));
	out_str(out, "destination", endpoint_text(&r->dst, end));
	out_str(out, "site", matched_text(&r->site, site));
	token_out(out, "token", r->has[MPTCP_MB_REFUSAL_TOKEN],
		  r->n[MPTCP_MB_REFUSAL_TOKEN]);
	out_num(out, "session", r->n[MPTCP_MB_REFUSAL_SESSION],
		r->n[MPTCP_MB_REFUSAL_SESSION]);
}

static int list(struct ctx *ctx, struct words *w)
{
	struct refusals found = { 0 };
	NL_BUFFER(buf);
	unsigned long i;
	int err;

	if (words_end(w, &ctx->err) || ctx_nl(ctx))
		return -1;
	err = nl_call(&ctx->nl, w->place,
		      nl_request(&ctx->nl, buf, MPTCP_MB_CMD_REFUSED_GET, NLM_F_DUMP),
		      note, &found, &ctx->err);
	if (!err) {
		out_begin(&ctx->out, OUT_LIST);
		for (i = 0; i < found.n; i++) {
			out_item(&ctx->out);
			if (ctx->out.json)
				refusal_json(&ctx->out, &found.v[i]);
			else
				row(&ctx->out, &found.v[i]);
		}
		err = out_end(&ctx->out, &ctx->err);
	}
	free(found.v);
	return err;
}

static const struct verb verbs[] = {
	{ "list", "", "the last 256 refused segments, oldest first; \"mbctl refused\" will do",
	  NULL, list },
};

const struct object object_refused = {
	.name = "refused",
	.brief = "the last segments that were refused, and why",
	.help =
"segment   syn, synack or other\n"
"verdict   strip, drop or reset; neutralise: an address announcement\n"
"cause     what decided: site (its entry) or default, or the setting of that name;\n"
"          sealed: to be rewritten, but protected by TCP-AO or AH; closing: its\n"
"          session is being closed\n"
"site      prefix of the entry that decided, or default\n"
"token     of a join: names its session at the host that it is sent to\n"
"session   id, where the session is known\n",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};
