// SPDX-License-Identifier: GPL-2.0
/*
 * Builds one TCP segment as told, right or wrong, and sends it as Ethernet frames, or writes them
 * to a pcap file. usage() tells how to call it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "craft.h"

struct craft craft = { .window = 65535, .flags = 0x02, .ttl = 64, .seq = 1000, .count = 1,
		       .segments = 1 };

static int fd = -1;
static FILE *pcap;

static void quit(const char *what, const char *which)
{
	fprintf(stderr, "craft: %s: %s; craft --help tells more\n", which, what);
	exit(2);
}

/* --- arguments --- */

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (!*text || *end || *text == '-' || n > max)
		quit("not a number in range", text);
	return n;
}

/* Hexadecimal bytes; what is no digit separates. */
static unsigned int hex(const char *text, uint8_t *out, unsigned int max)
{
	const char *p = text;
	unsigned int n = 0, v;

	while (*p) {
		if (strchr(" :,.-_", *p)) {
			p++;
			continue;
		}
		if (strspn(p, "0123456789abcdefABCDEF") < 2 || sscanf(p, "%2x", &v) != 1)
			quit("not pairs of hex digits", text);
		if (n == max)
			quit("too long", text);
		out[n++] = v;
		p += 2;
	}
	return n;
}

static void mac(const char *text, uint8_t *out)
{
	if (hex(text, out, 6) != 6)
		quit("not a MAC address", text);
}

static void address(const char *text, uint8_t *out)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	if (craft.family && family != craft.family)
		quit("not of the other address's family", text);
	if (inet_pton(family, text, out) != 1)
		quit("not an address", text);
	craft.family = family;
}

static uint8_t flags(const char *text)
{
	static const char letters[] = "FSRPAUEC";
	uint8_t v = 0;

	for (; *text; text++) {
		const char *p = strchr(letters, *text);

		if (!p)
			quit("not of the flags FSRPAUEC", text);
		v |= 1 << (p - letters);
	}
	return v;
}

static void extensions(char *text)
{
	static const struct {
		const char *name;
		int type;
		unsigned int len, unit;
		uint8_t routing;
	} known[] = {
		{ "hop", HOP, 8, 8, 0 }, { "dest", DEST, 8, 8, 0 },
		/* RFC 3692: 253 is experimental; RFC 8754: 4 has a segment list */
		{ "routing", ROUTING, 8, 8, 253 }, { "routing0", ROUTING, 8, 8, 0 },
		{ "routing4", ROUTING, 24, 8, 4 }, { "routing2", ROUTING, 24, 8, 2 },
		{ "routing3", ROUTING, 24, 8, 3 },
		{ "ah", AH, 24, 4, 0 }, { "frag", FRAGMENT, 8, 8, 0 },
	};
	char *word, *colon;
	unsigned int i;

	for (word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		struct header *h = &craft.ext[craft.ext_n];

		if (craft.ext_n++ == HEADERS_MAX)
			quit("too many headers", word);
		colon = strchr(word, ':');
		if (colon)
			*colon++ = 0;
		for (i = 0; strcmp(word, known[i].name); i++)
			if (i + 1 == sizeof(known) / sizeof(*known))
				quit("not hop, dest, routing, routing0 to 4, ah or frag", word);
		h->type = known[i].type;
		h->routing = known[i].routing;
		h->len = colon ? number(colon, 1024) : known[i].len;
		if (h->len < 8 || h->len % known[i].unit || (h->type == FRAGMENT && h->len != 8))
			quit("not a length of such a header", word);
	}
}
/* --- sending --- */

void emit(const uint8_t *frame, unsigned int len, unsigned int tcp_off)
{
	struct virtio_net_hdr vnet = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				       .csum_start = tcp_off, .csum_offset = 16 };
	bool v4 = craft.family == AF_INET;
	static uint8_t buf[sizeof(vnet) + FRAME_MAX];
	unsigned int vlen = craft.partial ? sizeof(vnet) : 0;

	if (pcap) {
		uint32_t record[4] = { 0, 0, len, len };

		fwrite(record, sizeof(record), 1, pcap);
		fwrite(frame, len, 1, pcap);
		return;
	}
	if (craft.gso) {
		vnet.gso_type = v4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		vnet.gso_size = craft.gso;
		vnet.hdr_len = len - craft.payload;
	}
	memcpy(buf, &vnet, vlen);
	memcpy(buf + vlen, frame, len);
	if (send(fd, buf, vlen + len, 0) < 0)
		quit(strerror(errno), craft.dev);
}

