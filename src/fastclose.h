/* SPDX-License-Identifier: GPL-2.0 */
/* Closes sessions, draft-lopez-mptcp-middlebox, 3.2. */
#ifndef MB_FASTCLOSE_H
#define MB_FASTCLOSE_H

#include <linux/netfilter.h>
#include <linux/netlink.h>

#include "inject.h"
#include "policy.h"
#include "session.h"

struct mb_net;

/**
 * struct mb_close_host - one end of a subflow that is being closed
 * @end:	highest end of sequence that it has sent, what we dropped included
 * @ack:	highest acknowledgment number that it has sent, likewise
 * @tsval:	its last TSval, likewise
 * @rst:	sequence number of the last RST that it was sent
 * @answers:	RSTs that it was sent since the last try
 * @heard:	it has sent something since closing began: @ack is exactly what
 *		it expects next
 * @ended:	an RST of it was seen
 */
struct mb_close_host {
	u32 end;
	u32 ack;
	u32 tsval;
	u32 rst;
	u8 answers;
	bool heard;
	bool ended;
};

/**
 * struct mb_close_flow - a subflow that is being closed
 * @sub:	to compare only
 * @client:	side of its tuple that is the session's client
 * @host:	by side of its tuple
 */
struct mb_close_flow {
	const struct mb_subflow *sub;
	u8 client;
	struct mb_close_host host[2];
};

/**
 * struct mb_close - a session that is being closed
 * @rcu:	frees it
 * @lock:	of all that changes; taken after the table's, before no other
 * @before:	state of the session to which it returns in vain
 * @tries:	how many were made
 * @alive:	by side of the session: how many tries had been made when it was
 *		last heard to send anything but an RST
 * @begun:	jiffies, half of them; of a session without subflows, when it lost
 *		the last: its hosts wait no longer than MB_LINGER for another, and
 *		none passes
 * @next:	flow that the try under way has come to
 * @n:		flows
 * @flow:	those that lived when it began
 */
struct mb_close {
	struct rcu_head rcu;
	spinlock_t lock; /* see above */
	u8 before;
	u8 tries;
	u8 alive[2];
	u32 begun;
	unsigned int next;
	unsigned int n;
	struct mb_close_flow flow[];
};

/**
 * struct mb_closing - a session that is to be tried again
 * @node:	in the table's queue, the one that is due first is first
 * @id:		of the session, which may have gone or ended meanwhile
 * @due:	jiffies
 */
struct mb_closing {
	struct list_head node;
	u32 id;
	unsigned long due;
};

/* fastclose.c */
int mb_close_begin(struct mb_net *mn, u32 id, struct netlink_ext_ack *extack);
int mb_reset_begin(struct mb_net *mn, const struct mb_tuple *tuple, u32 *id,
		   struct netlink_ext_ack *extack);
void mb_close_end(struct mb_sessions *ss, struct mb_session *s);
void mb_close_free(struct mb_session *s);

/* fastclose_queue.c */
void mb_close_first_try(struct mb_sessions *ss, struct mb_closing *e);
void mb_close_init(struct mb_sessions *ss);
void mb_close_stop(struct mb_sessions *ss);

/* fastclose_try.c */
bool mb_close_try(struct mb_net *mn, const struct mb_policy *policy,
		  const struct mb_ct_finder *finder, struct mb_close *c,
		  struct mb_close_flow *f, struct mb_subflow *sub);
void mb_close_numbers(struct mb_subflow *sub, struct mb_close *c,
		      const struct mb_close_flow *f, struct mb_dir *dir);
void mb_close_rst(struct mb_net *mn, const struct mb_subflow *sub,
		  const struct mb_dir *dir, unsigned int to, u32 next,
		  const struct mb_flow_ct *flow);

/* fastclose_heard.c */
void mb_close_segment(struct mb_net *mn, struct mb_subflow *sub,
		      unsigned int side, struct mb_packet *pkt,
		      const struct tcphdr *th, const struct nf_hook_state *state);
bool mb_close_over(const struct mb_close *c);

#endif
