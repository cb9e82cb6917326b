/* SPDX-License-Identifier: GPL-2.0 */
/* Builds, routes and sends a TCP segment that no host has sent. */
#ifndef MB_INJECT_H
#define MB_INJECT_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack_core.h>
#endif

#include "option.h"
#include "subflow.h"
#include "tuple.h"

struct dst_entry;

/**
 * struct mb_flow_ct - whose packet conntrack is to take a segment for
 * @ct:		entry, or NULL
 * @ctinfo:	its direction; IP_CT_UNTRACKED means something without @ct, too
 *
 * Empty without conntrack in the kernel.
 */
struct mb_flow_ct {
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	struct nf_conn *ct;
	enum ip_conntrack_info ctinfo;
#endif
};

/**
 * struct mb_inject - a TCP segment without payload
 * @tuple:	its connection, as the FORWARD hook would see it
 * @from:	side of @tuple in whose name it is sent
 * @flags:	TCPHDR_...
 * @len:	bytes of @options, a multiple of 4
 * @window:	as it is to stand in the header, host byte order
 * @seq:	host byte order
 * @ack:	host byte order
 * @mark:	of the skb, for policy routing
 * @l3mdev:	ifindex of the VRF in which to route, or 0
 * @oif:	ifindex of the link on which a link-local receiver is, or 0
 * @flow:	whose packet it is
 * @options:	TCP options
 */
struct mb_inject {
	const struct mb_tuple *tuple;
	u8 from;
	u8 flags;
	u8 len;
	u16 window;
	u32 seq;
	u32 ack;
	u32 mark;
	int l3mdev;
	int oif;
	struct mb_flow_ct flow;
	u8 options[MB_OPTIONS_LEN_MAX];
};

/* Appends MP_TCPRST, RFC 8684, 3.6. */
void mb_inject_tcprst(struct mb_inject *in);

struct sk_buff *mb_inject_build(struct net *net, const struct mb_inject *in,
				struct dst_entry *dst);
bool mb_inject_send(struct net *net, struct sk_buff *skb);

/* To find a connection's conntrack entry again; no use without conntrack. */
void mb_ct_ref_set(struct mb_ct_ref *ref, const struct mb_tuple *tuple,
		   const struct sk_buff *skb, unsigned int sender_side);
void mb_ct_ref_free(struct mb_ct_ref *ref);
void mb_ct_follow(struct mb_flow_ct *flow, const struct sk_buff *skb, bool back);

/**
 * struct mb_ct_finder - finds conntrack entries, without our module depending on
 *	conntrack's
 * @find:	nf_conntrack_find_get(), or NULL: conntrack is not there
 */
struct mb_ct_finder {
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	typeof(nf_conntrack_find_get) *find;
#endif
};

void mb_ct_finder_get(struct mb_ct_finder *f);
void mb_ct_finder_put(struct mb_ct_finder *f);
void mb_ct_find(const struct mb_ct_finder *f, struct net *net,
		const struct mb_ct_ref *ref, const struct mb_tuple *tuple,
		unsigned int from, struct mb_flow_ct *flow);
void mb_ct_release(struct mb_flow_ct *flow);

/**
 * mb_injected() - whether a segment is one that we sent, on its way out
 * @th:		its TCP header
 * @state:	of the hook
 *
 * What the gateway's own sockets send names the socket, but for a SYN/ACK with
 * a SYN cookie. What is for the gateway itself comes back over a loopback
 * device.
 *
 * Context: any.
 * Return: true: it is ours, or at least no socket's
 */
static inline bool mb_injected(const struct tcphdr *th,
			       const struct nf_hook_state *state)
{
	if (state->hook == NF_INET_LOCAL_OUT)
		return !state->sk && !th->syn;
	return state->hook == NF_INET_LOCAL_IN && state->in &&
	       (state->in->flags & IFF_LOOPBACK ||
		netif_is_l3_master(state->in)) && !th->syn;
}

#endif
