// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "entry.h"
#include "filter.h"
#include "session_nl.h"
#include "util.h"

#define BIT(attr)	(1ULL << (attr))

/* Attributes that are no numbers */
#define SESSION_OTHERS	(BIT(MPTCP_MB_SESSION_CLIENT) |		\
			 BIT(MPTCP_MB_SESSION_SERVER) |		\
			 BIT(MPTCP_MB_SESSION_SITE) |		\
			 BIT(MPTCP_MB_SESSION_SUBFLOW))
#define SUBFLOW_OTHERS	(BIT(MPTCP_MB_SUBFLOW_CLIENT) |		\
			 BIT(MPTCP_MB_SUBFLOW_SERVER) |		\
			 BIT(MPTCP_MB_SUBFLOW_FROM_CLIENT) |	\
			 BIT(MPTCP_MB_SUBFLOW_FROM_SERVER))
#define REFUSAL_OTHERS	(BIT(MPTCP_MB_REFUSAL_SOURCE) |		\
			 BIT(MPTCP_MB_REFUSAL_DESTINATION) |	\
			 BIT(MPTCP_MB_REFUSAL_SITE))

static int get_endpoint(const struct nlattr *addr, uint64_t port,
			struct endpoint *end)
{
	end->port = port;
	return nl_address(addr, &end->addr);
}

/* Of the entry only the servers are of interest here. */
static int get_matched(const struct nlattr *nest, struct matched *site)
{
	struct entry entry;
	int err;

	if (!nest)
		return 0;
	err = entry_get(nest, &entry);
	site->entry = true;
	site->prefix = entry.to;
	entry_free(&entry);
	return err;
}

static int get_direction(const struct nlattr *nest, struct direction *dir)
{
	const struct nlattr *tb[MPTCP_MB_DIR_MAX + 1];

	if (!nest)
		return 0;
	nl_parse_nested(nest, tb, MPTCP_MB_DIR_MAX);
	return nl_uints(tb, MPTCP_MB_DIR_MAX, 0, dir->has, dir->n);
}

/**
 * subflow_get() - a subflow out of a message
 * @nest:	MPTCP_MB_A_SUBFLOW or MPTCP_MB_SESSION_SUBFLOW
 * @sub:	filled
 *
 * Return: 0, or -1: an attribute has not the length of its type
 */
int subflow_get(const struct nlattr *nest, struct subflow *sub)
{
	const struct nlattr *tb[MPTCP_MB_SUBFLOW_MAX + 1];

	memset(sub, 0, sizeof(*sub));
	nl_parse_nested(nest, tb, MPTCP_MB_SUBFLOW_MAX);
	if (nl_uints(tb, MPTCP_MB_SUBFLOW_MAX, SUBFLOW_OTHERS, sub->has, sub->n) ||
	    get_endpoint(tb[MPTCP_MB_SUBFLOW_CLIENT],
			 sub->n[MPTCP_MB_SUBFLOW_CLIENT_PORT],
			 &sub->end[MPTCP_MB_SIDE_CLIENT]) ||
	    get_endpoint(tb[MPTCP_MB_SUBFLOW_SERVER],
			 sub->n[MPTCP_MB_SUBFLOW_SERVER_PORT],
			 &sub->end[MPTCP_MB_SIDE_SERVER]) ||
	    get_direction(tb[MPTCP_MB_SUBFLOW_FROM_CLIENT],
			  &sub->from[MPTCP_MB_SIDE_CLIENT]) ||
	    get_direction(tb[MPTCP_MB_SUBFLOW_FROM_SERVER],
			  &sub->from[MPTCP_MB_SIDE_SERVER]))
		return -1;
	return 0;
}

static int get_subflows(const struct nlattr *nest, struct session *s)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) != MPTCP_MB_SESSION_SUBFLOW)
			continue;
		/* grows to twice the size at each power of two */
		if (!(s->subflows & (s->subflows - 1)))
			s->subflow = xrealloc(s->subflow, (2 * s->subflows + 1) *
							  sizeof(*s->subflow));
		if (subflow_get(attr, &s->subflow[s->subflows]))
			return -1;
		s->subflows++;
	}
	return 0;
}

/**
 * session_get() - a session out of a message
 * @nest:	MPTCP_MB_A_SESSION
 * @s:		filled
 *
 * Return: 0, or -1: it has no id, or an attribute has not the length of its
 * type; session_free() in either case
 */
int session_get(const struct nlattr *nest, struct session *s)
{
	const struct nlattr *tb[MPTCP_MB_SESSION_MAX + 1];

	memset(s, 0, sizeof(*s));
	nl_parse_nested(nest, tb, MPTCP_MB_SESSION_MAX);
	if (!tb[MPTCP_MB_SESSION_ID] ||
	    nl_uints(tb, MPTCP_MB_SESSION_MAX, SESSION_OTHERS, s->has, s->n) ||
	    get_endpoint(tb[MPTCP_MB_SESSION_CLIENT],
			 s->n[MPTCP_MB_SESSION_CLIENT_PORT],
			 &s->end[MPTCP_MB_SIDE_CLIENT]) ||
	    get_endpoint(tb[MPTCP_MB_SESSION_SERVER],
			 s->n[MPTCP_MB_SESSION_SERVER_PORT],
			 &s->end[MPTCP_MB_SIDE_SERVER]) ||
	    get_matched(tb[MPTCP_MB_SESSION_SITE], &s->site))
		return -1;
	return get_subflows(nest, s);
}

