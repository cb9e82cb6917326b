/* SPDX-License-Identifier: GPL-2.0 */
/* MPTCP connections: the keys that a gateway saw, and the subflows that joined. */
#ifndef MB_SESSION_H
#define MB_SESSION_H

#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <uapi/linux/mptcp_mb.h>

#include "key.h"
#include "site.h"
#include "subflow.h"

#define MB_CANDIDATES		8	/* key pairs of an unconfirmed session */
#define MB_ANNOUNCED_MAX	8	/* addresses that a server of version 0 announced */
#define MB_PROOFS_MAX		32	/* DSS of a server that may prove nothing */
#define MB_JOINS_MAX		8	/* pending, of one session */
#define MB_SUBFLOWS_MAX		32	/* live, of one session */
#define MB_TOKEN_TWINS_MAX	8	/* sessions that share a token */
#define MB_SUBFLOWS_MEAN	4	/* of a table, for each of max-sessions */
#define MB_SHARE_MIN		16	/* sessions of one client, at least */
#define MB_SHARE_DIV		8	/* of max-sessions: one client's share */

#define MB_UNCONFIRMED_TIMEOUT	(120 * HZ)
#define MB_UNCONFIRMED_YOUNG	(10 * HZ)	/* its server may yet answer */
#define MB_JOIN_TIMEOUT		(10 * HZ)
#define MB_LINGER		(60 * HZ)	/* without subflow, or closed */

/* Sides of a session: indices into all its pairs. */
#define MB_CLIENT	MPTCP_MB_SIDE_CLIENT
#define MB_SERVER	MPTCP_MB_SIDE_SERVER

/**
 * struct mb_token - what a join names a session by
 * @node:	in the table
 * @token:	host byte order
 * @side:	whose key it is made of: who is joined
 * @found:	it is in the table
 */
struct mb_token {
	struct hlist_node node;
	u32 token;
	u8 side;
	bool found;
};

/**
 * struct mb_keys - what a third ACK says
 * @key:	by side of the session, as on the wire
 * @version:	of MP_CAPABLE
 * @flags:	of MP_CAPABLE
 */
struct mb_keys {
	u8 key[2][MB_KEY_LEN];
	u8 version;
	u8 flags;
};

/**
 * struct mb_candidates - further keys that were claimed for a session
 * @n:		how many
 * @turned:	by whom: bit i, the claim @keys[i] is of the other side, which then is
 *		the client
 * @keys:	the claims; the real ones are those that the server's DSS prove
 */
struct mb_candidates {
	unsigned int n;
	u8 turned;
	struct mb_keys keys[MB_CANDIDATES];
};

/**
 * struct mb_client - one client's share of the table
 * @node:	in the table of clients
 * @addr:	IPv4 address in the first word, or the first 64 bits of an IPv6
 *		address; the rest is zero
 * @loose:	sessions of this client that a new one may replace: unconfirmed and
 *		closed ones, the longest so first
 * @count:	sessions of this client
 * @n_joins:	of these; see struct mb_sessions
 * @impaired_at: jiffies when one was not learnt because of the share, or a young
 *		one had to go, or a join is not followed
 * @impaired:	@impaired_at is set
 * @rcu:	frees it
 *
 * Exists as long as it has a session.
 */
struct mb_client {
	struct rhash_head node;
	struct in6_addr addr;
	struct list_head loose;
	u32 count, n_joins;
	unsigned long impaired_at;
	bool impaired;
	struct rcu_head rcu;
};

