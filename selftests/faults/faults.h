/* SPDX-License-Identifier: GPL-2.0 */
/* Makes allocations fail, one after the other, and looks at what becomes of it. */
#ifndef FAULTS_H
#define FAULTS_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- inject.c: who makes them fail --- */

enum injector {
	INJECT_KERNEL,		/* /proc/self/fail-nth: whatever this task asks for */
	INJECT_SHIM,		/* the module's own calls only (shim.c) */
	INJECT_RATE,		/* /proc/self/make-it-fail: a share of what this task asks for */
	INJECT_SHIM_RATE,	/* a share of the module's own calls for this process */
};

/* The injector is one of the last two. */
bool by_share(void);
extern unsigned int inject_percent;	/* of the last one */

extern enum injector injector;
extern unsigned long injected;		/* faults so far */

/* The nth allocation from now on fails, until disarm(), which tells whether one did. */
void arm(unsigned int nth);
bool disarm(void);

/* A process of another network namespace, or after a module was loaded, opens the files anew. */
void inject_open(void);

/* --- what went wrong --- */

extern unsigned int wrongs;

/* Prints a line, with what was going on: see doing() */
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
void doing(const char *what, unsigned int nth);
void quit(const char *what) __attribute__((noreturn));

/* --- netlink.c --- */

enum result {
	DONE,			/* the kernel says so */
	REFUSED,		/* it says no */
	UNKNOWN,		/* its answer was lost */
};

struct message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char attrs[1024];
};

int nl_open(void);
void nl_begin(struct message *m, int cmd, int flags);
struct nlattr *nl_put(struct message *m, int type, const void *data, size_t len);
void nl_put_u8(struct message *m, int type, uint8_t v);
void nl_put_u32(struct message *m, int type, uint32_t v);
void nl_nest_end(struct message *m, struct nlattr *nest);

typedef void nl_each(const struct nlattr *attrs, size_t len, void *data);

/* Sends, reads all answers, and hands each one's attributes to each(), if there is one. nl_error is
 * what the kernel said, of REFUSED.
 */
enum result nl_call(int fd, struct message *m, nl_each *each, void *data);
extern int nl_error;

/* Bytes for an answer. The kernel makes its messages as long as the longest that was asked for. */
extern size_t nl_room;

const struct nlattr *nl_find(const struct nlattr *attrs, size_t len, int type);
#define nl_data(a) ((const void *)((const char *)(a) + NLA_HDRLEN))
#define nl_len(a) ((size_t)(a)->nla_len - NLA_HDRLEN)

/* Joins the group of the events; false: not now. */
bool nl_listen(int fd);
extern int nl_group;

/* Forgets the events that wait; their number. */
unsigned int nl_drain(int fd);

/* All counters, of this namespace */
#define COUNTERS 128
void nl_counters(int fd, uint64_t *counter);

/* --- scenarios --- */

int policy_run(void);			/* every command about the policy */
int arming_run(void);			/* a namespace's first policy */
int namespaces_run(unsigned int stride);/* made and unmade */
int module_run(const char *ko, unsigned int stride);
int ways_run(const char *only);	/* segments, of all kinds, or of one */
int rates_run(unsigned int rounds);
int flood_run(unsigned int rounds);

#endif
