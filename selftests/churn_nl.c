// SPDX-License-Identifier: GPL-2.0
/* Netlink for churn's threads: each has sockets of its own. The module may go at any time. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/mptcp_mb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "churn.h"

#define UNKNOWN_FAMILY	0x7ff0	/* the kernel gives none such away */

struct nl *nl_open(int protocol)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	struct nl *nl = calloc(1, sizeof(*nl));
	struct timeval patience = { 60, 0 };

	if (!nl)
		quit("memory");
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0 || bind(nl->fd, (struct sockaddr *)&sa, sizeof(sa)))
		quit("netlink socket");
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return nl;
}

void nl_close(struct nl *nl)
{
	close(nl->fd);
	free(nl);
}

/* Another socket: what the old one had begun ends with it. */
void nl_renew(struct nl *nl)
{
	struct nl *other = nl_open(NETLINK_GENERIC);

	close(nl->fd);
	nl->fd = other->fd;
	free(other);
}

static void message(struct nl *nl, uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *genl;

	nl->nlh = mnl_nlmsg_put_header(nl->out);
	nl->nlh->nlmsg_type = type;
	nl->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nl->nlh->nlmsg_seq = ++nl->seq;
	genl = mnl_nlmsg_put_extra_header(nl->nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
}

static void note_group(const struct nlattr *groups, uint32_t *id)
{
	const struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups)
		mnl_attr_for_each_nested(attr, group)
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				*id = mnl_attr_get_u32(attr);
}

static void note_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	struct nl *nl = data;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			nl->family = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			note_group(attr, &nl->group);
	}
}

/* A module that was loaded anew has another id. To ask for one that is not loaded starts modprobe. */
static void find_family(struct nl *nl)
{
	unsigned int n = loads;

	if (nl->loads == n || !loaded)
		return;
	nl->family = 0;
	message(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nl->nlh, CTRL_ATTR_FAMILY_NAME, MPTCP_MB_GENL_NAME);
	if (!nl_call(nl, note_family, nl))
		nl->loads = n;
}

/* To the same module as the last request: to one loaded since then it says nothing. */
void nl_go_on(struct nl *nl, uint8_t cmd, uint16_t flags)
{
	message(nl, nl->family ?: UNKNOWN_FAMILY, cmd, flags);
}

void nl_begin(struct nl *nl, uint8_t cmd, uint16_t flags)
{
	find_family(nl);
	nl_go_on(nl, cmd, flags);
}

/* Attributes fill their space exactly, all the way down; what is in a nest is attributes. */
static bool sound(const char *p, size_t len)
{
	while (len >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;
		size_t whole = NLA_ALIGN(a->nla_len);

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			return false;
		if ((a->nla_type & NLA_F_NESTED) && !sound(p + NLA_HDRLEN, a->nla_len - NLA_HDRLEN))
			return false;
		if (whole > len)
			whole = len;
		p += whole;
		len -= whole;
	}
	return !len;
}

bool nl_sound(const struct nlmsghdr *nlh)
{
	const unsigned int head = NLMSG_HDRLEN + GENL_HDRLEN;

	return nlh->nlmsg_len >= head && sound((const char *)nlh + head, nlh->nlmsg_len - head);
}

/* One datagram. 1: there is more to come */
static int take(struct nl *nl, ssize_t n, nl_seen seen, void *data)
{
	const struct nlmsghdr *nlh = (const void *)nl->in;
	int left = n;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq != nl->seq)
			continue;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
		if (nlh->nlmsg_type == NLMSG_DONE)
			return *(const int *)mnl_nlmsg_get_payload(nlh);
		if (!nl_sound(nlh))
			wrong("a message of type %u, %u bytes, is malformed", nlh->nlmsg_type,
			      nlh->nlmsg_len);
		else if (seen)
			seen(nlh, data);
	}
	if (left)
		wrong("%d bytes are left behind the messages of a datagram", left);
	return 1;
}

/**
 * nl_call() - send the request, hear the answer to its end
 * @nl:		with the request, which asks for an acknowledgment or is a dump
 * @seen:	told of each message that is neither, or NULL
 * @data:	its argument
 *
 * Return: 0 or a negative errno, the kernel's or our own
 */
int nl_call(struct nl *nl, nl_seen seen, void *data)
{
	ssize_t n;
	int err;

	if (send(nl->fd, nl->nlh, nl->nlh->nlmsg_len, 0) < 0)
		return -errno;
	do {
		n = recv(nl->fd, nl->in, sizeof(nl->in), 0);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			wrong("no answer to a request within a minute");
		if (n < 0)
			return -errno;
		err = take(nl, n, seen, data);
	} while (err > 0);
	return err;
}

int nl_do(struct nl *nl, uint8_t cmd)
{
	nl_begin(nl, cmd, NLM_F_ACK);
	return nl_call(nl, NULL, NULL);
}

/* --- statements --- */

void nl_put_site(struct nl *nl, uint8_t cmd, const struct site *s)
{
	struct nlattr *nest;

	nl_begin(nl, cmd, NLM_F_ACK);
	nest = mnl_attr_nest_start(nl->nlh, MPTCP_MB_A_SITE);
	if (s->family != AF_UNSPEC) {
		mnl_attr_put(nl->nlh, MPTCP_MB_SITE_ADDRESS, s->family == AF_INET ? 4 : 16,
			     s->address);
		mnl_attr_put_u8(nl->nlh, MPTCP_MB_SITE_PREFIX_LEN, s->len);
	}
	if (s->port)
		mnl_attr_put_u16(nl->nlh, MPTCP_MB_SITE_PORT, s->port);
	if (s->mark)
		mnl_attr_put_u32(nl->nlh, MPTCP_MB_SITE_MARK, s->mark);
	if (cmd != MPTCP_MB_CMD_SITE_DEL) {
		mnl_attr_put_u8(nl->nlh, MPTCP_MB_SITE_ACTION, s->action);
		if (s->timeout)
			mnl_attr_put_u32(nl->nlh, MPTCP_MB_SITE_TIMEOUT, s->timeout);
		if (s->comment)
			mnl_attr_put_strz(nl->nlh, MPTCP_MB_SITE_COMMENT, "in this hour only");
	}
	mnl_attr_nest_end(nl->nlh, nest);
}

