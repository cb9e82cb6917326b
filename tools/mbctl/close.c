// SPDX-License-Identifier: GPL-2.0
/* mbctl session close: asks the kernel to close sessions, a batch at a time,
 * and waits until each is seen to have ended. Events tell that at once; since
 * events can be lost, the kernel is asked, too, each second.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "listen.h"
#include "names.h"
#include "session.h"
#include "util.h"

#define BATCH		1000	/* closing at a time: there is a reset-rate */
#define WAIT_MS		10000
#define ASK_MS		1000

/**
 * struct closing - a run of it
 * @ctx:	context
 * @place:	the command, for errors
 * @l:		hears when sessions end
 * @open:	ids of this batch that are not seen to have ended, ascending
 * @n:		how many
 * @only:	there is no other session than one: the error alone tells of it
 * @asked:	how many sessions the kernel was asked to close
 * @failed:	how many of them were not closed
 * @why:	of the last one that was not
 */
struct closing {
	struct ctx *ctx;
	const char *place;
	struct listener l;
	uint32_t open[BATCH];
	unsigned int n;
	bool only;
	unsigned long asked, failed;
	char why[sizeof(((struct err *)0)->text)];
};

static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* --- what became of a session ----------------------------------------- */

static void tell_ended(struct closing *c, uint32_t id, const char *what,
		       const char *how)
{
	struct out *out = &c->ctx->out;

	if (out->json) {
		out_item(out);
		out_num(out, "id", true, id);
		out_bool(out, "closed", true, true);
		out_str(out, "how", how);
		return;
	}
	out_line(out, "session %u: %s%s%s%s", id, what, how ? " (" : "",
		 how ? how : "", how ? ")" : "");
	fflush(stdout);
}

static void tell_failed(struct closing *c, uint32_t id, const char *why)
{
	struct out *out = &c->ctx->out;

	c->failed++;
	snprintf(c->why, sizeof(c->why), "session %u: %s", id, why);
	if (out->json) {
		out_item(out);
		out_num(out, "id", true, id);
		out_bool(out, "closed", true, false);
		out_str(out, "error", why);
		return;
	}
	if (!c->only) {
		out_line(out, "%s", c->why);
		fflush(stdout);
	}
}

static void settle(struct closing *c, unsigned int i)
{
	c->n--;
	memmove(c->open + i, c->open + i + 1, (c->n - i) * sizeof(*c->open));
}

static const char *how_of(const struct session *s)
{
	return s->has[MPTCP_MB_SESSION_HOW] ?
	       name_of(&names_how, s->n[MPTCP_MB_SESSION_HOW]) : NULL;
}

/* --- asking and waiting ----------------------------------------------- */

/* One that the kernel refuses is told; -1: it would refuse all of them. */
static int begin(struct closing *c, const struct session *s)
{
	const uint32_t id = session_id(s);
	struct err why = { 0 };
	NL_BUFFER(buf);
	struct nlmsghdr *req;

	req = nl_request(&c->ctx->nl, buf, MPTCP_MB_CMD_SESSION_CLOSE, NLM_F_ACK);
	mnl_attr_put_u32(req, MPTCP_MB_A_SESSION_ID, id);
	if (!nl_call(&c->ctx->nl, c->place, req, NULL, NULL, &why) ||
	    why.errnum == EALREADY) {
		c->open[c->n++] = id;
		return 0;
	}
	switch (why.errnum) {
	case ENOENT:
		tell_ended(c, id, "has ended before", NULL);
		return 0;
	case 0:
	case EPERM:
	case EACCES:
		c->ctx->err = why;
		return -1;
	}
	/* behind "session close: " */
	tell_failed(c, id, why.text + strlen(c->place) + 2);
	return 0;
}

static int heard(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	struct closing *c = data;
	struct event ev;
	unsigned int i;
	int err;

	err = event_get(nlh, &ev, e);
	if (!err && ev.n[MPTCP_MB_A_EVENT] == MPTCP_MB_EVENT_SESSION_CLOSED)
		for (i = 0; i < c->n; i++) {
			if (c->open[i] != event_session(&ev))
				continue;
			tell_ended(c, c->open[i], "closed", how_of(&ev.session));
			settle(c, i);
			break;
		}
	event_free(&ev);
	return err < 0 ? -1 : 0;
}

/* Ask the kernel for one of them; 1: it has ended or will not. */
static int ask(struct closing *c, uint32_t id)
{
	struct err why = { 0 };
	struct session s;
	char text[128];
	int done = 1;

	if (live_session(&c->ctx->nl, c->place, id, &s, &why)) {
		if (why.errnum != ENOENT) {
			c->ctx->err = why;
			done = -1;
		} else {
			tell_ended(c, id, "closed", NULL);
		}
	} else if (s.n[MPTCP_MB_SESSION_STATE] == MPTCP_MB_SESSION_STATE_CLOSED) {
		tell_ended(c, id, "closed", how_of(&s));
	} else if (s.n[MPTCP_MB_SESSION_STATE] != MPTCP_MB_SESSION_STATE_CLOSING) {
		snprintf(text, sizeof(text), "not seen to end: its hosts did not answer, it is %s again",
			 name_of(&names_session_state, s.n[MPTCP_MB_SESSION_STATE]));
		tell_failed(c, id, text);
	} else {
		done = 0;
	}
	session_free(&s);
	return done;
}

