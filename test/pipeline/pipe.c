/* SPDX-License-Identifier: BSD-3-Clause */
/* The gateway inside a test: see pipe.h. */
#include "pipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "drivers/registry.h"
#include "net/pkt.h"

#define PIPE_RING 2048

const struct engine_ops *pipe_engine;

static const char *const port_name[PIPE_PORTS] = { "lan", "wan" };

const char pipe_config[] =
		"{\"ports\": {"
		"\"lan0\": {\"device\": \"net_ring_lan\", \"mac\": \"02:00:00:00:00:01\","
		" \"addresses\": [\"10.1.0.1/24\", \"2001:db8:1::1/64\"]},"
		"\"wan0\": {\"device\": \"net_ring_wan\", \"mac\": \"02:00:00:00:00:02\","
		" \"addresses\": [\"192.168.0.3/24\", \"2001:db8:9::3/64\"]}},"
		"\"neighbors\": [{\"port\": \"wan0\", \"address\": \"192.168.0.5\", \"mac\": "
		"\"02:00:00:00:00:05\"},"
		"{\"port\": \"lan0\", \"address\": \"10.1.0.9\", \"mac\": \"02:00:00:00:00:09\"}],"
		"\"ipsec\": {\"ipsec0\": {\"reqid\": 100, \"up\": true,"
		" \"tunnel\": {\"local\": \"192.168.0.3\", \"remote\": \"192.168.0.5\"}}},"
		"\"routes\": [{\"prefix\": \"10.2.0.0/16\", \"interface\": \"ipsec0\"},"
		"{\"prefix\": \"2001:db8:2::/48\", \"interface\": \"ipsec0\"}],"
		"\"sa\": [{\"src\": \"192.168.0.3\", \"dst\": \"192.168.0.5\", \"spi\": 10000, "
		"\"reqid\": 100,"
		" \"encryption\": \"aes-gcm-16\", \"encryption_key\": "
		"\"0x0123456789abcdef0123456789abcdef01234567\"},"
		"{\"src\": \"192.168.0.5\", \"dst\": \"192.168.0.3\", \"spi\": 10000, \"reqid\": "
		"100,"
		" \"replay_window_packets\": 1024,"
		" \"encryption\": \"aes-gcm-16\", \"encryption_key\": "
		"\"0x0123456789abcdef0123456789abcdef01234567\"}]}";

void
pipe_eal_init(const char *lcores)
{
	char *argv[] = { "pipe", "--no-huge", "-m", "1024", "--no-pci", "--no-shconf",
		"--no-telemetry", "--lcores", (char *)(uintptr_t)lcores, "--log-level=4", NULL };

	assert_true(rte_eal_init((int)RTE_DIM(argv) - 1, argv) >= 0);
}

static void
pipe_ports_create(struct pipe *p)
{
	char name[32];
	int i;

	for (i = 0; i < PIPE_PORTS; i++) {
		snprintf(name, sizeof(name), "pipe_to_%s", port_name[i]);
		p->to[i] = rte_ring_create(name, PIPE_RING, 0, 0);
		snprintf(name, sizeof(name), "pipe_from_%s", port_name[i]);
		p->from[i] = rte_ring_create(name, PIPE_RING, 0, 0);
		assert_non_null(p->to[i]);
		assert_non_null(p->from[i]);
		assert_true(rte_eth_from_rings(port_name[i], &p->to[i], 1, &p->from[i], 1, 0) >= 0);
	}
}

static unsigned int
worker_lcores(unsigned int *lcores)
{
	unsigned int i, n = 0;

	RTE_LCORE_FOREACH_WORKER(i)
		lcores[n++] = i;
	if (n == 0)
		lcores[n++] = rte_get_main_lcore();
	return n;
}

void
pipe_create(struct pipe *p, const char *json)
{
	const struct engine_ops *engines[ENGINE_MAX];
	unsigned int lcores[WORKER_MAX], i;
	struct ctl_args args = {
		.worker_lcores = lcores, .port_ops = registry_ports(), .engines = engines
	};
	struct cfg_errors errors = { 0 };
	struct err err = { 0 };
	struct cfg *cfg;

	memset(p, 0, sizeof(*p));
	args.nb_workers = worker_lcores(lcores);
	/* TEST_ENGINE: meson.build runs some of these tests with each engine alone */
	if (pipe_engine == NULL && getenv("TEST_ENGINE") != NULL) {
		pipe_engine = registry_engine(getenv("TEST_ENGINE"));
		assert_non_null(pipe_engine);
	}
	if (pipe_engine != NULL)
		engines[args.nb_engines++] = pipe_engine;
	for (i = 0; i < ENGINE_MAX && registry_engine_at(i) != NULL && pipe_engine == NULL; i++)
		engines[args.nb_engines++] = registry_engine_at(i);
	p->pool = rte_pktmbuf_pool_create(
			"pipe", PIPE_MBUFS, 128, PKT_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	assert_non_null(p->pool);
	args.pool = p->pool;
	pipe_ports_create(p);
	p->ctl = ctl_create(&args, &err);
	if (p->ctl == NULL)
		fail_msg("%s", err.msg);
	cfg = cfg_read_text(json, ".", &errors);
	if (cfg == NULL || ctl_apply(p->ctl, cfg, &errors) != 0)
		fail_msg("%s: %s", errors.list[0].path, errors.list[0].msg);
	cfg_free(cfg);
	cfg_errors_free(&errors);
	if (ctl_start(p->ctl, &err) != 0)
		fail_msg("%s", err.msg);
}

void
pipe_destroy(struct pipe *p)
{
	struct rte_mbuf *m;
	char name[32];
	int i;

	ctl_stop(p->ctl);
	ctl_destroy(p->ctl);
	for (i = 0; i < PIPE_PORTS; i++)
		while (rte_ring_dequeue(p->to[i], (void **)&m) == 0 ||
				(m = pipe_receive(p, i)) != NULL)
			rte_pktmbuf_free(m);
	assert_int_equal(rte_mempool_in_use_count(p->pool), 0); /* no buffer is lost */
	for (i = 0; i < PIPE_PORTS; i++) {
		snprintf(name, sizeof(name), "net_ring_%s", port_name[i]);
		assert_int_equal(rte_vdev_uninit(name), 0);
		rte_ring_free(p->to[i]);
		rte_ring_free(p->from[i]);
	}
	rte_mempool_free(p->pool);
}

bool
pipe_send(struct pipe *p, enum pipe_port port, const void *frame, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);
	char *data;

	if (m == NULL)
		return false;
	data = rte_pktmbuf_append(m, len);
	if (data == NULL || rte_ring_full(p->to[port])) {
		rte_pktmbuf_free(m);
		return false;
	}
	memcpy(data, frame, len);
	return rte_ring_enqueue(p->to[port], m) == 0;
}

