/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An IPv6 table that outgrows its groups is made anew while a worker reads the old one.
 */
#define TEST_MEGABYTES "1024"
#include "route_test.h"

static struct fib_table fibs;

static int
fib_up(void **state)
{
	*state = fib_get(&fibs, 0, NULL);
	return *state == NULL ? -1 : 0;
}

static int
fib_down(void **state)
{
	(void)state;
	fib_table_fini(&fibs);
	return 0;
}

/* A worker that holds the old tables keeps reading in them while the table outgrows its groups; the queue is not lost. */
static void
grows_the_ipv6_table_under_a_worker(void **state)
{
	const uint32_t n = RT6_TBL8_MIN / 13 * 2; /* a host with nothing to share takes 13 groups */
	const struct rte_lpm6 *held[2];           /* each copy before it grows */
	struct fib *fib = *state;
	struct ip_prefix p = lone_host6(0);
	struct err err = { 0 };
	uint8_t addr[16];
	uint32_t i, nh;

	assert_int_equal(fib_insert(fib, &p, 1, NULL), 0);
	rcu_worker_online(0);
	held[0] = rcu_read(((struct rt6_face *)fib->rt6)->lpm);
	p = lone_host6(1);
	assert_int_equal(fib_insert(fib, &p, 2, NULL), 0);
	held[1] = rcu_read(((struct rt6_face *)fib->rt6)->lpm);
	assert_ptr_not_equal(held[0], held[1]);
	for (i = 0; i < n; i++) {
		p = lone_host6(i);
		if (fib_insert(fib, &p, i + 1, &err) != 0)
			fail_msg("%u: %s", i, err.msg);
	}
	p = lone_host6(0);
	memcpy(addr, p.addr.v6, 16);
	rcu_reclaim();
	for (i = 0; i < 2; i++) {
		assert_int_equal(rte_lpm6_lookup(held[i], addr, &nh), 0);
		assert_int_equal(nh, 1);
	}
	rcu_quiescent(rcu_qsbr(), 0);
	fib_settle(&fibs);
	assert_lone_hosts(&fibs, fib, n);
	rcu_quiescent(rcu_qsbr(), 0);
	assert_int_equal(rcu_reclaim(), 0);
	rcu_worker_offline(0);
	for (i = 0; i < n; i++) {
		p = lone_host6(i);
		assert_int_equal(fib_remove(fib, &p), 0);
	}
	assert_lone_hosts(&fibs, fib, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
				grows_the_ipv6_table_under_a_worker, fib_up, fib_down),
	};

	return cmocka_run_group_tests_name("route/fib_grow", tests, eal_up, eal_down);
}
