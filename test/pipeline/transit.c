/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of both families through tunnels of every kind and back: what a host sends is what comes out behind the other end, which
 * here is the gateway itself with the ends of the outer header swapped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_ip_frag.h>
#include <rte_udp.h>

#include "drivers/registry.h"
#include "pass.h"

/* An IPv6 outer header has a flow label, whatever is inside (RFC 6438), and the hop limit of new packets. */
static void
assert_outer_starts_well(void)
{
	const struct rte_ipv6_hdr *ip6 = frame_ip6(frame);

	if (!is_ip6()) {
		assert_int_equal(frame_ip4(frame)->version_ihl, RTE_IPV4_VHL_DEF);
		assert_int_equal(frame_ip4(frame)->time_to_live, 64);
		return;
	}
	assert_int_equal(rte_be_to_cpu_32(ip6->vtc_flow) >> 20, 0x600);
	assert_int_not_equal(rte_be_to_cpu_32(ip6->vtc_flow) & 0xfffff, 0);
	assert_int_equal(ip6->hop_limits, 64);
}

/* What came out of the tunnel would go into it once more: the gateway routes it there again, one hop later. */
static void
assert_comes_through(bool ip6, uint8_t proto)
{
	const uint64_t ipackets = pipe_if(&gw, "ipsec0").ipackets;

	host_sends(ip6, 200);
	assert_true(pass(PIPE_LAN, PIPE_WAN));
	assert_int_equal(outer_proto(), proto);
	assert_outer_starts_well();
	turn_round();
	assert_true(pass(PIPE_WAN, PIPE_WAN));
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, ipackets + 1);
	assert_int_equal(pipe_if(&gw, "ipsec0").ibytes, pipe_if(&gw, "ipsec0").obytes / 2);
	assert_int_equal(pipe_dropped(&gw), 0);
}

static void
tunnel_of(const char *local, const char *remote, bool esn, bool natt)
{
	struct sa_params prm;
	int dir;

	setup_tunnel(&gw, "ipsec0", local, remote);
	ctl_sa_flush(gw.ctl);
	for (dir = 0; dir < 2; dir++) {
		prm = setup_sa_params(dir ? remote : local, dir ? local : remote, "aes-gcm-16", 20);
		prm.esn = esn;
		prm.natt_sport = prm.natt_dport = natt ? 4500 : 0;
		setup_sa(&gw, &prm);
	}
	pipe_poll(&gw);
}

static void
carries_both_families_through_tunnels_of_both(void **state)
{
	int outer6, esn, natt, inner6;

	(void)state;
	for (outer6 = 0; outer6 < 2; outer6++) {
		for (esn = 0; esn < 2; esn++) {
			for (natt = 0; natt < 2; natt++) {
				tunnel_of(outer6 ? LOCAL6 : LOCAL, outer6 ? REMOTE6 : REMOTE, esn,
						natt);
				for (inner6 = 0; inner6 < 2; inner6++) {
					print_message("outer %d, esn %d, natt %d, inner %d\n",
							outer6, esn, natt, inner6);
					ctl_clear_counters(gw.ctl);
					assert_comes_through(
							inner6, natt ? IPPROTO_UDP : IPPROTO_ESP);
				}
			}
		}
	}
}

/* Extension headers in front of ESP are stepped over: 255 bytes with the IPv6 header. */
static void
insert_destination_options(uint16_t bytes)
{
	uint8_t *at = frame + RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr);

	memmove(at + bytes, at, len - RTE_ETHER_HDR_LEN - sizeof(struct rte_ipv6_hdr));
	memset(at, 0, bytes);
	at[0] = frame_ip6(frame)->proto;
	at[1] = (uint8_t)(bytes / 8 - 1);
	at[2] = 1; /* PadN */
	at[3] = (uint8_t)(bytes - 4);
	frame_ip6(frame)->proto = IPPROTO_DSTOPTS;
	len = (uint16_t)(len + bytes);
	frame_ip6(frame)->payload_len = rte_cpu_to_be_16(
			(uint16_t)(len - RTE_ETHER_HDR_LEN - sizeof(struct rte_ipv6_hdr)));
}

