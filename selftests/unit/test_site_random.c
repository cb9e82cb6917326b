// SPDX-License-Identifier: GPL-2.0
/* The table of sites against a model of it: many random operations, some of
 * which get no memory, and after each the questions that the table answers.
 * While the table changes, at each pointer that is published, a reader sees it
 * as it was or as it will be.
 */

#include "ktap.h"
#include "site_model.h"

#define ASKED 3

static struct mutex lock;
static struct mb_sites *table;
static struct model before, after;

/* What the reader within a change asks. */
static struct mb_site_query asked[ASKED];
static unsigned long publications;

static struct model_entry *first_match(struct model *m,
				       const struct mb_site_query *q)
{
	struct model_entry *found[MODEL_MAX];

	return model_matches(m, q, found) ? found[0] : NULL;
}

static void read_within(void)
{
	unsigned int i;

	publications++;
	for (i = 0; i < ASKED; i++) {
		struct mb_site *s = mb_sites_lookup(table, &asked[i]);

		if (!model_is(first_match(&before, &asked[i]), s) &&
		    !model_is(first_match(&after, &asked[i]), s))
			ktap_fail("a reader within a change found neither old nor new");
	}
}

static void check_query(const struct mb_site_query *q)
{
	struct model_entry *want[MODEL_MAX];
	struct mb_site *got[MODEL_MAX];
	unsigned int i, n;

	rcu_read_lock();
	n = model_matches(&after, q, want);
	if (!model_is(n ? want[0] : NULL, mb_sites_lookup(table, q)))
		ktap_fail("lookup");
	if (mb_sites_match_all(table, q, got, MODEL_MAX) != n) {
		ktap_fail("match_all: not %u", n);
	} else {
		for (i = 0; i < n; i++)
			if (!model_is(want[i], got[i]))
				ktap_fail("match_all: %u of %u", i, n);
	}
	if (n) {
		got[1] = NULL;
		if (mb_sites_match_all(table, q, got, 1) != n || got[1])
			ktap_fail("match_all with room for one");
	}
	rcu_read_unlock();
}

/* Every entry is where an exact search and a dump find it, and no other is. */
static void check_entries(void)
{
	unsigned long id = 0;
	unsigned int i;

	for (i = 0; i < after.n; i++) {
		struct model_entry *e = &after.e[i];
		struct mb_site *s = mb_sites_find(table, &e->new.key);

		if (!model_is(model_expired(e) ? NULL : e, s))
			ktap_fail("find %u of %u", i, after.n);
		if (model_expired(e))
			continue;
		if (mb_sites_next(table, &id) != s)
			ktap_fail("next %u of %u", i, after.n);
		id++;
	}
	if (mb_sites_next(table, &id))
		ktap_fail("next: more than there should be");
}

/* No node that is not needed, and each where it belongs. */
static void check_node(void *p, unsigned int pos, unsigned int *sites)
{
	struct mb_trie_node *node = p;
	unsigned int i, n;

	if (!p)
		return;
	if (mb_trie_is_site(p)) {
		if (mb_trie_site(p)->len < pos)
			ktap_fail("/%u under a node at %u", mb_trie_site(p)->len, pos);
		++*sites;
		return;
	}
	n = hweight64(node->kids) + hweight64(node->ends);
	if (n < 2 || node->pos < pos || node->pos % MB_TRIE_STRIDE)
		ktap_fail("node at %u with %u slots under %u", node->pos, n, pos);
	for (i = 0; i < n; i++)
		check_node(node->slot[i], i < hweight64(node->kids) ?
			   node->pos + MB_TRIE_STRIDE : node->pos, sites);
}

static void check_tries(void)
{
	unsigned int i, sites;

	for (i = 0; i < MB_CLASSES; i++) {
		sites = 0;
		check_node(table->class[i].trie4, 0, &sites);
		check_node(table->class[i].trie6, 0, &sites);
		if (sites > table->class[i].count)
			ktap_fail("%u prefixes, %u entries", sites, table->class[i].count);
	}
}

static bool refuses(const struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		if (model_refuses(&m->e[i]))
			return true;
	return false;
}

