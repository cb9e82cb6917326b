// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that hide MPTCP options in every way that a grammar can say, from a seed; the endpoints that
 * read them; and what is made of what they and others read. usage() tells how to call it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evade.h"

_Noreturn void quit(const char *what, const char *which)
{
	fprintf(stderr, "evade: %s: %s; evade --help tells more\n", which, what);
	exit(2);
}

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (!*text || *end || *text == '-' || n > max)
		quit("not a number in range", text);
	return n;
}

static void mac(const char *text, uint8_t *out)
{
	unsigned int b[6], i;
	char rest;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", b, b + 1, b + 2, b + 3, b + 4, b + 5, &rest) != 6)
		quit("not a MAC address", text);
	for (i = 0; i < 6; i++)
		out[i] = b[i];
}

static void token(const char *text, uint8_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 16);

	if (strlen(text) != 8 || *end)
		quit("not a token of 8 hex digits", text);
	put32(out, n);
}

static void send_one(const struct variant *v, const struct way *way)
{
	/* some have no SYN before them; a crossing SYN has no socket: it makes 6.12's MPTCP warn */
	bool answers = v->kind == CAPABLE_SYNACK && v->index % 4;
	bool opened = v->kind == CAPABLE_SYNACK || v->kind == JOIN_SYNACK || v->kind == CROSSING_SYN;
	uint16_t dport = opened ? OPENER_PORT : SERVER_PORT;
	uint32_t theirs = 0;

	if (answers && way->peer && !opener(v, way, &theirs))
		fprintf(stderr, "evade: variant %u: the server's SYN was not seen\n", v->index);
	frames_send(v, way, dport, v->kind == CROSSING_SYN ? 0 : theirs + 1);
}

static int send_all(int argc, char **argv, uint64_t seed)
{
	struct tokens t;
	struct variant v;
	struct way way;
	unsigned int i, first, count;

	if (argc != 9)
		quit("wants nine arguments", "send");
	first = number(argv[0], VARIANTS_MAX);
	count = number(argv[1], VARIANTS_MAX - first);
	way.phase = number(argv[2], PHASES - 1);
	token(argv[3], t.v4);
	token(argv[4], t.v6);
	way.dev = argv[5];
	mac(argv[6], way.from);
	mac(argv[7], way.to);
	way.peer = argv[8];
	frames_open(&way);
	openers_open(&way);
	for (i = first; i < first + count; i++) {
		variant_make(&v, seed, i, &t);
		send_one(&v, &way);
		if (i % 16 == 15)	/* no queue shall overflow */
			usleep(500);
	}
	opener_end();
	printf("sent %lu\n", frames_sent());
	return 0;
}

static int write_all(int argc, char **argv, uint64_t seed)
{
	const struct way way = { .from = { 2 }, .to = { 2, 1 } };
	const struct tokens t = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
	struct variant v;
	unsigned int i, count;
	FILE *file;

	if (argc != 2)
		quit("wants COUNT FILE", "write");
	count = number(argv[0], VARIANTS_MAX);
	file = fopen(argv[1], "w");
	if (!file)
		quit(strerror(errno), argv[1]);
	frames_to(file);
	for (i = 0; i < count; i++) {
		variant_make(&v, seed, i, &t);
		send_one(&v, &way);
	}
	if (fclose(file))
		quit(strerror(errno), argv[1]);
	printf("sent %lu\n", frames_sent());
	return 0;
}

static int show(int argc, char **argv, uint64_t seed)
{
	const struct tokens t = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
	struct variant v;

	while (argc--) {
		variant_make(&v, seed, number(*argv++, VARIANTS_MAX), &t);
		variant_print(&v, stdout);
	}
	return 0;
}

static void usage(void)
{
	puts("usage: evade send SEED FIRST COUNT PHASE TOKEN4 TOKEN6 DEV SRCMAC DSTMAC SERVER-NETNS\n"
	     "       evade write SEED COUNT FILE.pcap\n"
	     "       evade show SEED INDEX...\n"
	     "       evade serve\n"
	     "       evade hold ADDRESS\n"
	     "       evade split CAPTURE.pcap PREFIX\n"
	     "       evade judge SEED COUNT CAPTURE.pcap TSHARK.txt LIST PHASE PHASE...\n"
	     "send: variants FIRST to FIRST + COUNT - 1 from interface DEV, in the network of topology.sh. The same\n"
	     "SEED makes the same bytes, but for the tokens of live sessions that joins name (8 hex digits) and the\n"
	     "client's address, which tells the PHASE (0 to 15). SYN/ACKs answer connections that the server opens\n"
	     "in SERVER-NETNS, a file.\n"
	     "write: to a file instead. show: in words.\n"
	     "serve: an MPTCP listener; prints the token of a session that hold opened.\n"
	     "split: what the client sent in each phase, as IP packets, to PREFIX.PHASE.\n"
	     "judge: a line for each PHASE, the first without a policy, the second with\n"
	     "defragmentation alone, of what three readers read in the capture: the endpoint, by its answers;\n"
	     "tshark, whose fields are in TSHARK.txt; and the tables of the RFCs. LIST gets a line for each variant\n"
	     "that one of them read.\n"
	     "Exit status: 0, or 2 with a message.");
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "--help";
	uint64_t seed;

	if (!strcmp(verb, "serve"))
		return serve(argc - 2, argv + 2);
	if (!strcmp(verb, "hold"))
		return hold(argc - 2, argv + 2);
	if (!strcmp(verb, "split"))
		return split(argc - 2, argv + 2);
	if (argc < 3) {
		usage();
		return strcmp(verb, "--help") ? 2 : 0;
	}
	seed = number(argv[2], -1UL);
	if (!strcmp(verb, "send"))
		return send_all(argc - 3, argv + 3, seed);
	if (!strcmp(verb, "write"))
		return write_all(argc - 3, argv + 3, seed);
	if (!strcmp(verb, "show"))
		return show(argc - 3, argv + 3, seed);
	if (!strcmp(verb, "judge"))
		return judge(argc - 3, argv + 3, seed);
	quit("not send, write, show, serve, hold, split or judge", verb);
}
