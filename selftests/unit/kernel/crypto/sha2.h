/* SPDX-License-Identifier: GPL-2.0 */
/* As the kernel's header; host tests link libcrypto (../crypto.c). */
#ifndef SHIM_SHA2_H
#define SHIM_SHA2_H

#include "../shim.h"

#define SHA256_DIGEST_SIZE 32
#define SHA256_BLOCK_SIZE 64

void sha256(const u8 *data, unsigned int len, u8 *out);

#endif
