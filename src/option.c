// SPDX-License-Identifier: GPL-2.0
/* MPTCP options of one TCP segment, read as Linux endpoints read them
 * (mptcp_get_options() in net/mptcp/options.c): what they read has to be found,
 * whatever stands before or beside it. Lengths, places and fields are those of
 * RFC 8684 (v1), section numbers too, and of RFC 6824 (v0).
 */
#include "option_dss.h"

#define CAPABLE_VERSION		0x0f
#define JOIN_BACKUP		0x01
#define ADD_ADDR_ECHO		0x01
#define PRIO_BACKUP		0x01

/* By flags: of four, the first and third have no data ACK, the second one of 4
 * bytes, the last one of 8.
 */
const u8 mb_dss_size[MB_DSS_FLAGS + 1] = {
	4, 8, 4, 12,		/* no mapping */
	14, 18, 14, 22,		/* one with a data sequence number of 4 bytes */
	4, 8, 4, 12,		/* none */
	18, 22, 18, 26,		/* of 8 bytes */
	4, 8, 4, 12,		/* the same with DATA_FIN */
	14, 18, 14, 22,
	4, 8, 4, 12,
	18, 22, 18, 26,
};

/* Each parse_...() reads an option that fits into the header, @len bytes at
 * @p, MB_TCPOLEN_SUBTYPE at least; o->off is set. They return enum mb_fault.
 */

/* 3.1. What later versions hold nobody knows; hosts negotiate them down. */
static __always_inline u8 read_capable(const u8 *p, unsigned int len,
				       enum mb_place place, struct mb_option *o)
{
	u8 version = p[2] & CAPABLE_VERSION;
	enum mb_place home;

	o->capable.version = version;
	o->capable.flags = len > 3 ? p[3] : 0;
	o->capable.has_sender_key = false;
	o->capable.has_receiver_key = false;
	o->capable.has_data_len = false;
	o->capable.has_csum = false;
	o->capable.sender_key_off = o->off + 4;
	o->capable.receiver_key_off = o->off + 12;
	if (version > 1)
		return MB_FAULT_NONE;

	switch (len) {
	case MB_TCPOLEN_MPC_SYN:
		home = MB_PLACE_SYN;
		break;
	case MB_TCPOLEN_MPC_SYNACK:	/* and MB_TCPOLEN_MPC_SYN_V0 */
		o->capable.has_sender_key = true;
		home = version == 0 && place == MB_PLACE_SYN ? MB_PLACE_SYN :
							       MB_PLACE_SYNACK;
		break;
	case MB_TCPOLEN_MPC_ACK:
	case MB_TCPOLEN_MPC_ACK_DATA:
	case MB_TCPOLEN_MPC_ACK_DATA_CSUM:
		o->capable.has_sender_key = true;
		o->capable.has_receiver_key = true;
		o->capable.has_data_len = len != MB_TCPOLEN_MPC_ACK;
		o->capable.has_csum = len == MB_TCPOLEN_MPC_ACK_DATA_CSUM;
		home = MB_PLACE_OTHER;
		break;
	default:
		return MB_FAULT_CAPABLE_LEN;
	}
	if (version == 0 && len != MB_TCPOLEN_MPC_SYN_V0 &&
	    len != MB_TCPOLEN_MPC_ACK)
		return MB_FAULT_CAPABLE_LEN;
	return place == home ? MB_FAULT_NONE : MB_FAULT_CAPABLE_PLACE;
}

static u8 parse_capable(const u8 *p, unsigned int len, enum mb_place place,
			struct mb_option *o)
{
	return read_capable(p, len, place, o);
}

/* 3.2. The length tells which of the three it is, in every version. */
static u8 parse_join(const u8 *p, unsigned int len, enum mb_place place,
		     struct mb_option *o)
{
	enum mb_place home;

