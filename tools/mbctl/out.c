// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "util.h"

/* --- JSON ------------------------------------------------------------- */

/**
 * out_add() - a value into what is being filled
 * @o:		answer in JSON
 * @key:	ignored in an array
 * @value:	taken over
 */
void out_add(struct out *o, const char *key, json_t *value)
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
	out_add(o, key, value);
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

/* Real numbers are moments: seconds of ten digits and microseconds. */
static size_t dump_flags(const struct out *o)
{
	return JSON_REAL_PRECISION(16) |
	       (o->pretty ? JSON_INDENT(4) : JSON_COMPACT);
}

static void dump(const struct out *o, const json_t *value)
{
	json_dumpf(value, stdout, dump_flags(o));
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
	text = json_dumps(list, dump_flags(o));
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

/**
 * out_put() - the next cell, or the next line of a record
 * @o:		answer in text
 * @key:	what stands before it, or over its column
 * @text:	printable, taken over; NULL: there is none
 */
void out_put(struct out *o, const char *key, char *text)
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
		pad(0, o->indent);
		fputs(o->key[i], stdout);
		pad(width(o->key[i]), widest + 2);
		puts(o->cell[i]);
	}
}

/* A line of the table, or its head. */
static void print_row(const struct out *o, char *const *cell,
		      const unsigned int *widest)
{
	unsigned int i, gap = o->indent;

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
		print_row(o, o->key, widest);
	for (row = 0; row < o->items; row++)
		print_row(o, o->cell + row * OUT_COLUMNS, widest);
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
 * @o:		json, pretty and indent are set, the rest is filled
 * @shape:	enum out_shape
 */
void out_begin(struct out *o, enum out_shape shape)
{
	const bool json = o->json, pretty = o->pretty;
	const unsigned int indent = o->indent;

	memset(o, 0, sizeof(*o));
	o->indent = indent;
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
