/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only reader of untrusted packet headers: each function first checks lengths, then forms pointers.
 * It says what is wrong as a drop reason; it never counts, frees or changes the packet, but for
 * trimming it to the length that the IP header gives.
 */
#ifndef NET_PARSE_H
#define NET_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "net/addr.h"
#include "net/drop.h"

/**
 * Check an IPv4 packet whose data starts at the IP header: one segment, version, IHL, total length against
 * the data, header checksum, source (not multicast, not 255.255.255.255, not 127/8). Trims Ethernet padding.
 * @return DROP_NONE or the reason. IPv4 options are accepted.
 */
enum drop_reason parse_ip4(struct rte_mbuf *m);
/** As parse_ip4() for IPv6: version, payload length, source (not multicast, not ::1). No jumbograms. */
enum drop_reason parse_ip6(struct rte_mbuf *m);

/** What classify needs to know of a checked IP packet. */
enum parse_kind {
	PARSE_OTHER,
	PARSE_ESP,      /* ESP directly on IP; *ret_l3_len: bytes in front of ESP */
	PARSE_ESP_NATT, /* ESP in UDP to port 4500; *ret_l3_len: IP and UDP header */
	PARSE_ESP_FRAGMENT /* ESP or UDP 4500, but a fragment */
};

/**
 * Is a checked packet ESP? UDP 4500 with the non-ESP marker (four zero bytes), keep-alives (one byte 0xff)
 * and anything else is PARSE_OTHER. IPv6 extension headers (hop-by-hop, destination, routing with no
 * segments left) in front of ESP are walked, a bounded number.
 */
enum parse_kind parse_esp4(const struct rte_mbuf *m, uint8_t *ret_l3_len);
enum parse_kind parse_esp6(const struct rte_mbuf *m, uint8_t *ret_l3_len);

/** Source and destination of a checked packet as values. */
void parse_addrs(const struct rte_mbuf *m, bool ip6, struct ip_addr *ret_src, struct ip_addr *ret_dst);

/* --- for the control core --- */

struct parse_arp {
	uint16_t op; /* 1 request, 2 reply */
	struct rte_ether_addr sender_mac;
	struct ip_addr sender, target;
};
/** Data starts at the ARP header. @return DROP_NONE or DROP_ARP_INVALID. */
enum drop_reason parse_arp(const struct rte_mbuf *m, struct parse_arp *ret_arp);

enum nd_type { ND_NONE, ND_NS, ND_NA, ND_RS, ND_RA };
struct parse_nd {
	enum nd_type type;
	struct ip_addr src, dst, target;
	bool has_mac; /* link-layer address option (source for NS, target for NA) */
	bool solicited, override, router;
	struct rte_ether_addr mac;
};
/**
 * An IPv6 packet with ICMPv6 neighbour discovery inside: checksum, hop limit 255, code 0, option lengths
 * (RFC 4861, 7.1). type is ND_NONE when it is not ND at all.
 * @return DROP_NONE or DROP_ND_INVALID.
 */
enum drop_reason parse_nd(const struct rte_mbuf *m, struct parse_nd *ret_nd);

#endif
