// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <poll.h>
#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "around.h"

#define NOW		1000000100	/* seconds since the epoch, at first */
#define SOCKET		-7		/* a file descriptor: none */
#define FAMILY		99
#define ARGS_MAX	80

struct around around;

static bool inside;	/* mbctl runs: what it asks for is answered here */

void around_fail(const char *file, int line, const char *what)
{
	inside = false;
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	fwrite(around.out, 1, around.out ? around.out_len : 0, stderr);
	fwrite(around.err, 1, around.err ? around.err_len : 0, stderr);
	abort();
}

/* --- its clock ---------------------------------------------------------------------------- */

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
time_t __wrap_time(time_t *t);
int __wrap_nanosleep(const struct timespec *ts, struct timespec *left);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	ts->tv_sec = NOW + around.ms / 1000;
	ts->tv_nsec = around.ms % 1000 * 1000000;
	return 0;
}

time_t __wrap_time(time_t *t)
{
	return NOW + around.ms / 1000;
}

int __wrap_nanosleep(const struct timespec *ts, struct timespec *left)
{
	around.ms += ts->tv_sec * 1000 + ts->tv_nsec / 1000000;
	return 0;
}

/* --- its signals and namespaces ----------------------------------------------------------- */

typedef void (*handler)(int);

handler __wrap_signal(int n, handler h);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before);
int __wrap_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_setns(int fd, int type);

handler __wrap_signal(int n, handler h)
{
	return SIG_DFL;
}

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
	return 0;
}

int __wrap_signalfd(int fd, const sigset_t *set, int flags)
{
	return -1;
}

int __wrap_setns(int fd, int type)
{
	errno = EPERM;
	return -1;
}

/* --- its kernel --------------------------------------------------------------------------- */

static bool looked_up;	/* the family's number */

static unsigned int next_length(void)
{
	return around.answers < 2 ? 0 : around.answer[0] | around.answer[1] << 8;
}

static void skip(size_t n)
{
	if (!around.answers)
		return;
	n = n < around.answers ? n : around.answers;
	around.answer += n;
	around.answers -= n;
}

static bool nothing_now(void)
{
	if (next_length() != AROUND_NOTHING)
		return false;
	skip(2);
	return true;
}

static int acknowledge(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *error = mnl_nlmsg_put_extra_header(nlh, sizeof(*error));

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_CAPPED;
	nlh->nlmsg_seq = around.seq;
	error->error = 0;
	return nlh->nlmsg_len;
}

static int tell_family(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlattr *groups, *group;

	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_seq = around.seq;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY);
	groups = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	group = mnl_attr_nest_start(nlh, 1);
	mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, MPTCP_MB_MCGRP_EVENTS);
	mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, 5);
	mnl_attr_nest_end(nlh, group);
	mnl_attr_nest_end(nlh, groups);
	return nlh->nlmsg_len + acknowledge((char *)buf + nlh->nlmsg_len);
}

/* Whether all of a message is there; libmnl 1.0.4 does not see it of very long ones. */
static bool whole(const struct nlmsghdr *nlh, int left)
{
	return left >= (int)sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) &&
	       nlh->nlmsg_len <= (unsigned int)left;
}

/* The input's bytes, with sequence numbers that mbctl waits for */
static int tell_input(void *buf, size_t room)
{
	size_t len = next_length();
	struct nlmsghdr *nlh;
	int left;

	skip(2);
	if (!len)
		return acknowledge(buf);
	len = len < around.answers ? len : around.answers;
	len = len < room ? len : room;
	memcpy(buf, around.answer, len);
	skip(len);
	left = len;
	for (nlh = buf; whole(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		nlh->nlmsg_seq += around.seq;
	return len;
}

ssize_t __wrap_recv(int fd, void *buf, size_t room, int flags);

/* Nothing behind the datagram may be read. */
ssize_t __wrap_recv(int fd, void *buf, size_t room, int flags)
{
	int len;

	CHECK(fd == SOCKET);
	ASAN_UNPOISON_MEMORY_REGION(buf, room);
	if (!looked_up && !around.family) {
		looked_up = true;
		len = tell_family(buf);
	} else if (next_length() == AROUND_LOST) {
		skip(2);
		errno = ENOBUFS;
		return -1;
	} else if (flags & MSG_DONTWAIT && (!around.answers || nothing_now())) {
		errno = EAGAIN;
		return -1;
	} else {
		while (nothing_now())
			;
		len = tell_input(buf, room);
	}
	ASAN_POISON_MEMORY_REGION((char *)buf + len, room - len);
	return len;
}

/* --- its socket --------------------------------------------------------------------------- */

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags);
int __wrap_mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid);
int __wrap_mnl_socket_close(struct mnl_socket *nl);
int __wrap_mnl_socket_get_fd(const struct mnl_socket *nl);
int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *buf, socklen_t len);
int __wrap_getsockopt(int fd, int level, int name, void *buf, socklen_t *len);

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags)
{
	around.sockets++;
	looked_up = false;
	return (struct mnl_socket *)&around;
}

