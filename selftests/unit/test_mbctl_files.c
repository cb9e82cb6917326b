// SPDX-License-Identifier: GPL-2.0
/*
 * usage: test_mbctl_files [MPTCP_MB.YAML]
 * mbctl's policy files and lists with the lines that it blames, its names beside those of the
 * netlink specification, what it makes of the kernel's refusals, its text and JSON.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "ktap.h"
#include "names.h"
#include "out.h"
#include "stmt.h"

static char dir[] = "/tmp/test_mbctl.XXXXXX";

static void put_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	fputs(text, f);
	fclose(f);
}

/* Reads a policy file in the current directory: the number of statements, or the error. */
static const char *read_policy(const char *name)
{
	static char got[1100];
	struct stmts list = { 0 };
	struct err e = { 0 };

	if (stmts_read_policy(&list, name, "policy apply", &e))
		snprintf(got, sizeof(got), "%s", e.text);
	else
		sprintf(got, "%u", list.n);
	stmts_free(&list);
	return got;
}

static const struct {
	const char *text, *want;
} files[] = {
	{ "", "policy apply: p: no statement in it; \"policy flush\" removes the policy" },
	{ "# nothing\n\n   \t\r\n", "policy apply: p: no statement in it" },
	{ "site import nothing deny\n", "0" },
	{ "policy set mode observe\r\nsite add any allow # c\n  site del any\nsite replace any deny", "4" },
	{ "\xef\xbb\xbfsite add any allow\n", "1" },
	{ "site add any allow\nsite add any deny\nsite add 10.0.0.0/33 deny\nsite add x\n",
	  "p:3: \"10.0.0.0/33\": an IPv4 prefix has at most 32 bits: write a length of 0 to 32" },
	{ "\n#\n site add any allow nonsense", "p:3: \"nonsense\": unknown word; an entry is " },
	{ "policy set\n", "p:1: what is to be set? give KEY VALUE; the keys are " },
	{ "policy set midstream strip\n", "p:1: midstream \"strip\": half-stripped sessions corrupt data: " },
	{ "mbctl site add any allow\n", "p:1: \"mbctl\": statements stand in a file without it: leave it out" },
	{ "policy flush\n", "p:1: policy flush: a file replaces the whole policy: leave it out" },
	{ "site flush\n", "p:1: site flush: a file replaces the whole policy: leave it out" },
	{ "policy apply x\n",
	  "p:1: policy \"apply\": no statement: give policy set, or site add, replace, del or import" },
	{ "site\n", "p:1: site: no statement: give policy set, or site add, replace, del or import" },
	{ "sites add any allow\n",
	  "p:1: \"sites\": no statement: give policy set, or site add, replace, del or import" },
	{ "site add a\x1b\xff\"b\" allow\n", "p:1: a quote inside the word \"a\\x1b\\xff\": quote the whole word, " },
	{ "site add 0123456789012345678901234567890123456789012345678901234567890123456789\"\n",
	  "p:1: a quote inside the word \"0123456789012345678901234567890123456789012345678901234567890123\"...: quote " },
	{ "site add any allow comment \"a\n", "p:1: a quote is not closed: end the word with \"" },
	{ "site del any allow\n", "p:1: \"allow\": only PREFIX, from, port, mark, ctmark and override name " },
	{ "site import\n", "p:1: site import: a file's name is missing: give a path, relative to this file" },
	{ "site import -\n", "p:1: site import: a file's name is missing: give a path, relative to this file" },
	{ "site import none deny\n", "p:1: \"none\" cannot be read: No such file or directory" },
	{ "site import list deny\nsite add any allow\n", "4" },
	{ "site import list deny fallback drop timeout 1h comment \"a b\"\n", "3" },
	{ "site import list\n", "list:1: \"10.0.0.0/8\": what about it? add allow or deny" },
	{ "site import list port 80\n", "p:1: what about these sites? add allow or deny" },
	{ "site import list deny join drop\n", "list:1: join goes with allow: a denied site has no joins: " },
	{ "site import list from 10.0.0.0/8 deny\n", "list:5: from \"10.0.0.0/8\": of another address family than " },
	{ "site import bad deny\n", "bad:2: \"10.1.0.0/8\": bits are set beyond the prefix length: " },
	{ "site import entries\n", "2" },
	{ "site import entries deny\n", "entries:1: \"allow\": only a prefix may stand here, for site import " },
};

