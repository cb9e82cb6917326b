/* SPDX-License-Identifier: GPL-2.0 */
/* What is around mbctl while it is fuzzed: a kernel that answers what the input says, a clock that
 * runs while mbctl waits, one file, and streams that are looked at afterwards. Linked with --wrap
 * for what it stands in for: see the Makefile.
 */
#ifndef AROUND_H
#define AROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CHECK(x)							\
	do {								\
		if (!(x))						\
			around_fail(__FILE__, __LINE__, #x);		\
	} while (0)

/**
 * struct around - it
 * @answer:	datagrams of the kernel: their length in two bytes, the low one first, then their
 *		bytes. A length of 0 stands for an acknowledgment, AROUND_NOTHING for nothing that
 *		comes for now, AROUND_LOST for a socket that was full. When none is left, all
 *		requests are acknowledged. Sequence numbers are those
 *		of the request, to which the input adds
 * @answers:	bytes of it
 * @family:	the family's number is looked up in @answer, too
 * @in:		standard input
 * @in_len:	bytes of it
 * @file:	what every file holds; NULL: there is none
 * @file_len:	bytes of it
 *
 * The rest is filled by around_run():
 * @seq:	of the last request
 * @ms:		its clock
 * @sockets:	how many are open
 * @out:	what mbctl printed, and a NUL
 * @out_len:	bytes of it
 * @err:	what it said on standard error
 * @err_len:	bytes of it
 */
struct around {
	const uint8_t *answer;
	size_t answers;
	bool family;
	const char *in, *file;
	size_t in_len, file_len;

	uint32_t seq;
	unsigned long ms;
	int sockets;
	char *out, *err;
	size_t out_len, err_len;
};

#define AROUND_LOST	0xffff
#define AROUND_NOTHING	0xfffe

extern struct around around;

int around_run(int argc, char **argv);
int around_line(char *const *word, unsigned int n, bool json, bool pretty);
void around_free(void);
FILE *around_text(const char *text, size_t len);
void around_inside(bool inside);
void around_check(int status, bool json, bool raw);
void around_fail(const char *file, int line, const char *what) __attribute__((noreturn));

#endif
