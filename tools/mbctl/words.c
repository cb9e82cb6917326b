// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"
#include "util.h"

#define MAX_U32	0xffffffffU

/**
 * words_next() - take the next word
 * @w:	words
 *
 * Return: it, or NULL at the end
 */
const char *words_next(struct words *w)
{
	if (!w->n)
		return NULL;
	w->n--;
	return *w->v++;
}

/**
 * words_value() - take the word that has to follow a key
 * @w:		words
 * @key:	already taken
 * @wanted:	what may follow, for the error
 * @e:		filled on error
 *
 * Return: it, or NULL
 */
const char *words_value(struct words *w, const char *key, const char *wanted,
			struct err *e)
{
	const char *word = words_next(w);

	if (!word)
		err_usage(e, "%s: %s: a value is missing: give %s", w->place, key,
			  wanted);
	return word;
}

/**
 * words_end() - make sure that nothing is left
 * @w:	words
 * @e:	filled on error
 *
 * Return: 0 or -1
 */
int words_end(const struct words *w, struct err *e)
{
	if (!w->n)
		return 0;
	return err_usage(e, "%s: %s: nothing belongs here: leave it out", w->place,
			 shown(w->v[0]));
}

/**
 * parse_number() - a number, as nobody can misread it
 * @word:	decimal without leading zeros, or 0x...
 * @hex:	whether 0x... may be
 * @max:	largest
 * @out:	the number
 *
 * Return: 0, -EINVAL (no such number) or -ERANGE (too large)
 */
int parse_number(const char *word, bool hex, uint64_t max, uint64_t *out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int base = 10;
	uint64_t n = 0;

	if (hex && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
		base = 16;
		word += 2;
	} else if (word[0] == '0' && word[1]) {
		return -EINVAL;
	}
	if (!*word)
		return -EINVAL;
	for (; *word; word++) {
		const char lower = *word >= 'A' && *word <= 'F' ? *word | 0x20 : *word;
		const char *digit = memchr(digits, lower, base);

		if (!digit)
			return -EINVAL;
		/* stays above max, and far from overflow, once it is */
		if (n <= max)
			n = n * base + (digit - digits);
	}
	*out = n;
	return n <= max ? 0 : -ERANGE;
}

/**
 * prefix_bits() - how long an address of its family is
 * @p:	prefix
 *
 * Return: bits; 0 with AF_UNSPEC
 */
unsigned int prefix_bits(const struct prefix *p)
{
	return p->family == AF_INET ? 32 : p->family == AF_INET6 ? 128 : 0;
}

/**
 * prefix_text() - a prefix as people write it
 * @p:		prefix
 * @buf:	for the text
 *
 * Return: @buf: "any", an address, or ADDRESS/LENGTH
 */
const char *prefix_text(const struct prefix *p, char buf[PREFIX_STRLEN])
{
	if (p->family == AF_UNSPEC)
		return strcpy(buf, "any");
	inet_ntop(p->family, p->addr, buf, PREFIX_STRLEN);
	if (p->len < prefix_bits(p))
		sprintf(buf + strlen(buf), "/%u", p->len);
	return buf;
}

static bool clear_host_bits(struct prefix *p)
{
	bool were = false;
	unsigned int i;

	for (i = p->len; i < prefix_bits(p); i++) {
		const uint8_t bit = 0x80 >> (i % 8);

		were |= p->addr[i / 8] & bit;
		p->addr[i / 8] &= ~bit;
	}
	return were;
}

/* What is meant by ::ffff:a.b.c.d; returns whether @p is of that kind. */
static bool unmap(const struct prefix *p, struct prefix *v4)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (p->family != AF_INET6 || p->len < 96 || memcmp(p->addr, mapped, 12))
		return false;
	memset(v4, 0, sizeof(*v4));
	v4->family = AF_INET;
	memcpy(v4->addr, p->addr + 12, 4);
	v4->len = p->len - 96;
	return true;
}

static int refuse_mapped(const char *place, const char *word,
			 const struct prefix *p, struct err *e)
{
	char buf[PREFIX_STRLEN];
	struct prefix v4;

	if (!unmap(p, &v4))
		return 0;
	return err_usage(e,
			 "%s: %s: an IPv4 address mapped into IPv6, which no packet carries: write %s",
			 place, shown(word), prefix_text(&v4, buf));
}

