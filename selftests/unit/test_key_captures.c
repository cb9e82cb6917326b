// SPDX-License-Identifier: GPL-2.0
/*
 * usage: test_key_captures
 * Keys and joins of real hosts, in the captures of the directory MB_CAPTURES: tokens and IDSNs are
 * tshark's, data begins after them, the joins' HMACs verify.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "ktap.h"

#define STREAMS 65536
#define SESSIONS 64

enum { NUMBER, STREAM, SESSION, PORT, FLAGS, VERSION, SENDKEY, RECVKEY, TOKEN, NONCE, HMAC_SYNACK,
       HMAC_ACK, EXPECTED_TOKEN, EXPECTED_IDSN, DATA_SEQ, FIELDS };

static const char fields[] =
	"-e frame.number -e tcp.stream -e mptcp.stream -e tcp.srcport -e tcp.flags "
	"-e tcp.options.mptcp.version -e tcp.options.mptcp.sendkey "
	"-e tcp.options.mptcp.recvkey -e tcp.options.mptcp.recvtok -e tcp.options.mptcp.sendrand "
	"-e tcp.options.mptcp.sendtrunchmac -e tcp.options.mptcp.sendhmac -e mptcp.expected_token "
	"-e mptcp.expected_idsn -e tcp.options.mptcp.rawdataseqno";

/* By tshark's number, mptcp.stream. Of two hosts the first is the one that opened the session. */
static struct session {
	unsigned int version;
	bool known[2], has_data[2];
	u8 key[2][MB_KEY_LEN];
	struct mb_key_facts facts[2];
} sessions[SESSIONS];

/* By tcp.stream. The opener of the connection is 0, whoever it is in the session. */
static struct stream {
	unsigned int port;
	struct session *session;	/* a join's; NULL: a token that nobody has */
	bool join, initial;
	unsigned int owner;		/* of the token: host of the session */
	u32 nonce[2];
} streams[STREAMS];

/* In one capture; in all of them */
static struct found {
	unsigned int keys[2], data[2];	/* by version */
	unsigned int synacks, acks, orphans;
} found, sum;

static void fail(char **f, const char *what)
{
	ktap_fail("frame %s: %s", f[NUMBER], what);
}

static u64 number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static void put64(u64 value, u8 *out)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		out[i] = value >> (56 - 8 * i);
}

/* MP_CAPABLE with a key */
static void capable(char **f, struct stream *stream, struct session *session)
{
	unsigned int host = number(f[PORT]) != stream->port, version = number(f[VERSION]);
	struct mb_key_facts facts;
	u8 key[MB_KEY_LEN];

	put64(number(f[SENDKEY]), key);
	mb_key_facts(version, key, &facts);
	if (facts.token != number(f[EXPECTED_TOKEN]))
		fail(f, "token");
	if (facts.idsn != number(f[EXPECTED_IDSN]))
		fail(f, "IDSN");
	if (version > 1)
		fail(f, "version");
	else
		found.keys[version]++;
	stream->initial = true;
	session->version = version;
	session->known[host] = true;
	memcpy(session->key[host], key, sizeof(key));
	session->facts[host] = facts;
}

/* The first data that a host sends in a DSS; in v1 MP_CAPABLE may have come with some before: a
 * segment, which offloads may have made long. Of the 64 bits there may be 32 in the DSS.
 */
static void data(char **f, struct stream *stream, struct session *session)
{
	unsigned int host = number(f[PORT]) != stream->port;
	u32 ahead;

	if (!session->known[host] || session->has_data[host])
		return;
	session->has_data[host] = true;
	found.data[!!session->version]++;
	ahead = (u32)number(f[DATA_SEQ]) - (u32)session->facts[host].idsn - 1;
	if (ahead > (session->version ? 0xffff : 0))
		fail(f, "data does not begin after the IDSN");
}

static void join_syn(char **f, struct stream *stream)
{
	struct session *session;
	unsigned int i;

	stream->join = true;
	stream->session = NULL;
	stream->nonce[0] = number(f[NONCE]);
	for (session = sessions; session < sessions + SESSIONS; session++)
		for (i = 0; i < 2; i++)
			if (session->known[i] && session->facts[i].token == number(f[TOKEN])) {
				stream->session = session;
				stream->owner = i;
			}
	if (!stream->session)
		found.orphans++;
	else if (stream->session != &sessions[number(f[SESSION])])
		fail(f, "another session than tshark's");
}

