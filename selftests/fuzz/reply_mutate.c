// SPDX-License-Identifier: GPL-2.0
/*
 * Changes to what the kernel answers that leave it a tree: datagrams, messages, attributes,
 * attributes in these. Lengths of all that is around a change follow. Bytes changed at random, as
 * libFuzzer does it, break most lengths, and what is behind them is not read any more.
 */
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"

#define NODES_MAX	512
#define DEPTH_MAX	6
#define SPLICE_MAX	512

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

enum kind { DATAGRAM, MESSAGE, ATTRIBUTE };

/**
 * struct node - a part of the input
 * @kind:	what
 * @off:	of its head
 * @len:	bytes, head and padding included
 * @up:	index of what it is in; -1 none
 */
struct node {
	enum kind kind;
	size_t off, len;
	int up;
};

static struct node nodes[NODES_MAX];
static unsigned int count;
static uint64_t state;

static unsigned int chance(unsigned int n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % n;
}

static unsigned int get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static void put16(uint8_t *p, unsigned int value)
{
	p[0] = value;
	p[1] = value >> 8;
}

/* --- finding ------------------------------------------------------------------------------ */

static int note(enum kind kind, size_t off, size_t len, int up)
{
	if (count == NODES_MAX)
		return -1;
	nodes[count] = (struct node){ kind, off, len, up };
	return count++;
}

static size_t attr_size(const uint8_t *p, size_t left)
{
	const unsigned int len = left < MNL_ATTR_HDRLEN ? 0 : get16(p);

	return len < MNL_ATTR_HDRLEN || MNL_ALIGN(len) > left ? 0 : MNL_ALIGN(len);
}

static void find_attributes(const uint8_t *data, size_t off, size_t end, int up, unsigned int depth)
{
	size_t len;
	int at;

	for (; off < end; off += len) {
		len = attr_size(data + off, end - off);
		if (!len)
			return;
		at = note(ATTRIBUTE, off, len, up);
		if (at >= 0 && depth && attr_size(data + off + MNL_ATTR_HDRLEN, len - MNL_ATTR_HDRLEN))
			find_attributes(data, off + MNL_ATTR_HDRLEN, off + len, at, depth - 1);
	}
}

static void find_messages(const uint8_t *data, size_t off, size_t end, int up)
{
	size_t len, head;
	int at;

	for (; end - off >= MNL_NLMSG_HDRLEN; off += len) {
		len = MNL_ALIGN(get16(data + off));
		if (len < MNL_NLMSG_HDRLEN || len > end - off)
			return;
		at = note(MESSAGE, off, len, up);
		head = MNL_NLMSG_HDRLEN + (get16(data + off + 4) == NLMSG_ERROR ?
					   sizeof(struct nlmsgerr) : sizeof(struct genlmsghdr));
		if (at >= 0 && head < len)
			find_attributes(data, off + head, off + len, at, DEPTH_MAX);
	}
}

static void find_all(const uint8_t *data, size_t size)
{
	size_t off = REPLY_HEAD, len;
	int at;

	count = 0;
	for (; off + 2 <= size; off += len) {
		len = 2 + get16(data + off);
		if (len > size - off)
			len = size - off;
		at = note(DATAGRAM, off, len, -1);
		if (at >= 0)
			find_messages(data, off + 2, off + len, at);
	}
}

/* --- changing ----------------------------------------------------------------------------- */

struct input {
	uint8_t *data;
	size_t size, max;
};

static void grow(uint8_t *data, const struct node *node, ptrdiff_t by)
{
	put16(data + node->off, get16(data + node->off) + by);
}

/* @len bytes at @off become @n others; they stand in @up. Returns whether it could be done. */
static bool splice(struct input *in, size_t off, size_t len, const uint8_t *bytes, size_t n, int up)
{
	const ptrdiff_t by = n - len;

	if (in->size + by > in->max)
		return false;
	memmove(in->data + off + n, in->data + off + len, in->size - off - len);
	if (n)
		memcpy(in->data + off, bytes, n);
	in->size += by;
	for (; up >= 0; up = nodes[up].up)
		grow(in->data, &nodes[up], by);
	return true;
}

static bool drop(struct input *in, const struct node *node)
{
	return splice(in, node->off, node->len, NULL, 0, node->up);
}

