/* SPDX-License-Identifier: GPL-2.0 */
/* MPTCP options of one TCP segment: bytes -> struct. Pure: builds in the
 * kernel and on the host.
 */
#ifndef MB_OPTION_H
#define MB_OPTION_H

#ifdef __KERNEL__
#include <asm/byteorder.h>
#include <linux/types.h>
#include <linux/string.h>
#else
#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <linux/types.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
#define noinline
#define be16_to_cpu(x)	be16toh(x)
#define be32_to_cpu(x)	be32toh(x)
#define be64_to_cpu(x)	be64toh(x)
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#endif

#define MB_TCPOPT_EOL		0
#define MB_TCPOPT_NOP		1
#define MB_TCPOPT_AO		29	/* RFC 5925 */
#define MB_TCPOPT_MPTCP		30

#define MB_OPTIONS_LEN_MAX	40	/* bytes; a TCP header has no more */
/* Shortest kind-30 option that names a subtype is 3 bytes, shorter ones are
 * faults of their own: 2 bytes each, 20 fit.
 */
#define MB_OPTIONS_MAX		20

/* Lengths of kind-30 options in bytes, kind and length byte included. They are
 * those of RFC 8684 (v1); V0: of RFC 6824, where it has others.
 */
#define MB_TCPOLEN_SUBTYPE		3	/* shortest that names one */
/* 3.1 */
#define MB_TCPOLEN_MPC_SYN		4
#define MB_TCPOLEN_MPC_SYN_V0		12
#define MB_TCPOLEN_MPC_SYNACK		12
#define MB_TCPOLEN_MPC_ACK		20
#define MB_TCPOLEN_MPC_ACK_DATA		22
#define MB_TCPOLEN_MPC_ACK_DATA_CSUM	24
/* 3.2 */
#define MB_TCPOLEN_MPJ_SYN		12
#define MB_TCPOLEN_MPJ_SYNACK		16
#define MB_TCPOLEN_MPJ_ACK		24
/* 3.3: base, and what flags add to it */
#define MB_TCPOLEN_DSS_BASE		4
#define MB_TCPOLEN_DSS_MAP_TAIL		6	/* subflow sequence, data length */
#define MB_TCPOLEN_DSS_CHECKSUM		2
/* 3.4.1: base is an echo or an announcement of v0 */
#define MB_TCPOLEN_ADD_ADDR_BASE	8
#define MB_TCPOLEN_ADD_ADDR_BASE_PORT	10
#define MB_TCPOLEN_ADD_ADDR6_BASE	20
#define MB_TCPOLEN_ADD_ADDR6_BASE_PORT	22
#define MB_TCPOLEN_ADD_ADDR_HMAC	8
/* 3.4.2: and an octet for each address id */
#define MB_TCPOLEN_RM_ADDR_BASE		3
/* 3.3.8 */
#define MB_TCPOLEN_PRIO			3
#define MB_TCPOLEN_PRIO_ID_V0		4
/* 3.7, 3.5, 3.6, 7.2 */
#define MB_TCPOLEN_FAIL			12
#define MB_TCPOLEN_FASTCLOSE		12
#define MB_TCPOLEN_RST			4
#define MB_TCPOLEN_EXPERIMENTAL_MIN	4

/* 3.1: flags of MP_CAPABLE */
#define MB_CAPABLE_CHECKSUM		0x80	/* A */
#define MB_CAPABLE_NO_JOIN		0x20	/* C */

enum mb_subtype {
	MB_MP_CAPABLE = 0,
	MB_MP_JOIN,
	MB_DSS,
	MB_ADD_ADDR,
	MB_REMOVE_ADDR,
	MB_MP_PRIO,
	MB_MP_FAIL,
	MB_MP_FASTCLOSE,
	MB_MP_TCPRST,
	MB_MP_EXPERIMENTAL = 15,
	MB_SUBTYPES = 16,
};

/* In the order of the fault-... counters of the netlink specification. */
enum mb_fault {
	MB_FAULT_OVERRUN = 0,	/* reaches beyond the header: endpoints stop */
	MB_FAULT_SHORT,		/* no room for the subtype; below 2 bytes they stop */
	MB_FAULT_CAPABLE_LEN,
	MB_FAULT_CAPABLE_PLACE,	/* a length of another segment of the handshake */
	MB_FAULT_JOIN_LEN,
	MB_FAULT_JOIN_PLACE,
	MB_FAULT_DSS_LEN,
	MB_FAULT_DSS_PLACE,	/* in a SYN or SYN/ACK */
	MB_FAULT_ADD_ADDR_LEN,
	MB_FAULT_REMOVE_ADDR_LEN,
	MB_FAULT_PRIO_LEN,
	MB_FAULT_FAIL_LEN,
	MB_FAULT_FASTCLOSE_LEN,
	MB_FAULT_TCPRST_LEN,
	MB_FAULT_EXPERIMENTAL_LEN,
	MB_FAULTS,
	MB_FAULT_NONE = 0xff,
};

