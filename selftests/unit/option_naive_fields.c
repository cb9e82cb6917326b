// SPDX-License-Identifier: GPL-2.0
/*
 * What the naive parser saw, in the words of describe(), each field read off the bytes where the
 * figures of RFC 8684 and RFC 6824 have it.
 */
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

/* @n bytes, the first of most weight */
static unsigned long long big(const u8 *p, unsigned int n)
{
	unsigned long long value = 0;

	while (n--)
		value = value << 8 | *p++;
	return value;
}

/* 3.1 of both; from version 2 on nobody knows what is behind the flags. */
static void capable(const u8 *p, unsigned int len, unsigned int off)
{
	unsigned int version = p[2] % 16;

	add(" v%u flags=%02x", version, len > 3 ? p[3] : 0);
	if (version > 1)
		return;
	if (len >= 4 + 8)
		add(" snd@%u", off + 4);
	if (len >= 4 + 8 + 8)
		add(" rcv@%u", off + 12);
	add("%s%s", len >= 22 ? " len" : "", len >= 24 ? " csum" : "");
}

/* 3.2 */
static void join(const u8 *p, unsigned int len, unsigned int off)
{
	if (len == 12)
		add(" id=%u%s token=%llx nonce=%llx hmac@0", p[3], p[2] & 1 ? " backup" : "",
		    big(p + 4, 4), big(p + 8, 4));
	else if (len == 16)
		add(" id=%u%s token=0 nonce=%llx hmac@%u", p[3], p[2] & 1 ? " backup" : "",
		    big(p + 12, 4), off + 4);
	else
		add(" id=0 token=0 nonce=0 hmac@%u", off + 4);
}

/* 3.3: F m M a A are bits 4 to 0; F, as m, is about a mapping. */
static void dss(const u8 *p, unsigned int len)
{
	unsigned int at = 4, n;

	if (p[3] & 1) {
		n = p[3] & 2 ? 8 : 4;
		add(" ack%u=%llx", n, big(p + at, n));
		at += n;
	}
	if (!(p[3] & 4))
		return;
	n = p[3] & 8 ? 8 : 4;
	add(" seq%u=%llx sub=%llx len=%llx", n, big(p + at, n), big(p + at + n, 4),
	    big(p + at + n + 4, 2));
	at += n + 6;
	if (at < len)
		add(" csum=%llx", big(p + at, 2));
	add("%s", p[3] & 16 ? " fin" : "");
}

/* 3.4.1 of both. By length: is the address of IPv6, is there a
 * port, is there an HMAC?
 */
static void add_addr(const u8 *p, unsigned int len, unsigned int off)
{
	static const struct {
		unsigned int len, addr, port;
		bool hmac;
	} forms[] = {
		{ 8, 4, 0, false }, { 10, 4, 2, false }, { 16, 4, 0, true }, { 18, 4, 2, true },
		{ 20, 16, 0, false }, { 22, 16, 2, false }, { 28, 16, 0, true }, { 30, 16, 2, true },
	};
	unsigned int i = 0, version = p[2] % 16;

	while (forms[i].len != len)
		i++;
	add(" %s id=%u addr%u@%u", forms[i].hmac ? "v1" :
	    version == (forms[i].addr == 4 ? 4 : 6) ? "v0" : "echo", p[3], forms[i].addr, off + 4);
	if (forms[i].port)
		add(" port=%llu", big(p + 4 + forms[i].addr, 2));
	if (forms[i].hmac)
		add(" hmac@%u", off + len - 8);
}

static void fields(const u8 *p, unsigned int len, unsigned int off)
{
	switch (p[2] >> 4) {
	case 0:
		capable(p, len, off);
		break;
	case 1:
		join(p, len, off);
		break;
	case 2:
		dss(p, len);
		break;
	case 3:
		add_addr(p, len, off);
		break;
	case 4:
		add(" ids@%ux%u", off + 3, len - 3);
		break;
	case 5:
		add("%s", p[2] & 1 ? " backup" : " regular");
		if (len == 4)
			add(" id=%u", p[3]);
		break;
	case 6:
		add(" seq=%llx", big(p + 4, 8));
		break;
	case 7:
		add(" key@%u", off + 4);
		break;
	case 8:
		add(" flags=%x reason=%u", p[2] % 16, p[3]);
		break;
	}
}

/* All that there is to say of the MPTCP options among @len bytes. */
const char *naive_describe(const u8 *b, unsigned int len, enum mb_place place)
{
	struct seen seen;
	unsigned int i;

	used = 0;
	text[0] = 0;
	naive_parse(b, len, place, &seen);
	for (i = 0; i < seen.n; i++) {
		const unsigned int off = seen.opt[i].off, fault = seen.opt[i].fault;
		const u8 *p = b + off;

		add("%s%s@%u+%u", i ? "; " : "", mb_subtype_name(seen.opt[i].subtype), off,
		    seen.opt[i].len);
		if (fault == MB_FAULT_NONE || fault == MB_FAULT_CAPABLE_PLACE ||
		    fault == MB_FAULT_JOIN_PLACE || fault == MB_FAULT_DSS_PLACE)
			fields(p, seen.opt[i].len, off);
		else if (fault == MB_FAULT_CAPABLE_LEN)
			add(" v%u flags=%02x", p[2] % 16, seen.opt[i].len > 3 ? p[3] : 0);
		if (fault != MB_FAULT_NONE)
			add(" !%s", mb_fault_name(fault));
	}
	if (seen.sealed)
		add("%ssealed", used ? " " : "");
	return text;
}
