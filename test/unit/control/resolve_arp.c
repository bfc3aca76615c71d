/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP: who is answered, from whom is learnt, what is sent. */
#include "resolve_bench.h"

#define ALL "ff:ff:ff:ff:ff:ff"
#define HOST "02:aa:00:00:00:05"

static struct neigh *
find(const char *addr)
{
	const struct ip_addr a = A(addr);

	return neigh_find(b.neighs, b.lan->index, &a);
}

static void
answers_a_request_for_its_address(void **state)
{
	const struct rte_arp_hdr *arp;
	const struct rte_ether_addr host = MAC(HOST);

	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", T0);
	assert_int_equal(b.nb_frames, 1);
	assert_int_equal(b.frame_port[0], 0);
	arp = arp_frame(0, HOST);
	assert_int_equal(rte_be_to_cpu_16(arp->arp_opcode), 2);
	assert_int_equal(arp->arp_data.arp_sip, A("10.0.0.1").v4);
	assert_int_equal(arp->arp_data.arp_tip, A("10.0.0.5").v4);
	assert_memory_equal(&arp->arp_data.arp_sha, &b.lan->mac, 6);
	assert_memory_equal(&arp->arp_data.arp_tha, &host, 6);
	assert_int_equal(bench_drops(), 0);
}

static void
learns_who_asks_and_puts_the_host_route_in(void **state)
{
	assert_int_equal(nh_kind(lookup("10.0.0.5")), NH_ATTACHED);
	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", T0);
	assert_non_null(find("10.0.0.5"));
	assert_int_equal(find("10.0.0.5")->state, NEIGH_REACHABLE);
	assert_int_equal(lookup("10.0.0.5"), nh_make(NH_NEIGH, find("10.0.0.5")->index));
}

static void
does_not_answer_for_the_address_of_another_port(void **state)
{
	punt_arp(b.lan, 1, HOST, "10.0.0.5", "192.168.0.3", T0);
	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.77", T0);
	assert_int_equal(b.nb_frames, 0);
	assert_int_equal(b.neighs->count, 0); /* and learns nothing from what is said to others */
}

static void
answers_a_probe_without_learning(void **state)
{
	punt_arp(b.lan, 1, HOST, "0.0.0.0", "10.0.0.1", T0);
	assert_int_equal(b.nb_frames, 1);
	arp_frame(0, HOST);
	assert_int_equal(b.neighs->count, 0);
}

static void
answers_a_stranger_off_the_link_without_learning(void **state)
{
	punt_arp(b.lan, 1, HOST, "203.0.113.9", "10.0.0.1", T0);
	assert_int_equal(b.nb_frames, 1);
	assert_int_equal(b.neighs->count, 0);
}

static void
ignores_replies_nobody_asked_for(void **state)
{
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0);
	assert_int_equal(b.neighs->count, 0);
	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.5", T0); /* gratuitous */
	assert_int_equal(b.neighs->count, 0);
	assert_int_equal(b.nb_frames, 0);
}

static void
a_gratuitous_request_moves_a_known_entry(void **state)
{
	const struct rte_ether_addr moved = MAC("02:aa:00:00:00:06");
	struct adj *adj;

	punt_arp(b.lan, 1, HOST, "10.0.0.5", "10.0.0.1", T0);
	punt_arp(b.lan, 1, "02:aa:00:00:00:06", "10.0.0.5", "10.0.0.5", T0 + 10);
	assert_memory_equal(&find("10.0.0.5")->mac, &moved, 6);
	adj = rcu_own(b.neighs->adj[find("10.0.0.5")->index]);
	assert_true(adj->known);
	assert_memory_equal(&adj->l2[0].dst_addr, &moved, 6);
	assert_memory_equal(&adj->l2[1].src_addr, &b.lan->mac, 6);
}

static void
nobody_moves_a_static_entry(void **state)
{
	const struct rte_ether_addr mac = MAC(HOST);
	const struct ip_addr addr = A("10.0.0.5");

	assert_int_equal(resolve_neigh_add(b.r, b.lan, &addr, &mac, NULL), 0);
	punt_arp(b.lan, 2, "02:66:66:66:66:66", "10.0.0.5", "10.0.0.1", T0);
	punt_arp(b.lan, 1, "02:66:66:66:66:66", "10.0.0.5", "10.0.0.1", T0);
	assert_memory_equal(&find("10.0.0.5")->mac, &mac, 6);
	assert_int_equal(find("10.0.0.5")->state, NEIGH_STATIC);
}

static void
who_claims_our_address_is_neither_learnt_nor_answered(void **state)
{
	punt_arp(b.lan, 1, HOST, "10.0.0.1", "10.0.0.1", T0);
	punt_arp(b.lan, 2, HOST, "10.0.0.1", "10.0.0.5", T0);
	assert_int_equal(b.neighs->count, 0);
	assert_int_equal(b.nb_frames, 0);
}