static void check_files(void)
{
	unsigned int i;
	const char *got;

	put_file("list", "10.0.0.0/8 # ten\n\n# more\n11.0.0.0/8\nfd00::/8");
	put_file("nothing", "# nothing\n");
	put_file("bad", "10.0.0.0/8\n10.1.0.0/8\n");
	put_file("entries", "10.0.0.0/8 allow\nany deny comment \"x y\"\n");
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		put_file("p", files[i].text);
		got = read_policy("p");
		if (strncmp(got, files[i].want, strlen(files[i].want)))
			ktap_fail("%s: want %s, got %s", files[i].text, files[i].want, got);
	}
	ktap_done("policy files: their statements, and the line that is blamed");
}

static void check_paths(void)
{
	const char *got;

	mkdir("d", 0700);
	put_file("d/p", "site import l deny\n");
	put_file("d/l", "10.0.0.0/8\n10.0.0.0/8\nx\n");
	got = read_policy("d/p");
	if (strncmp(got, "d/l:3: \"x\": no address prefix", 29))
		ktap_fail("relative to the policy file: %s", got);
	got = read_policy("none");
	if (strcmp(got, "policy apply: \"none\" cannot be read: No such file or directory"))
		ktap_fail("missing file: %s", got);
	got = read_policy("d");
	if (strcmp(got, "d: cannot be read: Is a directory"))
		ktap_fail("directory: %s", got);
	ktap_done("policy files: paths, files that cannot be read");
}

/* A line of @len bytes and then as many statements as fit is read, or refused as too long. */
static void check_line(size_t len, bool ok)
{
	const char *want = ok ? "2" : "long:2: more than 65536 bytes in one line: this is no text file: ";
	char *text = malloc(len + 100);
	const char *got;

	strcpy(text, "site add any allow\n#");
	memset(text + 20, 'x', len - 1);
	strcpy(text + 20 + len - 2, "\nsite del any");
	put_file("long", text);
	free(text);
	got = read_policy("long");
	if (strncmp(got, want, strlen(want)))
		ktap_fail("a line of %zu bytes: %s", len, got);
}

static void check_long(void)
{
	static const char *const endless[] = { "/dev/zero", "/dev/full" };
	char path[1000], name[260];
	const char *got;
	unsigned int i;

	check_line(65536, true);
	check_line(65537, false);
	check_line(1000000, false);
	for (i = 0; i < 2; i++) {
		got = read_policy(endless[i]);
		if (strncmp(got + strlen(endless[i]), ":1: more than 65536 bytes", 25))
			ktap_fail("%s: %s", endless[i], got);
	}
	/* of a long path the line's number must be left */
	memset(name, 'n', 250);
	memcpy(name, "\303\274\n", 3);
	memcpy(name + 245, "\303\274\x1b!", 5);
	name[250] = '\0';
	mkdir(name, 0700);
	snprintf(path, sizeof(path), "%s/%s", name, name);
	put_file(path, "site import ./l deny\n");
	snprintf(path, sizeof(path), "%s/l", name);
	put_file(path, "any\nx\n");
	snprintf(path, sizeof(path), "%s/%s", name, name);
	got = read_policy(path);
	if (strncmp(got, "...nnn", 6) || !strstr(got, "nn\303\274\\x1b!/./l:2: \"x\": no address prefix"))
		ktap_fail("a long path: %s", got);
	ktap_done("policy files: long lines, long paths");
}

/* --- the specification ------------------------------------------------------------------------ */

static char yaml[200000];

/* Names of an enum's entries, in their order, from "name: ENUM" on: NULL at the end. */
static const char *next_name(const char **at, char name[64])
{
	const char *p = *at;

	p += strspn(p, ", ");
	if (*p != ']' && *p != '\n' && sscanf(p, "%63[a-z0-9-]", name) == 1) {
		*at = p + strlen(name);
		return name;
	}
	return NULL;
}

static void check_enum(const char *noun, const struct names *names)
{
	char head[80], name[64];
	const char *at, *end, *p;
	unsigned int n = 0;

	snprintf(head, sizeof(head), "\n    name: %s\n", noun);
	at = strstr(yaml, head);
	at = at ? strstr(at, "    entries:") : NULL;
	if (!at) {
		ktap_fail("%s: not in the specification", noun);
		return;
	}
	at += strlen("    entries:");
	if (*at == ' ') {
		for (at += 2; next_name(&at, name); n++)
			if (n >= names->n || strcmp(name, names->name[n]))
				ktap_fail("%s: value %u is %s", noun, n, name);
	} else {
		/* entries are deeper than what follows the enum */
		end = strstr(at, "\n  -\n");
		p = strstr(at, "\nattribute-sets:");
		if (!end || (p && p < end))
			end = p;
		while ((at = strstr(at, "\n        name: ")) && at < end) {
			at += strlen("\n        name: ");
			if (!next_name(&at, name) || n >= names->n || strcmp(name, names->name[n]))
				ktap_fail("%s: value %u is %s", noun, n, name);
			n++;
		}
	}
	if (n != names->n)
		ktap_fail("%s: %u values in the specification, %u here", noun, n, names->n);
}

