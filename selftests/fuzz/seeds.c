// SPDX-License-Identifier: GPL-2.0
/*
 * usage: seeds DIR option|packet [CAPTURE...] | grammar | reply
 * Writes inputs to begin with into DIR: what the unit tests have written by hand, and the options
 * of captures.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "seeds.h"

#define INPUT_MAX	4096

static const char *dir;
static unsigned int count;

void seed(const void *bytes, size_t len)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof(name), "%s/seed%06u", dir, count++);
	f = fopen(name, "w");
	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f)) {
		fprintf(stderr, "seeds: %s cannot be written\n", name);
		exit(1);
	}
}

/* --- option and packet ---------------------------------------------------------------------- */

enum { SYN, SYNACK, DATA };

static const struct {
	unsigned int place;
	const char *hex, *want;
} options[] = {
#include "option_samples.h"
};

/* How a packet lies in memory and what is done, in turn, for the target packet */
static unsigned int turns;

static void put_packet(uint8_t *b, unsigned int len, bool v6)
{
	static const uint8_t linear[] = { 255, 20, 60, 45 };

	b[0] = v6 | (turns & 7) << 4 | (turns >> 3 & 7) << 1;
	b[1] = linear[turns % 4];
	turns++;
	seed(b, len);
}

/* @n bytes of options in a segment with a few bytes of payload */
static void option_packet(unsigned int place, const uint8_t *options, unsigned int n)
{
	static const uint8_t flags[] = { [SYN] = 0x02, [SYNACK] = 0x12, [DATA] = 0x18 };
	const bool v6 = turns & 1;
	uint8_t b[128] = { 0 }, *ip = b + 2, *tcp = ip + (v6 ? 40 : 20);
	const unsigned int doff = 20 + (n + 3) / 4 * 4, len = doff + 5;

	if (n > 40)
		return;
	ip[0] = v6 ? 0x60 : 0x45;
	ip[v6 ? 6 : 9] = 6;
	ip[v6 ? 5 : 3] = v6 ? len : 20 + len;
	tcp[12] = doff / 4 << 4;
	tcp[13] = flags[place];
	memcpy(tcp + 20, options, n);
	put_packet(b, 2 + (v6 ? 40 : 20) + len, v6);
}

static void packet_capture(const struct packet *packet)
{
	uint8_t b[256];

	if (packet->len > sizeof(b) - 2)
		return;
	memcpy(b + 2, packet->ip, packet->len);
	put_packet(b, 2 + packet->len, packet->family == 6);
}

static void option_samples(bool packets)
{
	char digits[3] = "";
	unsigned int i, n;
	uint8_t b[128];

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *hex = options[i].hex;

		b[0] = options[i].place;
		for (n = 1; *hex; hex++) {
			if (*hex == ' ')
				continue;
			memcpy(digits, hex++, 2);
			b[n++] = strtoul(digits, NULL, 16);
		}
		if (packets)
			option_packet(b[0], b + 1, n - 1);
		else
			seed(b, n);
	}
}

static void from_capture(const char *file, bool packets)
{
	const char *error = capture_open(file);
	struct segment segment;
	struct packet packet;
	int status = 0;
	uint8_t b[64];

	while (!error && (status = capture_next(&packet)) > 0) {
		if (packets && packet.ip)
			packet_capture(&packet);
		if (packets || !packet.ip || packet_segment(&packet, &segment) || segment.doff <= 20)
			continue;
		b[0] = !(segment.tcp[13] & 0x02) ? DATA : segment.tcp[13] & 0x10 ? SYNACK : SYN;
		memcpy(b + 1, segment.tcp + 20, segment.doff - 20);
		seed(b, segment.doff - 19);
	}
	error = !error && status < 0 ? capture_error() : error;
	if (error) {
		fprintf(stderr, "seeds: %s: %s\n", file, error);
		exit(1);
	}
	capture_close();
}

/* --- grammar ------------------------------------------------------------------------------ */

enum { ENTRY, KEY, QUERY, SET };

/* of test_mbctl.c, for errors; of no interest here */
#define GRAMMAR		""
#define PREFIXES	""
#define DURATIONS	""
#define RANGE		""
#define MASKS		""
#define KEYS		""
#define SIXTY_THREE	"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+"

static const struct {
	unsigned int kind;
	const char *words, *want;
} statements[] = {
#include "mbctl_samples.h"
};

static void grammar(void)
{
	static const char *const object[] = {
		[ENTRY] = "site add", [KEY] = "site del", [QUERY] = "site get", [SET] = "policy set",
	};
	char text[INPUT_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		snprintf(text, sizeof(text), "%s %s\n", object[statements[i].kind],
			 statements[i].words);
		seed(text, strlen(text));
	}
}

int main(int argc, char **argv)
{
	bool packets;
	int i;

	if (argc < 3) {
		fputs("usage: seeds DIR option|packet [CAPTURE...] | grammar | reply\n", stderr);
		return 1;
	}
	dir = argv[1];
	packets = !strcmp(argv[2], "packet");
	if (packets || !strcmp(argv[2], "option"))
		option_samples(packets);
	for (i = 3; i < argc; i++)
		from_capture(argv[i], packets);
	if (!strcmp(argv[2], "grammar"))
		grammar();
	if (!strcmp(argv[2], "reply"))
		seeds_reply();
	return 0;
}