static void
announces_an_address_by_gratuitous_arp(void **state)
{
	const struct ip_addr addr = A("10.0.0.1");
	const struct rte_arp_hdr *arp;

	resolve_announce(b.r, b.lan, &addr);
	assert_int_equal(b.nb_frames, 1);
	arp = arp_frame(0, ALL);
	assert_int_equal(rte_be_to_cpu_16(arp->arp_opcode), 1);
	assert_int_equal(arp->arp_data.arp_sip, addr.v4);
	assert_int_equal(arp->arp_data.arp_tip, addr.v4);
}

static void
asks_with_the_address_of_the_same_net(void **state)
{
	const struct rte_arp_hdr *arp;

	bench_address(b.lan, "10.77.0.1/24");
	punt_neigh(b.lan, "10.77.0.5", T0);
	assert_int_equal(b.nb_frames, 1);
	arp = arp_frame(0, ALL);
	assert_int_equal(rte_be_to_cpu_16(arp->arp_opcode), 1);
	assert_int_equal(arp->arp_data.arp_sip, A("10.77.0.1").v4);
	assert_int_equal(arp->arp_data.arp_tip, A("10.77.0.5").v4);
	assert_true(rte_is_zero_ether_addr(&arp->arp_data.arp_tha));
}

/* Each byte sequence a few bytes short, or wrong in one field, is a named drop and leaves no trace. */
static void
drops_malformed_arp_by_name(void **state)
{
	static const struct {
		uint16_t at, len;
		uint8_t value;
	} wrong[] = {
		{ 0, 28, 9 },    /* hardware */
		{ 2, 28, 0x86 }, /* protocol */
		{ 4, 28, 8 },    /* length of a hardware address */
		{ 5, 28, 16 },   /* of a protocol address */
		{ 7, 28, 9 },    /* operation */
		{ 8, 28, 0x01 }, /* the sender's MAC address is a group */
		{ 14, 28, 224 }, /* the sender is a group */
		{ 0, 27, 0 },    /* cut off */
		{ 0, 0, 0 },
	};
	const uint8_t good[28] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0xaa, 0, 0, 0, 5, 10, 0, 0, 5, 0, 0,
		0, 0, 0, 0, 10, 0, 0, 1 };
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < RTE_DIM(wrong); i++) {
		m = udp_packet("10.0.0.5", "10.0.0.1", 1, b.lan);
		m->data_len = 0;
		m->pkt_len = 0;
		memcpy(rte_pktmbuf_append(m, 28), good, 28);
		if (wrong[i].len == 28)
			rte_pktmbuf_mtod(m, uint8_t *)[wrong[i].at] = wrong[i].value;
		rte_pktmbuf_trim(m, (uint16_t)(28 - wrong[i].len));
		punt(m, PUNT_ARP, T0);
		assert_int_equal(b.drops[DROP_ARP_INVALID], i + 1);
	}
	assert_int_equal(b.nb_frames, 0);
	assert_int_equal(b.neighs->count, 0);
}

static void
drops_arp_that_came_by_no_port(void **state)
{
	struct iface *ipsec = ipsec_if_create(b.ifaces, "ipsec0", NULL);

	punt_arp(ipsec, 1, HOST, "10.0.0.5", "10.0.0.1", T0);
	assert_int_equal(b.drops[DROP_ARP_INVALID], 1);
}

static void
an_empty_pool_is_counted_and_survived(void **state)
{
	struct rte_mbuf *all[16383];
	const unsigned int n = rte_mempool_avail_count(b.pool);
	unsigned int i;
	struct rte_mbuf *m = udp_packet("172.16.0.1", "10.0.0.9", 7, b.wan);

	for (i = 0; i + 1 < n; i++)
		all[i] = rte_pktmbuf_alloc(b.pool);
	pkt_meta(m)->nh = nh_make(NH_ATTACHED, b.lan->index);
	punt(m, PUNT_NEIGH, T0);
	assert_int_equal(b.drops[DROP_NO_MBUF], 1);
	rte_pktmbuf_free_bulk(all, n - 1);
	resolve_tick(b.r, T0 + 1000); /* asks again */
	assert_int_equal(b.nb_frames, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bench_up, bench_down)
	const struct CMUnitTest tests[] = {
		T(answers_a_request_for_its_address),
		T(learns_who_asks_and_puts_the_host_route_in),
		T(does_not_answer_for_the_address_of_another_port),
		T(answers_a_probe_without_learning),
		T(answers_a_stranger_off_the_link_without_learning),
		T(ignores_replies_nobody_asked_for),
		T(a_gratuitous_request_moves_a_known_entry),
		T(nobody_moves_a_static_entry),
		T(who_claims_our_address_is_neither_learnt_nor_answered),
		T(announces_an_address_by_gratuitous_arp),
		T(asks_with_the_address_of_the_same_net),
		T(drops_malformed_arp_by_name),
		T(drops_arp_that_came_by_no_port),
		T(an_empty_pool_is_counted_and_survived),
	};

	return cmocka_run_group_tests_name(
			"control/resolve_arp", tests, bench_group_up, bench_group_down);
}
