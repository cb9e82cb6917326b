// SPDX-License-Identifier: GPL-2.0
/*
 * Sends random and changed messages to the family mptcp_mb and judges the answers. What is sent is
 * decided by the seed; usage() tells more.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nlfuzz.h"

#define SOCKETS	4

static void usage(FILE *f)
{
	fputs("usage: nlfuzz [OPTION...] WHAT\n"
	      "WHAT is\n"
	      "  messages      random ones, right and wrong, and changed ones of the corpus\n"
	      "  sweep         right ones but for one attribute, which takes all lengths and bounds\n"
	      "  transactions  some sockets open and abandon them; what is in force is what a model says\n"
	      "  threads       one has transactions, another opens and closes sockets\n"
	      "  dumps         of sites and sessions, which change meanwhile, and are not read to the end\n"
	      "  rights        each command once, and the group of events; prints what became of each\n"
	      "  raw COMMAND FLAGS [HEX]  one message: its flags beside NLM_F_REQUEST and NLM_F_ACK, or\n"
	      "                \"reserved\", and its attributes; prints what became of it\n"
	      "  --seed N      what is sent depends on it (default: 1)\n"
	      "  --count N     messages or rounds (default: 10000)\n"
	      "  --corpus FILE recorded messages, as nlfuzz_record.so writes them\n"
	      "  --keys K,...  hexadecimal; no message of the kernel may hold one, in any byte order\n"
	      "  --nobody      we have no right: nothing but the counters may be told, nothing may change\n"
	      "  --foreign     in a user namespace that may have no policy: nothing may change\n"
	      "  --loose       flags and bytes that mean nothing may be accepted\n"
	      "Prints a line for each thing that is wrong, then sums. Exit status 1 if anything was.\n", f);
}

/* One reads little at a time, one has room for few answers. */
static void sockets_open(struct sock *s, unsigned int i)
{
	const int least = 1;

	sock_open(&s[i], i % 2, i == 3 ? 2048 : RECEIVE_MAX);
	if (i == 2)
		setsockopt(s[i].fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
}

/* One that listens to events, whose buffer is full now and then, which it wants the sender to know */
static int listen_open(struct sock *s)
{
	const int size = 20000, on = 1;

	sock_open(s, true, RECEIVE_MAX);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(s->fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, &on, sizeof(on));
	return setsockopt(s->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &env.group, sizeof(env.group));
}

static int play_messages(uint64_t count)
{
	struct rng r = { env.seed }, side = { ~env.seed };
	struct answer answers[BATCH_MAX], *none = answers;
	struct sock socks[SOCKETS], events;
	struct message m;
	unsigned int i, n, k;
	uint32_t first;

	for (i = 0; i < SOCKETS; i++)
		sockets_open(socks, i);
	if (!listen_open(&events) == env.nobody)
		wrong(NULL, 0, env.nobody ? "who has no right hears events" : "no events to be heard");
	for (; env.now < count; env.now++) {
		i = below(&side, SOCKETS);
		make_message(&r, &m);
		n = number_messages(&m, &first);
		memset(answers, 0, n * sizeof(answers[0]));
		for (k = 0; k < n; k++)
			answers[k].errnum = -1;
		/* a message that netlink finds too long or too short is none */
		if (sock_send(&socks[i], &m) && errno != EMSGSIZE && errno != ENODATA)
			quit("send");
		sock_hear(&socks[i], first, n, answers, chance(&side, 97) ? UINT32_MAX : 1, NULL, NULL);
		judge(&m, first, answers, n);
		/* and whatever it held: a transaction, a dump */
		if (below(&side, 500) == 0) {
			sock_close(&socks[i]);
			sockets_open(socks, i);
		}
		if (env.now % 1024 == 0)
			sock_hear(&events, 0, 0, none, UINT32_MAX, NULL, NULL);
	}
	for (i = 0; i < SOCKETS; i++)
		sock_close(&socks[i]);
	sock_hear(&events, 0, 0, none, UINT32_MAX, NULL, NULL);
	sock_close(&events);
	return 0;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *p = strchr(digits, c | 0x20);

	return c && p ? p - digits : -1;
}

static int play_raw(char **argv)
{
	uint16_t flags = NLM_F_ACK | strtoul(argv[1], NULL, 0);
	const char *hex = argv[2];
	struct genlmsghdr *genl;
	struct message m;
	struct answer a;
	struct sock s;
	unsigned int i;

	for (i = 0; i < n_commands && strcmp(commands[i].name, argv[0]); i++)
		;
	if (i == n_commands)
		return -1;
	make_plain(&m, &commands[i], flags);
	genl = NLMSG_DATA((struct nlmsghdr *)m.buf);
	genl->reserved = !strcmp(argv[1], "reserved");
	for (; hex && hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0; hex += 2)
		m.buf[m.len++] = hex_digit(hex[0]) << 4 | hex_digit(hex[1]);
	sock_open(&s, true, RECEIVE_MAX);
	ask(&s, &m, &a);
	printf("%s %s\n", a.errnum > 0 ? strerrorname_np(a.errnum) : a.errnum ? "silence" : "ok", a.text);
	sock_close(&s);
	return 0;
}

/* K,K,...: each becomes two, one backwards */
static int read_keys(const char *s)
{
	unsigned int i;
	int hi, lo;

	for (; *s; s += *s == ',') {
		uint8_t *k = env.keys[env.n_keys], *back = env.keys[env.n_keys + 1];

		if (env.n_keys + 2 > KEYS_MAX)
			return -1;
		if (!strncmp(s, "0x", 2))
			s += 2;
		for (i = 0; i < 8; i++, s += 2) {
			hi = hex_digit(s[0]);
			lo = hi < 0 ? -1 : hex_digit(s[1]);
			if (lo < 0)
				return -1;
			k[i] = hi << 4 | lo;
			back[7 - i] = k[i];
		}
		env.n_keys += 2;
		if (*s && *s != ',')
			return -1;
	}
	return 0;
}

static void report(void)
{
	const struct tally *t = &env.tally;
	unsigned int i;

	printf("seed=%llu messages=%llu accepted=%llu refused=%llu told=%llu core=%llu replies=%llu events=%llu"
	       " wrong=%llu", (unsigned long long)env.seed, (unsigned long long)t->messages,
	       (unsigned long long)t->accepted, (unsigned long long)t->refused,
	       (unsigned long long)t->told, (unsigned long long)t->core,
	       (unsigned long long)t->replies, (unsigned long long)t->events,
	       (unsigned long long)t->wrong);
	for (i = 0; i < ERRNOS; i++)
		if (t->by_errno[i])
			printf(" %s=%llu", strerrorname_np(i) ? strerrorname_np(i) : "error",
			       (unsigned long long)t->by_errno[i]);
	puts("");
}

static int play(const char *what, uint64_t count)
{
	if (!strcmp(what, "messages"))
		return play_messages(count);
	if (!strcmp(what, "transactions"))
		return play_transactions(count);
	if (!strcmp(what, "threads"))
		return play_threads(count);
	if (!strcmp(what, "dumps"))
		return play_dumps(count);
	if (!strcmp(what, "sweep"))
		return play_sweep();
	if (!strcmp(what, "rights"))
		return play_rights();
	return -1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "corpus", required_argument, NULL, 'f' },
		{ "keys", required_argument, NULL, 'k' },
		{ "nobody", no_argument, NULL, 'n' },
		{ "foreign", no_argument, NULL, 'o' },
		{ "loose", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	const char *corpus = NULL;
	uint64_t count = 10000;
	int c;

	env.seed = 1;
	env.strict = true;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':	env.seed = strtoull(optarg, NULL, 0); break;
		case 'c':	count = strtoull(optarg, NULL, 0); break;
		case 'f':	corpus = optarg; break;
		case 'n':	env.nobody = true; break;
		case 'o':	env.foreign = true; break;
		case 'l':	env.strict = false; break;
		case 'h':	usage(stdout); return 0;
		case 'k':
			if (!read_keys(optarg))
				break;
			/* fall through */
		default:	usage(stderr); return 2;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	family_find();
	if (corpus && corpus_load(corpus) <= 0)
		quit(corpus);
	if (!strcmp(argv[optind], "raw") && optind + 3 <= argc)
		c = play_raw(argv + optind + 1);
	else
		c = play(argv[optind], count);
	if (c) {
		usage(stderr);
		return 2;
	}
	report();
	return env.tally.wrong ? 1 : 0;
}
