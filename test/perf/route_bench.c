/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-up tables beside those of DPDK: time to load, cost of a look-up, changes per second, memory. Routes are as in an Internet table:
 * six of ten IPv4 routes are /24, half the IPv6 routes /48.
 *
 *    route_bench [EAL arguments] -- own|rib|rte_lpm|rte_fib 4|6 ROUTES
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>

#include "base/eal_setup.h"
#include "base/rcu.h"
#include "route/rib.h"
#include "route/rt4.h"
#include "route/rt6.h"

#define BURST 64
#define LOOKUPS (1u << 23)
#define CHANGES 100000u

struct tables {
	struct fib_table fibs;
	struct fib *fib;
	struct rib *rib;
	struct rte_lpm *lpm;
	struct rte_lpm6 *lpm6;
	struct rte_fib *rfib;
	struct rte_fib6 *rfib6;
};

static struct tables t;
static struct ip_prefix *route;
static uint32_t routes;
static int family;
static const char *kind;

static uint64_t
rnd(void)
{
	static uint64_t s = 0x9e3779b97f4a7c15;

	s ^= s >> 12;
	s ^= s << 25;
	s ^= s >> 27;
	return s * 0x2545f4914f6cdd1d;
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
resident_mib(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f != NULL)
		fclose(f);
	return (double)pages * 4096 / 1048576;
}

/* IPv4: 60 % /24, 35 % /16 to /23, 5 % longer. IPv6, in 8192 nets of /32: 50 % /48, 20 % /32 to /40, 20 % to /47, 10 % /64. */
static struct ip_prefix
random_prefix(void)
{
	const uint64_t r = rnd();
	const unsigned int pick = (unsigned int)(r >> 40) % 100;
	struct ip_prefix p = { 0 };

	if (family == 4) {
		p.addr = ip_from_v4((uint32_t)r);
		p.addr.v6[0] = (uint8_t)(1 + p.addr.v6[0] % 223);
		p.len = (uint8_t)(pick < 60 ? 24 : pick < 95 ? 16 + r % 8 : 25 + r % 8);
	} else {
		const uint32_t top = (uint32_t)r & 0x1fff;
		const uint64_t low = rnd();

		p.addr.af = AF_INET6;
		memcpy(p.addr.v6 + 4, &low, 8);
		p.addr.v6[0] = (uint8_t)(0x20 | top >> 10);
		p.addr.v6[1] = (uint8_t)(top >> 2);
		p.addr.v6[2] = (uint8_t)(top << 6);
		p.addr.v6[3] = 0x10;
		p.len = (uint8_t)(pick < 50                 ? 48
						: pick < 70 ? 32 + (r >> 20) % 9
						: pick < 90 ? 41 + (r >> 20) % 7
							    : 64);
	}
	ip_prefix_mask(&p);
	return p;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip_prefix));
}

/* Different ones, in random order. */
static void
routes_make(void)
{
	const uint32_t wanted = routes;
	uint32_t i, n;

	route = calloc(wanted + wanted / 4, sizeof(*route));
	n = wanted + wanted / 4;
	for (i = 0; i < n; i++)
		route[i] = random_prefix();
	qsort(route, n, sizeof(*route), compare);
	for (i = 0, routes = 0; i < n; i++)
		if (i == 0 || memcmp(&route[i], &route[routes - 1], sizeof(*route)) != 0)
			route[routes++] = route[i];
	for (i = routes - 1; i > 0; i--) {
		const uint32_t j = (uint32_t)(rnd() % (i + 1));
		const struct ip_prefix swap = route[i];

		route[i] = route[j];
		route[j] = swap;
	}
	routes = RTE_MIN(routes, wanted);
}

static int
is(const char *name)
{
	return strcmp(kind, name) == 0;
}

static uint32_t
v4(const struct ip_prefix *p)
{
	return rte_be_to_cpu_32(p->addr.v4);
}

static int
create(void)
{
	const struct rte_lpm_config lpm = { .max_rules = (int)routes + 1, .number_tbl8s = 1 << 18 };
	const struct rte_lpm6_config lpm6 = { .max_rules = routes + 1, .number_tbl8s = 1 << 20 };
	struct rte_fib_conf fib = { .type = RTE_FIB_DIR24_8, .max_routes = (int)routes * 2 };
	struct rte_fib6_conf fib6 = { .type = RTE_FIB6_TRIE, .max_routes = (int)routes * 2 };

	fib.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
	fib.dir24_8.num_tbl8 = 1 << 18;
	fib6.trie.nh_sz = RTE_FIB6_TRIE_4B;
	fib6.trie.num_tbl8 = 1 << 20;
	if (is("rte_lpm") && family == 4)
		return (t.lpm = rte_lpm_create("l", 0, &lpm)) == NULL;
	if (is("rte_lpm"))
		return (t.lpm6 = rte_lpm6_create("l", 0, &lpm6)) == NULL;
	if (is("rte_fib") && family == 4)
		return (t.rfib = rte_fib_create("f", 0, &fib)) == NULL;
	if (is("rte_fib"))
		return (t.rfib6 = rte_fib6_create("f", 0, &fib6)) == NULL;
	t.fib = fib_get(&t.fibs, 0, NULL);
	t.rib = rib_create(&t.fibs, NULL);
	return t.fib == NULL || t.rib == NULL;
}

/* 16 bytes an address in all releases of DPDK, whose types differ. */
static void *
any6(void *addr)
{
	return addr;
}

