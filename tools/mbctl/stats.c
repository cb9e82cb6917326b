// SPDX-License-Identifier: GPL-2.0
/* mbctl stats: the counters of this namespace. */
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <string.h>

#include "mbctl.h"
#include "names.h"
#include "util.h"

#define COUNTERS_MAX	1024	/* of a newer kernel, too */

/**
 * struct counts - the counters
 * @has:	which of them are there
 * @value:	by enum mptcp_mb_counter
 */
struct counts {
	bool has[COUNTERS_MAX];
	uint64_t value[COUNTERS_MAX];
};

static int note(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_COUNT_MAX + 1], *attr;
	struct counts *c = data;
	uint64_t id, value;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != MPTCP_MB_A_COUNT)
			continue;
		nl_parse_nested(attr, tb, MPTCP_MB_COUNT_MAX);
		if (!tb[MPTCP_MB_COUNT_ID] || !tb[MPTCP_MB_COUNT_VALUE] ||
		    nl_uint(tb[MPTCP_MB_COUNT_ID], &id) ||
		    nl_uint(tb[MPTCP_MB_COUNT_VALUE], &value))
			return nl_nonsense("stats show", e);
		if (id >= COUNTERS_MAX)
			continue;
		c->has[id] = true;
		c->value[id] = value;
	}
	return 0;
}

/* Groups of counters, told by how their names begin: each is in the first one
 * that fits.
 */
static const struct {
	const char *title;
	const char *prefix[3];
} groups[] = {
	{ NULL, { "exit-" } },	/* stands below "seen" */
	{ "segments with MPTCP", { "mptcp", "syn", "midstream" } },
	{ "options: by subtype", { "subtype-" } },
	{ "MP_CAPABLE: by version", { "version-" } },
	{ "observed: what would have become of it", { "would-" } },
	{ "malformed options: by fault", { "fault-" } },
	{ "sessions", { "session-", "keys-", "close-" } },
	{ "joins", { "join-", "subflow-" } },
	{ "resets", { "reset-" } },
	{ "events", { "event-" } },
	{ "others", { "" } },
};

static unsigned int group_of(const char *name)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(groups) - 1; i++)
		for (j = 0; j < ARRAY_SIZE(groups[i].prefix); j++) {
			const char *prefix = groups[i].prefix[j];

			if (prefix && !strncmp(name, prefix, strlen(prefix)))
				return i;
		}
	return i;
}

static void print_group(struct out *out, const struct counts *c,
			unsigned int group, bool all)
{
	const char *title = groups[group].title;
	unsigned int i;

	for (i = 0; i < COUNTERS_MAX; i++) {
		const char *name = name_of(&names_counter, i);

		if (!c->has[i] || group_of(name) != group || (!all && !c->value[i]))
			continue;
		if (title)
			out_line(out, "%s", title);
		title = NULL;
		out_line(out, "    %-26s %15" PRIu64, name, c->value[i]);
	}
}

static uint64_t seen(const struct counts *c)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < COUNTERS_MAX; i++)
		if (c->has[i] && !group_of(name_of(&names_counter, i)))
			sum += c->value[i];
	return sum;
}

static int show(struct ctx *ctx, struct words *w)
{
	bool all = words_peek(w) && !strcmp(words_peek(w), "all");
	struct out *out = &ctx->out;
	struct counts c = { 0 };
	unsigned int i;

	if (all)
		words_next(w);
	if (words_end(w, &ctx->err) || ctx_nl(ctx) ||
	    nl_simple(&ctx->nl, w->place, MPTCP_MB_CMD_STATS_GET, note, &c, &ctx->err))
		return -1;
	out_begin(out, OUT_TALE);
	out_num(out, "seen", true, seen(&c));
	for (i = 0; i < COUNTERS_MAX; i++)
		out_num(out, name_of(&names_counter, i), c.has[i], c.value[i]);
	out_line(out, "%-30s %15" PRIu64, "seen", seen(&c));
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		print_group(out, &c, i, all);
	return out_end(out, &ctx->err);
}

static int reset(struct ctx *ctx, struct words *w)
{
	if (words_end(w, &ctx->err) || ctx_nl(ctx))
		return -1;
	return nl_simple(&ctx->nl, w->place, MPTCP_MB_CMD_STATS_RESET, NULL, NULL,
			 &ctx->err);
}

static const struct verb verbs[] = {
	{ "show", "[all]", "the counters that are not 0, or all; -j: always all",
	  NULL, show },
	{ "reset", "", "start counting from 0", NULL, reset },
};

const struct object object_stats = {
	.name = "stats",
	.brief = "what the gateway has counted in this network namespace",
	.help =
"seen          packets that a hook saw; each of them is in exactly one exit-...\n"
"exit-...      what became of it, and by what: default or site (the entry), join,\n"
"              malformed, add-addr, orphan, midstream (these settings), sealed (TCP-AO\n"
"              or AH), closing (its session is being closed)\n"
"would-...     in mode observe: what would have become of it\n"
"mptcp         segments with MPTCP options; syn and synack are some of them\n"
"subtype-...   options, not segments\n"
"version-...   MP_CAPABLE options by version: 0 is RFC 6824, 1 is RFC 8684\n"
"fault-...     options that break these RFCs\n"
"session-...   sessions learnt, confirmed, ended, forgotten, or not learnt: full is\n"
"              for lack of room, share because their client has its share of it\n"
"keys-ignored  MP_CAPABLEs with other keys than those of their session\n"
"join-...      joins into known sessions and orphans; graced: judged as joins because\n"
"              of orphan-grace; untracked: beyond what a session may have\n"
"midstream     segments with MPTCP on connections that are not known\n"
"close-sent    segments sent to close sessions\n"
"event-lost    events left out\n"
"reset-...     resets sent, failed, and left out because of reset-rate\n",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};
