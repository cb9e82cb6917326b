/* SPDX-License-Identifier: GPL-2.0 */
/* As much of the kernel as the pure parts of the module need, for host tests;
 * linux/....h beside this are all this file. What the kernel checks in a debug
 * build is checked: locks held, RCU read side, no use after kfree_rcu().
 *
 * - Allocations can be made to fail (shim_fail_in).
 * - kfree_rcu() makes the memory unreadable at once (AddressSanitizer) when
 *   there is no reader, for those that begin later must not find it, and frees
 *   it in shim_grace_period().
 * - Each pointer or WRITE_ONCE() that is published calls shim_on_publish, where
 *   a test reads what readers would see between two steps of a change.
 * - Each pointer that a reader has read calls shim_on_deref, where a test
 *   makes changes before the reader goes on.
 * - What is written within a seqcount's section is published at its end: before
 *   that readers wait.
 */
#ifndef SHIM_H
#define SHIM_H

#include <assert.h>
#include <byteswap.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8, __u8;
typedef uint16_t u16, __u16;
typedef uint32_t u32, __u32;
typedef uint64_t u64, __u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64, time64_t;
typedef u16 __be16;
typedef u32 __be32;
typedef u64 __be64;

/* compiler.h */
#define __rcu
#define __percpu
#define noinline __attribute__((noinline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v), shim_publish())

/* kernel.h, minmax.h, byteorder */
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define ALIGN(x, a) (((x) + (a) - 1) / (a) * (a))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min3(a, b, c) min(min(a, b), c)
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define be32_to_cpu(x) bswap_32(x)
#define be64_to_cpu(x) bswap_64(x)
#else
#define be32_to_cpu(x) (x)
#define be64_to_cpu(x) (x)
#endif
#define cpu_to_be16(x) ((__be16)cpu_to_be32((u32)(u16)(x) << 16))
#define cpu_to_be32(x) be32_to_cpu(x)
#define cpu_to_be64(x) be64_to_cpu(x)
#define htonl(x) be32_to_cpu(x)
#define ntohl(x) be32_to_cpu(x)

/* bitops.h */
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define hweight64(x) ((unsigned long)__builtin_popcountll(x))

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline int fls(u32 x)
{
	return fls64(x);
}

/* log2.h */
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return 1UL << fls64(n - 1);
}

/* string.h */
#define memzero_explicit(s, n) explicit_bzero(s, n)

/* socket.h, in6.h */
#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10

struct in6_addr {
	union {
		u8 s6_addr[16];
		__be32 s6_addr32[4];
	};
};

/* atomic.h */
typedef struct { s64 counter; } atomic64_t;
#define atomic64_inc(v) ((void)__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_RELAXED))
#define atomic64_read(v) __atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)

/* jiffies.h, timekeeping.h, sched.h */
#define HZ 250
#define MAX_SCHEDULE_TIMEOUT LONG_MAX
#define time_after_eq64(a, b) ((s64)((a) - (b)) >= 0)
extern u64 shim_jiffies;
extern time64_t shim_seconds;

static inline u64 get_jiffies_64(void)
{
	return shim_jiffies;
}

static inline time64_t ktime_get_real_seconds(void)
{
	return shim_seconds;
}

void cond_resched(void);	/* not under RCU; calls shim_on_resched */
#define usleep_range(min, max) cond_resched()
extern void (*shim_on_resched)(void);

/* mutex.h, lockdep.h */
struct mutex {
	bool held;
};

#define mutex_lock(m) (assert(!(m)->held), (void)((m)->held = true))
#define mutex_unlock(m) (assert((m)->held), (void)((m)->held = false))
#define lockdep_is_held(m) ((m)->held)
#define lockdep_assert_held(m) assert((m)->held)

/* spinlock.h, seqlock.h */
typedef struct mutex spinlock_t;
#define spin_lock_bh(l) mutex_lock(l)
#define spin_unlock_bh(l) mutex_unlock(l)

typedef struct {
	unsigned int sequence;
	spinlock_t *lock;
} seqcount_spinlock_t;

extern bool shim_writing;
#define seqcount_spinlock_init(s, l) ((void)(*(s) = (seqcount_spinlock_t){ 0, l }))
#define write_seqcount_begin(s) \
	(assert((s)->lock->held && !shim_writing), shim_writing = true, (void)(s)->sequence++)
#define write_seqcount_end(s) \
	((s)->sequence++, shim_writing = false, shim_publish())
#define read_seqcount_begin(s) ((s)->sequence)
#define read_seqcount_retry(s, start) ((s)->sequence != (start))

/* rcupdate.h */
struct rcu_head {
	void *unused[2];
};

extern int shim_readers;
extern void (*shim_on_publish)(void);
void shim_publish(void);
extern void (*shim_on_deref)(void);
void shim_deref(void);
void shim_kfree_rcu(void *p);
void shim_grace_period(void);

