/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest match of a FIB against a sorted list searched once per length, with a hundred thousand routes put in and taken out in
 * random order; and what a full table says.
 */
#include "route_test.h"

#define ROUTES4 100000
#define ROUTES6 30000
#define PROBES 30000

struct oracle_route {
	struct ip_prefix prefix;
	uint32_t nh; /* NH_NONE: not in the table */
};

static struct fib_table fibs;
static struct rib *rib;
static struct oracle_route route[ROUTES4]; /* sorted by prefix */
static uint32_t nb_routes;

static int
fib_up(void **state)
{
	*state = fib_get(&fibs, 0, NULL);
	rib = rib_create(&fibs, NULL);
	return *state == NULL || rib == NULL ? -1 : 0;
}

static int
fib_down(void **state)
{
	(void)state;
	rib_destroy(rib);
	fib_table_fini(&fibs);
	fibs.groups_max = 0;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct ip_prefix *x = a, *y = b;
	int c = memcmp(x->addr.v6, y->addr.v6, 16);

	return c != 0 ? c : x->len - y->len;
}

static uint32_t
oracle_lookup(const struct ip_addr *addr)
{
	const struct oracle_route *r;
	struct ip_prefix p;
	int len;

	for (len = (int)ip_bits(addr); len >= 0; len--) {
		p = (struct ip_prefix){ .addr = *addr, .len = (uint8_t)len };
		ip_prefix_mask(&p);
		r = bsearch(&p, route, nb_routes, sizeof(route[0]), compare);
		if (r != NULL && r->nh != NH_NONE)
			return r->nh;
	}
	return NH_NONE;
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
	if (rnd_below(5000) == 0)
		p.len = (uint8_t)rnd_below(8); /* few: each is millions of entries */
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

/* nb_routes different prefixes, sorted, with the default route among them, none in the table yet. */
static void
routes_make(uint32_t n, struct ip_prefix (*make)(void))
{
	uint32_t i;

	memset(route, 0, sizeof(route));
	for (i = 0; i < n; i++)
		route[i].prefix = make();
	route[0].prefix.addr = (struct ip_addr){ .af = route[0].prefix.addr.af };
	route[0].prefix.len = 0;
	qsort(route, n, sizeof(route[0]), compare);
	for (i = 0, nb_routes = 0; i < n; i++)
		if (i == 0 || !ip_prefix_equal(&route[i].prefix, &route[nb_routes - 1].prefix))
			route[nb_routes++] = route[i];
}

static uint32_t
random_nh(void)
{
	return nh_make(NH_LOCAL + rnd_below(7), rnd_below(1 << NH_INDEX_BITS));
}

static void
route_set(struct oracle_route *r, uint32_t nh)
{
	struct err err = { 0 };

	if (nh == NH_NONE)
		assert_int_equal(route_take(rib, &r->prefix), r->nh == NH_NONE ? -ENOENT : 0);
	else if (route_put(rib, &r->prefix, nh, &err) != 0)
		fail_msg("%s", err.msg);
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

	for (i = 0; i < PROBES; i++) {
		const struct ip_addr a = probe_address();
		const uint32_t got = fib_lookup(fib, &a), want = oracle_lookup(&a);

		if (got != want)
			fail_msg("%s: next hop 0x%x, not 0x%x", ip_str(&a), got, want);
	}
}

static void
assert_empty(const struct lpm *t)
{
	struct lpm_usage u;

	lpm_usage(t, &u);
	assert_int_equal(u.routes, 0);
	assert_int_equal(u.groups, 0);
}

/* In and out and changed in random order, compared on the way and at the end, then all out: no group is left. */
static void
churn(struct fib *fib)
{
	uint32_t i, step;

	for (i = 0; i < nb_routes; i++) {
		route_set(&route[rnd_below(nb_routes)], random_nh());
		if (i % 3 == 0)
			route_set(&route[rnd_below(nb_routes)], NH_NONE);
		if (i == nb_routes / 2)
			assert_fib_is_oracle(fib);
	}
	assert_fib_is_oracle(fib);
	for (i = 0; i < nb_routes; i++)
		route_set(&route[i], random_nh());
	assert_fib_is_oracle(fib);
	for (step = 0; step < nb_routes; step++)
		route_set(&route[rnd_below(nb_routes)], step % 2 ? NH_NONE : random_nh());
	assert_fib_is_oracle(fib);
	for (i = 0; i < nb_routes; i++)
		route_set(&route[(i + nb_routes / 2) % nb_routes], NH_NONE);
	assert_fib_is_oracle(fib);
	assert_empty(fib->rt4);
	assert_empty(fib->rt6);
}

static void
matches_the_longest_of_100000_ipv4_routes(void **state)
{
	routes_make(ROUTES4, random_prefix4);
	assert_in_range(nb_routes, ROUTES4 * 9 / 10, ROUTES4);
	churn(*state);
}

static void
matches_the_longest_of_30000_ipv6_routes(void **state)
{
	routes_make(ROUTES6, random_prefix6);
	assert_in_range(nb_routes, ROUTES6 * 8 / 10, ROUTES6);
	churn(*state);
}

static void
keeps_default_routes_beside_the_tables(void **state)
{
	const struct ip_prefix p = P("10.0.0.0/8"), def4 = P("0.0.0.0/0"), def6 = P("::/0");
	const struct ip_addr in = A("10.255.0.1"), out4 = A("11.0.0.1"), out6 = A("2001:db8::1");
	struct fib *fib = *state;

	assert_int_equal(route_put(rib, &def6, 9, NULL), 0);
	assert_int_equal(fib_lookup(fib, &out6), 9); /* before there is a table */
	assert_int_equal(route_put(rib, &p, 7, NULL), 0);
	assert_int_equal(route_put(rib, &def4, 8, NULL), 0);
	assert_int_equal(fib_lookup(fib, &in), 7);
	assert_int_equal(fib_lookup(fib, &out4), 8);
	assert_int_equal(route_put(rib, &def4, 6, NULL), 0);
	assert_int_equal(fib_lookup(fib, &out4), 6);
	assert_int_equal(route_take(rib, &p), 0);
	assert_int_equal(fib_lookup(fib, &in), 6);
	assert_int_equal(route_take(rib, &def4), 0);
	assert_int_equal(route_take(rib, &def6), 0);
	assert_int_equal(fib_lookup(fib, &in), NH_NONE);
	assert_int_equal(fib_lookup(fib, &out6), NH_NONE);
}

/* The i-th that shares no group with another: IPv4 takes 1, IPv6 13. */
static struct ip_prefix
lone_route(int af, uint32_t i)
{
	struct ip_prefix p = { .addr = ip_from_v4(rte_cpu_to_be_32(10u << 24 | i << 8)),
		.len = 25 };

	if (af == AF_INET)
		return p;
	p = P("2000::1/128");
	p.addr.v6[1] = (uint8_t)(i >> 8);
	p.addr.v6[2] = (uint8_t)i;
	return p;
}

static void
assert_says_that_it_is_full(struct fib *fib, int af, uint32_t fit, const char *msg)
{
	struct err err = { 0 };
	struct ip_prefix p;
	uint32_t i;

	for (i = 0; i < fit; i++) {
		p = lone_route(af, i);
		assert_int_equal(route_put(rib, &p, i + 1, NULL), 0);
	}
	p = lone_route(af, fit);
	assert_int_equal(route_put(rib, &p, fit + 1, &err), -ENOSPC);
	assert_string_equal(err.msg, msg);
	assert_int_equal(fib_lookup(fib, &p.addr), NH_NONE);
	for (i = 0; i < fit; i++) {
		p = lone_route(af, i);
		assert_int_equal(fib_lookup(fib, &p.addr), i + 1);
	}
	/* One out, one in: the groups are taken again. */
	p = lone_route(af, 5);
	assert_int_equal(route_take(rib, &p), 0);
	p = lone_route(af, fit);
	assert_int_equal(route_put(rib, &p, 77, NULL), 0);
	assert_int_equal(fib_lookup(fib, &p.addr), 77);
}

static void
says_that_a_table_is_full_and_keeps_what_it_has(void **state)
{
	struct fib *fib;

	(void)state;
	fibs.groups_max = 1300;
	rib_destroy(rib);
	fib_table_fini(&fibs);
	rib = rib_create(&fibs, NULL);
	fib = fib_get(&fibs, 0, NULL);
	assert_says_that_it_is_full(fib, AF_INET, 1300,
			"IPv4 table: full (1300 groups of routes longer than /24)");
	assert_says_that_it_is_full(fib, AF_INET6, 100,
			"IPv6 table: full (1300 groups of routes longer than /24)");
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
		fib_test(matches_the_longest_of_100000_ipv4_routes),
		fib_test(matches_the_longest_of_30000_ipv6_routes),
		fib_test(keeps_default_routes_beside_the_tables),
		fib_test(says_that_a_table_is_full_and_keeps_what_it_has),
		cmocka_unit_test(refuses_a_fib_out_of_range),
	};

	return cmocka_run_group_tests_name("route/fib_match", tests, eal_up, eal_down);
}
