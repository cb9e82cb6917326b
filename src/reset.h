/* SPDX-License-Identifier: GPL-2.0 */
/* Answers a refused segment with RST and MP_TCPRST, to whoever knows of the
 * connection.
 */
#ifndef MB_RESET_H
#define MB_RESET_H

#include <linux/netfilter.h>
#include <linux/spinlock.h>

#include "packet.h"
#include "stats.h"

/* RFC 8684, 3.6 */
#define MB_TCPRST_ADMIN_PROHIBITED	3

/**
 * struct mb_bucket - how many resets may still be sent now
 * @lock:	of the rest
 * @credit:	nanoseconds of saved-up time; one reset costs a second over
 *		the rate
 * @last:	ktime_get_ns() of the last look
 */
struct mb_bucket {
	spinlock_t lock;	/* of the rest */
	u64 credit;
	u64 last;
};

void mb_bucket_init(struct mb_bucket *bucket);
bool mb_bucket_take(struct mb_bucket *bucket, u32 rate, unsigned int n);
bool mb_answerable(const struct mb_packet *pkt,
		   const struct nf_hook_state *state);
int mb_reset(struct mb_packet *pkt, const struct nf_hook_state *state,
	     struct mb_bucket *bucket, u32 rate, struct mb_stats *stats);

#endif
