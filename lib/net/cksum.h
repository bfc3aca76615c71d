/* SPDX-License-Identifier: BSD-3-Clause */
/* Checksums and in-place header changes that keep them right (RFC 1071, RFC 1624). Any thread. */
#ifndef NET_CKSUM_H
#define NET_CKSUM_H

#include <stdint.h>

#include <rte_ip.h>

/** Take one off the TTL and mend the checksum (RFC 1141). The caller has checked that TTL > 1. */
static inline void
ip4_ttl_decrement(struct rte_ipv4_hdr *ip)
{
	uint32_t sum = (uint32_t)ip->hdr_checksum + rte_cpu_to_be_16(0x0100);

	ip->time_to_live--;
	ip->hdr_checksum = (rte_be16_t)(sum + (sum >= 0xffff));
}

/** Replace the TOS byte and mend the checksum (RFC 1624). */
static inline void
ip4_tos_set(struct rte_ipv4_hdr *ip, uint8_t tos)
{
	uint32_t sum = (uint16_t)~ip->hdr_checksum;

	sum += (uint16_t)~rte_cpu_to_be_16(ip->type_of_service);
	sum += rte_cpu_to_be_16(tos);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->hdr_checksum = (rte_be16_t)~sum;
	ip->type_of_service = tos;
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
