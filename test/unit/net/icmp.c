/* SPDX-License-Identifier: BSD-3-Clause */
/* net/icmp: each packet that it makes is compared with one that scapy made. */
#include "packets.h"

#include <string.h>

#include <rte_arp.h>
#include <rte_ip.h>

#include "net/icmp.h"
#include "net/pkt.h"

static const struct rte_ether_addr mac_a = { { 2, 0, 0, 0, 0, 0x0a } };
static const struct rte_ether_addr mac_b = { { 2, 0, 0, 0, 0, 0x0b } };

static void
answers_echo_of_both_families(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	m = packet("echo4_request");
	assert_true(icmp_echo_reply(m, false, 64));
	assert_packet(m, "echo4_reply");
	m = packet("echo6_request");
	assert_true(icmp_echo_reply(m, true, 64));
	assert_packet(m, "echo6_reply");
}

static void
answers_echo_without_its_ip_options(void **state)
{
	struct rte_mbuf *m = packet("echo4_options");

	(void)state;
	assert_true(icmp_echo_reply(m, false, 64));
	assert_packet(m, "echo4_reply");
}

/*
 * Change one byte, mend what sums need mending, and see that nothing is answered and nothing
 * changed.
 */
static void
assert_not_echo(const char *name, bool ip6, uint16_t at, uint8_t value, bool mend_ip)
{
	struct rte_mbuf *m = packet(name);
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)p;
	uint8_t before[256];

	p[at] = value;
	if (mend_ip) {
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	memcpy(before, p, m->data_len);
	assert_false(icmp_echo_reply(m, ip6, 64));
	assert_memory_equal(rte_pktmbuf_mtod(m, uint8_t *), before, m->data_len);
	rte_pktmbuf_free(m);
}

static void
leaves_what_is_no_echo_request_alone(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	assert_not_echo("echo4_request", false, 60, 0xee, false); /* checksum */
	assert_not_echo("echo6_request", true, 60, 0xee, false);
	assert_not_echo("echo4_request", false, 6, 0x20, true); /* more fragments */
	assert_not_echo("echo4_request", false, 9, 17, true);   /* UDP */
	assert_not_echo("echo6_request", true, 6, 17, false);
	assert_not_echo("echo4_request", false, 16, 0xe0, true); /* to a group */
	assert_not_echo("echo4_reply", false, 0, 0x45, false);
	assert_not_echo("echo6_reply", true, 0, 0x60, false);
	m = packet("echo4_request");
	rte_pktmbuf_trim(m, 60);
	assert_false(icmp_echo_reply(m, false, 64)); /* cut in the ICMP header */
	rte_pktmbuf_free(m);
}

static void
makes_errors_as_scapy_does(void **state)
{
	static const struct {
		enum icmp_error kind;
		const char *about, *want;
	} rows[] = {
		{ ICMP_TIME_EXCEEDED, "about4", "time_exceeded4" },
		{ ICMP_NET_UNREACHABLE, "about4", "net_unreachable4" },
		{ ICMP_HOST_UNREACHABLE, "about4", "host_unreachable4" },
		{ ICMP_ADMIN_PROHIBITED, "about4", "admin_prohibited4" },
		{ ICMP_PROTO_UNREACHABLE, "about4", "proto_unreachable4" },
		{ ICMP_PORT_UNREACHABLE, "about4", "port_unreachable4" },
		{ ICMP_TOO_BIG, "about4", "too_big4" },
		{ ICMP_TOO_BIG, "long4", "too_big4_long" },
		{ ICMP_TIME_EXCEEDED, "about6", "time_exceeded6" },
		{ ICMP_NET_UNREACHABLE, "about6", "net_unreachable6" },
		{ ICMP_HOST_UNREACHABLE, "about6", "host_unreachable6" },
		{ ICMP_ADMIN_PROHIBITED, "about6", "admin_prohibited6" },
		{ ICMP_PROTO_UNREACHABLE, "about6", "proto_unreachable6" },
		{ ICMP_PORT_UNREACHABLE, "about6", "port_unreachable6" },
		{ ICMP_TOO_BIG, "about6", "too_big6" },
		{ ICMP_TOO_BIG, "long6", "too_big6_long" },
	};
	struct rte_mbuf *about, *m;
	bool ip6;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		ip6 = strchr(rows[i].about, '6') != NULL;
		about = packet(rows[i].about);
		assert_true(icmp_error_allowed(about, ip6));
		m = icmp_error_create(packet_pool, about, ip6, rows[i].kind, 1400,
				IP(ip6 ? "2001:db8:1::1" : "10.1.0.1"));
		assert_packet(m, rows[i].want);
		rte_pktmbuf_free(about);
	}
}

