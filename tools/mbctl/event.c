// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <linux/genetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "names.h"
#include "session_out.h"
#include "text.h"
#include "util.h"

#define BIT(attr)	(1ULL << (attr))
#define NUMBERS		(BIT(MPTCP_MB_A_EVENT) | BIT(MPTCP_MB_A_TIME) |	\
			 BIT(MPTCP_MB_A_LOST) | BIT(MPTCP_MB_A_PID) |	\
			 BIT(MPTCP_MB_A_SESSION_ID) |			\
			 BIT(MPTCP_MB_A_GENERATION))

static int get(const struct nlattr **tb, struct event *ev)
{
	if (nl_uints(tb, MPTCP_MB_A_MAX, ~NUMBERS, ev->has, ev->n))
		return -1;
	if (tb[MPTCP_MB_A_COMM])
		ev->comm = nl_string(tb[MPTCP_MB_A_COMM]);
	if (tb[MPTCP_MB_A_SESSION] &&
	    session_get(tb[MPTCP_MB_A_SESSION], &ev->session))
		return -1;
	if (tb[MPTCP_MB_A_SUBFLOW] &&
	    subflow_get(tb[MPTCP_MB_A_SUBFLOW], &ev->subflow))
		return -1;
	return tb[MPTCP_MB_A_REFUSAL] ?
	       refusal_get(tb[MPTCP_MB_A_REFUSAL], &ev->refusal) : 0;
}

/**
 * event_get() - an event out of a message
 * @nlh:	message
 * @ev:		filled; event_free() in any case
 * @e:		filled on error
 *
 * Return: 0; 1: it is no event; -1: it cannot be read
 */
int event_get(const struct nlmsghdr *nlh, struct event *ev, struct err *e)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];

	memset(ev, 0, sizeof(*ev));
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl) ||
	    genl->cmd != MPTCP_MB_CMD_EVENT_NTF)
		return 1;
	nl_parse(nlh, tb, MPTCP_MB_A_MAX);
	return !tb[MPTCP_MB_A_EVENT] || get(tb, ev) ? nl_nonsense("event", e) : 0;
}

/**
 * event_free() - give back what it owns
 * @ev:	after event_get()
 */
void event_free(struct event *ev)
{
	session_free(&ev->session);
	free(ev->comm);
	ev->comm = NULL;
}

/**
 * event_session() - which session it is about
 * @ev:	event
 *
 * Return: its id, or 0
 */
uint32_t event_session(const struct event *ev)
{
	if (ev->has[MPTCP_MB_A_SESSION])
		return session_id(&ev->session);
	if (ev->has[MPTCP_MB_A_SESSION_ID])
		return ev->n[MPTCP_MB_A_SESSION_ID];
	return ev->refusal.n[MPTCP_MB_REFUSAL_SESSION];
}

/* --- text ------------------------------------------------------------- */

struct text {
	char text[1024];
};

static void append(struct text *line, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct text *line, const char *fmt, ...)
{
	const size_t len = strlen(line->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line->text + len, sizeof(line->text) - len, fmt, ap);
	va_end(ap);
}

static void add_ends(struct text *line, const struct endpoint *from,
		     const struct endpoint *to)
{
	char a[ENDPOINT_STRLEN], b[ENDPOINT_STRLEN];

	if (from->addr.family && to->addr.family)
		append(line, " %s -> %s", endpoint_text(from, a),
		       endpoint_text(to, b));
}

static void add_token(struct text *line, const char *what,
		      const struct session *s, unsigned int attr)
{
	if (s->has[attr])
		append(line, " %s 0x%08x", what, (uint32_t)s->n[attr]);
}

