/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decryption for busy workers by idle ones (datapath/spread.h), the workers polled by hand: jobs come back in order, hold their SAs,
 * and are left to others only where that pays.
 */
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

/* ESP of the first flow as it leaves. */
static void
esp_make(struct rte_mbuf *ret_esp[], unsigned int n)
{
	uint8_t frame[FRAME_MAX];
	unsigned int i;

	for (i = 0; i < n; i++)
		assert_true(pipe_send(&flows_gw, PIPE_LAN, frame, flows_numbered(frame, 0, i)));
	flows[0] = (struct flow){ .next = 1 };
	for (i = 0; i < n;) {
		ctl_poll(flows_gw.ctl);
		ret_esp[i] = pipe_receive(&flows_gw, PIPE_WAN);
		if (ret_esp[i] == NULL)
			continue;
		if (flows_is_ip4(ret_esp[i], IPPROTO_ESP))
			i++;
		else
			rte_pktmbuf_free(ret_esp[i]);
	}
}

/* @p made packets of ESP, and the workers stop; @p n of them wait at wan0. Returns the owner of their SA. */
static struct worker *
esp_arrives(struct rte_mbuf *esp[], unsigned int made, unsigned int n)
{
	unsigned int i;

	esp_make(esp, made);
	ctl_stop(flows_gw.ctl);
	for (i = 0; i < n; i++)
		flows_reflect(esp[i]);
	return ctl_dataplane(flows_gw.ctl)->worker[flows_sa_in(0)->worker];
}

/*
 * By hand: the busy owner leaves jobs, the other does some of them, the rest waits until the owner has time. SAs that are deleted
 * meanwhile live until their packets are back.
 */
static void
the_owner_takes_jobs_back_in_order(void **state)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	struct rte_mbuf *esp[4 * SPREAD_PKTS + 1];
	const unsigned int n = RTE_DIM(esp) - 1;
	struct worker *owner, *other;
	struct rte_mbuf *last;
	struct spread_job *job;
	struct engine *e;
	struct sa *sa;
	unsigned int i;

	(void)state;
	owner = esp_arrives(esp, n + 1, n);
	last = esp[n];
	other = dp->worker[!owner->id];
	sa = flows_sa_in(0);
	e = sa->engine;
	assert_true(e->ops->any_worker);
	worker_poll(other); /* has nothing to do, or hands over what has come to it */
	while (owner->spread.tail == owner->spread.head)
		worker_poll(owner);
	assert_int_equal(owner->spread.inside, n);
	assert_int_equal(owner->spread.taken, owner->spread.head);
	assert_true(sa_is_busy(sa));
	worker_poll(other);
	assert_int_equal(owner->spread.taken, owner->spread.head + 1);
	assert_int_equal(flows_helped(), SPREAD_PKTS);
	/* one more that somebody has taken and not done: nothing behind it may come back before it */
	job = &owner->spread.job[owner->spread.taken++ % SPREAD_JOBS];
	flows_reflect(last);
	worker_poll(other);
	worker_poll(owner);
	assert_int_equal(owner->spread.inside, n - SPREAD_PKTS + 1);
	assert_true(e->ops->decap(e, other->id, job->pkt, job->n));
	job->done = 1;
	/* no room behind stage 4: not now */
	i = owner->spread.inside;
	owner->frame.ip4.n = DP_VEC_MAX - SPREAD_PKTS + 1;
	dp_spread(owner, &owner->frame);
	assert_int_equal(owner->spread.inside, i);
	owner->frame.ip4.n = 0;
	worker_poll(owner);
	assert_int_equal(owner->spread.inside, 0);
	assert_false(sa_is_busy(sa));
	flows[0] = (struct flow){ .next = 0 };
	worker_poll(other); /* what it has to send, 64 at a time */
	worker_poll(other);
	flows_take(PIPE_LAN, n + 1);
	assert_int_equal(flows[0].out_of_order, 0);
	pipe_check_accounts(&flows_gw);

	/* no room for one more job */
	last = rte_pktmbuf_alloc(flows_gw.pool);
	assert_non_null(last);
	pkt_meta(last)->sa = sa;
	owner->cnt.created++;
	owner->spread.head -= SPREAD_JOBS;
	spread_put(owner, 0, &last, 1);
	owner->spread.head += SPREAD_JOBS;
	assert_int_equal(owner->spread.inside, 0);
	assert_int_equal(dp_drop_count(dp, DROP_CRYPTO_FULL), 1);
	assert_int_equal(counter_row(dp->sa_counters, owner->id, sa->id)[SA_CNT_ERRORS], 1);
	assert_false(sa_is_busy(sa));
	pipe_check_accounts(&flows_gw);
}

