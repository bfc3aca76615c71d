/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated situations: what `explain` says of a packet is what happens to it. Each takes the gateway of pipe.h, bends it in up to
 * three ways, asks, sends that very packet, and compares: the drop that is counted, or port and MAC address by which it leaves, or
 * that it goes to the control core. EXPLAIN_SEED=N tries others. The ways are in bend.c.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_udp.h>

#include "bend.h"

#define SITUATIONS 800

struct pipe gw;
static uint64_t rng;
struct explain_request req;
static uint8_t frame[FRAME_MAX];
static uint16_t len;
static enum pipe_port port;
static unsigned int sends;
char story[256];
static unsigned int seen_drop[DROP_REASONS], seen_end[4];
static struct err err;

uint32_t
dice(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 20) % n;
}

/* --- packets --- */

static void
fill_ip(struct explain_packet *p)
{
	struct rte_ipv4_hdr *ip = frame_ip4(frame);

	if (p->src.af == AF_INET6) {
		frame_ip6(frame)->hop_limits = p->ttl;
		return;
	}
	ip->time_to_live = p->ttl;
	ip->fragment_offset = p->df ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0;
	frame_mend4(frame);
}

static void
make_out(void)
{
	static const char *const src4[] = { "10.1.0.9", "10.1.0.9", "10.1.0.9", "10.1.0.9",
		"10.1.0.9", "127.0.0.1", "0.1.2.3" };
	static const char *const dst4[] = { "10.2.0.7", "10.2.0.7", "10.2.0.7", "10.2.0.7",
		"192.168.0.5", "192.168.0.98", "10.99.0.1", "10.1.0.1", "224.0.0.5", "127.0.0.9" };
	static const char *const dst6[] = { "2001:db8:2::7", "2001:db8:2::7", "2001:db8:77::1",
		"2001:db8:1::1", "fe80::77" };
	static const uint16_t lens[] = { 64, 64, 200, 1300, 1399, 1400, 1401, 1450, 1500, 2034 };
	static const uint8_t ttls[] = { 64, 64, 64, 64, 2, 1 };
	const bool ip6 = dice(4) == 0;
	const char *src = ip6 ? "2001:db8:1::9" : src4[dice(RTE_DIM(src4))];
	const char *dst = ip6 ? dst6[dice(RTE_DIM(dst6))] : dst4[dice(RTE_DIM(dst4))];
	struct explain_packet *p = &req.packet;

	*p = (struct explain_packet){ .src = setup_ip(src),
		.dst = setup_ip(dst),
		.proto = IPPROTO_UDP,
		.sport = 1024,
		.dport = 9,
		.len = lens[dice(RTE_DIM(lens))],
		.ttl = ttls[dice(RTE_DIM(ttls))],
		.df = dice(2) };
	port = PIPE_LAN;
	len = ip6 ? pipe_udp6(frame, port, src, dst, (uint16_t)(p->len - 48))
		  : pipe_udp4(frame, port, src, dst, (uint16_t)(p->len - 28));
	fill_ip(p);
	if (p->len > 2000 && dice(3) != 0)
		bend_mtu_8000(); /* it fits the interface, and no header fits the buffer around it */
	if (strcmp(dst, "127.0.0.9") == 0)
		bend_route_default();
	snprintf(story, sizeof(story), "out %s > %s len %u ttl %u df %d", src, dst, p->len, p->ttl,
			p->df);
}

/* ESP of the peer: what we sent, turned round. Then one thing about the outer header may be wrong. */
static void
make_in(void)
{
	static const uint8_t ttls[] = { 64, 64, 3, 2 };
	struct rte_mbuf *m;

	req.in = true;
	req.packet = (struct explain_packet){ .src = setup_ip("10.1.0.9"),
		.dst = setup_ip("10.2.0.7"),
		.proto = IPPROTO_UDP,
		.sport = 1024,
		.dport = 9,
		.len = dice(3) == 0 ? 1350 : 128,
		.ttl = ttls[dice(RTE_DIM(ttls))],
		.df = dice(2) };
	len = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", (uint16_t)(req.packet.len - 28));
	fill_ip(&req.packet);
	assert_true(pipe_send(&gw, PIPE_LAN, frame, len));
	pipe_poll(&gw);
	m = pipe_receive(&gw, PIPE_WAN);
	assert_non_null(m);
	len = m->data_len;
	memcpy(frame, rte_pktmbuf_mtod(m, void *), len);
	rte_pktmbuf_free(m);
	pipe_turn_round(frame);
	req.packet.ttl--;
	port = PIPE_WAN;
	req.spi = 10000;
	req.outer_src = setup_ip(REMOTE);
	req.outer_dst = setup_ip("192.168.0.3");
	snprintf(story, sizeof(story), "in len %u ttl %u df %d", req.packet.len, req.packet.ttl,
			req.packet.df);
}

