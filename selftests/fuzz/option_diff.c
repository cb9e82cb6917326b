// SPDX-License-Identifier: GPL-2.0
/*
 * The option parser beside the naive one: every option, its place, its length, whether it is legal
 * and why not, and every field of it. Input as for the target option.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "option_aid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_options opts;
	const char *text;
	unsigned int len;
	u8 *b;

	if (!size || size > MB_OPTIONS_LEN_MAX + 1)
		return 0;
	len = size - 1;
	b = malloc(len);
	memcpy(b, data + 1, len);
	mb_options_parse(b, len, data[0] % 3, &opts);
	text = describe(&opts);
	if (strcmp(text, naive_describe(b, len, data[0] % 3))) {
		fprintf(stderr, "the module: %s\nthe naive:  %s\n", text,
			naive_describe(b, len, data[0] % 3));
		abort();
	}
	free(b);
	return 0;
}
