// SPDX-License-Identifier: GPL-2.0
/* What the hosts of a session that is being closed are sent.
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
#include "option_dss.h"

enum kind {
	KIND_FASTCLOSE,
	KIND_RST,
	KIND_OLD,
	KINDS,
};

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
	p[3] = MB_DSS_ACK | MB_DSS_ACK64;
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
		.tuple = &sub->conn.tuple,
		.from = !to,
		.flags = TCPHDR_ACK | (kind == KIND_RST ? TCPHDR_RST : 0),
		.window = from->window,
		.seq = next - (kind == KIND_OLD),
		.ack = from->ack,
		.mark = from->mark,
		.oif = from->oif,
		.flow = *flow,
	};
	struct sk_buff *skb;

	/* Its own way may not have been seen yet; the VRF is the same. */
	in.l3mdev = l3mdev_master_ifindex_by_index(mn->net,
						   from->oif ?: dir[to].oif);
	put_options(&in, sub, dir, to, kind);
	skb = mb_inject_build(mn->net, &in, NULL);
	memzero_explicit(in.options, sizeof(in.options));	/* a key */
	return skb;
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

/**
 * mb_close_numbers() - what each side sent
 * @sub:	the subflow
 * @c:		the session's closing
 * @f:		the subflow's
 * @dir:	two, filled: what was let through, and what was heard since
 *
 * Context: no lock of ours.
 */
void mb_close_numbers(struct mb_subflow *sub, struct mb_close *c,
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

	mb_close_numbers(sub, c, f, dir);
	mask = targets(c, f, dir, next);
	if (!mask)
		return true;
	if (!mb_bucket_take(&mn->resets, policy->set.reset_rate,
			    hweight32(mask)))
		return false;
	__skb_queue_head_init(&queue);
	for (to = 0; to < 2; to++)
		mb_ct_find(finder, mn->net, &sub->ct, &sub->conn.tuple, !to,
			   &flow[to]);
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
 * mb_close_rst() - send a host an RST once more
 * @mn:		the namespace
 * @sub:	the subflow
 * @dir:	of mb_close_numbers()
 * @to:		side that gets it
 * @next:	what it expects next
 * @flow:	its conntrack entry
 *
 * Context: RCU read side, BH on or off, no lock of ours; allocates atomically.
 */
void mb_close_rst(struct mb_net *mn, const struct mb_subflow *sub,
		  const struct mb_dir *dir, unsigned int to, u32 next,
		  const struct mb_flow_ct *flow)
{
	struct sk_buff_head queue;

	__skb_queue_head_init(&queue);
	add(&queue, mn, sub, dir, to, KIND_RST, next, flow);
	add(&queue, mn, sub, dir, to, KIND_OLD, next, flow);
	send(mn, &queue);
}
