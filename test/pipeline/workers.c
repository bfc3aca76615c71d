/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers and ports of one queue each: ESP reaches the worker that owns its SA, what was inside the worker that owns the
 * queue, through rings. Nothing is lost, flows keep their order, the workers' accounts agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_ethdev.h>

#include "base/rcu.h"
#include "datapath/stages.h"
#include "flows.h"
#include "test/wait.h"

#define PER_TUNNEL 2000
#define IN_TRANSIT 128

static void
flows_check(uint32_t first)
{
	unsigned int i;

	for (i = 0; i < FLOWS; i++) {
		assert_int_equal(flows[i].received, PER_TUNNEL);
		assert_int_equal(flows[i].out_of_order, 0);
		flows[i] = (struct flow){ .next = first };
	}
}

/* The next n packets of each flow, out and in again. */
static void
transit(struct flow out[FLOWS], struct flow in[FLOWS], uint32_t n)
{
	const uint32_t number = in[0].next;
	uint8_t frame[FRAME_MAX];
	uint32_t i, k;

	for (k = 0; k < n; k++)
		for (i = 0; i < FLOWS; i++)
			assert_true(pipe_send(&flows_gw, PIPE_LAN, frame,
					flows_numbered(frame, i, number + k)));
	memcpy(flows, out, sizeof(flows));
	flows_take(PIPE_WAN, n * FLOWS);
	memcpy(out, flows, sizeof(flows));
	memcpy(flows, in, sizeof(flows));
	flows_take(PIPE_LAN, n * FLOWS);
	memcpy(in, flows, sizeof(flows));
}

static void
loses_nothing_and_keeps_the_order_between_workers(void **state)
{
	struct flow out[FLOWS], in[FLOWS] = { 0 };
	uint32_t number, i;

	(void)state;
	for (i = 0; i < FLOWS; i++)
		out[i] = (struct flow){ .next = 1 }; /* sequence numbers */
	for (number = 0; number < PER_TUNNEL; number += IN_TRANSIT / FLOWS)
		transit(out, in, RTE_MIN(PER_TUNNEL - number, (uint32_t)IN_TRANSIT / FLOWS));
	flows_check(0);
	memcpy(flows, out, sizeof(flows));
	flows_check(1);
	assert_int_equal(pipe_dropped(&flows_gw), 0);
	/* lan0 is one worker's, wan0 the other's: half of ESP found its SA elsewhere, and much left by the other's queue. */
	assert_true(flows_handed_out() >= FLOWS * PER_TUNNEL);
	flows_rest();
	pipe_check_accounts(&flows_gw);
	for (i = 0; i < FLOWS; i++) {
		char name[IFACE_NAME_MAX];

		snprintf(name, sizeof(name), "ipsec%u", 1 + i);
		assert_int_equal(pipe_if(&flows_gw, name).ipackets, PER_TUNNEL);
		assert_int_equal(pipe_if(&flows_gw, name).opackets, PER_TUNNEL);
	}
}

/* No packet of it is handed to another, since all come where the first one came. */
static void
an_sa_is_the_workers_that_its_first_packet_came_to(void **state)
{
	const struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	struct dp_worker_stats s;
	uint8_t frame[FRAME_MAX];
	uint16_t owner, wan, i;

	(void)state;
	for (i = 0; i < 4 * FLOWS; i++)
		assert_true(pipe_send(&flows_gw, PIPE_LAN, frame,
				flows_numbered(frame, i % FLOWS, i / FLOWS)));
	for (i = 0; i < FLOWS; i++)
		assert_int_equal(flows_sa_in(i)->worker, SA_WORKER_NONE);
	for (i = 0; i < FLOWS; i++)
		flows[i] = (struct flow){ .next = 1 };
	flows_take(PIPE_WAN, 4 * FLOWS);
	memset(flows, 0, sizeof(flows));
	flows_take(PIPE_LAN, 4 * FLOWS);
	assert_int_equal(rte_eth_dev_get_port_by_name("net_ring_wan", &wan), 0);
	owner = dp->worker[0]->rxq[0].port_id == wan ? 0 : 1;
	assert_int_equal(dp->worker[owner]->rxq[0].port_id, wan);
	for (i = 0; i < FLOWS; i++) {
		assert_int_equal(flows_sa_in(i)->worker, owner);
		assert_int_equal(flows[i].received, 4);
		assert_int_equal(flows[i].out_of_order, 0);
	}
	flows_rest();
	dp_worker_stats(dp, owner, &s);
	assert_int_equal(s.decapsulated, 4 * FLOWS);
	dp_worker_stats(dp, !owner, &s);
	assert_int_equal(s.decapsulated, 0);
	assert_int_equal(sa_claim(flows_sa_in(0), (uint16_t)!owner), owner);
	pipe_check_accounts(&flows_gw);
}

