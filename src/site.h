/* SPDX-License-Identifier: GPL-2.0 */
/* Sites: who may use MPTCP with whom. A longest-prefix table with qualifiers,
 * read under RCU, changed under a lock.
 */
#ifndef MB_SITE_H
#define MB_SITE_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/socket.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <uapi/linux/mptcp_mb.h>

#define MB_SITE_HAS_PORT	0x01
#define MB_SITE_HAS_MARK	0x02
#define MB_SITE_HAS_CTMARK	0x04
#define MB_SITE_OVERRIDE	0x08
#define MB_SITE_FROM		0x10	/* has a client prefix */

#define MB_SITE_INHERIT		0xff	/* join or fallback: the policy's */

#define MB_SITES_MAX		(16U << 20)	/* entries of one table */

/**
 * struct mb_site_key - what makes an entry the one it is
 * @addr:	prefix, network byte order; an IPv4 prefix in the first 4 bytes;
 *		bits beyond @len are zero
 * @from:	the client's prefix, likewise, of the same family; with
 *		@family AF_UNSPEC of either
 * @mark:	packet mark after masking, @mark_mask never 0
 * @mark_mask:	bits of @mark that count
 * @ctmark:	conntrack mark after masking, @ctmark_mask never 0
 * @ctmark_mask: bits of @ctmark that count
 * @port:	server's TCP port, host byte order
 * @family:	AF_INET, AF_INET6, or AF_UNSPEC: any address of both
 * @from_family: AF_INET or AF_INET6
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

/**
 * struct mb_site_query - what is looked up
 * @server:	address, network byte order; IPv4 in the first 4 bytes, what stands
 *		behind is not read
 * @client:	likewise, of the same family
 * @mark:	the segment's
 * @ctmark:	its connection's
 * @port:	the server's, host byte order
 * @family:	AF_INET or AF_INET6
 * @client_known: @client is set; otherwise no entry with from matches
 * @ct_known:	@ctmark is set; otherwise no entry with ctmark matches
 */
struct mb_site_query {
	struct in6_addr server, client;
	u32 mark, ctmark;
	u16 port;
	u8 family;
	bool client_known;
	bool ct_known;
};

/**
 * struct mb_site_new - an entry to be added
 * @key:	see there
 * @timeout:	seconds, 0 never
 * @comment:	NUL-terminated, at most MPTCP_MB_COMMENT_LEN bytes, copied; or
 *		NULL
 * @action:	MPTCP_MB_ACTION_...
 * @join:	MPTCP_MB_VERDICT_... or MB_SITE_INHERIT
 * @fallback:	likewise
 */
struct mb_site_new {
	struct mb_site_key key;
	u32 timeout;
	const char *comment;
	u8 action;
	u8 join;
	u8 fallback;
};

/**
 * struct mb_site_more - what most entries do without
 * @expires:	get_jiffies_64() time, 0 never
 * @timed:	in the table's tree, by @expires
 * @from:	see struct mb_site_key, also the next five
 * @mark:	...
 * @mark_mask:	...
 * @ctmark:	...
 * @ctmark_mask: ...
 * @from_family: ...
 * @from_len:	...
 * @back:	bytes from the struct mb_site to here
 * @comment:	NUL-terminated, empty is none
 */
struct mb_site_more {
	u64 expires;
	struct rb_node timed;
	struct in6_addr from;
	u32 mark, mark_mask;
	u32 ctmark, ctmark_mask;
	u8 from_family;
	u8 from_len;
	u8 back;
	char comment[];
};

