/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes under traffic: a thousand tunnels with their SAs, addresses and routes come and go while a worker encrypts packets of
 * another one with the real engine. Not one of those is lost.
 */
#define CTL_TEST_MEM "1024"
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "base/log.h"
#include "net/pkt.h"
#include "sa_test.h"
#include "test/wait.h"

#define TUNNELS 1000
#define BURST 4

static unsigned int worker_lcore = 1;
static uint64_t injected;

/* Two lcores; both on one CPU where there is but one. */
static int
eal_of_two_up(void **state)
{
	const bool one = sysconf(_SC_NPROCESSORS_ONLN) < 2;
	char *argv[] = { (char[]){ "control" }, (char[]){ "--no-huge" }, (char[]){ "-m" },
		(char[]){ CTL_TEST_MEM }, (char[]){ "--no-pci" }, (char[]){ "--no-shconf" },
		(char[]){ "--no-telemetry" }, (char[]){ "--lcores" },
		one ? (char[]){ "0@0,1@0" } : (char[]){ "0,1" }, NULL };

	(void)state;
	return rte_eal_init((int)RTE_DIM(argv) - 1, argv) < 0 ? -1 : 0;
}

static int
live_up(void **state)
{
	const struct engine_ops *const engines[] = { registry_engine("cryptodev") };
	const struct ctl_args args = {
		.worker_lcores = &worker_lcore,
		.nb_workers = 1,
		.nb_mbufs = 8191,
		.port_ops = registry_ports(),
		.engines = engines,
		.nb_engines = 1,
	};
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 5 } };
	struct ctl_route route = {
		.prefix = prefix("10.2.0.0/16"), .kind = RIB_INTERFACE, .interface = "ipsec0"
	};
	struct err why = { 0 };
	struct ctl *ctl = ctl_create(&args, &why);

	if (ctl == NULL) {
		print_error("%s\n", why.msg);
		return -1;
	}
	*state = ctl;
	port_add(ctl, "wan0", "net_null1", "192.168.0.3/24");
	ipsec0(ctl);
	address(ctl, "ipsec0", "172.16.0.3/16", "172.16.0.5");
	sa_add(ctl, HERE, THERE, 10000, 100);
	ok(ctl_route_add(ctl, &route, &err));
	ok(ctl_neigh_add(ctl, "wan0", IP(THERE), &mac, &err));
	ok(ctl_start(ctl, &err));
	return 0;
}

/* Packets to 10.2.0.1, as if we had made them; as many as the ring takes now. */
static void
inject(struct ctl *ctl)
{
	struct dataplane *dp = ctl_dataplane(ctl);
	struct rte_ipv4_hdr *ip4;
	struct pkt_meta *meta;
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		m = rte_pktmbuf_alloc(dp->pool);
		assert_non_null(m);
		assert_non_null(rte_pktmbuf_append(m, 100));
		ip4 = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
		memset(ip4, 0, 100);
		ip4->version_ihl = RTE_IPV4_VHL_DEF;
		ip4->total_length = rte_cpu_to_be_16(100);
		ip4->time_to_live = 64;
		ip4->next_proto_id = IPPROTO_UDP;
		ip4->src_addr = IP("172.16.0.3")->v4;
		ip4->dst_addr = IP("10.2.0.1")->v4;
		ip4->hdr_checksum = rte_ipv4_cksum(ip4);
		meta = pkt_meta(m);
		memset(meta, 0, sizeof(*meta));
		meta->flags = PKT_ORIGINATED;
		if (!dp_inject(dp, m)) {
			rte_pktmbuf_free(m);
			return;
		}
		injected++;
	}
}

