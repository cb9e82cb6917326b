// SPDX-License-Identifier: GPL-2.0
/*
 * Sends messages, and reads and judges what comes back. A request has been worked off when sendmsg()
 * returns: its answers wait, the further parts of a dump come as one reads.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nlfuzz.h"

#define WRONG_MAX	20	/* more are only counted */

struct env env;

void quit(const char *what)
{
	fprintf(stderr, "nlfuzz: %s: %s\n", what, strerror(errno));
	exit(2);
}

/**
 * wrong() - something is not as it should be
 * @msg:	the message that shows it, or NULL
 * @len:	its bytes
 * @format:	what is wrong
 */
void wrong(const void *msg, size_t len, const char *format, ...)
{
	const uint8_t *p = msg;
	va_list ap;
	size_t i;

	if (env.tally.wrong++ >= WRONG_MAX)
		return;
	printf("# wrong: message %llu of seed %llu: ", (unsigned long long)env.now,
	       (unsigned long long)env.seed);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	for (i = 0; p && i < len && i < 200; i++)
		printf("%s%02x", i ? i % 4 ? "" : " " : ": ", p[i]);
	puts("");
	fflush(stdout);
}

/* --- sockets --------------------------------------------------------------------------------------- */

/**
 * sock_open() - a new socket; refusals come with a text
 * @s:		filled
 * @capped:	and without the message that they are about
 * @room:	bytes to receive at a time, RECEIVE_MAX at most
 */
void sock_open(struct sock *s, bool capped, size_t room)
{
	const struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	const int on = 1;

	s->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	s->capped = capped;
	s->room = room;
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&sa, sizeof(sa)) ||
	    setsockopt(s->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    (capped && setsockopt(s->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on))))
		quit("socket");
}

void sock_close(struct sock *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

const struct nlattr *attr_find(const void *begin, size_t len, uint16_t type)
{
	const uint8_t *p = begin;
	const struct nlattr *a;
	size_t step;

	while (len >= NLA_HDRLEN) {
		a = (const void *)p;
		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		step = NLA_ALIGN(a->nla_len);
		if (step > len)
			return NULL;
		p += step;
		len -= step;
	}
	return NULL;
}

static const void *payload(const struct nlattr *a)
{
	return (const uint8_t *)a + NLA_HDRLEN;
}

/**
 * family_find() - fill env.family and env.group
 */
void family_find(void)
{
	static const struct command get = { .cmd = CTRL_CMD_GETFAMILY };
	static uint8_t buf[RECEIVE_MAX] __attribute__((aligned(8)));
	const size_t skip = NLMSG_LENGTH(GENL_HDRLEN);
	const struct nlattr *a, *group;
	struct message m;
	struct sock s;
	ssize_t len;

	sock_open(&s, false, RECEIVE_MAX);
	env.family = GENL_ID_CTRL;
	make_plain(&m, &get, 0);
	put_attr(&m, CTRL_ATTR_FAMILY_NAME, MPTCP_MB_GENL_NAME, sizeof(MPTCP_MB_GENL_NAME));
	((struct nlmsghdr *)m.buf)->nlmsg_len = m.len;
	if (send(s.fd, m.buf, m.len, 0) < 0)
		quit("family");
	len = recv(s.fd, buf, sizeof(buf), 0);
	a = len > (ssize_t)skip ? attr_find(buf + skip, len - skip, CTRL_ATTR_FAMILY_ID) : NULL;
	if (!a) {
		errno = ENOENT;
		quit("family");
	}
	memcpy(&env.family, payload(a), sizeof(env.family));
	a = attr_find(buf + skip, len - skip, CTRL_ATTR_MCAST_GROUPS);
	group = a ? payload(a) : NULL;		/* a list of one */
	a = group ? attr_find(payload(group), group->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_ID) : NULL;
	if (a)
		memcpy(&env.group, payload(a), sizeof(env.group));
	sock_close(&s);
}

/**
 * sock_send() - send a message as it is
 * @s:	socket
 * @m:	message
 *
 * Return: 0 or -1
 */
int sock_send(struct sock *s, const struct message *m)
{
	return send(s->fd, m->buf, m->len, 0) < 0 ? -1 : 0;
}

/* --- answers --------------------------------------------------------------------------------------- */

/* An answer is made of attributes, whatever was asked; what nobody may have is in none. */
static void check_reply(const struct nlmsghdr *nlh, bool whole)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const uint8_t *p = (const uint8_t *)genl + GENL_HDRLEN;
	size_t len = nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), step;

	env.tally.replies++;
	env.tally.events += genl->cmd == MPTCP_MB_CMD_EVENT_NTF;
	if (env.nobody && genl->cmd != MPTCP_MB_CMD_STATS_GET)
		wrong(nlh, nlh->nlmsg_len, "who has no right is told something");
	while (whole && len >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			break;
		if (env.nobody && (a->nla_type & NLA_TYPE_MASK) != MPTCP_MB_A_COUNT)
			wrong(nlh, nlh->nlmsg_len, "counters are not all that is told");
		step = NLA_ALIGN(a->nla_len);
		if (step >= len)
			return;
		p += step;
		len -= step;
	}
	if (whole && len)
		wrong(nlh, nlh->nlmsg_len, "an answer that is not made of attributes");
}

