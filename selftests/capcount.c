// SPDX-License-Identifier: GPL-2.0
/*
 * usage: capcount [--repair] [--forwardable] [--frames] FILE
 *
 * Counts the MPTCP options of a capture with the module's own parser, in lines NAME COUNT with the
 * names of the module's counters; "packets" are those of IP. What has no TCP header to read is
 * counted in lines "# not read COUNT REASON".
 *
 * --repair       packets as replay --repair would send them
 * --forwardable  only packets that a router would pass on, which come to a forward hook
 * --frames       instead, for each frame with MPTCP options, its number and the values that were
 *                read, NAME=VALUE,VALUE..., under the names that tshark gives its fields
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "option.h"

static struct {
	bool repair, forwardable, frames;
} want;

static struct {
	unsigned long packets, mptcp, syn, synack, subtype[MB_SUBTYPES], version[3], fault[MB_FAULTS];
} count;

static enum mb_place place_of(const uint8_t *tcp)
{
	if (!(tcp[13] & 0x02))
		return MB_PLACE_OTHER;
	return tcp[13] & 0x10 ? MB_PLACE_SYNACK : MB_PLACE_SYN;
}

static void count_options(const struct mb_options *opts, enum mb_place place)
{
	unsigned int i;

	count.mptcp++;
	count.syn += place == MB_PLACE_SYN;
	count.synack += place == MB_PLACE_SYNACK;
	for (i = 0; i < opts->n; i++) {
		const struct mb_option *o = &opts->opt[i];

		if (o->subtype < MB_SUBTYPES)
			count.subtype[o->subtype]++;
		if (o->subtype == MB_MP_CAPABLE)
			count.version[o->capable.version > 2 ? 2 : o->capable.version]++;
		if (o->fault != MB_FAULT_NONE)
			count.fault[o->fault]++;
	}
}

static void print_counts(void)
{
	static const char *const versions[] = { "0", "1", "other" };
	unsigned int i;

	printf("packets %lu\n", count.packets);
	printf("mptcp %lu\nsyn %lu\nsynack %lu\n", count.mptcp, count.syn, count.synack);
	for (i = 0; i < MB_SUBTYPES; i++)
		printf("subtype-%s %lu\n", mb_subtype_name(i), count.subtype[i]);
	for (i = 0; i < 3; i++)
		printf("version-%s %lu\n", versions[i], count.version[i]);
	for (i = 0; i < MB_FAULTS; i++)
		printf("fault-%s %lu\n", mb_fault_name(i), count.fault[i]);
}

/* Values of one frame, collected by name. */
static struct {
	const char *name;
	char values[1000];
} fields[32];

static void field(const char *name, const char *value)
{
	unsigned int i = 0;

	while (fields[i].name && strcmp(fields[i].name, name))
		i++;
	if (fields[i].name)
		strcat(fields[i].values, ",");
	fields[i].name = name;
	strcat(fields[i].values, value);
}

static void number(const char *name, unsigned long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", value);
	field(name, text);
}

static void bytes(const char *name, const uint8_t *p, unsigned int len)
{
	char text[60];
	unsigned int i;

	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", p[i]);
	field(name, text);
}

static void capable_fields(const struct mb_option *o, const uint8_t *opt)
{
	const uint8_t *data = opt + o->capable.receiver_key_off + 8;

	number("version", o->capable.version);
	if (o->capable.has_sender_key)
		bytes("sendkey", opt + o->capable.sender_key_off, 8);
	if (o->capable.has_receiver_key)
		bytes("recvkey", opt + o->capable.receiver_key_off, 8);
	if (o->capable.has_data_len)
		number("datalvllen", get16(data));
	if (o->capable.has_csum)
		number("checksum", get16(data + 2));
}

static void join_fields(const struct mb_option *o, const uint8_t *opt)
{
	if (o->len == MB_TCPOLEN_MPJ_ACK) {
		bytes("sendhmac", opt + o->join.hmac_off, 20);
		return;
	}
	number("backup.flag", o->join.backup);
	number("addrid", o->join.addr_id);
	if (o->join.hmac_off)
		bytes("sendtrunchmac", opt + o->join.hmac_off, 8);
	else
		number("recvtok", o->join.token);
	number("sendrand", o->join.nonce);
}

static void dss_fields(const struct mb_option *o)
{
	number("datafin.flag", o->dss.data_fin);
	if (o->dss.ack_len)
		number("rawdataack", o->dss.data_ack);
	if (!o->dss.seq_len)
		return;
	number("rawdataseqno", o->dss.data_seq);
	number("subflowseqno", o->dss.subflow_seq);
	number("datalvllen", o->dss.data_len);
	if (o->dss.has_csum)
		number("checksum", o->dss.csum);
}

