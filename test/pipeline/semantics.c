/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What if_ipsec(4) promises, seen by packets: RUNNING, several interfaces with the same ends, another reqid, MONITOR, counters, FIBs.
 * docs/reference/semantics.md says which test holds which point.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pass.h"

#define PAYLOAD 200
#define INNER (20 + 8 + PAYLOAD) /* bytes of a packet that host_sends() makes */

static uint64_t
drops(enum drop_reason reason)
{
	return dp_drop_count(ctl_dataplane(gw.ctl), reason);
}

/* Does a packet of the host leave as ESP? */
static bool
goes_out(void)
{
	host_sends(false, PAYLOAD);
	return pass(PIPE_LAN, PIPE_WAN) && outer_proto() == IPPROTO_ESP;
}

/* And back: what came out of the tunnel is routed as the interface's FIB says. */
static void
comes_back(void)
{
	turn_round();
	assert_true(pipe_send(&gw, PIPE_WAN, frame, len));
	pipe_poll(&gw);
}

static void
set_address(const char *name, const char *text, bool there)
{
	struct iface_addr addr = { 0 };
	struct err err = { 0 };

	assert_int_equal(ip_prefix_parse(text, &addr.prefix), 0);
	setup_ok(there ? ctl_if_add_address(gw.ctl, name, &addr, &err)
		       : ctl_if_remove_address(gw.ctl, name, addr.prefix.addr.af, &addr.prefix.addr,
					 &err),
			&err);
}

static void
set_flag(const char *name, enum iface_flag flag, bool on)
{
	struct err err = { 0 };

	setup_ok(ctl_if_set_flag(gw.ctl, name, flag, on, &err), &err);
}

static void
set_reqid(const char *name, uint32_t reqid)
{
	struct err err = { 0 };

	setup_ok(ctl_if_set_reqid(gw.ctl, name, reqid, &err), &err);
}

static void
add_route(uint16_t fib, const char *prefix, enum rib_kind kind, const char *gateway,
		const char *port)
{
	struct ctl_route route = { .fib = fib, .kind = kind };
	struct err err = { 0 };

	assert_int_equal(ip_prefix_parse(prefix, &route.prefix), 0);
	if (gateway != NULL)
		route.gateway = setup_ip(gateway);
	snprintf(route.interface, sizeof(route.interface), "%s", port);
	setup_ok(ctl_route_add(gw.ctl, &route, &err), &err);
	pipe_poll(&gw);
}

static void
traffic_stops_while_the_local_address_is_away(void **state)
{
	(void)state;
	set_address("lan0", "192.168.7.1/32", true);
	setup_tunnel(&gw, "ipsec0", "192.168.7.1", REMOTE);
	setup_sa_pair(&gw, "192.168.7.1", REMOTE, "aes-gcm-16", 20);
	assert_true(goes_out());
	set_address("lan0", "192.168.7.1/32", false);
	assert_false(goes_out());
	assert_int_equal(drops(DROP_OUT_IF_DOWN), 1);
	set_address("ipsec0", "192.168.7.1/32", true); /* on whatever interface */
	assert_true(goes_out());
	set_address("ipsec0", "192.168.7.1/32", false);
	assert_false(goes_out());
	set_address("lan0", "192.168.7.1/32", true);
	assert_true(goes_out());
	assert_int_equal(drops(DROP_OUT_IF_DOWN), 2);
}

static void
traffic_stops_while_the_interface_is_down(void **state)
{
	(void)state;
	assert_true(goes_out());
	set_flag("ipsec0", IFACE_UP, false);
	comes_back();
	assert_int_equal(drops(DROP_IF_DOWN), 1);
	assert_false(goes_out());
	assert_int_equal(drops(DROP_OUT_IF_DOWN), 1);
	set_flag("ipsec0", IFACE_UP, true);
	assert_true(goes_out());
}

