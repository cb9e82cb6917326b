// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "nl.h"

#define RECEIVE_SIZE	65536	/* dumps come in pieces of at most 32 KiB */
#define DUMP_TRIES	20
#define ERRNO_MAX	4095	/* of the kernel */
#define MANY_BYTES	32768	/* sent in one go */
#define MANY_COUNT	64	/* so that all refusals fit into the socket */

/* The attributes behind an error, NLM_F_ACK_TLVS */
static void read_extack(const struct nlmsghdr *nlh, size_t skip,
			struct nl_refusal *why)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, skip) {
		const unsigned int len = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(why->text, sizeof(why->text), "%.*s", (int)len,
				 (const char *)mnl_attr_get_payload(attr));
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS && len == 4)
			why->offset = mnl_attr_get_u32(attr);
	}
}

/* What the kernel means by 0 or a negative errno */
static int errno_of(int error)
{
	return error <= 0 && error >= -ERRNO_MAX ? -error : EBADMSG;
}

/* Whether a message ends the answer: 1, and @why->errnum is 0 if all is well. */
static bool read_end(const struct nlmsghdr *nlh, struct nl_refusal *why)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	const size_t len = mnl_nlmsg_get_payload_len(nlh);
	size_t skip;

	memset(why, 0, sizeof(*why));
	why->seq = nlh->nlmsg_seq;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		if (len < sizeof(*error)) {
			why->errnum = EBADMSG;
			return true;
		}
		why->errnum = errno_of(error->error);
		skip = sizeof(*error);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += error->msg.nlmsg_len - sizeof(error->msg);
		break;
	case NLMSG_DONE:
		if (len < sizeof(int))
			return true;
		why->errnum = errno_of(*(const int *)mnl_nlmsg_get_payload(nlh));
		skip = sizeof(int);
		break;
	default:
		return false;
	}
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && MNL_ALIGN(skip) <= len)
		read_extack(nlh, skip, why);
	return true;
}

static int receive(struct nl *nl, void *buf, int flags)
{
	int n;

	do {
		n = recv(mnl_socket_get_fd(nl->sock), buf, RECEIVE_SIZE, flags);
	} while (n < 0 && errno == EINTR);
	return n;
}

