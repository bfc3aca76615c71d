/* SPDX-License-Identifier: BSD-3-Clause */
/* What gateways of routes and remote ends of tunnels resolve to. */
#include <time.h>

#include "resolve_bench.h"

#define HOST "02:aa:00:00:00:05"

static struct neigh *
find(const struct iface *port, const char *addr)
{
	const struct ip_addr a = A(addr);

	return neigh_find(b.neighs, port->index, &a);
}

static uint32_t
nh_neigh(const struct iface *port, const char *addr)
{
	const struct neigh *n = find(port, addr);

	assert_non_null(n);
	return nh_make(NH_NEIGH, n->index);
}

static struct iface *
tunnel(const char *name, const char *local, const char *remote)
{
	struct iface *ifp = ipsec_if_create(b.ifaces, name, NULL);
	const struct ip_addr l = A(local), r = A(remote);

	assert_non_null(ifp);
	assert_int_equal(ipsec_if_set_tunnel(b.ifaces, ifp, &l, &r, NULL), 0);
	resolve_dirty(b.r);
	return ifp;
}

static void
a_gateway_is_asked_for_at_once_and_its_routes_carry_it(void **state)
{
	struct rib_route *route = bench_static("0.0.0.0/0", RIB_GATEWAY, "192.168.0.1", NULL);

	assert_int_equal(b.nb_frames, 1); /* before any packet needs it */
	assert_int_equal(route->spec.nh, nh_neigh(b.wan, "192.168.0.1"));
	assert_int_equal(lookup("8.8.8.8"), route->spec.nh);
	assert_int_equal(find(b.wan, "192.168.0.1")->refs, 1);
	resolve_run(b.r); /* nothing changed: nothing happens */
	assert_int_equal(find(b.wan, "192.168.0.1")->refs, 1);
}

static void
a_gateway_of_the_other_family_and_net_works_too(void **state)
{
	bench_static("2001:db8:77::/48", RIB_GATEWAY, "2001:db8::5", NULL);
	bench_static("::/0", RIB_GATEWAY, "fe80::9", NULL);
	resolve_run(b.r);
	assert_int_equal(lookup("2001:db8:77::1"), nh_neigh(b.lan, "2001:db8::5"));
	assert_int_equal(lookup("2001:4860::1"), nh_neigh(b.lan, "fe80::9"));
}

static void
a_gateway_off_the_links_rejects(void **state)
{
	bench_static("172.20.0.0/16", RIB_GATEWAY, "203.0.113.1", NULL);
	bench_static("172.21.0.0/16", RIB_GATEWAY, "10.0.0.1", NULL); /* our own address */
	bench_static("172.22.0.0/16", RIB_BLACKHOLE, NULL, NULL);
	bench_static("172.23.0.0/16", RIB_GATEWAY, "172.22.0.1", NULL);
	/* a route by a gateway is no way to a gateway */
	bench_static("203.0.114.0/24", RIB_GATEWAY, "10.0.0.5", NULL);
	bench_static("172.24.0.0/16", RIB_GATEWAY, "203.0.114.1", NULL);
	/* nor does what is meant for such a gateway follow the default route, in clear */
	bench_static("0.0.0.0/0", RIB_GATEWAY, "10.0.0.5", NULL);
	resolve_run(b.r);
	assert_int_equal(nh_kind(lookup("172.20.0.1")), NH_REJECT);
	assert_int_equal(nh_kind(lookup("172.21.0.1")), NH_REJECT);
	assert_int_equal(nh_kind(lookup("172.23.0.1")), NH_REJECT);
	assert_int_equal(nh_kind(lookup("172.24.0.1")), NH_REJECT);
	assert_int_equal(nh_kind(lookup("203.0.114.1")), NH_NEIGH);
}