#define rcu_read_lock() ((void)shim_readers++)
#define rcu_read_unlock() (assert(shim_readers > 0), (void)shim_readers--)
#define rcu_dereference_check(p, c) \
	({ typeof(p) p_ = READ_ONCE(p); assert(shim_readers || (c)); shim_deref(); p_; })
#define rcu_dereference(p) rcu_dereference_check(p, false)
#define rcu_dereference_raw(p) ({ typeof(p) p_ = READ_ONCE(p); shim_deref(); p_; })
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_dereference_protected(p, c) (assert(c), (p))
#define RCU_INIT_POINTER(p, v) ((p) = (v))
#define rcu_assign_pointer(p, v) WRITE_ONCE(p, v)
#define kfree_rcu(p, head) ((void)(p)->head, shim_kfree_rcu(p))
#define kvfree_rcu(p, head) kfree_rcu(p, head)

/* slab.h */
#define GFP_KERNEL 1U
#define GFP_KERNEL_ACCOUNT 2U
#define __GFP_NOWARN 4U
#define __GFP_NORETRY 8U
typedef unsigned int gfp_t;
extern long shim_fail_in;	/* allocations until one fails; 0 none does, -1 all */
extern long shim_in_use;	/* pieces of memory, those of xarrays apart */
bool shim_fails(void);
void *kzalloc(size_t size, gfp_t gfp);
void kfree(void *p);
#define kvzalloc(size, gfp) kzalloc(size, gfp)
#define kvfree(p) kfree(p)
#define struct_size(p, member, n) (sizeof(*(p)) + (n) * sizeof(*(p)->member))

/* list.h, rculist.h */
struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#define hlist_entry(p, type, member) container_of(p, type, member)
#define hlist_first_rcu(head) ((head)->first)
#define hlist_next_rcu(node) ((node)->next)

static inline void hlist_add_head_rcu(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (node->next)
		node->next->pprev = &node->next;
	WRITE_ONCE(head->first, node);
}

/* Readers at the node go on from there. */
static inline void hlist_del_rcu(struct hlist_node *node)
{
	if (node->next)
		node->next->pprev = node->pprev;
	WRITE_ONCE(*node->pprev, node->next);
	node->pprev = NULL;
}

/* workqueue.h: what is queued is done when the test says so */
struct work_struct {
	void (*func)(struct work_struct *work);
	bool pending;
};

struct workqueue_struct;
#define INIT_WORK(w, f) ((void)(*(w) = (struct work_struct){ .func = (f) }))
#define queue_work(wq, w) ((void)(wq), (w)->pending = true)
#define cancel_work_sync(w) ((void)((w)->pending = false))

static inline void shim_work(struct work_struct *work)
{
	if (!work->pending)
		return;
	work->pending = false;
	work->func(work);
}

/* bug.h */
#define WARN_ON_ONCE(c) assert(!(c))

/* netlink.h; the last text given, for tests to read */
struct netlink_ext_ack {
	const char *_msg;
};

#define NL_SET_ERR_MSG(extack, msg) \
	((extack) ? (void)((extack)->_msg = (msg)) : (void)0)

/* rbtree.h; a sorted list does */
struct rb_node {
	struct rb_node *next, *prev;
};

struct rb_root_cached {
	struct rb_node *first;
};

#define RB_ROOT_CACHED ((struct rb_root_cached){ NULL })
#define rb_entry(p, type, member) container_of(p, type, member)
#define rb_first_cached(root) ((root)->first)
void rb_add_cached(struct rb_node *node, struct rb_root_cached *root,
		   bool (*less)(struct rb_node *a, const struct rb_node *b));
void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root);

/* xarray.h; a sorted array does. NULL values are reservations */
struct xarray {
	struct shim_xa_slot {
		unsigned long index;
		void *value;
	} *slot;
	size_t n, room;
};

#define XA_FLAGS_ACCOUNT 0U
#define XA_PRESENT 8U
#define xa_init_flags(xa, flags) ((void)(flags), (void)memset(xa, 0, sizeof(*(xa))))
int xa_insert(struct xarray *xa, unsigned long index, void *value, gfp_t gfp);
void *xa_store(struct xarray *xa, unsigned long index, void *value, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
void xa_release(struct xarray *xa, unsigned long index);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
	      unsigned int filter);
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max,
		    unsigned int filter);
void xa_destroy(struct xarray *xa);

#define xa_for_each(xa, index, value) \
	for ((index) = 0, (value) = xa_find(xa, &(index), ULONG_MAX, XA_PRESENT); \
	     (value); (value) = xa_find_after(xa, &(index), ULONG_MAX, XA_PRESENT))

#endif
