/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tests of the pipeline change about the gateway of pipe.h while it runs, in one line each, and headers of frames to be bent.
 * Every function fails the test when the gateway refuses.
 */
#ifndef TEST_PIPELINE_SETUP_H
#define TEST_PIPELINE_SETUP_H

#include <rte_ether.h>
#include <rte_ip.h>

#include "pipe.h"

#define FRAME_MAX 2048

/** Fails the test with the message of the refusal. */
void setup_ok(int rc, const struct err *err);
struct ip_addr setup_ip(const char *text);

/** A route by interface or gateway ("10.1.0.9"), or RIB_BLACKHOLE or RIB_REJECT with @p to NULL. */
void setup_route(struct pipe *p, const char *prefix, enum rib_kind kind, const char *to);
/** An SA with SPI 10000, reqid 100, and key bytes of 1: the same in both directions, so that ESP may come back. */
struct sa_params setup_sa_params(
		const char *src, const char *dst, const char *enc, uint8_t key_len);
void setup_sa(struct pipe *p, const struct sa_params *prm);
/** Both SAs of the tunnel between two ends, in place of all that were there. */
void setup_sa_pair(struct pipe *p, const char *local, const char *remote, const char *enc,
		uint8_t key_len);
void setup_tunnel(struct pipe *p, const char *name, const char *local, const char *remote);

static inline struct rte_ether_hdr *
frame_eth(uint8_t *frame)
{
	return (struct rte_ether_hdr *)frame;
}

static inline struct rte_ipv4_hdr *
frame_ip4(uint8_t *frame)
{
	return (struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);
}

static inline struct rte_ipv6_hdr *
frame_ip6(uint8_t *frame)
{
	return (struct rte_ipv6_hdr *)(frame + RTE_ETHER_HDR_LEN);
}

/** The IPv4 header has been changed: mend its checksum. */
void frame_mend4(uint8_t *frame);
/** ICMP or ICMPv6 echo request of the addresses of a UDP frame, in its place. */
void frame_make_echo(uint8_t *frame);

#endif