/* What kind of segment the options stand in. */
enum mb_place {
	MB_PLACE_SYN,
	MB_PLACE_SYNACK,
	MB_PLACE_OTHER,
};

enum mb_add_addr_form {
	MB_ADD_ADDR_ECHO,	/* teaches the host nothing */
	MB_ADD_ADDR_V1,		/* announcement with HMAC: the last 8 bytes */
	MB_ADD_ADDR_V0,		/* announcement without HMAC */
};

/**
 * struct mb_option - one kind-30 option
 * @off:	bytes from the first option byte of the TCP header to the kind
 * @len:	bytes, kind and length included; what the length byte says. Where
 *		endpoints stop reading (MB_FAULT_OVERRUN; MB_FAULT_SHORT with a
 *		length byte below 2) it is what is left of the header: @len bytes
 *		of NOPs here leave nothing that nobody had read to be read
 * @subtype:	enum mb_subtype, or 0xff with MB_FAULT_OVERRUN and MB_FAULT_SHORT
 * @fault:	enum mb_fault; fields below are valid with MB_FAULT_NONE and the
 *		MB_FAULT_..._PLACE only
 */
struct mb_option {
	u8 off;
	u8 len;
	u8 subtype;
	u8 fault;
	union {
		struct {
			u8 version;	/* valid with CAPABLE_LEN too */
			u8 flags;	/* of later versions only these two */
			bool has_sender_key, has_receiver_key;
			bool has_data_len, has_csum;
			u8 sender_key_off;	/* as off; the keys are not copied */
			u8 receiver_key_off;
		} capable;
		struct {
			bool backup;
			u8 addr_id;
			u32 token;	/* SYN, host byte order */
			u32 nonce;	/* SYN, SYN/ACK, host byte order */
			u8 hmac_off;	/* SYN/ACK: 8 bytes, ACK: 20 bytes; 0 none */
		} join;
		struct {
			bool data_fin;		/* only beside a mapping */
			u8 ack_len, seq_len;	/* 0, 4 or 8 bytes; 0 means that
						 * there is no ACK, no mapping
						 */
			bool has_csum;
			u64 data_ack, data_seq;	/* host byte order */
			u32 subflow_seq;
			u16 data_len;
			u16 csum;
		} dss;
		struct {
			u8 form;	/* enum mb_add_addr_form */
			u8 addr_id;
			u8 addr_len;	/* 4 or 16 */
			u8 addr_off;
			bool has_port;
			u16 port;	/* host byte order */
			u8 hmac_off;	/* MB_ADD_ADDR_V1: 8 bytes */
		} add_addr;
		struct {
			u8 ids_off;
			u8 ids;		/* how many, at least 1 */
		} remove_addr;
		struct {
			bool backup;
			bool has_addr_id;
			u8 addr_id;
		} prio;
		struct {
			u64 data_seq;	/* host byte order */
		} fail;
		struct {
			u8 key_off;	/* 8 bytes; not copied */
		} fastclose;
		struct {
			u8 flags;
			u8 reason;
		} tcprst;
	};
};

/**
 * struct mb_options - all kind-30 options of one segment, in wire order
 * @n:		how many of @opt are filled
 * @subtypes:	bit (1 << subtype) for each subtype seen, malformed ones too
 * @faulty:	at least one has a fault
 * @sealed:	a TCP-AO option stands in the header: rewriting breaks its MAC;
 *		the caller may add what else seals the segment
 * @opt:	the options; what is beyond @n is not written, not even cleared
 *
 * On the stack of the path of every segment, declare it __uninitialized:
 * kernels that clear all stack (INIT_STACK_ALL_ZERO, Debian's do) would write
 * the whole each time.
 */
struct mb_options {
	u8 n;
	u16 subtypes;
	bool faulty;
	bool sealed;
	struct mb_option opt[MB_OPTIONS_MAX];
};

void mb_options_parse_from(const u8 *opt, unsigned int len, unsigned int start,
			   enum mb_place place, struct mb_options *out);
const char *mb_subtype_name(unsigned int subtype);
const char *mb_fault_name(unsigned int fault);

