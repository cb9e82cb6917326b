/* SPDX-License-Identifier: GPL-2.0 */
/* skb -> TCP view: where the TCP header is, and what stands before it. */
#ifndef MB_PACKET_H
#define MB_PACKET_H

#include <linux/skbuff.h>
#include <linux/tcp.h>

enum mb_found {
	MB_FOUND_TCP,
	MB_FOUND_OTHER,		/* not TCP, or none of its header in this packet */
	MB_FOUND_FRAGMENT,	/* of a TCP segment */
	MB_FOUND_TRUNCATED,	/* no endpoint can read its TCP header */
};

/**
 * struct mb_packet - one segment as a hook sees it
 * @skb:	its buffer; skb->data is the network header
 * @family:	AF_INET or AF_INET6
 * @thoff:	bytes from skb->data to the TCP header
 * @doff:	bytes of the TCP header, options included; 20 to 60
 * @seglen:	bytes of TCP header and payload, by the IP header
 * @signed_ah:	IP AH covers the segment: rewriting it breaks its signature
 */
struct mb_packet {
	struct sk_buff *skb;
	u8 family;
	bool signed_ah;
	u16 thoff;
	u8 doff;
	u32 seglen;
};

enum mb_found mb_packet_find(struct sk_buff *skb, u8 family,
			     struct mb_packet *pkt);
const u8 *mb_packet_tcp(const struct mb_packet *pkt, u8 *buf);
struct tcphdr *mb_packet_writable(struct mb_packet *pkt);

#endif
