/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which route of a prefix is in force, what takes its place, and how routes are found and listed.
 */
#include "route_test.h"

#define NH(i) nh_make(NH_IPSEC, i)

static struct fib_table fibs;
static struct rib *rib;

static int
rib_up(void **state)
{
	(void)state;
	rib = rib_create(&fibs, NULL);
	return rib == NULL ? -1 : 0;
}

static int
rib_down(void **state)
{
	(void)state;
	rib_destroy(rib);
	fib_table_fini(&fibs);
	fibs.groups_max = 0;
	return 0;
}

static struct rib_route *
add(const char *prefix, enum rib_source source, uint32_t nh)
{
	const struct rib_spec spec = {
		.prefix = P(prefix), .source = source, .kind = RIB_INTERFACE, .iface = 1, .nh = nh
	};

	return rib_insert(rib, &spec, NULL);
}

static uint32_t
lookup(const char *addr)
{
	const struct ip_addr a = A(addr);

	return fib_lookup(rcu_own(fibs.fib[0]), &a);
}

static void
prefers_sources_in_their_order_and_falls_back(void **state)
{
	static const char *const prefix[] = { "10.1.0.0/16", "2001:db8::/32" };
	static const char *const addr[] = { "10.1.2.3", "2001:db8::1" };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(prefix); i++) {
		struct rib_route *st = add(prefix[i], RIB_STATIC, NH(1)), *local, *conn, *neigh;

		assert_int_equal(lookup(addr[i]), NH(1));
		assert_true(st->active);
		local = add(prefix[i], RIB_LOCAL, NH(2));
		assert_int_equal(lookup(addr[i]), NH(2));
		assert_false(st->active);
		conn = add(prefix[i], RIB_CONNECTED, NH(3)); /* worse than what is there */
		neigh = add(prefix[i], RIB_NEIGH, NH(4));
		assert_int_equal(lookup(addr[i]), NH(2));
		assert_true(local->active && !conn->active && !neigh->active);

		rib_remove(rib, neigh); /* not in force: nothing changes */
		assert_int_equal(lookup(addr[i]), NH(2));
		rib_remove(rib, local);
		assert_int_equal(lookup(addr[i]), NH(3));
		assert_true(conn->active);
		rib_remove(rib, conn);
		assert_int_equal(lookup(addr[i]), NH(1));
		rib_remove(rib, st);
		assert_int_equal(lookup(addr[i]), NH_NONE);
		assert_int_equal(rib_count(rib), 0);
	}
}

static void
leaves_a_route_without_next_hop_out_of_the_fib(void **state)
{
	struct rib_route *def, *r;

	(void)state;
	def = add("0.0.0.0/0", RIB_STATIC, NH(1));
	r = add("10.1.0.0/16", RIB_STATIC, NH_NONE);
	assert_false(r->active);
	assert_int_equal(lookup("10.1.2.3"), NH(1));
	assert_int_equal(rib_set_nh(rib, r, NH(2), NULL), 0);
	assert_true(r->active);
	assert_int_equal(lookup("10.1.2.3"), NH(2));
	assert_int_equal(rib_set_nh(rib, r, NH(3), NULL), 0);
	assert_int_equal(lookup("10.1.2.3"), NH(3));
	assert_int_equal(rib_set_nh(rib, r, NH_NONE, NULL), 0);
	assert_false(r->active);
	assert_int_equal(lookup("10.1.2.3"), NH(1));
	rib_remove(rib, def);
	assert_int_equal(lookup("10.1.2.3"), NH_NONE);
	assert_int_equal(rib_count(rib), 1);
}

static void
lets_a_worse_source_serve_while_the_better_has_no_next_hop(void **state)
{
	struct rib_route *conn, *st;

	(void)state;
	conn = add("10.1.0.0/16", RIB_CONNECTED, NH_NONE);
	st = add("10.1.0.0/16", RIB_STATIC, NH(1));
	assert_true(st->active);
	assert_int_equal(lookup("10.1.2.3"), NH(1));
	assert_int_equal(rib_set_nh(rib, conn, NH(2), NULL), 0);
	assert_true(conn->active && !st->active);
	assert_int_equal(lookup("10.1.2.3"), NH(2));
	/* The one that is not in force changes: nothing to see, until it is. */
	assert_int_equal(rib_set_nh(rib, st, NH(3), NULL), 0);
	assert_int_equal(lookup("10.1.2.3"), NH(2));
	assert_int_equal(rib_set_nh(rib, conn, NH_NONE, NULL), 0);
	assert_int_equal(lookup("10.1.2.3"), NH(3));
}

