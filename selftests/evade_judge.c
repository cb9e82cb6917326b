// SPDX-License-Identifier: GPL-2.0
/* What is read at the far side, and by whom: the endpoint, told by its answers; tshark; and a reader
 * made from the tables of the RFCs. None of them shares code with the module.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "evade.h"
#include "unit/option_aid.h"

enum {
	ARRIVED = 1, E_CAPABLE = 2, E_JOIN = 4, T_CAPABLE = 8, T_JOIN = 16, N_CAPABLE = 32, N_JOIN = 64,
	LEFT = 128,		/* any option of kind 30 in a SYN or SYN/ACK, malformed or not */
	T_LATE = 256, N_LATE = 512,	/* MP_CAPABLE or MP_JOIN in any other segment */
	CALLED_JOIN = 1024,	/* what calls itself MP_JOIN, well-formed or not */
	SEALED = 2048,		/* cannot be rewritten: TCP-AO, AH */
	LOST = 4096,
	CAPABLE = E_CAPABLE | T_CAPABLE | N_CAPABLE,
	JOIN = E_JOIN | T_JOIN | N_JOIN,
	LATE = T_LATE | N_LATE,
	/* read as an endpoint reads; tshark names what is malformed, too */
	F_CAPABLE = E_CAPABLE | N_CAPABLE,
	F_JOIN = E_JOIN | N_JOIN,
};

static const char *const bit_names[] = {
	"arrived", "endpoint:MP_CAPABLE", "endpoint:MP_JOIN", "tshark:MP_CAPABLE", "tshark:MP_JOIN",
	"table:MP_CAPABLE", "table:MP_JOIN", "kind-30", "tshark:late", "table:late", "calls-itself-join",
	"sealed", "lost",
};

static uint16_t seen[PHASES][VARIANTS_MAX];
static unsigned int count;

/* Where a variant's bits are: by the client's address and port; NULL: of something else */
static uint16_t *cell(int family, const uint8_t *client, unsigned int port)
{
	unsigned int net = client[family == 4 ? 2 : 3], host = client[family == 4 ? 3 : 15];

	if (client[0] != (family == 4 ? 10 : 0xfd) || client[1] != 1 || (net != 1 && net != VLAN_ID) ||
	    host < FIRST_HOST || host >= FIRST_HOST + PHASES || port < FIRST_PORT ||
	    port >= FIRST_PORT + count)
		return NULL;
	return &seen[host - FIRST_HOST][port - FIRST_PORT];
}

/* --- the endpoint, and the tables --- */

static bool has(const struct seen *s, unsigned int subtype, bool well)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (s->opt[i].subtype == subtype && (!well || s->opt[i].fault == MB_FAULT_NONE))
			return true;
	return false;
}

static void from_client(uint16_t *bits, const uint8_t *tcp, const struct seen *s, bool sealed)
{
	*bits |= ARRIVED;
	if (s->sealed || sealed)
		*bits |= SEALED;
	if (has(s, MB_MP_JOIN, false))
		*bits |= CALLED_JOIN;
	if (!(tcp[13] & 2)) {
		if (!(tcp[13] & 4) && (has(s, MB_MP_CAPABLE, true) || has(s, MB_MP_JOIN, true)))
			*bits |= N_LATE;
		return;
	}
	if (s->n)
		*bits |= LEFT;
	if (has(s, MB_MP_CAPABLE, true))
		*bits |= N_CAPABLE;
	if (has(s, MB_MP_JOIN, true))
		*bits |= N_JOIN;
}

/* A SYN/ACK has the option that the SYN had; a join without a session is reset with a reason, by a
 * segment whose sequence number is 0; who opened a connection and got MP_CAPABLE sends both keys.
 */
static void from_server(uint16_t *bits, const uint8_t *tcp, const struct seen *s)
{
	bool synack = (tcp[13] & 0x12) == 0x12, third = (tcp[13] & 0x16) == 0x10;

	if (get16(tcp) == OPENER_PORT) {
		if (third && has(s, MB_MP_CAPABLE, true))
			*bits |= E_CAPABLE;
		return;
	}
	if (synack && has(s, MB_MP_CAPABLE, true))
		*bits |= E_CAPABLE;
	if ((synack && has(s, MB_MP_JOIN, true)) ||
	    (tcp[13] & 4 && !get32(tcp + 4) && has(s, MB_MP_TCPRST, true)))
		*bits |= E_JOIN;
}

