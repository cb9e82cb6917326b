// SPDX-License-Identifier: GPL-2.0
/*
 * usage: test_key [SEED]
 * Tokens, initial data sequence numbers and HMACs of joins, beside what others have computed: hosts
 * on the wire, the kernel's test of its own MPTCP, the openssl command. Keys and HMACs lie at odd
 * addresses, in heap buffers that end where they do, for the sanitizers to see what is wrong there.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <pthread.h>
#include <sys/mman.h>

#include "compat.h"
#include "key.h"
#include "ktap.h"

#define ROUNDS 24	/* an openssl each */

static char *hex(const u8 *p, unsigned int n)
{
	static char ring[4][65];
	static unsigned int turn;
	char *out = ring[turn++ % 4];
	unsigned int i;

	for (i = 0; i < n && i < 32; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
	return out;
}

/* A copy at an odd address, at whose end the buffer ends. */
static u8 *odd(const u8 *p, unsigned int n)
{
	u8 *buffer = malloc(n + 1);

	memcpy(buffer + 1, p, n);
	return buffer + 1;
}

static void odd_free(u8 *p)
{
	free(p - 1);
}

static struct mb_key_facts facts(unsigned int version, const u8 *key)
{
	struct mb_key_facts out;
	u8 *at_odd = odd(key, MB_KEY_LEN);

	mb_key_facts(version, at_odd, &out);
	odd_free(at_odd);
	return out;
}

/* @keys: own and peer's, one after the other */
static void join_hmac(unsigned int version, const u8 *keys, u32 own, u32 peer, u8 *out)
{
	u8 *key_own = odd(keys, MB_KEY_LEN), *key_peer = odd(keys + MB_KEY_LEN, MB_KEY_LEN);
	u8 *hmac = odd(out, MB_JOIN_HMAC_ACK);

	mb_key_join_hmac(version, key_own, key_peer, own, peer, hmac);
	memcpy(out, hmac, MB_JOIN_HMAC_ACK);
	odd_free(key_own);
	odd_free(key_peer);
	odd_free(hmac);
}

static bool verify(unsigned int version, const u8 *keys, u32 own, u32 peer, const u8 *hmac,
		   unsigned int len)
{
	u8 *key_own = odd(keys, MB_KEY_LEN), *key_peer = odd(keys + MB_KEY_LEN, MB_KEY_LEN);
	u8 *copy = odd(hmac, len);
	bool same = mb_key_join_verify(version, key_own, key_peer, own, peer, copy, len);

	odd_free(key_own);
	odd_free(key_peer);
	odd_free(copy);
	return same;
}

/* Keys on the wire in captures of tcpdump's own tests; tokens and IDSNs as tshark 4.0 shows them.
 * The hosts agree: the second token stands in a join, v1's data begins right after these IDSNs.
 */
static void test_facts(void)
{
	static const struct {
		unsigned int version;
		u64 key;
		struct mb_key_facts want;
	} samples[] = {
		{ 0, 11285646634205721522ULL, { 2945910507U, 10975753215851282121ULL } },
		{ 0, 10843866842831127890ULL, { 3833528642U, 16464867208451421327ULL } },
		{ 1, 3001306557161771836ULL, { 2740809090U, 11713449205243392241ULL } },
		{ 1, 2295531734017261039ULL, { 597671344U, 14413541604287230029ULL } },
		{ 1, 8339282239122616011ULL, { 1597986193U, 12148165319181844525ULL } },
		{ 1, 10307750418878507713ULL, { 773504493U, 17186763219675866564ULL } },
	};
	unsigned int i;

	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const u64 key = cpu_to_be64(samples[i].key);
		struct mb_key_facts got = facts(samples[i].version, (const u8 *)&key);

		if (got.token != samples[i].want.token || got.idsn != samples[i].want.idsn)
			ktap_fail("v%u, key %016llx: token %u, IDSN %llu", samples[i].version,
				  (unsigned long long)samples[i].key, got.token,
				  (unsigned long long)got.idsn);
	}
	ktap_done("tokens and IDSNs of keys on the wire");
}

/* Of v1 the values in net/mptcp/crypto_test.c of Linux 6.12, whose keys and nonces are text; of v0
 * a join in tcpdump-mptcp-v0.pcap of tcpdump's tests: SYN/ACK, ACK.
 */
