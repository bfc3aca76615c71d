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

#include "base/rcu.h"
#include "datapath/worker.h"
#include "pass.h"
#include "test/wait.h"

#define LONG_US 10000

static struct dp_worker_stats
stats(void)
{
	struct dp_worker_stats s;

	dp_worker_stats(ctl_dataplane(gw.ctl), 0, &s);
	return s;
}

/* Of one moment: the worker has not slept and polled between the fields. */
static struct dp_worker_stats
stats_at_once(void)
{
	struct dp_worker_stats a, b;

	do {
		a = stats();
		b = stats();
	} while (a.sleeps != b.sleeps || a.polls != b.polls);
	return a;
}

static void
sysctl(const char *name, int64_t value)
{
	struct err err = { 0 };

	setup_ok(ctl_sysctl_set(gw.ctl, name, value, &err), &err);
}

/* As long as it may. */
static bool
is_asleep(void)
{
	const struct worker *w = ctl_dataplane(gw.ctl)->worker[0];

	return __atomic_load_n(&w->idle.us, __ATOMIC_RELAXED) >= LONG_US &&
			__atomic_load_n(&w->idle.asleep, __ATOMIC_RELAXED) != 0;
}

static void
wait_asleep(void)
{
	wait_until(is_asleep(), ctl_poll(gw.ctl));
}

static int
idle_gateway_create(void **state)
{
	uint64_t polls;

	(void)state;
	pipe_create(&gw, pipe_config);
	sysctl("dp.idle_max_us", LONG_US);
	polls = stats().polls;
	wait_until(stats().polls >= polls + 4, ctl_poll(gw.ctl));
	pipe_flush(&gw); /* what the ports announce of themselves */
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
	const uint64_t sleeps = stats().sleeps, polls = stats().polls;

	(void)state;
	wait_until(stats().polls >= polls + 10000, );
	assert_int_equal(stats().sleeps, sleeps);
}

static void
sleeps_without_packets_and_stops_when_it_is_off_again(void **state)
{
	struct dp_worker_stats before, after;

	(void)state;
	sysctl("dp.idle", 1);
	wait_asleep();
	before = stats_at_once();
	wait_until(stats().sleeps >= before.sleeps + 5, );
	after = stats_at_once();
	/* one between two sleeps */
	assert_in_range(after.polls - before.polls, 1, after.sleeps - before.sleeps + 1);
	sysctl("dp.idle", 0);
	wait_until(stats().polls >= after.polls + 1000, ); /* the sleep under way ends first */
	polls_without_end_unless_it_is_told_to_sleep(state);
}

static void
inject(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(gw.pool);
	uint64_t tx;

	assert_non_null(m);
	wait_asleep();
	host_sends(false, 100);
	memcpy(rte_pktmbuf_append(m, len), frame, len);
	tx = stats().tx;
	assert_true(dp_inject_frame(ctl_dataplane(gw.ctl), 0, m));
	wait_until(stats().tx != tx, );
	pipe_flush(&gw);
}

/* What the control core puts into its ring wakes it: it does not sleep to the end. */
static void
is_woken_by_the_control_core(void **state)
{
	const uint64_t woken = stats().woken;

	(void)state;
	sysctl("dp.idle", 1);
	/* now and then it is awake when the frame comes */
	wait_until(stats().woken >= woken + 3, inject());
}

/* What comes in while it sleeps is found when it wakes. */
static void
takes_what_has_come_in_meanwhile(void **state)
{
	struct rte_mbuf *m = NULL;

	(void)state;
	sysctl("dp.idle", 1);
	wait_asleep();
	host_sends(false, 100);
	assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
	wait_until((m = pipe_receive(&gw, PIPE_WAN)) != NULL, );
	rte_pktmbuf_free(m);
	assert_int_equal(pipe_dropped(&gw), 0);
}

/* What --idle-exit looks at: no clock, and nothing that somebody clears. */
static void
says_how_much_it_has_received_whatever_is_cleared(void **state)
{
	const struct dataplane *dp = ctl_dataplane(gw.ctl);
	const uint64_t before = dp_received(dp);
	unsigned int i;

	(void)state;
	host_sends(false, 100);
	for (i = 1; i <= 3; i++) {
		assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
		wait_until(dp_received(dp) == before + i, );
		ctl_clear_counters(gw.ctl);
		assert_int_equal(dp_received(dp), before + i);
	}
	pipe_flush(&gw);
}

/* Of a grace period: did it begin and end while the worker slept? */
static bool
passes_in_a_sleep(void)
{
	const uint64_t sleeps = stats().sleeps;
	bool asleep;

	asleep = is_asleep();
	rcu_synchronize();
	return asleep && is_asleep() && stats().sleeps == sleeps;
}

static void
does_not_hold_up_grace_periods(void **state)
{
	(void)state;
	sysctl("dp.idle", 1);
	/* seldom not: the sleep has ended by itself meanwhile */
	wait_until(passes_in_a_sleep(), );
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