static bool under_ah(const struct packet *packet, unsigned int end)
{
	unsigned int off = packet->family == 4 ? (packet->ip[0] & 15) * 4 : 40;
	uint8_t next = packet->ip[packet->family == 4 ? 9 : 6];

	while (off < end && next != AH) {
		const uint8_t *p = packet->ip + off;

		off += next == FRAGMENT ? 8 : (p[1] + 1) * 8;
		next = p[0];
	}
	return off < end && next == AH;
}

static void segment(const struct packet *packet)
{
	const uint8_t *src = packet->ip + (packet->family == 4 ? 12 : 8);
	const uint8_t *dst = src + (packet->family == 4 ? 4 : 16);
	struct segment tcp;
	enum mb_place place;
	uint16_t *bits;
	struct seen s;

	if (packet_segment(packet, &tcp))
		return;
	place = !(tcp.tcp[13] & 2) ? MB_PLACE_OTHER : tcp.tcp[13] & 0x10 ? MB_PLACE_SYNACK : MB_PLACE_SYN;
	naive_parse(tcp.tcp + 20, tcp.doff - 20, place, &s);
	bits = cell(packet->family, src, get16(tcp.tcp));
	if (bits)
		from_client(bits, tcp.tcp, &s, under_ah(packet, tcp.tcp - packet->ip));
	bits = cell(packet->family, dst, get16(tcp.tcp + 2));
	if (bits)
		from_server(bits, tcp.tcp, &s);
}

/* --- fragments --- */

#define OPEN 16			/* packets that are not whole yet */

static struct whole {
	uint8_t key[40];	/* addresses, identification, family */
	uint8_t head[2048], data[16384], have[16384];
	unsigned int head_len, next_at, got, end;
	uint8_t next;
	bool used, spoiled;
} open_packets[OPEN];

static struct whole *whole_of(const uint8_t *key)
{
	static unsigned int oldest;
	unsigned int i;

	for (i = 0; i < OPEN; i++)
		if (open_packets[i].used && !memcmp(open_packets[i].key, key, sizeof(open_packets[i].key)))
			return &open_packets[i];
	i = oldest++ % OPEN;
	memset(&open_packets[i], 0, sizeof(open_packets[i]));
	open_packets[i].used = true;
	memcpy(open_packets[i].key, key, sizeof(open_packets[i].key));
	return &open_packets[i];
}

static void finish(struct whole *w, int family)
{
	static uint8_t buf[2048 + 16384];
	struct packet packet = { .family = family, .ip = buf, .len = w->head_len + w->end };

	w->used = false;
	memcpy(buf, w->head, w->head_len);
	memcpy(buf + w->head_len, w->data, w->end);
	if (family == 4) {
		buf[2] = packet.len >> 8;
		buf[3] = packet.len;
		buf[6] = buf[7] = 0;
	} else {
		buf[4] = (packet.len - 40) >> 8;
		buf[5] = packet.len - 40;
		buf[w->next_at] = w->next;
	}
	segment(&packet);
}

/* As Linux does (RFC 5722 wants it of IPv6): the same again does no harm, an overlap spoils all. */
static void piece(struct whole *w, const uint8_t *p, unsigned int len, unsigned int off, bool more,
		  int family)
{
	unsigned int i, had = 0;

	if (off + len > sizeof(w->data) || (more && len % 8)) {
		w->spoiled = true;
		return;
	}
	for (i = 0; i < len; i++)
		had += w->have[off + i];
	if (had == len && len)
		return;
	if (had || (w->end && (off + len > w->end || !more))) {
		w->spoiled = true;
		return;
	}
	memcpy(w->data + off, p, len);
	memset(w->have + off, 1, len);
	w->got += len;
	if (!more)
		w->end = off + len;
	if (w->end && w->got == w->end && w->head_len && !w->spoiled)
		finish(w, family);
}

static void fragment4(const struct packet *packet)
{
	const uint8_t *ip = packet->ip;
	unsigned int ihl = (ip[0] & 15) * 4, frag = get16(ip + 6);
	uint8_t key[40] = { 0 };
	struct whole *w;

	memcpy(key, ip + 12, 8);
	memcpy(key + 8, ip + 4, 2);
	key[39] = 4;
	w = whole_of(key);
	if (!(frag & 0x1fff)) {
		memcpy(w->head, ip, ihl);
		w->head_len = ihl;
	}
	piece(w, ip + ihl, packet->len - ihl, (frag & 0x1fff) * 8, frag & 0x2000, 4);
}

/* RFC 8200, 4.5: the first fragment has all headers up to TCP's, or nobody takes it. */
static bool headers_whole(const uint8_t *p, unsigned int len, uint8_t next)
{
	unsigned int off = 0;

	while (off + 8 <= len && (next == HOP || next == ROUTING || next == DEST || next == FRAGMENT)) {
		const uint8_t *h = p + off;

		off += next == FRAGMENT ? 8 : (h[1] + 1) * 8;
		next = h[0];
	}
	return next == TCP ? off + 20 <= len : off + 8 <= len;
}

