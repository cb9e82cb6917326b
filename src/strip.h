/* SPDX-License-Identifier: GPL-2.0 */
/* Acts on a segment that goes on: takes its MPTCP options, or makes its
 * ADD_ADDRs useless. What to do was decided before.
 */
#ifndef MB_STRIP_H
#define MB_STRIP_H

#include <linux/tcp.h>
#include <net/checksum.h>

#include "option.h"
#include "packet.h"

/* Overwrites four bytes by NOPs; returns what that adds to their sum. Words of 32
 * bits sum up to the same as those of 16.
 */
static __always_inline u64 mb_strip_word(u8 *at)
{
	const u32 nops = MB_TCPOPT_NOP * 0x01010101U;
	u32 word;

	memcpy(&word, at, sizeof(word));
	memcpy(at, &nops, sizeof(nops));
	return nops + (u64)~word;
}

/* Takes up into the checksum field what changed elsewhere in the header, so the
 * segment's sum stays what it was: a CHECKSUM_COMPLETE skb->csum holds, and a
 * wrong checksum stays as wrong. With CHECKSUM_PARTIAL the field holds the
 * pseudo header's sum alone, and who sends adds ours.
 */
static __always_inline void mb_strip_fix(const struct sk_buff *skb,
					 struct tcphdr *th, u64 diff)
{
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		csum_replace_by_diff(&th->check,
				     csum_add((__force __wsum)(u32)diff,
					      (__force __wsum)(u32)(diff >> 32)));
}

int mb_strip(struct mb_packet *pkt, const struct mb_options *opts);
int mb_neutralise(struct mb_packet *pkt, const struct mb_options *opts);

#endif
