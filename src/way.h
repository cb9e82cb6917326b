/* SPDX-License-Identifier: GPL-2.0 */
/* One segment on its way through, and what judges it. */
#ifndef MB_WAY_H
#define MB_WAY_H

#include <linux/netfilter.h>

#include "netns.h"
#include "option.h"
#include "packet.h"
#include "verdict.h"

/**
 * struct mb_way - one segment on its way through
 * @mn:		the namespace
 * @policy:	in force
 * @state:	of the hook
 * @th:		TCP header with all options, to read
 * @place:	what kind of segment it is
 * @side:	of @tuple that sent it
 * @session:	id, when known and the segment is refused
 * @sub:	the known connection that it is of, or NULL
 * @pkt:	the packet
 * @query:	of a SYN or SYN/ACK: its site
 * @tuple:	of its connection
 * @opts:	its MPTCP options
 */
struct mb_way {
	struct mb_net *mn;
	const struct mb_policy *policy;
	const struct nf_hook_state *state;
	const struct tcphdr *th;
	enum mb_place place;
	unsigned int side;
	u32 session;
	struct mb_subflow *sub;
	struct mb_packet pkt;
	struct mb_site_query query;
	struct mb_tuple tuple;
	struct mb_options opts;
};

/**
 * mb_way_find() - the known connection that a segment is of
 * @w:	the way; @side, @tuple and @sub are filled
 *
 * Context: RCU read side.
 */
static __always_inline void mb_way_find(struct mb_way *w)
{
	w->side = mb_tuple_get(&w->tuple, w->pkt.skb, w->pkt.family, w->th);
	w->sub = mb_sessions_maybe(w->mn->sessions, w->th) ?
		 mb_subflow_find(w->mn->sessions, &w->tuple) : NULL;
}

void mb_judge_handshake(struct mb_way *w, struct mb_judged *j);
void mb_judge_established(struct mb_way *w, struct mb_judged *j);
bool mb_judge_plain(struct mb_way *w);

#endif
