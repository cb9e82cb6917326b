// SPDX-License-Identifier: GPL-2.0
/*
 * usage: test_option [ROUNDS [SEED]]
 * The option parser on the host: what it makes of bytes written by hand, and whether it agrees with
 * the naive one on every length and on millions of random bytes. Options lie in heap buffers of
 * exactly their size, for AddressSanitizer to see a byte read beyond.
 */
#include <assert.h>
#include <linux/mptcp_mb.h>
#include <stdlib.h>

#include "ktap.h"
#include "option_aid.h"
#include "option_dss.h"

/* The module adds a subtype, a fault to the first of their counters. */
#define FAULT(name) (MPTCP_MB_COUNTER_FAULT_##name - MPTCP_MB_COUNTER_FAULT_OVERRUN)
#define SUBTYPE(name) (MPTCP_MB_COUNTER_SUBTYPE_##name - MPTCP_MB_COUNTER_SUBTYPE_MP_CAPABLE)
static_assert(FAULT(SHORT) == MB_FAULT_SHORT, "order");
static_assert(FAULT(MP_CAPABLE_LEN) == MB_FAULT_CAPABLE_LEN, "order");
static_assert(FAULT(MP_CAPABLE_PLACE) == MB_FAULT_CAPABLE_PLACE, "order");
static_assert(FAULT(MP_JOIN_LEN) == MB_FAULT_JOIN_LEN, "order");
static_assert(FAULT(MP_JOIN_PLACE) == MB_FAULT_JOIN_PLACE, "order");
static_assert(FAULT(DSS_LEN) == MB_FAULT_DSS_LEN, "order");
static_assert(FAULT(DSS_PLACE) == MB_FAULT_DSS_PLACE, "order");
static_assert(FAULT(ADD_ADDR_LEN) == MB_FAULT_ADD_ADDR_LEN, "order");
static_assert(FAULT(REMOVE_ADDR_LEN) == MB_FAULT_REMOVE_ADDR_LEN, "order");
static_assert(FAULT(MP_PRIO_LEN) == MB_FAULT_PRIO_LEN, "order");
static_assert(FAULT(MP_FAIL_LEN) == MB_FAULT_FAIL_LEN, "order");
static_assert(FAULT(MP_FASTCLOSE_LEN) == MB_FAULT_FASTCLOSE_LEN, "order");
static_assert(FAULT(MP_TCPRST_LEN) == MB_FAULT_TCPRST_LEN, "order");
static_assert(FAULT(MP_EXPERIMENTAL_LEN) == MB_FAULT_EXPERIMENTAL_LEN, "order");
static_assert(SUBTYPE(MP_TCPRST) == MB_MP_TCPRST, "order");
static_assert(SUBTYPE(MP_EXPERIMENTAL) == MB_MP_EXPERIMENTAL, "order");

#define SYN MB_PLACE_SYN
#define SYNACK MB_PLACE_SYNACK
#define DATA MB_PLACE_OTHER

static const struct sample {
	enum mb_place place;
	const char *hex, *want;
} samples[] = {
#include "option_samples.h"
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static unsigned int unhex(const char *hex, u8 *out)
{
	char digits[3] = "";
	unsigned int n = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		memcpy(digits, hex++, 2);
		out[n++] = strtoul(digits, NULL, 16);
	}
	return n;
}

