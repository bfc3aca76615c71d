/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every reason for a drop, provoked by frames through the whole gateway: exactly that counter moves, by the number of packets that
 * were lost, the workers' accounts agree, and no buffer is lost. The last test compares the table with DROP_LIST: a reason without
 * a situation fails it.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_arp.h>

#include "drops.h"

struct pipe drop_gw;
uint8_t drop_frame[FRAME_MAX];
uint16_t drop_len;

/* --- frames --- */

void
drop_send_n(enum pipe_port port, unsigned int n)
{
	while (n-- > 0)
		assert_true(pipe_send(&drop_gw, port, drop_frame, drop_len));
}

void
drop_send(enum pipe_port port)
{
	drop_send_n(port, 1);
}

void
drop_transit(const char *dst)
{
	drop_len = pipe_udp4(drop_frame, PIPE_LAN, "10.1.0.9", dst, 100);
}

void
drop_transit_with_byte(unsigned int at, uint8_t value)
{
	drop_transit("10.2.0.7");
	drop_frame[RTE_ETHER_HDR_LEN + at] = value;
}

void
drop_peer_esp(void)
{
	struct rte_mbuf *m;

	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
	pipe_poll(&drop_gw);
	m = pipe_receive(&drop_gw, PIPE_WAN);
	assert_non_null(m);
	drop_len = m->data_len;
	memcpy(drop_frame, rte_pktmbuf_mtod(m, void *), drop_len);
	rte_pktmbuf_free(m);
	pipe_turn_round(drop_frame);
}

void
drop_peer_esp_malleable(void)
{
	setup_sa_pair(&drop_gw, LOCAL, REMOTE, "aes-ctr", 20);
	drop_peer_esp();
}

void
drop_flag(const char *name, enum iface_flag f, bool on)
{
	struct err err = { 0 };

	setup_ok(ctl_if_set_flag(drop_gw.ctl, name, f, on, &err), &err);
}

/* --- situations: rings, buffers, control core --- */

static void
arp(uint16_t op, uint8_t target)
{
	struct rte_arp_hdr *a = (struct rte_arp_hdr *)(drop_frame + RTE_ETHER_HDR_LEN);

	drop_transit("10.1.0.1");
	memset(drop_frame, 0xff, RTE_ETHER_ADDR_LEN);
	frame_eth(drop_frame)->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	*a = (struct rte_arp_hdr){ .arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
		.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
		.arp_hlen = 6,
		.arp_plen = 4,
		.arp_opcode = rte_cpu_to_be_16(op),
		.arp_data.arp_sha = { { 2, 0, 0, 0, 0, 9 } },
		.arp_data.arp_sip = setup_ip("10.1.0.9").v4,
		.arp_data.arp_tip = rte_cpu_to_be_32(0x0a010000u + target) };
	drop_len = RTE_ETHER_HDR_LEN + sizeof(*a);
}

/* More packets at once than a queue takes: nobody reads what leaves by wan0. */
static void
tx_full(void)
{
	unsigned int i;

	drop_transit("10.2.0.7");
	for (i = 0; i < 66; i++) {
		drop_send_n(PIPE_LAN, 32);
		dp_poll(ctl_dataplane(drop_gw.ctl));
	}
	pipe_flush(&drop_gw);
}

/* The control core does nothing for a while: requests fill its ring. */
static void
punt_full(void)
{
	unsigned int i;

	arp(RTE_ARP_OP_REQUEST, 77); /* for somebody else: no answer */
	for (i = 0; i < 4096 / 32; i++) {
		drop_send_n(PIPE_LAN, 32);
		dp_poll(ctl_dataplane(drop_gw.ctl));
	}
	for (i = 0; i < 20; i++)
		ctl_poll(drop_gw.ctl);
}

