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
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP 6
#define HOP 0
#define ROUTING 43
#define FRAGMENT 44
#define AH 51
#define DEST 60

#define HEADERS_MAX 40
#define FRAME_MAX 65600
#define ETH_LEN 14

struct header {
	int type;
	unsigned int len;
	uint8_t routing;		/* type of a routing header */
};

static struct craft {
	const char *dev, *pcap;
	uint8_t eth[ETH_LEN];
	int family;
	uint8_t saddr[16], daddr[16];
	uint16_t sport, dport, window;
	uint32_t seq, ack;
	uint8_t flags, ttl, tos, doff;	/* doff: words; 0 is the right one */
	uint8_t options[64], ip_options[40];
	unsigned int options_len, ip_options_len, payload, fragment, count, segments;
	uint8_t pad;
	bool bad_checksum, no_checksum, partial, reverse;
	struct header ext[HEADERS_MAX];
	unsigned int ext_n;
} c = { .window = 65535, .flags = 0x02, .ttl = 64, .seq = 1000, .count = 1,
	.segments = 1 };

static uint32_t id;		/* of the IP packet */

static int fd = -1;
static FILE *pcap;

static void quit(const char *what, const char *which)
{
	fprintf(stderr, "craft: %s: %s; craft --help tells more\n", which, what);
	exit(2);
}

static uint8_t *put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
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

	if (c.family && family != c.family)
		quit("not of the other address's family", text);
	if (inet_pton(family, text, out) != 1)
		quit("not an address", text);
	c.family = family;
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
		{ "routing4", ROUTING, 24, 8, 4 },
		{ "ah", AH, 24, 4, 0 }, { "frag", FRAGMENT, 8, 8, 0 },
	};
	char *word, *colon;
	unsigned int i;

	for (word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		struct header *h = &c.ext[c.ext_n];

		if (c.ext_n++ == HEADERS_MAX)
			quit("too many headers", word);
		colon = strchr(word, ':');
		if (colon)
			*colon++ = 0;
		for (i = 0; strcmp(word, known[i].name); i++)
			if (i + 1 == sizeof(known) / sizeof(*known))
				quit("not hop, dest, routing, routing0, routing4, ah or frag", word);
		h->type = known[i].type;
		h->routing = known[i].routing;
		h->len = colon ? number(colon, 1024) : known[i].len;
		if (h->len < 8 || h->len % known[i].unit || (h->type == FRAGMENT && h->len != 8))
			quit("not a length of such a header", word);
	}
}

/* --- building --- */

static uint32_t sum(const uint8_t *p, unsigned int len, uint32_t s)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		s += i & 1 ? p[i] : p[i] << 8;
	return s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* TCP header, options and payload. */
static unsigned int tcp(uint8_t *p, uint16_t sport, uint32_t seq)
{
	unsigned int header = 20 + (c.options_len + 3) / 4 * 4, len = header + c.payload, i;
	unsigned int alen = c.family == AF_INET ? 4 : 16;
	uint32_t pseudo = sum(c.saddr, alen, sum(c.daddr, alen, TCP + len));
	uint16_t check;

	put16(put16(p, sport), c.dport);
	put32(put32(p + 4, seq), c.ack);
	p[12] = (c.doff ? c.doff : header / 4) << 4;
	p[13] = c.flags;
	put32(put16(p + 14, c.window), 0);
	memcpy(p + 20, c.options, c.options_len);
	memset(p + 20 + c.options_len, c.pad, header - 20 - c.options_len);
	for (i = 0; i < c.payload; i++)
		p[header + i] = i * 7 + 1;
	check = ~fold(sum(p, len, pseudo));
	if (c.bad_checksum)
		check ^= 0x5555;
	if (c.partial)
		check = fold(pseudo);
	put16(p + 16, c.no_checksum ? 0 : check);
	return len;
}

