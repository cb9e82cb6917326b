// SPDX-License-Identifier: GPL-2.0
/* Two of the readers: the endpoint, told by its answers, and one made from the tables of the RFCs. */
#include <string.h>

#include "evade_judge.h"
#include "unit/option_aid.h"

uint16_t seen[PHASES][VARIANTS_MAX];
unsigned int variants;

uint16_t *cell(int family, const uint8_t *client, unsigned int port)
{
	unsigned int net = client[family == 4 ? 2 : 3], host = client[family == 4 ? 3 : 15];

	if (client[0] != (family == 4 ? 10 : 0xfd) || client[1] != 1 || (net != 1 && net != VLAN_ID) ||
	    host < FIRST_HOST || host >= FIRST_HOST + PHASES || port < FIRST_PORT ||
	    port >= FIRST_PORT + variants)
		return NULL;
	return &seen[host - FIRST_HOST][port - FIRST_PORT];
}

static bool has(const struct seen *s, unsigned int subtype, bool well)
{
	unsigned int i;

	for (i = 0; i < s->n; i++)
		if (s->opt[i].subtype == subtype && (!well || s->opt[i].fault == MB_FAULT_NONE))
			return true;
	return false;
}

static void from_client(uint16_t *bits, const uint8_t *tcp, const struct seen *s, bool sealed)
{
	*bits |= ARRIVED;
	if (s->sealed || sealed)
		*bits |= SEALED;
	if (has(s, MB_MP_JOIN, false))
		*bits |= CALLED_JOIN;
	if (!(tcp[13] & 2)) {
		if (!(tcp[13] & 4) && (has(s, MB_MP_CAPABLE, true) || has(s, MB_MP_JOIN, true)))
			*bits |= N_LATE;
		return;
	}
	if (s->n)
		*bits |= LEFT;
	if (has(s, MB_MP_CAPABLE, true))
		*bits |= N_CAPABLE;
	if (has(s, MB_MP_JOIN, true))
		*bits |= N_JOIN;
}

/* A SYN/ACK has the option that the SYN had; a join without a session is reset with a reason, by a
 * segment whose sequence number is 0; who opened a connection and got MP_CAPABLE sends both keys.
 */
static void from_server(uint16_t *bits, const uint8_t *tcp, const struct seen *s)
{
	bool synack = (tcp[13] & 0x12) == 0x12, third = (tcp[13] & 0x16) == 0x10;

	if (get16(tcp) == OPENER_PORT) {
		if (third && has(s, MB_MP_CAPABLE, true))
			*bits |= E_CAPABLE;
		return;
	}
	if (synack && has(s, MB_MP_CAPABLE, true))
		*bits |= E_CAPABLE;
	if ((synack && has(s, MB_MP_JOIN, true)) ||
	    (tcp[13] & 4 && !get32(tcp + 4) && has(s, MB_MP_TCPRST, true)))
		*bits |= E_JOIN;
}

static bool under_ah(const struct packet *packet, unsigned int end)
{
	unsigned int off = packet->family == 4 ? (packet->ip[0] & 15) * 4 : 40;
	uint8_t next = packet->ip[packet->family == 4 ? 9 : 6];

	while (off < end && next != AH) {
		const uint8_t *p = packet->ip + off;

		off += next == FRAGMENT ? 8 : (p[1] + 1) * 8;
		next = p[0];
	}
	return off < end && next == AH;
}

static void segment(const struct packet *packet)
{
	const uint8_t *src = packet->ip + (packet->family == 4 ? 12 : 8);
	const uint8_t *dst = src + (packet->family == 4 ? 4 : 16);
	struct segment tcp;
	enum mb_place place;
	uint16_t *bits;
	struct seen s;

	if (packet_segment(packet, &tcp))
		return;
	place = !(tcp.tcp[13] & 2) ? MB_PLACE_OTHER : tcp.tcp[13] & 0x10 ? MB_PLACE_SYNACK : MB_PLACE_SYN;
	naive_parse(tcp.tcp + 20, tcp.doff - 20, place, &s);
	bits = cell(packet->family, src, get16(tcp.tcp));
	if (bits)
		from_client(bits, tcp.tcp, &s, under_ah(packet, tcp.tcp - packet->ip));
	bits = cell(packet->family, dst, get16(tcp.tcp + 2));
	if (bits)
		from_server(bits, tcp.tcp, &s);
}

void read_capture(const char *file)
{
	const char *error = capture_open(file), *why;
	struct packet packet, whole;
	struct segment tcp;
	int status;

	if (error)
		quit(error, file);
	while ((status = capture_next(&packet)) == 1) {
		if (packet.why)
			continue;
		why = packet_segment(&packet, &tcp);
		if (!why || strcmp(why, "fragment"))
			segment(&packet);
		else if (fragment(&packet, &whole))
			segment(&whole);
	}
	if (status < 0)
		quit(capture_error(), file);
	capture_close();
}
