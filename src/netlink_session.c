// SPDX-License-Identifier: GPL-2.0
/* The family's commands about sessions, and about what was refused. */
#include <net/genetlink.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "fastclose.h"
#include "netlink.h"
#include "netlink_attr_session.h"
#include "netlink_gen.h"
#include "netns.h"

/* Bytes of the longest message: as much as netlink itself gives a dump, and
 * those who read one bring room for. A session has room with all its subflows.
 */
#define MESSAGE_MAX	SKB_WITH_OVERHEAD(32768)
static_assert(MB_ATTR_SESSION_MAX + MB_ATTR_SUBFLOWS_MAX + 64 < MESSAGE_MAX);

static int refuse(struct genl_info *info, int attr, int err, const char *msg)
{
	if (info->extack) {
		info->extack->_msg = msg;
		info->extack->bad_attr = info->attrs[attr];
	}
	return err;
}

/* The first session from @id on; @id becomes the next one's, if it was put. */
static int put_next(struct sk_buff *msg, struct mb_net *mn, unsigned long *id)
{
	struct mb_sessions *ss = mn->sessions;
	unsigned long next = *id;
	struct mb_session *s;
	int err;

	lockdep_assert_held(&mn->lock);
	if (!ss)
		return -ENOENT;
	spin_lock_bh(&ss->lock);
	s = mb_session_next(ss, &next);
	err = s ? mb_attr_put_session(msg, MPTCP_MB_A_SESSION, s,
				      mb_policy_live(mn), true) : -ENOENT;
	spin_unlock_bh(&ss->lock);
	if (!err)
		*id = next;
	return err;
}

int mptcp_mb_nl_session_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	unsigned long id, next;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (!info->attrs[MPTCP_MB_A_SESSION_ID])
		return refuse(info, MPTCP_MB_A_SESSION_ID, -EINVAL,
			      "which session? an id is needed");
	id = nla_get_u32(info->attrs[MPTCP_MB_A_SESSION_ID]);
	msg = mb_netlink_reply(info, MESSAGE_MAX - NLMSG_HDRLEN - GENL_HDRLEN, &hdr);
	if (!msg)
		return -ENOMEM;
	next = id;
	mutex_lock(&mn->lock);
	err = put_next(msg, mn, &next);
	mutex_unlock(&mn->lock);
	if (!err && next == id + 1) {
		genlmsg_end(msg, hdr);
		return genlmsg_reply(msg, info);
	}
	nlmsg_free(msg);
	return err == -EMSGSIZE ? err :
	       refuse(info, MPTCP_MB_A_SESSION_ID, -ENOENT,
		      "no session has this id, or not any more: list them");
}

static int dump_next(struct sk_buff *skb, struct netlink_callback *cb,
		     struct mb_net *mn, unsigned long *id)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, &mb_family, NLM_F_MULTI,
				MPTCP_MB_CMD_SESSION_GET);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = put_next(skb, mn, id);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

/* One message holds a session whole: a buffer that is too small for it, and
 * holds nothing else, is made larger.
 */
static int widen(struct sk_buff *skb)
{
	int more = MESSAGE_MAX - skb_tailroom(skb);

	if (more <= 0)
		return -EMSGSIZE;
	return pskb_expand_head(skb, 0, more, GFP_KERNEL);
}

/* The cursor is the id from which to look: ids are in order of arrival. */
int mptcp_mb_nl_session_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mb_net *mn = mb_net(sock_net(skb->sk));
	unsigned long id = cb->args[0];
	int err;

	err = mb_netlink_lists_all(cb);
	if (err)
		return err;
	mutex_lock(&mn->lock);
	do {
		err = dump_next(skb, cb, mn, &id);
		if (err == -EMSGSIZE && !skb->len)
			err = widen(skb) ?: dump_next(skb, cb, mn, &id);
	} while (!err);
	mutex_unlock(&mn->lock);
	cb->args[0] = id;
	return skb->len || err == -ENOENT ? skb->len : err;
}

int mptcp_mb_nl_session_close_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	int err;

	err = mb_netlink_may_change(info);
	if (err)
		return err;
	if (!info->attrs[MPTCP_MB_A_SESSION_ID])
		return refuse(info, MPTCP_MB_A_SESSION_ID, -EINVAL,
			      "which session? an id is needed");
	mutex_lock(&mn->lock);
	err = mb_close_begin(mn, nla_get_u32(info->attrs[MPTCP_MB_A_SESSION_ID]),
			     info->extack);
	mutex_unlock(&mn->lock);
	return err;
}

/* One end of a connection, and its family */
static int get_end(struct genl_info *info, int attr, int port_attr,
		   struct in6_addr *addr, __be16 *port, u8 *family)
{
	const struct nlattr *a = info->attrs[attr];