/* The same, and who decrypts is another, as soon as one gets the CPU while there are jobs. */
static void
keeps_the_order_where_others_decrypt(void **state)
{
	struct flow out[FLOWS], in[FLOWS];
	uint32_t i, n = PER_TUNNEL;

	loses_nothing_and_keeps_the_order_between_workers(state);
	for (i = 0; i < FLOWS; i++) {
		out[i] = (struct flow){ .next = n + 1 };
		in[i] = (struct flow){ .next = n };
	}
	wait_until(flows_helped() > 0, transit(out, in, IN_TRANSIT / FLOWS));
	for (i = 0; i < FLOWS; i++)
		assert_int_equal(out[i].out_of_order + in[i].out_of_order, 0);
}

/* A stop with rings full of packets: each is sent, or counted as dropped. */
static void
counts_what_a_stop_throws_away(void **state)
{
	struct dp_worker_stats s;
	uint8_t frame[FRAME_MAX];
	uint64_t rx = 0, gone = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_true(pipe_send(
				&flows_gw, PIPE_LAN, frame, flows_numbered(frame, i % FLOWS, i)));
	ctl_stop(flows_gw.ctl);
	for (i = 0; i < ctl_dataplane(flows_gw.ctl)->nb_workers; i++) {
		dp_worker_stats(ctl_dataplane(flows_gw.ctl), i, &s);
		rx += s.rx + s.injected;
		gone += s.tx + s.dropped + s.punted;
	}
	assert_int_equal(rx, gone);
	pipe_check_accounts(&flows_gw);
}

/* Three workers and two queues: who has none sends by another's, whose owner sends it and does not pass it on. */
static void
gives_each_queue_an_owner_that_sends_by_it(void **state)
{
	const unsigned int lcores[] = { 0, 1, 2 };
	const struct dp_tunables tunables = { .ttl = 64 };
	struct dp_args args = { .nb_workers = 3, .lcores = lcores, .tunables = &tunables };
	struct dataplane *dp;
	unsigned int port, w;
	struct err err = { 0 };

	(void)state;
	setup_ok(rcu_init(args.nb_workers, &err), &err);
	args.sadb = sadb_create(args.nb_workers, &err);
	assert_non_null(args.sadb);
	dp = dp_create(&args, &err);
	assert_non_null(dp);
	for (port = 0; port < 4; port++) {
		setup_ok(dp_add_port(dp, (uint16_t)port, 0, 2, 2, &err), &err);
		for (w = 0; w < args.nb_workers; w++) {
			const struct dp_port *p = dp->port[port];
			const uint16_t owner = p->txq[p->txq_of[w]].owner;

			assert_int_equal(p->txq_of[owner], p->txq_of[w]);
		}
	}
	dp_destroy(dp);
	sadb_destroy(args.sadb);
	rcu_fini();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_queue_an_owner_that_sends_by_it),
		cmocka_unit_test_setup_teardown(loses_nothing_and_keeps_the_order_between_workers,
				flows_gateway_create, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(an_sa_is_the_workers_that_its_first_packet_came_to,
				flows_gateway_create_unclaimed, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(keeps_the_order_where_others_decrypt,
				flows_gateway_create_spreading, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(counts_what_a_stop_throws_away,
				flows_gateway_create, flows_gateway_destroy),
	};

	pipe_eal_init("0@0,1@1,2@0");
	return cmocka_run_group_tests_name("pipeline/workers", tests, NULL, NULL);
}
