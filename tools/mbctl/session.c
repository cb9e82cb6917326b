// SPDX-License-Identifier: GPL-2.0
/* mbctl session: the MPTCP connections that the gateway knows. */
#include <stdio.h>
#include <string.h>

#include "session.h"
#include "session_out.h"
#include "util.h"

static int list(struct ctx *ctx, struct words *w)
{
	struct sessions found = { 0 };
	struct filter filter;
	unsigned long i;
	int err;

	if (filter_parse(w, &filter, &ctx->err) || ctx_nl(ctx))
		return -1;
	err = live_sessions(&ctx->nl, w->place, &filter, &found, &ctx->err);
	if (!err) {
		out_begin(&ctx->out, OUT_LIST);
		for (i = 0; i < found.n; i++) {
			out_item(&ctx->out);
			if (ctx->out.json)
				session_json(&ctx->out, &found.v[i], filter.now, true);
			else
				session_row(&ctx->out, &found.v[i]);
		}
		err = out_end(&ctx->out, &ctx->err);
	}
	sessions_free(&found);
	return err;
}

/**
 * session_unknown() - the error for a session that is not known
 * @place:	the command
 * @filter:	names its id or token
 * @e:		filled
 *
 * Return: -1
 */
int session_unknown(const char *place, const struct filter *filter,
		    struct err *e)
{
	if (filter->has & FILTER_ID)
		return err_set(e, STATUS_KERNEL,
			       "%s: id %u: there is no such session: see \"mbctl session list\"",
			       place, filter->id);
	return err_set(e, STATUS_KERNEL,
		       "%s: token 0x%08x: no known session has it: its start was not seen, or it has ended: \"mbctl session reset\" resets a single connection",
		       place, filter->token);
}

/**
 * session_ambiguous() - the error for a token that several sessions have
 * @place:	the command
 * @filter:	names a token
 * @found:	the sessions
 * @e:		filled
 *
 * Return: -1
 */
int session_ambiguous(const char *place, const struct filter *filter,
		      const struct sessions *found, struct err *e)
{
	char ids[128] = "";
	unsigned long i;

	for (i = 0; i < found->n && strlen(ids) < sizeof(ids) - 16; i++)
		sprintf(ids + strlen(ids), "%s%u", i ? ", " : "",
			session_id(&found->v[i]));
	return err_set(e, STATUS_KERNEL,
		       "%s: token 0x%08x: %lu sessions have it: give id and one of %s",
		       place, filter->token, found->n, ids);
}

static int get(struct ctx *ctx, struct words *w)
{
	struct sessions found = { 0 };
	struct filter filter;
	int err;

	if (filter_parse(w, &filter, &ctx->err))
		return -1;
	if (filter.has != FILTER_ID && filter.has != FILTER_TOKEN)
		return err_usage(&ctx->err, "%s: which session? give id N or token T: see \"mbctl session list\"",
				 w->place);
	if (ctx_nl(ctx))
		return -1;
	err = live_sessions(&ctx->nl, w->place, &filter, &found, &ctx->err);
	if (!err && !found.n)
		err = session_unknown(w->place, &filter, &ctx->err);
	else if (!err && found.n > 1)
		err = session_ambiguous(w->place, &filter, &found, &ctx->err);
	else if (!err)
		err = session_print(&ctx->out, &found.v[0], filter.now, &ctx->err);
	sessions_free(&found);
	return err;
}

/* ADDRESS PORT; returns 0 or -1. */
static int parse_endpoint(struct words *w, struct endpoint *end, struct err *e)
{
	static const char wanted[] = "ADDRESS PORT ADDRESS PORT, one end and the other";
	const char *word;

	word = words_value(w, "an address", wanted, e);
	if (!word || parse_address(w->place, word, &end->addr, e))
		return -1;
	word = words_value(w, word, wanted, e);
	return word ? parse_port(w->place, word, &end->port, e) : -1;
}

static int parse_connection(struct words *w, struct endpoint end[2],
			    struct err *e)
{
	if (parse_endpoint(w, &end[0], e) || parse_endpoint(w, &end[1], e) ||
	    words_end(w, e))
		return -1;
	if (end[0].addr.family != end[1].addr.family)
		return err_usage(e, "%s: the addresses are of two families: give both in one",
				 w->place);
	if (!memcmp(&end[0].addr, &end[1].addr, sizeof(end[0].addr)) &&
	    end[0].port == end[1].port)
		return err_usage(e, "%s: both ends are the same: give one end and the other",
				 w->place);
	return 0;
}

