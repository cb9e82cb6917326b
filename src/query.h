/* SPDX-License-Identifier: GPL-2.0 */
/* What is looked up for a segment: server, client, marks. */
#ifndef MB_QUERY_H
#define MB_QUERY_H

#include "packet.h"
#include "site.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack.h>
#endif

static inline void mb_query_ctmark(struct mb_site_query *q, const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK) && IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	q->ct_known = ct && !nf_ct_is_template(ct);
	q->ctmark = q->ct_known ? READ_ONCE(ct->mark) : 0;
#else
	q->ct_known = false;
	q->ctmark = 0;
#endif
}

/**
 * mb_query_make() - the site of a segment
 * @q:		filled
 * @pkt:	the segment
 * @th:		its TCP header
 * @syn:	it goes to the server, as a SYN does; otherwise it comes from it
 *
 * Context: RCU read side.
 */
static inline void mb_query_make(struct mb_site_query *q,
				 const struct mb_packet *pkt,
				 const struct tcphdr *th, bool syn)
{
	const struct sk_buff *skb = pkt->skb;

	if (pkt->family == AF_INET) {
		const struct iphdr *iph = ip_hdr(skb);

		q->server.s6_addr32[0] = syn ? iph->daddr : iph->saddr;
		q->client.s6_addr32[0] = syn ? iph->saddr : iph->daddr;
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		q->server = syn ? ip6h->daddr : ip6h->saddr;
		q->client = syn ? ip6h->saddr : ip6h->daddr;
	}
	if (unlikely(pkt->routed))
		mb_packet_final(pkt, syn ? &q->server : &q->client);
	q->family = pkt->family;
	q->port = ntohs(syn ? th->dest : th->source);
	q->mark = skb->mark;
	q->client_known = true;
	mb_query_ctmark(q, skb);
}

#endif