static void add_addr_fields(const struct mb_option *o, const uint8_t *opt)
{
	if (o->add_addr.form == MB_ADD_ADDR_V0)
		number("ipver", o->add_addr.addr_len == 4 ? 4 : 6);
	else
		number("echo", o->add_addr.form == MB_ADD_ADDR_ECHO);
	number("addrid", o->add_addr.addr_id);
	bytes(o->add_addr.addr_len == 4 ? "ipv4" : "ipv6", opt + o->add_addr.addr_off,
	      o->add_addr.addr_len);
	if (o->add_addr.has_port)
		number("port", o->add_addr.port);
	if (o->add_addr.hmac_off)
		bytes("addaddrtrunchmac", opt + o->add_addr.hmac_off, 8);
}

static void other_fields(const struct mb_option *o, const uint8_t *opt)
{
	unsigned int i;

	switch (o->subtype) {
	case MB_REMOVE_ADDR:
		for (i = 0; i < o->remove_addr.ids; i++)
			number("addrid", opt[o->remove_addr.ids_off + i]);
		break;
	case MB_MP_PRIO:
		number("backup.flag", o->prio.backup);
		if (o->prio.has_addr_id)
			number("addrid", o->prio.addr_id);
		break;
	case MB_MP_FAIL:
		number("rawdataseqno", o->fail.data_seq);
		break;
	case MB_MP_FASTCLOSE:
		bytes("recvkey", opt + o->fastclose.key_off, 8);
		break;
	case MB_MP_TCPRST:
		number("rst_reason", o->tcprst.reason);
		break;
	}
}

static void print_frame(unsigned long frame, const struct mb_options *opts, const uint8_t *opt)
{
	unsigned int i;

	memset(fields, 0, sizeof(fields));
	for (i = 0; i < opts->n; i++) {
		const struct mb_option *o = &opts->opt[i];

		if (o->subtype >= MB_SUBTYPES)
			continue;
		number("subtype", o->subtype);
		if (o->fault != MB_FAULT_NONE && o->fault != MB_FAULT_CAPABLE_PLACE &&
		    o->fault != MB_FAULT_JOIN_PLACE && o->fault != MB_FAULT_DSS_PLACE)
			continue;
		if (o->subtype == MB_MP_CAPABLE)
			capable_fields(o, opt);
		else if (o->subtype == MB_MP_JOIN)
			join_fields(o, opt);
		else if (o->subtype == MB_DSS)
			dss_fields(o);
		else if (o->subtype == MB_ADD_ADDR)
			add_addr_fields(o, opt);
		else
			other_fields(o, opt);
	}
	printf("%lu", frame);
	for (i = 0; fields[i].name; i++)
		printf(" %s=%s", fields[i].name, fields[i].values);
	printf("\n");
}

static void look_at(const struct packet *packet)
{
	struct segment segment;
	struct mb_options opts;
	const char *why = packet->why;
	enum mb_place place;

	if (!why && want.forwardable)
		why = packet_not_forwardable(packet);
	if (!why) {
		count.packets++;
		why = packet_segment(packet, &segment);
	}
	if (why) {
		tally(why);
		return;
	}
	place = place_of(segment.tcp);
	mb_options_parse(segment.tcp + 20, segment.doff - 20, place, &opts);
	if (!opts.n)
		return;
	count_options(&opts, place);
	if (want.frames)
		print_frame(packet->frame, &opts, segment.tcp + 20);
}

int main(int argc, char **argv)
{
	const char *file = NULL, *error;
	struct packet packet;
	int i, status;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--repair"))
			want.repair = true;
		else if (!strcmp(argv[i], "--forwardable"))
			want.forwardable = true;
		else if (!strcmp(argv[i], "--frames"))
			want.frames = true;
		else if (argv[i][0] == '-' || file)
			goto usage;
		else
			file = argv[i];
	}
	if (!file)
		goto usage;
	error = capture_open(file);
	if (error) {
		fprintf(stderr, "capcount: %s\n", error);
		return 1;
	}
	while ((status = capture_next(&packet)) == 1) {
		if (want.repair && !packet.why)
			packet_repair(&packet);
		look_at(&packet);
	}
	if (status < 0) {
		fprintf(stderr, "capcount: %s: %s\n", file, capture_error());
		return 1;
	}
	capture_close();
	if (!want.frames) {
		print_counts();
		tally_print("# not read");
	}
	return 0;
usage:
	fprintf(stderr, "usage: capcount [--repair] [--forwardable] [--frames] FILE\n");
	return 2;
}
