// SPDX-License-Identifier: GPL-2.0
/* The policy of a namespace. A change makes sure first of the hooks that the
 * new policy wants, then shows it to readers, then lets go of what it does not
 * want: it succeeds as a whole or changes nothing.
 */
#include <linux/slab.h>

#include "hook.h"
#include "netns.h"
#include "policy.h"

const struct mb_settings mb_settings_initial = {
	.mode		= MPTCP_MB_MODE_ENFORCE,
	.dflt		= MPTCP_MB_ACTION_ALLOW,
	.fallback	= MPTCP_MB_VERDICT_STRIP,
	.join		= MPTCP_MB_VERDICT_ACCEPT,
	.add_addr	= MPTCP_MB_ANNOUNCE_ACCEPT,
	.malformed	= MPTCP_MB_VERDICT_ACCEPT,
	.orphan		= MPTCP_MB_ORPHAN_AS_JOIN,
	.midstream	= MPTCP_MB_VERDICT_ACCEPT,
	.reset_rate	= 1000,
	.orphan_grace	= 10 * 60,
	.max_sessions	= 65536,
	.session_timeout = 24 * 60 * 60,
};

/**
 * mb_policy_alloc() - a policy with initial settings and no site
 *
 * Context: process, may sleep.
 * Return: it, or NULL without memory
 */
struct mb_policy *mb_policy_alloc(void)
{
	struct mb_policy *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	p->set = mb_settings_initial;
	p->sites = mb_sites_alloc();
	if (!p->sites) {
		kfree(p);
		return NULL;
	}
	return p;
}

/**
 * mb_policy_free() - free a policy that has no reader, or never had one
 * @p:	it and its sites; NULL is nothing
 *
 * Context: process, may sleep.
 */
void mb_policy_free(struct mb_policy *p)
{
	if (!p)
		return;
	mb_sites_free(p->sites);
	kfree(p);
}

/**
 * mb_policy_refuses() - whether any segment could be refused or changed
 * @p:	the policy
 *
 * Context: any; RCU read side where the policy is live.
 */
bool mb_policy_refuses(const struct mb_policy *p)
{
	return p->set.dflt != MPTCP_MB_ACTION_ALLOW ||
	       p->set.join != MPTCP_MB_VERDICT_ACCEPT ||
	       p->set.add_addr != MPTCP_MB_ANNOUNCE_ACCEPT ||
	       p->set.malformed != MPTCP_MB_VERDICT_ACCEPT ||
	       p->set.midstream != MPTCP_MB_VERDICT_ACCEPT ||
	       p->set.orphan == MPTCP_MB_ORPHAN_RESET ||
	       p->set.orphan == MPTCP_MB_ORPHAN_DROP ||
	       mb_sites_refuse(p->sites);
}

/* Fragments hide options only where something is refused; putting them together
 * changes the wire, so observe does without. Bypass needs nothing.
 */
static u32 hooks_wanted(const struct mb_settings *set, bool refuses)
{
	u32 want = MPTCP_MB_HOOK_FORWARD4 | MPTCP_MB_HOOK_FORWARD6;

	if (set->mode == MPTCP_MB_MODE_BYPASS)
		return 0;
	if (set->local)
		want |= MPTCP_MB_HOOK_LOCAL_IN4 | MPTCP_MB_HOOK_LOCAL_IN6 |
			MPTCP_MB_HOOK_LOCAL_OUT4 | MPTCP_MB_HOOK_LOCAL_OUT6;
	if (refuses && set->mode == MPTCP_MB_MODE_ENFORCE)
		want |= MPTCP_MB_HOOK_DEFRAG4 | MPTCP_MB_HOOK_DEFRAG6;
	return want;
}

static u32 hooks_of(const struct mb_policy *p)
{
	return hooks_wanted(&p->set, mb_policy_refuses(p));
}

/**
 * mb_policy_live() - the policy in force
 * @mn:	the namespace
 *
 * Context: mn->lock held.
 * Return: it, or NULL: not armed
 */
struct mb_policy *mb_policy_live(struct mb_net *mn)
{
	return rcu_dereference_protected(mn->policy, lockdep_is_held(&mn->lock));
}

/* Returns the policy that was. */
static struct mb_policy *put_in_force(struct mb_net *mn, struct mb_policy *p)
{
	struct mb_policy *old = mb_policy_live(mn);
	bool quick = p && !p->set.share_mark;

	rcu_assign_pointer(mn->policy, p);
	WRITE_ONCE(mn->quick, quick ? &mn->sessions->subflows : NULL);
	return old;
}

static void changed(struct mb_net *mn)
{
	mn->generation++;
	WRITE_ONCE(mn->changed, jiffies);
	mn->changed_at = ktime_get_real_seconds();
	mn->changed_pid = task_tgid_vnr(current);
	get_task_comm(mn->changed_comm, current);
	mb_event_policy(mn);
}

