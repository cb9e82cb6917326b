// SPDX-License-Identifier: GPL-2.0
/* What the parser found, as text: NAME@OFFSET+LENGTH and every field; a fault after a "!". */
#include <stdarg.h>
#include <stdio.h>

#include "option_aid.h"

static char text[4096];
static unsigned int used;

__attribute__((format(printf, 1, 2)))
static void add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	used += vsnprintf(text + used, sizeof(text) - used, format, args);
	va_end(args);
}

static void capable(const struct mb_option *o)
{
	add(" v%u flags=%02x", o->capable.version, o->capable.flags);
	if (o->capable.has_sender_key)
		add(" snd@%u", o->capable.sender_key_off);
	if (o->capable.has_receiver_key)
		add(" rcv@%u", o->capable.receiver_key_off);
	add("%s%s", o->capable.has_data_len ? " len" : "", o->capable.has_csum ? " csum" : "");
}

static void join(const struct mb_option *o)
{
	add(" id=%u%s", o->join.addr_id, o->join.backup ? " backup" : "");
	add(" token=%x nonce=%x hmac@%u", o->join.token, o->join.nonce, o->join.hmac_off);
}

static void dss(const struct mb_option *o)
{
	if (o->dss.ack_len)
		add(" ack%u=%llx", o->dss.ack_len, (unsigned long long)o->dss.data_ack);
	if (o->dss.seq_len)
		add(" seq%u=%llx sub=%x len=%x", o->dss.seq_len,
		    (unsigned long long)o->dss.data_seq, o->dss.subflow_seq, o->dss.data_len);
	if (o->dss.has_csum)
		add(" csum=%x", o->dss.csum);
	if (o->dss.data_fin)
		add(" fin");
}

static void add_addr(const struct mb_option *o)
{
	static const char *const forms[] = { "echo", "v1", "v0" };

	add(" %s id=%u addr%u@%u", forms[o->add_addr.form], o->add_addr.addr_id,
	    o->add_addr.addr_len, o->add_addr.addr_off);
	if (o->add_addr.has_port)
		add(" port=%u", o->add_addr.port);
	if (o->add_addr.hmac_off)
		add(" hmac@%u", o->add_addr.hmac_off);
}

static void prio(const struct mb_option *o)
{
	add("%s", o->prio.backup ? " backup" : " regular");
	if (o->prio.has_addr_id)
		add(" id=%u", o->prio.addr_id);
}

static void fields(const struct mb_option *o)
{
	if (o->subtype == MB_MP_CAPABLE)
		capable(o);
	else if (o->subtype == MB_MP_JOIN)
		join(o);
	else if (o->subtype == MB_DSS)
		dss(o);
	else if (o->subtype == MB_ADD_ADDR)
		add_addr(o);
	else if (o->subtype == MB_REMOVE_ADDR)
		add(" ids@%ux%u", o->remove_addr.ids_off, o->remove_addr.ids);
	else if (o->subtype == MB_MP_PRIO)
		prio(o);
	else if (o->subtype == MB_MP_FAIL)
		add(" seq=%llx", (unsigned long long)o->fail.data_seq);
	else if (o->subtype == MB_MP_FASTCLOSE)
		add(" key@%u", o->fastclose.key_off);
	else if (o->subtype == MB_MP_TCPRST)
		add(" flags=%x reason=%u", o->tcprst.flags, o->tcprst.reason);
}

static bool misplaced(const struct mb_option *o)
{
	return o->fault == MB_FAULT_CAPABLE_PLACE || o->fault == MB_FAULT_JOIN_PLACE ||
	       o->fault == MB_FAULT_DSS_PLACE;
}

/* Fields wherever option.h promises them. */
const char *describe(const struct mb_options *opts)
{
	unsigned int i;

	used = 0;
	text[0] = 0;
	for (i = 0; i < opts->n; i++) {
		const struct mb_option *o = &opts->opt[i];

		add("%s%s@%u+%u", i ? "; " : "", mb_subtype_name(o->subtype), o->off, o->len);
		if (o->fault == MB_FAULT_NONE || misplaced(o))
			fields(o);
		else if (o->fault == MB_FAULT_CAPABLE_LEN)
			add(" v%u flags=%02x", o->capable.version, o->capable.flags);
		if (o->fault != MB_FAULT_NONE)
			add(" !%s", mb_fault_name(o->fault));
	}
	if (opts->sealed)
		add("%ssealed", used ? " " : "");
	return text;
}

static bool within(const struct mb_option *o, unsigned int off, unsigned int size)
{
	return off >= o->off + 3u && off + size <= (unsigned int)o->off + o->len;
}

/* Every place that a field names lies in its option. */
bool inside(const struct mb_options *opts)
{
	unsigned int i;

	for (i = 0; i < opts->n; i++) {
		const struct mb_option *o = &opts->opt[i];
		bool ok = true;

		if (o->fault != MB_FAULT_NONE && !misplaced(o))
			continue;
		if (o->subtype == MB_MP_CAPABLE)
			ok = (!o->capable.has_sender_key ||
			      within(o, o->capable.sender_key_off, 8)) &&
			     (!o->capable.has_receiver_key ||
			      within(o, o->capable.receiver_key_off, 8));
		else if (o->subtype == MB_MP_JOIN)
			ok = !o->join.hmac_off ||
			     within(o, o->join.hmac_off, o->len == 24 ? 20 : 8);
		else if (o->subtype == MB_ADD_ADDR)
			ok = within(o, o->add_addr.addr_off, o->add_addr.addr_len) &&
			     (!o->add_addr.hmac_off || within(o, o->add_addr.hmac_off, 8));
		else if (o->subtype == MB_REMOVE_ADDR)
			ok = o->remove_addr.ids &&
			     within(o, o->remove_addr.ids_off, o->remove_addr.ids);
		else if (o->subtype == MB_MP_FASTCLOSE)
			ok = within(o, o->fastclose.key_off, 8);
		if (!ok)
			return false;
	}
	return true;
}