/* Writes a header whose own next header is yet unknown; returns its length. */
static unsigned int extension(uint8_t *p, const struct header *h)
{
	memset(p, 0, h->len);
	switch (h->type) {
	case HOP:
	case DEST:
		p[1] = h->len / 8 - 1;
		p[2] = 1;			/* PadN, as often as it takes */
		for (unsigned int at = 2, n; at < h->len; at += n) {
			n = h->len - at > 257 ? 257 : h->len - at;
			p[at] = 1;
			p[at + 1] = n - 2;
		}
		break;
	case ROUTING:
		p[1] = h->len / 8 - 1;
		p[2] = h->routing;		/* no segment is left: any receiver goes on */
		if (h->routing == 4 && h->len >= 24)
			memcpy(p + 8, c.daddr, 16);
		break;
	case AH:
		p[1] = h->len / 4 - 2;
		put32(put32(p + 4, 0x1234), 1);	/* SPI, sequence; the ICV is nought */
		break;
	}
	return h->len;
}

/* All that IP carries, from the first extension header on. *first is its type; *unfragmentable
 * how much of it is repeated in each fragment, and *next where the next header of that part's last
 * header stands (-1: in the IP header).
 */
static unsigned int body(uint8_t *p, uint8_t *first, unsigned int *unfragmentable, int *next,
			 unsigned int *tcp_off, uint16_t sport, uint32_t seq)
{
	unsigned int i, off = 0;
	int last = -1;

	*first = TCP;
	*unfragmentable = 0;
	*next = -1;
	for (i = 0; i < c.ext_n; i++) {
		const struct header *h = &c.ext[i];

		if (last < 0)
			*first = h->type;
		else
			p[last] = h->type;
		last = off;
		off += extension(p + off, h);
		if (c.family == AF_INET6 && (h->type == HOP || h->type == ROUTING)) {
			*unfragmentable = off;
			*next = last;
		}
	}
	if (last >= 0)
		p[last] = TCP;
	*tcp_off = off;
	return off + tcp(p + off, sport, seq);
}

static unsigned int ip4(uint8_t *p, uint8_t proto, unsigned int len, unsigned int off, bool more)
{
	unsigned int ihl = 20 + (c.ip_options_len + 3) / 4 * 4;

	memset(p, 0, ihl);
	p[0] = 0x40 | ihl / 4;
	p[1] = c.tos;
	put16(p + 2, ihl + len);
	put16(p + 4, id);
	put16(p + 6, off / 8 | (more ? 0x2000 : 0) | (c.fragment ? 0 : 0x4000));
	p[8] = c.ttl;
	p[9] = proto;
	memcpy(p + 12, c.saddr, 4);
	memcpy(p + 16, c.daddr, 4);
	memcpy(p + 20, c.ip_options, c.ip_options_len);
	put16(p + 10, ~fold(sum(p, ihl, 0)));
	return ihl;
}

static unsigned int ip6(uint8_t *p, uint8_t next, unsigned int len)
{
	put32(p, 0x60000000 | c.tos << 20);
	put16(p + 4, len);
	p[6] = next;
	p[7] = c.ttl;
	memcpy(p + 8, c.saddr, 16);
	memcpy(p + 24, c.daddr, 16);
	return 40;
}

/* --- sending --- */

static void emit(const uint8_t *frame, unsigned int len, unsigned int tcp_off)
{
	struct virtio_net_hdr vnet = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				       .csum_start = tcp_off, .csum_offset = 16 };
	static uint8_t buf[sizeof(vnet) + FRAME_MAX];
	unsigned int vlen = c.partial ? sizeof(vnet) : 0;

	if (pcap) {
		uint32_t record[4] = { 0, 0, len, len };

		fwrite(record, sizeof(record), 1, pcap);
		fwrite(frame, len, 1, pcap);
		return;
	}
	memcpy(buf, &vnet, vlen);
	memcpy(buf + vlen, frame, len);
	if (send(fd, buf, vlen + len, 0) < 0)
		quit(strerror(errno), c.dev);
}

static void open_output(void)
{
	static const uint32_t magic[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1 };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	int one = 1;

	if (c.pcap) {
		pcap = fopen(c.pcap, "w");
		if (!pcap)
			quit(strerror(errno), c.pcap);
		fwrite(magic, sizeof(magic), 1, pcap);
		return;
	}
	ll.sll_ifindex = if_nametoindex(c.dev);
	if (!ll.sll_ifindex)
		quit("no such interface", c.dev);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)) ||
	    (c.partial && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one))))
		quit(strerror(errno), c.dev);
}