/* The worker does nothing for a while: answers fill the ring to it, and there is no room for one announcement more. */
static void
ring_full(void)
{
	const struct iface_addr addr = { .prefix = { .addr = setup_ip("10.1.0.2"), .len = 24 } };
	struct err err = { 0 };
	unsigned int i;

	arp(RTE_ARP_OP_REQUEST, 1);
	for (i = 0; i < 4095; i++) {
		drop_send(PIPE_LAN);
		if (i % 32 == 31 || i == 4094)
			dp_poll(ctl_dataplane(drop_gw.ctl));
	}
	for (i = 0; i < 20; i++)
		ctl_poll(drop_gw.ctl);
	setup_ok(ctl_if_add_address(drop_gw.ctl, "lan0", &addr, &err), &err);
	for (i = 0; i < 4096 / 32; i++) {
		dp_poll(ctl_dataplane(drop_gw.ctl));
		pipe_flush(&drop_gw);
	}
}

/* 64 packets at once, as many as a poll gathers, in four fragments each are more than a vector holds. */
static void
vector_full(void)
{
	struct err err = { 0 };

	setup_ok(ctl_if_set_mtu(drop_gw.ctl, "wan0", 576, &err), &err);
	setup_route(&drop_gw, "198.51.100.0/24", RIB_GATEWAY, REMOTE);
	pipe_poll(&drop_gw);
	drop_len = pipe_udp4(drop_frame, PIPE_LAN, "10.1.0.9", "198.51.100.1", 1800);
	drop_send_n(PIPE_LAN, 32);
	drop_frame[5] = 2; /* to wan0 */
	drop_send_n(PIPE_WAN, 32);
}