/* What only a namespace needs that has, or had, a policy. It stays. */
static int prepare(struct mb_net *mn)
{
	if (!mn->stats.pcpu && mb_stats_init(&mn->stats))
		return -ENOMEM;
	if (!mn->refused)
		mn->refused = mb_refused_alloc();
	if (!mn->sessions)
		mn->sessions = mb_sessions_alloc(mn);
	return mn->refused && mn->sessions ? 0 : -ENOMEM;
}

/* Expired sites no longer match; this frees them, and the hooks they needed. */
static void tidy(struct mb_net *mn)
{
	struct mb_policy *p = mb_policy_live(mn);
	unsigned long delay;
	u32 before;

	if (!p) {
		mb_hooks_trim(mn, 0);
		return;
	}
	before = mb_sites_count(p->sites);
	delay = mb_sites_expire(p->sites, &mn->lock);
	if (mb_sites_count(p->sites) != before)
		mn->generation++;
	if (delay != MAX_SCHEDULE_TIMEOUT)
		mod_delayed_work(mb_wq, &mn->expire, delay);
	mb_hooks_trim(mn, hooks_of(p));
	mb_sessions_bound(mn->sessions, p->set.max_sessions);
}

static void expire_work(struct work_struct *work)
{
	struct mb_net *mn = container_of(work, struct mb_net, expire.work);

	mutex_lock(&mn->lock);
	tidy(mn);
	mutex_unlock(&mn->lock);
}

static void retire_work(struct work_struct *work)
{
	struct mb_net *mn = container_of(to_rcu_work(work), struct mb_net, retire);

	mb_policy_free(mn->retired);
	mn->retired = NULL;
}

/* Frees a policy and its sites after its last reader. At most one waits: who
 * replaces policies faster than grace periods pass has to wait, too.
 */
static void retire(struct mb_net *mn, struct mb_policy *p)
{
	if (!p)
		return;
	flush_rcu_work(&mn->retire);
	mn->retired = p;
	queue_rcu_work(mb_wq, &mn->retire);
}

/**
 * mb_policy_set() - put other settings in force; the sites stay
 * @mn:		the namespace; armed by this if it was not
 * @set:	all settings
 * @extack:	told why not
 *
 * Context: process, mn->lock held, may sleep.
 * Return: 0, or an error and nothing has changed
 */
int mb_policy_set(struct mb_net *mn, const struct mb_settings *set,
		  struct netlink_ext_ack *extack)
{
	struct mb_policy *old = mb_policy_live(mn), *new;
	int err;

	if (!old) {
		new = mb_policy_alloc();
		if (!new)
			goto nomem;
		new->set = *set;
		err = mb_policy_replace(mn, new, extack);
		if (err)
			mb_policy_free(new);
		return err;
	}
	new = kmemdup(old, sizeof(*old), GFP_KERNEL_ACCOUNT);
	if (!new)
		goto nomem;
	new->set = *set;
	err = mb_hooks_add(mn, hooks_of(new), extack);
	if (err) {
		kfree(new);
		return err;
	}
	put_in_force(mn, new);
	kfree_rcu(old, rcu);
	changed(mn);
	tidy(mn);
	return 0;

nomem:
	NL_SET_ERR_MSG(extack, "out of memory");
	return -ENOMEM;
}

/**
 * mb_policy_replace() - put another policy in force
 * @mn:		the namespace; armed by this if it was not
 * @cand:	the policy; belongs to @mn from now on
 * @extack:	told why not
 *
 * Context: process, mn->lock held, may sleep.
 * Return: 0, or an error: nothing has changed and @cand is still the caller's
 */
int mb_policy_replace(struct mb_net *mn, struct mb_policy *cand,
		      struct netlink_ext_ack *extack)
{
	int err;

	err = prepare(mn);
	if (err) {
		NL_SET_ERR_MSG(extack, "out of memory");
		return err;
	}
	err = mb_hooks_add(mn, hooks_of(cand), extack);
	if (err)
		return err;
	retire(mn, put_in_force(mn, cand));
	changed(mn);
	tidy(mn);
	return 0;
}

/**
 * mb_policy_site_add() - add an entry to the policy in force
 * @mn:		the namespace; armed by this if it was not
 * @entry:	the entry
 * @replace:	take the place of the one with the same key
 * @extack:	told why not
 *
 * Context: process, mn->lock held, may sleep.
 * Return: 0, or an error and nothing has changed
 */
