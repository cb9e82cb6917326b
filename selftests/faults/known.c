// SPDX-License-Identifier: GPL-2.0
/* What the gateway knows of a story's session, and whether it says that learning is impaired. */
#include <linux/mptcp_mb.h>
#include <string.h>

#include "stories.h"

static uint32_t get_u32(const struct nlattr *nest, int type)
{
	const struct nlattr *a = nl_find(nl_data(nest), nl_len(nest), type);
	uint32_t v = 0;

	if (a)
		memcpy(&v, nl_data(a), nl_len(a) < 4 ? nl_len(a) : 4);
	return v;
}

static void note_session(const struct nlattr *attrs, size_t len, void *data)
{
	const struct nlattr *s = nl_find(attrs, len, MPTCP_MB_A_SESSION), *a;
	struct known *k = data;
	const char *end;

	if (!s || get_u32(s, MPTCP_MB_SESSION_CLIENT_PORT) != now.first.port[0] ||
	    get_u32(s, MPTCP_MB_SESSION_SERVER_TOKEN) != now.session.token[1])
		return;
	k->found = true;
	k->state = get_u32(s, MPTCP_MB_SESSION_STATE);
	k->id = get_u32(s, MPTCP_MB_SESSION_ID);
	end = (const char *)nl_data(s) + nl_len(s);
	for (a = nl_data(s); (const char *)a < end; a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len)))
		if ((a->nla_type & NLA_TYPE_MASK) == MPTCP_MB_SESSION_SUBFLOW)
			k->live += get_u32(a, MPTCP_MB_SUBFLOW_STATE) == MPTCP_MB_SUBFLOW_STATE_LIVE;
}

static void note_impaired(const struct nlattr *attrs, size_t len, void *data)
{
	const struct nlattr *a = nl_find(attrs, len, MPTCP_MB_STATUS_IMPAIRED);

	((struct known *)data)->impaired = a && *(const uint8_t *)nl_data(a);
}

struct known look_up(void)
{
	struct known k = { .found = false };
	struct message m;

	nl_begin(&m, MPTCP_MB_CMD_SESSION_GET, NLM_F_DUMP);
	if (nl_call(control, &m, note_session, &k) != DONE)
		quit("sessions");
	nl_begin(&m, MPTCP_MB_CMD_STATUS_GET, 0);
	if (nl_call(control, &m, note_impaired, &k) != DONE)
		quit("status");
	return k;
}

uint64_t refusals(void)
{
	uint64_t n = 0;

	for (int i = MPTCP_MB_COUNTER_EXIT_DROP_DEFAULT; i <= MPTCP_MB_COUNTER_EXIT_RESET_MIDSTREAM; i++)
		if (i != MPTCP_MB_COUNTER_EXIT_DROP_NOMEM)
			n += counter[i];
	return n;
}
