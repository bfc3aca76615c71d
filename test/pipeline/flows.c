/* SPDX-License-Identifier: BSD-3-Clause */
/* See flows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_cycles.h>

#include "datapath/stages.h"
#include "flows.h"
#include "test/wait.h"

#define ROUNDS 3 /* to the owner of an SA, to the owner of a queue, out */

struct pipe flows_gw;

static uint64_t
polls_of(unsigned int worker)
{
	struct dp_worker_stats s;

	dp_worker_stats(ctl_dataplane(flows_gw.ctl), worker, &s);
	return s.polls;
}

void
flows_rest(void)
{
	const unsigned int n = ctl_dataplane(flows_gw.ctl)->nb_workers;
	unsigned int i, round;
	uint64_t polls;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < n; i++) {
			polls = polls_of(i); /* the one after the next begins from now on */
			wait_until(polls_of(i) >= polls + 2, ctl_poll(flows_gw.ctl));
		}
	}
}

/* Tunnel i: 10.2.i.0/24 by ipseci to 192.168.0.(20 + i), SPI 20000 + i. */
static void
tunnel_add(unsigned int i)
{
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 5 } };
	char remote[32], prefix[32], name[IFACE_NAME_MAX];
	struct sa_params prm;
	struct ip_addr addr;
	struct err err = { 0 };
	int dir;

	snprintf(remote, sizeof(remote), "192.168.0.%u", 20 + i);
	snprintf(prefix, sizeof(prefix), "10.4.%u.0/24", i);
	snprintf(name, sizeof(name), "ipsec%u", 1 + i);
	addr = setup_ip(remote);
	setup_ok(ctl_neigh_add(flows_gw.ctl, "wan0", &addr, &mac, &err), &err);
	setup_ok(ctl_if_create(flows_gw.ctl, name, NULL, &err), &err);
	setup_ok(ctl_if_set_reqid(flows_gw.ctl, name, 500 + i, &err), &err);
	setup_tunnel(&flows_gw, name, "192.168.0.3", remote);
	setup_ok(ctl_if_set_flag(flows_gw.ctl, name, IFACE_UP, true, &err), &err);
	for (dir = 0; dir < 2; dir++) {
		/* without integrity, so that the ends inside can be swapped */
		prm = setup_sa_params(dir ? remote : "192.168.0.3", dir ? "192.168.0.3" : remote,
				"aes-ctr", 20);
		prm.spi = 20000 + i;
		prm.reqid = 500 + i;
		prm.replay_window = 1024;
		setup_sa(&flows_gw, &prm);
	}
	setup_route(&flows_gw, prefix, RIB_INTERFACE, name);
}

struct sa *
flows_sa_in(unsigned int i)
{
	const struct ip_addr local = setup_ip("192.168.0.3");

	return sadb_find(ctl_sadb(flows_gw.ctl), &local, 20000 + i)->sa;
}

int
flows_gateway_create_unclaimed(void **state)
{
	unsigned int i;

	(void)state;
	pipe_create(&flows_gw, pipe_config);
	for (i = 0; i < FLOWS; i++)
		tunnel_add(i);
	flows_rest();
	pipe_flush(&flows_gw);
	return 0;
}

/* Each worker has had the first packet of half the SAs: what comes by one queue now is half the other's. */
int
flows_gateway_create(void **state)
{
	unsigned int i;

	flows_gateway_create_unclaimed(state);
	for (i = 0; i < FLOWS; i++)
		assert_int_equal(sa_claim(flows_sa_in(i), i % 2), i % 2);
	return 0;
}

/* Idle workers decrypt for others whenever there is something. */
int
flows_gateway_create_spreading(void **state)
{
	struct err err = { 0 };

	flows_gateway_create(state);
	setup_ok(ctl_sysctl_set(flows_gw.ctl, "dp.spread", 2, &err), &err);
	return 0;
}

int
flows_gateway_destroy(void **state)
{
	(void)state;
	pipe_destroy(&flows_gw);
	return 0;
}