static void search_keys(const uint8_t *buf, size_t len)
{
	unsigned int i;

	for (i = 0; i < env.n_keys; i++)
		if (memmem(buf, len, env.keys[i], sizeof(env.keys[i])))
			wrong(buf, len, "a key is told");
}

static void read_text(const struct nlmsghdr *nlh, size_t skip, char *text, size_t size)
{
	const size_t len = nlh->nlmsg_len - NLMSG_HDRLEN;
	const struct nlattr *a = NULL;
	size_t n;

	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && NLMSG_ALIGN(skip) <= len)
		a = attr_find((const uint8_t *)NLMSG_DATA(nlh) + NLMSG_ALIGN(skip), len - NLMSG_ALIGN(skip),
			      NLMSGERR_ATTR_MSG);
	if (!a)
		return;
	n = a->nla_len - NLA_HDRLEN;
	if (n > size)
		n = size;
	memcpy(text, payload(a), n);
	text[n ? n - 1 : 0] = 0;
}

static void note(const struct nlmsghdr *nlh, struct answer *a)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	size_t skip = sizeof(*e);
	int error;

	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*e)))
			break;
		a->errnum = -e->error;
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += e->msg.nlmsg_len - sizeof(e->msg);
		read_text(nlh, skip, a->text, sizeof(a->text));
		break;
	case NLMSG_DONE:
		memcpy(&error, NLMSG_DATA(nlh), sizeof(error));
		a->done = true;
		a->errnum = error < 0 ? -error : 0;
		a->torn |= !!(nlh->nlmsg_flags & NLM_F_DUMP_INTR);
		read_text(nlh, sizeof(int), a->text, sizeof(a->text));
		break;
	default:
		a->torn |= !!(nlh->nlmsg_flags & NLM_F_DUMP_INTR);
		a->messages++;
		break;
	}
}

/* One received piece, of which @cut bytes did not fit in */
static void read_piece(const uint8_t *buf, size_t len, bool cut, uint32_t first, unsigned int n,
		       struct answer *a, each_reply each, void *data)
{
	const struct nlmsghdr *nlh = (const void *)buf;

	search_keys(buf, len);
	while (len >= NLMSG_HDRLEN) {
		const bool whole = nlh->nlmsg_len <= len;

		if (nlh->nlmsg_len < NLMSG_HDRLEN || (!whole && !cut)) {
			wrong(buf, len, "an answer of a wrong length");
			return;
		}
		if (nlh->nlmsg_type == env.family && len >= NLMSG_LENGTH(GENL_HDRLEN)) {
			check_reply(nlh, whole);
			if (whole && each)
				each(nlh, data);
		}
		if (nlh->nlmsg_seq - first < n && (whole || nlh->nlmsg_type == env.family))
			note(nlh, &a[nlh->nlmsg_seq - first]);
		if (NLMSG_ALIGN(nlh->nlmsg_len) >= len)
			return;
		len -= NLMSG_ALIGN(nlh->nlmsg_len);
		nlh = (const void *)((const uint8_t *)nlh + NLMSG_ALIGN(nlh->nlmsg_len));
	}
}

/**
 * sock_hear() - read what waits
 * @s:		socket
 * @first:	sequence number of the first request
 * @n:		how many there are
 * @a:		their answers, added to
 * @pieces:	read no more than so many; the rest stays there
 * @each:	told of all the family's messages
 * @data:	for @each
 */
