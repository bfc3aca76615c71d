/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ten thousand tunnels with two SAs, an address and a route each: they come quickly, one by one they still do, and nothing is left
 * when they go. The bound on time is ten times what it takes, and of the time on a CPU: a slow machine passes, and a quadratic step
 * does not.
 */
#define CTL_TEST_MEM "1024"
#include "ctl_test.h"

#include <time.h>

#include <rte_malloc.h>

#define TUNNELS 10000
#define HERE "192.168.0.3"

/* On a CPU. */
static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct ip_addr
nth(uint32_t base, uint32_t i)
{
	return ip_from_v4(rte_cpu_to_be_32(base + i));
}

static void
tunnel_make(struct ctl *ctl, uint32_t i)
{
	const struct ip_addr here = ip(HERE), there = nth(0xc6120001 /* 198.18.0.1 */, i);
	struct iface_addr inner = { .prefix = { nth(0xac100000, 2 * i), 32 },
		.peer = nth(0xac100000, 2 * i + 1) };
	struct ctl_route route = { .prefix = { nth(0x0a800000, i * 256), 24 },
		.kind = RIB_INTERFACE };
	struct sa_params prm = sa_prm(HERE, HERE, 10000 + i, 20000 + i);
	char name[IFACE_NAME_MAX];

	ok(ctl_if_create(ctl, "ipsec", name, &err));
	ok(ctl_if_set_reqid(ctl, name, 20000 + i, &err));
	ok(ctl_if_set_tunnel(ctl, name, AF_INET, &here, &there, &err));
	ok(ctl_if_add_address(ctl, name, &inner, &err));
	memcpy(route.interface, name, sizeof(name));
	ok(ctl_route_add(ctl, &route, &err));
	prm.dst = there;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	prm.src = there;
	prm.dst = here;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
}

/* Bytes of DPDK's heap in use. */
static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats stats;

	assert_int_equal(rte_malloc_get_socket_stats((int)rte_socket_id(), &stats), 0);
	return stats.heap_allocsz_bytes;
}

static void
reclaim(struct ctl *ctl)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		rcu_reclaim();
}

static void
ten_thousand_tunnels_and_twenty_thousand_sas_in_ten_seconds(void **state)
{
	const struct iface_row *r;
	struct ctl *ctl = *state;
	struct ctl_route def = {
		.prefix = prefix("0.0.0.0/0"), .kind = RIB_GATEWAY, .gateway = ip("192.168.0.1")
	};
	double start;
	uint32_t i;

	ok(ctl_route_add(ctl, &def, &err));
	start = seconds();
	ctl_batch_begin(ctl);
	for (i = 0; i < TUNNELS; i++)
		tunnel_make(ctl, i);
	ctl_batch_end(ctl);
	print_message("made in %.2f s\n", (seconds() - start));
	assert_true((seconds() - start) < 10);
	r = row(ctl, "ipsec9999");
	assert_int_equal(nh_kind(r->outer_nh), NH_NEIGH);
	assert_int_equal(r->flags, IFACE_UP | IFACE_RUNNING | IFACE_POINTOPOINT | IFACE_MULTICAST);
	assert_int_equal(rte_be_to_cpu_32(r->sa_out->spi), 10000 + 9999);
	assert_int_equal(sadb_count(ctl_sadb(ctl)), 2 * TUNNELS);
	assert_int_equal(fake_sessions, 2 * TUNNELS);
	assert_int_equal(fib0(ctl, "10.128.7.1"), nh_make(NH_IPSEC, find(ctl, "ipsec7")->index));

	/* one more, outside a batch, is not slow either */
	start = seconds();
	for (i = TUNNELS; i < TUNNELS + 10; i++)
		tunnel_make(ctl, i);
	print_message("one more in %.2f ms\n", (seconds() - start) * 100);
	assert_true((seconds() - start) < 2);
}

static void
a_second_with_no_lifetimes_costs_nothing(void **state)
{
	double start;
	uint32_t i;

	ctl_batch_begin(*state);
	for (i = 0; i < TUNNELS; i++)
		tunnel_make(*state, i);
	ctl_batch_end(*state);
	ctl_poll(*state);
	start = seconds();
	for (i = 0; i < 1000; i++)
		ctl_poll(*state);
	print_message("an idle poll takes %.1f us\n", (seconds() - start) * 1000);
	assert_true((seconds() - start) < 0.5);
}

static void
all_that_was_made_goes_without_a_trace(void **state)
{
	struct ctl *ctl = *state;
	const uint32_t routes = rib_count(ctl_rib(ctl));
	char name[IFACE_NAME_MAX];
	double start;
	size_t heap = 0;
	uint32_t i, round;

	for (round = 0; round < 3; round++) {
		ctl_batch_begin(ctl);
		for (i = 0; i < 2000; i++)
			tunnel_make(ctl, i);
		ctl_batch_end(ctl);
		start = seconds();
		assert_int_equal(ctl_sa_flush(ctl), 4000);
		ctl_batch_begin(ctl);
		for (i = 0; i < 2000; i++) {
			snprintf(name, sizeof(name), "ipsec%u", i);
			ok(ctl_if_destroy(ctl, name, &err));
		}
		ctl_batch_end(ctl);
		print_message("gone in %.2f s\n", (seconds() - start));
		reclaim(ctl);
		assert_int_equal(fake_sessions, 0);
		assert_int_equal(ctl_ifaces(ctl)->count, 2); /* the ports */
		assert_int_equal(rib_count(ctl_rib(ctl)), routes);
		/* the first round leaves tables that have grown; the others must leave nothing */
		if (round > 0)
			assert_int_equal(heap_used(), heap);
		heap = heap_used();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_ports(ten_thousand_tunnels_and_twenty_thousand_sas_in_ten_seconds),
		with_ports(a_second_with_no_lifetimes_costs_nothing),
		with_ports(all_that_was_made_goes_without_a_trace),
	};

	return cmocka_run_group_tests_name("control/scale", tests, eal_up, eal_down);
}
