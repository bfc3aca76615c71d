/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of neighbours as time and the operator see it. */
#include "resolve_bench.h"

#define HOST "02:aa:00:00:00:05"

static struct neigh *
find(const char *addr)
{
	const struct ip_addr a = A(addr);

	return neigh_find(b.neighs, b.lan->index, &a);
}

static const char *
describe(const char *addr, uint64_t now_ms)
{
	static char buf[64];

	resolve_neigh_describe(b.r, find(addr), now_ms, buf, sizeof(buf));
	return buf;
}

/* Ticks from after @p from to @p to, ten a second. @return When it ended. */
static uint64_t
run(uint64_t from, uint64_t to)
{
	uint64_t t;

	for (t = from + 100; t <= to; t += 100)
		resolve_tick(b.r, t);
	return to;
}

static void
an_entry_is_probed_before_it_ends_and_lives_on_when_it_answers(void **state)
{
	uint64_t t = T0;

	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", t);
	bench_forget();
	assert_string_equal(describe("10.0.0.5", t), "expires in 1200 seconds");
	assert_string_equal(describe("10.0.0.5", t + 60000), "expires in 1140 seconds");
	t = run(t, T0 + RESOLVE_AGE_MS - RESOLVE_PROBE_MS - 1000);
	assert_int_equal(b.nb_frames, 0);
	t = run(t, t + 2000);
	assert_in_range(b.nb_frames, 1, 2);
	arp_frame(0, HOST); /* by unicast */
	assert_int_equal(find("10.0.0.5")->state, NEIGH_PROBE);
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_NEIGH); /* traffic goes on meanwhile */
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", t);
	assert_int_equal(find("10.0.0.5")->state, NEIGH_REACHABLE);
	assert_string_equal(describe("10.0.0.5", t), "expires in 1200 seconds");
}

static void
an_entry_that_does_not_answer_the_probes_ends(void **state)
{
	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", T0);
	bench_forget();
	run(T0, T0 + RESOLVE_AGE_MS - 3000);
	assert_non_null(find("10.0.0.5"));
	run(T0 + RESOLVE_AGE_MS - 3000, T0 + RESOLVE_AGE_MS);
	assert_int_equal(b.nb_frames, 3);
	assert_null(find("10.0.0.5"));
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_ATTACHED);
	assert_int_equal(bench_drops(), 0);
}

static void
a_gateway_that_does_not_answer_the_probes_is_asked_by_broadcast(void **state)
{
	struct rib_route *route = bench_static("0.0.0.0/0", RIB_GATEWAY, "10.0.0.5", NULL);
	const uint32_t index = (resolve_run(b.r), find("10.0.0.5")->index);

	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0);
	bench_forget();
	run(T0, T0 + RESOLVE_AGE_MS - RESOLVE_PROBE_MS + 4000);
	assert_int_equal(find("10.0.0.5")->state, NEIGH_INCOMPLETE);
	assert_int_equal(find("10.0.0.5")->index, index);
	assert_int_equal(route->spec.nh, nh_make(NH_NEIGH, index));
	arp_frame(b.nb_frames - 1, "ff:ff:ff:ff:ff:ff");
	assert_false(rcu_own(b.neighs->adj[index])->known);
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0 + RESOLVE_AGE_MS);
	assert_true(rcu_own(b.neighs->adj[index])->known);
}

static void
nd_entries_become_stale_and_those_in_use_are_confirmed(void **state)
{
	punt_neigh(b.lan, "2001:db8::5", T0);
	punt_na(b.lan, HOST, "2001:db8::5", true, true, T0);
	punt_neigh(b.lan, "2001:db8::6", T0);
	punt_na(b.lan, HOST, "2001:db8::6", true, true, T0);
	bench_static("2001:db8:77::/48", RIB_GATEWAY, "2001:db8::6", NULL);
	resolve_run(b.r);
	bench_forget();
	run(T0, T0 + RESOLVE_ND_REACHABLE_MS + 1500);
	assert_int_equal(find("2001:db8::5")->state, NEIGH_STALE);
	assert_string_equal(describe("2001:db8::5", T0 + 32000), "stale, expires in 1168 seconds");
	assert_int_equal(find("2001:db8::6")->state, NEIGH_PROBE);
	assert_in_range(b.nb_frames, 1, 2);
	nd_frame(0, 135, HOST);
	punt_na(b.lan, HOST, "2001:db8::6", true, false, T0 + 33000);
	assert_int_equal(find("2001:db8::6")->state, NEIGH_REACHABLE);
}

static void
static_entries_do_not_age(void **state)
{
	const struct ip_addr addr = A("10.0.0.5");
	const struct rte_ether_addr mac = MAC(HOST);

	assert_int_equal(resolve_neigh_add(b.r, b.lan, &addr, &mac, NULL), 0);
	assert_string_equal(describe("10.0.0.5", T0), "permanent");
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_NEIGH);
	run(T0, T0 + 2 * RESOLVE_AGE_MS);
	assert_string_equal(describe("10.0.0.5", T0), "permanent");
	assert_int_equal(b.nb_frames, 0);
}

