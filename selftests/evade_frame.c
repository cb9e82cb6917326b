// SPDX-License-Identifier: GPL-2.0
/* Turns a plan into frames: craft_build.c makes the whole packet, here it is changed, cut and sent. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checksum.h"
#include "evade.h"

struct craft craft;

static int fd = -1;
static FILE *pcap;
static unsigned long sent;
static const struct segment_plan *plan;
static bool tagged;

unsigned long frames_sent(void)
{
	return sent;
}

void frames_open(const struct way *way)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	int one = 1;

	ll.sll_ifindex = if_nametoindex(way->dev);
	if (!ll.sll_ifindex)
		quit("no such interface", way->dev);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)))
		quit(strerror(errno), way->dev);
}

void frames_to(FILE *file)
{
	static const uint32_t magic[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1 };

	pcap = file;
	fwrite(magic, sizeof(magic), 1, pcap);
}

/* @tcp_off: where the checksum is left to the device, or 0 */
static void out(const uint8_t *frame, unsigned int len, unsigned int tcp_off)
{
	struct virtio_net_hdr vnet = { .flags = 0 };
	static uint8_t buf[sizeof(vnet) + FRAME_MAX + 4];
	uint8_t *p = buf + sizeof(vnet);

	if (tcp_off) {
		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.csum_start = tcp_off;
		vnet.csum_offset = 16;
	}
	if (tcp_off && plan->gso) {
		vnet.gso_type = craft.family == AF_INET ? VIRTIO_NET_HDR_GSO_TCPV4 :
							  VIRTIO_NET_HDR_GSO_TCPV6;
		vnet.gso_size = plan->gso;
		vnet.hdr_len = tcp_off + (frame[tcp_off + 12] >> 4) * 4;
	}
	memcpy(buf, &vnet, sizeof(vnet));
	memcpy(p, frame, 12);
	p += 12;
	if (tagged)
		p = put16(put16(p, ETHERTYPE_VLAN), VLAN_ID);
	memcpy(p, frame + 12, len - 12);
	p += len - 12;
	sent++;
	if (pcap) {
		uint32_t n = p - buf - sizeof(vnet), record[4] = { 0, 0, n, n };

		fwrite(record, sizeof(record), 1, pcap);
		fwrite(buf + sizeof(vnet), n, 1, pcap);
		return;
	}
	while (send(fd, buf, p - buf, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN)
			quit(strerror(errno), "a frame");
		usleep(1000);
	}
}

static void fix_ip4(uint8_t *ip)
{
	unsigned int ihl = (ip[0] & 15) * 4;

	put16(ip + 10, 0);
	put16(ip + 10, ~fold(sum(ip, ihl, 0)));
}

/* RFC 1624: the word at @at becomes @value, the checksum knows. */
static void change(uint8_t *tcp, unsigned int at, uint16_t value)
{
	uint16_t old = tcp[at] << 8 | tcp[at + 1], check = tcp[16] << 8 | tcp[17];

	put16(tcp + at, value);
	if (!plan->partial)
		put16(tcp + 16, ~fold((uint16_t)~check + (uint16_t)~old + value));
}

/* What is before the part that fragments carry: bytes of the frame, and in it the place of the next
 * header's type.
 */
static unsigned int uncut(unsigned int *next)
{
	unsigned int i, off = ETH_LEN + 40, end = off;

	if (craft.family == AF_INET)
		return ETH_LEN + 20 + (craft.ip_options_len + 3) / 4 * 4;
	*next = ETH_LEN + 6;
	for (i = 0; i < craft.ext_n; i++) {
		if (craft.ext[i].type == HOP || craft.ext[i].type == ROUTING) {
			*next = off;
			end = off + craft.ext[i].len;
		}
		off += craft.ext[i].len;
	}
	return end;
}

static void send_pieces(const uint8_t *frame, unsigned int len)
{
	static uint8_t buf[FRAME_MAX];
	unsigned int next = 0, before = uncut(&next), i;
	uint32_t id = (uint32_t)(craft.sport * 40503u) ^ craft.seq;

	for (i = 0; i < plan->pieces; i++) {
		const struct piece *p = &plan->piece[i];
		unsigned int n = p->len;
		uint8_t *data = buf + before;

		if (before + p->off >= len)
			continue;
		if (before + p->off + n > len)
			n = len - before - p->off;
		memcpy(buf, frame, before);
		if (craft.family == AF_INET) {
			put16(buf + ETH_LEN + 2, before - ETH_LEN + n);
			put16(buf + ETH_LEN + 6, (plan->evil ? 0x8000 : 0) | p->off / 8 |
						 (p->more ? 0x2000 : 0));
			fix_ip4(buf + ETH_LEN);
		} else {
			buf[next] = FRAGMENT;
			data[0] = frame[next];
			data[1] = 0;
			put16(data + 2, p->off | p->more);
			put32(data + 4, id);
			data += 8;
			put16(buf + ETH_LEN + 4, before - ETH_LEN - 40 + 8 + n);
		}
		if (p->scribbled)
			memset(data, 1, n);	/* NOP */
		else
			memcpy(data, frame + before + p->off, n);
		out(buf, data + n - buf, 0);
	}
}

