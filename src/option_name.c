// SPDX-License-Identifier: GPL-2.0
/* Names of MPTCP subtypes and of what can be wrong with an option, for people.
 * The module itself says it in numbers.
 */
#include "option.h"

/**
 * mb_subtype_name() - what the counters call a subtype
 * @subtype:	enum mb_subtype, or one that has no name: 0 to 15; 0xff is none
 *
 * Return: constant string; "subtype-" before it gives the counter's name
 */
const char *mb_subtype_name(unsigned int subtype)
{
	static const char *const names[MB_SUBTYPES] = {
		"mp-capable", "mp-join", "dss", "add-addr", "remove-addr",
		"mp-prio", "mp-fail", "mp-fastclose", "mp-tcprst",
		"9", "10", "11", "12", "13", "14", "mp-experimental",
	};

	return subtype < MB_SUBTYPES ? names[subtype] : "none";
}

/**
 * mb_fault_name() - what the counters call a fault
 * @fault:	enum mb_fault
 *
 * Return: constant string; "fault-" before it gives the counter's name
 */
const char *mb_fault_name(unsigned int fault)
{
	static const char *const names[MB_FAULTS] = {
		"overrun", "short", "mp-capable-len", "mp-capable-place",
		"mp-join-len", "mp-join-place", "dss-len", "dss-place",
		"add-addr-len", "remove-addr-len", "mp-prio-len", "mp-fail-len",
		"mp-fastclose-len", "mp-tcprst-len", "mp-experimental-len",
	};

	return fault < MB_FAULTS ? names[fault] : "none";
}
