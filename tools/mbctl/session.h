/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MBCTL_SESSION_H
#define MBCTL_SESSION_H

#include "filter.h"
#include "mbctl.h"
#include "session_nl.h"

int session_close(struct ctx *ctx, struct words *w);
int session_unknown(const char *place, const struct filter *filter,
		    struct err *e);
int session_ambiguous(const char *place, const struct filter *filter,
		      const struct sessions *found, struct err *e);

#endif
