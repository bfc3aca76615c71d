/* SPDX-License-Identifier: BSD-3-Clause */
/* What source.c (per burst) and source_setup.c (once) share. */
#ifndef APP_BENCH_SOURCE_PRIV_H
#define APP_BENCH_SOURCE_PRIV_H

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "base/clock.h"
#include "source.h"

/** Of a flow: 10.128.0.0 + flow; with IPv6 inside these are the last four bytes behind fd00:a::. */
static inline uint32_t
source_destination(uint32_t flow)
{
	return RTE_IPV4(10, 128, 0, 0) + flow;
}

/** The first SOURCE_HEAD bytes; what is behind them is whatever was there. */
static inline void
source_frame_write(uint8_t *frame, const struct source_shape *shape, uint32_t flow)
{
	const uint32_t dst = rte_cpu_to_be_32(source_destination(flow));
	uint32_t sum;

	memcpy(frame, shape->head, SOURCE_HEAD);
	memcpy(frame + shape->dst_offset, &dst, sizeof(dst));
	if (shape->sum == 0)
		return;
	sum = shape->sum + (dst & 0xffff) + (dst >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	((struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN))->hdr_checksum = (uint16_t)~sum;
}

/** What a NIC's queue holds: more packets than these do not wait. */
#define SOURCE_QUEUE_LENGTH 1024

/** How many of @p n may come now. */
static inline uint16_t
source_lane_due(struct source_lane *lane, uint64_t now, uint16_t n)
{
	uint64_t elapsed, k;

	if (n > lane->left)
		n = (uint16_t)lane->left;
	if (lane->step == 0)
		return n;
	if (lane->from == 0)
		lane->from = now;
	elapsed = clock_diff(now, lane->from) << 16;
	if (elapsed < lane->due || (int64_t)(now - lane->from) < 0)
		return 0;
	k = (elapsed - lane->due) / lane->step + 1;
	if (k > SOURCE_QUEUE_LENGTH) {
		lane->missed += k - SOURCE_QUEUE_LENGTH;
		lane->due += (k - SOURCE_QUEUE_LENGTH) * lane->step;
		k = SOURCE_QUEUE_LENGTH;
	}
	return (uint16_t)RTE_MIN(k, n);
}

/** @p n were given. `from` moves on with them, since 2^48 cycles, times 65536, are too many for 64 bits: a day and a half. */
static inline void
source_lane_gave(struct source_lane *lane, uint16_t n)
{
	lane->left -= n;
	lane->given += n;
	lane->due += n * lane->step;
	lane->from += lane->due >> 16;
	lane->due &= 0xffff;
}

uint16_t source_inside_rx(uint16_t port, uint16_t q, struct rte_mbuf *pkts[], uint16_t nb,
		uint16_t max, void *arg);
uint16_t source_outside_rx(uint16_t port, uint16_t q, struct rte_mbuf *pkts[], uint16_t nb,
		uint16_t max, void *arg);
uint16_t source_sink_tx(uint16_t port, uint16_t q, struct rte_mbuf *pkts[], uint16_t n, void *arg);

#endif
