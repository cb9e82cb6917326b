// SPDX-License-Identifier: GPL-2.0
/* mbctl policy: settings, and the policy as a whole. */
#include <stdio.h>
#include <stdlib.h>

#include "apply.h"
#include "live.h"
#include "mbctl.h"
#include "setting.h"
#include "stmt.h"
#include "util.h"

#define SAVE_TRIES	20

static int show(struct ctx *ctx, struct words *w)
{
	struct settings set;
	unsigned int i;

	if (words_end(w, &ctx->err) || ctx_nl(ctx) ||
	    live_settings(&ctx->nl, w->place, &set, &ctx->err))
		return -1;
	out_begin(&ctx->out, OUT_RECORD);
	for (i = 0; i < settings_count; i++) {
		const struct setting *s = &settings_table[i];

		if (set.has[s->attr])
			setting_out(&ctx->out, s->name, s, set.value[s->attr]);
	}
	return out_end(&ctx->out, &ctx->err);
}

static int set(struct ctx *ctx, struct words *w)
{
	NL_BUFFER(buf);
	struct stmt s = { .cmd = MPTCP_MB_CMD_POLICY_SET };
	struct nlmsghdr *req;

	if (settings_parse(w, &s.set, &ctx->err) || ctx_nl(ctx))
		return -1;
	req = stmt_encode(&ctx->nl, buf, &s);
	req->nlmsg_flags |= NLM_F_ACK;
	return nl_call(&ctx->nl, w->place, req, NULL, NULL, &ctx->err);
}

/* Settings and sites of one moment: the generation is the same around them. */
static int read_policy(struct ctx *ctx, const char *place, struct settings *set,
		       struct entries *sites)
{
	struct settings again;
	unsigned int tries;

	for (tries = 0; tries < SAVE_TRIES; tries++) {
		if (live_settings(&ctx->nl, place, set, &ctx->err) ||
		    live_sites(&ctx->nl, place, sites, &ctx->err) ||
		    live_settings(&ctx->nl, place, &again, &ctx->err))
			return -1;
		if (set->value[MPTCP_MB_SET_GENERATION] ==
		    again.value[MPTCP_MB_SET_GENERATION])
			return 0;
		entries_free(sites);
	}
	return err_set(&ctx->err, STATUS_KERNEL,
		       "%s: the policy changes all the time: try again later",
		       place);
}

static void print_policy(const struct settings *set, const struct entries *sites,
			 bool armed)
{
	char value[SETTING_STRLEN];
	unsigned long j;
	unsigned int i;

	/* no statement: to apply this must not arm */
	if (!armed) {
		puts("# not armed: this namespace has no policy, nothing is judged");
		return;
	}
	for (i = 0; i < settings_count; i++) {
		const struct setting *s = &settings_table[i];

		if (set->has[s->attr])
			printf("policy set %s %s\n", s->name,
			       setting_text(s, set->value[s->attr], value));
	}
	for (j = 0; j < sites->n; j++) {
		char *text = entry_text(&sites->v[j]);

		printf("site add %s\n", text);
		free(text);
	}
}

static int save(struct ctx *ctx, struct words *w)
{
	struct entries sites = { 0 };
	struct status status = { 0 };
	struct settings set;
	int err;

	if (words_end(w, &ctx->err))
		return -1;
	if (ctx->out.json)
		return err_usage(&ctx->err,
				 "%s: -j: a policy file is no JSON: leave it out, or see policy show and site list",
				 w->place);
	err = ctx_nl(ctx) ||
	      live_status(&ctx->nl, w->place, &status, &ctx->err) ||
	      read_policy(ctx, w->place, &set, &sites);
	if (!err)
		print_policy(&set, &sites, status.value[MPTCP_MB_STATUS_ARMED]);
	entries_free(&sites);
	status_free(&status);
	return err ? -1 : out_flush(&ctx->err);
}

static int flush(struct ctx *ctx, struct words *w)
{
	if (words_end(w, &ctx->err) || ctx_nl(ctx))
		return -1;
	return nl_simple(&ctx->nl, w->place, MPTCP_MB_CMD_POLICY_FLUSH, NULL, NULL,
			 &ctx->err);
}

