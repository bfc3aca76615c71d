/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that wait for a neighbour: how many, how long, and what becomes of them. */
#include "resolve_bench.h"

#define HOST "02:aa:00:00:00:05"

static struct neigh *
find(const struct iface *port, const char *addr)
{
	const struct ip_addr a = A(addr);

	return neigh_find(b.neighs, port->index, &a);
}

static void
a_waiting_packet_goes_on_when_the_answer_comes(void **state)
{
	struct rte_mbuf *m;

	punt_neigh(b.lan, "10.0.0.5", T0);
	punt_neigh(b.lan, "10.0.0.5", T0 + 1);
	assert_int_equal(b.nb_frames, 1); /* asked once, at once */
	assert_int_equal(b.nb_packets, 0);
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0 + 5);
	assert_int_equal(b.nb_packets, 2);
	m = b.packet[0];
	assert_int_equal(pkt_meta(m)->nh, nh_make(NH_NEIGH, find(b.lan, "10.0.0.5")->index));
	assert_int_equal(pkt_ip4(m)->dst_addr, A("10.0.0.5").v4);
	assert_int_equal(lookup("10.0.0.5"), pkt_meta(m)->nh);
	assert_int_equal(bench_drops(), 0);
}

static void
packets_that_come_late_go_straight_on(void **state)
{
	punt_neigh(b.lan, "10.0.0.5", T0);
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0 + 5);
	punt_neigh(b.lan, "10.0.0.5", T0 + 6); /* punted before its worker saw the route */
	assert_int_equal(b.nb_packets, 2);
	assert_int_equal(b.nb_frames, 1);
}

static void
a_packet_with_an_adjacency_waits_for_that(void **state)
{
	struct rte_mbuf *m = udp_packet("172.16.9.9", "10.99.0.1", 7, b.wan);
	struct neigh *n;

	punt_neigh(b.lan, "10.0.0.254", T0);
	n = find(b.lan, "10.0.0.254");
	pkt_meta(m)->nh = nh_make(NH_NEIGH, n->index); /* the destination is behind the gateway */
	punt(m, PUNT_NEIGH, T0);
	assert_int_equal(b.neighs->count, 1);
	punt_arp(b.lan, 2, HOST, "10.0.0.254", "10.0.0.1", T0 + 5);
	assert_int_equal(b.nb_packets, 2);
}

static void
the_oldest_of_seventeen_gives_way(void **state)
{
	unsigned int i;

	for (i = 0; i < RESOLVE_QUEUE + 1; i++) {
		struct rte_mbuf *m = udp_packet("172.16.9.9", "10.0.0.5", (uint16_t)i, b.wan);

		pkt_meta(m)->seq = i;
		pkt_meta(m)->nh = nh_make(NH_ATTACHED, b.lan->index);
		punt(m, PUNT_NEIGH, T0);
	}
	assert_int_equal(b.drops[DROP_NEIGH_PENDING], 1);
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0 + 5);
	assert_int_equal(b.nb_packets, RESOLVE_QUEUE);
	for (i = 0; i < RESOLVE_QUEUE; i++)
		assert_int_equal(pkt_meta(b.packet[i])->seq, i + 1);
}

static void
asks_three_times_a_second_apart_then_drops_by_name(void **state)
{
	uint64_t t;

	punt_neigh(b.lan, "10.0.0.5", T0);
	punt_neigh(b.lan, "10.0.0.5", T0);
	for (t = T0; t < T0 + 1000; t += 100)
		resolve_tick(b.r, t);
	assert_int_equal(b.nb_frames, 1);
	resolve_tick(b.r, T0 + 1000);
	assert_int_equal(b.nb_frames, 2);
	resolve_tick(b.r, T0 + 2000);
	assert_int_equal(b.nb_frames, 3);
	resolve_tick(b.r, T0 + 2900);
	assert_int_equal(bench_drops(), 0);
	resolve_tick(b.r, T0 + 3000);
	assert_int_equal(b.nb_frames, 3);
	assert_int_equal(b.drops[DROP_NEIGH_FAILED], 2);
	assert_int_equal(bench_drops(), 2);
	assert_int_equal(find(b.lan, "10.0.0.5")->state, NEIGH_FAILED);
	/* the sender of the first is told: host unreachable, from the address of the port it came by */
	assert_int_equal(b.nb_packets, 1);
	assert_int_equal(icmp_packet(0, 3, 1)->src_addr, A("192.168.0.3").v4);
	assert_int_equal(icmp_packet(0, 3, 1)->dst_addr, A("172.16.9.9").v4);
}

static void
a_failed_neighbour_is_refused_then_asked_again_then_forgotten(void **state)
{
	punt_neigh(b.lan, "10.0.0.5", T0);
	resolve_tick(b.r, T0 + 1000);
	resolve_tick(b.r, T0 + 2000);
	resolve_tick(b.r, T0 + 3000);
	bench_forget();
	punt_neigh(b.lan, "10.0.0.5", T0 + 3900);
	assert_int_equal(b.drops[DROP_NEIGH_FAILED], 2);
	assert_int_equal(b.nb_frames, 0);
	punt_neigh(b.lan, "10.0.0.5", T0 + 6000);
	assert_int_equal(b.nb_frames, 1);
	assert_int_equal(find(b.lan, "10.0.0.5")->state, NEIGH_INCOMPLETE);
	resolve_tick(b.r, T0 + 7000);
	resolve_tick(b.r, T0 + 8000);
	resolve_tick(b.r, T0 + 9000);
	assert_int_equal(find(b.lan, "10.0.0.5")->state, NEIGH_FAILED);
	resolve_tick(b.r, T0 + 28000);
	assert_non_null(find(b.lan, "10.0.0.5"));
	resolve_tick(b.r, T0 + 29001);
	assert_null(find(b.lan, "10.0.0.5"));
}

