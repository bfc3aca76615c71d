/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is called for each burst: packets in, time stamps out. Runs on the workers, so its cost is part of every figure, as that of
 * a NIC's driver would be: 20 to 30 cycles a packet. What is done once is in source_setup.c.
 */
#include "source.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf_dyn.h>
#include <rte_memcpy.h>

#include "base/clock.h"
#include "source_priv.h"

static uint64_t *
stamp_of(const struct bench_source *s, struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, s->stamp_offset, uint64_t *);
}

/* The time at which each packet was due, whenever the gateway comes to fetch it; without a rate that time is now. */
static void
lane_stamp(const struct bench_source *s, const struct source_lane *lane, uint64_t now,
		struct rte_mbuf *pkts[], uint16_t n)
{
	uint64_t due = lane->due;
	uint16_t i;

	for (i = 0; i < n; i++) {
		*stamp_of(s, pkts[i]) = lane->step == 0 ? now : lane->from + (due >> 16);
		pkts[i]->ol_flags |= s->stamp_flag;
		due += lane->step;
	}
}

static void
lane_gave(const struct bench_source *s, struct source_lane *lane, uint64_t now,
		struct rte_mbuf *pkts[], uint16_t n)
{
	if (unlikely(s->stamping))
		lane_stamp(s, lane, now, pkts, n);
	source_lane_gave(lane, n);
}

/* Port 0: plain packets. */
uint16_t
source_inside_rx(uint16_t port, uint16_t q, struct rte_mbuf *pkts[], uint16_t nb, uint16_t max,
		void *arg)
{
	struct source_queue *queue = arg;
	struct source_lane *lane = &queue->inside;
	const struct bench_source *s = queue->source;
	const uint64_t now = rte_rdtsc();
	uint32_t flow, phase;
	uint16_t n, i;

	(void)port;
	(void)q;
	if (!__atomic_load_n(&lane->on, __ATOMIC_ACQUIRE))
		return nb;
	if (lane->left == 0) {
		__atomic_store_n(&lane->done, true, __ATOMIC_RELEASE);
		return nb;
	}
	/* between two rounds of what comes in nothing goes out either, so that both are there all the time */
	if (__atomic_load_n(&queue->outside.spent, __ATOMIC_ACQUIRE) && !queue->outside.done)
		return nb;
	n = source_lane_due(lane, now, RTE_MIN((uint16_t)(max - nb), (uint16_t)s->burst));
	if (n == 0)
		return nb;
	pkts += nb;
	if (rte_pktmbuf_alloc_bulk(s->pool, pkts, n) != 0) {
		lane->no_buffer += n;
		return nb;
	}
	flow = lane->flow;
	phase = lane->phase;
	for (i = 0; i < n; i++) {
		const struct source_shape *shape = &s->shape[s->pattern[phase]];

		source_frame_write(
				rte_pktmbuf_mtod(pkts[i], uint8_t *), shape, s->flow_base + flow);
		pkts[i]->data_len = shape->len;
		pkts[i]->pkt_len = shape->len;
		flow += s->flow_step;
		if (flow >= s->args->tunnels)
			flow -= s->args->tunnels;
		if (++phase == SOURCE_PATTERN)
			phase = 0;
	}
	lane->flow = flow;
	lane->phase = phase;
	lane_gave(s, lane, now, pkts, n);
	return (uint16_t)(nb + n);
}

/* The round of this queue is over. */
static void
outside_spent(struct source_queue *queue, uint64_t now)
{
	queue->active += now - queue->active_from;
	queue->active_from = 0;
	__atomic_store_n(&queue->outside.done, queue->outside.left == 0, __ATOMIC_RELEASE);
	__atomic_store_n(&queue->outside.spent, true, __ATOMIC_RELEASE);
}

