/* SPDX-License-Identifier: GPL-2.0 */
/* A test module: gives segments the skb->ip_summed that is wanted before
 * mptcp_mb.ko gets them, and judges by full computation what comes out. See
 * ipsum_main.c for how to use it.
 */
#ifndef MB_IPSUM_H
#define MB_IPSUM_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

#define HEADER_MAX	60	/* bytes of a TCP header with options */
#define OPT_MPTCP	30
#define OPT_NOP		1
#define BAD_PORT	666	/* segments to it have a wrong checksum on purpose */

/* What became of a segment, or what it is where nobody knows what it was */
enum ipsum_kind {
	KIND_SAME,	/* nothing; or any other segment */
	KIND_SYN,	/* options of a SYN are NOPs now */
	KIND_SYNACK,	/* of a SYN/ACK */
	KIND_HMAC,	/* an ADD_ADDR's HMAC is zero */
	KIND_V0,	/* an ADD_ADDR of version 0 has become NOPs */
	KIND_MIXED,	/* both of these */
	KIND_RST,	/* has MP_TCPRST */
	KIND_FASTCLOSE,	/* has MP_FASTCLOSE */
	KINDS,
};

/* Where a segment was judged */
enum ipsum_place {
	PLACE_FORWARD,	/* right behind mptcp_mb.ko's hook */
	PLACE_IN,
	PLACE_OUT,
	PLACE_POST,	/* last in POSTROUTING */
	PLACE_CUT,	/* what software makes of a GSO segment there */
	PLACE_FAR,	/* on arrival at a host */
	PLACES,
};

/**
 * struct ipsum_view - a TCP segment at a hook
 * @skb:	skb->data is the network header
 * @family:	AF_INET or AF_INET6
 * @thoff:	bytes to the TCP header
 * @doff:	its bytes
 * @th:		copy of it, options included
 */
struct ipsum_view {
	struct sk_buff *skb;
	u8 family;
	unsigned int thoff;
	unsigned int doff;
	union {
		struct tcphdr th;
		u8 bytes[HEADER_MAX];
	};
};

/* ipsum_look.c: what there is */
bool ipsum_view(struct ipsum_view *v, struct sk_buff *skb, u8 family);
__sum16 ipsum_sum(const struct ipsum_view *v);
__sum16 ipsum_pseudo(const struct ipsum_view *v);
bool ipsum_same_sum(__sum16 a, __sum16 b);
enum ipsum_kind ipsum_kind(const struct ipsum_view *v);
bool ipsum_cut(const struct ipsum_view *v, const char **why,
	       unsigned int *segments);

/* ipsum_feed.c: what is wanted */
int ipsum_wanted(const char *word);
void ipsum_feed(struct sk_buff *skb, u8 family, int summed);

/* ipsum_verify.c: whether it is right */
struct ipsum_count {
	atomic_t seen;
	atomic_t odd;		/* of these: what changed begins at an odd offset */
	atomic_t cloned;	/* somebody else has the data, too */
	atomic_t frag;		/* came in fragments */
	atomic_t bad;		/* came with a wrong checksum */
	atomic_t wrong;		/* are not as they should be */
};

/* The last two: ip_summed, GSO or not */
extern struct ipsum_count ipsum_counts[PLACES][KINDS][2][4][2];

void ipsum_remember(struct sk_buff *skb, u8 family, bool clone);
void ipsum_compare(struct sk_buff *skb, u8 family, enum ipsum_place place);
void ipsum_judge(struct sk_buff *skb, u8 family, enum ipsum_place place);
void ipsum_forget(void);

#endif
