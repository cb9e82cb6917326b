// SPDX-License-Identifier: GPL-2.0
/* Real traffic through the gateway, and what happens to its interfaces and conntrack meanwhile. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "churn.h"

#define CHUNK		16384
/* Seconds without progress: stuck. A host whose peer was closed and did not tell asks by keepalive, 20
 * seconds; as long as it tries to join, by SYNs that the second path loses, it does not take notice, 15
 * seconds (44-churn sets tcp_syn_retries: a minute or two otherwise); then it waits for another path, a
 * minute where close_timeout cannot be set.
 */
#define PATIENCE	120
#define STUCK		10000	/* no errno */
#define GET_MPTCP_INFO	1

struct info {
	uint8_t subflows, others[5];
	uint32_t flags;
	uint8_t rest[120];
};

static pthread_mutex_t victim_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sockaddr_storage victim[2];

/* Both ends of a connection that may be closed; false: there was none yet */
bool net_victim(struct sockaddr_storage *from, struct sockaddr_storage *to)
{
	pthread_mutex_lock(&victim_lock);
	*from = victim[0];
	*to = victim[1];
	pthread_mutex_unlock(&victim_lock);
	return from->ss_family;
}

void net_patience(int fd, unsigned int ms)
{
	struct timeval t = { ms / 1000, ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

/* A socket that fell back passes SOL_MPTCP on to TCP, which knows no such level. */
bool net_is_mptcp(int fd)
{
	struct info info = { 0 };
	socklen_t len = sizeof(info);

	return !getsockopt(fd, SOL_MPTCP, GET_MPTCP_INFO, &info, &len) && !(info.flags & 1);
}

static socklen_t address(struct sockaddr_storage *ss, int family, const char *text, unsigned int port)
{
	struct sockaddr_in6 *sin6 = (void *)ss;
	struct sockaddr_in *sin = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = family;
	if (family == AF_INET6) {
		sin6->sin6_port = htons(port);
		inet_pton(family, text, &sin6->sin6_addr);
		return sizeof(*sin6);
	}
	sin->sin_port = htons(port);
	inet_pton(family, text, &sin->sin_addr);
	return sizeof(*sin);
}

int net_listen(int family, unsigned int port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP), one = 1;
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, family, family == AF_INET ? "0.0.0.0" : "::", port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len) || listen(fd, 64))
		quit("listening socket");
	return fd;
}

/* --- servers --- */

static bool send_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

static void *echo(void *arg)
{
	int fd = (intptr_t)arg;
	char buf[CHUNK];
	ssize_t n;

	net_patience(fd, PATIENCE * 1000);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0 && send_all(fd, buf, n))
		;
	close(fd);
	return NULL;
}

/* Number @arg: of three ports and two families */
void *net_serve(void *arg)
{
	unsigned int n = (uintptr_t)arg;
	struct pollfd pfd = { .events = POLLIN };
	pthread_attr_t attr;
	pthread_t thread;
	int fd;

	enter(setup.netns_server);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	pfd.fd = net_listen(n % 2 ? AF_INET6 : AF_INET, PORT_STEADY + n / 2);
	while (serving) {
		if (poll(&pfd, 1, 200) <= 0)
			continue;
		fd = accept4(pfd.fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0 && pthread_create(&thread, &attr, echo, (void *)(intptr_t)fd))
			close(fd);
	}
	close(pfd.fd);
	return NULL;
}

/* --- clients --- */

/* @bind_to: own address, or NULL. Returns the socket, or a negative errno. */
static int call(int family, unsigned int port, const char *bind_to)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP), err, one = 1;
	struct sockaddr_storage ss;
	socklen_t len;

	if (fd < 0)
		quit("MPTCP socket");
	/* A close that unloading or a flush breaks off may have ended one host only. The other one
	 * then has to hear of it from that one; with nothing to send it would not ask. What it hears
	 * is an RST, after which MPTCP waits for another path. See PATIENCE.
	 */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	net_patience(fd, PATIENCE * 1000);
	if (bind_to) {
		len = address(&ss, family, bind_to, 0);
		if (bind(fd, (struct sockaddr *)&ss, len))
			quit(bind_to);
	}
	len = address(&ss, family, family == AF_INET ? "10.2.1.1" : "fd02:1::1", port);
	if (!connect(fd, (struct sockaddr *)&ss, len))
		return fd;
	err = errno == EINPROGRESS ? ETIMEDOUT : errno;
	close(fd);
	return -err;
}

/* Sends @len bytes that nobody can guess, hears the same. Returns 0 or an errno: EBADMSG if it is
 * not the same, ENODATA at the end of the connection.
 */
static int talk(int fd, size_t len)
{
	char out[CHUNK], in[CHUNK];
	ssize_t n;
	size_t i;

	for (i = 0; i < len; i += 4)
		*(uint32_t *)(out + i) = rnd(UINT32_MAX);
	if (!send_all(fd, out, len))
		return errno == EAGAIN ? STUCK : errno;
	for (i = 0; i < len; i += n) {
		n = recv(fd, in + i, len - i, 0);
		if (n < 0)
			return errno == EAGAIN ? STUCK : errno;
		if (!n)
			return ENODATA;
	}
	return memcmp(in, out, len) ? EBADMSG : 0;
}

