/* SPDX-License-Identifier: GPL-2.0 */
/* The most frequent option, DSS (RFC 8684, 3.3), read without a call. Pure, as
 * option.h.
 */
#ifndef MB_OPTION_DSS_H
#define MB_OPTION_DSS_H

#include "option.h"

#define MB_DSS_ACK		0x01
#define MB_DSS_ACK64		0x02
#define MB_DSS_MAP			0x04
#define MB_DSS_SEQ64		0x08
#define MB_DSS_DATA_FIN		0x10

#define MB_DSS_FLAGS		0x1f	/* all of these */

static __always_inline u16 mb_get16(const u8 *p)
{
	__be16 v;

	memcpy(&v, p, sizeof(v));
	return be16_to_cpu(v);
}

static __always_inline u32 mb_get32(const u8 *p)
{
	__be32 v;

	memcpy(&v, p, sizeof(v));
	return be32_to_cpu(v);
}

static __always_inline u64 mb_get64(const u8 *p)
{
	__be64 v;

	memcpy(&v, p, sizeof(v));
	return be64_to_cpu(v);
}

/* Bytes of a DSS with these flags, without a checksum */
extern const u8 mb_dss_size[MB_DSS_FLAGS + 1];

/* A DSS whose flags tell of @ack bytes of data ACK, and of @seq bytes of data
 * sequence number at the head of a mapping. Both are constants where this is
 * inlined: it is the most frequent option, and has no pointer to move then.
 */
static __always_inline u8 mb_dss_read(const u8 *p, unsigned int len,
				      unsigned int ack, unsigned int seq,
				      struct mb_option *o)
{
	const u8 *map = p + MB_TCPOLEN_DSS_BASE + ack;
	unsigned int end = MB_TCPOLEN_DSS_BASE + ack +
			   (seq ? seq + MB_TCPOLEN_DSS_MAP_TAIL : 0);

	o->dss.data_fin = seq && (p[3] & MB_DSS_DATA_FIN);
	o->dss.ack_len = ack;
	o->dss.seq_len = seq;
	o->dss.has_csum = seq && len == end + MB_TCPOLEN_DSS_CHECKSUM;
	if (o->dss.has_csum)
		o->dss.csum = mb_get16(p + end);
	else if (len != end)
		return MB_FAULT_DSS_LEN;
	if (ack)
		o->dss.data_ack = ack == 8 ? mb_get64(p + MB_TCPOLEN_DSS_BASE) :
					     mb_get32(p + MB_TCPOLEN_DSS_BASE);
	if (seq) {
		o->dss.data_seq = seq == 8 ? mb_get64(map) : mb_get32(map);
		o->dss.subflow_seq = mb_get32(map + seq);
		o->dss.data_len = mb_get16(map + seq + 4);
	}
	return MB_FAULT_NONE;
}

static __always_inline u8 mb_dss_read_ack(const u8 *p, unsigned int len,
					  unsigned int ack, struct mb_option *o)
{
	if (!(p[3] & MB_DSS_MAP))
		return mb_dss_read(p, len, ack, 0, o);
	if (p[3] & MB_DSS_SEQ64)
		return mb_dss_read(p, len, ack, 8, o);
	return mb_dss_read(p, len, ack, 4, o);
}

/* 3.3. Linux takes two surplus bytes without a mapping for a checksum and
 * reads the ACK all the same: the fault is counted, and where established
 * connections are concerned no verdict depends on it.
 */
static __always_inline u8 mb_dss_parse(const u8 *p, unsigned int len,
				       enum mb_place place, struct mb_option *o)
{
	u8 fault;

	if (len < MB_TCPOLEN_DSS_BASE)
		return MB_FAULT_DSS_LEN;
	if (!(p[3] & MB_DSS_ACK))
		fault = mb_dss_read_ack(p, len, 0, o);
	else if (p[3] & MB_DSS_ACK64)
		fault = mb_dss_read_ack(p, len, 8, o);
	else
		fault = mb_dss_read_ack(p, len, 4, o);
	if (fault == MB_FAULT_NONE && place != MB_PLACE_OTHER)
		fault = MB_FAULT_DSS_PLACE;
	return fault;
}

/* Whether an MPTCP option, not of the shortest, and at most the two NOPs that
 * Linux pads it with are all that is left.
 */
static __always_inline bool mb_option_alone(const u8 *p, unsigned int room)
{
	unsigned int rest;

	if (room < 4 || p[0] != MB_TCPOPT_MPTCP || p[1] < 4)
		return false;
	rest = room - p[1];	/* huge where the option overruns */
	return !rest || (rest == 2 && p[room - 2] == MB_TCPOPT_NOP &&
			 p[room - 1] == MB_TCPOPT_NOP);
}

#endif
