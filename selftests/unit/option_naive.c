// SPDX-License-Identifier: GPL-2.0
/*
 * A second parser of MPTCP options, written from the table of RFC 8684 and RFC 6824 lengths and not
 * from the first: a set of legal lengths for each subtype and place. Slow and plain.
 */
#include "option_aid.h"

#define L(n) (1ULL << (n))
#define FROM(n) (~0ULL << (n))

/* Legal lengths in SYN, SYN/ACK, elsewhere. */
struct legal {
	u64 at[3];
};

static const struct legal capable_v0 = { { L(12), L(12), L(20) } };
static const struct legal capable_v1 = { { L(4), L(12), L(20) | L(22) | L(24) } };
static const struct legal join = { { L(12), L(16), L(24) } };

static struct legal everywhere(u64 lengths)
{
	return (struct legal){ { lengths, lengths, lengths } };
}

/* Checksums only beside a mapping; the whole never in a SYN or SYN/ACK. */
static struct legal dss(unsigned int flags)
{
	static const unsigned int ack[4] = { 0, 4, 0, 8 }, map[4] = { 0, 10, 0, 14 };
	unsigned int len = 4 + ack[flags & 3] + map[flags >> 2 & 3];

	return (struct legal){ { 0, 0, flags & 4 ? L(len) | L(len + 2) : L(len) } };
}

static struct legal add_addr(unsigned int low)
{
	u64 lengths = low & 1 ? L(8) | L(10) | L(20) | L(22) : L(16) | L(18) | L(28) | L(30);

	if (low == 4)
		lengths |= L(8) | L(10);
	if (low == 6)
		lengths |= L(20) | L(22);
	return everywhere(lengths);
}

static struct legal legal_of(const u8 *p, unsigned int len)
{
	static const u64 others[16] = {
		[4] = FROM(4), [5] = L(3) | L(4), [6] = L(12), [7] = L(12), [8] = L(4),
		[9] = FROM(3), [10] = FROM(3), [11] = FROM(3), [12] = FROM(3), [13] = FROM(3),
		[14] = FROM(3), [15] = FROM(4),
	};
	unsigned int subtype = p[2] >> 4, low = p[2] & 15;

	if (subtype == 0)
		return low == 0 ? capable_v0 : low == 1 ? capable_v1 : everywhere(FROM(3));
	if (subtype == 1)
		return join;
	if (subtype == 2)
		return len < 4 ? everywhere(0) : dss(p[3]);
	if (subtype == 3)
		return add_addr(low);
	return everywhere(others[subtype]);
}

/* Of an option of 3 bytes or more, all of them there. */
unsigned int naive_fault(const u8 *p, unsigned int len, enum mb_place place)
{
	static const u8 wrong_len[16] = {
		MB_FAULT_CAPABLE_LEN, MB_FAULT_JOIN_LEN, MB_FAULT_DSS_LEN,
		MB_FAULT_ADD_ADDR_LEN, MB_FAULT_REMOVE_ADDR_LEN, MB_FAULT_PRIO_LEN,
		MB_FAULT_FAIL_LEN, MB_FAULT_FASTCLOSE_LEN, MB_FAULT_TCPRST_LEN,
		[15] = MB_FAULT_EXPERIMENTAL_LEN,
	};
	/* no others depend on the place */
	static const u8 wrong_place[16] = {
		MB_FAULT_CAPABLE_PLACE, MB_FAULT_JOIN_PLACE, MB_FAULT_DSS_PLACE,
	};
	struct legal legal = legal_of(p, len);

	if (legal.at[place] & L(len))
		return MB_FAULT_NONE;
	if ((legal.at[0] | legal.at[1] | legal.at[2]) & L(len))
		return wrong_place[p[2] >> 4];
	return wrong_len[p[2] >> 4];
}

static void note(struct seen *seen, unsigned int off, unsigned int len, unsigned int subtype,
		 unsigned int fault)
{
	seen->opt[seen->n].off = off;
	seen->opt[seen->n].len = len;
	seen->opt[seen->n].subtype = subtype;
	seen->opt[seen->n].fault = fault;
	seen->n++;
}

void naive_parse(const u8 *b, unsigned int len, enum mb_place place, struct seen *seen)
{
	unsigned int i = 0;

	seen->n = 0;
	seen->sealed = false;
	while (i < len && b[i] != 0) {
		unsigned int left = len - i, claim = left > 1 ? b[i + 1] : 256;

		if (b[i] == 1) {
			i++;
			continue;
		}
		if (claim < 2 || claim > left) {
			if (b[i] == 30)
				note(seen, i, left, 0xff,
				     claim < 2 ? MB_FAULT_SHORT : MB_FAULT_OVERRUN);
			return;
		}
		if (b[i] == 29)
			seen->sealed = true;
		if (b[i] == 30 && claim == 2)
			note(seen, i, 2, 0xff, MB_FAULT_SHORT);
		else if (b[i] == 30)
			note(seen, i, claim, b[i + 2] >> 4, naive_fault(b + i, claim, place));
		i += claim;
	}
}
