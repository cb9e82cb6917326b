// SPDX-License-Identifier: GPL-2.0
/* Builds, routes and sends a TCP segment that no host has sent: as one of its
 * connection, by that one's conntrack entry, mark and VRF.
 */
#include <linux/netfilter.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/tcp.h>

#include "inject.h"
#include "reset.h"

/**
 * mb_inject_tcprst() - append MP_TCPRST
 * @in:	a segment with RST
 *
 * RFC 8684, 3.6. No subflow is to be tried again: T is not set.
 */
void mb_inject_tcprst(struct mb_inject *in)
{
	u8 *option = in->options + in->len;

	option[0] = MB_TCPOPT_MPTCP;
	option[1] = MB_TCPOLEN_RST;
	option[2] = MB_MP_TCPRST << 4;
	option[3] = MB_TCPRST_ADMIN_PROHIBITED;
	in->len += MB_TCPOLEN_RST;
}

static void put_ip4(struct sk_buff *skb, const struct mb_inject *in)
{
	const struct in6_addr *addr = in->tuple->addr;
	unsigned int len = skb->len;
	struct iphdr *iph;

	skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.frag_off = htons(IP_DF),
		.protocol = IPPROTO_TCP,
		.saddr = addr[in->from].s6_addr32[0],
		.daddr = addr[!in->from].s6_addr32[0],
	};
	skb->protocol = htons(ETH_P_IP);
	tcp_hdr(skb)->check = csum_tcpudp_magic(iph->saddr, iph->daddr, len,
						IPPROTO_TCP, skb->csum);
}

static void put_ip6(struct sk_buff *skb, const struct mb_inject *in)
{
	unsigned int len = skb->len;
	struct ipv6hdr *ip6h;

	skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6h = ipv6_hdr(skb);
	ip6_flow_hdr(ip6h, 0, 0);
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->saddr = in->tuple->addr[in->from];
	ip6h->daddr = in->tuple->addr[!in->from];
	skb->protocol = htons(ETH_P_IPV6);
	tcp_hdr(skb)->check = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len,
					      IPPROTO_TCP, skb->csum);
}

/* All but the route, hop limit and conntrack. Its checksum is computed here,
 * not left to a device: NAT corrects it, and captures show what is sent.
 */
static struct sk_buff *build(const struct mb_inject *in)
{
	unsigned int len = sizeof(struct tcphdr) + in->len;
	struct sk_buff *skb;
	struct tcphdr *th;

	skb = alloc_skb(LL_MAX_HEADER + sizeof(struct ipv6hdr) + len,
			GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER + sizeof(struct ipv6hdr));

	skb_reset_transport_header(skb);
	th = skb_put_zero(skb, len);
	th->source = in->tuple->port[in->from];
	th->dest = in->tuple->port[!in->from];
	th->seq = htonl(in->seq);
	th->ack_seq = htonl(in->ack);
	th->doff = len / 4;
	tcp_flag_byte(th) = in->flags;
	th->window = htons(in->window);
	memcpy(th + 1, in->options, in->len);
	skb->csum = csum_partial(th, len, 0);

	if (in->tuple->family == AF_INET)
		put_ip4(skb, in);
	else
		put_ip6(skb, in);
	skb->ip_summed = CHECKSUM_NONE;
	skb->mark = in->mark;
	return skb;
}

/* As ip_route_me_harder(), which wants a provisional route of which it uses
 * but the VRF: the source may be foreign. IPsec's policies apply.
 */
static struct dst_entry *route4(const struct sk_buff *skb, struct net *net,
				const struct mb_inject *in)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	struct flowi4 fl4 = {
		.flowi4_l3mdev = in->l3mdev,
		.flowi4_mark = skb->mark,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
		.saddr = iph->saddr,
		.daddr = iph->daddr,
		.fl4_sport = th->source,
		.fl4_dport = th->dest,
	};
	struct rtable *rt = ip_route_output_flow(net, &fl4, NULL);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *route6(const struct sk_buff *skb, struct net *net,
				const struct mb_inject *in)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_l3mdev = in->l3mdev,
		.flowi6_mark = skb->mark,
		.flowi6_proto = IPPROTO_TCP,
		.saddr = ip6h->saddr,
		.daddr = ip6h->daddr,
		.fl6_sport = th->source,
		.fl6_dport = th->dest,
	};
	struct dst_entry *dst;

	/* A link-local address means something on its link only. */
	if (ipv6_addr_type(&ip6h->daddr) & IPV6_ADDR_LINKLOCAL)
		fl6.flowi6_oif = in->oif;
	dst = ip6_route_output(net, NULL, &fl6);
	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	dst = xfrm_lookup(net, dst, flowi6_to_flowi(&fl6), NULL, 0);
	return IS_ERR(dst) ? NULL : dst;
}

