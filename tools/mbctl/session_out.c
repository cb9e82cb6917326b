// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "names.h"
#include "session_out.h"
#include "util.h"

#define CLIENT	MPTCP_MB_SIDE_CLIENT
#define SERVER	MPTCP_MB_SIDE_SERVER

/* Numbers by attribute: of a session, a subflow or a direction */
#define NUM(out, key, of, attr)						\
	out_num(out, key, (of)->has[attr], (of)->n[attr])
#define NAME(out, key, of, attr, names)					\
	out_str(out, key, (of)->has[attr] ? name_of(names, (of)->n[attr]) : NULL)

/**
 * token_out() - a token into an answer
 * @out:	answer
 * @key:	its key there
 * @has:	whether there is one
 * @token:	token
 */
void token_out(struct out *out, const char *key, bool has, uint32_t token)
{
	char text[12];

	snprintf(text, sizeof(text), "0x%08x", token);
	out_str(out, key, has ? text : NULL);
}

static void put_tokens(struct out *out, const struct session *s)
{
	token_out(out, "client-token", s->has[MPTCP_MB_SESSION_CLIENT_TOKEN],
		  s->n[MPTCP_MB_SESSION_CLIENT_TOKEN]);
	token_out(out, "server-token", s->has[MPTCP_MB_SESSION_SERVER_TOKEN],
		  s->n[MPTCP_MB_SESSION_SERVER_TOKEN]);
}

/* How it has ended, if it has */
static const char *ended(const struct session *s)
{
	const uint64_t how = s->n[MPTCP_MB_SESSION_HOW];

	return how == MPTCP_MB_HOW_OPEN ? NULL : name_of(&names_how, how);
}

static const char *fallback_sign(const struct session *s)
{
	const uint64_t sign = s->n[MPTCP_MB_SESSION_FALLBACK];

	return sign == MPTCP_MB_FALLBACK_SIGN_NONE ? NULL :
	       name_of(&names_fallback_sign, sign);
}

/* --- JSON ------------------------------------------------------------- */

static void endpoint_json(struct out *out, const char *address,
			  const char *port, const struct endpoint *end)
{
	char buf[PREFIX_STRLEN];

	out_str(out, address, end->addr.family ? prefix_text(&end->addr, buf) : NULL);
	out_num(out, port, end->addr.family, end->port);
}

static void ends_json(struct out *out, const struct endpoint end[2])
{
	endpoint_json(out, "client", "client-port", &end[CLIENT]);
	endpoint_json(out, "server", "server-port", &end[SERVER]);
}

/* 64 bits are too many for the numbers of most readers of JSON. */
static void sequence_json(struct out *out, const char *key,
			  const struct direction *dir, unsigned int attr)
{
	char text[20];

	snprintf(text, sizeof(text), "0x%016" PRIx64, dir->n[attr]);
	out_str(out, key, dir->has[attr] ? text : NULL);
}

static void direction_json(struct out *out, const char *key,
			   const struct direction *dir)
{
	out_open(out, key, false);
	NUM(out, "segments", dir, MPTCP_MB_DIR_SEGMENTS);
	NUM(out, "bytes", dir, MPTCP_MB_DIR_BYTES);
	NUM(out, "end", dir, MPTCP_MB_DIR_END);
	NUM(out, "ack", dir, MPTCP_MB_DIR_ACK);
	NUM(out, "window", dir, MPTCP_MB_DIR_WINDOW);
	out_flags(out, "flags", &names_tcp_flag, dir->n[MPTCP_MB_DIR_FLAGS]);
	NUM(out, "tsval", dir, MPTCP_MB_DIR_TSVAL);
	sequence_json(out, "data-end", dir, MPTCP_MB_DIR_DATA_END);
	sequence_json(out, "data-ack", dir, MPTCP_MB_DIR_DATA_ACK);
	out_close(out);
}

/**
 * subflow_json() - a subflow's values, into an object
 * @out:	answer in JSON
 * @sub:	subflow
 */
void subflow_json(struct out *out, const struct subflow *sub)
{
	const uint64_t how = sub->n[MPTCP_MB_SUBFLOW_HOW];

	NAME(out, "state", sub, MPTCP_MB_SUBFLOW_STATE, &names_subflow_state);
	out_str(out, "how", how == MPTCP_MB_HOW_OPEN ? NULL :
		name_of(&names_how, how));
	out_flags(out, "flags", &names_subflow_flag,
		  sub->n[MPTCP_MB_SUBFLOW_FLAGS]);
	NAME(out, "opener", sub, MPTCP_MB_SUBFLOW_OPENER, &names_side);
	ends_json(out, sub->end);
	NUM(out, "client-address-id", sub, MPTCP_MB_SUBFLOW_CLIENT_ADDRESS_ID);
	NUM(out, "server-address-id", sub, MPTCP_MB_SUBFLOW_SERVER_ADDRESS_ID);
	out_time(out, "started", sub->has[MPTCP_MB_SUBFLOW_STARTED],
		 sub->n[MPTCP_MB_SUBFLOW_STARTED]);
	NUM(out, "idle", sub, MPTCP_MB_SUBFLOW_IDLE);
	direction_json(out, "from-client", &sub->from[CLIENT]);
	direction_json(out, "from-server", &sub->from[SERVER]);
}

