// SPDX-License-Identifier: GPL-2.0
/* A segment at the FORWARD hooks, as ip_forward() would bring it there. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "bench.h"

/* What ip_forward() does at its hook. The second reference to the skb outlives
 * a drop. noinline: where a trace looks for the hooks' instructions.
 */
static noinline int push_one(struct passage *p)
{
	const struct nf_hook_entries *hooks;
	int ret = 1;

	skb_get(p->skb);
	hooks = rcu_dereference(*p->hooks);
	if (hooks)
		ret = nf_hook_slow(p->skb, &p->state, hooks, 0);
	refcount_set(&p->skb->users, 1);
	return ret;
}

/**
 * passage_once() - a segment passes the hooks
 * @p:	passage_prepare() has seen it
 *
 * Context: RCU read side, BH off.
 * Return: whether it may go on
 */
int passage_once(struct passage *p)
{
	return push_one(p) == 1;
}

/**
 * passage_skb() - a buffer as drivers have them
 * @len:	bytes of the packet
 */
struct sk_buff *passage_skb(size_t len)
{
	struct sk_buff *skb;

	skb = alloc_skb(NET_SKB_PAD + ETH_HLEN + max_t(size_t, len, HEADER_MAX),
			GFP_KERNEL);
	if (skb)
		skb_reserve(skb, NET_SKB_PAD + ETH_HLEN);
	return skb;
}

/* The route a router would have found; its device is where the packet goes. */
static struct dst_entry *route4(struct net *net, const struct iphdr *iph)
{
	struct flowi4 fl4 = { .daddr = iph->daddr };
	struct rtable *rt = ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

static struct dst_entry *route6(struct net *net, const struct ipv6hdr *ip6h)
{
	struct flowi6 fl6 = { .daddr = ip6h->daddr };
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);
	int err = dst->error;

	if (err) {
		dst_release(dst);
		return ERR_PTR(err);
	}
	return dst;
}

/* As the receive path leaves it; RCU read side, BH off. */
static int prepare(struct passage *p, struct net *net, struct net_device *in)
{
	struct sk_buff *skb = p->skb;
	u8 version = skb->data[0] >> 4, pf = NFPROTO_IPV4;
	struct dst_entry *dst;

	skb_dst_drop(skb);
	skb_reset_network_header(skb);
	if (version == 4) {
		skb->protocol = htons(ETH_P_IP);
		skb_set_transport_header(skb, ip_hdr(skb)->ihl * 4);
		p->hooks = &net->nf.hooks_ipv4[NF_INET_FORWARD];
		dst = route4(net, ip_hdr(skb));
	} else if (version == 6) {
		pf = NFPROTO_IPV6;
		skb->protocol = htons(ETH_P_IPV6);
		skb_set_transport_header(skb, sizeof(struct ipv6hdr));
		IP6CB(skb)->iif = in->ifindex;
		p->hooks = &net->nf.hooks_ipv6[NF_INET_FORWARD];
		dst = route6(net, ipv6_hdr(skb));
	} else {
		return -EPROTONOSUPPORT;
	}
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	skb_dst_set(skb, dst);
	skb->dev = in;
	nf_hook_state_init(&p->state, NF_INET_FORWARD, pf, in, dst->dev, NULL,
			   net, NULL);
	return 0;
}

/**
 * passage_prepare() - as the receive path leaves it: headers linear, found and
 *		       pulled, routed
 * @p:		with the packet
 * @net:	whose hooks
 * @device:	where it came in; it has to stay
 *
 * Return: 0 or an error
 */
int passage_prepare(struct passage *p, struct net *net, const char *device)
{
	struct net_device *in;
	int err = -ENODEV;

	local_bh_disable();
	rcu_read_lock();
	in = dev_get_by_name_rcu(net, device);
	if (in)
		err = prepare(p, net, in);
	rcu_read_unlock();
	local_bh_enable();
	return err;
}
