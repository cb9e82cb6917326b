// SPDX-License-Identifier: GPL-2.0
/*
 * mbctl session, with a kernel that is none (mbctl_kernel.h): what is printed, as text and as
 * JSON, which sessions a filter names, what becomes of those that are closed.
 */
#include <errno.h>

#include "mbctl_run.h"

/* --- lists ------------------------------------------------------------------------------------ */

#define HEAD	"ID          STATE        HOW       FALLBACK  CLIENT            SERVER         SITE         DENIED  " \
		"SUBFLOWS  IDLE  CLIENT-DATA  SERVER-DATA  CLIENT-TOKEN  SERVER-TOKEN\n"

static void check_list(void)
{
	begin();
	want("session list", false, HEAD
	     "1           confirmed    -         -         10.1.0.1:41000    10.2.0.1:80    10.2.0.0/16  -       "
	     "1/2       3s    10000000000  20           0x1a2b3c4d    0x00000002\n"
	     "2           unconfirmed  -         -         [fd01::1]:41000   [fd02::1]:80   default      -       "
	     "0/1       3s    10000000000  20           0x00000021    0x00000022\n"
	     "3           fallback     -         mp-fail   10.1.0.130:41000  10.3.0.1:80    default      yes     "
	     "1         3s    10000000000  20           0x00000002    0x00000032\n"
	     "4           closed       data-fin  -         10.1.0.1:41000    10.2.128.1:80  default      -       "
	     "0         3s    10000000000  20           0x00000041    0x00000042\n"
	     "4000000000  closing      -         -         10.1.0.1:41000    10.2.0.9:80    default      -       "
	     "0         3s    10000000000  20           -             -\n");
	want("session list id 9", false, "");
	want("session list id 9", true, "[]\n");
	want("session list id 3", true,
	     "[{\"id\":3,\"state\":\"fallback\",\"fallback\":\"mp-fail\",\"version\":1,"
	     "\"client-token\":\"0x00000002\",\"server-token\":\"0x00000032\",\"client\":\"10.1.0.130\","
	     "\"client-port\":41000,\"server\":\"10.3.0.1\",\"server-port\":80,\"site\":\"default\","
	     "\"flags\":[\"client-key-proven\",\"server-key-proven\",\"denied\"],\"denied\":true,"
	     "\"started\":1000000080,\"age\":20,\"idle\":3,\"client-data\":10000000000,\"server-data\":20,"
	     "\"client-acked\":9000000000,\"server-acked\":19,\"pending\":0,\"subflows\":[{\"state\":\"live\","
	     "\"flags\":[\"initial\"],\"opener\":\"client\",\"client\":\"10.1.0.1\",\"client-port\":41000,"
	     "\"server\":\"10.2.0.1\",\"server-port\":80,\"client-address-id\":1,\"server-address-id\":2,"
	     "\"started\":1000000000,\"idle\":61,\"from-client\":{\"segments\":5,\"bytes\":5000,"
	     "\"end\":4294967290,\"ack\":7,\"window\":8,\"flags\":[\"psh\",\"ack\"],\"tsval\":9,"
	     "\"data-end\":\"0xfedcba9876543215\",\"data-ack\":\"0x0000000000000005\"},\"from-server\":"
	     "{\"segments\":7,\"bytes\":7000,\"end\":4294967288,\"ack\":9,\"window\":10,"
	     "\"flags\":[\"psh\",\"ack\"],\"tsval\":11,\"data-end\":\"0xfedcba9876543217\","
	     "\"data-ack\":\"0x0000000000000007\"}}]}]\n");
	want("session list id 4", true,
	     "[{\"id\":4,\"state\":\"closed\",\"how\":\"data-fin\",\"version\":1,\"client-token\":\"0x00000041\","
	     "\"server-token\":\"0x00000042\",\"client\":\"10.1.0.1\",\"client-port\":41000,"
	     "\"server\":\"10.2.128.1\",\"server-port\":80,\"site\":\"default\",\"flags\":[],\"denied\":false,"
	     "\"started\":1000000105,\"age\":0,\"idle\":3,\"client-data\":10000000000,\"server-data\":20,"
	     "\"client-acked\":9000000000,\"server-acked\":19,\"pending\":0,\"subflows\":[]}]\n");
	ktap_done("session list: a table, JSON");
}

