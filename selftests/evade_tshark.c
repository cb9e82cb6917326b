// SPDX-License-Identifier: GPL-2.0
/* One of the readers: tshark, and what it is given to read. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evade_judge.h"

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
	variants = VARIANTS_MAX;
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

void read_tshark(const char *file)
{
	FILE *f = fopen(file, "r");
	char line[1024];

	if (!f)
		quit(strerror(errno), file);
	while (fgets(line, sizeof(line), f))
		read_line(line);
	fclose(f);
}