/* Where craft_build.c pads by one PadN, which Linux takes 7 bytes of at most, there now are one or two
 * options that a receiver skips (RFC 8200, 4.2: the two highest bits are 0), of type 30.
 */
static void fill_headers(uint8_t *frame)
{
	unsigned int i, half, off = ETH_LEN + 40;

	for (i = 0; craft.family == AF_INET6 && i < craft.ext_n; off += craft.ext[i++].len) {
		uint8_t *p = frame + off;

		if ((craft.ext[i].type != HOP && craft.ext[i].type != DEST) || craft.ext[i].len < 16 ||
		    craft.ext[i].len > 248)
			continue;
		half = (craft.ext[i].len - 2) / 2;
		p[2] = p[2 + half] = MPTCP;
		p[3] = half - 2;
		p[3 + half] = craft.ext[i].len - 2 - half - 2;
		if (half >= 2 + plan->options_len)
			memcpy(p + 4, plan->options, plan->options_len);
	}
}

/* craft_build.c hands over the whole packet. */
void emit(const uint8_t *packet, unsigned int len, unsigned int tcp_off)
{
	static uint8_t frame[FRAME_MAX];
	uint8_t *ip = frame + ETH_LEN, *tcp = frame + tcp_off;

	memcpy(frame, packet, len);
	fill_headers(frame);
	if (plan->tcp_reserved)
		change(tcp, 12, (tcp[12] | plan->tcp_reserved) << 8 | tcp[13]);
	if (plan->urgent)
		change(tcp, 18, plan->urgent);
	if (plan->evil && craft.family == AF_INET) {
		ip[6] |= 0x80;
		fix_ip4(ip);
	}
	if (plan->pieces) {
		send_pieces(frame, len);
		return;
	}
	if (plan->trailer) {
		/* as if the header went on there */
		memcpy(frame + len, plan->options, plan->options_len);
		len += plan->trailer < plan->options_len ? plan->trailer : plan->options_len;
	}
	out(frame, len, plan->partial ? tcp_off : 0);
}

/* As topology.sh has them; the VLAN's network is 7. */
static void addresses(const struct variant *v, unsigned int phase)
{
	static const uint8_t from6[] = { 0xfd, 0x01, 0, 1 }, to6[] = { 0xfd, 0x02, 0, 1 };
	uint8_t net = v->vlan ? VLAN_ID : 1, host = FIRST_HOST + phase;

	memset(craft.saddr, 0, 16);
	memset(craft.daddr, 0, 16);
	craft.family = v->family;
	if (v->family == AF_INET) {
		memcpy(craft.saddr, (uint8_t[]){ 10, 1, net, host }, 4);
		memcpy(craft.daddr, (uint8_t[]){ 10, 2, net, 1 }, 4);
		return;
	}
	memcpy(craft.saddr, from6, 4);
	memcpy(craft.daddr, to6, 4);
	craft.saddr[3] = craft.daddr[3] = net;
	craft.saddr[15] = host;
	craft.daddr[15] = 1;
}

/**
 * frames_send() - send a segment of a variant
 * @v:		the variant
 * @way:	where to
 * @dport:	the server's port
 * @ack:	what a SYN/ACK or ACK acknowledges
 */
void frames_send(const struct variant *v, const struct way *way, uint16_t dport, uint32_t ack)
{
	unsigned int i;

	for (i = 0; i < v->segments; i++) {
		plan = &v->segment[i];
		craft = (struct craft){ .window = 65535, .dport = dport, .flags = plan->flags,
			.ttl = plan->ttl, .tos = plan->tos, .doff = plan->doff, .ack = ack,
			.options_len = plan->options_len, .ip_options_len = plan->ip_options_len,
			.payload = plan->payload, .pad = plan->pad, .partial = plan->partial,
			.bad_checksum = plan->bad_checksum, .ext_n = plan->ext_n };
		memcpy(craft.options, plan->options, sizeof(plan->options));
		memcpy(craft.ip_options, plan->ip_options, sizeof(craft.ip_options));
		memcpy(craft.ext, plan->ext, sizeof(craft.ext));
		craft.sport = FIRST_PORT + v->index;
		craft.seq = v->seq;
		addresses(v, way->phase);
		memcpy(craft.eth, way->to, 6);
		memcpy(craft.eth + 6, way->from, 6);
		put16(craft.eth + 12, v->family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
		tagged = v->vlan;
		build_segment(craft.sport, v->seq, v->index * 2 + (i ? 1 : 0));
	}
}
