// SPDX-License-Identifier: GPL-2.0
/* What the hosts of a session that is being closed tell by their own segments.
 * These get no further.
 */
#include <net/l3mdev.h>
#include <net/tcp.h>

#include "compat.h"
#include "fastclose.h"
#include "netns.h"

#define ANSWERS		4	/* to a host on a subflow, between two tries */

/* Numbers that are farther off (bytes) are not of this connection. */
#define FAR		(128 * SZ_1M)

static bool near(u32 a, u32 b)
{
	return a - b + FAR < 2 * FAR;
}

/**
 * mb_close_over() - whether all hosts were seen to have ended on all subflows
 * @c:	the closing
 *
 * Context: @c->lock.
 */
bool mb_close_over(const struct mb_close *c)
{
	unsigned int i;

	for (i = 0; i < c->n; i++)
		if (!c->flow[i].host[0].ended || !c->flow[i].host[1].ended)
			return false;
	return c->n;
}

/**
 * struct reply - what a host's segment calls for
 * @wanted:	an RST
 * @to:		side that gets it
 * @next:	what it expects next
 */
struct reply {
	bool wanted;
	u8 to;
	u32 next;
};

static void want(struct mb_close_host *h, unsigned int to, u32 next,
		 struct reply *r)
{
	if (h->ended || next == h->rst || h->answers >= ANSWERS)
		return;
	h->answers++;
	h->rst = next;
	*r = (struct reply){ true, to, next };
}

/* A host has ended. Its RST does not get to the other one, which would wait for
 * another subflow: it is sent one with its key.
 *
 * The RST's sequence number is what the other host acknowledged, if it answers a
 * segment of ours, otherwise the next one of its sender. Others are forged.
 */
static void heard_rst(struct mb_close_flow *f, const struct mb_subflow *sub,
		      unsigned int side, u32 seq, struct reply *r)
{
	if (before(seq, READ_ONCE(sub->dir[!side].ack)) ||
	    (after(seq, READ_ONCE(sub->dir[side].end)) &&
	     after(seq, f->host[side].end)))
		return;
	f->host[side].ended = true;
	want(&f->host[!side], !side, seq, r);
}

/* Any other segment tells by its acknowledgment what its sender expects next.
 * It may have been on its way before our RST came to it: it is news only when it
 * says more than we knew of, or says nothing but the same again. So does the
 * challenge ACK (RFC 5961, 3.2) of a host that has missed data before our RST.
 */
static void heard(struct mb_close *c, struct mb_close_flow *f,
		  const struct mb_dir *dir, unsigned int side,
		  const struct tcphdr *th, u32 payload, struct reply *r)
{
	u32 seq = ntohl(th->seq), ack = ntohl(th->ack_seq);
	u32 end = seq + payload + th->fin;
	struct mb_close_host *h = &f->host[side];
	bool again;

	if (h->ended || !near(seq, dir[side].end))
		return;
	if (after(end, h->end))
		h->end = end;
	if (!th->ack || before(ack, h->ack) || !near(ack, dir[!side].end))
		return;
	again = ack == h->ack && !payload;
	h->ack = ack;
	h->heard = true;
	if (mb_options_timestamps((const u8 *)(th + 1), th->doff * 4 - sizeof(*th)))
		h->tsval = get_unaligned_be32((const u8 *)(th + 1) + 4);
	c->alive[side ^ f->client] = c->tries;
	if (again || after(ack, h->rst))
		want(h, side, ack, r);
}

static void reply(struct mb_net *mn, const struct mb_policy *policy,
		  const struct mb_subflow *sub, const struct mb_dir *dir,
		  const struct mb_flow_ct *flow, const struct reply *r)
{
	if (mb_bucket_take(&mn->resets, policy->set.reset_rate, 1))
		mb_close_rst(mn, sub, dir, r->to, r->next, flow);
	else
		mb_count(&mn->stats, MPTCP_MB_COUNTER_RESET_LIMITED);
}

/* A connection of which no more is known than its addresses and ports. */
static void keyless(struct mb_net *mn, const struct mb_policy *policy,
		    struct mb_subflow *sub, unsigned int side,
		    struct mb_packet *pkt, const struct tcphdr *th,
		    const struct nf_hook_state *state)
{
	if (th->rst) {
		/* its sender has ended already: as if it had passed */
		struct mb_inject in = {
			.tuple = &sub->conn.tuple,
			.from = side,
			.flags = TCPHDR_RST | (th->ack ? TCPHDR_ACK : 0),
			.seq = ntohl(th->seq),
			.ack = ntohl(th->ack_seq),
			.mark = pkt->skb->mark,
			.oif = (state->out ?: state->in)->ifindex,
			.l3mdev = l3mdev_master_ifindex_rcu(state->out ?:
							    state->in),
		};
		struct sk_buff *skb;

		if (!mb_bucket_take(&mn->resets, policy->set.reset_rate, 1))
			return;
		mb_inject_tcprst(&in);
		mb_ct_follow(&in.flow, pkt->skb, false);
		skb = mb_inject_build(mn->net, &in, NULL);
		if (!skb || !mb_inject_send(mn->net, skb)) {
			mb_count(&mn->stats, MPTCP_MB_COUNTER_RESET_FAILED);
			return;
		}
		mb_count(&mn->stats, MPTCP_MB_COUNTER_RESET_SENT);
	} else if (mb_reset(pkt, state, &mn->resets, policy->set.reset_rate,
			    &mn->stats)) {
		return; /* with the next one, then */
	}
	mb_close_end(mn->sessions, sub->session);
}

static struct mb_close_flow *find(struct mb_close *c,
				  const struct mb_subflow *sub)
{
	unsigned int i;

	for (i = 0; i < c->n; i++)
		if (c->flow[i].sub == sub)
			return &c->flow[i];
	return NULL;
}

/**
 * mb_close_segment() - a segment of a session that is being closed
 * @mn:		the namespace
 * @sub:	its connection
 * @side:	of the tuple that sent it
 * @pkt:	the segment; the caller drops it afterwards
 * @th:		its TCP header with the options
 * @state:	of the hook
 *
 * Context: RCU read side, BH on or off, no lock of ours.
 */
void mb_close_segment(struct mb_net *mn, struct mb_subflow *sub,
		      unsigned int side, struct mb_packet *pkt,
		      const struct tcphdr *th, const struct nf_hook_state *state)
{
	const struct mb_policy *policy = rcu_dereference(mn->policy);
	struct mb_session *s = sub->session;
	struct mb_close_flow *f;
	struct mb_flow_ct flow;
	struct reply r = {};
	struct mb_dir dir[2];
	struct mb_close *c;
	bool over;

	if (!policy || !mb_answerable(pkt, state))
		return;
	if (s->flags & MPTCP_MB_SESSION_FLAG_KEYLESS) {
		keyless(mn, policy, sub, side, pkt, th, state);
		return;
	}
	c = smp_load_acquire(&s->close); /* mb_close_begin() */
	f = c ? find(c, sub) : NULL;
	if (!f || th->syn)
		return;
	mb_close_numbers(sub, c, f, dir);

	spin_lock_bh(&c->lock);
	if (th->rst)
		heard_rst(f, sub, side, ntohl(th->seq), &r);
	else
		heard(c, f, dir, side, th,
		      pkt->skb->len - pkt->thoff - pkt->doff, &r);
	over = mb_close_over(c);
	spin_unlock_bh(&c->lock);

	if (r.wanted) {
		mb_ct_follow(&flow, pkt->skb, r.to == side);
		reply(mn, policy, sub, dir, &flow, &r);
	}
	if (over)
		mb_close_end(mn->sessions, s);
}
