/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MBCTL_SITE_H
#define MBCTL_SITE_H

#include "entry.h"
#include "out.h"

void site_out(struct out *out, const struct entry *entry);

#endif
