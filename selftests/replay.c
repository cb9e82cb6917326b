// SPDX-License-Identifier: GPL-2.0
/*
 * usage: replay [--repair] [--limit N] DEV SRCMAC DSTMAC FILE
 *
 * Sends the IP packets of a capture, of whatever link type it is, as Ethernet frames, as quickly as
 * the interface takes them. Prints "sent COUNT", "repaired COUNT" and "skipped COUNT REASON" lines.
 *
 * --repair   adds zeros where a packet was cut short, and puts checksums of IP and TCP right
 * --limit N  sends no more than N packets
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture.h"

static struct {
	bool repair;
	unsigned long limit;
} want = { .limit = -1UL };

static unsigned long sent, repaired;

static struct {
	int fd;
	unsigned int mtu;
	struct ether_header eth;
	uint8_t frame[sizeof(struct ether_header) + 65536];
} out;

static void quit(const char *what, const char *which)
{
	if (errno)
		fprintf(stderr, "replay: %s: %s: %s\n", which, what, strerror(errno));
	else
		fprintf(stderr, "replay: %s: %s\n", which, what);
	exit(1);
}

static void open_device(const char *dev)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	struct ifreq req = { 0 };

	if (strlen(dev) >= sizeof(req.ifr_name))
		quit("too long for the name of an interface", dev);
	/* protocol 0: receives nothing */
	out.fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (out.fd < 0)
		quit("cannot open a packet socket", dev);
	strcpy(req.ifr_name, dev);
	if (ioctl(out.fd, SIOCGIFMTU, &req))
		quit("no such interface", dev);
	out.mtu = req.ifr_mtu;
	addr.sll_ifindex = if_nametoindex(dev);
	if (bind(out.fd, (struct sockaddr *)&addr, sizeof(addr)))
		quit("cannot bind", dev);
}

static void parse_mac(const char *text, uint8_t *mac)
{
	const struct ether_addr *addr = ether_aton(text);

	errno = 0;
	if (!addr)
		quit("not a MAC address, like 02:00:00:00:00:01", text);
	memcpy(mac, addr, ETH_ALEN);
}

static void send_packet(const struct packet *packet)
{
	unsigned int len = sizeof(out.eth) + packet->len;

	out.eth.ether_type = htons(packet->family == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	memcpy(out.frame, &out.eth, sizeof(out.eth));
	memcpy(out.frame + sizeof(out.eth), packet->ip, packet->len);
	while (send(out.fd, out.frame, len, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN)
			quit("cannot send", "a packet");
		usleep(1000);
	}
}

static void replay(const char *file)
{
	const char *error = capture_open(file);
	struct packet packet;
	int status = 0;

	errno = 0;
	if (error)
		quit(error, file);
	while (sent < want.limit && (status = capture_next(&packet)) == 1) {
		if (packet.why) {
			tally(packet.why);
			continue;
		}
		if (want.repair)
			repaired += packet_repair(&packet);
		if (packet.len > out.mtu) {
			tally("longer than the MTU");
			continue;
		}
		send_packet(&packet);
		sent++;
	}
	errno = 0;
	if (status < 0)
		quit(capture_error(), file);
	capture_close();
}

int main(int argc, char **argv)
{
	char *end = "";
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--repair"))
			want.repair = true;
		else if (!strcmp(argv[i], "--limit") && i + 1 < argc)
			want.limit = strtoul(argv[++i], &end, 10);
		else
			break;
	}
	if (*end || argc - i != 4) {
		fprintf(stderr, "usage: replay [--repair] [--limit N] DEV SRCMAC DSTMAC FILE\n");
		return 2;
	}
	argv += i;
	open_device(argv[0]);
	parse_mac(argv[1], out.eth.ether_shost);
	parse_mac(argv[2], out.eth.ether_dhost);
	replay(argv[3]);
	printf("sent %lu\nrepaired %lu\n", sent, repaired);
	tally_print("skipped");
	return 0;
}