static void
a_gateway_behind_a_tunnel_resolves_to_the_tunnel(void **state)
{
	struct iface *ifp = tunnel("ipsec0", "192.168.0.3", "192.168.0.5");

	bench_static("172.16.0.5/32", RIB_INTERFACE, NULL, ifp);
	bench_static("10.9.0.0/16", RIB_GATEWAY, "172.16.0.5", NULL);
	resolve_run(b.r);
	assert_int_equal(lookup("10.9.1.1"), nh_make(NH_IPSEC, ifp->index));
}

static void
a_tunnel_resolves_to_its_remote_end_on_the_link(void **state)
{
	struct iface *ifp = tunnel("ipsec0", "192.168.0.3", "192.168.0.5");

	resolve_run(b.r);
	assert_int_equal(b.nb_changed, 1);
	assert_int_equal(ifp->outer_nh, nh_neigh(b.wan, "192.168.0.5"));
	assert_int_equal(b.nb_frames, 1);
	resolve_dirty(b.r);
	resolve_run(b.r);
	assert_int_equal(b.nb_changed, 1); /* nothing changed, nothing is published */
	/* when the host route is there the tunnel keeps the same neighbour */
	punt_arp(b.wan, 2, HOST, "192.168.0.5", "192.168.0.3", T0);
	resolve_dirty(b.r);
	resolve_run(b.r);
	assert_int_equal(b.nb_changed, 1);
	assert_int_equal(find(b.wan, "192.168.0.5")->refs, 1);
}

static void
a_tunnel_follows_its_routes(void **state)
{
	struct iface *ifp = tunnel("ipsec0", "192.168.0.3", "203.0.113.5");
	struct rib_route *route;

	resolve_run(b.r);
	assert_int_equal(nh_kind(ifp->outer_nh), NH_NONE);
	bench_static("0.0.0.0/0", RIB_GATEWAY, "192.168.0.1", NULL);
	resolve_run(b.r);
	assert_int_equal(ifp->outer_nh, nh_neigh(b.wan, "192.168.0.1"));
	assert_int_equal(find(b.wan, "192.168.0.1")->refs, 2); /* the route and the tunnel */
	route = bench_static("203.0.113.0/24", RIB_GATEWAY, "10.0.0.254", NULL);
	resolve_run(b.r);
	assert_int_equal(ifp->outer_nh, nh_neigh(b.lan, "10.0.0.254"));
	assert_int_equal(find(b.wan, "192.168.0.1")->refs, 1);
	resolve_route_gone(b.r, route);
	rib_remove(b.rib, route);
	resolve_run(b.r);
	assert_int_equal(ifp->outer_nh, nh_neigh(b.wan, "192.168.0.1"));
	assert_int_equal(find(b.lan, "10.0.0.254")->refs, 0); /* ages like any other now */
	ipsec_if_delete_tunnel(b.ifaces, ifp);
	resolve_dirty(b.r);
	resolve_run(b.r);
	assert_int_equal(nh_kind(ifp->outer_nh), NH_NONE);
	assert_int_equal(b.nb_changed, 4);
}

static void
a_tunnel_inside_a_tunnel_resolves_to_the_outer_one(void **state)
{
	struct iface *outer = tunnel("ipsec0", "192.168.0.3", "192.168.0.5");
	struct iface *inner = tunnel("ipsec1", "172.16.0.3", "172.16.0.5");

	bench_static("172.16.0.5/32", RIB_INTERFACE, NULL, outer);
	resolve_run(b.r);
	assert_int_equal(inner->outer_nh, nh_make(NH_IPSEC, outer->index));
}

static void
a_gateway_that_does_not_answer_is_asked_for_ever(void **state)
{
	unsigned int i;

	bench_static("0.0.0.0/0", RIB_GATEWAY, "192.168.0.1", NULL);
	resolve_run(b.r);
	for (i = 1; i <= 6000; i++)
		resolve_tick(b.r, T0 + i * 100);
	assert_non_null(find(b.wan, "192.168.0.1"));
	assert_in_range(b.nb_frames, 350, 451); /* 3 in 4 to 5 seconds */
	punt_arp(b.wan, 2, HOST, "192.168.0.1", "192.168.0.3", T0 + 600001);
	assert_int_equal(find(b.wan, "192.168.0.1")->state, NEIGH_REACHABLE);
}

