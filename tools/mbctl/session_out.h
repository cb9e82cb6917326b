/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions for people and for scripts. */
#ifndef MBCTL_SESSION_OUT_H
#define MBCTL_SESSION_OUT_H

#include <time.h>

#include "out.h"
#include "session_nl.h"

void session_json(struct out *out, const struct session *s, time_t now,
		  bool subflows);
void session_row(struct out *out, const struct session *s);
int session_print(struct out *out, const struct session *s, time_t now,
		  struct err *e);
void subflow_json(struct out *out, const struct subflow *sub);
void token_out(struct out *out, const char *key, bool has, uint32_t token);

#endif
