/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest match of a FIB against a list searched from end to end, with tens of thousands of routes put in and taken out in random
 * order; and what a full table says.
 */
#include "route_test.h"

#define ROUTES4 30000
#define ROUTES6 10000
#define PROBES 3000

struct oracle_route {
	struct ip_prefix prefix;
	uint32_t nh; /* NH_NONE: not in the table */
};

static struct fib_table fibs;
static struct oracle_route route[ROUTES4];
static uint32_t nb_routes;

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

static uint32_t
oracle_lookup(const struct ip_addr *addr)
{
	uint32_t i, nh = NH_NONE;
	int best = -1;

	for (i = 0; i < nb_routes; i++) {
		if (route[i].nh == NH_NONE || route[i].prefix.len <= best)
			continue;
		if (ip_prefix_contains(&route[i].prefix, addr)) {
			best = route[i].prefix.len;
			nh = route[i].nh;
		}
	}
	return nh;
}

/* Routes that nest: the bytes come from small alphabets. Lengths as in real tables, and every other one too. */
static struct ip_prefix
random_prefix4(void)
{
	struct ip_prefix p = { .addr = { .af = AF_INET } };
	const uint32_t pick = rnd_below(10);

	p.len = (uint8_t)(pick < 5                 ? 24
					: pick < 7 ? 16 + rnd_below(9)
					: pick < 9 ? 25 + rnd_below(8)
						   : 8 + rnd_below(25));
	if (rnd_below(500) == 0)
		p.len = (uint8_t)rnd_below(8); /* few: each costs the library millions of entries */
	p.addr.v4 = rte_cpu_to_be_32(rnd_below(64) << 26 | rnd_below(1 << 8) << 18 |
			(uint32_t)(rnd() & 0x3ffff));
	ip_prefix_mask(&p);
	return p;
}

static struct ip_prefix
random_prefix6(void)
{
	struct ip_prefix p = { .addr = { .af = AF_INET6 } };
	const uint32_t pick = rnd_below(10);
	unsigned int i;

	p.len = (uint8_t)(pick < 4                 ? 33 + rnd_below(16)
					: pick < 8 ? 49 + rnd_below(16)
						   : rnd_below(129));
	p.addr.v6[0] = 0x20;
	for (i = 1; i < 16; i++)
		p.addr.v6[i] = (uint8_t)rnd_below(i < 4 ? 4 : i < 6 ? 256 : i < 8 ? 32 : 4);
	ip_prefix_mask(&p);
	return p;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip_prefix));
}

/* nb_routes different prefixes with the default route among them, in random order, none in the table yet. */
static void
routes_make(uint32_t n, struct ip_prefix (*make)(void))
{
	uint32_t i, j;

	memset(route, 0, sizeof(route));
	for (i = 0; i < n; i++)
		route[i].prefix = make();
	route[0].prefix.addr = (struct ip_addr){ .af = route[0].prefix.addr.af };
	route[0].prefix.len = 0;
	qsort(route, n, sizeof(route[0]), compare);
	for (i = 0, nb_routes = 0; i < n; i++)
		if (i == 0 || !ip_prefix_equal(&route[i].prefix, &route[nb_routes - 1].prefix))
			route[nb_routes++] = route[i];
	for (i = nb_routes - 1; i > 0; i--) {
		struct oracle_route swap = route[i];

		j = rnd_below(i + 1);
		route[i] = route[j];
		route[j] = swap;
	}
}

static uint32_t
random_nh(void)
{
	return nh_make(NH_LOCAL + rnd_below(7), rnd_below(1 << NH_INDEX_BITS));
}

static void
route_set(struct fib *fib, struct oracle_route *r, uint32_t nh)
{
	struct err err = { 0 };

	if (nh == NH_NONE) {
		assert_int_equal(fib_remove(fib, &r->prefix), r->nh == NH_NONE ? -ENOENT : 0);
	} else if (fib_insert(fib, &r->prefix, nh, &err) != 0) {
		fail_msg("%s", err.msg);
	}
	r->nh = nh;
}

/* An address in or next to a route, the ends above all. */
static struct ip_addr
probe_address(void)
{
	const struct ip_prefix *p = &route[rnd_below(nb_routes)].prefix;
	const unsigned int bytes = ip_bits(&p->addr) / 8, how = rnd_below(5);
	struct ip_addr a = p->addr;
	unsigned int i;

	for (i = 0; i < bytes * 8; i++) {
		const uint8_t bit = (uint8_t)(0x80 >> i % 8);

		if (i >= p->len && (how == 1 || (how > 1 && (rnd() >> 40 & 1))))
			a.v6[i / 8] |= bit;
	}
	if (how == 4) /* just outside, or far */
		a.v6[rnd_below(bytes)] ^= (uint8_t)(1 << rnd_below(8));
	return a;
}