static void
a_scan_of_a_net_is_bounded(void **state)
{
	char dst[32];
	unsigned int i;

	bench_address(b.lan, "10.50.0.1/16");
	for (i = 0; i < 20000; i++) {
		snprintf(dst, sizeof(dst), "10.50.%u.%u", 1 + i / 250, 1 + i % 250);
		punt_neigh(b.lan, dst, T0);
	}
	assert_int_equal(b.neighs->count, RESOLVE_INCOMPLETE_MAX);
	assert_int_equal(b.drops[DROP_NEIGH_PENDING], 20000 - RESOLVE_INCOMPLETE_MAX);
	assert_true(b.nb_frames <= RESOLVE_BUDGET); /* the rest is asked in later ticks */
	resolve_tick(b.r, T0 + 100);
	resolve_tick(b.r, T0 + 200);
	resolve_tick(b.r, T0 + 300);
	assert_int_equal(b.nb_frames, RESOLVE_INCOMPLETE_MAX);
	/* who asks us gets in, and a static entry, whatever the scan does */
	punt_arp(b.lan, 1, HOST, "10.50.200.1", "10.50.0.1", T0 + 301);
	assert_int_equal(find(b.lan, "10.50.200.1")->state, NEIGH_REACHABLE);
	/* and in time the table is empty again */
	for (i = 1; i < 400; i++)
		resolve_tick(b.r, T0 + i * 100);
	assert_int_equal(b.neighs->count, 1);
	assert_int_equal(b.drops[DROP_NEIGH_FAILED], RESOLVE_INCOMPLETE_MAX);
	punt_neigh(b.lan, "10.50.1.1", T0 + 50000);
	assert_int_equal(b.neighs->count, 2);
}

static void
all_queues_together_are_bounded(void **state)
{
	char dst[32];
	unsigned int i, k;

	bench_address(b.lan, "10.50.0.1/16");
	for (i = 0; i < RESOLVE_INCOMPLETE_MAX; i++) {
		snprintf(dst, sizeof(dst), "10.50.%u.%u", 1 + i / 250, 1 + i % 250);
		for (k = 0; k < 5; k++)
			punt_neigh(b.lan, dst, T0);
	}
	assert_int_equal(b.r->nb_queued, RESOLVE_QUEUED_MAX);
	assert_int_equal(b.drops[DROP_NEIGH_PENDING],
			5 * RESOLVE_INCOMPLETE_MAX - RESOLVE_QUEUED_MAX);
}

static void
a_full_ring_is_a_named_drop(void **state)
{
	punt_neigh(b.lan, "10.0.0.5", T0);
	b.room = 0;
	punt_arp(b.lan, 2, HOST, "10.0.0.5", "10.0.0.1", T0 + 5);
	assert_int_equal(b.drops[DROP_RING_FULL], 1);
	assert_int_equal(b.nb_packets, 0);
}

static void
an_adjacency_forgotten_since_is_a_named_drop(void **state)
{
	struct rte_mbuf *m = udp_packet("172.16.9.9", "10.0.0.5", 7, b.wan);

	pkt_meta(m)->nh = nh_make(NH_NEIGH, 77);
	punt(m, PUNT_NEIGH, T0);
	m = udp_packet("172.16.9.9", "10.0.0.5", 7, b.wan);
	pkt_meta(m)->nh = nh_make(NH_NEIGH, ADJ_MAX + 5);
	punt(m, PUNT_NEIGH, T0);
	assert_int_equal(b.drops[DROP_NEIGH_FAILED], 2);
}

static void
a_next_hop_that_is_no_port_is_a_named_drop(void **state)
{
	struct rte_mbuf *m = udp_packet("172.16.9.9", "10.0.0.5", 7, b.wan);

	pkt_meta(m)->nh = nh_make(NH_ATTACHED, 99);
	punt(m, PUNT_NEIGH, T0);
	assert_int_equal(b.drops[DROP_NO_ROUTE], 1);
}

static void
packets_waiting_at_the_end_are_freed_and_counted(void **state)
{
	punt_neigh(b.lan, "10.0.0.5", T0);
	punt_neigh(b.lan, "2001:db8::5", T0);
	resolve_destroy(b.r);
	b.r = NULL; /* bench_down() counts the buffers */
	assert_int_equal(b.drops[DROP_STOPPING], 2);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bench_up, bench_down)
	const struct CMUnitTest tests[] = {
		T(a_waiting_packet_goes_on_when_the_answer_comes),
		T(packets_that_come_late_go_straight_on),
		T(a_packet_with_an_adjacency_waits_for_that),
		T(the_oldest_of_seventeen_gives_way),
		T(asks_three_times_a_second_apart_then_drops_by_name),
		T(a_failed_neighbour_is_refused_then_asked_again_then_forgotten),
		T(a_scan_of_a_net_is_bounded),
		T(all_queues_together_are_bounded),
		T(a_full_ring_is_a_named_drop),
		T(an_adjacency_forgotten_since_is_a_named_drop),
		T(a_next_hop_that_is_no_port_is_a_named_drop),
		T(packets_waiting_at_the_end_are_freed_and_counted),
	};

	return cmocka_run_group_tests_name(
			"control/resolve_wait", tests, bench_group_up, bench_group_down);
}
