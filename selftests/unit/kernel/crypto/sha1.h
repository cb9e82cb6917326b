/* SPDX-License-Identifier: GPL-2.0 */
/* As the kernel's header; host tests link libcrypto (../crypto.c). */
#ifndef SHIM_SHA1_H
#define SHIM_SHA1_H

#include "../shim.h"

#define SHA1_DIGEST_SIZE 20
#define SHA1_BLOCK_SIZE 64
#define SHA1_H0 0x67452301UL
#define SHA1_H1 0xefcdab89UL
#define SHA1_H2 0x98badcfeUL
#define SHA1_H3 0x10325476UL
#define SHA1_H4 0xc3d2e1f0UL

/* What kernels up to 6.17 have, or what later ones have. */
#ifndef SHIM_LATER_KERNEL
#define SHA1_DIGEST_WORDS (SHA1_DIGEST_SIZE / 4)
#define SHA1_WORKSPACE_WORDS 16
void sha1_transform(__u32 *digest, const char *data, __u32 *array);
#else
void sha1(const u8 *data, size_t len, u8 out[SHA1_DIGEST_SIZE]);
#endif

#endif
