// SPDX-License-Identifier: GPL-2.0
/*
 * An inspector behind NFQUEUE that likes everything: what it lets go on continues in its own context,
 * not in that of the network. usage: queue NUMBER; says "ready", and how many at SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER	(256 * 1024)

static volatile sig_atomic_t over;
static unsigned long seen;
static uint16_t queue;

static void stop(int sig)
{
	(void)sig;
	over = 1;
}

static struct nlmsghdr *message(void *buf, uint16_t type)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(queue);
	return nlh;
}

static int let_go_on(const struct nlmsghdr *nlh, void *data)
{
	char buf[256] __attribute__((aligned(8)));
	struct nfqnl_msg_verdict_hdr verdict = { .verdict = htonl(NF_ACCEPT) };
	struct mnl_socket *sock = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFQA_PACKET_HDR)
			continue;
		verdict.id = ((struct nfqnl_msg_packet_hdr *)mnl_attr_get_payload(attr))->packet_id;
		nlh = message(buf, NFQNL_MSG_VERDICT);
		mnl_attr_put((struct nlmsghdr *)nlh, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
		if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
			return MNL_CB_ERROR;
		seen++;
		break;
	}
	return MNL_CB_OK;
}

/* Headers are enough; GSO packets are not to be cut for us. */
static int bind_queue(struct mnl_socket *sock)
{
	char buf[512] __attribute__((aligned(8)));
	struct nfqnl_msg_config_cmd cmd = { .command = NFQNL_CFG_CMD_BIND, .pf = htons(AF_UNSPEC) };
	struct nfqnl_msg_config_params params = { .copy_range = htonl(64), .copy_mode = NFQNL_COPY_PACKET };
	struct nlmsghdr *nlh = message(buf, NFQNL_MSG_CONFIG);

	mnl_attr_put(nlh, NFQA_CFG_CMD, sizeof(cmd), &cmd);
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		return -1;
	nlh = message(buf, NFQNL_MSG_CONFIG);
	mnl_attr_put(nlh, NFQA_CFG_PARAMS, sizeof(params), &params);
	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO));
	return mnl_socket_sendto(sock, nlh, nlh->nlmsg_len);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	static char buf[BUFFER] __attribute__((aligned(8)));
	struct mnl_socket *sock;
	int one = 1;
	ssize_t n;

	if (argc != 2) {
		fputs("usage: queue NUMBER\n", stderr);
		return 2;
	}
	queue = atoi(argv[1]);
	sock = mnl_socket_open(NETLINK_NETFILTER);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0 || bind_queue(sock) < 0) {
		perror("queue");
		return 1;
	}
	mnl_socket_setsockopt(sock, NETLINK_NO_ENOBUFS, &one, sizeof(one));
	sigaction(SIGTERM, &action, NULL);
	puts("ready");
	fflush(stdout);
	while (!over) {
		n = mnl_socket_recvfrom(sock, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			break;
		/* ENOENT: what a verdict was for has gone, with its interface for one */
		if (n < 0 || (mnl_cb_run(buf, n, 0, 0, let_go_on, sock) < MNL_CB_STOP &&
			      errno != ENOENT)) {
			perror("queue");
			return 1;
		}
	}
	printf("packets %lu\n", seen);
	return 0;
}