/**
 * session_free() - give back what it owns
 * @s:	after session_get()
 */
void session_free(struct session *s)
{
	free(s->subflow);
	s->subflow = NULL;
	s->subflows = 0;
}

/**
 * refusal_get() - a refusal out of a message
 * @nest:	MPTCP_MB_A_REFUSAL
 * @r:		filled
 *
 * Return: 0, or -1: an attribute has not the length of its type
 */
int refusal_get(const struct nlattr *nest, struct refusal *r)
{
	const struct nlattr *tb[MPTCP_MB_REFUSAL_MAX + 1];

	memset(r, 0, sizeof(*r));
	nl_parse_nested(nest, tb, MPTCP_MB_REFUSAL_MAX);
	if (nl_uints(tb, MPTCP_MB_REFUSAL_MAX, REFUSAL_OTHERS, r->has, r->n) ||
	    get_endpoint(tb[MPTCP_MB_REFUSAL_SOURCE],
			 r->n[MPTCP_MB_REFUSAL_SOURCE_PORT], &r->src) ||
	    get_endpoint(tb[MPTCP_MB_REFUSAL_DESTINATION],
			 r->n[MPTCP_MB_REFUSAL_DESTINATION_PORT], &r->dst))
		return -1;
	return get_matched(tb[MPTCP_MB_REFUSAL_SITE], &r->site);
}

/**
 * endpoint_text() - an endpoint as people write it
 * @end:	endpoint
 * @buf:	for the text
 *
 * Return: @buf: 192.0.2.1:80, [2001:db8::1]:80; or NULL: not told
 */
const char *endpoint_text(const struct endpoint *end, char buf[ENDPOINT_STRLEN])
{
	char addr[PREFIX_STRLEN];

	if (!end->addr.family)
		return NULL;
	snprintf(buf, ENDPOINT_STRLEN, end->addr.family == AF_INET6 ?
		 "[%s]:%u" : "%s:%u", prefix_text(&end->addr, addr), end->port);
	return buf;
}

/**
 * matched_text() - the entry that decided
 * @site:	what decided
 * @buf:	for the text
 *
 * Return: its prefix, or "default"
 */
const char *matched_text(const struct matched *site, char buf[PREFIX_STRLEN])
{
	return site->entry ? prefix_text(&site->prefix, buf) : "default";
}

/* --- many ------------------------------------------------------------- */

/**
 * sessions_add() - put a session into a list
 * @list:	list
 * @nest:	MPTCP_MB_A_SESSION
 * @filter:	it is left out unless it matches; or NULL
 *
 * Return: 0, or -1: it cannot be read
 */
int sessions_add(struct sessions *list, const struct nlattr *nest,
		 const struct filter *filter)
{
	struct session s;
	int err = session_get(nest, &s);

	if (err || (filter && !filter_match(filter, &s))) {
		session_free(&s);
		return err;
	}
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->v = xrealloc(list->v, list->room * sizeof(*list->v));
	}
	list->v[list->n++] = s;
	return 0;
}

/**
 * sessions_free() - give back sessions
 * @list:	may be used again
 */
void sessions_free(struct sessions *list)
{
	unsigned long i;

	for (i = 0; i < list->n; i++)
		session_free(&list->v[i]);
	free(list->v);
	memset(list, 0, sizeof(*list));
}

struct search {
	struct sessions *list;
	const struct filter *filter;
};

static int note(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];
	struct search *search = data;

	if (!nlh) {	/* the dump begins again */
		sessions_free(search->list);
		return 0;
	}
	nl_parse(nlh, tb, MPTCP_MB_A_MAX);
	if (!tb[MPTCP_MB_A_SESSION] ||
	    sessions_add(search->list, tb[MPTCP_MB_A_SESSION], search->filter))
		return nl_nonsense("session", e);
	return 0;
}

/**
 * live_sessions() - ask for sessions
 * @nl:		socket
 * @place:	the command, for errors
 * @filter:	which ones, or NULL: all
 * @list:	filled; sessions_free() in any case
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int live_sessions(struct nl *nl, const char *place, const struct filter *filter,
		  struct sessions *list, struct err *e)
{
	struct search search = { list, filter };
	NL_BUFFER(buf);

	memset(list, 0, sizeof(*list));
	return nl_call(nl, place,
		       nl_request(nl, buf, MPTCP_MB_CMD_SESSION_GET, NLM_F_DUMP),
		       note, &search, e);
}

/**
 * live_session() - ask for one session
 * @nl:		socket
 * @place:	the command, for errors
 * @id:		its id
 * @s:		filled; session_free() in any case
 * @e:		filled on error; e->errnum is ENOENT: there is none
 *
 * Return: 0 or -1
 */
int live_session(struct nl *nl, const char *place, uint32_t id,
		 struct session *s, struct err *e)
{
	struct sessions list = { 0 };
	struct search search = { &list, NULL };
	NL_BUFFER(buf);
	struct nlmsghdr *req;

	memset(s, 0, sizeof(*s));
	req = nl_request(nl, buf, MPTCP_MB_CMD_SESSION_GET, NLM_F_ACK);
	mnl_attr_put_u32(req, MPTCP_MB_A_SESSION_ID, id);
	if (nl_call(nl, place, req, note, &search, e) || !list.n) {
		sessions_free(&list);
		return e->status ? -1 : nl_nonsense(place, e);
	}
	*s = list.v[0];
	list.v[0].subflow = NULL;
	sessions_free(&list);
	return 0;
}
