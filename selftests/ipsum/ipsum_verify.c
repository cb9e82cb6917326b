// SPDX-License-Identifier: GPL-2.0
/* Judges segments, and those that mptcp_mb.ko has had by what they were before. */
#include <net/ip.h>
#include <net/tcp.h>

#include "ipsum.h"

struct ipsum_count ipsum_counts[PLACES][KINDS][2][4][2];

/* A segment on its way through mptcp_mb.ko's hook */
struct before {
	struct sk_buff *skb, *clone;
	struct ipsum_view v;
	__sum16 sum;
	u8 summed;
	unsigned int len, gso_size, gso_segs, gso_type;
};

#define BEFORES	64

static struct before befores[BEFORES];
static DEFINE_SPINLOCK(befores_lock);

/* Whether defragmentation has put it together */
static bool was_in_fragments(const struct ipsum_view *v)
{
	return v->family == AF_INET ? IPCB(v->skb)->frag_max_size :
				      IP6CB(v->skb)->frag_max_size;
}

static struct ipsum_count *count(const struct ipsum_view *v, enum ipsum_place place,
				 enum ipsum_kind kind, u8 summed, const char *why)
{
	struct ipsum_count *c = &ipsum_counts[place][kind][v->family == AF_INET6]
					     [summed][skb_is_gso(v->skb)];

	atomic_inc(&c->seen);
	if (was_in_fragments(v))
		atomic_inc(&c->frag);
	if (!why)
		return c;
	atomic_inc(&c->wrong);
	pr_notice_ratelimited("mb_ipsum: %s: place %d kind %d IPv%d summed %d gso %d: ports %u %u, %*ph\n",
			      why, place, kind, v->family == AF_INET ? 4 : 6,
			      summed, skb_is_gso(v->skb), ntohs(v->th.source),
			      ntohs(v->th.dest), v->doff, v->bytes);
	return c;
}

/* After skb_checksum_help(), as a device without offloads would have it */
static const char *helped(const struct ipsum_view *v)
{
	struct sk_buff *copy = skb_copy(v->skb, GFP_ATOMIC);
	const char *why = NULL;
	struct ipsum_view c;

	if (!copy)
		return NULL;
	if (skb_checksum_help(copy) || !ipsum_view(&c, copy, v->family) ||
	    ipsum_sum(&c))
		why = "completed it is wrong";
	kfree_skb(copy);
	return why;
}

static const char *partial(const struct ipsum_view *v)
{
	const struct sk_buff *skb = v->skb;

	if (skb_checksum_start_offset(skb) != v->thoff ||
	    skb->csum_offset != offsetof(struct tcphdr, check))
		return "csum_start or csum_offset is not the TCP header's";
	if (!ipsum_same_sum(v->th.check, ipsum_pseudo(v)))
		return "the field is not the pseudo header's sum";
	return skb_is_gso(skb) ? NULL : helped(v);
}

/* The segments of a GRO list have their headers each, and their checksums. */
static bool is_list(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST;
}

/* What is wrong with a segment, whatever it was before; @sum as it ought to be */
static const char *fault(const struct ipsum_view *v, __sum16 sum)
{
	const struct sk_buff *skb = v->skb;

	if (v->family == AF_INET &&
	    ip_fast_csum((u8 *)ip_hdr(skb), ip_hdr(skb)->ihl))
		return "the IP checksum is wrong";
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return partial(v);
	if (is_list(skb))
		return NULL;
	if (skb->ip_summed == CHECKSUM_COMPLETE &&
	    !ipsum_same_sum(csum_fold(skb->csum),
			    csum_fold(skb_checksum(skb, 0, skb->len, 0))))
		return "skb->csum is not the sum";
	if (!ipsum_same_sum(ipsum_sum(v), sum))
		return "the TCP checksum is wrong";
	return NULL;
}

static void cut(const struct ipsum_view *v, enum ipsum_kind kind)
{
	const char *why = NULL;
	unsigned int n;

	if (is_list(v->skb))
		return;
	if (ipsum_cut(v, &why, &n))
		why = NULL;
	while (n-- > 1)
		count(v, PLACE_CUT, kind, v->skb->ip_summed, NULL);
	count(v, PLACE_CUT, kind, v->skb->ip_summed, why);
}

/**
 * ipsum_judge() - judge a segment of which nothing is known
 * @skb:	at an IP hook
 * @family:	AF_INET or AF_INET6
 * @place:	where
 *
 * One to BAD_PORT must be wrong.
 */
void ipsum_judge(struct sk_buff *skb, u8 family, enum ipsum_place place)
{
	struct ipsum_count *c;
	enum ipsum_kind kind;
	struct ipsum_view v;
	const char *why;
	bool bad;

	if (!ipsum_view(&v, skb, family))
		return;
	kind = ipsum_kind(&v);
	bad = v.th.dest == htons(BAD_PORT) && skb->ip_summed != CHECKSUM_PARTIAL;
	if (bad)
		why = ipsum_sum(&v) ? fault(&v, ipsum_sum(&v)) :
				      "the wrong TCP checksum is right";
	else
		why = fault(&v, 0);
	c = count(&v, place, kind, skb->ip_summed, why);
	if (bad)
		atomic_inc(&c->bad);
	if (place == PLACE_POST && skb_is_gso(skb))
		cut(&v, kind);
}

static struct before *find(const struct sk_buff *skb)
{
	unsigned int i;

	for (i = 0; i < BEFORES; i++)
		if (befores[i].skb == skb)
			return &befores[i];
	return NULL;
}

