// SPDX-License-Identifier: GPL-2.0
/* What stories are made of: segments that pass, connections, sessions. */
#include "stories.h"

static unsigned int tries(void)
{
	return by_share() ? 2000 : 3;
}

void pass(struct conn *c, int side, uint8_t flags, unsigned int len, const char *words)
{
	now.lost += !way_send(c, side, flags, len, words, tries());
}

void open_conn(struct conn *c, const char *word)
{
	pass(c, 0, SYN, 0, word);
	pass(c, 1, SYN | ACK, 0, word);
	pass(c, 0, ACK, 0, word);
}

void exchange(struct conn *c)
{
	pass(c, 0, PSH | ACK, 10, "dss");
	pass(c, 1, ACK, 0, "dss");
	pass(c, 1, PSH | ACK, 20, "dss");
	pass(c, 0, ACK, 0, "dss");
}

void begin_session(void)
{
	new_session(&now.session);
	new_conn(&now.first, &now.session, now.family, 1);
}

void whole_session(void)
{
	begin_session();
	open_conn(&now.first, "mpc");
	exchange(&now.first);
}

void join_session(void)
{
	new_conn(&now.join, &now.session, now.family, 2);
	open_conn(&now.join, "join");
	pass(&now.join, 1, ACK, 0, "dss");
	exchange(&now.join);
}