static int note_id(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];

	nl_parse(nlh, tb, MPTCP_MB_A_MAX);
	if (!tb[MPTCP_MB_A_SESSION_ID] || nl_uint(tb[MPTCP_MB_A_SESSION_ID], data))
		return nl_nonsense("session reset", e);
	return 0;
}

static int print_reset(struct out *out, const struct endpoint end[2],
		       uint64_t id, struct err *e)
{
	char a[ENDPOINT_STRLEN], b[ENDPOINT_STRLEN];

	out_begin(out, OUT_TALE);
	out_num(out, "id", true, id);
	out_line(out, "session %llu: %s and %s get their resets with the next segment between them",
		 (unsigned long long)id, endpoint_text(&end[0], a),
		 endpoint_text(&end[1], b));
	return out_end(out, e);
}

static int reset(struct ctx *ctx, struct words *w)
{
	struct endpoint end[2];
	NL_BUFFER(buf);
	struct nlmsghdr *req;
	uint64_t id = 0;

	if (parse_connection(w, end, &ctx->err) || ctx_nl(ctx))
		return -1;
	req = nl_request(&ctx->nl, buf, MPTCP_MB_CMD_SESSION_RESET, NLM_F_ACK);
	mnl_attr_put(req, MPTCP_MB_A_SOURCE, end[0].addr.len / 8, end[0].addr.addr);
	mnl_attr_put_u16(req, MPTCP_MB_A_SOURCE_PORT, end[0].port);
	mnl_attr_put(req, MPTCP_MB_A_DESTINATION, end[1].addr.len / 8,
		     end[1].addr.addr);
	mnl_attr_put_u16(req, MPTCP_MB_A_DESTINATION_PORT, end[1].port);
	if (nl_call(&ctx->nl, w->place, req, note_id, &id, &ctx->err))
		return -1;
	return print_reset(&ctx->out, end, id, &ctx->err);
}

static const struct verb verbs[] = {
	{ "list", FILTER_SYNOPSIS, "the sessions that match, or all", NULL, list },
	{ "get", "id N | token T", "all about one session and its subflows",
	  "from          the client opened the session; either side may open a subflow\n"
	  "bytes         payload, retransmissions included\n"
	  "end, ack      highest end of sequence and last acknowledgement that this side\n"
	  "              sent\n"
	  "tcp-flags     all that it sent\n"
	  "client-data   bytes that the client sent, each counted once\n", get },
	{ "close", "id N | FILTER | all",
	  "close the sessions that match, with all their subflows; wait until they have ended",
	  "Both hosts get MP_FASTCLOSE with their own key (RFC 8684, 3.5) and a reset on\n"
	  "each subflow; applications see a connection that was reset. It takes keys that\n"
	  "this gateway has seen and the server has proven; a session in fallback is\n"
	  "closed by resets alone. What is not seen to end within 10 seconds is told, and\n"
	  "so is what is refused; the exit status is 2 then.\n"
	  "denied names the sessions that the policy in force would not let begin: a\n"
	  "change of the policy itself ends none.\n", session_close },
	{ "reset", "ADDRESS PORT ADDRESS PORT",
	  "reset one connection whose session is not known, both its ends",
	  "The resets go out with the next segment of this connection that the gateway\n"
	  "sees: it needs its sequence numbers. Addresses are those that it forwards:\n"
	  "after DNAT, before SNAT. The session of an MPTCP connection may live on: its\n"
	  "other subflows are not reset, and Linux applications may wait 60 seconds for a\n"
	  "new one after the last has gone. To end a session that is known, close it.\n",
	  reset },
};

const struct object object_session = {
	.name = "session",
	.brief = "the MPTCP connections that the gateway has seen begin",
	.help =
"FILTER: all of its words must be true of a session.\n"
"id        the number that list shows\n"
"token     one of its two tokens, 0x1a2b3c4d or decimal: joins to the client name\n"
"          client-token, joins to the server name server-token\n"
"site      prefix that its server's address is in\n"
"client    prefix that its client's address is in\n"
"state     unconfirmed: keys were seen, the server has not proven them yet\n"
"          confirmed: it has; fallback: the hosts went on with plain TCP\n"
"          detached: no subflow is left, one may come; closing: by this gateway\n"
"          closed: has ended, remembered for a minute\n"
"age       '>10m' older, '<10m' younger than that; in quotes, or the shell takes\n"
"          it for a file\n"
"denied    the policy in force would deny it\n",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};