static void
refuses_a_second_route_of_one_source(void **state)
{
	const struct rib_spec spec = {
		.prefix = P("10.1.9.9/16"), .source = RIB_STATIC, .nh = NH(9)
	};
	const struct rib_spec far = {
		.fib = FIB_MAX, .prefix = P("10.1.0.0/16"), .source = RIB_STATIC
	};
	struct err err = { 0 };

	(void)state;
	assert_non_null(add("10.1.0.0/16", RIB_STATIC, NH(1)));
	assert_null(rib_insert(rib, &spec, &err));
	assert_int_equal(err.code, EEXIST);
	assert_string_equal(err.msg, "route 10.1.0.0/16: already in table (fib 0)");
	assert_int_equal(lookup("10.1.2.3"), NH(1));
	assert_null(rib_insert(rib, &far, &err));
	assert_int_equal(err.code, ERANGE);
	assert_null(rib_find(rib, FIB_MAX, &far.prefix, RIB_STATIC));
}

static void
leaves_no_trace_of_a_route_for_which_there_is_no_room(void **state)
{
	struct rib_route *waiting, *r;
	struct ip_prefix p = P("11.0.0.0/25");
	struct err err = { 0 };
	struct rib_spec spec = { .prefix = P("12.0.0.0/25"), .source = RIB_STATIC, .nh = NH(1) };
	uint32_t i;

	(void)state;
	fibs.groups_max = 100;
	assert_non_null(add("10.0.0.0/8", RIB_STATIC, NH(1)));
	waiting = add("12.0.0.128/25", RIB_STATIC, NH_NONE);
	for (i = 0; i < 100; i++) {
		p.addr.v4 = rte_cpu_to_be_32(11u << 24 | i << 8);
		assert_int_equal(route_put(rib, &p, NH(7), NULL), 0);
	}
	assert_null(rib_insert(rib, &spec, &err));
	assert_int_equal(err.code, ENOSPC);
	assert_int_equal(rib_count(rib), 102);
	assert_null(rib_find(rib, 0, &spec.prefix, RIB_STATIC));

	assert_int_equal(rib_set_nh(rib, waiting, NH(2), &err), -ENOSPC);
	assert_int_equal(waiting->spec.nh, NH_NONE);
	assert_false(waiting->active);
	assert_int_equal(lookup("12.0.0.200"), NH_NONE);

	assert_int_equal(route_take(rib, &p), 0);
	r = rib_insert(rib, &spec, &err);
	assert_non_null(r);
	assert_int_equal(lookup("12.0.0.1"), NH(1));
}

static void
finds_by_exact_prefix_and_source(void **state)
{
	const struct ip_prefix p16 = P("10.1.77.77/16"), p17 = P("10.1.0.0/17"),
			       p8 = P("10.0.0.0/8");
	struct rib_route *a, *b;

	(void)state;
	a = add("10.1.0.0/16", RIB_STATIC, NH(1));
	b = add("10.1.0.0/16", RIB_LOCAL, NH(2));
	assert_ptr_equal(rib_find(rib, 0, &p16, RIB_STATIC), a);
	assert_ptr_equal(rib_find(rib, 0, &p16, RIB_LOCAL), b);
	assert_null(rib_find(rib, 0, &p16, RIB_NEIGH));
	assert_null(rib_find(rib, 1, &p16, RIB_STATIC));
	assert_null(rib_find(rib, 0, &p17, RIB_STATIC));
	assert_null(rib_find(rib, 0, &p8, RIB_STATIC));
}