static void
spoil_in(void)
{
	struct rte_ipv4_hdr *ip = frame_ip4(frame);
	uint8_t *esp = (uint8_t *)(ip + 1);
	const uint32_t how = dice(14);

	sends = 1;
	if (how == 0) {
		esp[3] ^= 1;
		req.spi ^= 1;
	} else if (how == 1) {
		req.outer_src = setup_ip("192.168.0.9");
		ip->src_addr = req.outer_src.v4;
	} else if (how == 2) {
		memmove(esp + 8, esp, len - RTE_ETHER_HDR_LEN - sizeof(*ip));
		len = (uint16_t)(len + 8);
		*(struct rte_udp_hdr *)esp = (struct rte_udp_hdr){ .src_port = RTE_BE16(4500),
			.dst_port = RTE_BE16(4500),
			.dgram_len = rte_cpu_to_be_16((uint16_t)(len - RTE_ETHER_HDR_LEN - 20)) };
		ip->total_length = rte_cpu_to_be_16((uint16_t)(len - RTE_ETHER_HDR_LEN));
		ip->next_proto_id = IPPROTO_UDP;
		req.natt = true;
	} else if (how == 3) {
		req.fragment = true;
		ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	} else if (how == 4) {
		req.outer_tos = 3;
		ip->type_of_service = 3;
	} else if (how == 5) {
		sends = 2; /* the second is the one that is asked about */
		req.seq = rte_be_to_cpu_32(*(unaligned_uint32_t *)(esp + 4));
	} else if (how == 6) {
		req.outer_dst = setup_ip("10.99.0.1"); /* not ours: passes through */
		ip->dst_addr = req.outer_dst.v4;
	}
	frame_mend4(frame);
	snprintf(story + strlen(story), sizeof(story) - strlen(story), ", spoilt %u", how);
}

/* --- asking and looking --- */

struct counts {
	uint64_t drop[DROP_REASONS], all, punted;
};

static struct counts
count(void)
{
	const struct dataplane *dp = ctl_dataplane(gw.ctl);
	struct dp_worker_stats s;
	struct counts c = { 0 };
	unsigned int i;

	for (i = 1; i < DROP_REASONS; i++) {
		c.drop[i] = dp_drop_count(dp, (enum drop_reason)i);
		c.all += c.drop[i];
	}
	dp_worker_stats(dp, 0, &s);
	c.punted = s.punted;
	return c;
}

static void
poll_worker(void)
{
	int i;

	for (i = 0; i < 8; i++)
		dp_poll(ctl_dataplane(gw.ctl));
}

