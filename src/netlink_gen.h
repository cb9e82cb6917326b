/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/mptcp_mb.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_MPTCP_MB_GEN_H
#define _LINUX_MPTCP_MB_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/mptcp_mb.h>

/* Common nested types */
extern const struct nla_policy mptcp_mb_settings_nl_policy[MPTCP_MB_SET_SHARE_MARK + 1];
extern const struct nla_policy mptcp_mb_site_nl_policy[MPTCP_MB_SITE_LAST_HIT + 1];

extern const struct nla_policy mptcp_mb_policy_set_nl_policy[MPTCP_MB_A_SETTINGS + 1];

extern const struct nla_policy mptcp_mb_site_get_nl_policy[MPTCP_MB_A_SITE + 1];

extern const struct nla_policy mptcp_mb_site_add_nl_policy[MPTCP_MB_A_SITE + 1];

extern const struct nla_policy mptcp_mb_site_replace_nl_policy[MPTCP_MB_A_SITE + 1];

extern const struct nla_policy mptcp_mb_site_del_nl_policy[MPTCP_MB_A_SITE + 1];

extern const struct nla_policy mptcp_mb_txn_commit_nl_policy[MPTCP_MB_A_DRY_RUN + 1];

extern const struct nla_policy mptcp_mb_session_get_nl_policy[MPTCP_MB_A_SESSION_ID + 1];

extern const struct nla_policy mptcp_mb_session_close_nl_policy[MPTCP_MB_A_SESSION_ID + 1];

extern const struct nla_policy mptcp_mb_session_reset_nl_policy[MPTCP_MB_A_DESTINATION_PORT + 1];

/* Ops table for mptcp_mb */
extern const struct genl_ops mptcp_mb_nl_ops[18];

int mptcp_mb_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_policy_flush_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_site_get_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_site_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int mptcp_mb_nl_site_add_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_site_replace_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_site_del_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_site_flush_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_txn_begin_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_txn_commit_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_txn_abort_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_session_get_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_session_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int mptcp_mb_nl_session_close_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_session_reset_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_refused_get_doit(struct sk_buff *skb, struct genl_info *info);
int mptcp_mb_nl_refused_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);

enum {
	MPTCP_MB_NLGRP_EVENTS,
};

#endif /* _LINUX_MPTCP_MB_GEN_H */
