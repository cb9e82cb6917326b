// SPDX-License-Identifier: GPL-2.0
/*
 * The option parser on raw bytes: the kind of segment in the first byte, then the options of its
 * header. They lie in a buffer of just their size, for AddressSanitizer to see a byte read beyond.
 */
#include <stdint.h>
#include <stdlib.h>

#include "option_aid.h"
#include "option_dss.h"

#define LEN_MAX		60	/* more than a header has does no harm */

#define CHECK(x) do { if (!(x)) __builtin_trap(); } while (0)

/* What is not filled is not written. */
static void check_untouched(const struct mb_options *opts)
{
	const u8 *p = (const u8 *)&opts->opt[opts->n], *end = (const u8 *)(opts + 1);

	while (p < end)
		CHECK(*p++ == 0xa5);
}

static void check_summary(const struct mb_options *opts, unsigned int len)
{
	unsigned int i, subtypes = 0;
	bool faulty = false;

	CHECK(opts->n <= MB_OPTIONS_MAX);
	for (i = 0; i < opts->n; i++) {
		const struct mb_option *o = &opts->opt[i];

		CHECK(o->len >= 1 && o->off + o->len <= len);
		CHECK(!i || o->off >= o[-1].off + o[-1].len);
		if (o->subtype < MB_SUBTYPES)
			subtypes |= 1U << o->subtype;
		faulty |= o->fault != MB_FAULT_NONE;
	}
	CHECK(opts->subtypes == subtypes && opts->faulty == faulty);
	CHECK(inside(opts));
	check_untouched(opts);
}

static void check_find(const struct mb_options *opts)
{
	unsigned int subtype;

	for (subtype = 0; subtype < MB_SUBTYPES; subtype++) {
		const struct mb_option *o = mb_option_find(opts, subtype);

		CHECK(!o || (o->subtype == subtype && o->fault == MB_FAULT_NONE));
	}
}

static struct mb_options parse(const u8 *b, unsigned int len, unsigned int start,
			       enum mb_place place)
{
	struct mb_options opts;

	memset(&opts, 0xa5, sizeof(opts));
	mb_options_parse_from(b, len, start, place, &opts);
	check_summary(&opts, len);
	return opts;
}

/* As the hook asks, quick questions first: what they say no to has no MPTCP option. */
static void check_quick(const u8 *b, unsigned int len, const struct mb_options *opts)
{
	if (mb_options_usual(b, len) || !mb_options_suspect(b, len, mb_options_start(b, len)))
		CHECK(!opts->n);
}

/* Where the walk begins makes no difference, in a header. */
static void check_start(const u8 *b, unsigned int len, enum mb_place place,
			const struct mb_options *opts)
{
	struct mb_options again;
	char text[4096];

	if (len > MB_OPTIONS_LEN_MAX)
		return;
	again = parse(b, len, 0, place);
	CHECK(again.n == opts->n && again.sealed == opts->sealed);
	strcpy(text, describe(opts));
	CHECK(!strcmp(text, describe(&again)));
}

/* As strip does; options overwritten by NOPs from end to end leave none. */
static void check_overwritten(u8 *b, unsigned int len, enum mb_place place,
			      const struct mb_options *opts)
{
	unsigned int i;

	for (i = 0; i < opts->n; i++)
		memset(b + opts->opt[i].off, MB_TCPOPT_NOP, opts->opt[i].len);
	CHECK(!parse(b, len, mb_options_start(b, len), place).n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const enum mb_place place = size ? data[0] % 3 : 0;
	struct mb_options opts;
	unsigned int len;
	u8 *b;

	if (!size || size > LEN_MAX + 1)
		return 0;
	len = size - 1;
	b = malloc(len);
	memcpy(b, data + 1, len);
	opts = parse(b, len, mb_options_start(b, len), place);
	check_quick(b, len, &opts);
	check_find(&opts);
	check_start(b, len, place, &opts);
	check_overwritten(b, len, place, &opts);
	free(b);
	return 0;
}
