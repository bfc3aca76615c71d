/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbour discovery: who is answered, from whom is learnt, what is sent. */
#include "resolve_bench.h"

#define HOST "02:aa:00:00:00:05"
#define GROUP_OF_5 "33:33:ff:00:00:05"

static struct neigh *
find(const char *addr)
{
	const struct ip_addr a = A(addr);

	return neigh_find(b.neighs, b.lan->index, &a);
}

/* Destination and target of a message, and its flags. */
static void
check_nd(const struct rte_ipv6_hdr *ip, const char *src, const char *dst, const char *target,
		uint8_t flags)
{
	const uint8_t *icmp = (const uint8_t *)(ip + 1);
	const struct ip_addr s = A(src), d = A(dst), t = A(target);

	assert_memory_equal(ip6_src(ip), s.v6, 16);
	assert_memory_equal(ip6_dst(ip), d.v6, 16);
	assert_memory_equal(icmp + 8, t.v6, 16);
	assert_int_equal(icmp[4] & 0x60, flags); /* solicited, override */
	assert_int_equal(icmp[24], icmp[0] == 135 ? 1 : 2);
	assert_memory_equal(icmp + 26, &b.lan->mac, 6);
}

static void
answers_a_solicitation_and_learns_who_asks(void **state)
{
	punt_ns(b.lan, HOST, "2001:db8::5", "2001:db8::1", T0);
	assert_int_equal(b.nb_frames, 1);
	check_nd(nd_frame(0, 136, HOST), "2001:db8::1", "2001:db8::5", "2001:db8::1", 0x60);
	assert_int_equal(find("2001:db8::5")->state, NEIGH_STALE);
	assert_int_equal(lookup("2001:db8::5"), nh_make(NH_NEIGH, find("2001:db8::5")->index));
}

static void
answers_for_its_link_local_address_without_a_host_route(void **state)
{
	punt_ns(b.lan, HOST, "fe80::5", "fe80::1", T0);
	check_nd(nd_frame(0, 136, HOST), "fe80::1", "fe80::5", "fe80::1", 0x60);
	assert_non_null(find("fe80::5"));
	assert_int_equal(nh_kind(lookup("fe80::5")), NH_ATTACHED);
}

static void
answers_a_duplicate_check_to_all_nodes(void **state)
{
	punt_ns(b.lan, NULL, "::", "2001:db8::1", T0);
	assert_int_equal(b.nb_frames, 1);
	check_nd(nd_frame(0, 136, "33:33:00:00:00:01"), "2001:db8::1", "ff02::1", "2001:db8::1",
			0x20);
	assert_int_equal(b.neighs->count, 0);
}

static void
asks_back_before_answering_one_without_a_link_layer_address(void **state)
{
	punt_ns(b.lan, NULL, "2001:db8::5", "2001:db8::1", T0);
	assert_int_equal(b.nb_frames, 1);
	nd_frame(0, 135, GROUP_OF_5);
	assert_int_equal(b.nb_packets, 0);
	punt_na(b.lan, HOST, "2001:db8::5", true, true, T0 + 5);
	assert_int_equal(b.nb_packets, 1); /* the advertisement that waited */
	assert_int_equal(((const uint8_t *)(pkt_ip6(b.packet[0]) + 1))[0], 136);
}

static void
says_nothing_about_addresses_of_others(void **state)
{
	punt_ns(b.lan, HOST, "2001:db8::5", "2001:db8::99", T0);
	punt_ns(b.lan, HOST, "2001:db8::5", "2001:db8:1::3", T0); /* ours, of the other port */
	assert_int_equal(b.nb_frames, 0);
	assert_int_equal(b.neighs->count, 0);
}

static void
solicits_and_sends_on_what_waited(void **state)
{
	punt_neigh(b.lan, "2001:db8::5", T0);
	assert_int_equal(b.nb_frames, 1);
	check_nd(nd_frame(0, 135, GROUP_OF_5), "2001:db8::1", "ff02::1:ff00:5", "2001:db8::5", 0);
	punt_na(b.lan, HOST, "2001:db8::5", true, true, T0 + 5);
	assert_int_equal(b.nb_packets, 1);
	assert_int_equal(find("2001:db8::5")->state, NEIGH_REACHABLE);
	assert_int_equal(lookup("2001:db8::5"), pkt_meta(b.packet[0])->nh);
}

static void
gives_up_after_three_solicitations(void **state)
{
	punt_neigh(b.lan, "2001:db8::5", T0);
	resolve_tick(b.r, T0 + 1000);
	resolve_tick(b.r, T0 + 2000);
	resolve_tick(b.r, T0 + 3000);
	assert_int_equal(b.nb_frames, 3);
	assert_int_equal(b.drops[DROP_NEIGH_FAILED], 1);
	assert_int_equal(b.nb_packets, 1); /* address unreachable */
	assert_int_equal(((const uint8_t *)(pkt_ip6(b.packet[0]) + 1))[0], 1);
	assert_int_equal(((const uint8_t *)(pkt_ip6(b.packet[0]) + 1))[1], 3);
}

static void
ignores_advertisements_nobody_asked_for(void **state)
{
	punt_na(b.lan, HOST, "2001:db8::5", true, true, T0);
	punt_na(b.lan, HOST, "2001:db8::5", false, true, T0);
	assert_int_equal(b.neighs->count, 0);
}