static int send_all(struct nl *nl, const void *buf, size_t len)
{
	ssize_t n;

	do {
		n = mnl_socket_sendto(nl->sock, buf, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

/* One round of question and answer. @why->errnum is 0 if all is well; *@torn: a
 * dump was torn by a change.
 */
static int converse(struct nl *nl, const char *place, struct nlmsghdr *req,
		    nl_answer answer, void *data, struct nl_refusal *why,
		    bool *torn, struct err *e)
{
	static char buf[RECEIVE_SIZE] __attribute__((aligned(8)));
	const bool dump = (req->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	const struct nlmsghdr *nlh;
	int n;

	req->nlmsg_seq = ++nl->seq;
	*torn = false;
	if (send_all(nl, req, req->nlmsg_len))
		return err_set(e, STATUS_KERNEL, "%s: sending to the kernel: %s",
			       place, strerror(errno));
	for (;;) {
		n = receive(nl, buf, 0);
		if (n < 0)
			return err_set(e, STATUS_KERNEL, "%s: receiving from the kernel: %s",
				       place, strerror(errno));
		for (nlh = (void *)buf; nl_whole(nlh, n);
		     nlh = mnl_nlmsg_next(nlh, &n)) {
			if (nlh->nlmsg_seq != nl->seq)
				continue;
			if (dump && nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				*torn = true;
			if (read_end(nlh, why))
				return 0;
			if (answer && nlh->nlmsg_type >= NLMSG_MIN_TYPE &&
			    answer(nlh, data, e))
				return -1;
		}
	}
}

/* The number of our multicast group */
static int note_group(const struct nlattr *nest, struct nl *nl)
{
	const struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1], *name, *group;
	uint64_t id;

	mnl_attr_for_each_nested(group, nest) {
		nl_parse_nested(group, tb, CTRL_ATTR_MCAST_GRP_MAX);
		name = tb[CTRL_ATTR_MCAST_GRP_NAME];
		if (!name || mnl_attr_get_payload_len(name) != sizeof(MPTCP_MB_MCGRP_EVENTS) ||
		    memcmp(mnl_attr_get_payload(name), MPTCP_MB_MCGRP_EVENTS,
			   sizeof(MPTCP_MB_MCGRP_EVENTS)))
			continue;
		if (!tb[CTRL_ATTR_MCAST_GRP_ID] ||
		    nl_uint(tb[CTRL_ATTR_MCAST_GRP_ID], &id))
			return -1;
		nl->events = id;
	}
	return 0;
}

static int note_family(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[CTRL_ATTR_MCAST_GROUPS + 1];
	struct nl *nl = data;
	uint64_t id;

	nl_parse(nlh, tb, CTRL_ATTR_MCAST_GROUPS);
	if (!tb[CTRL_ATTR_FAMILY_ID] || nl_uint(tb[CTRL_ATTR_FAMILY_ID], &id) ||
	    (tb[CTRL_ATTR_MCAST_GROUPS] &&
	     note_group(tb[CTRL_ATTR_MCAST_GROUPS], nl)))
		return nl_nonsense("netlink", e);
	nl->family = id;
	return 0;
}

static int find_family(struct nl *nl, struct err *e)
{
	NL_BUFFER(buf);
	struct nlmsghdr *req;
	struct nl_refusal why;
	bool torn;

	nl->family = GENL_ID_CTRL;
	req = nl_request(nl, buf, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(req, CTRL_ATTR_FAMILY_NAME, MPTCP_MB_GENL_NAME);
	if (converse(nl, "netlink", req, note_family, nl, &why, &torn, e))
		return -1;
	if (why.errnum == ENOENT)
		return err_set(e, STATUS_KERNEL,
			       "the kernel module mptcp_mb is not loaded: insmod mptcp_mb.ko or modprobe mptcp_mb");
	return why.errnum ? nl_refusal_err("netlink", &why, NULL, e) : 0;
}

/**
 * nl_open() - a socket to the module in this network namespace
 * @nl:		filled; nl_close() in any case
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int nl_open(struct nl *nl, struct err *e)
{
	int on = 1;

	memset(nl, 0, sizeof(*nl));
	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID))
		return err_set(e, STATUS_KERNEL, "no netlink socket: %s",
			       strerror(errno));
	/* without these, refusals are shorter, that is all */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	nl->seq = time(NULL);
	return find_family(nl, e);
}

/**
 * nl_close() - give the socket back; an open transaction is rolled back
 * @nl:	after nl_open()
 */
void nl_close(struct nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	nl->sock = NULL;
}

/**
 * nl_call() - send a request, wait until it is answered
 * @nl:		socket
 * @place:	the command, for errors
 * @req:	from nl_request()
 * @answer:	called for each message of the answer; a NULL message: what a
 *		dump has told so far is void, it begins again
 * @data:	for @answer
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int nl_call(struct nl *nl, const char *place, struct nlmsghdr *req,
	    nl_answer answer, void *data, struct err *e)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct nl_refusal why = { 0 };
	unsigned int tries;
	bool torn;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		if (tries) {
			nanosleep(&pause, NULL);
			if (answer(NULL, data, e))
				return -1;
		}
		if (converse(nl, place, req, answer, data, &why, &torn, e))
			return -1;
		if (why.errnum)
			return nl_refusal_err(place, &why, req, e);
		if (!torn)
			return 0;
	}
	return err_set(e, STATUS_KERNEL, "%s: what it asks for changes all the time: try again later",
		       place);
}

/**
 * nl_simple() - nl_call() of a request without attributes
 * @nl:		socket
 * @place:	the command, for errors
 * @cmd:	MPTCP_MB_CMD_...
 * @answer:	see nl_call()
 * @data:	for @answer
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int nl_simple(struct nl *nl, const char *place, uint8_t cmd, nl_answer answer,
	      void *data, struct err *e)
{
	NL_BUFFER(buf);

	return nl_call(nl, place, nl_request(nl, buf, cmd, NLM_F_ACK), answer,
		       data, e);
}

/**
 * nl_request() - begin a request
 * @nl:		socket
 * @buf:	NL_REQUEST_MAX bytes, aligned
 * @cmd:	MPTCP_MB_CMD_...
 * @flags:	NLM_F_ACK, NLM_F_DUMP
 *
 * Return: its header; attributes may be put behind
 */
struct nlmsghdr *nl_request(struct nl *nl, void *buf, uint8_t cmd,
			    uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = nl->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = MPTCP_MB_GENL_VERSION;
	return nlh;
}

/* The kernel has worked off all it was sent when sendto() returns: its
 * refusals wait. Returns how many there were, or -1: some did not fit into the
 * socket and none did.
 */
static int collect(struct nl *nl, uint32_t first, unsigned int n,
		   nl_refused refused, void *data)
{
	static char buf[RECEIVE_SIZE] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh;
	bool lost = false;
	struct nl_refusal why;
	int len, told = 0;

	for (;;) {
		len = receive(nl, buf, MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS) {
			lost = true;
			continue;
		}
		if (len < 0)
			return lost && !told ? -1 : told;
		for (nlh = (void *)buf; nl_whole(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (!read_end(nlh, &why) || !why.errnum ||
			    why.seq - first >= n)
				continue;
			refused(why.seq - first, &why, data);
			told++;
		}
	}
}

/**
 * nl_send_many() - send requests, wait for none of them
 * @nl:		socket
 * @n:		how many requests
 * @encode:	makes request @i with nl_request() and without NLM_F_ACK; false:
 *		send no more
 * @refused:	told of each that the kernel refuses; others of the same bundle
 *		have been sent by then
 * @data:	for both
 * @e:		filled on error
 *
 * Return: 0 or -1: could not be sent; refusals are no error here
 */
int nl_send_many(struct nl *nl, unsigned int n, nl_encode encode,
		 nl_refused refused, void *data, struct err *e)
{
	static char buf[MANY_BYTES] __attribute__((aligned(8)));
	const uint32_t first = nl->seq + 1;
	unsigned int i, bundled = 0;
	size_t used = 0;

	/* a refusal is known at the beginning of a bundle: it stops there */
	for (i = 0; i < n; i++) {
		struct nlmsghdr *req = (void *)(buf + used);

		if (!encode(buf + used, i, data))
			return 0;
		req->nlmsg_seq = ++nl->seq;
		used += MNL_ALIGN(req->nlmsg_len);
		if (++bundled < MANY_COUNT && i + 1 < n &&
		    used + NL_REQUEST_MAX <= sizeof(buf))
			continue;
		if (send_all(nl, buf, used))
			return err_set(e, STATUS_KERNEL, "sending to the kernel: %s",
				       strerror(errno));
		if (collect(nl, first, n, refused, data) < 0)
			return err_set(e, STATUS_KERNEL,
				       "answers of the kernel were lost: raise net.core.rmem_default");
		used = 0;
		bundled = 0;
	}
	return 0;
}
