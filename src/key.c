// SPDX-License-Identifier: GPL-2.0
/* What follows from the keys of a session (RFC 8684, 3.1 and 3.2; RFC 6824).
 * What held a key, its digest or an HMAC is wiped.
 */
#include <crypto/algapi.h>
#include <crypto/sha1.h>
#include <crypto/sha2.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "compat.h"
#include "key.h"

/* RFC 2104, 2; SHA-1 and SHA-256 have blocks of one size. */
#define HMAC_BLOCK	SHA256_BLOCK_SIZE
#define HMAC_IPAD	0x36
#define HMAC_OPAD	0x5c

/* Writes digest_len(version) bytes. */
static void digest_of(unsigned int version, const u8 *data, unsigned int len,
		      u8 *out)
{
	if (version)
		sha256(data, len, out);
	else
		mb_sha1(data, len, out);
}

static unsigned int digest_len(unsigned int version)
{
	return version ? SHA256_DIGEST_SIZE : SHA1_DIGEST_SIZE;
}

/* The first block of either hash: the HMAC's key, with zeroes to a block, and
 * @pad in every byte.
 */
static void hmac_block(u8 *block, const u8 *key_own, const u8 *key_peer, u8 pad)
{
	unsigned int i;

	memset(block, pad, HMAC_BLOCK);
	for (i = 0; i < MB_KEY_LEN; i++) {
		block[i] ^= key_own[i];
		block[MB_KEY_LEN + i] ^= key_peer[i];
	}
}

/**
 * mb_key_facts() - token and initial data sequence number that a key gives
 * @version:	MPTCP version of the session: 0 hashes with SHA-1 (RFC 6824), 1
 *		and later with SHA-256 (RFC 8684)
 * @key:	MB_KEY_LEN bytes as on the wire, any alignment
 * @out:	filled
 *
 * Context: any; no lock, no allocation. One hash of one block.
 */
void mb_key_facts(unsigned int version, const u8 *key, struct mb_key_facts *out)
{
	u8 digest[SHA256_DIGEST_SIZE];
	__be32 token;
	__be64 idsn;

	digest_of(version, key, MB_KEY_LEN, digest);
	/* The first 32 bits and the last 64. */
	memcpy(&token, digest, sizeof(token));
	memcpy(&idsn, digest + digest_len(version) - sizeof(idsn), sizeof(idsn));
	out->token = be32_to_cpu(token);
	out->idsn = be64_to_cpu(idsn);
	memzero_explicit(digest, sizeof(digest));
}

/* RFC 2104's HMAC for a key of 16 bytes and a message of no more than a digest:
 * nothing of it has to be hashed to fit, nor is it so long that its parts would
 * have to be.
 */
static void hmac_of(unsigned int version, const u8 *key_own, const u8 *key_peer,
		    const void *msg, unsigned int msg_len, u8 *digest)
{
	u8 input[HMAC_BLOCK + SHA256_DIGEST_SIZE];
	unsigned int len = digest_len(version);

	hmac_block(input, key_own, key_peer, HMAC_IPAD);
	memcpy(input + HMAC_BLOCK, msg, msg_len);
	digest_of(version, input, HMAC_BLOCK + msg_len, digest);

	hmac_block(input, key_own, key_peer, HMAC_OPAD);
	memcpy(input + HMAC_BLOCK, digest, len);
	digest_of(version, input, HMAC_BLOCK + len, digest);
	memzero_explicit(input, sizeof(input));
}

/**
 * mb_key_join_hmac() - the HMAC by which a host proves that a join is its own
 * @version:	as for mb_key_facts()
 * @key_own:	key of the host that sends the HMAC: in a SYN/ACK the one that
 *		the join was opened to, in an ACK the one that opened it;
 *		MB_KEY_LEN bytes as on the wire, any alignment
 * @key_peer:	key of the other host, likewise
 * @nonce_own:	nonce of the host that sends the HMAC, host byte order
 * @nonce_peer:	nonce of the other host, host byte order
 * @out:	MB_JOIN_HMAC_ACK bytes are written, any alignment: all of v0's
 *		HMAC, the first bytes of v1's. A SYN/ACK has the first
 *		MB_JOIN_HMAC_SYNACK of them
 *
 * Context: any; no lock, no allocation. Two hashes of two blocks each.
 */
