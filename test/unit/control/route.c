/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes that addresses bring, static routes, gateways: route(8) through control.h. */
#include "ctl_test.h"

static struct ctl_route
by_interface(const char *to, const char *interface)
{
	struct ctl_route r = { .prefix = prefix(to), .kind = RIB_INTERFACE };

	snprintf(r.interface, sizeof(r.interface), "%s", interface);
	return r;
}

static struct ctl_route
by_gateway(const char *to, const char *gateway)
{
	return (struct ctl_route){
		.prefix = prefix(to), .kind = RIB_GATEWAY, .gateway = ip(gateway)
	};
}

#define BY_INTERFACE(to, interface) (&(struct ctl_route[]){ by_interface(to, interface) }[0])
#define BY_GATEWAY(to, gateway) (&(struct ctl_route[]){ by_gateway(to, gateway) }[0])

static void
an_address_of_a_port_brings_its_routes(void **state)
{
	const uint16_t lan = find(*state, "lan0")->index;

	assert_int_equal(fib0(*state, "10.1.0.1"), nh_make(NH_LOCAL, lan));
	assert_int_equal(fib0(*state, "10.1.0.7"), nh_make(NH_ATTACHED, lan));
	assert_int_equal(fib0(*state, "10.1.0.255"), nh_make(NH_MULTICAST, lan));
	assert_int_equal(fib0(*state, "10.1.0.0"), nh_make(NH_MULTICAST, lan));
	assert_int_equal(fib0(*state, "10.1.1.0"), NH_NONE);
	address(*state, "lan0", "2001:db8:1::1/64", NULL);
	assert_int_equal(fib0(*state, "2001:db8:1::1"), nh_make(NH_LOCAL, lan));
	assert_int_equal(fib0(*state, "2001:db8:1::7"), nh_make(NH_ATTACHED, lan));
	ok(ctl_if_remove_address(*state, "lan0", AF_INET, NULL, &err));
	ok(ctl_if_remove_address(*state, "lan0", AF_INET6, NULL, &err));
	assert_int_equal(fib0(*state, "10.1.0.1"), NH_NONE);
	assert_int_equal(fib0(*state, "10.1.0.7"), NH_NONE);
	assert_int_equal(fib0(*state, "10.1.0.255"), NH_NONE);
	assert_int_equal(fib0(*state, "2001:db8:1::7"), NH_NONE);
	refused(ctl_if_remove_address(*state, "lan0", AF_INET, NULL, &err), EADDRNOTAVAIL,
			"lan0: has no IPv4 address");
}

static void
a_31_bit_net_has_no_broadcast(void **state)
{
	address(*state, "lan0", "10.9.0.0/31", NULL);
	assert_int_equal(nh_kind(fib0(*state, "10.9.0.0")), NH_LOCAL);
	assert_int_equal(nh_kind(fib0(*state, "10.9.0.1")), NH_ATTACHED);
}

static void
a_port_has_a_link_local_address_of_its_mac(void **state)
{
	/* 02:00:00:00:00:30, the universal bit turned: 0000:00ff:fe00:0030 */
	assert_int_equal(fib0(*state, "fe80::ff:fe00:30"),
			nh_make(NH_LOCAL, find(*state, "lan0")->index));
	assert_int_equal(fib0(*state, "fe80::ff:fe00:31"),
			nh_make(NH_LOCAL, find(*state, "wan0")->index));
}

static void
a_peer_brings_only_its_host_route(void **state)
{
	uint16_t index;

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	index = find(*state, "ipsec0")->index;
	address(*state, "ipsec0", "172.16.0.3/16", "172.16.0.5");
	assert_int_equal(fib0(*state, "172.16.0.3"), nh_make(NH_LOCAL, index));
	assert_int_equal(fib0(*state, "172.16.0.5"), nh_make(NH_IPSEC, index));
	assert_int_equal(fib0(*state, "172.16.0.6"), NH_NONE);
	address(*state, "ipsec0", "fd00::3/128", "fd00::5");
	assert_int_equal(fib0(*state, "fd00::5"), nh_make(NH_IPSEC, index));
	assert_int_equal(fib0(*state, "fd00::6"), NH_NONE);
}

static void
without_a_peer_the_prefix_leads_into_the_tunnel(void **state)
{
	uint16_t index;

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	index = find(*state, "ipsec0")->index;
	address(*state, "ipsec0", "fd00::3/64", NULL);
	assert_int_equal(fib0(*state, "fd00::3"), nh_make(NH_LOCAL, index));
	assert_int_equal(fib0(*state, "fd00::77"), nh_make(NH_IPSEC, index));
	address(*state, "ipsec0", "172.17.0.1/30", NULL);
	assert_int_equal(fib0(*state, "172.17.0.2"), nh_make(NH_IPSEC, index));
}

