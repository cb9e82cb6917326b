// SPDX-License-Identifier: GPL-2.0
/* Which sessions a token names. It is unique on a host, not here. */
#include "session.h"

/**
 * mb_token_hash() - for the table of tokens
 * @node:	of a struct mb_token
 */
u32 mb_token_hash(const struct hlist_node *node)
{
	return mb_tokens_hash(hlist_entry(node, struct mb_token, node)->token);
}

struct twins {
	u32 token;
	unsigned int n;
};

static bool count(struct hlist_node *node, void *what)
{
	struct twins *t = what;

	t->n += hlist_entry(node, struct mb_token, node)->token == t->token;
	return false;
}

/* How many sessions have this token already. Under the lock none moves. */
static unsigned int twins(struct mb_sessions *ss, u32 token)
{
	struct twins t = { .token = token };

	lockdep_assert_held(&ss->lock);
	mb_map_find(&ss->tokens, mb_tokens_hash(token), count, &t);
	return t.n;
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
		if (!s->token[side].found)
			continue;
		mb_map_del(&ss->tokens, &s->token[side].node);
		WRITE_ONCE(s->token[side].found, false);
	}
}

/**
 * mb_tokens_add() - a session is found by its tokens
 * @ss:	the table
 * @s:	the session
 *
 * Context: ss->lock.
 * Return: false: as many sessions have one of the tokens as may; it has none then
 */
bool mb_tokens_add(struct mb_sessions *ss, struct mb_session *s)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		struct mb_token *t = &s->token[side];

		if (twins(ss, t->token) >= MB_TOKEN_TWINS_MAX) {
			mb_tokens_del(ss, s);
			return false;
		}
		t->side = side;
		t->found = true;
		mb_map_add(&ss->tokens, &t->node);
	}
	return true;
}
