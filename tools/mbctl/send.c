// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include "send.h"

/**
 * struct sending - statements on their way
 * @nl:		socket
 * @list:	statements
 * @failed:	for each: refused, or not sent; may be NULL
 * @bad:	index of the first one refused; @list->n none
 * @why:	why
 */
struct sending {
	struct nl *nl;
	const struct stmts *list;
	bool *failed;
	unsigned int bad;
	struct nl_refusal why;
};

static bool encode(void *buf, unsigned int i, void *data)
{
	struct sending *s = data;

	if (s->bad < s->list->n)
		return false;
	stmt_encode(s->nl, buf, &s->list->v[i]);
	if (s->failed)
		s->failed[i] = false;
	return true;
}

static void refused(unsigned int i, const struct nl_refusal *why, void *data)
{
	struct sending *s = data;

	if (s->failed)
		s->failed[i] = true;
	if (i < s->bad) {
		s->bad = i;
		s->why = *why;
	}
}

/* The earlier statement that the bad one cannot stand beside, or NULL. */
static const struct stmt *find_clash(const struct sending *s, int *clash)
{
	const struct stmt *bad = &s->list->v[s->bad], *other;

	if (bad->cmd != MPTCP_MB_CMD_SITE_ADD &&
	    bad->cmd != MPTCP_MB_CMD_SITE_REPLACE)
		return NULL;
	for (other = s->list->v; other < bad; other++) {
		if (other->cmd == MPTCP_MB_CMD_POLICY_SET)
			continue;
		*clash = entry_clash(&other->entry, &bad->entry);
		if (*clash)
			return other;
	}
	return NULL;
}

/* What the kernel said of a statement, with its line, and with the place of the
 * one that it clashes with, if it does.
 */
static int blame(struct sending *s, struct err *e)
{
	const struct stmt *bad = &s->list->v[s->bad], *other;
	char prefix[PREFIX_STRLEN], place[400];
	NL_BUFFER(buf);
	int clash;

	if (bad->cmd == MPTCP_MB_CMD_POLICY_SET)
		return nl_refusal_err(stmt_place(bad), &s->why,
				      stmt_encode(s->nl, buf, bad), e);
	prefix_text(&bad->entry.to, prefix);
	other = find_clash(s, &clash);
	if (other && clash == 1)
		return err_set(e, STATUS_KERNEL,
			       other->file ? "%s: %s: the same entry stands in %s: remove one of them" :
			       "%s: %s: exists already: remove the line, or first the entry with site del",
			       stmt_place(bad), prefix,
			       other->file ? stmt_place(other) : "");
	if (other)
		return err_set(e, STATUS_KERNEL,
			       "%s: %s: its marks overlap with those of the like entry %s%s: remove one of them",
			       stmt_place(bad), prefix, other->file ? "in " : "that is there",
			       other->file ? stmt_place(other) : "");
	snprintf(place, sizeof(place), "%s: %s", stmt_place(bad), prefix);
	return nl_refusal_err(place, &s->why, stmt_encode(s->nl, buf, bad), e);
}

/**
 * stmts_send() - send statements, stop soon after one is refused
 * @nl:		socket, with a transaction or without
 * @list:	statements
 * @failed:	NULL; or filled, for each: it was refused, or not sent
 * @e:		filled on error, names the first statement refused
 *
 * Return: 0 or -1
 */
int stmts_send(struct nl *nl, const struct stmts *list, bool *failed,
	       struct err *e)
{
	struct sending s = { nl, list, failed, list->n, { 0 } };
	unsigned int i;

	for (i = 0; failed && i < list->n; i++)
		failed[i] = true;
	if (nl_send_many(nl, list->n, encode, refused, &s, e))
		return -1;
	return s.bad < list->n ? blame(&s, e) : 0;
}

static bool encode_removal(void *buf, unsigned int i, void *data)
{
	struct sending *s = data;
	struct stmt removal = s->list->v[i];

	/* what was not added must stay: ask for something else instead */
	if (s->failed[i]) {
		nl_request(s->nl, buf, MPTCP_MB_CMD_STATS_GET, 0);
		return true;
	}
	removal.cmd = MPTCP_MB_CMD_SITE_DEL;
	removal.entry.has &= ENTRY_KEY;
	stmt_encode(s->nl, buf, &removal);
	return true;
}

static void ignore(unsigned int i, const struct nl_refusal *why, void *data)
{
	(void)i;
	(void)why;
	(void)data;
}

/**
 * stmts_take_back() - remove the entries that were added
 * @nl:		socket
 * @list:	site add statements
 * @failed:	which of them were not
 */
void stmts_take_back(struct nl *nl, const struct stmts *list,
		     const bool *failed)
{
	struct sending s = { nl, list, (bool *)failed, list->n, { 0 } };
	struct err e;

	nl_send_many(nl, list->n, encode_removal, ignore, &s, &e);
}