#define FILE_HELP							\
"A policy file holds one statement a line, the words of the command line\n"	\
"without mbctl; # starts a comment, \"...\" is one word (\\\" and \\\\ in it):\n"	\
"    policy set KEY VALUE [KEY VALUE ...]\n"				\
"    site add | replace ENTRY\n"					\
"    site del PREFIX [QUALIFIERS]\n"					\
"    site import PATH [WORDS]      PATH is relative to the policy file\n"	\
"What it does not set has its initial value. One without any statement is refused.\n"

static const struct verb verbs[] = {
	{ "show", "", "the settings in force", NULL, show },
	{ "set", "KEY VALUE [KEY VALUE ...]",
	  "change settings, all of them at once; arms the namespace", NULL, set },
	{ "apply", "FILE|-",
	  "replace the whole policy in one step, or change nothing and name the bad line",
	  FILE_HELP, policy_apply },
	{ "check", "FILE|-",
	  "say what apply would change, and whether it would; change nothing",
	  FILE_HELP, policy_check },
	{ "save", "",
	  "print the policy as a file; \"mbctl policy save | mbctl policy apply -\" changes nothing",
	  FILE_HELP, save },
	{ "flush", "",
	  "forget settings and sites, disarm the namespace: nothing is judged any more",
	  NULL, flush },
};

const struct object object_policy = {
	.name = "policy",
	.brief = "what goes for all sites, and the policy as a whole",
	.help =
"KEY              VALUE                     initially  decides\n"
"mode             enforce, observe, bypass  enforce    observe judges and counts but\n"
"                                                      touches nothing; bypass\n"
"                                                      judges nothing\n"
"default          allow, deny               allow      sites that no entry names\n"
"fallback         strip, drop, reset        strip      how deny is enforced on SYN\n"
"                                                      and SYN/ACK\n"
"join             accept, reset, drop       accept     MP_JOIN into a session of an\n"
"                                                      allowed site\n"
"orphan           as-join, accept, reset,   as-join    MP_JOIN into a session whose\n"
"                 drop                                 start was not seen\n"
"orphan-grace     duration                  10m        after arming, and while the\n"
"                                                      table has no room, orphans\n"
"                                                      are judged as joins\n"
"add-addr         accept, block             accept     block: hosts learn no further\n"
"                                                      addresses, sessions live on\n"
"midstream        accept, reset, drop       accept     MPTCP on a connection that is\n"
"                                                      not known\n"
"malformed        accept, strip, drop       accept     SYN and SYN/ACK whose MPTCP\n"
"                                                      options break the RFCs\n"
"local            on, off                   off        whether the gateway's own\n"
"                                                      connections are judged, too\n"
"reset-rate       0 to 1000000 a second     1000       resets that are sent; what is\n"
"                                                      beyond is dropped\n"
"max-sessions     1 to 4194304              65536      sessions known at a time; more\n"
"                                                      pass, but are not learnt\n"
"session-timeout  duration                  24h        sessions are forgotten of which\n"
"                                                      nothing is seen for so long\n"
"share-mark       mask, 0 for none          0          bits of the initial subflow's\n"
"                                                      conntrack mark that joins get\n"
"\n"
"Durations are seconds, or like 30s, 10m, 24h, 7d, 1h30m.\n"
"midstream is never strip: sessions that are stripped by halves corrupt data. With\n"
"reset or drop, all sessions end that live when the namespace is armed.\n"
"\n"
"What endpoints do about it (Linux, measured):\n"
"fallback strip   both go on as plain TCP at once, nothing is lost. The gentle one.\n"
"fallback drop    clients of Linux 6.12 and later lose 3 seconds, then go on as TCP,\n"
"                 and turn MPTCP off for ALL destinations, for an hour at first and\n"
"                 longer each time. Clients of 6.1 get no connection at all.\n"
"fallback reset   connection refused; clients do not try again as TCP.\n"
"join reset       the session lives on, without this subflow.\n"
"join drop        the session lives on, but the client counts the half-open subflow\n"
"                 as one it has.\n",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};