static void
who_has_the_same_prefix_inherits_it(void **state)
{
	address(*state, "wan0", "10.1.0.2/24", NULL);
	assert_int_equal(nh_index(fib0(*state, "10.1.0.7")), find(*state, "lan0")->index);
	ok(ctl_if_remove_address(*state, "lan0", AF_INET, IP("10.1.0.1"), &err));
	assert_int_equal(fib0(*state, "10.1.0.7"),
			nh_make(NH_ATTACHED, find(*state, "wan0")->index));
	assert_int_equal(fib0(*state, "10.1.0.1"),
			nh_make(NH_ATTACHED, find(*state, "wan0")->index));
	ok(ctl_if_remove_address(*state, "wan0", AF_INET, IP("10.1.0.2"), &err));
	assert_int_equal(fib0(*state, "10.1.0.7"), NH_NONE);
}

static void
an_unnumbered_address_stays_local_until_the_last_has_lost_it(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_if_create(*state, "ipsec1", NULL, &err));
	address(*state, "ipsec0", "172.16.0.1/32", "172.16.0.2");
	address(*state, "ipsec1", "172.16.0.1/32", "172.16.0.3");
	ok(ctl_if_destroy(*state, "ipsec0", &err));
	assert_int_equal(fib0(*state, "172.16.0.1"),
			nh_make(NH_LOCAL, find(*state, "ipsec1")->index));
	ok(ctl_if_destroy(*state, "ipsec1", &err));
	assert_int_equal(fib0(*state, "172.16.0.1"), NH_NONE);
}

static void
a_route_leads_into_a_tunnel_that_is_down(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_route_add(*state, BY_INTERFACE("10.2.0.0/16", "ipsec0"), &err));
	assert_int_equal(
			fib0(*state, "10.2.3.4"), nh_make(NH_IPSEC, find(*state, "ipsec0")->index));
	ok(ctl_route_add(*state, BY_INTERFACE("10.3.0.0/16", "lan0"), &err));
	assert_int_equal(fib0(*state, "10.3.3.4"),
			nh_make(NH_ATTACHED, find(*state, "lan0")->index));
}

static void
a_route_in_the_table_is_eexist_and_one_that_is_not_esrch(void **state)
{
	struct ctl_route blackhole = { .prefix = prefix("10.9.1.2/16"), .kind = RIB_BLACKHOLE };
	struct rib_route route;

	ok(ctl_route_add(*state, &blackhole, &err));
	refused(ctl_route_add(*state, &blackhole, &err), EEXIST,
			"route 10.9.0.0/16: already in table");
	ok(ctl_route_get(*state, 0, IP("10.9.9.9"), &route, &err));
	assert_int_equal(route.spec.kind, RIB_BLACKHOLE);
	ok(ctl_route_delete(*state, 0, PREFIX("10.9.0.0/16"), &err));
	refused(ctl_route_delete(*state, 0, PREFIX("10.9.0.0/16"), &err), ESRCH,
			"route 10.9.0.0/16: not in table");
	refused(ctl_route_get(*state, 0, IP("10.9.9.9"), &route, &err), ESRCH,
			"route 10.9.9.9: not in table");
	refused(ctl_route_delete(*state, 99, PREFIX("10.9.0.0/16"), &err), ESRCH,
			"route 10.9.0.0/16: not in table");
	/* what an address brought is not the operator's to delete */
	refused(ctl_route_delete(*state, 0, PREFIX("10.1.0.0/24"), &err), ESRCH,
			"route 10.1.0.0/24: not in table");
}