/* A packet to be cut, when all buffers are in use. */
static void
no_mbuf(void)
{
	static struct rte_mbuf *taken[PIPE_MBUFS];
	unsigned int i, n = 0;

	drop_len = pipe_udp4(drop_frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", 1400);
	drop_send(PIPE_LAN);
	while ((taken[n] = rte_pktmbuf_alloc(drop_gw.pool)) != NULL)
		n++;
	pipe_poll(&drop_gw);
	for (i = 0; i < n; i++)
		rte_pktmbuf_free(taken[i]);
}

static void
neighbour_queue_full(void)
{
	drop_transit("10.1.0.77");
	drop_send_n(PIPE_LAN, 20); /* 16 wait */
}

static void
neighbour_failed(void)
{
	const struct ip_addr addr = setup_ip("10.1.0.77");
	struct err err = { 0 };

	drop_transit("10.1.0.77");
	drop_send_n(PIPE_LAN, 3);
	pipe_poll(&drop_gw);
	setup_ok(ctl_neigh_delete(drop_gw.ctl, &addr, &err), &err);
}

static void
local_protocol(void)
{
	drop_transit("10.1.0.1");
	drop_send(PIPE_LAN);
	drop_len = pipe_udp6(drop_frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:1::1", 10);
	drop_send(PIPE_LAN);
}

static void
arp_invalid(void)
{
	arp(9, 1);
	drop_send(PIPE_LAN);
	arp(RTE_ARP_OP_REQUEST, 1);
	drop_len -= 4;
	drop_send(PIPE_LAN);
}

/* A solicitation that has come through a router. */
static void
nd_invalid(void)
{
	drop_len = pipe_udp6(drop_frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:1::1", 16);
	frame_make_echo(drop_frame);
	drop_frame[RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr)] = 135;
	drop_send(PIPE_LAN);
}

static void
icmp_invalid(void)
{
	drop_transit("10.1.0.1");
	frame_make_echo(drop_frame);
	drop_frame[RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr) + 2] ^= 1;
	drop_send(PIPE_LAN);
	drop_len = pipe_udp6(drop_frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:1::1", 16);
	frame_make_echo(drop_frame);
	drop_frame[RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr) + 2] ^= 1;
	drop_send(PIPE_LAN);
}

/* A device that is slower than a stop is patient: gives packets back when the stop has given up. */
static void
stopping(void)
{
	bent_holds = true;
	drop_transit("10.2.0.7");
	drop_send_n(PIPE_LAN, 5);
	pipe_poll(&drop_gw);
	bent_gives_up_with = ctl_dataplane(drop_gw.ctl);
	ctl_stop(drop_gw.ctl);
}

/* --- the table --- */

static const struct situation {
	enum drop_reason reason;
	uint64_t packets; /* how many are lost */
	void (*cause)(void);
} situations[] = {
	{ DROP_RUNT, 2, when_runt },
	{ DROP_MULTISEG, 1, when_multi_segment },
	{ DROP_NOT_FOR_US, 1, when_not_for_us },
	{ DROP_ETHERTYPE, 1, when_ethertype },
	{ DROP_IP_VERSION, 1, when_ip_version },
	{ DROP_IP_HEADER, 2, when_ip_header },
	{ DROP_IP_CHECKSUM, 1, when_ip_checksum },
	{ DROP_IP_SOURCE, 8, when_ip_source },
	{ DROP_IP_DESTINATION, 3, when_ip_destination },
	{ DROP_IF_DOWN, 3, when_interface_down },
	{ DROP_IF_MONITOR, 2, when_interface_monitor },
	{ DROP_NO_ROUTE, 1, when_no_route },
	{ DROP_BLACKHOLE, 1, when_blackhole },
	{ DROP_REJECT, 1, when_reject },
	{ DROP_TTL, 2, when_ttl },
	{ DROP_TOO_BIG, 2, when_too_big },
	{ DROP_MULTICAST, 3, when_multicast },
	{ DROP_OUT_IF_DOWN, 2, when_out_interface_down },
	{ DROP_ESP_SHORT, 1, when_esp_short },
	{ DROP_NO_SA, 1, when_no_sa_in },
	{ DROP_SA_NO_IF, 3, when_sa_no_interface },
	{ DROP_SA_SOURCE, 1, when_sa_source },
	{ DROP_SA_NATT, 1, when_sa_encapsulation },
	{ DROP_SA_DEAD, 1, when_sa_dead },
	{ DROP_AUTH, 1, when_auth_failed },
	{ DROP_REPLAY, 2, when_replay },
	{ DROP_PADDING, 1, when_esp_padding },
	{ DROP_INNER_HEADER, 2, when_inner_header },
	{ DROP_INNER_ECN, 1, when_inner_ecn },
	{ DROP_DUMMY, 1, when_dummy },
	{ DROP_OUTER_FRAGMENT, 1, when_outer_fragment },
	{ DROP_NO_SA_OUT, 1, when_no_sa_out },
	{ DROP_SEQ_EXHAUSTED, 3, when_seq_exhausted },
	{ DROP_TUNNEL_NO_ROUTE, 1, when_tunnel_no_route },
	{ DROP_TUNNEL_LOOP, 1, when_tunnel_loop },
	{ DROP_HEADROOM, 1, when_headroom },
	{ DROP_CRYPTO, 1, when_crypto_error },
	{ DROP_CRYPTO_FULL, 32, when_crypto_full },
	{ DROP_TX_FULL, 66 * 32 - 2047, tx_full },
	{ DROP_RING_FULL, 1, ring_full },
	{ DROP_PUNT_FULL, 1, punt_full },
	{ DROP_VEC_FULL, 64 + 64 * 4 - 256, vector_full },
	{ DROP_NO_MBUF, 1, no_mbuf },
	{ DROP_NEIGH_PENDING, 4, neighbour_queue_full },
	{ DROP_NEIGH_FAILED, 3, neighbour_failed },
	{ DROP_LOCAL_PROTO, 2, local_protocol },
	{ DROP_ARP_INVALID, 2, arp_invalid },
	{ DROP_ND_INVALID, 1, nd_invalid },
	{ DROP_ICMP_INVALID, 2, icmp_invalid },
	{ DROP_STOPPING, 5, stopping },
};

static int
gateway_create(void **state)
{
	(void)state;
	bent_engine_use();
	pipe_create(&drop_gw, pipe_config);
	pipe_poll(&drop_gw);
	pipe_flush(&drop_gw); /* the gateway has announced its addresses */
	return 0;
}

static int
gateway_destroy(void **state)
{
	(void)state;
	pipe_destroy(&drop_gw);
	return 0;
}

static void
counts_this_reason_and_no_other(void **state)
{
	const struct situation *s = *state;
	uint64_t count;
	int i;

	s->cause();
	if (ctl_is_started(drop_gw.ctl))
		pipe_poll(&drop_gw);
	for (i = DROP_NONE + 1; i < DROP_REASONS; i++) {
		count = dp_drop_count(ctl_dataplane(drop_gw.ctl), (enum drop_reason)i);
		if (count != (i == (int)s->reason ? s->packets : 0))
			fail_msg("%s: %" PRIu64 " packets", drop_name((enum drop_reason)i), count);
	}
	pipe_check_accounts(&drop_gw);
}

/* A rekey loses nothing: neither what a device holds when its SA is deleted, nor the SA under it. */
static void
sends_what_a_device_holds_when_its_sa_is_deleted(void **state)
{
	const struct ip_addr local = ip_from_v4(RTE_BE32(0xc0a80003));
	const struct ip_addr remote = ip_from_v4(RTE_BE32(0xc0a80005));
	struct err err = { 0 };
	struct rte_mbuf *m;

	(void)state;
	bent_holds = true;
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
	pipe_poll(&drop_gw);
	if (ctl_sa_delete(drop_gw.ctl, &local, &remote, 10000, &err) != 0)
		fail_msg("%s", err.msg);
	pipe_poll(&drop_gw);
	assert_null(pipe_receive(&drop_gw, PIPE_WAN));
	bent_holds = false;
	pipe_poll(&drop_gw);
	m = pipe_receive(&drop_gw, PIPE_WAN);
	assert_non_null(m);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[23], IPPROTO_ESP);
	rte_pktmbuf_free(m);
	assert_int_equal(pipe_dropped(&drop_gw), 0);
}

