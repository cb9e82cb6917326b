/* SPDX-License-Identifier: GPL-2.0 */
/* Answers for people and for scripts: the same calls make lines of text,
 * aligned columns, or one JSON value.
 */
#ifndef MBCTL_OUT_H
#define MBCTL_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "names.h"

#define OUT_DEPTH	8
#define OUT_COLUMNS	24

enum out_shape {
	OUT_RECORD,	/* a line for each value; a JSON object */
	OUT_LIST,	/* a line for each item, in columns; a JSON array */
	OUT_TALE,	/* text by out_line() alone; values make a JSON object */
};

/**
 * struct out - one answer
 * @json:	not text
 * @pretty:	JSON on many lines
 * @indent:	text: blanks before each line of a record or list
 * @shape:	enum out_shape
 * @value:	JSON: what is being filled, outermost first
 * @depth:	how many of them
 * @items:	how many items of a list have begun
 * @col:	text: of the next value
 * @key:	text: of each column, the first item's; of each line, owned
 * @cell:	text: OUT_COLUMNS for each item, owned or NULL
 */
struct out {
	bool json, pretty;
	unsigned int indent;
	enum out_shape shape;
	json_t *value[OUT_DEPTH];
	unsigned int depth;
	unsigned long items;
	unsigned int col;
	char *key[OUT_COLUMNS];
	char **cell;
};

void out_begin(struct out *o, enum out_shape shape);
void out_item(struct out *o);
int out_end(struct out *o, struct err *e);
int out_flush(struct err *e);

/* A value that is not there is NULL, or !has: JSON lacks its key, text its
 * line; a list its column, if no item has it.
 */
void out_str(struct out *o, const char *key, const char *text);
void out_num(struct out *o, const char *key, bool has, uint64_t n);
void out_bool(struct out *o, const char *key, bool has, bool b);
void out_time(struct out *o, const char *key, bool has, uint64_t epoch);
void out_moment(struct out *o, const char *key, bool has, uint64_t nanoseconds);
void out_span(struct out *o, const char *key, bool has, uint32_t seconds);
void out_quoted(struct out *o, const char *key, const char *text);
void out_flags(struct out *o, const char *key, const struct names *names,
	       uint64_t flags);

const char *moment_text(uint64_t nanoseconds);

/* What these are made of */
void out_add(struct out *o, const char *key, json_t *value);
void out_put(struct out *o, const char *key, char *text);

/* Values within values, not in text. */
void out_open(struct out *o, const char *key, bool array);
void out_close(struct out *o);

/* A line of text, not in JSON. */
void out_line(struct out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