/* Else jobs would follow jobs as long as it is busy, and nobody would flows_take them. */
static void
a_busy_owner_leaves_no_job_when_spreading_is_off(void **state)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	struct rte_mbuf *esp[4 * SPREAD_PKTS];
	struct worker *owner, *other;
	unsigned int i;

	(void)state;
	owner = esp_arrives(esp, RTE_DIM(esp), RTE_DIM(esp));
	other = dp->worker[!owner->id];
	worker_poll(other);
	while (owner->spread.tail == owner->spread.head)
		worker_poll(owner);
	assert_int_equal(owner->spread.inside, RTE_DIM(esp));
	owner->spread_mode = DP_SPREAD_OFF;
	owner->load = DP_RX_BURST;
	assert_true(spread_pays(owner)); /* what comes must not overtake what is out */
	dp_spread(owner, &owner->frame);
	assert_int_equal(owner->spread.inside, 0);
	flows[0] = (struct flow){ .next = 0 };
	for (i = 0; i < 4; i++)
		worker_poll(dp->worker[i % 2]);
	flows_take(PIPE_LAN, RTE_DIM(esp));
	assert_int_equal(flows[0].out_of_order, 0);
	pipe_check_accounts(&flows_gw);
}

/* What must follow a job that is out goes the same way; but where spreading does not pay it is the owner's before others see it. */
static void
what_must_wait_is_not_for_others_when_it_does_not_pay(void **state)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	struct rte_mbuf *esp[SPREAD_PKTS + 1];
	const unsigned int n = RTE_DIM(esp) - 1;
	struct worker *owner, *other;
	struct spread_job *job;
	struct rte_mbuf *last;
	unsigned int i;

	(void)state;
	owner = esp_arrives(esp, n + 1, n);
	last = esp[n];
	other = dp->worker[!owner->id];
	worker_poll(other);
	dp_rx(owner, &owner->frame);
	dp_classify(owner, &owner->frame);
	owner->spread_mode = DP_SPREAD_ALWAYS;
	dp_ipsec_in(owner, &owner->frame);
	assert_int_equal(owner->spread.inside, n);
	job = &owner->spread.job[owner->spread.taken++ % SPREAD_JOBS]; /* somebody has taken it */
	flows_reflect(last);
	worker_poll(other);
	dp_rx(owner, &owner->frame);
	dp_classify(owner, &owner->frame);
	owner->spread_mode = DP_SPREAD_AUTO; /* small packets */
	owner->load = DP_RX_BURST;
	dp_ipsec_in(owner, &owner->frame);
	assert_int_equal(owner->spread.inside, n + 1);
	assert_int_equal(owner->spread.taken, owner->spread.tail);
	assert_int_equal(owner->spread.job[(owner->spread.tail - 1) % SPREAD_JOBS].done, 1);
	assert_true(flows_sa_in(0)->engine->ops->decap(
			flows_sa_in(0)->engine, other->id, job->pkt, job->n));
	job->done = 1;
	assert_false(spread_pays(owner)); /* all are back */
	assert_int_equal(owner->spread.inside, 0);
	flows[0] = (struct flow){ .next = 0 };
	for (i = 0; i < 4; i++)
		worker_poll(dp->worker[i % 2]);
	flows_take(PIPE_LAN, n + 1);
	assert_int_equal(flows[0].out_of_order, 0);
	pipe_check_accounts(&flows_gw);
}

/* Jobs that come back when spreading ends do not take the room of what is received in the same poll. */
static void
what_comes_back_leaves_room_for_what_comes(void **state)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	struct rte_mbuf *esp[15 * SPREAD_PKTS + DP_GATHER_MAX];
	const unsigned int n = 15 * SPREAD_PKTS;
	struct worker *owner, *other;
	const struct engine_ops *ops;
	uint64_t dropped;
	unsigned int i;

	(void)state;
	owner = esp_arrives(esp, RTE_DIM(esp), n);
	other = dp->worker[!owner->id];
	ops = flows_sa_in(0)->engine->ops;
	dropped = pipe_dropped(&flows_gw);
	for (i = 0; i < n / DP_GATHER_MAX + 1; i++) {
		dp_rx(other, &other->frame);
		dp_classify(other, &other->frame);
		dp_ipsec_in(other,
				&other->frame); /* hands over, where it is not the owner's queue */
		dp_rx(owner, &owner->frame);
		dp_classify(owner, &owner->frame);
		owner->spread_mode = DP_SPREAD_ALWAYS;
		dp_ipsec_in(owner, &owner->frame);
	}
	assert_int_equal(owner->spread.inside, n);
	for (i = owner->spread.head; i != owner->spread.tail; i++) {
		struct spread_job *job = &owner->spread.job[i % SPREAD_JOBS];

		ops->decap(flows_sa_in(0)->engine, other->id, job->pkt, job->n);
		job->done = 1;
	}
	owner->spread.taken = owner->spread.tail; /* somebody has done them all */
	for (i = n; i < RTE_DIM(esp); i++)
		flows_reflect(esp[i]);
	dp_rx(other, &other->frame);
	dp_classify(other, &other->frame);
	dp_ipsec_in(other, &other->frame);
	dp_rx(owner, &owner->frame);
	dp_classify(owner, &owner->frame);
	owner->spread_mode = DP_SPREAD_OFF;
	dp_ipsec_in(owner, &owner->frame);
	dp_ipsec_in_done(owner, &owner->frame);
	assert_int_equal(pipe_dropped(&flows_gw), dropped);
	flows[0] = (struct flow){ .next = 0 };
	for (i = 0; i < 20; i++)
		worker_poll(dp->worker[i % 2]);
	flows_take(PIPE_LAN, RTE_DIM(esp));
	assert_int_equal(flows[0].out_of_order, 0);
	pipe_check_accounts(&flows_gw);
}

