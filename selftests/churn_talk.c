// SPDX-License-Identifier: GPL-2.0
/* What administrators do to a gateway, without rest: threads that talk to the module. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/mptcp_mb.h>
#include <string.h>

#include "churn.h"

#define POOL	4096	/* different entries that come and go */
#define BATCH	40	/* of them in one datagram */

/* --- policies --- */

/* What is begun and not ended: the candidate is forgotten, one way or the other. */
static void abandon(struct nl *nl)
{
	struct site s = { .family = AF_INET, .len = 8, .address = { 44 } };

	if (nl_do(nl, MPTCP_MB_CMD_TXN_BEGIN))
		return;
	for (; s.len < 32; s.len++) {
		nl_put_site(nl, MPTCP_MB_CMD_SITE_ADD, &s);
		nl_call(nl, NULL, NULL);
	}
	did(ABANDONED, 1);
	switch (rnd(3)) {
	case 0:
		nl_do(nl, MPTCP_MB_CMD_TXN_ABORT);
		break;
	case 1:
		nl_begin(nl, MPTCP_MB_CMD_TXN_COMMIT, NLM_F_ACK);
		mnl_attr_put(nl->nlh, MPTCP_MB_A_DRY_RUN, 0, NULL);
		nl_call(nl, NULL, NULL);
		break;
	default:
		nl_renew(nl);
	}
}

/* Policies alternate; settings alone change what is done, not who may. */
void *talk_swap(void *arg)
{
	struct policy p;
	unsigned int which = (uintptr_t)arg;
	struct nl *nl;

	enter(setup.netns_gateway);
	nl = nl_open(NETLINK_GENERIC);
	while (!over) {
		nl_random(&p, which);
		if (!nl_commit(nl, which, &p))
			did(SWAPS, 1);
		for (unsigned int n = rnd(3); n; n--) {
			/* the other policy may be in force by now: its default stays */
			nl_random(&p, DEFAULT_STAYS);
			if (!nl_set(nl, &p))
				did(SETTINGS, 1);
		}
		if (!rnd(4))
			abandon(nl);
		which = !which;
		nap_ms(rnd(10));
	}
	nl_close(nl);
	return NULL;
}

/* --- sites --- */

/* What every SYN looks up: an entry of our servers, which is to stay, says what each policy says and
 * is only ever replaced (true); or one of its neighbours, for which the trie changes on its way.
 */
static bool near_site(struct site *s)
{
	static const uint16_t ports[] = { PORT_STEADY, PORT_CLOSED, PORT_DENIED };
	unsigned int last = rnd(2) ? 1 : 2 + rnd(200), n = rnd(3);

	*s = (struct site){ .family = rnd(2) ? AF_INET6 : AF_INET };
	s->len = s->family == AF_INET ? 32 : 128;
	inet_pton(s->family, s->family == AF_INET ? "10.2.1.0" : "fd02:1::", s->address);
	s->address[s->len / 8 - 1] = last;
	if (last == 1)
		s->port = ports[n];
	s->action = last == 1 && n < 2 ? MPTCP_MB_ACTION_ALLOW : MPTCP_MB_ACTION_DENY;
	return last == 1;
}

/* One of POOL entries of all kinds, none of which is about our servers */
static void some_site(struct site *s)
{
	unsigned int n = rnd(POOL);
	uint32_t address = htonl(0xc0a80000 + n * 16);

	*s = (struct site){
		.family = n % 8 == 7 ? AF_UNSPEC : n % 2 ? AF_INET6 : AF_INET,
		.len = n % 2 ? 40 + n % 80 : 28 + n % 4,
		.action = rnd(2),
		.timeout = n % 5 ? 0 : 1 + rnd(3),
		.mark = n % 7 ? 0 : 1 + n,
		.port = n % 3 ? 0 : 1 + n,
		.comment = n % 11 == 0,
	};
	if (n % 2) {
		inet_pton(AF_INET6, "2001:db8::", s->address);
		s->address[4] = n >> 4;	/* of 40 bits at least */
	} else {
		memcpy(s->address, &address, 4);
	}
	/* whoever it would be: only some marks of some ports */
	if (s->family == AF_UNSPEC) {
		s->port = 7;
		s->mark = 1 + n;
	}
}

