// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a pcap file and prints a line for each TCP segment, its checksums verified over the bytes
 * captured, its options named. Shares no code with the module, which it judges.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"

#define TCP 6

static unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* What a reader of a test's output knows MPTCP options by; lengths are left to the reader. */
static void print_mptcp(const uint8_t *o, unsigned int len)
{
	static const char * const names[16] = {
		"MP_CAPABLE", "MP_JOIN", "DSS", "ADD_ADDR", "REMOVE_ADDR", "MP_PRIO", "MP_FAIL",
		"MP_FASTCLOSE", "MP_TCPRST", [15] = "MP_EXPERIMENTAL"
	};
	unsigned int subtype;

	if (len < 3) {
		printf("short");
		return;
	}
	subtype = o[2] >> 4;
	if (names[subtype])
		printf("%s", names[subtype]);
	else
		printf("subtype%u", subtype);
	if (subtype == 8 && len == 4)
		printf("/%u", o[3]);
}

/* All kind-30 options, with reason 3 as MP_TCPRST/3; "-" for none. As endpoints do, it stops at EOL. */
static void print_options(const uint8_t *o, unsigned int len)
{
	unsigned int i, size;
	bool any = false;

	printf(" opts=");
	for (i = 0; i < len; i++)
		printf("%02x", o[i]);
	printf("%s mptcp=", len ? "" : "-");
	for (i = 0; i < len && o[i] != 0; i += size) {
		size = o[i] == 1 ? 1 : i + 1 < len ? o[i + 1] : 0;
		if (!size || (size < 2 && o[i] != 1) || i + size > len)
			break;
		if (o[i] != 30)
			continue;
		printf("%s", any ? "," : "");
		print_mptcp(o + i, size);
		any = true;
	}
	printf("%s", any ? "" : "-");
}

/* FNV-1a: whether two payloads are the same */
static uint32_t hash(const uint8_t *p, unsigned int len)
{
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

static const char *checksum(const uint8_t *t, unsigned int len, uint32_t pseudo)
{
	if (fold(sum(t, len, pseudo)) == 0xffff)
		return "ok";
	/* left to a device that the capture stands before */
	return get16(t + 16) == fold(pseudo) ? "partial" : "bad";
}

/* The line's middle: everything TCP. */
static void print_tcp(const uint8_t *t, unsigned int len, uint32_t pseudo)
{
	static const char letters[] = "FSRPAUEC";
	unsigned int doff = len >= 20 ? (t[12] >> 4) * 4 : 0, i;

	if (doff < 20 || doff > len) {
		printf(" truncated=yes\n");
		return;
	}
	printf(" sport=%u dport=%u flags=", get16(t), get16(t + 2));
	for (i = 0; i < 8; i++)
		if (t[13] & 1 << i)
			putchar(letters[i]);
	printf(" seq=%u ack=%u win=%u", get32(t + 4), get32(t + 8), get16(t + 14));
	printf(" tcpsum=%s len=%u payload=%08x", checksum(t, len, pseudo), len - doff,
	       hash(t + doff, len - doff));
	print_options(t + 20, doff - 20);
	putchar('\n');
}

/* Skips what stands before TCP; false where TCP is not what follows. */
static bool skip_headers(const uint8_t *p, uint8_t next, unsigned int end, unsigned int *off,
			 unsigned int *frag)
{
	while (next != TCP) {
		const uint8_t *h = p + *off;

		if (*off + 8 > end)
			return false;
		switch (next) {
		case 0:
		case 43:
		case 60:
			*off += (h[1] + 1) * 8;
			break;
		case 51:
			*off += (h[1] + 2) * 4;
			break;
		case 44:
			*off += 8;
			*frag = get16(h + 2);
			if (*frag & 0xfff9)
				return true;
			break;
		default:
			return false;
		}
		next = h[0];
	}
	return *off <= end;
}

/* The one packet being put together; fragments of another begin it anew. */
static struct {
	uint8_t addresses[32], data[65536];
	uint32_t id;
	unsigned int got, end;		/* end: 0 until the last one came */
} whole;

/* Prints the fragment, and the segment once its fragments are all there, which do not overlap.
 * Next is the type of what they make.
 */
static void fragment(const uint8_t *p, unsigned int len, unsigned int off, bool more, uint32_t id,
		     uint8_t next, const uint8_t *addresses, unsigned int alen, const char *intro)
{
	unsigned int tcp = 0, none;

	printf("%s fragment=%u more=%s\n", intro, off, more ? "yes" : "no");
	if (whole.id != id || memcmp(whole.addresses, addresses, alen)) {
		whole.id = id;
		memcpy(whole.addresses, addresses, alen);
		whole.got = whole.end = 0;
	}
	if (off + len > sizeof(whole.data))
		return;
	memcpy(whole.data + off, p, len);
	whole.got += len;
	if (!more)
		whole.end = off + len;
	if (!whole.end || whole.got != whole.end)
		return;
	if (skip_headers(whole.data, next, whole.end, &tcp, &none)) {
		printf("%s", intro);
		print_tcp(whole.data + tcp, whole.end - tcp,
			  sum(addresses, alen, TCP + whole.end - tcp));
	}
	whole.got = whole.end = 0;
}

static void ipv4(const uint8_t *p, unsigned int have)
{
	unsigned int ihl = (p[0] & 15) * 4, len = get16(p + 2), frag = get16(p + 6), ah;
	char src[INET_ADDRSTRLEN], dst[INET_ADDRSTRLEN], intro[200];
	uint8_t proto = p[9];

	if (!len)		/* a super-segment too long to say so */
		len = have;
	if (have < 20 || ihl < 20 || ihl > len || len > have)
		return;
	while (proto == 51 && !(frag & 0x1fff) && ihl + 8 <= len) {
		proto = p[ihl];
		ah = (p[ihl + 1] + 2) * 4;
		ihl = ihl + ah > len ? len : ihl + ah;
	}
	if (proto != TCP && proto != 51)
		return;
	snprintf(intro, sizeof(intro), "src=%s dst=%s ttl=%u tos=%u df=%s ipsum=%s",
		 inet_ntop(AF_INET, p + 12, src, sizeof(src)),
		 inet_ntop(AF_INET, p + 16, dst, sizeof(dst)), p[8], p[1],
		 frag & 0x4000 ? "yes" : "no",
		 fold(sum(p, (p[0] & 15) * 4, 0)) == 0xffff ? "ok" : "bad");
	if (frag & 0x3fff) {
		fragment(p + ihl, len - ihl, (frag & 0x1fff) * 8, frag & 0x2000, get16(p + 4), p[9],
			 p + 12, 8, intro);
		return;
	}
	printf("%s", intro);
	print_tcp(p + ihl, len - ihl, sum(p + 12, 8, TCP + len - ihl));
}

static void ipv6(const uint8_t *p, unsigned int have)
{
	unsigned int off = 40, end = 40 + get16(p + 4), frag = 0;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], intro[200];

	if (end == 40)		/* likewise */
		end = have;
	if (have < 40 || end > have || !skip_headers(p, p[6], end, &off, &frag))
		return;
	snprintf(intro, sizeof(intro), "src=%s dst=%s ttl=%u tos=%u",
		 inet_ntop(AF_INET6, p + 8, src, sizeof(src)),
		 inet_ntop(AF_INET6, p + 24, dst, sizeof(dst)), p[7], (get16(p) >> 4) & 255);
	if (frag & 0xfff9) {
		fragment(p + off, end - off, frag & 0xfff8, frag & 1, get32(p + off - 4), p[off - 8],
			 p + 8, 32, intro);
		return;
	}
	printf("%s", intro);
	print_tcp(p + off, end - off, sum(p + 8, 32, TCP + end - off));
}