static void fragment6(const struct packet *packet)
{
	const uint8_t *ip = packet->ip, *fh;
	unsigned int at = 6, off = 40, frag;
	uint8_t key[40] = { 0 }, next = ip[6];
	struct whole *w;

	while (next == HOP || next == ROUTING || next == DEST) {
		at = off;
		next = ip[off];
		off += (ip[off + 1] + 1) * 8;
		if (off + 8 > packet->len)
			return;
	}
	fh = ip + off;
	frag = get16(fh + 2);
	/* one that is whole stands before it: rare, and not put together by anyone (RFC 8200, 4.5) */
	if (next != FRAGMENT || !(frag & 0xfff9))
		return;
	memcpy(key, ip + 8, 32);
	memcpy(key + 32, fh + 4, 4);
	key[39] = 6;
	w = whole_of(key);
	if (!(frag & 0xfff8) && off <= sizeof(w->head)) {
		memcpy(w->head, ip, off);
		w->head_len = off;
		w->next_at = at;
		w->next = fh[0];
		w->spoiled |= !headers_whole(fh + 8, packet->len - off - 8, fh[0]);
	}
	piece(w, fh + 8, packet->len - off - 8, frag & 0xfff8, frag & 1, 6);
}

static void read_capture(const char *file)
{
	const char *error = capture_open(file), *why;
	struct packet packet;
	struct segment tcp;
	int status;

	if (error)
		quit(error, file);
	while ((status = capture_next(&packet)) == 1) {
		if (packet.why)
			continue;
		why = packet_segment(&packet, &tcp);
		if (why && !strcmp(why, "fragment"))
			packet.family == 4 ? fragment4(&packet) : fragment6(&packet);
		else
			segment(&packet);
	}
	if (status < 0)
		quit(capture_error(), file);
	capture_close();
}

/* --- tshark --- */

/* split CAPTURE PREFIX: what the client sent in each phase, to PREFIX.PHASE, as IP packets: tshark keeps
 * all that it ever saw, and there is much.
 */
int split(int argc, char **argv)
{
	static const uint32_t magic[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 262144, 101 };
	FILE *out[PHASES] = { 0 };
	struct packet packet;
	char name[4096];
	int status;

	if (argc != 2 || capture_open(argv[0]))
		quit("wants CAPTURE PREFIX", "split");
	count = VARIANTS_MAX;
	while ((status = capture_next(&packet)) == 1) {
		uint32_t record[4] = { 0, 0, packet.len, packet.len };
		uint16_t *bits = packet.why ? NULL :
				 cell(packet.family, packet.ip + (packet.family == 4 ? 12 : 8), FIRST_PORT);
		unsigned int phase = bits ? (bits - seen[0]) / VARIANTS_MAX : 0;

		if (!bits)
			continue;
		snprintf(name, sizeof(name), "%s.%u", argv[1], phase);
		if (!out[phase]) {
			out[phase] = fopen(name, "w");
			if (!out[phase])
				quit(strerror(errno), name);
			fwrite(magic, sizeof(magic), 1, out[phase]);
		}
		fwrite(record, sizeof(record), 1, out[phase]);
		fwrite(packet.ip, packet.len, 1, out[phase]);
	}
	for (unsigned int i = 0; i < PHASES; i++)
		if (out[i] && fclose(out[i]))
			quit(strerror(errno), argv[1]);
	if (status < 0)
		quit(capture_error(), argv[0]);
	return 0;
}

/* Columns: ip.src, ipv6.src, tcp.srcport, tcp.flags, tcp.options.mptcp.subtype (all of them) */
static void read_line(char *line)
{
	char *column[5], *word;
	unsigned int i, flags;
	uint16_t *bits = NULL;
	uint8_t addr[16];

	for (i = 0; i < 5; i++) {
		column[i] = strsep(&line, "\t\n");
		if (!column[i])
			return;
	}
	flags = strtoul(column[3], NULL, 0);
	if (inet_pton(AF_INET, column[0], addr) == 1)
		bits = cell(4, addr, atoi(column[2]));
	else if (inet_pton(AF_INET6, column[1], addr) == 1)
		bits = cell(6, addr, atoi(column[2]));
	while (bits && (word = strsep(&column[4], ","))) {
		if (strcmp(word, "0") && strcmp(word, "1"))
			continue;
		*bits |= !(flags & 2) ? flags & 4 ? 0 : T_LATE : *word == '0' ? T_CAPABLE : T_JOIN;
	}
}