void sock_hear(struct sock *s, uint32_t first, unsigned int n, struct answer *a, unsigned int pieces,
	       each_reply each, void *data)
{
	static uint8_t buf[RECEIVE_MAX] __attribute__((aligned(8)));

	while (pieces--) {
		ssize_t len = recv(s->fd, buf, s->room, MSG_DONTWAIT | MSG_TRUNC);

		if (len < 0 && errno == ENOBUFS)
			continue;
		if (len <= 0)
			return;
		read_piece(buf, (size_t)len < s->room ? (size_t)len : s->room, (size_t)len > s->room, first,
			   n, a, each, data);
	}
}

/**
 * number_messages() - numbers all that the kernel will find in a message
 * @m:		message
 * @first:	out: number of the first
 *
 * Return: how many there are
 */
unsigned int number_messages(struct message *m, uint32_t *first)
{
	static uint32_t seq = 1000;
	unsigned int n = 0;
	size_t at = 0;

	*first = seq + 1;
	while (m->len - at >= NLMSG_HDRLEN) {
		struct nlmsghdr *nlh = (void *)(m->buf + at);

		/* other families of this socket are not ours to play with */
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			nlh->nlmsg_type = env.family;
		nlh->nlmsg_seq = ++seq;
		if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > m->len - at)
			break;
		n++;
		if (NLMSG_ALIGN(nlh->nlmsg_len) >= m->len - at)
			break;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	return n;
}

/**
 * ask() - send one message, read its answer
 * @s:	socket
 * @m:	message
 * @a:	filled
 */
void ask(struct sock *s, struct message *m, struct answer *a)
{
	uint32_t first;
	unsigned int n;

	((struct nlmsghdr *)m->buf)->nlmsg_len = m->len;
	n = number_messages(m, &first);
	memset(a, 0, sizeof(*a));
	a->errnum = -1;
	env.now++;
	if (sock_send(s, m))
		quit("send");
	sock_hear(s, first, n, a, UINT32_MAX, NULL, NULL);
	judge(m, first, a, n);
}

/* --- judgement ------------------------------------------------------------------------------------- */

/* Generic netlink refuses without a text: what it does not know, and who has no right. */
static bool core_refuses(const struct nlmsghdr *nlh, int errnum)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const bool is_short = nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN);
	const bool dump = (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	const struct command *c = is_short ? NULL : command_of(genl->cmd);

	switch (errnum) {
	case EINVAL:
		return is_short;
	case EOPNOTSUPP:
		return !c || (dump && !c->dump);
	case EPERM:
		return env.nobody && (!c || !c->open);
	case EBUSY:
		return dump;	/* this socket has a dump that goes on */
	}
	return false;
}

static void judge_one(const struct nlmsghdr *nlh, const struct answer *a)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const struct command *c;
	const char *why;

	env.tally.messages++;
	if (a->errnum > 0) {
		env.tally.refused++;
		env.tally.by_errno[a->errnum % ERRNOS]++;
		if (a->text[0])
			env.tally.told++;
		else if (core_refuses(nlh, a->errnum))
			env.tally.core++;
		else
			wrong(nlh, nlh->nlmsg_len, "refused without a word: %s", strerror(a->errnum));
		return;
	}
	if (a->errnum < 0 && !a->messages)
		return;
	env.tally.accepted++;
	/* netlink itself acknowledges what is no request, and reads nothing of it */
	if (nlh->nlmsg_type != env.family || !(nlh->nlmsg_flags & NLM_F_REQUEST))
		return;
	why = must_refuse(nlh, env.strict);
	if (why) {
		wrong(nlh, nlh->nlmsg_len, "accepted, %s", why);
		return;
	}
	c = command_of(genl->cmd);
	if (env.nobody && !c->open)
		wrong(nlh, nlh->nlmsg_len, "%s accepted from one who has no right", c->name);
	if (env.foreign && c->changes)
		wrong(nlh, nlh->nlmsg_len, "%s accepted in a user namespace", c->name);
}

/**
 * judge() - count, and see whether it had to be so
 * @m:		what was sent
 * @first:	number of the first message in it
 * @a:		an answer for each
 * @n:		how many
 */
void judge(const struct message *m, uint32_t first, const struct answer *a, unsigned int n)
{
	const struct nlmsghdr *nlh = (const void *)m->buf;

	for (; n; n--, a++, first++) {
		judge_one(nlh, a);
		nlh = (const void *)((const uint8_t *)nlh + NLMSG_ALIGN(nlh->nlmsg_len));
	}
}
