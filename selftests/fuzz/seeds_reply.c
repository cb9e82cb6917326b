// SPDX-License-Identifier: GPL-2.0
/* For each command of the target reply the answers that the module would give. */
#include <linux/mptcp_mb.h>
#include <stdbool.h>
#include <string.h>

#include "around.h"
#include "mbctl_messages.h"
#include "reply.h"
#include "seeds.h"

#define INPUT_MAX	8192

static uint8_t input[INPUT_MAX];
static size_t used;

static void begin(unsigned int command, unsigned int flags)
{
	input[0] = command;
	input[1] = flags;
	used = REPLY_HEAD;
}

/* A datagram with one message */
static void tell(const struct nlmsghdr *nlh)
{
	input[used++] = nlh->nlmsg_len;
	input[used++] = nlh->nlmsg_len >> 8;
	memcpy(input + used, nlh, nlh->nlmsg_len);
	used += nlh->nlmsg_len;
}

static void acknowledge(void)
{
	input[used++] = 0;
	input[used++] = 0;
}

static void nothing(void)
{
	input[used++] = AROUND_NOTHING & 0xff;
	input[used++] = AROUND_NOTHING >> 8;
}

static void refuse(int errnum, const char *text, unsigned int offset)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *error = mnl_nlmsg_put_extra_header(nlh, sizeof(*error));

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	error->error = -errnum;
	if (text)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	if (offset)
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, offset);
	tell(nlh);
}

static void status(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_STATUS_GET);
	unsigned int i;

	mnl_attr_put_strz(nlh, MPTCP_MB_STATUS_VERSION, "1.0");
	mnl_attr_put_strz(nlh, MPTCP_MB_STATUS_CHANGED_COMM, "mbctl");
	for (i = 1; i <= MPTCP_MB_STATUS_MAX; i++)
		if (i != MPTCP_MB_STATUS_VERSION && i != MPTCP_MB_STATUS_CHANGED_COMM)
			mnl_attr_put_u32(nlh, i, 1);
	tell(nlh);
}

static void put_settings(struct nlmsghdr *nlh, uint16_t attr, unsigned int value)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);
	unsigned int i;

	for (i = 1; i <= MPTCP_MB_SET_MAX; i++)
		mnl_attr_put_u32(nlh, i, value);
	mnl_attr_nest_end(nlh, nest);
}

static void settings(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_POLICY_GET);

	put_settings(nlh, MPTCP_MB_A_SETTINGS, 1);
	tell(nlh);
}

static void changes(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_TXN_COMMIT);
	unsigned int i;

	put_settings(nlh, MPTCP_MB_A_SETTINGS, 1);
	put_settings(nlh, MPTCP_MB_A_SETTINGS_BEFORE, 0);
	for (i = MPTCP_MB_A_SITES_BEFORE; i <= MPTCP_MB_A_SITES_REMOVED; i++)
		mnl_attr_put_u32(nlh, i, i);
	mnl_attr_put_u32(nlh, MPTCP_MB_A_SESSIONS_DENIED, 3);
	tell(nlh);
}

static void put_entry(struct nlmsghdr *nlh, uint16_t attr)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	put_address(nlh, MPTCP_MB_SITE_ADDRESS, "fd00::");
	mnl_attr_put_u8(nlh, MPTCP_MB_SITE_PREFIX_LEN, 8);
	put_address(nlh, MPTCP_MB_SITE_FROM_ADDRESS, "fd01::1");
	mnl_attr_put_u8(nlh, MPTCP_MB_SITE_FROM_PREFIX_LEN, 128);
	mnl_attr_put_u16(nlh, MPTCP_MB_SITE_PORT, 443);
	mnl_attr_put_u32(nlh, MPTCP_MB_SITE_MARK, 1);
	mnl_attr_put_u32(nlh, MPTCP_MB_SITE_MARK_MASK, 255);
	mnl_attr_put_u32(nlh, MPTCP_MB_SITE_CTMARK, 2);
	mnl_attr_put_u32(nlh, MPTCP_MB_SITE_CTMARK_MASK, 0xffffffff);
	mnl_attr_put(nlh, MPTCP_MB_SITE_OVERRIDE, 0, NULL);
	mnl_attr_put_u8(nlh, MPTCP_MB_SITE_ACTION, MPTCP_MB_ACTION_DENY);
	mnl_attr_put_u8(nlh, MPTCP_MB_SITE_FALLBACK, MPTCP_MB_VERDICT_DROP);
	mnl_attr_put_u8(nlh, MPTCP_MB_SITE_JOIN, MPTCP_MB_VERDICT_RESET);
	mnl_attr_put_u32(nlh, MPTCP_MB_SITE_TIMEOUT, 3661);
	mnl_attr_put_u64(nlh, MPTCP_MB_SITE_HITS, 7);
	mnl_attr_put_u64(nlh, MPTCP_MB_SITE_LAST_HIT, 1000000000);
	mnl_attr_put_strz(nlh, MPTCP_MB_SITE_COMMENT, "a \"b\"");
	mnl_attr_nest_end(nlh, nest);
}