static void add_session(struct text *line, const struct session *s)
{
	const uint64_t how = s->n[MPTCP_MB_SESSION_HOW];
	const uint64_t sign = s->n[MPTCP_MB_SESSION_FALLBACK];
	char buf[PREFIX_STRLEN];

	append(line, " %s", how == MPTCP_MB_HOW_OPEN ?
	       name_of(&names_session_state, s->n[MPTCP_MB_SESSION_STATE]) :
	       name_of(&names_how, how));
	if (sign != MPTCP_MB_FALLBACK_SIGN_NONE)
		append(line, " (%s)", name_of(&names_fallback_sign, sign));
	add_ends(line, &s->end[MPTCP_MB_SIDE_CLIENT], &s->end[MPTCP_MB_SIDE_SERVER]);
	append(line, " site %s", matched_text(&s->site, buf));
	add_token(line, "client-token", s, MPTCP_MB_SESSION_CLIENT_TOKEN);
	add_token(line, "server-token", s, MPTCP_MB_SESSION_SERVER_TOKEN);
	if (s->n[MPTCP_MB_SESSION_CLIENT_DATA] || s->n[MPTCP_MB_SESSION_SERVER_DATA])
		append(line, " client-data %" PRIu64 " server-data %" PRIu64,
		       s->n[MPTCP_MB_SESSION_CLIENT_DATA],
		       s->n[MPTCP_MB_SESSION_SERVER_DATA]);
}

static void add_subflow(struct text *line, const struct subflow *sub)
{
	const uint64_t how = sub->n[MPTCP_MB_SUBFLOW_HOW];
	const bool by_server = sub->n[MPTCP_MB_SUBFLOW_OPENER] == MPTCP_MB_SIDE_SERVER;

	append(line, " subflow");
	add_ends(line, &sub->end[by_server], &sub->end[!by_server]);
	append(line, " opened by the %s", name_of(&names_side, by_server));
	if (how != MPTCP_MB_HOW_OPEN)
		append(line, ", %s", name_of(&names_how, how));
}

static void add_refusal(struct text *line, const struct refusal *r)
{
	char buf[PREFIX_STRLEN];

	append(line, " %s %s (%s)",
	       name_of(&names_place, r->n[MPTCP_MB_REFUSAL_PLACE]),
	       name_of(&names_verdict, r->n[MPTCP_MB_REFUSAL_VERDICT]),
	       name_of(&names_cause, r->n[MPTCP_MB_REFUSAL_CAUSE]));
	add_ends(line, &r->src, &r->dst);
	append(line, " site %s", matched_text(&r->site, buf));
	if (r->has[MPTCP_MB_REFUSAL_TOKEN])
		append(line, " token 0x%08x",
		       (uint32_t)r->n[MPTCP_MB_REFUSAL_TOKEN]);
}

static void add_program(struct text *line, const struct event *ev)
{
	char *comm = text_visible(ev->comm ? ev->comm : "an unknown program");

	append(line, " by %s", comm);
	free(comm);
	if (ev->has[MPTCP_MB_A_PID])
		append(line, ", process %" PRIu64, ev->n[MPTCP_MB_A_PID]);
}

static void print_text(struct out *out, const struct event *ev)
{
	struct text line = { "" };

	if (event_session(ev))
		append(&line, " session %u", event_session(ev));
	if (ev->has[MPTCP_MB_A_SUBFLOW])
		add_subflow(&line, &ev->subflow);
	else if (ev->has[MPTCP_MB_A_SESSION])
		add_session(&line, &ev->session);
	if (ev->has[MPTCP_MB_A_REFUSAL])
		add_refusal(&line, &ev->refusal);
	if (ev->has[MPTCP_MB_A_GENERATION])
		append(&line, " generation %" PRIu64, ev->n[MPTCP_MB_A_GENERATION]);
	if (ev->comm || ev->has[MPTCP_MB_A_PID])
		add_program(&line, ev);
	out_line(out, "%s %s%s", moment_text(ev->n[MPTCP_MB_A_TIME]),
		 name_of(&names_event, ev->n[MPTCP_MB_A_EVENT]), line.text);
}

/* --- JSON ------------------------------------------------------------- */

/**
 * refusal_json() - a refusal's values, into an object
 * @out:	answer in JSON
 * @r:		refusal
 */
