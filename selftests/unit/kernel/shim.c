// SPDX-License-Identifier: GPL-2.0
/* See shim.h. */

#include "shim.h"
#include <sanitizer/asan_interface.h>

u64 shim_jiffies = 1000000;
time64_t shim_seconds = 1700000000;
int shim_readers;
void (*shim_on_publish)(void);
void (*shim_on_deref)(void);
void (*shim_on_resched)(void);
bool shim_writing;
long shim_fail_in;
long shim_in_use;

/* What is to be freed after a grace period. */
static struct {
	void **p;
	size_t n, room;
} late;

/* Pieces of memory carry their size in front, to make them unreadable. */
#define FRONT 16

/* A reader waits while changes are made. */
static bool preempted;

bool shim_fails(void)
{
	return shim_fail_in < 0 || (shim_fail_in && !--shim_fail_in);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	char *p;

	if (shim_fails())
		return NULL;
	p = calloc(1, FRONT + size);
	*(size_t *)p = size;
	shim_in_use++;
	return p + FRONT;
}

void kfree(void *p)
{
	if (!p)
		return;
	shim_in_use--;
	free((char *)p - FRONT);
}

void shim_kfree_rcu(void *p)
{
	if (late.n == late.room) {
		late.room = late.room ? 2 * late.room : 64;
		late.p = realloc(late.p, late.room * sizeof(*late.p));
	}
	late.p[late.n++] = p;
	if (!preempted)
		ASAN_POISON_MEMORY_REGION(p, *(size_t *)((char *)p - FRONT));
}

void shim_grace_period(void)
{
	assert(!shim_readers && !preempted);
	while (late.n) {
		void *p = late.p[--late.n];

		ASAN_UNPOISON_MEMORY_REGION(p, *(size_t *)((char *)p - FRONT));
		kfree(p);
	}
	free(late.p);
	late.p = NULL;
	late.room = 0;
}

void shim_publish(void)
{
	static bool nested;

	if (!shim_on_publish || nested || shim_writing)
		return;
	nested = true;
	rcu_read_lock();
	shim_on_publish();
	rcu_read_unlock();
	nested = false;
}

void shim_deref(void)
{
	int readers = shim_readers;

	if (!shim_on_deref || preempted || !readers)
		return;
	preempted = true;
	shim_readers = 0;
	shim_on_deref();
	shim_readers = readers;
	preempted = false;
}

void cond_resched(void)
{
	assert(!shim_readers);
	if (shim_on_resched)
		shim_on_resched();
}

void rb_add_cached(struct rb_node *node, struct rb_root_cached *root,
		   bool (*less)(struct rb_node *a, const struct rb_node *b))
{
	struct rb_node *prev = NULL, *next = root->first;

	while (next && !less(node, next)) {
		prev = next;
		next = next->next;
	}
	node->prev = prev;
	node->next = next;
	if (next)
		next->prev = node;
	if (prev)
		prev->next = node;
	else
		root->first = node;
}

void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root)
{
	if (node->next)
		node->next->prev = node->prev;
	if (node->prev)
		node->prev->next = node->next;
	else
		root->first = node->next;
}

/* The first slot of an index or a later one. */
static size_t xa_slot(const struct xarray *xa, unsigned long index)
{
	size_t a = 0, b = xa->n;

	while (a < b) {
		size_t m = (a + b) / 2;

		if (xa->slot[m].index < index)
			a = m + 1;
		else
			b = m;
	}
	return a;
}

int xa_insert(struct xarray *xa, unsigned long index, void *value, gfp_t gfp)
{
	size_t i = xa_slot(xa, index);

	if (i < xa->n && xa->slot[i].index == index)
		return -EBUSY;
	if (shim_fails())
		return -ENOMEM;
	if (xa->n == xa->room) {
		xa->room = xa->room ? 2 * xa->room : 16;
		xa->slot = realloc(xa->slot, xa->room * sizeof(*xa->slot));
	}
	memmove(xa->slot + i + 1, xa->slot + i, (xa->n - i) * sizeof(*xa->slot));
	xa->slot[i].index = index;
	xa->slot[i].value = value;
	xa->n++;
	return 0;
}

/* Only where something is, or is reserved: that needs no memory. */
void *xa_store(struct xarray *xa, unsigned long index, void *value, gfp_t gfp)
{
	size_t i = xa_slot(xa, index);
	void *old;

	assert(i < xa->n && xa->slot[i].index == index && !gfp);
	old = xa->slot[i].value;
	xa->slot[i].value = value;
	return old;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	size_t i = xa_slot(xa, index);
	void *old;

	if (i == xa->n || xa->slot[i].index != index)
		return NULL;
	old = xa->slot[i].value;
	xa->n--;
	memmove(xa->slot + i, xa->slot + i + 1, (xa->n - i) * sizeof(*xa->slot));
	return old;
}

void xa_release(struct xarray *xa, unsigned long index)
{
	size_t i = xa_slot(xa, index);

	if (i < xa->n && xa->slot[i].index == index && !xa->slot[i].value)
		xa_erase(xa, index);
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
	      unsigned int filter)
{
	size_t i;

	for (i = xa_slot(xa, *index); i < xa->n; i++) {
		if (xa->slot[i].index > max)
			break;
		if (!xa->slot[i].value)
			continue;
		*index = xa->slot[i].index;
		return xa->slot[i].value;
	}
	return NULL;
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max,
		    unsigned int filter)
{
	unsigned long next = *index + 1;
	void *value;

	if (!next)
		return NULL;
	value = xa_find(xa, &next, max, filter);
	if (value)
		*index = next;
	return value;
}

void xa_destroy(struct xarray *xa)
{
	free(xa->slot);
	memset(xa, 0, sizeof(*xa));
}
