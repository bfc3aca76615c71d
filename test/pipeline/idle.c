/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dp.idle: a worker without packets sleeps, and nothing waits for it meanwhile: neither packets in its rings, nor grace periods,
 * nor a stop. Off, it never sleeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_cycles.h>

#include "base/rcu.h"
#include "datapath/worker.h"
#include "pass.h"

#define WAIT_MS 5000
#define LONG_US 10000

static uint64_t
ms_since(uint64_t tsc)
{
	return (rte_rdtsc() - tsc) * 1000 / rte_get_tsc_hz();
}

static struct dp_worker_stats
stats(void)
{
	struct dp_worker_stats s;

	dp_worker_stats(ctl_dataplane(gw.ctl), 0, &s);
	return s;
}

static void
sysctl(const char *name, int64_t value)
{
	struct err err = { 0 };

	setup_ok(ctl_sysctl_set(gw.ctl, name, value, &err), &err);
}

/* Until the worker sleeps as long as it may. */
static void
wait_asleep(void)
{
	const struct worker *w = ctl_dataplane(gw.ctl)->worker[0];
	const uint64_t start = rte_rdtsc();

	while (__atomic_load_n(&w->idle.us, __ATOMIC_RELAXED) < LONG_US ||
			__atomic_load_n(&w->idle.asleep, __ATOMIC_RELAXED) == 0) {
		ctl_poll(gw.ctl);
		assert_true(ms_since(start) < WAIT_MS);
	}
}

static int
idle_gateway_create(void **state)
{
	const uint64_t start = rte_rdtsc();

	(void)state;
	pipe_create(&gw, pipe_config);
	sysctl("dp.idle_max_us", LONG_US);
	while (ms_since(start) < 10) /* what the ports announce of themselves */
		ctl_poll(gw.ctl);
	pipe_flush(&gw);
	return 0;
}

static int
idle_gateway_destroy(void **state)
{
	(void)state;
	pipe_destroy(&gw);
	return 0;
}

static void
polls_without_end_unless_it_is_told_to_sleep(void **state)
{
	const uint64_t sleeps = stats().sleeps, polls = stats().polls, start = rte_rdtsc();

	(void)state;
	while (stats().polls < polls + 10000)
		assert_true(ms_since(start) < WAIT_MS);
	assert_int_equal(stats().sleeps, sleeps);
}

static void
sleeps_without_packets_and_stops_when_it_is_off_again(void **state)
{
	struct dp_worker_stats before, after;
	uint64_t start;

	(void)state;
	sysctl("dp.idle", 1);
	wait_asleep();
	before = stats();
	start = rte_rdtsc();
	while (stats().sleeps < before.sleeps + 5)
		assert_true(ms_since(start) < WAIT_MS);
	after = stats();
	assert_true(after.polls - before.polls <= 8); /* one between two sleeps */
	sysctl("dp.idle", 0);
	start = rte_rdtsc();
	while (stats().polls < after.polls + 1000) /* the sleep under way ends first */
		assert_true(ms_since(start) < WAIT_MS);
	polls_without_end_unless_it_is_told_to_sleep(state);
}

/* What the control core puts into its ring wakes it: it does not sleep to the end. */
static void
is_woken_by_the_control_core(void **state)
{
	const uint64_t woken = stats().woken;
	uint64_t start, tx;
	unsigned int i;

	(void)state;
	sysctl("dp.idle", 1);
	for (i = 0; i < 5; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(gw.pool);

		wait_asleep();
		host_sends(false, 100);
		memcpy(rte_pktmbuf_append(m, len), frame, len);
		tx = stats().tx;
		assert_true(dp_inject_frame(ctl_dataplane(gw.ctl), 0, m));
		for (start = rte_rdtsc(); stats().tx == tx;)
			assert_true(ms_since(start) < WAIT_MS);
	}
	/* it may have been awake for a moment when the frame came */
	assert_true(stats().woken - woken >= 3);
	pipe_flush(&gw);
}

/* What comes in while it sleeps is found when it wakes. */
static void
takes_what_has_come_in_meanwhile(void **state)
{
	const uint64_t start = rte_rdtsc();
	struct rte_mbuf *m = NULL;

	(void)state;
	sysctl("dp.idle", 1);
	wait_asleep();
	host_sends(false, 100);
	assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
	while ((m = pipe_receive(&gw, PIPE_WAN)) == NULL)
		assert_true(ms_since(start) < WAIT_MS);
	rte_pktmbuf_free(m);
	assert_int_equal(pipe_dropped(&gw), 0);
}

/* What --idle-exit looks at: no clock, and nothing that somebody clears. */
static void
says_how_much_it_has_received_whatever_is_cleared(void **state)
{
	const struct dataplane *dp = ctl_dataplane(gw.ctl);
	const uint64_t before = dp_received(dp), start = rte_rdtsc();
	unsigned int i;

	(void)state;
	host_sends(false, 100);
	for (i = 1; i <= 3; i++) {
		assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
		while (dp_received(dp) != before + i)
			assert_true(ms_since(start) < WAIT_MS);
		ctl_clear_counters(gw.ctl);
		assert_int_equal(dp_received(dp), before + i);
	}
	pipe_flush(&gw);
}

/* A hundred grace periods would take a second if each waited for the end of a sleep. */
static void
does_not_hold_up_grace_periods(void **state)
{
	uint64_t start;
	unsigned int i;

	(void)state;
	sysctl("dp.idle", 1);
	wait_asleep();
	start = rte_rdtsc();
	for (i = 0; i < 100; i++)
		rcu_synchronize();
	assert_true(ms_since(start) < 500);
}

static void
refuses_to_wait_for_the_nic_where_it_can_not(void **state)
{
	struct err err = { 0 };
	int64_t value;

	(void)state;
	/* rings can not be waited for, whatever the CPU can */
	assert_int_equal(ctl_sysctl_set(gw.ctl, "dp.idle", 2, &err), -ENOTSUP);
	assert_memory_equal(err.msg, "dp.idle: ", 9);
	assert_int_equal(ctl_sysctl_get(gw.ctl, "dp.idle", &value, &err), 0);
	assert_int_equal(value, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(polls_without_end_unless_it_is_told_to_sleep,
				idle_gateway_create, idle_gateway_destroy),
		cmocka_unit_test_setup_teardown(
				sleeps_without_packets_and_stops_when_it_is_off_again,
				idle_gateway_create, idle_gateway_destroy),
		cmocka_unit_test_setup_teardown(is_woken_by_the_control_core, idle_gateway_create,
				idle_gateway_destroy),
		cmocka_unit_test_setup_teardown(takes_what_has_come_in_meanwhile,
				idle_gateway_create, idle_gateway_destroy),
		cmocka_unit_test_setup_teardown(says_how_much_it_has_received_whatever_is_cleared,
				idle_gateway_create, idle_gateway_destroy),
		cmocka_unit_test_setup_teardown(does_not_hold_up_grace_periods, idle_gateway_create,
				idle_gateway_destroy),
		cmocka_unit_test_setup_teardown(refuses_to_wait_for_the_nic_where_it_can_not,
				idle_gateway_create, idle_gateway_destroy),
	};

	pipe_eal_init("0@0,1@1");
	return cmocka_run_group_tests_name("pipeline/idle", tests, NULL, NULL);
}
