// SPDX-License-Identifier: GPL-2.0
/* mbctl site: entries that say allow or deny for servers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "import.h"
#include "live.h"
#include "mbctl.h"
#include "names.h"
#include "site.h"
#include "stmt.h"
#include "util.h"

/**
 * site_out() - an entry's values, into an item of a list or into an object
 * @out:	answer
 * @entry:	entry
 */
void site_out(struct out *out, const struct entry *entry)
{
	char prefix[PREFIX_STRLEN], mark[24];
	const unsigned int has = entry->has;

	out_str(out, "prefix", prefix_text(&entry->to, prefix));
	out_str(out, "from", has & ENTRY_FROM ?
		prefix_text(&entry->from, prefix) : NULL);
	out_num(out, "port", has & ENTRY_PORT, entry->port);
	out_str(out, "mark", has & ENTRY_MARK ?
		mark_text(entry->mark, entry->mark_mask, mark) : NULL);
	out_str(out, "ctmark", has & ENTRY_CTMARK ?
		mark_text(entry->ctmark, entry->ctmark_mask, mark) : NULL);
	out_str(out, "action", has & ENTRY_ACTION ?
		name_of(&names_action, entry->action) : NULL);
	out_str(out, "join", has & ENTRY_JOIN ?
		name_of(&names_verdict, entry->join) : NULL);
	out_str(out, "fallback", has & ENTRY_FALLBACK ?
		name_of(&names_verdict, entry->fallback) : NULL);
	out_bool(out, "override", has & ENTRY_OVERRIDE, true);
	out_num(out, "hits", true, entry->hits);
	out_time(out, "last_hit", entry->last_hit, entry->last_hit);
	out_span(out, "timeout", has & ENTRY_TIMEOUT, entry->timeout);
	out_quoted(out, "comment", has & ENTRY_COMMENT ? entry->comment : NULL);
}

static int list(struct ctx *ctx, struct words *w)
{
	struct entries sites = { 0 };
	unsigned long i;
	int err;

	if (words_end(w, &ctx->err) || ctx_nl(ctx))
		return -1;
	err = live_sites(&ctx->nl, w->place, &sites, &ctx->err);
	if (!err) {
		out_begin(&ctx->out, OUT_LIST);
		for (i = 0; i < sites.n; i++) {
			out_item(&ctx->out);
			site_out(&ctx->out, &sites.v[i]);
		}
		err = out_end(&ctx->out, &ctx->err);
	}
	entries_free(&sites);
	return err;
}

static int change(struct ctx *ctx, struct words *w, uint8_t cmd)
{
	char place[128], prefix[PREFIX_STRLEN];
	struct stmt s = { .cmd = cmd };
	NL_BUFFER(buf);
	struct nlmsghdr *req;
	int err;

	err = entry_parse(w, &s.entry, cmd == MPTCP_MB_CMD_SITE_DEL ?
			  ENTRY_KEY : ENTRY_WHOLE, &ctx->err) ||
	      ctx_nl(ctx);
	if (!err) {
		snprintf(place, sizeof(place), "%s: %s", w->place,
			 prefix_text(&s.entry.to, prefix));
		req = stmt_encode(&ctx->nl, buf, &s);
		req->nlmsg_flags |= NLM_F_ACK;
		err = nl_call(&ctx->nl, place, req, NULL, NULL, &ctx->err);
	}
	entry_free(&s.entry);
	return err ? -1 : 0;
}

static int add(struct ctx *ctx, struct words *w)
{
	return change(ctx, w, MPTCP_MB_CMD_SITE_ADD);
}

static int replace(struct ctx *ctx, struct words *w)
{
	return change(ctx, w, MPTCP_MB_CMD_SITE_REPLACE);
}

static int del(struct ctx *ctx, struct words *w)
{
	return change(ctx, w, MPTCP_MB_CMD_SITE_DEL);
}

static int flush(struct ctx *ctx, struct words *w)
{
	if (words_end(w, &ctx->err) || ctx_nl(ctx))
		return -1;
	return nl_simple(&ctx->nl, w->place, MPTCP_MB_CMD_SITE_FLUSH, NULL, NULL,
			 &ctx->err);
}

#define ENTRY_SYNOPSIS							\
	"PREFIX [from PREFIX] [port N] [mark V[/M]] [ctmark V[/M]]\n"	\
	"        allow [join J] | deny [fallback F] [override] [timeout T] [comment TEXT]"

static const struct verb verbs[] = {
	{ "list", "", "the entries, in order of arrival", NULL, list },
	{ "add", ENTRY_SYNOPSIS,
	  "add an entry; refused when there is one with the same prefix and qualifiers",
	  NULL, add },
	{ "replace", "ENTRY",
	  "add an entry, or put it in the place of the one with the same prefix and qualifiers",
	  NULL, replace },
	{ "del", "PREFIX [from PREFIX] [port N] [mark V[/M]] [ctmark V[/M]] [override]",
	  "remove the entry that has just these", NULL, del },
	{ "get", "ADDRESS [from ADDRESS] [port N] [mark V] [ctmark V]",
	  "explain what happens to MPTCP with this server: which entry decides, which it beats",
	  "A qualifier that is not given is one that the segment lacks: entries that ask\n"
	  "for it do not match. The mark is 0 then.\n", site_get },
	{ "import", "FILE|- [allow [join J] | deny [fallback F] ...]",
	  "add an entry for each line of a file: all of them, or none",
	  "A line is a prefix, and each gets the words behind FILE; without such words a\n"
	  "line is an ENTRY. # starts a comment.\n", site_import },
	{ "flush", "", "remove all entries; the settings stay", NULL, flush },
};

const struct object object_site = {
	.name = "site",
	.brief = "entries that allow or deny MPTCP with servers",
	.help =
"PREFIX     server addresses, as the gateway sees them: after DNAT, before SNAT.\n"
"           An IPv4 or IPv6 prefix, an address, or any: every one of both families.\n"
"           IPv4 addresses mapped into IPv6 (::ffff:0:0/96) are refused.\n"
"from       client addresses, of the same family\n"
"port       the server's TCP port\n"
"mark       the segment's own packet mark; it counts what nftables set before the\n"
"           hook (priority 25 of forward), and replies need it restored\n"
"ctmark     the connection's mark, the same in both directions\n"
"allow      MPTCP passes; join accept, reset or drop sets aside the policy's join\n"
"deny       MPTCP does not; fallback strip, drop or reset sets aside the policy's\n"
"           fallback: \"mbctl policy help\" says what endpoints do about it\n"
"override   goes before all entries without it, whatever their prefix\n"
"timeout    the entry goes after 30, 30s, 10m, 24h, 7d, 1h30m\n"
"comment    at most 63 bytes of text on one line\n"
"\n"
"Which entry decides: first those with override, then those with mark or ctmark,\n"
"then the rest; in each class the longest PREFIX that has a matching entry; there\n"
"from beats port beats ctmark beats mark beats none.\n",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};
