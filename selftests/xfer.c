// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer between two hosts that proves itself: both directions carry a pattern made from a
 * seed, and each receiver compares every byte, so that a byte lost, repeated or changed shows.
 * usage() tells how to call it. A client opens with a header that tells the server what to do:
 * only the client needs arguments. The server closes only after the client has: during --hold
 * both directions stay open.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "xfer.h"

static void quit(const char *what)
{
	fprintf(stderr, "xfer: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(2);
}

static socklen_t address(struct sockaddr_storage *ss, int family, const char *text, int port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = family;
	errno = 0;
	if (family == AF_INET6) {
		sin6->sin6_port = htons(port);
		if (text && inet_pton(family, text, &sin6->sin6_addr) != 1)
			quit("not an IPv6 address");
		return sizeof(*sin6);
	}
	sin->sin_port = htons(port);
	if (text && inet_pton(family, text, &sin->sin_addr) != 1)
		quit("not an IPv4 address");
	return sizeof(*sin);
}

static int new_socket(const struct options *opt, int bind_port)
{
	struct sockaddr_storage ss;
	int one = 1, fd = socket(opt->family, SOCK_STREAM, opt->tcp ? IPPROTO_TCP : IPPROTO_MPTCP);

	if (fd < 0)
		quit("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (opt->family == AF_INET6 && !opt->dual)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if ((opt->bind || bind_port) &&
	    bind(fd, (struct sockaddr *)&ss, address(&ss, opt->family, opt->bind, bind_port)))
		quit("bind");
	return fd;
}

static bool connect_to(struct transfer *t)
{
	const struct options *opt = t->opt;
	struct pollfd pfd = { .events = POLLOUT };
	struct sockaddr_storage ss;
	socklen_t len;
	int error = 0;

	t->stage = "connect";
	t->header = (struct header){ HEADER_MAGIC, opt->seed, opt->bytes, opt->receive, opt->rate,
				     opt->hold, 0 };
	t->header.check = header_check(&t->header);
	t->to_send = opt->bytes;
	t->expected = opt->speak_first + opt->receive;
	t->fd = pfd.fd = new_socket(opt, opt->local_port);
	fcntl(t->fd, F_SETFL, O_NONBLOCK);
	len = address(&ss, opt->family, opt->address, opt->port);
	if (connect(t->fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS) {
		fail_errno(t);
		return false;
	}
	if (!poll(&pfd, 1, opt->timeout * 1000)) {
		fail(t, "TIMEOUT");
		return false;
	}
	len = sizeof(error);
	getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		errno = error;
		fail_errno(t);
		return false;
	}
	t->connected = now_ms() - t->begin;
	return true;
}

/* What MPTCP_INFO last said, as ss names it; the time is that of $EPOCHREALTIME in a shell. */
static void print_kernel(const struct transfer *t)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	printf(" ended_ms=%lld", ts.tv_sec * 1000ll + ts.tv_nsec / 1000000);
	if (!t->token)
		return;
	printf(" write_seq=%llx snd_una=%llx rcv_nxt=%llx", (unsigned long long)t->kernel.write_seq,
	       (unsigned long long)t->kernel.snd_una, (unsigned long long)t->kernel.rcv_nxt);
	if (t->kernel.counts)
		printf(" bytes_sent=%llu bytes_received=%llu bytes_acked=%llu",
		       (unsigned long long)t->kernel.sent, (unsigned long long)t->kernel.received,
		       (unsigned long long)t->kernel.acked);
}

static int run(struct transfer *t)
{
	t->wrong_at = UINT64_MAX;
	t->begin = now_ms();
	t->connected = -1;
	if (t->opt->server || connect_to(t)) {
		sample(t);
		exchange(t);
	}
	t->verified = !t->error && t->wrong_at == UINT64_MAX &&
		      t->received == t->expected && t->sent == t->to_send &&
		      t->header_done == sizeof(t->header);
	printf("role=%s proto=%s verified=%s error=%s stage=%s",
	       t->opt->server ? "server" : "client", t->opt->tcp ? "tcp" : "mptcp",
	       t->verified ? "yes" : "no", t->error ?: "none", t->error ? t->stage : "done");
	printf(" sent=%llu received=%llu expected=%llu",
	       (unsigned long long)t->sent, (unsigned long long)t->received,
	       (unsigned long long)t->expected);
	if (t->wrong_at != UINT64_MAX)
		printf(" wrong_at=%llu", (unsigned long long)t->wrong_at);
	print_kernel(t);
	printf(" connect_ms=%lld total_ms=%lld fallback=%s subflows=%u addrs=%u token=%08x\n",
	       (long long)t->connected, (long long)(now_ms() - t->begin),
	       !t->opt->server && t->connected < 0 ? "unknown" : t->mptcp ? "no" : "yes",
	       t->subflows, t->addrs, t->token);
	fflush(stdout);
	close(t->fd);
	return t->verified ? 0 : 1;
}

/* A process for each connection; the exit status says whether all were verified. */
static int wait_for_children(void)
{
	int status, bad = 0;

	while (wait(&status) > 0)
		bad |= status;
	return bad ? 1 : 0;
}

static int serve(const struct options *opt)
{
	struct pollfd pfd = { .events = POLLIN };

	pfd.fd = new_socket(opt, opt->port);
	if (listen(pfd.fd, 128))
		quit("listen");
	printf("ready port=%d\n", opt->port);
	fflush(stdout);
	for (int i = 0; i < opt->count; i++) {
		struct transfer t = { .opt = opt, .to_send = opt->speak_first };

		errno = 0;
		if (!poll(&pfd, 1, opt->timeout * 1000))
			quit("nobody connects");
		t.fd = accept4(pfd.fd, NULL, NULL, SOCK_NONBLOCK);
		if (t.fd < 0)
			quit("accept");
		if (!fork())
			_exit(run(&t));
		close(t.fd);
	}
	return wait_for_children();
}

