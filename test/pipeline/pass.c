/* SPDX-License-Identifier: BSD-3-Clause */
/* Single packets through the gateway: see pass.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pass.h"

struct pipe gw;
uint8_t frame[FRAME_MAX];
uint16_t len;

int
gateway_create(void **state)
{
	const struct ip_addr remote6 = setup_ip(REMOTE6), host6 = setup_ip("2001:db8:1::9");
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 5 } };
	struct err err = { 0 };

	(void)state;
	pipe_create(&gw, pipe_config);
	setup_ok(ctl_neigh_add(gw.ctl, "wan0", &remote6, &mac, &err), &err);
	setup_ok(ctl_neigh_add(gw.ctl, "lan0", &host6, &mac, &err), &err);
	pipe_poll(&gw);
	pipe_flush(&gw);
	return 0;
}

int
gateway_destroy(void **state)
{
	(void)state;
	pipe_check_accounts(&gw);
	pipe_destroy(&gw);
	return 0;
}

bool
pass(enum pipe_port in, enum pipe_port out)
{
	struct rte_mbuf *m;

	assert_true(pipe_send(&gw, in, frame, len));
	pipe_poll(&gw);
	m = pipe_receive(&gw, out);
	if (m == NULL)
		return false;
	assert_int_equal(m->nb_segs, 1);
	len = m->data_len;
	memcpy(frame, rte_pktmbuf_mtod(m, void *), len);
	rte_pktmbuf_free(m);
	return true;
}

void
host_sends(bool ip6, uint16_t payload)
{
	len = ip6 ? pipe_udp6(frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:2::7", payload)
		  : pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", payload);
}

bool
is_ip6(void)
{
	return frame_eth(frame)->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6);
}

void
turn_round(void)
{
	uint8_t tmp[16];

	if (!is_ip6()) {
		pipe_turn_round(frame);
		return;
	}
	memcpy(tmp, &frame_ip6(frame)->src_addr, 16);
	memcpy(&frame_ip6(frame)->src_addr, &frame_ip6(frame)->dst_addr, 16);
	memcpy(&frame_ip6(frame)->dst_addr, tmp, 16);
	memset(frame, 0, 6);
	frame[0] = 2;
	frame[5] = 2;
}

void
swap_inner_ends(const char *src, const char *dst)
{
	const uint32_t x = setup_ip(src).v4 ^ setup_ip(dst).v4;

	*(unaligned_uint32_t *)(frame + INNER_AT + 12) ^= x;
	*(unaligned_uint32_t *)(frame + INNER_AT + 16) ^= x;
}

uint8_t
outer_proto(void)
{
	return is_ip6() ? frame_ip6(frame)->proto : frame_ip4(frame)->next_proto_id;
}