/**
 * session_json() - a session's values, into an object
 * @out:	answer in JSON
 * @s:		session
 * @now:	seconds since the epoch
 * @subflows:	with its subflows
 */
void session_json(struct out *out, const struct session *s, time_t now,
		  bool subflows)
{
	char buf[PREFIX_STRLEN];
	unsigned int i;

	out_num(out, "id", true, session_id(s));
	NAME(out, "state", s, MPTCP_MB_SESSION_STATE, &names_session_state);
	out_str(out, "how", ended(s));
	out_str(out, "fallback", fallback_sign(s));
	NUM(out, "version", s, MPTCP_MB_SESSION_VERSION);
	put_tokens(out, s);
	ends_json(out, s->end);
	out_str(out, "site", matched_text(&s->site, buf));
	out_flags(out, "flags", &names_session_flag, s->n[MPTCP_MB_SESSION_FLAGS]);
	out_bool(out, "denied", s->has[MPTCP_MB_SESSION_FLAGS],
		 session_flagged(s, MPTCP_MB_SESSION_FLAG_DENIED));
	out_time(out, "started", s->has[MPTCP_MB_SESSION_STARTED],
		 s->n[MPTCP_MB_SESSION_STARTED]);
	out_num(out, "age", s->has[MPTCP_MB_SESSION_STARTED], session_age(s, now));
	NUM(out, "idle", s, MPTCP_MB_SESSION_IDLE);
	NUM(out, "client-data", s, MPTCP_MB_SESSION_CLIENT_DATA);
	NUM(out, "server-data", s, MPTCP_MB_SESSION_SERVER_DATA);
	NUM(out, "client-acked", s, MPTCP_MB_SESSION_CLIENT_ACKED);
	NUM(out, "server-acked", s, MPTCP_MB_SESSION_SERVER_ACKED);
	NUM(out, "pending", s, MPTCP_MB_SESSION_PENDING);
	if (!subflows)
		return;
	out_open(out, "subflows", true);
	for (i = 0; i < s->subflows; i++) {
		out_open(out, NULL, false);
		subflow_json(out, &s->subflow[i]);
		out_close(out);
	}
	out_close(out);
}

/* --- text ------------------------------------------------------------- */

/* "2", or "1/2": of which 1 lives */
static const char *count_text(const struct session *s, char buf[24])
{
	unsigned int i, live = 0;

	for (i = 0; i < s->subflows; i++)
		live += s->subflow[i].n[MPTCP_MB_SUBFLOW_STATE] ==
			MPTCP_MB_SUBFLOW_STATE_LIVE;
	snprintf(buf, 24, live == s->subflows ? "%u" : "%u/%u", live, s->subflows);
	return buf;
}

/**
 * session_row() - a session as a line of a list
 * @out:	answer in text, an item of its own
 * @s:		session
 */
void session_row(struct out *out, const struct session *s)
{
	char end[ENDPOINT_STRLEN], site[PREFIX_STRLEN], count[24];

	out_num(out, "id", true, session_id(s));
	NAME(out, "state", s, MPTCP_MB_SESSION_STATE, &names_session_state);
	out_str(out, "how", ended(s));
	out_str(out, "fallback", fallback_sign(s));
	out_str(out, "client", endpoint_text(&s->end[CLIENT], end));
	out_str(out, "server", endpoint_text(&s->end[SERVER], end));
	out_str(out, "site", matched_text(&s->site, site));
	out_bool(out, "denied",
		 session_flagged(s, MPTCP_MB_SESSION_FLAG_DENIED), true);
	out_str(out, "subflows", count_text(s, count));
	out_span(out, "idle", s->has[MPTCP_MB_SESSION_IDLE],
		 s->n[MPTCP_MB_SESSION_IDLE]);
	NUM(out, "client-data", s, MPTCP_MB_SESSION_CLIENT_DATA);
	NUM(out, "server-data", s, MPTCP_MB_SESSION_SERVER_DATA);
	put_tokens(out, s);
}

/* "1234, 1000 of it acknowledged" */
static void put_data(struct out *out, const char *key, const struct session *s,
		     unsigned int data, unsigned int acked)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 ", %" PRIu64 " of it acknowledged",
		 s->n[data], s->n[acked]);
	out_str(out, key, !s->has[data] ? NULL : text);
}

