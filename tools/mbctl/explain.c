// SPDX-License-Identifier: GPL-2.0
/* mbctl site get: which entry decides for a server, and what that means. */
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "explain.h"
#include "live.h"
#include "names.h"
#include "site.h"
#include "stmt.h"
#include "text.h"
#include "util.h"

#define OUTCOMES_MAX	32

#define MARK_NOTE							\
	"mark is this segment's own: set it before the hook (priority 25 of forward), " \
	"and restore it on replies; ctmark is the same in both directions"

/**
 * struct outcome - what a kind of segment would get
 * @segment:	its name, owned
 * @verdict:	MPTCP_MB_VERDICT_...
 * @cause:	MPTCP_MB_CAUSE_...
 */
struct outcome {
	char *segment;
	uint64_t verdict, cause;
};

/**
 * struct answer - what the kernel says
 * @found:	the entries that match, the one that decides first
 * @more:	how many more match
 * @outcome:	by kind of segment
 * @outcomes:	how many
 */
struct answer {
	struct entries found;
	uint64_t more;
	struct outcome outcome[OUTCOMES_MAX];
	unsigned int outcomes;
};

static unsigned int class_of(const struct entry *entry)
{
	if (entry->has & ENTRY_OVERRIDE)
		return 0;
	return entry->has & (ENTRY_MARK | ENTRY_CTMARK) ? 1 : 2;
}

/* "any" is shorter than every prefix. */
static int length(const struct prefix *p)
{
	return p->family ? p->len : -1;
}

/**
 * explain_why() - why an entry does not decide
 * @best:	the one that does
 * @beaten:	the other; it matches, too
 *
 * Return: a clause on @beaten, in the order that "mbctl site help" tells
 */
const char *explain_why(const struct entry *best, const struct entry *beaten)
{
	const unsigned int lacks = best->has & ~beaten->has;

	if (class_of(best) != class_of(beaten))
		return class_of(best) ? "it has neither mark nor ctmark" :
					"it is no override";
	if (length(&best->to) != length(&beaten->to))
		return "its prefix is shorter";
	if (lacks & ENTRY_FROM)
		return "it has no from";
	if (length(&best->from) != length(&beaten->from))
		return "its from is shorter";
	if (lacks & ENTRY_PORT)
		return "it has no port";
	if (lacks & ENTRY_CTMARK)
		return "it has no ctmark";
	if (lacks & ENTRY_MARK)
		return "it has no mark";
	return "the kernel puts it behind";
}

static int note_outcome(const struct nlattr *nest, struct answer *a)
{
	const struct nlattr *tb[MPTCP_MB_OUTCOME_MAX + 1];
	struct outcome *o = &a->outcome[a->outcomes];
	char *segment;

	nl_parse_nested(nest, tb, MPTCP_MB_OUTCOME_MAX);
	if (a->outcomes == OUTCOMES_MAX)
		return 0;
	if (!tb[MPTCP_MB_OUTCOME_SEGMENT] || !tb[MPTCP_MB_OUTCOME_VERDICT] ||
	    !tb[MPTCP_MB_OUTCOME_CAUSE] ||
	    nl_uint(tb[MPTCP_MB_OUTCOME_VERDICT], &o->verdict) ||
	    nl_uint(tb[MPTCP_MB_OUTCOME_CAUSE], &o->cause))
		return -1;
	/* it is a key of JSON's, and text */
	segment = nl_string(tb[MPTCP_MB_OUTCOME_SEGMENT]);
	o->segment = text_visible(segment);
	free(segment);
	a->outcomes++;
	return 0;
}

static int note_entry(const struct nlattr *nest, struct entries *list)
{
	list->v = xrealloc(list->v, (list->n + 1) * sizeof(*list->v));
	return entry_get(nest, &list->v[list->n++]);
}

/* The kernel puts the entry that decides before those it beats. */
static int note_answer(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	struct answer *a = data;
	const struct nlattr *attr;
	int err = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case MPTCP_MB_A_SITE:
		case MPTCP_MB_A_BEATEN:
			err |= note_entry(attr, &a->found);
			break;
		case MPTCP_MB_A_BEATEN_MORE:
			err |= nl_uint(attr, &a->more);
			break;
		case MPTCP_MB_A_OUTCOME:
			err |= note_outcome(attr, a);
			break;
		}
	}
	return err ? nl_nonsense("site get", e) : 0;
}

static void answer_free(struct answer *a)
{
	unsigned int i;

	for (i = 0; i < a->outcomes; i++)
		free(a->outcome[i].segment);
	entries_free(&a->found);
}

static void print_entry(struct out *out, const char *label,
			const struct entry *entry, const char *why)
{
	char *text = entry_text(entry);
	char *clean = text_visible(text);

	out_line(out, "%-12s%s%s%s", label, clean, why ? ": " : "", why ? why : "");
	free(clean);
	free(text);
}

static void print_entries(struct out *out, const struct answer *a)
{
	const struct entries *found = &a->found;
	unsigned long i;

	if (found->n) {
		print_entry(out, "decides", &found->v[0], NULL);
		out_open(out, "site", false);
		site_out(out, &found->v[0]);
		out_close(out);
	} else {
		out_line(out, "%-12s%s", "decides", "default: no entry matches");
	}
	out_open(out, "beaten", true);
	for (i = 1; i < found->n; i++) {
		const char *why = explain_why(&found->v[0], &found->v[i]);

		print_entry(out, i == 1 ? "beaten" : "", &found->v[i], why);
		out_open(out, NULL, false);
		site_out(out, &found->v[i]);
		out_str(out, "why", why);
		out_close(out);
	}
	out_close(out);
	out_num(out, "beaten_more", a->more, a->more);
	if (a->more)
		out_line(out, "%-12sand %llu more", "",
			 (unsigned long long)a->more);
}

