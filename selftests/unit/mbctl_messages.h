/* SPDX-License-Identifier: GPL-2.0 */
/* Messages as the module sends them, for mbctl to read. */
#ifndef MBCTL_MESSAGES_H
#define MBCTL_MESSAGES_H

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/mptcp_mb.h>
#include <string.h>

#define MESSAGE_MAX	8192
#define MESSAGE(name)	char name[MESSAGE_MAX] __attribute__((aligned(8)))

static inline struct nlmsghdr *message(void *buf, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = 99;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static inline void put_address(struct nlmsghdr *nlh, uint16_t attr, const char *address)
{
	unsigned char addr[16];

	if (inet_pton(AF_INET, address, addr) == 1)
		mnl_attr_put(nlh, attr, 4, addr);
	else if (inet_pton(AF_INET6, address, addr) == 1)
		mnl_attr_put(nlh, attr, 16, addr);
}

static inline void put_site(struct nlmsghdr *nlh, uint16_t attr, const char *address, uint8_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	put_address(nlh, MPTCP_MB_SITE_ADDRESS, address);
	mnl_attr_put_u8(nlh, MPTCP_MB_SITE_PREFIX_LEN, len);
	mnl_attr_put_u8(nlh, MPTCP_MB_SITE_ACTION, MPTCP_MB_ACTION_ALLOW);
	mnl_attr_nest_end(nlh, nest);
}

/* Numbers of a direction are made of @n. */
static inline void put_direction(struct nlmsghdr *nlh, uint16_t attr, uint32_t n)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	mnl_attr_put_u64(nlh, MPTCP_MB_DIR_SEGMENTS, n);
	mnl_attr_put_u64(nlh, MPTCP_MB_DIR_BYTES, 1000 * n);
	mnl_attr_put_u32(nlh, MPTCP_MB_DIR_END, 4294967295U - n);
	mnl_attr_put_u32(nlh, MPTCP_MB_DIR_ACK, n + 2);
	mnl_attr_put_u32(nlh, MPTCP_MB_DIR_WINDOW, n + 3);
	mnl_attr_put_u8(nlh, MPTCP_MB_DIR_FLAGS, 0x18);
	mnl_attr_put_u32(nlh, MPTCP_MB_DIR_TSVAL, n + 4);
	mnl_attr_put_u64(nlh, MPTCP_MB_DIR_DATA_END, 0xfedcba9876543210ULL + n);
	mnl_attr_put_u64(nlh, MPTCP_MB_DIR_DATA_ACK, n);
	mnl_attr_nest_end(nlh, nest);
}

struct sample_subflow {
	uint8_t state, how, opener;
	uint32_t flags;
	const char *client, *server;
};

static inline void put_subflow(struct nlmsghdr *nlh, uint16_t attr, const struct sample_subflow *sub)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	mnl_attr_put_u8(nlh, MPTCP_MB_SUBFLOW_STATE, sub->state);
	mnl_attr_put_u8(nlh, MPTCP_MB_SUBFLOW_HOW, sub->how);
	mnl_attr_put_u32(nlh, MPTCP_MB_SUBFLOW_FLAGS, sub->flags);
	mnl_attr_put_u8(nlh, MPTCP_MB_SUBFLOW_OPENER, sub->opener);
	put_address(nlh, MPTCP_MB_SUBFLOW_CLIENT, sub->client);
	mnl_attr_put_u16(nlh, MPTCP_MB_SUBFLOW_CLIENT_PORT, 41000);
	put_address(nlh, MPTCP_MB_SUBFLOW_SERVER, sub->server);
	mnl_attr_put_u16(nlh, MPTCP_MB_SUBFLOW_SERVER_PORT, 80);
	mnl_attr_put_u8(nlh, MPTCP_MB_SUBFLOW_CLIENT_ADDRESS_ID, 1);
	mnl_attr_put_u8(nlh, MPTCP_MB_SUBFLOW_SERVER_ADDRESS_ID, 2);
	mnl_attr_put_u64(nlh, MPTCP_MB_SUBFLOW_STARTED, 1000000000);
	mnl_attr_put_u32(nlh, MPTCP_MB_SUBFLOW_IDLE, 61);
	put_direction(nlh, MPTCP_MB_SUBFLOW_FROM_CLIENT, 5);
	put_direction(nlh, MPTCP_MB_SUBFLOW_FROM_SERVER, 7);
	mnl_attr_nest_end(nlh, nest);
}

