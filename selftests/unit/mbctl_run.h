/* SPDX-License-Identifier: GPL-2.0 */
/* Runs mbctl's commands with sessions of the kernel that is none: for test programs. */
#ifndef MBCTL_RUN_H
#define MBCTL_RUN_H

#include <stdlib.h>

#include "ktap.h"
#include "mbctl.h"
#include "mbctl_kernel.h"
#include "text.h"

#define ST(state)	MPTCP_MB_SESSION_STATE_##state
#define PROVEN		(MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN |	\
			 MPTCP_MB_SESSION_FLAG_SERVER_KEY_PROVEN)

static const struct sample_subflow first = {
	.flags = MPTCP_MB_SUBFLOW_FLAG_INITIAL, .client = "10.1.0.1", .server = "10.2.0.1",
}, join = {
	.state = MPTCP_MB_SUBFLOW_STATE_CLOSED, .how = MPTCP_MB_HOW_RST,
	.opener = MPTCP_MB_SIDE_SERVER, .flags = MPTCP_MB_SUBFLOW_FLAG_CLIENT_BACKUP |
	MPTCP_MB_SUBFLOW_FLAG_SERVER_FIN, .client = "fd01::1", .server = "fd02::1",
};

static const struct fake_session samples[] = {
	{ .s = { .id = 1, .state = ST(CONFIRMED), .flags = PROVEN, .client_token = 0x1a2b3c4d,
		 .server_token = 2, .client = "10.1.0.1", .server = "10.2.0.1", .site = "10.2.0.0",
		 .site_len = 16, .started = 1000000000, .subflow = { &first, &join } } },
	{ .s = { .id = 2, .state = ST(UNCONFIRMED), .client_token = 0x21, .server_token = 0x22,
		 .client = "fd01::1", .server = "fd02::1", .started = FAKE_NOW - 10,
		 .subflow = { &join } } },
	{ .s = { .id = 3, .state = ST(FALLBACK), .sign = MPTCP_MB_FALLBACK_SIGN_MP_FAIL,
		 .flags = PROVEN | MPTCP_MB_SESSION_FLAG_DENIED, .client_token = 2,
		 .server_token = 0x32, .client = "10.1.0.130", .server = "10.3.0.1",
		 .started = FAKE_NOW - 20, .subflow = { &first } } },
	{ .s = { .id = 4, .state = ST(CLOSED), .how = MPTCP_MB_HOW_DATA_FIN,
		 .client_token = 0x41, .server_token = 0x42, .client = "10.1.0.1",
		 .server = "10.2.128.1", .started = FAKE_NOW + 5 } },
	{ .s = { .id = 4000000000U, .state = ST(CLOSING), .flags = MPTCP_MB_SESSION_FLAG_KEYLESS,
		 .client = "10.1.0.1", .server = "10.2.0.9", .started = 1000000000 } },
};

static struct fake_session sessions[8];

static inline void begin(void)
{
	memset(&kernel, 0, sizeof(kernel));
	memset(sessions, 0, sizeof(sessions));
	memcpy(sessions, samples, sizeof(samples));
	kernel.v = sessions;
	kernel.n = sizeof(samples) / sizeof(samples[0]);
}

/* What a command prints, and "!STATUS TEXT" behind it if it is an error. To be freed. */
static inline char *run(const char *words, bool json)
{
	struct ctx ctx = { .out.json = json };
	struct line line = { 0 };
	FILE *normal = stdout;
	struct words w = { 0 };
	char *got, *all;
	size_t len;

	line_split(&line, words, strlen(words), "P", &ctx.err);
	w.v = line.word + 1;
	w.n = line.n - 1;
	stdout = open_memstream(&got, &len);
	if (run_object(&ctx, line.word[0], &w))
		fprintf(stdout, "!%d %s", ctx.err.status, ctx.err.text);
	fclose(stdout);
	stdout = normal;
	all = strdup(got);
	free(got);
	line_free(&line);
	return all;
}

static inline void want(const char *words, bool json, const char *text)
{
	char *got = run(words, json);

	if (strcmp(got, text))
		ktap_fail("%s\n# want %s\n# got  %s", words, text, got);
	free(got);
}

#endif
