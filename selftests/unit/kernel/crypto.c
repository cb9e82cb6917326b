// SPDX-License-Identifier: GPL-2.0
/* The kernel's hashes, by libcrypto. As the kernel's they leave nothing of what they hashed on the
 * stack, so that a test can see what others leave.
 */

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "crypto/algapi.h"
#include "crypto/sha1.h"
#include "crypto/sha2.h"

#ifndef SHIM_LATER_KERNEL
void sha1_transform(__u32 *digest, const char *data, __u32 *array)
{
	SHA_CTX sha = {
		.h0 = digest[0], .h1 = digest[1], .h2 = digest[2], .h3 = digest[3], .h4 = digest[4],
	};

	SHA1_Transform(&sha, (const unsigned char *)data);
	digest[0] = sha.h0;
	digest[1] = sha.h1;
	digest[2] = sha.h2;
	digest[3] = sha.h3;
	digest[4] = sha.h4;
	/* The kernel leaves words of the block there: wiping them is the caller's. */
	memcpy(array, data, SHA1_BLOCK_SIZE);
	OPENSSL_cleanse(&sha, sizeof(sha));
}
#else
void sha1(const u8 *data, size_t len, u8 out[SHA1_DIGEST_SIZE])
{
	SHA_CTX sha;

	SHA1_Init(&sha);
	SHA1_Update(&sha, data, len);
	SHA1_Final(out, &sha);
	OPENSSL_cleanse(&sha, sizeof(sha));
}
#endif

void sha256(const u8 *data, unsigned int len, u8 *out)
{
	SHA256_CTX sha;

	SHA256_Init(&sha);
	SHA256_Update(&sha, data, len);
	SHA256_Final(out, &sha);
	OPENSSL_cleanse(&sha, sizeof(sha));
}

int crypto_memneq(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) != 0;
}
