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
 * Routing tables (FIBs). A used one costs 99 MiB for IPv4, and 206 MiB more with its first IPv6
 * route; an unused one 8 bytes.
 */
#define FIB_MAX 16
/*
 * IPv4 routes of a FIB. 8 bytes each, taken at once: 2 MiB. rte_lpm searches them one by one: more
 * load slowly (docs/adr/0011-route-tables.md).
 */
#define RT4_ROUTES_MAX 262144
/*
 * Groups of 256 addresses with IPv4 routes longer than /24. 1 KiB each, taken at once: 32 MiB
 * beside the 64 MiB of tbl24.
 */
#define RT4_TBL8_MAX 32768
/* IPv6 routes of a FIB. About 140 bytes each (two copies and the list): 9 MiB. */
#define RT6_ROUTES_MAX 65536
/*
 * Groups of IPv6 routes that share all bytes but the last, from /24 on: a /48 of its own takes 3, a
 * /64 5, a host 13, less what it shares. 1 KiB each in each of two copies: 2 x 32 MiB at first
 * beside 2 x 64 MiB of tbl24; made anew with twice as many when they are used up, as long as there
 * is memory.
 */
#define RT6_TBL8_MIN 32768u
#define RT6_TBL8_MAX 524288u
/* Neighbours (adjacencies), bounded by the 18 bits of a next hop. 8 bytes each, 128 when used. */
#define ADJ_MAX 65536
/* Security associations. 64 bytes of counters per worker, about 1 KiB each when used. */
#define SA_MAX 65536
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
