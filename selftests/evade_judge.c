// SPDX-License-Identifier: GPL-2.0
/* What is read at the far side, summed up: by the endpoint, by tshark, and by a reader made from the
 * tables of the RFCs. None of them shares code with the module.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evade_judge.h"

static const char *const bit_names[] = {
	"arrived", "endpoint:MP_CAPABLE", "endpoint:MP_JOIN", "tshark:MP_CAPABLE", "tshark:MP_JOIN",
	"table:MP_CAPABLE", "table:MP_JOIN", "kind-30", "tshark:late", "table:late", "calls-itself-join",
	"sealed", "lost",
};

static unsigned int with(unsigned int phase, unsigned int any, unsigned int none)
{
	unsigned int i, n = 0;

	for (i = 0; i < variants; i++)
		n += (seen[phase][i] & any) && !(seen[phase][i] & none);
	return n;
}

/* What arrived without a policy, and with defragmentation alone, and has nothing that a policy
 * refuses, but did not arrive now
 */
static unsigned int lost(unsigned int phase, unsigned int base, unsigned int whole)
{
	unsigned int i, n = 0;

	for (i = 0; i < variants; i++) {
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

	for (i = 0; i < variants; i++) {
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

	for (i = 0; i < variants; i++) {
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
	variants = atoi(argv[0]);
	if (!variants || variants > VARIANTS_MAX)
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
