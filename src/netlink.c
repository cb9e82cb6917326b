// SPDX-License-Identifier: GPL-2.0
/* The family's commands: status, policy, sites, statistics. Each takes the
 * namespace's lock; what a socket with an open transaction states goes to its
 * candidate. Transactions themselves are in txn.c, explanations in explain.c,
 * commands about sessions in netlink_session.c.
 */
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "compat.h"
#include "explain.h"
#include "netlink.h"
#include "netlink_attr.h"
#include "netlink_gen.h"
#include "netns.h"
#include "txn.h"

static bool userns;
module_param(userns, bool, 0444);
MODULE_PARM_DESC(userns, "let namespaces of other user namespaces than the first have a policy");

/**
 * mb_netlink_may_change() - whether this namespace may have a policy at all
 * @info:	the request
 *
 * The family's flags ask for CAP_NET_ADMIN in the namespace's user namespace;
 * that anybody can have in one of his own.
 *
 * Return: 0 or -EPERM
 */
int mb_netlink_may_change(struct genl_info *info)
{
	if (userns || genl_info_net(info)->user_ns == &init_user_ns)
		return 0;
	GENL_SET_ERR_MSG(info,
			 "off in user namespaces; load mptcp_mb with userns=1 to have it");
	return -EPERM;
}

static int need(struct genl_info *info, int attr, const char *msg)
{
	if (info->attrs[attr])
		return 0;
	if (info->extack)
		info->extack->_msg = msg;
	return -EINVAL;
}

/**
 * mb_netlink_reply() - begin the answer to a request
 * @info:	the request
 * @size:	bytes of attributes
 * @hdr:	for genlmsg_end()
 *
 * Return: the message, or NULL without memory
 */
