/* SPDX-License-Identifier: GPL-2.0 */
/* As the kernel's header; host tests link libcrypto (../crypto.c). */
#ifndef SHIM_ALGAPI_H
#define SHIM_ALGAPI_H

#include "../shim.h"

int crypto_memneq(const void *a, const void *b, size_t size);

#endif
