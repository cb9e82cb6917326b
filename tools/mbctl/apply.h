/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MBCTL_APPLY_H
#define MBCTL_APPLY_H

#include "mbctl.h"

int policy_apply(struct ctx *ctx, struct words *w);
int policy_check(struct ctx *ctx, struct words *w);

#endif