struct rte_mbuf *
pipe_receive(struct pipe *p, enum pipe_port port)
{
	void *m;

	return rte_ring_dequeue(p->from[port], &m) == 0 ? m : NULL;
}

void
pipe_poll(struct pipe *p)
{
	int i;

	for (i = 0; i < 4; i++) {
		dp_poll(ctl_dataplane(p->ctl));
		ctl_poll(p->ctl);
	}
}

unsigned int
pipe_flush(struct pipe *p)
{
	struct rte_mbuf *m;
	unsigned int n = 0;
	int i;

	for (i = 0; i < PIPE_PORTS; i++)
		for (; (m = pipe_receive(p, i)) != NULL; n++)
			rte_pktmbuf_free(m);
	return n;
}

uint64_t
pipe_dropped(struct pipe *p)
{
	uint64_t n = 0;
	int i;

	for (i = DROP_NONE + 1; i < DROP_REASONS; i++)
		n += dp_drop_count(ctl_dataplane(p->ctl), (enum drop_reason)i);
	return n;
}

void
pipe_check_accounts(struct pipe *p)
{
	const struct dataplane *dp = ctl_dataplane(p->ctl);
	struct dp_worker_stats s;
	unsigned int i;

	for (i = 0; i < dp->nb_workers; i++) {
		dp_worker_stats(dp, i, &s);
		assert_int_equal(s.rx + s.injected + s.handed_in + s.fragments,
				s.tx + s.dropped + s.punted + s.handed_out + s.fragmented +
						s.in_flight);
	}
}

struct ctl_if_counts
pipe_if(struct pipe *p, const char *name)
{
	struct ctl_if_counts counts;

	ctl_if_counts(p->ctl, iface_find(ctl_ifaces(p->ctl), name), &counts);
	return counts;
}

static void
ether_fill(uint8_t *frame, enum pipe_port port, uint16_t type)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)frame;

	*eth = (struct rte_ether_hdr){ .dst_addr = { { 2, 0, 0, 0, 0, (uint8_t)(1 + port) } },
		.src_addr = { { 2, 0, 0, 0, 0, 9 } },
		.ether_type = rte_cpu_to_be_16(type) };
}

uint16_t
pipe_udp4(uint8_t *frame, enum pipe_port port, const char *src, const char *dst, uint16_t payload)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	struct ip_addr s, d;

	assert_int_equal(ip_parse(src, &s), 0);
	assert_int_equal(ip_parse(dst, &d), 0);
	ether_fill(frame, port, RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + sizeof(*udp) + payload)),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = s.v4,
		.dst_addr = d.v4 };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*udp = (struct rte_udp_hdr){ .src_port = RTE_BE16(1024),
		.dst_port = RTE_BE16(9),
		.dgram_len = rte_cpu_to_be_16((uint16_t)(sizeof(*udp) + payload)) };
	memset(udp + 1, 0x5a, payload);
	return (uint16_t)(RTE_ETHER_HDR_LEN + sizeof(*ip) + sizeof(*udp) + payload);
}

uint16_t
pipe_udp6(uint8_t *frame, enum pipe_port port, const char *src, const char *dst, uint16_t payload)
{
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(frame + RTE_ETHER_HDR_LEN);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	struct ip_addr s, d;

	assert_int_equal(ip_parse(src, &s), 0);
	assert_int_equal(ip_parse(dst, &d), 0);
	ether_fill(frame, port, RTE_ETHER_TYPE_IPV6);
	*ip = (struct rte_ipv6_hdr){ .vtc_flow = RTE_BE32(0x60000000),
		.payload_len = rte_cpu_to_be_16((uint16_t)(sizeof(*udp) + payload)),
		.proto = IPPROTO_UDP,
		.hop_limits = 64 };
	memcpy(&ip->src_addr, s.v6, 16);
	memcpy(&ip->dst_addr, d.v6, 16);
	*udp = (struct rte_udp_hdr){ .src_port = RTE_BE16(1024),
		.dst_port = RTE_BE16(9),
		.dgram_len = rte_cpu_to_be_16((uint16_t)(sizeof(*udp) + payload)) };
	memset(udp + 1, 0x5a, payload);
	udp->dgram_cksum = rte_ipv6_udptcp_cksum(ip, udp);
	return (uint16_t)(RTE_ETHER_HDR_LEN + sizeof(*ip) + sizeof(*udp) + payload);
}

void
pipe_turn_round(uint8_t *frame)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);
	const rte_be32_t src = ip->src_addr;

	ether_fill(frame, PIPE_WAN, RTE_ETHER_TYPE_IPV4);
	ip->src_addr = ip->dst_addr; /* the sum of both stays: so does the checksum */
	ip->dst_addr = src;
}
