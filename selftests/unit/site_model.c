// SPDX-License-Identifier: GPL-2.0
/* See site_model.h. Nothing here is fast, and nothing is shared with what it
 * judges.
 */

#include <stdio.h>
#include "site_model.h"

static bool bit(const struct in6_addr *a, unsigned int i)
{
	return a->s6_addr[i / 8] >> (7 - i % 8) & 1;
}

static bool covers(const struct in6_addr *prefix, unsigned int len,
		   const struct in6_addr *addr)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		if (bit(prefix, i) != bit(addr, i))
			return false;
	return true;
}

bool model_expired(const struct model_entry *e)
{
	return e->expires && shim_jiffies >= e->expires;
}

bool model_refuses(const struct model_entry *e)
{
	return e->new.action == MPTCP_MB_ACTION_DENY ||
	       e->new.join == MPTCP_MB_VERDICT_DROP ||
	       e->new.join == MPTCP_MB_VERDICT_RESET;
}

static bool match(const struct model_entry *e, const struct mb_site_query *q)
{
	const struct mb_site_key *k = &e->new.key;

	if (model_expired(e))
		return false;
	if (k->family != AF_UNSPEC &&
	    (k->family != q->family || !covers(&k->addr, k->len, &q->server)))
		return false;
	if (k->flags & MB_SITE_FROM &&
	    (!q->client_known || k->from_family != q->family ||
	     !covers(&k->from, k->from_len, &q->client)))
		return false;
	if (k->flags & MB_SITE_HAS_PORT && k->port != q->port)
		return false;
	if (k->flags & MB_SITE_HAS_MARK && (q->mark & k->mark_mask) != k->mark)
		return false;
	if (k->flags & MB_SITE_HAS_CTMARK &&
	    (!q->ct_known || (q->ctmark & k->ctmark_mask) != k->ctmark))
		return false;
	return true;
}

#define RULES 6

static int has(const struct mb_site_key *k, u8 flags)
{
	return !!(k->flags & flags);
}

/* What decides between entries, the weightiest first; the higher wins. */
static void standing(const struct mb_site_key *k, int v[RULES])
{
	v[0] = has(k, MB_SITE_OVERRIDE) ? 2 :
	       has(k, MB_SITE_HAS_MARK | MB_SITE_HAS_CTMARK);
	v[1] = k->family == AF_UNSPEC ? -1 : k->len;
	v[2] = has(k, MB_SITE_FROM) ? k->from_len : -1;
	v[3] = has(k, MB_SITE_HAS_PORT);
	v[4] = has(k, MB_SITE_HAS_CTMARK);
	v[5] = has(k, MB_SITE_HAS_MARK);
}

static bool beats(const struct mb_site_key *a, const struct mb_site_key *b)
{
	int va[RULES], vb[RULES], i;

	standing(a, va);
	standing(b, vb);
	for (i = 0; i < RULES; i++)
		if (va[i] != vb[i])
			return va[i] > vb[i];
	return false;
}

/* All that match, the one that decides first. */
unsigned int model_matches(struct model *m, const struct mb_site_query *q,
			   struct model_entry **out)
{
	unsigned int i, j, n = 0;

	for (i = 0; i < m->n; i++) {
		if (!match(&m->e[i], q))
			continue;
		for (j = n++; j && beats(&m->e[i].new.key, &out[j - 1]->new.key); j--)
			out[j] = out[j - 1];
		out[j] = &m->e[i];
		/* The rule leaves no two that are as good. */
		assert(!j || beats(&out[j - 1]->new.key, &out[j]->new.key));
	}
	return n;
}

static bool same_key(const struct mb_site_key *a, const struct mb_site_key *b)
{
	return a->family == b->family && a->len == b->len &&
	       !memcmp(&a->addr, &b->addr, 16) && a->flags == b->flags &&
	       a->from_family == b->from_family && a->from_len == b->from_len &&
	       !memcmp(&a->from, &b->from, 16) && a->port == b->port &&
	       a->mark == b->mark && a->mark_mask == b->mark_mask &&
	       a->ctmark == b->ctmark && a->ctmark_mask == b->ctmark_mask;
}

