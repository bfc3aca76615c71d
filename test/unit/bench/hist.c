/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark's histogram against sorted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/bench/hist.h"

#define VALUES 20000

static struct hist h, other;

static int
by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
every_value_has_its_place_and_neighbours_do_not_cross(void **state)
{
	unsigned int bit, last = 0;
	uint64_t v;

	(void)state;
	for (v = 0; v < 5000; v++) {
		assert_true(hist_index(v) == last || hist_index(v) == last + 1);
		last = hist_index(v);
	}
	for (bit = 1; bit < 64; bit++)
		assert_int_equal(hist_index(UINT64_C(1) << bit),
				hist_index((UINT64_C(1) << bit) - 1) + 1);
	assert_true(hist_index(UINT64_MAX) < HIST_BUCKETS);
}

static void
quantiles_are_at_most_one_64th_too_high(void **state)
{
	static const double qs[] = { 0, 0.1, 0.5, 0.9, 0.99, 0.999, 1 };
	static uint64_t v[VALUES];
	uint64_t got, want;
	unsigned int i, k;

	(void)state;
	hist_clear(&h);
	srandom(1);
	for (i = 0; i < VALUES; i++) {
		v[i] = (uint64_t)random() >> random() % 31;
		hist_add(&h, v[i]);
	}
	qsort(v, VALUES, sizeof(v[0]), by_value);
	for (i = 0; i < sizeof(qs) / sizeof(qs[0]); i++) {
		k = (unsigned int)(qs[i] * VALUES);
		want = v[k == 0 ? 0 : k - 1];
		got = hist_quantile(&h, qs[i]);
		assert_true(got >= want);
		assert_true(got <= want + want / 64);
	}
	assert_int_equal(h.max, v[VALUES - 1]);
}

static void
the_highest_quantile_is_the_highest_value(void **state)
{
	(void)state;
	hist_clear(&h);
	assert_int_equal(hist_quantile(&h, 0.5), 0);
	hist_add(&h, 1000001);
	assert_int_equal(hist_quantile(&h, 0.5), 1000001);
	assert_int_equal(hist_quantile(&h, 1), 1000001);
}

static void
merged_histograms_hold_what_both_held(void **state)
{
	unsigned int i;

	(void)state;
	hist_clear(&h);
	hist_clear(&other);
	for (i = 0; i < 90; i++)
		hist_add(&h, 10);
	for (i = 0; i < 10; i++)
		hist_add(&other, 50);
	hist_merge(&h, &other);
	assert_int_equal(h.n, 100);
	assert_int_equal(hist_quantile(&h, 0.9), 10);
	assert_int_equal(hist_quantile(&h, 0.91), 50);
	assert_int_equal(h.max, 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_its_place_and_neighbours_do_not_cross),
		cmocka_unit_test(quantiles_are_at_most_one_64th_too_high),
		cmocka_unit_test(the_highest_quantile_is_the_highest_value),
		cmocka_unit_test(merged_histograms_hold_what_both_held),
	};

	return cmocka_run_group_tests_name("bench/hist", tests, NULL, NULL);
}
