// SPDX-License-Identifier: GPL-2.0
/* Has the kernel audit, or not, and prints what it records of netfilter, without an auditd. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
	struct nlmsghdr nlh;
	union {
		struct audit_status status;
		struct audit_rule_data rule;
		struct nlmsgerr error;
		char text[8960];	/* as much as the kernel sends */
	};
};

static void quit(const char *what)
{
	fprintf(stderr, "audit: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_socket(unsigned int groups)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		quit("socket");
	return fd;
}

/* Returns 0 or an error. */
static int ask(int fd, struct message *m, int type, size_t len)
{
	m->nlh.nlmsg_len = NLMSG_LENGTH(len);
	m->nlh.nlmsg_type = type;
	m->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, m, m->nlh.nlmsg_len, 0) < 0 || recv(fd, m, sizeof(*m), 0) < 0)
		quit("netlink");
	return m->nlh.nlmsg_type == NLMSG_ERROR ? -m->error.error : EPROTO;
}

static void turn(unsigned int enabled)
{
	struct message m = { .rule = { .flags = AUDIT_FILTER_TASK, .action = AUDIT_NEVER } };
	int fd = open_socket(0);

	/* or else whatever runs later would be slower in every system call, off or on */
	errno = ask(fd, &m, AUDIT_ADD_RULE, sizeof(m.rule));
	if (errno && errno != EEXIST)
		quit("rule");
	memset(&m, 0, sizeof(m));
	m.status.mask = AUDIT_STATUS_ENABLED;
	m.status.enabled = enabled;
	errno = ask(fd, &m, AUDIT_SET, sizeof(m.status));
	if (errno)
		quit("set");
	close(fd);
}

static void listen_to_all(void)
{
	int fd = open_socket(1 << (AUDIT_NLGRP_READLOG - 1)), n;
	struct message m;

	puts("ready");
	for (;;) {
		fflush(stdout);
		n = recv(fd, &m, sizeof(m), 0);
		if (n < 0)
			quit("recv");
		/* its length is that of the text, whatever the header says */
		if (m.nlh.nlmsg_type == AUDIT_NETFILTER_CFG)
			printf("%.*s\n", n - (int)NLMSG_HDRLEN, m.text);
	}
}

int main(int argc, char **argv)
{
	const char *verb = argc == 2 ? argv[1] : "";

	if (!strcmp(verb, "listen"))
		listen_to_all();
	if (strcmp(verb, "on") && strcmp(verb, "off")) {
		puts("usage: audit on | off | listen");
		return 2;
	}
	turn(!strcmp(verb, "on"));
	return 0;
}
