/* SPDX-License-Identifier: GPL-2.0 */
/* What went wrong: one line with the place and the remedy. Parsers fill it and
 * return -1; nobody but main() prints it or exits.
 */
#ifndef MBCTL_ERR_H
#define MBCTL_ERR_H

enum {
	STATUS_OK = 0,
	STATUS_USAGE = 1,	/* refused by mbctl, or input and output failed */
	STATUS_KERNEL = 2,	/* refused by the kernel */
};

/**
 * struct err - why something was refused
 * @status:	STATUS_..., for exit(); 0 while all is well
 * @errnum:	errno, positive, if the kernel refused; else 0
 * @text:	one line without "mbctl: " and newline
 */
struct err {
	int status;
	int errnum;
	char text[1024];
};

int err_set(struct err *e, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_usage(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *shown(const char *word);

#endif
