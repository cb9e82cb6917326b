// SPDX-License-Identifier: GPL-2.0
/*
 * Replaces the policy of its network namespace again and again, each time in one transaction, from
 * one process: faster than mbctl can be started. Both policies deny MPTCP with everyone, each in a
 * way that the other one's half does not cover: whoever sees no policy, or one's settings and the
 * other's sites, lets MPTCP through.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILLERS 5	/* entries that nobody asks for: building a table takes a while */

static struct mnl_socket *nl;
static char buf[8192];
static unsigned int seq;
static uint16_t family = GENL_ID_CTRL;

static void quit(const char *what)
{
	fprintf(stderr, "replace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct nlmsghdr *request(uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static int note_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			*(uint16_t *)data = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static void call(const char *what, struct nlmsghdr *nlh, uint16_t *id)
{
	int n;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		quit(what);
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			quit(what);
		n = mnl_cb_run(buf, n, seq, mnl_socket_get_portid(nl), id ? note_family : NULL, id);
		if (n < 0)
			quit(what);
	} while (n > 0);
}

static void find_family(void)
{
	struct nlmsghdr *nlh = request(CTRL_CMD_GETFAMILY);
	uint16_t id = 0;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, MPTCP_MB_GENL_NAME);
	call("the module", nlh, &id);
	family = id;
}

/* address: none is any */
static void site(const uint8_t *address, uint8_t action)
{
	struct nlmsghdr *nlh = request(MPTCP_MB_CMD_SITE_ADD);
	struct nlattr *nest = mnl_attr_nest_start(nlh, MPTCP_MB_A_SITE);

	if (address)
		mnl_attr_put(nlh, MPTCP_MB_SITE_ADDRESS, 4, address);
	mnl_attr_put_u8(nlh, MPTCP_MB_SITE_ACTION, action);
	mnl_attr_nest_end(nlh, nest);
	call("site-add", nlh, NULL);
}

static void settings(uint8_t dflt)
{
	struct nlmsghdr *nlh = request(MPTCP_MB_CMD_POLICY_SET);
	struct nlattr *nest = mnl_attr_nest_start(nlh, MPTCP_MB_A_SETTINGS);

	mnl_attr_put_u8(nlh, MPTCP_MB_SET_DEFAULT, dflt);
	mnl_attr_nest_end(nlh, nest);
	call("policy-set", nlh, NULL);
}

static void replace(bool by_site)
{
	uint8_t filler[4] = { 192, 0, 2, 0 };

	call("txn-begin", request(MPTCP_MB_CMD_TXN_BEGIN), NULL);
	for (; filler[3] < FILLERS; filler[3]++)
		site(filler, by_site ? MPTCP_MB_ACTION_ALLOW : MPTCP_MB_ACTION_DENY);
	if (by_site)
		site(NULL, MPTCP_MB_ACTION_DENY);
	settings(by_site ? MPTCP_MB_ACTION_ALLOW : MPTCP_MB_ACTION_DENY);
	call("txn-commit", request(MPTCP_MB_CMD_TXN_COMMIT), NULL);
}

int main(int argc, char **argv)
{
	const struct timespec pause = { 0, argc > 2 ? atol(argv[2]) * 1000000 : 0 };
	int i, n = argc > 1 ? atoi(argv[1]) : 0;

	if (n <= 0) {
		puts("usage: replace N [MILLISECONDS]\n"
		     "N policies, one after the other, a pause between them. The last line of the\n"
		     "output tells how many there were.");
		return 2;
	}
	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		quit("netlink");
	find_family();
	for (i = 0; i < n; i++) {
		replace(i % 2);
		nanosleep(&pause, NULL);
	}
	printf("replaced %d\n", i);
	return 0;
}
