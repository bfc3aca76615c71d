/* SPDX-License-Identifier: BSD-3-Clause */
/* How workers ring for interfaces without an SA: nothing is forgotten, nobody is passed over. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/no_sa.h"

static int
up(void **state)
{
	*state = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(struct no_sa));
	memset(*state, 0, sizeof(struct no_sa));
	return 0;
}

static int
down(void **state)
{
	free(*state);
	return 0;
}

static void
each_interface_is_taken_once_however_often_it_rang(void **state)
{
	struct no_sa *n = *state;
	uint16_t got[64];

	assert_int_equal(no_sa_take(n, got, 64), 0);
	no_sa_ring(n, 7, false);
	no_sa_ring(n, 7, true);
	no_sa_ring(n, 7, true);
	no_sa_ring(n, 1, false);
	no_sa_ring(n, IFACE_MAX - 1, false);
	assert_int_equal(no_sa_take(n, got, 64), 2);
	assert_int_equal(got[0], 1);
	assert_int_equal(got[1], 7);
	assert_int_equal(no_sa_take(n, got, 64), 1);
	assert_int_equal(got[0], IFACE_MAX - 1);
	assert_int_equal(n->count[7][0], 1);
	assert_int_equal(n->count[7][1], 2);
	assert_int_equal(no_sa_take(n, got, 64), 0);
	no_sa_ring(n, 7, false);
	assert_int_equal(no_sa_take(n, got, 64), 1);
}

static void
those_who_ring_all_the_time_do_not_shut_others_out(void **state)
{
	struct no_sa *n = *state;
	bool heard[IFACE_MAX] = { false };
	unsigned int look, i, k, missing = 0;
	uint16_t got[100];

	for (look = 0; look < IFACE_MAX / 50; look++) {
		for (i = 1; i < IFACE_MAX; i++)
			no_sa_ring(n, (uint16_t)i, false);
		k = no_sa_take(n, got, 100);
		assert_in_range(k, 63, 100);
		while (k-- > 0)
			heard[got[k]] = true;
	}
	for (i = 1; i < IFACE_MAX; i++)
		missing += !heard[i];
	assert_int_equal(missing, 0);
}

#define RINGS 2000000u

static void *
ring(void *arg)
{
	unsigned int i;

	for (i = 0; i < RINGS; i++)
		no_sa_ring(arg, (uint16_t)(1 + i % 300), i & 1);
	return NULL;
}

/* What a worker counts while the control core takes is seen at the next look at the latest. */
static void
nothing_is_lost_between_a_worker_and_the_control_core(void **state)
{
	struct no_sa *n = *state;
	uint32_t sum = 0, rang[301] = { 0 };
	unsigned int i, k;
	uint16_t got[64];
	pthread_t worker;

	assert_int_equal(pthread_create(&worker, NULL, ring, n), 0);
	do {
		sum = __atomic_load_n(&n->count[300][1], __ATOMIC_RELAXED);
		k = no_sa_take(n, got, 64);
		for (i = 0; i < k; i++)
			rang[got[i]]++;

	} while (sum < RINGS / 300);
	pthread_join(worker, NULL);
	while ((k = no_sa_take(n, got, 64)) > 0)
		for (i = 0; i < k; i++)
			rang[got[i]]++;
	for (i = 1, sum = 0; i <= 300; i++) {
		assert_true(rang[i] > 0);
		sum += n->count[i][0] + n->count[i][1];
	}
	assert_int_equal(sum, RINGS);
	for (i = 0; i < NO_SA_WORDS; i++)
		assert_int_equal(n->rung[i], 0);
}

#define with_one(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_one(each_interface_is_taken_once_however_often_it_rang),
		with_one(those_who_ring_all_the_time_do_not_shut_others_out),
		with_one(nothing_is_lost_between_a_worker_and_the_control_core),
	};

	return cmocka_run_group_tests_name("datapath/no_sa", tests, NULL, NULL);
}