/**
 * struct mb_site - one entry
 * @next:	same prefix and class, best first
 * @more:	in the same piece of memory, or NULL
 * @hits:	SYNs and SYN/ACKs that it decided
 * @id:		order of arrival; a replaced entry hands its place on
 * @rcu:	frees it
 * @last_hit:	ktime_get_real_seconds() of the last hit, 0 never
 * @action:	MPTCP_MB_ACTION_...
 * @join:	MPTCP_MB_VERDICT_... or MB_SITE_INHERIT
 * @fallback:	likewise
 * @flags:	see struct mb_site_key, also the next three
 * @port:	...
 * @family:	...
 * @len:	...
 * @addr:	network byte order; 1 word with AF_INET, 4 with AF_INET6, none
 *		with AF_UNSPEC
 *
 * Small because there may be a million: a plain IPv4 entry takes 64 bytes.
 * mb_site_key_get(), mb_site_expires() and mb_site_comment() read what is
 * packed; action, join, fallback, hits and last_hit may be read as they are.
 */
struct mb_site {
	struct mb_site __rcu *next;
	struct mb_site_more *more;
	atomic64_t hits;
	unsigned long id;
	struct rcu_head rcu;
	u32 last_hit;
	u8 action;
	u8 join;
	u8 fallback;
	u8 flags;
	u16 port;
	u8 family;
	u8 len;
	__be32 addr[];
};

/**
 * mb_site_comment() - what the administrator noted
 * @s:	entry
 *
 * Return: NUL-terminated text, or NULL when there is none.
 */
static inline const char *mb_site_comment(const struct mb_site *s)
{
	return s->more && s->more->comment[0] ? s->more->comment : NULL;
}

/**
 * mb_site_expires() - when the entry goes
 * @s:	entry
 *
 * Return: get_jiffies_64() time, 0 never.
 */
static inline u64 mb_site_expires(const struct mb_site *s)
{
	return s->more ? s->more->expires : 0;
}

/**
 * mb_site_hit() - count one segment that the entry decided
 * @s:	entry
 *
 * Context: any; RCU keeps the entry. The time is written once a second: other
 * CPUs read the same cache line for every lookup.
 */
static inline void mb_site_hit(struct mb_site *s)
{
	u32 now = ktime_get_real_seconds();

	atomic64_inc(&s->hits);
	if (READ_ONCE(s->last_hit) != now)
		WRITE_ONCE(s->last_hit, now);
}

struct mb_sites;

struct mb_sites *mb_sites_alloc(void);
void mb_sites_free(struct mb_sites *t);
u32 mb_sites_count(const struct mb_sites *t);
bool mb_sites_refuse(const struct mb_sites *t);

int mb_sites_add(struct mb_sites *t, const struct mb_site_new *entry,
		 bool replace, struct mutex *lock,
		 struct netlink_ext_ack *extack);
int mb_sites_del(struct mb_sites *t, const struct mb_site_key *key,
		 struct mutex *lock, struct netlink_ext_ack *extack);
unsigned long mb_sites_expire(struct mb_sites *t, struct mutex *lock);

#define MB_SITE_UNSURE	((struct mb_site *)-1UL)

struct mb_site *mb_sites_plain4(const struct mb_sites *t, const __be32 *addr);
struct mb_site *mb_sites_plain6(const struct mb_sites *t, const __be32 *addr);

static __always_inline struct mb_site *mb_sites_plain(const struct mb_sites *t,
						      const void *addr, bool v4)
{
	return v4 ? mb_sites_plain4(t, addr) : mb_sites_plain6(t, addr);
}

struct mb_site *mb_sites_lookup(const struct mb_sites *t,
				const struct mb_site_query *q);
unsigned int mb_sites_match_all(const struct mb_sites *t,
				const struct mb_site_query *q,
				struct mb_site **out, unsigned int room);
struct mb_site *mb_sites_next(struct mb_sites *t, unsigned long *id);
struct mb_site *mb_sites_find(struct mb_sites *t,
			      const struct mb_site_key *key);
void mb_sites_compare(struct mb_sites *live, struct mb_sites *cand,
		      u32 *added, u32 *removed);

void mb_site_key_get(const struct mb_site *s, struct mb_site_key *key);

#endif
