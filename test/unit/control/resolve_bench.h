/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of resolve share: real tables, two ports, and a datapath that only remembers what it is given (three functions
 * of dataplane.h, defined in resolve_bench.c). Each test starts with nothing sent; teardown checks that no packet was lost.
 *
 *   lan0   02:00:00:00:00:01   10.0.0.1/24      2001:db8::1/64   fe80::1/64
 *   wan0   02:00:00:00:00:02   192.168.0.3/24   2001:db8:1::3/64
 */
#ifndef TEST_UNIT_CONTROL_RESOLVE_BENCH_H
#define TEST_UNIT_CONTROL_RESOLVE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_arp.h>
#include <rte_ip.h>

#include "control/resolve_priv.h"
#include "iface/ipsec_if.h"
#include "iface/port_if.h"

#define SENT_MAX 32768
/* The time that tests start at. */
#define T0 5000000

struct bench {
	struct resolve *r;
	struct iface_table *ifaces;
	struct neigh_table *neighs;
	struct fib_table *fibs;
	struct rib *rib;
	struct rte_mempool *pool;
	struct iface *lan, *wan;
	unsigned int free_before;          /* in the pool */
	struct rte_mbuf *packet[SENT_MAX]; /* by dp_inject() */
	struct rte_mbuf *frame[SENT_MAX];  /* by dp_inject_frame(): data at the Ethernet header */
	uint16_t frame_port[SENT_MAX];
	unsigned int nb_packets, nb_frames;
	unsigned int room; /* how many more the rings take */
	uint64_t drops[DROP_REASONS];
	unsigned int nb_changed; /* calls of outer_changed() */
};
extern struct bench b;

int bench_group_up(void **state);
int bench_group_down(void **state);
int bench_up(void **state);
int bench_down(void **state);

struct ip_addr A(const char *text);
struct ip_prefix P(const char *text);
struct rte_ether_addr MAC(const char *text);

/** Add an address with the routes that control makes of it. */
void bench_address(struct iface *ifp, const char *prefix);
struct rib_route *bench_static(const char *prefix, enum rib_kind kind, const char *gateway,
		const struct iface *ifp);
/** Free what was sent so far. */
void bench_forget(void);
uint64_t bench_drops(void);

/** Packets as workers punt them. */
struct rte_mbuf *udp_packet(
		const char *src, const char *dst, uint16_t dport, const struct iface *in);
void punt(struct rte_mbuf *m, enum punt_reason why, uint64_t now_ms);
/** A UDP packet to @p dst that needs a neighbour on @p out. */
void punt_neigh(const struct iface *out, const char *dst, uint64_t now_ms);
void punt_arp(const struct iface *port, uint16_t op, const char *sender_mac, const char *sender,
		const char *target, uint64_t now_ms);
void punt_ns(const struct iface *port, const char *mac, const char *src, const char *target,
		uint64_t now_ms);
void punt_na(const struct iface *port, const char *mac, const char *target, bool solicited,
		bool override, uint64_t now_ms);

/** The i-th frame sent must be ARP; its header. */
const struct rte_arp_hdr *arp_frame(unsigned int i, const char *dst_mac);
/** The i-th frame sent must be ICMPv6 of @p type; its IPv6 header. */
const struct rte_ipv6_hdr *nd_frame(unsigned int i, uint8_t type, const char *dst_mac);
/** The i-th packet sent must be ICMP over IPv4 of type and code; its IP header. */
const struct rte_ipv4_hdr *icmp_packet(unsigned int i, uint8_t type, uint8_t code);
uint32_t lookup(const char *addr);

#endif
