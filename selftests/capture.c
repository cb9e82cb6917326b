// SPDX-License-Identifier: GPL-2.0
/*
 * Reads captures of several link types with libpcap, finds IP packets in the frames and TCP headers
 * in the packets. Shares no code with the module, which it judges.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "capture.h"

#define ETH_IPV4 0x0800
#define ETH_IPV6 0x86dd
#define VLAN 0x8100
#define VLAN_OUTER 0x88a8
#define VLAN_OUTER_OLD 0x9100

#define HOP 0
#define TCP 6
#define ROUTING 43
#define FRAGMENT 44
#define AH 51
#define DEST 60

static pcap_t *pcap;
static char errbuf[PCAP_ERRBUF_SIZE];
static unsigned long frames;

/* Returns NULL, or what is wrong. */
const char *capture_open(const char *file)
{
	pcap = pcap_open_offline(file, errbuf);
	if (!pcap)
		return errbuf;
	frames = 0;
	switch (pcap_datalink(pcap)) {
	case DLT_EN10MB:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
		return NULL;
	}
	snprintf(errbuf, sizeof(errbuf), "%.100s: link type %d is not known", file,
		 pcap_datalink(pcap));
	return errbuf;
}

void capture_close(void)
{
	pcap_close(pcap);
	pcap = NULL;
}

const char *capture_error(void)
{
	return pcap_geterr(pcap);
}

/* Bytes of the link layer, VLAN tags included; 0 where it is not IP. */
static unsigned int link_len(const uint8_t *p, unsigned int len, unsigned int type_at,
			     unsigned int end)
{
	unsigned int type;

	while (len >= end) {
		type = get16(p + type_at);
		if (type == ETH_IPV4 || type == ETH_IPV6)
			return end;
		if (type != VLAN && type != VLAN_OUTER && type != VLAN_OUTER_OLD)
			return 0;
		type_at = end + 2;
		end += 4;
	}
	return 0;
}

/* Takes off what the link layer appended; a length of 0 stands for a super-segment. */
static void trim(struct packet *packet)
{
	unsigned int len;

	if (packet->family == 4)
		len = get16(packet->ip + 2);
	else
		len = get16(packet->ip + 4) ? get16(packet->ip + 4) + 40 : 0;
	if (len && len < packet->len)
		packet->len = len;
}

/* Returns 1: a frame, 0: no more, -1: the file is broken, see capture_error(). */
int capture_next(struct packet *packet)
{
	struct pcap_pkthdr *header;
	const uint8_t *p;
	unsigned int off;
	int status;

	status = pcap_next_ex(pcap, &header, &p);
	if (status != 1)
		return status == PCAP_ERROR_BREAK ? 0 : -1;
	*packet = (struct packet){ .frame = ++frames, .why = "not IP" };
	switch (pcap_datalink(pcap)) {
	case DLT_EN10MB:
		off = link_len(p, header->caplen, 12, 14);
		break;
	case DLT_LINUX_SLL:
		off = link_len(p, header->caplen, 14, 16);
		break;
	case DLT_LINUX_SLL2:
		off = link_len(p, header->caplen, 0, 20);
		break;
	case DLT_NULL:
	case DLT_LOOP:
		off = 4;
		break;
	default:
		off = 0;
	}
	if (!off && (pcap_datalink(pcap) == DLT_EN10MB || pcap_datalink(pcap) == DLT_LINUX_SLL ||
		     pcap_datalink(pcap) == DLT_LINUX_SLL2))
		return 1;
	if (header->caplen < off + 20) {
		packet->why = "cut short";
		return 1;
	}
	packet->family = p[off] >> 4;
	if (packet->family != 4 && packet->family != 6)
		return 1;
	if (packet->family == 6 && header->caplen < off + 40) {
		packet->why = "cut short";
		return 1;
	}
	packet->ip = p + off;
	packet->len = header->caplen - off;
	packet->why = NULL;
	trim(packet);
	return 1;
}

static const char *tcp_at(const struct packet *packet, unsigned int off, struct segment *segment)
{
	if (packet->len < off + 20)
		return "cut short";
	segment->tcp = packet->ip + off;
	segment->doff = (segment->tcp[12] >> 4) * 4;
	if (segment->doff < 20)
		return "TCP header too short";
	if (packet->len < off + segment->doff)
		return "cut short";
	return NULL;
}

static const char *segment4(const struct packet *packet, struct segment *segment)
{
	unsigned int off = (packet->ip[0] & 15) * 4;
	uint8_t proto = packet->ip[9];

	if (off < 20)
		return "IP header too short";
	if (get16(packet->ip + 6) & 0x3fff)
		return "fragment";
	while (proto == AH && packet->len >= off + 8) {
		proto = packet->ip[off];
		off += (packet->ip[off + 1] + 2) * 4;
	}
	return proto == TCP ? tcp_at(packet, off, segment) : "not TCP";
}

