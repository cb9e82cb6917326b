// SPDX-License-Identifier: GPL-2.0
/* Packets put together of their fragments, for readers that take whole ones. */
#include <string.h>

#include "evade_judge.h"

#define OPEN 16			/* packets that are not whole yet */

static struct whole {
	uint8_t key[40];	/* addresses, identification, family */
	uint8_t head[2048], data[16384], have[16384];
	unsigned int head_len, next_at, got, end;
	uint8_t next;
	bool used, spoiled;
} open_packets[OPEN];

static struct whole *whole_of(const uint8_t *key)
{
	static unsigned int oldest;
	unsigned int i;

	for (i = 0; i < OPEN; i++)
		if (open_packets[i].used && !memcmp(open_packets[i].key, key, sizeof(open_packets[i].key)))
			return &open_packets[i];
	i = oldest++ % OPEN;
	memset(&open_packets[i], 0, sizeof(open_packets[i]));
	open_packets[i].used = true;
	memcpy(open_packets[i].key, key, sizeof(open_packets[i].key));
	return &open_packets[i];
}

static void finish(struct whole *w, int family, struct packet *packet)
{
	static uint8_t buf[2048 + 16384];

	*packet = (struct packet){ .family = family, .ip = buf, .len = w->head_len + w->end };
	w->used = false;
	memcpy(buf, w->head, w->head_len);
	memcpy(buf + w->head_len, w->data, w->end);
	if (family == 4) {
		buf[2] = packet->len >> 8;
		buf[3] = packet->len;
		buf[6] = buf[7] = 0;
	} else {
		buf[4] = (packet->len - 40) >> 8;
		buf[5] = packet->len - 40;
		buf[w->next_at] = w->next;
	}
}

/* As Linux does (RFC 5722 wants it of IPv6): the same again does no harm, an overlap spoils all. True:
 * this was the last one that was missing.
 */
static bool piece(struct whole *w, const uint8_t *p, unsigned int len, unsigned int off, bool more)
{
	unsigned int i, had = 0;

	if (off + len > sizeof(w->data) || (more && len % 8)) {
		w->spoiled = true;
		return false;
	}
	for (i = 0; i < len; i++)
		had += w->have[off + i];
	if (had == len && len)
		return false;
	if (had || (w->end && (off + len > w->end || !more))) {
		w->spoiled = true;
		return false;
	}
	memcpy(w->data + off, p, len);
	memset(w->have + off, 1, len);
	w->got += len;
	if (!more)
		w->end = off + len;
	return w->end && w->got == w->end && w->head_len && !w->spoiled;
}

static struct whole *fragment4(const struct packet *packet)
{
	const uint8_t *ip = packet->ip;
	unsigned int ihl = (ip[0] & 15) * 4, frag = get16(ip + 6);
	uint8_t key[40] = { 0 };
	struct whole *w;

	memcpy(key, ip + 12, 8);
	memcpy(key + 8, ip + 4, 2);
	key[39] = 4;
	w = whole_of(key);
	if (!(frag & 0x1fff)) {
		memcpy(w->head, ip, ihl);
		w->head_len = ihl;
	}
	return piece(w, ip + ihl, packet->len - ihl, (frag & 0x1fff) * 8, frag & 0x2000) ? w : NULL;
}

/* RFC 8200, 4.5: the first fragment has all headers up to TCP's, or nobody takes it. */
static bool headers_whole(const uint8_t *p, unsigned int len, uint8_t next)
{
	unsigned int off = 0;

	while (off + 8 <= len && (next == HOP || next == ROUTING || next == DEST || next == FRAGMENT)) {
		const uint8_t *h = p + off;

		off += next == FRAGMENT ? 8 : (h[1] + 1) * 8;
		next = h[0];
	}
	return next == TCP ? off + 20 <= len : off + 8 <= len;
}

static struct whole *fragment6(const struct packet *packet)
{
	const uint8_t *ip = packet->ip, *fh;
	unsigned int at = 6, off = 40, frag;
	uint8_t key[40] = { 0 }, next = ip[6];
	struct whole *w;

	while (next == HOP || next == ROUTING || next == DEST) {
		at = off;
		next = ip[off];
		off += (ip[off + 1] + 1) * 8;
		if (off + 8 > packet->len)
			return NULL;
	}
	fh = ip + off;
	frag = get16(fh + 2);
	/* one that is whole stands before it: rare, and not put together by anyone (RFC 8200, 4.5) */
	if (next != FRAGMENT || !(frag & 0xfff9))
		return NULL;
	memcpy(key, ip + 8, 32);
	memcpy(key + 32, fh + 4, 4);
	key[39] = 6;
	w = whole_of(key);
	if (!(frag & 0xfff8) && off <= sizeof(w->head)) {
		memcpy(w->head, ip, off);
		w->head_len = off;
		w->next_at = at;
		w->next = fh[0];
		w->spoiled |= !headers_whole(fh + 8, packet->len - off - 8, fh[0]);
	}
	return piece(w, fh + 8, packet->len - off - 8, frag & 0xfff8, frag & 1) ? w : NULL;
}

bool fragment(const struct packet *packet, struct packet *whole)
{
	struct whole *w = packet->family == 4 ? fragment4(packet) : fragment6(packet);

	if (w)
		finish(w, packet->family, whole);
	return w;
}