/**
 * mb_inject_build() - build a segment and route it
 * @net:	the namespace
 * @in:		describes it
 * @dst:	the route, if it is known already; the reference is ours. Or NULL
 *
 * Context: RCU read side, BH on or off; allocates atomically.
 * Return: to be sent or freed; NULL: no memory or no route
 */
struct sk_buff *mb_inject_build(struct net *net, const struct mb_inject *in,
				struct dst_entry *dst)
{
	bool v4 = in->tuple->family == AF_INET;
	struct sk_buff *skb = build(in);

	if (!skb) {
		dst_release(dst);
		return NULL;
	}
	if (!dst)
		dst = v4 ? route4(skb, net, in) : route6(skb, net, in);
	if (!dst) {
		kfree_skb(skb);
		return NULL;
	}
	skb_dst_set(skb, dst);
	if (v4)
		ip_hdr(skb)->ttl = ip4_dst_hoplimit(dst);
	else
		ipv6_hdr(skb)->hop_limit = ip6_dst_hoplimit(dst);
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	if (in->flow.ct)
		nf_conntrack_get(&in->flow.ct->ct_general);
	nf_ct_set(skb, in->flow.ct, in->flow.ctinfo);
#endif
	return skb;
}

/**
 * mb_inject_send() - send what was built
 * @net:	the namespace
 * @skb:	from mb_inject_build(); gone afterwards
 *
 * ip_local_out() fills in lengths and the IP header's checksum, and tells when
 * an OUTPUT chain or a queue dropped it.
 *
 * Context: RCU read side, BH on or off, none of our locks: it passes this
 *	    namespace's LOCAL_OUT and POST_ROUTING hooks, ours among them. Over
 *	    loopback it is queued: no socket's lock is taken here, which in
 *	    LOCAL_OUT the caller's caller may hold.
 * Return: false when it was dropped
 */
bool mb_inject_send(struct net *net, struct sk_buff *skb)
{
	int err;

	if (skb->protocol == htons(ETH_P_IP))
		err = ip_local_out(net, NULL, skb);
	else
		err = ip6_local_out(net, NULL, skb);
	return !net_xmit_eval(err);
}

#if IS_ENABLED(CONFIG_NF_CONNTRACK)

/* Against the direction of an unconfirmed entry a packet still counts as
 * established: see mb_ct_follow().
 */
static enum ip_conntrack_info established(unsigned int dir)
{
	return dir == IP_CT_DIR_ORIGINAL ? IP_CT_ESTABLISHED :
					   IP_CT_ESTABLISHED_REPLY;
}

/**
 * mb_ct_follow() - a segment belongs to the flow of one that is at hand
 * @flow:	filled; no reference is taken: good as long as @skb is
 * @skb:	at a hook
 * @back:	against its direction
 *
 * Without its conntrack, NAT would give it another port, and an entry of its
 * own.
 *
 * Against its direction it counts as established, though the entry of a
 * refused SYN is not confirmed: no NAT rule then looks at the RST to settle
 * what that SYN, which goes no further, would have got. Nor is such an entry
 * confirmed by a packet in the reply direction. The entry's state stays as it
 * is: a forged segment must not end the tracking of a live connection.
 *
 * Context: any.
 */
void mb_ct_follow(struct mb_flow_ct *flow, const struct sk_buff *skb, bool back)
{
	flow->ct = nf_ct_get(skb, &flow->ctinfo); /* untracked, too */
	if (flow->ct && back)
		flow->ctinfo = established(!CTINFO2DIR(flow->ctinfo));
}

/* The tuple of an entry that translates nothing */
static struct nf_conntrack_tuple plain(const struct mb_tuple *t,
				       unsigned int original)
{
	struct nf_conntrack_tuple ct = {
		.src.l3num = t->family,
		.src.u.tcp.port = t->port[original],
		.dst.u.tcp.port = t->port[!original],
		.dst.protonum = IPPROTO_TCP,
		.dst.dir = IP_CT_DIR_ORIGINAL,
	};

	if (t->family == AF_INET) {
		ct.src.u3.ip = t->addr[original].s6_addr32[0];
		ct.dst.u3.ip = t->addr[!original].s6_addr32[0];
	} else {
		ct.src.u3.in6 = t->addr[original];
		ct.dst.u3.in6 = t->addr[!original];
	}
	return ct;
}

