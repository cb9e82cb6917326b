/* SPDX-License-Identifier: GPL-2.0 */
/* Stories of segments while memory is short: what is played, and what it is judged by. */
#ifndef STORIES_H
#define STORIES_H

#include "faults.h"
#include "way.h"

/* What differs from the initial policy */
struct setup {
	uint8_t dflt, fallback, midstream, add_addr;
};

/**
 * struct story - what is played
 * @name:	for messages
 * @setup:	the policy
 * @prepare:	what comes before, with memory; or NULL
 * @run:	what is played while memory is short
 * @judge:	of what became of it, with memory
 * @hold:	somebody holds a copy of each packet, see way_hold()
 */
struct story {
	const char *name;
	const struct setup *setup;
	void (*prepare)(void), (*run)(void), (*judge)(void);
	bool hold;
};

/* --- stories.c --- */

extern const struct story stories[];
extern const unsigned int stories_n;
extern const struct setup allowing;

/* --- stage.c: where they are played --- */

/* The session that a story is about, and its connections */
struct scene {
	int family;
	struct session session;
	struct conn first, join;
	unsigned int lost;		/* segments that never came out */
	bool passed;			/* one that was not to */
	uint32_t id;
	enum result result;
};

extern struct scene now;
extern int control, asker;		/* sockets: with memory, and without */
extern uint64_t counter[COUNTERS];	/* when the story has ended */

void write_file(const char *path, const char *text);

/* --- steps.c: what stories are made of --- */

void pass(struct conn *c, int side, uint8_t flags, unsigned int len, const char *words);
void open_conn(struct conn *c, const char *word);
void exchange(struct conn *c);
void begin_session(void);
void whole_session(void);
void join_session(void);

/* --- known.c: what the gateway knows --- */

struct known {
	bool found, impaired;
	uint8_t state;
	uint32_t id;
	unsigned int live;
};

struct known look_up(void);

/* Segments that were refused by policy, with whatever answer */
uint64_t refusals(void);

/* --- judges.c --- */

void judge_session(void);
void judge_joined(void);
void judge_stripped(void);
void judge_reset(void);
void judge_dropped(void);
void judge_blocked(void);
void judge_nothing(void);

/* --- closing.c: sessions closed, connections reset --- */

void prepare_session(void);
void ask(int cmd);			/* about this session */
void close_session(void);
void judge_closed(void);

void prepare_conn(void);
void reset_conn(void);
void judge_reset_conn(void);

/* --- flood.c --- */

extern const struct story many;

#endif
