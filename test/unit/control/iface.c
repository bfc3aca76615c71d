/* SPDX-License-Identifier: BSD-3-Clause */
/* ifconfig(8) through control.h: interfaces as in if_ipsec(4), with FreeBSD's error codes. */
#include "ctl_test.h"

static void
create_gives_the_lowest_free_number_and_prints_it(void **state)
{
	char name[IFACE_NAME_MAX];

	ok(ctl_if_create(*state, "ipsec", name, &err));
	assert_string_equal(name, "ipsec0");
	ok(ctl_if_create(*state, "ipsec2", name, &err));
	ok(ctl_if_create(*state, "ipsec", name, &err));
	assert_string_equal(name, "ipsec1");
}

static void
create_of_what_is_there_is_eexist(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	refused(ctl_if_create(*state, "ipsec0", NULL, &err), EEXIST,
			"ipsec0: interface already exists");
	refused(ctl_if_create(*state, "gif0", NULL, &err), EINVAL,
			"gif0: not the name of an ipsec interface (ipsec0 to ipsec32767)");
}

static void
destroy_of_what_is_not_there_is_enxio(void **state)
{
	refused(ctl_if_destroy(*state, "ipsec9", &err), ENXIO, "ipsec9: interface does not exist");
}

static void
a_port_can_not_be_destroyed_or_have_a_tunnel(void **state)
{
	refused(ctl_if_destroy(*state, "lan0", &err), EINVAL, "lan0: a port can not be destroyed");
	refused(ctl_if_set_tunnel(*state, "lan0", 0, IP("192.0.2.1"), IP("192.0.2.2"), &err),
			EINVAL, "lan0: not an ipsec interface");
	refused(ctl_if_set_reqid(*state, "lan0", 7, &err), EINVAL, "lan0: not an ipsec interface");
	refused(ctl_if_set_tunnel(*state, "ipsec9", 0, IP("192.0.2.1"), IP("192.0.2.2"), &err),
			ENXIO, "ipsec9: interface does not exist");
}

static void
mtu_is_1280_to_8192(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	assert_int_equal(row(*state, "ipsec0")->mtu, 1400);
	refused(ctl_if_set_mtu(*state, "ipsec0", 1279, &err), EINVAL,
			"ipsec0: mtu 1279 bytes is below the minimum (1280)");
	refused(ctl_if_set_mtu(*state, "ipsec0", 8193, &err), EINVAL,
			"ipsec0: mtu 8193 bytes is above the maximum (8192)");
	refused(ctl_if_set_mtu(*state, "ipsec0", 4294967295u, &err), EINVAL,
			"ipsec0: mtu 4294967295 bytes is above the maximum (8192)");
	assert_int_equal(row(*state, "ipsec0")->mtu, 1400);
	ok(ctl_if_set_mtu(*state, "ipsec0", 1280, &err));
	assert_int_equal(row(*state, "ipsec0")->mtu, 1280);
	ok(ctl_if_set_mtu(*state, "ipsec0", 8192, &err));
	assert_int_equal(row(*state, "ipsec0")->mtu, 8192);
}

static void
an_automatic_mtu_fits_the_sa_exactly(void **state)
{
	struct iface *ifp;

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_if_set_reqid(*state, "ipsec0", 100, &err));
	tunnel(*state, "ipsec0", "192.168.0.3", "192.168.0.5");
	ok(ctl_if_set_mtu(*state, "ipsec0", 0, &err));
	assert_int_equal(row(*state, "ipsec0")->mtu, 1400); /* no SA yet */
	sa_add(*state, "192.168.0.3", "192.168.0.5", 10000, 100);
	/* 1500 less IP 20, ESP 8, IV 16, ICV 12: 1444, 90 blocks of 16: 1440, less the trailer's 2 */
	assert_int_equal(row(*state, "ipsec0")->mtu, 1438);
	ok(ctl_sa_delete(*state, IP("192.168.0.3"), IP("192.168.0.5"), 10000, &err));
	assert_int_equal(row(*state, "ipsec0")->mtu, 1400);
	ifp = find(*state, "ipsec0");
	assert_true(ifp->mtu_auto);
	ok(ctl_if_set_mtu(*state, "ipsec0", 1400, &err));
	assert_false(ifp->mtu_auto);
	refused(ctl_if_set_mtu(*state, "lan0", 0, &err), EINVAL,
			"lan0: only ipsec interfaces have an automatic mtu");
}