struct sk_buff *mb_netlink_reply(struct genl_info *info, size_t size, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (msg)
		*hdr = genlmsg_put_reply(msg, info, &mb_family, 0,
					 info->genlhdr->cmd);
	if (!msg || !*hdr) {
		GENL_SET_ERR_MSG(info, "out of memory");
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int put_sessions(struct sk_buff *msg, struct mb_net *mn)
{
	const struct mb_settings *set = &mb_settings_initial;
	struct mb_policy *p = mb_policy_live(mn);
	struct mb_sessions *ss = mn->sessions;
	unsigned long grace;

	if (p)
		set = &p->set;
	if (nla_put_u32(msg, MPTCP_MB_STATUS_MAX_SESSIONS, set->max_sessions) ||
	    nla_put_u32(msg, MPTCP_MB_STATUS_SESSIONS,
			ss ? READ_ONCE(ss->count) : 0) ||
	    nla_put_u32(msg, MPTCP_MB_STATUS_UNCONFIRMED,
			ss ? READ_ONCE(ss->n_unconfirmed) : 0) ||
	    nla_put_u32(msg, MPTCP_MB_STATUS_SUBFLOWS,
			ss ? READ_ONCE(ss->n_subflows) : 0) ||
	    nla_put_u32(msg, MPTCP_MB_STATUS_MAX_SUBFLOWS,
			MB_SUBFLOWS_MEAN * set->max_sessions) ||
	    mb_attr_put_u64(msg, MPTCP_MB_STATUS_REFUSED,
			    mb_refused_total(mn->refused)))
		return -EMSGSIZE;
	if (!p)
		return 0;
	grace = mb_sessions_grace(ss, p);
	if (nla_put_u8(msg, MPTCP_MB_STATUS_IMPAIRED,
		       mb_sessions_impaired(ss, p)) ||
	    (grace && nla_put_u32(msg, MPTCP_MB_STATUS_GRACE,
				  DIV_ROUND_UP(grace, HZ))))
		return -EMSGSIZE;
	return 0;
}

static int put_status(struct sk_buff *msg, struct mb_net *mn)
{
	struct mb_policy *p = mb_policy_live(mn);

	if (nla_put_string(msg, MPTCP_MB_STATUS_VERSION, MB_VERSION) ||
	    nla_put_u8(msg, MPTCP_MB_STATUS_ARMED, !!p) ||
	    (p && nla_put_u8(msg, MPTCP_MB_STATUS_MODE, p->set.mode)) ||
	    nla_put_u32(msg, MPTCP_MB_STATUS_HOOKS, mn->hooks) ||
	    nla_put_u32(msg, MPTCP_MB_STATUS_SITES,
			p ? mb_sites_count(p->sites) : 0) ||
	    nla_put_u32(msg, MPTCP_MB_STATUS_GENERATION, mn->generation))
		return -EMSGSIZE;
	if (mn->changed_at &&
	    (mb_attr_put_u64(msg, MPTCP_MB_STATUS_CHANGED_AT, mn->changed_at) ||
	     nla_put_u32(msg, MPTCP_MB_STATUS_CHANGED_PID, mn->changed_pid) ||
	     nla_put_string(msg, MPTCP_MB_STATUS_CHANGED_COMM, mn->changed_comm)))
		return -EMSGSIZE;
	if (mn->txn.cand &&
	    nla_put_u32(msg, MPTCP_MB_STATUS_TXN_PID, mn->txn.pid))
		return -EMSGSIZE;
	return put_sessions(msg, mn);
}

int mptcp_mb_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = mb_netlink_reply(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&mn->lock);
	err = put_status(msg, mn);
	mutex_unlock(&mn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int mptcp_mb_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct sk_buff *msg;
	struct mb_policy *p;
	void *hdr;
	int err;

	msg = mb_netlink_reply(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&mn->lock);
	p = mb_policy_live(mn);
	err = mb_attr_put_settings(msg, MPTCP_MB_A_SETTINGS,
				   p ? &p->set : &mb_settings_initial,
				   mn->generation);
	mutex_unlock(&mn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int mptcp_mb_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct mb_policy *cand, *live;
	struct mb_settings set;
	int err;

	err = mb_netlink_may_change(info) ?:
	      need(info, MPTCP_MB_A_SETTINGS, "which settings?");
	if (err)
		return err;
	mutex_lock(&mn->lock);
	cand = mb_txn_candidate(mn, skb);
	live = mb_policy_live(mn);
	set = cand ? cand->set : live ? live->set : mb_settings_initial;
	err = mb_attr_get_settings(info->attrs[MPTCP_MB_A_SETTINGS], &set,
				   info->extack);
	if (!err && cand)
		cand->set = set;
	else if (!err)
		err = mb_policy_set(mn, &set, info->extack);
	mutex_unlock(&mn->lock);
	return err;
}

int mptcp_mb_nl_policy_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	int err = 0;

	mutex_lock(&mn->lock);
	if (mb_txn_candidate(mn, skb)) {
		GENL_SET_ERR_MSG(info,
				 "not in a transaction: a candidate begins empty, and a policy that is committed arms");
		err = -EBUSY;
	} else {
		mb_policy_flush(mn);
	}
	mutex_unlock(&mn->lock);
	return err;
}

static int add_site(const struct sk_buff *skb, struct genl_info *info,
		    bool replace)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct mb_site_new entry;
	struct mb_policy *cand;
	int err;

	err = mb_netlink_may_change(info) ?:
	      need(info, MPTCP_MB_A_SITE, "which entry?") ?:
	      mb_attr_get_site(info->attrs[MPTCP_MB_A_SITE], &entry, true,
			       info->extack);
	if (err)
		return err;
	mutex_lock(&mn->lock);
	cand = mb_txn_candidate(mn, skb);
	if (cand)
		err = mb_sites_add(cand->sites, &entry, replace, &mn->lock,
				   info->extack);
	else
		err = mb_policy_site_add(mn, &entry, replace, info->extack);
	mutex_unlock(&mn->lock);
	if (err == -ENOMEM)
		GENL_SET_ERR_MSG(info, "out of memory");
	return err;
}

int mptcp_mb_nl_site_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return add_site(skb, info, false);
}

int mptcp_mb_nl_site_replace_doit(struct sk_buff *skb, struct genl_info *info)
{
	return add_site(skb, info, true);
}

int mptcp_mb_nl_site_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct mb_site_new entry;
	struct mb_policy *cand;
	int err;

	err = need(info, MPTCP_MB_A_SITE, "which entry?") ?:
	      mb_attr_get_site(info->attrs[MPTCP_MB_A_SITE], &entry, false,
			       info->extack);
	if (err)
		return err;
	mutex_lock(&mn->lock);
	cand = mb_txn_candidate(mn, skb);
	if (cand)
		err = mb_sites_del(cand->sites, &entry.key, &mn->lock,
				   info->extack);
	else
		err = mb_policy_site_del(mn, &entry.key, info->extack);
	mutex_unlock(&mn->lock);
	if (err == -ENOMEM)
		GENL_SET_ERR_MSG(info, "out of memory");
	return err;
}

