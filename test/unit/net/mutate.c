/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 100,000 mutations of good packets (ESP, ESP in UDP, ICMP, ARP, neighbour discovery, TCP, both
 * families) through every reader of lib/net and everything that answers: nothing crashes, every
 * buffer comes back. The same every run.
 */
#include "packets.h"

#include <stdio.h>
#include <string.h>

#include <rte_ip.h>

#include "../../fuzz/exercise_parse.h"
#include "net/cksum.h"

#define MUTATIONS 100000
#define BYTES_MAX 2048

static uint64_t rng_state = 0x9e3779b97f4a7c15;

/* xorshift64: the sequence is part of the test. */
static uint32_t
rng(uint32_t below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)(rng_state >> 32) % below;
}

static size_t
mutate_once(uint8_t *p, size_t n)
{
	static const uint8_t interesting[] = { 0, 1, 4, 6, 8, 17, 41, 43, 44, 50, 58, 59, 60, 0x45,
		0x46, 0x4f, 0x60, 127, 128, 135, 136, 0xe0, 0xfe, 0xff };
	const uint32_t head = (uint32_t)RTE_MIN(n, (size_t)80); /* where the headers are */
	size_t more;

	if (n == 0)
		return 0;
	switch (rng(8)) {
	case 0:
		p[rng(head)] ^= (uint8_t)(1 << rng(8));
		return n;
	case 1:
		p[rng(head)] = interesting[rng(sizeof(interesting))];
		return n;
	case 2:
		p[rng((uint32_t)n)] = (uint8_t)rng(256);
		return n;
	case 3:
		return rng((uint32_t)n + 1);
	case 4:
		more = rng((uint32_t)RTE_MIN((size_t)64, BYTES_MAX - n) + 1);
		memset(p + n, (int)rng(256), more);
		return n + more;
	case 5: /* a length or a port */
		p[2 * rng((head + 1) / 2)] = (uint8_t)(rng(4) == 0 ? rng(256) : 0);
		return n;
	case 6: /* cut out a piece */
		more = rng((uint32_t)RTE_MIN((size_t)16, n));
		memmove(p + head - RTE_MIN(more, (size_t)head), p + head, n - head);
		return n - RTE_MIN(more, (size_t)head);
	default: /* move the tail up: what an extension header in between does */
		more = RTE_MIN((size_t)8, BYTES_MAX - n);
		memmove(p + RTE_MIN((size_t)40, n) + more, p + RTE_MIN((size_t)40, n),
				n - RTE_MIN((size_t)40, n));
		return n + more;
	}
}

/* Right lengths and sums, so that a mutation gets beyond the first check. */
static void
mend(uint8_t *p, size_t n)
{
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)p;
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)p;
	uint16_t hdr_len;

	if (n >= 20 && p[0] >> 4 == 4) {
		hdr_len = rte_ipv4_hdr_len(ip4);
		ip4->total_length = rte_cpu_to_be_16((uint16_t)n);
		if (hdr_len < 20 || hdr_len > n)
			return;
		ip4->hdr_checksum = 0;
		ip4->hdr_checksum = (rte_be16_t)~rte_raw_cksum(p, hdr_len);
		if (ip4->next_proto_id == IPPROTO_ICMP && n >= hdr_len + 8u) {
			memset(p + hdr_len + 2, 0, 2);
			*(unaligned_uint16_t *)(p + hdr_len + 2) = (uint16_t)~rte_raw_cksum(
					p + hdr_len, n - hdr_len);
		}
	} else if (n >= 44 && p[0] >> 4 == 6) {
		ip6->payload_len = rte_cpu_to_be_16((uint16_t)(n - 40));
		if (ip6->proto == IPPROTO_ICMPV6) {
			memset(p + 42, 0, 2);
			*(unaligned_uint16_t *)(p + 42) = (uint16_t)~cksum_icmp6(
					ip6, p + 40, (uint16_t)(n - 40));
		}
	}
}

static void
survives_100000_mutated_packets_and_keeps_every_buffer(void **state)
{
	const unsigned int before = rte_mempool_avail_count(packet_pool);
	unsigned int accepted = 0, i, k;
	uint8_t bytes[BYTES_MAX];
	size_t n;

	(void)state;
	for (i = 0; i < MUTATIONS; i++) {
		n = vector_bytes(vectors[i % nb_vectors].name, bytes, sizeof(bytes));
		for (k = 1 + rng(4); k > 0; k--)
			n = mutate_once(bytes, n);
		if (rng(4) != 0)
			mend(bytes, n);
		accepted += exercise_parse(bytes, n, packet_pool) > 2;
	}
	assert_int_equal(rte_mempool_avail_count(packet_pool), before);
	/* A third got past several readers: the mutations are not all refused at the door. */
	assert_true(accepted > MUTATIONS / 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_100000_mutated_packets_and_keeps_every_buffer),
	};

	return cmocka_run_group_tests_name("net/mutate", tests, packets_setup, packets_teardown);
}
