// SPDX-License-Identifier: GPL-2.0
/* Netlink attributes <-> settings and sites. What is refused is told with the
 * attribute and, where there is one, the remedy.
 */
#include <linux/jiffies.h>
#include <net/ipv6.h>

#include "netlink_attr.h"
#include "netlink_gen.h"

static int bad(struct netlink_ext_ack *extack, const struct nlattr *attr,
	       const char *msg)
{
	NL_SET_BAD_ATTR(extack, attr);
	if (extack)
		extack->_msg = msg;
	return -EINVAL;
}

static void get_session_settings(struct nlattr **tb, struct mb_settings *new)
{
	if (tb[MPTCP_MB_SET_ORPHAN])
		new->orphan = nla_get_u8(tb[MPTCP_MB_SET_ORPHAN]);
	if (tb[MPTCP_MB_SET_ORPHAN_GRACE])
		new->orphan_grace = nla_get_u32(tb[MPTCP_MB_SET_ORPHAN_GRACE]);
	if (tb[MPTCP_MB_SET_MIDSTREAM])
		new->midstream = nla_get_u8(tb[MPTCP_MB_SET_MIDSTREAM]);
	if (tb[MPTCP_MB_SET_MAX_SESSIONS])
		new->max_sessions = nla_get_u32(tb[MPTCP_MB_SET_MAX_SESSIONS]);
	if (tb[MPTCP_MB_SET_SESSION_TIMEOUT])
		new->session_timeout =
			nla_get_u32(tb[MPTCP_MB_SET_SESSION_TIMEOUT]);
	if (tb[MPTCP_MB_SET_SHARE_MARK])
		new->share_mark = nla_get_u32(tb[MPTCP_MB_SET_SHARE_MARK]);
}

/**
 * mb_attr_get_settings() - read settings
 * @nest:	MPTCP_MB_A_SETTINGS
 * @set:	those that @nest has are overwritten; only on success
 * @extack:	told why not
 *
 * Return: 0 or -EINVAL
 */
int mb_attr_get_settings(const struct nlattr *nest, struct mb_settings *set,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[MPTCP_MB_SET_MAX + 1];
	struct mb_settings new = *set;
	int err;

	err = nla_parse_nested(tb, MPTCP_MB_SET_MAX, nest,
			       mptcp_mb_settings_nl_policy, extack);
	if (err)
		return err;
	if (tb[MPTCP_MB_SET_GENERATION])
		return bad(extack, tb[MPTCP_MB_SET_GENERATION],
			   "the generation is read only");
	if (tb[MPTCP_MB_SET_JOIN] &&
	    nla_get_u8(tb[MPTCP_MB_SET_JOIN]) == MPTCP_MB_VERDICT_STRIP)
		return bad(extack, tb[MPTCP_MB_SET_JOIN],
			   "join cannot be strip: a stripped join opens a stray TCP connection; accept, reset or drop it");
	if (tb[MPTCP_MB_SET_MIDSTREAM] &&
	    nla_get_u8(tb[MPTCP_MB_SET_MIDSTREAM]) == MPTCP_MB_VERDICT_STRIP)
		return bad(extack, tb[MPTCP_MB_SET_MIDSTREAM],
			   "midstream cannot be strip: half-stripped sessions corrupt data; accept, reset or drop them");
	if (tb[MPTCP_MB_SET_MODE])
		new.mode = nla_get_u8(tb[MPTCP_MB_SET_MODE]);
	if (tb[MPTCP_MB_SET_DEFAULT])
		new.dflt = nla_get_u8(tb[MPTCP_MB_SET_DEFAULT]);
	if (tb[MPTCP_MB_SET_FALLBACK])
		new.fallback = nla_get_u8(tb[MPTCP_MB_SET_FALLBACK]);
	if (tb[MPTCP_MB_SET_JOIN])
		new.join = nla_get_u8(tb[MPTCP_MB_SET_JOIN]);
	if (tb[MPTCP_MB_SET_ADD_ADDR])
		new.add_addr = nla_get_u8(tb[MPTCP_MB_SET_ADD_ADDR]);
	if (tb[MPTCP_MB_SET_MALFORMED])
		new.malformed = nla_get_u8(tb[MPTCP_MB_SET_MALFORMED]);
	if (tb[MPTCP_MB_SET_LOCAL])
		new.local = nla_get_u8(tb[MPTCP_MB_SET_LOCAL]);
	if (tb[MPTCP_MB_SET_RESET_RATE])
		new.reset_rate = nla_get_u32(tb[MPTCP_MB_SET_RESET_RATE]);
	get_session_settings(tb, &new);
	*set = new;
	return 0;
}