static void read_tshark(const char *file)
{
	FILE *f = fopen(file, "r");
	char line[1024];

	if (!f)
		quit(strerror(errno), file);
	while (fgets(line, sizeof(line), f))
		read_line(line);
	fclose(f);
}

/* --- the sums --- */

static unsigned int with(unsigned int phase, unsigned int any, unsigned int none)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++)
		n += (seen[phase][i] & any) && !(seen[phase][i] & none);
	return n;
}

/* What arrived without a policy, and with defragmentation alone, and has nothing that a policy
 * refuses, but did not arrive now
 */
static unsigned int lost(unsigned int phase, unsigned int base, unsigned int whole)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++) {
		if ((seen[base][i] & (ARRIVED | SEALED | CALLED_JOIN)) != ARRIVED ||
		    !(seen[whole][i] & ARRIVED) || seen[phase][i] & ARRIVED)
			continue;
		seen[phase][i] |= LOST;
		n++;
	}
	return n;
}

/* What is sealed and arrived, though it had an option to be taken out: rewritten under its seal, so
 * refused by its receiver. Where one of several segments arrived nobody can tell which.
 */
static unsigned int spoiled(unsigned int phase, unsigned int base, uint64_t seed)
{
	const struct tokens t = { { 0 }, { 0 } };
	struct variant v;
	unsigned int i, n = 0;

	for (i = 0; i < count; i++) {
		if ((seen[base][i] & (SEALED | LEFT)) != (SEALED | LEFT) ||
		    !(seen[phase][i] & SEALED))
			continue;
		variant_make(&v, seed, i, &t);
		n += v.segments == 1;
	}
	return n;
}

static void sums(unsigned int phase, unsigned int base, unsigned int whole, uint64_t seed)
{
	printf("phase=%u arrived=%u any=%u left=%u late=%u faithful=%u faithful.capable=%u faithful.join=%u",
	       phase, with(phase, ARRIVED, 0), with(phase, CAPABLE | JOIN, 0), with(phase, LEFT, 0),
	       with(phase, LATE, 0), with(phase, F_CAPABLE | F_JOIN, 0), with(phase, F_CAPABLE, 0),
	       with(phase, F_JOIN, 0));
	printf(" endpoint.capable=%u endpoint.join=%u tshark.capable=%u tshark.join=%u",
	       with(phase, E_CAPABLE, 0), with(phase, E_JOIN, 0), with(phase, T_CAPABLE, 0),
	       with(phase, T_JOIN, 0));
	printf(" table.capable=%u table.join=%u", with(phase, N_CAPABLE, 0), with(phase, N_JOIN, 0));
	printf(" spoiled=%u", spoiled(phase, base, seed));
	printf(" lost=%u only.tshark=%u only.endpoint=%u only.table=%u\n", lost(phase, base, whole),
	       with(phase, T_CAPABLE | T_JOIN, E_CAPABLE | E_JOIN | N_CAPABLE | N_JOIN),
	       with(phase, E_CAPABLE | E_JOIN, T_CAPABLE | T_JOIN | N_CAPABLE | N_JOIN),
	       with(phase, N_CAPABLE | N_JOIN, E_CAPABLE | E_JOIN | T_CAPABLE | T_JOIN));
}

static void list(FILE *f, unsigned int phase)
{
	unsigned int i, b;

	for (i = 0; i < count; i++) {
		if (!seen[phase][i])
			continue;
		fprintf(f, "%u %u", phase, i);
		for (b = 0; b < sizeof(bit_names) / sizeof(*bit_names); b++)
			if (seen[phase][i] & 1 << b)
				fprintf(f, " %s", bit_names[b]);
		fputc('\n', f);
	}
}

int judge(int argc, char **argv, uint64_t seed)
{
	unsigned int phase;
	FILE *f;
	int i;

	if (argc < 6 || atoi(argv[4]) >= PHASES || atoi(argv[5]) >= PHASES)
		quit("wants SEED COUNT CAPTURE TSHARK LIST PHASE PHASE...", "judge");
	count = atoi(argv[0]);
	if (!count || count > VARIANTS_MAX)
		quit("not a number in range", argv[0]);
	read_capture(argv[1]);
	read_tshark(argv[2]);
	f = fopen(argv[3], "w");
	if (!f)
		quit(strerror(errno), argv[3]);
	for (i = 4; i < argc; i++) {
		phase = atoi(argv[i]);
		if (phase >= PHASES)
			quit("no such phase", argv[i]);
		sums(phase, atoi(argv[4]), atoi(argv[5]), seed);
		list(f, phase);
	}
	if (fclose(f))
		quit(strerror(errno), argv[3]);
	return 0;
}
