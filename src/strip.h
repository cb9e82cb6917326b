/* SPDX-License-Identifier: GPL-2.0 */
/* Acts on a segment that goes on: takes its MPTCP options, or makes its
 * ADD_ADDRs useless. What to do was decided before.
 */
#ifndef MB_STRIP_H
#define MB_STRIP_H

#include "option.h"
#include "packet.h"

int mb_strip(struct mb_packet *pkt, const struct mb_options *opts);
int mb_neutralise(struct mb_packet *pkt, const struct mb_options *opts);

#endif
