/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink with the family mptcp_mb. */
#ifndef MBCTL_NL_H
#define MBCTL_NL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "words.h"

#define NL_REQUEST_MAX	1024	/* bytes; no request of ours is larger */
#define NL_BUFFER(name)	char name[NL_REQUEST_MAX] __attribute__((aligned(8)))

/**
 * struct nl - a socket
 * @sock:	libmnl's
 * @portid:	its address
 * @seq:	of the last request
 * @family:	the number of mptcp_mb
 * @events:	the number of its multicast group; 0: it has none
 */
struct nl {
	struct mnl_socket *sock;
	uint32_t portid;
	uint32_t seq;
	uint16_t family;
	uint32_t events;
};

/**
 * struct nl_refusal - what the kernel says
 * @errnum:	errno, positive
 * @seq:	of the request
 * @offset:	of the attribute to blame, bytes from the request's header; 0
 *		none
 * @text:	extack; empty: none
 */
struct nl_refusal {
	int errnum;
	uint32_t seq;
	uint32_t offset;
	char text[256];
};

/* Whether all of a message is there; libmnl 1.0.4 takes a length of 2 GiB and more
 * for a negative one, which is less than @len.
 */
static inline bool nl_whole(const struct nlmsghdr *nlh, int len)
{
	return mnl_nlmsg_ok(nlh, len) && nlh->nlmsg_len <= (unsigned int)len;
}

/* A message of the answer; -1 with the err filled ends it. */
typedef int (*nl_answer)(const struct nlmsghdr *nlh, void *data, struct err *e);

int nl_open(struct nl *nl, struct err *e);
void nl_close(struct nl *nl);
struct nlmsghdr *nl_request(struct nl *nl, void *buf, uint8_t cmd,
			    uint16_t flags);
int nl_call(struct nl *nl, const char *place, struct nlmsghdr *req,
	    nl_answer answer, void *data, struct err *e);
int nl_simple(struct nl *nl, const char *place, uint8_t cmd, nl_answer answer,
	      void *data, struct err *e);

/* One after the other without waiting for each: see nl_send_many(). */
typedef bool (*nl_encode)(void *buf, unsigned int i, void *data);
typedef void (*nl_refused)(unsigned int i, const struct nl_refusal *why,
			   void *data);
int nl_send_many(struct nl *nl, unsigned int n, nl_encode encode,
		 nl_refused refused, void *data, struct err *e);
int nl_refusal_err(const char *place, const struct nl_refusal *why,
		   const struct nlmsghdr *req, struct err *e);

void nl_parse(const struct nlmsghdr *nlh, const struct nlattr **tb,
	      unsigned int max);
void nl_parse_nested(const struct nlattr *nest, const struct nlattr **tb,
		     unsigned int max);
int nl_uint(const struct nlattr *attr, uint64_t *out);
int nl_uints(const struct nlattr **tb, unsigned int max, uint64_t others,
	     bool *has, uint64_t *out);
int nl_address(const struct nlattr *attr, struct prefix *p);
char *nl_string(const struct nlattr *attr);
int nl_nonsense(const char *place, struct err *e);

#endif
