/* SPDX-License-Identifier: GPL-2.0 */
/* KTAP from C: a test fails any number of times, then is done. */
#ifndef KTAP_H
#define KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int ktap_tests, ktap_failures, ktap_failed_tests;

__attribute__((format(printf, 1, 2)))
static inline void ktap_fail(const char *format, ...)
{
	va_list args;

	if (ktap_failures++ >= 20)
		return;
	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static inline void ktap_plan(unsigned int n)
{
	printf("KTAP version 1\n1..%u\n", n);
}

static inline void ktap_done(const char *name)
{
	printf("%s %u %s\n", ktap_failures ? "not ok" : "ok", ++ktap_tests, name);
	fflush(stdout);
	ktap_failed_tests += !!ktap_failures;
	ktap_failures = 0;
}

/* For main to return. */
static inline int ktap_end(void)
{
	return !!ktap_failed_tests;
}

#endif