void refusal_json(struct out *out, const struct refusal *r)
{
	const bool *has = r->has;
	char buf[PREFIX_STRLEN];

	out_moment(out, "time", has[MPTCP_MB_REFUSAL_TIME],
		   r->n[MPTCP_MB_REFUSAL_TIME]);
	out_str(out, "segment", name_of(&names_place, r->n[MPTCP_MB_REFUSAL_PLACE]));
	out_str(out, "verdict",
		name_of(&names_verdict, r->n[MPTCP_MB_REFUSAL_VERDICT]));
	out_str(out, "cause", name_of(&names_cause, r->n[MPTCP_MB_REFUSAL_CAUSE]));
	out_str(out, "source", r->src.addr.family ?
		prefix_text(&r->src.addr, buf) : NULL);
	out_num(out, "source-port", r->src.addr.family, r->src.port);
	out_str(out, "destination", r->dst.addr.family ?
		prefix_text(&r->dst.addr, buf) : NULL);
	out_num(out, "destination-port", r->dst.addr.family, r->dst.port);
	token_out(out, "token", has[MPTCP_MB_REFUSAL_TOKEN],
		  r->n[MPTCP_MB_REFUSAL_TOKEN]);
	out_num(out, "session", r->n[MPTCP_MB_REFUSAL_SESSION],
		r->n[MPTCP_MB_REFUSAL_SESSION]);
	out_str(out, "site", matched_text(&r->site, buf));
}

static void session_part(struct out *out, const struct event *ev)
{
	if (!event_session(ev))
		return;
	out_open(out, "session", false);
	if (ev->has[MPTCP_MB_A_SESSION])
		session_json(out, &ev->session,
			     ev->n[MPTCP_MB_A_TIME] / 1000000000,
			     ev->session.subflows);
	else
		out_num(out, "id", true, event_session(ev));
	out_close(out);
}

static void print_json(struct out *out, const struct event *ev)
{
	out_moment(out, "time", true, ev->n[MPTCP_MB_A_TIME]);
	out_str(out, "event", name_of(&names_event, ev->n[MPTCP_MB_A_EVENT]));
	session_part(out, ev);
	if (ev->has[MPTCP_MB_A_SUBFLOW]) {
		out_open(out, "subflow", false);
		subflow_json(out, &ev->subflow);
		out_close(out);
	}
	if (ev->has[MPTCP_MB_A_REFUSAL]) {
		out_open(out, "refusal", false);
		refusal_json(out, &ev->refusal);
		out_close(out);
	}
	out_num(out, "generation", ev->has[MPTCP_MB_A_GENERATION],
		ev->n[MPTCP_MB_A_GENERATION]);
	out_num(out, "pid", ev->has[MPTCP_MB_A_PID], ev->n[MPTCP_MB_A_PID]);
	out_str(out, "comm", ev->comm);
	out_num(out, "lost", ev->n[MPTCP_MB_A_LOST], ev->n[MPTCP_MB_A_LOST]);
}

/* --- both ------------------------------------------------------------- */

/**
 * event_print() - an event as a line, or a JSON value
 * @out:	answer, not begun
 * @ev:		event
 * @e:		filled on error
 *
 * Return: 0 or -1: it could not be written
 */
int event_print(struct out *out, const struct event *ev, struct err *e)
{
	out_begin(out, OUT_TALE);
	if (out->json)
		print_json(out, ev);
	else
		print_text(out, ev);
	return out_end(out, e);
}

/**
 * event_print_lost() - a line that says that some are missing
 * @out:	answer, not begun
 * @nanoseconds: since 1970
 * @count:	how many
 * @e:		filled on error
 *
 * Return: 0 or -1: it could not be written
 */
int event_print_lost(struct out *out, uint64_t nanoseconds, uint64_t count,
		     struct err *e)
{
	out_begin(out, OUT_TALE);
	out_moment(out, "time", true, nanoseconds);
	out_str(out, "event", "lost");
	out_num(out, "count", true, count);
	out_line(out, "%s lost %" PRIu64 " events", moment_text(nanoseconds), count);
	return out_end(out, e);
}