static void
an_automatic_mtu_follows_the_port(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_if_set_reqid(*state, "ipsec0", 100, &err));
	tunnel(*state, "ipsec0", "192.168.0.3", "192.168.0.5");
	sa_add(*state, "192.168.0.3", "192.168.0.5", 10000, 100);
	ok(ctl_if_set_mtu(*state, "ipsec0", 0, &err));
	assert_int_equal(row(*state, "ipsec0")->mtu, 1438);
	ok(ctl_if_set_mtu(*state, "wan0", 1400, &err));
	assert_int_equal(row(*state, "wan0")->mtu, 1400);
	assert_int_equal(row(*state, "ipsec0")->mtu, 1342); /* 1344: 84 blocks */
	ok(ctl_if_set_mtu(*state, "wan0", 576, &err));
	assert_int_equal(row(*state, "ipsec0")->mtu, 1280); /* never below what IPv6 needs */
	refused(ctl_if_set_mtu(*state, "wan0", 575, &err), EINVAL,
			"wan0: mtu 575 bytes is below the minimum (576)");
	refused(ctl_if_set_mtu(*state, "wan0", 9000, &err), EINVAL,
			"port: mtu 9000 is too large (1500)");
	assert_int_equal(row(*state, "wan0")->mtu, 576);
}

static void
a_port_has_a_link_and_device_counters_and_a_tunnel_has_not(void **state)
{
	struct port_stats stats = { .ipackets = 77 };
	uint32_t mbps;
	bool up;

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	assert_int_equal(ctl_port_stats(*state, find(*state, "lan0"), &stats), 0);
	assert_int_equal(stats.ipackets, 0);
	assert_int_equal(ctl_port_link(*state, find(*state, "lan0"), &up, &mbps), 0);
	assert_int_equal(ctl_port_stats(*state, find(*state, "ipsec0"), &stats), -EINVAL);
	assert_int_equal(ctl_port_link(*state, find(*state, "ipsec0"), &up, &mbps), -EINVAL);
}

static void
setters_want_an_interface_that_is_there(void **state)
{
	const struct iface_addr a = { .prefix = prefix("10.0.0.1/24") };

	assert_int_equal(ctl_if_set_mtu(*state, "ipsec9", 1400, NULL), -ENXIO);
	assert_int_equal(ctl_if_set_flag(*state, "ipsec9", IFACE_UP, true, NULL), -ENXIO);
	assert_int_equal(ctl_if_set_fib(*state, "ipsec9", 1, NULL), -ENXIO);
	assert_int_equal(ctl_if_set_tunnelfib(*state, "ipsec9", 1, NULL), -ENXIO);
	assert_int_equal(ctl_if_set_reqid(*state, "ipsec9", 1, NULL), -ENXIO);
	assert_int_equal(ctl_if_delete_tunnel(*state, "ipsec9", NULL), -ENXIO);
	assert_int_equal(ctl_if_set_description(*state, "ipsec9", "x", NULL), -ENXIO);
	assert_int_equal(ctl_if_add_address(*state, "ipsec9", &a, NULL), -ENXIO);
	assert_int_equal(ctl_if_remove_address(*state, "ipsec9", AF_INET, NULL, NULL), -ENXIO);
}

static void
a_tunnel_of_two_families_is_einval(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	refused(ctl_if_set_tunnel(*state, "ipsec0", AF_INET, IP("192.0.2.1"), IP("2001:db8::2"),
				&err),
			EINVAL, "ipsec0: tunnel 192.0.2.1 -> 2001:db8::2 mixes IPv4 and IPv6");
	assert_int_equal(
			row(*state, "ipsec0")->outer.len, 0); /* a refused change leaves no trace */
}

static void
a_tunnel_of_another_family_than_typed_is_eafnosupport(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	refused(ctl_if_set_tunnel(
				*state, "ipsec0", AF_INET6, IP("192.0.2.1"), IP("192.0.2.2"), &err),
			EAFNOSUPPORT, "ipsec0: tunnel 192.0.2.1 -> 192.0.2.2 is not inet6");
	refused(ctl_if_set_tunnel(*state, "ipsec0", AF_INET, IP("2001:db8::1"), IP("2001:db8::2"),
				&err),
			EAFNOSUPPORT, "ipsec0: tunnel 2001:db8::1 -> 2001:db8::2 is not inet");
}

