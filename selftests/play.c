// SPDX-License-Identifier: GPL-2.0
/*
 * Plays both hosts of MPTCP connections through a gateway between them, right or wrong as told;
 * usage() has the language. Nothing is received: what comes of it is for others to see.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "craft.h"
#include "play.h"

#define FIN 0x01
#define SYN 0x02
#define ACK 0x10
#define MAX 4096

struct craft craft = { .window = 65535, .ttl = 64 };

/* Where the client's segments go out, and the server's */
static struct {
	int fd;
	uint8_t eth[12];
} port[2];

static struct session sessions[MAX];
static struct conn conns[MAX];
static unsigned int sessions_n, conns_n;
static int out;				/* whose port the segment leaves by */
static uint64_t state = 88172645463325252ull;

uint64_t random64(void)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ull;
}

static void die(const char *what, const char *which)
{
	fprintf(stderr, "play: %s: %s%s%s\n", which, what, errno ? ": " : "",
		errno ? strerror(errno) : "");
	exit(2);
}

/* --- sending --- */

void emit(const uint8_t *frame, unsigned int len, unsigned int tcp_off)
{
	(void)tcp_off;
	while (send(port[out].fd, frame, len, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN)
			die("cannot send", "a segment");
		usleep(1000);
	}
}

void send_segment(struct segment *seg)
{
	static uint32_t id;
	struct conn *c = seg->conn;

	out = seg->side ^ c->reverse ^ seg->back;
	memcpy(craft.eth, port[out].eth, sizeof(port[out].eth));
	put16(craft.eth + 12, c->family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	craft.family = c->family;
	memcpy(craft.saddr, c->addr[seg->side], 16);
	memcpy(craft.daddr, c->addr[!seg->side], 16);
	craft.dport = c->port[!seg->side];
	craft.flags = seg->flags;
	craft.ack = seg->flags & ACK ? seg->ack : 0;
	craft.payload = seg->len;
	craft.bad_checksum = seg->bad_sum;
	craft.options_len = seg->options_len;
	memcpy(craft.options, seg->options, sizeof(seg->options));
	build_segment(c->port[seg->side], seg->seq, ++id);
	if (!seg->forged)
		c->nxt[seg->side] = seg->seq + seg->len + !!(seg->flags & SYN) +
				    !!(seg->flags & FIN);
}

static void open_port(unsigned int i, char *text)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	char *netns = strtok(text, ","), *dev = strtok(NULL, ","), *mac[2], path[100];
	int fd, home = open("/proc/self/ns/net", O_RDONLY), one = 1;

	mac[0] = strtok(NULL, ",");
	mac[1] = strtok(NULL, ",");
	errno = 0;
	if (!mac[1])
		die("not NETNS,DEV,MAC,GATEWAYMAC", text);
	for (int m = 0; m < 2; m++) {
		uint8_t *p = port[i].eth + (m ? 0 : 6);

		if (sscanf(mac[m], "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", p, p + 1, p + 2, p + 3,
			   p + 4, p + 5) != 6)
			die("not a MAC address", mac[m]);
	}
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("cannot enter it", netns);
	close(fd);
	port[i].fd = socket(AF_PACKET, SOCK_RAW, 0);
	ll.sll_ifindex = if_nametoindex(dev);
	if (port[i].fd < 0 || !ll.sll_ifindex || bind(port[i].fd, (struct sockaddr *)&ll, sizeof(ll)))
		die("cannot send there", dev);
	setsockopt(port[i].fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	if (setns(home, CLONE_NEWNET))
		die("cannot come back", netns);
	close(home);
}

/* --- the language --- */

static struct session *find_session(const char *name)
{
	for (unsigned int i = 0; name && i < sessions_n; i++)
		if (!strcmp(sessions[i].name, name))
			return &sessions[i];
	return NULL;
}

static struct conn *find_conn(const char *name)
{
	for (unsigned int i = 0; name && i < conns_n; i++)
		if (!strcmp(conns[i].name, name))
			return &conns[i];
	return NULL;
}

/* VALUE of NAME=VALUE, or NULL */
static const char *value(const char *word, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(word, name, len) && word[len] == '=' ? word + len + 1 : NULL;
}

/* A session that is named again begins anew. */
static const char *do_session(int argc, char **argv)
{
	struct session *s = find_session(argv[0]);

	if (argc < 1 || (!s && sessions_n == MAX))
		return "session NAME [v0] [csum]";
	if (!s)
		s = &sessions[sessions_n++];
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", argv[0]);
	s->version = 1;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "v0"))
			s->version = 0;
		else if (!strcmp(argv[i], "csum"))
			s->csum = true;
		else
			return "a session is v0, or has csum";
	}
	for (int i = 0; i < 2 * KEY_LEN; i++)
		s->key[i / KEY_LEN][i % KEY_LEN] = random64();
	session_begin(s);
	return NULL;
}