static void
zeroes_the_private_area_of_what_it_makes(void **state)
{
	struct rte_mbuf *all[256], *about, *m;
	const unsigned int n = rte_mempool_avail_count(packet_pool);
	unsigned int i;

	(void)state;
	assert_true(n <= RTE_DIM(all));
	for (i = 0; i < n; i++) {
		all[i] = rte_pktmbuf_alloc(packet_pool);
		memset(rte_mbuf_to_priv(all[i]), 0xff, PKT_PRIV_SIZE);
	}
	rte_pktmbuf_free_bulk(all, n);
	about = packet("about4");
	m = icmp_error_create(packet_pool, about, false, ICMP_TIME_EXCEEDED, 0, IP("10.1.0.1"));
	for (i = 0; i < PKT_PRIV_SIZE; i++)
		assert_int_equal(((uint8_t *)rte_mbuf_to_priv(m))[i], 0);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(about);
}

/* One byte of a good packet makes it one about which no error may be sent. */
static void
sends_no_error_about_what_must_not_have_one(void **state)
{
	static const struct {
		const char *name;
		uint16_t at;
		uint8_t value;
	} rows[] = {
		{ "time_exceeded4", 0, 0x45 }, { "too_big4", 0, 0x45 },
		{ "time_exceeded6", 0, 0x60 }, { "proto_unreachable6", 0, 0x60 },
		{ "about4", 7, 9 },     /* a later fragment */
		{ "about4", 12, 0xe0 }, /* from a group */
		{ "about4", 12, 127 }, { "about4", 12, 0 }, { "about4", 12, 0xf0 },
		{ "about4", 16, 0xef }, /* to a group */
		{ "about6", 8, 0xff }, { "about6", 24, 0xff },
		{ "echo6_request", 40, 137 }, /* a redirect */
		{ "esp6_last_fragment", 0, 0x60 },
		{ "ns_dad", 0, 0x60 },     /* from nobody, to a group */
		{ "esp6_chain9", 0, 0x60 } /* no end of extension headers */
	};
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		m = packet(rows[i].name);
		rte_pktmbuf_mtod(m, uint8_t *)[rows[i].at] = rows[i].value;
		if (icmp_error_allowed(m,
				    rows[i].name[0] != '\0' &&
						    (rte_pktmbuf_mtod(m, uint8_t *)[0] >> 4) == 6))
			fail_msg("row %zu (%s) is allowed", i, rows[i].name);
		rte_pktmbuf_free(m);
	}
}

static void
allows_errors_about_echo_requests_and_first_fragments(void **state)
{
	static const char *const names[] = { "echo4_request", "esp4_first_fragment",
		"echo6_request", "esp6_first_fragment", "esp6_atomic_fragment",
		"esp6_segments_left" };
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(names); i++) {
		m = packet(names[i]);
		assert_true(icmp_error_allowed(m, strchr(names[i], '6') != NULL));
		rte_pktmbuf_free(m);
	}
}

static void
sends_no_error_about_our_own_and_layer_2_broadcasts(void **state)
{
	struct rte_mbuf *m = packet("about4");

	(void)state;
	assert_true(icmp_error_allowed(m, false));
	pkt_meta(m)->flags = PKT_L2_BCAST;
	assert_false(icmp_error_allowed(m, false));
	pkt_meta(m)->flags = PKT_ORIGINATED;
	assert_false(icmp_error_allowed(m, false));
	rte_pktmbuf_free(m);
}

static void
sends_no_error_about_an_icmp_packet_cut_before_its_type(void **state)
{
	struct rte_mbuf *m = packet("echo4_request");

	(void)state;
	rte_pktmbuf_trim(m, (uint16_t)(m->data_len - 20));
	assert_false(icmp_error_allowed(m, false));
	rte_pktmbuf_free(m);
}