/* One IP packet: all of @data, or a fragment of it. */
static void packet(uint8_t first, const uint8_t *data, unsigned int len, unsigned int off, bool more,
		   const uint8_t *before, unsigned int before_len, unsigned int tcp_off)
{
	static uint8_t frame[FRAME_MAX];
	uint8_t *p = frame + ETH_LEN;

	memcpy(frame, c.eth, ETH_LEN);
	p += c.family == AF_INET ? ip4(p, first, before_len + len, off, more) :
				   ip6(p, first, before_len + len);
	memcpy(p, before, before_len);
	p += before_len;
	memcpy(p, data, len);
	emit(frame, p + len - frame, p - frame - before_len + tcp_off);
}

static void fragments(uint8_t *data, unsigned int len, uint8_t first, unsigned int unfragmentable,
		      int next)
{
	unsigned int step = c.fragment, n, i, at, before_len = 0;
	uint8_t before[FRAME_MAX], *fh = NULL;

	if (c.family == AF_INET6) {
		/* The fragment header goes between the two parts. */
		memcpy(before, data, unfragmentable);
		fh = before + unfragmentable;
		memset(fh, 0, 8);
		fh[0] = next < 0 ? first : data[next];
		put32(fh + 4, id);
		if (next < 0)
			first = FRAGMENT;
		else
			before[next] = FRAGMENT;
		before_len = unfragmentable + 8;
		data += unfragmentable;
		len -= unfragmentable;
	}
	n = (len + step - 1) / step;
	for (i = 0; i < n; i++) {
		at = (c.reverse ? n - 1 - i : i) * step;
		if (fh)
			put16(fh + 2, at | (at + step < len));
		packet(first, data + at, at + step < len ? step : len - at, at, at + step < len,
		       before, before_len, 0);
	}
}

static void segment(uint16_t sport, uint32_t seq)
{
	unsigned int len, unfragmentable, tcp_off;
	static uint8_t data[FRAME_MAX];
	uint8_t first;
	int next;

	id++;
	len = body(data, &first, &unfragmentable, &next, &tcp_off, sport, seq);
	if (c.fragment)
		fragments(data, len, first, unfragmentable, next);
	else
		packet(first, data, len, 0, false, NULL, 0, tcp_off);
}

static void usage(void)
{
	puts("usage: craft DEV SRCMAC DSTMAC SRC SPORT DST DPORT [OPTIONS]\n"
	     "Sends one TCP segment as Ethernet frame(s) from interface DEV. SRC, DST: IPv4 or IPv6.\n"
	     "  --flags LETTERS     of F S R P A U E C (S)\n"
	     "  --seq N, --ack N, --window N    (1000, 0, 65535)\n"
	     "  --options HEX       TCP option bytes, at most 40; blanks, : and , may separate\n"
	     "  --pad N             byte that fills the options up to whole words (0: EOL)\n"
	     "  --payload N         bytes of payload: 1, 8, 15, ...\n"
	     "  --doff N            data offset in words, instead of the right one\n"
	     "  --bad-checksum, --no-checksum   TCP checksum wrong, or 0\n"
	     "  --partial           TCP checksum left to the device (CHECKSUM_PARTIAL)\n"
	     "  --ttl N, --tos N    (64, 0)\n"
	     "  --ip-options HEX    IPv4 options\n"
	     "  --ext LIST          headers before TCP, in this order, by commas: hop, dest, routing (an\n"
	     "                      experimental one), routing0, routing4 (source routes at their end), ah,\n"
	     "                      frag (an atomic fragment); NAME:N is one of N bytes. IPv4: ah only\n"
	     "  --fragment N        IP fragments of N bytes of IP payload (a multiple of 8); in IPv6\n"
	     "                      after the last hop or routing header of --ext\n"
	     "  --reverse           the last fragment first\n"
	     "  --count N           N segments, the source port rising by one each\n"
	     "  --segments N        N in a row of each, the sequence number rising by the payload\n"
	     "  --pcap FILE         write the frames there instead; DEV is then any word\n"
	     "       craft -       each line of the input is such a call, without quotes\n"
	     "Exit status: 0 sent, 2 not.");
}