/**
 * struct mb_session - one MPTCP connection
 * @token:	by side
 * @idsn:	by side: initial data sequence number
 * @keys:	not to be shown to anybody
 * @id:		for people; never 0
 * @site:	the query of its start: server, client, marks
 * @client_port: of the initial subflow, network byte order
 * @matched:	its start matched an entry, as it was then:
 * @entry_family: of its prefix, of which the server's address is one
 * @entry_len:	  of its prefix
 * @action:	  MPTCP_MB_ACTION_...
 * @state:	enum mptcp_mb_session_state
 * @how:	enum mptcp_mb_how
 * @fallback:	enum mptcp_mb_fallback_sign
 * @flags:	enum mptcp_mb_session_flag, but not denied
 * @subflows:	all of them, the initial one first
 * @joins:	pending ones
 * @n_live:	live subflows
 * @n_subflows:	live and closed ones
 * @n_joins:	pending joins
 * @last_how:	how the last subflow that ended did
 * @age:	in the table's list for its state, oldest first
 * @rcu:	frees it, once it is in no list any more
 * @of_client:	in its client's list of those that may be replaced, or in none
 * @client:	whose share it is part of
 * @unproven:	DSS of the server that proved no keys
 * @lies:	that were not of its key, once the client's was proven
 * @cand:	other keys than @keys, while these are not proven, or NULL
 * @announced:	before the server's key was proven, or NULL; announce.c's
 * @data_end:	by side: of subflows that are gone; see mb_session_data()
 * @data_ack:	likewise
 * @fin:	by side: end of data sequence with its DATA_FIN, valid with its
 *		flag
 * @ctmark:	conntrack mark of the initial subflow, last seen; no lock
 * @started:	ktime_get_real_seconds()
 * @born:	jiffies
 * @seen:	jiffies of the last segment; no lock
 * @queued:	@seen when it was put at the end of @age
 * @since:	jiffies when it came into its state; half of them on 64-bit machines, as
 *		@queued and @born, which are not looked at as long as they could wrap
 * @close:	state of its closing, or NULL; fastclose.c's
 *
 * Where it does not say otherwise, changes are under the table's lock and
 * readers under it or under RCU; @keys, @token and @idsn do not change once the
 * client's key is proven.
 */
struct mb_session {
	struct mb_token token[2];
	u64 idsn[2];
	struct mb_keys keys;
	__be16 client_port;
	u32 id;
	struct mb_site_query site;
	bool matched;
	u8 entry_family;
	u8 entry_len;
	u8 action;
	u8 state;
	u8 how;
	u8 fallback;
	u8 last_how;
	u8 n_live, n_subflows, n_joins;
	u8 unproven, lies;
	u32 flags;
	u32 ctmark;
	u32 born, queued, since;
	unsigned long seen;
	time64_t started;
	struct list_head subflows;
	struct list_head joins;
	union {
		struct list_head age;
		struct rcu_head rcu;
	};
	struct list_head of_client;
	struct mb_client *client;
	struct mb_candidates *cand;
	struct mb_announced __rcu *announced;
	struct mb_close *close;
	u64 data_end[2], data_ack[2];
	u64 fin[2];
};

/**
 * mb_tokens_hash() - where in the table of tokens one is
 * @token:	host byte order
 *
 * Whoever chooses keys chooses tokens: who does not know the number by which they
 * are multiplied finds none of one hash.
 */
static inline u32 mb_tokens_hash(u32 token)
{
	return token * mb_tuple_keys[0] >> 32;
}

/**
 * mb_token_session() - the session that a token names
 * @t:	the token
 *
 * Context: RCU read side, or the table's lock.
 * Return: it, or NULL: it is not found by this token any more
 */
static inline struct mb_session *mb_token_session(struct mb_token *t)
{
	if (!READ_ONCE(t->found))
		return NULL;
	return container_of(t - t->side, struct mb_session, token[0]);
}

/**
 * mb_session_proof() - what attention subflows need until all keys are proven, or
 *			never will be
 * @s:	the session
 *
 * Context: the table's lock.
 * Return: MB_ATTENTION_PROOF, or 0
 */
static inline u8 mb_session_proof(const struct mb_session *s)
{
	if ((s->flags & (MPTCP_MB_SESSION_FLAG_SERVER_KEY_PROVEN |
			 MPTCP_MB_SESSION_FLAG_KEYLESS)) ||
	    s->lies >= MB_PROOFS_MAX)
		return 0;
	return MB_ATTENTION_PROOF;
}

