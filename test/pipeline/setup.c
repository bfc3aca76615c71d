/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes of the gateway inside a test, and of frames: see setup.h. */
#include "setup.h"

#include <netinet/ip_icmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_icmp.h>

void
setup_ok(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s", err->msg);
}

struct ip_addr
setup_ip(const char *text)
{
	struct ip_addr addr = { 0 };

	assert_int_equal(ip_parse(text, &addr), 0);
	return addr;
}

void
setup_route(struct pipe *p, const char *prefix, enum rib_kind kind, const char *to)
{
	struct ctl_route route = { .kind = kind };
	struct err err = { 0 };

	assert_int_equal(ip_prefix_parse(prefix, &route.prefix), 0);
	if (kind == RIB_GATEWAY)
		route.gateway = setup_ip(to);
	else if (to != NULL)
		snprintf(route.interface, sizeof(route.interface), "%s", to);
	setup_ok(ctl_route_add(p->ctl, &route, &err), &err);
}

struct sa_params
setup_sa_params(const char *src, const char *dst, const char *enc, uint8_t key_len)
{
	struct sa_params prm = { .src = setup_ip(src),
		.dst = setup_ip(dst),
		.spi = 10000,
		.reqid = 100,
		.mode = SA_MODE_TUNNEL,
		.enc = alg_find_encryption(enc),
		.replay_window = 64 };

	assert_non_null(prm.enc);
	memset(prm.keys.enc, 1, key_len);
	prm.keys.enc_len = key_len;
	return prm;
}

void
setup_sa(struct pipe *p, const struct sa_params *prm)
{
	struct err err = { 0 };

	setup_ok(ctl_sa_add(p->ctl, prm, NULL, &err), &err);
}

void
setup_sa_pair(struct pipe *p, const char *local, const char *remote, const char *enc,
		uint8_t key_len)
{
	struct sa_params prm = setup_sa_params(local, remote, enc, key_len);

	ctl_sa_flush(p->ctl);
	setup_sa(p, &prm);
	prm = setup_sa_params(remote, local, enc, key_len);
	setup_sa(p, &prm);
}

void
setup_tunnel(struct pipe *p, const char *name, const char *local, const char *remote)
{
	const struct ip_addr l = setup_ip(local), r = setup_ip(remote);
	struct err err = { 0 };

	setup_ok(ctl_if_set_tunnel(p->ctl, name, 0, &l, &r, &err), &err);
}

void
frame_mend4(uint8_t *frame)
{
	struct rte_ipv4_hdr *ip = frame_ip4(frame);

	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

void
frame_make_echo(uint8_t *frame)
{
	struct rte_icmp_hdr *icmp;
	uint16_t len;

	if (frame_eth(frame)->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		icmp = (struct rte_icmp_hdr *)(frame_ip4(frame) + 1);
		len = rte_be_to_cpu_16(frame_ip4(frame)->total_length) - 20;
		frame_ip4(frame)->next_proto_id = IPPROTO_ICMP;
		frame_mend4(frame);
		*icmp = (struct rte_icmp_hdr){ .icmp_type = ICMP_ECHO };
		icmp->icmp_cksum = (uint16_t)~rte_raw_cksum(icmp, len);
	} else {
		icmp = (struct rte_icmp_hdr *)(frame_ip6(frame) + 1);
		frame_ip6(frame)->proto = IPPROTO_ICMPV6;
		*icmp = (struct rte_icmp_hdr){ .icmp_type = 128 };
		icmp->icmp_cksum = rte_ipv6_udptcp_cksum(frame_ip6(frame), icmp);
	}
}