static void put_record(struct out *out, const struct session *s, time_t now)
{
	char buf[ENDPOINT_STRLEN];

	out_num(out, "id", true, session_id(s));
	NAME(out, "state", s, MPTCP_MB_SESSION_STATE, &names_session_state);
	out_str(out, "how", ended(s));
	out_str(out, "fallback", fallback_sign(s));
	NUM(out, "version", s, MPTCP_MB_SESSION_VERSION);
	out_str(out, "client", endpoint_text(&s->end[CLIENT], buf));
	out_str(out, "server", endpoint_text(&s->end[SERVER], buf));
	put_tokens(out, s);
	out_str(out, "site", matched_text(&s->site, buf));
	out_flags(out, "flags", &names_session_flag, s->n[MPTCP_MB_SESSION_FLAGS]);
	out_time(out, "started", s->has[MPTCP_MB_SESSION_STARTED],
		 s->n[MPTCP_MB_SESSION_STARTED]);
	out_span(out, "age", s->has[MPTCP_MB_SESSION_STARTED], session_age(s, now));
	out_span(out, "idle", s->has[MPTCP_MB_SESSION_IDLE],
		 s->n[MPTCP_MB_SESSION_IDLE]);
	put_data(out, "client-data", s, MPTCP_MB_SESSION_CLIENT_DATA,
		 MPTCP_MB_SESSION_CLIENT_ACKED);
	put_data(out, "server-data", s, MPTCP_MB_SESSION_SERVER_DATA,
		 MPTCP_MB_SESSION_SERVER_ACKED);
	NUM(out, "pending", s, MPTCP_MB_SESSION_PENDING);
	out_num(out, "subflows", true, s->subflows);
}

/* What one side sent, beside what is true of the whole subflow in the line of
 * the side that opened it, which is the first one.
 */
static void put_side(struct out *out, const struct subflow *sub,
		     unsigned int side, bool first)
{
	static const unsigned int address_id[] = {
		[CLIENT] = MPTCP_MB_SUBFLOW_CLIENT_ADDRESS_ID,
		[SERVER] = MPTCP_MB_SUBFLOW_SERVER_ADDRESS_ID,
	};
	const uint64_t how = sub->n[MPTCP_MB_SUBFLOW_HOW];
	const struct direction *dir = &sub->from[side];
	char buf[ENDPOINT_STRLEN];

	out_item(out);
	out_str(out, "subflow", first ?
		name_of(&names_subflow_state, sub->n[MPTCP_MB_SUBFLOW_STATE]) : "");
	out_str(out, "how", how == MPTCP_MB_HOW_OPEN ? NULL :
		first ? name_of(&names_how, how) : "");
	out_str(out, "from", name_of(&names_side, side));
	out_str(out, "address", endpoint_text(&sub->end[side], buf));
	NUM(out, "address-id", sub, address_id[side]);
	NUM(out, "segments", dir, MPTCP_MB_DIR_SEGMENTS);
	NUM(out, "bytes", dir, MPTCP_MB_DIR_BYTES);
	NUM(out, "end", dir, MPTCP_MB_DIR_END);
	NUM(out, "ack", dir, MPTCP_MB_DIR_ACK);
	out_flags(out, "tcp-flags", &names_tcp_flag, dir->n[MPTCP_MB_DIR_FLAGS]);
	out_span(out, "idle", first && sub->has[MPTCP_MB_SUBFLOW_IDLE],
		 sub->n[MPTCP_MB_SUBFLOW_IDLE]);
	if (first)
		out_flags(out, "flags", &names_subflow_flag,
			  sub->n[MPTCP_MB_SUBFLOW_FLAGS]);
}

static int print_text(struct out *out, const struct session *s, time_t now,
		      struct err *e)
{
	struct out table = { .indent = 4 };
	unsigned int i;

	out_begin(out, OUT_RECORD);
	put_record(out, s, now);
	if (out_end(out, e))
		return -1;
	out_begin(&table, OUT_LIST);
	for (i = 0; i < s->subflows; i++) {
		const struct subflow *sub = &s->subflow[i];
		const unsigned int opener = sub->n[MPTCP_MB_SUBFLOW_OPENER] == SERVER ?
					    SERVER : CLIENT;

		put_side(&table, sub, opener, true);
		put_side(&table, sub, !opener, false);
	}
	return out_end(&table, e);
}

/**
 * session_print() - an answer about one session
 * @out:	answer, not begun
 * @s:		session
 * @now:	seconds since the epoch
 * @e:		filled on error
 *
 * Return: 0 or -1: it could not be written
 */
int session_print(struct out *out, const struct session *s, time_t now,
		  struct err *e)
{
	if (!out->json)
		return print_text(out, s, now, e);
	out_begin(out, OUT_RECORD);
	session_json(out, s, now, true);
	return out_end(out, e);
}