static void check_names(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f || !fread(yaml, 1, sizeof(yaml) - 1, f))
		ktap_fail("%s cannot be read", path);
	if (f)
		fclose(f);
	check_enum("mode", &names_mode);
	check_enum("action", &names_action);
	check_enum("verdict", &names_verdict);
	check_enum("announce", &names_announce);
	check_enum("cause", &names_cause);
	check_enum("hook", &names_hook);
	check_enum("counter", &names_counter);
	check_enum("orphan", &names_orphan);
	check_enum("place", &names_place);
	check_enum("side", &names_side);
	check_enum("session-state", &names_session_state);
	check_enum("subflow-state", &names_subflow_state);
	check_enum("how", &names_how);
	check_enum("fallback-sign", &names_fallback_sign);
	check_enum("session-flag", &names_session_flag);
	check_enum("subflow-flag", &names_subflow_flag);
	check_enum("event", &names_event);
	if (strcmp(name_of(&names_verdict, 77), "77"))
		ktap_fail("a value without a name: %s", name_of(&names_verdict, 77));
	ktap_done("names are those of the specification, unknown values are shown");
}

/* --- refusals --------------------------------------------------------------------------------- */

static void want_refusal(const struct nl_refusal *why, const struct nlmsghdr *req, const char *want)
{
	struct err e = { 0 };

	if (nl_refusal_err("P", why, req, &e) != -1 || e.status != STATUS_KERNEL || strcmp(e.text, want))
		ktap_fail("want %s, got %d %s", want, e.status, e.text);
}

static unsigned int offset_of(const struct nlmsghdr *req, unsigned int type)
{
	const struct nlattr *nest = mnl_nlmsg_get_payload_offset(req, GENL_HDRLEN), *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == type)
			return (const char *)attr - (const char *)req;
	return 0;
}

static void check_refusals(void)
{
	NL_BUFFER(buf);
	struct nl nl = { .family = 99 };
	struct entry entry = { .has = ENTRY_PORT | ENTRY_MARK, .port = 1, .mark = 1, .mark_mask = 1 };
	struct settings set = { .has[MPTCP_MB_SET_RESET_RATE] = true,
				.has[MPTCP_MB_SET_SHARE_MARK] = true };
	struct nlmsghdr *req = nl_request(&nl, buf, MPTCP_MB_CMD_SITE_ADD, 0);

	entry_put(req, &entry, false);
	want_refusal(&(struct nl_refusal){ .errnum = EINVAL, .text = "no\n" }, NULL, "P: no\\x0a");
	want_refusal(&(struct nl_refusal){ .errnum = EINVAL, .text = "no",
		     .offset = offset_of(req, MPTCP_MB_SITE_PORT) }, req, "P: port: no");
	want_refusal(&(struct nl_refusal){ .errnum = EINVAL, .text = "no",
		     .offset = offset_of(req, MPTCP_MB_SITE_MARK_MASK) }, req, "P: mark: no");
	want_refusal(&(struct nl_refusal){ .errnum = EINVAL, .text = "no", .offset = 7 }, req, "P: no");
	want_refusal(&(struct nl_refusal){ .errnum = ERANGE,
		     .offset = offset_of(req, MPTCP_MB_SITE_PORT) }, req,
		     "P: port: the kernel refuses: Numerical result out of range");
	want_refusal(&(struct nl_refusal){ .errnum = EPERM }, req,
		     "P: not permitted: it needs CAP_NET_ADMIN in this network namespace: become root");
	req = nl_request(&nl, buf, MPTCP_MB_CMD_POLICY_SET, 0);
	settings_put(req, &set);
	want_refusal(&(struct nl_refusal){ .errnum = EINVAL, .text = "no",
		     .offset = offset_of(req, MPTCP_MB_SET_RESET_RATE) }, req, "P: reset-rate: no");
	want_refusal(&(struct nl_refusal){ .errnum = EINVAL, .text = "no",
		     .offset = offset_of(req, MPTCP_MB_SET_SHARE_MARK) }, req, "P: share-mark: no");
	ktap_done("the kernel's refusals name the word that they are about");
}

/* --- answers ---------------------------------------------------------------------------------- */