static void check_get(void)
{
	begin();
	want("session get id 1", false,
	     "id            1\n"
	     "state         confirmed\n"
	     "version       1\n"
	     "client        10.1.0.1:41000\n"
	     "server        10.2.0.1:80\n"
	     "client-token  0x1a2b3c4d\n"
	     "server-token  0x00000002\n"
	     "site          10.2.0.0/16\n"
	     "flags         client-key-proven server-key-proven\n"
	     "started       2001-09-09 01:46:40\n"
	     "age           1m40s\n"
	     "idle          3s\n"
	     "client-data   10000000000, 9000000000 of it acknowledged\n"
	     "server-data   20, 19 of it acknowledged\n"
	     "pending       0\n"
	     "subflows      2\n"
	     "    SUBFLOW  HOW  FROM    ADDRESS          ADDRESS-ID  SEGMENTS  BYTES  END         ACK  TCP-FLAGS  "
	     "IDLE  FLAGS\n"
	     "    live     -    client  10.1.0.1:41000   1           5         5000   4294967290  7    psh,ack    "
	     "1m1s  initial\n"
	     "             -    server  10.2.0.1:80      2           7         7000   4294967288  9    psh,ack    "
	     "-     -\n"
	     "    closed   rst  server  [fd02::1]:80     2           7         7000   4294967288  9    psh,ack    "
	     "1m1s  client-backup,server-fin\n"
	     "                  client  [fd01::1]:41000  1           5         5000   4294967290  7    psh,ack    "
	     "-     -\n");
	want("session get id 9", false,
	     "!2 session get: id 9: there is no such session: see \"mbctl session list\"");
	want("session get token 0x9", true,
	     "!2 session get: token 0x00000009: no known session has it: its start was not seen, or it has "
	     "ended: \"mbctl session reset\" resets a single connection");
	want("session get token 2", false,
	     "!2 session get: token 0x00000002: 2 sessions have it: give id and one of 1, 3");
	want("session reset 10.0.0.1 5 10.0.0.2 80", false,
	     "session 5480: 10.0.0.1:5 and 10.0.0.2:80 get their resets with the next segment between them\n");
	want("session reset fd00::1 5 fd00::2 80", true, "{\"id\":6680}\n");
	ktap_done("session get: a record with its subflows; session reset");
}

static const struct {
	const char *words, *ids;
} filters[] = {
	{ "", "1 2 3 4 4000000000" },
	{ "all", "1 2 3 4 4000000000" },
	{ "id 4000000000", "4000000000" },
	{ "id 0xee6b2800", "4000000000" },
	{ "token 0x1a2b3c4d", "1" },
	{ "token 439041101", "1" },
	{ "token 2", "1 3" },
	{ "token 0", "" },
	{ "site 10.2.0.0/16", "1 4 4000000000" },
	{ "site 10.2.0.0/17", "1 4000000000" },
	{ "site 10.2.0.1", "1" },
	{ "site fd02::/16", "2" },
	{ "site any", "1 2 3 4 4000000000" },
	{ "site 0.0.0.0/0", "1 3 4 4000000000" },
	{ "site ::/0", "2" },
	{ "client 10.1.0.128/25", "3" },
	{ "client 10.1.0.0/25", "1 4 4000000000" },
	{ "client fd01::1 site fd02::1", "2" },
	{ "client 10.1.0.1 site fd02::1", "" },
	{ "state confirmed", "1" },
	{ "state unconfirmed", "2" },
	{ "state closing", "4000000000" },
	{ "state closed", "4" },
	{ "state detached", "" },
	{ "age >20", "1 4000000000" },
	{ "age >19", "1 3 4000000000" },
	{ "age <20", "2 4" },
	{ "age <10s", "4" },
	{ "age <21 state fallback denied", "3" },
	{ "denied", "3" },
	{ "denied site 10.2.0.0/16", "" },
	{ "denied site 10.3.0.0/16", "3" },
};

static void check_filters(void)
{
	unsigned int i;

	begin();
	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		char words[128], ids[128] = "", *got, *line;

		snprintf(words, sizeof(words), "session list %s", filters[i].words);
		got = run(words, false);
		for (line = strchr(got, '\n'); line && line[1]; line = strchr(line + 1, '\n'))
			sprintf(ids + strlen(ids), "%s%.*s", *ids ? " " : "",
				(int)strcspn(line + 1, " "), line + 1);
		if (strcmp(ids, filters[i].ids))
			ktap_fail("%s: want %s, got %s", words, filters[i].ids, ids);
		free(got);
	}
	ktap_done("filters name just the sessions that they say");
}

/* --- closing ---------------------------------------------------------------------------------- */