int nl_set(struct nl *nl, const struct policy *p)
{
	struct nlattr *nest;

	nl_begin(nl, MPTCP_MB_CMD_POLICY_SET, NLM_F_ACK);
	nest = mnl_attr_nest_start(nl->nlh, MPTCP_MB_A_SETTINGS);
	if (p->deny != DEFAULT_STAYS)
		mnl_attr_put_u8(nl->nlh, MPTCP_MB_SET_DEFAULT,
				p->deny ? MPTCP_MB_ACTION_DENY : MPTCP_MB_ACTION_ALLOW);
	mnl_attr_put_u8(nl->nlh, MPTCP_MB_SET_FALLBACK, p->fallback);
	mnl_attr_put_u8(nl->nlh, MPTCP_MB_SET_JOIN, p->join);
	mnl_attr_put_u8(nl->nlh, MPTCP_MB_SET_MALFORMED, p->malformed);
	mnl_attr_put_u8(nl->nlh, MPTCP_MB_SET_ADD_ADDR, p->add_addr);
	mnl_attr_put_u8(nl->nlh, MPTCP_MB_SET_LOCAL, p->local);
	mnl_attr_put_u32(nl->nlh, MPTCP_MB_SET_RESET_RATE, p->reset_rate);
	mnl_attr_put_u32(nl->nlh, MPTCP_MB_SET_MAX_SESSIONS, p->max_sessions);
	mnl_attr_put_u32(nl->nlh, MPTCP_MB_SET_SESSION_TIMEOUT, p->session_timeout);
	mnl_attr_put_u32(nl->nlh, MPTCP_MB_SET_SHARE_MARK, p->share_mark);
	mnl_attr_nest_end(nl->nlh, nest);
	return nl_call(nl, NULL, NULL);
}

/* Settings that change what is known and what is done, not who may have MPTCP. */
void nl_random(struct policy *p, unsigned int which)
{
	static const uint32_t rooms[] = { 8, 40, 300, 4000 };

	*p = (struct policy){
		.deny = which,
		.fallback = rnd(2) ? MPTCP_MB_VERDICT_STRIP : MPTCP_MB_VERDICT_RESET,
		.join = MPTCP_MB_VERDICT_ACCEPT,
		.malformed = rnd(2) ? MPTCP_MB_VERDICT_DROP : MPTCP_MB_VERDICT_ACCEPT,
		.add_addr = rnd(2) ? MPTCP_MB_ANNOUNCE_BLOCK : MPTCP_MB_ANNOUNCE_ACCEPT,
		.local = rnd(2),
		.reset_rate = rnd(2) ? 500 : 100000,
		.max_sessions = rooms[rnd(4)],
		.session_timeout = 1 + rnd(20),
		.share_mark = rnd(2) ? 0xff : 0,
	};
}

/* Entry @n of a policy; false: it has no more. Policy 0 allows whom no entry denies, 1 the reverse. */
static bool entry(unsigned int which, unsigned int n, struct site *s)
{
	static const uint16_t allowed[] = { PORT_STEADY, PORT_CLOSED };

	*s = (struct site){ .family = n % 2 ? AF_INET6 : AF_INET };
	if (n >= 8)
		return false;
	inet_pton(s->family, n % 2 ? "fd02:1::1" : "10.2.1.1", s->address);
	s->len = n % 2 ? 128 : 32;
	if (n < 4) {
		s->port = which ? allowed[n / 2] : PORT_DENIED;
		if (!which && n >= 2) {
			s->len -= 8;
			s->address[n % 2 ? 15 : 3] = 0;
		}
		s->action = which ? MPTCP_MB_ACTION_ALLOW : MPTCP_MB_ACTION_DENY;
	} else {
		s->address[0] = 172;	/* nobody's: to make the table one */
		s->address[3] = n;
		s->timeout = n % 4 ? 1 : 0;
	}
	return true;
}

/**
 * nl_commit() - put a policy in force, in one transaction
 * @nl:		socket; its transaction is gone afterwards
 * @which:	0 or 1
 * @p:		its settings
 *
 * Return: 0 or a negative errno: then the policy is as it was
 */
int nl_commit(struct nl *nl, unsigned int which, const struct policy *p)
{
	struct site s;
	int err;

	err = nl_do(nl, MPTCP_MB_CMD_TXN_BEGIN);
	if (err)
		return err;
	for (unsigned int n = 0; !err && entry(which, n, &s); n++) {
		nl_put_site(nl, MPTCP_MB_CMD_SITE_ADD, &s);
		err = nl_call(nl, NULL, NULL);
	}
	err = err ?: nl_set(nl, p) ?: nl_do(nl, MPTCP_MB_CMD_TXN_COMMIT);
	if (err)
		nl_do(nl, MPTCP_MB_CMD_TXN_ABORT);
	return err;
}

/* Like nl_commit(), but somebody else may have a transaction open. */
int nl_arm(struct nl *nl)
{
	struct policy p;
	int err;

	for (unsigned int tries = 0; tries < 2000; tries++) {
		nl_random(&p, tries % 2);
		err = nl_commit(nl, tries % 2, &p);
		if (err != -EBUSY)
			break;
		nap_ms(5);
	}
	return err;
}
