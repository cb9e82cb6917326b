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

/* join.c: before the verdict */
struct mb_join *mb_join_find(struct mb_sessions *ss,
			     const struct mb_tuple *tuple);
bool mb_joinable(const struct mb_session *s);
void mb_join_syn(struct mb_sessions *ss, const struct mb_tuple *tuple,
		 unsigned int side, const struct mb_options *opts,
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
