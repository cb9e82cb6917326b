// SPDX-License-Identifier: GPL-2.0
/* Attributes of answers; what an attribute of a request is called. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <string.h>
#include <sys/socket.h>

#include "entry.h"
#include "nl.h"
#include "setting.h"
#include "util.h"

/* A table entry for each type up to @max, the last one of it; unknown types
 * are a newer kernel's.
 */
static void note(const struct nlattr *attr, const struct nlattr **tb,
		 unsigned int max)
{
	if (mnl_attr_get_type(attr) <= max)
		tb[mnl_attr_get_type(attr)] = attr;
}

/**
 * nl_parse() - a message's attributes by type
 * @nlh:	message of a generic netlink family
 * @tb:		filled, @max + 1 of them
 * @max:	highest type
 */
void nl_parse(const struct nlmsghdr *nlh, const struct nlattr **tb,
	      unsigned int max)
{
	const struct nlattr *attr;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		note(attr, tb, max);
}

/**
 * nl_parse_nested() - a nest's attributes by type
 * @nest:	attribute
 * @tb:		filled, @max + 1 of them
 * @max:	highest type
 */
void nl_parse_nested(const struct nlattr *nest, const struct nlattr **tb,
		     unsigned int max)
{
	const struct nlattr *attr;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	mnl_attr_for_each_nested(attr, nest)
		note(attr, tb, max);
}

/**
 * nl_uint() - the number in an attribute
 * @attr:	attribute of 1, 2, 4 or 8 bytes, host byte order
 * @out:	the number
 *
 * Return: 0 or -1: another length
 */
int nl_uint(const struct nlattr *attr, uint64_t *out)
{
	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		*out = mnl_attr_get_u8(attr);
		return 0;
	case 2:
		*out = mnl_attr_get_u16(attr);
		return 0;
	case 4:
		*out = mnl_attr_get_u32(attr);
		return 0;
	case 8:
		*out = mnl_attr_get_u64(attr);
		return 0;
	}
	return -1;
}

/**
 * nl_uints() - all numbers among attributes
 * @tb:		attributes by type
 * @max:	highest type, at most 63
 * @others:	bit (1 << type) for each that is no number
 * @has:	set to true for each that is there, numbers or not
 * @out:	the numbers, by type
 *
 * Return: 0 or -1: a number has another length
 */
int nl_uints(const struct nlattr **tb, unsigned int max, uint64_t others,
	     bool *has, uint64_t *out)
{
	unsigned int i;

	for (i = 1; i <= max; i++) {
		has[i] = tb[i];
		if (tb[i] && !(others & (1ULL << i)) && nl_uint(tb[i], &out[i]))
			return -1;
	}
	return 0;
}

/**
 * nl_address() - the address in an attribute
 * @attr:	attribute of 4 or 16 bytes, or NULL
 * @p:		all its bits long; AF_UNSPEC if there is none
 *
 * Return: 0 or -1: another length
 */
int nl_address(const struct nlattr *attr, struct prefix *p)
{
	memset(p, 0, sizeof(*p));
	if (!attr)
		return 0;
	switch (mnl_attr_get_payload_len(attr)) {
	case 4:
		p->family = AF_INET;
		break;
	case 16:
		p->family = AF_INET6;
		break;
	default:
		return -1;
	}
	p->len = prefix_bits(p);
	memcpy(p->addr, mnl_attr_get_payload(attr), p->len / 8);
	return 0;
}

/**
 * nl_string() - the text in an attribute
 * @attr:	attribute, with or without a NUL at its end
 *
 * Return: to be freed
 */
char *nl_string(const struct nlattr *attr)
{
	return xasprintf("%.*s", (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
}

/**
 * nl_nonsense() - the error for an answer that makes no sense
 * @place:	the command
 * @e:		filled
 *
 * Return: -1
 */
int nl_nonsense(const char *place, struct err *e)
{
	return err_set(e, STATUS_KERNEL,
		       "%s: the kernel's answer cannot be read: use an mbctl of the module's version",
		       place);
}

/* The word that stands for the attribute at @offset of the request */
static const char *blamed(const struct nlmsghdr *req, uint32_t offset)
{
	const char *at = (const char *)req + offset;
	const struct nlattr *nest, *attr;

	mnl_attr_for_each(nest, req, sizeof(struct genlmsghdr)) {
		const bool site = mnl_attr_get_type(nest) == MPTCP_MB_A_SITE;

		if (!site && mnl_attr_get_type(nest) != MPTCP_MB_A_SETTINGS)
			continue;
		mnl_attr_for_each_nested(attr, nest)
			if ((const char *)attr == at)
				return site ? entry_attr_name(mnl_attr_get_type(attr)) :
					      setting_attr_name(mnl_attr_get_type(attr));
	}
	return NULL;
}

static int put_refusal(const char *place, const struct nl_refusal *why,
		       const char *word, struct err *e)
{
	if (why->text[0])
		return err_set(e, STATUS_KERNEL, "%s: %s%s%s", place,
			       word ? word : "", word ? ": " : "", why->text);
	switch (why->errnum) {
	case EPERM:
	case EACCES:
		return err_set(e, STATUS_KERNEL,
			       "%s: not permitted: it needs CAP_NET_ADMIN in this network namespace: become root",
			       place);
	case EOPNOTSUPP:
		return err_set(e, STATUS_KERNEL,
			       "%s: the loaded module does not know this: load an mptcp_mb of mbctl's version",
			       place);
	case ENOMEM:
	case ENOBUFS:
		return err_set(e, STATUS_KERNEL, "%s: the kernel has no memory for it",
			       place);
	}
	return err_set(e, STATUS_KERNEL, "%s: %s%sthe kernel refuses: %s", place,
		       word ? word : "", word ? ": " : "", strerror(why->errnum));
}

/**
 * nl_refusal_err() - what the kernel said, as an error
 * @place:	the command, or FILE:LINE
 * @why:	what it said
 * @req:	the request, or NULL
 * @e:		filled
 *
 * Return: -1
 */
int nl_refusal_err(const char *place, const struct nl_refusal *why,
		   const struct nlmsghdr *req, struct err *e)
{
	put_refusal(place, why, req && why->offset ? blamed(req, why->offset) : NULL, e);
	e->errnum = why->errnum;
	return -1;
}