static int
insert(struct ip_prefix *p, uint32_t nh)
{
	const struct rib_spec spec = { .prefix = *p, .source = RIB_STATIC, .nh = nh };

	if (t.lpm != NULL)
		return rte_lpm_add(t.lpm, v4(p), p->len, nh);
	if (t.lpm6 != NULL)
		return rte_lpm6_add(t.lpm6, any6(p->addr.v6), p->len, nh);
	if (t.rfib != NULL)
		return rte_fib_add(t.rfib, v4(p), p->len, nh);
	if (t.rfib6 != NULL)
		return rte_fib6_add(t.rfib6, any6(p->addr.v6), p->len, nh);
	return rib_insert(t.rib, &spec, NULL) == NULL;
}

static int
take(struct ip_prefix *p)
{
	struct rib_route *r;

	if (t.lpm != NULL)
		return rte_lpm_delete(t.lpm, v4(p), p->len);
	if (t.lpm6 != NULL)
		return rte_lpm6_delete(t.lpm6, any6(p->addr.v6), p->len);
	if (t.rfib != NULL)
		return rte_fib_delete(t.rfib, v4(p), p->len);
	if (t.rfib6 != NULL)
		return rte_fib6_delete(t.rfib6, any6(p->addr.v6), p->len);
	r = rib_find(t.rib, 0, p, RIB_STATIC);
	if (r == NULL)
		return -1;
	rib_remove(t.rib, r);
	return 0;
}

static uint64_t
lookup(uint32_t *a4, uint8_t (*a6)[16])
{
	uint64_t hops[BURST], sum = 0;
	uint32_t hop[BURST];
	int32_t hop6[BURST];
	unsigned int i;

	if (t.lpm != NULL) {
		rte_lpm_lookup_bulk(t.lpm, a4, hop, BURST);
		/* what a datapath does with it: a default route */
		for (i = 0; i < BURST; i++)
			hop[i] = hop[i] & RTE_LPM_LOOKUP_SUCCESS ? hop[i] & 0x00ffffff : 7;
		sum = hop[0];
	} else if (t.lpm6 != NULL) {
		rte_lpm6_lookup_bulk_func(t.lpm6, any6(a6), hop6, BURST);
		sum = (uint64_t)hop6[0];
	} else if (t.rfib != NULL) {
		rte_fib_lookup_bulk(t.rfib, a4, hops, BURST);
		sum = hops[0];
	} else if (t.rfib6 != NULL) {
		rte_fib6_lookup_bulk(t.rfib6, any6(a6), hops, BURST);
		sum = hops[0];
	} else if (family == 4) {
		rt4_lookup_bulk(t.fib->rt4, a4, hop, BURST);
		sum = hop[0];
	} else {
		rt6_lookup_bulk(t.fib->rt6, a6, hop, BURST);
		sum = hop[0];
	}
	return sum;
}

/* Destinations in @p span of the routes: few stay in the cache. */
static double
lookup_cycles(uint32_t span)
{
	const uint32_t n = 1u << 20;
	uint32_t *a4 = calloc(n, sizeof(*a4));
	uint8_t(*a6)[16] = calloc(n, 16);
	uint64_t start, sum = 0;
	uint32_t i, k;

	for (i = 0; i < n; i++) {
		const struct ip_prefix *p = &route[rnd() % span];

		a4[i] = v4(p) + 1;
		memcpy(a6[i], p->addr.v6, 16);
		a6[i][15] |= 1;
	}
	start = rte_rdtsc();
	for (k = 0; k < LOOKUPS / n; k++)
		for (i = 0; i < n; i += BURST)
			sum += lookup(&a4[i], &a6[i]);
	start = rte_rdtsc() - start;
	free(a4);
	free(a6);
	return (double)start / LOOKUPS + (sum == 1);
}

static double
change_rate(void)
{
	const double start = seconds();
	uint32_t i;

	for (i = 0; i < CHANGES; i++) {
		struct ip_prefix *p = &route[rnd() % routes];

		if (take(p) != 0 || insert(p, 1 + i % 1000) != 0)
			printf("a change was refused\n");
	}
	return 2 * CHANGES / (seconds() - start);
}

int
main(int argc, char **argv)
{
	const struct eal_wish wish = {
		.memory_mib = 1024, .huge_min_mib = 512, .no_pci = true, .alone = true
	};
	struct err err = { 0 };
	struct lpm_usage u;
	double start, before, few, many;
	uint32_t i;
	int eal;

	for (eal = 1; eal < argc && strcmp(argv[eal], "--") != 0; eal++)
		;
	if (argc - eal == 4 && eal_setup_start(eal, argv, &wish, &err) != 0)
		fprintf(stderr, "route_bench: %s\n", err.msg);
	if (argc - eal != 4 || err.code != 0 || rcu_init(1, NULL) != 0)
		return 1;
	kind = argv[eal + 1];
	family = atoi(argv[eal + 2]);
	routes = (uint32_t)strtoul(argv[eal + 3], NULL, 10);
	routes_make();
	before = resident_mib();
	if (create() != 0) {
		printf("%s: no memory: %s\n", kind, rte_strerror(rte_errno));
		return 1;
	}
	start = seconds();
	for (i = 0; i < routes; i++) {
		const int rc = insert(&route[i], 1 + i % 1000);

		if (rc != 0) {
			printf("%s: route %u of %u refused, %d\n", kind, i, routes, rc);
			return 1;
		}
	}
	start = seconds() - start;
	few = lookup_cycles(1);
	many = lookup_cycles(routes);
	printf("%-8s IPv%d %8u routes: load %7.3f s, look-up %5.1f cycles (one address) %5.1f "
	       "(all),"
	       " %8.0f changes/s, %.0f MiB more resident\n",
			kind, family, routes, start, few, many, change_rate(),
			resident_mib() - before);
	if (t.fib != NULL) {
		lpm_usage(family == 4 ? t.fib->rt4 : t.fib->rt6, &u);
		printf("         %u groups, tables of %.0f MiB\n", u.groups,
				(double)u.bytes / 1048576);
	}
	return 0;
}