static void
a_tunnel_from_or_to_no_address_is_eaddrnotavail(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	refused(ctl_if_set_tunnel(*state, "ipsec0", AF_INET, IP("0.0.0.0"), IP("192.0.2.2"), &err),
			EADDRNOTAVAIL,
			"ipsec0: tunnel 0.0.0.0 -> 192.0.2.2 needs two distinct hosts");
	refused(ctl_if_set_tunnel(*state, "ipsec0", AF_INET6, IP("2001:db8::1"), IP("::"), &err),
			EADDRNOTAVAIL, "ipsec0: tunnel 2001:db8::1 -> :: needs two distinct hosts");
}

static void
the_same_tunnel_again_changes_nothing(void **state)
{
	const struct iface_row *before;

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	tunnel(*state, "ipsec0", "192.168.0.3", "192.168.0.5");
	before = row(*state, "ipsec0");
	tunnel(*state, "ipsec0", "192.168.0.3", "192.168.0.5");
	ok(ctl_if_set_reqid(*state, "ipsec0", before->reqid, &err));
	assert_ptr_equal(row(*state, "ipsec0"), before);
}

static void
deletetunnel_keeps_the_reqid(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	tunnel(*state, "ipsec0", "192.168.0.3", "192.168.0.5");
	assert_int_equal(row(*state, "ipsec0")->reqid, 16385);
	assert_true(row(*state, "ipsec0")->flags & IFACE_RUNNING);
	ok(ctl_if_delete_tunnel(*state, "ipsec0", &err));
	assert_int_equal(row(*state, "ipsec0")->reqid, 16385);
	assert_int_equal(row(*state, "ipsec0")->outer.len, 0);
	assert_int_equal(row(*state, "ipsec0")->outer_nh, NH_NONE);
	assert_false(row(*state, "ipsec0")->flags & IFACE_RUNNING);
	ok(ctl_if_delete_tunnel(*state, "ipsec0", &err)); /* none: nothing */
}

static void
a_reqid_taken_is_eexist(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_if_create(*state, "ipsec1", NULL, &err));
	ok(ctl_if_set_reqid(*state, "ipsec0", 100, &err));
	refused(ctl_if_set_reqid(*state, "ipsec1", 100, &err), EEXIST,
			"ipsec1: reqid 100 is that of ipsec0");
	assert_int_equal(row(*state, "ipsec1")->reqid, 0);
}

static void
running_follows_the_local_address(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	address(*state, "ipsec0", "172.16.0.3/16", "172.16.0.5");
	tunnel(*state, "ipsec0", "10.1.0.1", "192.168.0.5");
	assert_int_equal(row(*state, "ipsec0")->flags,
			IFACE_UP | IFACE_RUNNING | IFACE_POINTOPOINT | IFACE_MULTICAST);
	ok(ctl_if_remove_address(*state, "lan0", AF_INET, IP("10.1.0.1"), &err));
	assert_false(row(*state, "ipsec0")->flags & IFACE_RUNNING);
	address(*state, "lan0", "10.1.0.1/24", NULL);
	assert_true(row(*state, "ipsec0")->flags & IFACE_RUNNING);
}

static void
an_address_sets_an_ipsec_interface_up(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	assert_false(row(*state, "ipsec0")->flags & IFACE_UP);
	address(*state, "ipsec0", "172.16.0.3/16", "172.16.0.5");
	assert_true(row(*state, "ipsec0")->flags & IFACE_UP);
	ok(ctl_if_set_flag(*state, "ipsec0", IFACE_UP, false, &err));
	assert_false(row(*state, "ipsec0")->flags & IFACE_UP);
}

static void
flags_are_up_and_monitor(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_if_set_flag(*state, "ipsec0", IFACE_MONITOR, true, &err));
	assert_true(row(*state, "ipsec0")->flags & IFACE_MONITOR);
	ok(ctl_if_set_flag(*state, "ipsec0", IFACE_MONITOR, false, &err));
	assert_false(row(*state, "ipsec0")->flags & IFACE_MONITOR);
	refused(ctl_if_set_flag(*state, "ipsec0", IFACE_RUNNING, true, &err), EINVAL,
			"ipsec0: only up and monitor can be set");
}