static void open_output(void)
{
	static const uint32_t magic[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1 };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	int one = 1;

	if (craft.pcap) {
		pcap = fopen(craft.pcap, "w");
		if (!pcap)
			quit(strerror(errno), craft.pcap);
		fwrite(magic, sizeof(magic), 1, pcap);
		return;
	}
	ll.sll_ifindex = if_nametoindex(craft.dev);
	if (!ll.sll_ifindex)
		quit("no such interface", craft.dev);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)) ||
	    (craft.partial && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one))))
		quit(strerror(errno), craft.dev);
}
static void usage(void)
{
	puts("usage: craft DEV SRCMAC DSTMAC SRC SPORT DST DPORT [OPTIONS]\n"
	     "       craft -             each line of the input is such a call, without quotes\n"
	     "Sends one TCP segment as Ethernet frame(s) from interface DEV. SRC, DST: IPv4 or IPv6.\n"
	     "  --flags LETTERS     of F S R P A U E C (S)\n"
	     "  --seq N, --ack N, --window N    (1000, 0, 65535)\n"
	     "  --options HEX       TCP option bytes, at most 40; blanks, : and , may separate\n"
	     "  --pad N             byte that fills the options up to whole words (0: EOL)\n"
	     "  --payload N         bytes of payload: 1, 8, 15, ...\n"
	     "  --doff N            data offset in words, instead of the right one\n"
	     "  --bad-checksum, --no-checksum   TCP checksum wrong, or 0\n"
	     "  --partial           TCP checksum left to the device (CHECKSUM_PARTIAL)\n"
	     "  --gso N             likewise, and to be cut into segments of N bytes of payload (GSO)\n"
	     "  --ttl N, --tos N    (64, 0)\n"
	     "  --ip-options HEX    IPv4 options\n"
	     "  --ext LIST          headers before TCP, in this order, by commas: hop, dest, routing (an\n"
	     "                      experimental one), routing0, 2, 3 and 4 (source routes at their end), ah,\n"
	     "                      frag (an atomic fragment); NAME:N is one of N bytes. IPv4: ah only\n"
	     "  --final ADDRESS     where the packet goes in the end: the routing headers have one segment left,\n"
	     "                      of routing3:16 half an address, and the checksum is right there\n"
	     "  --fragment N        IP fragments of N bytes of IP payload (a multiple of 8); in IPv6\n"
	     "                      after the last hop or routing header of --ext\n"
	     "  --reverse           the last fragment first\n"
	     "  --count N           N segments, the source port rising by one each\n"
	     "  --segments N        N in a row of each, the sequence number rising by the payload\n"
	     "  --pcap FILE         write the frames there instead; DEV is then any word\n"
	     "Exit status: 0 sent, 2 not.");
}

