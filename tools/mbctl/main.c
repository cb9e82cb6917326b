// SPDX-License-Identifier: GPL-2.0
/* Control tool of the MPTCP middlebox. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mbctl.h"
#include "util.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/* A socket or file opened in the place of a closed descriptor 1 would get the
 * answer: what writes there has to fail. And what reads a closed descriptor 0:
 * an end there would be taken for an empty file.
 */
static void keep_standard_files(void)
{
	int fd;

	if (fcntl(STDIN_FILENO, F_GETFD) < 0)
		open("/dev/null", O_WRONLY);
	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "netns", required_argument, NULL, 'n' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Returns 0, -1, or 1: done. */
static int parse_options(struct ctx *ctx, int argc, char **argv)
{
	char given[3];
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:jpn:Vh", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			ctx->out.json = true;
			break;
		case 'p':
			ctx->out.pretty = true;
			break;
		case 'n':
			ctx->netns = optarg;
			break;
		case 'V':
			printf("mbctl %s\n", VERSION);
			return 1;
		case 'h':
			help_all();
			return 1;
		case ':':
			return err_usage(&ctx->err,
					 "-n: a value is missing: give the name of a network namespace");
		default:
			snprintf(given, sizeof(given), "-%c", optopt);
			return err_usage(&ctx->err,
					 "%s: no such option; there are -j, -p, -n NETNS, -V and -h, all of them before the object",
					 shown(optopt ? given : argv[optind - 1]));
		}
	}
	return 0;
}

static int run(struct ctx *ctx, int argc, char **argv)
{
	struct words w = { .place = "mbctl" };
	const char *name;
	int err;

	err = parse_options(ctx, argc, argv);
	if (err > 0)
		return out_flush(&ctx->err);
	if (err)
		return -1;
	w.v = argv + optind;
	w.n = argc - optind;
	name = words_next(&w);
	if (!name)
		return err_usage(&ctx->err, "what about? give %s, or see \"mbctl help\"",
				 object_list());
	if (!strcmp(name, "help"))
		return run_help(ctx, &w);
	return run_object(ctx, name, &w);
}

int main(int argc, char **argv)
{
	struct ctx ctx = { 0 };

	keep_standard_files();
	if (run(&ctx, argc, argv))
		fprintf(stderr, "mbctl: %s\n", ctx.err.text);
	nl_close(&ctx.nl);
	return ctx.err.status;
}