static int call(int argc, char **argv)
{
	enum { FLAGS = 256, SEQ, ACK, WINDOW, OPTIONS, PAD, PAYLOAD, DOFF, BAD, NONE, PARTIAL, TTL, TOS,
	       IPOPT, EXT, FRAG, REVERSE, COUNT, SEGMENTS, PCAP, HELP };
	static const struct option table[] = {
		{ "flags", 1, 0, FLAGS }, { "seq", 1, 0, SEQ }, { "ack", 1, 0, ACK },
		{ "window", 1, 0, WINDOW }, { "options", 1, 0, OPTIONS }, { "pad", 1, 0, PAD },
		{ "payload", 1, 0, PAYLOAD }, { "doff", 1, 0, DOFF }, { "bad-checksum", 0, 0, BAD },
		{ "no-checksum", 0, 0, NONE }, { "partial", 0, 0, PARTIAL }, { "ttl", 1, 0, TTL },
		{ "tos", 1, 0, TOS }, { "ip-options", 1, 0, IPOPT }, { "ext", 1, 0, EXT },
		{ "fragment", 1, 0, FRAG }, { "reverse", 0, 0, REVERSE }, { "count", 1, 0, COUNT },
		{ "segments", 1, 0, SEGMENTS }, { "pcap", 1, 0, PCAP }, { "help", 0, 0, HELP }, { }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (opt) {
		case FLAGS: c.flags = flags(optarg); break;
		case SEQ: c.seq = number(optarg, UINT32_MAX); break;
		case ACK: c.ack = number(optarg, UINT32_MAX); break;
		case WINDOW: c.window = number(optarg, 65535); break;
		case OPTIONS: c.options_len = hex(optarg, c.options, 40); break;
		case PAD: c.pad = number(optarg, 255); break;
		case PAYLOAD: c.payload = number(optarg, 65000); break;
		case DOFF: c.doff = number(optarg, 15); break;
		case BAD: c.bad_checksum = true; break;
		case NONE: c.no_checksum = true; break;
		case PARTIAL: c.partial = true; break;
		case TTL: c.ttl = number(optarg, 255); break;
		case TOS: c.tos = number(optarg, 255); break;
		case IPOPT: c.ip_options_len = hex(optarg, c.ip_options, 40); break;
		case EXT: extensions(optarg); break;
		case FRAG:
			c.fragment = number(optarg, 65528);
			if (!c.fragment || c.fragment % 8)
				quit("not a multiple of 8", optarg);
			break;
		case REVERSE: c.reverse = true; break;
		case COUNT: c.count = number(optarg, 1000000); break;
		case SEGMENTS: c.segments = number(optarg, 1000); break;
		case PCAP: c.pcap = optarg; break;
		case HELP: usage(); return 0;
		default: return 2;
		}
	}
	if (optind + 7 != argc) {
		usage();
		return 2;
	}
	argv += optind;
	c.dev = argv[0];
	mac(argv[1], c.eth + 6);
	mac(argv[2], c.eth);
	address(argv[3], c.saddr);
	c.sport = number(argv[4], 65535);
	address(argv[5], c.daddr);
	c.dport = number(argv[6], 65535);
	put16(c.eth + 12, c.family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	for (unsigned int i = 0; i < c.ext_n; i++) {
		if (c.family == AF_INET && c.ext[i].type != AH)
			quit("only ah stands before TCP in IPv4", "--ext");
	}
	if (c.partial && c.fragment)
		quit("not together with --partial", "--fragment");
	/* another one than the last call's; rising by one, so that GRO may merge */
	id = c.sport * 40503u + c.seq;
	open_output();
	for (unsigned int i = 0; i < c.count * c.segments; i++)
		segment(c.sport + i / c.segments, c.seq + i % c.segments * c.payload);
	if (pcap && fclose(pcap))
		quit(strerror(errno), c.pcap);
	if (fd >= 0)
		close(fd);
	return 0;
}

/* A process for each of hundreds of segments takes its time. */
static int batch(char *name)
{
	char line[1024], *argv[40] = { name };
	const struct craft initial = c;
	int argc, status;

	while (fgets(line, sizeof(line), stdin)) {
		c = initial;
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
