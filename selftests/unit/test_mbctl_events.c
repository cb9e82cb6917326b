// SPDX-License-Identifier: GPL-2.0
/*
 * usage: test_mbctl_events [ROUNDS [SEED]]
 * mbctl monitor, refused and status, with a kernel that is none (mbctl_kernel.h); settings as
 * attributes; that no message, however broken, makes mbctl read what is not there.
 */
#include "event.h"
#include "filter.h"
#include "mbctl_run.h"
#include "session_out.h"
#include "setting.h"

/* --- watching --------------------------------------------------------------------------------- */

static char event_bufs[8][MESSAGE_MAX] __attribute__((aligned(8)));

static struct nlmsghdr *event(unsigned int i, uint8_t kind, unsigned int lost)
{
	struct nlmsghdr *nlh = message(event_bufs[i], MPTCP_MB_CMD_EVENT_NTF);

	mnl_attr_put_u8(nlh, MPTCP_MB_A_EVENT, kind);
	mnl_attr_put_u64(nlh, MPTCP_MB_A_TIME, 1000000000000000000ULL + 1234567 * i);
	if (lost)
		mnl_attr_put_u32(nlh, MPTCP_MB_A_LOST, lost);
	kernel.event[kernel.events++] = nlh;
	return nlh;
}

static void make_events(void)
{
	struct nlmsghdr *nlh;

	begin();
	put_session(event(0, MPTCP_MB_EVENT_SESSION_NEW, 0), MPTCP_MB_A_SESSION, &samples[1].s);
	nlh = event(1, MPTCP_MB_EVENT_SUBFLOW_CLOSED, 7);
	put_session(nlh, MPTCP_MB_A_SESSION, &samples[3].s);
	put_subflow(nlh, MPTCP_MB_A_SUBFLOW, &join);
	put_refusal(event(2, MPTCP_MB_EVENT_SUBFLOW_REFUSED, 0), MPTCP_MB_A_REFUSAL, true);
	nlh = event(3, MPTCP_MB_EVENT_POLICY_CHANGED, 0);
	mnl_attr_put_u32(nlh, MPTCP_MB_A_PID, 123);
	mnl_attr_put_strz(nlh, MPTCP_MB_A_COMM, "m\033b");
	mnl_attr_put_u32(nlh, MPTCP_MB_A_GENERATION, 8);
	event(4, MPTCP_MB_EVENT_TABLE_FULL, 0);
	event(5, 77, 0);
	mnl_attr_put_u32(event(6, MPTCP_MB_EVENT_BAD_HMAC, 0), MPTCP_MB_A_SESSION_ID, 5);
	put_session(event(7, MPTCP_MB_EVENT_SESSION_FALLBACK, 0), MPTCP_MB_A_SESSION, &samples[2].s);
	kernel.overrun = 5;
}

#define T	"2001-09-09 01:46:40."