static void
matches_the_longest_active_route_and_links_apart(void **state)
{
	const struct rib_spec via = { .prefix = P("192.0.2.0/25"),
		.source = RIB_STATIC,
		.kind = RIB_GATEWAY,
		.gateway = A("10.0.0.1"),
		.nh = NH(4) };
	const struct ip_addr in = A("192.0.2.1"), half = A("192.0.2.129"), out = A("198.51.100.1");
	struct rib_route *link, *gw, *idle;

	(void)state;
	assert_null(rib_match(rib, 0, &in));
	link = add("192.0.2.0/24", RIB_CONNECTED, NH(3));
	gw = rib_insert(rib, &via, NULL);
	idle = add("192.0.2.1/32", RIB_STATIC, NH_NONE); /* not active, so it hides nothing */
	assert_non_null(idle);
	assert_ptr_equal(rib_match(rib, 0, &in), gw);
	assert_ptr_equal(rib_match_link(rib, 0, &in), link);
	assert_ptr_equal(rib_match(rib, 0, &half), link);
	assert_null(rib_match(rib, 0, &out));
	assert_null(rib_match(rib, 1, &in));
	assert_null(rib_match(rib, FIB_MAX, &in));
}

struct walk {
	char text[1024];
	bool remove;
};

static void
note(struct rib_route *r, void *arg)
{
	struct walk *w = arg;
	size_t used = strlen(w->text);

	snprintf(w->text + used, sizeof(w->text) - used, "%u:%s:%d ", r->spec.fib,
			prefix_str(&r->spec.prefix), r->spec.source);
	if (w->remove)
		rib_remove(rib, r);
}

static void
lists_by_fib_family_and_prefix_while_routes_go(void **state)
{
	static const char all[] = "0:0.0.0.0/0:3 0:10.0.0.0/8:3 0:10.0.0.0/9:3 0:10.1.0.0/16:0 "
				  "0:10.1.0.0/16:3 "
				  "0:10.128.0.0/9:3 0:192.0.2.1/32:3 0:2001:db8::/32:1 "
				  "0:2001:db8:1::/48:3 2:10.0.0.0/8:3 ";
	const struct rib_spec other = {
		.fib = 2, .prefix = P("10.0.0.0/8"), .source = RIB_STATIC, .nh = NH(1)
	};
	struct walk w = { .text = "" };

	(void)state;
	assert_non_null(rib_insert(rib, &other, NULL));
	add("2001:db8:1::/48", RIB_STATIC, NH(1));
	add("10.128.0.0/9", RIB_STATIC, NH(1));
	add("10.1.0.0/16", RIB_STATIC, NH(1));
	add("192.0.2.1/32", RIB_STATIC, NH(1));
	add("10.0.0.0/8", RIB_STATIC, NH(1));
	add("2001:db8::/32", RIB_CONNECTED, NH(1));
	add("10.1.0.0/16", RIB_LOCAL, NH(2));
	add("0.0.0.0/0", RIB_STATIC, NH(1));
	add("10.0.0.0/9", RIB_STATIC, NH(1));
	rib_foreach(rib, -1, 0, note, &w);
	assert_string_equal(w.text, all);

	w.text[0] = 0;
	rib_foreach(rib, 0, AF_INET6, note, &w);
	assert_string_equal(w.text, "0:2001:db8::/32:1 0:2001:db8:1::/48:3 ");
	w.text[0] = 0;
	rib_foreach(rib, 2, AF_INET, note, &w);
	assert_string_equal(w.text, "2:10.0.0.0/8:3 ");

	w.text[0] = 0;
	w.remove = true;
	rib_foreach(rib, -1, 0, note, &w);
	assert_string_equal(w.text, all);
	assert_int_equal(rib_count(rib), 0);
	assert_int_equal(lookup("10.1.0.1"), NH_NONE);
}

/* What rib_foreach() gives of one FIB and family, by going on from each; @p w as it notes them. */
static void
note_one_by_one(int af, struct walk *w)
{
	struct ip_prefix at = { .addr.af = (uint8_t)af };
	struct rib_route *r;
	int source = -1;

	while ((r = rib_after(rib, 0, &at, source)) != NULL) {
		at = r->spec.prefix;
		source = r->spec.source;
		note(r, w);
	}
}

