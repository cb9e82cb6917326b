/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of churn share: see churn.c. */
#ifndef CHURN_H
#define CHURN_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif

/* The servers' ports. Every policy allows MPTCP with the first two and denies it with the third. */
#define PORT_STEADY	6001	/* nobody closes these */
#define PORT_CLOSED	6002	/* these are closed by us, time and again */
#define PORT_DENIED	6003
#define PORT_CRAFTED	80	/* nobody listens; one policy denies it */

enum deed {
	SWAPS, SETTINGS, ABANDONED, SITES, CLOSES, RESETS, DUMPS, HALF_DUMPS, MONITORS, EVENTS,
	RELOADS, BUSY, FLUSHES, NAMESPACES, BLASTED, TRANSFERS, CUT, FALLBACKS, DENIED, PLAIN, FLAPS,
	DOWN, LONGEST_DOWN, CT_FLUSHES, SESSIONS, CONFIRMED, EVICTED, JOINED, REFUSED, DEEDS
};

struct setup {
	unsigned int seconds;
	const char *module;
	const char *netns_client, *netns_gateway, *netns_server;
};

extern struct setup setup;
extern atomic_bool over;
extern atomic_bool serving;		/* servers go on till the last client has gone */
extern atomic_uint loads;		/* of the module, so far */
extern atomic_bool loaded;
extern atomic_uint unruly;		/* odd: policy is not in force just now */
extern atomic_ulong closing;		/* closes and resets tried so far */
extern char home[32];			/* path of the network namespace we came from */

/* churn.c */
void did(enum deed deed, unsigned long n);
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void quit(const char *what);
unsigned int rnd(unsigned int below);
void nap_ms(unsigned int ms);
double now(void);
bool enter(const char *netns);
bool interface_up(int fd, const char *name, bool up);
unsigned int interface_index(int fd, const char *name);

/* churn_nl.c */

/**
 * struct nl - a netlink socket of its thread's namespace
 * @fd:		socket
 * @family:	id of mptcp_mb
 * @group:	of its events
 * @seq:	of the last request
 * @loads:	how often the module had been loaded when @family was found out
 * @nlh:	the request that is being made
 * @out:	room for it
 * @in:		room for what comes
 */
struct nl {
	int fd;
	uint16_t family;
	uint32_t group;
	uint32_t seq;
	unsigned int loads;
	struct nlmsghdr *nlh;
	char out[16384] __attribute__((aligned(8)));
	char in[65536] __attribute__((aligned(8)));
};

struct site {
	uint8_t family;			/* AF_UNSPEC: any */
	uint8_t len;
	uint8_t address[16];
	uint16_t port;			/* 0: any */
	uint8_t action;
	uint32_t timeout;
	uint32_t mark;			/* 0: none */
	bool comment;
};

#define DEFAULT_STAYS	2

struct policy {
	uint8_t deny;			/* whom no entry names; or DEFAULT_STAYS */
	uint8_t fallback, join, malformed, add_addr, local;
	uint32_t reset_rate, max_sessions, session_timeout, share_mark;
};

typedef void (*nl_seen)(const struct nlmsghdr *nlh, void *data);

struct nl *nl_open(int protocol);
void nl_close(struct nl *nl);
void nl_renew(struct nl *nl);
void nl_begin(struct nl *nl, uint8_t cmd, uint16_t flags);
void nl_go_on(struct nl *nl, uint8_t cmd, uint16_t flags);
int nl_call(struct nl *nl, nl_seen seen, void *data);
int nl_do(struct nl *nl, uint8_t cmd);
bool nl_sound(const struct nlmsghdr *nlh);
void nl_put_site(struct nl *nl, uint8_t cmd, const struct site *s);
int nl_set(struct nl *nl, const struct policy *p);
int nl_commit(struct nl *nl, unsigned int which, const struct policy *p);
void nl_random(struct policy *p, unsigned int which);
int nl_arm(struct nl *nl);

/* The others: threads. Their argument is a number: which of them, if there are several. */
void *talk_swap(void *arg);
void *talk_sites(void *arg);
void *talk_close(void *arg);
void *talk_dump(void *arg);
void *talk_monitor(void *arg);
void talk_count(struct nl *nl);
void *net_serve(void *arg);
void *net_transfer(void *arg);
void *net_denied(void *arg);
void *net_flap(void *arg);
void *net_conntrack(void *arg);
void *netns_cycle(void *arg);
void *netns_blast(void *arg);
bool net_victim(struct sockaddr_storage *from, struct sockaddr_storage *to);
int net_listen(int family, unsigned int port);
bool net_is_mptcp(int fd);
void net_patience(int fd, unsigned int ms);

#endif
