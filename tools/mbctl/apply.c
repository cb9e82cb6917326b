// SPDX-License-Identifier: GPL-2.0
/* A whole policy in one transaction: the file is read first, then all of it is
 * sent without waiting, then committed. Whatever goes wrong before leaves the
 * policy as it was: the kernel forgets the candidate with the socket.
 */
#include "apply.h"
#include "live.h"
#include "send.h"

/**
 * struct changes - what a commit changes
 * @before:	settings of the policy in force
 * @after:	settings of the new one
 * @sites:	numbers, by attribute
 * @denied:	live sessions that the new one denies
 * @counted:	whether @denied is known
 * @armed:	whether there was a policy before
 */
struct changes {
	bool armed, counted;
	struct settings before, after;
	uint64_t sites[MPTCP_MB_A_MAX + 1];
	uint64_t denied;
};

static int note_changes(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];
	struct changes *c = data;
	unsigned int i;

	nl_parse(nlh, tb, MPTCP_MB_A_MAX);
	if (!tb[MPTCP_MB_A_SETTINGS] || !tb[MPTCP_MB_A_SETTINGS_BEFORE] ||
	    settings_get(tb[MPTCP_MB_A_SETTINGS], &c->after) ||
	    settings_get(tb[MPTCP_MB_A_SETTINGS_BEFORE], &c->before))
		return nl_nonsense("policy", e);
	for (i = MPTCP_MB_A_SITES_BEFORE; i <= MPTCP_MB_A_SITES_REMOVED; i++)
		if (tb[i] && nl_uint(tb[i], &c->sites[i]))
			return nl_nonsense("policy", e);
	c->counted = tb[MPTCP_MB_A_SESSIONS_DENIED];
	if (c->counted && nl_uint(tb[MPTCP_MB_A_SESSIONS_DENIED], &c->denied))
		return nl_nonsense("policy", e);
	return 0;
}

static int commit(struct nl *nl, const char *place, bool dry, struct changes *c,
		  struct err *e)
{
	NL_BUFFER(buf);
	struct nlmsghdr *req;

	req = nl_request(nl, buf, MPTCP_MB_CMD_TXN_COMMIT, NLM_F_ACK);
	if (dry)
		mnl_attr_put(req, MPTCP_MB_A_DRY_RUN, 0, NULL);
	return nl_call(nl, place, req, note_changes, c, e);
}

static unsigned int print_settings(struct out *out, const struct changes *c)
{
	char before[SETTING_STRLEN], after[SETTING_STRLEN];
	unsigned int i, n = 0;

	out_open(out, "settings", false);
	for (i = 0; i < settings_count; i++) {
		const struct setting *s = &settings_table[i];
		const uint32_t from = c->before.value[s->attr];
		const uint32_t to = c->after.value[s->attr];

		if (from == to)
			continue;
		n++;
		out_line(out, "%s %s -> %s", s->name,
			 setting_text(s, from, before), setting_text(s, to, after));
		out_open(out, s->name, false);
		setting_out(out, "before", s, from);
		setting_out(out, "after", s, to);
		out_close(out);
	}
	out_close(out);
	return n;
}

static int print_changes(struct ctx *ctx, bool dry, const struct changes *c)
{
	const uint64_t before = c->sites[MPTCP_MB_A_SITES_BEFORE];
	const uint64_t after = c->sites[MPTCP_MB_A_SITES_AFTER];
	const uint64_t added = c->sites[MPTCP_MB_A_SITES_ADDED];
	const uint64_t removed = c->sites[MPTCP_MB_A_SITES_REMOVED];
	struct out *out = &ctx->out;
	unsigned int n;

	out_begin(out, OUT_TALE);
	out_bool(out, "dry_run", true, dry);
	out_open(out, "armed", false);
	out_bool(out, "before", true, c->armed);
	out_bool(out, "after", true, true);
	out_close(out);
	if (!c->armed)
		out_line(out, "armed no -> yes");
	n = print_settings(out, c);
	out_open(out, "sites", false);
	out_num(out, "before", true, before);
	out_num(out, "after", true, after);
	out_num(out, "added", true, added);
	out_num(out, "removed", true, removed);
	out_close(out);
	if (added || removed || before != after)
		out_line(out, "sites %llu -> %llu (+%llu -%llu)",
			 (unsigned long long)before, (unsigned long long)after,
			 (unsigned long long)added, (unsigned long long)removed);
	else if (!n && c->armed)
		out_line(out, "no change");
	out_num(out, "sessions-denied", c->counted, c->denied);
	if (c->denied)
		out_line(out, "live sessions now denied: %llu",
			 (unsigned long long)c->denied);
	return out_end(out, &ctx->err);
}

/* That an answer could not be written is no reason to apply once more. */
static int tell_applied(const char *place, struct err *e)
{
	const struct err why = *e;

	return err_usage(e, "%s: applied, but %s", place, why.text);
}

static int transact(struct ctx *ctx, const char *place, const struct stmts *list,
		    bool dry)
{
	struct nl *nl = &ctx->nl;
	struct status status = { 0 };
	struct changes c = { 0 };
	int err;

	err = ctx_nl(ctx) || live_status(nl, place, &status, &ctx->err);
	c.armed = status.value[MPTCP_MB_STATUS_ARMED];
	status_free(&status);
	if (err ||
	    live_begin(nl, place, &ctx->err) ||
	    stmts_send(nl, list, NULL, &ctx->err) ||
	    commit(nl, place, dry, &c, &ctx->err))
		return -1;
	if (!print_changes(ctx, dry, &c))
		return 0;
	return dry ? -1 : tell_applied(place, &ctx->err);
}

static int run(struct ctx *ctx, struct words *w, bool dry)
{
	const char *path = words_next(w);
	struct stmts list = { 0 };
	int err;

	if (!path)
		return err_usage(&ctx->err,
				 "%s: the file is missing: give its name, or - for standard input",
				 w->place);
	if (words_end(w, &ctx->err))
		return -1;
	err = stmts_read_policy(&list, path, w->place, &ctx->err);
	if (!err)
		err = transact(ctx, w->place, &list, dry);
	stmts_free(&list);
	return err;
}

/**
 * policy_apply() - mbctl policy apply FILE|-
 * @ctx:	context
 * @w:		its words
 *
 * Return: 0 or -1
 */
int policy_apply(struct ctx *ctx, struct words *w)
{
	return run(ctx, w, false);
}

/**
 * policy_check() - mbctl policy check FILE|-
 * @ctx:	context
 * @w:		its words
 *
 * Return: 0 or -1
 */
int policy_check(struct ctx *ctx, struct words *w)
{
	return run(ctx, w, true);
}
