// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/mptcp_mb.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/mptcp_mb.h>

/* Integer value ranges */
static const struct netlink_range_validation mptcp_mb_set_reset_rate_range = {
	.max	= 1000000ULL,
};

static const struct netlink_range_validation mptcp_mb_set_orphan_grace_range = {
	.max	= 2147483ULL,
};

static const struct netlink_range_validation mptcp_mb_set_max_sessions_range = {
	.min	= 1ULL,
	.max	= 4194304ULL,
};

static const struct netlink_range_validation mptcp_mb_set_session_timeout_range = {
	.min	= 1ULL,
	.max	= 2147483ULL,
};

static const struct netlink_range_validation mptcp_mb_site_timeout_range = {
	.min	= 1ULL,
	.max	= 2147483ULL,
};

/* Common nested types */
const struct nla_policy mptcp_mb_settings_nl_policy[MPTCP_MB_SET_SHARE_MARK + 1] = {
	[MPTCP_MB_SET_MODE] = NLA_POLICY_MAX(NLA_U8, 2),
	[MPTCP_MB_SET_DEFAULT] = NLA_POLICY_MAX(NLA_U8, 1),
	[MPTCP_MB_SET_FALLBACK] = NLA_POLICY_RANGE(NLA_U8, 1, 3),
	[MPTCP_MB_SET_JOIN] = NLA_POLICY_MAX(NLA_U8, 3),
	[MPTCP_MB_SET_ADD_ADDR] = NLA_POLICY_MAX(NLA_U8, 1),
	[MPTCP_MB_SET_MALFORMED] = NLA_POLICY_MAX(NLA_U8, 2),
	[MPTCP_MB_SET_LOCAL] = NLA_POLICY_MAX(NLA_U8, 1),
	[MPTCP_MB_SET_RESET_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &mptcp_mb_set_reset_rate_range),
	[MPTCP_MB_SET_GENERATION] = { .type = NLA_U32, },
	[MPTCP_MB_SET_ORPHAN] = NLA_POLICY_MAX(NLA_U8, 3),
	[MPTCP_MB_SET_ORPHAN_GRACE] = NLA_POLICY_FULL_RANGE(NLA_U32, &mptcp_mb_set_orphan_grace_range),
	[MPTCP_MB_SET_MIDSTREAM] = NLA_POLICY_MAX(NLA_U8, 3),
	[MPTCP_MB_SET_MAX_SESSIONS] = NLA_POLICY_FULL_RANGE(NLA_U32, &mptcp_mb_set_max_sessions_range),
	[MPTCP_MB_SET_SESSION_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &mptcp_mb_set_session_timeout_range),
	[MPTCP_MB_SET_SHARE_MARK] = { .type = NLA_U32, },
};

