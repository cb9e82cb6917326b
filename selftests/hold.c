// SPDX-License-Identifier: GPL-2.0
/*
 * Holds netlink sockets of family mptcp_mb in states that mbctl passes through and does not rest in:
 * a transaction with entries in it, a dump of the sites that was begun and not read. usage() tells
 * more.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int family = GENL_ID_CTRL;

struct message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char attrs[256];
};

static void quit(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void begin(struct message *m, int cmd, int flags)
{
	memset(m, 0, sizeof(*m));
	m->nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->nlh.nlmsg_type = family;
	m->nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	m->genl.cmd = cmd;
	m->genl.version = 1;
}

static struct nlattr *put(struct message *m, int type, const void *data, int len)
{
	struct nlattr *a = (struct nlattr *)((char *)m + m->nlh.nlmsg_len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	m->nlh.nlmsg_len += NLA_ALIGN(a->nla_len);
	return a;
}

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		quit("socket");
	return fd;
}

static void tell(int fd, const struct message *m, const char *what)
{
	if (send(fd, m, m->nlh.nlmsg_len, 0) < 0)
		quit(what);
}

/* Sends, and wants to hear that it succeeded. */
static void ask(int fd, const struct message *m, const char *what)
{
	char buf[8192];
	const struct nlmsghdr *nlh = (void *)buf;
	const struct nlmsgerr *err = NLMSG_DATA(nlh);

	tell(fd, m, what);
	if (recv(fd, buf, sizeof(buf), 0) < 0)
		quit(what);
	errno = nlh->nlmsg_type == NLMSG_ERROR ? -err->error : EPROTO;
	if (errno)
		quit(what);
}

static void find_family(int fd)
{
	char buf[8192];
	struct message m;
	struct nlattr *a;
	ssize_t len;

	begin(&m, CTRL_CMD_GETFAMILY, 0);
	put(&m, CTRL_ATTR_FAMILY_NAME, MPTCP_MB_GENL_NAME, sizeof(MPTCP_MB_GENL_NAME));
	tell(fd, &m, "family");
	len = recv(fd, buf, sizeof(buf), 0);
	for (a = (void *)(buf + NLMSG_LENGTH(GENL_HDRLEN)); (char *)a + NLA_HDRLEN <= buf + len &&
	     a->nla_len >= NLA_HDRLEN; a = (void *)((char *)a + NLA_ALIGN(a->nla_len))) {
		if (a->nla_type == CTRL_ATTR_FAMILY_ID) {
			family = *(uint16_t *)((char *)a + NLA_HDRLEN);
			return;
		}
	}
	errno = ENOENT;
	quit("family");
}

/* 10.N.N.N deny, in the candidate of this socket */
static void add_sites(int fd, unsigned int n)
{
	uint8_t action = MPTCP_MB_ACTION_DENY;
	struct message m;
	struct nlattr *site;

	for (unsigned int i = 0; i < n; i++) {
		uint32_t address = htonl(0x0a000000 + i);

		begin(&m, MPTCP_MB_CMD_SITE_ADD, NLM_F_ACK);
		site = put(&m, MPTCP_MB_A_SITE | NLA_F_NESTED, NULL, 0);
		put(&m, MPTCP_MB_SITE_ADDRESS, &address, sizeof(address));
		put(&m, MPTCP_MB_SITE_ACTION, &action, sizeof(action));
		site->nla_len = (char *)&m + m.nlh.nlmsg_len - (char *)site;
		ask(fd, &m, "site");
	}
}

int main(int argc, char **argv)
{
	struct message m;
	int fd, i;

	if (argc < 2) {
		puts("usage: hold WHAT...\n"
		     "Opens a socket for each WHAT, prints \"ready\" and waits to be killed. WHAT is\n"
		     "  socket   which has spoken to the family\n"
		     "  txn      with an open transaction of 100 entries\n"
		     "  dump     with a dump of the sites that stays unread; there must be thousands");
		return 2;
	}
	for (i = 1; i < argc; i++) {
		fd = open_socket();
		family = GENL_ID_CTRL;
		find_family(fd);
		if (!strcmp(argv[i], "txn")) {
			begin(&m, MPTCP_MB_CMD_TXN_BEGIN, NLM_F_ACK);
			ask(fd, &m, "begin");
			add_sites(fd, 100);
		} else if (!strcmp(argv[i], "dump")) {
			begin(&m, MPTCP_MB_CMD_SITE_GET, NLM_F_DUMP);
			tell(fd, &m, "dump");
		} else if (strcmp(argv[i], "socket")) {
			errno = EINVAL;
			quit(argv[i]);
		}
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
