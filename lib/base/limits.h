/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every compile-time maximum of the program: its value, the reason, and what it costs in memory.
 * Nothing is allocated here.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Worker lcores. One machine's worth; costs a pointer per counter table each. */
#define WORKER_MAX 64
/*
 * Interfaces: 10,000 tunnels and ports, with room. Index 0 is never used. 8 bytes each (a pointer).
 */
#define IFACE_MAX 16384
/* Interface names, with the final NUL, as FreeBSD's IFNAMSIZ. */
#define IFACE_NAME_MAX 16
/* Description of an interface, with the final NUL. */
#define IFACE_DESCR_MAX 64
/* Ethernet ports. RTE_MAX_ETHPORTS of Debian's DPDK. */
#define PORT_MAX 32
/*
 * Routing tables (FIBs). A used one costs 64 MiB for each family in use; an unused one 8 bytes.
 */
#define FIB_MAX 16
/*
 * Groups of 256 entries for routes longer than /24. 1 KiB each, taken as they are used, and only addresses before: 1 and 2 GiB of
 * them. IPv4: one for each /24 that holds longer routes. IPv6: one for each step of 8 bits that routes share, from /24 on: a /48 of
 * its own takes 3, a /64 5, a host 13, less what it shares. Routes themselves have no limit but memory: about 250 bytes each.
 */
#define RT4_GROUPS_MAX (1u << 20)
#define RT6_GROUPS_MAX (1u << 21)
/* Neighbours (adjacencies), bounded by the 18 bits of a next hop. 8 bytes each, 128 when used. */
#define ADJ_MAX 65536
/* Security associations. 64 bytes of counters per worker, about 1 KiB each when used. */
#define SA_MAX 65536
/*
 * Events kept for subscribers who are behind: those of 10,000 interfaces with their SAs and policies at
 * once. About 300 bytes each, taken only while somebody listens and is behind.
 */
#define EVENTS_KEPT 65536
/* IPsec replay window, in packets. 4096 as the largest that IKE daemons offer. */
#define REPLAY_WINDOW_MAX 4096
/* Longest cipher key with salt (AES-256 + 4) and longest HMAC key (the block of SHA-512). */
#define SA_ENC_KEY_MAX 64
#define SA_AUTH_KEY_MAX 128
/* Packets of one vector of a frame: what a poll gathers, plus what engines and rings give back. */
#define DP_VEC_MAX 256
/* Packets asked of one receive queue, and gathered by one poll. 32 and 64 measured equal. */
#define DP_RX_BURST 32
#define DP_GATHER_MAX 64
/* How many packets ahead a stage prefetches. */
#define DP_PREFETCH 4
/* How deep tunnels may nest before a packet is dropped as looping. */
#define DP_NEST_MAX 4
/* One message to the user, and the path of the mistake in a file. */
#define ERR_MSG_MAX 256
#define ERR_PATH_MAX 128

#endif
