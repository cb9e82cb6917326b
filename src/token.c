// SPDX-License-Identifier: GPL-2.0
/* Which sessions a token names. It is unique on a host, not here. */
#include "hash.h"
#include "session.h"

/* How many sessions have this token already */
static unsigned int twins(struct mb_sessions *ss, u32 token)
{
	struct rhlist_head *list, *pos;
	struct mb_token *t;
	unsigned int n = 0;

	list = rhltable_lookup(&ss->tokens, &token, mb_token_params);
	rhl_for_each_entry_rcu(t, pos, list, node)
		n++;
	return n;
}

/**
 * mb_tokens_del() - a session is not found by its tokens any more
 * @ss:	the table
 * @s:	the session; it may be in no list of tokens, or in half of them
 *
 * Context: ss->lock.
 */
void mb_tokens_del(struct mb_sessions *ss, struct mb_session *s)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		if (!s->token[side].session)
			continue;
		rhltable_remove(&ss->tokens, &s->token[side].node,
				mb_token_params);
		WRITE_ONCE(s->token[side].session, NULL);
	}
}

/**
 * mb_tokens_add() - a session is found by its tokens
 * @ss:	the table
 * @s:	the session
 *
 * Context: ss->lock; allocates atomically.
 * Return: 0; -ENOSPC: as many sessions have the token as may; or another error
 */
int mb_tokens_add(struct mb_sessions *ss, struct mb_session *s)
{
	unsigned int side;
	int err = -ENOSPC;

	for (side = 0; side < 2; side++) {
		struct mb_token *t = &s->token[side];

		if (twins(ss, t->token) >= MB_TOKEN_TWINS_MAX)
			goto undo;
		t->side = side;
		t->session = s;
		err = rhltable_insert(&ss->tokens, &t->node, mb_token_params);
		if (err) {
			t->session = NULL;
			goto undo;
		}
	}
	return 0;
undo:
	mb_tokens_del(ss, s);
	return err;
}
