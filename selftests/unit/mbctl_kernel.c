// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "listen.h"
#include "mbctl_kernel.h"
#include "nl.h"

#define LISTENER	-7	/* its file descriptor: none */

struct fake_kernel kernel;

static unsigned int told;	/* of kernel.event */

/* --- its clock ---------------------------------------------------------------------------- */

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
time_t __wrap_time(time_t *t);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	ts->tv_sec = (id == CLOCK_REALTIME ? FAKE_NOW : 0) + kernel.ms / 1000;
	ts->tv_nsec = kernel.ms % 1000 * 1000000;
	return 0;
}

time_t __wrap_time(time_t *t)
{
	return FAKE_NOW + kernel.ms / 1000;
}

/* --- its answers -------------------------------------------------------------------------- */

static bool is_closing(const struct fake_session *f)
{
	return f->s.state == MPTCP_MB_SESSION_STATE_CLOSING;
}

/* What the clock has brought */
static void let_pass(struct fake_session *f)
{
	if (!is_closing(f))
		return;
	if (f->ends_ms && kernel.ms >= f->begun + f->ends_ms) {
		f->s.state = MPTCP_MB_SESSION_STATE_CLOSED;
		f->s.how = MPTCP_MB_HOW_CLOSED;
	} else if (f->back_ms && kernel.ms >= f->begun + f->back_ms) {
		f->s.state = MPTCP_MB_SESSION_STATE_CONFIRMED;
	}
}

static struct fake_session *find(const struct nlmsghdr *req)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];
	unsigned int i;

	nl_parse(req, tb, MPTCP_MB_A_MAX);
	for (i = 0; i < kernel.n; i++) {
		let_pass(&kernel.v[i]);
		if (tb[MPTCP_MB_A_SESSION_ID] &&
		    kernel.v[i].s.id == mnl_attr_get_u32(tb[MPTCP_MB_A_SESSION_ID]) &&
		    !(kernel.v[i].forgotten && kernel.v[i].s.state == MPTCP_MB_SESSION_STATE_CLOSED))
			return &kernel.v[i];
	}
	return NULL;
}

static int refuse(const char *place, int errnum, const char *text, struct err *e)
{
	struct nl_refusal why = { .errnum = errnum };

	if (text)
		strcpy(why.text, text);
	return nl_refusal_err(place, &why, NULL, e);
}

static int tell_session(const struct fake_session *f, nl_answer answer, void *data, struct err *e)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_SESSION_GET);

	put_session(nlh, MPTCP_MB_A_SESSION, &f->s);
	return answer(nlh, data, e);
}

static int session_close(const char *place, struct fake_session *f, struct err *e)
{
	if (!f)
		return refuse(place, ENOENT, "no such session", e);
	if (f->errnum)
		return refuse(place, f->errnum, f->text, e);
	f->s.state = MPTCP_MB_SESSION_STATE_CLOSING;
	f->begun = kernel.ms;
	return 0;
}

static int tell_status(nl_answer answer, void *data, struct err *e)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_STATUS_GET);

	mnl_attr_put_strz(nlh, MPTCP_MB_STATUS_VERSION, "9");
	mnl_attr_put_u32(nlh, MPTCP_MB_STATUS_SESSIONS, 12);
	mnl_attr_put_u32(nlh, MPTCP_MB_STATUS_UNCONFIRMED, 3);
	mnl_attr_put_u32(nlh, MPTCP_MB_STATUS_SUBFLOWS, 20);
	mnl_attr_put_u32(nlh, MPTCP_MB_STATUS_MAX_SESSIONS, 1000);
	mnl_attr_put_u8(nlh, MPTCP_MB_STATUS_IMPAIRED, kernel.impaired);
	if (kernel.impaired)
		mnl_attr_put_u32(nlh, MPTCP_MB_STATUS_GRACE, 75);
	mnl_attr_put_u64(nlh, MPTCP_MB_STATUS_REFUSED, 5);
	mnl_attr_put_u32(nlh, MPTCP_MB_STATUS_MAX_SUBFLOWS, 4000);
	return answer(nlh, data, e);
}

static int tell_refusals(nl_answer answer, void *data, struct err *e)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < kernel.refusals && !err; i++) {
		MESSAGE(buf);
		struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_REFUSED_GET);

		put_refusal(nlh, MPTCP_MB_A_REFUSAL, i);
		err = answer(nlh, data, e);
	}
	return err;
}

static int tell_reset(const struct nlmsghdr *req, nl_answer answer, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_SESSION_RESET);

	nl_parse(req, tb, MPTCP_MB_A_MAX);
	/* its id is made of what was asked for */
	mnl_attr_put_u32(nlh, MPTCP_MB_A_SESSION_ID,
			 mnl_attr_get_u16(tb[MPTCP_MB_A_SOURCE_PORT]) * 1000 +
			 mnl_attr_get_u16(tb[MPTCP_MB_A_DESTINATION_PORT]) +
			 100 * mnl_attr_get_payload_len(tb[MPTCP_MB_A_SOURCE]));
	return answer(nlh, data, e);
}

