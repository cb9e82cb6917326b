// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "util.h"

static int note_status(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_STATUS_MAX + 1];
	struct status *status = data;
	unsigned int i;

	nl_parse(nlh, tb, MPTCP_MB_STATUS_MAX);
	for (i = 1; i <= MPTCP_MB_STATUS_MAX; i++) {
		if (!tb[i])
			continue;
		status->has[i] = true;
		if (i == MPTCP_MB_STATUS_VERSION && !status->version)
			status->version = nl_string(tb[i]);
		else if (i == MPTCP_MB_STATUS_CHANGED_COMM && !status->comm)
			status->comm = nl_string(tb[i]);
		else if (nl_uint(tb[i], &status->value[i]))
			return nl_nonsense("status", e);
	}
	return 0;
}

/**
 * live_status() - ask for the namespace's state
 * @nl:		socket
 * @place:	the command, for errors
 * @status:	filled; status_free() in any case
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int live_status(struct nl *nl, const char *place, struct status *status,
		struct err *e)
{
	memset(status, 0, sizeof(*status));
	return nl_simple(nl, place, MPTCP_MB_CMD_STATUS_GET, note_status, status, e);
}

/**
 * status_free() - give back what it owns
 * @status:	after live_status()
 */
void status_free(struct status *status)
{
	free(status->version);
	free(status->comm);
}

static int note_settings(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];

	nl_parse(nlh, tb, MPTCP_MB_A_MAX);
	if (!tb[MPTCP_MB_A_SETTINGS] || settings_get(tb[MPTCP_MB_A_SETTINGS], data))
		return nl_nonsense("policy", e);
	return 0;
}

/**
 * live_settings() - ask for the settings in force
 * @nl:		socket
 * @place:	the command, for errors
 * @set:	filled, with the policy's generation
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int live_settings(struct nl *nl, const char *place, struct settings *set,
		  struct err *e)
{
	memset(set, 0, sizeof(*set));
	return nl_simple(nl, place, MPTCP_MB_CMD_POLICY_GET, note_settings, set, e);
}

static int note_site(const struct nlmsghdr *nlh, void *data, struct err *e)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];
	struct entries *list = data;

	if (!nlh) {	/* the dump begins again */
		entries_free(list);
		return 0;
	}
	nl_parse(nlh, tb, MPTCP_MB_A_MAX);
	if (!tb[MPTCP_MB_A_SITE])
		return nl_nonsense("site", e);
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->v = xrealloc(list->v, list->room * sizeof(*list->v));
	}
	if (entry_get(tb[MPTCP_MB_A_SITE], &list->v[list->n++]))
		return nl_nonsense("site", e);
	return 0;
}

/**
 * live_sites() - ask for all entries
 * @nl:		socket
 * @place:	the command, for errors
 * @list:	filled with those of one moment; entries_free() in any case
 * @e:		filled on error
 *
 * Return: 0 or -1
 */
int live_sites(struct nl *nl, const char *place, struct entries *list,
	       struct err *e)
{
	NL_BUFFER(buf);

	memset(list, 0, sizeof(*list));
	return nl_call(nl, place, nl_request(nl, buf, MPTCP_MB_CMD_SITE_GET, NLM_F_DUMP),
		       note_site, list, e);
}

/**
 * live_begin() - begin a transaction
 * @nl:		socket
 * @place:	the command, for errors
 * @e:		filled on error; names the process that has one open
 *
 * Return: 0 or -1
 */
int live_begin(struct nl *nl, const char *place, struct err *e)
{
	struct status status;
	struct err other = { 0 };
	uint64_t pid = 0;

	if (!nl_simple(nl, place, MPTCP_MB_CMD_TXN_BEGIN, NULL, NULL, e))
		return 0;
	if (e->errnum != EBUSY)
		return -1;
	if (!live_status(nl, place, &status, &other))
		pid = status.value[MPTCP_MB_STATUS_TXN_PID];
	status_free(&status);
	if (!pid)	/* it ended meanwhile, or is in another PID namespace */
		return err_set(e, STATUS_KERNEL,
			       "%s: another process replaces the policy just now: try again",
			       place);
	return err_set(e, STATUS_KERNEL,
		       "%s: process %llu replaces the policy just now: try again, or end that process",
		       place, (unsigned long long)pid);
}

/**
 * entries_free() - give back entries
 * @list:	may be used again
 */
void entries_free(struct entries *list)
{
	unsigned long i;

	for (i = 0; i < list->n; i++)
		entry_free(&list->v[i]);
	free(list->v);
	memset(list, 0, sizeof(*list));
}