static int call(int argc, char **argv)
{
	enum { FLAGS = 256, SEQ, ACK, WINDOW, OPTIONS, PAD, PAYLOAD, DOFF, BAD, NONE, PARTIAL, TTL, TOS,
	       IPOPT, EXT, FRAG, REVERSE, COUNT, SEGMENTS, GSO, PCAP, FINAL, HELP };
	static const struct option table[] = {
		{ "flags", 1, 0, FLAGS }, { "seq", 1, 0, SEQ }, { "ack", 1, 0, ACK },
		{ "window", 1, 0, WINDOW }, { "options", 1, 0, OPTIONS }, { "pad", 1, 0, PAD },
		{ "payload", 1, 0, PAYLOAD }, { "doff", 1, 0, DOFF }, { "bad-checksum", 0, 0, BAD },
		{ "no-checksum", 0, 0, NONE }, { "partial", 0, 0, PARTIAL }, { "ttl", 1, 0, TTL },
		{ "tos", 1, 0, TOS }, { "ip-options", 1, 0, IPOPT }, { "ext", 1, 0, EXT },
		{ "fragment", 1, 0, FRAG }, { "reverse", 0, 0, REVERSE }, { "count", 1, 0, COUNT },
		{ "segments", 1, 0, SEGMENTS }, { "pcap", 1, 0, PCAP },
		{ "gso", 1, 0, GSO }, { "final", 1, 0, FINAL }, { "help", 0, 0, HELP }, { }
	};
	uint32_t id;
	int opt;

	while ((opt = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (opt) {
		case FLAGS: craft.flags = flags(optarg); break;
		case SEQ: craft.seq = number(optarg, UINT32_MAX); break;
		case ACK: craft.ack = number(optarg, UINT32_MAX); break;
		case WINDOW: craft.window = number(optarg, 65535); break;
		case OPTIONS: craft.options_len = hex(optarg, craft.options, 40); break;
		case PAD: craft.pad = number(optarg, 255); break;
		case PAYLOAD: craft.payload = number(optarg, 65000); break;
		case DOFF: craft.doff = number(optarg, 15); break;
		case BAD: craft.bad_checksum = true; break;
		case NONE: craft.no_checksum = true; break;
		case PARTIAL: craft.partial = true; break;
		case GSO:
			craft.gso = number(optarg, 65000);
			craft.partial = craft.gso > 0;
			break;
		case TTL: craft.ttl = number(optarg, 255); break;
		case TOS: craft.tos = number(optarg, 255); break;
		case IPOPT: craft.ip_options_len = hex(optarg, craft.ip_options, 40); break;
		case EXT: extensions(optarg); break;
		case FRAG:
			craft.fragment = number(optarg, 65528);
			if (!craft.fragment || craft.fragment % 8)
				quit("not a multiple of 8", optarg);
			break;
		case REVERSE: craft.reverse = true; break;
		case COUNT: craft.count = number(optarg, 1000000); break;
		case SEGMENTS: craft.segments = number(optarg, 1000); break;
		case PCAP: craft.pcap = optarg; break;
		case FINAL: address(optarg, craft.final); craft.routed = true; break;
		case HELP: usage(); return 0;
		default: return 2;
		}
	}
	if (optind + 7 != argc) {
		usage();
		return 2;
	}
	argv += optind;
	craft.dev = argv[0];
	mac(argv[1], craft.eth + 6);
	mac(argv[2], craft.eth);
	address(argv[3], craft.saddr);
	craft.sport = number(argv[4], 65535);
	address(argv[5], craft.daddr);
	craft.dport = number(argv[6], 65535);
	put16(craft.eth + 12, craft.family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	for (unsigned int i = 0; i < craft.ext_n; i++) {
		if (craft.family == AF_INET && craft.ext[i].type != AH)
			quit("only ah stands before TCP in IPv4", "--ext");
	}
	if (craft.partial && craft.fragment)
		quit("not together with --partial", "--fragment");
	/* another one than the last call's; rising by one, so that GRO may merge */
	id = craft.sport * 40503u + craft.seq;
	open_output();
	for (unsigned int i = 0; i < craft.count * craft.segments; i++)
		build_segment(craft.sport + i / craft.segments,
			      craft.seq + i % craft.segments * craft.payload, id + i);
	if (pcap && fclose(pcap))
		quit(strerror(errno), craft.pcap);
	if (fd >= 0)
		close(fd);
	return 0;
}

/* A process for each of hundreds of segments takes its time. */
static int batch(char *name)
{
	char line[1024], *argv[40] = { name };
	const struct craft initial = craft;
	int argc, status;

	while (fgets(line, sizeof(line), stdin)) {
		craft = initial;
		optind = 0;
		argc = 1;
		for (char *word = strtok(line, " \n"); word && argc < 39; word = strtok(NULL, " \n"))
			argv[argc++] = word;
		argv[argc] = NULL;
		status = call(argc, argv);
		if (status)
			return status;
		/* hosts answer in between: no queue of theirs shall overflow */
		usleep(2000);
	}
	return 0;
}

int main(int argc, char **argv)
{
	return argc == 2 && !strcmp(argv[1], "-") ? batch(argv[0]) : call(argc, argv);
}
