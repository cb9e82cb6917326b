/* SPDX-License-Identifier: GPL-2.0 */
/* Text: what is printable, quoting, splitting a line of a file into words. */
#ifndef MBCTL_TEXT_H
#define MBCTL_TEXT_H

#include "err.h"

#define LINE_WORDS_MAX	64	/* no statement has as many */

/**
 * struct line - one line of a file, split
 * @buf:	the words' bytes, each NUL-terminated; owned
 * @size:	of @buf
 * @word:	the words, in @buf
 * @n:		how many
 */
struct line {
	char *buf;
	unsigned long size;
	char *word[LINE_WORDS_MAX];
	unsigned int n;
};

unsigned int text_allowed(const char *s);
unsigned int text_printable(const char *s);
char *text_quoted(const char *s);
char *text_visible(const char *s);
char *text_utf8(const char *s);
int line_split(struct line *line, const char *text, unsigned long len,
	       const char *place, struct err *e);
void line_free(struct line *line);

#endif
