/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of nlfuzz, which says what it does in nlfuzz.c. */
#ifndef NLFUZZ_H
#define NLFUZZ_H

#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define MESSAGE_MAX	8192	/* bytes of one message that we send */
#define RECEIVE_MAX	65536	/* dumps come in pieces of at most 32 KiB */
#define KEYS_MAX	16
#define ERRNOS		256
#define BATCH_MAX	32	/* messages in one sendmsg() */

/* --- nlfuzz_table.c: the family, as its specification tells it ------------------------------- */

enum kind { FLAG, U8, U16, U32, U64, TEXT, ADDRESS, NEST, NONE };

/**
 * struct attr - an attribute that a set knows
 * @type:	its number
 * @kind:	of value
 * @min:	least value, or bytes
 * @max:	greatest value, or bytes
 * @nest:	what is in it
 */
struct attr {
	uint16_t type;
	enum kind kind;
	uint64_t min, max;
	const struct set *nest;
};

struct set {
	unsigned int n;
	const struct attr *attrs;
};

/**
 * struct command - what the family knows
 * @name:	for messages
 * @set:	attributes of a request
 * @cmd:	its number
 * @weight:	how often it is sent; those that wait for RCU are seldom
 * @dump:	it has a dump, too
 * @open:	needs no capability
 * @changes:	refused in user namespaces that may have no policy
 */
struct command {
	const char *name;
	const struct set *set;
	uint8_t cmd;
	unsigned int weight;
	bool dump, open, changes;
};

extern const struct command commands[];
extern const unsigned int n_commands;
const struct command *command_of(uint8_t cmd);
const char *must_refuse(const struct nlmsghdr *nlh, bool strict_flags);

/* --- nlfuzz_make.c: messages ------------------------------------------------------------------- */

struct rng {
	uint64_t state;
};

/**
 * struct message - what one sendmsg() takes
 * @len:	bytes of @buf that are sent; the headers may say otherwise
 * @buf:	one or several netlink messages
 */
struct message {
	size_t len;
	uint8_t buf[MESSAGE_MAX] __attribute__((aligned(8)));
};

uint64_t draw(struct rng *r);
uint32_t below(struct rng *r, uint32_t n);
bool chance(struct rng *r, unsigned int percent);

void draw_bytes(struct rng *r, void *p, size_t len);

struct nlmsghdr *message_begin(struct message *m, uint8_t cmd, uint16_t flags);
void message_end(struct message *m, struct nlmsghdr *nlh);
void make_right(struct rng *r, struct message *m, const struct command *c, uint16_t flags);
void make_plain(struct message *m, const struct command *c, uint16_t flags);
void put_value(struct rng *r, struct message *m, const struct attr *a);
void put_right(struct rng *r, struct message *m, const struct command *c);
size_t put_number(void *p, enum kind kind, uint64_t v);
struct nlattr *put_attr(struct message *m, uint16_t type, const void *data, size_t len);
struct nlattr *nest_begin(struct message *m, uint16_t type);
void nest_end(struct message *m, struct nlattr *nest);
void put_site(struct message *m, uint32_t address, uint8_t prefix_len, int action);

/* --- nlfuzz_wild.c, nlfuzz_mutate.c -------------------------------------------------------------- */

void make_message(struct rng *r, struct message *m);
int corpus_load(const char *path);
unsigned int corpus_size(void);
void make_changed(struct rng *r, struct message *m);

/* --- nlfuzz_sock.c: sockets and answers ---------------------------------------------------------- */

/**
 * struct sock - a netlink socket
 * @fd:		-1 closed
 * @capped:	refusals come without the message they are about
 * @room:	bytes that are received at a time
 */
struct sock {
	int fd;
	bool capped;
	size_t room;
};

/**
 * struct tally - what became of what was sent
 * @messages:	sent
 * @accepted:	were acknowledged, or answered
 * @refused:	were answered by an error
 * @told:	refused, with a text
 * @core:	refused without one, by generic netlink itself, which has none
 * @replies:	messages of the family received
 * @events:	among them
 * @wrong:	what should not have been
 * @by_errno:	refused, by reason
 */
struct tally {
	uint64_t messages, accepted, refused, told, core, replies, events, wrong;
	uint64_t by_errno[ERRNOS];
};

/**
 * struct env - what all of nlfuzz shares
 * @family:	number of the family
 * @group:	of its events
 * @strict:	messages with flags or bytes that mean nothing are refused
 * @nobody:	has no right: nothing but the counters may be accepted
 * @foreign:	in a user namespace that may have no policy
 * @n_keys:	of
 * @keys:	byte strings that no message may hold
 * @seed:	of the messages
 * @now:	number of the message that is on its way
 */
struct env {
	uint16_t family;
	uint32_t group;
	bool strict, nobody, foreign;
	unsigned int n_keys;
	uint8_t keys[KEYS_MAX][8];
	uint64_t seed, now;
	struct tally tally;
};

extern struct env env;

/**
 * struct answer - to one request
 * @errnum:	0 accepted, -1 nothing came, else why it was refused
 * @text:	the kernel's words, or empty
 * @done:	a dump has ended
 * @torn:	it was interrupted by a change
 * @messages:	of the family
 */
struct answer {
	int errnum;
	char text[256];
	bool done, torn;
	unsigned int messages;
};

typedef void (*each_reply)(const struct nlmsghdr *nlh, void *data);

void quit(const char *what);
void wrong(const void *msg, size_t len, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void sock_open(struct sock *s, bool capped, size_t room);
void sock_close(struct sock *s);
void family_find(void);
int sock_send(struct sock *s, const struct message *m);
void sock_hear(struct sock *s, uint32_t first, unsigned int n, struct answer *a, unsigned int pieces,
	       each_reply each, void *data);
void ask(struct sock *s, struct message *m, struct answer *a);
unsigned int number_messages(struct message *m, uint32_t *first);
void judge(const struct message *m, uint32_t first, const struct answer *a, unsigned int n);
const struct nlattr *attr_find(const void *begin, size_t len, uint16_t type);

/* --- the rest ------------------------------------------------------------------------------------ */

int play_rights(void);
int play_sweep(void);
int play_transactions(uint64_t rounds);
int play_threads(uint64_t rounds);
int play_dumps(uint64_t rounds);

#endif
