// SPDX-License-Identifier: GPL-2.0
/*
 * usage: seeds DIR option [CAPTURE...] | grammar | reply
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

/* --- option ------------------------------------------------------------------------------- */

enum { SYN, SYNACK, DATA };

static const struct {
	unsigned int place;
	const char *hex, *want;
} options[] = {
#include "option_samples.h"
};

static void option_samples(void)
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
		seed(b, n);
	}
}

static void option_capture(const char *file)
{
	const char *error = capture_open(file);
	struct segment segment;
	struct packet packet;
	int status = 0;
	uint8_t b[64];

	while (!error && (status = capture_next(&packet)) > 0) {
		if (!packet.ip || packet_segment(&packet, &segment) || segment.doff <= 20)
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
	int i;

	if (argc < 3) {
		fputs("usage: seeds DIR option [CAPTURE...] | grammar | reply\n", stderr);
		return 1;
	}
	dir = argv[1];
	if (!strcmp(argv[2], "option"))
		option_samples();
	for (i = 3; i < argc; i++)
		option_capture(argv[i]);
	if (!strcmp(argv[2], "grammar"))
		grammar();
	if (!strcmp(argv[2], "reply"))
		seeds_reply();
	return 0;
}
