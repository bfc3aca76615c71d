/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors of the control core: which, from what address, how many; packets for us that nobody takes. */
#include "resolve_bench.h"

static void
punt_verdict(struct rte_mbuf *m, enum drop_reason verdict, uint16_t mtu, uint64_t now_ms)
{
	pkt_meta(m)->verdict = (uint8_t)verdict;
	pkt_meta(m)->mtu = mtu;
	punt(m, PUNT_ICMP_ERROR, now_ms);
}

static void
each_verdict_has_its_error_and_is_not_counted_again(void **state)
{
	static const struct {
		enum drop_reason verdict;
		uint8_t type, code;
	} rows[] = {
		{ DROP_TTL, 11, 0 },
		{ DROP_NO_ROUTE, 3, 0 },
		{ DROP_REJECT, 3, 13 },
		{ DROP_TOO_BIG, 3, 4 },
		{ DROP_NEIGH_FAILED, 3, 1 },
	};
	const struct rte_ipv4_hdr *ip;
	unsigned int i;

	for (i = 0; i < RTE_DIM(rows); i++) {
		struct rte_mbuf *m = udp_packet("10.0.0.5", "172.20.0.1", 7, b.lan);

		pkt_meta(m)->fib = 3;
		punt_verdict(m, rows[i].verdict, 1400, T0);
		ip = icmp_packet(i, rows[i].type, rows[i].code);
		assert_int_equal(ip->src_addr, A("10.0.0.1").v4);
		assert_int_equal(ip->dst_addr, A("10.0.0.5").v4);
		assert_int_equal(pkt_meta(b.packet[i])->fib, 3);
		assert_int_equal(pkt_meta(b.packet[i])->nh, 0); /* routed like any packet */
		if (rows[i].verdict == DROP_TOO_BIG)
			assert_int_equal(rte_be_to_cpu_16(((const uint16_t *)(ip + 1))[3]), 1400);
	}
	punt_verdict(udp_packet("10.0.0.5", "172.20.0.1", 7, b.lan), DROP_BLACKHOLE, 0, T0);
	assert_int_equal(b.nb_packets, RTE_DIM(rows));
	assert_int_equal(bench_drops(), 0);
}

static void
ipv6_senders_are_told_too(void **state)
{
	const struct rte_ipv6_hdr *ip;
	const uint8_t *icmp;

	punt_verdict(udp_packet("2001:db8::5", "2001:db8:99::1", 7, b.lan), DROP_TOO_BIG, 1280, T0);
	assert_int_equal(b.nb_packets, 1);
	ip = pkt_ip6(b.packet[0]);
	icmp = (const uint8_t *)(ip + 1);
	assert_int_equal(icmp[0], 2);
	assert_int_equal(icmp[6] << 8 | icmp[7], 1280);
	assert_memory_equal(ip6_src(ip), A("2001:db8::1").v6, 16);
	assert_true(pkt_meta(b.packet[0])->flags & PKT_IP6);
}

static void
an_interface_without_an_address_borrows_one_of_a_port(void **state)
{
	struct iface *ipsec = ipsec_if_create(b.ifaces, "ipsec0", NULL);

	punt_verdict(udp_packet("172.16.0.5", "172.20.0.1", 7, ipsec), DROP_TTL, 0, T0);
	assert_int_equal(icmp_packet(0, 11, 0)->src_addr, A("10.0.0.1").v4);
	bench_address(ipsec, "172.16.0.3/16");
	punt_verdict(udp_packet("172.16.0.5", "172.20.0.1", 7, ipsec), DROP_TTL, 0, T0);
	assert_int_equal(icmp_packet(1, 11, 0)->src_addr, A("172.16.0.3").v4);
}

static void
no_error_about_our_own_packets_nor_to_groups(void **state)
{
	struct rte_mbuf *m = udp_packet("10.0.0.1", "172.20.0.1", 7, b.lan);

	pkt_meta(m)->flags |= PKT_ORIGINATED;
	punt_verdict(m, DROP_TTL, 0, T0);
	m = udp_packet("10.0.0.5", "172.20.0.1", 7, b.lan);
	pkt_meta(m)->flags |= PKT_L2_BCAST;
	punt_verdict(m, DROP_TTL, 0, T0);
	punt_verdict(udp_packet("10.0.0.5", "239.1.1.1", 7, b.lan), DROP_TTL, 0, T0);
	m = udp_packet("10.0.0.5", "172.20.0.1", 7, b.lan);
	pkt_ip4(m)->fragment_offset = rte_cpu_to_be_16(185);
	punt_verdict(m, DROP_TTL, 0, T0);
	assert_int_equal(b.nb_packets, 0);
}

