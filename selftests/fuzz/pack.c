// SPDX-License-Identifier: GPL-2.0
/*
 * usage: pack FILE...			prints the files, one a line
 *        pack -x DIR NAME <LINES	makes files in DIR of the lines, NAME and a number
 *
 * A corpus is kept as text, one input a line: "..." with \n, \\, \" and \xNN in it where most of it
 * is text, else hex digits. Empty lines, and those that begin with #, are for people.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX	65536

static uint8_t input[INPUT_MAX];

static void die(const char *what, const char *name)
{
	fprintf(stderr, "pack: %s: %s\n", name, what);
	exit(1);
}

/* --- to text ------------------------------------------------------------------------------ */

static bool plain(uint8_t c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

static void print_text(size_t len)
{
	size_t i;

	putchar('"');
	for (i = 0; i < len; i++) {
		if (plain(input[i]))
			putchar(input[i]);
		else if (input[i] == '\n')
			fputs("\\n", stdout);
		else if (input[i] == '"' || input[i] == '\\')
			printf("\\%c", input[i]);
		else
			printf("\\x%02x", input[i]);
	}
	puts("\"");
}

static void print_input(size_t len)
{
	size_t i, texts = 0;

	for (i = 0; i < len; i++)
		texts += plain(input[i]) || input[i] == '\n';
	if (texts * 4 >= len * 3) {
		print_text(len);
		return;
	}
	for (i = 0; i < len; i++)
		printf("%02x", input[i]);
	putchar('\n');
}

static void pack(const char *name)
{
	FILE *f = fopen(name, "r");
	size_t len;

	if (!f)
		die("cannot be read", name);
	len = fread(input, 1, sizeof(input), f);
	if (!feof(f))
		die("too long", name);
	fclose(f);
	print_input(len);
}

/* --- from text ---------------------------------------------------------------------------- */

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits, or -1 */
static int byte(const char *c)
{
	return digit(c[0]) < 0 || digit(c[1]) < 0 ? -1 : digit(c[0]) << 4 | digit(c[1]);
}

/* Behind the first quote; returns bytes, or -1. */
static int read_text(const char *c)
{
	int len = 0, value;

	for (; *c && *c != '"'; c++) {
		value = (unsigned char)*c;
		if (value == '\\') {
			c++;
			value = *c == 'n' ? '\n' : *c == 'x' ? byte(c + 1) :
				*c == '"' || *c == '\\' ? *c : -1;
			if (value < 0)
				return -1;
			c += *c == 'x' ? 2 : 0;
		}
		input[len++] = value;
	}
	return strcmp(c, "\"") ? -1 : len;
}

static int read_hex(const char *c)
{
	int len = 0, value;

	for (; *c; c += 2) {
		value = byte(c);
		if (value < 0)
			return -1;
		input[len++] = value;
	}
	return len;
}

static void unpack(const char *dir, const char *prefix)
{
	static char line[4 * INPUT_MAX + 4], name[4096];
	unsigned int no = 0;
	FILE *f;
	int len;

	while (fgets(line, sizeof(line), stdin)) {
		no++;
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		snprintf(name, sizeof(name), "line %u", no);
		len = strlen(line) > 2 * INPUT_MAX ? -1 :
		      *line == '"' ? read_text(line + 1) : read_hex(line);
		if (len < 0)
			die("neither \"text\" nor hex digits", name);
		snprintf(name, sizeof(name), "%s/%s%05u", dir, prefix, no);
		f = fopen(name, "w");
		if (!f || fwrite(input, 1, len, f) != (size_t)len || fclose(f))
			die("cannot be written", name);
	}
}

int main(int argc, char **argv)
{
	int i;

	if (argc == 4 && !strcmp(argv[1], "-x")) {
		unpack(argv[2], argv[3]);
		return 0;
	}
	for (i = 1; i < argc; i++)
		pack(argv[i]);
	return 0;
}