static void
the_outer_header_says_what_the_sysctls_say(void **state)
{
	const struct outer *outer;

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	tunnel(*state, "ipsec0", "192.168.0.3", "192.168.0.5");
	outer = &row(*state, "ipsec0")->outer;
	assert_int_equal(outer->len, 20);
	assert_int_equal(outer->ip4.time_to_live, 64);
	assert_int_equal(outer->ip4.dst_addr, IP("192.168.0.5")->v4);
	assert_int_equal(outer->frag_of4 | outer->ip4.fragment_offset | outer->frag6,
			0); /* DF clear */
	ok(ctl_sysctl_set(*state, "net.inet.ip.ttl", 17, &err));
	ok(ctl_sysctl_set(*state, "net.inet.ipsec.dfbit", 2, &err));
	ok(ctl_sysctl_set(*state, "net.inet.ipsec.ecn", -1, &err));
	outer = &row(*state, "ipsec0")->outer;
	assert_int_equal(outer->ip4.time_to_live, 17);
	assert_int_not_equal(outer->frag_of4, 0); /* DF copied */
	assert_int_equal(outer->ip4.fragment_offset, 0);
	assert_int_not_equal(outer->frag6, 0);
	assert_int_equal(outer->ecn, OUTER_ECN_FORBIDDEN);
}

static int nb_policies;
static struct ctl_policy policies[8];

static void
policy_take(const struct ctl_policy *policy, void *arg)
{
	(void)arg;
	assert_true(nb_policies < 8);
	policies[nb_policies++] = *policy;
}

static void
four_policies_per_tunnel(void **state)
{
	uint32_t id;
	int i;

	nb_policies = 0;
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ctl_policy_foreach(*state, policy_take, NULL);
	assert_int_equal(nb_policies, 0);
	tunnel(*state, "ipsec0", "192.168.0.3", "192.168.0.5");
	ctl_policy_foreach(*state, policy_take, NULL);
	assert_int_equal(nb_policies, 4);
	for (i = 0; i < 4; i++) {
		assert_string_equal(policies[i].interface, "ipsec0");
		assert_int_equal(policies[i].reqid, 16385);
		assert_int_equal(policies[i].out, i % 2);
		assert_int_equal(policies[i].ip6, i / 2);
		assert_true(ip_equal(policies[i].out ? &policies[i].src : &policies[i].dst,
				IP("192.168.0.3")));
	}
	id = policies[3].id;
	nb_policies = 0;
	ok(ctl_if_set_reqid(*state, "ipsec0", 5, &err)); /* four new ones */
	ctl_policy_foreach(*state, policy_take, NULL);
	assert_int_equal(nb_policies, 4);
	assert_true(policies[0].id > id);
}

static void
a_description_is_kept_and_checked(void **state)
{
	char text[80];

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_if_set_description(*state, "ipsec0", "to the branch", &err));
	assert_string_equal(find(*state, "ipsec0")->description, "to the branch");
	memset(text, 'x', sizeof(text));
	text[64] = '\0';
	refused(ctl_if_set_description(*state, "ipsec0", text, &err), ENAMETOOLONG,
			"ipsec0: description is too long, 64 bytes (at most 63)");
	refused(ctl_if_set_description(*state, "ipsec0", "a\nb", &err), EINVAL,
			"ipsec0: description has a control character, byte 2");
	ok(ctl_if_set_description(*state, "ipsec0", "", &err));
	assert_string_equal(find(*state, "ipsec0")->description, "");
}

static void
fibs_are_0_to_15(void **state)
{
	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	refused(ctl_if_set_fib(*state, "ipsec0", 16, &err), EINVAL,
			"ipsec0: fib 16 does not exist (0 to 15)");
	refused(ctl_if_set_tunnelfib(*state, "ipsec0", 4000000000u, &err), EINVAL,
			"ipsec0: tunnelfib 4000000000 does not exist (0 to 15)");
}

