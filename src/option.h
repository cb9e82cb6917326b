/* SPDX-License-Identifier: GPL-2.0 */
/* MPTCP options of one TCP segment: bytes -> struct. Pure: builds in the
 * kernel and on the host.
 */
#ifndef MB_OPTION_H
#define MB_OPTION_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/string.h>
#else
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
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
	MB_FAULT_SHORT,		/* no room for the subtype */
	MB_FAULT_CAPABLE_LEN,
	MB_FAULT_CAPABLE_PLACE,
	MB_FAULT_JOIN_LEN,
	MB_FAULT_JOIN_PLACE,
	MB_FAULT_DSS_LEN,
	MB_FAULT_DSS_PLACE,
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
 * @len:	bytes, kind and length included; what the length byte says,
 *		except for MB_FAULT_OVERRUN: what is left of the header
 * @subtype:	enum mb_subtype, or 0xff where a fault leaves none
 * @fault:	enum mb_fault; fields below are valid with MB_FAULT_NONE only
 */
struct mb_option {
	u8 off;
	u8 len;
	u8 subtype;
	u8 fault;
	union {
		struct {
			u8 version;	/* valid with CAPABLE_PLACE too */
			u8 flags;
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
			bool data_fin;
			u8 ack_len, seq_len;	/* 0, 4 or 8 bytes */
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
 * @opt:	the options
 */
struct mb_options {
	u8 n;
	u16 subtypes;
	bool faulty;
	bool sealed;
	struct mb_option opt[MB_OPTIONS_MAX];
};

bool mb_options_present(const u8 *opt, unsigned int len);
void mb_options_parse(const u8 *opt, unsigned int len, enum mb_place place,
		      struct mb_options *out);
const char *mb_subtype_name(unsigned int subtype);
const char *mb_fault_name(unsigned int fault);

#endif