/**
 * mb_attr_put_settings() - write settings
 * @skb:	message
 * @type:	of the nest
 * @set:	settings
 * @generation:	of the policy; 0 leaves it out
 *
 * Return: 0 or -EMSGSIZE
 */
int mb_attr_put_settings(struct sk_buff *skb, int type,
			 const struct mb_settings *set, u32 generation)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest ||
	    nla_put_u8(skb, MPTCP_MB_SET_MODE, set->mode) ||
	    nla_put_u8(skb, MPTCP_MB_SET_DEFAULT, set->dflt) ||
	    nla_put_u8(skb, MPTCP_MB_SET_FALLBACK, set->fallback) ||
	    nla_put_u8(skb, MPTCP_MB_SET_JOIN, set->join) ||
	    nla_put_u8(skb, MPTCP_MB_SET_ADD_ADDR, set->add_addr) ||
	    nla_put_u8(skb, MPTCP_MB_SET_MALFORMED, set->malformed) ||
	    nla_put_u8(skb, MPTCP_MB_SET_LOCAL, set->local) ||
	    nla_put_u32(skb, MPTCP_MB_SET_RESET_RATE, set->reset_rate) ||
	    nla_put_u8(skb, MPTCP_MB_SET_ORPHAN, set->orphan) ||
	    nla_put_u32(skb, MPTCP_MB_SET_ORPHAN_GRACE, set->orphan_grace) ||
	    nla_put_u8(skb, MPTCP_MB_SET_MIDSTREAM, set->midstream) ||
	    nla_put_u32(skb, MPTCP_MB_SET_MAX_SESSIONS, set->max_sessions) ||
	    nla_put_u32(skb, MPTCP_MB_SET_SESSION_TIMEOUT,
			set->session_timeout) ||
	    nla_put_u32(skb, MPTCP_MB_SET_SHARE_MARK, set->share_mark) ||
	    (generation &&
	     nla_put_u32(skb, MPTCP_MB_SET_GENERATION, generation)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static bool host_bits(const struct in6_addr *addr, unsigned int len)
{
	unsigned int i;

	for (i = len; i < 128; i++)
		if (addr->s6_addr[i / 8] & (0x80 >> (i % 8)))
			return true;
	return false;
}

/* A prefix: the address's length in bytes tells the family. */
static int get_prefix(const struct nlattr *addr, const struct nlattr *plen,
		      struct in6_addr *out, u8 *family, u8 *len,
		      struct netlink_ext_ack *extack)
{
	unsigned int bits;

	memset(out, 0, sizeof(*out));
	if (!addr) {
		*family = AF_UNSPEC;
		*len = 0;
		if (plen)
			return bad(extack, plen, "a prefix length without an address");
		return 0;
	}
	switch (nla_len(addr)) {
	case sizeof(struct in_addr):
		*family = AF_INET;
		break;
	case sizeof(struct in6_addr):
		*family = AF_INET6;
		break;
	default:
		return bad(extack, addr, "an address has 4 or 16 bytes");
	}
	bits = nla_len(addr) * 8;
	memcpy(out, nla_data(addr), nla_len(addr));
	*len = plen ? nla_get_u8(plen) : bits;
	if (*len > bits)
		return bad(extack, plen, "an IPv4 prefix has at most 32 bits");
	if (*family == AF_INET6 && *len >= 96 && ipv6_addr_v4mapped(out))
		return bad(extack, addr,
			   "an IPv4 address mapped into IPv6: segments have it as IPv4, give its 4 bytes");
	if (host_bits(out, *len))
		return bad(extack, addr,
			   "the address has bits beyond its prefix: make them zero, or the prefix longer");
	return 0;
}

static int get_mark(const struct nlattr *mark, const struct nlattr *mask,
		    u32 *out, u32 *out_mask, struct netlink_ext_ack *extack)
{
	if (!mark)
		return bad(extack, mask, "a mask without a mark");
	*out = nla_get_u32(mark);
	*out_mask = mask ? nla_get_u32(mask) : U32_MAX;
	if (!*out_mask)
		return bad(extack, mask,
			   "mask 0 matches every mark: leave the mark out");
	if (*out & ~*out_mask)
		return bad(extack, mark,
			   "the mark has bits outside its mask: it would match nothing");
	return 0;
}

static int get_key(struct nlattr **tb, struct mb_site_key *key,
		   struct netlink_ext_ack *extack)
{
	int err;

	memset(key, 0, sizeof(*key));
	err = get_prefix(tb[MPTCP_MB_SITE_ADDRESS],
			 tb[MPTCP_MB_SITE_PREFIX_LEN], &key->addr, &key->family,
			 &key->len, extack);
	if (err)
		return err;
	err = get_prefix(tb[MPTCP_MB_SITE_FROM_ADDRESS],
			 tb[MPTCP_MB_SITE_FROM_PREFIX_LEN], &key->from,
			 &key->from_family, &key->from_len, extack);
	if (err)
		return err;
	if (tb[MPTCP_MB_SITE_FROM_ADDRESS]) {
		key->flags |= MB_SITE_FROM;
		if (key->family && key->family != key->from_family)
			return bad(extack, tb[MPTCP_MB_SITE_FROM_ADDRESS],
				   "the client's prefix is of another address family than the site's");
	}
	if (tb[MPTCP_MB_SITE_PORT]) {
		key->flags |= MB_SITE_HAS_PORT;
		key->port = nla_get_u16(tb[MPTCP_MB_SITE_PORT]);
	}
	if (tb[MPTCP_MB_SITE_MARK] || tb[MPTCP_MB_SITE_MARK_MASK]) {
		key->flags |= MB_SITE_HAS_MARK;
		err = get_mark(tb[MPTCP_MB_SITE_MARK],
			       tb[MPTCP_MB_SITE_MARK_MASK], &key->mark,
			       &key->mark_mask, extack);
		if (err)
			return err;
	}
	if (tb[MPTCP_MB_SITE_CTMARK] || tb[MPTCP_MB_SITE_CTMARK_MASK]) {
		key->flags |= MB_SITE_HAS_CTMARK;
		err = get_mark(tb[MPTCP_MB_SITE_CTMARK],
			       tb[MPTCP_MB_SITE_CTMARK_MASK], &key->ctmark,
			       &key->ctmark_mask, extack);
		if (err)
			return err;
	}
	if (nla_get_flag(tb[MPTCP_MB_SITE_OVERRIDE]))
		key->flags |= MB_SITE_OVERRIDE;
	return 0;
}

/* How many bytes of one UTF-8 sequence (RFC 3629, 4) are at @s, and not those
 * of a control character; 0 if they are no such thing.
 */
static unsigned int utf8_len(const u8 *s)
{
	unsigned int i, n;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xc2 && s[1] < 0xa0) ||	/* C1 controls */
	    (s[0] == 0xe0 && s[1] < 0xa0) ||	/* overlong */
	    (s[0] == 0xed && s[1] > 0x9f) ||	/* surrogates */
	    (s[0] == 0xf0 && s[1] < 0x90) ||	/* overlong */
	    (s[0] == 0xf4 && s[1] > 0x8f))	/* beyond Unicode */
		return 0;
	return n;
}

