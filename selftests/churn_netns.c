// SPDX-License-Identifier: GPL-2.0
/* Network namespaces that come, are armed, forward and serve, and go with all of that under way. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/mptcp_mb.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "checksum.h"
#include "churn.h"

#define CYCLES	4	/* as many threads have a namespace each at most */

/* What is sent into a namespace: index of the veth's outer end and the MAC of the inner one */
static struct {
	atomic_uint ifindex;
	atomic_uint mac;
} target[CYCLES];

/* --- segments to be forwarded --- */

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t options[40];
} __attribute__((packed));

static unsigned int some_option(struct frame *f)
{
	static const uint8_t starts[][5] = {
		{ 4, 0x01, 0x81 }, { 20, 0x01, 0x81 }, { 12, 0x10 }, { 16, 0x10 }, { 8, 0x20, 0x01 },
		{ 12, 0xd0, 0 }, { 3, 0x70 }, { 16, 0x30, 2 },
	};
	unsigned int kind = rnd(8), len = starts[kind][0];
	uint8_t *o = f->options;

	f->tcp.ack = kind != 0 && kind != 2;
	f->tcp.syn = kind < 4 && kind != 1;
	for (unsigned int i = 0; i < len; i++)
		o[i] = rnd(256);
	o[0] = 30;
	memcpy(o + 1, starts[kind], 3);
	for (; len % 4; len++)
		o[len] = 1;
	return len;
}

static unsigned int build(struct frame *f, unsigned int mac)
{
	unsigned int len, n;

	memset(f, 0, sizeof(*f));
	f->eth.ether_dhost[0] = f->eth.ether_shost[0] = 2;
	memcpy(f->eth.ether_dhost + 2, &mac, 4);
	f->eth.ether_type = htons(ETHERTYPE_IP);
	len = some_option(f);
	f->tcp.source = htons(1024 + rnd(64));
	f->tcp.dest = htons(80);
	f->tcp.seq = htonl(rnd(4));
	f->tcp.ack_seq = htonl(f->tcp.ack ? 1 : 0);
	f->tcp.doff = (sizeof(f->tcp) + len) / 4;
	f->tcp.window = htons(1000);
	f->ip = (struct iphdr){
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP,
		.saddr = htonl(0x0a630000 + rnd(256)), .daddr = htonl(0x0a640001 + rnd(2)),
		.tot_len = htons(sizeof(f->ip) + sizeof(f->tcp) + len),
	};
	n = sizeof(f->tcp) + len;
	f->tcp.check = htons(~fold(sum((void *)&f->tcp, n,
				       sum((void *)&f->ip.saddr, 8, IPPROTO_TCP + n))));
	f->ip.check = htons(~fold(sum((void *)&f->ip, sizeof(f->ip), 0)));
	return sizeof(f->eth) + sizeof(f->ip) + n;
}

/* Sends to whoever is there just now, until he is not. */
void *netns_blast(void *arg)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6 };
	unsigned int n = 0, len, index;
	struct frame frame;
	int fd;

	(void)arg;
	enter(home);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		quit("packet socket");
	while (!over) {
		n = (n + 1) % CYCLES;
		index = target[n].ifindex;
		if (!index) {
			nap_ms(1);
			continue;
		}
		ll.sll_ifindex = index;
		for (unsigned int i = 0; i < 50; i++) {
			len = build(&frame, target[n].mac);
			if (sendto(fd, &frame, len, MSG_DONTWAIT, (struct sockaddr *)&ll, sizeof(ll)) > 0)
				did(BLASTED, 1);
			else if (errno == ENODEV || errno == ENXIO || errno == ENETDOWN)
				atomic_compare_exchange_strong(&target[n].ifindex, &index, 0);
		}
	}
	close(fd);
	return NULL;
}

/* --- namespaces --- */

static void begin_link(struct nl *nl, struct ifinfomsg **ifi)
{
	nl->nlh = mnl_nlmsg_put_header(nl->out);
	nl->nlh->nlmsg_type = RTM_NEWLINK;
	nl->nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	nl->nlh->nlmsg_seq = ++nl->seq;
	*ifi = mnl_nlmsg_put_extra_header(nl->nlh, sizeof(**ifi));
}

