// SPDX-License-Identifier: GPL-2.0
/*
 * usage: test_mbctl [ROUNDS [SEED]]
 * mbctl's grammar: samples good and bad with what is printed of them; what is accepted comes back
 * the same from its text and from netlink attributes; random words and bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "ktap.h"
#include "nl.h"
#include "setting.h"
#include "text.h"

#define GRAMMAR	"PREFIX [from PREFIX] [port N] [mark V[/M]] [ctmark V[/M]] " \
		"allow [join J] | deny [fallback F] [override] [timeout T] [comment TEXT]"
#define PREFIXES "write one like 192.0.2.0/24, 2001:db8::/32, a single address, or any"
#define KEYS	"mode, default, fallback, join, orphan, orphan-grace, add-addr, midstream, malformed, " \
		"local, reset-rate, max-sessions, session-timeout and share-mark"
#define MASKS	"give bits of a mark like 0xff, 0 for none"
#define RANGE	"out of range: give 1 second to 2147483 (24d20h31m23s)"
#define DURATIONS "no duration: give seconds, or like 30s, 10m, 24h, 7d, 1h30m"
#define SIXTY_THREE "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+"

enum kind { ENTRY, KEY, QUERY, SET };

static const struct sample {
	enum kind kind;
	const char *words, *want;
} samples[] = {
#include "mbctl_samples.h"
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static char *settings_line(const struct settings *set)
{
	char *line = calloc(1, 512), value[SETTING_STRLEN];
	unsigned int i;

	for (i = 0; i < settings_count; i++) {
		const struct setting *s = &settings_table[i];

		if (!set->has[s->attr])
			continue;
		sprintf(line + strlen(line), "%s%s %s", *line ? " " : "", s->name,
			setting_text(s, set->value[s->attr], value));
	}
	return line;
}

/* What mbctl makes of words: text, or ! and the error. To be freed. */
static char *make(enum kind kind, const char *words, size_t len)
{
	struct err e = { 0 };
	struct line line = { 0 };
	struct words w = { .place = "P" };
	struct settings set;
	struct entry entry = { 0 };
	char *text = NULL;
	int err;

	err = line_split(&line, words, len, "P", &e);
	w.v = line.word;
	w.n = line.n;
	if (!err && kind == SET) {
		err = settings_parse(&w, &set, &e);
		text = err ? NULL : settings_line(&set);
	} else if (!err) {
		err = kind == QUERY ? entry_parse_query(&w, &entry, &e) :
				      entry_parse(&w, &entry, kind == KEY ? ENTRY_KEY : ENTRY_WHOLE, &e);
		text = err ? NULL : entry_text(&entry);
		entry_free(&entry);
	}
	if (err) {
		text = malloc(sizeof(e.text) + 1);
		sprintf(text, "!%s", e.text);
		if (e.status != STATUS_USAGE)
			ktap_fail("status %d: %s", e.status, text);
	}
	line_free(&line);
	return text;
}

static void check_samples(void)
{
	unsigned int i;
	char *got;

	for (i = 0; i < SAMPLES; i++) {
		got = make(samples[i].kind, samples[i].words, strlen(samples[i].words));
		if (strcmp(got, samples[i].want))
			ktap_fail("%s: want %s, got %s", samples[i].words, samples[i].want, got);
		free(got);
	}
	ktap_done("samples: what mbctl prints of good words and says of bad ones");
}

/* Text that mbctl printed is words that it takes, and means the same. */
static void check_again(void)
{
	unsigned int i;
	char *got;

	for (i = 0; i < SAMPLES; i++) {
		if (*samples[i].want == '!')
			continue;
		got = make(samples[i].kind, samples[i].want, strlen(samples[i].want));
		if (strcmp(got, samples[i].want))
			ktap_fail("%s becomes %s", samples[i].want, got);
		free(got);
	}
	ktap_done("samples: what is printed is read back the same");
}

static bool parse_sample(const char *words, struct entry *entry)
{
	struct line line = { 0 };
	struct words w = { .place = "P" };
	struct err e;
	bool ok;

	line_split(&line, words, strlen(words), "P", &e);
	w.v = line.word;
	w.n = line.n;
	ok = !entry_parse(&w, entry, ENTRY_WHOLE, &e);
	line_free(&line);
	return ok;
}

static void check_attributes(void)
{
	NL_BUFFER(buf);
	struct nl nl = { .family = 99 };
	struct nlmsghdr *req;
	unsigned int i;

	for (i = 0; i < SAMPLES; i++) {
		struct entry entry = { 0 }, back = { 0 };
		char *text;

		if (samples[i].kind != ENTRY || *samples[i].want == '!' ||
		    !parse_sample(samples[i].words, &entry))
			continue;
		req = nl_request(&nl, buf, MPTCP_MB_CMD_SITE_ADD, 0);
		entry_put(req, &entry, false);
		if (req->nlmsg_len > NL_REQUEST_MAX / 2)
			ktap_fail("%s: a request of %u bytes", samples[i].words, req->nlmsg_len);
		if (entry_get(mnl_nlmsg_get_payload_offset(req, 4), &back))
			ktap_fail("%s: cannot be read back", samples[i].words);
		text = entry_text(&back);
		if (strcmp(text, samples[i].want) ||
		    entry_clash(&entry, &back) != 1)
			ktap_fail("%s becomes %s", samples[i].want, text);
		free(text);
		entry_free(&entry);
		entry_free(&back);
	}
	ktap_done("samples: netlink attributes hold all of an entry");
}

