/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses that a server announced before its key was proven. */
#ifndef MB_ANNOUNCE_H
#define MB_ANNOUNCE_H

#include "session.h"

struct mb_segment;

void mb_announce(struct mb_sessions *ss, struct mb_session *s,
		 const struct mb_segment *seg, const struct mb_option *o);
void mb_announce_forget(struct mb_session *s);
bool mb_announced(const struct mb_session *s, const struct mb_tuple *tuple,
		  unsigned int side);

#endif