static void
steps_over_extension_headers_in_front_of_esp(void **state)
{
	uint16_t bytes;

	(void)state;
	tunnel_of(LOCAL6, REMOTE6, false, false);
	for (bytes = 8; bytes <= 248; bytes = (uint16_t)(bytes + 8)) {
		ctl_clear_counters(gw.ctl);
		host_sends(false, 200);
		assert_true(pass(PIPE_LAN, PIPE_WAN));
		turn_round();
		insert_destination_options(bytes);
		pass(PIPE_WAN, PIPE_WAN);
		pipe_flush(&gw);
		assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 40 + bytes <= 255);
		assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_AUTH), 0);
		assert_int_equal(pipe_dropped(&gw), 40 + bytes > 255);
	}
}

/* ipsec1, whose ends are reached through ipsec0: two ESP headers out, and both taken off again. */
static void
carries_a_tunnel_in_a_tunnel(void **state)
{
	struct sa_params prm;
	struct err err = { 0 };
	int dir;

	(void)state;
	setup_sa_pair(&gw, LOCAL, REMOTE, "aes-ctr", 20);
	setup_ok(ctl_if_create(gw.ctl, "ipsec1", NULL, &err), &err);
	setup_ok(ctl_if_set_reqid(gw.ctl, "ipsec1", 200, &err), &err);
	setup_tunnel(&gw, "ipsec1", "10.1.0.1", "10.2.0.1");
	setup_ok(ctl_if_set_flag(gw.ctl, "ipsec1", IFACE_UP, true, &err), &err);
	for (dir = 0; dir < 2; dir++) {
		prm = setup_sa_params(dir ? "10.2.0.1" : "10.1.0.1", dir ? "10.1.0.1" : "10.2.0.1",
				"aes-gcm-16", 20);
		prm.spi = 20000;
		prm.reqid = 200;
		setup_sa(&gw, &prm);
	}
	setup_route(&gw, "10.4.0.0/16", RIB_INTERFACE, "ipsec1");
	pipe_poll(&gw);

	len = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "10.4.0.7", 200);
	assert_true(pass(PIPE_LAN, PIPE_WAN));
	assert_int_equal(pipe_if(&gw, "ipsec1").opackets, 1);
	assert_int_equal(pipe_if(&gw, "ipsec0").opackets, 1);
	assert_int_equal(pipe_if(&gw, "ipsec1").obytes, 228);

	turn_round();
	swap_inner_ends("10.1.0.1", "10.2.0.1");
	assert_true(pass(PIPE_WAN, PIPE_WAN));
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
	assert_int_equal(pipe_if(&gw, "ipsec1").ipackets, 1);
	assert_int_equal(pipe_if(&gw, "ipsec1").ibytes, 228);
	assert_int_equal(pipe_dropped(&gw), 0);
}

/* --- sizes --- */

/* Takes all fragments that left by a port; each fits @p mtu. Returns how many, *ret_bytes behind the IP headers. */
static unsigned int
take_fragments(enum pipe_port port, uint16_t mtu, uint32_t *ret_bytes, uint32_t *ret_id)
{
	unsigned int n = 0;
	struct rte_mbuf *m;
	uint32_t id;

	*ret_bytes = 0;
	while ((m = pipe_receive(&gw, port)) != NULL) {
		const struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod_offset(m, void *, 14);
		const struct rte_ipv6_hdr *ip6 = (const void *)ip4;
		const bool v4 = ip4->version_ihl >> 4 == 4;
		const struct rte_ipv6_fragment_ext *ext = (const void *)(ip6 + 1);
		const uint16_t hdr = v4 ? sizeof(*ip4) : sizeof(*ip6) + sizeof(*ext);

		assert_int_equal(m->nb_segs, 1);
		assert_true(m->pkt_len <= mtu + 14u);
		assert_true(v4 || ip6->proto == IPPROTO_FRAGMENT);
		assert_true(!v4 || rte_ipv4_cksum(ip4) == 0 || rte_raw_cksum(ip4, 20) == 0xffff);
		assert_int_equal(*ret_bytes,
				v4 ? (rte_be_to_cpu_16(ip4->fragment_offset) & 0x1fff) * 8
				   : rte_be_to_cpu_16(ext->frag_data) & 0xfff8);
		id = v4 ? ip4->packet_id : ext->id;
		if (n > 0)
			assert_int_equal(id, *ret_id);
		*ret_id = id;
		*ret_bytes += m->pkt_len - 14 - hdr;
		n++;
		rte_pktmbuf_free(m);
	}
	return n;
}