/* What there is to see of a connection that nothing comes of; our socket is still open. */
static void tell_stuck(int fd)
{
	const char *script = getenv("CHURN_STUCK");
	struct sockaddr_in6 name = { 0 };	/* IPv4 has its port where this one has it */
	socklen_t len = sizeof(name);
	char command[200];

	if (!script || getsockname(fd, (struct sockaddr *)&name, &len))
		return;
	snprintf(command, sizeof(command), "%s %u", script, ntohs(name.sin6_port));
	if (system(command))
		wrong("%s failed", script);
}

static int transfer(int family, bool closed)
{
	const char *bind_to = !closed ? NULL : family == AF_INET ? "10.1.1.2" : "fd01:1::2";
	int fd = call(family, closed ? PORT_CLOSED : PORT_STEADY, bind_to), err = 0;
	socklen_t len = sizeof(victim[0]);

	if (fd < 0)
		return -fd;
	if (closed) {
		pthread_mutex_lock(&victim_lock);
		if (getsockname(fd, (struct sockaddr *)&victim[0], &len) ||
		    getpeername(fd, (struct sockaddr *)&victim[1], &len))
			victim[0].ss_family = 0;
		pthread_mutex_unlock(&victim_lock);
	}
	for (unsigned int n = 2 + rnd(20); !err && n; n--) {
		err = talk(fd, 4 * (1 + rnd(CHUNK / 4)));
		if (!rnd(4))
			nap_ms(rnd(200));
	}
	if (!err && !net_is_mptcp(fd))
		did(FALLBACKS, 1);
	if (err == STUCK || err == ETIMEDOUT)
		tell_stuck(fd);
	close(fd);
	return err;
}

/* A host that was told of the end has one of these errors. */
static bool explained(int err)
{
	return err == ECONNRESET || err == EPIPE || err == ENODATA || err == ECONNABORTED ||
	       err == ENOTCONN || err == ECONNREFUSED;
}

/* Number @arg: even IPv4, odd IPv6; from 2 on those that are closed */
void *net_transfer(void *arg)
{
	unsigned int n = (uintptr_t)arg;
	int family = n % 2 ? AF_INET6 : AF_INET, err;
	unsigned long before;
	bool closed = n >= 2;
	double begin;

	enter(setup.netns_client);
	while (!over) {
		before = closing;
		begin = now();
		err = transfer(family, closed);
		if (!err) {
			did(TRANSFERS, 1);
			continue;
		}
		if (!closed || !explained(err) || closing == before)
			wrong("a transfer, IPv%c, %s: %s after %.1f s; %lu closes meanwhile",
			      n % 2 ? '6' : '4', closed ? "that may be closed" : "that nobody closes",
			      err == STUCK ? "no end" : strerror(err), now() - begin,
			      closing - before);
		else
			did(CUT, 1);
	}
	return NULL;
}

/* New connections to whom both policies deny MPTCP: while one of them is in force none is MPTCP. */
void *net_denied(void *arg)
{
	unsigned int n = (uintptr_t)arg, before;
	int fd;

	enter(setup.netns_client);
	while (!over) {
		before = unruly;
		fd = call(n ? AF_INET6 : AF_INET, PORT_DENIED, NULL);
		did(DENIED, 1);
		if (fd >= 0) {
			if (net_is_mptcp(fd) && before % 2 == 0 && unruly == before)
				wrong("a connection, IPv%c, is MPTCP with whom every policy denies it",
				      n ? '6' : '4');
			else if (!talk(fd, 400) && !net_is_mptcp(fd))
				did(PLAIN, 1);
			close(fd);
		}
		nap_ms(rnd(20));
	}
	return NULL;
}

/* --- the ground shakes --- */

/* The second path goes and comes. How long it is gone is for the kernel to say, whose lock others hold: it
 * is there three times as long, or a session that has no other one waits ever longer from one try to the
 * next, beyond PATIENCE.
 */
void *net_flap(void *arg)
{
	unsigned long ms = 0, longest = 0, there;
	double begin;
	int fd;

	(void)arg;
	enter(setup.netns_gateway);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	while (!over) {
		there = 300 + rnd(1500);
		if (there < 3 * ms)
			there = 3 * ms;
		for (begin = now(); !over && now() < begin + there / 1000.0;)
			nap_ms(100);
		begin = now();
		if (interface_up(fd, "g2", false))
			did(FLAPS, 1);
		nap_ms(rnd(300));
		interface_up(fd, "g2", true);
		ms = (now() - begin) * 1000;
		did(DOWN, ms);
		if (ms > longest)
			longest = ms;
	}
	did(LONGEST_DOWN, longest);
	close(fd);
	return NULL;
}

/* Forgets all connections that conntrack knows. */
void *net_conntrack(void *arg)
{
	struct nfgenmsg *nfg;
	struct nl *nl;

	(void)arg;
	enter(setup.netns_gateway);
	nl = nl_open(NETLINK_NETFILTER);
	while (!over) {
		nl->nlh = mnl_nlmsg_put_header(nl->out);
		nl->nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
		nl->nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
		nl->nlh->nlmsg_seq = ++nl->seq;
		nfg = mnl_nlmsg_put_extra_header(nl->nlh, sizeof(*nfg));
		nfg->nfgen_family = AF_UNSPEC;
		nfg->version = NFNETLINK_V0;
		if (!nl_call(nl, NULL, NULL))
			did(CT_FLUSHES, 1);
		nap_ms(50 + rnd(500));
	}
	nl_close(nl);
	return NULL;
}