static bool printable(const u8 *s)
{
	while (*s) {
		unsigned int n = utf8_len(s);

		if (!n)
			return false;
		s += n;
	}
	return true;
}

static int get_values(struct nlattr **tb, struct mb_site_new *entry,
		      struct netlink_ext_ack *extack)
{
	entry->join = MB_SITE_INHERIT;
	entry->fallback = MB_SITE_INHERIT;
	if (!tb[MPTCP_MB_SITE_ACTION])
		return bad(extack, NULL, "an entry needs allow or deny");
	entry->action = nla_get_u8(tb[MPTCP_MB_SITE_ACTION]);
	if (tb[MPTCP_MB_SITE_JOIN]) {
		if (entry->action != MPTCP_MB_ACTION_ALLOW)
			return bad(extack, tb[MPTCP_MB_SITE_JOIN],
				   "join goes with allow only");
		entry->join = nla_get_u8(tb[MPTCP_MB_SITE_JOIN]);
		if (entry->join == MPTCP_MB_VERDICT_STRIP)
			return bad(extack, tb[MPTCP_MB_SITE_JOIN],
				   "join cannot be strip: a stripped join opens a stray TCP connection; accept, reset or drop it");
	}
	if (tb[MPTCP_MB_SITE_FALLBACK]) {
		if (entry->action != MPTCP_MB_ACTION_DENY)
			return bad(extack, tb[MPTCP_MB_SITE_FALLBACK],
				   "fallback goes with deny only");
		entry->fallback = nla_get_u8(tb[MPTCP_MB_SITE_FALLBACK]);
	}
	if (tb[MPTCP_MB_SITE_TIMEOUT])
		entry->timeout = nla_get_u32(tb[MPTCP_MB_SITE_TIMEOUT]);
	if (tb[MPTCP_MB_SITE_COMMENT]) {
		entry->comment = nla_data(tb[MPTCP_MB_SITE_COMMENT]);
		if (!printable(entry->comment))
			return bad(extack, tb[MPTCP_MB_SITE_COMMENT],
				   "a comment is printable UTF-8 on one line");
	}
	return 0;
}

