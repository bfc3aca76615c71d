/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only reader of untrusted packet headers: each function first checks lengths, then forms
 * pointers. It says what is wrong as a drop reason; it never counts, frees or changes the packet,
 * but for trimming it to the length that the IP header gives.
 */
#ifndef NET_PARSE_H
#define NET_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "net/addr.h"
#include "net/drop.h"

/* Bytes of SPI and sequence number: the least that is called ESP. */
#define PARSE_ESP_MIN 8
/* UDP port of ESP behind a NAT (RFC 3948), and of IKE beside it. */
#define PARSE_PORT_NATT 4500
/* IPv6 extension headers that are walked in front of the upper layer. */
#define PARSE_EXT_MAX 8

/**
 * Check an IPv4 packet whose data starts at the IP header: one segment, version, IHL, total length
 * against the data, header checksum, source (not multicast, not 255.255.255.255, not 127/8). Trims
 * Ethernet padding.
 * @return DROP_NONE or the reason. IPv4 options are accepted.
 */
static inline enum drop_reason parse_ip4(struct rte_mbuf *m);
/**
 * Is it one that parse_ip4() takes, and has no options either? Few instructions; @p p is followed by @p len bytes, which may be none.
 * @return Total length, @p len at most. 0: something is wrong, or it needs a closer look.
 */
static inline uint16_t parse_ip4_plain(const uint8_t *p, uint32_t len);
/**
 * As parse_ip4() for IPv6: version, payload length, source (not multicast, not ::1). No jumbograms.
 */
static inline enum drop_reason parse_ip6(struct rte_mbuf *m);

/** What classify needs to know of a checked IP packet. */
enum parse_kind {
	PARSE_OTHER,
	PARSE_ESP,         /* ESP directly on IP; *ret_l3_len: bytes in front of ESP */
	PARSE_ESP_NATT,    /* ESP in UDP to port 4500; *ret_l3_len: IP and UDP header */
	PARSE_ESP_FRAGMENT /* ESP or UDP 4500, but a fragment */
};

/**
 * Is a checked packet ESP? UDP 4500 with the non-ESP marker (four zero bytes), keep-alives (one
 * byte 0xff) and anything else is PARSE_OTHER. IPv6 extension headers (hop-by-hop, destination,
 * routing with no segments left) in front of ESP are walked, at most PARSE_EXT_MAX. ESP without
 * room for SPI and sequence number is PARSE_OTHER too.
 *
 * @param ret_l3_len Set with PARSE_ESP and PARSE_ESP_NATT: at least PARSE_ESP_MIN bytes of data
 *   follow. Untouched otherwise.
 */
static inline enum parse_kind parse_esp4(const struct rte_mbuf *m, uint8_t *ret_l3_len);
static inline enum parse_kind parse_esp6(const struct rte_mbuf *m, uint8_t *ret_l3_len);
/**
 * Could parse_esp4() say anything but PARSE_OTHER of a checked packet of @p len bytes? In a few instructions, since of most packets it
 * could not.
 */
static inline bool parse_esp4_maybe(const struct rte_ipv4_hdr *ip, uint32_t len);

/* The same, complete: what the functions above come to when a packet is not of the common form. */
enum drop_reason parse_ip4_full(struct rte_mbuf *m);
enum drop_reason parse_ip6_full(struct rte_mbuf *m);
enum parse_kind parse_esp_full(const struct rte_mbuf *m, bool ip6, uint8_t *ret_l3_len);

/** What follows the IP header (and extension headers) of a packet. */
struct parse_l4 {
	uint8_t proto; /* upper-layer protocol, or the extension header that stopped the walk */
	bool fragment; /* not a whole packet */
	uint16_t frag_offset; /* bytes; where it is not 0 there is no header at offset */
	uint16_t offset;      /* bytes from the start of the data, at most its end */
	uint16_t proto_at;    /* offset of the byte that gave proto */
};
/**
 * Find the upper layer of a checked packet.
 * @return false, @p ret_l4 untouched, when an extension header is cut off or there are more than
 *   PARSE_EXT_MAX.
 */
bool parse_l4(const struct rte_mbuf *m, bool ip6, struct parse_l4 *ret_l4);

/** Source and destination of a checked packet as values. */
void parse_addrs(const struct rte_mbuf *m, bool ip6, struct ip_addr *ret_src,
		struct ip_addr *ret_dst);

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
 * An IPv6 packet with ICMPv6 neighbour discovery inside: checksum, hop limit 255, code 0, option
 * lengths (RFC 4861, 7.1). type is ND_NONE when it is not ND at all.
 * @return DROP_NONE or DROP_ND_INVALID.
 */
enum drop_reason parse_nd(const struct rte_mbuf *m, struct parse_nd *ret_nd);

struct parse_icmp {
	uint8_t type, code;
	uint16_t offset; /* bytes in front of the ICMP header, which has at least 8 */
};
/**
 * The ICMP or ICMPv6 message of a checked packet that is not a fragment: at least 8 bytes,
 * checksum.
 * @return DROP_NONE; DROP_ICMP_INVALID, also when it is another protocol or a fragment. @p ret_icmp
 *   untouched then.
 */
enum drop_reason parse_icmp(const struct rte_mbuf *m, bool ip6, struct parse_icmp *ret_icmp);

#include "net/parse_inline.h"

#endif