static void
a_static_entry_sends_on_what_waited(void **state)
{
	const struct ip_addr addr = A("10.0.0.5");
	const struct rte_ether_addr mac = MAC(HOST);

	punt_neigh(b.lan, "10.0.0.5", T0);
	assert_string_equal(describe("10.0.0.5", T0), "incomplete");
	assert_int_equal(resolve_neigh_add(b.r, b.lan, &addr, &mac, NULL), 0);
	assert_int_equal(b.nb_packets, 1);
	assert_int_equal(b.r->nb_incomplete, 0);
}

static void
refuses_static_entries_that_make_no_sense(void **state)
{
	const struct rte_ether_addr good = MAC(HOST), group = MAC("01:00:5e:00:00:01");
	struct iface *ipsec = ipsec_if_create(b.ifaces, "ipsec0", NULL);
	const struct {
		struct iface *port;
		const char *addr;
		const struct rte_ether_addr *mac;
		const char *msg;
	} rows[] = {
		{ ipsec, "10.0.0.5", &good, "neighbour 10.0.0.5: ipsec0 is not an Ethernet port" },
		{ b.lan, "10.0.0.5", &group,
				"neighbour 10.0.0.5: 01:00:5e:00:00:01 is not a unicast address" },
		{ b.lan, "224.0.0.1", &good, "neighbour 224.0.0.1: not the address of a host" },
		{ b.lan, "::", &good, "neighbour ::: not the address of a host" },
		{ b.lan, "127.0.0.1", &good, "neighbour 127.0.0.1: not the address of a host" },
		{ b.lan, "10.0.0.1", &good, "neighbour 10.0.0.1: is our own address on lan0" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(rows); i++) {
		const struct ip_addr addr = A(rows[i].addr);
		struct err err = { 0 };

		assert_int_equal(resolve_neigh_add(b.r, rows[i].port, &addr, rows[i].mac, &err),
				-EINVAL);
		assert_string_equal(err.msg, rows[i].msg);
	}
	assert_int_equal(b.neighs->count, 0);
}

static void
a_deleted_entry_is_gone_with_its_route(void **state)
{
	const struct ip_addr addr = A("10.0.0.5");
	struct err err = { 0 };

	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", T0);
	assert_int_equal(resolve_neigh_delete(b.r, NULL, &addr, &err), 0);
	assert_null(find("10.0.0.5"));
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_ATTACHED);
	assert_int_equal(resolve_neigh_delete(b.r, NULL, &addr, &err), -ENOENT);
	assert_string_equal(err.msg, "neighbour 10.0.0.5: not in table");
}

static void
a_deleted_gateway_is_asked_for_anew(void **state)
{
	const struct ip_addr addr = A("10.0.0.5");

	bench_static("0.0.0.0/0", RIB_GATEWAY, "10.0.0.5", NULL);
	resolve_run(b.r);
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0);
	bench_forget();
	assert_int_equal(resolve_neigh_delete(b.r, NULL, &addr, NULL), 0);
	assert_int_equal(find("10.0.0.5")->state, NEIGH_INCOMPLETE);
	assert_int_equal(b.nb_frames, 1);
	assert_int_equal(lookup("9.9.9.9"), nh_make(NH_NEIGH, find("10.0.0.5")->index));
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0 + 1);
	assert_int_equal(find("10.0.0.5")->state, NEIGH_REACHABLE);
}

/* Strangers on the link can not use up the adjacencies. */
static void
learnt_entries_are_bounded(void **state)
{
	char addr[32];
	unsigned int i;

	bench_address(b.lan, "10.128.0.1/9");
	for (i = 0; i < RESOLVE_DYNAMIC_MAX + 100; i++) {
		snprintf(addr, sizeof(addr), "10.%u.%u.%u", 129 + i / 62500, (i / 250) % 250,
				1 + i % 250);
		punt_arp(b.lan, 1, HOST, addr, "10.128.0.1", T0);
		bench_forget();
	}
	assert_int_equal(b.neighs->count, RESOLVE_DYNAMIC_MAX);
	bench_static("0.0.0.0/0", RIB_GATEWAY, "10.0.0.254", NULL);
	resolve_run(b.r);
	assert_non_null(find("10.0.0.254"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bench_up, bench_down)
	const struct CMUnitTest tests[] = {
		T(an_entry_is_probed_before_it_ends_and_lives_on_when_it_answers),
		T(an_entry_that_does_not_answer_the_probes_ends),
		T(a_gateway_that_does_not_answer_the_probes_is_asked_by_broadcast),
		T(nd_entries_become_stale_and_those_in_use_are_confirmed),
		T(static_entries_do_not_age),
		T(a_static_entry_sends_on_what_waited),
		T(refuses_static_entries_that_make_no_sense),
		T(a_deleted_entry_is_gone_with_its_route),
		T(a_deleted_gateway_is_asked_for_anew),
		T(learnt_entries_are_bounded),
	};

	return cmocka_run_group_tests_name(
			"control/resolve_table", tests, bench_group_up, bench_group_down);
}