static void check_monitor(void)
{
	make_events();
	want("monitor", false,
	     T "000000 session-new session 2 unconfirmed [fd01::1]:41000 -> [fd02::1]:80 site default "
	     "client-token 0x00000021 server-token 0x00000022 client-data 10000000000 server-data 20\n"
	     T "001234 lost 7 events\n"
	     T "001234 subflow-closed session 4 subflow [fd02::1]:80 -> [fd01::1]:41000 opened by the server, rst\n"
	     T "002469 subflow-refused session 5 syn reset (site) [fd00::1]:41000 -> [fd00::2]:80 site fd00::/8 "
	     "token 0x00abcdef\n"
	     T "003703 policy-changed generation 8 by m\\x1bb, process 123\n"
	     T "004938 table-full\n"
	     "2001-09-09 01:48:20.000000 lost 17 events\n"
	     T "006172 77\n"
	     T "007407 bad-hmac session 5\n"
	     T "008641 session-fallback session 3 fallback (mp-fail) 10.1.0.130:41000 -> 10.3.0.1:80 site default "
	     "client-token 0x00000002 server-token 0x00000032 client-data 10000000000 server-data 20\n");
	want("monitor policy bad-hmac", false,
	     T "001234 lost 7 events\n"
	     T "003703 policy-changed generation 8 by m\\x1bb, process 123\n"
	     "2001-09-09 01:48:20.000000 lost 17 events\n"
	     T "007407 bad-hmac session 5\n");
	want("monitor show table", false,
	     T "001234 lost 7 events\n"
	     T "004938 table-full\n"
	     "2001-09-09 01:48:20.000000 lost 17 events\n");
	kernel.events = 1;
	want("monitor subflow session-closed", false, "");
	want("monitor session", true,
	     "{\"time\":1000000000.0,\"event\":\"session-new\",\"session\":{\"id\":2,\"state\":\"unconfirmed\","
	     "\"version\":1,\"client-token\":\"0x00000021\",\"server-token\":\"0x00000022\",\"client\":\"fd01::1\","
	     "\"client-port\":41000,\"server\":\"fd02::1\",\"server-port\":80,\"site\":\"default\",\"flags\":[],"
	     "\"denied\":false,\"started\":1000000090,\"age\":0,\"idle\":3,\"client-data\":10000000000,"
	     "\"server-data\":20,\"client-acked\":9000000000,\"server-acked\":19,\"pending\":0,\"subflows\":["
	     "{\"state\":\"closed\",\"how\":\"rst\",\"flags\":[\"client-backup\",\"server-fin\"],\"opener\":\"server\","
	     "\"client\":\"fd01::1\",\"client-port\":41000,\"server\":\"fd02::1\",\"server-port\":80,"
	     "\"client-address-id\":1,\"server-address-id\":2,\"started\":1000000000,\"idle\":61,\"from-client\":{"
	     "\"segments\":5,\"bytes\":5000,\"end\":4294967290,\"ack\":7,\"window\":8,\"flags\":[\"psh\",\"ack\"],"
	     "\"tsval\":9,\"data-end\":\"0xfedcba9876543215\",\"data-ack\":\"0x0000000000000005\"},\"from-server\":{"
	     "\"segments\":7,\"bytes\":7000,\"end\":4294967288,\"ack\":9,\"window\":10,\"flags\":[\"psh\",\"ack\"],"
	     "\"tsval\":11,\"data-end\":\"0xfedcba9876543217\",\"data-ack\":\"0x0000000000000007\"}}]}}\n");
	make_events();
	want("monitor subflow-refused policy", true,
	     "{\"time\":1000000000.001234,\"event\":\"lost\",\"count\":7}\n"
	     "{\"time\":1000000000.002469,\"event\":\"subflow-refused\",\"session\":{\"id\":5},\"refusal\":{"
	     "\"time\":1000000000.123456,\"segment\":\"syn\",\"verdict\":\"reset\",\"cause\":\"site\","
	     "\"source\":\"fd00::1\",\"source-port\":41000,\"destination\":\"fd00::2\",\"destination-port\":80,"
	     "\"token\":\"0x00abcdef\",\"session\":5,\"site\":\"fd00::/8\"}}\n"
	     "{\"time\":1000000000.003703,\"event\":\"policy-changed\",\"generation\":8,\"pid\":123,"
	     "\"comm\":\"m\\u001Bb\"}\n"
	     "{\"time\":1000000100.0,\"event\":\"lost\",\"count\":17}\n");
	ktap_done("monitor: lines, JSON lines, what was lost, only some events");
}

static void check_refused(void)
{
	unsigned int lines = 0;
	char *got, *c;

	begin();
	want("refused", false, "");
	kernel.refusals = 2;
	want("refused", false,
	     "TIME                        SEGMENT  VERDICT  CAUSE   SOURCE           DESTINATION   SITE      "
	     "TOKEN       SESSION\n"
	     T "123456  syn      reset    orphan  [fd00::1]:41000  [fd00::2]:80  default   0x00abcdef  -\n"
	     T "123456  syn      reset    site    [fd00::1]:41000  [fd00::2]:80  fd00::/8  0x00abcdef  5\n");
	want("refused ls", true,
	     "[{\"time\":1000000000.123456,\"segment\":\"syn\",\"verdict\":\"reset\",\"cause\":\"orphan\","
	     "\"source\":\"fd00::1\",\"source-port\":41000,\"destination\":\"fd00::2\",\"destination-port\":80,"
	     "\"token\":\"0x00abcdef\",\"site\":\"default\"},"
	     "{\"time\":1000000000.123456,\"segment\":\"syn\",\"verdict\":\"reset\",\"cause\":\"site\","
	     "\"source\":\"fd00::1\",\"source-port\":41000,\"destination\":\"fd00::2\",\"destination-port\":80,"
	     "\"token\":\"0x00abcdef\",\"session\":5,\"site\":\"fd00::/8\"}]\n");
	kernel.refusals = 256;
	got = run("refused", false);
	for (c = got; (c = strchr(c, '\n')); c++)
		lines++;
	if (lines != 257)
		ktap_fail("%u lines for 256 refusals", lines);
	free(got);
	ktap_done("refused: a table, JSON");
}

static void check_status(void)
{
	begin();
	want("status", false,
	     "version      9\n"
	     "hooks        none\n"
	     "sessions     12 of 1000\n"
	     "unconfirmed  3\n"
	     "subflows     20 of 4000\n"
	     "impaired     no\n"
	     "refused      5\n");
	kernel.impaired = true;
	want("status", false,
	     "version      9\n"
	     "hooks        none\n"
	     "sessions     12 of 1000\n"
	     "unconfirmed  3\n"
	     "subflows     20 of 4000\n"
	     "grace        1m15s, in which orphans are judged as joins\n"
	     "impaired     yes: there was no room for some session or join: raise max-sessions; meanwhile orphans are "
	     "judged as joins, and midstream accepts\n"
	     "refused      5\n");
	want("status", true,
	     "{\"version\":\"9\",\"hooks\":[],\"sessions\":12,\"max-sessions\":1000,\"unconfirmed\":3,"
	     "\"subflows\":20,\"max-subflows\":4000,\"grace\":75,\"impaired\":true,\"refused\":5}\n");
	ktap_done("status: sessions, whether they can be learnt");
}

