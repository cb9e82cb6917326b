// SPDX-License-Identifier: GPL-2.0
/* Whether what the policy allows was let through and learnt, and what it denies was not. */
#include <linux/mptcp_mb.h>
#include <string.h>

#include "stories.h"

static void judge_allowed(unsigned int live)
{
	struct known k = look_up();

	if (now.lost && !by_share())
		wrong("%u segments are lost that were sent again", now.lost);
	if (refusals())
		wrong("the policy allows all, and %llu segments were refused",
		      (unsigned long long)refusals());
	/* what was lost for good, at a high rate, it could not learn from */
	if (now.lost || k.impaired)
		return;
	if (!k.found || k.state != MPTCP_MB_SESSION_STATE_CONFIRMED)
		wrong("the session is not known, and learning is not impaired: state %d",
		      k.found ? k.state : -1);
	else if (k.live != live)
		wrong("of %u subflows %u are known, and learning is not impaired", live, k.live);
}

void judge_session(void)
{
	judge_allowed(1);
}

void judge_joined(void)
{
	judge_allowed(2);
}

/* No handshake of MPTCP gets through; @stripped: but one of TCP */
static void judge_denied(bool stripped)
{
	uint64_t done = counter[MPTCP_MB_COUNTER_EXIT_STRIP_DEFAULT];
	unsigned int out = 0;

	for (struct seen *s = seen; s < seen + seen_n; s++) {
		if (!(s->flags & SYN))
			continue;
		out++;
		if (s->mptcp)
			wrong("a denied %s passed with its options", s->flags & ACK ? "SYN/ACK" : "SYN");
		else if (!stripped)
			wrong("a denied SYN passed without its options");
	}
	if (stripped && out > done)
		wrong("%u segments came out stripped, %llu are counted", out, (unsigned long long)done);
	if (stripped && now.lost && !by_share())
		wrong("%u segments are lost that were sent again", now.lost);
}

void judge_stripped(void)
{
	judge_denied(true);
}

/* Whoever sent it hears of it, or it is counted that he does not. */
void judge_reset(void)
{
	unsigned int rst = 0;

	judge_denied(false);
	for (struct seen *s = seen; s < seen + seen_n; s++)
		rst += !!(s->flags & RST);
	if (seen_lost)
		return;
	if (rst + (injector == INJECT_KERNEL) < counter[MPTCP_MB_COUNTER_RESET_SENT] && !by_share())
		wrong("%u resets came out, %llu are counted", rst,
		      (unsigned long long)counter[MPTCP_MB_COUNTER_RESET_SENT]);
	if (!by_share() && !rst)
		wrong("nobody was told, not the second time either");
}

void judge_dropped(void)
{
	judge_denied(false);
}

/* Announcements that pass have no HMAC any more. */
void judge_blocked(void)
{
	static const uint8_t zero[8];

	for (struct seen *s = seen; s < seen + seen_n; s++)
		for (unsigned int i = 0; i + 16 <= s->options_len; i++)
			if (s->options[i] == 30 && s->options[i + 1] == 16 &&
			    s->options[i + 2] >> 4 == 3 && memcmp(s->options + i + 8, zero, 8))
				wrong("an announcement passed with its HMAC");
	if (now.lost && !by_share())
		wrong("%u segments are lost that were sent again", now.lost);
}

void judge_nothing(void)
{
}