/* Two entries that a policy cannot hold both: 1 the same, 2 masks that overlap. */
static void check_clashes(void)
{
	static const struct {
		const char *a, *b;
		int want;
	} pairs[] = {
		{ "any allow", "any deny comment x", 1 },
		{ "any allow", "0.0.0.0/0 allow", 0 },
		{ "10.0.0.0/8 allow", "10.0.0.0/9 allow", 0 },
		{ "any allow", "any allow override", 0 },
		{ "any port 1 allow", "any port 2 allow", 0 },
		{ "any mark 1/3 allow", "any mark 1/3 deny", 1 },
		{ "any mark 1/0xf allow", "any mark 0x10/0xf0 deny", 2 },
		{ "any mark 1/0xf allow", "any mark 0x2/0xff deny", 0 },
		{ "any mark 1/0xf allow", "any ctmark 1/0xf deny", 0 },
		{ "any mark 1/0xf allow", "any mark 0x10/0xf0 from 10.0.0.1 deny", 0 },
		{ "any mark 1/0xf ctmark 1 allow", "any mark 0x10/0xf0 ctmark 2 deny", 0 },
		{ "any mark 1/0xf ctmark 1 allow", "any mark 0x10/0xf0 ctmark 1/1 deny", 2 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct entry a = { 0 }, b = { 0 };

		if (!parse_sample(pairs[i].a, &a) || !parse_sample(pairs[i].b, &b))
			ktap_fail("%s or %s is no entry", pairs[i].a, pairs[i].b);
		if (entry_clash(&a, &b) != pairs[i].want || entry_clash(&b, &a) != pairs[i].want)
			ktap_fail("%s and %s: clash %d", pairs[i].a, pairs[i].b, entry_clash(&a, &b));
		entry_free(&a);
		entry_free(&b);
	}
	ktap_done("entries that cannot stand together");
}

static const char *const vocabulary[] = {
	"any", "10.0.0.0/8", "fd00::/8", "from", "10.1.0.1", "fd00::1", "port", "80", "mark", "1/3",
	"ctmark", "0x10", "allow", "deny", "join", "reset", "fallback", "strip", "override", "timeout",
	"1h", "comment", "\"a \\\" b\"", "x#", "\\", "drop", "accept",
};

/* What is accepted is printed such that it is accepted again and printed the same. */
static void check_random_words(unsigned int rounds)
{
	unsigned int i, n, accepted = 0;

	for (i = 0; i < rounds; i++) {
		char words[512], *got, *again;

		strcpy(words, vocabulary[rand() % 3]);
		for (n = rand() % 14; n; n--) {
			strcat(words, " ");
			strcat(words, vocabulary[rand() % (sizeof(vocabulary) / sizeof(vocabulary[0]))]);
		}
		/* most random sentences lack one thing: help some of them */
		if (rand() % 2)
			strcat(words, rand() % 2 ? " allow" : " deny comment \"\\\\ #\"");
		got = make(ENTRY, words, strlen(words));
		if (*got != '!') {
			accepted++;
			again = make(ENTRY, got, strlen(got));
			if (strcmp(got, again))
				ktap_fail("%s becomes %s becomes %s", words, got, again);
			free(again);
		} else if (strncmp(got, "!P: ", 4)) {
			ktap_fail("%s: no place in %s", words, got);
		}
		free(got);
	}
	if (accepted < rounds / 100)
		ktap_fail("only %u of %u sentences were accepted", accepted, rounds);
	ktap_done("random words: printed and read back");
}

/* Any comment that is accepted survives; any bytes make an entry or a one-line error. */
static void check_random_bytes(unsigned int rounds)
{
	static const char bytes[] = "\" \\#a\303\274\n\t\r\001\177\342\200\256";
	unsigned int i, n, len;

	for (i = 0; i < rounds; i++) {
		char words[80] = "any allow comment ", *got, *again, *c;

		len = strlen(words);
		for (n = 1 + rand() % 20; n; n--)
			words[len++] = rand() % 4 ? bytes[rand() % (sizeof(bytes) - 1)] : rand();
		got = make(ENTRY, words, len);
		for (c = got; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				ktap_fail("byte 0x%02x in %s", (unsigned char)*c, got);
		if (*got != '!') {
			again = make(ENTRY, got, strlen(got));
			if (strcmp(got, again))
				ktap_fail("%s becomes %s", got, again);
			free(again);
		}
		free(got);
	}
	ktap_done("random bytes: an entry, or an error on one line");
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? atoi(argv[1]) : 100000;

	srand(argc > 2 ? atoi(argv[2]) : 1);
	ktap_plan(6);
	check_samples();
	check_again();
	check_attributes();
	check_clashes();
	check_random_words(rounds);
	check_random_bytes(rounds);
	return ktap_end();
}
