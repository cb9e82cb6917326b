/* SPDX-License-Identifier: GPL-2.0 */
/* What follows from the keys of a session: tokens, initial data sequence
 * numbers, the HMACs of joins. Pure: builds in the kernel, and on the host with
 * selftests/unit/kernel for the kernel's headers, linked with libcrypto.
 */
#ifndef MB_KEY_H
#define MB_KEY_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <linux/types.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
#endif

/* Bytes. RFC 8684, 3.1; 3.2: how much of the HMAC the SYN/ACK, the ACK has */
#define MB_KEY_LEN		8
#define MB_JOIN_HMAC_SYNACK	8
#define MB_JOIN_HMAC_ACK	20
#define MB_ADD_ADDR_HMAC	8	/* 3.4.1 */

/**
 * struct mb_key_facts - what a host's key makes known to who sees it
 * @token:	names the session in joins to this host; host byte order
 * @idsn:	initial data sequence number: the first byte of data that the
 *		host sends has the next one; host byte order
 *
 * Not secret, the token at least: it crosses in the SYN of every join.
 */
struct mb_key_facts {
	u32 token;
	u64 idsn;
};

void mb_key_facts(unsigned int version, const u8 *key, struct mb_key_facts *out);
void mb_key_join_hmac(unsigned int version, const u8 *key_own,
		      const u8 *key_peer, u32 nonce_own, u32 nonce_peer, u8 *out);
bool mb_key_join_verify(unsigned int version, const u8 *key_own,
			const u8 *key_peer, u32 nonce_own, u32 nonce_peer,
			const u8 *hmac, unsigned int len);
bool mb_key_add_addr_verify(unsigned int version, const u8 *key_own,
			    const u8 *key_peer, u8 id, const u8 *addr,
			    unsigned int addr_len, u16 port, const u8 *hmac);

#endif
