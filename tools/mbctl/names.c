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
};
NAMES(cause, MPTCP_MB_CAUSE_SEALED);

static const char *const hook[] = {
	"forward4", "forward6", "local-in4", "local-in6",
	"local-out4", "local-out6", "defrag4", "defrag6",
};
_Static_assert(MPTCP_MB_HOOK_DEFRAG6 == 1 << 7, "the last bit's name");
NAMES(hook, 7);

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
};
NAMES(counter, MPTCP_MB_COUNTER_RESET_LIMITED);

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
	static char buf[128];
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
