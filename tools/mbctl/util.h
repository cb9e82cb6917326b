/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MBCTL_UTIL_H
#define MBCTL_UTIL_H

#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Without memory these end the program: nothing has been sent by halves that
 * the kernel would not take back with the socket.
 */
void *xmalloc(size_t size) __attribute__((returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull));
char *xasprintf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull));

#endif
