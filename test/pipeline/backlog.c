/* SPDX-License-Identifier: BSD-3-Clause */
/* What has piled up: in an engine that gives it all back at once, and at a worker that waits for others and receives nothing meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/stages.h"
#include "flows.h"
#include "slow_engine.h"

#define HELD 250  /* nearly a vector */
#define PLAIN 120 /* two polls: with the above they do not fit one */

static void
poll_all(unsigned int times)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	unsigned int i, k;

	for (k = 0; k < times; k++)
		for (i = 0; i < dp->nb_workers; i++)
			worker_poll(dp->worker[i]);
}

static struct worker *
worker_of(const char *port)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	const uint16_t port_id = iface_find(ctl_ifaces(flows_gw.ctl), port)->port_id;
	unsigned int i, q;

	for (i = 0; i < dp->nb_workers; i++)
		for (q = 0; q < dp->worker[i]->nb_rxq; q++)
			if (dp->worker[i]->rxq[q].port_id == port_id)
				return dp->worker[i];
	fail_msg("nobody receives by %s", port);
	return NULL;
}

/* Everything is in the engine, and comes back while as many packets as can be received are on their way through the same vectors. */
static void
what_an_engine_gives_back_at_once_finds_room(void **state)
{
	struct worker *w;
	uint8_t frame[FRAME_MAX];
	uint64_t dropped;
	unsigned int i;

	(void)state;
	for (i = 0; i < HELD; i++)
		assert_true(pipe_send(&flows_gw, PIPE_LAN, frame, flows_numbered(frame, 0, i)));
	flows_take(PIPE_WAN, HELD); /* and back */
	flows_take(PIPE_LAN, HELD);
	ctl_stop(flows_gw.ctl);
	dropped = pipe_dropped(&flows_gw);
	for (i = 0; i < HELD; i++)
		assert_true(pipe_send(&flows_gw, PIPE_LAN, frame, flows_numbered(frame, 0, i)));
	poll_all(8);
	flows[0] = (struct flow){ .next = HELD + 1 };
	slow_engine_gate_closed = true;
	flows_take(PIPE_WAN, HELD);
	poll_all(8);
	w = worker_of("wan0");
	assert_int_equal(w->dp->engine[0]->ops->in_flight(w->dp->engine[0], w->id), HELD);
	for (i = 0; i < PLAIN; i++)
		assert_true(pipe_send(&flows_gw, PIPE_WAN, frame,
				pipe_udp4(frame, PIPE_WAN, "10.4.3.7", "10.1.0.9", 64)));
	slow_engine_gate_closed = false;
	worker_poll(w);
	poll_all(8);
	assert_int_equal(pipe_dropped(&flows_gw), dropped);
	flows[0] = (struct flow){ 0 };
	flows[3] = (struct flow){ 0 };
	flows_take(PIPE_LAN, HELD + PLAIN);
	assert_int_equal(flows[0].received, HELD);
	assert_int_equal(flows[0].out_of_order, 0);
	assert_int_equal(flows[3].received, PLAIN);
	pipe_check_accounts(&flows_gw);
}

/* It waits for jobs and takes no frames; what the control core sends (ARP) does not wait with them. */
static void
a_worker_full_of_jobs_still_sends_for_the_control_core(void **state)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	uint64_t before = 0, after = 0;
	uint8_t frame[FRAME_MAX];
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	ctl_stop(flows_gw.ctl);
	poll_all(2);
	for (i = 0; i < dp->nb_workers; i++) {
		before += dp->worker[i]->cnt.injected;
		dp->worker[i]->spread.head -= SPREAD_JOBS - SPREAD_OF_POLL + 1;
		assert_true(spread_is_full(&dp->worker[i]->spread));
	}
	m = rte_pktmbuf_alloc(flows_gw.pool);
	assert_non_null(m);
	memset(pkt_meta(m), 0, sizeof(struct pkt_meta));
	memcpy(rte_pktmbuf_append(m, 60), frame,
			pipe_udp4(frame, PIPE_LAN, "10.1.0.1", "10.1.0.9", 18));
	assert_true(dp_inject_frame(dp, iface_find(ctl_ifaces(flows_gw.ctl), "lan0")->port_id, m));
	for (i = 0; i < dp->nb_workers; i++) {
		assert_int_equal(dp_rx(dp->worker[i], &dp->worker[i]->frame), 0);
		after += dp->worker[i]->cnt.injected;
		dp->worker[i]->spread.head += SPREAD_JOBS - SPREAD_OF_POLL + 1;
	}
	assert_int_equal(after - before, 1);
	poll_all(2);
	m = pipe_receive(&flows_gw, PIPE_LAN);
	assert_non_null(m);
	rte_pktmbuf_free(m);
	pipe_check_accounts(&flows_gw);
}

static int
slow_gateway_create(void **state)
{
	slow_engine_use(0);
	return flows_gateway_create_unclaimed(
			state); /* they will be of the one that receives them */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_an_engine_gives_back_at_once_finds_room,
				slow_gateway_create, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(
				a_worker_full_of_jobs_still_sends_for_the_control_core,
				flows_gateway_create, flows_gateway_destroy),
	};

	pipe_eal_init("0@0,1@1,2@0");
	return cmocka_run_group_tests_name("pipeline/backlog", tests, NULL, NULL);
}