static void fail_with(const char *what, const u8 *b, unsigned int len, enum mb_place place)
{
	char hex[2 * MB_OPTIONS_LEN_MAX + 1] = "";
	unsigned int i;

	for (i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", b[i]);
	ktap_fail("%s: place %u, bytes %s", what, place, hex);
}

/* Nothing that is not filled may be written: it costs. */
static bool untouched(const struct mb_options *opts)
{
	const u8 *p = (const u8 *)&opts->opt[opts->n], *end = (const u8 *)(opts + 1);

	while (p < end)
		if (*p++ != 0xa5)
			return false;
	return true;
}

/* Parses from a buffer of just that size. */
static struct mb_options parse(const u8 *b, unsigned int len, enum mb_place place, bool *suspect)
{
	struct mb_options opts;
	u8 *exact = malloc(len ? len : 1);

	memcpy(exact, b, len);
	memset(&opts, 0xa5, sizeof(opts));
	*suspect = mb_options_suspect(exact, len, mb_options_start(exact, len));
	mb_options_parse(exact, len, place, &opts);
	if (opts.n && (!*suspect || mb_options_usual(exact, len)))
		fail_with("taken for one without MPTCP", b, len, place);
	free(exact);
	return opts;
}

/* The two parsers agree, and the parts of the result agree with each other. */
static const char *disagreement(const u8 *b, unsigned int len, enum mb_place place)
{
	unsigned int i, subtypes = 0;
	struct mb_options opts;
	bool suspect, faulty = false;
	struct seen seen;

	opts = parse(b, len, place, &suspect);
	naive_parse(b, len, place, &seen);
	if (opts.n != seen.n)
		return "number of options";
	if (seen.n && !suspect)
		return "mb_options_suspect";
	if (opts.sealed != seen.sealed)
		return "sealed";
	for (i = 0; i < seen.n; i++) {
		if (opts.opt[i].off != seen.opt[i].off || opts.opt[i].len != seen.opt[i].len)
			return "position";
		if (opts.opt[i].subtype != seen.opt[i].subtype)
			return "subtype";
		if (opts.opt[i].fault != seen.opt[i].fault)
			return "fault";
		if (seen.opt[i].subtype < 16)
			subtypes |= 1U << seen.opt[i].subtype;
		faulty |= seen.opt[i].fault != MB_FAULT_NONE;
	}
	if (opts.subtypes != subtypes || opts.faulty != faulty)
		return "summary";
	if (strcmp(describe(&opts), naive_describe(b, len, place)))
		return "fields";
	if (!untouched(&opts))
		return "what is not filled";
	return inside(&opts) ? NULL : "a field's position";
}

static void compare(const u8 *b, unsigned int len, enum mb_place place)
{
	const char *what = disagreement(b, len, place);

	if (what)
		fail_with(what, b, len, place);
}

static void test_sample(const struct sample *s)
{
	struct mb_options opts;
	unsigned int len;
	char name[160];
	bool suspect;
	u8 b[64];

	len = unhex(s->hex, b);
	opts = parse(b, len, s->place, &suspect);
	if (strcmp(describe(&opts), s->want))
		ktap_fail("want \"%s\", got \"%s\"", s->want, describe(&opts));
	compare(b, len, s->place);
	snprintf(name, sizeof(name), "%s %s",
		 s->place == SYN ? "SYN" : s->place == SYNACK ? "SYN/ACK" : "other", s->hex);
	ktap_done(name);
}

/* Each value of the two bytes that decide, each length, in each place. */
static void test_every_length(unsigned int subtype)
{
	unsigned int len, low, flags, place;
	u8 b[40] = { 30 };
	char name[80];

	memset(b + 4, 0x5a, sizeof(b) - 4);
	for (len = 2; len <= 40; len++)
		for (low = 0; low < 16; low++)
			for (flags = 0; flags < 256; flags += subtype == MB_DSS ? 1 : 51)
				for (place = SYN; place <= DATA; place++) {
					b[1] = len;
					b[2] = subtype << 4 | low;
					b[3] = flags;
					compare(b, len, place);
				}
	snprintf(name, sizeof(name), "subtype %s: every length in every place",
		 mb_subtype_name(subtype));
	ktap_done(name);
}

/* Every string over bytes that matter to the walk. */
static void test_short_strings(void)
{
	static const u8 alphabet[] = { 0, 1, 2, 3, 4, 8, 29, 30 };
	unsigned int len, i, n, code, k;
	u8 b[6];

	for (len = 0; len <= sizeof(b); len++) {
		for (n = 1, i = 0; i < len; i++)
			n *= sizeof(alphabet);
		for (code = 0; code < n; code++) {
			for (k = code, i = 0; i < len; i++, k /= sizeof(alphabet))
				b[i] = alphabet[k % sizeof(alphabet)];
			compare(b, len, DATA);
		}
	}
	ktap_done("every short string of bytes that matter");
}

static unsigned int random_bytes(u8 *b)
{
	static const u8 frequent[] = {
		30, 30, 30, 0, 1, 1, 2, 3, 4, 5, 8, 10, 12, 16, 20, 24, 28, 29,
		0x01, 0x10, 0x20, 0x30, 0x34, 0x36, 0x31, 0x40, 0x80, 0xf0
	};
	unsigned int len = random() % 41, i, noise = random() % 4;

	for (i = 0; i < len; i++)
		b[i] = random() % 4 < noise ? random() :
			frequent[random() % sizeof(frequent)];
	if (len >= 12 && random() % 4 == 0)
		memcpy(b, "\x01\x01\x08\x0a", 4);
	if (len >= 20 && random() % 8 == 0) {
		memcpy(b, "\x02\x04\x05\xb4\x04\x02\x08\x0a", 8);
		memcpy(b + 16, "\x01\x03\x03\x07", 4);
		b[random() % len] = random() % 32;
	}
	return len;
}

/* Samples one after the other, some bytes changed, cut short somewhere. */
static unsigned int mutated_samples(u8 *b)
{
	unsigned int len = 0, i, changes = random() % 4;
	u8 all[256];

	while (len < 40)
		len += unhex(samples[random() % SAMPLES].hex, all + len);
	len = random() % 2 ? 40 : random() % 41;
	memcpy(b, all, len);
	if (len >= 2 && random() % 4 == 0)
		memcpy(b + len - 2, "\x01\x01", 2);
	for (i = 0; i < changes && len; i++)
		b[random() % len] = random() % 3 ? random() % 64 : random();
	return len;
}

static void test_random(const char *name, unsigned int (*make)(u8 *b), unsigned int rounds)
{
	u8 b[40];

	while (rounds--)
		compare(b, make(b), random() % 3);
	ktap_done(name);
}

/* Options overwritten by NOPs from end to end leave none, whatever was there. */
static void test_overwritten(unsigned int rounds)
{
	while (rounds--) {
		struct mb_options opts;
		unsigned int len, i;
		bool suspect;
		u8 b[40];

		len = mutated_samples(b);
		opts = parse(b, len, DATA, &suspect);
		for (i = 0; i < opts.n; i++)
			memset(b + opts.opt[i].off, MB_TCPOPT_NOP, opts.opt[i].len);
		opts = parse(b, len, DATA, &suspect);
		if (opts.n)
			fail_with("still there", b, len, DATA);
	}
	ktap_done("overwritten by NOPs, no option is left");
}

/* A length beyond what a header can have is not believed. */
static void test_too_long(void)
{
	struct mb_options opts;
	u8 *b = malloc(MB_OPTIONS_LEN_MAX);
	unsigned int i;

	for (i = 0; i < MB_OPTIONS_LEN_MAX; i += 2)
		memcpy(b + i, "\x1e\x02", 2);
	mb_options_parse(b, 252, DATA, &opts);
	free(b);
	if (opts.n != MB_OPTIONS_MAX || opts.opt[MB_OPTIONS_MAX - 1].off != 38)
		ktap_fail("%u options", opts.n);
	ktap_done("no length runs over the array");
}

/* The table of sizes against the parser: a DSS is as long as its flags say, or longer by a checksum. */
static void test_dss_size(void)
{
	struct mb_options out;
	unsigned int flags, len;
	u8 *b;

	for (flags = 0; flags <= MB_DSS_FLAGS; flags++) {
		for (len = MB_TCPOLEN_DSS_BASE; len <= MB_OPTIONS_LEN_MAX; len++) {
			bool csum = (flags & MB_DSS_MAP) &&
				    len == mb_dss_size[flags] + 0U + MB_TCPOLEN_DSS_CHECKSUM;

			b = calloc(1, len);
			b[0] = MB_TCPOPT_MPTCP;
			b[1] = len;
			b[2] = MB_DSS << 4;
			b[3] = flags;
			mb_options_parse(b, len, DATA, &out);
			if ((out.opt[0].fault == MB_FAULT_NONE) !=
			    (len == mb_dss_size[flags] || csum))
				ktap_fail("flags 0x%x, %u bytes", flags, len);
			free(b);
		}
	}
	ktap_done("a DSS is as long as its flags say");
}

static void test_names(void)
{
	unsigned int i, j;

	for (i = 0; i < MB_SUBTYPES; i++)
		for (j = 0; j < i; j++)
			if (!strcmp(mb_subtype_name(i), mb_subtype_name(j)))
				ktap_fail("subtypes %u and %u", i, j);
	for (i = 0; i < MB_FAULTS; i++)
		for (j = 0; j < i; j++)
			if (!strcmp(mb_fault_name(i), mb_fault_name(j)))
				ktap_fail("faults %u and %u", i, j);
	if (strcmp(mb_subtype_name(MB_MP_EXPERIMENTAL), "mp-experimental") ||
	    strcmp(mb_fault_name(MB_FAULT_EXPERIMENTAL_LEN), "mp-experimental-len") ||
	    strcmp(mb_subtype_name(0xff), "none") || strcmp(mb_fault_name(MB_FAULT_NONE), "none"))
		ktap_fail("the last ones");
	ktap_done("every name is another");
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000, i;

	srandom(argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
	ktap_plan(SAMPLES + MB_SUBTYPES + 7);
	for (i = 0; i < SAMPLES; i++)
		test_sample(&samples[i]);
	for (i = 0; i < MB_SUBTYPES; i++)
		test_every_length(i);
	test_short_strings();
	test_random("random bytes: as the naive parser", random_bytes, rounds);
	test_random("mutated samples: as the naive parser", mutated_samples, rounds);
	test_overwritten(rounds / 4);
	test_too_long();
	test_dss_size();
	test_names();
	return ktap_end();
}