/**
 * ipsum_remember() - a segment comes to mptcp_mb.ko's hook
 * @skb:	at an IP hook
 * @family:	AF_INET or AF_INET6
 * @clone:	somebody else has its data, too, as a capture would
 */
void ipsum_remember(struct sk_buff *skb, u8 family, bool clone)
{
	static unsigned int next;
	struct sk_buff *old;
	struct ipsum_view v;
	struct before *b;

	if (!ipsum_view(&v, skb, family))
		return;
	spin_lock_bh(&befores_lock);
	b = find(skb) ?: &befores[next++ % BEFORES];
	old = b->clone;
	*b = (struct before){
		.skb = skb, .v = v, .sum = ipsum_sum(&v),
		.summed = skb->ip_summed, .len = skb->len,
		.gso_size = skb_shinfo(skb)->gso_size,
		.gso_segs = skb_shinfo(skb)->gso_segs,
		.gso_type = skb_shinfo(skb)->gso_type,
		.clone = clone ? skb_clone(skb, GFP_ATOMIC) : NULL,
	};
	spin_unlock_bh(&befores_lock);
	kfree_skb(old);
}

/* What the changes of the header's bytes are; @odd: one begins at an odd offset */
static enum ipsum_kind changes(const struct before *b, const struct ipsum_view *v,
			       bool *odd, const char **why)
{
	unsigned int nops = 0, zeros = 0, i;
	bool changed, last = false;

	for (i = 0; i < v->doff; i++, last = changed) {
		changed = v->bytes[i] != b->v.bytes[i];
		if (!changed || i == offsetof(struct tcphdr, check) ||
		    i == offsetof(struct tcphdr, check) + 1)
			continue;
		*odd |= !last && (i & 1);
		if (i < sizeof(v->th))
			*why = "the header changed";
		else if (v->bytes[i] == OPT_NOP)
			nops++;
		else if (!v->bytes[i])
			zeros++;
		else
			*why = "options are neither as they were nor gone";
	}
	if (zeros)
		return nops ? KIND_MIXED : KIND_HMAC;
	if (!nops)
		return KIND_SAME;
	if (!v->th.syn)
		return KIND_V0;
	return v->th.ack ? KIND_SYNACK : KIND_SYN;
}

/* Whether what belongs to the buffer is as it was */
static const char *buffer_changed(const struct before *b,
				  const struct ipsum_view *v)
{
	const struct skb_shared_info *si = skb_shinfo(v->skb);
	bool merged = b->gso_type & ~si->gso_type & SKB_GSO_FRAGLIST;

	if (v->skb->len != b->len || v->thoff != b->v.thoff || v->doff != b->v.doff)
		return "a length changed";
	if (si->gso_size != b->gso_size || si->gso_segs != b->gso_segs ||
	    (si->gso_type | (merged ? SKB_GSO_FRAGLIST : 0)) != b->gso_type)
		return "GSO fields changed";
	if (v->skb->ip_summed == b->summed ||
	    (merged && v->skb->ip_summed == CHECKSUM_PARTIAL) ||
	    /* somebody had a look, and it was right */
	    (b->summed == CHECKSUM_COMPLETE && !b->sum &&
	     v->skb->ip_summed == CHECKSUM_UNNECESSARY))
		return NULL;
	return "ip_summed changed";
}

static const char *clone_changed(const struct before *b)
{
	u8 bytes[HEADER_MAX];

	if (b->clone && (skb_copy_bits(b->clone, b->v.thoff, bytes, b->v.doff) ||
			 memcmp(bytes, b->v.bytes, b->v.doff)))
		return "a clone changed with it";
	return NULL;
}

/**
 * ipsum_compare() - a segment has passed mptcp_mb.ko's hook
 * @skb:	at an IP hook, the one of ipsum_remember()
 * @family:	AF_INET or AF_INET6
 * @place:	where
 *
 * Its sum must be what it was, right or wrong, and nothing but options and
 * checksum may differ.
 */
void ipsum_compare(struct sk_buff *skb, u8 family, enum ipsum_place place)
{
	struct before *known, b = {};
	enum ipsum_kind kind;
	struct ipsum_view v;
	const char *why = NULL;
	struct ipsum_count *c;
	bool odd = false;

	spin_lock_bh(&befores_lock);
	known = find(skb);
	if (known) {
		b = *known;
		*known = (struct before){};
	}
	spin_unlock_bh(&befores_lock);
	if (!b.skb || !ipsum_view(&v, skb, family))
		goto out;
	kind = changes(&b, &v, &odd, &why);
	why = why ?: buffer_changed(&b, &v);
	why = why ?: clone_changed(&b);
	why = why ?: fault(&v, b.sum);
	c = count(&v, place, kind, b.summed, why);
	if (odd)
		atomic_inc(&c->odd);
	if (b.clone)
		atomic_inc(&c->cloned);
	if (b.sum && b.summed != CHECKSUM_PARTIAL)
		atomic_inc(&c->bad);
out:
	kfree_skb(b.clone);
}

/**
 * ipsum_forget() - forget all segments that never came out
 */
void ipsum_forget(void)
{
	unsigned int i;

	for (i = 0; i < BEFORES; i++) {
		struct sk_buff *clone;

		spin_lock_bh(&befores_lock);
		clone = befores[i].clone;
		befores[i] = (struct before){};
		spin_unlock_bh(&befores_lock);
		kfree_skb(clone);
	}
}