struct sample_session {
	uint32_t id;
	uint8_t state, how, sign;
	uint32_t flags;
	uint32_t client_token, server_token;	/* 0: not known */
	const char *client, *server;
	const char *site;			/* NULL: the default */
	uint8_t site_len;
	uint64_t started;
	const struct sample_subflow *subflow[3];
};

static inline void put_session(struct nlmsghdr *nlh, uint16_t attr, const struct sample_session *s)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);
	unsigned int i;

	mnl_attr_put_u32(nlh, MPTCP_MB_SESSION_ID, s->id);
	mnl_attr_put_u8(nlh, MPTCP_MB_SESSION_STATE, s->state);
	mnl_attr_put_u8(nlh, MPTCP_MB_SESSION_HOW, s->how);
	mnl_attr_put_u8(nlh, MPTCP_MB_SESSION_FALLBACK, s->sign);
	mnl_attr_put_u32(nlh, MPTCP_MB_SESSION_FLAGS, s->flags);
	if (s->server_token) {
		mnl_attr_put_u8(nlh, MPTCP_MB_SESSION_VERSION, 1);
		mnl_attr_put_u32(nlh, MPTCP_MB_SESSION_CLIENT_TOKEN, s->client_token);
		mnl_attr_put_u32(nlh, MPTCP_MB_SESSION_SERVER_TOKEN, s->server_token);
	}
	put_address(nlh, MPTCP_MB_SESSION_CLIENT, s->client);
	mnl_attr_put_u16(nlh, MPTCP_MB_SESSION_CLIENT_PORT, 41000);
	put_address(nlh, MPTCP_MB_SESSION_SERVER, s->server);
	mnl_attr_put_u16(nlh, MPTCP_MB_SESSION_SERVER_PORT, 80);
	if (s->site)
		put_site(nlh, MPTCP_MB_SESSION_SITE, s->site, s->site_len);
	mnl_attr_put_u64(nlh, MPTCP_MB_SESSION_STARTED, s->started);
	mnl_attr_put_u32(nlh, MPTCP_MB_SESSION_IDLE, 3);
	mnl_attr_put_u64(nlh, MPTCP_MB_SESSION_CLIENT_DATA, 10000000000ULL);
	mnl_attr_put_u64(nlh, MPTCP_MB_SESSION_SERVER_DATA, 20);
	mnl_attr_put_u64(nlh, MPTCP_MB_SESSION_CLIENT_ACKED, 9000000000ULL);
	mnl_attr_put_u64(nlh, MPTCP_MB_SESSION_SERVER_ACKED, 19);
	mnl_attr_put_u32(nlh, MPTCP_MB_SESSION_PENDING, 0);
	for (i = 0; i < 3 && s->subflow[i]; i++)
		put_subflow(nlh, MPTCP_MB_SESSION_SUBFLOW, s->subflow[i]);
	mnl_attr_nest_end(nlh, nest);
}

static inline void put_refusal(struct nlmsghdr *nlh, uint16_t attr, bool known)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	mnl_attr_put_u64(nlh, MPTCP_MB_REFUSAL_TIME, 1000000000123456789ULL);
	mnl_attr_put_u8(nlh, MPTCP_MB_REFUSAL_PLACE, MPTCP_MB_PLACE_SYN);
	mnl_attr_put_u8(nlh, MPTCP_MB_REFUSAL_VERDICT, MPTCP_MB_VERDICT_RESET);
	mnl_attr_put_u8(nlh, MPTCP_MB_REFUSAL_CAUSE, known ? MPTCP_MB_CAUSE_SITE :
						     MPTCP_MB_CAUSE_ORPHAN);
	put_address(nlh, MPTCP_MB_REFUSAL_SOURCE, "fd00::1");
	mnl_attr_put_u16(nlh, MPTCP_MB_REFUSAL_SOURCE_PORT, 41000);
	put_address(nlh, MPTCP_MB_REFUSAL_DESTINATION, "fd00::2");
	mnl_attr_put_u16(nlh, MPTCP_MB_REFUSAL_DESTINATION_PORT, 80);
	mnl_attr_put_u32(nlh, MPTCP_MB_REFUSAL_TOKEN, 0x00abcdef);
	if (known) {
		mnl_attr_put_u32(nlh, MPTCP_MB_REFUSAL_SESSION, 5);
		put_site(nlh, MPTCP_MB_REFUSAL_SITE, "fd00::", 8);
	}
	mnl_attr_nest_end(nlh, nest);
}

#endif