static int parse_len(const char *place, const char *word, const char *len,
		     struct prefix *p, struct err *e)
{
	const unsigned int bits = prefix_bits(p);
	uint64_t n;
	int err;

	if (!len) {
		p->len = bits;
		return 0;
	}
	err = parse_number(len, false, bits, &n);
	if (err == -ERANGE)
		return err_usage(e,
				 "%s: %s: an %s prefix has at most %u bits: write a length of 0 to %u",
				 place, shown(word), bits == 32 ? "IPv4" : "IPv6",
				 bits, bits);
	if (err)
		return err_usage(e,
				 "%s: %s: no prefix length: behind the / goes a number of bits, 0 to %u",
				 place, shown(word), bits);
	p->len = n;
	return 0;
}

/**
 * parse_prefix() - addresses
 * @place:	for errors
 * @word:	"any", an address, or ADDRESS/LENGTH without host bits
 * @p:		filled
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int parse_prefix(const char *place, const char *word, struct prefix *p,
		 struct err *e)
{
	const char *slash = strchr(word, '/');
	size_t len = slash ? (size_t)(slash - word) : strlen(word);
	char addr[INET6_ADDRSTRLEN], buf[PREFIX_STRLEN], host[PREFIX_STRLEN];
	struct prefix given, v4;
	bool host_bits;

	memset(p, 0, sizeof(*p));
	if (!strcmp(word, "any"))
		return 0;
	if (len < sizeof(addr)) {
		memcpy(addr, word, len);
		addr[len] = '\0';
		if (inet_pton(AF_INET, addr, p->addr) == 1)
			p->family = AF_INET;
		else if (inet_pton(AF_INET6, addr, p->addr) == 1)
			p->family = AF_INET6;
	}
	if (!p->family)
		return err_usage(e,
				 "%s: %s: no address prefix: write one like 192.0.2.0/24, 2001:db8::/32, a single address, or any",
				 place, shown(word));
	if (parse_len(place, word, slash ? slash + 1 : NULL, p, e))
		return -1;
	given = *p;
	given.len = prefix_bits(p);
	host_bits = clear_host_bits(p);
	if (refuse_mapped(place, word, p, e))
		return -1;
	if (host_bits)
		return err_usage(e,
				 "%s: %s: bits are set beyond the prefix length: write %s, or %s for this one address",
				 place, shown(word), prefix_text(p, buf),
				 prefix_text(unmap(&given, &v4) ? &v4 : &given, host));
	return 0;
}

/**
 * parse_address() - one address
 * @place:	for errors
 * @word:	address
 * @p:		filled; all bits long
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int parse_address(const char *place, const char *word, struct prefix *p,
		  struct err *e)
{
	if (parse_prefix(place, word, p, e))
		return -1;
	if (!p->family || p->len != prefix_bits(p))
		return err_usage(e, "%s: %s: a prefix: give one address", place,
				 shown(word));
	return 0;
}

/**
 * parse_port() - a TCP port
 * @place:	for errors
 * @word:	1 to 65535
 * @port:	host byte order
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int parse_port(const char *place, const char *word, uint16_t *port,
	       struct err *e)
{
	uint64_t n;

	if (parse_number(word, false, 65535, &n) || !n)
		return err_usage(e, "%s: port %s: no port number: give 1 to 65535",
				 place, shown(word));
	*port = n;
	return 0;
}

/* The mark or the mask of @word: @len bytes at @num. */
static int mark_number(const char *place, const char *key, const char *word,
		       const char *num, size_t len, const char *what,
		       uint32_t *out, struct err *e)
{
	char *copy = xasprintf("%.*s", (int)len, num);
	uint64_t n;
	int err = parse_number(copy, true, MAX_U32, &n);

	free(copy);

	if (err == -ERANGE)
		return err_usage(e, "%s: %s %s: the %s has more than 32 bits: give 0 to 0xffffffff",
				 place, key, shown(word), what);
	if (err)
		return err_usage(e,
				 "%s: %s %s: no %s: give a number like 10 or 0x1, or 0x1/0xff with a mask",
				 place, key, shown(word), what);
	*out = n;
	return 0;
}

