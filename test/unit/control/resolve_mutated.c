/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mutated packets through everything the control core does with packets: nothing crashes, no buffer is lost (bench_down()), tables
 * and queues stay within their bounds. Packets get here as workers hand them over: IP headers are checked before.
 */
#include "resolve_bench.h"

#define ROUNDS 100000

/* xorshift64*: the same sequence on every machine. */
static uint32_t
rnd(uint32_t below)
{
	static uint64_t s = 0x9e3779b97f4a7c15;

	s ^= s >> 12;
	s ^= s << 25;
	s ^= s >> 27;
	return (uint32_t)((s * 0x2545f4914f6cdd1d >> 32) * below >> 32);
}

/* A good packet of a kind: ARP, ND, or UDP of either family. */
static struct rte_mbuf *
good(uint32_t kind)
{
	const struct rte_ether_addr mac = MAC("02:aa:00:00:00:05");
	const struct ip_addr v4 = A("10.0.0.5"), v6 = A("2001:db8::5");
	const struct ip_addr to4 = A("10.0.0.1"), to6 = A("2001:db8::1");
	struct rte_mbuf *m;

	switch (kind) {
	case 0:
		return arp_create(b.pool, (uint16_t)(1 + rnd(2)), &mac, &v4, &mac, &to4);
	case 1:
		m = nd_solicit_create(b.pool, &mac, &v6, NULL, &to6);
		break;
	case 2:
		m = nd_advert_create(b.pool, &mac, &to6, &v6, rnd(2), rnd(2));
		break;
	case 3:
		return udp_packet("10.0.0.5", "192.168.0.3", 4500, b.lan);
	default:
		return udp_packet("2001:db8::5", "2001:db8:1::3", 4500, b.lan);
	}
	pkt_meta(m)->flags = PKT_IP6;
	return m;
}

static void
mutate(struct rte_mbuf *m)
{
	uint32_t n = rnd(6);

	while (n-- > 0)
		rte_pktmbuf_mtod(m, uint8_t *)[rnd(m->data_len)] = (uint8_t)rnd(256);
	if (rnd(8) == 0)
		rte_pktmbuf_trim(m, (uint16_t)rnd(m->data_len + 1u));
}

/* Mend what a mutation most often breaks first, so that deeper checks are reached too. */
static void
mend(struct rte_mbuf *m)
{
	struct rte_ipv6_hdr *ip = pkt_ip6(m);

	if (pkt_meta(m)->flags & PKT_IP6) {
		if (m->data_len < sizeof(*ip) + 8 || ip->proto != IPPROTO_ICMPV6)
			return;
		ip->payload_len = rte_cpu_to_be_16((uint16_t)(m->data_len - sizeof(*ip)));
		memset((uint8_t *)(ip + 1) + 2, 0, 2);
		memcpy((uint8_t *)(ip + 1) + 2, &(uint16_t){ rte_ipv6_udptcp_cksum(ip, ip + 1) },
				2);
		return;
	}
	if (m->data_len < sizeof(struct rte_ipv4_hdr))
		return;
	pkt_ip4(m)->hdr_checksum = 0;
	pkt_ip4(m)->hdr_checksum = rte_ipv4_cksum(pkt_ip4(m));
}

static void
send_mutated(uint32_t round)
{
	static const enum drop_reason verdicts[] = { DROP_TTL, DROP_NO_ROUTE, DROP_REJECT,
		DROP_TOO_BIG, DROP_NEIGH_FAILED };
	const uint32_t kind = rnd(5);
	struct rte_mbuf *m = good(kind);
	struct pkt_meta *meta = pkt_meta(m);
	enum punt_reason why = PUNT_ARP;

	mutate(m);
	meta->iface = (uint16_t)rnd(4);
	if (kind != 0) {
		if (rnd(4) != 0)
			mend(m);
		if ((meta->flags & PKT_IP6 ? parse_ip6(m) : parse_ip4(m)) != DROP_NONE) {
			rte_pktmbuf_free(m);
			return;
		}
		why = PUNT_LOCAL + rnd(PUNT_REASONS - PUNT_LOCAL);
	}
	if (why == PUNT_ICMP_ERROR)
		meta->verdict = (uint8_t)verdicts[rnd(RTE_DIM(verdicts))];
	meta->mtu = (uint16_t)rnd(65536);
	meta->nh = nh_make(rnd(8), rnd(rnd(2) ? 4 : 70000));
	punt(m, why, T0 + round / 10);
}

static void
mutated_packets_do_no_harm(void **state)
{
	uint32_t i;

	bench_address(b.lan, "10.128.0.1/9");
	for (i = 0; i < ROUNDS; i++) {
		send_mutated(i);
		if (i % 1000 == 0)
			resolve_tick(b.r, T0 + i / 10);
		if (b.nb_packets + b.nb_frames > 1000)
			bench_forget();
		b.room = SENT_MAX;
		assert_true(b.r->nb_incomplete <= RESOLVE_INCOMPLETE_MAX);
		assert_true(b.r->nb_queued <= RESOLVE_QUEUED_MAX);
	}
	/* the mutations reached what they were meant to reach */
	assert_true(b.drops[DROP_ARP_INVALID] > 1000);
	assert_true(b.drops[DROP_ND_INVALID] > 1000);
	assert_true(b.drops[DROP_LOCAL_PROTO] > 1000);
	assert_true(b.drops[DROP_NEIGH_FAILED] > 10);
	assert_true(b.neighs->count > 10);
	/* and what is good is still answered */
	bench_forget();
	punt_arp(b.lan, 1, "02:aa:00:00:00:07", "10.0.0.7", "10.0.0.1", T0 + ROUNDS);
	arp_frame(0, "02:aa:00:00:00:07");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mutated_packets_do_no_harm, bench_up, bench_down),
	};

	return cmocka_run_group_tests_name(
			"control/resolve_mutated", tests, bench_group_up, bench_group_down);
}
