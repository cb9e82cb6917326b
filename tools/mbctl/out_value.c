// SPDX-License-Identifier: GPL-2.0
/* What an answer holds: texts, numbers, times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out.h"
#include "text.h"
#include "util.h"
#include "words.h"

/**
 * out_str() - a text
 * @o:		answer
 * @key:	JSON's key; what stands before the value, or over the column
 * @text:	any bytes, or NULL
 */
void out_str(struct out *o, const char *key, const char *text)
{
	char *clean;

	if (!o->json) {
		out_put(o, key, text ? text_visible(text) : NULL);
	} else if (text) {
		clean = text_utf8(text);
		out_add(o, key, json_string(clean));
		free(clean);
	}
}

/**
 * out_quoted() - out_str(), quoted in text
 * @o:		answer
 * @key:	see out_str()
 * @text:	any bytes, or NULL
 */
void out_quoted(struct out *o, const char *key, const char *text)
{
	char *quoted = text && !o->json ? text_quoted(text) : NULL;

	out_str(o, key, quoted ? quoted : text);
	free(quoted);
}

/**
 * out_num() - a number
 * @o:		answer
 * @key:	see out_str()
 * @has:	whether there is one
 * @n:		number
 */
void out_num(struct out *o, const char *key, bool has, uint64_t n)
{
	if (!o->json)
		out_put(o, key, has ? xasprintf("%llu", (unsigned long long)n) : NULL);
	else if (has)
		out_add(o, key, json_integer(n));
}

/**
 * out_bool() - yes or no
 * @o:		answer
 * @key:	see out_str()
 * @has:	whether there is one
 * @b:		yes
 */
void out_bool(struct out *o, const char *key, bool has, bool b)
{
	if (!o->json)
		out_put(o, key, has ? xstrdup(b ? "yes" : "no") : NULL);
	else if (has)
		out_add(o, key, json_boolean(b));
}

/**
 * out_time() - a date
 * @o:		answer
 * @key:	see out_str()
 * @has:	whether there is one
 * @epoch:	seconds since 1970; text shows local time
 */
void out_time(struct out *o, const char *key, bool has, uint64_t epoch)
{
	time_t t = epoch;
	char text[32];
	struct tm tm;

	if (o->json || !has) {
		out_num(o, key, has, epoch);
		return;
	}
	if (localtime_r(&t, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		out_put(o, key, xstrdup(text));
	else
		out_num(o, key, true, epoch);
}

/**
 * moment_text() - a moment as people read it
 * @nanoseconds: since 1970
 *
 * Return: local time with microseconds, in a buffer overwritten by the next
 * call
 */
const char *moment_text(uint64_t nanoseconds)
{
	const unsigned int us = nanoseconds % 1000000000 / 1000;
	const time_t t = nanoseconds / 1000000000;
	static char text[48];
	size_t len = 0;
	struct tm tm;

	if (localtime_r(&t, &tm))
		len = strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%06u", us);
	return text;
}

/**
 * out_moment() - a date with microseconds
 * @o:		answer
 * @key:	see out_str()
 * @has:	whether there is one
 * @nanoseconds: since 1970; JSON has seconds with a fraction
 */
void out_moment(struct out *o, const char *key, bool has, uint64_t nanoseconds)
{
	const uint64_t microseconds = nanoseconds / 1000;

	if (!o->json)
		out_put(o, key, has ? xstrdup(moment_text(nanoseconds)) : NULL);
	else if (has)
		out_add(o, key, json_real(microseconds / 1e6));
}

/**
 * out_flags() - the names of bits that are set
 * @o:		answer
 * @key:	see out_str(); JSON has an array
 * @names:	of the bits
 * @flags:	bits
 */
void out_flags(struct out *o, const char *key, const struct names *names,
	       uint64_t flags)
{
	char text[512] = "";
	unsigned int i;

	if (o->json)
		out_open(o, key, true);
	for (i = 0; i < 32; i++) {
		if (!(flags >> i & 1))
			continue;
		if (o->json)
			out_str(o, NULL, name_of(names, i));
		else
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 !*text ? "" : o->shape == OUT_LIST ? "," : " ",
				 name_of(names, i));
	}
	if (o->json)
		out_close(o);
	else
		out_put(o, key, xstrdup(*text ? text : o->shape == OUT_LIST ? "-" : "none"));
}

/**
 * out_span() - a duration
 * @o:		answer
 * @key:	see out_str()
 * @has:	whether there is one
 * @seconds:	its length
 */
void out_span(struct out *o, const char *key, bool has, uint32_t seconds)
{
	if (o->json || !has)
		out_num(o, key, has, seconds);
	else
		out_put(o, key, xstrdup(duration_text(seconds)));
}