static void
assert_fib_is_oracle(struct fib *fib)
{
	uint32_t i;

	fib_settle(&fibs);
	fib_settle(&fibs);
	for (i = 0; i < PROBES; i++) {
		const struct ip_addr a = probe_address();
		const uint32_t got = fib_lookup(fib, &a), want = oracle_lookup(&a);

		if (got != want)
			fail_msg("%s: next hop 0x%x, not 0x%x", ip_str(&a), got, want);
	}
}

/* In and out and changed in random order, compared on the way and at the end, then all out. */
static void
churn(struct fib *fib)
{
	uint32_t i, step;

	for (i = 0; i < nb_routes; i++) {
		route_set(fib, &route[i], random_nh());
		if (i % 3 == 0)
			route_set(fib, &route[rnd_below(i + 1)], NH_NONE);
		if (i % 7 == 0)
			route_set(fib, &route[rnd_below(i + 1)], random_nh());
		if (i == nb_routes / 2)
			assert_fib_is_oracle(fib);
	}
	assert_fib_is_oracle(fib);
	for (step = 0; step < nb_routes; step++)
		route_set(fib, &route[rnd_below(nb_routes)], step % 2 ? NH_NONE : random_nh());
	assert_fib_is_oracle(fib);
	for (i = 0; i < nb_routes; i++)
		route_set(fib, &route[i], NH_NONE);
	assert_fib_is_oracle(fib);
}

static void
matches_the_longest_of_30000_ipv4_routes(void **state)
{
	routes_make(ROUTES4, random_prefix4);
	assert_in_range(nb_routes, ROUTES4 * 9 / 10, ROUTES4);
	churn(*state);
}

static void
matches_the_longest_of_10000_ipv6_routes(void **state)
{
	routes_make(ROUTES6, random_prefix6);
	assert_in_range(nb_routes, ROUTES6 * 9 / 10, ROUTES6);
	churn(*state);
}

static void
shows_a_change_of_ipv6_at_once_when_nothing_waits(void **state)
{
	struct fib *fib = *state;
	const struct ip_prefix p = P("2001:db8::/32");
	const struct ip_addr a = A("2001:db8::1");

	assert_int_equal(fib_lookup(fib, &a), NH_NONE);
	assert_int_equal(fib_insert(fib, &p, nh_make(NH_IPSEC, 1), NULL), 0);
	assert_int_equal(fib_lookup(fib, &a), nh_make(NH_IPSEC, 1));
	assert_int_equal(fib_insert(fib, &p, nh_make(NH_IPSEC, 2), NULL), 0);
	assert_int_equal(fib_lookup(fib, &a), nh_make(NH_IPSEC, 2));
	assert_int_equal(fib_remove(fib, &p), 0);
	assert_int_equal(fib_lookup(fib, &a), NH_NONE);
	assert_int_equal(fib_remove(fib, &p), -ENOENT);
}

static void
queues_changes_of_ipv6_while_a_worker_holds_the_old_copy(void **state)
{
	struct fib *fib = *state;
	struct ip_prefix p = P("2001:db8::/32");
	const struct ip_addr a = A("2001:db8::1");
	unsigned int i;

	rcu_worker_online(0);
	/* The first change goes to the idle copy; the worker keeps the other one busy, so the rest waits. */
	assert_int_equal(fib_insert(fib, &p, nh_make(NH_IPSEC, 1), NULL), 0);
	for (i = 2; i <= 1000; i++)
		assert_int_equal(fib_insert(fib, &p, nh_make(NH_IPSEC, i), NULL), 0);
	fib_settle(&fibs);
	assert_int_equal(fib_lookup(fib, &a), nh_make(NH_IPSEC, 1));
	assert_false(fib_is_settled(&fibs));

	rcu_quiescent(rcu_qsbr(), 0);
	fib_settle(&fibs);
	assert_int_equal(fib_lookup(fib, &a), nh_make(NH_IPSEC, 1000));
	assert_false(fib_is_settled(&fibs));
	rcu_quiescent(rcu_qsbr(), 0);
	fib_settle(&fibs);
	assert_true(fib_is_settled(&fibs));
	rcu_worker_offline(0);
}