int __wrap_nl_open(struct nl *nl, struct err *e);
int __wrap_nl_call(struct nl *nl, const char *place, struct nlmsghdr *req, nl_answer answer,
		   void *data, struct err *e);
int __wrap_nl_simple(struct nl *nl, const char *place, uint8_t cmd, nl_answer answer, void *data,
		     struct err *e);

int __wrap_nl_open(struct nl *nl, struct err *e)
{
	memset(nl, 0, sizeof(*nl));
	return 0;
}

int __wrap_nl_call(struct nl *nl, const char *place, struct nlmsghdr *req, nl_answer answer,
		   void *data, struct err *e)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(req);
	const bool dump = (req->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct fake_session *f = dump ? NULL : find(req);
	unsigned int i;
	int err = 0;

	switch (genl->cmd) {
	case MPTCP_MB_CMD_STATUS_GET:
		return tell_status(answer, data, e);
	case MPTCP_MB_CMD_SESSION_GET:
		for (i = 0; dump && i < kernel.n && !err; i++)
			err = tell_session(&kernel.v[i], answer, data, e);
		kernel.asked += !dump;
		return dump ? err : !f ? refuse(place, ENOENT, "no session has this id", e) :
		       tell_session(f, answer, data, e);
	case MPTCP_MB_CMD_SESSION_CLOSE:
		return session_close(place, f, e);
	case MPTCP_MB_CMD_SESSION_RESET:
		return tell_reset(req, answer, data, e);
	case MPTCP_MB_CMD_REFUSED_GET:
		return tell_refusals(answer, data, e);
	}
	return refuse(place, EOPNOTSUPP, NULL, e);
}

int __wrap_nl_simple(struct nl *nl, const char *place, uint8_t cmd, nl_answer answer, void *data,
		     struct err *e)
{
	NL_BUFFER(buf);

	return __wrap_nl_call(nl, place, nl_request(nl, buf, cmd, NLM_F_ACK), answer, data, e);
}

/* --- its events --------------------------------------------------------------------------- */

int __wrap_listen_open(struct listener *l, const char *place, struct err *e);
int __wrap_listen_fd(const struct listener *l);
int __wrap_listen_read(struct listener *l, const char *place, listen_heard heard, void *data,
		       uint32_t *lost, struct err *e);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);

int __wrap_listen_open(struct listener *l, const char *place, struct err *e)
{
	memset(l, 0, sizeof(*l));
	told = 0;
	return kernel.deaf ? refuse(place, EPERM, NULL, e) : 0;
}

int __wrap_listen_fd(const struct listener *l)
{
	return LISTENER;
}

/* The session whose end is the next one to be heard of, if any is */
static struct fake_session *next_end(void)
{
	struct fake_session *f, *next = NULL;

	for (f = kernel.v; f < kernel.v + kernel.n; f++)
		if (is_closing(f) && f->ends_ms && !f->silent &&
		    (!next || f->begun + f->ends_ms < next->begun + next->ends_ms))
			next = f;
	return next;
}

int __wrap_listen_read(struct listener *l, const char *place, listen_heard heard, void *data,
		       uint32_t *lost, struct err *e)
{
	struct fake_session *f = next_end();
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_EVENT_NTF);

	*lost = 0;
	if (told < kernel.events) {
		*lost = ++told == kernel.overrun ? 17 : 0;
		return heard(kernel.event[told - 1], data, e);
	}
	if (!f || kernel.ms < f->begun + f->ends_ms)
		return 0;
	let_pass(f);
	mnl_attr_put_u8(nlh, MPTCP_MB_A_EVENT, MPTCP_MB_EVENT_SESSION_CLOSED);
	mnl_attr_put_u64(nlh, MPTCP_MB_A_TIME, 1);
	put_session(nlh, MPTCP_MB_A_SESSION, &f->s);
	return heard(nlh, data, e);
}

/* Of the others no one is ready, but for the signal that ends monitor when all was told. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct fake_session *f = next_end();
	nfds_t i;

	for (i = 0; i < n; i++)
		fds[i].revents = 0;
	if (fds[0].fd != LISTENER)
		return 0;
	if (told < kernel.events) {
		fds[0].revents = POLLIN;
	} else if (n > 1) {
		fds[1].revents = POLLIN;
	} else if (f && f->begun + f->ends_ms <= kernel.ms + timeout) {
		if (kernel.ms < f->begun + f->ends_ms)
			kernel.ms = f->begun + f->ends_ms;
		fds[0].revents = POLLIN;
	} else {
		kernel.ms += timeout;
		return 0;
	}
	return 1;
}
