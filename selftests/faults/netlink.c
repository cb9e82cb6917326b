// SPDX-License-Identifier: GPL-2.0
/* Talks to the family in one process, and takes no answer for granted. */
#include <errno.h>
#include <linux/mptcp_mb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "faults.h"

int nl_error, nl_group;
size_t nl_room = 65536;

static int family = GENL_ID_CTRL;
static char buf[65536];		/* nl_room of it */

void nl_begin(struct message *m, int cmd, int flags)
{
	static uint32_t seq;

	memset(m, 0, sizeof(*m));
	m->nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->nlh.nlmsg_type = family;
	m->nlh.nlmsg_flags = NLM_F_REQUEST | (flags & NLM_F_DUMP ? 0 : NLM_F_ACK) | flags;
	m->nlh.nlmsg_seq = ++seq;
	m->genl.cmd = cmd;
	m->genl.version = 1;
}

struct nlattr *nl_put(struct message *m, int type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)((char *)m + m->nlh.nlmsg_len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	m->nlh.nlmsg_len += NLA_ALIGN(a->nla_len);
	return a;
}

void nl_put_u8(struct message *m, int type, uint8_t v)
{
	nl_put(m, type, &v, sizeof(v));
}

void nl_put_u32(struct message *m, int type, uint32_t v)
{
	nl_put(m, type, &v, sizeof(v));
}

void nl_nest_end(struct message *m, struct nlattr *nest)
{
	nest->nla_type |= NLA_F_NESTED;
	nest->nla_len = (char *)m + m->nlh.nlmsg_len - (char *)nest;
}

const struct nlattr *nl_find(const struct nlattr *attrs, size_t len, int type)
{
	const struct nlattr *a = attrs;

	while ((const char *)a + NLA_HDRLEN <= (const char *)attrs + len && a->nla_len >= NLA_HDRLEN) {
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len));
	}
	return NULL;
}

/* What one datagram says: 1 go on, 0 that was the end. */
static int take(ssize_t len, uint32_t seq, enum result *result, nl_each *each, void *data)
{
	const struct nlmsghdr *nlh = (const void *)buf;

	for (; NLMSG_OK(nlh, (size_t)len); nlh = NLMSG_NEXT(nlh, len)) {
		if (nlh->nlmsg_seq != seq)
			continue;	/* of a request whose answer was given up */
		if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
			nl_error = -*(const int *)NLMSG_DATA(nlh);
			*result = nl_error ? REFUSED : DONE;
			return 0;
		}
		if (each)
			each((const void *)((const char *)NLMSG_DATA(nlh) + GENL_HDRLEN),
			     nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), data);
	}
	return 1;
}

enum result nl_call(int fd, struct message *m, nl_each *each, void *data)
{
	enum result result = UNKNOWN;
	ssize_t len;

	/* what cannot be sent was not done */
	nl_error = 0;
	if (send(fd, m, m->nlh.nlmsg_len, 0) < 0) {
		nl_error = errno;
		return REFUSED;
	}
	/* all is there when send() returns; but a dump goes on with each recv() */
	do {
		len = recv(fd, buf, nl_room, MSG_DONTWAIT);
		if (len < 0) {
			nl_error = errno;
			return UNKNOWN;
		}
	} while (take(len, m->nlh.nlmsg_seq, &result, each, data));
	return result;
}

static void note_family(const struct nlattr *attrs, size_t len, void *data)
{
	const struct nlattr *a = nl_find(attrs, len, CTRL_ATTR_FAMILY_ID);

	(void)data;
	if (a)
		family = *(const uint16_t *)nl_data(a);
	/* the family has one group */
	a = nl_find(attrs, len, CTRL_ATTR_MCAST_GROUPS);
	if (!a)
		return;
	a = nl_data(a);
	a = nl_find(nl_data(a), nl_len(a), CTRL_ATTR_MCAST_GRP_ID);
	if (a)
		nl_group = *(const uint32_t *)nl_data(a);
}

int nl_open(void)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct message m;

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		quit("netlink");
	family = GENL_ID_CTRL;
	nl_begin(&m, CTRL_CMD_GETFAMILY, 0);
	nl_put(&m, CTRL_ATTR_FAMILY_NAME, MPTCP_MB_GENL_NAME, sizeof(MPTCP_MB_GENL_NAME));
	if (nl_call(fd, &m, note_family, NULL) != DONE || family == GENL_ID_CTRL)
		quit("no family mptcp_mb: is the module loaded?");
	return fd;
}

bool nl_listen(int fd)
{
	return !setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl_group, sizeof(nl_group));
}

unsigned int nl_drain(int fd)
{
	unsigned int n = 0;
	ssize_t len;

	/* what was lost is told once, by ENOBUFS */
	while ((len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) >= 0 || errno == ENOBUFS)
		n += len > 0;
	return n;
}

static void note_counter(const struct nlattr *attrs, size_t len, void *data)
{
	const struct nlattr *a = attrs, *id, *value;
	uint64_t *counter = data;

	while ((a = nl_find(a, len - ((const char *)a - (const char *)attrs), MPTCP_MB_A_COUNT))) {
		id = nl_find(nl_data(a), nl_len(a), MPTCP_MB_COUNT_ID);
		value = nl_find(nl_data(a), nl_len(a), MPTCP_MB_COUNT_VALUE);
		if (id && value && *(const uint32_t *)nl_data(id) < COUNTERS) {
			uint64_t v = 0;

			memcpy(&v, nl_data(value), nl_len(value));
			counter[*(const uint32_t *)nl_data(id)] = v;
		}
		a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len));
		if ((const char *)a >= (const char *)attrs + len)
			break;
	}
}

void nl_counters(int fd, uint64_t *counter)
{
	struct message m;

	memset(counter, 0, COUNTERS * sizeof(*counter));
	nl_begin(&m, MPTCP_MB_CMD_STATS_GET, 0);
	if (nl_call(fd, &m, note_counter, counter) != DONE)
		quit("stats");
}
