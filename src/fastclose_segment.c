// SPDX-License-Identifier: GPL-2.0
/* What the hosts of a session that is being closed are sent, and what their own
 * segments tell meanwhile. They get no further.
 *
 * To each host on each subflow, in the name of the other: an ACK with
 * MP_FASTCLOSE and the receiver's own key (RFC 8684, 3.5, option A), then an RST
 * with it (option R). The ACK needs but an acceptable sequence number, and a
 * data ACK beside it: without, a client that has not had one falls back instead
 * of reading it. The RST needs exactly what the receiver expects next
 * (RFC 5961, 3.2): that is the highest end of sequence forwarded to it. What it
 * acknowledged last is old under load.
 *
 * Last goes an ACK that is one too old. Where there is no connection any more it
 * is answered by an RST, where one still is, by an ACK that tells exactly what
 * is expected next. So the close is seen to succeed, or fail, within a round
 * trip.
 *
 * In fallback the hosts ignore all options of MPTCP: just RST and old ACK.
 */
#include <net/l3mdev.h>
#include <net/tcp.h>

#include "compat.h"
#include "fastclose.h"
#include "netns.h"

#define ANSWERS		4	/* to a host on a subflow, between two tries */

/* Numbers that are farther off (bytes, 128 MiB) are not of this connection. */
#define FAR		0x08000000U

enum kind {
	KIND_FASTCLOSE,
	KIND_RST,
	KIND_OLD,
	KINDS,
};

static bool near(u32 a, u32 b)
{
	return a - b + FAR < 2 * FAR;
}

static bool fallen_back(const struct mb_session *s)
{
	return READ_ONCE(s->fallback) != MPTCP_MB_FALLBACK_SIGN_NONE;
}

/* RFC 7323, appendix A */
static void put_timestamps(struct mb_inject *in, u32 val, u32 echo)
{
	u8 *p = in->options + in->len;

	p[0] = MB_TCPOPT_NOP;
	p[1] = MB_TCPOPT_NOP;
	p[2] = TCPOPT_TIMESTAMP;
	p[3] = TCPOLEN_TIMESTAMP;
	put_unaligned_be32(val, p + 4);
	put_unaligned_be32(echo, p + 8);
	in->len += TCPOLEN_TSTAMP_ALIGNED;
}

/* RFC 8684, 3.3: flags a, A: a data ACK of 8 octets, no mapping */
static void put_data_ack(struct mb_inject *in, u64 ack)
{
	u8 *p = in->options + in->len;

	p[0] = MB_TCPOPT_MPTCP;
	p[1] = MB_TCPOLEN_DSS_BASE + 8;
	p[2] = MB_DSS << 4;
	p[3] = 0x03;
	put_unaligned_be64(ack, p + 4);
	in->len += MB_TCPOLEN_DSS_BASE + 8;
}

/* RFC 8684, 3.5 */
static void put_fastclose(struct mb_inject *in, const u8 *key)
{
	u8 *p = in->options + in->len;

	p[0] = MB_TCPOPT_MPTCP;
	p[1] = MB_TCPOLEN_FASTCLOSE;
	p[2] = MB_MP_FASTCLOSE << 4;
	p[3] = 0;
	memcpy(p + 4, key, MB_KEY_LEN);
	in->len += MB_TCPOLEN_FASTCLOSE;
}

static void put_options(struct mb_inject *in, const struct mb_subflow *sub,
			const struct mb_dir *dir, unsigned int to,
			enum kind kind)
{
	const struct mb_dir *from = &dir[!to];
	const struct mb_session *s = sub->session;
	unsigned int host = to ^ sub->client;

	/* RFC 7323, 3.2, wants them in every segment, if in any. */
	if (from->has_ts)
		put_timestamps(in, from->tsval,
			       dir[to].has_ts ? dir[to].tsval : 0);
	if (!fallen_back(s)) {
		if (kind != KIND_RST)
			put_data_ack(in, from->data_ack ?: s->idsn[host] + 1);
		put_fastclose(in, s->keys.key[host]);
	}
	if (kind == KIND_RST)
		mb_inject_tcprst(in);
}

/* A segment to side @to; @next is what that host expects next. */
static struct sk_buff *build(struct mb_net *mn, const struct mb_subflow *sub,
			     const struct mb_dir *dir, unsigned int to,
			     enum kind kind, u32 next,
			     const struct mb_flow_ct *flow)
{
	const struct mb_dir *from = &dir[!to];
	struct mb_inject in = {
		.tuple = &sub->tuple,
		.from = !to,
		.flags = TCPHDR_ACK | (kind == KIND_RST ? TCPHDR_RST : 0),
		.window = from->window,
		.seq = next - (kind == KIND_OLD),
		.ack = from->ack,
		.mark = from->mark,
		.oif = from->oif,
		.flow = *flow,
	};

	/* Its own way may not have been seen yet; the VRF is the same. */
	in.l3mdev = l3mdev_master_ifindex_by_index(mn->net,
						   from->oif ?: dir[to].oif);
	put_options(&in, sub, dir, to, kind);
	return mb_inject_build(mn->net, &in, NULL);
}