static void sites(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_SITE_GET);

	put_entry(nlh, MPTCP_MB_A_SITE);
	tell(nlh);
	nlh = message(buf, MPTCP_MB_CMD_SITE_GET);
	put_site(nlh, MPTCP_MB_A_SITE, "10.0.0.0", 8);
	tell(nlh);
}

static void explanation(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_SITE_GET);
	struct nlattr *nest;

	put_entry(nlh, MPTCP_MB_A_SITE);
	put_site(nlh, MPTCP_MB_A_BEATEN, "fd00::", 7);
	mnl_attr_put_u32(nlh, MPTCP_MB_A_BEATEN_MORE, 2);
	nest = mnl_attr_nest_start(nlh, MPTCP_MB_A_OUTCOME);
	mnl_attr_put_strz(nlh, MPTCP_MB_OUTCOME_SEGMENT, "mp-capable");
	mnl_attr_put_u8(nlh, MPTCP_MB_OUTCOME_VERDICT, MPTCP_MB_VERDICT_STRIP);
	mnl_attr_put_u8(nlh, MPTCP_MB_OUTCOME_CAUSE, MPTCP_MB_CAUSE_SITE);
	mnl_attr_nest_end(nlh, nest);
	tell(nlh);
}

static const struct sample_subflow first = {
	.flags = MPTCP_MB_SUBFLOW_FLAG_INITIAL, .client = "10.1.0.1", .server = "10.2.0.1",
}, join = {
	.state = MPTCP_MB_SUBFLOW_STATE_CLOSED, .how = MPTCP_MB_HOW_RST,
	.opener = MPTCP_MB_SIDE_SERVER, .flags = MPTCP_MB_SUBFLOW_FLAG_SERVER_FIN,
	.client = "fd01::1", .server = "fd02::1",
};

static struct sample_session a_session(unsigned int state)
{
	return (struct sample_session){
		.id = 1, .state = state, .client_token = 1, .server_token = 2,
		.how = state == MPTCP_MB_SESSION_STATE_CLOSED ? MPTCP_MB_HOW_CLOSED : 0,
		.flags = MPTCP_MB_SESSION_FLAG_DENIED, .client = "10.1.0.1", .server = "10.2.0.1",
		.site = "10.2.0.0", .site_len = 16, .started = 1000000000,
	};
}

static void session(unsigned int state, bool subflows)
{
	struct sample_session s = a_session(state);
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_SESSION_GET);

	if (subflows) {
		s.subflow[0] = &first;
		s.subflow[1] = &join;
	}
	put_session(nlh, MPTCP_MB_A_SESSION, &s);
	tell(nlh);
}

static void session_id(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_SESSION_RESET);

	mnl_attr_put_u32(nlh, MPTCP_MB_A_SESSION_ID, 9);
	tell(nlh);
}

static void counters(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_STATS_GET);
	struct nlattr *nest;
	unsigned int i;

	for (i = 0; i <= MPTCP_MB_COUNTER_EVENT_LOST + 7; i += 7) {
		nest = mnl_attr_nest_start(nlh, MPTCP_MB_A_COUNT);
		mnl_attr_put_u32(nlh, MPTCP_MB_COUNT_ID, i);
		mnl_attr_put_u64(nlh, MPTCP_MB_COUNT_VALUE, i % 3);
		mnl_attr_nest_end(nlh, nest);
	}
	tell(nlh);
}

static void refusals(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_REFUSED_GET);

	put_refusal(nlh, MPTCP_MB_A_REFUSAL, true);
	tell(nlh);
	nlh = message(buf, MPTCP_MB_CMD_REFUSED_GET);
	put_refusal(nlh, MPTCP_MB_A_REFUSAL, false);
	tell(nlh);
}

