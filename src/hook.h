/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a segment: packet -> options -> verdict -> action -> count. */
#ifndef MB_HOOK_H
#define MB_HOOK_H

#include <linux/netfilter.h>
#include <linux/netlink.h>

struct mb_net;
struct tcphdr;

/* hook.c: their names are what nft list hooks shows */
unsigned int mptcp_mb_hook4(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);
unsigned int mptcp_mb_hook6(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);
unsigned int mptcp_mb_local4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int mptcp_mb_local6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);

/* also hook.c: what is not quick */
unsigned int mb_hook_look4(struct mb_net *mn, struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   const struct tcphdr *th);
unsigned int mb_hook_look6(struct mb_net *mn, struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   const struct tcphdr *th);
unsigned int mb_hook_linear(struct mb_net *mn, struct sk_buff *skb,
			    const struct nf_hook_state *state,
			    const struct tcphdr *th, unsigned int len,
			    unsigned int start);

/* syn_quick.c */
unsigned int mb_syn_quick4(struct mb_net *mn, struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   const struct tcphdr *th, unsigned int len);
unsigned int mb_syn_quick6(struct mb_net *mn, struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   const struct tcphdr *th, unsigned int len);

/* attach.c */
int mb_hooks_add(struct mb_net *mn, u32 want, struct netlink_ext_ack *extack);
void mb_hooks_trim(struct mb_net *mn, u32 want);

#endif
