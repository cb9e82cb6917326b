// SPDX-License-Identifier: GPL-2.0
/* mbctl monitor: events as they come, until it is told to end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "listen.h"
#include "mbctl.h"
#include "names.h"
#include "util.h"

/**
 * struct watch - what is being watched
 * @out:	where it goes
 * @kinds:	bit (1 << MPTCP_MB_EVENT_...) for each that is told; kinds of a
 *		newer kernel are, unless some were asked for
 * @closed:	nobody reads any more
 */
struct watch {
	struct out *out;
	uint64_t kinds;
	bool closed;
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Kinds of events that @word means: one, or all whose names begin with it. */
static uint64_t kinds_of(const char *word)
{
	const size_t len = strlen(word);
	uint64_t kinds = 0;
	unsigned int i;

	for (i = 0; i < names_event.n; i++) {
		const char *name = names_event.name[i];

		if (!strncmp(name, word, len) && (!name[len] || name[len] == '-'))
			kinds |= 1ULL << i;
	}
	return len ? kinds : 0;
}

static int parse_kinds(struct words *w, uint64_t *kinds, struct err *e)
{
	const char *word;
	uint64_t some;

	*kinds = w->n ? 0 : ~0ULL;
	while ((word = words_next(w))) {
		some = kinds_of(word);
		if (!some)
			return err_usage(e,
					 "%s: %s: no such event: give session, subflow, or one of %s",
					 w->place, shown(word),
					 name_list(&names_event, (1U << names_event.n) - 1));
		*kinds |= some;
	}
	return 0;
}

/* That the reader has gone is the end, and no error. */
static int printed(struct watch *watch, int err)
{
	struct pollfd fd = { .fd = STDOUT_FILENO };

	if (err && poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP))
		watch->closed = true;
	return err;
}

static int tell_lost(struct watch *watch, uint64_t when, uint64_t count,
		     struct err *e)
{
	return printed(watch, event_print_lost(watch->out, when, count, e));
}

static bool wanted(const struct watch *watch, uint64_t kind)
{
	return kind < 64 ? watch->kinds >> kind & 1 : watch->kinds == ~0ULL;
}

static int tell(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	struct watch *watch = data;
	struct event ev;
	int err;

	err = event_get(nlh, &ev, e);
	if (!err && ev.n[MPTCP_MB_A_LOST])
		err = tell_lost(watch, ev.n[MPTCP_MB_A_TIME],
				ev.n[MPTCP_MB_A_LOST], e);
	if (!err && wanted(watch, ev.n[MPTCP_MB_A_EVENT]))
		err = printed(watch, event_print(watch->out, &ev, e));
	event_free(&ev);
	return err < 0 ? -1 : 0;
}

/* Signals that end it, as a file descriptor */
static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Until a signal comes, or nobody reads: of standard output poll() tells only
 * that.
 */
static int watch_all(struct watch *watch, struct listener *l, const char *place,
		     struct err *e)
{
	struct pollfd fds[] = {
		{ .fd = listen_fd(l), .events = POLLIN },
		{ .fd = open_signals(), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	uint32_t lost;
	int err = 0;

	while (!err) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return err_usage(e, "%s: %s", place, strerror(errno));
		if (fds[1].revents || fds[2].revents & (POLLERR | POLLHUP))
			break;
		if (!fds[0].revents)
			continue;
		err = listen_read(l, place, tell, watch, &lost, e);
		if (!err && lost)
			err = tell_lost(watch, now(), lost, e);
	}
	if (fds[1].fd >= 0)
		close(fds[1].fd);
	return err;
}

static int monitor(struct ctx *ctx, struct words *w)
{
	struct watch watch = { .out = &ctx->out };
	struct listener l = { 0 };
	int err;

	if (parse_kinds(w, &watch.kinds, &ctx->err) || ctx_enter(ctx))
		return -1;
	err = listen_open(&l, w->place, &ctx->err) ||
	      watch_all(&watch, &l, w->place, &ctx->err);
	nl_close(&l.nl);
	if (err && watch.closed) {
		memset(&ctx->err, 0, sizeof(ctx->err));
		err = 0;
	}
	return err ? -1 : 0;
}

static const struct verb verbs[] = {
	{ "show", "[EVENT ...]", "print events as they come, one a line, until it is interrupted",
	  NULL, monitor },
};

const struct object object_monitor = {
	.name = "monitor",
	.brief = "what begins, ends and is refused, as it happens",
	.help =
"EVENT: only these. session and subflow stand for all that begin so.\n"
"session-new        keys of a session were seen\n"
"session-confirmed  the server has proven them\n"
"session-fallback   its hosts went on with plain TCP\n"
"session-closed     it has ended, and how\n"
"subflow-joined     a further subflow, whose HMACs are right\n"
"subflow-refused    a segment was refused: which, why, by which site\n"
"subflow-closed     a subflow has ended, and how\n"
"bad-hmac           a join whose HMAC is not that of its session\n"
"table-full         a session was not learnt for lack of room, or one was evicted\n"
"policy-changed     by which program\n"
"\n"
"-j prints one JSON object a line. Events are limited in number, and a reader that\n"
"is too slow misses some: a line \"lost\" says how many. \"mbctl refused\" shows the\n"
"last refusals without a monitor.\n",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
	.bare = true,
};
