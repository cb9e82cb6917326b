/* SPDX-License-Identifier: GPL-2.0 */
/* Writes inputs to begin with. */
#ifndef SEEDS_H
#define SEEDS_H

#include <stddef.h>

void seed(const void *bytes, size_t len);
void seeds_reply(void);

#endif