/* RFC 4861, appendix C: what an advertisement does to an entry that is known. */
static void
an_advertisement_changes_an_entry_as_the_rfc_says(void **state)
{
	static const struct {
		bool other_mac, solicited, override;
		enum neigh_state want;
		bool moved;
	} rows[] = {
		{ false, false, false, NEIGH_REACHABLE, false },
		{ false, false, true, NEIGH_REACHABLE, false },
		{ false, true, false, NEIGH_REACHABLE, false },
		{ false, true, true, NEIGH_REACHABLE, false },
		{ true, false, false, NEIGH_STALE, false },
		{ true, true, false, NEIGH_STALE, false },
		{ true, false, true, NEIGH_STALE, true },
		{ true, true, true, NEIGH_REACHABLE, true },
	};
	const struct rte_ether_addr old = MAC(HOST), other = MAC("02:aa:00:00:00:06");
	struct neigh *n;
	unsigned int i;

	punt_neigh(b.lan, "2001:db8::5", T0);
	for (i = 0; i < RTE_DIM(rows); i++) {
		n = find("2001:db8::5");
		resolve_neigh_known(b.r, n, &old, NEIGH_REACHABLE);
		punt_na(b.lan, rows[i].other_mac ? "02:aa:00:00:00:06" : HOST, "2001:db8::5",
				rows[i].solicited, rows[i].override, T0);
		assert_int_equal(n->state, rows[i].want);
		assert_memory_equal(&n->mac, rows[i].moved ? &other : &old, 6);
	}
}

static void
a_solicitation_does_not_make_a_reachable_entry_stale(void **state)
{
	punt_neigh(b.lan, "2001:db8::5", T0);
	punt_na(b.lan, HOST, "2001:db8::5", true, true, T0 + 1);
	punt_ns(b.lan, HOST, "2001:db8::5", "2001:db8::1", T0 + 2);
	assert_int_equal(find("2001:db8::5")->state, NEIGH_REACHABLE);
}

static void
announces_an_address_to_all_nodes(void **state)
{
	const struct ip_addr addr = A("2001:db8::1");

	resolve_announce(b.r, b.lan, &addr);
	check_nd(nd_frame(0, 136, "33:33:00:00:00:01"), "2001:db8::1", "ff02::1", "2001:db8::1",
			0x20);
}

/* Bytes of a good solicitation changed one at a time. */
static void
drops_malformed_neighbour_discovery_by_name(void **state)
{
	static const struct {
		uint16_t at;
		uint8_t value;
	} wrong[] = {
		{ 7, 254 },   /* hop limit: came over a router */
		{ 41, 1 },    /* code */
		{ 42, 0x5a }, /* checksum */
		{ 48, 0xff }, /* the target is a group */
		{ 65, 0 },    /* an option of no length */
		{ 65, 9 },    /* an option that is cut off */
	};
	struct ip_addr src = A("2001:db8::5"), target = A("2001:db8::1");
	const struct rte_ether_addr mac = MAC(HOST);
	struct rte_mbuf *m;
	uint16_t sum = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(wrong); i++) {
		uint8_t *p;

		m = nd_solicit_create(b.pool, &mac, &src, NULL, &target);
		pkt_meta(m)->flags = PKT_IP6;
		pkt_meta(m)->iface = b.lan->index;
		p = rte_pktmbuf_mtod(m, uint8_t *);
		p[wrong[i].at] = wrong[i].value;
		if (wrong[i].at != 42) { /* else only the checksum would be wrong */
			memset(p + 42, 0, 2);
			sum = rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)p, p + 40);
			memcpy(p + 42, &sum, 2);
		}
		punt(m, PUNT_MULTICAST, T0);
		assert_int_equal(b.drops[DROP_ND_INVALID], i + 1);
	}
	assert_int_equal(b.nb_frames, 0);
	assert_int_equal(b.neighs->count, 0);
}

static void
drops_neighbour_discovery_out_of_a_tunnel(void **state)
{
	struct iface *ipsec = ipsec_if_create(b.ifaces, "ipsec0", NULL);

	bench_address(ipsec, "2001:db8:5::1/64");
	punt_ns(ipsec, HOST, "2001:db8:5::5", "2001:db8:5::1", T0);
	assert_int_equal(b.drops[DROP_ND_INVALID], 1);
	assert_int_equal(b.nb_frames, 0);
}

static void
other_multicast_is_a_named_drop(void **state)
{
	punt(udp_packet("2001:db8::5", "ff02::fb", 5353, b.lan), PUNT_MULTICAST, T0);
	punt(udp_packet("10.0.0.5", "224.0.0.251", 5353, b.lan), PUNT_MULTICAST, T0);
	assert_int_equal(b.drops[DROP_MULTICAST], 2);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bench_up, bench_down)
	const struct CMUnitTest tests[] = {
		T(answers_a_solicitation_and_learns_who_asks),
		T(answers_for_its_link_local_address_without_a_host_route),
		T(answers_a_duplicate_check_to_all_nodes),
		T(asks_back_before_answering_one_without_a_link_layer_address),
		T(says_nothing_about_addresses_of_others),
		T(solicits_and_sends_on_what_waited),
		T(gives_up_after_three_solicitations),
		T(ignores_advertisements_nobody_asked_for),
		T(an_advertisement_changes_an_entry_as_the_rfc_says),
		T(a_solicitation_does_not_make_a_reachable_entry_stale),
		T(announces_an_address_to_all_nodes),
		T(drops_malformed_neighbour_discovery_by_name),
		T(drops_neighbour_discovery_out_of_a_tunnel),
		T(other_multicast_is_a_named_drop),
	};

	return cmocka_run_group_tests_name(
			"control/resolve_nd", tests, bench_group_up, bench_group_down);
}