/* Many in one datagram, as an import sends them; the last answer is to the last of them. */
static unsigned int import(struct nl *nl)
{
	static const uint8_t cmds[] = {
		MPTCP_MB_CMD_SITE_ADD, MPTCP_MB_CMD_SITE_REPLACE, MPTCP_MB_CMD_SITE_REPLACE,
		MPTCP_MB_CMD_SITE_DEL,
	};
	char batch[BATCH * 128];
	unsigned int len = 0, n;
	struct site s;
	bool stays;

	for (n = 0; n < BATCH && len + 128 <= sizeof(batch); n++) {
		stays = false;
		if (rnd(2))
			stays = near_site(&s);
		else
			some_site(&s);
		nl_put_site(nl, stays ? MPTCP_MB_CMD_SITE_REPLACE : cmds[rnd(4)], &s);
		if (n + 1 < BATCH)
			nl->nlh->nlmsg_flags &= ~NLM_F_ACK;	/* errors are told all the same */
		memcpy(batch + len, nl->nlh, NLMSG_ALIGN(nl->nlh->nlmsg_len));
		len += NLMSG_ALIGN(nl->nlh->nlmsg_len);
	}
	if (send(nl->fd, batch, len, 0) < 0)
		return 0;
	/* answers to those before are skipped by their numbers; again, to have an end */
	nl_begin(nl, MPTCP_MB_CMD_STATUS_GET, NLM_F_ACK);
	return nl_call(nl, NULL, NULL) ? 0 : n;
}

void *talk_sites(void *arg)
{
	struct site s;
	struct nl *nl;

	(void)arg;
	enter(setup.netns_gateway);
	nl = nl_open(NETLINK_GENERIC);
	while (!over) {
		if (rnd(4)) {
			did(SITES, import(nl));
		} else {
			some_site(&s);
			nl_put_site(nl, MPTCP_MB_CMD_SITE_REPLACE, &s);
			did(SITES, !nl_call(nl, NULL, NULL));
		}
		/* between two loads there is nobody to talk to */
		if (!loaded)
			nap_ms(5);
	}
	nl_close(nl);
	return NULL;
}

/* --- sessions --- */

struct found {
	unsigned int n;
	uint32_t id[64];
};

/* Sessions that may be closed, of all that are listed: 64 at most, by chance */
static void find_closable(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *session, *attr;
	struct found *f = data;
	uint16_t port = 0;
	uint32_t id = 0;

	mnl_attr_for_each(session, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(session) != MPTCP_MB_A_SESSION)
			continue;
		mnl_attr_for_each_nested(attr, session) {
			if (mnl_attr_get_type(attr) == MPTCP_MB_SESSION_ID)
				id = mnl_attr_get_u32(attr);
			else if (mnl_attr_get_type(attr) == MPTCP_MB_SESSION_SERVER_PORT)
				port = mnl_attr_get_u16(attr);
		}
	}
	if (!id || port == PORT_STEADY)
		return;
	if (f->n < 64)
		f->id[f->n++] = id;
	else
		f->id[rnd(64)] = id;
}

static void put_end(struct nl *nl, const struct sockaddr_storage *ss, int attr, int port_attr)
{
	const struct sockaddr_in6 *sin6 = (const void *)ss;
	const struct sockaddr_in *sin = (const void *)ss;

	if (ss->ss_family == AF_INET)
		mnl_attr_put(nl->nlh, attr, 4, &sin->sin_addr);
	else
		mnl_attr_put(nl->nlh, attr, 16, &sin6->sin6_addr);
	mnl_attr_put_u16(nl->nlh, port_attr, ntohs(sin->sin_port));
}

/* Of a connection whose session is not known, if the module has just come: else it is refused. */
static void reset_one(struct nl *nl)
{
	struct sockaddr_storage from, to;

	if (!net_victim(&from, &to))
		return;
	nl_begin(nl, MPTCP_MB_CMD_SESSION_RESET, NLM_F_ACK);
	put_end(nl, &from, MPTCP_MB_A_SOURCE, MPTCP_MB_A_SOURCE_PORT);
	put_end(nl, &to, MPTCP_MB_A_DESTINATION, MPTCP_MB_A_DESTINATION_PORT);
	closing++;
	if (!nl_call(nl, NULL, NULL))
		did(RESETS, 1);
}

void *talk_close(void *arg)
{
	struct found found;
	struct nl *nl;

	(void)arg;
	enter(setup.netns_gateway);
	nl = nl_open(NETLINK_GENERIC);
	while (!over) {
		found.n = 0;
		nl_begin(nl, MPTCP_MB_CMD_SESSION_GET, NLM_F_DUMP);
		nl_call(nl, find_closable, &found);
		/* one that never was, too */
		if (!rnd(8))
			found.id[found.n < 64 ? found.n++ : 0] = 2000000000 + rnd(1000000);
		while (found.n) {
			/* a module that came since would have others of these ids */
			nl_go_on(nl, MPTCP_MB_CMD_SESSION_CLOSE, NLM_F_ACK);
			mnl_attr_put_u32(nl->nlh, MPTCP_MB_A_SESSION_ID, found.id[--found.n]);
			closing++;
			if (!nl_call(nl, NULL, NULL))
				did(CLOSES, 1);
		}
		reset_one(nl);
		nap_ms(20 + rnd(300));
	}
	nl_close(nl);
	return NULL;
}