static int call(struct options *opt)
{
	for (int i = 0; i < opt->count; i++) {
		struct transfer t = { .opt = opt };

		if (!fork()) {
			opt->seed += i;
			_exit(run(&t));
		}
	}
	return wait_for_children();
}

static void on_hurry(int signal)
{
	hurry = signal;
}

static void usage(void)
{
	puts("usage: xfer server [OPTIONS]             listens; first line: \"ready port=N\"\n"
	     "       xfer client ADDRESS PORT [OPTIONS]\n"
	     "Prints a line of key=value for each connection. Exit status 0: all verified.\n"
	     "  -4, -6             family to listen on (the client's follows from ADDRESS)\n"
	     "  --dual             an IPv6 socket that does IPv4, too (ADDRESS is ::ffff:...)\n"
	     "  -p, --port N       port to listen on (5001)\n"
	     "  -n, --count N      connections to serve, or to make at once (1)\n"
	     "  --tcp              plain TCP instead of MPTCP\n"
	     "  --bytes N          client: bytes to the server (1000000)\n"
	     "  --receive N        client: bytes from the server (as many)\n"
	     "  --rate N           client: bytes a second, each direction (as fast as possible)\n"
	     "  --duration S       client: with --rate, as many bytes as take S seconds\n"
	     "  --hold S           client: keep the connection open so long after the transfer\n"
	     "  --subflows N       client: hold only until there have been N (--hold is 5 then)\n"
	     "  --half-close       client: close the sending direction once all is sent\n"
	     "  --speak-first N    both: the server sends N bytes before the client says anything\n"
	     "  --seed N           client: another pattern\n"
	     "  --bind ADDRESS, --local-port N    own address and (client) port\n"
	     "  --timeout S        give up after so long without progress (30)\n"
	     "Who gets SIGUSR1 forgets about --rate, for what it sends, and --hold.\n"
	     "Keys: error= is an errno's name, or TIMEOUT (ours), BADHEADER, FLOOD (far too much came);\n"
	     "stage= connect, transfer, hold, close or done; subflows= and addrs= (ADD_ADDRs taken) are the\n"
	     "most there were, the first subflow counts; fallback= as at the end; ended_ms= since the\n"
	     "epoch; bytes_...=, write_seq=, ... as the kernel last said, before the end.");
}

int main(int argc, char **argv)
{
	enum { TCP = 256, BYTES, RECEIVE, RATE, DURATION, HOLD, SPEAK, SEED, BIND, LOCAL_PORT,
	       TIMEOUT, SUBFLOWS, DUAL, HALF_CLOSE };
	static const struct option table[] = {
		{ "port", 1, 0, 'p' }, { "count", 1, 0, 'n' }, { "help", 0, 0, 'h' },
		{ "tcp", 0, 0, TCP }, { "bytes", 1, 0, BYTES }, { "receive", 1, 0, RECEIVE },
		{ "rate", 1, 0, RATE }, { "duration", 1, 0, DURATION }, { "hold", 1, 0, HOLD },
		{ "speak-first", 1, 0, SPEAK }, { "seed", 1, 0, SEED }, { "bind", 1, 0, BIND },
		{ "local-port", 1, 0, LOCAL_PORT }, { "timeout", 1, 0, TIMEOUT },
		{ "subflows", 1, 0, SUBFLOWS }, { "dual", 0, 0, DUAL },
		{ "half-close", 0, 0, HALF_CLOSE }, { }
	};
	struct options opt = { .family = AF_INET, .port = 5001, .count = 1, .timeout = 30,
			       .bytes = 1000000, .receive = UINT64_MAX, .seed = 1 };
	uint64_t duration = 0;
	int c;

	while ((c = getopt_long(argc, argv, "46p:n:h", table, NULL)) != -1) {
		uint64_t n = optarg ? strtoull(optarg, NULL, 0) : 0;

		switch (c) {
		case '4': opt.family = AF_INET; break;
		case '6': opt.family = AF_INET6; break;
		case 'p': opt.port = n; break;
		case 'n': opt.count = n; break;
		case TCP: opt.tcp = true; break;
		case DUAL: opt.dual = true; break;
		case HALF_CLOSE: opt.half_close = true; break;
		case BYTES: opt.bytes = n; break;
		case RECEIVE: opt.receive = n; break;
		case RATE: opt.rate = n; break;
		case DURATION: duration = n; break;
		case HOLD: opt.hold = n; break;
		case SPEAK: opt.speak_first = n; break;
		case SEED: opt.seed = n; break;
		case BIND: opt.bind = optarg; break;
		case LOCAL_PORT: opt.local_port = n; break;
		case SUBFLOWS: opt.subflows = n; break;
		case TIMEOUT: opt.timeout = n; break;
		case 'h': usage(); return 0;
		default: return 2;
		}
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, on_hurry);
	if (opt.subflows && !opt.hold)
		opt.hold = 5;
	if (duration)
		opt.bytes = opt.rate * duration;
	if (opt.receive == UINT64_MAX)
		opt.receive = opt.bytes;
	opt.server = optind < argc && !strcmp(argv[optind], "server");
	if (opt.server && optind + 1 == argc)
		return serve(&opt);
	if (optind + 3 == argc && !strcmp(argv[optind], "client")) {
		opt.address = argv[optind + 1];
		opt.port = atoi(argv[optind + 2]);
		opt.family = strchr(opt.address, ':') ? AF_INET6 : AF_INET;
		return call(&opt);
	}
	usage();
	return 2;
}