/* A host that starts long after us does not wait: it is asked for every second or two, in vain or not. */
static void
a_gateway_that_comes_late_is_still_asked_for(void **state)
{
	unsigned int before;
	uint64_t t;

	bench_static("0.0.0.0/0", RIB_GATEWAY, "192.168.0.1", NULL);
	resolve_run(b.r);
	for (t = T0; t < T0 + 20000; t += 100)
		resolve_tick(b.r, t);
	before = b.nb_frames;
	for (; t < T0 + 25000; t += 100)
		resolve_tick(b.r, t);
	assert_in_range(b.nb_frames - before, 3, 4);
}

static void
what_is_asked_before_the_clock_starts_is_not_late(void **state)
{
	struct resolve_args args = b.r->a;

	resolve_destroy(b.r);
	b.r = resolve_create(&args, NULL);
	bench_static("0.0.0.0/0", RIB_GATEWAY, "192.168.0.1", NULL);
	resolve_run(b.r);
	assert_int_equal(b.nb_frames, 1);
	resolve_tick(b.r, T0);
	resolve_tick(b.r, T0 + 900);
	assert_int_equal(b.nb_frames, 1);
	resolve_tick(b.r, T0 + 1000);
	assert_int_equal(b.nb_frames, 2);
}

static void
resolve_nh_says_where_a_packet_would_go(void **state)
{
	const struct ip_addr host = A("10.0.0.9"), ours = A("10.0.0.1"), nowhere = A("9.9.9.9");

	const uint32_t nh = resolve_nh(b.r, 0, &host);

	assert_int_equal(nh, nh_neigh(b.lan, "10.0.0.9"));
	assert_int_equal(find(b.lan, "10.0.0.9")->refs, 0);
	assert_int_equal(resolve_nh(b.r, 0, &ours), nh_make(NH_LOCAL, b.lan->index));
	assert_int_equal(resolve_nh(b.r, 0, &nowhere), NH_NONE);
	assert_int_equal(resolve_nh(b.r, 7, &host), NH_NONE);
}

/* The neighbour was known before the operator sent its net, then itself, into a tunnel. */
static void
a_route_of_the_operator_wins_over_the_host_route_of_a_neighbour(void **state)
{
	struct iface *ifp = tunnel("ipsec0", "192.168.0.3", "192.168.0.5");
	struct rib_route *route;

	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", T0);
	resolve_run(b.r);
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_NEIGH);

	route = bench_static("10.0.0.0/28", RIB_INTERFACE, NULL, ifp);
	resolve_run(b.r);
	assert_int_equal(lookup("10.0.0.5"), nh_make(NH_IPSEC, ifp->index));
	rib_remove(b.rib, route);
	resolve_dirty(b.r);
	resolve_run(b.r);
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_ATTACHED);
	punt_neigh(b.lan, "10.0.0.5", T0 + 1); /* the next packet brings it back */
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_NEIGH);

	bench_static("10.0.0.5/32", RIB_INTERFACE, NULL, ifp);
	resolve_run(b.r);
	assert_int_equal(lookup("10.0.0.5"), nh_make(NH_IPSEC, ifp->index));
	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", T0 + 2);
	assert_int_equal(lookup("10.0.0.5"), nh_make(NH_IPSEC, ifp->index));
}

static void
a_port_that_loses_a_prefix_loses_its_neighbours(void **state)
{
	const struct ip_prefix prefix = P("10.0.0.1/24");

	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", T0);
	punt_ns(b.lan, HOST, "2001:db8::5", "2001:db8::1", T0);
	punt_neigh(b.lan, "10.0.0.6", T0);
	resolve_neigh_flush(b.r, b.lan, &prefix);
	assert_int_equal(b.neighs->count, 1);
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_ATTACHED);
	assert_int_equal(b.drops[DROP_NEIGH_FAILED], 1);
	resolve_neigh_flush(b.r, b.lan, NULL);
	assert_int_equal(b.neighs->count, 0);
}