static const struct join {
	unsigned int version;
	const char *keys;	/* own, peer's */
	u32 own, peer;
	unsigned int len;
	const char *want;
} joins[] = {
	{ 1, "0b0b0b0b0b0b0b0b", 0x34383639, 0x32303534, MB_JOIN_HMAC_ACK,
	  "8385e24fb4235ac37556b6b886db106284a1da67" },
	{ 1, "aaaaaaaaaaaaaaaa", 0x64646464, 0x64646464, MB_JOIN_HMAC_ACK,
	  "2c5e219164ff1dca1c4a92318d847bb6b9d44492" },
	{ 1, "0102030405060708", 0x63646364, 0x63646364, MB_JOIN_HMAC_ACK,
	  "e73b9ba9969969cefb04aa0d6df18ec2fcc075b6" },
	{ 0, "\x96\x7d\x27\x70\xb6\x96\x05\x52\x9c\x9e\xab\xd1\xe4\x6a\x33\xb2", 866904533,
	  459692568, MB_JOIN_HMAC_SYNACK, "5ab680c7884af03d" },
	{ 0, "\x9c\x9e\xab\xd1\xe4\x6a\x33\xb2\x96\x7d\x27\x70\xb6\x96\x05\x52", 459692568,
	  866904533, MB_JOIN_HMAC_ACK, "cb7b87f5e5f0502f43b535fb70ef6607df2e6c7a" },
};

#define JOINS (sizeof(joins) / sizeof(joins[0]))

static void test_hmacs(void)
{
	u8 hmac[MB_JOIN_HMAC_ACK];
	unsigned int i;

	for (i = 0; i < JOINS; i++) {
		const struct join *j = &joins[i];

		join_hmac(j->version, (const u8 *)j->keys, j->own, j->peer, hmac);
		if (strcmp(hex(hmac, j->len), j->want))
			ktap_fail("v%u: %s is not %s", j->version, hex(hmac, j->len), j->want);
	}
	ktap_done("HMACs of the kernel's test and of a join on the wire");
}

/* No bit of the HMAC, of a nonce, of a key may be another; nor may the sides be mixed up. */
static void verify_one(const struct join *j, unsigned int len)
{
	u8 hmac[MB_JOIN_HMAC_ACK + 1] = { 0 }, keys[2 * MB_KEY_LEN];
	unsigned int v = j->version, bit;

	memcpy(keys, j->keys, sizeof(keys));
	join_hmac(v, keys, j->own, j->peer, hmac);
	if (!verify(v, keys, j->own, j->peer, hmac, len))
		ktap_fail("v%u: the right one of %u bytes is refused", v, len);
	for (bit = 0; bit < 8 * len; bit++) {
		hmac[bit / 8] ^= 1 << bit % 8;
		if (verify(v, keys, j->own, j->peer, hmac, len))
			ktap_fail("v%u: %u bytes, bit %u of the HMAC", v, len, bit);
		hmac[bit / 8] ^= 1 << bit % 8;
	}
	for (bit = 0; bit < 8 * sizeof(keys); bit++) {
		keys[bit / 8] ^= 1 << bit % 8;
		if (verify(v, keys, j->own, j->peer, hmac, len))
			ktap_fail("v%u: %u bytes, bit %u of the keys", v, len, bit);
		keys[bit / 8] ^= 1 << bit % 8;
	}
	for (bit = 0; bit < 32; bit++)
		if (verify(v, keys, j->own ^ 1U << bit, j->peer, hmac, len) ||
		    verify(v, keys, j->own, j->peer ^ 1U << bit, hmac, len))
			ktap_fail("v%u: %u bytes, bit %u of a nonce", v, len, bit);
	if (verify(!v, keys, j->own, j->peer, hmac, len))
		ktap_fail("v%u: the other version", v);
	if (j->own != j->peer && verify(v, keys, j->peer, j->own, hmac, len))
		ktap_fail("v%u: nonces exchanged", v);
}

static void test_verify(void)
{
	u8 hmac[MB_JOIN_HMAC_ACK + 1] = { 0 };
	unsigned int i;

	for (i = 0; i < JOINS; i++) {
		const u8 *keys = (const u8 *)joins[i].keys;

		verify_one(&joins[i], MB_JOIN_HMAC_SYNACK);
		verify_one(&joins[i], MB_JOIN_HMAC_ACK);
		join_hmac(joins[i].version, keys, joins[i].own, joins[i].peer, hmac);
		if (verify(joins[i].version, keys, joins[i].own, joins[i].peer, hmac, 0) ||
		    verify(joins[i].version, keys, joins[i].own, joins[i].peer, hmac, sizeof(hmac)))
			ktap_fail("v%u: no byte, or one too many", joins[i].version);
	}
	ktap_done("a join's HMAC is verified bit for bit");
}

/* The first word that the command prints. */
static bool output_of(const char *command, char *word, size_t size)
{
	FILE *pipe = popen(command, "r");
	char format[16];
	bool got;

	if (!pipe)
		return false;
	snprintf(format, sizeof(format), "%%%zus", size - 1);
	got = fscanf(pipe, format, word) == 1;
	return !pclose(pipe) && got;
}

