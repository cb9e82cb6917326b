/* SPDX-License-Identifier: GPL-2.0 */
/* A TCP connection of a session, and what each side has sent on it. */
#ifndef MB_SUBFLOW_H
#define MB_SUBFLOW_H

#include <linux/list.h>
#include <linux/spinlock.h>

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack_tuple.h>
#include <net/netfilter/nf_conntrack_zones.h>
#endif

#include "conn.h"
#include "option.h"
#include "packet.h"

struct mb_net;
struct mb_session;
struct mb_sessions;

/**
 * struct mb_dir - what one side sent, as far as it was let through
 * @segments:	count; a GSO super-segment counts what it is made of
 * @bytes:	of TCP payload, retransmissions included
 * @data_end:	highest end of data sequence; 0: none yet
 * @data_ack:	highest data acknowledgment; 0: none yet
 * @first:	sequence number of the first byte of payload
 * @end:	highest end of sequence, a FIN included
 * @ack:	highest acknowledgment number
 * @map_end:	end of the sequence space that mappings (DSS) cover; @first, or about
 *		there, when there are none yet
 * @tsval:	last TSval, valid with @has_ts
 * @window:	last window field, as it stood in the header
 * @flags:	TCP flags seen (the header's byte 13)
 * @has_ts:	segments carry timestamps
 * @oif:	ifindex of the device on which its segments left, 0 unknown
 * @mark:	skb->mark of its last segment
 *
 * All under the subflow's lock. Sequence numbers: host byte order.
 */
struct mb_dir {
	u64 segments;
	u64 bytes;
	u64 data_end;
	u64 data_ack;
	u32 first;
	u32 end;
	u32 ack;
	u32 map_end;
	u32 tsval;
	u16 window;
	u8 flags;
	bool has_ts;
	int oif;
	u32 mark;
};

/**
 * struct mb_ct_ref - names a conntrack entry without holding it
 * @known:	there was one; the others are valid
 * @untracked:	by somebody's wish there was none
 * @original:	side (as in struct mb_tuple) that is the original direction's
 *		source
 * @zone:	its zone
 * @nat:	its original direction where that is not the connection as we see it,
 *		or NULL
 */
struct mb_ct_ref {
	bool known;
	bool untracked;
	u8 original;
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	struct nf_conntrack_zone zone;
#endif
	struct nf_conntrack_tuple *nat;
};

/* What makes a subflow's segments go the slow way; set under the table's lock,
 * but for those that say so.
 */
#define MB_ATTENTION_PROOF	0x01	/* not all keys are proven */
#define MB_ATTENTION_FIN	0x02	/* FIN seen; set under the subflow's lock */
#define MB_ATTENTION_DATA_FIN	0x04	/* the session has seen a DATA_FIN */
#define MB_ATTENTION_CLOSING	0x08	/* the session is being closed */
#define MB_ATTENTION_REOPEN	0x10	/* SYN/ACK seen; under the subflow's lock */
#define MB_ATTENTION_CLOSED	0x20	/* subflow has ended */
#define MB_ATTENTION_FALLBACK	0x40	/* its session has fallen back */
#define MB_ATTENTION_SILENT	0x80	/* a side has sent nothing yet; under the
					 * subflow's lock
					 */

/**
 * struct mb_subflow - one TCP connection of a session
 * @conn:	in the table of subflows
 * @session:	to which it belongs; never changes
 * @client:	side (index into @conn.tuple and @dir) of the session's client
 * @opener:	side that opened the connection
 * @attention:	MB_ATTENTION_..., read without a lock
 * @state:	enum mptcp_mb_subflow_state; this and the next seven are under the
 *		table's lock
 * @how:	enum mptcp_mb_how
 * @initial:	it is the session's first
 * @backup:	by side: asked for backup (MP_JOIN, MP_PRIO)
 * @addr_id:	by side: address id of its MP_JOIN
 * @gone:	it is not known any more; @rcu is in use instead of @member
 * @member:	in the session's list
 * @rcu:	frees it
 * @ended:	jiffies when it was closed, half of them
 * @started:	ktime_get_real_seconds()
 * @seen:	jiffies of the last segment
 * @lock:	of @dir, @reopen_seq and @reopen_ack
 * @dir:	by side: what it sent
 * @reopen_seq:	what the third ACK of a new connection would have as sequence
 *		number, valid with MB_ATTENTION_REOPEN
 * @reopen_ack:	likewise its acknowledgment
 * @ct:		how to find its conntrack entry again, when a segment is to be
 *		sent that no host has sent
 */
struct mb_subflow {
	struct mb_conn conn;
	struct mb_session *session;
	u8 client;
	u8 opener;
	u8 attention;
	u8 state;
	u8 how;
	bool initial;
	bool gone;
	bool backup[2];
	u8 addr_id[2];
	union {
		struct list_head member;
		struct rcu_head rcu;
	};
	u32 ended;
	spinlock_t lock; /* see above */
	time64_t started;
	unsigned long seen;
	struct mb_dir dir[2];
	u32 reopen_seq, reopen_ack;
	struct mb_ct_ref ct;
};

#endif