#define EXPECT(what)                                                                           \
	do {                                                                                   \
		if (!(what))                                                                   \
			fail_msg("%s\nexplained: %s\n%s is wrong", story, e->sentence, #what); \
	} while (0)

/* Every frame that left: by this port, to this neighbour, none larger than was said, one as large. */
static void
check_frames(const struct ctl_explanation *e)
{
	unsigned int n = 0, largest = 0;
	struct rte_mbuf *m;
	int i;

	for (i = 0; i < PIPE_PORTS; i++)
		while ((m = pipe_receive(&gw, (enum pipe_port)i)) != NULL) {
			const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(
					m, const struct rte_ether_hdr *);

			EXPECT(e->end == CTL_EXPLAIN_DELIVERED);
			EXPECT(strcmp(e->port, i == PIPE_LAN ? "lan0" : "wan0") == 0);
			EXPECT(rte_is_same_ether_addr(&eth->dst_addr, &e->mac));
			largest = RTE_MAX(largest, m->pkt_len - RTE_ETHER_HDR_LEN);
			n++;
			rte_pktmbuf_free(m);
		}
	EXPECT((n != 0) == (e->end == CTL_EXPLAIN_DELIVERED));
	if (n != 0)
		EXPECT(largest == e->bytes);
}

static void
ask_and_send(void)
{
	const unsigned int used = rte_mempool_in_use_count(gw.pool);
	struct ctl_explanation answer, *e = &answer;
	struct counts before = count(), after;
	const char *in_name = port == PIPE_LAN ? "lan0" : "wan0";

	if (sends == 2) {
		assert_true(pipe_send(&gw, port, frame, len));
		pipe_poll(&gw);
		pipe_flush(&gw);
		before = count();
	}
	setup_ok(ctl_explain(gw.ctl, &req, in_name, e, &err), &err);
	after = count();
	EXPECT(memcmp(&before, &after, sizeof(after)) == 0); /* asking counts nothing */
	if (sends == 1)
		EXPECT(rte_mempool_in_use_count(gw.pool) == used);
	assert_true(pipe_send(&gw, port, frame, len));
	poll_worker();
	if (e->end == CTL_EXPLAIN_DROPPED && e->drop == DROP_NEIGH_FAILED)
		ctl_poll(gw.ctl); /* it is the control core that refuses */
	after = count();
	if (e->end == CTL_EXPLAIN_DROPPED) {
		EXPECT(after.drop[e->drop] > before.drop[e->drop]);
		EXPECT(after.all - before.all == after.drop[e->drop] - before.drop[e->drop]);
		seen_drop[e->drop]++;
	} else {
		EXPECT(after.all == before.all);
	}
	if (e->end == CTL_EXPLAIN_PUNTED)
		EXPECT(after.punted > before.punted);
	if (e->end == CTL_EXPLAIN_DELIVERED)
		EXPECT(after.punted == before.punted);
	if (e->drop != DROP_NEIGH_FAILED)
		check_frames(e);
	seen_end[e->end]++;
}

static struct iface *
ipsec0(void)
{
	return iface_find(ctl_ifaces(gw.ctl), "ipsec0");
}

/* The gateway as in pipe.h again, with new SAs. */
static void
straighten(void)
{
	const struct ip_addr remote = setup_ip(REMOTE);
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 5 } };
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = cfg_read_text(pipe_config, ".", &errors);

	assert_non_null(cfg);
	ctl_sa_flush(gw.ctl);
	ctl_neigh_delete(gw.ctl, &remote, &err);
	if (ctl_apply(gw.ctl, cfg, &errors) != 0)
		fail_msg("%s: %s", errors.list[0].path, errors.list[0].msg);
	cfg_free(cfg);
	cfg_errors_free(&errors);
	bend_flag("lan0", IFACE_UP, true);
	bend_flag("wan0", IFACE_UP, true);
	bend_flag("lan0", IFACE_MONITOR, false);
	ctl_if_set_mtu(gw.ctl, "ipsec0", 1400, &err);
	ctl_sysctl_set(gw.ctl, "net.inet.ipsec.dfbit", 0, &err);
	ctl_sysctl_set(gw.ctl, "net.key.preferred_oldsa", 1, &err);
	setup_ok(ctl_neigh_add(gw.ctl, "wan0", &remote, &mac, &err), &err);
	setup_sa_pair(&gw, "192.168.0.3", REMOTE, "aes-gcm-16", 20);
	assert_non_null(ipsec0()->sa_out);
	pipe_poll(&gw);
	pipe_flush(&gw);
	memset(&req, 0, sizeof(req));
	sends = 1;
}

static void
explains_what_happens(void **state)
{
	static const enum drop_reason wanted[] = { DROP_IP_SOURCE, DROP_IP_DESTINATION,
		DROP_IF_DOWN, DROP_IF_MONITOR, DROP_NO_ROUTE, DROP_BLACKHOLE, DROP_REJECT, DROP_TTL,
		DROP_TOO_BIG, DROP_OUT_IF_DOWN, DROP_NO_SA, DROP_SA_NO_IF, DROP_SA_SOURCE,
		DROP_SA_NATT, DROP_SA_DEAD, DROP_REPLAY, DROP_INNER_ECN, DROP_OUTER_FRAGMENT,
		DROP_NO_SA_OUT, DROP_SEQ_EXHAUSTED, DROP_TUNNEL_NO_ROUTE, DROP_TUNNEL_LOOP,
		DROP_HEADROOM, DROP_NEIGH_FAILED };
	const char *seed = getenv("EXPLAIN_SEED");
	unsigned int i, n;

	(void)state;
	rng = (seed == NULL ? 1 : strtoull(seed, NULL, 0)) * 0x9e3779b97f4a7c15;
	for (n = 0; n < SITUATIONS; n++) {
		straighten();
		if (dice(5) < 3) {
			make_out();
		} else {
			make_in();
			spoil_in();
		}
		bend_some(req.in);
		snprintf(story + strlen(story), sizeof(story) - strlen(story),
				" (situation %u, EXPLAIN_SEED=%s)", n, seed == NULL ? "1" : seed);
		ask_and_send();
		pipe_poll(&gw);
		pipe_flush(&gw);
	}
	for (i = 0; i < RTE_DIM(wanted); i++)
		if (seen_drop[wanted[i]] == 0)
			print_error("%s has not occurred\n", drop_name(wanted[i]));
	for (i = 0; i < RTE_DIM(wanted) && seed == NULL; i++)
		assert_int_not_equal(seen_drop[wanted[i]], 0);
	assert_int_not_equal(seen_end[CTL_EXPLAIN_DELIVERED], 0);
	assert_int_not_equal(seen_end[CTL_EXPLAIN_PUNTED], 0);
}

static int
up(void **state)
{
	(void)state;
	pipe_create(&gw, pipe_config);
	return 0;
}

static int
down(void **state)
{
	(void)state;
	pipe_destroy(&gw);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains_what_happens),
	};

	pipe_eal_init("0");
	return cmocka_run_group_tests_name("pipeline/explain", tests, up, down);
}