/**
 * mb_option_find() - the first well-formed option of a subtype
 * @opts:	options of a segment
 * @subtype:	which
 *
 * Return: it, or NULL
 */
static inline const struct mb_option *mb_option_find(const struct mb_options *opts,
						     enum mb_subtype subtype)
{
	unsigned int i;

	if (!(opts->subtypes & (1U << subtype)))
		return NULL;
	for (i = 0; i < opts->n; i++)
		if (opts->opt[i].subtype == subtype &&
		    opts->opt[i].fault == MB_FAULT_NONE)
			return &opts->opt[i];
	return NULL;
}

/* The high bit of a byte is set where one of these 8 is 30; it may be no kind.
 * Bytes of more weight than such a one mean nothing.
 */
static inline u64 mb_options_thirties(const u8 *p)
{
	const u64 ones = 0x0101010101010101ULL;
	u64 word;

	memcpy(&word, p, sizeof(word));
	word ^= ones * MB_TCPOPT_MPTCP;
	return (word - ones) & ~word;
}

/* Whether the options begin with timestamps as RFC 7323 (appendix A) lays them
 * out: 12 bytes. They do in almost all segments.
 */
static __always_inline bool mb_options_timestamps(const u8 *opt,
						  unsigned int len)
{
	static const u8 nop_nop_ts[] = { MB_TCPOPT_NOP, MB_TCPOPT_NOP, 8, 10 };

	return len >= 12 && !memcmp(opt, nop_nop_ts, sizeof(nop_nop_ts));
}

#define MB_OPTIONS_SYN	20	/* mb_options_start() of what Linux has in a SYN */

/* Bytes that need no walk, at whose end an option begins, if any: timestamps;
 * or MSS, SACK permitted, timestamps and window scale, as Linux lays out a SYN.
 */
static __always_inline unsigned int mb_options_start(const u8 *opt,
						     unsigned int len)
{
	static const u8 mss[] = { 2, 4 }, sack_ts[] = { 4, 2, 8, 10 };
	static const u8 nop_ws[] = { MB_TCPOPT_NOP, 3, 3 };

	if (mb_options_timestamps(opt, len))
		return 12;
	if (len >= MB_OPTIONS_SYN && !memcmp(opt, mss, sizeof(mss)) &&
	    !memcmp(opt + 4, sack_ts, sizeof(sack_ts)) &&
	    !memcmp(opt + 16, nop_ws, sizeof(nop_ws)))
		return MB_OPTIONS_SYN;
	return 0;
}

/**
 * mb_options_usual() - whether a segment is of the kind that most are of
 * @opt:	option bytes of its TCP header, any alignment
 * @len:	how many, at most MB_OPTIONS_LEN_MAX
 *
 * Context: any; reads @len bytes at most. Inlined, for every segment comes here.
 * Return: true: no option, or timestamps alone; false: may be anything
 */
static __always_inline bool mb_options_usual(const u8 *opt, unsigned int len)
{
	return !len || (len == 12 && mb_options_timestamps(opt, len));
}

/**
 * mb_options_suspect() - whether a segment may have a kind-30 option
 * @opt:	option bytes of its TCP header, any alignment
 * @len:	how many, at most MB_OPTIONS_LEN_MAX
 * @start:	mb_options_start() of them
 *
 * Few bytes are 30, and without one there is nothing to walk for.
 *
 * Context: any; reads @len bytes at most. Inlined, for many segments come here.
 * Return: false: there is none; true: ask mb_options_parse_from()
 */
static __always_inline bool mb_options_suspect(const u8 *opt, unsigned int len,
					       unsigned int start)
{
	const u8 *p = opt + start, *last;
	u64 found = 0;

	if (start == len)
		return false;
	if (*p == MB_TCPOPT_MPTCP || len < sizeof(found))
		return true;
	/* Eight bytes at a time; the last eight may overlap those before. */
	last = opt + len - sizeof(found);
	for (; p < last; p += sizeof(found))
		found |= mb_options_thirties(p);
	found |= mb_options_thirties(last);
	return found & (0x0101010101010101ULL << 7);
}

/**
 * mb_options_parse() - read all kind-30 options
 * @opt:	option bytes of a TCP header, any alignment
 * @len:	how many, at most MB_OPTIONS_LEN_MAX; more does no harm
 * @place:	what segment they stand in
 * @out:	filled, see mb_options_parse_from()
 *
 * Context: any; reads @len bytes at most.
 */
static inline void mb_options_parse(const u8 *opt, unsigned int len,
				    enum mb_place place, struct mb_options *out)
{
	mb_options_parse_from(opt, len, mb_options_start(opt, len), place, out);
}

#endif
