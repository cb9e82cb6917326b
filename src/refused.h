/* SPDX-License-Identifier: GPL-2.0 */
/* The last segments that were refused: who, why, by which entry. */
#ifndef MB_REFUSED_H
#define MB_REFUSED_H

#include <linux/in6.h>
#include <linux/spinlock.h>

#include "site.h"

#define MB_REFUSED_MAX	256	/* remembered */

/**
 * struct mb_refusal - one segment that was refused
 * @time:	ktime_get_real_ns()
 * @src:	address, IPv4 in the first word
 * @dst:	likewise
 * @sport:	network byte order
 * @dport:	network byte order
 * @family:	AF_INET or AF_INET6
 * @place:	enum mptcp_mb_place
 * @verdict:	enum mptcp_mb_verdict
 * @cause:	enum mptcp_mb_cause
 * @has_token:	@token is set
 * @token:	of an MP_JOIN SYN, host byte order
 * @session:	id, 0 unknown
 * @matched:	an entry decided: only prefix and action of it are kept, in @site
 *		(@addr, @len, @family) and @action
 * @site:	...
 * @action:	...
 */
struct mb_refusal {
	u64 time;
	struct in6_addr src, dst;
	__be16 sport, dport;
	u8 family;
	u8 place;
	u8 verdict;
	u8 cause;
	bool has_token;
	bool matched;
	u8 action;
	u32 token;
	u32 session;
	struct mb_site_key site;
};

/**
 * struct mb_refused - the ring
 * @lock:	of the rest
 * @total:	how many ever; the next goes to @total % MB_REFUSED_MAX
 * @v:		the last ones
 */
struct mb_refused {
	spinlock_t lock; /* of the rest */
	u64 total;
	struct mb_refusal v[MB_REFUSED_MAX];
};

struct mb_judged;
struct mb_net;
struct mb_options;
struct mb_packet;

struct mb_refused *mb_refused_alloc(void);
bool mb_refused_read(struct mb_refused *ring, u64 *n, struct mb_refusal *r);
u64 mb_refused_total(struct mb_refused *ring);
void mb_refusal_get(struct mb_refusal *r, const struct mb_packet *pkt,
		    const struct mb_options *opts, const struct mb_judged *j,
		    u32 session);
void mb_refused_note(struct mb_net *mn, const struct mb_packet *pkt,
		     const struct mb_options *opts, const struct mb_judged *j,
		     u32 session);

#endif
