/* SPDX-License-Identifier: GPL-2.0 */
/* What the administrator set for one network namespace: settings and sites.
 * Readers see one policy or the next, never a mixture.
 */
#ifndef MB_POLICY_H
#define MB_POLICY_H

#include <linux/netlink.h>
#include <linux/types.h>

#include "site.h"

struct mb_net;

/**
 * struct mb_settings - everything but the sites
 * @mode:	enum mptcp_mb_mode
 * @dflt:	enum mptcp_mb_action for sites without an entry
 * @fallback:	enum mptcp_mb_verdict: strip, drop or reset
 * @join:	enum mptcp_mb_verdict: accept, drop or reset
 * @add_addr:	enum mptcp_mb_announce
 * @malformed:	enum mptcp_mb_verdict: accept, strip or drop
 * @local:	judge the gateway's own connections, too
 * @orphan:	enum mptcp_mb_orphan
 * @midstream:	enum mptcp_mb_verdict: accept, drop or reset
 * @reset_rate:	resets a second
 * @orphan_grace: seconds
 * @max_sessions: bound of the table
 * @session_timeout: seconds
 * @share_mark:	bits of a conntrack mark
 */
struct mb_settings {
	u8 mode;
	u8 dflt;
	u8 fallback;
	u8 join;
	u8 add_addr;
	u8 malformed;
	u8 local;
	u8 orphan;
	u8 midstream;
	u32 reset_rate;
	u32 orphan_grace;
	u32 max_sessions;
	u32 session_timeout;
	u32 share_mark;
};

/**
 * struct mb_policy - settings and sites
 * @set:	never change; a changed policy is a new one
 * @sites:	belong to one policy after the other until one comes with its own
 * @rcu:	frees it
 */
struct mb_policy {
	struct mb_settings set;
	struct mb_sites *sites;
	struct rcu_head rcu;
};

/**
 * struct mb_changes - what a commit changes
 * @before:		settings of the live policy
 * @after:		settings of the candidate
 * @sites_before:	entries of the live policy
 * @sites_after:	entries of the candidate
 * @added:		entries of the candidate which the live policy lacks or
 *			has otherwise
 * @removed:		the reverse
 */
struct mb_changes {
	struct mb_settings before, after;
	u32 sites_before, sites_after;
	u32 added, removed;
};

extern const struct mb_settings mb_settings_initial;

struct mb_policy *mb_policy_alloc(void);
void mb_policy_free(struct mb_policy *p);
bool mb_policy_refuses(const struct mb_policy *p);

/* The live policy. All of these want mn->lock and may sleep. */
struct mb_policy *mb_policy_live(struct mb_net *mn);
int mb_policy_set(struct mb_net *mn, const struct mb_settings *set,
		  struct netlink_ext_ack *extack);
int mb_policy_replace(struct mb_net *mn, struct mb_policy *cand,
		      struct netlink_ext_ack *extack);
int mb_policy_site_add(struct mb_net *mn, const struct mb_site_new *entry,
		       bool replace, struct netlink_ext_ack *extack);
int mb_policy_site_del(struct mb_net *mn, const struct mb_site_key *key,
		       struct netlink_ext_ack *extack);
int mb_policy_site_flush(struct mb_net *mn, struct netlink_ext_ack *extack);
void mb_policy_flush(struct mb_net *mn);
void mb_policy_compare(struct mb_net *mn, const struct mb_policy *cand,
		       struct mb_changes *changes);

void mb_policy_init_net(struct mb_net *mn);
void mb_policy_stop_net(struct mb_net *mn);
void mb_policy_exit_net(struct mb_net *mn);

#endif
