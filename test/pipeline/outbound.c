/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bursts that come out of an engine outbound: errors in between, packets of several SAs and tunnels one behind the other, a port's vector that
 * is full. Each packet leaves in order or is a named drop, and is counted where it belongs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/stages.h"
#include "pass.h"
#include "slow_engine.h"

#define SPI 10000

static void
hosts_send(unsigned int n)
{
	while (n-- > 0) {
		host_sends(false, 200);
		assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
	}
	pipe_poll(&gw);
}

/* The next frame by wan0 that is not about neighbours, or NULL. */
static struct rte_mbuf *
leaves(void)
{
	struct rte_mbuf *m;

	while ((m = pipe_receive(&gw, PIPE_WAN)) != NULL) {
		if (rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type !=
				RTE_BE16(RTE_ETHER_TYPE_ARP))
			break;
		rte_pktmbuf_free(m);
	}
	return m;
}

/* It is ESP of this SPI and number. */
static void
assert_leaves(uint32_t spi, uint32_t seq)
{
	struct rte_mbuf *m = leaves();
	const struct rte_ipv4_hdr *ip;
	rte_be32_t esp[2];

	assert_non_null(m);
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
	assert_int_equal(ip->next_proto_id, IPPROTO_ESP);
	memcpy(esp, ip + 1, sizeof(esp));
	assert_int_equal(rte_be_to_cpu_32(esp[0]), spi);
	assert_int_equal(rte_be_to_cpu_32(esp[1]), seq);
	rte_pktmbuf_free(m);
}

static struct sa_ctl *
sa_of(uint32_t spi)
{
	const struct ip_addr src = setup_ip(LOCAL), dst = setup_ip(REMOTE);
	struct err err = { 0 };
	struct sa_ctl *sa;

	setup_ok(ctl_sa_get(gw.ctl, &src, &dst, spi, &sa, &err), &err);
	return sa;
}

/* And none of its packets is inside any more. */
static void
assert_counted(uint32_t spi, uint64_t packets, uint64_t errors)
{
	const struct sa_ctl *sa = sa_of(spi);
	struct ctl_sa_counts c;

	ctl_sa_counts(gw.ctl, sa, &c);
	assert_int_equal(c.packets, packets);
	assert_int_equal(c.bytes, packets * 228);
	assert_int_equal(c.errors, errors);
	assert_true(sa->sa == NULL || !sa_is_busy(sa->sa));
}

static void
assert_interface_counted(uint64_t packets, uint64_t errors)
{
	assert_int_equal(pipe_if(&gw, "ipsec0").opackets, packets);
	assert_int_equal(pipe_if(&gw, "ipsec0").obytes, packets * 228);
	assert_int_equal(pipe_if(&gw, "ipsec0").oerrors, errors);
}

static void
errors_between_good_ones_hold_nobody_up(void **state)
{
	(void)state;
	slow_engine_fails = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 7;
	hosts_send(8);
	assert_leaves(SPI, 2);
	assert_leaves(SPI, 3);
	assert_leaves(SPI, 6);
	assert_leaves(SPI, 7);
	assert_null(leaves());
	assert_counted(SPI, 4, 4);
	assert_interface_counted(4, 4);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_CRYPTO), 4);
	assert_int_equal(pipe_dropped(&gw), 4);
}

/* Held by a device while the tunnel gets another SA: both come out in one burst. */
static void
each_sa_counts_its_own(void **state)
{
	struct sa_params prm = setup_sa_params(LOCAL, REMOTE, "aes-gcm-16", 20);
	struct err err = { 0 };

	(void)state;
	setup_ok(ctl_sysctl_set(gw.ctl, "net.key.preferred_oldsa", 0, &err), &err);
	slow_engine_gate_closed = true;
	hosts_send(2);
	prm.spi = 2 * SPI;
	setup_sa(&gw, &prm);
	hosts_send(3);
	assert_null(leaves());
	slow_engine_gate_closed = false;
	pipe_poll(&gw);
	assert_leaves(SPI, 1);
	assert_leaves(SPI, 2);
	assert_leaves(2 * SPI, 1);
	assert_leaves(2 * SPI, 2);
	assert_leaves(2 * SPI, 3);
	assert_counted(SPI, 2, 0);
	assert_counted(2 * SPI, 3, 0);
	assert_interface_counted(5, 0);
	assert_int_equal(pipe_dropped(&gw), 0);
}