static void
makes_arp_as_scapy_does(void **state)
{
	(void)state;
	assert_packet(arp_create(packet_pool, RTE_ARP_OP_REQUEST, &mac_a, IP("10.1.0.2"), NULL,
				      IP("10.1.0.1")),
			"arp_request");
	assert_packet(arp_create(packet_pool, RTE_ARP_OP_REPLY, &mac_a, IP("10.1.0.2"), &mac_b,
				      IP("10.1.0.1")),
			"arp_reply");
}

static void
makes_neighbour_discovery_as_scapy_does(void **state)
{
	const struct ip_addr *me = IP("2001:db8:1::1"), *it = IP("2001:db8:1::2");
	const struct ip_addr none = { 0 };

	(void)state;
	assert_packet(nd_solicit_create(packet_pool, &mac_a, me, NULL, it), "ns");
	assert_packet(nd_solicit_create(packet_pool, &mac_a, me, &none, it), "ns");
	assert_packet(nd_solicit_create(packet_pool, &mac_a, me, it, it), "ns_unicast");
	assert_packet(nd_solicit_create(packet_pool, &mac_a, IP("::"), NULL, it), "ns_dad");
	assert_packet(nd_advert_create(packet_pool, &mac_a, me, it, true, true), "na");
	assert_packet(nd_advert_create(packet_pool, &mac_a, IP("::"), it, true, true),
			"na_all_nodes");
	assert_packet(nd_advert_create(packet_pool, &mac_a, IP("ff02::1"), it, false, true),
			"na_all_nodes");
}

static void
knows_the_groups_of_neighbour_discovery(void **state)
{
	struct rte_ether_addr mac;
	struct ip_addr group;

	(void)state;
	nd_solicited_node(IP("2001:db8::1:abcd:ef01"), &group);
	assert_true(ip_equal(&group, IP("ff02::1:ffcd:ef01")));
	nd_group_mac(&group, &mac);
	assert_string_equal(mac_str(&mac), "33:33:ff:cd:ef:01");
}

static void
gives_null_when_the_pool_is_empty(void **state)
{
	struct rte_mempool *tiny = rte_pktmbuf_pool_create("tiny", 1, 0, 0, 256, 0);
	struct rte_mempool *narrow = rte_pktmbuf_pool_create("narrow", 1, 0, 0, 140, 0);
	const struct ip_addr *me = IP("10.1.0.1"), *me6 = IP("2001:db8:1::1");
	struct rte_mbuf *about = packet("about4"), *about6 = packet("about6"), *m;

	(void)state;
	m = rte_pktmbuf_alloc(tiny);
	assert_non_null(m);
	assert_null(icmp_error_create(tiny, about, false, ICMP_TIME_EXCEEDED, 0, me));
	assert_null(icmp_error_create(tiny, about6, true, ICMP_TIME_EXCEEDED, 0, me6));
	assert_null(arp_create(tiny, RTE_ARP_OP_REQUEST, &mac_a, me, NULL, me));
	assert_null(nd_solicit_create(tiny, &mac_a, me6, NULL, me6));
	rte_pktmbuf_free(m);
	/* Buffers with 12 bytes behind the headroom. */
	assert_null(arp_create(narrow, RTE_ARP_OP_REQUEST, &mac_a, me, NULL, me));
	assert_int_equal(rte_mempool_avail_count(narrow), 1);
	rte_pktmbuf_free(about);
	rte_pktmbuf_free(about6);
	rte_mempool_free(tiny);
	rte_mempool_free(narrow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_echo_of_both_families),
		cmocka_unit_test(answers_echo_without_its_ip_options),
		cmocka_unit_test(leaves_what_is_no_echo_request_alone),
		cmocka_unit_test(makes_errors_as_scapy_does),
		cmocka_unit_test(zeroes_the_private_area_of_what_it_makes),
		cmocka_unit_test(sends_no_error_about_what_must_not_have_one),
		cmocka_unit_test(allows_errors_about_echo_requests_and_first_fragments),
		cmocka_unit_test(sends_no_error_about_our_own_and_layer_2_broadcasts),
		cmocka_unit_test(sends_no_error_about_an_icmp_packet_cut_before_its_type),
		cmocka_unit_test(makes_arp_as_scapy_does),
		cmocka_unit_test(makes_neighbour_discovery_as_scapy_does),
		cmocka_unit_test(knows_the_groups_of_neighbour_discovery),
		cmocka_unit_test(gives_null_when_the_pool_is_empty),
	};

	return cmocka_run_group_tests_name("net/icmp", tests, packets_setup, packets_teardown);
}
