// SPDX-License-Identifier: GPL-2.0
/* Remembers the last segments that were refused, for who asks afterwards. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "netns.h"
#include "option.h"
#include "packet.h"
#include "refused.h"
#include "verdict.h"

/**
 * mb_refused_alloc() - an empty ring
 *
 * Context: process, may sleep.
 * Return: it, for kvfree(), or NULL without memory
 */
struct mb_refused *mb_refused_alloc(void)
{
	struct mb_refused *ring = kvzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);

	if (ring)
		spin_lock_init(&ring->lock);
	return ring;
}

static void get_addresses(struct mb_refusal *r, const struct mb_packet *pkt)
{
	if (pkt->family == AF_INET) {
		const struct iphdr *iph = ip_hdr(pkt->skb);

		r->src.s6_addr32[0] = iph->saddr;
		r->dst.s6_addr32[0] = iph->daddr;
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(pkt->skb);

		r->src = ip6h->saddr;
		r->dst = ip6h->daddr;
	}
	r->family = pkt->family;
}

/* Of a SYN: in a SYN/ACK and an ACK a join names no token. */
static void get_token(struct mb_refusal *r, const struct mb_options *opts)
{
	const struct mb_option *o = opts->opt, *end = o + opts->n;

	if (r->place != MPTCP_MB_PLACE_SYN)
		return;
	for (; o < end; o++) {
		if (o->subtype != MB_MP_JOIN || o->fault != MB_FAULT_NONE)
			continue;
		r->has_token = true;
		r->token = o->join.token;
		return;
	}
}

/**
 * mb_refusal_get() - what is told of a segment
 * @r:		filled
 * @pkt:	the segment
 * @opts:	its options
 * @j:		what was decided
 * @session:	id of its session, 0 unknown
 *
 * Context: RCU read side.
 */
void mb_refusal_get(struct mb_refusal *r, const struct mb_packet *pkt,
		    const struct mb_options *opts, const struct mb_judged *j,
		    u32 session)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	memset(r, 0, sizeof(*r));
	r->time = ktime_get_real_ns();
	get_addresses(r, pkt);
	r->place = MPTCP_MB_PLACE_OTHER;
	th = skb_header_pointer(pkt->skb, pkt->thoff, sizeof(buf), &buf);
	if (th) {
		r->sport = th->source;
		r->dport = th->dest;
		if (th->syn)
			r->place = th->ack ? MPTCP_MB_PLACE_SYNACK :
					     MPTCP_MB_PLACE_SYN;
	}
	get_token(r, opts);
	r->verdict = j->verdict;
	r->cause = j->cause;
	r->session = session;
	if (j->site) {
		r->matched = true;
		mb_site_key_get(j->site, &r->site);
		r->action = j->site->action;
	}
}

/**
 * mb_refused_note() - remember and tell that a segment was refused
 * @mn:		the namespace
 * @pkt:	the segment
 * @opts:	its options
 * @j:		what was decided
 * @session:	id of its session, 0 unknown
 *
 * Context: RCU read side, BH on or off; allocates atomically.
 */
void mb_refused_note(struct mb_net *mn, const struct mb_packet *pkt,
		     const struct mb_options *opts, const struct mb_judged *j,
		     u32 session)
{
	struct mb_refused *ring = mn->refused;
	struct mb_refusal r;

	mb_refusal_get(&r, pkt, opts, j, session);
	spin_lock_bh(&ring->lock);
	ring->v[ring->total++ % MB_REFUSED_MAX] = r;
	spin_unlock_bh(&ring->lock);
	mb_event_refusal(mn, MPTCP_MB_EVENT_SUBFLOW_REFUSED, &r);
}

/**
 * mb_refused_read() - one of the segments that are remembered
 * @ring:	the ring
 * @n:		in: its number, counted from the first ever; out: the number of
 *		@r, a later one where that is forgotten
 * @r:		filled
 *
 * Context: any.
 * Return: false: none with that number or a later one
 */
bool mb_refused_read(struct mb_refused *ring, u64 *n, struct mb_refusal *r)
{
	bool found;

	spin_lock_bh(&ring->lock);
	if (ring->total > MB_REFUSED_MAX)
		*n = max(*n, ring->total - MB_REFUSED_MAX);
	found = *n < ring->total;
	if (found)
		*r = ring->v[*n % MB_REFUSED_MAX];
	spin_unlock_bh(&ring->lock);
	return found;
}

/**
 * mb_refused_total() - how many were ever refused
 * @ring:	the ring, or NULL: none
 *
 * Context: any.
 */
u64 mb_refused_total(struct mb_refused *ring)
{
	u64 total;

	if (!ring)
		return 0;
	spin_lock_bh(&ring->lock);
	total = ring->total;
	spin_unlock_bh(&ring->lock);
	return total;
}