static void fill(struct out *out, enum out_shape shape)
{
	out_begin(out, shape);
	if (shape == OUT_LIST)
		out_item(out);
	out_str(out, "a_b", "g\303\274n\033\377\342\200\256");
	out_num(out, "none", false, 0);
	out_bool(out, "yes", true, true);
	out_line(out, "%s", "line");
	if (shape == OUT_LIST)
		out_item(out);
	out_quoted(out, shape == OUT_LIST ? "a_b" : "q", "x \"y\"");
	out_num(out, "none", false, 0);
	out_bool(out, shape == OUT_LIST ? "yes" : "no", shape != OUT_LIST, false);
	out_open(out, "in", true);
	out_num(out, NULL, true, 18446744073709551615ULL >> 1);
	out_close(out);
	out_span(out, "span", true, 3661);
	out_time(out, "time", true, 0);
}

static void want_output(bool json, enum out_shape shape, const char *want)
{
	struct out out = { .json = json };
	FILE *normal = stdout;
	struct err e;
	char *got;
	size_t len;

	stdout = open_memstream(&got, &len);
	fill(&out, shape);
	out_end(&out, &e);
	fclose(stdout);
	stdout = normal;
	if (strcmp(got, want))
		ktap_fail("want %s, got %s", want, got);
	free(got);
}

static void check_answers(void)
{
	want_output(true, OUT_RECORD,
		    "{\"a_b\":\"g\303\274n\\u001B\357\277\275\342\200\256\",\"yes\":true,\"q\":\"x \\\"y\\\"\",\"no\":false,"
		    "\"in\":[9223372036854775807],\"span\":3661,\"time\":0}\n");
	want_output(true, OUT_LIST,
		    "[{\"a_b\":\"g\303\274n\\u001B\357\277\275\342\200\256\",\"yes\":true},{\"a_b\":\"x \\\"y\\\"\","
		    "\"in\":[9223372036854775807],\"span\":3661,\"time\":0}]\n");
	want_output(false, OUT_TALE, "line\n");
	want_output(false, OUT_LIST,
		    "line\n"
		    "A-B                      YES  SPAN    TIME\n"
		    "g\303\274n\\x1b\\xff\\xe2\\x80\\xae  yes  -       -\n"
		    "\"x \\\"y\\\"\"                -    1h1m1s  1970-01-01 00:00:00\n");
	want_output(false, OUT_RECORD,
		    "line\n"
		    "a-b   g\303\274n\\x1b\\xff\\xe2\\x80\\xae\n"
		    "yes   yes\n"
		    "q     \"x \\\"y\\\"\"\n"
		    "no    no\n"
		    "span  1h1m1s\n"
		    "time  1970-01-01 00:00:00\n");
	ktap_done("answers: text that is safe on a terminal, columns, JSON");
}

static void check_why(void)
{
	const struct entry plain = { .to = { .family = 2, .len = 8 } };
	const struct entry any = { 0 };
	struct entry from = plain, port = plain, mark = plain, over = plain, from16 = plain;
	const struct {
		const struct entry *best, *beaten;
		const char *want;
	} cases[] = {
		{ &plain, &any, "its prefix is shorter" },
		{ &over, &mark, "it is no override" },
		{ &mark, &from, "it has neither mark nor ctmark" },
		{ &from, &port, "it has no from" },
		{ &from16, &from, "its from is shorter" },
		{ &port, &plain, "it has no port" },
	};
	unsigned int i;

	from.has = ENTRY_FROM;
	from.from = (struct prefix){ .family = 2, .len = 8 };
	from16.has = ENTRY_FROM;
	from16.from = (struct prefix){ .family = 2, .len = 16 };
	port.has = ENTRY_PORT;
	mark.has = ENTRY_MARK;
	over.has = ENTRY_OVERRIDE;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(explain_why(cases[i].best, cases[i].beaten), cases[i].want))
			ktap_fail("want %s, got %s", cases[i].want,
				  explain_why(cases[i].best, cases[i].beaten));
	ktap_done("why an entry is beaten");
}

int main(int argc, char **argv)
{
	char spec[4096], clean[64];

	ktap_plan(7);
	setenv("TZ", "UTC", 1);
	if (!realpath(argc > 1 ? argv[1] : "../../docs/netlink/mptcp_mb.yaml", spec) ||
	    !mkdtemp(dir) || chdir(dir)) {
		perror("test_mbctl_files");
		return 1;
	}
	check_files();
	check_paths();
	check_long();
	check_names(spec);
	check_refusals();
	check_answers();
	check_why();
	snprintf(clean, sizeof(clean), "rm -rf %s", dir);
	return ktap_end() | !!system(clean);
}
