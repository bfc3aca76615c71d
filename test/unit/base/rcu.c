/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base/rcu: the order of retiring, grace periods with real threads, and a control core that is a
 * worker itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include <rte_eal.h>

#include "base/rcu.h"
#include "base/share.h"

#define NB_WORKERS 3

struct thing {
	int value;
	bool busy;
	RCU_PTR(struct thing) next;
};

static int freed[16];
static unsigned int nb_freed;

static void
thing_destroy(void *obj)
{
	freed[nb_freed++] = ((struct thing *)obj)->value;
}

static bool
thing_busy(const void *obj)
{
	return ((const struct thing *)obj)->busy;
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
setup(void **state)
{
	(void)state;
	nb_freed = 0;
	return rcu_init(NB_WORKERS, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	rcu_fini();
	return 0;
}

static void
frees_at_once_while_there_are_no_workers(void **state)
{
	struct thing a = { .value = 1 }, b = { .value = 2, .busy = true };

	(void)state;
	nb_freed = 0;
	assert_null(rcu_qsbr());
	rcu_retire(&a, thing_destroy, NULL);
	assert_int_equal(nb_freed, 1);
	rcu_retire(NULL, thing_destroy, NULL);
	assert_int_equal(nb_freed, 1);
	/* What a device holds waits even then. */
	rcu_retire(&b, thing_destroy, thing_busy);
	assert_int_equal(rcu_reclaim(), 1);
	b.busy = false;
	assert_int_equal(rcu_reclaim(), 0);
	assert_int_equal(nb_freed, 2);
	rcu_synchronize();
}

static void
refuses_a_number_of_workers_beyond_the_maximum(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(rcu_init(0, &err), -EINVAL);
	assert_string_equal(err.msg, "rcu: 0 workers (1 to 64)");
	assert_int_equal(rcu_init(WORKER_MAX + 1, &err), -EINVAL);
	assert_null(rcu_qsbr());
	assert_int_equal(rcu_init(WORKER_MAX, &err), 0);
	assert_non_null(rcu_qsbr());
	assert_int_equal(rcu_init(1, &err), -EEXIST);
	rcu_fini();
	assert_null(rcu_qsbr());
}

static void
waits_for_every_worker_that_is_online(void **state)
{
	struct rte_rcu_qsbr *qsbr = rcu_qsbr();
	struct thing a = { .value = 1 };

	(void)state;
	rcu_worker_online(0);
	rcu_worker_online(2);
	rcu_retire(&a, thing_destroy, NULL);
	assert_int_equal(rcu_reclaim(), 1);
	rcu_quiescent(qsbr, 0);
	assert_int_equal(rcu_reclaim(), 1);
	rcu_quiescent(qsbr, 2);
	assert_int_equal(rcu_reclaim(), 0);
	assert_int_equal(nb_freed, 1);
	rcu_worker_offline(0);
	rcu_worker_offline(2);
}

static void
does_not_wait_for_a_worker_that_has_left_or_came_later(void **state)
{
	struct thing a = { .value = 1 }, b = { .value = 2 };

	(void)state;
	rcu_worker_online(0);
	rcu_retire(&a, thing_destroy, NULL);
	assert_int_equal(rcu_reclaim(), 1);
	rcu_worker_offline(0);
	assert_int_equal(rcu_reclaim(), 0);

	rcu_retire(&b, thing_destroy, NULL);
	rcu_worker_online(1);
	assert_int_equal(rcu_reclaim(), 0);
	rcu_worker_offline(1);
	assert_int_equal(nb_freed, 2);
}

static void
frees_in_the_order_of_retiring(void **state)
{
	struct thing things[10];
	int i;

	(void)state;
	rcu_worker_online(0);
	for (i = 0; i < 10; i++) {
		things[i] = (struct thing){ .value = i };
		rcu_retire(&things[i], thing_destroy, NULL);
		if (i == 4)
			rcu_quiescent(rcu_qsbr(), 0);
	}
	/* The first five have had their grace period, the others not. */
	assert_int_equal(rcu_reclaim(), 5);
	rcu_quiescent(rcu_qsbr(), 0);
	assert_int_equal(rcu_reclaim(), 0);
	for (i = 0; i < 10; i++)
		assert_int_equal(freed[i], i);
	rcu_worker_offline(0);
}

static void
keeps_what_a_device_holds_and_frees_what_came_after_it(void **state)
{
	struct thing a = { .value = 1, .busy = true }, b = { .value = 2 };

	(void)state;
	rcu_retire(&a, thing_destroy, thing_busy);
	rcu_retire(&b, thing_destroy, thing_busy);
	assert_int_equal(rcu_reclaim(), 1);
	assert_int_equal(nb_freed, 1);
	assert_int_equal(freed[0], 2);
	assert_int_equal(rcu_reclaim(), 1);
	a.busy = false;
	assert_int_equal(rcu_reclaim(), 0);
	assert_int_equal(freed[1], 1);
}

static bool
never_asked(const void *obj)
{
	(void)obj;
	fail_msg("asked before the end of the grace period");
	return false;
}

static void
asks_for_busy_only_after_the_grace_period(void **state)
{
	struct thing a = { .value = 1 };

	(void)state;
	rcu_worker_online(0);
	rcu_retire(&a, thing_destroy, never_asked);
	assert_int_equal(rcu_reclaim(), 1);
	rcu_fini(); /* frees without asking: nothing runs any more */
	assert_int_equal(nb_freed, 1);
	assert_int_equal(rcu_init(NB_WORKERS, NULL), 0);
}

static void
retire_again(void *obj)
{
	struct thing *t = obj;

	freed[nb_freed++] = t->value;
	assert_int_equal(rcu_reclaim(),
			1); /* does nothing while it runs already; the inner one waits */
	rcu_retire(rcu_own(t->next), thing_destroy, NULL);
}

static void
lets_a_destroy_function_retire_something_else(void **state)
{
	struct thing inner = { .value = 2 }, outer = { .value = 1 }, last = { .value = 3 };

	(void)state;
	rcu_publish(outer.next, &inner);
	rcu_retire(&outer, retire_again, NULL);
	rcu_retire(&last, thing_destroy, NULL);
	assert_int_equal(rcu_reclaim(), 0);
	assert_int_equal(nb_freed, 3);
	assert_int_equal(freed[1], 3);
	assert_int_equal(freed[2], 2);
}

static void
frees_what_is_left_at_the_end(void **state)
{
	struct thing a = { .value = 1, .busy = true }, b = { .value = 2, .busy = true };

	(void)state;
	rcu_retire(&a, thing_destroy, thing_busy);
	assert_int_equal(rcu_reclaim(), 1);
	rcu_retire(&b, thing_destroy, thing_busy);
	rcu_fini();
	assert_int_equal(nb_freed, 2);
	assert_int_equal(rcu_init(NB_WORKERS, NULL), 0);
	assert_int_equal(rcu_reclaim(), 0);
}

static void
does_not_wait_for_itself(void **state)
{
	(void)state;
	rcu_worker_online(1);
	rcu_synchronize(); /* would hang */
	rcu_worker_offline(1);
	rcu_synchronize();
}

/* --- with threads: a worker reads an object that is poisoned when it is freed --- */

static RCU_PTR(struct thing) shared;
static bool stop;
static unsigned int running;

static void
thing_poison(void *obj)
{
	struct thing *t = obj;

	__atomic_store_n(&t->value, -1, __ATOMIC_RELAXED);
	free(t);
}

static void *
worker_loop(void *arg)
{
	const unsigned int id = (unsigned int)(uintptr_t)arg;
	uintptr_t bad = 0;

	rcu_worker_online(id);
	__atomic_add_fetch(&running, 1, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct thing *t = rcu_read(shared);
		int i;

		for (i = 0; i < 20; i++)
			bad += __atomic_load_n(&t->value, __ATOMIC_RELAXED) != 42;
		rcu_quiescent(rcu_qsbr(), id);
	}
	rcu_worker_offline(id);
	return (void *)bad;
}

static struct thing *
thing_create(void)
{
	struct thing *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->value = 42;
	return t;
}

static void
never_frees_under_a_running_worker(void **state)
{
	pthread_t thread[2];
	struct thing *old;
	uintptr_t i;
	void *bad;

	(void)state;
	stop = false;
	rcu_publish(shared, thing_create());
	rcu_worker_online(2); /* the control core polls as well */
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, worker_loop, (void *)i), 0);
	while (__atomic_load_n(&running, __ATOMIC_RELAXED) < 2)
		sched_yield();
	for (i = 0; i < 2000; i++) {
		old = rcu_own(shared);
		rcu_publish(shared, thing_create());
		if (i % 16 == 0) {
			rcu_synchronize();
			thing_poison(old);
		} else {
			rcu_retire(old, thing_poison, NULL);
		}
		rcu_quiescent(rcu_qsbr(), 2);
		rcu_reclaim();
	}
	rcu_synchronize();
	assert_int_equal(rcu_reclaim(), 0);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], &bad);
		assert_null(bad);
	}
	rcu_worker_offline(2);
	thing_poison(rcu_own(shared));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frees_at_once_while_there_are_no_workers),
		cmocka_unit_test(refuses_a_number_of_workers_beyond_the_maximum),
		cmocka_unit_test_setup_teardown(
				waits_for_every_worker_that_is_online, setup, teardown),
		cmocka_unit_test_setup_teardown(
				does_not_wait_for_a_worker_that_has_left_or_came_later, setup,
				teardown),
		cmocka_unit_test_setup_teardown(frees_in_the_order_of_retiring, setup, teardown),
		cmocka_unit_test_setup_teardown(
				keeps_what_a_device_holds_and_frees_what_came_after_it, setup,
				teardown),
		cmocka_unit_test_setup_teardown(
				asks_for_busy_only_after_the_grace_period, setup, teardown),
		cmocka_unit_test_setup_teardown(
				lets_a_destroy_function_retire_something_else, setup, teardown),
		cmocka_unit_test_setup_teardown(frees_what_is_left_at_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(does_not_wait_for_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(
				never_frees_under_a_running_worker, setup, teardown),
	};

	return cmocka_run_group_tests_name("base/rcu", tests, eal_setup, NULL);
}