/**
 * parse_mark() - a packet or connection mark
 * @place:	for errors
 * @key:	"mark" or "ctmark"
 * @word:	V or V/M
 * @may_mask:	whether /M may be
 * @mark:	V
 * @mask:	M, or all bits
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int parse_mark(const char *place, const char *key, const char *word,
	       bool may_mask, uint32_t *mark, uint32_t *mask, struct err *e)
{
	const char *slash = strchr(word, '/');
	const size_t len = strlen(word);

	*mask = MAX_U32;
	if (!slash)
		return mark_number(place, key, word, word, len, "mark", mark, e);
	if (!may_mask)
		return err_usage(e,
				 "%s: %s %s: a segment has a mark and no mask: give the mark alone",
				 place, key, shown(word));
	if (mark_number(place, key, word, word, slash - word, "mark", mark, e) ||
	    mark_number(place, key, word, slash + 1, len, "mask", mask, e))
		return -1;
	if (!*mask)
		return err_usage(e, "%s: %s %s: mask 0 matches every mark: leave %s out",
				 place, key, shown(word), key);
	if (*mark & ~*mask)
		return err_usage(e,
				 "%s: %s %s: the mark has bits outside its mask and would match nothing: write 0x%x/0x%x, or a wider mask",
				 place, key, shown(word), *mark & *mask, *mask);
	return 0;
}

static const struct {
	char name;
	uint32_t seconds;
} units[] = {
	{ 'd', 86400 },
	{ 'h', 3600 },
	{ 'm', 60 },
	{ 's', 1 },
};

/* 30, 30s, 10m, 1h30m: units from large to small, each once. */
static int sum_up(const char *word, uint64_t *sum)
{
	unsigned int unit = 0;
	char num[12];
	uint64_t n;
	int err;

	err = parse_number(word, false, DURATION_MAX, sum);
	if (err != -EINVAL || !*word)
		return err;
	for (*sum = 0; *word; word++) {
		const size_t digits = strspn(word, "0123456789");

		snprintf(num, sizeof(num), "%.*s", (int)digits, word);
		err = parse_number(num, false, DURATION_MAX, &n);
		if (err)
			return err;
		word += digits;
		while (unit < ARRAY_SIZE(units) && units[unit].name != *word)
			unit++;
		if (unit == ARRAY_SIZE(units))
			return -EINVAL;
		*sum += n * units[unit++].seconds;
	}
	return *sum > DURATION_MAX ? -ERANGE : 0;
}

/**
 * parse_duration() - seconds
 * @place:	for errors
 * @key:	what it is about, like "timeout"
 * @word:	30, 30s, 10m, 24h, 7d, 1h30m; at most DURATION_MAX
 * @min:	the least, 0 or 1
 * @seconds:	the sum
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int parse_duration(const char *place, const char *key, const char *word,
		   uint32_t min, uint32_t *seconds, struct err *e)
{
	uint64_t n;
	int err = sum_up(word, &n);

	if (err == -EINVAL)
		return err_usage(e,
				 "%s: %s %s: no duration: give seconds, or like 30s, 10m, 24h, 7d, 1h30m",
				 place, key, shown(word));
	if (err || n < min)
		return err_usage(e, "%s: %s %s: out of range: give %s to %u (%s)",
				 place, key, shown(word), min ? "1 second" : "0",
				 DURATION_MAX, duration_text(DURATION_MAX));
	*seconds = n;
	return 0;
}

/**
 * duration_text() - seconds as people read them
 * @seconds:	any
 *
 * Return: like 1h30m, in a buffer overwritten by the next call
 */
const char *duration_text(uint32_t seconds)
{
	static char buf[32];
	size_t len = 0;
	unsigned int i;

	if (!seconds)
		return "0s";
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (seconds >= units[i].seconds)
			len += sprintf(buf + len, "%u%c", seconds / units[i].seconds,
				       units[i].name);
		seconds %= units[i].seconds;
	}
	return buf;
}