int __wrap_mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	return 0;
}

int __wrap_mnl_socket_close(struct mnl_socket *nl)
{
	around.sockets--;
	return 0;
}

int __wrap_mnl_socket_get_fd(const struct mnl_socket *nl)
{
	return SOCKET;
}

int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len)
{
	return 0;
}

/* Whatever mbctl was given, its requests are well-formed. */
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	const struct nlmsghdr *nlh = buf;
	const struct nlattr *attr;
	int left = len;

	for (; whole(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		around.seq = nlh->nlmsg_seq;
		mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
			;
		CHECK((const char *)attr == mnl_nlmsg_get_payload_tail(nlh));
	}
	CHECK(!left);
	return len;
}

int __wrap_setsockopt(int fd, int level, int name, const void *buf, socklen_t len)
{
	return 0;
}

int __wrap_getsockopt(int fd, int level, int name, void *buf, socklen_t *len)
{
	errno = EOPNOTSUPP;
	return -1;
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);

/* When all was told, the signal comes that ends monitor. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	nfds_t i;

	for (i = 0; i < n; i++)
		fds[i].revents = 0;
	if (fds[0].fd != SOCKET)
		return 0;
	if (around.answers && !nothing_now()) {
		fds[0].revents = POLLIN;
	} else if (n > 1) {
		fds[1].revents = POLLIN;
	} else {
		around.ms += timeout;
		return 0;
	}
	return 1;
}

/* --- its files ---------------------------------------------------------------------------- */

struct source {
	const char *text;
	size_t len;
};

static ssize_t source_read(void *cookie, char *buf, size_t n)
{
	struct source *s = cookie;

	n = n < s->len ? n : s->len;
	memcpy(buf, s->text, n);
	s->text += n;
	s->len -= n;
	return n;
}

static int source_close(void *cookie)
{
	free(cookie);
	return 0;
}

/**
 * around_text() - a stream to read from
 * @text:	what it holds; not copied
 * @len:	bytes of it
 *
 * Return: it
 */
FILE *around_text(const char *text, size_t len)
{
	const cookie_io_functions_t io = { .read = source_read, .close = source_close };
	struct source *s = malloc(sizeof(*s));

	s->text = text;
	s->len = len;
	return fopencookie(s, "r", io);
}

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

FILE *__wrap_fopen(const char *path, const char *mode)
{
	if (!inside)
		return __real_fopen(path, mode);
	if (around.file)
		return around_text(around.file, around.file_len);
	errno = ENOENT;
	return NULL;
}

/* --- running it --------------------------------------------------------------------------- */

int mbctl_main(int argc, char **argv);

/**
 * around_inside() - whether files are those of the input
 * @yes:	they are
 */
void around_inside(bool yes)
{
	inside = yes;
}

/**
 * around_run() - mbctl with these arguments
 * @argc:	how many
 * @argv:	they, and a NULL
 *
 * Return: its exit status; around_free() afterwards
 */
int around_run(int argc, char **argv)
{
	FILE *in = stdin, *out = stdout, *err = stderr;
	int status;

	around.ms = 0;
	around.sockets = 0;
	stdin = around_text(around.in, around.in_len);
	stdout = open_memstream(&around.out, &around.out_len);
	stderr = open_memstream(&around.err, &around.err_len);
	optind = 0;
	inside = true;
	status = mbctl_main(argc, argv);
	inside = false;
	fclose(stdin);
	fclose(stdout);
	fclose(stderr);
	stdin = in;
	stdout = out;
	stderr = err;
	return status;
}

/**
 * around_line() - mbctl with these words
 * @word:	they
 * @n:		how many
 * @json:	-j before them
 * @pretty:	-p before them
 *
 * Return: see around_run()
 */
int around_line(char *const *word, unsigned int n, bool json, bool pretty)
{
	char *argv[ARGS_MAX] = { "mbctl" };
	int argc = 1;

	if (json)
		argv[argc++] = "-j";
	if (pretty)
		argv[argc++] = "-p";
	while (n-- && argc < ARGS_MAX - 1)
		argv[argc++] = *word++;
	argv[argc] = NULL;
	return around_run(argc, argv);
}

void around_free(void)
{
	free(around.out);
	free(around.err);
	around.out = NULL;
	around.err = NULL;
}
