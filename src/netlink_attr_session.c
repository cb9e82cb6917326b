// SPDX-License-Identifier: GPL-2.0
/* Sessions, subflows and refusals as netlink attributes. */
#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/netlink.h>
#include <net/tcp.h>

#include "netlink_attr.h"
#include "netlink_attr_session.h"
#include "policy.h"
#include "refused.h"
#include "session.h"
#include "verdict.h"

static int put_address(struct sk_buff *skb, int type, u8 family,
		       const struct in6_addr *addr)
{
	return nla_put(skb, type, family == AF_INET ? 4 : 16, addr);
}

/* Seconds since @then, which another CPU may just have set. */
static u32 seconds_since(const unsigned long *then)
{
	unsigned long since = READ_ONCE(*then), now = jiffies;

	return time_after(now, since) ? (now - since) / HZ : 0;
}

/* What is kept of the entry that matched; @addr: within its prefix */
static int put_entry(struct sk_buff *skb, int type, u8 family,
		     const struct in6_addr *addr, u8 len, u8 action)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	struct in6_addr prefix;

	if (family == AF_INET)
		prefix.s6_addr32[0] = addr->s6_addr32[0] & inet_make_mask(len);
	else if (family == AF_INET6)
		ipv6_addr_prefix(&prefix, addr, len);
	if (!nest ||
	    (family &&
	     (put_address(skb, MPTCP_MB_SITE_ADDRESS, family, &prefix) ||
	      nla_put_u8(skb, MPTCP_MB_SITE_PREFIX_LEN, len))) ||
	    nla_put_u8(skb, MPTCP_MB_SITE_ACTION, action))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_dir(struct sk_buff *skb, int type, const struct mb_dir *d)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest ||
	    mb_attr_put_u64(skb, MPTCP_MB_DIR_SEGMENTS, d->segments) ||
	    mb_attr_put_u64(skb, MPTCP_MB_DIR_BYTES, d->bytes) ||
	    nla_put_u32(skb, MPTCP_MB_DIR_END, d->end) ||
	    nla_put_u32(skb, MPTCP_MB_DIR_ACK, d->ack) ||
	    nla_put_u32(skb, MPTCP_MB_DIR_WINDOW, d->window) ||
	    nla_put_u8(skb, MPTCP_MB_DIR_FLAGS, d->flags) ||
	    (d->has_ts && nla_put_u32(skb, MPTCP_MB_DIR_TSVAL, d->tsval)) ||
	    (d->data_end &&
	     mb_attr_put_u64(skb, MPTCP_MB_DIR_DATA_END, d->data_end)) ||
	    (d->data_ack &&
	     mb_attr_put_u64(skb, MPTCP_MB_DIR_DATA_ACK, d->data_ack)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static u32 subflow_flags(const struct mb_subflow *sub, const struct mb_dir *dir)
{
	u8 c = sub->client;

	return (sub->initial ? MPTCP_MB_SUBFLOW_FLAG_INITIAL : 0) |
	       (sub->backup[c] ? MPTCP_MB_SUBFLOW_FLAG_CLIENT_BACKUP : 0) |
	       (sub->backup[!c] ? MPTCP_MB_SUBFLOW_FLAG_SERVER_BACKUP : 0) |
	       (dir[c].flags & TCPHDR_FIN ? MPTCP_MB_SUBFLOW_FLAG_CLIENT_FIN : 0) |
	       (dir[!c].flags & TCPHDR_FIN ? MPTCP_MB_SUBFLOW_FLAG_SERVER_FIN : 0);
}

/**
 * mb_attr_put_subflow() - write a subflow
 * @skb:	message
 * @type:	of the nest
 * @sub:	subflow
 *
 * Context: the table's lock held, so BH off; takes the subflow's.
 * Return: 0 or -EMSGSIZE, and @skb may hold a part of it
 */
int mb_attr_put_subflow(struct sk_buff *skb, int type, struct mb_subflow *sub)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	const struct mb_tuple *t = &sub->conn.tuple;
	struct mb_dir dir[2];
	u8 c = sub->client;

	spin_lock(&sub->lock);
	memcpy(dir, sub->dir, sizeof(dir));
	spin_unlock(&sub->lock);

	if (!nest ||
	    nla_put_u8(skb, MPTCP_MB_SUBFLOW_STATE, sub->state) ||
	    nla_put_u8(skb, MPTCP_MB_SUBFLOW_HOW, sub->how) ||
	    nla_put_u32(skb, MPTCP_MB_SUBFLOW_FLAGS, subflow_flags(sub, dir)) ||
	    nla_put_u8(skb, MPTCP_MB_SUBFLOW_OPENER,
		       sub->opener == c ? MB_CLIENT : MB_SERVER) ||
	    put_address(skb, MPTCP_MB_SUBFLOW_CLIENT, t->family, &t->addr[c]) ||
	    nla_put_u16(skb, MPTCP_MB_SUBFLOW_CLIENT_PORT, ntohs(t->port[c])) ||
	    put_address(skb, MPTCP_MB_SUBFLOW_SERVER, t->family, &t->addr[!c]) ||
	    nla_put_u16(skb, MPTCP_MB_SUBFLOW_SERVER_PORT, ntohs(t->port[!c])) ||
	    nla_put_u8(skb, MPTCP_MB_SUBFLOW_CLIENT_ADDRESS_ID, sub->addr_id[c]) ||
	    nla_put_u8(skb, MPTCP_MB_SUBFLOW_SERVER_ADDRESS_ID, sub->addr_id[!c]) ||
	    mb_attr_put_u64(skb, MPTCP_MB_SUBFLOW_STARTED, sub->started) ||
	    nla_put_u32(skb, MPTCP_MB_SUBFLOW_IDLE, seconds_since(&sub->seen)) ||
	    put_dir(skb, MPTCP_MB_SUBFLOW_FROM_CLIENT, &dir[c]) ||
	    put_dir(skb, MPTCP_MB_SUBFLOW_FROM_SERVER, &dir[!c]))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * mb_session_is_denied() - whether a session lives that a policy would refuse
 * @p:	the policy, or NULL
 * @s:	the session
 *
 * Context: the table's lock held, and what keeps the policy.
 */
bool mb_session_is_denied(const struct mb_policy *p, const struct mb_session *s)
{
	bool denied;

	if (!p || s->state == MPTCP_MB_SESSION_STATE_CLOSED)
		return false;
	rcu_read_lock(); /* looking up a site asks for it, whatever keeps @p */
	denied = mb_session_denied(p, s);
	rcu_read_unlock();
	return denied;
}

/* Who it is; nobody knows the version and tokens of one that was not seen to
 * start.
 */
static int put_names(struct sk_buff *skb, const struct mb_session *s)
{
	const struct mb_site_query *q = &s->site;

	if (nla_put_u32(skb, MPTCP_MB_SESSION_ID, s->id) ||
	    put_address(skb, MPTCP_MB_SESSION_CLIENT, q->family, &q->client) ||
	    nla_put_u16(skb, MPTCP_MB_SESSION_CLIENT_PORT, ntohs(s->client_port)) ||
	    put_address(skb, MPTCP_MB_SESSION_SERVER, q->family, &q->server) ||
	    nla_put_u16(skb, MPTCP_MB_SESSION_SERVER_PORT, q->port))
		return -EMSGSIZE;
	if (s->flags & MPTCP_MB_SESSION_FLAG_KEYLESS)
		return 0;
	if (nla_put_u8(skb, MPTCP_MB_SESSION_VERSION, s->keys.version) ||
	    nla_put_u32(skb, MPTCP_MB_SESSION_CLIENT_TOKEN,
			s->token[MB_CLIENT].token) ||
	    nla_put_u32(skb, MPTCP_MB_SESSION_SERVER_TOKEN,
			s->token[MB_SERVER].token))
		return -EMSGSIZE;
	return 0;
}

static int put_counts(struct sk_buff *skb, const struct mb_session *s)
{
	u64 sent[2], acked[2];

	mb_session_data(s, MB_CLIENT, &sent[MB_CLIENT], &acked[MB_CLIENT]);
	mb_session_data(s, MB_SERVER, &sent[MB_SERVER], &acked[MB_SERVER]);
	if (mb_attr_put_u64(skb, MPTCP_MB_SESSION_STARTED, s->started) ||
	    nla_put_u32(skb, MPTCP_MB_SESSION_IDLE, seconds_since(&s->seen)) ||
	    mb_attr_put_u64(skb, MPTCP_MB_SESSION_CLIENT_DATA, sent[MB_CLIENT]) ||
	    mb_attr_put_u64(skb, MPTCP_MB_SESSION_SERVER_DATA, sent[MB_SERVER]) ||
	    mb_attr_put_u64(skb, MPTCP_MB_SESSION_CLIENT_ACKED, acked[MB_CLIENT]) ||
	    mb_attr_put_u64(skb, MPTCP_MB_SESSION_SERVER_ACKED, acked[MB_SERVER]) ||
	    nla_put_u32(skb, MPTCP_MB_SESSION_PENDING, s->n_joins))
		return -EMSGSIZE;
	return 0;
}

static int put_subflows(struct sk_buff *skb, const struct mb_session *s)
{
	struct mb_subflow *sub;
	int err;

	list_for_each_entry(sub, &s->subflows, member) {
		err = mb_attr_put_subflow(skb, MPTCP_MB_SESSION_SUBFLOW, sub);
		if (err)
			return err;
	}
	return 0;
}

/**
 * mb_attr_put_session() - write a session
 * @skb:	message
 * @type:	of the nest
 * @s:		session
 * @p:		the policy in force, or NULL
 * @subflows:	with its subflows
 *
 * Context: the table's lock held, and what keeps the policy.
 * Return: 0 or -EMSGSIZE, and @skb may hold a part of it
 */
int mb_attr_put_session(struct sk_buff *skb, int type, const struct mb_session *s,
			const struct mb_policy *p, bool subflows)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	u32 flags = s->flags;

	if (mb_session_is_denied(p, s))
		flags |= MPTCP_MB_SESSION_FLAG_DENIED;
	if (!nest || put_names(skb, s) ||
	    nla_put_u8(skb, MPTCP_MB_SESSION_STATE, s->state) ||
	    nla_put_u8(skb, MPTCP_MB_SESSION_HOW, s->how) ||
	    nla_put_u8(skb, MPTCP_MB_SESSION_FALLBACK, s->fallback) ||
	    nla_put_u32(skb, MPTCP_MB_SESSION_FLAGS, flags) ||
	    (s->matched &&
	     put_entry(skb, MPTCP_MB_SESSION_SITE, s->entry_family,
		       &s->site.server, s->entry_len, s->action)) ||
	    put_counts(skb, s) ||
	    (subflows && put_subflows(skb, s)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * mb_attr_put_refusal() - write what is remembered of a refused segment
 * @skb:	message
 * @type:	of the nest
 * @r:		segment
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE, and @skb may hold a part of it
 */
int mb_attr_put_refusal(struct sk_buff *skb, int type, const struct mb_refusal *r)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest ||
	    mb_attr_put_u64(skb, MPTCP_MB_REFUSAL_TIME, r->time) ||
	    nla_put_u8(skb, MPTCP_MB_REFUSAL_PLACE, r->place) ||
	    nla_put_u8(skb, MPTCP_MB_REFUSAL_VERDICT, r->verdict) ||
	    nla_put_u8(skb, MPTCP_MB_REFUSAL_CAUSE, r->cause) ||
	    put_address(skb, MPTCP_MB_REFUSAL_SOURCE, r->family, &r->src) ||
	    nla_put_u16(skb, MPTCP_MB_REFUSAL_SOURCE_PORT, ntohs(r->sport)) ||
	    put_address(skb, MPTCP_MB_REFUSAL_DESTINATION, r->family, &r->dst) ||
	    nla_put_u16(skb, MPTCP_MB_REFUSAL_DESTINATION_PORT, ntohs(r->dport)) ||
	    (r->has_token &&
	     nla_put_u32(skb, MPTCP_MB_REFUSAL_TOKEN, r->token)) ||
	    (r->session &&
	     nla_put_u32(skb, MPTCP_MB_REFUSAL_SESSION, r->session)) ||
	    (r->matched &&
	     put_entry(skb, MPTCP_MB_REFUSAL_SITE, r->site.family,
		       &r->site.addr, r->site.len, r->action)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
