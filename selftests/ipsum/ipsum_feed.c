// SPDX-License-Identifier: GPL-2.0
/* Gives a segment another skb->ip_summed, and what belongs to it, as a driver,
 * a local sender or the IP layer would have left it at this hook.
 */
#include <net/ip.h>

#include "ipsum.h"

/**
 * ipsum_wanted() - read a word
 * @word:	of the user
 *
 * Return: CHECKSUM_..., or -1: as it is
 */
int ipsum_wanted(const char *word)
{
	static const char * const words[] = {
		[CHECKSUM_NONE] = "none", [CHECKSUM_PARTIAL] = "partial",
		[CHECKSUM_COMPLETE] = "complete",
		[CHECKSUM_UNNECESSARY] = "unnecessary",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return i;
	return -1;
}

static void put_check(const struct ipsum_view *v, __sum16 check)
{
	((struct tcphdr *)(v->skb->data + v->thoff))->check = check;
}

/* The right checksum, where the field holds only the pseudo header's */
static void fill_in(struct ipsum_view *v)
{
	put_check(v, 0);
	put_check(v, ipsum_sum(v));
}

static void make_partial(const struct ipsum_view *v)
{
	put_check(v, ipsum_pseudo(v));
	v->skb->ip_summed = CHECKSUM_PARTIAL;
	v->skb->csum_start = skb_headroom(v->skb) + v->thoff;
	v->skb->csum_offset = offsetof(struct tcphdr, check);
}

static bool is_fragment(const struct sk_buff *skb, u8 family)
{
	if (family == AF_INET)
		return ip_hdr(skb)->protocol == IPPROTO_TCP &&
		       ip_is_fragment(ip_hdr(skb));
	return ipv6_hdr(skb)->nexthdr == NEXTHDR_FRAGMENT;
}

/* From the network header on: that is where skb->data is. */
static void make(struct sk_buff *skb, int summed)
{
	skb->ip_summed = summed;
	skb->csum_level = 0;
	skb->csum_valid = 0;
	skb->csum_complete_sw = 0;
	if (summed == CHECKSUM_COMPLETE)
		skb->csum = skb_checksum(skb, 0, skb->len, 0);
}

/**
 * ipsum_feed() - make it what is wanted
 * @skb:	at an IP hook; anything but TCP stays as it is
 * @family:	AF_INET or AF_INET6
 * @summed:	CHECKSUM_..., or -1: as it is
 *
 * A wrong checksum stays wrong. A fragment's is not made partial, nor that
 * of one which is wrong: no sender could have left it so.
 */
void ipsum_feed(struct sk_buff *skb, u8 family, int summed)
{
	struct ipsum_view v;

	if (summed < 0)
		return;
	if (is_fragment(skb, family)) {
		if (summed != CHECKSUM_PARTIAL && skb->ip_summed != CHECKSUM_PARTIAL)
			make(skb, summed);
		return;
	}
	if (!ipsum_view(&v, skb, family) ||
	    skb_ensure_writable(skb, v.thoff + sizeof(v.th)))
		return;
	if (summed == CHECKSUM_PARTIAL) {
		if (skb->ip_summed != CHECKSUM_PARTIAL && !ipsum_sum(&v))
			make_partial(&v);
		return;
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		fill_in(&v);
	make(skb, summed);
}