/* Settings are read back from the message that sets them. */
static void check_settings(void)
{
	struct settings set = { 0 }, back;
	struct nl nl = { .family = 99 };
	NL_BUFFER(buf);
	struct nlmsghdr *req = nl_request(&nl, buf, MPTCP_MB_CMD_POLICY_SET, 0);
	unsigned int i;

	for (i = 0; i < settings_count; i++) {
		const struct setting *s = &settings_table[i];

		set.has[s->attr] = true;
		set.value[s->attr] = s->names ? (unsigned int)__builtin_ctz(s->allowed) + 1 : s->max;
	}
	settings_put(req, &set);
	if (settings_get(mnl_nlmsg_get_payload_offset(req, GENL_HDRLEN), &back) ||
	    memcmp(&set, &back, sizeof(set)))
		ktap_fail("other settings come back");
	ktap_done("settings: netlink attributes hold all of them");
}

/* --- broken messages -------------------------------------------------------------------------- */

/* All that reads messages of the kernel and prints what is in them. Returns whether it could. */
static bool feed(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[MPTCP_MB_A_MAX + 1];
	struct out text = { 0 }, json = { .json = true };
	struct filter filter = { .has = FILTER_SITE };
	struct sessions list = { 0 };
	struct err e = { 0 };
	struct event ev;
	bool read;

	read = !event_get(nlh, &ev, &e);
	if (read) {
		event_print(&text, &ev, &e);
		event_print(&json, &ev, &e);
		event_session(&ev);
	}
	event_free(&ev);
	nl_parse(nlh, tb, MPTCP_MB_A_MAX);
	if (tb[MPTCP_MB_A_SESSION] && !sessions_add(&list, tb[MPTCP_MB_A_SESSION], &filter) && list.n) {
		session_print(&text, &list.v[0], FAKE_NOW, &e);
		session_print(&json, &list.v[0], FAKE_NOW, &e);
		out_begin(&text, OUT_LIST);
		out_item(&text);
		session_row(&text, &list.v[0]);
		out_end(&text, &e);
	}
	sessions_free(&list);
	return read;
}

/* A copy that ends where the message does, for the sanitizer to see */
static struct nlmsghdr *cut(const struct nlmsghdr *nlh, unsigned int len)
{
	struct nlmsghdr *copy = malloc(len);

	memcpy(copy, nlh, len);
	copy->nlmsg_len = len;
	return copy;
}

static void check_broken(unsigned int rounds)
{
	unsigned int i, n, len, read = 0, unread = 0;
	FILE *normal = stdout;
	struct nlmsghdr *nlh;

	make_events();
	put_refusal(kernel.event[0], MPTCP_MB_A_REFUSAL, true);
	put_subflow(kernel.event[0], MPTCP_MB_A_SUBFLOW, &join);
	put_session(kernel.event[1], MPTCP_MB_A_SESSION, &samples[0].s);
	stdout = fopen("/dev/null", "w");
	for (i = 0; i < kernel.events; i++)
		for (len = NLMSG_HDRLEN; len <= kernel.event[i]->nlmsg_len; len++) {
			nlh = cut(kernel.event[i], len);
			feed(nlh);
			free(nlh);
		}
	for (i = 0; i < rounds; i++) {
		const struct nlmsghdr *whole = kernel.event[rand() % kernel.events];

		nlh = cut(whole, whole->nlmsg_len);
		for (n = 1 + rand() % 4; n; n--)
			((unsigned char *)nlh)[NLMSG_HDRLEN + rand() % (nlh->nlmsg_len - NLMSG_HDRLEN)] =
				rand() % 3 ? rand() % 32 : rand();
		if (feed(nlh))
			read++;
		else
			unread++;
		free(nlh);
	}
	fclose(stdout);
	stdout = normal;
	if (read < rounds / 10 || unread < rounds / 10)
		ktap_fail("%u messages were read, %u not", read, unread);
	ktap_done("broken messages: read as far as they go, or refused");
}

int main(int argc, char **argv)
{
	setenv("TZ", "UTC", 1);
	srand(argc > 2 ? atoi(argv[2]) : 1);
	ktap_plan(5);
	check_monitor();
	check_refused();
	check_status();
	check_settings();
	check_broken(argc > 1 ? atoi(argv[1]) : 20000);
	return ktap_end();
}
