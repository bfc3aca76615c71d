/* SPDX-License-Identifier: BSD-3-Clause */
/* base/clock: clocks that are days apart, that are set, and numbers that are too large for one multiplication. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_eal.h>

#include "base/clock.h"

#define DAY_MS (INT64_C(86400) * 1000)
#define SLOW_MS 20000 /* more than any machine takes from one line to the next */

static void
shift(int64_t mono_ms, int64_t wall_ms, uint64_t tsc)
{
	const struct clock_shift s = { .mono_ms = mono_ms, .wall_ms = wall_ms, .tsc = tsc };

	clock_shift_set(&s);
}

static int
eal_setup(void **state)
{
	char *args[] = { "test", "--no-huge", "-m", "64", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level=error" };

	(void)state;
	return rte_eal_init((int)RTE_DIM(args), args) < 0 ? -1 : 0;
}

static int
unshifted(void **state)
{
	(void)state;
	shift(0, 0, 0);
	return 0;
}

static void
a_difference_is_never_less_than_nothing(void **state)
{
	static const struct {
		uint64_t now, then, diff;
	} cases[] = { { 5, 3, 2 }, { 3, 3, 0 }, { 3, 5, 0 }, { 0, 1, 0 }, { 2, UINT64_MAX - 1, 4 },
		{ UINT64_MAX, 0, 0 }, { INT64_MAX, 0, INT64_MAX } };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++)
		assert_int_equal(clock_diff(cases[i].now, cases[i].then), cases[i].diff);
}

static void
before_boot_is_a_time_too(void **state)
{
	struct timespec up;

	(void)state;
	clock_gettime(CLOCK_BOOTTIME, &up);
	assert_in_range(clock_mono_ms(), CLOCK_ORIGIN_MS + (uint64_t)up.tv_sec * 1000,
			CLOCK_ORIGIN_MS + (uint64_t)up.tv_sec * 1000 + SLOW_MS);
	/* the greatest age that there is, at the very moment of boot */
	assert_true(CLOCK_ORIGIN_MS > CLOCK_AGE_MAX_MS);
	assert_in_range(clock_mono_us() / 1000, clock_mono_ms() - SLOW_MS, clock_mono_ms());
}

static void
the_wall_clock_of_a_time_is_now_less_its_age(void **state)
{
	static const int64_t steps_ms[] = { 0, 3 * DAY_MS, -3 * DAY_MS, 0 };
	uint64_t then;
	unsigned int i;

	(void)state;
	then = clock_mono_ms() - 100000;
	for (i = 0; i < RTE_DIM(steps_ms); i++) {
		shift(0, steps_ms[i], 0);
		assert_in_range(clock_wall_s_at(then), clock_wall_s() - 101,
				clock_wall_s() - 100 + SLOW_MS / 1000);
	}
	/* older than what the wall clock counts from */
	assert_int_equal(clock_wall_s_at(clock_mono_ms() - CLOCK_AGE_MAX_MS), 0);
}

/* The two clocks are not read at one moment, and each is cut to milliseconds. */
static void
the_same_time_does_not_waver_between_two_seconds(void **state)
{
	const uint64_t then = clock_mono_ms() - 100000;
	uint64_t before, after;
	int64_t ms;

	(void)state;
	for (ms = 0; ms < 1000; ms += 7) {
		shift(0, 3600000 * (1 + ms % 2), 0); /* stepped, so that it is reckoned anew */
		(void)clock_wall_s_at(then);
		shift(0, ms, 0);
		before = clock_wall_s_at(then);
		shift(0, ms + 40, 0);
		after = clock_wall_s_at(then);
		assert_int_equal(before, after);
		shift(0, ms - 40, 0);
		assert_int_equal(before, clock_wall_s_at(then));
	}
}

static void
now_is_never_in_the_future(void **state)
{
	int64_t ms;

	(void)state;
	/* set back by less than is noticed, at each tenth of a second */
	for (ms = 0; ms < 1000; ms += 100) {
		shift(0, DAY_MS, 0);
		(void)clock_wall_s_at(0);
		shift(0, ms, 0);
		(void)clock_wall_s_at(0);
		shift(0, ms - 400, 0);
		assert_true(clock_wall_s_at(clock_mono_ms()) <= clock_wall_s());
	}
}

static void
cycles_of_years_are_not_too_many(void **state)
{
	const uint64_t hz = rte_get_tsc_hz(), day = 86400 * hz;
	uint64_t days;

	(void)state;
	assert_int_not_equal(hz, 0);
	/* 2^64 cycles times 1000 are passed after some three months */
	for (days = 0; days < 20 * 365; days += 31)
		assert_int_equal(clock_tsc_to_ms(days * day), days * 86400 * 1000);
	assert_int_equal(clock_tsc_to_ms(hz / 2 + 1) / 10, 50);
}

static void
the_age_of_a_tsc_is_a_difference_of_tscs(void **state)
{
	const uint64_t hz = rte_get_tsc_hz(), day = 86400 * hz;
	const uint64_t starts[] = { 0, 3 * day, -(3 * day), UINT64_C(1) << 63, 365 * day,
		-(rte_rdtsc() + 5 * hz) /* about to begin anew at 0 */ };
	uint64_t then;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(starts); i++) {
		shift(0, 0, starts[i]);
		then = clock_tsc() - 10 * hz;
		assert_in_range(clock_tsc_age_ms(then), 10000, 10000 + SLOW_MS);
		/* of a core that is a little ahead, and of another host days ago */
		assert_int_equal(clock_tsc_age_ms(clock_tsc() + 60 * hz), 0);
		assert_int_equal(clock_tsc_age_ms(clock_tsc() + 3 * day), 0);
	}
}

static void
a_boot_has_a_name_and_its_own_time(void **state)
{
	const struct clock_shift other = { .mono_ms = -5000, .boot_id = "other" };
	const uint64_t up = clock_boot_ms();

	(void)state;
	assert_string_equal(clock_boot_id(), clock_boot_id());
	assert_true(strlen(clock_boot_id()) < 40);
	shift(DAY_MS, -DAY_MS, 0);
	assert_in_range(clock_boot_ms(), up + DAY_MS, up + DAY_MS + SLOW_MS);
	clock_shift_set(&other);
	assert_string_equal(clock_boot_id(), "other");
	assert_true((int64_t)(up - clock_boot_ms()) <= 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_difference_is_never_less_than_nothing, unshifted),
		cmocka_unit_test_teardown(before_boot_is_a_time_too, unshifted),
		cmocka_unit_test_teardown(the_wall_clock_of_a_time_is_now_less_its_age, unshifted),
		cmocka_unit_test_teardown(
				the_same_time_does_not_waver_between_two_seconds, unshifted),
		cmocka_unit_test_teardown(now_is_never_in_the_future, unshifted),
		cmocka_unit_test_teardown(cycles_of_years_are_not_too_many, unshifted),
		cmocka_unit_test_teardown(the_age_of_a_tsc_is_a_difference_of_tscs, unshifted),
		cmocka_unit_test_teardown(a_boot_has_a_name_and_its_own_time, unshifted),
	};

	return cmocka_run_group_tests_name("base/clock", tests, eal_setup, NULL);
}
