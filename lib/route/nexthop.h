/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A next hop is 21 bits (what rte_lpm6 stores): what to do with a packet, and an index. It is the value in the LPM
 * tables, so a route to a tunnel needs no further look-up.
 */
#ifndef ROUTE_NEXTHOP_H
#define ROUTE_NEXTHOP_H

#include <stdint.h>

enum nh_kind {
	NH_NONE,      /* no route: drop */
	NH_LOCAL,     /* one of our addresses; index: interface */
	NH_BLACKHOLE, /* drop in silence */
	NH_REJECT,    /* drop, ICMP unreachable */
	NH_ATTACHED,  /* on the link of a port, neighbour not looked at yet; index: interface */
	NH_NEIGH,     /* index: adjacency (route/neigh.h), known or being resolved */
	NH_IPSEC,     /* index: ipsec interface */
	NH_MULTICAST  /* multicast or broadcast of ours; index: interface, or 0 */
};

#define NH_INDEX_BITS 18
#define NH_INDEX_MASK ((1u << NH_INDEX_BITS) - 1)

static inline uint32_t
nh_make(enum nh_kind kind, uint32_t index)
{
	return (uint32_t)kind << NH_INDEX_BITS | index;
}

static inline enum nh_kind
nh_kind(uint32_t nh)
{
	return (enum nh_kind)(nh >> NH_INDEX_BITS);
}

static inline uint32_t
nh_index(uint32_t nh)
{
	return nh & NH_INDEX_MASK;
}

#endif