/* One packet in 200 ms is slow, but a device that is at work is waited for. */
static void
sends_what_a_slow_device_gives_back_during_a_stop(void **state)
{
	unsigned int i;

	(void)state;
	bent_holds = true;
	drop_transit("10.2.0.7");
	drop_send_n(PIPE_LAN, 5);
	pipe_poll(&drop_gw);
	bent_holds = false;
	bent_ms = 200;
	ctl_stop(drop_gw.ctl);
	assert_int_equal(pipe_dropped(&drop_gw), 0);
	for (i = 0; i < 5; i++) {
		struct rte_mbuf *m = pipe_receive(&drop_gw, PIPE_WAN);

		assert_non_null(m);
		assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[23], IPPROTO_ESP);
		rte_pktmbuf_free(m);
	}
	pipe_check_accounts(&drop_gw);
}

static void
knows_a_situation_for_each_reason_of_the_list(void **state)
{
	bool known[DROP_REASONS] = { false };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(situations); i++)
		known[situations[i].reason] = true;
	for (i = DROP_NONE + 1; i < DROP_REASONS; i++)
		if (!known[i])
			fail_msg("%s: no situation drops a packet for it",
					drop_name((enum drop_reason)i));
}

int
main(void)
{
	struct CMUnitTest tests[RTE_DIM(situations) + 3] = {
		[RTE_DIM(situations)] = cmocka_unit_test(
				knows_a_situation_for_each_reason_of_the_list),
		[RTE_DIM(situations) + 1] = cmocka_unit_test_setup_teardown(
				sends_what_a_device_holds_when_its_sa_is_deleted, gateway_create,
				gateway_destroy),
		[RTE_DIM(situations) + 2] = cmocka_unit_test_setup_teardown(
				sends_what_a_slow_device_gives_back_during_a_stop, gateway_create,
				gateway_destroy),
	};
	char names[RTE_DIM(situations)][64];
	unsigned int i;

	for (i = 0; i < RTE_DIM(situations); i++) {
		snprintf(names[i], sizeof(names[i]), "counts_%s_and_nothing_else",
				drop_name(situations[i].reason));
		tests[i] = (struct CMUnitTest){ .name = names[i],
			.test_func = counts_this_reason_and_no_other,
			.setup_func = gateway_create,
			.teardown_func = gateway_destroy,
			.initial_state = (void *)(uintptr_t)&situations[i] };
	}
	pipe_eal_init("0");
	return cmocka_run_group_tests_name("pipeline/drops", tests, NULL, NULL);
}
