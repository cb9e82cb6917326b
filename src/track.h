/* SPDX-License-Identifier: GPL-2.0 */
/* What a segment that was let through tells of its session. */
#ifndef MB_TRACK_H
#define MB_TRACK_H

#include <linux/netfilter.h>

#include "session.h"

struct mb_net;
struct mb_policy;

/**
 * struct mb_segment - one segment of a known connection
 * @pkt:	its packet
 * @th:		its TCP header with the options
 * @opts:	its MPTCP options, or NULL: it has none
 * @state:	of the hook
 * @side:	of the connection's tuple that sent it
 * @seq:	host byte order, as the next two
 * @ack:	0 without ACK flag
 * @end:	end of its sequence space, a FIN included
 * @payload:	bytes
 * @count:	how many TCP segments it is: more than one with GSO
 * @flags:	of TCP: the header's byte 13
 * @near:	its numbers can be those of this connection
 * @next:	it begins where the one before ended
 * @unmapped:	it has payload that no mapping covers, and begins just where the
 *		one before ended
 * @infinite:	it has an infinite mapping
 * @dss:	its DSS option, or NULL
 */
struct mb_segment {
	struct mb_packet *pkt;
	const struct tcphdr *th;
	const struct mb_options *opts;
	const struct nf_hook_state *state;
	unsigned int side;
	u32 seq, ack, end;
	u32 payload;
	u16 count;
	u8 flags;
	bool near, next, unmapped, infinite;
	const struct mb_option *dss;
};

#define MB_TCP_FIN	0x01
#define MB_TCP_SYN	0x02
#define MB_TCP_RST	0x04
#define MB_TCP_ACK	0x10

/**
 * mb_track_may() - whether mb_track_quick4() is for a segment
 * @th:	its TCP header
 *
 * Return: it has ACK, and none of SYN, FIN, RST
 */
static __always_inline bool mb_track_may(const struct tcphdr *th)
{
	return (((const u8 *)th)[13] & (MB_TCP_FIN | MB_TCP_SYN | MB_TCP_RST |
					MB_TCP_ACK)) == MB_TCP_ACK;
}

/* track_quick.c */
unsigned int mb_track_quick4(struct mb_net *mn, struct sk_buff *skb,
			     const struct nf_hook_state *state,
			     const struct tcphdr *th);
unsigned int mb_track_quick6(struct mb_net *mn, struct sk_buff *skb,
			     const struct nf_hook_state *state,
			     const struct tcphdr *th);

/* track.c */
void mb_track(struct mb_net *mn, const struct mb_policy *policy,
	      struct mb_subflow *sub, unsigned int side, struct mb_packet *pkt,
	      const struct tcphdr *th, const struct mb_options *opts,
	      const struct nf_hook_state *state);
void mb_track_synack(struct mb_subflow *sub, unsigned int side,
		     const struct tcphdr *th);
void mb_track_begin(struct mb_subflow *sub, const struct mb_packet *pkt,
		    unsigned int side, u32 first, u32 peer_first);

/* life.c */
void mb_life(struct mb_net *mn, struct mb_subflow *sub,
	     const struct mb_segment *seg);
bool mb_life_renewed(struct mb_net *mn, struct mb_subflow *sub,
		     const struct tcphdr *th, bool keys);

/* learn.c */
bool mb_learn_keys(const struct mb_options *opts, const u8 *option,
		   struct mb_keys *keys);
struct mb_subflow *mb_learn(struct mb_net *mn, const struct mb_policy *policy,
			    const struct mb_tuple *tuple, unsigned int side,
			    const struct mb_site_query *q,
			    const struct mb_packet *pkt, const struct tcphdr *th,
			    const struct mb_keys *keys,
			    const struct nf_hook_state *state);
void mb_learn_data(struct mb_session *s, struct mb_subflow *sub);
void mb_learn_claim(struct mb_sessions *ss, struct mb_session *s,
		    struct mb_subflow *sub, const struct mb_segment *seg);

/* prove.c */
void mb_learn_signature(struct mb_sessions *ss, struct mb_session *s,
			struct mb_subflow *sub, const struct mb_segment *seg,
			const struct mb_option *o);
bool mb_learn_turned(struct mb_sessions *ss, struct mb_session *s,
		     struct mb_subflow *sub, const struct mb_segment *seg);
void mb_learn_proof(struct mb_sessions *ss, struct mb_session *s,
		    struct mb_subflow *sub, const struct mb_segment *seg);

#endif