static const char *cause_text(unsigned int cause, const struct entry *entry)
{
	static const char *const text[] = {
		[MPTCP_MB_CAUSE_DEFAULT]	= "by the setting default",
		[MPTCP_MB_CAUSE_SITE]		= "by the entry",
		[MPTCP_MB_CAUSE_JOIN]		= "by the setting join",
		[MPTCP_MB_CAUSE_MALFORMED]	= "by the setting malformed",
		[MPTCP_MB_CAUSE_ADD_ADDR]	= "by the setting add-addr",
		[MPTCP_MB_CAUSE_DATA]		= "no setting is about it",
		[MPTCP_MB_CAUSE_SEALED]		= "it is protected by TCP-AO or AH",
		[MPTCP_MB_CAUSE_ORPHAN]		= "by the setting orphan",
		[MPTCP_MB_CAUSE_MIDSTREAM]	= "by the setting midstream",
		[MPTCP_MB_CAUSE_CLOSING]	= "its session is being closed",
	};

	_Static_assert(ARRAY_SIZE(text) == MPTCP_MB_CAUSE_CLOSING + 1, "causes");
	if (cause == MPTCP_MB_CAUSE_JOIN && entry && entry->has & ENTRY_JOIN)
		return "by the entry's join";
	return cause < ARRAY_SIZE(text) ? text[cause] : name_of(&names_cause, cause);
}

static void print_outcomes(struct out *out, const struct answer *a)
{
	const struct entry *decides = a->found.n ? a->found.v : NULL;
	unsigned int i;

	out_open(out, "outcome", false);
	for (i = 0; i < a->outcomes; i++) {
		const struct outcome *o = &a->outcome[i];

		out_line(out, "%-12s%-12s%s", o->segment,
			 name_of(&names_verdict, o->verdict), cause_text(o->cause, decides));
		out_open(out, o->segment, false);
		out_str(out, "verdict", name_of(&names_verdict, o->verdict));
		out_str(out, "cause", name_of(&names_cause, o->cause));
		out_close(out);
	}
	out_close(out);
}

static void put_note(struct out *out, const char *note)
{
	out_line(out, "note: %s", note);
	out_str(out, NULL, note);
}

/* What a reader may take for granted and should not. */
static void print_notes(struct out *out, const struct entry *query,
			const struct answer *a, uint32_t mode)
{
	static const struct {
		unsigned int part;
		const char *name;
	} asked[] = {
		{ ENTRY_FROM, "from" },
		{ ENTRY_PORT, "port" },
		{ ENTRY_CTMARK, "ctmark" },
	};
	unsigned int has = query->has;
	char note[128];
	unsigned long i;

	out_open(out, "notes", true);
	if (mode != MPTCP_MB_MODE_ENFORCE) {
		snprintf(note, sizeof(note), "mode is %s: %s",
			 name_of(&names_mode, mode),
			 mode == MPTCP_MB_MODE_OBSERVE ?
			 "this is counted, not done" : "nothing is judged");
		put_note(out, note);
	}
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		if (has & asked[i].part)
			continue;
		snprintf(note, sizeof(note), "without %s, entries that ask for it do not match",
			 asked[i].name);
		put_note(out, note);
	}
	for (i = 0; i < a->found.n; i++)
		has |= a->found.v[i].has;
	if (has & ENTRY_MARK)
		put_note(out, MARK_NOTE);
	out_close(out);
}

static void print(struct out *out, const struct entry *query,
		  const struct answer *a, uint32_t mode)
{
	char address[PREFIX_STRLEN], *text = entry_text(query);

	out_begin(out, OUT_TALE);
	out_line(out, "%-12s%s", "server", text);
	out_str(out, "address", prefix_text(&query->to, address));
	out_str(out, "from", query->has & ENTRY_FROM ?
		prefix_text(&query->from, address) : NULL);
	out_num(out, "port", query->has & ENTRY_PORT, query->port);
	out_str(out, "mark", query->has & ENTRY_MARK ?
		mark_text(query->mark, query->mark_mask, address) : NULL);
	out_str(out, "ctmark", query->has & ENTRY_CTMARK ?
		mark_text(query->ctmark, query->ctmark_mask, address) : NULL);
	out_str(out, "mode", name_of(&names_mode, mode));
	print_entries(out, a);
	print_outcomes(out, a);
	print_notes(out, query, a, mode);
	free(text);
}

/**
 * site_get() - mbctl site get ADDRESS [QUALIFIERS]
 * @ctx:	context
 * @w:		its words
 *
 * Return: 0 or -1
 */
int site_get(struct ctx *ctx, struct words *w)
{
	NL_BUFFER(buf);
	struct answer answer = { 0 };
	struct settings set;
	struct entry query;
	struct nlmsghdr *req;
	int err;

	err = entry_parse_query(w, &query, &ctx->err) || ctx_nl(ctx) ||
	      live_settings(&ctx->nl, w->place, &set, &ctx->err);
	if (!err) {
		req = nl_request(&ctx->nl, buf, MPTCP_MB_CMD_SITE_GET, NLM_F_ACK);
		entry_put(req, &query, true);
		err = nl_call(&ctx->nl, w->place, req, note_answer, &answer, &ctx->err);
	}
	if (!err) {
		print(&ctx->out, &query, &answer, set.value[MPTCP_MB_SET_MODE]);
		err = out_end(&ctx->out, &ctx->err);
	}
	answer_free(&answer);
	return err ? -1 : 0;
}
