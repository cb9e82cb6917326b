/* SPDX-License-Identifier: GPL-2.0 */
/* Tells listeners of the multicast group that something began, ended or was
 * refused.
 */
#ifndef MB_EVENT_H
#define MB_EVENT_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/mptcp_mb.h>

struct mb_net;
struct mb_refusal;
struct mb_session;
struct mb_subflow;

#define MB_EVENTS	(MPTCP_MB_EVENT_POLICY_CHANGED + 1)
#define MB_EVENT_RATE	1000	/* a second and kind; so many may go at once */

/**
 * struct mb_events - how many events a namespace may still tell
 * @lock:	of the rest
 * @full:	by kind: ktime_get_ns() when its bucket is full again, each event
 *		puts it off by a second over the rate
 * @lost:	events left out since the last one that was sent
 * @heard:	the last one that was sent had a listener in this namespace
 */
struct mb_events {
	spinlock_t lock; /* of the rest */
	u64 full[MB_EVENTS];
	u32 lost;
	bool heard;
};

void mb_events_init(struct mb_events *ev);
void mb_events_begin(void);
void mb_events_end(void);

void mb_event_session(struct mb_net *mn, enum mptcp_mb_event kind,
		      const struct mb_session *s, struct mb_subflow *sub);
void mb_event_refusal(struct mb_net *mn, enum mptcp_mb_event kind,
		      const struct mb_refusal *r);
void mb_event_full(struct mb_net *mn);
void mb_event_policy(struct mb_net *mn);

#endif