/* Frees what has expired. The model does as the table did. */
static void do_expire(bool starved)
{
	unsigned long want = model_expire(&after), got;

	got = mb_sites_expire(table, &lock);
	if (starved && !shim_fail_in && got == HZ)
		return;
	if (got != want)
		ktap_fail("expire: %lu, not %lu", got, want);
	if (mb_sites_count(table) != after.n)
		ktap_fail("%u entries, not %u", mb_sites_count(table), after.n);
	if (mb_sites_refuse(table) != refuses(&after))
		ktap_fail("refuse is not %d", refuses(&after));
}

/* One random change; sometimes a piece of memory is not to be had. */
static void change(unsigned int wanted)
{
	struct netlink_ext_ack extack = { NULL };
	char comment[MPTCP_MB_COMMENT_LEN + 1];
	bool starved = !rnd(4), replace;
	unsigned int what = rnd(100);
	struct mb_site_new new;
	int want, got;

	shim_fail_in = starved ? 1 + rnd(4) : 0;
	random_entry(&new, comment);
	if (after.n && rnd(3))
		new.key = after.e[rnd(after.n)].new.key;
	if (what < 5) {
		do_expire(starved);
	} else if (rnd(2 * wanted) < after.n) {
		want = model_del(&after, &new.key);
		got = mb_sites_del(table, &new.key, &lock, &extack);
		goto compare;
	} else {
		if (what < 60)
			random_entry(&new, comment);
		replace = rnd(2);
		want = model_add(&after, &new, replace);
		got = mb_sites_add(table, &new, replace, &lock, &extack);
		goto compare;
	}
	shim_fail_in = 0;
	return;

compare:
	if (got == -ENOMEM && starved && !shim_fail_in)
		model_copy(&after, &before);
	else if (got != want)
		ktap_fail("error %d, not %d", got, want);
	if ((want == -EEXIST || want == -EINVAL || want == -ENOENT) &&
	    got == want && !extack._msg)
		ktap_fail("error %d without a text", got);
	shim_fail_in = 0;
}

static void steps(unsigned int n, unsigned int wanted)
{
	struct mb_site_query q;
	unsigned int i;

	while (n--) {
		model_copy(&before, &after);
		for (i = 0; i < ASKED; i++)
			random_query(&after, &asked[i]);
		shim_on_publish = read_within;
		change(wanted);
		shim_on_publish = NULL;
		if (!rnd(8))
			shim_grace_period();
		if (!rnd(20))
			shim_jiffies += rnd(10 * HZ);
		for (i = 0; i < 6; i++) {
			random_query(&after, &q);
			check_query(&q);
		}
		if (!rnd(20)) {
			check_entries();
			check_tries();
		}
	}
}

static void begin(void)
{
	mutex_lock(&lock);
	table = mb_sites_alloc();
	memset(&after, 0, sizeof(after));
}

static void end(const char *name)
{
	mutex_unlock(&lock);
	mb_sites_free(table);
	shim_grace_period();
	if (shim_in_use)
		ktap_fail("%ld pieces of memory are left", shim_in_use);
	shim_in_use = 0;
	ktap_done(name);
}

static void test_changes(bool plain, const char *name)
{
	unsigned int i;

	world_is_plain = plain;
	publications = 0;
	begin();
	for (i = 0; i < 6; i++) {
		steps(2000, 150);
		steps(1000, 10);	/* mostly removes */
	}
	if (publications < 10000)
		ktap_fail("readers looked %lu times", publications);
	end(name);
}

/* A change in the midst of a lookup, which finds the table as it was or as it
 * is, and nothing that was freed.
 */
static unsigned int derefs;

static void change_within(void)
{
	if (derefs && !--derefs)
		change(60);
}

static void test_preempted(bool plain, const char *name)
{
	unsigned int i, changes = 0;
	struct mb_site_query q;
	struct mb_site *s;

	world_is_plain = plain;
	begin();
	steps(200, 60);
	for (i = 0; i < 20000; i++) {
		model_copy(&before, &after);
		random_query(&after, &q);
		derefs = 1 + rnd(5);
		rcu_read_lock();
		shim_on_deref = change_within;
		s = mb_sites_lookup(table, &q);
		shim_on_deref = NULL;
		if (!model_is(first_match(&before, &q), s) &&
		    !model_is(first_match(&after, &q), s))
			ktap_fail("a reader among changes found neither old nor new");
		rcu_read_unlock();
		changes += !derefs;
		shim_grace_period();
		check_query(&q);
	}
	if (changes < 5000)
		ktap_fail("there were %u changes", changes);
	end(name);
}