const struct nla_policy mptcp_mb_site_nl_policy[MPTCP_MB_SITE_LAST_HIT + 1] = {
	[MPTCP_MB_SITE_ADDRESS] = { .type = NLA_BINARY, },
	[MPTCP_MB_SITE_PREFIX_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[MPTCP_MB_SITE_FROM_ADDRESS] = { .type = NLA_BINARY, },
	[MPTCP_MB_SITE_FROM_PREFIX_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[MPTCP_MB_SITE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[MPTCP_MB_SITE_MARK] = { .type = NLA_U32, },
	[MPTCP_MB_SITE_MARK_MASK] = { .type = NLA_U32, },
	[MPTCP_MB_SITE_CTMARK] = { .type = NLA_U32, },
	[MPTCP_MB_SITE_CTMARK_MASK] = { .type = NLA_U32, },
	[MPTCP_MB_SITE_OVERRIDE] = { .type = NLA_FLAG, },
	[MPTCP_MB_SITE_ACTION] = NLA_POLICY_MAX(NLA_U8, 1),
	[MPTCP_MB_SITE_JOIN] = NLA_POLICY_MAX(NLA_U8, 3),
	[MPTCP_MB_SITE_FALLBACK] = NLA_POLICY_RANGE(NLA_U8, 1, 3),
	[MPTCP_MB_SITE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &mptcp_mb_site_timeout_range),
	[MPTCP_MB_SITE_COMMENT] = { .type = NLA_NUL_STRING, .len = 63, },
	[MPTCP_MB_SITE_HITS] = { .type = NLA_U64, },
	[MPTCP_MB_SITE_LAST_HIT] = { .type = NLA_U64, },
};

/* MPTCP_MB_CMD_POLICY_SET - do */
const struct nla_policy mptcp_mb_policy_set_nl_policy[MPTCP_MB_A_SETTINGS + 1] = {
	[MPTCP_MB_A_SETTINGS] = NLA_POLICY_NESTED(mptcp_mb_settings_nl_policy),
};

/* MPTCP_MB_CMD_SITE_GET - do */
const struct nla_policy mptcp_mb_site_get_nl_policy[MPTCP_MB_A_SITE + 1] = {
	[MPTCP_MB_A_SITE] = NLA_POLICY_NESTED(mptcp_mb_site_nl_policy),
};

/* MPTCP_MB_CMD_SITE_ADD - do */
const struct nla_policy mptcp_mb_site_add_nl_policy[MPTCP_MB_A_SITE + 1] = {
	[MPTCP_MB_A_SITE] = NLA_POLICY_NESTED(mptcp_mb_site_nl_policy),
};

/* MPTCP_MB_CMD_SITE_REPLACE - do */
const struct nla_policy mptcp_mb_site_replace_nl_policy[MPTCP_MB_A_SITE + 1] = {
	[MPTCP_MB_A_SITE] = NLA_POLICY_NESTED(mptcp_mb_site_nl_policy),
};

/* MPTCP_MB_CMD_SITE_DEL - do */
const struct nla_policy mptcp_mb_site_del_nl_policy[MPTCP_MB_A_SITE + 1] = {
	[MPTCP_MB_A_SITE] = NLA_POLICY_NESTED(mptcp_mb_site_nl_policy),
};

/* MPTCP_MB_CMD_TXN_COMMIT - do */
const struct nla_policy mptcp_mb_txn_commit_nl_policy[MPTCP_MB_A_DRY_RUN + 1] = {
	[MPTCP_MB_A_DRY_RUN] = { .type = NLA_FLAG, },
};

/* MPTCP_MB_CMD_SESSION_GET - do */
const struct nla_policy mptcp_mb_session_get_nl_policy[MPTCP_MB_A_SESSION_ID + 1] = {
	[MPTCP_MB_A_SESSION_ID] = { .type = NLA_U32, },
};

/* MPTCP_MB_CMD_SESSION_CLOSE - do */
const struct nla_policy mptcp_mb_session_close_nl_policy[MPTCP_MB_A_SESSION_ID + 1] = {
	[MPTCP_MB_A_SESSION_ID] = { .type = NLA_U32, },
};

/* MPTCP_MB_CMD_SESSION_RESET - do */
const struct nla_policy mptcp_mb_session_reset_nl_policy[MPTCP_MB_A_DESTINATION_PORT + 1] = {
	[MPTCP_MB_A_SOURCE] = { .type = NLA_BINARY, },
	[MPTCP_MB_A_SOURCE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[MPTCP_MB_A_DESTINATION] = { .type = NLA_BINARY, },
	[MPTCP_MB_A_DESTINATION_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
};

/* Ops table for mptcp_mb */
const struct genl_ops mptcp_mb_nl_ops[18] = {
	{
		.cmd		= MPTCP_MB_CMD_STATUS_GET,
		.doit		= mptcp_mb_nl_status_get_doit,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_POLICY_GET,
		.doit		= mptcp_mb_nl_policy_get_doit,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_POLICY_SET,
		.doit		= mptcp_mb_nl_policy_set_doit,
		.policy		= mptcp_mb_policy_set_nl_policy,
		.maxattr	= MPTCP_MB_A_SETTINGS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_POLICY_FLUSH,
		.doit		= mptcp_mb_nl_policy_flush_doit,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_SITE_GET,
		.doit		= mptcp_mb_nl_site_get_doit,
		.dumpit		= mptcp_mb_nl_site_get_dumpit,
		.policy		= mptcp_mb_site_get_nl_policy,
		.maxattr	= MPTCP_MB_A_SITE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_SITE_ADD,
		.doit		= mptcp_mb_nl_site_add_doit,
		.policy		= mptcp_mb_site_add_nl_policy,
		.maxattr	= MPTCP_MB_A_SITE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_SITE_REPLACE,
		.doit		= mptcp_mb_nl_site_replace_doit,
		.policy		= mptcp_mb_site_replace_nl_policy,
		.maxattr	= MPTCP_MB_A_SITE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_SITE_DEL,
		.doit		= mptcp_mb_nl_site_del_doit,
		.policy		= mptcp_mb_site_del_nl_policy,
		.maxattr	= MPTCP_MB_A_SITE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_SITE_FLUSH,
		.doit		= mptcp_mb_nl_site_flush_doit,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_TXN_BEGIN,
		.doit		= mptcp_mb_nl_txn_begin_doit,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_TXN_COMMIT,
		.doit		= mptcp_mb_nl_txn_commit_doit,
		.policy		= mptcp_mb_txn_commit_nl_policy,
		.maxattr	= MPTCP_MB_A_DRY_RUN,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_TXN_ABORT,
		.doit		= mptcp_mb_nl_txn_abort_doit,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_STATS_GET,
		.doit		= mptcp_mb_nl_stats_get_doit,
	},
	{
		.cmd		= MPTCP_MB_CMD_STATS_RESET,
		.doit		= mptcp_mb_nl_stats_reset_doit,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_SESSION_GET,
		.doit		= mptcp_mb_nl_session_get_doit,
		.dumpit		= mptcp_mb_nl_session_get_dumpit,
		.policy		= mptcp_mb_session_get_nl_policy,
		.maxattr	= MPTCP_MB_A_SESSION_ID,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_SESSION_CLOSE,
		.doit		= mptcp_mb_nl_session_close_doit,
		.policy		= mptcp_mb_session_close_nl_policy,
		.maxattr	= MPTCP_MB_A_SESSION_ID,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_SESSION_RESET,
		.doit		= mptcp_mb_nl_session_reset_doit,
		.policy		= mptcp_mb_session_reset_nl_policy,
		.maxattr	= MPTCP_MB_A_DESTINATION_PORT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MPTCP_MB_CMD_REFUSED_GET,
		.doit		= mptcp_mb_nl_refused_get_doit,
		.dumpit		= mptcp_mb_nl_refused_get_dumpit,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

