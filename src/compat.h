/* SPDX-License-Identifier: GPL-2.0 */
/* What is not the same in the kernels that the module builds for: 6.1 and later.
 * Tell them apart by what their headers have, not by version numbers: stable
 * kernels get changes of later ones.
 */
#ifndef MB_COMPAT_H
#define MB_COMPAT_H

#include <crypto/sha1.h>
/* brings put_unaligned_be32() and the like, whose header moved in 6.12 */
#include <linux/etherdevice.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

/* Up to 6.1 extack's messages are constant: the plain one stays. For who
 * includes linux/netlink.h.
 */
#ifdef NL_SET_ERR_MSG_FMT
#define MB_SET_ERR_MSG(extack, plain, fmt, ...)				\
	do {								\
		struct netlink_ext_ack *mb_extack = (extack);		\
									\
		NL_SET_ERR_MSG(mb_extack, plain);			\
		NL_SET_ERR_MSG_FMT(mb_extack, fmt, ##__VA_ARGS__);	\
	} while (0)
#else
#define MB_SET_ERR_MSG(extack, plain, fmt, ...)				\
	do {								\
		NL_SET_ERR_MSG(extack, plain);				\
		no_printk(fmt, ##__VA_ARGS__);				\
	} while (0)
#endif

/* Up to 6.6 a multicast group has the flag that commands have. For who includes
 * net/genetlink.h, which the unit tests do without.
 */
#if defined(__NET_GENERIC_NETLINK_H) && !defined(GENL_MCAST_CAP_NET_ADMIN)
#define GENL_MCAST_CAP_NET_ADMIN	GENL_UNS_ADMIN_PERM
#endif

#ifdef SHA1_WORKSPACE_WORDS
/* Up to 6.17 there is SHA-1's compression function, and sha1_init() is one
 * thing up to 6.16 and another later: padding (RFC 3174, 4) is done here.
 */
static inline void mb_sha1(const u8 *data, unsigned int len, u8 *out)
{
	u32 state[SHA1_DIGEST_WORDS] = { SHA1_H0, SHA1_H1, SHA1_H2, SHA1_H3,
					 SHA1_H4 };
	const __be64 bits = cpu_to_be64(8ULL * len);
	u32 workspace[SHA1_WORKSPACE_WORDS];
	u8 block[SHA1_BLOCK_SIZE];
	unsigned int i;

	for (; len >= sizeof(block); len -= sizeof(block)) {
		sha1_transform(state, (const char *)data, workspace);
		data += sizeof(block);
	}
	memset(block, 0, sizeof(block));
	memcpy(block, data, len);
	block[len++] = 0x80;
	if (len > sizeof(block) - sizeof(bits)) {
		sha1_transform(state, (const char *)block, workspace);
		memset(block, 0, sizeof(block));
	}
	memcpy(block + sizeof(block) - sizeof(bits), &bits, sizeof(bits));
	sha1_transform(state, (const char *)block, workspace);

	for (i = 0; i < SHA1_DIGEST_WORDS; i++) {
		const __be32 word = cpu_to_be32(state[i]);

		memcpy(out + i * sizeof(word), &word, sizeof(word));
	}
	memzero_explicit(state, sizeof(state));
	memzero_explicit(workspace, sizeof(workspace));
	memzero_explicit(block, sizeof(block));
}
#else
static inline void mb_sha1(const u8 *data, unsigned int len, u8 *out)
{
	sha1(data, len, out);
}
#endif

#endif
