// SPDX-License-Identifier: GPL-2.0
/*
 * What mbctl makes of whatever the kernel answers. Two bytes: a command, and how it is to be
 * printed; then the kernel's datagrams, see struct around.
 */
#include <string.h>

#include "around.h"
#include "reply.h"
#include "text.h"

static const char policy[] = "policy set mode observe\nsite add any allow\n"
			     "site add 10.0.0.0/8 deny comment \"a b\"\nsite import list deny\n";
static const char list[] = "192.0.2.1\nfd00::/8\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line line = { 0 };
	const char *command;
	bool json;
	int status;

	if (size < REPLY_HEAD || data[0] >= REPLY_COMMANDS)
		return 0;
	command = reply_commands[data[0]];
	json = data[1] & REPLY_JSON;
	line_split(&line, command, strlen(command), "", NULL);
	memset(&around, 0, sizeof(around));
	around.answer = data + REPLY_HEAD;
	around.answers = size - REPLY_HEAD;
	around.family = data[1] & REPLY_FAMILY;
	around.in = strstr(command, "import") ? list : policy;
	around.in_len = strlen(around.in);
	around.file = list;
	around.file_len = strlen(list);
	status = around_line(line.word, line.n, json, data[1] & REPLY_PRETTY);
	around_check(status, json, strstr(command, "save"));
	around_free();
	line_free(&line);
	return 0;
}
