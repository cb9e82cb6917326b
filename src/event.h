/* SPDX-License-Identifier: GPL-2.0 */
/* Tells listeners of the multicast group that something began, ended or was
 * refused.
 */
#ifndef MB_EVENT_H
#define MB_EVENT_H

#include <linux/types.h>
#include <uapi/linux/mptcp_mb.h>

struct mb_net;
struct mb_refusal;
struct mb_session;
struct mb_subflow;

void mb_event_session(struct mb_net *mn, enum mptcp_mb_event kind,
		      const struct mb_session *s, const struct mb_subflow *sub);
void mb_event_refusal(struct mb_net *mn, enum mptcp_mb_event kind,
		      const struct mb_refusal *r);
void mb_event_full(struct mb_net *mn);
void mb_event_policy(struct mb_net *mn);

#endif