static int ask_all(struct closing *c)
{
	unsigned int i = 0;
	int done;

	while (i < c->n) {
		done = ask(c, c->open[i]);
		if (done < 0)
			return -1;
		if (done)
			settle(c, i);
		else
			i++;
	}
	return 0;
}

/* Until all of the batch have ended, or the time is over. */
static int wait_batch(struct closing *c)
{
	const uint64_t end = clock_ms() + WAIT_MS;
	struct pollfd fd = { .fd = listen_fd(&c->l), .events = POLLIN };
	uint64_t now, next = clock_ms() + ASK_MS;
	uint32_t lost;

	while (c->n && (now = clock_ms()) < end) {
		if (now >= next) {
			if (ask_all(c))
				return -1;
			next = clock_ms() + ASK_MS;
			continue;
		}
		if (poll(&fd, 1, next - now) > 0 &&
		    listen_read(&c->l, c->place, heard, c, &lost, &c->ctx->err))
			return -1;
	}
	while (c->n) {
		tell_failed(c, c->open[0], "not seen to end within 10 s");
		settle(c, 0);
	}
	return 0;
}

/* --- which ones ------------------------------------------------------- */

static bool has_ended(const struct session *s)
{
	return s->n[MPTCP_MB_SESSION_STATE] == MPTCP_MB_SESSION_STATE_CLOSED;
}

/* Whether it is no use to close it: it has ended, or, unless it was asked for by
 * name, is about to be reset.
 */
static bool passed_over(const struct filter *filter, const struct session *s)
{
	return has_ended(s) ||
	       (!(filter->has & (FILTER_ID | FILTER_TOKEN)) &&
		session_flagged(s, MPTCP_MB_SESSION_FLAG_KEYLESS));
}

static int close_all(struct closing *c, const struct filter *filter,
		     const struct sessions *found)
{
	unsigned long i;

	for (i = 0; i < found->n; i++) {
		if (passed_over(filter, &found->v[i]))
			continue;
		c->asked++;
		if (begin(c, &found->v[i]) || (c->n == BATCH && wait_batch(c)))
			return -1;
	}
	if (!c->asked)
		out_line(&c->ctx->out, "no session matches");
	return wait_batch(c);
}

/* A token is meant to name one session, and an id to be there. */
static int check_found(const char *place, const struct filter *filter,
		       const struct sessions *found, struct err *e)
{
	const char *how;
	unsigned long i, open = 0;

	if (!(filter->has & (FILTER_ID | FILTER_TOKEN)))
		return 0;
	if (!found->n && !(filter->has & ~(FILTER_ID | FILTER_TOKEN)))
		return session_unknown(place, filter, e);
	for (i = 0; i < found->n; i++)
		open += !has_ended(&found->v[i]);
	if (found->n && !open) {
		how = how_of(&found->v[0]);
		return err_set(e, STATUS_KERNEL, "%s: session %u has ended already%s%s%s",
			       place, session_id(&found->v[0]), how ? " (" : "",
			       how ? how : "", how ? ")" : "");
	}
	return filter->has & FILTER_TOKEN && open > 1 ?
	       session_ambiguous(place, filter, found, e) : 0;
}

static int sum_up(const struct closing *c)
{
	struct err *e = &c->ctx->err;

	if (!c->failed)
		return 0;
	if (c->failed == 1)
		return err_set(e, STATUS_KERNEL, "%s: %s", c->place, c->why);
	return err_set(e, STATUS_KERNEL, "%s: %lu sessions were not closed: what was printed says why",
		       c->place, c->failed);
}

static int run(struct ctx *ctx, struct closing *c, const struct filter *filter,
	       struct sessions *found)
{
	if (ctx_nl(ctx) ||
	    live_sessions(&ctx->nl, c->place, filter, found, &ctx->err) ||
	    check_found(c->place, filter, found, &ctx->err) ||
	    listen_open(&c->l, c->place, &ctx->err))
		return -1;
	c->only = found->n == 1;
	out_begin(&ctx->out, ctx->out.json ? OUT_LIST : OUT_TALE);
	if (close_all(c, filter, found)) {
		/* what was done is told, as JSON that can be read */
		if (ctx->out.items)
			out_end(&ctx->out, &(struct err){ 0 });
		return -1;
	}
	return out_end(&ctx->out, &ctx->err) ? -1 : sum_up(c);
}

/**
 * session_close() - mbctl session close id N | FILTER | all
 * @ctx:	context
 * @w:		its words
 *
 * Return: 0 or -1
 */
int session_close(struct ctx *ctx, struct words *w)
{
	struct closing *c = xmalloc(sizeof(*c));
	struct sessions found = { 0 };
	struct filter filter;
	int err;

	memset(c, 0, sizeof(*c));
	c->ctx = ctx;
	c->place = w->place;
	err = filter_parse(w, &filter, &ctx->err);
	if (!err && !filter.has)
		err = err_usage(&ctx->err,
				"%s: which sessions? give id N, all, or a filter: " FILTER_SYNOPSIS,
				w->place);
	if (!err)
		err = run(ctx, c, &filter, &found);
	nl_close(&c->l.nl);
	sessions_free(&found);
	free(c);
	return err;
}