	o->join.token = 0;
	o->join.nonce = 0;
	o->join.hmac_off = 0;
	switch (len) {
	case MB_TCPOLEN_MPJ_SYN:
		home = MB_PLACE_SYN;
		o->join.token = mb_get32(p + 4);
		o->join.nonce = mb_get32(p + 8);
		break;
	case MB_TCPOLEN_MPJ_SYNACK:
		home = MB_PLACE_SYNACK;
		o->join.hmac_off = o->off + 4;
		o->join.nonce = mb_get32(p + 12);
		break;
	case MB_TCPOLEN_MPJ_ACK:
		home = MB_PLACE_OTHER;
		o->join.hmac_off = o->off + 4;
		break;
	default:
		return MB_FAULT_JOIN_LEN;
	}
	/* reserved in the ACK */
	o->join.backup = home != MB_PLACE_OTHER && (p[2] & JOIN_BACKUP);
	o->join.addr_id = home != MB_PLACE_OTHER ? p[3] : 0;
	return place == home ? MB_FAULT_NONE : MB_FAULT_JOIN_PLACE;
}

/* 3.4.1. An announcement of v0 and an echo of v1 have the same lengths: the low
 * half of the third byte is the IP version in the one, flags in the other.
 */
static u8 parse_add_addr(const u8 *p, unsigned int len, enum mb_place place,
			 struct mb_option *o)
{
	unsigned int base = len, v0 = 4;
	u8 low = p[2] & 0x0f;
	bool hmac = false;

	switch (len) {
	case MB_TCPOLEN_ADD_ADDR_BASE + MB_TCPOLEN_ADD_ADDR_HMAC:
	case MB_TCPOLEN_ADD_ADDR_BASE_PORT + MB_TCPOLEN_ADD_ADDR_HMAC:
	case MB_TCPOLEN_ADD_ADDR6_BASE + MB_TCPOLEN_ADD_ADDR_HMAC:
	case MB_TCPOLEN_ADD_ADDR6_BASE_PORT + MB_TCPOLEN_ADD_ADDR_HMAC:
		/* An echo has no HMAC; with one, hosts ignore it. */
		if (low & ADD_ADDR_ECHO)
			return MB_FAULT_ADD_ADDR_LEN;
		hmac = true;
		base = len - MB_TCPOLEN_ADD_ADDR_HMAC;
		break;
	case MB_TCPOLEN_ADD_ADDR_BASE:
	case MB_TCPOLEN_ADD_ADDR_BASE_PORT:
		break;
	case MB_TCPOLEN_ADD_ADDR6_BASE:
	case MB_TCPOLEN_ADD_ADDR6_BASE_PORT:
		v0 = 6;
		break;
	default:
		return MB_FAULT_ADD_ADDR_LEN;
	}

	if (hmac)
		o->add_addr.form = MB_ADD_ADDR_V1;
	else if (low == v0)
		o->add_addr.form = MB_ADD_ADDR_V0;
	else if (low & ADD_ADDR_ECHO)
		o->add_addr.form = MB_ADD_ADDR_ECHO;
	else
		return MB_FAULT_ADD_ADDR_LEN;
	o->add_addr.addr_id = p[3];
	o->add_addr.addr_off = o->off + 4;
	o->add_addr.addr_len = base >= MB_TCPOLEN_ADD_ADDR6_BASE ? 16 : 4;
	o->add_addr.has_port = base == MB_TCPOLEN_ADD_ADDR_BASE_PORT ||
			       base == MB_TCPOLEN_ADD_ADDR6_BASE_PORT;
	o->add_addr.port = o->add_addr.has_port ? mb_get16(p + base - 2) : 0;
	o->add_addr.hmac_off = hmac ? o->off + base : 0;
	return MB_FAULT_NONE;
}

/* 3.4.2 */
static u8 parse_remove_addr(const u8 *p, unsigned int len, enum mb_place place,
			    struct mb_option *o)
{
	if (len <= MB_TCPOLEN_RM_ADDR_BASE)
		return MB_FAULT_REMOVE_ADDR_LEN;
	o->remove_addr.ids_off = o->off + MB_TCPOLEN_RM_ADDR_BASE;
	o->remove_addr.ids = len - MB_TCPOLEN_RM_ADDR_BASE;
	return MB_FAULT_NONE;
}