/**
 * struct mb_join - a join under way: its SYN was seen
 * @conn:	its connection, in the table of joins
 * @session:	into which, as far as the token and the addresses tell
 * @member:	in the session's list
 * @opener:	side of the connection that sent the SYN
 * @joined:	side of the session that is joined: whose token was named
 * @backup:	by side of the connection
 * @addr_id:	likewise
 * @token:	host byte order
 * @isn:	sequence number of the SYN
 * @peer_isn:	of the SYN/ACK, valid with @answered
 * @nonce:	by side of the connection, host byte order; the joined side's is valid
 *		with @answered
 * @answered:	a SYN/ACK with the right HMAC was seen
 * @born:	jiffies
 * @rcu:	frees it
 */
struct mb_join {
	struct mb_conn conn;
	struct mb_session *session;
	struct list_head member;
	u8 opener;
	u8 joined;
	bool backup[2];
	u8 addr_id[2];
	u32 token;
	u32 isn, peer_isn;
	u32 nonce[2];
	bool answered;
	unsigned long born;
	struct rcu_head rcu;
};

/**
 * struct mb_sessions - all sessions of a namespace
 * @ports:	how many subflows and pending joins have ports with this XOR
 *		(mb_ports_index()): tells without a lookup that a segment is
 *		of none of them. Saturates. Written under @lock
 * @subflows:	struct mb_subflow
 * @joins:	struct mb_join: pending ones
 * @tokens:	struct mb_token
 * @clients:	struct mb_client
 * @lock:	of everything that is not said to do without; taken before a
 *		subflow's lock
 * @ids:	sessions by id; under @lock, readers under RCU
 * @next_id:	for the next session
 * @unconfirmed: sessions whose keys are not proven, oldest first
 * @confirmed:	others that have not ended, roughly the longest idle first
 * @ended:	closed ones, oldest first
 * @count:	all sessions
 * @n_unconfirmed: those in @unconfirmed
 * @n_subflows:	subflows
 * @n_joins:	pending joins, and subflows that came of one, closed ones included
 * @armed_at:	jiffies when the hooks came
 * @impaired_at: jiffies when something that may live was last not learnt, or
 *		evicted
 * @impaired:	@impaired_at is set
 * @stopped:	no work may be queued any more
 * @cursor:	id from which the next look for timeouts begins
 * @expire:	looks for timeouts
 * @close_queue: those that are being closed; fastclose.c's, as the next
 * @close:	sends again, gives up
 * @mn:		the namespace
 */
struct mb_sessions {
	u16 ports[1 << 16];
	struct mb_map subflows;
	struct mb_map joins;
	struct mb_map tokens;
	struct rhashtable clients;
	spinlock_t lock; /* see above */
	struct xarray ids;
	u32 next_id;
	struct list_head unconfirmed, confirmed, ended;
	u32 count, n_unconfirmed, n_subflows, n_joins;
	unsigned long armed_at, impaired_at;
	bool impaired;
	bool stopped;
	unsigned long cursor;
	struct delayed_work expire;
	struct list_head close_queue;
	struct delayed_work close;
	struct mb_net *mn;
};

struct mb_net;
struct mb_policy;

/* session_table.c */
struct mb_sessions *mb_sessions_alloc(struct mb_net *mn);
void mb_sessions_stop(struct mb_sessions *ss);
void mb_sessions_free(struct mb_sessions *ss);
void mb_sessions_forget(struct mb_sessions *ss);
void mb_sessions_armed(struct mb_sessions *ss);
struct mb_session *mb_session_find(struct mb_sessions *ss, u32 id);
struct mb_session *mb_session_next(struct mb_sessions *ss, unsigned long *id);

/* session.c: all but the first two want ss->lock */
int mb_session_init(void);
void mb_session_exit(void);
struct mb_session *mb_session_new(struct mb_sessions *ss,
				  const struct mb_policy *policy,
				  const struct mb_keys *keys,
				  const struct mb_site_query *q,
				  __be16 client_port);