/* As FreeBSD: `route delete DEST GATEWAY` is about that gateway. */
static void
deletes_a_route_only_where_it_leads_as_said(void **state)
{
	struct ctl_route blackhole = { .prefix = prefix("10.3.0.0/16"), .kind = RIB_BLACKHOLE };

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_if_create(*state, "ipsec1", NULL, &err));
	ok(ctl_route_add(*state, BY_INTERFACE("10.2.0.0/16", "ipsec0"), &err));
	ok(ctl_route_add(*state, BY_GATEWAY("10.4.0.0/16", "10.1.0.5"), &err));
	refused(ctl_route_delete_to(*state, BY_INTERFACE("10.2.0.0/16", "ipsec1"), &err), ESRCH,
			"route 10.2.0.0/16: not in table");
	refused(ctl_route_delete_to(*state, BY_GATEWAY("10.2.0.0/16", "10.1.0.5"), &err), ESRCH,
			"route 10.2.0.0/16: not in table");
	refused(ctl_route_delete_to(*state, BY_GATEWAY("10.4.0.0/16", "10.1.0.6"), &err), ESRCH,
			"route 10.4.0.0/16: not in table");
	ok(ctl_route_delete_to(*state, BY_INTERFACE("10.2.0.0/16", "ipsec0"), &err));
	ok(ctl_route_delete_to(*state, BY_GATEWAY("10.4.0.0/16", "10.1.0.5"), &err));
	ok(ctl_route_add(*state, &blackhole, &err));
	refused(ctl_route_delete_to(*state, BY_INTERFACE("10.3.0.0/16", "ipsec0"), &err), ESRCH,
			"route 10.3.0.0/16: not in table");
	ok(ctl_route_delete_to(*state, &blackhole, &err));
}

static void
refuses_routes_that_lead_nowhere(void **state)
{
	struct ctl_route fib = { .prefix = prefix("10.9.0.0/16"), .kind = RIB_REJECT, .fib = 16 };

	refused(ctl_route_add(*state, BY_INTERFACE("10.2.0.0/16", "ipsec9"), &err), ENXIO,
			"route 10.2.0.0/16: interface ipsec9 does not exist");
	refused(ctl_route_add(*state, BY_GATEWAY("10.2.0.0/16", "10.99.0.1"), &err), ENETUNREACH,
			"route 10.2.0.0/16: gateway 10.99.0.1 is not on a link, network is "
			"unreachable");
	refused(ctl_route_add(*state, BY_GATEWAY("10.2.0.0/16", "2001:db8::1"), &err), EINVAL,
			"route 10.2.0.0/16: gateway 2001:db8::1 is not of the same family");
	refused(ctl_route_add(*state, BY_GATEWAY("10.2.0.0/16", "10.1.0.1"), &err), EINVAL,
			"route 10.2.0.0/16: gateway 10.1.0.1 is one of our own addresses");
	refused(ctl_route_add(*state, BY_GATEWAY("10.2.0.0/16", "0.0.0.0"), &err), EINVAL,
			"route 10.2.0.0/16: gateway 0.0.0.0 is not a host");
	refused(ctl_route_add(*state, &fib, &err), EINVAL,
			"route 10.9.0.0/16: no such fib, 16 (0 to 15)");
	assert_int_equal(fib0(*state, "10.2.0.1"), NH_NONE);
}

static void
a_gateway_resolves_to_its_neighbour(void **state)
{
	const struct neigh *n;

	ok(ctl_route_add(*state, BY_GATEWAY("0.0.0.0/0", "192.168.0.1"), &err));
	assert_int_equal(nh_kind(fib0(*state, "8.8.8.8")), NH_NEIGH);
	n = ctl_neighs(*state)->record[nh_index(fib0(*state, "8.8.8.8"))];
	assert_true(ip_equal(&n->addr, IP("192.168.0.1")));
	assert_int_equal(n->iface, find(*state, "wan0")->index);
}

static void
a_gateway_behind_a_tunnel_leads_into_it(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	address(*state, "ipsec0", "172.16.0.3/16", "172.16.0.5");
	ok(ctl_route_add(*state, BY_GATEWAY("10.2.0.0/16", "172.16.0.5"), &err));
	assert_int_equal(
			fib0(*state, "10.2.0.1"), nh_make(NH_IPSEC, find(*state, "ipsec0")->index));
	/* behind a static route into the tunnel as well */
	ok(ctl_route_add(*state, BY_INTERFACE("10.7.0.0/16", "ipsec0"), &err));
	ok(ctl_route_add(*state, BY_GATEWAY("10.8.0.0/16", "10.7.0.1"), &err));
	assert_int_equal(nh_kind(fib0(*state, "10.8.0.1")), NH_IPSEC);
}

static void
change_replaces_the_way_and_needs_a_route(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	refused(ctl_route_change(*state, BY_INTERFACE("10.2.0.0/16", "ipsec0"), &err), ESRCH,
			"route 10.2.0.0/16: not in table");
	ok(ctl_route_add(*state, BY_GATEWAY("10.2.0.0/16", "192.168.0.1"), &err));
	ok(ctl_route_change(*state, BY_INTERFACE("10.2.0.0/16", "ipsec0"), &err));
	assert_int_equal(
			fib0(*state, "10.2.0.1"), nh_make(NH_IPSEC, find(*state, "ipsec0")->index));
	ok(ctl_route_change(*state, BY_GATEWAY("10.2.0.0/16", "10.1.0.9"), &err));
	assert_int_equal(nh_kind(fib0(*state, "10.2.0.1")), NH_NEIGH);
	/* it is no longer the tunnel's, so it stays when the tunnel goes */
	ok(ctl_if_destroy(*state, "ipsec0", &err));
	assert_int_equal(nh_kind(fib0(*state, "10.2.0.1")), NH_NEIGH);
}

