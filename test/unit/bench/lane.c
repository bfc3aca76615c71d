/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets at a rate: whatever the TSC shows when it begins, and for days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_common.h>

#include "app/bench/source_priv.h"

#define HZ UINT64_C(2500000000)
#define DAY (86400 * HZ)
#define PPS 1000

static struct source_lane lane;

/* Takes what is due, as a poll does. */
static uint16_t
take(uint64_t now)
{
	const uint16_t n = source_lane_due(&lane, now, 64);

	source_lane_gave(&lane, n);
	return n;
}

static void
begin(void)
{
	lane = (struct source_lane){ .left = UINT64_MAX, .step = HZ * 65536 / PPS };
}

static void
a_packet_is_due_each_step_whatever_the_tsc_shows(void **state)
{
	static const uint64_t starts[] = { 1, 3 * DAY, 365 * DAY, UINT64_C(1) << 63,
		UINT64_MAX - HZ / PPS * 3 / 2 };
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(starts); i++) {
		begin();
		assert_int_equal(take(starts[i]), 1);
		assert_int_equal(take(starts[i]), 0);
		for (k = 1; k < 10; k++) {
			assert_int_equal(take(starts[i] + k * (HZ / PPS) - 1), 0);
			assert_int_equal(take(starts[i] + k * (HZ / PPS)), 1);
		}
		assert_int_equal(take(starts[i] + 13 * (HZ / PPS)), 4);
		assert_int_equal(lane.missed, 0);
	}
}

/* In hours of a thousand packets a second, fetched each half second. */
static void
the_rate_holds_for_days(void **state)
{
	const uint64_t first = 12345, end = 5 * DAY;
	uint64_t now = 0;

	(void)state;
	begin();
	for (now = 0; now <= end; now += HZ / 2)
		while (take(first + now) != 0)
			;
	assert_int_equal(lane.missed, 0);
	assert_int_equal(lane.given, 5 * 86400 * PPS + 1);
	/* and the time stamp of the next one is that of its step */
	assert_int_equal(lane.from, first + end + HZ / PPS);
}

static void
what_no_queue_would_hold_is_missed(void **state)
{
	(void)state;
	begin();
	assert_int_equal(take(1), 1);
	assert_int_equal(take(1 + 3000 * (HZ / PPS)), 64);
	assert_int_equal(lane.missed, 3000 - SOURCE_QUEUE_LENGTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_is_due_each_step_whatever_the_tsc_shows),
		cmocka_unit_test(the_rate_holds_for_days),
		cmocka_unit_test(what_no_queue_would_hold_is_missed),
	};

	return cmocka_run_group_tests_name("bench/lane", tests, NULL, NULL);
}