static void
errors_are_limited_to_a_rate_with_a_burst(void **state)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		punt_verdict(udp_packet("10.0.0.5", "172.20.0.1", 7, b.lan), DROP_TTL, 0, T0);
	assert_int_equal(b.nb_packets, RESOLVE_ICMP_BURST);
	bench_forget();
	for (i = 0; i < 10000; i++) /* ten per millisecond for a second */
		punt_verdict(udp_packet("10.0.0.5", "172.20.0.1", 7, b.lan), DROP_TTL, 0,
				T0 + 1 + i / 10);
	assert_in_range(b.nb_packets, RESOLVE_ICMP_RATE - 1, RESOLVE_ICMP_RATE + 1);
	bench_forget();
	for (i = 0; i < 1000; i++) /* a long pause does not save up more than a burst */
		punt_verdict(udp_packet("10.0.0.5", "172.20.0.1", 7, b.lan), DROP_TTL, 0,
				T0 + 3600000);
	assert_int_equal(b.nb_packets, RESOLVE_ICMP_BURST);
}

static void
udp_for_us_is_port_unreachable_from_the_address_it_was_for(void **state)
{
	punt(udp_packet("10.0.0.5", "192.168.0.3", 500, b.lan), PUNT_LOCAL, T0);
	assert_int_equal(icmp_packet(0, 3, 3)->src_addr, A("192.168.0.3").v4);
	assert_int_equal(b.drops[DROP_LOCAL_PROTO], 1);
	punt(udp_packet("2001:db8::5", "2001:db8::1", 500, b.lan), PUNT_LOCAL, T0);
	assert_int_equal(((const uint8_t *)(pkt_ip6(b.packet[1]) + 1))[0], 1);
	assert_int_equal(((const uint8_t *)(pkt_ip6(b.packet[1]) + 1))[1], 4);
	assert_int_equal(b.drops[DROP_LOCAL_PROTO], 2);
}

static void
an_unknown_protocol_for_us_is_protocol_unreachable(void **state)
{
	struct rte_mbuf *m = udp_packet("10.0.0.5", "10.0.0.1", 7, b.lan);

	pkt_ip4(m)->next_proto_id = 47;
	punt(m, PUNT_LOCAL, T0);
	icmp_packet(0, 3, 2);
	assert_int_equal(b.drops[DROP_LOCAL_PROTO], 1);
}

static void
icmp_esp_and_keepalives_for_us_are_counted_in_silence(void **state)
{
	static const uint8_t silent[] = { IPPROTO_ICMP, IPPROTO_ESP };
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < RTE_DIM(silent); i++) {
		m = udp_packet("10.0.0.5", "10.0.0.1", 7, b.lan);
		pkt_ip4(m)->next_proto_id = silent[i];
		punt(m, PUNT_LOCAL, T0);
	}
	m = udp_packet("10.0.0.5", "10.0.0.1", 4500, b.lan);
	rte_pktmbuf_trim(m, 19); /* one byte of payload */
	punt(m, PUNT_LOCAL, T0);
	assert_int_equal(b.nb_packets, 0);
	assert_int_equal(b.drops[DROP_ICMP_INVALID], 1); /* the checksum of ICMP is wrong */
	assert_int_equal(b.drops[DROP_LOCAL_PROTO], 2);
	/* more than a byte is no keep-alive */
	punt(udp_packet("10.0.0.5", "10.0.0.1", 4500, b.lan), PUNT_LOCAL, T0);
	icmp_packet(0, 3, 3);
}

static void
headers_cut_off_do_no_harm(void **state)
{
	uint16_t len;

	for (len = 20; len < 48; len++) {
		struct rte_mbuf *m = udp_packet("10.0.0.5", "10.0.0.1", 4500, b.lan);

		rte_pktmbuf_trim(m, (uint16_t)(48 - len));
		punt(m, PUNT_LOCAL, T0 + len * 1000);
	}
	for (len = 40; len < 68; len++) {
		struct rte_mbuf *m = udp_packet("2001:db8::5", "2001:db8::1", 4500, b.lan);

		pkt_ip6(m)->proto = len % 2 ? 0 : IPPROTO_ICMPV6; /* hop-by-hop, or ICMPv6 */
		rte_pktmbuf_trim(m, (uint16_t)(68 - len));
		punt(m, PUNT_LOCAL, T0 + len * 1000);
	}
	assert_int_equal(bench_drops(), 28 + 28);
}

static void
a_punt_for_no_reason_is_a_named_drop(void **state)
{
	punt(udp_packet("10.0.0.5", "10.0.0.1", 7, b.lan), PUNT_NONE, T0);
	assert_int_equal(b.drops[DROP_LOCAL_PROTO], 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bench_up, bench_down)
	const struct CMUnitTest tests[] = {
		T(each_verdict_has_its_error_and_is_not_counted_again),
		T(ipv6_senders_are_told_too),
		T(an_interface_without_an_address_borrows_one_of_a_port),
		T(no_error_about_our_own_packets_nor_to_groups),
		T(errors_are_limited_to_a_rate_with_a_burst),
		T(udp_for_us_is_port_unreachable_from_the_address_it_was_for),
		T(an_unknown_protocol_for_us_is_protocol_unreachable),
		T(icmp_esp_and_keepalives_for_us_are_counted_in_silence),
		T(headers_cut_off_do_no_harm),
		T(a_punt_for_no_reason_is_a_named_drop),
	};

	return cmocka_run_group_tests_name(
			"control/resolve_icmp", tests, bench_group_up, bench_group_down);
}