/**
 * mb_ct_ref_set() - remember how to find a connection's conntrack entry
 * @ref:		filled, empty before
 * @tuple:		the connection
 * @skb:		a segment of it
 * @sender_side:	side of the connection's tuple that sent it
 *
 * Context: any; allocates atomically. Without memory a translated one is not
 *	    known.
 */
void mb_ct_ref_set(struct mb_ct_ref *ref, const struct mb_tuple *tuple,
		   const struct sk_buff *skb, unsigned int sender_side)
{
	const struct nf_conntrack_tuple *original;
	struct nf_conntrack_tuple same;
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	ref->known = ct && !nf_ct_is_template(ct);
	ref->untracked = !ct && ctinfo == IP_CT_UNTRACKED;
	if (!ref->known)
		return;
	ref->original = CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL ?
			sender_side : !sender_side;
	ref->zone = *nf_ct_zone(ct);
	original = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	same = plain(tuple, ref->original);
	if (nf_ct_tuple_equal(original, &same))
		return;
	ref->nat = kmalloc(sizeof(*ref->nat), GFP_ATOMIC | __GFP_NOWARN);
	if (ref->nat)
		*ref->nat = *original;
	else
		ref->known = false;
}

/**
 * mb_ct_ref_free() - it is not needed any more
 * @ref:	of mb_ct_ref_set(), or empty; without readers
 *
 * Context: any.
 */
void mb_ct_ref_free(struct mb_ct_ref *ref)
{
	kfree(ref->nat);
}

/**
 * mb_ct_finder_get() - get ready to look for entries
 * @f:	filled
 *
 * Context: process.
 */
void mb_ct_finder_get(struct mb_ct_finder *f)
{
	f->find = symbol_get(nf_conntrack_find_get);
}

/**
 * mb_ct_finder_put() - done
 * @f:	of mb_ct_finder_get()
 */
void mb_ct_finder_put(struct mb_ct_finder *f)
{
	if (f->find)
		symbol_put(nf_conntrack_find_get);
}

/**
 * mb_ct_find() - whose packet an injected segment is
 * @f:		of mb_ct_finder_get()
 * @net:	the namespace
 * @ref:	of the connection
 * @tuple:	the connection
 * @from:	side of its tuple in whose name the segment is sent
 * @flow:	filled; to be released
 *
 * Context: process or softirq.
 */
void mb_ct_find(const struct mb_ct_finder *f, struct net *net,
		const struct mb_ct_ref *ref, const struct mb_tuple *tuple,
		unsigned int from, struct mb_flow_ct *flow)
{
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple ct;

	*flow = (struct mb_flow_ct){};
	if (ref->untracked)
		flow->ctinfo = IP_CT_UNTRACKED;
	if (!f->find || !ref->known)
		return;
	ct = ref->nat ? *ref->nat : plain(tuple, ref->original);
	h = f->find(net, &ref->zone, &ct);
	if (!h)
		return;
	flow->ct = nf_ct_tuplehash_to_ctrack(h);
	flow->ctinfo = established(NF_CT_DIRECTION(h) ^
				   (ref->original != from));
}

/**
 * mb_ct_release() - the entry is not needed any more
 * @flow:	of mb_ct_find()
 */
void mb_ct_release(struct mb_flow_ct *flow)
{
	if (flow->ct)
		nf_conntrack_put(&flow->ct->ct_general);
}

#else

void mb_ct_follow(struct mb_flow_ct *flow, const struct sk_buff *skb, bool back)
{
}

void mb_ct_ref_set(struct mb_ct_ref *ref, const struct mb_tuple *tuple,
		   const struct sk_buff *skb, unsigned int sender_side)
{
}

void mb_ct_ref_free(struct mb_ct_ref *ref)
{
}

void mb_ct_finder_get(struct mb_ct_finder *f)
{
}

void mb_ct_finder_put(struct mb_ct_finder *f)
{
}

void mb_ct_find(const struct mb_ct_finder *f, struct net *net,
		const struct mb_ct_ref *ref, const struct mb_tuple *tuple,
		unsigned int from, struct mb_flow_ct *flow)
{
}

void mb_ct_release(struct mb_flow_ct *flow)
{
}

#endif
