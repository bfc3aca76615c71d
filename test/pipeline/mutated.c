/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What no packet from outside may do: crash the gateway, make it lose a buffer, get in forged or twice. 100,000 mutations of good
 * frames; built with -Dsanitize=true and -Ddebug_frame=true this also watches every byte and every hand-over between stages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_esp.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "base/rcu.h"
#include "pipe.h"

#define MUTATIONS 100000
#define FRAME_MAX 1514

struct seed {
	uint8_t frame[FRAME_MAX];
	uint16_t len;
	enum pipe_port port;
};

static struct pipe gw;
static uint64_t random_state = 88172645463325252ull;

/* xorshift64: the same packets in each run */
static uint32_t
random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

/* An ESP frame as the other end would send it. */
static uint16_t
good_esp(uint8_t *frame, uint16_t payload)
{
	uint8_t plain[FRAME_MAX];
	const uint16_t n = pipe_udp4(plain, PIPE_LAN, "10.1.0.9", "10.2.0.7", payload);
	struct rte_mbuf *m;
	uint16_t len;

	pipe_flush(&gw);
	assert_true(pipe_send(&gw, PIPE_LAN, plain, n));
	pipe_poll(&gw);
	m = pipe_receive(&gw, PIPE_WAN);
	assert_non_null(m);
	len = m->data_len;
	memcpy(frame, rte_pktmbuf_mtod(m, void *), len);
	rte_pktmbuf_free(m);
	pipe_turn_round(frame);
	return len;
}

static int
gateway_create(void **state)
{
	(void)state;
	pipe_create(&gw, pipe_config);
	pipe_poll(&gw);
	pipe_flush(&gw); /* the gateway has announced its addresses */
	return 0;
}

static int
gateway_destroy(void **state)
{
	(void)state;
	pipe_destroy(&gw);
	return 0;
}

static void
encapsulates_both_families_into_one_sa(void **state)
{
	uint8_t frame[FRAME_MAX];
	struct rte_mbuf *m;
	uint16_t n, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		n = i == 0 ? pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", 64)
			   : pipe_udp6(frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:2::7", 64);
		assert_true(pipe_send(&gw, PIPE_LAN, frame, n));
		pipe_poll(&gw);
		m = pipe_receive(&gw, PIPE_WAN);
		assert_non_null(m);
		assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[23], IPPROTO_ESP);
		assert_int_equal(rte_be_to_cpu_32(*rte_pktmbuf_mtod_offset(m, rte_be32_t *, 38)),
				i + 1);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(pipe_if(&gw, "ipsec0").opackets, 2);
	assert_int_equal(pipe_if(&gw, "ipsec0").obytes, 92 + 112);
	assert_int_equal(pipe_dropped(&gw), 0);
}

static void
lets_no_replayed_packet_in(void **state)
{
	struct dataplane *dp = ctl_dataplane(gw.ctl);
	uint8_t frame[FRAME_MAX];
	const uint16_t n = good_esp(frame, 100);
	const uint64_t before = dp_drop_count(dp, DROP_REPLAY);
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		assert_true(pipe_send(&gw, PIPE_WAN, frame, n));
		pipe_poll(&gw);
	}
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
	assert_int_equal(dp_drop_count(dp, DROP_REPLAY) - before, 9);
}

/* An SA is freed when as many packets have come back from the engine as went in: both directions count them. */
static void
frees_a_deleted_sa_that_has_carried_packets(void **state)
{
	const struct ip_addr local = ip_from_v4(RTE_BE32(0xc0a80003));
	const struct ip_addr remote = ip_from_v4(RTE_BE32(0xc0a80005));
	uint8_t frame[FRAME_MAX];
	const uint16_t n = good_esp(frame, 100);
	struct err err = { 0 };
	unsigned int waiting = 0;
	int i;

	(void)state;
	assert_true(pipe_send(&gw, PIPE_WAN, frame, n));
	pipe_poll(&gw);
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 1);
	assert_int_equal(ctl_sa_delete(gw.ctl, &local, &remote, 10000, &err), 0);
	assert_int_equal(ctl_sa_delete(gw.ctl, &remote, &local, 10000, &err), 0);
	for (i = 0; i < 8; i++) {
		pipe_poll(&gw);
		waiting = rcu_reclaim();
	}
	assert_int_equal(waiting, 0);
}

/* Each byte of the ESP packet changed, one at a time: header, IV, ciphertext, ICV. */
static void
lets_no_forged_packet_in(void **state)
{
	uint8_t frame[FRAME_MAX], forged[FRAME_MAX];
	const uint16_t n = good_esp(frame, 40);
	const uint64_t before = pipe_dropped(&gw);
	uint16_t i;

	(void)state;
	for (i = RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr); i < n; i++) {
		memcpy(forged, frame, n);
		forged[i] ^= (uint8_t)(1 + random_below(255));
		assert_true(pipe_send(&gw, PIPE_WAN, forged, n));
		pipe_poll(&gw);
	}
	assert_int_equal(pipe_if(&gw, "ipsec0").ipackets, 0);
	assert_int_equal(pipe_dropped(&gw) - before, n - 34);
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_NO_SA),
			4); /* the bytes of the SPI */
	assert_int_equal(dp_drop_count(ctl_dataplane(gw.ctl), DROP_AUTH), n - 38);
}