/* A copy of another one of the same kind, before it or in its place */
static bool copy(struct input *in, const struct node *node, bool over)
{
	const struct node *from = &nodes[chance(count)];
	uint8_t bytes[SPLICE_MAX];

	if (from->kind != node->kind || from->len > sizeof(bytes))
		return false;
	memcpy(bytes, in->data + from->off, from->len);
	return splice(in, node->off, over ? node->len : 0, bytes, from->len, node->up);
}

/* An attribute with this payload */
static bool put(struct input *in, const struct node *node, const uint8_t *payload, size_t len)
{
	uint8_t bytes[SPLICE_MAX] = { 0 };

	put16(bytes, MNL_ATTR_HDRLEN + len);
	memcpy(bytes + 2, in->data + node->off + 2, 2);
	memcpy(bytes + MNL_ATTR_HDRLEN, payload, len);
	return splice(in, node->off, node->len, bytes, MNL_ALIGN(MNL_ATTR_HDRLEN + len), node->up);
}

static bool put_number(struct input *in, const struct node *node)
{
	static const uint64_t interesting[] = {
		0, 1, 2, 3, 4, 5, 9, 10, 31, 32, 33, 63, 64, 127, 128, 129, 255, 1000, 65535,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, -1,
	};
	const uint64_t n = interesting[chance(sizeof(interesting) / sizeof(interesting[0]))];

	return put(in, node, (const uint8_t *)&n, 1U << chance(4));
}

static bool put_payload(struct input *in, const struct node *node)
{
	const size_t room = SPLICE_MAX - 2 * MNL_ATTR_HDRLEN;
	uint8_t payload[SPLICE_MAX];
	size_t len = get16(in->data + node->off) - MNL_ATTR_HDRLEN;

	if (len > room)
		return false;
	memcpy(payload, in->data + node->off + MNL_ATTR_HDRLEN, len);
	len = LLVMFuzzerMutate(payload, len, chance(8) ? len + !len : room);
	return put(in, node, payload, len);
}

/* Another type of the attribute; of a message its type, flags, command, or error */
static bool retype(struct input *in, const struct node *node)
{
	static const unsigned int types[] = { NLMSG_ERROR, NLMSG_DONE, NLMSG_NOOP, 16, 99 };
	uint8_t *p = in->data + node->off;

	if (node->kind == ATTRIBUTE) {
		p[2] = chance(2) ? chance(48) : p[2] + 1 - chance(3);
		return true;
	}
	if (node->kind == DATAGRAM)
		return splice(in, node->off, 0, (const uint8_t *)"\0\0", 2, -1);
	switch (chance(4)) {
	case 0:
		put16(p + 4, types[chance(sizeof(types) / sizeof(types[0]))]);
		break;
	case 1:
		put16(p + 6, get16(p + 6) ^ 1U << chance(12));
		break;
	case 2:
		p[8] = chance(4) ? 0 : 1 - chance(3);
		break;
	default:
		if (node->len > MNL_NLMSG_HDRLEN)
			p[MNL_NLMSG_HDRLEN] = chance(64);
		break;
	}
	return true;
}

/* A message that ends somewhere in its heads or attributes */
static bool cut(struct input *in, const struct node *node)
{
	const size_t from = MNL_NLMSG_HDRLEN + chance(node->len - MNL_NLMSG_HDRLEN + 1) / 4 * 4;

	return splice(in, node->off + from, node->len - from, NULL, 0, node - nodes);
}

static bool change(struct input *in)
{
	const struct node *node;
	unsigned int way = chance(10);

	find_all(in->data, in->size);
	if (!count)
		return false;
	node = &nodes[chance(count)];
	if (way == 0)
		return drop(in, node);
	if (way < 3)
		return copy(in, node, way == 1);
	if (way == 3 && node->kind == MESSAGE)
		return cut(in, node);
	if (way == 3 || node->kind != ATTRIBUTE)
		return retype(in, node);
	return way < 6 ? put_number(in, node) : put_payload(in, node);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	struct input in = { data, size, max };
	unsigned int times;

	state = seed;
	if (size < REPLY_HEAD || !chance(4))
		return LLVMFuzzerMutate(data, size, max);
	if (!chance(8))
		data[0] = chance(REPLY_COMMANDS);
	if (!chance(8))
		data[1] = chance(8);
	for (times = 1 + chance(4); times; times--)
		if (!change(&in))
			times += !chance(2);
	return in.size;
}