/* Held while the tunnel leads elsewhere and back: what was encrypted before is for an end of that time, what came after it is sent. */
static void
what_was_for_another_end_is_dropped_alone(void **state)
{
	(void)state;
	slow_engine_gate_closed = true;
	hosts_send(2);
	setup_tunnel(&gw, "ipsec0", LOCAL, "192.168.0.6");
	setup_tunnel(&gw, "ipsec0", LOCAL, REMOTE);
	hosts_send(3);
	slow_engine_gate_closed = false;
	pipe_poll(&gw);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_OUT_IF_DOWN), 2);
	assert_int_equal(pipe_dropped(&gw), 2);
	assert_interface_counted(3, 2);
	assert_leaves(SPI, 3);
	assert_leaves(SPI, 4);
	assert_leaves(SPI, 5);
	assert_counted(SPI, 3, 2);
}

/* Held while the SA goes to another interface: what comes out of one run of the SA is counted for the interface that it went in by. */
static void
an_sa_that_moves_is_counted_for_both_interfaces(void **state)
{
	struct err err = { 0 };

	(void)state;
	slow_engine_gate_closed = true;
	hosts_send(2);
	setup_ok(ctl_if_delete_tunnel(gw.ctl, "ipsec0", &err), &err);
	setup_ok(ctl_if_create(gw.ctl, "ipsec1", NULL, &err), &err);
	setup_ok(ctl_if_set_reqid(gw.ctl, "ipsec0", 101, &err), &err);
	setup_ok(ctl_if_set_reqid(gw.ctl, "ipsec1", 100, &err), &err);
	setup_tunnel(&gw, "ipsec1", LOCAL, REMOTE);
	setup_ok(ctl_if_set_flag(gw.ctl, "ipsec1", IFACE_UP, true, &err), &err);
	setup_route(&gw, "10.2.0.0/17", RIB_INTERFACE, "ipsec1");
	hosts_send(3);
	slow_engine_gate_closed = false;
	pipe_poll(&gw);
	assert_interface_counted(0, 2);
	assert_int_equal(pipe_if(&gw, "ipsec1").opackets, 3);
	assert_int_equal(pipe_if(&gw, "ipsec1").oerrors, 0);
	assert_leaves(SPI, 3);
	assert_leaves(SPI, 4);
	assert_leaves(SPI, 5);
	assert_counted(SPI, 3, 2);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_OUT_IF_DOWN), 2);
}

/* Nothing is written behind the end of it; what finds no room is a named drop, and counted as sent by the tunnel. */
static void
a_full_vector_of_a_port_takes_no_more(void **state)
{
	struct worker *w = ctl_dataplane(gw.ctl)->worker[0];
	const uint16_t port = iface_find(ctl_ifaces(gw.ctl), "wan0")->port_id;
	const unsigned int before = DP_VEC_MAX - 6;
	struct vec *tx = &w->frame.tx[port];
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < before; i++) {
		m = rte_pktmbuf_alloc(gw.pool);
		assert_non_null(m);
		assert_non_null(rte_pktmbuf_append(m, 60));
		vec_push(tx, m);
		w->cnt.injected++;
	}
	w->frame.tx_ports |= 1u << port;
	for (i = 0; i < 10; i++) {
		host_sends(false, 200);
		assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
	}
	pipe_poll(&gw);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_VEC_FULL), 4);
	assert_int_equal(pipe_dropped(&gw), 4);
	assert_interface_counted(10, 0);
	for (i = 0; i < before; i++) {
		m = pipe_receive(&gw, PIPE_WAN);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, 60);
		rte_pktmbuf_free(m);
	}
	for (i = 1; i <= 6; i++)
		assert_leaves(SPI, i);
	assert_counted(SPI, 10, 0);
}

static int
slow_gateway_create(void **state)
{
	slow_engine_use(0);
	return gateway_create(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, slow_gateway_create, gateway_destroy)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(errors_between_good_ones_hold_nobody_up),
		TEST(each_sa_counts_its_own),
		TEST(what_was_for_another_end_is_dropped_alone),
		TEST(an_sa_that_moves_is_counted_for_both_interfaces),
		TEST(a_full_vector_of_a_port_takes_no_more),
	};

	pipe_eal_init("0");
	return cmocka_run_group_tests_name("pipeline/outbound", tests, NULL, NULL);
}