static const char *segment6(const struct packet *packet, struct segment *segment)
{
	uint8_t next = packet->ip[6];
	unsigned int off = 40;

	while (next == HOP || next == ROUTING || next == DEST || next == AH || next == FRAGMENT) {
		const uint8_t *p = packet->ip + off;

		if (packet->len < off + 8)
			return "cut short";
		/* one that is the whole packet (RFC 6946) is none */
		if (next == FRAGMENT && get16(p + 2) & 0xfff9)
			return "fragment";
		off += next == FRAGMENT ? 8 : next == AH ? (p[1] + 2) * 4 : (p[1] + 1) * 8;
		next = p[0];
	}
	return next == TCP ? tcp_at(packet, off, segment) : "not TCP";
}

/* Returns NULL and fills @segment, or why there is none to read. */
const char *packet_segment(const struct packet *packet, struct segment *segment)
{
	return packet->family == 4 ? segment4(packet, segment) : segment6(packet, segment);
}

static uint16_t sum_on(const uint8_t *p, unsigned int len, uint32_t sum)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint16_t header_sum(const uint8_t *p, unsigned int len)
{
	return sum_on(p, len, 0);
}

/* 0/8, 127/8, multicast and beyond */
static bool no_host4(const uint8_t *addr)
{
	return addr[0] == 0 || addr[0] == 127 || addr[0] >= 224;
}

/* unspecified, loopback, link-local, multicast */
static bool no_host6(const uint8_t *addr)
{
	static const uint8_t zero[15];

	return (!memcmp(addr, zero, 15) && addr[15] <= 1) || addr[0] == 0xff ||
	       (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80);
}

/* Returns NULL, or why no router would pass it on: it never comes to a forward hook. */
const char *packet_not_forwardable(const struct packet *packet)
{
	const uint8_t *ip = packet->ip;
	unsigned int ihl = (ip[0] & 15) * 4;

	if (packet->family == 6) {
		if (!get16(ip + 4))
			return "no payload length";
		if (get16(ip + 4) + 40u > packet->len)
			return "cut short";
		if (ip[7] <= 1)
			return "hop limit";
		return no_host6(ip + 8) || no_host6(ip + 24) ? "address that is not routed" : NULL;
	}
	if (ihl < 20 || get16(ip + 2) < ihl)
		return "broken IP header";
	if (get16(ip + 2) > packet->len)
		return "cut short";
	if (header_sum(ip, ihl) != 0xffff)
		return "wrong IP checksum";
	if (ip[8] <= 1)
		return "TTL";
	return no_host4(ip + 12) || no_host4(ip + 16) ? "address that is not routed" : NULL;
}

/* Returns whether TCP's checksum was wrong: an offloading device had it still to compute, or bytes
 * are missing.
 */
static bool repair_tcp(const struct packet *packet, uint8_t *ip)
{
	unsigned int off, len, addr = packet->family == 4 ? 12 : 8, alen = packet->family == 4 ? 8 : 32;
	struct segment segment;
	uint16_t sum;

	if (packet_segment(packet, &segment))
		return false;
	off = segment.tcp - packet->ip;
	len = packet->len - off;
	sum = sum_on(ip + off, len, sum_on(ip + addr, alen, TCP + len));
	if (sum == 0xffff)
		return false;
	memset(ip + off + 16, 0, 2);
	sum = ~sum_on(ip + off, len, sum_on(ip + addr, alen, TCP + len));
	ip[off + 16] = sum >> 8;
	ip[off + 17] = sum;
	return true;
}

/*
 * Makes up for what a snap length, an editor or offloading did to it: zeros for the bytes that are
 * missing, right checksums of IP and TCP. What is in the packet stays. Returns whether something was to be done; the
 * packet then lies in memory that the next one takes.
 */
bool packet_repair(struct packet *packet)
{
	static uint8_t whole[40 + 65535];
	unsigned int ihl = (packet->ip[0] & 15) * 4, len, sum;
	bool repaired;

	len = packet->family == 4 ? get16(packet->ip + 2) : get16(packet->ip + 4) + 40u;
	if (packet->family == 4 && (ihl < 20 || len < ihl))
		return false;
	repaired = len > packet->len;
	memcpy(whole, packet->ip, packet->len);
	if (repaired) {
		memset(whole + packet->len, 0, len - packet->len);
		packet->len = len;
	}
	if (packet->family == 4 && header_sum(whole, ihl) != 0xffff) {
		memset(whole + 10, 0, 2);
		sum = header_sum(whole, ihl) ^ 0xffff;
		whole[10] = sum >> 8;
		whole[11] = sum;
		repaired = true;
	}
	packet->ip = whole;
	return repair_tcp(packet, whole) || repaired;
}

static struct {
	const char *reason;
	unsigned long count;
} tallies[32];

void tally(const char *reason)
{
	unsigned int i;

	for (i = 0; i < 32; i++) {
		if (!tallies[i].reason)
			tallies[i].reason = reason;
		if (!strcmp(tallies[i].reason, reason)) {
			tallies[i].count++;
			return;
		}
	}
}

void tally_print(const char *prefix)
{
	unsigned int i;

	for (i = 0; i < 32 && tallies[i].reason; i++)
		printf("%s %lu %s\n", prefix, tallies[i].count, tallies[i].reason);
}
