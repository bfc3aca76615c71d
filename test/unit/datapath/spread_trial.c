/* SPDX-License-Identifier: BSD-3-Clause */
/* When spreading is kept to: on a clock of the test's own, with rates that it makes up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datapath/spread_trial.h"

#define HZ UINT64_C(2500000000)
#define US (HZ / 1000000)
#define BYTES 64000 /* of a poll */

static struct spread_trial t;
static uint64_t now;
static bool spreads;

/* A poll takes BYTES; at 1000 it takes 10 us. */
static uint64_t
poll_cycles(uint32_t without, uint32_t with)
{
	return 10000 * US / (spreads ? with : without);
}

/* Polls for @p us, at rates with and without. Returns how many of 1000 polls spread. */
static unsigned int
run(uint64_t us, uint32_t without, uint32_t with)
{
	const uint64_t end = now + us * US;
	unsigned int polls = 0, spread = 0;

	for (; now < end; polls++) {
		now += poll_cycles(without, with);
		spreads = spread_trial(&t, now, BYTES);
		spread += spreads;
	}
	return spread * 1000 / polls;
}

static int
up(void **state)
{
	(void)state;
	t = (struct spread_trial){ .tsc_hz = HZ };
	now = 12345;
	spreads = false;
	return 0;
}

#define TRIAL_US (TRIAL_SLOTS * TRIAL_SLOT_US + 100)
#define HOLD_US (TRIAL_HOLD_US - 1000)

static void
half_of_a_trial_spreads_and_the_better_is_kept_to(void **state)
{
	(void)state;
	assert_in_range(run(TRIAL_US, 1000, 1500), 550, 650); /* polls, which are shorter */
	assert_int_equal(run(HOLD_US, 1000, 1500), 1000);
}

static void
what_is_slower_or_hardly_faster_is_not_kept_to(void **state)
{
	(void)state;
	assert_in_range(run(TRIAL_US, 1000, 770), 400, 480);
	assert_int_equal(run(HOLD_US, 1000, 770), 0);
	up(state);
	run(TRIAL_US, 1000, 1000 + 10 * TRIAL_GAIN_PERCENT - 5);
	assert_int_equal(run(HOLD_US, 1000, 1000), 0);
	up(state);
	run(TRIAL_US, 1000, 1000 + 10 * TRIAL_GAIN_PERCENT + 5);
	assert_int_equal(run(HOLD_US, 1000, 1000), 1000);
}

static void
after_a_second_it_is_asked_again(void **state)
{
	(void)state;
	run(TRIAL_US, 1000, 1500);
	assert_int_equal(run(HOLD_US, 1000, 1500), 1000);
	assert_in_range(run(TRIAL_US + 1000, 1000, 700), 400, 500); /* the host has moved a CPU */
	assert_int_equal(run(HOLD_US - 2000, 1000, 700), 0);
	assert_in_range(run(TRIAL_US + 4000, 1000, 1500), 400, 700);
	assert_int_equal(run(HOLD_US - 10000, 1000, 1500), 1000);
}

static void
the_beginning_of_a_slot_does_not_count(void **state)
{
	unsigned int slot;

	(void)state;
	/* jobs that are left over, at the beginning of slots without, make them look fast */
	for (slot = 0; slot < TRIAL_SLOTS; slot++) {
		run(TRIAL_SKIP_US - 20, slot % 2 == 0 ? 1000 : 9000, slot % 2 == 0 ? 1000 : 9000);
		run(TRIAL_SLOT_US - TRIAL_SKIP_US + 20, 1000, 1200);
	}
	assert_int_equal(run(HOLD_US / 2, 1000, 1200), 1000);
}

/* Spreading relieves the worker so far that every other poll is not busy: its bytes and its time do not count. */
static void
polls_without_too_much_to_do_are_not_counted(void **state)
{
	(void)state;
	while (t.hold_until == 0) {
		now += poll_cycles(1000, 1100);
		spreads = spread_trial(&t, now, BYTES);
		if (!spreads)
			continue;
		now += poll_cycles(1000, 1100);
		spread_trial_pause(&t);
		now += 300 * US;
		spreads = spread_trial(&t, now, BYTES);
	}
	assert_true(t.pays);
}

static void
what_was_measured_long_ago_is_forgotten(void **state)
{
	(void)state;
	run(TRIAL_US / 2, 1000, 3000);
	spread_trial_pause(&t);
	now += (TRIAL_HOLD_US + 1) * US;
	run(TRIAL_US + 2000, 1000, 900);
	assert_int_equal(run(HOLD_US / 2, 1000, 900), 0);
}

/* A guest that moves to another host may find its TSC days earlier or later. */
static void
a_clock_that_jumps_does_not_keep_to_what_was(void **state)
{
	const uint64_t days = 3 * 86400 * HZ;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		up(state);
		now += 2 * days;
		run(TRIAL_US, 1000, 1500);
		assert_int_equal(run(HOLD_US / 2, 1000, 1500), 1000);
		now += i == 0 ? days : -days;
		assert_in_range(run(TRIAL_US + 1000, 1000, 700), 350, 500);
		assert_int_equal(run(HOLD_US / 2, 1000, 700), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(half_of_a_trial_spreads_and_the_better_is_kept_to, up),
		cmocka_unit_test_setup(what_is_slower_or_hardly_faster_is_not_kept_to, up),
		cmocka_unit_test_setup(after_a_second_it_is_asked_again, up),
		cmocka_unit_test_setup(the_beginning_of_a_slot_does_not_count, up),
		cmocka_unit_test_setup(polls_without_too_much_to_do_are_not_counted, up),
		cmocka_unit_test_setup(what_was_measured_long_ago_is_forgotten, up),
		cmocka_unit_test_setup(a_clock_that_jumps_does_not_keep_to_what_was, up),
	};

	return cmocka_run_group_tests_name("datapath/spread_trial", tests, NULL, NULL);
}