static const char *do_collide(int argc, char **argv)
{
	struct session *a = find_session(argc == 2 ? argv[0] : NULL), *b = find_session(argv[1]);

	if (!a || !b || a->version != b->version)
		return "collide SESSION SESSION, of one version";
	find_collision(a->version, random64(), a->key[1], b->key[1]);
	session_begin(a);
	session_begin(b);
	return NULL;
}

static const char *do_show(int argc, char **argv)
{
	struct session *s = find_session(argc == 1 ? argv[0] : NULL);

	if (!s)
		return "show SESSION";
	printf("client-token=0x%08x server-token=0x%08x client-key=", s->token[0], s->token[1]);
	for (int i = 0; i < 2 * KEY_LEN; i++)
		printf("%s%02x", i == KEY_LEN ? " server-key=" : "", s->key[i / KEY_LEN][i % KEY_LEN]);
	putchar(' ');
	return NULL;
}

static const char *do_conn(int argc, char **argv)
{
	struct conn *c = find_conn(argv[0]);

	if (argc < 6 || (!c && conns_n == MAX))
		return "conn NAME SESSION ADDRESS PORT ADDRESS PORT [reverse] [seq=N,N]";
	if (!c)
		c = &conns[conns_n++];
	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "%s", argv[0]);
	c->session = find_session(argv[1]);
	if (!c->session)
		return "no such session";
	c->family = strchr(argv[2], ':') ? AF_INET6 : AF_INET;
	if (inet_pton(c->family, argv[2], c->addr[0]) != 1 ||
	    inet_pton(c->family, argv[4], c->addr[1]) != 1)
		return "not addresses of one family";
	for (int side = 0; side < 2; side++) {
		c->port[side] = strtoul(argv[3 + 2 * side], NULL, 10);
		c->isn[side] = random64();
		c->nonce[side] = random64();
	}
	for (int i = 6; i < argc; i++) {
		if (!strcmp(argv[i], "reverse"))
			c->reverse = true;
		else if (sscanf(argv[i], "seq=%u,%u", &c->isn[0], &c->isn[1]) != 2)
			return "reverse, or seq=N,N";
	}
	memcpy(c->nxt, c->isn, sizeof(c->nxt));
	return NULL;
}

static uint8_t flags_of(const char *text)
{
	static const char letters[] = "FSRPAUEC";
	uint8_t v = 0;

	for (; *text && strchr(letters, *text); text++)
		v |= 1 << (strchr(letters, *text) - letters);
	return v;
}

/* A word that takes no value */
static bool plain_word(struct segment *seg, const char *word)
{
	const struct {
		const char *name;
		bool *set;
	} known[] = {
		{ "forged", &seg->forged }, { "badsum", &seg->bad_sum }, { "badhmac", &seg->bad_hmac },
		{ "badkey", &seg->bad_key }, { "nodack", &seg->no_data_ack },
		{ "nomap", &seg->no_mapping }, { "infinite", &seg->infinite },
		{ "datafin", &seg->data_fin }, { "four", &seg->four }, { "backup", &seg->backup },
		{ "back", &seg->back },
	};

	for (unsigned int i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(word, known[i].name))
			continue;
		*known[i].set = true;
		return true;
	}
	return false;
}

/* Words change what comes after them: options stand last. */
static const char *word_of_segment(struct segment *seg, const char *word)
{
	const char *v;

	v = value(word, "len");
	if (v)
		seg->len = strtoul(v, NULL, 0);
	else if ((v = value(word, "seq")))
		seg->seq += strtol(v, NULL, 0);
	else if ((v = value(word, "ack")))
		seg->ack += strtol(v, NULL, 0);
	else if ((v = value(word, "dsn")))
		seg->dsn = strtoll(v, NULL, 0);
	else if ((v = value(word, "dack")))
		seg->data_ack = strtoll(v, NULL, 0);
	else if ((v = value(word, "id")))
		seg->addr_id = strtoul(v, NULL, 0);
	else if ((v = value(word, "keys"))) {
		seg->keys = find_session(v);
		return seg->keys ? NULL : "no such session";
	} else if ((v = value(word, "token"))) {
		seg->token = strtoul(v, NULL, 0);
		seg->has_token = true;
	} else if (!plain_word(seg, word) && !add_option(seg, word))
		return "what is that word of a segment?";
	return NULL;
}

static const char *do_send(int argc, char **argv)
{
	struct segment seg = { .conn = find_conn(argv[0]) };
	const char *error;

	if (argc < 3 || !seg.conn || strspn(argv[1], "cs") != 1 || argv[1][1])
		return "send CONNECTION c|s FLAGS [WORD...]";
	seg.side = argv[1][0] == 's';
	seg.flags = flags_of(argv[2]);
	seg.seq = seg.conn->nxt[seg.side];
	seg.ack = seg.conn->nxt[!seg.side];
	for (int i = 3; i < argc; i++) {
		error = word_of_segment(&seg, argv[i]);
		if (error)
			return error;
	}
	if (seg.options_len > 40)
		return "that is more than 40 bytes of options";
	send_segment(&seg);
	return NULL;
}

