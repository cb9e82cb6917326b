// SPDX-License-Identifier: GPL-2.0
/* mbctl status: what goes on in this namespace. */
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "mbctl.h"
#include "names.h"
#include "util.h"

static void hooks_text(struct out *out, uint32_t hooks)
{
	char text[256] = "";
	unsigned int i;

	for (i = 0; i < 32; i++) {
		if (!(hooks & (1U << i)))
			continue;
		if (*text)
			strcat(text, " ");
		strcat(text, name_of(&names_hook, i));
	}
	out_str(out, "hooks", *text ? text : "none");
}

static void hooks_json(struct out *out, uint32_t hooks)
{
	unsigned int i;

	out_open(out, "hooks", true);
	for (i = 0; i < 32; i++)
		if (hooks & (1U << i))
			out_str(out, NULL, name_of(&names_hook, i));
	out_close(out);
}

static void print(struct out *out, const struct status *s)
{
	const uint64_t *v = s->value;
	const bool *has = s->has;

	out_str(out, "version", s->version);
	out_bool(out, "armed", has[MPTCP_MB_STATUS_ARMED],
		 v[MPTCP_MB_STATUS_ARMED]);
	out_str(out, "mode", has[MPTCP_MB_STATUS_MODE] ?
		name_of(&names_mode, v[MPTCP_MB_STATUS_MODE]) : NULL);
	if (out->json)
		hooks_json(out, v[MPTCP_MB_STATUS_HOOKS]);
	else
		hooks_text(out, v[MPTCP_MB_STATUS_HOOKS]);
	out_num(out, "sites", has[MPTCP_MB_STATUS_SITES],
		v[MPTCP_MB_STATUS_SITES]);
	out_num(out, "generation", has[MPTCP_MB_STATUS_GENERATION],
		v[MPTCP_MB_STATUS_GENERATION]);
	out_time(out, "changed_at", has[MPTCP_MB_STATUS_CHANGED_AT],
		 v[MPTCP_MB_STATUS_CHANGED_AT]);
	out_str(out, "changed_comm", s->comm);
	out_num(out, "changed_pid", has[MPTCP_MB_STATUS_CHANGED_PID],
		v[MPTCP_MB_STATUS_CHANGED_PID]);
	out_num(out, "txn_pid", has[MPTCP_MB_STATUS_TXN_PID],
		v[MPTCP_MB_STATUS_TXN_PID]);
}

static int show(struct ctx *ctx, struct words *w)
{
	struct status status = { 0 };
	int err;

	if (words_end(w, &ctx->err) || ctx_nl(ctx))
		return -1;
	err = live_status(&ctx->nl, w->place, &status, &ctx->err);
	if (!err) {
		out_begin(&ctx->out, OUT_RECORD);
		print(&ctx->out, &status);
		err = out_end(&ctx->out, &ctx->err);
	}
	status_free(&status);
	return err;
}

static const struct verb verbs[] = {
	{ "show", "", "the state of this network namespace; \"mbctl status\" will do",
	  NULL, show },
};

const struct object object_status = {
	.name = "status",
	.brief = "what goes on in this network namespace",
	.help =
"version       of the module\n"
"armed         whether there is a policy; without one nothing is judged\n"
"mode          enforce, observe or bypass: see \"mbctl policy help\"\n"
"hooks         where the gateway sees segments; defrag: packets are put together\n"
"              first, for something could be refused\n"
"sites         how many entries there are\n"
"generation    changes with every change of the policy\n"
"changed-at    when the policy was changed last, by program changed-comm with the\n"
"              process id changed-pid\n"
"txn-pid       process that is about to replace the policy\n",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};