/**
 * mb_attr_get_site() - read an entry, or its key
 * @nest:	MPTCP_MB_A_SITE
 * @entry:	filled; its comment stays in the message
 * @whole:	false: the key only, anything else is refused
 * @extack:	told why not
 *
 * Return: 0 or -EINVAL
 */
int mb_attr_get_site(const struct nlattr *nest, struct mb_site_new *entry,
		     bool whole, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[MPTCP_MB_SITE_MAX + 1];
	unsigned int i;
	int err;

	memset(entry, 0, sizeof(*entry));
	err = nla_parse_nested(tb, MPTCP_MB_SITE_MAX, nest,
			       mptcp_mb_site_nl_policy, extack);
	if (err)
		return err;
	for (i = whole ? MPTCP_MB_SITE_HITS : MPTCP_MB_SITE_ACTION;
	     i <= MPTCP_MB_SITE_MAX; i++)
		if (tb[i])
			return bad(extack, tb[i],
				   whole ? "hits are read only" :
					   "only prefix and qualifiers name an entry");
	err = get_key(tb, &entry->key, extack);
	return err || !whole ? err : get_values(tb, entry, extack);
}

/**
 * mb_attr_get_query() - read what shall be explained
 * @nest:	MPTCP_MB_A_SITE: the server's address and port, the client's
 *		address, marks
 * @q:		filled
 * @extack:	told why not
 *
 * Return: 0 or -EINVAL
 */
int mb_attr_get_query(const struct nlattr *nest, struct mb_site_query *q,
		      struct netlink_ext_ack *extack)
{
	struct mb_site_new entry;
	struct mb_site_key *key = &entry.key;
	int err;

