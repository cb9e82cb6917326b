// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out.h"
#include "text.h"
#include "util.h"
#include "words.h"

/* --- JSON ------------------------------------------------------------- */

static void add(struct out *o, const char *key, json_t *value)
{
	json_t *to = o->value[o->depth - 1];
	int err;

	if (json_is_array(to))
		err = json_array_append_new(to, value);
	else
		err = json_object_set_new(to, key, value);
	if (err) {
		fputs("mbctl: out of memory\n", stderr);
		exit(STATUS_USAGE);
	}
}

/**
 * out_open() - a value that has values
 * @o:		answer
 * @key:	its key in the object around it; ignored in an array
 * @array:	it is an array, no object
 */
void out_open(struct out *o, const char *key, bool array)
{
	json_t *value;

	if (!o->json) {
		o->depth++;
		return;
	}
	value = array ? json_array() : json_object();
	add(o, key, value);
	o->value[o->depth++] = value;
}

/**
 * out_close() - back to what is around it
 * @o:	answer
 */
void out_close(struct out *o)
{
	o->depth--;
}

static void dump(const struct out *o, const json_t *value)
{
	json_dumpf(value, stdout, o->pretty ? JSON_INDENT(4) : JSON_COMPACT);
}

/* Items of a list are printed one by one: there may be a million. Each is
 * dumped as an array of one, whose brackets are cut off.
 */
static void dump_item(struct out *o)
{
	const size_t tail = o->pretty ? 2 : 1;
	json_t *item = o->value[0], *list;
	char *text;

	if (!item)
		return;
	list = json_array();
	json_array_append_new(list, item);
	text = json_dumps(list, o->pretty ? JSON_INDENT(4) : JSON_COMPACT);
	printf("%s%.*s", o->items == 1 ? "[" : ",", (int)(strlen(text) - 1 - tail),
	       text + 1);
	free(text);
	json_decref(list);
	o->value[0] = NULL;
}

static void end_json(struct out *o)
{
	if (o->shape == OUT_LIST) {
		dump_item(o);
		printf("%s", !o->items ? "[]\n" : o->pretty ? "\n]\n" : "]\n");
		return;
	}
	dump(o, o->value[0]);
	putchar('\n');
	json_decref(o->value[0]);
}

/* --- text ------------------------------------------------------------- */

static char *label(const char *key, bool upper)
{
	char *text = xstrdup(key), *c;

	for (c = text; *c; c++) {
		if (*c == '_')
			*c = '-';
		else if (upper && *c >= 'a' && *c <= 'z')
			*c &= ~0x20;
	}
	return text;
}

static void put(struct out *o, const char *key, char *text)
{
	if (o->shape == OUT_TALE || o->depth || o->col == OUT_COLUMNS) {
		free(text);
		return;
	}
	if (!o->key[o->col])
		o->key[o->col] = label(key, o->shape == OUT_LIST);
	o->cell[(o->items - 1) * OUT_COLUMNS + o->col++] = text;
}

