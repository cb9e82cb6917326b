// SPDX-License-Identifier: GPL-2.0
/*
 * Many sites and many sessions, always the same: prints what loads the sites, and pushes segments
 * that look them up, by the bench module's file "many". What the module says is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"

void quit(const char *what)
{
	perror(what);
	exit(1);
}

static int usage(void)
{
	puts("usage: crowd list FAMILY N SEED mb|nft|merged   sites, as mbctl or nft want them; merged:\n"
	     "                                               without those that are within others\n"
	     "       crowd sites FAMILY N SEED COUNT         SYNs with MP_CAPABLE to COUNT of them\n"
	     "       crowd begin FAMILY N                    sessions, confirmed\n"
	     "       crowd data FAMILY N COUNT ROUND         DSS with data of COUNT of them; a ROUND\n"
	     "                                               that was not yet, or they are old ones\n"
	     "       crowd joins FAMILY N COUNT ROUND        SYNs with MP_JOIN into them\n"
	     "FAMILY is 4 or 6.");
	return 2;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 3 ? argv[1] : "";
	unsigned int arg[6] = { 0 };
	int i, family;

	for (i = 2; i < argc && i < 6; i++)
		arg[i] = atoi(argv[i]);
	family = arg[2];
	if ((family != 4 && family != 6) || !arg[3])
		return usage();
	if (!strcmp(verb, "list") && argc == 6) {
		sites_print(family, sites_make(family, arg[3], arg[4]), arg[3], argv[5]);
		return fflush(stdout) ? 1 : 0;
	}
	push_open();
	if (!strcmp(verb, "sites") && argc == 6)
		push_sites(family, sites_make(family, arg[3], arg[4]), arg[3], arg[5]);
	else if (!strcmp(verb, "begin") && argc == 4)
		push_begin(family, arg[3]);
	else if (!strcmp(verb, "data") && argc == 6)
		push_data(family, arg[3], arg[4], arg[5]);
	else if (!strcmp(verb, "joins") && argc == 6)
		push_joins(family, arg[3], arg[4], arg[5]);
	else
		return usage();
	push_close();
	return 0;
}
