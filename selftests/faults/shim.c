// SPDX-License-Identifier: GPL-2.0
/* Stands between the module and what it calls that may be out of memory: rename.h
 * has its objects call these functions in place of the kernel's. Each tells the
 * kernel log, once, of every place in the module that called it, and of every
 * place to which it returned without; and can be told to be out of memory itself.
 *
 * Nobody else's allocations pass here, and all of ours do, in any context. What is
 * called by failslab out of memory, or is not at all, is told in the same way.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "calls.h"

#define SITES	1024	/* a power of 2; some 80 are in use */

enum how {
	SHIM_NULL,
	SHIM_ERROR,
	SHIM_POINTER,
	SHIM_WATCH,
};

enum fate {
	FATE_CALLED = 1,
	FATE_FAILED = 2,
	FATE_DENIED = 4,
};

static unsigned int nth;
module_param(nth, uint, 0644);
MODULE_PARM_DESC(nth, "the nth call from now on fails, by process tgid or, if that is 0, by any; counts down to 0");

static unsigned int tgid;
module_param(tgid, uint, 0644);
MODULE_PARM_DESC(tgid, "whose calls count; 0: those of anybody, in any context");

static unsigned int percent;
module_param(percent, uint, 0644);
MODULE_PARM_DESC(percent, "of all calls fail");

static bool workers;
module_param(workers, bool, 0644);
MODULE_PARM_DESC(workers, "all calls of workqueues' tasks fail, too");

static unsigned int denied;
module_param(denied, uint, 0644);
MODULE_PARM_DESC(denied, "how many calls were made to fail");

static struct {
	unsigned long at;
	u8 fate;
} sites[SITES];

static DEFINE_RAW_SPINLOCK(lock);

/* Returns what is new. */
static u8 note(unsigned long at, u8 fate)
{
	unsigned int i = hash_long(at, ilog2(SITES));
	unsigned long flags;
	u8 news = 0;

	raw_spin_lock_irqsave(&lock, flags);
	while (sites[i].at && sites[i].at != at)
		i = (i + 1) % SITES;
	sites[i].at = at;
	news = fate & ~sites[i].fate;
	sites[i].fate |= fate;
	raw_spin_unlock_irqrestore(&lock, flags);
	return news;
}

static void tell(const char *name, unsigned long at, u8 fate)
{
	u8 news = note(at, fate);

	if (news & FATE_CALLED)
		pr_info("faults: called %s at %pS\n", name, (void *)at);
	if (news & FATE_FAILED)
		pr_info("faults: failed %s at %pS\n", name, (void *)at);
	if (news & FATE_DENIED)
		pr_info("faults: denied %s at %pS\n", name, (void *)at);
}

static bool ours(void)
{
	unsigned int whose = READ_ONCE(tgid);

	return !whose || (in_task() && current->tgid == whose);
}

static bool deny(void)
{
	unsigned int share = READ_ONCE(percent);
	unsigned long flags;
	bool now = false;

	if (READ_ONCE(workers) && in_task() && (current->flags & PF_WQ_WORKER))
		return true;
	if (likely(!READ_ONCE(nth) && !share) || !ours())
		return false;
	raw_spin_lock_irqsave(&lock, flags);
	if (nth)
		now = !--nth;
	else
		now = get_random_u32() % 100 < share;
	denied += now;
	raw_spin_unlock_irqrestore(&lock, flags);
	return now;
}

static bool failed(enum how how, unsigned long ret)
{
	switch (how) {
	case SHIM_NULL:
		return !ret;
	case SHIM_POINTER:
		return IS_ERR_VALUE(ret);
	case SHIM_ERROR:
	case SHIM_WATCH:
		break;
	}
	return (int)ret < 0;
}

static const unsigned long nothing[] = {
	[SHIM_NULL] = 0,
	[SHIM_ERROR] = -ENOMEM,
	[SHIM_POINTER] = -ENOMEM,
};

/* All their arguments are in registers, six at most, and so is what they return.
 * A kernel that does not have one has nobody who calls it.
 */
#define SHIM(name, how)							\
extern unsigned long real_##name(unsigned long, unsigned long,		\
				 unsigned long, unsigned long,		\
				 unsigned long, unsigned long)		\
	__asm__(#name) __attribute__((weak));				\
unsigned long shim_##name(unsigned long, unsigned long, unsigned long,	\
			  unsigned long, unsigned long, unsigned long);	\
noinline unsigned long shim_##name(unsigned long a, unsigned long b,	\
				   unsigned long c, unsigned long d,	\
				   unsigned long e, unsigned long f)	\
{									\
	unsigned long ret, at = _RET_IP_;				\
									\
	if ((how) != SHIM_WATCH && deny()) {				\
		tell(#name, at, FATE_CALLED | FATE_DENIED);		\
		return nothing[how];					\
	}								\
	ret = real_##name(a, b, c, d, e, f);				\
	tell(#name, at, FATE_CALLED |					\
			(failed(how, ret) ? FATE_FAILED : 0));		\
	return ret;							\
}

SHIMS
