/* SPDX-License-Identifier: BSD-3-Clause */
/* Checksums and in-place header changes that keep them right (RFC 1071, RFC 1624). Any thread. */
#ifndef NET_CKSUM_H
#define NET_CKSUM_H

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_ip.h>

/** Take one off the TTL and mend the checksum (RFC 1141). The caller has checked that TTL > 1. */
static inline void
ip4_ttl_decrement(struct rte_ipv4_hdr *ip)
{
	/* TTL, protocol and checksum are one word: its first byte takes one off, its third gets one more, around from the top. */
	uint32_t word;
	uint64_t sum;

	memcpy(&word, &ip->time_to_live, sizeof(word));
	sum = (uint64_t)rte_le_to_cpu_32(word) + 0x10000 - 1;
	if (unlikely(sum >= UINT32_C(0xffff0000)))
		sum += 0x10000;
	word = rte_cpu_to_le_32((uint32_t)sum);
	memcpy(&ip->time_to_live, &word, sizeof(word));
}

/**
 * A 16-bit word under a checksum changes from @p old to @p now (RFC 1624). All in network order.
 */
static inline rte_be16_t
cksum_replace16(rte_be16_t cksum, rte_be16_t old, rte_be16_t now)
{
	uint32_t sum = (uint32_t)(uint16_t)~cksum + (uint16_t)~old + now;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (rte_be16_t)~sum;
}

/** Replace the TOS byte and mend the checksum (RFC 1624). */
static inline void
ip4_tos_set(struct rte_ipv4_hdr *ip, uint8_t tos)
{
	ip->hdr_checksum = cksum_replace16(ip->hdr_checksum, rte_cpu_to_be_16(ip->type_of_service),
			rte_cpu_to_be_16(tos));
	ip->type_of_service = tos;
}

/**
 * Folded sum of an ICMPv6 message and its pseudo header: 0xffff when its checksum is right, else
 * ~sum belongs there.
 */
static inline uint16_t
cksum_icmp6(const struct rte_ipv6_hdr *ip, const void *icmp, uint16_t len)
{
	uint32_t sum = __rte_raw_cksum(
			&ip->src_addr, sizeof(ip->src_addr) + sizeof(ip->dst_addr), 0);

	sum += (uint32_t)rte_cpu_to_be_16(len) + RTE_BE16(IPPROTO_ICMPV6);
	return __rte_raw_cksum_reduce(__rte_raw_cksum(icmp, len, sum));
}

/** Traffic class of an IPv6 header, and its replacement. */
static inline uint8_t
ip6_tc(const struct rte_ipv6_hdr *ip)
{
	return (uint8_t)(rte_be_to_cpu_32(ip->vtc_flow) >> 20);
}

static inline void
ip6_tc_set(struct rte_ipv6_hdr *ip, uint8_t tc)
{
	ip->vtc_flow = (ip->vtc_flow & rte_cpu_to_be_32(0xf00fffff)) |
			rte_cpu_to_be_32((uint32_t)tc << 20);
}

#endif