static void
outer_packets_go_where_the_tunnelfib_says(void **state)
{
	const struct neigh *n;

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	tunnel(*state, "ipsec0", "192.168.0.3", "192.168.0.5");
	assert_int_equal(nh_kind(row(*state, "ipsec0")->outer_nh), NH_NEIGH);
	n = ctl_neighs(*state)->record[nh_index(row(*state, "ipsec0")->outer_nh)];
	assert_true(ip_equal(&n->addr, IP("192.168.0.5")));
	ok(ctl_if_set_tunnelfib(*state, "ipsec0", 1, &err));
	assert_int_equal(row(*state, "ipsec0")->outer_nh, NH_NONE);
	ok(ctl_if_set_tunnelfib(*state, "ipsec0", 0, &err));
	assert_int_equal(nh_kind(row(*state, "ipsec0")->outer_nh), NH_NEIGH);
}

static void
a_batch_resolves_once_at_its_end(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ctl_batch_begin(*state);
	ctl_batch_begin(*state);
	tunnel(*state, "ipsec0", "192.168.0.3", "192.0.2.5");
	ok(ctl_route_add(*state, BY_GATEWAY("192.0.2.0/24", "192.168.0.1"), &err));
	ctl_batch_end(*state);
	assert_int_equal(row(*state, "ipsec0")->outer_nh, NH_NONE);
	ctl_batch_end(*state);
	assert_int_equal(nh_kind(row(*state, "ipsec0")->outer_nh), NH_NEIGH);
}

static void
a_neighbour_needs_a_port(void **state)
{
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 5 } };

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	refused(ctl_neigh_add(*state, "ipsec0", IP("192.168.0.5"), &mac, &err), EINVAL,
			"ipsec0: neighbour 192.168.0.5 is not on a port");
	refused(ctl_neigh_add(*state, "wan9", IP("192.168.0.5"), &mac, &err), ENXIO,
			"wan9: interface does not exist");
	ok(ctl_neigh_add(*state, "wan0", IP("192.168.0.5"), &mac, &err));
	assert_int_equal(nh_kind(fib0(*state, "192.168.0.5")), NH_NEIGH);
	ok(ctl_neigh_delete(*state, IP("192.168.0.5"), &err));
	assert_int_equal(nh_kind(fib0(*state, "192.168.0.5")), NH_ATTACHED);
}

static void
ports_come_before_the_start(void **state)
{
	struct cfg_port port = { .name = "wan1", .device = "net_null7", .up = true };

	refused(ctl_port_add(*state, &(struct cfg_port){ .name = "lan0", .device = "net_null0" },
				&err),
			EEXIST, "lan0: interface already exists");
	ok(ctl_start(*state, &err));
	refused(ctl_port_add(*state, &port, &err), EBUSY,
			"wan1: ports can only be added before the workers start");
	ctl_stop(*state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_ports(an_address_of_a_port_brings_its_routes),
		with_ports(a_31_bit_net_has_no_broadcast),
		with_ports(a_port_has_a_link_local_address_of_its_mac),
		with_gateway(a_peer_brings_only_its_host_route),
		with_gateway(without_a_peer_the_prefix_leads_into_the_tunnel),
		with_ports(who_has_the_same_prefix_inherits_it),
		with_gateway(an_unnumbered_address_stays_local_until_the_last_has_lost_it),
		with_ports(a_route_leads_into_a_tunnel_that_is_down),
		with_ports(a_route_in_the_table_is_eexist_and_one_that_is_not_esrch),
		with_ports(deletes_a_route_only_where_it_leads_as_said),
		with_ports(refuses_routes_that_lead_nowhere),
		with_ports(a_gateway_resolves_to_its_neighbour),
		with_ports(a_gateway_behind_a_tunnel_leads_into_it),
		with_ports(change_replaces_the_way_and_needs_a_route),
		with_ports(outer_packets_go_where_the_tunnelfib_says),
		with_ports(a_batch_resolves_once_at_its_end),
		with_ports(a_neighbour_needs_a_port),
		with_ports(ports_come_before_the_start),
	};

	return cmocka_run_group_tests_name("control/route", tests, eal_up, eal_down);
}