/* openssl's digest of @n bytes: HMAC if there are keys, else the hash alone */
static bool openssl(unsigned int version, const u8 *keys, const u8 *p, unsigned int n, char *word)
{
	char command[256], option[64] = "", *at = command;
	unsigned int i;

	if (keys)
		snprintf(option, sizeof(option), "-mac HMAC -macopt hexkey:%s",
			 hex(keys, 2 * MB_KEY_LEN));
	at += sprintf(at, "printf '");
	for (i = 0; i < n; i++)
		at += sprintf(at, "\\%03o", p[i]);
	sprintf(at, "' | openssl dgst -r %s %s", version ? "-sha256" : "-sha1", option);
	return output_of(command, word, 65);
}

static void test_openssl(unsigned int version)
{
	u8 keys[2 * MB_KEY_LEN], hmac[MB_JOIN_HMAC_ACK];
	char name[80], word[65];
	struct mb_key_facts got;
	unsigned int i, round;
	u32 nonces[2];

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < sizeof(keys); i++)
			keys[i] = random();
		for (i = 0; i < 2; i++)
			nonces[i] = (u32)random() << 1 ^ random();

		got = facts(version, keys);
		snprintf(name, sizeof(name), "%08x %016llx", got.token, (unsigned long long)got.idsn);
		if (!openssl(version, NULL, keys, MB_KEY_LEN, word))
			ktap_fail("openssl does not work");
		else if (strncmp(word, name, 8) || strcmp(word + strlen(word) - 16, name + 9))
			ktap_fail("key %s: %s, openssl: %s", hex(keys, MB_KEY_LEN), name, word);

		join_hmac(version, keys, nonces[0], nonces[1], hmac);
		nonces[0] = cpu_to_be32(nonces[0]);
		nonces[1] = cpu_to_be32(nonces[1]);
		if (!openssl(version, keys, (u8 *)nonces, sizeof(nonces), word))
			ktap_fail("openssl does not work");
		else if (strncmp(word, hex(hmac, sizeof(hmac)), 2 * sizeof(hmac)))
			ktap_fail("keys %s, nonces %s: %s, openssl: %s", hex(keys, sizeof(keys)),
				  hex((u8 *)nonces, sizeof(nonces)), hex(hmac, sizeof(hmac)), word);
	}
	snprintf(name, sizeof(name), "v%u: %u keys and HMACs as the openssl command's", version,
		 ROUNDS);
	ktap_done(name);
}

/* Any length, for the padding of each is another; the module needs few. */
static void test_sha1(void)
{
	u8 text[200], want[SHA1_DIGEST_SIZE], got[SHA1_DIGEST_SIZE], *at_odd;
	unsigned int len, i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = random();
	for (len = 0; len <= sizeof(text); len++) {
		at_odd = odd(text, len);
		mb_sha1(at_odd, len, got);
		odd_free(at_odd);
		SHA1(text, len, want);
		if (memcmp(got, want, sizeof(want)))
			ktap_fail("%u bytes: %s, not %s", len, hex(got, sizeof(got)),
				  hex(want, sizeof(want)));
	}
	ktap_done("SHA-1 of 0 to 200 bytes as libcrypto's");
}

#define STACK (256 << 10)

/* What a thread works on, whose stack is looked at afterwards. */
static struct {
	unsigned int version;
	u8 *keys, *hmac, *stack;
	struct mb_key_facts facts;
	bool verified;
	void (*run)(void);
} work;

static void use_key(void)
{
	mb_key_facts(work.version, work.keys, &work.facts);
}

static void use_keys(void)
{
	work.verified = mb_key_join_verify(work.version, work.keys, work.keys + MB_KEY_LEN, 1, 2,
					   work.hmac, MB_JOIN_HMAC_ACK);
}

/* Runs where what the thread does at its end does not reach. */
static void *deep(void *unused)
{
	volatile u8 above[STACK / 4];

	above[0] = 0;
	work.run();
	return above[0] ? unused : NULL;
}

static void on_stack(void (*run)(void))
{
	pthread_attr_t attr;
	pthread_t thread;

	work.run = run;
	if (pthread_attr_init(&attr) || pthread_attr_setstack(&attr, work.stack, STACK) ||
	    pthread_create(&thread, &attr, deep, NULL) || pthread_join(thread, NULL))
		ktap_fail("no thread");
}

/* Whether 8 bytes of @p, XOR @pad, are on the stack, or in words of the other byte order. What the
 * thread has left unreadable there is of no interest to AddressSanitizer.
 */