static void event(unsigned int kind)
{
	const struct sample_session s = a_session(MPTCP_MB_SESSION_STATE_CLOSED);
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_EVENT_NTF);

	mnl_attr_put_u8(nlh, MPTCP_MB_A_EVENT, kind);
	mnl_attr_put_u64(nlh, MPTCP_MB_A_TIME, 1000000000123456789ULL);
	if (kind <= MPTCP_MB_EVENT_SESSION_CLOSED)
		put_session(nlh, MPTCP_MB_A_SESSION, &s);
	else
		mnl_attr_put_u32(nlh, MPTCP_MB_A_SESSION_ID, 1);
	if (kind == MPTCP_MB_EVENT_SUBFLOW_JOINED || kind == MPTCP_MB_EVENT_SUBFLOW_CLOSED)
		put_subflow(nlh, MPTCP_MB_A_SUBFLOW, &join);
	if (kind == MPTCP_MB_EVENT_SUBFLOW_REFUSED)
		put_refusal(nlh, MPTCP_MB_A_REFUSAL, true);
	if (kind == MPTCP_MB_EVENT_POLICY_CHANGED) {
		mnl_attr_put_strz(nlh, MPTCP_MB_A_COMM, "mbctl");
		mnl_attr_put_u32(nlh, MPTCP_MB_A_PID, 12);
		mnl_attr_put_u32(nlh, MPTCP_MB_A_GENERATION, 3);
	}
	mnl_attr_put_u32(nlh, MPTCP_MB_A_LOST, kind & 1);
	tell(nlh);
}

static bool starts(const char *command, const char *with)
{
	return !strncmp(command, with, strlen(with));
}

static void answers(const char *command)
{
	if (starts(command, "status") || starts(command, "policy save") ||
	    starts(command, "policy apply") || starts(command, "policy check"))
		status();
	if (starts(command, "policy save") || starts(command, "policy apply") ||
	    starts(command, "policy check"))
		acknowledge();
	if (starts(command, "policy s") || starts(command, "site get"))
		settings();
	if (starts(command, "policy save") || starts(command, "site get"))
		acknowledge();
	if (starts(command, "policy save") || starts(command, "site list") ||
	    starts(command, "site import"))
		sites();
	if (starts(command, "policy save")) {
		acknowledge();
		settings();
	}
	if (starts(command, "policy apply") || starts(command, "policy check")) {
		acknowledge();	/* of the transaction's begin */
		nothing();	/* is refused */
		changes();
	}
	if (starts(command, "site import")) {
		acknowledge();
		acknowledge();
		nothing();
		acknowledge();	/* of the transaction's end */
		refuse(17, NULL, 0);
	}
	if (starts(command, "site get"))
		explanation();
	if (starts(command, "session list") || starts(command, "session get"))
		session(MPTCP_MB_SESSION_STATE_CONFIRMED, true);
	if (starts(command, "session reset"))
		session_id();
	if (starts(command, "stats"))
		counters();
	if (starts(command, "refused"))
		refusals();
}

/* It ends, is asked for and has ended, is asked for and has not; is refused */
static void closing(unsigned int way)
{
	session(MPTCP_MB_SESSION_STATE_CONFIRMED, false);
	acknowledge();
	if (way == 3) {
		refuse(1, "no", 0);
		return;
	}
	acknowledge();
	if (way == 0) {
		event(MPTCP_MB_EVENT_SESSION_CLOSED);
		return;
	}
	nothing();
	session(way == 1 ? MPTCP_MB_SESSION_STATE_CLOSED : MPTCP_MB_SESSION_STATE_CONFIRMED, false);
}

static bool answers_one(const char *command, unsigned int i)
{
	if (starts(command, "monitor") && i <= MPTCP_MB_EVENT_POLICY_CHANGED)
		event(i);
	else if (starts(command, "session close") && i <= 3)
		closing(i);
	else
		return false;
	return true;
}

void seeds_reply(void)
{
	unsigned int command, flags, i;

	for (command = 0; command < REPLY_COMMANDS; command++) {
		for (flags = 0; flags <= (REPLY_JSON | REPLY_PRETTY); flags++) {
			begin(command, flags);
			answers(reply_commands[command]);
			seed(input, used);
		}
		for (i = 0; ; i++) {
			begin(command, i % 2);
			if (!answers_one(reply_commands[command], i))
				break;
			seed(input, used);
		}
		begin(command, 0);
		refuse(22, "a word of the kernel's", 28);
		refuse(1, NULL, 0);
		seed(input, used);
	}
}