/* ESP larger than the port takes is cut behind encryption; the fragments of two packets can be told apart. */
static void
cuts_outer_packets_larger_than_the_ports_mtu(void **state)
{
	struct err err = { 0 };
	uint32_t bytes, id[2];
	unsigned int outer6, i;

	(void)state;
	setup_ok(ctl_if_set_mtu(gw.ctl, "wan0", 1280, &err), &err);
	for (outer6 = 0; outer6 < 2; outer6++) {
		tunnel_of(outer6 ? LOCAL6 : LOCAL, outer6 ? REMOTE6 : REMOTE, false, false);
		ctl_clear_counters(gw.ctl);
		for (i = 0; i < 2; i++) {
			host_sends(false, 1372);
			assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
			pipe_poll(&gw);
			assert_int_equal(take_fragments(PIPE_WAN, 1280, &bytes, &id[i]), 2);
			assert_int_equal(bytes, 16 + 1400 + 4 + 16);
		}
		assert_true(id[0] != id[1]);
		assert_int_equal(pipe_dropped(&gw), 0);
	}
}

/* To the byte: what just fits the port leaves as it is, and one byte more is cut. */
static void
cuts_no_outer_packet_that_fits(void **state)
{
	const uint16_t mtu = 1280, esp = 8 + 8 + 2 + 16; /* header, IV, trailer, ICV */
	struct err err = { 0 };
	unsigned int outer6, natt;
	uint32_t bytes, id;

	(void)state;
	setup_ok(ctl_if_set_mtu(gw.ctl, "ipsec0", 1400, &err), &err);
	setup_ok(ctl_if_set_mtu(gw.ctl, "wan0", mtu, &err), &err);
	for (outer6 = 0; outer6 < 2; outer6++) {
		for (natt = 0; natt < 2; natt++) {
			const uint16_t outer = (uint16_t)((outer6 ? 40 : 20) + (natt ? 8 : 0));
			/* in whole words of four bytes, of which the trailer is half a one */
			const uint16_t inner = (uint16_t)((mtu - outer - esp + 2) / 4 * 4 - 2);

			print_message("outer %d, natt %d\n", outer6, natt);
			tunnel_of(outer6 ? LOCAL6 : LOCAL, outer6 ? REMOTE6 : REMOTE, false, natt);
			host_sends(false, (uint16_t)(inner - 28));
			assert_true(pass(PIPE_LAN, PIPE_WAN));
			assert_int_equal(len, RTE_ETHER_HDR_LEN + outer + esp + inner);
			assert_true(len + 4 > RTE_ETHER_HDR_LEN + mtu);
			assert_int_equal(pipe_flush(&gw), 0);
			host_sends(false, (uint16_t)(inner - 28 + 1));
			assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
			pipe_poll(&gw);
			assert_int_equal(take_fragments(PIPE_WAN, mtu, &bytes, &id), 2);
		}
	}
	assert_int_equal(pipe_dropped(&gw), 0);
}

static void
cuts_inner_packets_that_may_be_cut(void **state)
{
	(void)state;
	host_sends(false, 1472);
	assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
	pipe_poll(&gw);
	assert_int_equal(pipe_if(&gw, "ipsec0").opackets, 2);
	assert_int_equal(pipe_if(&gw, "ipsec0").obytes, 1500 + 20);
	assert_int_equal(pipe_flush(&gw), 2);
	assert_int_equal(pipe_dropped(&gw), 0);
}