static void
another_reqid_leaves_the_sas_to_themselves(void **state)
{
	(void)state;
	assert_true(goes_out());
	set_reqid("ipsec0", 555);
	comes_back();
	assert_int_equal(drops(DROP_SA_NO_IF) + drops(DROP_NO_SA), 1);
	assert_false(goes_out());
	assert_int_equal(drops(DROP_NO_SA_OUT), 1);
	assert_int_equal(sadb_count(ctl_sadb(gw.ctl)), 2);
	set_reqid("ipsec0", 100);
	assert_true(goes_out());
	comes_back();
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
}

static void
the_reqid_tells_interfaces_of_the_same_ends_apart(void **state)
{
	struct sa_params prm;
	struct err err = { 0 };
	int dir;

	(void)state;
	setup_sa_pair(&gw, LOCAL, REMOTE, "aes-gcm-16", 20);
	setup_ok(ctl_if_create(gw.ctl, "ipsec1", NULL, &err), &err);
	setup_tunnel(&gw, "ipsec1", LOCAL, REMOTE);
	set_reqid("ipsec1", 200);
	set_flag("ipsec1", IFACE_UP, true);
	for (dir = 0; dir < 2; dir++) {
		prm = setup_sa_params(dir ? REMOTE : LOCAL, dir ? LOCAL : REMOTE, "aes-gcm-16", 20);
		prm.spi = 20000;
		prm.reqid = 200;
		prm.keys.enc[0] = 2;
		setup_sa(&gw, &prm);
	}
	setup_route(&gw, "10.4.0.0/16", RIB_INTERFACE, "ipsec1");
	pipe_poll(&gw);

	assert_true(goes_out());
	comes_back();
	pipe_flush(&gw);
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
	assert_int_equal(pipe_if(&gw, "ipsec1").ipackets, 0);
	len = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "10.4.0.7", PAYLOAD);
	assert_true(pass(PIPE_LAN, PIPE_WAN));
	assert_int_equal(*(unaligned_uint32_t *)(frame + 34), RTE_BE32(20000));
	comes_back();
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
	assert_int_equal(pipe_if(&gw, "ipsec1").ipackets, 1);
	assert_int_equal(pipe_dropped(&gw), 0);
}

static void
counters_are_of_inner_bytes(void **state)
{
	struct ctl_if_counts n;

	(void)state;
	assert_true(goes_out());
	assert_true(len > RTE_ETHER_HDR_LEN + 20 + INNER); /* outer header, ESP, and it */
	n = pipe_if(&gw, "ipsec0");
	assert_int_equal(n.opackets, 1);
	assert_int_equal(n.obytes, INNER);
	comes_back();
	n = pipe_if(&gw, "ipsec0");
	assert_int_equal(n.ipackets, 1);
	assert_int_equal(n.ibytes, INNER);
}

static void
monitor_counts_what_comes_in_and_drops_it(void **state)
{
	struct ctl_if_counts n;

	(void)state;
	assert_true(goes_out());
	set_flag("ipsec0", IFACE_MONITOR, true);
	comes_back();
	n = pipe_if(&gw, "ipsec0");
	assert_int_equal(n.ipackets, 1);
	assert_int_equal(n.ibytes, INNER);
	assert_int_equal(drops(DROP_IF_MONITOR), 1);
	assert_int_equal(pipe_flush(&gw), 0);
	set_flag("ipsec0", IFACE_MONITOR, false);
	assert_true(goes_out());
	comes_back();
	assert_true(pipe_flush(&gw) > 0);
}

static void
fib_is_where_decrypted_packets_go(void **state)
{
	struct err err = { 0 };

	(void)state;
	setup_ok(ctl_if_set_fib(gw.ctl, "ipsec0", 1, &err), &err);
	add_route(1, "10.2.0.0/16", RIB_BLACKHOLE, NULL, "");
	assert_true(goes_out()); /* the host's packets are routed by lan0's FIB, 0 */
	comes_back();
	assert_int_equal(drops(DROP_BLACKHOLE), 1);
	setup_ok(ctl_if_set_fib(gw.ctl, "ipsec0", 0, &err), &err);
	assert_true(goes_out());
	comes_back();
	assert_true(pipe_flush(&gw) > 0);
	assert_int_equal(pipe_dropped(&gw), 1);
}

