// SPDX-License-Identifier: GPL-2.0
/* The hash table against what is known to be in it: many random operations while it is resized, between
 * all of whose steps readers look for what is there and for what is not; and changes in the middle of a
 * reader's search. Every three keys have one hash.
 */

#include <linux/slab.h>

#include "ktap.h"
#include "map.h"

#define ITEMS	6000

struct item {
	struct hlist_node node;
	u32 key;
	bool in;
	bool late;		/* it was taken out while somebody reads: not to be added yet */
};

static struct item items[ITEMS];
static struct mb_map map;
static spinlock_t lock;
static struct item *moving;	/* is in the table, or is not, while it comes or goes */
static u32 keys = ITEMS;	/* the next new one */
static unsigned long looks, resizes, changes;

static u32 hash_of(u32 key)
{
	return key / 3 * 0x9e3779b1;
}

static u32 hash(const struct hlist_node *node)
{
	return hash_of(hlist_entry(node, struct item, node)->key);
}

static bool is(struct hlist_node *node, void *what)
{
	return hlist_entry(node, struct item, node)->key == *(u32 *)what;
}

/* Both ways there are */
static struct item *find(u32 key)
{
	struct hlist_node *node;

	if (rand() & 1)
		node = mb_map_find(&map, hash_of(key), is, &key);
	else
		node = mb_map_get(&map, hash_of(key), is, &key);
	return node ? hlist_entry(node, struct item, node) : NULL;
}

static unsigned int rnd(unsigned int below)
{
	return rand() % below;
}

/* Who is in it is found, who is not is not. */
static void look(struct item *item)
{
	struct item *found = find(item->key);

	looks++;
	if (found != (item->in ? item : NULL) && item != moving)
		ktap_fail("item %zu, key %u: %s, %s", item - items, item->key,
			  item->in ? "in the table" : "not in the table",
			  found ? "found" : "not found");
}

static void look_at_some(void)
{
	for (unsigned int i = 0; i < 6; i++)
		look(&items[rnd(ITEMS)]);
	if (moving)
		find(moving->key);
}

/* Readers that begin between two steps */
static void between(void)
{
	if (!rnd(8))
		look_at_some();
}

static void add(struct item *item)
{
	moving = item;
	mb_map_add(&map, &item->node);
	item->in = true;
	moving = NULL;
}

static void del(struct item *item)
{
	moving = item;
	mb_map_del(&map, &item->node);
	item->in = false;
	moving = NULL;
}

/* As a session that gets other tokens */
static void rekey(struct item *item)
{
	moving = item;
	mb_map_del(&map, &item->node);
	mb_map_moved(&map);
	item->key = keys++;
	mb_map_add(&map, &item->node);
	moving = NULL;
}

/* @grow: in percent, how many are to be added rather than taken out */
static void change(unsigned int grow)
{
	struct item *item = &items[rnd(ITEMS)];

	spin_lock_bh(&lock);
	if (item->in && !rnd(4)) {
		rekey(item);
	} else if (rnd(100) < grow) {
		if (!item->in && !item->late)
			add(item);
	} else if (item->in) {
		del(item);
		item->late = true;
	}
	spin_unlock_bh(&lock);
	changes++;
}

static unsigned int growing;

static void while_resized(void)
{
	for (unsigned int i = rnd(20); i; i--)
		change(growing);
}

static void resize(void)
{
	u32 before = rcu_dereference_protected(map.heads, true)->mask;

	shim_on_resched = while_resized;
	shim_work(&map.resize);
	shim_on_resched = NULL;
	resizes += rcu_dereference_protected(map.heads, true)->mask != before;
}

/* Those that nobody can be reading */
static void calm(void)
{
	shim_grace_period();
	for (struct item *item = items; item < items + ITEMS; item++)
		item->late = false;
}

static void test_resize(void)
{
	shim_on_publish = between;
	for (unsigned int round = 0; round < 12; round++) {
		growing = round % 2 ? 3 : 97;
		for (unsigned int i = 0; i < 3 * ITEMS; i++) {
			change(growing);
			if (!rnd(50))
				resize();
			if (!rnd(200)) {
				shim_fail_in = rnd(2);
				resize();
				shim_fail_in = 0;
			}
			if (!rnd(500))
				calm();
		}
	}
	shim_on_publish = NULL;
	calm();
	rcu_read_lock();
	for (struct item *item = items; item < items + ITEMS; item++)
		look(item);
	rcu_read_unlock();
	if (resizes < 12)
		ktap_fail("%lu resizes only", resizes);
	printf("# %lu changes, %lu resizes, %lu searches between them\n", changes, resizes, looks);
	ktap_done("between any two steps of a change all is found");
}

static struct item *wanted;
static u32 wanted_key;

/* A reader waits at a pointer while the table changes, but for who is looked for. */
static void meanwhile(void)
{
	bool in = wanted->in;

	if (rnd(4))
		return;
	wanted->late = true;
	wanted->in = false;	/* hidden from change() */
	for (unsigned int i = rnd(60); i; i--)
		change(growing);
	if (!rnd(3))
		shim_work(&map.resize);
	wanted->in = in;
}

static void test_readers(void)
{
	unsigned long found = 0;

	for (unsigned int i = 0; i < 20000; i++) {
		growing = i / 1000 % 2 ? 5 : 95;
		wanted = &items[rnd(ITEMS)];
		wanted_key = wanted->key;
		if (!wanted->in)
			continue;
		rcu_read_lock();
		shim_on_deref = meanwhile;
		if (find(wanted_key) != wanted)
			ktap_fail("key %u is not found while the table changes", wanted_key);
		shim_on_deref = NULL;
		rcu_read_unlock();
		found++;
		if (!rnd(20))
			shim_work(&map.resize);
		calm();
	}
	printf("# %lu searches, %lu changes in all\n", found, changes);
	ktap_done("what stays is found, whatever changes while it is looked for");
}

static void test_size(void)
{
	u32 heads;

	shim_on_publish = NULL;
	for (unsigned int full = 0; full < 2; full++) {
		for (struct item *item = items; item < items + ITEMS; item++) {
			spin_lock_bh(&lock);
			if (item->in != !!full) {
				if (full)
					add(item);
				else
					del(item);
			}
			spin_unlock_bh(&lock);
		}
		shim_work(&map.resize);
		heads = rcu_dereference_protected(map.heads, true)->mask + 1;
		if (heads != (full ? 8192 : 256))
			ktap_fail("%u chains for %u nodes", heads, map.count);
		shim_grace_period();
	}
	for (struct item *item = items; item < items + ITEMS; item++) {
		spin_lock_bh(&lock);
		del(item);
		spin_unlock_bh(&lock);
	}
	ktap_done("as many chains as nodes, and few for few");
}

int main(void)
{
	ktap_plan(3);
	srand(1);
	for (u32 i = 0; i < ITEMS; i++)
		items[i].key = i;
	assert(!mb_map_init(&map, &lock, hash, NULL));
	test_resize();
	test_readers();
	test_size();
	mb_map_stop(&map);
	mb_map_free(&map);
	shim_grace_period();
	assert(!shim_in_use);
	return ktap_end();
}
