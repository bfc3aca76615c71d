/* SPDX-License-Identifier: BSD-3-Clause */
/* base/counter: once before EAL is up (argument "heap"), once on EAL memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <rte_eal.h>

#include "base/counter.h"

static bool heap;

static int
setup(void **state)
{
	char *args[] = { "test", "--no-huge", "-m", "64", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level=error" };

	(void)state;
	return heap || rte_eal_init((int)RTE_DIM(args), args) >= 0 ? 0 : -1;
}

static int
table_create(void **state)
{
	static struct counter_table t;

	*state = &t;
	return counter_table_init(&t, "test", 10, 3, NULL);
}

static int
table_destroy(void **state)
{
	counter_table_fini(*state);
	return 0;
}

static void
starts_at_zero_on_cache_lines_of_its_own(void **state)
{
	struct counter_table *t = *state;
	uint32_t worker, row;

	assert_int_equal(t->nb_copies, 4);
	assert_int_equal(t->on_heap, heap);
	for (worker = 0; worker < 3; worker++)
		for (row = 0; row < 10; row++)
			assert_int_equal((uintptr_t)counter_row(t, worker, row) %
							RTE_CACHE_LINE_SIZE,
					0);
	for (row = 0; row < 10; row++)
		assert_int_equal(counter_sum(t, row, 7), 0);
}

static void
adds_up_all_workers_and_control(void **state)
{
	struct counter_table *t = *state;

	counter_row(t, 0, 4)[2] += 1;
	counter_row(t, 1, 4)[2] += 10;
	counter_row(t, 2, 4)[2] += 100;
	counter_row_control(t, 4)[2] += 1000;
	assert_int_equal(counter_sum(t, 4, 2), 1111);
	assert_int_equal(counter_sum(t, 4, 1), 0);
	assert_int_equal(counter_sum(t, 4, 3), 0);
	assert_int_equal(counter_sum(t, 3, 2), 0);
	assert_int_equal(counter_sum(t, 5, 2), 0);
}

static void
clears_by_moving_a_baseline(void **state)
{
	struct counter_table *t = *state;

	counter_row(t, 0, 4)[2] = 5;
	counter_row(t, 0, 5)[2] = 7;
	counter_clear(t, 4);
	assert_int_equal(counter_row(t, 0, 4)[2], 5); /* the worker's line is not written */
	assert_int_equal(counter_sum(t, 4, 2), 0);
	assert_int_equal(counter_raw(t, 4, 2), 5);
	assert_int_equal(counter_sum(t, 5, 2), 7);
	counter_row(t, 1, 4)[2] += 3;
	assert_int_equal(counter_sum(t, 4, 2), 3);
	counter_clear_all(t);
	assert_int_equal(counter_sum(t, 4, 2), 0);
	assert_int_equal(counter_sum(t, 5, 2), 0);
}

static void
stays_right_when_a_counter_wraps(void **state)
{
	struct counter_table *t = *state;

	counter_row(t, 0, 1)[0] = UINT64_MAX;
	counter_clear(t, 1);
	counter_row(t, 0, 1)[0] += 3;
	assert_int_equal(counter_sum(t, 1, 0), 3);
}

static void
refuses_more_workers_than_the_maximum(void **state)
{
	struct counter_table t = { .nb_rows = 77 };
	struct err err;

	(void)state;
	assert_int_equal(counter_table_init(&t, "x", 1, WORKER_MAX + 1, &err), -EINVAL);
	assert_string_equal(err.msg,
			"x: counters of 1 rows for 65 workers (1 row, 64 workers at most)");
	assert_int_equal(counter_table_init(&t, "x", 0, 1, &err), -EINVAL);
	assert_int_equal(t.nb_rows, 77);
}

static void
takes_the_maximum_of_workers(void **state)
{
	struct counter_table t;
	unsigned int i;

	(void)state;
	assert_int_equal(counter_table_init(&t, "x", 1, WORKER_MAX, NULL), 0);
	for (i = 0; i < WORKER_MAX; i++)
		counter_row(&t, i, 0)[0]++;
	counter_row_control(&t, 0)[0]++;
	assert_int_equal(counter_sum(&t, 0, 0), WORKER_MAX + 1);
	counter_table_fini(&t);
}

static void
says_when_there_is_no_memory(void **state)
{
	struct counter_table t = { .nb_rows = 77 };
	struct err err;

	(void)state;
	/*
	 * EAL has 64 MiB here. 24 MiB a copy: the third does not fit, and the first two come back.
	 */
	assert_int_equal(counter_table_init(&t, "big", 393216, 8, &err), -ENOMEM);
	assert_string_equal(err.msg, "big: no memory for the counters, 393216 rows for 8 workers");
	assert_int_equal(t.nb_rows, 77);
	assert_int_equal(counter_table_init(&t, "big", 393216, 0, &err), 0);
	counter_table_fini(&t);
}

static void
may_be_freed_when_it_was_never_made(void **state)
{
	struct counter_table t = { 0 };

	(void)state;
	counter_table_fini(&t);
	assert_int_equal(t.nb_copies, 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(starts_at_zero_on_cache_lines_of_its_own,
				table_create, table_destroy),
		cmocka_unit_test_setup_teardown(
				adds_up_all_workers_and_control, table_create, table_destroy),
		cmocka_unit_test_setup_teardown(
				clears_by_moving_a_baseline, table_create, table_destroy),
		cmocka_unit_test_setup_teardown(
				stays_right_when_a_counter_wraps, table_create, table_destroy),
		cmocka_unit_test(refuses_more_workers_than_the_maximum),
		cmocka_unit_test(takes_the_maximum_of_workers),
		cmocka_unit_test(may_be_freed_when_it_was_never_made),
		cmocka_unit_test(says_when_there_is_no_memory), /* last: only with EAL */
	};

	heap = argc > 1 && strcmp(argv[1], "heap") == 0;
	if (heap)
		return _cmocka_run_group_tests(
				"base/counter on the heap", tests, RTE_DIM(tests) - 1, setup, NULL);
	return cmocka_run_group_tests_name("base/counter on EAL memory", tests, setup, NULL);
}