/* RFC 791: a fragment may be cut again, and keeps its place; options stay in the header of the first at least. */
static void
cuts_fragments_and_packets_with_options(void **state)
{
	const uint16_t flags = RTE_IPV4_HDR_MF_FLAG | 100;
	struct rte_mbuf *m;
	struct err err = { 0 };
	uint16_t at = 100, n = 0;

	(void)state;
	setup_ok(ctl_if_set_mtu(gw.ctl, "wan0", 576, &err), &err);
	setup_route(&gw, "198.51.100.0/24", RIB_GATEWAY, REMOTE);
	pipe_poll(&gw);
	len = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "198.51.100.1", 1000);
	memset(frame + 34, 1, 8); /* no operation: 8 bytes of UDP become options */
	frame_ip4(frame)->version_ihl = 0x47;
	frame_ip4(frame)->fragment_offset = rte_cpu_to_be_16(flags);
	frame_mend4(frame);
	assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
	pipe_poll(&gw);
	while ((m = pipe_receive(&gw, PIPE_WAN)) != NULL) {
		const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, void *, 14);
		const uint16_t hdr_len = rte_ipv4_hdr_len(ip);

		assert_int_equal(rte_raw_cksum(ip, hdr_len), 0xffff);
		assert_int_equal(rte_be_to_cpu_16(ip->fragment_offset), RTE_IPV4_HDR_MF_FLAG | at);
		assert_int_equal(rte_be_to_cpu_16(ip->total_length), m->pkt_len - 14);
		assert_true(m->pkt_len <= 576 + 14);
		at = (uint16_t)(at + (m->pkt_len - 14 - hdr_len) / 8);
		n++;
		rte_pktmbuf_free(m);
	}
	assert_int_equal(n, 2);
	assert_int_equal(at, 100 + 1000 / 8);
	assert_int_equal(pipe_dropped(&gw), 0);
}

/* A changed reqid or tunnel under traffic: the old SA does not serve the new tunnel, in either direction. */
static void
lets_no_old_sa_serve_a_changed_tunnel(void **state)
{
	struct err err = { 0 };
	uint8_t esp[FRAME_MAX];
	uint16_t esp_len;

	(void)state;
	host_sends(false, 100);
	assert_true(pass(PIPE_LAN, PIPE_WAN));
	turn_round();
	memcpy(esp, frame, len);
	esp_len = len;
	setup_ok(ctl_if_set_reqid(gw.ctl, "ipsec0", 101, &err), &err);
	host_sends(false, 100);
	pass(PIPE_LAN, PIPE_WAN); /* ARP for the new end, if anything */
	assert_int_equal(pipe_if(&gw, "ipsec0").opackets, 1);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_NO_SA_OUT), 1);
	assert_true(pipe_send(&gw, PIPE_WAN, esp, esp_len));
	pipe_poll(&gw);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_SA_NO_IF), 1);

	setup_ok(ctl_if_set_reqid(gw.ctl, "ipsec0", 100, &err), &err);
	setup_tunnel(&gw, "ipsec0", LOCAL, "192.168.0.6");
	host_sends(false, 100);
	pass(PIPE_LAN, PIPE_WAN); /* ARP for the new end, if anything */
	assert_int_equal(pipe_if(&gw, "ipsec0").opackets, 1);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_NO_SA_OUT), 2);
	assert_true(pipe_send(&gw, PIPE_WAN, esp, esp_len));
	pipe_poll(&gw);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_SA_NO_IF), 2);

	/* Back again: the SA serves again, where its numbers were. */
	setup_tunnel(&gw, "ipsec0", LOCAL, REMOTE);
	assert_true(pipe_send(&gw, PIPE_WAN, esp, esp_len));
	pipe_poll(&gw);
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
	pipe_flush(&gw);
	host_sends(false, 100);
	assert_true(pass(PIPE_LAN, PIPE_WAN));
	assert_true(rte_be_to_cpu_32(*(unaligned_uint32_t *)(frame + 38)) > 1);
}

