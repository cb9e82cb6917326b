// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "text.h"

#define SHOWN_MAX	64	/* bytes of a word that an error repeats */

/* Appends what is printable of @word, of at most @len bytes, and \xNN for the
 * rest. It stops where no room is left.
 */
static char *escape(char *out, const char *end, const char *word, size_t len)
{
	const char *stop = word + strnlen(word, len);

	while (word < stop && end - out > 4) {
		unsigned int n = text_printable(word);

		if (!n) {
			out += sprintf(out, "\\x%02x", (unsigned char)*word++);
			continue;
		}
		if (n > stop - word)
			break;
		memcpy(out, word, n);
		out += n;
		word += n;
	}
	*out = '\0';
	return out;
}

/* Whatever slipped in without shown(), a path or the kernel's words: it is one
 * line of text.
 */
static void set(struct err *e, int status, const char *fmt, va_list ap)
{
	char raw[sizeof(e->text)];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	e->status = status;
	e->errnum = 0;
	escape(e->text, e->text + sizeof(e->text), raw, sizeof(raw));
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
	static char bufs[4][4 * SHOWN_MAX + 16];
	static unsigned int turn;
	char *buf = bufs[turn++ % 4], *out = buf + 1;

	*buf = '"';
	out = escape(out, buf + sizeof(bufs[0]), word, SHOWN_MAX);
	strcpy(out, strlen(word) > SHOWN_MAX ? "\"..." : "\"");
	return buf;
}