/* Equal but for marks, and some pair of marks suits both. */
static bool overlap(const struct mb_site_key *a, const struct mb_site_key *b)
{
	struct mb_site_key c = *b;

	if (!(a->flags & (MB_SITE_HAS_MARK | MB_SITE_HAS_CTMARK)))
		return false;
	c.mark = a->mark;
	c.mark_mask = a->mark_mask;
	c.ctmark = a->ctmark;
	c.ctmark_mask = a->ctmark_mask;
	return same_key(a, &c) &&
	       ((a->mark | b->mark) & b->mark_mask) == b->mark &&
	       ((a->mark | b->mark) & a->mark_mask) == a->mark &&
	       ((a->ctmark | b->ctmark) & b->ctmark_mask) == b->ctmark &&
	       ((a->ctmark | b->ctmark) & a->ctmark_mask) == a->ctmark;
}

static struct model_entry *find(struct model *m, const struct mb_site_key *key)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		if (same_key(&m->e[i].new.key, key))
			return &m->e[i];
	return NULL;
}

struct model_entry *model_find(struct model *m, const struct mb_site_key *key)
{
	struct model_entry *e = find(m, key);

	return e && !model_expired(e) ? e : NULL;
}

static void drop(struct model *m, struct model_entry *e)
{
	m->n--;
	memmove(e, e + 1, (&m->e[m->n] - e) * sizeof(*e));
}

static void fill(struct model_entry *e, const struct mb_site_new *new)
{
	snprintf(e->comment, sizeof(e->comment), "%s", new->comment ?: "");
	e->new = *new;
	e->expires = new->timeout ? shim_jiffies + new->timeout * HZ : 0;
}

void model_copy(struct model *to, const struct model *from)
{
	to->n = from->n;
	to->next_id = from->next_id;
	memcpy(to->e, from->e, from->n * sizeof(from->e[0]));
}

int model_add(struct model *m, const struct mb_site_new *new, bool replace)
{
	struct model_entry *e = model_find(m, &new->key);
	unsigned int i;

	if (e && !replace)
		return -EEXIST;
	if (e) {
		fill(e, new);
		return 0;
	}
	for (i = 0; i < m->n; i++)
		if (!model_expired(&m->e[i]) && overlap(&m->e[i].new.key, &new->key))
			return -EINVAL;
	e = find(m, &new->key);
	if (e)
		drop(m, e);
	assert(m->n < MODEL_MAX);
	e = &m->e[m->n++];
	fill(e, new);
	e->id = m->next_id++;
	return 0;
}

int model_del(struct model *m, const struct mb_site_key *key)
{
	struct model_entry *e = model_find(m, key);

	if (!e)
		return -ENOENT;
	drop(m, e);
	return 0;
}

unsigned long model_expire(struct model *m)
{
	unsigned long left = MAX_SCHEDULE_TIMEOUT;
	unsigned int i;

	for (i = 0; i < m->n;) {
		if (model_expired(&m->e[i])) {
			drop(m, &m->e[i]);
			continue;
		}
		if (m->e[i].expires)
			left = min(left, m->e[i].expires - shim_jiffies);
		i++;
	}
	return left;
}

static bool same_orders(const struct model_entry *a, const struct model_entry *b)
{
	return a->new.action == b->new.action && a->new.join == b->new.join &&
	       a->new.fallback == b->new.fallback && !a->expires == !b->expires &&
	       !strcmp(a->comment, b->comment);
}

unsigned int model_lacks(struct model *a, struct model *b)
{
	unsigned int i, n = 0;

	for (i = 0; i < a->n; i++) {
		struct model_entry *other = model_find(b, &a->e[i].new.key);

		if (!model_expired(&a->e[i]) &&
		    (!other || !same_orders(&a->e[i], other)))
			n++;
	}
	return n;
}

/* Is this the same entry, in all it says? NULL equals NULL. */
bool model_is(const struct model_entry *e, const struct mb_site *s)
{
	struct mb_site_key key;

	if (!e || !s)
		return !e && !s;
	mb_site_key_get(s, &key);
	return same_key(&key, &e->new.key) && s->id == e->id &&
	       s->action == e->new.action && s->join == e->new.join &&
	       s->fallback == e->new.fallback &&
	       mb_site_expires(s) == e->expires &&
	       !strcmp(mb_site_comment(s) ?: "", e->comment);
}