/* What happens in most sessions, in words of send; %s is the connection. */
static const struct {
	const char *name, *lines[5];
} scenes[] = {
	{ "open", { "%s c S mpc", "%s s SA mpc", "%s c A mpc" } },
	{ "confirm", { "%s c PA len=10 dss", "%s s A dss", "%s s PA len=20 dss", "%s c A dss" } },
	{ "join", { "%s c S join", "%s s SA join", "%s c A join", "%s s A dss" } },
	{ "fin", { "%s c FA dss", "%s s FA dss", "%s c A dss" } },
};

static const char *command(char *line);

static const char *do_scene(unsigned int n, int argc, char **argv)
{
	char line[100];
	const char *error = NULL;

	if (argc != 1)
		return "which connection?";
	for (unsigned int i = 0; !error && i < 5 && scenes[n].lines[i]; i++) {
		memcpy(line, "send ", 5);
		/* its format is ours */
		snprintf(line + 5, sizeof(line) - 5, "%.20s%s", argv[0], scenes[n].lines[i] + 2);
		error = command(line);
	}
	return error;
}

static const char *command(char *line)
{
	static const struct {
		const char *name;
		const char *(*run)(int argc, char **argv);
	} known[] = {
		{ "session", do_session }, { "collide", do_collide }, { "show", do_show },
		{ "conn", do_conn }, { "send", do_send }, { "flood", flood },
	};
	char *argv[40] = { "" }, *save;
	int argc = 0;

	for (char *word = strtok_r(line, " \t\n", &save); word && argc < 39;
	     word = strtok_r(NULL, " \t\n", &save))
		argv[argc++] = word;
	if (!argc)
		return NULL;
	/* a command without arguments finds empty ones */
	for (int i = argc; i < 40; i++)
		argv[i] = "";
	for (unsigned int i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(argv[0], known[i].name))
			return known[i].run(argc - 1, argv + 1);
	for (unsigned int i = 0; i < sizeof(scenes) / sizeof(*scenes); i++)
		if (!strcmp(argv[0], scenes[i].name))
			return do_scene(i, argc - 1, argv + 1);
	return "what is that command?";
}

static int usage(void)
{
	puts("usage: play NETNS,DEV,MAC,GATEWAYMAC NETNS,DEV,MAC,GATEWAYMAC <COMMANDS\n"
	     "Plays hosts on both sides of a gateway: the first argument says where the client's segments go\n"
	     "out, the second where the server's. Answers each line with ok, or error: REASON.\n"
	     "  session NAME [v0] [csum]      keys are random, but the same each time\n"
	     "  collide SESSION SESSION       gives them server keys of the same token\n"
	     "  show SESSION                  its tokens and keys\n"
	     "  conn NAME SESSION ADDRESS PORT ADDRESS PORT [reverse] [seq=N,N]\n"
	     "                                opener first; reverse: it is the session's server\n"
	     "  send CONN c|s FLAGS [WORD...] one segment of the connection's opener (c) or other end (s);\n"
	     "                                FLAGS of F S R P A U E C. Words, options last:\n"
	     "      len=N seq=+N ack=+N badsum, forged (the connection stays where it is),\n"
	     "      back (from where the other end is)\n"
	     "      dsn=+N dack=+N nodack nomap infinite datafin four (bytes of data sequence)\n"
	     "      keys=SESSION badkey token=N badhmac id=N backup\n"
	     "      mpc join dss fail fastclose addaddr remove prio tcprst: the option that is right there\n"
	     "      addaddr0=ADDRESS: as version 0 announces it\n"
	     "      ts: timestamps, which endpoints have in front of it\n"
	     "  open, confirm, join, fin CONN whole exchanges: handshake; data and DSS both ways; ...\n"
	     "  flood acks|sessions|joins COUNT PREFIX SERVER PORT [RATE]\n"
	     "                                from addresses in PREFIX, RATE a second; tells ms=");
	return 2;
}

int main(int argc, char **argv)
{
	char line[1024];
	const char *error;
	cpu_set_t cpu;

	if (argc != 3)
		return usage();
	/* segments shall arrive in the order in which they are sent */
	CPU_ZERO(&cpu);
	CPU_SET(sched_getcpu(), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	open_port(0, argv[1]);
	open_port(1, argv[2]);
	while (fgets(line, sizeof(line), stdin)) {
		error = command(line);
		printf(error ? "error: %s\n" : "ok\n", error);
		fflush(stdout);
	}
	return 0;
}