int mb_policy_site_add(struct mb_net *mn, const struct mb_site_new *entry,
		       bool replace, struct netlink_ext_ack *extack)
{
	struct mb_policy *p = mb_policy_live(mn), *first = NULL;
	bool refuses;
	int err;

	if (!p) {
		first = mb_policy_alloc();
		if (!first) {
			NL_SET_ERR_MSG(extack, "out of memory");
			return -ENOMEM;
		}
		err = mb_sites_add(first->sites, entry, replace, &mn->lock, extack);
		if (!err)
			err = mb_policy_replace(mn, first, extack);
		if (err)
			mb_policy_free(first);
		return err;
	}
	/* the entry may be the first to refuse: see that nothing gets past it */
	refuses = mb_policy_refuses(p) ||
		  entry->action != MPTCP_MB_ACTION_ALLOW ||
		  (entry->join != MB_SITE_INHERIT &&
		   entry->join != MPTCP_MB_VERDICT_ACCEPT);
	err = mb_hooks_add(mn, hooks_wanted(&p->set, refuses), extack);
	if (err)
		return err;
	err = mb_sites_add(p->sites, entry, replace, &mn->lock, extack);
	if (!err)
		changed(mn);
	tidy(mn);
	return err;
}

/**
 * mb_policy_site_del() - remove an entry from the policy in force
 * @mn:		the namespace
 * @key:	of the entry
 * @extack:	told why not
 *
 * Context: process, mn->lock held, may sleep.
 * Return: 0, or an error and nothing has changed
 */
int mb_policy_site_del(struct mb_net *mn, const struct mb_site_key *key,
		       struct netlink_ext_ack *extack)
{
	struct mb_policy *p = mb_policy_live(mn);
	int err;

	if (!p) {
		NL_SET_ERR_MSG(extack, "no such entry: there is no policy");
		return -ENOENT;
	}
	err = mb_sites_del(p->sites, key, &mn->lock, extack);
	if (!err)
		changed(mn);
	tidy(mn);
	return err;
}

/**
 * mb_policy_site_flush() - remove all entries from the policy in force
 * @mn:		the namespace; where it is not armed there is nothing to do
 * @extack:	told why not
 *
 * Context: process, mn->lock held, may sleep.
 * Return: 0, or an error and nothing has changed
 */
int mb_policy_site_flush(struct mb_net *mn, struct netlink_ext_ack *extack)
{
	struct mb_policy *old = mb_policy_live(mn), *new;
	int err;

	if (!old)
		return 0;
	new = mb_policy_alloc();
	if (!new) {
		NL_SET_ERR_MSG(extack, "out of memory");
		return -ENOMEM;
	}
	new->set = old->set;
	err = mb_policy_replace(mn, new, extack);
	if (err)
		mb_policy_free(new);
	return err;
}

/**
 * mb_policy_flush() - forget the policy and let go of the hooks
 * @mn:	the namespace, not armed any more
 *
 * Context: process, mn->lock held, may sleep.
 */
void mb_policy_flush(struct mb_net *mn)
{
	struct mb_policy *old = mb_policy_live(mn);

	if (!old)
		return;
	mb_hooks_trim(mn, 0);
	old = put_in_force(mn, NULL);
	mb_sessions_forget(mn->sessions);
	retire(mn, old);
	changed(mn);
}

/**
 * mb_policy_compare() - what a candidate would change
 * @mn:		the namespace
 * @cand:	the candidate
 * @changes:	filled
 *
 * Context: process, mn->lock held, may sleep.
 */
void mb_policy_compare(struct mb_net *mn, const struct mb_policy *cand,
		       struct mb_changes *changes)
{
	struct mb_policy *live = mb_policy_live(mn);

	memset(changes, 0, sizeof(*changes));
	changes->before = live ? live->set : mb_settings_initial;
	changes->after = cand->set;
	changes->sites_after = mb_sites_count(cand->sites);
	if (live) {
		changes->sites_before = mb_sites_count(live->sites);
		mb_sites_compare(live->sites, cand->sites, &changes->added,
				 &changes->removed);
	} else {
		changes->added = changes->sites_after;
	}
}

/**
 * mb_policy_init_net() - make ready for a policy; the namespace is not armed
 * @mn:	the namespace, zeroed
 */
void mb_policy_init_net(struct mb_net *mn)
{
	INIT_DELAYED_WORK(&mn->expire, expire_work);
	INIT_RCU_WORK(&mn->retire, retire_work);
}

/**
 * mb_policy_stop_net() - let go of the hooks for good
 * @mn:	the namespace; nobody can give it a policy any more
 *
 * After an RCU grace period no segment is under way in them.
 *
 * Context: process, may sleep.
 */
void mb_policy_stop_net(struct mb_net *mn)
{
	cancel_delayed_work_sync(&mn->expire);
	mutex_lock(&mn->lock);
	mb_hooks_trim(mn, 0);
	if (mn->sessions)
		mb_sessions_stop(mn->sessions);
	mutex_unlock(&mn->lock);
}

/**
 * mb_policy_exit_net() - free all
 * @mn:	the namespace, stopped a grace period ago: no reader is left
 *
 * Context: process, may sleep.
 */
void mb_policy_exit_net(struct mb_net *mn)
{
	flush_rcu_work(&mn->retire);
	mb_policy_free(rcu_dereference_protected(mn->policy, true));
	mb_policy_free(mn->txn.cand);
	mb_sessions_free(mn->sessions);
	kvfree(mn->refused);
	if (mn->stats.pcpu)
		mb_stats_exit(&mn->stats);
}
