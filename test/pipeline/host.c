/* SPDX-License-Identifier: BSD-3-Clause */
/* The gateway as a host of its own: what it answers, and what it tells the senders of packets that go no further. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pass.h"

/* RFC 1191, RFC 8201: who sends too much is told the MTU of the tunnel. */
static void
tells_the_sender_what_fits(void **state)
{
	(void)state;
	host_sends(false, 1400);
	frame_ip4(frame)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	frame_mend4(frame);
	assert_true(pass(PIPE_LAN, PIPE_LAN));
	assert_int_equal(frame[34], 3); /* unreachable, fragmentation needed */
	assert_int_equal(frame[35], 4);
	assert_int_equal(frame[40] << 8 | frame[41], 1400);
	assert_int_equal(frame_ip4(frame)->dst_addr, setup_ip("10.1.0.9").v4);

	host_sends(true, 1400);
	assert_true(pass(PIPE_LAN, PIPE_LAN));
	assert_int_equal(frame_ip6(frame)->proto, IPPROTO_ICMPV6);
	assert_int_equal(frame[54], 2); /* packet too big */
	assert_int_equal(frame[60] << 8 | frame[61], 1400);
	assert_int_equal(pipe_dropped(&gw), 2);
}

static void
tells_the_sender_that_the_ttl_is_used_up(void **state)
{
	(void)state;
	host_sends(false, 10);
	frame_ip4(frame)->time_to_live = 1;
	frame_mend4(frame);
	assert_true(pass(PIPE_LAN, PIPE_LAN));
	assert_int_equal(frame_ip4(frame)->next_proto_id, IPPROTO_ICMP);
	assert_int_equal(frame[34], 11);

	host_sends(true, 10);
	frame_ip6(frame)->hop_limits = 1;
	assert_true(pass(PIPE_LAN, PIPE_LAN));
	assert_int_equal(frame[54], 3);
}

static void
answers_echo_requests_to_each_of_its_addresses(void **state)
{
	static const char *const own4[] = { "10.1.0.1", LOCAL, "172.16.0.1" };
	static const char *const own6[] = { "2001:db8:1::1", LOCAL6, "2001:db8:77::1" };
	const struct iface_addr inner4 = { .prefix = { setup_ip("172.16.0.1"), 32 },
		.peer = setup_ip("172.16.0.2") };
	const struct iface_addr inner6 = { .prefix = { setup_ip("2001:db8:77::1"), 128 },
		.peer = setup_ip("2001:db8:77::2") };
	struct err err = { 0 };
	unsigned int i;

	(void)state;
	setup_ok(ctl_if_add_address(gw.ctl, "ipsec0", &inner4, &err), &err);
	setup_ok(ctl_if_add_address(gw.ctl, "ipsec0", &inner6, &err), &err);
	for (i = 0; i < RTE_DIM(own4); i++) {
		len = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", own4[i], 56);
		frame_make_echo(frame);
		assert_true(pass(PIPE_LAN, PIPE_LAN));
		assert_int_equal(frame[34], 0);
		assert_int_equal(frame_ip4(frame)->src_addr, setup_ip(own4[i]).v4);
		len = pipe_udp6(frame, PIPE_LAN, "2001:db8:1::9", own6[i], 56);
		frame_make_echo(frame);
		assert_true(pass(PIPE_LAN, PIPE_LAN));
		assert_int_equal(frame[54], 129);
	}
	/* Through the tunnel, from a host behind the other end. */
	setup_sa_pair(&gw, LOCAL, REMOTE, "aes-ctr", 20);
	len = pipe_udp4(frame, PIPE_LAN, "172.16.0.1", "10.2.0.7", 56);
	frame_make_echo(frame);
	assert_true(pass(PIPE_LAN, PIPE_WAN));
	turn_round();
	swap_inner_ends("172.16.0.1", "10.2.0.7");
	assert_true(pass(PIPE_WAN, PIPE_WAN));
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
	assert_int_equal(pipe_if(&gw, "ipsec0").opackets, 2);
	assert_int_equal(pipe_dropped(&gw), 0);
}

/* A link-local address means nothing without its link: the answer goes where the request came from. */
static void
answers_link_local_requests_on_their_own_link(void **state)
{
	static const char *const own[] = { "fe80::ff:fe00:1", "fe80::ff:fe00:2" };
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 9 } };
	const struct ip_addr host = setup_ip("fe80::9");
	struct err err = { 0 };
	enum pipe_port port;

	(void)state;
	setup_ok(ctl_neigh_add(gw.ctl, "lan0", &host, &mac, &err), &err);
	setup_ok(ctl_neigh_add(gw.ctl, "wan0", &host, &mac, &err), &err);
	for (port = PIPE_LAN; port < PIPE_PORTS; port++) {
		len = pipe_udp6(frame, port, "fe80::9", own[port], 56);
		frame_make_echo(frame);
		assert_true(pass(port, port));
		assert_int_equal(frame[54], 129);
		assert_int_equal(pipe_flush(&gw), 0);
	}
	assert_int_equal(pipe_dropped(&gw), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, gateway_create, gateway_destroy)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_the_sender_what_fits),
		TEST(tells_the_sender_that_the_ttl_is_used_up),
		TEST(answers_echo_requests_to_each_of_its_addresses),
		TEST(answers_link_local_requests_on_their_own_link),
	};

	pipe_eal_init("0");
	return cmocka_run_group_tests_name("pipeline/host", tests, NULL, NULL);
}