int mptcp_mb_nl_site_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	int err;

	mutex_lock(&mn->lock);
	if (mb_txn_candidate(mn, skb))
		err = mb_txn_flush_sites(mn, info->extack);
	else
		err = mb_policy_site_flush(mn, info->extack);
	mutex_unlock(&mn->lock);
	return err;
}

int mptcp_mb_nl_site_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct mb_site_query q;
	struct mb_policy *p;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = need(info, MPTCP_MB_A_SITE, "which server? an address is needed") ?:
	      mb_attr_get_query(info->attrs[MPTCP_MB_A_SITE], &q, info->extack);
	if (err)
		return err;
	msg = mb_netlink_reply(info, 8192, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&mn->lock);
	rcu_read_lock();
	p = mb_policy_live(mn);
	if (p) {
		err = mb_explain(msg, p, &q);
	} else {
		GENL_SET_ERR_MSG(info,
				 "not armed: set a policy first, until then nothing is judged");
		err = -ENOENT;
	}
	rcu_read_unlock();
	mutex_unlock(&mn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* The cursor is the id of the next entry: ids are in order of arrival. */
int mptcp_mb_nl_site_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mb_net *mn = mb_net(sock_net(skb->sk));
	unsigned long id = cb->args[0];
	struct mb_policy *p;
	struct mb_site *s;
	void *hdr;
	int err;

	err = mb_netlink_lists_all(cb);
	if (err)
		return err;
	mutex_lock(&mn->lock);
	cb->seq = mn->generation;
	p = mb_policy_live(mn);
	while (p && (s = mb_sites_next(p->sites, &id))) {
		err = -EMSGSIZE;
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &mb_family, NLM_F_MULTI,
				  MPTCP_MB_CMD_SITE_GET);
		if (!hdr)
			break;
		genl_dump_check_consistent(cb, hdr);
		err = mb_attr_put_site(skb, MPTCP_MB_A_SITE, s);
		if (err) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		id = s->id + 1;
	}
	mutex_unlock(&mn->lock);
	cb->args[0] = id;
	return skb->len ?: err;
}

int mptcp_mb_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));
	struct nlattr *nest;
	struct sk_buff *msg;
	unsigned int i;
	void *hdr;

	msg = mb_netlink_reply(info, MB_COUNTERS * 32, &hdr);
	if (!msg)
		return -ENOMEM;
	for (i = 0; i < MB_COUNTERS; i++) {
		nest = nla_nest_start(msg, MPTCP_MB_A_COUNT);
		if (!nest || nla_put_u32(msg, MPTCP_MB_COUNT_ID, i) ||
		    mb_attr_put_u64(msg, MPTCP_MB_COUNT_VALUE,
				    mb_stats_read(&mn->stats, i))) {
			nlmsg_free(msg);
			return -EMSGSIZE;
		}
		nla_nest_end(msg, nest);
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int mptcp_mb_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mb_net *mn = mb_net(genl_info_net(info));

	mutex_lock(&mn->lock);
	mb_stats_reset(&mn->stats);
	mutex_unlock(&mn->lock);
	return 0;
}

/* Events tell who talks to whom. */
static const struct genl_multicast_group groups[] = {
	[MPTCP_MB_NLGRP_EVENTS] = {
		.name	= MPTCP_MB_MCGRP_EVENTS,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family mb_family __ro_after_init = {
	.name		= MPTCP_MB_GENL_NAME,
	.version	= MPTCP_MB_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= mptcp_mb_nl_ops,
	.n_ops		= ARRAY_SIZE(mptcp_mb_nl_ops),
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};

/**
 * mb_netlink_init() - let commands come
 *
 * Return: 0 or an error
 */
int __init mb_netlink_init(void)
{
	int err = mb_txn_init();

	if (err)
		return err;
	err = genl_register_family(&mb_family);
	if (err) {
		mb_txn_exit();
		return err;
	}
	mb_events_begin();
	return 0;
}

/**
 * mb_netlink_exit() - no command comes any more, none is under way
 */
void mb_netlink_exit(void)
{
	mb_events_end();
	genl_unregister_family(&mb_family);
	mb_txn_exit();
}
