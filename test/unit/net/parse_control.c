/* SPDX-License-Identifier: BSD-3-Clause */
/* net/parse: what the control core reads. ARP, neighbour discovery, ICMP. */
#include "packets.h"

#include "net/parse.h"

static void
reads_arp(void **state)
{
	struct parse_arp arp;
	struct rte_mbuf *m;

	(void)state;
	m = packet("arp_request");
	assert_int_equal(parse_arp(m, &arp), DROP_NONE);
	assert_int_equal(arp.op, 1);
	assert_string_equal(mac_str(&arp.sender_mac), "02:00:00:00:00:0a");
	assert_true(ip_equal(&arp.sender, IP("10.1.0.2")));
	assert_true(ip_equal(&arp.target, IP("10.1.0.1")));
	rte_pktmbuf_free(m);
	m = packet("arp_reply");
	assert_int_equal(parse_arp(m, &arp), DROP_NONE);
	assert_int_equal(arp.op, 2);
	rte_pktmbuf_free(m);
	m = packet("arp_probe");
	assert_int_equal(parse_arp(m, &arp), DROP_NONE);
	assert_true(ip_is_any(&arp.sender));
	rte_pktmbuf_free(m);
}

static void
refuses_bad_arp(void **state)
{
	static const struct {
		const char *name;
		struct {
			uint16_t at;
			uint8_t value;
		} byte[4];
	} rows[] = {
		{ "arp_request", { { 1, 6 } } },
		{ "arp_request", { { 2, 0x86 } } },
		{ "arp_request", { { 4, 8 } } },
		{ "arp_request", { { 5, 16 } } },
		{ "arp_request", { { 7, 0 } } },
		{ "arp_request", { { 7, 3 } } },
		{ "arp_request", { { 8, 3 } } }, /* group MAC */
		{ "arp_request", { { 8, 0 }, { 13, 0 } } },
		{ "arp_request", { { 14, 224 } } },
		{ "arp_request", { { 14, 255 }, { 15, 255 }, { 16, 255 }, { 17, 255 } } },
		{ "arp_probe", { { 7, 2 } } },
	};
	struct parse_arp arp = { .op = 77 };
	struct rte_mbuf *m;
	size_t i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		m = packet(rows[i].name);
		for (k = 0; k < RTE_DIM(rows[i].byte) && rows[i].byte[k].at != 0; k++)
			rte_pktmbuf_mtod(m, uint8_t *)[rows[i].byte[k].at] = rows[i].byte[k].value;
		if (parse_arp(m, &arp) != DROP_ARP_INVALID)
			fail_msg("row %zu is accepted", i);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(arp.op, 77); /* outputs stay as they were */
}

static const struct {
	const char *name;
	enum drop_reason want;
	enum nd_type type;
	bool has_mac;
} nd_rows[] = {
	{ "ns", DROP_NONE, ND_NS, true },
	{ "ns_unicast", DROP_NONE, ND_NS, true },
	{ "ns_dad", DROP_NONE, ND_NS, false },
	{ "na", DROP_NONE, ND_NA, true },
	{ "na_all_nodes", DROP_NONE, ND_NA, true },
	{ "rs", DROP_NONE, ND_RS, true },
	{ "ra", DROP_NONE, ND_RA, true },
	{ "echo6_request", DROP_NONE, ND_NONE, false },
	{ "tcp6", DROP_NONE, ND_NONE, false },
	{ "esp6_extensions", DROP_NONE, ND_NONE, false },
	{ "ns_hop_limit", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_checksum", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_code", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_group_target", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_option_zero", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_option_cut", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_option_odd", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_group_mac", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_dad_unicast", DROP_ND_INVALID, ND_NONE, false },
	{ "ns_dad_mac", DROP_ND_INVALID, ND_NONE, false },
	{ "na_group_solicited", DROP_ND_INVALID, ND_NONE, false },
	{ "na_group_target", DROP_ND_INVALID, ND_NONE, false },
	{ "ra_global", DROP_ND_INVALID, ND_NONE, false },
	{ "rs_any_mac", DROP_ND_INVALID, ND_NONE, false },
};

static void
reads_neighbour_discovery_by_the_rules_of_rfc_4861(void **state)
{
	enum drop_reason got;
	struct parse_nd nd;
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(nd_rows); i++) {
		m = packet(nd_rows[i].name);
		got = parse_nd(m, &nd);
		if (got != nd_rows[i].want || nd.type != nd_rows[i].type)
			fail_msg("%s: %s, type %d", nd_rows[i].name, drop_name(got), nd.type);
		assert_int_equal(nd.has_mac, nd_rows[i].has_mac);
		if (nd.has_mac)
			assert_string_equal(mac_str(&nd.mac), "02:00:00:00:00:0a");
		rte_pktmbuf_free(m);
	}
}

static void
reads_the_fields_of_an_advertisement(void **state)
{
	struct rte_mbuf *m = packet("na");
	struct parse_nd nd;

	(void)state;
	assert_int_equal(parse_nd(m, &nd), DROP_NONE);
	assert_true(nd.solicited && nd.override && nd.router);
	assert_true(ip_equal(&nd.target, IP("2001:db8:1::2")));
	assert_true(ip_equal(&nd.src, IP("2001:db8:1::2")));
	assert_true(ip_equal(&nd.dst, IP("2001:db8:1::1")));
	rte_pktmbuf_free(m);
	m = packet("na_all_nodes");
	assert_int_equal(parse_nd(m, &nd), DROP_NONE);
	assert_false(nd.solicited);
	rte_pktmbuf_free(m);
}

static void
reads_icmp_of_both_families(void **state)
{
	struct parse_icmp icmp;
	struct rte_mbuf *m;

	(void)state;
	m = packet("too_big4");
	assert_int_equal(parse_icmp(m, false, &icmp), DROP_NONE);
	assert_int_equal(icmp.type, 3);
	assert_int_equal(icmp.code, 4);
	assert_int_equal(icmp.offset, 20);
	rte_pktmbuf_mtod(m, uint8_t *)[30]++;
	assert_int_equal(parse_icmp(m, false, &icmp), DROP_ICMP_INVALID);
	rte_pktmbuf_free(m);
	m = packet("port_unreachable6");
	assert_int_equal(parse_icmp(m, true, &icmp), DROP_NONE);
	assert_int_equal(icmp.type, 1);
	assert_int_equal(icmp.code, 4);
	assert_int_equal(icmp.offset, 40);
	rte_pktmbuf_free(m);
	m = packet("tcp4");
	assert_int_equal(parse_icmp(m, false, &icmp), DROP_ICMP_INVALID);
	rte_pktmbuf_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_arp),
		cmocka_unit_test(refuses_bad_arp),
		cmocka_unit_test(reads_neighbour_discovery_by_the_rules_of_rfc_4861),
		cmocka_unit_test(reads_the_fields_of_an_advertisement),
		cmocka_unit_test(reads_icmp_of_both_families),
	};

	return cmocka_run_group_tests_name(
			"net/parse_control", tests, packets_setup, packets_teardown);
}