static void
masks_prefixes_and_keeps_default_routes(void **state)
{
	struct fib *fib = *state;
	const struct ip_prefix p = P("10.1.2.3/8"), def4 = P("0.0.0.0/0"), def6 = P("::/0");
	const struct ip_addr in = A("10.255.0.1"), out4 = A("11.0.0.1"), out6 = A("2001:db8::1");

	assert_int_equal(fib_remove(fib, &def4), -ENOENT);
	assert_int_equal(fib_remove(fib, &def6), -ENOENT);
	assert_int_equal(fib_insert(fib, &p, 7, NULL), 0);
	assert_int_equal(fib_insert(fib, &def4, 8, NULL), 0);
	assert_int_equal(fib_insert(fib, &def6, 9, NULL), 0);
	assert_int_equal(fib_lookup(fib, &in), 7);
	assert_int_equal(fib_lookup(fib, &out4), 8);
	assert_int_equal(fib_lookup(fib, &out6), 9);
	assert_int_equal(fib_remove(fib, &p), 0);
	assert_int_equal(fib_lookup(fib, &in), 8);
	assert_int_equal(fib_remove(fib, &def4), 0);
	assert_int_equal(fib_remove(fib, &def6), 0);
	assert_int_equal(fib_lookup(fib, &in), NH_NONE);
	assert_int_equal(fib_lookup(fib, &out6), NH_NONE);
}

static struct ip_prefix
wide_prefix4(uint32_t i)
{
	const struct ip_prefix p = { .addr = ip_from_v4(rte_cpu_to_be_32(10u << 24 | i << 8)),
		.len = 25 };

	return p;
}

static void
says_that_the_ipv4_table_is_full_and_keeps_what_it_has(void **state)
{
	struct fib *fib = *state;
	struct err err = { 0 };
	struct ip_prefix p;
	uint32_t i;

	for (i = 0; i < RT4_TBL8_MAX; i++) {
		p = wide_prefix4(i);
		assert_int_equal(fib_insert(fib, &p, i + 1, NULL), 0);
	}
	p = wide_prefix4(i);
	assert_int_equal(fib_insert(fib, &p, i + 1, &err), -ENOSPC);
	assert_int_equal(err.code, ENOSPC);
	assert_int_equal(fib_lookup(fib, &p.addr), NH_NONE);
	for (i = 0; i < RT4_TBL8_MAX; i += 97) {
		p = wide_prefix4(i);
		assert_int_equal(fib_lookup(fib, &p.addr), i + 1);
	}
	/* One out, one in, but not while a worker may still read the group. */
	rcu_worker_online(0);
	p = wide_prefix4(5);
	assert_int_equal(fib_remove(fib, &p), 0);
	p = wide_prefix4(RT4_TBL8_MAX);
	assert_int_equal(fib_insert(fib, &p, 77, NULL), -ENOSPC);
	rcu_quiescent(rcu_qsbr(), 0);
	assert_int_equal(fib_insert(fib, &p, 77, NULL), 0);
	assert_int_equal(fib_lookup(fib, &p.addr), 77);
	rcu_worker_offline(0);
}

static void
says_that_there_is_no_memory_for_more_ipv6_and_keeps_what_it_has(void **state)
{
	const uint32_t fit = RT6_TBL8_MIN / 13;
	struct fib *fib = *state;
	struct err err = { 0 };
	struct ip_prefix p;
	uint32_t i;

	/* The heap of this test is 512 MiB: the FIB fits, twice as many groups beside it do not. */
	for (i = 0; i < fit; i++) {
		p = lone_host6(i);
		assert_int_equal(fib_insert(fib, &p, i + 1, &err), 0);
	}
	p = lone_host6(fit);
	assert_int_equal(fib_insert(fib, &p, fit + 1, &err), -ENOMEM);
	assert_int_equal(err.code, ENOMEM);
	assert_lone_hosts(&fibs, fib, fit);
	/* One out, one in. */
	p = lone_host6(fit - 1);
	assert_int_equal(fib_remove(fib, &p), 0);
	p = lone_host6(fit);
	assert_int_equal(fib_insert(fib, &p, 77, NULL), 0);
	assert_int_equal(fib_lookup(fib, &p.addr), 77);
}

static void
refuses_a_fib_out_of_range(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(fib_get(&fibs, FIB_MAX, &err));
	assert_int_equal(err.code, ERANGE);
	assert_string_equal(err.msg, "fib 16: out of range (0 to 15)");
}

#define fib_test(f) cmocka_unit_test_setup_teardown(f, fib_up, fib_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fib_test(matches_the_longest_of_30000_ipv4_routes),
		fib_test(matches_the_longest_of_10000_ipv6_routes),
		fib_test(shows_a_change_of_ipv6_at_once_when_nothing_waits),
		fib_test(queues_changes_of_ipv6_while_a_worker_holds_the_old_copy),
		fib_test(masks_prefixes_and_keeps_default_routes),
		fib_test(says_that_the_ipv4_table_is_full_and_keeps_what_it_has),
		fib_test(says_that_there_is_no_memory_for_more_ipv6_and_keeps_what_it_has),
		cmocka_unit_test(refuses_a_fib_out_of_range),
	};

	return cmocka_run_group_tests_name("route/fib_match", tests, eal_up, eal_down);
}