static void
goes_on_where_it_was_although_that_is_gone(void **state)
{
	unsigned int gone;

	(void)state;
	for (gone = 0; gone < 2; gone++) {
		struct walk w = { .text = "", .remove = gone };

		if (gone == 0) {
			add("10.1.0.0/16", RIB_STATIC, NH(1));
			add("10.1.0.0/16", RIB_LOCAL, NH_NONE);
			add("10.0.0.0/8", RIB_STATIC, NH(1));
			add("0.0.0.0/0", RIB_NEIGH, NH(1));
			add("192.0.2.1/32", RIB_STATIC, NH(1));
			add("2001:db8::/32", RIB_CONNECTED, NH(1));
			add("::/0", RIB_STATIC, NH(1));
		}
		note_one_by_one(AF_INET, &w);
		assert_string_equal(w.text,
				"0:0.0.0.0/0:2 0:10.0.0.0/8:3 0:10.1.0.0/16:0 "
				"0:10.1.0.0/16:3 0:192.0.2.1/32:3 ");
		w.text[0] = 0;
		note_one_by_one(AF_INET6, &w);
		assert_string_equal(w.text, "0:::/0:3 0:2001:db8::/32:1 ");
	}
	assert_int_equal(rib_count(rib), 0);
}

static struct ip_prefix
random_prefix(unsigned int i)
{
	struct ip_prefix p = { .addr = { .af = i % 2 ? AF_INET : AF_INET6 } };
	unsigned int k;

	for (k = 0; k < ip_bits(&p.addr) / 8; k++)
		p.addr.v6[k] = (uint8_t)(rnd_below(3) << 6 | rnd_below(k == 0 ? 64 : 2));
	p.len = (uint8_t)(8 + rnd_below(i % 2 ? 25 : 57));
	return p;
}

struct order {
	struct ip_prefix last;
	uint32_t n;
};

static void
assert_ascending(struct rib_route *r, void *arg)
{
	struct order *o = arg;
	const struct ip_prefix *p = &r->spec.prefix;

	if (o->n++ > 0 && o->last.addr.af == p->addr.af) {
		int c = memcmp(o->last.addr.v6, p->addr.v6, 16);

		assert_true(c < 0 || (c == 0 && o->last.len <= p->len));
	}
	o->last = *p;
}

/* The trie and the FIB agree whatever came and went, in any order. */
static void
agrees_with_the_fib_after_random_changes(void **state)
{
	struct order order = { 0 };
	uint32_t i, matched = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct rib_spec spec = { .prefix = random_prefix(i),
			.source = rnd_below(RIB_SOURCES),
			.nh = rnd_below(8) ? NH(1 + rnd_below(1000)) : NH_NONE };
		struct rib_route *r = rib_find(rib, 0, &spec.prefix, spec.source);

		if (r == NULL)
			assert_non_null(rib_insert(rib, &spec, NULL));
		else if (rnd_below(3))
			rib_remove(rib, r);
		else
			assert_int_equal(rib_set_nh(rib, r, spec.nh, NULL), 0);
	}
	for (i = 0; i < 20000; i++) {
		const struct ip_prefix p = random_prefix(i);
		const struct rib_route *r = rib_match(rib, 0, &p.addr);

		assert_int_equal(fib_lookup(rcu_own(fibs.fib[0]), &p.addr),
				r == NULL ? NH_NONE : r->spec.nh);
		matched += r != NULL;
	}
	assert_in_range(matched, 1000, 19900);
	rib_foreach(rib, -1, 0, assert_ascending, &order);
	assert_int_equal(order.n, rib_count(rib));
}

#define rib_test(f) cmocka_unit_test_setup_teardown(f, rib_up, rib_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		rib_test(prefers_sources_in_their_order_and_falls_back),
		rib_test(leaves_a_route_without_next_hop_out_of_the_fib),
		rib_test(lets_a_worse_source_serve_while_the_better_has_no_next_hop),
		rib_test(refuses_a_second_route_of_one_source),
		rib_test(leaves_no_trace_of_a_route_for_which_there_is_no_room),
		rib_test(finds_by_exact_prefix_and_source),
		rib_test(matches_the_longest_active_route_and_links_apart),
		rib_test(lists_by_fib_family_and_prefix_while_routes_go),
		rib_test(goes_on_where_it_was_although_that_is_gone),
		rib_test(agrees_with_the_fib_after_random_changes),
	};

	return cmocka_run_group_tests_name("route/rib", tests, eal_up, eal_down);
}
