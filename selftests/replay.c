// SPDX-License-Identifier: GPL-2.0
/*
 * usage: replay DEV SRCMAC DSTMAC FILE [--limit N]
 *
 * Sends the IP packets of a capture, of whatever link type it is, as Ethernet frames, as quickly as
 * the interface takes them. Prints "sent COUNT" and "skipped COUNT REASON" lines.
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

static unsigned long replay(const char *file, unsigned long limit)
{
	const char *error = capture_open(file);
	unsigned long sent = 0;
	struct packet packet;
	int status = 0;

	errno = 0;
	if (error)
		quit(error, file);
	while (sent < limit && (status = capture_next(&packet)) == 1) {
		if (packet.why) {
			tally(packet.why);
		} else if (packet.len > out.mtu) {
			tally("longer than the MTU");
		} else {
			send_packet(&packet);
			sent++;
		}
	}
	errno = 0;
	if (status < 0)
		quit(capture_error(), file);
	capture_close();
	return sent;
}

int main(int argc, char **argv)
{
	unsigned long limit = -1UL;
	char *end = "";

	if (argc == 7 && !strcmp(argv[5], "--limit"))
		limit = strtoul(argv[6], &end, 10);
	else if (argc != 5)
		end = "?";
	if (*end) {
		fprintf(stderr, "usage: replay DEV SRCMAC DSTMAC FILE [--limit N]\n");
		return 2;
	}
	open_device(argv[1]);
	parse_mac(argv[2], out.eth.ether_shost);
	parse_mac(argv[3], out.eth.ether_dhost);
	printf("sent %lu\n", replay(argv[4], limit));
	tally_print("skipped");
	return 0;
}