/* --- flows --- */

struct flow flows[FLOWS];

/* UDP of flow i, its number in the payload. */
uint16_t
flows_numbered(uint8_t *frame, unsigned int i, uint32_t number)
{
	char dst[32];
	uint16_t len;

	snprintf(dst, sizeof(dst), "10.4.%u.7", i);
	len = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", dst, 64);
	memcpy(frame + 42, &number, sizeof(number));
	return len;
}

static void
flow_count(unsigned int i, uint32_t number)
{
	assert_true(i < FLOWS);
	flows[i].received++;
	flows[i].out_of_order += number != flows[i].next;
	flows[i].next = number + 1;
}

/* ESP that left by wan0 comes in there again as the other end's: inside are the ends of a packet for the LAN. */
void
flows_reflect(struct rte_mbuf *m)
{
	uint8_t frame[FRAME_MAX];
	const uint32_t i = rte_be_to_cpu_32(*rte_pktmbuf_mtod_offset(m, rte_be32_t *, 34)) - 20000;
	const uint32_t x = rte_cpu_to_be_32(0x0a010009 ^ (0x0a040007 + (i << 8)));

	assert_true(i < FLOWS);
	flow_count(i, rte_be_to_cpu_32(*rte_pktmbuf_mtod_offset(m, rte_be32_t *, 38)));
	memcpy(frame, rte_pktmbuf_mtod(m, void *), m->data_len);
	pipe_turn_round(frame);
	*(unaligned_uint32_t *)(frame + 50 + 12) ^= x;
	*(unaligned_uint32_t *)(frame + 50 + 16) ^= x;
	assert_true(pipe_send(&flows_gw, PIPE_WAN, frame, m->data_len));
	rte_pktmbuf_free(m);
}

/* What came out of a tunnel and left by lan0: its source tells the flow. */
static void
deliver(struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t number;

	memcpy(&number, frame + 42, sizeof(number));
	flow_count(frame[28], number);
	rte_pktmbuf_free(m);
}

/* A field of struct dp_worker_stats, of all workers. */
static uint64_t
stats_sum(size_t field)
{
	struct dp_worker_stats s;
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < ctl_dataplane(flows_gw.ctl)->nb_workers; i++) {
		dp_worker_stats(ctl_dataplane(flows_gw.ctl), i, &s);
		n += *(const uint64_t *)RTE_PTR_ADD(&s, field);
	}
	return n;
}

uint64_t
flows_helped(void)
{
	return stats_sum(offsetof(struct dp_worker_stats, helped));
}

uint64_t
flows_handed_out(void)
{
	return stats_sum(offsetof(struct dp_worker_stats, handed_out));
}

/* Of a flow, and no announcement of the gateway's addresses? */
bool
flows_is_ip4(struct rte_mbuf *m, uint8_t proto)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	return frame[12] == 8 && frame[13] == 0 && frame[23] == proto;
}

/* All that leaves by a port, until so many packets have come. */
void
flows_take(enum pipe_port port, uint32_t at_least)
{
	const uint64_t start = rte_rdtsc();
	struct rte_mbuf *m;
	uint32_t n = 0;
	int i;

	while (n < at_least && rte_rdtsc() - start < WAIT_S * rte_get_tsc_hz()) {
		ctl_poll(flows_gw.ctl);
		m = pipe_receive(&flows_gw, port);
		if (m == NULL)
			continue;
		if (!flows_is_ip4(m, port == PIPE_LAN ? IPPROTO_UDP : IPPROTO_ESP)) {
			rte_pktmbuf_free(m);
			continue;
		}
		n++;
		if (port == PIPE_LAN)
			deliver(m);
		else
			flows_reflect(m);
	}
	for (i = DROP_NONE + 1; n < at_least && i < DROP_REASONS; i++)
		if (dp_drop_count(ctl_dataplane(flows_gw.ctl), (enum drop_reason)i) != 0)
			print_message("dropped: %s\n", drop_name((enum drop_reason)i));
	assert_int_equal(n, at_least);
}
