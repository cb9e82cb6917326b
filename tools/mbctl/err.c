// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "text.h"

#define SHOWN_MAX	64	/* bytes of a word that an error repeats */

static void set(struct err *e, int status, const char *fmt, va_list ap)
{
	char *c;

	e->status = status;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	for (c = e->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/**
 * err_set() - say why something is refused
 * @e:		overwritten
 * @status:	STATUS_USAGE or STATUS_KERNEL
 * @fmt:	place, reason, remedy; words of the user's go through shown()
 *
 * Return: -1, so that it can be returned
 */
int err_set(struct err *e, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, status, fmt, ap);
	va_end(ap);
	return -1;
}

/**
 * err_usage() - err_set() with STATUS_USAGE
 * @e:		overwritten
 * @fmt:	see err_set()
 *
 * Return: -1
 */
int err_usage(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, STATUS_USAGE, fmt, ap);
	va_end(ap);
	return -1;
}

/**
 * shown() - a word as an error repeats it: quoted, on one line, not too long
 * @word:	any bytes
 *
 * Return: text in one of four buffers, used in turn
 */
const char *shown(const char *word)
{
	static char bufs[4][4 * SHOWN_MAX + 8];
	static unsigned int turn;
	char *buf = bufs[turn++ % 4], *out = buf;
	const char *end = word + strnlen(word, SHOWN_MAX);

	*out++ = '"';
	while (word < end) {
		unsigned int n = text_printable(word);

		if (!n) {
			out += sprintf(out, "\\x%02x", (unsigned char)*word++);
			continue;
		}
		memcpy(out, word, n);
		out += n;
		word += n;
	}
	strcpy(out, *word ? "\"..." : "\"");
	return buf;
}