/* veth "in" here and @name at home */
static bool link_home(const char *name, unsigned int mac, int home_fd)
{
	struct nlattr *info, *data, *peer;
	struct nl *nl = nl_open(NETLINK_ROUTE);
	uint8_t address[6] = { 2 };
	struct ifinfomsg *ifi;
	int err;

	memcpy(address + 2, &mac, 4);
	begin_link(nl, &ifi);
	mnl_attr_put_strz(nl->nlh, IFLA_IFNAME, "in");
	mnl_attr_put(nl->nlh, IFLA_ADDRESS, 6, address);
	info = mnl_attr_nest_start(nl->nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nl->nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nl->nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(nl->nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(nl->nlh, sizeof(*ifi));
	mnl_attr_put_strz(nl->nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nl->nlh, IFLA_NET_NS_FD, home_fd);
	mnl_attr_nest_end(nl->nlh, peer);
	mnl_attr_nest_end(nl->nlh, data);
	mnl_attr_nest_end(nl->nlh, info);
	err = nl_call(nl, NULL, NULL);
	nl_close(nl);
	return !err;
}

static void address(int fd, const char *name, uint32_t addr)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in *sin = (void *)&ifr.ifr_addr;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(addr);
	if (ioctl(fd, SIOCSIFADDR, &ifr))
		wrong("an address in a new namespace: %s", strerror(errno));
}

/* All hosts of 10.0.0.0/8 are behind the one interface: what comes in there goes out there. */
static void furnish(int fd)
{
	int forward = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);

	if (forward < 0 || write(forward, "1", 1) != 1)
		wrong("ip_forward in a new namespace: %s", strerror(errno));
	close(forward);
	interface_up(fd, "lo", true);
	interface_up(fd, "in", true);
	address(fd, "in", 0x0a000001);
}

/* The namespace's own connection, judged by setting local; it is open when the namespace goes. */
static void own_connection(int *fds)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(7) };
	char buf[2000] = { 0 };

	fds[0] = net_listen(AF_INET, 7);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	net_patience(fds[0], 3000);
	net_patience(fds[1], 3000);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fds[1], (struct sockaddr *)&sin, sizeof(sin)))
		return;
	fds[2] = accept(fds[0], NULL, NULL);
	if (fds[2] < 0)
		return;
	net_patience(fds[2], 3000);
	for (unsigned int i = 0; i < 3; i++) {
		send(fds[1], buf, sizeof(buf), MSG_NOSIGNAL);
		recv(fds[2], buf, sizeof(buf), 0);
		send(fds[2], buf, sizeof(buf), MSG_NOSIGNAL);
		recv(fds[1], buf, sizeof(buf), 0);
	}
}

static void close_some(struct nl *nl)
{
	for (unsigned int i = 0; i < 3; i++) {
		nl_begin(nl, MPTCP_MB_CMD_SESSION_CLOSE, NLM_F_ACK);
		mnl_attr_put_u32(nl->nlh, MPTCP_MB_A_SESSION_ID, 1 + rnd(8));
		nl_call(nl, NULL, NULL);
	}
	nl_begin(nl, MPTCP_MB_CMD_SESSION_GET, NLM_F_DUMP);
	nl_call(nl, NULL, NULL);
}

/* Sometimes with an allowing policy, so that there are sessions, sometimes with all that refuses. */
static void arm(struct nl *nl)
{
	struct policy p;

	nl_random(&p, rnd(2));
	p.local = 1;
	p.max_sessions = rnd(2) ? 16 : 1000;
	if (rnd(2))
		p.join = MPTCP_MB_VERDICT_RESET;
	nl_commit(nl, p.deny, &p);
}

static void one(unsigned int slot, int home_fd, int home_socket)
{
	static atomic_uint serial;
	unsigned int mac = ++serial;
	int fds[3] = { -1, -1, -1 }, fd;
	char name[IFNAMSIZ];
	struct nl *nl;

	if (unshare(CLONE_NEWNET))
		quit("a network namespace");
	snprintf(name, sizeof(name), "out%u", mac);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	nl = nl_open(NETLINK_GENERIC);
	if (!link_home(name, mac, home_fd)) {
		wrong("no veth pair for a new namespace");
	} else {
		furnish(fd);
		if (interface_up(home_socket, name, true)) {
			target[slot].mac = mac;
			target[slot].ifindex = interface_index(home_socket, name);
		}
	}
	arm(nl);
	own_connection(fds);
	close_some(nl);
	nap_ms(rnd(100));
	/* half of them with a transaction open */
	if (rnd(2))
		nl_do(nl, MPTCP_MB_CMD_TXN_BEGIN);
	nl_close(nl);
	for (unsigned int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	close(fd);
	did(NAMESPACES, 1);
}

/* A thread has a namespace after the other; it goes when its last socket and the thread have left. */
void *netns_cycle(void *arg)
{
	unsigned int slot = (uintptr_t)arg;
	int home_fd, home_socket;

	enter(home);
	home_fd = open(home, O_RDONLY | O_CLOEXEC);
	home_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	while (!over) {
		one(slot, home_fd, home_socket);
		if (setns(home_fd, CLONE_NEWNET))
			quit("home");
	}
	close(home_fd);
	close(home_socket);
	return NULL;
}
