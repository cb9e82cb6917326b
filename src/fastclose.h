/* SPDX-License-Identifier: GPL-2.0 */
/* Closes sessions, draft-lopez-mptcp-middlebox, 3.2. */
#ifndef MB_FASTCLOSE_H
#define MB_FASTCLOSE_H

#include <linux/netfilter.h>
#include <linux/netlink.h>

#include "session.h"

struct mb_net;

int mb_close_begin(struct mb_net *mn, u32 id, struct netlink_ext_ack *extack);
int mb_reset_begin(struct mb_net *mn, const struct mb_tuple *tuple, u32 *id,
		   struct netlink_ext_ack *extack);
void mb_close_segment(struct mb_net *mn, struct mb_subflow *sub,
		      unsigned int side, struct mb_packet *pkt,
		      const struct tcphdr *th, const struct mb_options *opts,
		      const struct nf_hook_state *state);

void mb_close_init(struct mb_sessions *ss);
void mb_close_stop(struct mb_sessions *ss);
void mb_close_free(struct mb_session *s);

#endif