/* Random changes of a frame: bytes, bits, length, a piece copied over another. */
static uint16_t
mutate(uint8_t *frame, uint16_t len)
{
	uint32_t from, changes = 1 + random_below(4);

	while (changes-- > 0) {
		const uint32_t at = random_below(len);

		switch (random_below(5)) {
		case 0:
			frame[at] = (uint8_t)random_below(256);
			break;
		case 1:
			frame[at] ^= (uint8_t)(1u << random_below(8));
			break;
		case 2: /* the headers are what matters */
			frame[random_below(RTE_MIN(len, 60u))] = (uint8_t)random_below(256);
			break;
		case 3:
			len = (uint16_t)(1 + random_below(len));
			break;
		default: /* a piece over another: both end within the frame */
			from = random_below(len);
			memmove(frame + at, frame + from, random_below(len - RTE_MAX(at, from)));
		}
	}
	return len;
}

/* So that mutations are not all lost at the checksum. */
static void
mend_checksum(uint8_t *frame, uint16_t len)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);

	if (len < RTE_ETHER_HDR_LEN + sizeof(*ip) || frame[12] != 8 || frame[13] != 0)
		return;
	if (rte_ipv4_hdr_len(ip) > len - RTE_ETHER_HDR_LEN || rte_ipv4_hdr_len(ip) < sizeof(*ip))
		return;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static uint16_t
arp_request(uint8_t *frame)
{
	static const uint8_t arp[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 1, 0, 9, 0, 0, 0, 0, 0, 0, 10, 1, 0,
		1 };

	memcpy(frame, arp, sizeof(arp));
	return sizeof(arp);
}

static uint16_t
echo_request(uint8_t *frame)
{
	const uint16_t n = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "10.1.0.1", 56);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);
	uint8_t *icmp = (uint8_t *)(ip + 1);

	ip->next_proto_id = IPPROTO_ICMP;
	memset(icmp, 0, 64);
	icmp[0] = 8;
	icmp[2] = 0xf7; /* checksum of an otherwise empty echo request */
	icmp[3] = 0xff;
	mend_checksum(frame, n);
	return n;
}

static unsigned int
make_seeds(struct seed *s)
{
	unsigned int n = 0;

	s[n] = (struct seed){ .port = PIPE_WAN };
	s[n].len = good_esp(s[n].frame, 100);
	n++;
	s[n] = (struct seed){ .port = PIPE_WAN };
	s[n].len = good_esp(s[n].frame, 1200);
	n++;
	s[n] = (struct seed){ .port = PIPE_LAN };
	s[n].len = pipe_udp4(s[n].frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", 30);
	n++;
	s[n] = (struct seed){ .port = PIPE_LAN };
	s[n].len = pipe_udp4(
			s[n].frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", 1450); /* to be fragmented */
	n++;
	s[n] = (struct seed){ .port = PIPE_LAN };
	s[n].len = pipe_udp6(s[n].frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:2::7", 100);
	n++;
	s[n] = (struct seed){ .port = PIPE_LAN };
	s[n].len = pipe_udp4(s[n].frame, PIPE_LAN, "10.1.0.9", "10.1.0.77",
			20); /* a neighbour to be asked for */
	n++;
	s[n] = (struct seed){ .port = PIPE_LAN };
	s[n].len = arp_request(s[n].frame);
	n++;
	s[n] = (struct seed){ .port = PIPE_LAN };
	s[n].len = echo_request(s[n].frame);
	n++;
	s[n] = (struct seed){ .port = PIPE_WAN };
	s[n].len = pipe_udp4(s[n].frame, PIPE_WAN, "192.168.0.5", "192.168.0.3", 100);
	s[n].frame[36] = 4500 >> 8; /* ESP in UDP */
	s[n].frame[37] = 4500 & 255;
	n++;
	return n;
}

static void
survives_100000_mutated_packets(void **state)
{
	static struct seed seeds[16];
	const unsigned int nb_seeds = make_seeds(seeds);
	uint8_t frame[FRAME_MAX];
	unsigned int i;
	uint64_t sent = 0;

	(void)state;
	for (i = 0; i < MUTATIONS; i++) {
		const struct seed *s = &seeds[random_below(nb_seeds)];
		uint16_t len;

		memcpy(frame, s->frame, s->len);
		len = mutate(frame, s->len);
		if (random_below(2) == 0)
			mend_checksum(frame, len);
		sent += pipe_send(&gw, random_below(8) == 0 ? PIPE_LAN : s->port, frame, len);
		if (i % 16 == 15) {
			pipe_poll(&gw);
			pipe_flush(&gw);
		}
	}
	/* Only when packets could not be sent because buffers had run out would there be fewer. */
	assert_int_equal(sent, MUTATIONS);
	assert_true(pipe_dropped(&gw) > MUTATIONS / 4);
	/* The gateway still works. */
	assert_true(good_esp(frame, 64) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(encapsulates_both_families_into_one_sa,
				gateway_create, gateway_destroy),
		cmocka_unit_test_setup_teardown(
				lets_no_replayed_packet_in, gateway_create, gateway_destroy),
		cmocka_unit_test_setup_teardown(frees_a_deleted_sa_that_has_carried_packets,
				gateway_create, gateway_destroy),
		cmocka_unit_test_setup_teardown(
				lets_no_forged_packet_in, gateway_create, gateway_destroy),
		cmocka_unit_test_setup_teardown(
				survives_100000_mutated_packets, gateway_create, gateway_destroy),
	};

	pipe_eal_init("0");
	return cmocka_run_group_tests_name("pipeline/mutated", tests, NULL, NULL);
}
