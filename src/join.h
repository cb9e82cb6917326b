/* SPDX-License-Identifier: GPL-2.0 */
/* Joins: whose session an MP_JOIN names, and whether it may call itself that. */
#ifndef MB_JOIN_H
#define MB_JOIN_H

#include "session.h"

struct mb_net;
struct mb_policy;

enum mb_join_kind {
	MB_JOIN_NONE,		/* no MP_JOIN, or not only one */
	MB_JOIN_ORPHAN,		/* into a session that is not known */
	MB_JOIN_FORGED,		/* its HMAC is not the session's */
	MB_JOIN_KNOWN,
	MB_JOIN_CLOSING,	/* into a session that is being closed */
};

/**
 * struct mb_joining - what an MP_JOIN is about
 * @kind:	enum mb_join_kind
 * @graced:	if it is not known, that may be for lack of room, or time
 * @by_server:	the session's server opens it; with MB_JOIN_KNOWN only
 * @session:	kept by RCU, or NULL: orphan. With MB_JOIN_FORGED the one that it is
 *		not of
 * @joined:	side of the session that is joined
 * @opt:	the option, or NULL
 */
struct mb_joining {
	u8 kind;
	bool graced;
	bool by_server;
	u8 joined;
	struct mb_session *session;
	const struct mb_option *opt;
};

/**
 * mb_joinable() - whether a join may be tied to this session
 * @s:	the session
 *
 * Context: RCU read side, or the table's lock.
 * Return: its client's key is proven, and it has not ended
 */
static inline bool mb_joinable(const struct mb_session *s)
{
	return (s->flags & MPTCP_MB_SESSION_FLAG_CLIENT_KEY_PROVEN) &&
	       (s->state == MPTCP_MB_SESSION_STATE_CONFIRMED ||
		s->state == MPTCP_MB_SESSION_STATE_DETACHED ||
		s->state == MPTCP_MB_SESSION_STATE_CLOSING);
}

/**
 * mb_join_find() - the pending join of a connection
 * @ss:		the table
 * @tuple:	its connection
 *
 * Context: RCU read side, or the table's lock.
 * Return: the join, or NULL
 */
static inline struct mb_join *mb_join_find(struct mb_sessions *ss,
					   const struct mb_tuple *tuple)
{
	struct mb_conn *conn = mb_conn_find(&ss->joins, tuple);

	return conn ? container_of(conn, struct mb_join, conn) : NULL;
}

/* join.c: before the verdict */
const struct mb_option *mb_join_only(const struct mb_options *opts);
void mb_join_syn(struct mb_sessions *ss, const struct mb_tuple *tuple,
		 unsigned int side, const struct mb_option *opt,
		 struct mb_joining *jn);
void mb_join_synack(struct mb_sessions *ss, const struct mb_tuple *tuple,
		    unsigned int side, const struct tcphdr *th,
		    const struct mb_options *opts, struct mb_joining *jn);
void mb_join_ack(struct mb_sessions *ss, const struct mb_tuple *tuple,
		 unsigned int side, const struct tcphdr *th,
		 const struct mb_options *opts, struct mb_joining *jn);

/* join_pending.c: after it */
void mb_join_syn_passed(struct mb_net *mn, const struct mb_tuple *tuple,
			unsigned int side, const struct tcphdr *th,
			const struct mb_joining *jn);
void mb_join_synack_passed(struct mb_net *mn, const struct mb_tuple *tuple,
			   unsigned int side, const struct tcphdr *th,
			   const struct mb_joining *jn);
struct mb_subflow *mb_join_ack_passed(struct mb_net *mn,
				      const struct mb_tuple *tuple,
				      unsigned int side,
				      const struct mb_packet *pkt,
				      const struct tcphdr *th,
				      const struct mb_joining *jn);

#endif
