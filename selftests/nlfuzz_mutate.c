// SPDX-License-Identifier: GPL-2.0
/* Messages that mbctl sent once, and what becomes of them when bits flip and pieces move. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nlfuzz.h"

#define CORPUS_MAX	512

static struct {
	const uint8_t *p;
	size_t len;
} corpus[CORPUS_MAX];
static unsigned int n_corpus;

/**
 * corpus_load() - messages to be changed
 * @path:	file with one behind the other, as nlfuzz_record.so writes them
 *
 * Return: how many, or -1
 */
int corpus_load(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *p;
	size_t at;

	if (fd < 0 || fstat(fd, &st))
		return -1;
	p = malloc(st.st_size + 1);
	if (!p || read(fd, p, st.st_size) != st.st_size)
		return -1;
	close(fd);
	for (at = 0; at + NLMSG_HDRLEN <= (size_t)st.st_size && n_corpus < CORPUS_MAX; n_corpus++) {
		const struct nlmsghdr *nlh = (void *)(p + at);

		if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > (size_t)st.st_size - at)
			break;
		corpus[n_corpus].p = p + at;
		corpus[n_corpus].len = nlh->nlmsg_len;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	return n_corpus;
}

/* How many there are */
unsigned int corpus_size(void)
{
	return n_corpus;
}

static void mutate_once(struct rng *r, uint8_t *p, size_t *len, size_t room)
{
	static const uint16_t odd[] = { 0, 1, 3, 4, 5, 8, 16, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff };
	const size_t body = NLMSG_HDRLEN;
	size_t at, n, from;
	unsigned int i;

	if (*len <= body)
		return;
	at = body + below(r, *len - body);
	switch (below(r, 7)) {
	case 0:
		p[at] ^= 1 << below(r, 8);
		break;
	case 1:
		p[at] = odd[below(r, COUNT(odd))];
		break;
	case 2:		/* a length or a type */
		at = (at & ~3) + 2 * below(r, 2);
		if (at + 2 <= *len)
			memcpy(p + at, &odd[below(r, COUNT(odd))], 2);
		break;
	case 3:		/* another one's end */
		i = below(r, n_corpus);
		if (corpus[i].len <= at || corpus[i].len > room)
			break;
		memcpy(p + at, corpus[i].p + at, corpus[i].len - at);
		*len = corpus[i].len;
		break;
	case 4:
		n = 1 + below(r, *len - at);
		memmove(p + at, p + at + n, *len - at - n);
		*len -= n;
		break;
	case 5:
		from = body + below(r, *len - body);
		n = 1 + below(r, *len - from);
		if (*len + n > room)
			break;
		memmove(p + at + n, p + at, *len - at);
		memmove(p + at, p + from, n);
		*len += n;
		break;
	case 6:
		*len = at;
		break;
	}
}

static void make_by_mutation(struct rng *r, struct message *m)
{
	const unsigned int i = below(r, n_corpus);
	uint8_t *p = m->buf + m->len;
	struct nlmsghdr *nlh = (void *)p;
	size_t len = corpus[i].len, room = MESSAGE_MAX - m->len - 64;
	unsigned int n = 1 + below(r, chance(r, 50) ? 2 : 8);

	if (len > room)
		return;
	memcpy(p, corpus[i].p, len);
	while (n--)
		mutate_once(r, p, &len, room);
	nlh->nlmsg_len = len;
	nlh->nlmsg_flags |= chance(r, 90) ? NLM_F_ACK : 0;
	if (chance(r, 3))
		nlh->nlmsg_flags ^= 1 << below(r, 16);
	if (chance(r, 5))
		nlh->nlmsg_len = below(r, 2) ? below(r, 64) : len + below(r, 64);
	memset(p + len, 0, NLMSG_ALIGN(len) - len);
	m->len += NLMSG_ALIGN(len);
}

/* Recorded, and nothing else changed than the answer that is wanted */
static void make_recorded(struct rng *r, struct message *m)
{
	const unsigned int i = below(r, n_corpus);
	struct nlmsghdr *nlh = (void *)(m->buf + m->len);

	if (corpus[i].len > MESSAGE_MAX - m->len - 64)
		return;
	memcpy(nlh, corpus[i].p, corpus[i].len);
	nlh->nlmsg_flags |= NLM_F_ACK;
	m->len += NLMSG_ALIGN(corpus[i].len);
}

static bool is_costly(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);

	return nlh->nlmsg_len >= NLMSG_LENGTH(GENL_HDRLEN) &&
	       (genl->cmd == MPTCP_MB_CMD_POLICY_FLUSH || genl->cmd == MPTCP_MB_CMD_SITE_FLUSH ||
		genl->cmd == MPTCP_MB_CMD_TXN_COMMIT);
}

/**
 * make_changed() - one more message, like one that was recorded
 * @r:	source of chance
 * @m:	added to
 *
 * What waits for RCU is seldom, as in the tables.
 */
void make_changed(struct rng *r, struct message *m)
{
	const size_t at = m->len;

	do {
		m->len = at;
		if (chance(r, 10))
			make_recorded(r, m);
		else
			make_by_mutation(r, m);
	} while (m->len > at && is_costly((void *)(m->buf + at)) && chance(r, 95));
}
