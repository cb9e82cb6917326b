// SPDX-License-Identifier: GPL-2.0
/* Where the pipeline hangs in netfilter. */
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "hook.h"
#include "netns.h"

/* In the order of enum mptcp_mb_hook. FORWARD: what the filter chains dropped
 * does not come here, what comes may still be rewritten by source NAT. On
 * LOCAL_OUT after destination NAT, so that the site is the real server.
 */
static const struct nf_hook_ops places[MB_NF_HOOKS] = {
	{ .hook = mptcp_mb_hook4, .pf = NFPROTO_IPV4, .hooknum = NF_INET_FORWARD,
	  .priority = NF_IP_PRI_FILTER + 25 },
	{ .hook = mptcp_mb_hook6, .pf = NFPROTO_IPV6, .hooknum = NF_INET_FORWARD,
	  .priority = NF_IP6_PRI_FILTER + 25 },
	{ .hook = mptcp_mb_local4, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_IN,
	  .priority = NF_IP_PRI_MANGLE },
	{ .hook = mptcp_mb_local6, .pf = NFPROTO_IPV6, .hooknum = NF_INET_LOCAL_IN,
	  .priority = NF_IP6_PRI_MANGLE },
	{ .hook = mptcp_mb_local4, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_OUT,
	  .priority = NF_IP_PRI_NAT_DST + 1 },
	{ .hook = mptcp_mb_local6, .pf = NFPROTO_IPV6, .hooknum = NF_INET_LOCAL_OUT,
	  .priority = NF_IP6_PRI_NAT_DST + 1 },
};

static int add_one(struct mb_net *mn, unsigned int bit)
{
	switch (BIT(bit)) {
	case MPTCP_MB_HOOK_DEFRAG4:
		return nf_defrag_ipv4_enable(mn->net);
	case MPTCP_MB_HOOK_DEFRAG6:
		return nf_defrag_ipv6_enable(mn->net);
	}
	mn->ops[bit] = places[bit];
	mn->ops[bit].priv = mn;
	return nf_register_net_hook(mn->net, &mn->ops[bit]);
}

static void remove_one(struct mb_net *mn, unsigned int bit)
{
	switch (BIT(bit)) {
	case MPTCP_MB_HOOK_DEFRAG4:
		nf_defrag_ipv4_disable(mn->net);
		break;
	case MPTCP_MB_HOOK_DEFRAG6:
		nf_defrag_ipv6_disable(mn->net);
		break;
	default:
		nf_unregister_net_hook(mn->net, &mn->ops[bit]);
	}
}

/**
 * mb_hooks_add() - register what is missing
 * @mn:		the namespace
 * @want:	enum mptcp_mb_hook; more than these may be registered already
 * @extack:	told why not
 *
 * Context: process, mn->lock held, may sleep.
 * Return: 0, or an error and nothing has changed
 */
int mb_hooks_add(struct mb_net *mn, u32 want, struct netlink_ext_ack *extack)
{
	unsigned long missing = want & ~mn->hooks;
	u32 before = mn->hooks;
	unsigned int bit;
	int err;

	lockdep_assert_held(&mn->lock);
	if (!before && want)
		mb_sessions_armed(mn->sessions);
	for_each_set_bit(bit, &missing, BITS_PER_TYPE(u32)) {
		err = add_one(mn, bit);
		if (err) {
			mb_hooks_trim(mn, before);
			NL_SET_ERR_MSG(extack,
				       "cannot register a netfilter hook: out of memory, or too many hooks");
			return err;
		}
		mn->hooks |= BIT(bit);
	}
	return 0;
}

/**
 * mb_hooks_trim() - unregister what is not wanted
 * @mn:		the namespace
 * @want:	enum mptcp_mb_hook: what may stay
 *
 * Segments may be under way in a hook until an RCU grace period has passed.
 *
 * Context: process, mn->lock held (or the namespace is dying), may sleep.
 */
void mb_hooks_trim(struct mb_net *mn, u32 want)
{
	unsigned long surplus = mn->hooks & ~want;
	unsigned int bit;

	for_each_set_bit(bit, &surplus, BITS_PER_TYPE(u32)) {
		remove_one(mn, bit);
		mn->hooks &= ~BIT(bit);
	}
}
