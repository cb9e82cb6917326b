// SPDX-License-Identifier: GPL-2.0
/* mbctl status: what goes on in this namespace. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "mbctl.h"
#include "names.h"
#include "util.h"

/* So many, and how many may be; the attributes @n and @max */
static void print_fill(struct out *out, const struct status *s,
		       const char *n_name, unsigned int n,
		       const char *max_name, unsigned int max)
{
	char text[64];

	if (!out->json && s->has[max]) {
		snprintf(text, sizeof(text), "%llu of %llu",
			 (unsigned long long)s->value[n],
			 (unsigned long long)s->value[max]);
		out_str(out, n_name, text);
	} else {
		out_num(out, n_name, s->has[n], s->value[n]);
		out_num(out, max_name, s->has[max], s->value[max]);
	}
}

static void print_sessions(struct out *out, const struct status *s)
{
	const uint64_t *v = s->value;
	const bool *has = s->has;
	char text[96];

	print_fill(out, s, "sessions", MPTCP_MB_STATUS_SESSIONS,
		   "max-sessions", MPTCP_MB_STATUS_MAX_SESSIONS);
	out_num(out, "unconfirmed", has[MPTCP_MB_STATUS_UNCONFIRMED],
		v[MPTCP_MB_STATUS_UNCONFIRMED]);
	print_fill(out, s, "subflows", MPTCP_MB_STATUS_SUBFLOWS,
		   "max-subflows", MPTCP_MB_STATUS_MAX_SUBFLOWS);
	snprintf(text, sizeof(text), "%s, in which orphans are judged as joins",
		 duration_text(v[MPTCP_MB_STATUS_GRACE]));
	if (!out->json && has[MPTCP_MB_STATUS_GRACE])
		out_str(out, "grace", text);
	else
		out_num(out, "grace", has[MPTCP_MB_STATUS_GRACE],
			v[MPTCP_MB_STATUS_GRACE]);
	if (!out->json && v[MPTCP_MB_STATUS_IMPAIRED])
		out_str(out, "impaired",
			"yes: there was no room for some session or join: raise max-sessions; meanwhile orphans are judged as joins, and midstream accepts");
	else
		out_bool(out, "impaired", has[MPTCP_MB_STATUS_IMPAIRED],
			 v[MPTCP_MB_STATUS_IMPAIRED]);
	out_num(out, "refused", has[MPTCP_MB_STATUS_REFUSED],
		v[MPTCP_MB_STATUS_REFUSED]);
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
	out_flags(out, "hooks", &names_hook, v[MPTCP_MB_STATUS_HOOKS]);
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
	print_sessions(out, s);
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
"txn-pid       process that is about to replace the policy\n"
"sessions      known ones, and how many may be (max-sessions); those that have ended\n"
"              are remembered for a minute\n"
"unconfirmed   those of which the server has not proven the keys yet\n"
"subflows      of all sessions, and how many may be (max-subflows): 4 for each of\n"
"              max-sessions; joins beyond them pass, and are not followed\n"
"grace         time left in which orphans are judged as joins\n"
"impaired      within orphan-grace there was no room for a session or a join: what\n"
"              belongs to it cannot be told from orphans\n"
"refused       segments refused so far: \"mbctl refused\" shows the last\n",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};