/* A dump in pieces, changes between them. */
static void test_dump(void)
{
	unsigned int i, j, missed, round, seen;
	static struct model start;
	unsigned long id, ids[MODEL_MAX];

	begin();
	for (round = 0; round < 100; round++) {
		steps(100, 60);
		model_copy(&start, &after);
		seen = 0;
		for (id = 0; mb_sites_next(table, &id); id++) {
			if (seen && id <= ids[seen - 1])
				ktap_fail("ids do not rise");
			ids[seen++] = id;
			steps(rnd(3), 60);
		}
		/* Both models are in order of arrival. */
		for (i = 0, j = 0, missed = 0; i < start.n; i++) {
			struct model_entry *e = model_find(&after, &start.e[i].new.key);

			if (!e || e->id != start.e[i].id)
				continue;
			while (j < seen && ids[j] < e->id)
				j++;
			missed += j == seen || ids[j] != e->id;
		}
		if (missed)
			ktap_fail("%u entries that stayed were not dumped", missed);
	}
	end("dumps among changes");
}

static void test_compare(void)
{
	struct mb_sites *live;
	static struct model live_model;
	u32 added, removed;
	unsigned int i;

	begin();
	live = table;
	steps(400, 100);
	model_copy(&live_model, &after);
	table = mb_sites_alloc();
	/* The candidate: what is live, then changes. Ids differ, orders do not. */
	memset(&after, 0, sizeof(after));
	for (i = 0; i < live_model.n; i++) {
		struct mb_site_new new = live_model.e[i].new;

		new.comment = live_model.e[i].comment;
		if (model_expired(&live_model.e[i]))
			continue;
		mb_sites_add(table, &new, false, &lock, NULL);
		model_add(&after, &new, false);
	}
	mb_sites_compare(live, table, &added, &removed);
	if (added || removed)
		ktap_fail("a copy differs in %u and %u", added, removed);
	for (i = 0; i < 100; i++) {
		steps(5, 100);
		mb_sites_compare(live, table, &added, &removed);
		if (added != model_lacks(&after, &live_model) ||
		    removed != model_lacks(&live_model, &after))
			ktap_fail("compare: %u and %u", added, removed);
	}
	mb_sites_free(live);
	end("compare");
}

/* Deep or wide, a table is freed and emptied without more stack. */
static void test_many(void)
{
	const unsigned int n = 100000;
	struct mb_site_query q = { .family = AF_INET6 };
	struct mb_site_new new = { .key = { .family = AF_INET6, .len = 64 } };
	unsigned int i;

	begin();
	for (i = 0; i < n; i++) {
		new.key.addr.s6_addr32[0] = htonl(0x20010000 + i / 1000);
		new.key.addr.s6_addr32[1] = htonl(i * 2654435761U);
		if (mb_sites_add(table, &new, false, &lock, NULL))
			ktap_fail("add %u", i);
		if (!(i % 1000))
			shim_grace_period();
	}
	rcu_read_lock();
	for (i = 0; i < n; i++) {
		q.server.s6_addr32[0] = htonl(0x20010000 + i / 1000);
		q.server.s6_addr32[1] = htonl(i * 2654435761U);
		q.server.s6_addr32[3] = i;
		if (!mb_sites_lookup(table, &q))
			ktap_fail("lookup %u", i);
	}
	rcu_read_unlock();
	for (i = 0; i < n; i += 2) {
		new.key.addr.s6_addr32[0] = htonl(0x20010000 + i / 1000);
		new.key.addr.s6_addr32[1] = htonl(i * 2654435761U);
		if (mb_sites_del(table, &new.key, &lock, NULL))
			ktap_fail("del %u", i);
		if (!(i % 1000))
			shim_grace_period();
	}
	if (mb_sites_count(table) != n / 2)
		ktap_fail("%u entries are left", mb_sites_count(table));
	check_tries();
	end("100,000 entries");
}

int main(void)
{
	ktap_plan(7);
	test_changes(false, "random changes");
	test_changes(true, "random changes, no override and marks");
	test_preempted(true, "lookups with a change in their midst, no override and marks");
	test_preempted(false, "lookups with a change in their midst");
	test_dump();
	test_compare();
	test_many();
	return ktap_end();
}