void mb_key_join_hmac(unsigned int version, const u8 *key_own,
		      const u8 *key_peer, u32 nonce_own, u32 nonce_peer, u8 *out)
{
	const __be32 nonces[] = { cpu_to_be32(nonce_own),
				  cpu_to_be32(nonce_peer) };
	u8 digest[SHA256_DIGEST_SIZE];

	hmac_of(version, key_own, key_peer, nonces, sizeof(nonces), digest);
	memcpy(out, digest, MB_JOIN_HMAC_ACK);
	memzero_explicit(digest, sizeof(digest));
}

/**
 * mb_key_join_verify() - whether the HMAC in a join's SYN/ACK or ACK is right
 * @version:	as for mb_key_facts()
 * @key_own:	as for mb_key_join_hmac(), as the rest
 * @key_peer:	key of the other host
 * @nonce_own:	nonce of the host that sent @hmac, host byte order
 * @nonce_peer:	nonce of the other host, host byte order
 * @hmac:	as on the wire, @len bytes, any alignment
 * @len:	MB_JOIN_HMAC_SYNACK or MB_JOIN_HMAC_ACK
 *
 * How long it takes does not tell which byte is wrong.
 *
 * Context: any; no lock, no allocation. Two hashes of two blocks each.
 * Return: whether these are the first @len bytes; false for no or too many bytes
 */
bool mb_key_join_verify(unsigned int version, const u8 *key_own,
			const u8 *key_peer, u32 nonce_own, u32 nonce_peer,
			const u8 *hmac, unsigned int len)
{
	u8 right[MB_JOIN_HMAC_ACK];
	bool same;

	if (!len || len > sizeof(right))
		return false;
	mb_key_join_hmac(version, key_own, key_peer, nonce_own, nonce_peer,
			 right);
	same = !crypto_memneq(right, hmac, len);
	memzero_explicit(right, sizeof(right));
	return same;
}

/**
 * mb_key_add_addr_verify() - whether the HMAC of an ADD_ADDR is right
 * @version:	of MP_CAPABLE; announcements of version 0 have no HMAC
 * @key_own:	key of the host that announces; MB_KEY_LEN bytes as on the wire,
 *		any alignment
 * @key_peer:	key of the other host, likewise
 * @id:		address id
 * @addr:	the address as on the wire
 * @addr_len:	4 or 16 bytes
 * @port:	host byte order, 0 without one
 * @hmac:	as on the wire, MB_ADD_ADDR_HMAC bytes, any alignment
 *
 * RFC 8684, 3.4.1: the last 64 bits of the HMAC over id, address and port.
 *
 * Context: any; no lock, no allocation. Two hashes of two blocks each.
 * Return: whether the announcing host knows both keys
 */
bool mb_key_add_addr_verify(unsigned int version, const u8 *key_own,
			    const u8 *key_peer, u8 id, const u8 *addr,
			    unsigned int addr_len, u16 port, const u8 *hmac)
{
	const __be16 wire_port = cpu_to_be16(port);
	u8 msg[1 + 16 + sizeof(wire_port)], digest[SHA256_DIGEST_SIZE];
	bool same;

	if (!version || addr_len > 16)
		return false;
	msg[0] = id;
	memcpy(msg + 1, addr, addr_len);
	memcpy(msg + 1 + addr_len, &wire_port, sizeof(wire_port));
	hmac_of(version, key_own, key_peer, msg,
		1 + addr_len + sizeof(wire_port), digest);
	same = !crypto_memneq(digest + sizeof(digest) - MB_ADD_ADDR_HMAC, hmac,
			      MB_ADD_ADDR_HMAC);
	memzero_explicit(digest, sizeof(digest));
	return same;
}