/* --- dumps and events --- */

void *talk_dump(void *arg)
{
	static const struct {
		uint8_t cmd;
		uint16_t flags;
	} all[] = {
		{ MPTCP_MB_CMD_SESSION_GET, NLM_F_DUMP }, { MPTCP_MB_CMD_SITE_GET, NLM_F_DUMP },
		{ MPTCP_MB_CMD_REFUSED_GET, NLM_F_DUMP }, { MPTCP_MB_CMD_STATS_GET, NLM_F_ACK },
		{ MPTCP_MB_CMD_STATUS_GET, NLM_F_ACK }, { MPTCP_MB_CMD_POLICY_GET, NLM_F_ACK },
		{ MPTCP_MB_CMD_REFUSED_GET, NLM_F_ACK },
	};
	unsigned int n = 0;
	struct nl *nl;

	(void)arg;
	enter(setup.netns_gateway);
	nl = nl_open(NETLINK_GENERIC);
	while (!over) {
		n = (n + 1) % (sizeof(all) / sizeof(*all));
		nl_begin(nl, all[n].cmd, all[n].flags);
		if (all[n].flags == NLM_F_DUMP && !rnd(4)) {
			/* begun, and given up with its socket: until then the module stays */
			if (send(nl->fd, nl->nlh, nl->nlh->nlmsg_len, 0) > 0)
				did(HALF_DUMPS, 1);
			nl_renew(nl);
		} else if (!nl_call(nl, NULL, NULL)) {
			did(DUMPS, 1);
		}
		nap_ms(rnd(10));
	}
	nl_close(nl);
	return NULL;
}

/* Reads for a while, or does not, and goes. */
static void listen_to(struct nl *nl, unsigned int ms)
{
	double end = now() + ms / 1000.0;
	bool deaf = !rnd(4);
	int left;

	net_patience(nl->fd, 100);
	while (!over && now() < end) {
		if (deaf) {
			nap_ms(20);
			continue;
		}
		left = recv(nl->fd, nl->in, sizeof(nl->in), 0);
		for (struct nlmsghdr *nlh = (void *)nl->in; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left)) {
			if (!nl_sound(nlh))
				wrong("an event of %u bytes is malformed", nlh->nlmsg_len);
			did(EVENTS, 1);
		}
	}
}

void *talk_monitor(void *arg)
{
	struct nl *nl;

	(void)arg;
	enter(setup.netns_gateway);
	while (!over) {
		nl = nl_open(NETLINK_GENERIC);
		nl_do(nl, MPTCP_MB_CMD_STATUS_GET);	/* finds the group */
		if (nl->group && !setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl->group,
					     sizeof(nl->group))) {
			did(MONITORS, 1);
			listen_to(nl, rnd(200));
			if (rnd(2))
				setsockopt(nl->fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &nl->group,
					   sizeof(nl->group));
		}
		nl_close(nl);
		nap_ms(5);
	}
	return NULL;
}

static void note_counter(const struct nlmsghdr *nlh, void *data)
{
	static const struct {
		uint32_t counter;
		enum deed deed;
	} known[] = {
		{ MPTCP_MB_COUNTER_SESSION_LEARNT, SESSIONS },
		{ MPTCP_MB_COUNTER_SESSION_CONFIRMED, CONFIRMED },
		{ MPTCP_MB_COUNTER_SESSION_EVICTED, EVICTED },
		{ MPTCP_MB_COUNTER_SUBFLOW_JOINED, JOINED },
		{ MPTCP_MB_COUNTER_RESET_SENT, REFUSED },
	};
	const struct nlattr *count, *attr;

	(void)data;
	mnl_attr_for_each(count, nlh, GENL_HDRLEN) {
		uint32_t id = 0;
		uint64_t value = 0;

		if (mnl_attr_get_type(count) != MPTCP_MB_A_COUNT)
			continue;
		mnl_attr_for_each_nested(attr, count) {
			if (mnl_attr_get_type(attr) == MPTCP_MB_COUNT_ID)
				id = mnl_attr_get_u32(attr);
			else if (mnl_attr_get_type(attr) == MPTCP_MB_COUNT_VALUE)
				value = mnl_attr_get_u64(attr);
		}
		for (unsigned int i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (known[i].counter == id)
				did(known[i].deed, value);
	}
}

/* What the gateway has counted, before it is forgotten with the module */
void talk_count(struct nl *nl)
{
	nl_begin(nl, MPTCP_MB_CMD_STATS_GET, NLM_F_ACK);
	nl_call(nl, note_counter, NULL);
}