/* Characters, not bytes: of UTF-8, all but the continuation bytes. */
static unsigned int width(const char *s)
{
	unsigned int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static void pad(unsigned int from, unsigned int to)
{
	for (; from < to; from++)
		putchar(' ');
}

static void end_record(struct out *o)
{
	unsigned int widest = 0, i;

	for (i = 0; i < o->col; i++)
		if (o->cell[i] && width(o->key[i]) > widest)
			widest = width(o->key[i]);
	for (i = 0; i < o->col; i++) {
		if (!o->cell[i])
			continue;
		fputs(o->key[i], stdout);
		pad(width(o->key[i]), widest + 2);
		puts(o->cell[i]);
	}
}

/* A line of the table; item 0 is the head. */
static void print_row(char *const *cell, const unsigned int *widest)
{
	unsigned int i, gap = 0;

	for (i = 0; i < OUT_COLUMNS; i++) {
		const char *text = cell[i] ? cell[i] : "-";

		if (!widest[i])
			continue;
		pad(0, gap);
		fputs(text, stdout);
		gap = widest[i] + 2 - width(text);
	}
	putchar('\n');
}

static void end_list(struct out *o)
{
	unsigned int widest[OUT_COLUMNS] = { 0 }, i;
	unsigned long row;

	for (row = 0; row < o->items; row++)
		for (i = 0; i < OUT_COLUMNS; i++) {
			const char *text = o->cell[row * OUT_COLUMNS + i];

			if (text && width(text) > widest[i])
				widest[i] = width(text);
		}
	for (i = 0; i < OUT_COLUMNS && o->key[i]; i++)
		if (widest[i] && width(o->key[i]) > widest[i])
			widest[i] = width(o->key[i]);
	if (o->items)
		print_row(o->key, widest);
	for (row = 0; row < o->items; row++)
		print_row(o->cell + row * OUT_COLUMNS, widest);
}

static void end_text(struct out *o)
{
	unsigned long i;

	if (o->shape == OUT_RECORD)
		end_record(o);
	else if (o->shape == OUT_LIST)
		end_list(o);
	for (i = 0; i < o->items * OUT_COLUMNS; i++)
		free(o->cell[i]);
	for (i = 0; i < OUT_COLUMNS; i++)
		free(o->key[i]);
	free(o->cell);
}

/* --- both ------------------------------------------------------------- */

/**
 * out_begin() - begin the answer
 * @o:		json and pretty are set, the rest is filled
 * @shape:	enum out_shape
 */
void out_begin(struct out *o, enum out_shape shape)
{
	const bool json = o->json, pretty = o->pretty;

	memset(o, 0, sizeof(*o));
	o->json = json;
	o->pretty = pretty;
	o->shape = shape;
	if (shape != OUT_LIST)
		out_item(o);
}

/**
 * out_item() - begin the next item of a list
 * @o:	answer; each of its items gets its values in the same order
 */
void out_item(struct out *o)
{
	if (o->json) {
		dump_item(o);
		o->value[0] = json_object();
		o->depth = 1;
		o->items++;
		return;
	}
	/* grows to twice the size at each power of two */
	if (!(o->items & (o->items - 1)))
		o->cell = xrealloc(o->cell, (2 * o->items + 1) * OUT_COLUMNS *
					    sizeof(*o->cell));
	memset(o->cell + o->items * OUT_COLUMNS, 0,
	       OUT_COLUMNS * sizeof(*o->cell));
	o->items++;
	o->col = 0;
}

/**
 * out_end() - print the answer, or the rest of it
 * @o:	answer
 * @e:	filled on error
 *
 * Return: 0, or -1: it could not be written
 */
int out_end(struct out *o, struct err *e)
{
	if (o->json)
		end_json(o);
	else
		end_text(o);
	return out_flush(e);
}

/**
 * out_flush() - see that what was printed is written
 * @e:	filled on error
 *
 * Return: 0 or -1
 */
int out_flush(struct err *e)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout))
		return err_usage(e, "the answer could not be written: %s",
				 strerror(errno ? errno : EIO));
	return 0;
}

/**
 * out_line() - a line of text; nothing in JSON
 * @o:		answer of shape OUT_TALE
 * @fmt:	without newline
 */
void out_line(struct out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->json)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

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
		put(o, key, text ? text_visible(text) : NULL);
	} else if (text) {
		clean = text_utf8(text);
		add(o, key, json_string(clean));
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
		put(o, key, has ? xasprintf("%llu", (unsigned long long)n) : NULL);
	else if (has)
		add(o, key, json_integer(n));
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
		put(o, key, has ? xstrdup(b ? "yes" : "no") : NULL);
	else if (has)
		add(o, key, json_boolean(b));
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
		put(o, key, xstrdup(text));
	else
		out_num(o, key, true, epoch);
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
		put(o, key, xstrdup(duration_text(seconds)));
}