__attribute__((no_sanitize("address")))
static bool left(const u8 *p, u8 pad)
{
	unsigned int i, j, swap;

	for (swap = 0; swap <= 3; swap += 3)
		for (i = 0; i + 8 <= STACK; i++) {
			for (j = 0; j < 8 && work.stack[i + j] == (p[j ^ swap] ^ pad); j++)
				;
			if (j == 8)
				return true;
		}
	return false;
}

static void look_for(const char *where)
{
	static const struct {
		const char *what;
		u8 pad;
	} blocks[] = { { "a key", 0 }, { "the inner block", 0x36 }, { "the outer block", 0x5c } };
	u8 digest[SHA256_DIGEST_LENGTH];
	unsigned int i;

	/* Between token and IDSN: nobody needs to know it. */
	if (work.version)
		SHA256(work.keys, MB_KEY_LEN, digest);
	else
		SHA1(work.keys, MB_KEY_LEN, digest);
	if (left(digest + sizeof(u32), 0))
		ktap_fail("%s: a key's digest", where);
	for (i = 0; i < 3; i++)
		if (left(work.keys, blocks[i].pad) || left(work.keys + MB_KEY_LEN, blocks[i].pad))
			ktap_fail("%s: %s", where, blocks[i].what);
	if (left(work.hmac, 0))
		ktap_fail("%s: the right HMAC", where);
}

static void test_wiped(unsigned int version)
{
	static const u8 keys[] = "OneKey8!Another.", marker[] = "abcdefgh";
	char name[64];

	work.version = version;
	work.stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	work.keys = odd(keys, 2 * MB_KEY_LEN);
	work.hmac = malloc(MB_JOIN_HMAC_ACK);
	mb_key_join_hmac(version, work.keys, work.keys + MB_KEY_LEN, 1, 2, work.hmac);

	on_stack(use_key);
	look_for("mb_key_facts()");
	on_stack(use_keys);
	look_for("mb_key_join_verify()");
	if (!work.facts.token || !work.verified)
		ktap_fail("it does not work");
	/* What there is would be found. */
	memcpy(work.stack + STACK / 2 + 1, marker, 8);
	if (!left(marker, 0) || !left((const u8 *)"dcbahgfe", 0) || left((const u8 *)"abcdefgi", 0))
		ktap_fail("the search is wrong");

	munmap(work.stack, STACK);
	odd_free(work.keys);
	free(work.hmac);
	snprintf(name, sizeof(name), "v%u: no secret is left on the stack", version);
	ktap_done(name);
}

/* RFC 8684, 3.4.1; computed with Python's hmac: 10.0.3.2 with id 2, fd01:3::2 port 5001 with id 200 */
static void test_add_addr(void)
{
	static const u8 v4[] = { 10, 0, 3, 2 }, v6[16] = { 0xfd, 1, 0, 3, [15] = 2 };
	static const u8 hmac4[] = { 0xaf, 0x4d, 0x0a, 0x5d, 0x50, 0x36, 0x00, 0x06 };
	static const u8 hmac6[] = { 0x4c, 0x39, 0x09, 0xf9, 0xba, 0xa0, 0xc9, 0x3c };
	const u8 *own = (const u8 *)"01234567", *peer = (const u8 *)"89abcdef";
	u8 bad[8];

	if (!mb_key_add_addr_verify(1, own, peer, 2, v4, 4, 0, hmac4) ||
	    !mb_key_add_addr_verify(1, own, peer, 200, v6, 16, 5001, hmac6))
		ktap_fail("a right one is refused");
	memcpy(bad, hmac4, sizeof(bad));
	bad[7] ^= 1;
	if (mb_key_add_addr_verify(1, own, peer, 2, v4, 4, 0, bad) ||
	    mb_key_add_addr_verify(1, peer, own, 2, v4, 4, 0, hmac4) ||
	    mb_key_add_addr_verify(1, own, peer, 3, v4, 4, 0, hmac4) ||
	    mb_key_add_addr_verify(1, own, peer, 2, v4, 4, 1, hmac4) ||
	    mb_key_add_addr_verify(0, own, peer, 2, v4, 4, 0, hmac4))
		ktap_fail("a wrong one is taken");
	ktap_done("HMACs of announcements");
}

int main(int argc, char **argv)
{
	char word[65];

	srandom(argc > 1 ? strtoul(argv[1], NULL, 0) : 1);
	ktap_plan(9);
	test_facts();
	test_hmacs();
	test_verify();
	test_add_addr();
	test_sha1();
	test_wiped(0);
	test_wiped(1);
	if (output_of("openssl version 2>&1", word, sizeof(word))) {
		test_openssl(0);
		test_openssl(1);
	} else {
		ktap_done("v0: openssl # SKIP no openssl command");
		ktap_done("v1: openssl # SKIP no openssl command");
	}
	return ktap_end();
}