/* 3.3.8; in RFC 6824 the priority may be that of another subflow */
static u8 parse_prio(const u8 *p, unsigned int len, enum mb_place place,
		     struct mb_option *o)
{
	if (len != MB_TCPOLEN_PRIO && len != MB_TCPOLEN_PRIO_ID_V0)
		return MB_FAULT_PRIO_LEN;
	o->prio.backup = p[2] & PRIO_BACKUP;
	o->prio.has_addr_id = len == MB_TCPOLEN_PRIO_ID_V0;
	o->prio.addr_id = o->prio.has_addr_id ? p[3] : 0;
	return MB_FAULT_NONE;
}

/* 3.7 */
static u8 parse_fail(const u8 *p, unsigned int len, enum mb_place place,
		     struct mb_option *o)
{
	if (len != MB_TCPOLEN_FAIL)
		return MB_FAULT_FAIL_LEN;
	o->fail.data_seq = mb_get64(p + 4);
	return MB_FAULT_NONE;
}

/* 3.5 */
static u8 parse_fastclose(const u8 *p, unsigned int len, enum mb_place place,
			  struct mb_option *o)
{
	if (len != MB_TCPOLEN_FASTCLOSE)
		return MB_FAULT_FASTCLOSE_LEN;
	o->fastclose.key_off = o->off + 4;
	return MB_FAULT_NONE;
}

/* 3.6 */
static u8 parse_tcprst(const u8 *p, unsigned int len, enum mb_place place,
		       struct mb_option *o)
{
	if (len != MB_TCPOLEN_RST)
		return MB_FAULT_TCPRST_LEN;
	o->tcprst.flags = p[2] & 0x0f;
	o->tcprst.reason = p[3];
	return MB_FAULT_NONE;
}

/* 7.2: private use; what else is in it is the experiment's */
static u8 parse_experimental(const u8 *p, unsigned int len, enum mb_place place,
			     struct mb_option *o)
{
	return len < MB_TCPOLEN_EXPERIMENTAL_MIN ? MB_FAULT_EXPERIMENTAL_LEN :
						   MB_FAULT_NONE;
}

/* Extensions are not malformed because they are new. */
static u8 parse_unknown(const u8 *p, unsigned int len, enum mb_place place,
			struct mb_option *o)
{
	return MB_FAULT_NONE;
}

static u8 (*const parsers[MB_SUBTYPES])(const u8 *p, unsigned int len,
					enum mb_place place,
					struct mb_option *o) = {
	[MB_MP_CAPABLE]		= parse_capable,
	[MB_MP_JOIN]		= parse_join,
	[MB_DSS]		= mb_dss_parse,
	[MB_ADD_ADDR]		= parse_add_addr,
	[MB_REMOVE_ADDR]	= parse_remove_addr,
	[MB_MP_PRIO]		= parse_prio,
	[MB_MP_FAIL]		= parse_fail,
	[MB_MP_FASTCLOSE]	= parse_fastclose,
	[MB_MP_TCPRST]		= parse_tcprst,
	[9 ... 14]		= parse_unknown,
	[MB_MP_EXPERIMENTAL]	= parse_experimental,
};

/* Bytes of the option at @p; 0 where endpoints read no further: at EOL, at a
 * length below 2, at an option longer than the @room that is left.
 */
static unsigned int option_size(const u8 *p, unsigned int room)
{
	unsigned int size;

	if (p[0] == MB_TCPOPT_NOP)
		return 1;
	if (p[0] == MB_TCPOPT_EOL || room < 2)
		return 0;
	size = p[1];
	return size < 2 || size > room ? 0 : size;
}