/* An HMAC of @len bytes in a SYN/ACK (by the owner of the token) or an ACK (by the other) */
static void join_hmac(char **f, struct stream *stream, const u8 *hmac, unsigned int len)
{
	unsigned int sender = len == MB_JOIN_HMAC_SYNACK;
	struct session *s = stream->session;
	const u8 *own, *peer;

	if (!s || !s->known[!stream->owner])
		return;
	own = s->key[sender ? stream->owner : !stream->owner];
	peer = s->key[sender ? !stream->owner : stream->owner];
	if (!mb_key_join_verify(s->version, own, peer, stream->nonce[sender], stream->nonce[!sender],
				hmac, len))
		fail(f, "the HMAC does not verify");
	if (mb_key_join_verify(s->version, peer, own, stream->nonce[sender], stream->nonce[!sender],
			       hmac, len))
		fail(f, "the HMAC verifies with the other side's key");
	if (sender)
		found.synacks++;
	else
		found.acks++;
}

static void join_ack(char **f, struct stream *stream)
{
	u8 hmac[MB_JOIN_HMAC_ACK];
	const char *digits = f[HMAC_ACK];
	unsigned int i, byte;

	for (i = 0; i < sizeof(hmac); i++, digits += 2) {
		digits += *digits == ':';
		if (sscanf(digits, "%2x", &byte) != 1) {
			fail(f, "tshark's HMAC is short");
			return;
		}
		hmac[i] = byte;
	}
	join_hmac(f, stream, hmac, sizeof(hmac));
}

static void frame(char **f)
{
	struct stream *stream = &streams[number(f[STREAM]) % STREAMS];
	struct session *session = &sessions[number(f[SESSION]) % SESSIONS];
	u8 hmac[MB_JOIN_HMAC_SYNACK];

	if ((number(f[FLAGS]) & 0x12) == 0x02)	/* SYN, no ACK */
		stream->port = number(f[PORT]);
	if (*f[SENDKEY])
		capable(f, stream, session);
	if (*f[DATA_SEQ] && stream->initial)
		data(f, stream, session);
	if (*f[TOKEN])
		join_syn(f, stream);
	if (*f[HMAC_SYNACK] && stream->join) {
		stream->nonce[1] = number(f[NONCE]);
		put64(number(f[HMAC_SYNACK]), hmac);
		join_hmac(f, stream, hmac, sizeof(hmac));
	}
	if (*f[HMAC_ACK] && stream->join)
		join_ack(f, stream);
}

static void read_capture(const char *directory, const char *file)
{
	char command[2048], line[4096], *f[FIELDS], *rest;
	unsigned int i;
	FILE *pipe;

	snprintf(command, sizeof(command), "tshark -n -r '%s/%s' -Y tcp.options.mptcp.subtype "
		 "-T fields -E occurrence=f %s 2>/dev/null", directory, file, fields);
	memset(sessions, 0, sizeof(sessions));
	memset(streams, 0, sizeof(streams));
	memset(&found, 0, sizeof(found));
	pipe = popen(command, "r");
	while (pipe && fgets(line, sizeof(line), pipe)) {
		line[strcspn(line, "\n")] = 0;
		rest = line;
		for (i = 0; i < FIELDS && rest; i++)
			f[i] = strsep(&rest, "\t");
		if (i == FIELDS)
			frame(f);
		else
			ktap_fail("not a line of tshark's: %s", line);
	}
	if (!pipe || pclose(pipe))
		ktap_fail("tshark cannot read it");
}

static void test_capture(const char *directory, const char *file)
{
	char name[400];
	unsigned int i;

	read_capture(directory, file);
	snprintf(name, sizeof(name), "%s: keys v0 %u, v1 %u; first data v0 %u, v1 %u; "
		 "joins: SYN/ACK %u, ACK %u, orphans %u", file, found.keys[0], found.keys[1],
		 found.data[0], found.data[1], found.synacks, found.acks, found.orphans);
	ktap_done(name);
	for (i = 0; i < sizeof(found) / sizeof(unsigned int); i++)
		((unsigned int *)&sum)[i] += ((unsigned int *)&found)[i];
}

static int is_capture(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (!strcmp(dot, ".pcap") || !strcmp(dot, ".pcapng"));
}

int main(void)
{
	const char *directory = getenv("MB_CAPTURES") ?: "../../../shared/captures";
	struct dirent **entries = NULL;
	int i, n = scandir(directory, &entries, is_capture, alphasort);

	ktap_plan(n > 0 ? n + 1 : 1);
	for (i = 0; i < n; i++) {
		test_capture(directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (n <= 0) {
		ktap_done("keys and joins of captures # SKIP no-captures");
		return 0;
	}
	for (i = 0; i < 2; i++)
		if (!sum.keys[i] || !sum.data[i])
			ktap_fail("none of v%d", i);
	if (!sum.synacks || !sum.acks || !sum.orphans)
		ktap_fail("no join");
	ktap_done("there was something of each");
	return ktap_end();
}
