/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP and ICMPv6 messages, ARP and neighbour discovery packets: built here, sent by others. Pure
 * functions on mbufs.
 */
#ifndef NET_ICMP_H
#define NET_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "net/addr.h"
#include "net/drop.h"

/**
 * Turn a checked echo request (data starts at the IP header) into its reply in place: swaps
 * addresses, fresh TTL, checksums right. IPv4 and IPv6.
 * @return true when done; false when the packet is not an echo request, or its ICMP checksum is
 *   wrong, or it is a fragment: unchanged then.
 */
bool icmp_echo_reply(struct rte_mbuf *m, bool ip6, uint8_t ttl);

#ifdef ICMP_TIME_EXCEEDED
#error "netinet/ip_icmp.h defines ICMP_TIME_EXCEEDED as well: not beside net/icmp.h"
#endif
enum icmp_error {
	ICMP_TIME_EXCEEDED,
	ICMP_NET_UNREACHABLE,  /* no route */
	ICMP_HOST_UNREACHABLE, /* neighbour did not answer */
	ICMP_ADMIN_PROHIBITED, /* reject route */
	ICMP_PROTO_UNREACHABLE,
	ICMP_PORT_UNREACHABLE,
	ICMP_TOO_BIG /* fragmentation needed, packet too big; mtu is reported */
};

/**
 * May an ICMP error be sent about this packet? No for ICMP errors themselves, fragments beyond the
 * first, multicast or broadcast destinations and sources that do not name one host (RFC 1122 3.2.2,
 * RFC 4443 2.4 e).
 */
bool icmp_error_allowed(const struct rte_mbuf *m, bool ip6);

/**
 * Make an ICMP error about @p about, whose data starts at its IP header.
 *
 * @param src
 *   Source address of the error, of the same family.
 * @return A new packet from @p pool, data at the IP header, private area zeroed, owned by the
 *   caller; at most 576 bytes (IPv4) or 1280 (IPv6). NULL when the pool is empty.
 */
struct rte_mbuf *icmp_error_create(struct rte_mempool *pool, const struct rte_mbuf *about, bool ip6,
		enum icmp_error kind, uint16_t mtu, const struct ip_addr *src);

/**
 * ARP request or reply, data at the ARP header (no Ethernet header). NULL when the pool is empty.
 */
struct rte_mbuf *arp_create(struct rte_mempool *pool, uint16_t op,
		const struct rte_ether_addr *sender_mac, const struct ip_addr *sender,
		const struct rte_ether_addr *target_mac, const struct ip_addr *target);

/**
 * Neighbour solicitation for @p target, from @p src, to the solicited-node group or to @p dst if
 * set. Data at the IPv6 header.
 */
struct rte_mbuf *nd_solicit_create(struct rte_mempool *pool, const struct rte_ether_addr *mac,
		const struct ip_addr *src, const struct ip_addr *dst, const struct ip_addr *target);
/** Neighbour advertisement of @p target with @p mac, to @p dst. */
struct rte_mbuf *nd_advert_create(struct rte_mempool *pool, const struct rte_ether_addr *mac,
		const struct ip_addr *dst, const struct ip_addr *target, bool solicited,
		bool override);
/**
 * Solicited-node multicast group of an address (RFC 4291, 2.7.1), and the Ethernet address of a
 * group (RFC 2464, 7).
 */
void nd_solicited_node(const struct ip_addr *target, struct ip_addr *ret_group);
void nd_group_mac(const struct ip_addr *group, struct rte_ether_addr *ret_mac);

#endif