static void add(struct sk_buff_head *queue, struct mb_net *mn,
		const struct mb_subflow *sub, const struct mb_dir *dir,
		unsigned int to, enum kind kind, u32 next,
		const struct mb_flow_ct *flow)
{
	struct sk_buff *skb = build(mn, sub, dir, to, kind, next, flow);

	if (skb)
		__skb_queue_tail(queue, skb);
	else if (kind == KIND_RST)
		mb_count(&mn->stats, MPTCP_MB_COUNTER_RESET_FAILED);
}

/* No answer is to come between. */
static void send(struct mb_net *mn, struct sk_buff_head *queue)
{
	struct sk_buff *skb;

	local_bh_disable();
	while ((skb = __skb_dequeue(queue))) {
		bool rst = tcp_hdr(skb)->rst;
		bool sent = mb_inject_send(mn->net, skb);

		if (sent)
			mb_count(&mn->stats, MPTCP_MB_COUNTER_CLOSE_SENT);
		if (rst)
			mb_count(&mn->stats, sent ?
				 MPTCP_MB_COUNTER_RESET_SENT :
				 MPTCP_MB_COUNTER_RESET_FAILED);
	}
	local_bh_enable();
}

/* What each side sent: what was let through, and what was heard since. */
static void numbers(struct mb_subflow *sub, struct mb_close *c,
		    const struct mb_close_flow *f, struct mb_dir *dir)
{
	unsigned int side;

	spin_lock_bh(&sub->lock);
	memcpy(dir, sub->dir, sizeof(sub->dir));
	spin_unlock_bh(&sub->lock);
	spin_lock_bh(&c->lock);
	for (side = 0; side < 2; side++) {
		if (!f->host[side].heard)
			continue;
		dir[side].ack = f->host[side].ack;
		dir[side].tsval = f->host[side].tsval;
	}
	spin_unlock_bh(&c->lock);
}

/* What is to be sent in a try: to whom, as bits of sides, and what each expects
 * next.
 */
static unsigned int targets(struct mb_close *c, struct mb_close_flow *f,
			    const struct mb_dir *dir, u32 *next)
{
	unsigned int to, mask = 0;

	spin_lock_bh(&c->lock);
	for (to = 0; to < 2; to++) {
		struct mb_close_host *h = &f->host[to];

		if (h->ended)
			continue;
		mask |= BIT(to);
		next[to] = h->heard ? h->ack : dir[!to].end;
		h->rst = next[to];
		h->answers = 0;
	}
	spin_unlock_bh(&c->lock);
	return mask;
}

/**
 * mb_close_try() - a try to close a subflow
 * @mn:		the namespace
 * @policy:	in force
 * @finder:	of conntrack entries
 * @c:		the session's closing
 * @f:		the subflow's
 * @sub:	the subflow
 *
 * All is built before the first is sent: what fails to be built must not leave
 * one host closed and the other one waiting.
 *
 * Context: process, RCU read side, no lock of ours.
 * Return: false when reset-rate forbade it: nothing was sent
 */
bool mb_close_try(struct mb_net *mn, const struct mb_policy *policy,
		  const struct mb_ct_finder *finder, struct mb_close *c,
		  struct mb_close_flow *f, struct mb_subflow *sub)
{
	struct mb_flow_ct flow[2] = {};
	struct sk_buff_head queue;
	struct mb_dir dir[2];
	unsigned int to, mask;
	enum kind kind;
	u32 next[2];

	numbers(sub, c, f, dir);
	mask = targets(c, f, dir, next);
	if (!mask)
		return true;
	if (!mb_bucket_take(&mn->resets, policy->set.reset_rate,
			    hweight32(mask)))
		return false;
	__skb_queue_head_init(&queue);
	for (to = 0; to < 2; to++)
		mb_ct_find(finder, mn->net, &sub->ct, !to, &flow[to]);
	for (kind = fallen_back(sub->session) ? KIND_RST : KIND_FASTCLOSE;
	     kind < KINDS; kind++)
		for (to = 0; to < 2; to++)
			if (mask & BIT(to))
				add(&queue, mn, sub, dir, to, kind, next[to],
				    &flow[to]);
	for (to = 0; to < 2; to++)
		mb_ct_release(&flow[to]);
	send(mn, &queue);
	return true;
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
	struct sk_buff_head queue;

	if (!mb_bucket_take(&mn->resets, policy->set.reset_rate, 1)) {
		mb_count(&mn->stats, MPTCP_MB_COUNTER_RESET_LIMITED);
		return;
	}
	__skb_queue_head_init(&queue);
	add(&queue, mn, sub, dir, r->to, KIND_RST, r->next, flow);
	add(&queue, mn, sub, dir, r->to, KIND_OLD, r->next, flow);
	send(mn, &queue);
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
			.tuple = &sub->tuple,
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
		mb_count(&mn->stats, skb && mb_inject_send(mn->net, skb) ?
			 MPTCP_MB_COUNTER_RESET_SENT :
			 MPTCP_MB_COUNTER_RESET_FAILED);
	} else if (!mb_reset(pkt, state, &mn->resets, policy->set.reset_rate,
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
 * @opts:	its MPTCP options, or NULL
 * @state:	of the hook
 *
 * Context: RCU read side, BH on or off, no lock of ours.
 */
void mb_close_segment(struct mb_net *mn, struct mb_subflow *sub,
		      unsigned int side, struct mb_packet *pkt,
		      const struct tcphdr *th, const struct mb_options *opts,
		      const struct nf_hook_state *state)
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
	numbers(sub, c, f, dir);

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