static void check_close_ends(void)
{
	begin();
	sessions[0].ends_ms = 70;
	sessions[2].ends_ms = 20;
	want("session close id 1", false, "session 1: closed (closed)\n");
	if (kernel.ms != 70 || kernel.asked)
		ktap_fail("an event did not end the wait: %lu ms, asked %u times", kernel.ms, kernel.asked);
	want("session close denied", true, "[{\"id\":3,\"closed\":true,\"how\":\"closed\"}]\n");
	begin();
	sessions[0].ends_ms = sessions[2].ends_ms = 2500;
	sessions[0].silent = sessions[2].silent = true;
	sessions[2].forgotten = true;
	want("session close site 10.0.0.0/8", false, "session 1: closed (closed)\nsession 3: closed\n");
	if (kernel.ms != 3000)
		ktap_fail("asked every second, it took %lu ms", kernel.ms);
	begin();
	sessions[0].errnum = EALREADY;
	sessions[0].s.state = MPTCP_MB_SESSION_STATE_CLOSING;
	sessions[0].ends_ms = 900;
	want("session close id 1", false, "session 1: closed (closed)\n");
	ktap_done("session close: waits for the end, heard of or asked for");
}

#define NOT_PROVEN	"its keys are not proven: wait"

static void check_close_fails(void)
{
	begin();
	sessions[0].back_ms = 8200;
	sessions[1].errnum = EOPNOTSUPP;
	sessions[1].text = NOT_PROVEN;
	sessions[2].ends_ms = 30;
	want("session close all", false,
	     "session 2: " NOT_PROVEN "\n"
	     "session 3: closed (closed)\n"
	     "session 1: not seen to end: its hosts did not answer, it is confirmed again\n"
	     "!2 session close: 2 sessions were not closed: what was printed says why");
	want("session close id 2", true,
	     "[{\"id\":2,\"closed\":false,\"error\":\"" NOT_PROVEN "\"}]\n!2 session close: session 2: " NOT_PROVEN);
	begin();
	want("session close id 1", false,
	     "!2 session close: session 1: not seen to end within 10 s");
	if (kernel.ms != 10000)
		ktap_fail("10 s were %lu ms", kernel.ms);
	begin();
	sessions[0].errnum = ENOENT;
	want("session close id 1", false, "session 1: has ended before\n");
	/* what would be the same for all of them ends it */
	sessions[0].errnum = EPERM;
	sessions[0].text = "mode observe touches nothing";
	want("session close all", true, "!2 session close: mode observe touches nothing");
	kernel.deaf = true;
	want("session close all", false,
	     "!2 session close: not permitted: it needs CAP_NET_ADMIN in this network namespace: become root");
	ktap_done("session close: tells each that is not closed, goes on with the others");
}

static void check_close_which(void)
{
	begin();
	sessions[0].ends_ms = sessions[2].ends_ms = 1;
	want("session close id 9", false,
	     "!2 session close: id 9: there is no such session: see \"mbctl session list\"");
	want("session close token 9", true,
	     "!2 session close: token 0x00000009: no known session has it: its start was not seen, or it has "
	     "ended: \"mbctl session reset\" resets a single connection");
	want("session close token 2", false,
	     "!2 session close: token 0x00000002: 2 sessions have it: give id and one of 1, 3");
	want("session close token 2 id 3", false, "session 3: closed (closed)\n");
	want("session close token 2", false, "session 1: closed (closed)\n");
	want("session close token 2", false, "!2 session close: session 1 has ended already (closed)");
	want("session close id 4", false, "!2 session close: session 4 has ended already (data-fin)");
	want("session close id 4", true, "!2 session close: session 4 has ended already (data-fin)");
	want("session close id 4 denied", true, "[]\n");
	want("session close state closed", false, "no session matches\n");
	want("session close client 10.9.0.0/16", true, "[]\n");
	want("session close site 10.2.0.9", false, "no session matches\n");
	ktap_done("session close: which ones");
}

static void check_many(void)
{
	unsigned int i, n = 2500, lines = 0;
	struct fake_session *many = calloc(n, sizeof(*many));
	char *got, *c;

	begin();
	for (i = 0; i < n; i++) {
		many[i] = samples[0];
		many[i].s.id = i + 1;
		many[i].ends_ms = 100 + i % 7;
		many[i].silent = i % 3;
	}
	kernel.v = many;
	kernel.n = n;
	got = run("session close all", false);
	for (c = got; (c = strstr(c, ": closed (closed)\n")); c++)
		lines++;
	if (lines != n || strchr(got, '!') || kernel.ms > 4000)
		ktap_fail("%u of %u closed, %lu ms", lines, n, kernel.ms);
	free(got);
	free(many);
	ktap_done("session close: 2,500 sessions, each told once");
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	ktap_plan(7);
	check_list();
	check_get();
	check_filters();
	check_close_ends();
	check_close_fails();
	check_close_which();
	check_many();
	return ktap_end();
}
