/* SPDX-License-Identifier: GPL-2.0 */
/* Sites: who may use MPTCP with whom. A longest-prefix table with qualifiers,
 * read under RCU, changed under a lock.
 */
#ifndef MB_SITE_H
#define MB_SITE_H

#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <uapi/linux/mptcp_mb.h>

#define MB_SITE_HAS_PORT	0x01
#define MB_SITE_HAS_MARK	0x02
#define MB_SITE_HAS_CTMARK	0x04
#define MB_SITE_OVERRIDE	0x08
#define MB_SITE_FROM		0x10	/* has a client prefix */

#define MB_SITE_INHERIT		0xff	/* join or fallback: the policy's */

/**
 * struct mb_site_key - what makes an entry the one it is
 * @addr:	prefix, network byte order; an IPv4 prefix in the first 4 bytes;
 *		bits beyond @len are zero
 * @from:	the client's prefix, likewise, of the same family
 * @mark:	packet mark after masking, @mark_mask never 0
 * @ctmark:	conntrack mark after masking, @ctmark_mask never 0
 * @port:	server's TCP port, host byte order
 * @family:	AF_INET, AF_INET6, or AF_UNSPEC: any address of both
 * @len:	prefix length in bits; 0 with AF_UNSPEC
 * @from_len:	likewise for @from
 * @flags:	MB_SITE_...; a field without its flag is zero
 */
struct mb_site_key {
	struct in6_addr addr;
	struct in6_addr from;
	u32 mark, mark_mask;
	u32 ctmark, ctmark_mask;
	u16 port;
	u8 family;
	u8 from_family;
	u8 len;
	u8 from_len;
	u8 flags;
};

/* What is looked up: the server's address and port and the client's address,
 * @ct_known false when the segment has no conntrack (ctmark entries do not match).
 */
struct mb_site_query {
	struct in6_addr server, client;
	u32 mark, ctmark;
	u16 port;
	u8 family;
	bool client_known;	/* site get without "from": from entries don't match */
	bool ct_known;
};

/**
 * struct mb_site - one entry
 * @key:	never changes
 * @id:		order of arrival, key in the table's xarray
 * @action:	MPTCP_MB_ACTION_...
 * @join:	MPTCP_MB_VERDICT_... or MB_SITE_INHERIT
 * @fallback:	likewise
 * @expires:	get_jiffies_64() time, 0 never
 * @hits:	segments that it decided
 * @last_hit:	ktime_get_real_seconds() of the last, 0 never
 * @comment:	NUL-terminated, or NULL
 */
struct mb_site {
	struct mb_site_key key;
	u32 id;
	u8 action;
	u8 join;
	u8 fallback;
	u64 expires;
	atomic64_t hits;
	time64_t last_hit;
	char *comment;
	struct mb_site __rcu *next;	/* same prefix and class, best first */
	struct rcu_head rcu;
};

struct mb_sites;

struct mb_sites *mb_sites_alloc(void);
void mb_sites_free(struct mb_sites *t);	/* no reader left; may sleep */
u32 mb_sites_count(const struct mb_sites *t);
bool mb_sites_refuse(const struct mb_sites *t);

int mb_sites_add(struct mb_sites *t, const struct mb_site *tmpl, bool replace,
		 struct mutex *lock, struct netlink_ext_ack *extack);
int mb_sites_del(struct mb_sites *t, const struct mb_site_key *key,
		 struct mutex *lock, struct netlink_ext_ack *extack);
unsigned long mb_sites_expire(struct mb_sites *t, struct mutex *lock);

struct mb_site *mb_sites_lookup(const struct mb_sites *t,
				const struct mb_site_query *q);
unsigned int mb_sites_match_all(const struct mb_sites *t,
				const struct mb_site_query *q,
				struct mb_site **out, unsigned int room);
struct mb_site *mb_sites_next(const struct mb_sites *t, unsigned long *id);
struct mb_site *mb_sites_find(const struct mb_sites *t,
			      const struct mb_site_key *key);
void mb_sites_compare(const struct mb_sites *live, const struct mb_sites *cand,
		      u32 *added, u32 *removed);

#endif