	if (!a)
		return refuse(info, attr, -EINVAL,
			      "which connection? the addresses and ports of both ends are needed");
	if (!info->attrs[port_attr])
		return refuse(info, port_attr, -EINVAL,
			      "which connection? the addresses and ports of both ends are needed");
	if (nla_len(a) != sizeof(struct in_addr) &&
	    nla_len(a) != sizeof(struct in6_addr))
		return refuse(info, attr, -EINVAL, "an address has 4 or 16 bytes");
	memcpy(addr, nla_data(a), nla_len(a));
	*family = nla_len(a) == sizeof(struct in_addr) ? AF_INET : AF_INET6;
	if (*family == AF_INET6 && ipv6_addr_v4mapped(addr))
		return refuse(info, attr, -EINVAL,
			      "an IPv4 address mapped into IPv6: segments have it as IPv4, give its 4 bytes");
	*port = htons(nla_get_u16(info->attrs[port_attr]));
	return 0;
}

/* Either end may be called the source: the tuple has an order of its own. */
static int get_tuple(struct genl_info *info, struct mb_tuple *t)
{
	struct in6_addr src = {}, dst = {};
	struct tcphdr th = {};
	unsigned int side;
	u8 family;
	int err;

	memset(t, 0, sizeof(*t));
	err = get_end(info, MPTCP_MB_A_SOURCE, MPTCP_MB_A_SOURCE_PORT, &src,
		      &th.source, &t->family) ?:
	      get_end(info, MPTCP_MB_A_DESTINATION, MPTCP_MB_A_DESTINATION_PORT,
		      &dst, &th.dest, &family);
	if (err)
		return err;
	if (family != t->family)
		return refuse(info, MPTCP_MB_A_DESTINATION, -EINVAL,
			      "the ends are of two address families: those of a connection are of one");
	if (th.source == th.dest && ipv6_addr_equal(&src, &dst))
		return refuse(info, MPTCP_MB_A_DESTINATION, -EINVAL,
			      "both ends are the same");
	side = mb_tuple_order(*(const u32 *)&th, &src, &dst, family == AF_INET ? 4 : 16);
	t->addr[side] = src;
	t->addr[!side] = dst;
	t->port[side] = th.source;
	t->port[!side] = th.dest;
	return 0;
}

int mptcp_mb_nl_session_reset_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct mb_tuple tuple;
	struct sk_buff *msg;
	void *hdr;
	u32 id;
	int err;

	err = mb_netlink_may_change(info) ?: get_tuple(info, &tuple);
	if (err)
		return err;
	msg = mb_netlink_reply(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&mn->lock);
	err = mb_reset_begin(mn, &tuple, &id, info->extack);
	mutex_unlock(&mn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	nla_put_u32(msg, MPTCP_MB_A_SESSION_ID, id); /* has room */
	genlmsg_end(msg, hdr);
	/* what has begun has begun, even if there is no room to tell its id */
	genlmsg_reply(msg, info);
	return 0;
}

static struct mb_refused *ring_of(struct mb_net *mn)
{
	struct mb_refused *ring;

	mutex_lock(&mn->lock);
	ring = mn->refused;
	mutex_unlock(&mn->lock);
	return ring;
}

int mptcp_mb_nl_refused_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_refused *ring = ring_of(mb_net(genl_info_net(info)));
	u64 n = mb_refused_total(ring) - 1;
	struct mb_refusal r;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (n == U64_MAX || !mb_refused_read(ring, &n, &r)) {
		GENL_SET_ERR_MSG(info, "nothing has been refused");
		return -ENOENT;
	}
	msg = mb_netlink_reply(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	err = mb_attr_put_refusal(msg, MPTCP_MB_A_REFUSAL, &r);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/**
 * struct refused_cursor - how far a dump is
 * @next:	number of the next one, counted from the first ever
 * @end:	what came after the dump began is not for it: it would have no
 *		end while more is refused
 * @begun:	@end is set
 */
struct refused_cursor {
	u64 next;
	u64 end;
	bool begun;
};

int mptcp_mb_nl_refused_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mb_refused *ring = ring_of(mb_net(sock_net(skb->sk)));
	struct refused_cursor *at = (struct refused_cursor *)cb->ctx;
	struct mb_refusal r;
	void *hdr;

	BUILD_BUG_ON(sizeof(*at) > sizeof(cb->ctx));
	if (!at->begun) {
		at->begun = true;
		at->end = mb_refused_total(ring);
	}
	while (at->next < at->end && mb_refused_read(ring, &at->next, &r) &&
	       at->next < at->end) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &mb_family, NLM_F_MULTI,
				  MPTCP_MB_CMD_REFUSED_GET);
		if (!hdr)
			break;
		if (mb_attr_put_refusal(skb, MPTCP_MB_A_REFUSAL, &r)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		at->next++;
	}
	return skb->len;
}
