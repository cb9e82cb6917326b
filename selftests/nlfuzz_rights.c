// SPDX-License-Identifier: GPL-2.0
/* Rights, command by command. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "nlfuzz.h"

static void ask_right(const struct command *c, uint16_t flags, const char *how)
{
	struct rng r = { 1 };
	struct message m;
	struct answer a;
	struct sock s;

	/* of its own: a transaction ends with it */
	sock_open(&s, true, RECEIVE_MAX);
	make_right(&r, &m, c, flags);
	ask(&s, &m, &a);
	printf("%s%s=%s %s\n", c->name, how, a.errnum > 0 ? strerrorname_np(a.errnum) : a.errnum ||
	       a.messages || !flags ? "answered" : "ok", a.text);
	sock_close(&s);
}

/**
 * play_rights() - each command once, well-formed, and the multicast group; prints what became of it
 *
 * Return: 0
 */
int play_rights(void)
{
	struct sock s;
	unsigned int i;

	for (i = 0; i < n_commands; i++) {
		ask_right(&commands[i], NLM_F_ACK, "");
		if (commands[i].dump)
			ask_right(&commands[i], NLM_F_DUMP, "-dump");
	}
	sock_open(&s, true, RECEIVE_MAX);
	printf("events=%s\n", setsockopt(s.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &env.group,
					 sizeof(env.group)) ? strerrorname_np(errno) : "ok");
	sock_close(&s);
	return 0;
}