/* By itself only where another has time, and for packets so large that the way there pays. */
static void
spreads_large_packets_of_a_busy_worker_to_an_idle_one(void **state)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	struct worker *w = dp->worker[0];
	struct rte_mbuf *m;

	(void)state;
	ctl_stop(flows_gw.ctl);
	m = rte_pktmbuf_alloc(flows_gw.pool);
	assert_non_null(m);
	vec_push(&w->frame.esp, m);
	w->spread_mode = DP_SPREAD_AUTO;
	w->load = DP_RX_BURST;
	m->pkt_len = 1400;
	dp->helps[0] = true; /* it was idle itself a poll ago */
	dp->helps[1] = false;
	assert_false(spread_pays(w));
	dp->helps[1] = true;
	assert_true(spread_pays(w)); /* a trial begins with it */
	w->spread.trial.hold_until = w->now_tsc + rte_get_tsc_hz();
	w->spread.trial.pays = false;
	assert_false(spread_pays(w));
	w->spread.trial.pays = true;
	assert_true(spread_pays(w));
	w->load = DP_RX_BURST - 1;
	assert_false(spread_pays(w));
	w->load = DP_RX_BURST;
	m->pkt_len = 500;
	assert_false(spread_pays(w));
	w->spread_mode = DP_SPREAD_ALWAYS;
	assert_true(spread_pays(w));
	w->frame.esp.n = 0;
	m->pkt_len = 0;
	rte_pktmbuf_free(m);
}

/* Full of jobs that others have not done: what comes waits in the NIC's queue, and nothing is dropped. */
static void
a_worker_full_of_jobs_receives_nothing(void **state)
{
	struct dataplane *dp = ctl_dataplane(flows_gw.ctl);
	uint8_t frame[FRAME_MAX];
	unsigned int i;

	(void)state;
	ctl_stop(flows_gw.ctl);
	assert_true(pipe_send(&flows_gw, PIPE_LAN, frame, flows_numbered(frame, 0, 0)));
	for (i = 0; i < 2; i++) {
		struct worker *w = dp->worker[i];

		w->spread.head -= SPREAD_JOBS - SPREAD_OF_POLL;
		assert_false(spread_is_full(&w->spread));
		w->spread.head--;
		assert_int_equal(dp_rx(w, &w->frame), 0);
		w->spread.head += SPREAD_JOBS - SPREAD_OF_POLL + 1;
	}
	assert_int_equal(worker_poll(dp->worker[0]) + worker_poll(dp->worker[1]), 1);
	for (i = 0; i < 4; i++)
		worker_poll(dp->worker[i % 2]);
	flows[0] = (struct flow){ .next = 1 };
	flows_take(PIPE_WAN, 1);
	pipe_check_accounts(&flows_gw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_owner_takes_jobs_back_in_order,
				flows_gateway_create_spreading, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(a_busy_owner_leaves_no_job_when_spreading_is_off,
				flows_gateway_create_spreading, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(
				what_must_wait_is_not_for_others_when_it_does_not_pay,
				flows_gateway_create_spreading, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(what_comes_back_leaves_room_for_what_comes,
				flows_gateway_create_spreading, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(
				spreads_large_packets_of_a_busy_worker_to_an_idle_one,
				flows_gateway_create, flows_gateway_destroy),
		cmocka_unit_test_setup_teardown(a_worker_full_of_jobs_receives_nothing,
				flows_gateway_create, flows_gateway_destroy),
	};

	pipe_eal_init("0@0,1@1,2@0");
	return cmocka_run_group_tests_name("pipeline/spread", tests, NULL, NULL);
}