/* The far side is bound to FIB 2 with its addresses: only the outer packets are routed there. */
static void
tunnelfib_is_where_outer_packets_go(void **state)
{
	struct err err = { 0 };
	uint64_t opackets;

	(void)state;
	setup_ok(ctl_if_set_fib(gw.ctl, "wan0", 2, &err), &err);
	assert_false(goes_out());
	assert_int_equal(drops(DROP_TUNNEL_NO_ROUTE), 1);
	setup_ok(ctl_if_set_tunnelfib(gw.ctl, "ipsec0", 2, &err), &err);
	assert_true(goes_out());
	opackets = pipe_if(&gw, "ipsec0").opackets;
	comes_back(); /* into FIB 0, ipsec0's own, and so once more into the tunnel */
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
	assert_int_equal(pipe_if(&gw, "ipsec0").opackets, opackets + 1);
	assert_int_equal(pipe_dropped(&gw), 1);
}

/* Both ports have a fe80::9. */
static void
a_link_local_gateway_is_on_the_port_that_is_said(void **state)
{
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 9 } };
	const struct ip_addr gateway = setup_ip("fe80::9");
	struct ctl_route route = { .kind = RIB_GATEWAY, .gateway = gateway, .interface = "ipsec0" };
	struct err err = { 0 };

	(void)state;
	setup_ok(ctl_neigh_add(gw.ctl, "lan0", &gateway, &mac, &err), &err);
	setup_ok(ctl_neigh_add(gw.ctl, "wan0", &gateway, &mac, &err), &err);
	add_route(0, "2001:db8:5::/48", RIB_GATEWAY, "fe80::9", "wan0");
	add_route(0, "2001:db8:6::/48", RIB_GATEWAY, "fe80::9", "lan0");
	len = pipe_udp6(frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:5::1", PAYLOAD);
	assert_true(pass(PIPE_LAN, PIPE_WAN));
	len = pipe_udp6(frame, PIPE_WAN, "2001:db8:9::9", "2001:db8:6::1", PAYLOAD);
	assert_true(pass(PIPE_WAN, PIPE_LAN));

	assert_int_equal(ip_prefix_parse("2001:db8:7::/48", &route.prefix), 0);
	assert_int_equal(ctl_route_add(gw.ctl, &route, &err), -ENETUNREACH);
	assert_string_equal(err.msg,
			"route 2001:db8:7::/48: gateway fe80::9 is not on a link of "
			"fib 0, ipsec0 is not its port");
	snprintf(route.interface, sizeof(route.interface), "wan0");
	route.gateway = setup_ip("2001:db8:9::9");
	assert_int_equal(ctl_route_add(gw.ctl, &route, &err), -EINVAL);
}

static int
eal_up(void **state)
{
	(void)state;
	pipe_eal_init("0");
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gateway_create, gateway_destroy)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(traffic_stops_while_the_local_address_is_away),
		TEST(traffic_stops_while_the_interface_is_down),
		TEST(another_reqid_leaves_the_sas_to_themselves),
		TEST(the_reqid_tells_interfaces_of_the_same_ends_apart),
		TEST(counters_are_of_inner_bytes),
		TEST(monitor_counts_what_comes_in_and_drops_it),
		TEST(fib_is_where_decrypted_packets_go),
		TEST(tunnelfib_is_where_outer_packets_go),
		TEST(a_link_local_gateway_is_on_the_port_that_is_said),
	};

	return cmocka_run_group_tests_name("pipeline/semantics", tests, eal_up, NULL);
}
