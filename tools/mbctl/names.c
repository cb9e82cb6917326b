// SPDX-License-Identifier: GPL-2.0
#include <linux/mptcp_mb.h>
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "util.h"

/* A table must have a name for each value: it has a last one, and a unit test
 * compares all of them with docs/netlink/mptcp_mb.yaml.
 */
#define NAMES(noun, last)						\
	_Static_assert(ARRAY_SIZE(noun) == (last) + 1, #noun);		\
	const struct names names_##noun = { noun, ARRAY_SIZE(noun) }

static const char *const mode[] = {
	[MPTCP_MB_MODE_ENFORCE]	= "enforce",
	[MPTCP_MB_MODE_OBSERVE]	= "observe",
	[MPTCP_MB_MODE_BYPASS]	= "bypass",
};
NAMES(mode, MPTCP_MB_MODE_BYPASS);

static const char *const action[] = {
	[MPTCP_MB_ACTION_ALLOW]	= "allow",
	[MPTCP_MB_ACTION_DENY]	= "deny",
};
NAMES(action, MPTCP_MB_ACTION_DENY);

static const char *const verdict[] = {
	[MPTCP_MB_VERDICT_ACCEPT]	= "accept",
	[MPTCP_MB_VERDICT_STRIP]	= "strip",
	[MPTCP_MB_VERDICT_DROP]		= "drop",
	[MPTCP_MB_VERDICT_RESET]	= "reset",
	[MPTCP_MB_VERDICT_NEUTRALISE]	= "neutralise",
};
NAMES(verdict, MPTCP_MB_VERDICT_NEUTRALISE);

static const char *const announce[] = {
	[MPTCP_MB_ANNOUNCE_ACCEPT]	= "accept",
	[MPTCP_MB_ANNOUNCE_BLOCK]	= "block",
};
NAMES(announce, MPTCP_MB_ANNOUNCE_BLOCK);

static const char *const cause[] = {
	[MPTCP_MB_CAUSE_DEFAULT]	= "default",
	[MPTCP_MB_CAUSE_SITE]		= "site",
	[MPTCP_MB_CAUSE_JOIN]		= "join",
	[MPTCP_MB_CAUSE_MALFORMED]	= "malformed",
	[MPTCP_MB_CAUSE_ADD_ADDR]	= "add-addr",
	[MPTCP_MB_CAUSE_DATA]		= "data",
	[MPTCP_MB_CAUSE_SEALED]		= "sealed",
	[MPTCP_MB_CAUSE_ORPHAN]		= "orphan",
	[MPTCP_MB_CAUSE_MIDSTREAM]	= "midstream",
	[MPTCP_MB_CAUSE_CLOSING]	= "closing",
};
NAMES(cause, MPTCP_MB_CAUSE_CLOSING);

static const char *const orphan[] = {
	[MPTCP_MB_ORPHAN_AS_JOIN]	= "as-join",
	[MPTCP_MB_ORPHAN_ACCEPT]	= "accept",
	[MPTCP_MB_ORPHAN_RESET]		= "reset",
	[MPTCP_MB_ORPHAN_DROP]		= "drop",
};
NAMES(orphan, MPTCP_MB_ORPHAN_DROP);

static const char *const place[] = {
	[MPTCP_MB_PLACE_SYN]	= "syn",
	[MPTCP_MB_PLACE_SYNACK]	= "synack",
	[MPTCP_MB_PLACE_OTHER]	= "other",
};
NAMES(place, MPTCP_MB_PLACE_OTHER);

static const char *const side[] = {
	[MPTCP_MB_SIDE_CLIENT]	= "client",
	[MPTCP_MB_SIDE_SERVER]	= "server",
};
NAMES(side, MPTCP_MB_SIDE_SERVER);

static const char *const session_state[] = {
	[MPTCP_MB_SESSION_STATE_UNCONFIRMED]	= "unconfirmed",
	[MPTCP_MB_SESSION_STATE_CONFIRMED]	= "confirmed",
	[MPTCP_MB_SESSION_STATE_FALLBACK]	= "fallback",
	[MPTCP_MB_SESSION_STATE_DETACHED]	= "detached",
	[MPTCP_MB_SESSION_STATE_CLOSING]	= "closing",
	[MPTCP_MB_SESSION_STATE_CLOSED]		= "closed",
};
NAMES(session_state, MPTCP_MB_SESSION_STATE_CLOSED);

static const char *const subflow_state[] = {
	[MPTCP_MB_SUBFLOW_STATE_LIVE]	= "live",
	[MPTCP_MB_SUBFLOW_STATE_CLOSED]	= "closed",
};
NAMES(subflow_state, MPTCP_MB_SUBFLOW_STATE_CLOSED);

static const char *const how[] = {
	[MPTCP_MB_HOW_OPEN]		= "open",
	[MPTCP_MB_HOW_FIN]		= "fin",
	[MPTCP_MB_HOW_RST]		= "rst",
	[MPTCP_MB_HOW_DATA_FIN]		= "data-fin",
	[MPTCP_MB_HOW_FASTCLOSE]	= "fastclose",
	[MPTCP_MB_HOW_FALLBACK]		= "fallback",
	[MPTCP_MB_HOW_TIMEOUT]		= "timeout",
	[MPTCP_MB_HOW_EVICTED]		= "evicted",
	[MPTCP_MB_HOW_CLOSED]		= "closed",
	[MPTCP_MB_HOW_REPLACED]		= "replaced",
};
NAMES(how, MPTCP_MB_HOW_REPLACED);

static const char *const fallback_sign[] = {
	[MPTCP_MB_FALLBACK_SIGN_NONE]			= "none",
	[MPTCP_MB_FALLBACK_SIGN_MP_FAIL]		= "mp-fail",
	[MPTCP_MB_FALLBACK_SIGN_INFINITE_MAPPING]	= "infinite-mapping",
	[MPTCP_MB_FALLBACK_SIGN_NO_DSS]			= "no-dss",
};
NAMES(fallback_sign, MPTCP_MB_FALLBACK_SIGN_NO_DSS);

static const char *const session_flag[] = {
	"checksum", "client-key-proven", "server-key-proven", "client-no-join",
	"client-data-fin", "server-data-fin", "denied", "keyless",
};
_Static_assert(MPTCP_MB_SESSION_FLAG_KEYLESS == 1 << 7, "the last bit's name");
NAMES(session_flag, 7);

static const char *const subflow_flag[] = {
	"initial", "client-backup", "server-backup", "client-fin", "server-fin",
};
_Static_assert(MPTCP_MB_SUBFLOW_FLAG_SERVER_FIN == 1 << 4, "the last bit's name");
NAMES(subflow_flag, 4);

static const char *const event[] = {
	[MPTCP_MB_EVENT_SESSION_NEW]		= "session-new",
	[MPTCP_MB_EVENT_SESSION_CONFIRMED]	= "session-confirmed",
	[MPTCP_MB_EVENT_SESSION_FALLBACK]	= "session-fallback",
	[MPTCP_MB_EVENT_SESSION_CLOSED]		= "session-closed",
	[MPTCP_MB_EVENT_SUBFLOW_JOINED]		= "subflow-joined",
	[MPTCP_MB_EVENT_SUBFLOW_REFUSED]	= "subflow-refused",
	[MPTCP_MB_EVENT_SUBFLOW_CLOSED]		= "subflow-closed",
	[MPTCP_MB_EVENT_BAD_HMAC]		= "bad-hmac",
	[MPTCP_MB_EVENT_TABLE_FULL]		= "table-full",
	[MPTCP_MB_EVENT_POLICY_CHANGED]		= "policy-changed",
};
NAMES(event, MPTCP_MB_EVENT_POLICY_CHANGED);

static const char *const hook[] = {
	"forward4", "forward6", "local-in4", "local-in6",
	"local-out4", "local-out6", "defrag4", "defrag6",
};
_Static_assert(MPTCP_MB_HOOK_DEFRAG6 == 1 << 7, "the last bit's name");
NAMES(hook, 7);

/* Of the TCP header's flags (RFC 9293, 3.1), not in the specification */
static const char *const tcp_flag[] = {
	"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr",
};
const struct names names_tcp_flag = { tcp_flag, ARRAY_SIZE(tcp_flag) };

static const char *const switch_[] = { "off", "on" };
const struct names names_switch = { switch_, 2 };

#define C(value, name)	[MPTCP_MB_COUNTER_##value] = name
static const char *const counter[] = {
	C(EXIT_OTHER, "exit-other"),
	C(EXIT_PLAIN, "exit-plain"),
	C(EXIT_TRUNCATED, "exit-truncated"),
	C(EXIT_FRAGMENT, "exit-fragment"),
	C(EXIT_ACCEPT_DEFAULT, "exit-accept-default"),
	C(EXIT_ACCEPT_SITE, "exit-accept-site"),
	C(EXIT_ACCEPT_DATA, "exit-accept-data"),
	C(EXIT_STRIP_DEFAULT, "exit-strip-default"),
	C(EXIT_STRIP_SITE, "exit-strip-site"),
	C(EXIT_STRIP_MALFORMED, "exit-strip-malformed"),
	C(EXIT_DROP_DEFAULT, "exit-drop-default"),
	C(EXIT_DROP_SITE, "exit-drop-site"),
	C(EXIT_DROP_JOIN, "exit-drop-join"),
	C(EXIT_DROP_MALFORMED, "exit-drop-malformed"),
	C(EXIT_DROP_ADD_ADDR, "exit-drop-add-addr"),
	C(EXIT_DROP_SEALED, "exit-drop-sealed"),
	C(EXIT_DROP_FRAGMENT, "exit-drop-fragment"),
	C(EXIT_DROP_RATE, "exit-drop-rate"),
	C(EXIT_DROP_NOMEM, "exit-drop-nomem"),
	C(EXIT_RESET_DEFAULT, "exit-reset-default"),
	C(EXIT_RESET_SITE, "exit-reset-site"),
	C(EXIT_RESET_JOIN, "exit-reset-join"),
	C(EXIT_RESET_MALFORMED, "exit-reset-malformed"),
	C(EXIT_DROP_ORPHAN, "exit-drop-orphan"),
	C(EXIT_DROP_MIDSTREAM, "exit-drop-midstream"),
	C(EXIT_DROP_CLOSING, "exit-drop-closing"),
	C(EXIT_RESET_ORPHAN, "exit-reset-orphan"),
	C(EXIT_RESET_MIDSTREAM, "exit-reset-midstream"),
	C(EXIT_NEUTRALISED, "exit-neutralised"),
	C(WOULD_STRIP_DEFAULT, "would-strip-default"),
	C(WOULD_STRIP_SITE, "would-strip-site"),
	C(WOULD_STRIP_MALFORMED, "would-strip-malformed"),
	C(WOULD_DROP_DEFAULT, "would-drop-default"),
	C(WOULD_DROP_SITE, "would-drop-site"),
	C(WOULD_DROP_JOIN, "would-drop-join"),
	C(WOULD_DROP_MALFORMED, "would-drop-malformed"),
	C(WOULD_DROP_ADD_ADDR, "would-drop-add-addr"),
	C(WOULD_DROP_SEALED, "would-drop-sealed"),
	C(WOULD_DROP_FRAGMENT, "would-drop-fragment"),
	C(WOULD_RESET_DEFAULT, "would-reset-default"),
	C(WOULD_RESET_SITE, "would-reset-site"),
	C(WOULD_RESET_JOIN, "would-reset-join"),
	C(WOULD_RESET_MALFORMED, "would-reset-malformed"),
	C(WOULD_DROP_ORPHAN, "would-drop-orphan"),
	C(WOULD_DROP_MIDSTREAM, "would-drop-midstream"),
	C(WOULD_RESET_ORPHAN, "would-reset-orphan"),
	C(WOULD_RESET_MIDSTREAM, "would-reset-midstream"),
	C(WOULD_NEUTRALISE, "would-neutralise"),
	C(MPTCP, "mptcp"),
	C(SYN, "syn"),
	C(SYNACK, "synack"),
	C(SUBTYPE_MP_CAPABLE, "subtype-mp-capable"),
	C(SUBTYPE_MP_JOIN, "subtype-mp-join"),
	C(SUBTYPE_DSS, "subtype-dss"),
	C(SUBTYPE_ADD_ADDR, "subtype-add-addr"),
	C(SUBTYPE_REMOVE_ADDR, "subtype-remove-addr"),
	C(SUBTYPE_MP_PRIO, "subtype-mp-prio"),
	C(SUBTYPE_MP_FAIL, "subtype-mp-fail"),
	C(SUBTYPE_MP_FASTCLOSE, "subtype-mp-fastclose"),
	C(SUBTYPE_MP_TCPRST, "subtype-mp-tcprst"),
	C(SUBTYPE_9, "subtype-9"),
	C(SUBTYPE_10, "subtype-10"),
	C(SUBTYPE_11, "subtype-11"),
	C(SUBTYPE_12, "subtype-12"),
	C(SUBTYPE_13, "subtype-13"),
	C(SUBTYPE_14, "subtype-14"),
	C(SUBTYPE_MP_EXPERIMENTAL, "subtype-mp-experimental"),
	C(VERSION_0, "version-0"),
	C(VERSION_1, "version-1"),
	C(VERSION_OTHER, "version-other"),
	C(FAULT_OVERRUN, "fault-overrun"),
	C(FAULT_SHORT, "fault-short"),
	C(FAULT_MP_CAPABLE_LEN, "fault-mp-capable-len"),
	C(FAULT_MP_CAPABLE_PLACE, "fault-mp-capable-place"),
	C(FAULT_MP_JOIN_LEN, "fault-mp-join-len"),
	C(FAULT_MP_JOIN_PLACE, "fault-mp-join-place"),
	C(FAULT_DSS_LEN, "fault-dss-len"),
	C(FAULT_DSS_PLACE, "fault-dss-place"),
	C(FAULT_ADD_ADDR_LEN, "fault-add-addr-len"),
	C(FAULT_REMOVE_ADDR_LEN, "fault-remove-addr-len"),
	C(FAULT_MP_PRIO_LEN, "fault-mp-prio-len"),
	C(FAULT_MP_FAIL_LEN, "fault-mp-fail-len"),
	C(FAULT_MP_FASTCLOSE_LEN, "fault-mp-fastclose-len"),
	C(FAULT_MP_TCPRST_LEN, "fault-mp-tcprst-len"),
	C(FAULT_MP_EXPERIMENTAL_LEN, "fault-mp-experimental-len"),
	C(RESET_SENT, "reset-sent"),
	C(RESET_FAILED, "reset-failed"),
	C(RESET_LIMITED, "reset-limited"),
	C(SESSION_LEARNT, "session-learnt"),
	C(SESSION_CONFIRMED, "session-confirmed"),
	C(SESSION_CLOSED, "session-closed"),
	C(SESSION_TIMEOUT, "session-timeout"),
	C(SESSION_EVICTED, "session-evicted"),
	C(SESSION_FULL, "session-full"),
	C(SESSION_SHARE, "session-share"),
	C(KEYS_IGNORED, "keys-ignored"),
	C(JOIN_KNOWN, "join-known"),
	C(JOIN_ORPHAN, "join-orphan"),
	C(JOIN_GRACED, "join-graced"),
	C(JOIN_UNTRACKED, "join-untracked"),
	C(JOIN_BAD_HMAC, "join-bad-hmac"),
	C(SUBFLOW_JOINED, "subflow-joined"),
	C(MIDSTREAM, "midstream"),
	C(CLOSE_SENT, "close-sent"),
	C(EVENT_LOST, "event-lost"),
};
NAMES(counter, MPTCP_MB_COUNTER_EVENT_LOST);

/**
 * name_of() - the name of a value
 * @names:	the enum's
 * @value:	any: a newer kernel may have values that mbctl has no name for
 *
 * Return: its name, or its number, in one of four buffers used in turn
 */
const char *name_of(const struct names *names, unsigned int value)
{
	static char bufs[4][12];
	static unsigned int turn;
	char *buf = bufs[turn++ % 4];

	if (value < names->n)
		return names->name[value];
	sprintf(buf, "%u", value);
	return buf;
}

/**
 * name_value() - the value of a name
 * @names:	the enum's
 * @name:	whole word
 *
 * Return: value, or -1
 */
int name_value(const struct names *names, const char *name)
{
	unsigned int i;

	for (i = 0; i < names->n; i++)
		if (!strcmp(names->name[i], name))
			return i;
	return -1;
}

/**
 * name_list() - for errors: "strip, drop or reset"
 * @names:	the enum's
 * @allowed:	bit (1 << value) for each that is in the list
 *
 * Return: text in a buffer of its own, overwritten by the next call
 */
const char *name_list(const struct names *names, unsigned int allowed)
{
	static char buf[256];
	size_t len = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < names->n; i++) {
		if (!(allowed & (1U << i)))
			continue;
		allowed &= ~(1U << i);
		len += snprintf(buf + len, sizeof(buf) - len, "%s%s",
				!len ? "" : allowed ? ", " : " or ",
				names->name[i]);
	}
	return buf;
}