struct mb_session *mb_session_keyless(struct mb_sessions *ss, u32 max,
				      const struct mb_tuple *tuple,
				      struct netlink_ext_ack *extack);
bool mb_session_rekey(struct mb_sessions *ss, struct mb_session *s,
		      const struct mb_keys *keys);
void mb_session_state(struct mb_sessions *ss, struct mb_session *s, u8 state);
void mb_session_end(struct mb_sessions *ss, struct mb_session *s, u8 how);
void mb_session_remove(struct mb_sessions *ss, struct mb_session *s);

/* token.c */
u32 mb_token_hash(const struct hlist_node *node);
bool mb_tokens_add(struct mb_sessions *ss, struct mb_session *s);
void mb_tokens_del(struct mb_sessions *ss, struct mb_session *s);

/* join_pending.c */
void mb_joins_remove(struct mb_sessions *ss, struct mb_session *s);
void mb_joins_expire(struct mb_sessions *ss, struct mb_session *s);

/* room.c: bounds. The first four take the lock, or none, the others want it. */
void mb_sessions_bound(struct mb_sessions *ss, u32 max);
bool mb_sessions_impaired(const struct mb_sessions *ss,
			  const struct mb_policy *p);
unsigned long mb_sessions_grace(const struct mb_sessions *ss,
				const struct mb_policy *p);
bool mb_sessions_graced(struct mb_sessions *ss, const struct mb_policy *p,
			u8 family, const struct in6_addr *a,
			const struct in6_addr *b);
struct mb_client *mb_client_get(struct mb_sessions *ss, u32 max, u8 family,
				const struct in6_addr *addr);
void mb_client_put(struct mb_sessions *ss, struct mb_session *s);
void mb_client_unused(struct mb_sessions *ss, struct mb_client *client);
bool mb_sessions_room(struct mb_sessions *ss, u32 max);
bool mb_joins_room(struct mb_sessions *ss, struct mb_session *s,
		   const struct mb_tuple *tuple, u32 max);
void mb_joins_count(struct mb_sessions *ss, struct mb_session *s, int n);
void mb_sessions_impair(struct mb_sessions *ss);
void mb_sessions_full(struct mb_sessions *ss);

/* expire.c */
void mb_expire_init(struct mb_sessions *ss);
void mb_expire_kick(struct mb_sessions *ss);

/* subflow.c: all but the first three want ss->lock */
int mb_subflow_init(void);
void mb_subflow_exit(void);
struct mb_subflow *mb_subflow_find(struct mb_sessions *ss,
				   const struct mb_tuple *tuple);
struct mb_subflow *mb_subflow_new(struct mb_sessions *ss, struct mb_session *s,
				  const struct mb_tuple *tuple,
				  unsigned int client, unsigned int opener,
				  bool initial);
void mb_subflow_close(struct mb_sessions *ss, struct mb_subflow *sub, u8 how);
void mb_subflow_remove(struct mb_sessions *ss, struct mb_subflow *sub);
void mb_subflow_none_left(struct mb_sessions *ss, struct mb_session *s, u8 how);
void mb_subflow_attend(struct mb_session *s, u8 set, u8 clear);
void mb_session_data(const struct mb_session *s, unsigned int side,
		     u64 *sent, u64 *acked);
void mb_ports_add(struct mb_sessions *ss, const struct mb_tuple *tuple);
void mb_ports_del(struct mb_sessions *ss, const struct mb_tuple *tuple);

/* The later of two data sequence numbers, of which 0 is none. */
static inline u64 mb_data_max(u64 a, u64 b)
{
	return a && (!b || (s64)(a - b) > 0) ? a : b;
}

/**
 * mb_sessions_maybe() - whether a segment may be of a known connection
 * @ss:	the table
 * @th:	TCP header
 *
 * Return: false: certainly not
 */
static __always_inline bool mb_sessions_maybe(const struct mb_sessions *ss,
					      const struct tcphdr *th)
{
	return READ_ONCE(ss->ports[mb_ports_index(th)]);
}

#endif
