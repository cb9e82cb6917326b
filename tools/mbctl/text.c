// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "util.h"

/* One UTF-8 sequence (RFC 3629, 4): its bytes, and the character in @cp. */
static unsigned int decode(const unsigned char *s, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int i, n;

	*cp = 0;
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	*cp = s[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp < 0xe000))
		return 0;
	return n;
}

/**
 * text_allowed() - whether a character is next that a comment may have
 * @s:	NUL-terminated
 *
 * The kernel's rule: UTF-8, no control character.
 *
 * Return: its length in bytes, or 0: not allowed, or the end
 */
unsigned int text_allowed(const char *s)
{
	uint32_t cp;
	unsigned int n = decode((const unsigned char *)s, &cp);

	return !n || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ? 0 : n;
}

/**
 * text_printable() - whether a character is next that a terminal may get
 * @s:	NUL-terminated
 *
 * None that breaks the line or turns the direction of what stands behind it.
 *
 * Return: its length in bytes, or 0: not printable, no UTF-8, or the end
 */
unsigned int text_printable(const char *s)
{
	uint32_t cp;

	decode((const unsigned char *)s, &cp);
	return (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) ?
	       0 : text_allowed(s);
}

/**
 * text_quoted() - text as the file format has it
 * @s:	NUL-terminated
 *
 * Return: "..." with \" and \\, to be freed
 */
char *text_quoted(const char *s)
{
	char *buf = xmalloc(2 * strlen(s) + 3), *out = buf;

	*out++ = '"';
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			*out++ = '\\';
		*out++ = *s;
	}
	strcpy(out, "\"");
	return buf;
}

/**
 * text_visible() - text for a terminal: what is not printable as \xNN
 * @s:	NUL-terminated
 *
 * Return: to be freed
 */
char *text_visible(const char *s)
{
	char *buf = xmalloc(4 * strlen(s) + 1), *out = buf;

	while (*s) {
		unsigned int n = text_printable(s);

		if (!n) {
			out += sprintf(out, "\\x%02x", (unsigned char)*s++);
			continue;
		}
		memcpy(out, s, n);
		out += n;
		s += n;
	}
	*out = '\0';
	return buf;
}

/**
 * text_utf8() - text for JSON: bytes that are no UTF-8 become U+FFFD
 * @s:	NUL-terminated
 *
 * Return: to be freed
 */
char *text_utf8(const char *s)
{
	char *buf = xmalloc(3 * strlen(s) + 1), *out = buf;
	uint32_t cp;

	while (*s) {
		unsigned int n = decode((const unsigned char *)s, &cp);

		memcpy(out, n ? s : "\xef\xbf\xbd", n ? n : 3);
		out += n ? n : 3;
		s += n ? n : 1;
	}
	*out = '\0';
	return buf;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A quoted word, @in behind its first quote; the end goes to @out. */
static const char *unquote(const char *in, const char *end, char **out,
			   const char *place, struct err *e)
{
	for (; in < end && *in != '"'; in++) {
		if (*in == '\\') {
			in++;
			if (in == end || (*in != '"' && *in != '\\')) {
				err_usage(e,
					  "%s: a backslash in quotes that is not \\\" or \\\\: write \\\\ for a backslash",
					  place);
				return NULL;
			}
		}
		*(*out)++ = *in;
	}
	if (in == end) {
		err_usage(e, "%s: a quote is not closed: end the word with \"", place);
		return NULL;
	}
	in++;
	if (in < end && !blank(*in)) {
		err_usage(e,
			  "%s: text directly behind a closing quote: put a blank between, or \\\" for a quote inside",
			  place);
		return NULL;
	}
	return in;
}

static const char *bare(const char *in, const char *end, char **out,
			const char *place, struct err *e)
{
	char *begin = *out;

	for (; in < end && !blank(*in); in++) {
		if (*in == '"') {
			**out = '\0';
			err_usage(e,
				  "%s: a quote inside the word %s: quote the whole word, \"...\" with \\\" inside",
				  place, shown(begin));
			return NULL;
		}
		*(*out)++ = *in;
	}
	return in;
}

/**
 * line_split() - split a line of a policy file into words
 * @line:	filled, @line->n 0 on an empty line; reused from line to line
 * @text:	the line
 * @len:	of @text, bytes
 * @place:	FILE:LINE, for errors
 * @e:		filled on error
 *
 * Blanks separate words. "..." is one word, with \" and \\ in it. # at the
 * beginning of a word starts a comment.
 *
 * Return: 0 or -1
 */
int line_split(struct line *line, const char *text, unsigned long len,
	       const char *place, struct err *e)
{
	const char *in = text, *end = text + len;
	char *out;

	line->n = 0;
	if (memchr(text, 0, len))
		return err_usage(e, "%s: a zero byte: this is no text file", place);
	/* each word but an empty "" takes no more bytes than it has */
	if (line->size < len + LINE_WORDS_MAX) {
		free(line->buf);
		line->size = 2 * len + LINE_WORDS_MAX;
		line->buf = xmalloc(line->size);
	}
	out = line->buf;
	for (;;) {
		while (in < end && blank(*in))
			in++;
		if (in == end || *in == '#')
			return 0;
		if (line->n == LINE_WORDS_MAX)
			return err_usage(e,
					 "%s: more than %d words in one line: one statement a line",
					 place, LINE_WORDS_MAX);
		line->word[line->n++] = out;
		in = *in == '"' ? unquote(in + 1, end, &out, place, e) :
				  bare(in, end, &out, place, e);
		if (!in)
			return -1;
		*out++ = '\0';
	}
}

/**
 * line_free() - give back its memory
 * @line:	may be used again
 */
void line_free(struct line *line)
{
	free(line->buf);
	memset(line, 0, sizeof(*line));
}