static double
run_ms(void)
{
	struct timespec t0, t1;

	resolve_dirty(b.r);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	resolve_run(b.r);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	return (double)(t1.tv_sec - t0.tv_sec) * 1e3 + (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
}

static void
ten_thousand_tunnels_by_one_gateway_share_one_neighbour(void **state)
{
	char name[16], remote[32];
	struct iface *ifp;
	unsigned int i;

	bench_static("0.0.0.0/0", RIB_GATEWAY, "192.168.0.1", NULL);
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "ipsec%u", i);
		snprintf(remote, sizeof(remote), "203.%u.%u.1", i / 250, i % 250);
		ifp = tunnel(name, "192.168.0.3", remote);
		snprintf(remote, sizeof(remote), "10.%u.%u.0/24", 100 + i / 250, i % 250);
		bench_static(remote, RIB_INTERFACE, NULL, ifp);
	}
	print_message("first run %.1f ms\n", run_ms());
	assert_int_equal(b.nb_changed, 10000);
	assert_int_equal(b.neighs->count, 1);
	assert_int_equal(find(b.wan, "192.168.0.1")->refs, 10001);
	assert_int_equal(b.nb_frames, 1);
	print_message("another run %.1f ms\n", run_ms());
	assert_int_equal(b.nb_changed, 10000);
}

/* More neighbours at once than fit the ring to the workers: they are asked a few hundred at a time. */
static void
ten_thousand_tunnels_on_the_link_are_asked_little_by_little(void **state)
{
	char name[16], remote[32];
	unsigned int i;

	bench_address(b.wan, "172.30.0.1/16");
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "ipsec%u", i);
		snprintf(remote, sizeof(remote), "172.30.%u.%u", 1 + i / 250, 1 + i % 250);
		tunnel(name, "172.30.0.1", remote);
	}
	resolve_run(b.r);
	assert_int_equal(b.neighs->count, 10000);
	assert_int_equal(b.nb_frames, RESOLVE_BUDGET);
	for (i = 1; i <= 39; i++)
		resolve_tick(b.r, T0 + i);
	assert_int_equal(b.nb_frames, 10000);
	/* and traffic still gets its share of questions and entries */
	punt_neigh(b.lan, "10.0.0.5", T0 + 41);
	assert_non_null(find(b.lan, "10.0.0.5"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bench_up, bench_down)
	const struct CMUnitTest tests[] = {
		T(a_gateway_is_asked_for_at_once_and_its_routes_carry_it),
		T(a_gateway_of_the_other_family_and_net_works_too),
		T(a_gateway_off_the_links_rejects),
		T(a_gateway_behind_a_tunnel_resolves_to_the_tunnel),
		T(a_tunnel_resolves_to_its_remote_end_on_the_link),
		T(a_tunnel_follows_its_routes),
		T(a_tunnel_inside_a_tunnel_resolves_to_the_outer_one),
		T(a_gateway_that_does_not_answer_is_asked_for_ever),
		T(a_gateway_that_comes_late_is_still_asked_for),
		T(what_is_asked_before_the_clock_starts_is_not_late),
		T(resolve_nh_says_where_a_packet_would_go),
		T(a_route_of_the_operator_wins_over_the_host_route_of_a_neighbour),
		T(a_port_that_loses_a_prefix_loses_its_neighbours),
		T(ten_thousand_tunnels_by_one_gateway_share_one_neighbour),
		T(ten_thousand_tunnels_on_the_link_are_asked_little_by_little),
	};

	return cmocka_run_group_tests_name(
			"control/resolve_nh", tests, bench_group_up, bench_group_down);
}