static unsigned int link_header(uint32_t type)
{
	switch (type) {
	case 1:		return 14;	/* Ethernet */
	case 101:	return 0;	/* raw IP */
	case 113:	return 16;	/* "any", cooked */
	case 276:	return 20;	/* the same, later */
	}
	fprintf(stderr, "wire: link type %u is unknown\n", type);
	exit(2);
}

static int usage(void)
{
	puts("usage: wire FILE.pcap\n"
	     "Prints a line of key=value for each TCP segment: src, dst, ttl, tos, df and ipsum (IPv4), sport,\n"
	     "dport, flags (of FSRPAUEC), seq, ack, win, tcpsum (ok, bad, partial: left to the device), len\n"
	     "and payload (bytes and hash), opts (hex), mptcp (names, MP_TCPRST/REASON). IP fragments have\n"
	     "fragment= (byte offset) and more= instead of TCP's keys; the segment they make follows its last.");
	return 2;
}

int main(int argc, char **argv)
{
	static uint8_t buf[300000];
	unsigned int skip;
	uint32_t h[6];
	FILE *f;

	if (argc != 2 || argv[1][0] == '-')
		return usage();
	f = fopen(argv[1], "r");
	if (!f) {
		perror(argv[1]);
		return 2;
	}
	if (fread(h, sizeof(h), 1, f) != 1 || (h[0] != 0xa1b2c3d4 && h[0] != 0xa1b23c4d)) {
		fprintf(stderr, "wire: %s: not a pcap file of this machine's byte order\n", argv[1]);
		return 2;
	}
	skip = link_header(h[5]);
	while (fread(h, 16, 1, f) == 1 && h[2] <= sizeof(buf) - 40 && fread(buf, h[2], 1, f) == 1) {
		uint8_t *ip = buf + skip;

		/* an overlong read stays within buf, whatever the lengths say */
		memset(buf + h[2], 0, 40);
		if (h[2] <= skip)
			continue;
		if (ip[0] >> 4 == 4)
			ipv4(ip, h[2] - skip);
		else if (ip[0] >> 4 == 6)
			ipv6(ip, h[2] - skip);
	}
	return 0;
}
