/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark's quiet tenth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/bench/slices.h"

static struct slices all;

static void
add(uint64_t cycles, uint64_t rx, uint64_t stage)
{
	const struct slice s = { .cycles = cycles, .rx = rx, .stage[3] = stage };

	slices_add(&all, &s);
}

static void
the_tenth_that_costs_least_is_added_up(void **state)
{
	struct slice quiet;
	unsigned int i;

	(void)state;
	all.n = 0;
	for (i = 0; i < 18; i++)
		add(5000 + i, 10, 1000);
	add(2000, 20, 300); /* 100 a packet */
	add(900, 10, 200);  /* 90 */
	quiet = slices_quiet(&all);
	assert_int_equal(quiet.cycles, 2900);
	assert_int_equal(quiet.rx, 30);
	assert_int_equal(quiet.stage[3], 500);
	assert_int_equal(quiet.stage[2], 0);
}

static void
a_few_slices_have_a_quiet_one_and_none_has_zeroes(void **state)
{
	(void)state;
	all.n = 0;
	assert_int_equal(slices_quiet(&all).rx, 0);
	add(77, 0, 0); /* no packets: not one */
	assert_int_equal(slices_quiet(&all).cycles, 0);
	add(700, 7, 0);
	add(1000, 5, 0);
	assert_int_equal(slices_quiet(&all).cycles, 700);
}

static void
what_does_not_fit_is_left_out(void **state)
{
	unsigned int i;

	(void)state;
	all.n = 0;
	for (i = 0; i < SLICES_MAX; i++)
		add(100, 1, 0);
	add(1, 1, 0);
	assert_int_equal(all.n, SLICES_MAX);
	assert_int_equal(slices_quiet(&all).cycles, 100 * SLICES_MAX / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tenth_that_costs_least_is_added_up),
		cmocka_unit_test(a_few_slices_have_a_quiet_one_and_none_has_zeroes),
		cmocka_unit_test(what_does_not_fit_is_left_out),
	};

	return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