/* Port 1: what was prepared. */
uint16_t
source_outside_rx(uint16_t port, uint16_t q, struct rte_mbuf *pkts[], uint16_t nb, uint16_t max,
		void *arg)
{
	struct source_queue *queue = arg;
	struct source_lane *lane = &queue->outside;
	const struct bench_source *s = queue->source;
	const struct source_prepared *p = &s->prepared;
	const uint64_t now = rte_rdtsc();
	uint16_t n, i;

	(void)port;
	(void)q;
	if (!__atomic_load_n(&lane->on, __ATOMIC_ACQUIRE) ||
			__atomic_load_n(&lane->spent, __ATOMIC_ACQUIRE))
		return nb;
	if (queue->active_from == 0)
		queue->active_from = now;
	if (lane->next == lane->nb_list && !source_has_rounds(s))
		lane->next = 0;
	if (lane->next == lane->nb_list || lane->left == 0) {
		outside_spent(queue, now);
		return nb;
	}
	n = RTE_MIN((uint16_t)(max - nb), (uint16_t)s->burst);
	n = (uint16_t)RTE_MIN(n, lane->nb_list - lane->next);
	n = source_lane_due(lane, now, n);
	pkts += nb;
	if (n == 0)
		return nb;
	if (rte_pktmbuf_alloc_bulk(s->pool, pkts, n) != 0) {
		lane->no_buffer += n;
		return nb;
	}
	for (i = 0; i < n; i++) {
		const uint32_t k = lane->list[lane->next + i];
		struct rte_mbuf *m = pkts[i];

		rte_memcpy(rte_pktmbuf_mtod(m, void *), p->frame + (size_t)k * p->stride,
				p->len[k]);
		m->data_len = p->len[k];
		m->pkt_len = p->len[k];
	}
	lane->next += n;
	lane_gave(s, lane, now, pkts, n);
	return (uint16_t)(nb + n);
}

/* What goes out now comes in later: ends swapped, at both layers. Checksums do not change by it. */
static void
turn_round(uint8_t *frame)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)frame;
	const struct rte_ether_addr mac = eth->dst_addr;
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)(eth + 1);
	uint8_t addr[16];

	eth->dst_addr = eth->src_addr;
	eth->src_addr = mac;
	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		const rte_be32_t dst = ip4->dst_addr;

		ip4->dst_addr = ip4->src_addr;
		ip4->src_addr = dst;
		return;
	}
	memcpy(addr, &ip6->dst_addr, sizeof(addr));
	memcpy(&ip6->dst_addr, &ip6->src_addr, sizeof(addr));
	memcpy(&ip6->src_addr, addr, sizeof(addr));
}

/* Neighbour discovery leaves by the same port. */
static bool
is_esp(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip4 = (const struct rte_ipv4_hdr *)(eth + 1);
	const struct rte_ipv6_hdr *ip6 = (const struct rte_ipv6_hdr *)(eth + 1);
	uint8_t proto = 0;

	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		proto = ip4->next_proto_id;
	else if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		proto = ip6->proto;
	return proto == IPPROTO_ESP || proto == IPPROTO_UDP;
}

static void
keep(struct source_prepared *p, struct rte_mbuf *const pkts[], uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n && p->nb < p->room; i++) {
		const uint16_t len = pkts[i]->data_len;
		uint8_t *frame = p->frame + (size_t)p->nb * p->stride;

		if (len > p->stride || !is_esp(pkts[i]))
			continue;
		memcpy(frame, rte_pktmbuf_mtod(pkts[i], void *), len);
		turn_round(frame);
		p->len[p->nb] = len;
		__atomic_store_n(&p->nb, p->nb + 1, __ATOMIC_RELEASE);
	}
}

uint16_t
source_sink_tx(uint16_t port, uint16_t q, struct rte_mbuf *pkts[], uint16_t n, void *arg)
{
	struct source_queue *queue = arg;
	struct bench_source *s = queue->source;
	uint64_t now;
	uint16_t i;

	(void)q;
	if (unlikely(s->preparing) && port == s->port[1])
		keep(&s->prepared, pkts, n);
	if (likely(!s->stamping))
		return n;
	now = rte_rdtsc();
	for (i = 0; i < n; i++) {
		if (!(pkts[i]->ol_flags & s->stamp_flag))
			continue;
		/* once: what a full queue refuses comes by again */
		pkts[i]->ol_flags &= ~s->stamp_flag;
		/* of two cores the one that stamped may be ahead */
		hist_add(queue->hist, clock_diff(now, *stamp_of(s, pkts[i])));
	}
	return n;
}
