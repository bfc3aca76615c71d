/* SPDX-License-Identifier: BSD-3-Clause */
/* Situations in which frames are dropped before they reach a tunnel: see drops.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drops.h"

void
when_runt(void)
{
	drop_transit("10.2.0.7");
	drop_len = 10;
	drop_send(PIPE_LAN);
	drop_len = RTE_ETHER_HDR_LEN + 19;
	drop_send(PIPE_LAN);
}

void
when_multi_segment(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(drop_gw.pool),
			*tail = rte_pktmbuf_alloc(drop_gw.pool);

	drop_transit("10.2.0.7");
	memcpy(rte_pktmbuf_append(m, 60), drop_frame, 60);
	memcpy(rte_pktmbuf_append(tail, 60), drop_frame + 60, 60);
	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	assert_int_equal(rte_ring_enqueue(drop_gw.to[PIPE_LAN], m), 0);
}

void
when_not_for_us(void)
{
	drop_transit("10.2.0.7");
	drop_frame[5] = 0x77;
	drop_send(PIPE_LAN);
}

void
when_ethertype(void)
{
	drop_transit("10.2.0.7");
	frame_eth(drop_frame)->ether_type = RTE_BE16(0x88cc);
	drop_send(PIPE_LAN);
}

void
when_ip_version(void)
{
	drop_transit_with_byte(0, 0x65);
	drop_send(PIPE_LAN);
}

void
when_ip_header(void)
{
	drop_transit_with_byte(2, 0x10); /* longer than the drop_frame */
	drop_send(PIPE_LAN);
	drop_transit_with_byte(0, 0x44); /* a header of 16 bytes */
	drop_send(PIPE_LAN);
}

void
when_ip_checksum(void)
{
	drop_transit_with_byte(10, 0);
	drop_send(PIPE_LAN);
}

/* Network 0 and the unspecified address may speak to us, and not through us (RFC 1812 5.3.7, RFC 4291 2.5.2). */
void
when_ip_source(void)
{
	static const char *const src4[] = { "127.0.0.1", "224.0.0.1", "255.255.255.255",
		"0.0.0.0" };
	static const char *const src6[] = { "::1", "ff02::1", "::", "fe80::9" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(src4); i++) {
		drop_len = pipe_udp4(drop_frame, PIPE_LAN, src4[i], "10.2.0.7", 10);
		drop_send(PIPE_LAN);
		drop_len = pipe_udp6(drop_frame, PIPE_LAN, src6[i], "2001:db8:2::7", 10);
		drop_send(PIPE_LAN);
	}
}

void
when_ip_destination(void)
{
	setup_route(&drop_gw, "0.0.0.0/0", RIB_GATEWAY, REMOTE);
	drop_transit("127.0.0.1");
	drop_send(PIPE_LAN);
	drop_transit("0.0.0.1");
	drop_send(PIPE_LAN);
	drop_len = pipe_udp6(drop_frame, PIPE_LAN, "2001:db8:1::9", "fe80::77", 10);
	drop_send(PIPE_LAN);
}

void
when_interface_down(void)
{
	const struct ip_addr local = setup_ip(LOCAL);
	struct err err = { 0 };

	drop_peer_esp();
	drop_flag("ipsec0", IFACE_UP, false);
	drop_send(PIPE_WAN);
	/* up, but not running: its local address is not ours */
	drop_flag("ipsec0", IFACE_UP, true);
	setup_ok(ctl_if_remove_address(drop_gw.ctl, "wan0", AF_INET, &local, &err), &err);
	drop_send(PIPE_WAN);
	drop_flag("lan0", IFACE_UP, false);
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
}

void
when_interface_monitor(void)
{
	drop_peer_esp();
	drop_flag("ipsec0", IFACE_MONITOR, true);
	drop_send(PIPE_WAN);
	drop_flag("lan0", IFACE_MONITOR, true);
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
}

/* --- route --- */

void
when_no_route(void)
{
	drop_transit("198.51.100.1");
	drop_send(PIPE_LAN);
}

void
when_blackhole(void)
{
	setup_route(&drop_gw, "198.51.100.0/24", RIB_BLACKHOLE, NULL);
	when_no_route();
}

void
when_reject(void)
{
	setup_route(&drop_gw, "198.51.100.0/24", RIB_REJECT, NULL);
	when_no_route();
}

void
when_ttl(void)
{
	drop_transit_with_byte(8, 1);
	frame_mend4(drop_frame);
	drop_send(PIPE_LAN);
	drop_len = pipe_udp6(drop_frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:2::7", 10);
	frame_ip6(drop_frame)->hop_limits = 1;
	drop_send(PIPE_LAN);
}

void
when_too_big(void)
{
	drop_len = pipe_udp4(drop_frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", 1400);
	frame_ip4(drop_frame)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	frame_mend4(drop_frame);
	drop_send(PIPE_LAN);
	drop_len = pipe_udp6(drop_frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:2::7", 1400);
	drop_send(PIPE_LAN);
}

void
when_multicast(void)
{
	drop_transit("224.0.0.5");
	drop_send(PIPE_LAN);
	drop_transit("10.1.0.255");
	drop_send(PIPE_LAN);
	drop_len = pipe_udp6(drop_frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:2::7", 10);
	drop_frame[0] = 0x33; /* a host's packet to a group of Ethernet */
	drop_send(PIPE_LAN);
}

/* Also what is in a device while its tunnel is changed: its header is that of the old tunnel. */
void
when_out_interface_down(void)
{
	const struct ip_addr local = ip_from_v4(RTE_BE32(0xc0a80003));
	const struct ip_addr other = ip_from_v4(RTE_BE32(0xc0a80006));
	struct err err = { 0 };

	bent_holds = true;
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
	pipe_poll(&drop_gw);
	setup_ok(ctl_if_set_tunnel(drop_gw.ctl, "ipsec0", AF_INET, &local, &other, &err), &err);
	bent_holds = false;
	pipe_poll(&drop_gw);
	drop_flag("ipsec0", IFACE_UP, false);
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
}
