/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MBCTL_IMPORT_H
#define MBCTL_IMPORT_H

#include "mbctl.h"

int site_import(struct ctx *ctx, struct words *w);

#endif