/* Engines write behind a packet what ESP may add to it; cryptodev needs a little more. */
static void
takes_what_just_leaves_room_for_esp_and_no_more(void **state)
{
	/* header, IV, padding, trailer, ICV of AES-GCM; what cryptodev authenticates with extended numbers besides */
	const uint16_t overhead = 8 + 8 + 3 + 2 + 16, beside = 4;
	const uint16_t headers = RTE_ETHER_HDR_LEN + 20 + 8;
	const uint16_t fits = (uint16_t)(RTE_MBUF_DEFAULT_DATAROOM - headers - overhead);
	const bool cryptodev = pipe_engine == registry_engine("cryptodev");
	struct err err = { 0 };
	int esn, natt;

	(void)state;
	setup_ok(ctl_if_set_mtu(gw.ctl, "ipsec0", 8000, &err), &err);
	for (esn = 0; esn < 2; esn++) {
		for (natt = 0; natt < 2; natt++) {
			print_message("esn %d, natt %d\n", esn, natt);
			tunnel_of(LOCAL, REMOTE, esn, natt);
			ctl_clear_counters(gw.ctl);
			host_sends(false, (uint16_t)(fits - (esn && cryptodev ? beside : 0)));
			assert_true(pass(PIPE_LAN, PIPE_WAN));
			assert_int_equal(pipe_dropped(&gw), 0);
			pipe_flush(&gw);
			host_sends(false, (uint16_t)(fits + 1));
			assert_false(pass(PIPE_LAN, PIPE_WAN));
			assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_HEADROOM), 1);
		}
	}
}

/* To the byte, in front: layer 2, outer header, ESP header and IV. */
static void
takes_what_just_has_headroom_and_no_less(void **state)
{
	unsigned int outer6, natt, lacks;
	struct rte_mbuf *m;
	uint16_t room;

	(void)state;
	for (outer6 = 0; outer6 < 2; outer6++) {
		for (natt = 0; natt < 2; natt++) {
			tunnel_of(outer6 ? LOCAL6 : LOCAL, outer6 ? REMOTE6 : REMOTE, false, natt);
			room = (uint16_t)((outer6 ? 40 : 20) + (natt ? 8 : 0) + 8 + 8);
			for (lacks = 0; lacks < 2; lacks++) {
				print_message("outer %d, natt %d, lacks %d\n", outer6, natt, lacks);
				ctl_clear_counters(gw.ctl);
				host_sends(false, 200);
				m = rte_pktmbuf_alloc(gw.pool);
				assert_non_null(m);
				m->data_off = (uint16_t)(room -
						lacks); /* its own layer 2 header will be gone */
				memcpy(rte_pktmbuf_append(m, len), frame, len);
				assert_int_equal(rte_ring_enqueue(gw.to[PIPE_LAN], m), 0);
				pipe_poll(&gw);
				assert_int_equal(
						dp_drop_count(ctl_dataplane(gw.ctl), DROP_HEADROOM),
						lacks);
				assert_int_equal(pipe_flush(&gw), !lacks);
			}
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, gateway_create, gateway_destroy)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(carries_both_families_through_tunnels_of_both),
		TEST(steps_over_extension_headers_in_front_of_esp),
		TEST(carries_a_tunnel_in_a_tunnel),
		TEST(cuts_outer_packets_larger_than_the_ports_mtu),
		TEST(cuts_no_outer_packet_that_fits),
		TEST(cuts_inner_packets_that_may_be_cut),
		TEST(cuts_fragments_and_packets_with_options),
		TEST(takes_what_just_leaves_room_for_esp_and_no_more),
		TEST(takes_what_just_has_headroom_and_no_less),
		TEST(lets_no_old_sa_serve_a_changed_tunnel),
	};

	pipe_eal_init("0");
	return cmocka_run_group_tests_name("pipeline/transit", tests, NULL, NULL);
}
