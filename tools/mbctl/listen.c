// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "listen.h"
#include "util.h"

#define RECEIVE_SIZE	65536
#define READ_TIMES	1024
#define SOCKET_BYTES	(8 << 20)	/* some 10,000 events */

/* How many messages did not fit into the socket */
static uint32_t drops(const struct listener *l)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(listen_fd(l), SOL_SOCKET, SO_MEMINFO, info, &len))
		return l->drops;
	return info[SK_MEMINFO_DROPS];
}

static int join(struct listener *l, const char *place, struct err *e)
{
	int group = l->nl.events, on = 1;

	if (!group)
		return err_set(e, STATUS_KERNEL,
			       "%s: the loaded module tells no events: load an mptcp_mb of mbctl's version",
			       place);
	/* so that the module, too, counts what we are too slow for */
	mnl_socket_setsockopt(l->nl.sock, NETLINK_BROADCAST_ERROR, &on,
			      sizeof(on));
	if (!mnl_socket_setsockopt(l->nl.sock, NETLINK_ADD_MEMBERSHIP, &group,
				   sizeof(group)))
		return 0;
	if (errno == EPERM || errno == EACCES)
		return err_set(e, STATUS_KERNEL,
			       "%s: not permitted: to hear events needs CAP_NET_ADMIN in this network namespace: become root",
			       place);
	return err_set(e, STATUS_KERNEL, "%s: no events: %s", place,
		       strerror(errno));
}

/**
 * listen_open() - begin to hear events
 * @l:		filled; nl_close(&l->nl) in any case
 * @place:	the command, for errors
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int listen_open(struct listener *l, const char *place, struct err *e)
{
	const int bytes = SOCKET_BYTES;

	memset(l, 0, sizeof(*l));
	if (nl_open(&l->nl, e))
		return -1;
	/* beyond net.core.rmem_max, or as far as that allows */
	if (setsockopt(listen_fd(l), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)))
		setsockopt(listen_fd(l), SOL_SOCKET, SO_RCVBUF, &bytes,
			   sizeof(bytes));
	return join(l, place, e);
}

/**
 * listen_fd() - what to poll for POLLIN
 * @l:	listener
 *
 * Return: file descriptor
 */
int listen_fd(const struct listener *l)
{
	return mnl_socket_get_fd(l->nl.sock);
}

static int hear_all(const void *buf, int len, listen_heard heard, void *data,
		    struct err *e)
{
	const struct nlmsghdr *nlh;

	for (nlh = buf; nl_whole(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && heard(nlh, data, e))
			return -1;
	return 0;
}

/**
 * listen_read() - take what waits, without waiting for more
 * @l:		listener
 * @place:	the command, for errors
 * @heard:	called for each event
 * @data:	for @heard
 * @lost:	how many events did not fit into the socket since the last call,
 *		at least 1 if some did not
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int listen_read(struct listener *l, const char *place, listen_heard heard,
		void *data, uint32_t *lost, struct err *e)
{
	static char buf[RECEIVE_SIZE] __attribute__((aligned(8)));
	const uint32_t before = l->drops;
	unsigned int times;
	bool full = false;
	ssize_t n;

	*lost = 0;
	for (times = 0; times < READ_TIMES; times++) {
		n = recv(listen_fd(l), buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno == ENOBUFS) {
			/* what waits is from before the gap: tell it first */
			if (full)
				break;
			full = true;
		} else if (n < 0 && errno == EAGAIN) {
			break;
		} else if (n < 0 && errno != EINTR) {
			return err_set(e, STATUS_KERNEL, "%s: receiving from the kernel: %s",
				       place, strerror(errno));
		} else if (n > 0 && hear_all(buf, n, heard, data, e)) {
			return -1;
		}
	}
	if (!full)
		return 0;
	l->drops = drops(l);
	*lost = l->drops != before ? l->drops - before : 1;
	return 0;
}
