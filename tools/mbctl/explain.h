/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MBCTL_EXPLAIN_H
#define MBCTL_EXPLAIN_H

#include "entry.h"
#include "mbctl.h"

const char *explain_why(const struct entry *best, const struct entry *beaten);
int site_get(struct ctx *ctx, struct words *w);

#endif
