// SPDX-License-Identifier: GPL-2.0
/* Whether what mbctl has left behind is in order. */
#include <jansson.h>
#include <string.h>

#include "around.h"
#include "text.h"

/* No byte that turns a terminal into something else */
static void check_printable(const char *text, size_t len)
{
	const char *c = text;
	unsigned int n;

	while ((n = *c == '\n' ? 1 : text_printable(c)))
		c += n;
	CHECK(c == text + len);
}

static void check_json(const char *text, size_t len)
{
	json_error_t error;
	json_t *value;

	while (len) {
		value = json_loadb(text, len, JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY |
				   JSON_REJECT_DUPLICATES, &error);
		if (!value)
			around_fail("JSON", error.position, error.text);
		json_decref(value);
		text += error.position;
		len -= error.position;
		while (len && *text == '\n') {
			text++;
			len--;
		}
	}
}

/**
 * around_check() - whether what mbctl left behind is in order
 * @status:	of around_run()
 * @json:	it was asked for JSON
 * @raw:	it was not, but for a file, which may have any text
 */
void around_check(int status, bool json, bool raw)
{
	CHECK(!around.sockets);
	CHECK(status >= 0 && status <= 2);
	CHECK(!status == !around.err_len);
	check_printable(around.err, around.err_len);
	if (status) {
		CHECK(around.err_len > strlen("mbctl: \n"));
		CHECK(memchr(around.err, '\n', around.err_len) == around.err + around.err_len - 1);
	}
	if (json)
		check_json(around.out, around.out_len);
	else if (!raw)
		check_printable(around.out, around.out_len);
}