static void
the_routes_of_addresses_move_with_the_fib(void **state)
{
	struct ctl *ctl = *state;
	struct rib_route route;

	ok(ctl_if_create(ctl, "ipsec0", NULL, &err));
	address(ctl, "ipsec0", "172.16.0.3/16", "172.16.0.5");
	ok(ctl_if_set_fib(ctl, "ipsec0", 1, &err));
	assert_int_equal(row(ctl, "ipsec0")->fib, 1);
	assert_int_equal(fib0(ctl, "172.16.0.5"), NH_NONE);
	ok(ctl_route_get(ctl, 1, IP("172.16.0.5"), &route, &err));
	assert_int_equal(route.spec.nh, nh_make(NH_IPSEC, find(ctl, "ipsec0")->index));
	ok(ctl_if_set_fib(ctl, "ipsec0", 0, &err));
	assert_int_equal(nh_kind(fib0(ctl, "172.16.0.5")), NH_IPSEC);
	assert_int_equal(ctl_route_get(ctl, 1, IP("172.16.0.5"), &route, NULL), -ESRCH);
}

static void
a_destroyed_interface_leaves_nothing_behind(void **state)
{
	struct ctl *ctl = *state;
	const uint32_t routes = rib_count(ctl_rib(ctl)), count = ctl_ifaces(ctl)->count;
	struct ctl_route r = {
		.prefix = prefix("10.2.0.0/16"), .kind = RIB_INTERFACE, .interface = "ipsec0"
	};
	struct sa_ctl *sa;

	ok(ctl_if_create(ctl, "ipsec0", NULL, &err));
	ok(ctl_if_set_reqid(ctl, "ipsec0", 100, &err));
	tunnel(ctl, "ipsec0", "192.168.0.3", "192.168.0.5");
	address(ctl, "ipsec0", "172.16.0.3/16", "172.16.0.5");
	sa = sa_add(ctl, "192.168.0.3", "192.168.0.5", 10000, 100);
	ok(ctl_route_add(ctl, &r, &err));
	r = (struct ctl_route){
		.prefix = prefix("10.3.0.0/16"), .kind = RIB_GATEWAY, .gateway = ip("172.16.0.5")
	};
	ok(ctl_route_add(ctl, &r, &err));
	assert_int_equal(nh_kind(fib0(ctl, "10.3.0.1")), NH_IPSEC);
	ok(ctl_if_destroy(ctl, "ipsec0", &err));
	assert_int_equal(rib_count(ctl_rib(ctl)), routes);
	assert_int_equal(ctl_ifaces(ctl)->count, count);
	assert_int_equal(fib0(ctl, "10.2.0.1"), NH_NONE);
	assert_int_equal(fib0(ctl, "10.3.0.1"), NH_NONE);
	assert_int_equal(sa->iface, 0);
	assert_int_equal(sa->sa->iface, 0);
	assert_null(iface_of_local(ctl_ifaces(ctl), IP("172.16.0.3")));
	ok(ctl_if_create(ctl, "ipsec0", NULL, &err)); /* the name is free again */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateway(create_gives_the_lowest_free_number_and_prints_it),
		with_gateway(create_of_what_is_there_is_eexist),
		with_gateway(destroy_of_what_is_not_there_is_enxio),
		with_ports(a_port_can_not_be_destroyed_or_have_a_tunnel),
		with_gateway(mtu_is_1280_to_8192),
		with_ports(an_automatic_mtu_fits_the_sa_exactly),
		with_ports(an_automatic_mtu_follows_the_port),
		with_ports(a_port_has_a_link_and_device_counters_and_a_tunnel_has_not),
		with_gateway(setters_want_an_interface_that_is_there),
		with_gateway(a_tunnel_of_two_families_is_einval),
		with_gateway(a_tunnel_of_another_family_than_typed_is_eafnosupport),
		with_gateway(a_tunnel_from_or_to_no_address_is_eaddrnotavail),
		with_ports(the_same_tunnel_again_changes_nothing),
		with_ports(deletetunnel_keeps_the_reqid),
		with_gateway(a_reqid_taken_is_eexist),
		with_ports(running_follows_the_local_address),
		with_gateway(an_address_sets_an_ipsec_interface_up),
		with_gateway(flags_are_up_and_monitor),
		with_gateway(the_outer_header_says_what_the_sysctls_say),
		with_gateway(four_policies_per_tunnel),
		with_gateway(a_description_is_kept_and_checked),
		with_gateway(fibs_are_0_to_15),
		with_gateway(the_routes_of_addresses_move_with_the_fib),
		with_ports(a_destroyed_interface_leaves_nothing_behind),
	};

	return cmocka_run_group_tests_name("control/iface", tests, eal_up, eal_down);
}