static void
one_more_tunnel(struct ctl *ctl, uint32_t i)
{
	const uint32_t far = 0xc6120001 + i; /* 198.18.0.1 and on */
	const struct ip_addr there = ip_from_v4(rte_cpu_to_be_32(far)), here = ip(HERE);
	struct iface_addr inner = { .prefix = { ip_from_v4(rte_cpu_to_be_32(0xac110000 + i)), 32 },
		.peer = ip_from_v4(rte_cpu_to_be_32(0xac120000 + i)) };
	struct ctl_route route = { .kind = RIB_INTERFACE };
	struct sa_params prm = sa_prm(HERE, HERE, 20000 + i, 1000 + i);
	char name[IFACE_NAME_MAX];

	ok(ctl_if_create(ctl, "ipsec", name, &err));
	inject(ctl);
	ok(ctl_if_set_reqid(ctl, name, 1000 + i, &err));
	ok(ctl_if_set_tunnel(ctl, name, 0, &here, &there, &err));
	inject(ctl);
	ok(ctl_if_add_address(ctl, name, &inner, &err));
	inject(ctl);
	memcpy(route.interface, name, sizeof(name));
	route.prefix = (struct ip_prefix){ ip_from_v4(rte_cpu_to_be_32(0x0a800000 + i * 256)), 24 };
	ok(ctl_route_add(ctl, &route, &err));
	inject(ctl);
	prm.dst = there;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	prm.src = there;
	prm.dst = here;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	inject(ctl);
	ctl_poll(ctl);
}

static void
one_less(struct ctl *ctl, uint32_t i)
{
	const struct ip_addr there = ip_from_v4(rte_cpu_to_be_32(0xc6120001 + i));
	char name[IFACE_NAME_MAX];

	snprintf(name, sizeof(name), "ipsec%u", i + 1);
	ok(ctl_sa_delete(ctl, IP(HERE), &there, 20000 + i, &err));
	inject(ctl);
	ok(ctl_if_destroy(ctl, name, &err));
	inject(ctl);
	ok(ctl_sa_delete(ctl, &there, IP(HERE), 20000 + i, &err));
	ctl_poll(ctl);
}

static uint64_t
drops(struct ctl *ctl)
{
	uint64_t n = 0, one;
	unsigned int r;

	for (r = 1; r < DROP_REASONS; r++) {
		one = dp_drop_count(ctl_dataplane(ctl), (enum drop_reason)r);
		if (one != 0)
			print_error("%s: %lu\n", drop_name((enum drop_reason)r), one);
		n += one;
	}
	return n;
}

static void
through(struct ctl *ctl, struct ctl_if_counts *ret_counts)
{
	rte_delay_us_sleep(1000);
	ctl_poll(ctl);
	ctl_if_counts(ctl, find(ctl, "ipsec0"), ret_counts);
}

static void
a_thousand_tunnels_come_and_go_and_another_loses_nothing(void **state)
{
	struct ctl_if_counts counts = { 0 };
	struct ctl *ctl = *state;
	struct ctl_sa_counts sa;
	unsigned int i;

	for (i = 0; i < TUNNELS; i++)
		one_more_tunnel(ctl, i);
	for (i = 0; i < TUNNELS; i++)
		one_less(ctl, i);
	wait_until(counts.opackets + drops(ctl) >= injected, through(ctl, &counts));
	print_message("%lu packets\n", injected);
	assert_true(injected > TUNNELS);
	assert_int_equal(drops(ctl), 0);
	assert_int_equal(counts.opackets, injected);
	assert_int_equal(counts.obytes, 100 * injected);
	assert_int_equal(counts.oerrors, 0);
	ctl_sa_counts(ctl, sadb_find(ctl_sadb(ctl), IP(THERE), 10000), &sa);
	assert_int_equal(sa.packets, injected);
	ctl_if_counts(ctl, find(ctl, "wan0"), &counts);
	assert_true(counts.opackets >= injected); /* and ARP */
	assert_int_equal(ctl_ifaces(ctl)->count, 2);
	assert_int_equal(sadb_count(ctl_sadb(ctl)), 1);
	ctl_stop(ctl);
	assert_int_equal(rte_mempool_in_use_count(ctl_dataplane(ctl)->pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
				a_thousand_tunnels_come_and_go_and_another_loses_nothing, live_up,
				gateway_down),
	};

	log_set_level(LOG_LVL_ERROR);
	return cmocka_run_group_tests_name("control/live", tests, eal_of_two_up, eal_down);
}
