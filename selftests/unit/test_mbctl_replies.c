// SPDX-License-Identifier: GPL-2.0
/*
 * The whole of mbctl, and what it makes of bytes that a kernel would not send: what fuzzing has
 * found stays mended.
 */
#include <errno.h>
#include <limits.h>

#include "around.h"
#include "ktap.h"
#include "mbctl_messages.h"
#include "text.h"

#define main mbctl_main
#include "../../tools/mbctl/main.c"
#undef main

static uint8_t answer[16384];
static size_t used;

/* A datagram with one message */
static void tell(const struct nlmsghdr *nlh, unsigned int len)
{
	answer[used++] = len;
	answer[used++] = len >> 8;
	memcpy(answer + used, nlh, len);
	used += len;
}

static struct nlmsghdr *end(void *buf, uint16_t type, int error)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	if (type == NLMSG_ERROR)
		((struct nlmsgerr *)mnl_nlmsg_put_extra_header(nlh, sizeof(struct nlmsgerr)))->error = error;
	else
		*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = error;
	return nlh;
}

/* Runs a command line on the answers told so far: what it prints and says has to be @want. */
static void want(const char *name, const char *words, bool json, const char *want)
{
	struct line line = { 0 };
	char got[4096];
	struct err e;
	int status;

	line_split(&line, words, strlen(words), "P", &e);
	around.answer = answer;
	around.answers = used;
	status = around_line(line.word, line.n, json, false);
	around_check(status, json, false);
	snprintf(got, sizeof(got), "%.*s%.*s", (int)around.out_len, around.out,
		 (int)around.err_len, around.err);
	if (strcmp(got, want))
		ktap_fail("%s\n# want %s\n# got  %s", words, want, got);
	around_free();
	line_free(&line);
	memset(&around, 0, sizeof(around));
	used = 0;
	ktap_done(name);
}

static void check_texts(void)
{
	char text[201];
	MESSAGE(buf);
	struct nlmsghdr *nlh = end(buf, NLMSG_ERROR, -EINVAL);

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "the last one");
	tell(nlh, nlh->nlmsg_len);
	want("a refusal with several texts", "site flush", false, "mbctl: site flush: the last one\n");
}

static void check_errno(void)
{
	static const char said[] = "mbctl: site flush: the kernel refuses: Bad message\n";
	MESSAGE(buf);
	struct nlmsghdr *nlh = end(buf, NLMSG_ERROR, INT_MIN);

	tell(nlh, nlh->nlmsg_len);
	want("an error that is no errno", "site flush", false, said);
	nlh = end(buf, NLMSG_DONE, INT_MIN);
	tell(nlh, nlh->nlmsg_len);
	want("the same at a dump's end", "site flush", false, said);
	nlh = end(buf, NLMSG_ERROR, EPERM);
	tell(nlh, nlh->nlmsg_len);
	want("an error that is positive", "site flush", false, said);
}

static void check_length(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_STATS_GET);
	const unsigned int len = nlh->nlmsg_len;

	nlh->nlmsg_len = 0xffffffff;
	tell(nlh, len);
	want("a message of 4 GiB", "status", false, "hooks  none\n");
}

/* Only a dump begins again. */
static void check_torn(void)
{
	MESSAGE(buf);
	struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_STATUS_GET);

	nlh->nlmsg_flags |= NLM_F_DUMP_INTR;
	mnl_attr_put_u32(nlh, MPTCP_MB_STATUS_SITES, 7);
	tell(nlh, nlh->nlmsg_len);
	want("an answer that says it is a torn dump", "status", false, "hooks  none\nsites  7\n");
	nlh = end(buf, NLMSG_ERROR, 0);
	nlh->nlmsg_flags |= NLM_F_DUMP_INTR;
	tell(nlh, nlh->nlmsg_len);
	want("the same without an answer", "site flush", false, "");
}

/* The name of a kind of segment is the kernel's: a key of JSON's, and text. */
static void check_segment(void)
{
	static const char *const wants[] = {
		"server      fd00::1\ndecides     default: no entry matches\n"
		"s\\xff\\x1b   strip       by the entry\n"
		"note: without from, entries that ask for it do not match\n"
		"note: without port, entries that ask for it do not match\n"
		"note: without ctmark, entries that ask for it do not match\n",
		"{\"address\":\"fd00::1\",\"mode\":\"enforce\",\"beaten\":[],\"outcome\":{"
		"\"s\\\\xff\\\\x1b\":{\"verdict\":\"strip\",\"cause\":\"site\"}},\"notes\":["
		"\"without from, entries that ask for it do not match\","
		"\"without port, entries that ask for it do not match\","
		"\"without ctmark, entries that ask for it do not match\"]}\n",
	};
	unsigned int json;

	for (json = 0; json <= 1; json++) {
		MESSAGE(buf);
		struct nlmsghdr *nlh = message(buf, MPTCP_MB_CMD_POLICY_GET);
		struct nlattr *nest = mnl_attr_nest_start(nlh, MPTCP_MB_A_SETTINGS);

		mnl_attr_nest_end(nlh, nest);
		tell(nlh, nlh->nlmsg_len);
		nlh = end(buf, NLMSG_ERROR, 0);
		tell(nlh, nlh->nlmsg_len);
		nlh = message(buf, MPTCP_MB_CMD_SITE_GET);
		nest = mnl_attr_nest_start(nlh, MPTCP_MB_A_OUTCOME);
		mnl_attr_put_strz(nlh, MPTCP_MB_OUTCOME_SEGMENT, "s\xff\x1b");
		mnl_attr_put_u8(nlh, MPTCP_MB_OUTCOME_VERDICT, MPTCP_MB_VERDICT_STRIP);
		mnl_attr_put_u8(nlh, MPTCP_MB_OUTCOME_CAUSE, MPTCP_MB_CAUSE_SITE);
		mnl_attr_nest_end(nlh, nest);
		tell(nlh, nlh->nlmsg_len);
		want(json ? "a segment's name that is no UTF-8, in JSON" :
			    "a segment's name that is no text", "site get fd00::1", json, wants[json]);
	}
}

int main(void)
{
	ktap_plan(10);
	check_texts();
	check_errno();
	check_length();
	check_torn();
	check_segment();
	around.file = "";
	want("an import of nothing", "site import nothing deny", false, "");
	return ktap_end();
}
