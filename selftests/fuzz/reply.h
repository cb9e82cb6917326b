/* SPDX-License-Identifier: GPL-2.0 */
/* The input of the target reply */
#ifndef REPLY_H
#define REPLY_H

#define REPLY_HEAD	2	/* bytes: index of the command, flags */

#define REPLY_JSON	1
#define REPLY_PRETTY	2
#define REPLY_FAMILY	4	/* the number of the family is asked of the input, too */

/* Inputs that are kept have their indices: what is new goes to the end. */
static const char *const reply_commands[] = {
	"status",
	"policy show",
	"policy save",
	"policy apply -",
	"policy check -",
	"policy set mode observe",
	"policy flush",
	"site list",
	"site get 10.0.0.1",
	"site get fd00::1 from fd01::1 port 80 mark 1 ctmark 2",
	"site add any allow",
	"site import - deny",
	"session list",
	"session list age >10s site 10.0.0.0/8 denied",
	"session get id 1",
	"session get token 2",
	"session close all",
	"session close id 1",
	"session close token 2",
	"session reset 10.0.0.1 1 10.0.0.2 2",
	"stats",
	"stats show all",
	"stats reset",
	"monitor",
	"monitor session subflow-refused",
	"refused",
};

#define REPLY_COMMANDS	(sizeof(reply_commands) / sizeof(reply_commands[0]))

#endif