	err = mb_attr_get_site(nest, &entry, false, extack);
	if (err)
		return err;
	if (!key->family)
		return bad(extack, nest, "which server? an address is needed");
	if (key->len != (key->family == AF_INET ? 32 : 128) ||
	    ((key->flags & MB_SITE_FROM) && key->from_len != key->len))
		return bad(extack, nest,
			   "a single server and client can be explained, not a prefix");
	if (key->flags & MB_SITE_OVERRIDE)
		return bad(extack, nest, "override is no property of a segment");
	q->server = key->addr;
	q->client = key->from;
	q->client_known = key->flags & MB_SITE_FROM;
	q->family = key->family;
	q->port = key->port;
	q->mark = key->mark;
	q->ctmark = key->ctmark;
	q->ct_known = key->flags & MB_SITE_HAS_CTMARK;
	return 0;
}

static int put_prefix(struct sk_buff *skb, int type, int len_type, u8 family,
		      const struct in6_addr *addr, u8 len)
{
	if (!family)
		return 0;
	return nla_put(skb, type, family == AF_INET ? 4 : 16, addr) ||
	       nla_put_u8(skb, len_type, len);
}

static int put_values(struct sk_buff *skb, const struct mb_site *site)
{
	u64 expires = mb_site_expires(site), now = get_jiffies_64();
	u32 last_hit = READ_ONCE(site->last_hit);
	const char *comment = mb_site_comment(site);
	u64 left = 0;

	/* an entry that is there has at least a second left to be told */
	if (expires)
		left = expires > now ?
		       max_t(u64, div_u64(jiffies64_to_nsecs(expires - now) +
					  NSEC_PER_SEC - 1, NSEC_PER_SEC), 1) : 1;
	return nla_put_u8(skb, MPTCP_MB_SITE_ACTION, site->action) ||
	       (site->join != MB_SITE_INHERIT &&
		nla_put_u8(skb, MPTCP_MB_SITE_JOIN, site->join)) ||
	       (site->fallback != MB_SITE_INHERIT &&
		nla_put_u8(skb, MPTCP_MB_SITE_FALLBACK, site->fallback)) ||
	       (left && nla_put_u32(skb, MPTCP_MB_SITE_TIMEOUT, left)) ||
	       (comment && nla_put_string(skb, MPTCP_MB_SITE_COMMENT, comment)) ||
	       mb_attr_put_u64(skb, MPTCP_MB_SITE_HITS,
			       atomic64_read(&site->hits)) ||
	       (last_hit &&
		mb_attr_put_u64(skb, MPTCP_MB_SITE_LAST_HIT, last_hit));
}

/**
 * mb_attr_put_site() - write an entry
 * @skb:	message
 * @type:	of the nest
 * @site:	entry, kept by RCU or the lock
 *
 * Return: 0 or -EMSGSIZE, and @skb may hold a part of it
 */
int mb_attr_put_site(struct sk_buff *skb, int type, const struct mb_site *site)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	struct mb_site_key key;

	mb_site_key_get(site, &key);
	if (!nest ||
	    put_prefix(skb, MPTCP_MB_SITE_ADDRESS, MPTCP_MB_SITE_PREFIX_LEN,
		       key.family, &key.addr, key.len) ||
	    put_prefix(skb, MPTCP_MB_SITE_FROM_ADDRESS,
		       MPTCP_MB_SITE_FROM_PREFIX_LEN, key.from_family,
		       &key.from, key.from_len) ||
	    ((key.flags & MB_SITE_HAS_PORT) &&
	     nla_put_u16(skb, MPTCP_MB_SITE_PORT, key.port)) ||
	    ((key.flags & MB_SITE_HAS_MARK) &&
	     (nla_put_u32(skb, MPTCP_MB_SITE_MARK, key.mark) ||
	      nla_put_u32(skb, MPTCP_MB_SITE_MARK_MASK, key.mark_mask))) ||
	    ((key.flags & MB_SITE_HAS_CTMARK) &&
	     (nla_put_u32(skb, MPTCP_MB_SITE_CTMARK, key.ctmark) ||
	      nla_put_u32(skb, MPTCP_MB_SITE_CTMARK_MASK, key.ctmark_mask))) ||
	    ((key.flags & MB_SITE_OVERRIDE) &&
	     nla_put_flag(skb, MPTCP_MB_SITE_OVERRIDE)) ||
	    put_values(skb, site))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