static void clear(struct mb_options *out)
{
	out->n = 0;
	out->subtypes = 0;
	out->faulty = false;
	out->sealed = false;
}

/* The kind-30 option at @p: @size bytes, or 0: it ends the walk, and it and all
 * behind it are @room bytes.
 */
static noinline void add_option(struct mb_options *out, const u8 *p,
				unsigned int size, unsigned int room,
				unsigned int off, enum mb_place place)
{
	struct mb_option *o = &out->opt[out->n++];

	o->off = off;
	o->len = size ? size : room;
	if (unlikely(size < MB_TCPOLEN_SUBTYPE)) {
		o->subtype = 0xff;
		o->fault = size || (room > 1 && p[1] < 2) ? MB_FAULT_SHORT :
							    MB_FAULT_OVERRUN;
	} else {
		o->subtype = p[2] >> 4;
		out->subtypes |= 1U << o->subtype;
		o->fault = parsers[o->subtype](p, size, place, o);
	}
	if (unlikely(o->fault != MB_FAULT_NONE))
		out->faulty = true;
}

static noinline void parse_all(const u8 *opt, unsigned int len,
			       unsigned int pos, enum mb_place place,
			       struct mb_options *out)
{
	unsigned int size;

	/* Room for all of them is by this bound. */
	if (unlikely(len > MB_OPTIONS_LEN_MAX))
		len = MB_OPTIONS_LEN_MAX;
	clear(out);
	for (; pos < len; pos += size) {
		const u8 *p = opt + pos;

		size = option_size(p, len - pos);
		if (*p == MB_TCPOPT_MPTCP)
			add_option(out, p, size, len - pos, pos, place);
		else if (*p == MB_TCPOPT_AO && size)
			out->sealed = true;
		if (!size)
			break;
	}
}

static __always_inline bool put_lone(const u8 *p, unsigned int off, u8 subtype,
				     struct mb_options *out)
{
	struct mb_option *o = out->opt;

	o->off = off;
	o->len = p[1];
	o->subtype = subtype;
	o->fault = MB_FAULT_NONE;
	clear(out);
	out->n = 1;
	out->subtypes = 1U << subtype;
	return true;
}

/* What nearly all segments with MPTCP have, a well-formed DSS or, where a
 * connection begins, MP_CAPABLE: as add_option() but quick.
 */
static __always_inline bool parse_lone(const u8 *p, unsigned int off,
				       enum mb_place place, struct mb_options *out)
{
	struct mb_option *o = out->opt;

	switch (p[2] >> 4) {
	case MB_DSS:
		return mb_dss_parse(p, p[1], place, o) == MB_FAULT_NONE &&
		       put_lone(p, off, MB_DSS, out);
	case MB_MP_CAPABLE:
		o->off = off;
		return read_capable(p, p[1], place, o) == MB_FAULT_NONE &&
		       put_lone(p, off, MB_MP_CAPABLE, out);
	default:
		return false;
	}
}

/**
 * mb_options_parse_from() - read all kind-30 options
 * @opt:	option bytes of a TCP header, any alignment
 * @len:	how many, at most MB_OPTIONS_LEN_MAX; more does no harm
 * @start:	mb_options_start() of them, or 0
 * @place:	what segment they stand in
 * @out:	filled; @out->opt only up to @out->n
 *
 * Reads what endpoints read: every option up to EOL, up to one with a length
 * below 2, up to one that reaches beyond the header. Of these two kinds the
 * last one is in @out when it is of kind 30. Keys and HMACs are not copied.
 *
 * Context: any; reads @len bytes at most.
 */
void mb_options_parse_from(const u8 *opt, unsigned int len, unsigned int start,
			   enum mb_place place, struct mb_options *out)
{
	const u8 *p = opt + start;

	if (!mb_option_alone(p, len - start)) {
		parse_all(opt, len, start, place, out);
	} else if (!parse_lone(p, start, place, out)) {
		clear(out);
		add_option(out, p, p[1], p[1], start, place);
	}
}
