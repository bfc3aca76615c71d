/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a change costs the control core, and what it costs running traffic. With the benchmark's gateway, tunnels and traffic, and
 * routes beside them: the time of single changes; then intervals with and without changes in turn, a rate each, and the median of
 * the ratios of neighbours.
 *
 *    change_bench [EAL arguments] -- [the benchmark's options]      ROUTES=100000 PAIRS=9 in the environment
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "app/bench/bench.h"

#define INTERVAL_MS 200
#define TIMES 1000
#define SLICE 20 /* changes between two polls */

volatile sig_atomic_t bench_stop;

static struct bench b;
static uint32_t routes;
static struct err err;

static double
us(uint64_t tsc)
{
	return (double)tsc * 1e6 / (double)rte_get_tsc_hz();
}

static uint32_t
setting(const char *name, uint32_t other)
{
	const char *text = getenv(name);

	return text == NULL ? other : (uint32_t)strtoul(text, NULL, 10);
}

/* 100.64.0.0/10 and above, away from the benchmark's own. */
static struct ctl_route
nth_route(uint32_t i)
{
	struct ctl_route r = { .prefix.len = 28, .kind = RIB_INTERFACE };

	r.prefix.addr = ip_from_v4(rte_cpu_to_be_32(0x64400000u + (i << 4)));
	snprintf(r.interface, sizeof(r.interface), "ipsec0");
	return r;
}

static void
must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, err.msg);
	exit(1);
}

/* --- kinds of changes; each leaves all as it was when called for both steps --- */

static void
change_route(uint32_t i, bool back)
{
	const struct ctl_route r = nth_route(routes + i);

	must(back ? ctl_route_delete(b.ctl, 0, &r.prefix, &err) : ctl_route_add(b.ctl, &r, &err),
			"route");
}

static void
change_sa(uint32_t i, bool back)
{
	const struct ip_addr src = ip_from_v4(rte_cpu_to_be_32(0xc0000201)),
			     dst = ip_from_v4(rte_cpu_to_be_32(0xc0000202));
	struct sa_params prm = {
		.src = src, .dst = dst, .spi = 70000 + i, .reqid = 7, .replay_window = 64
	};

	if (back) {
		must(ctl_sa_delete(b.ctl, &src, &dst, prm.spi, &err), "sa");
		return;
	}
	prm.enc = alg_find_encryption("aes-gcm-16");
	prm.keys.enc_len = 20;
	memcpy(prm.keys.enc, &i, sizeof(i));
	must(ctl_sa_add(b.ctl, &prm, NULL, &err), "sa");
}

static void
change_neighbour(uint32_t i, bool back)
{
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 9 } };
	const struct iface *port = NULL;
	struct ip_addr addr;

	do
		port = iface_next(ctl_ifaces(b.ctl), port);
	while (port->kind != IFACE_PORT || port->nb_addrs == 0);
	addr = port->addrs[0].prefix.addr;
	addr.v4 = rte_cpu_to_be_32(rte_be_to_cpu_32(addr.v4) + 20 + i % 100);
	must(back ? ctl_neigh_delete(b.ctl, &addr, &err)
		  : ctl_neigh_add(b.ctl, port->name, &addr, &mac, &err),
			"neighbour");
}

static void
change_interface(uint32_t i, bool back)
{
	char name[IFACE_NAME_MAX];

	snprintf(name, sizeof(name), "ipsec%u", 12000 + i);
	must(back ? ctl_if_destroy(b.ctl, name, &err) : ctl_if_create(b.ctl, name, NULL, &err),
			"interface");
}

static const struct {
	const char *name;
	void (*change)(uint32_t i, bool back);
} kinds[] = {
	{ "route", change_route },
	{ "SA", change_sa },
	{ "neighbour", change_neighbour },
	{ "interface", change_interface },
};

static int
compare(const void *a, const void *c)
{
	const double x = *(const double *)a, y = *(const double *)c;

	return x < y ? -1 : x > y;
}

static void
time_kind(unsigned int kind)
{
	static double t[2][TIMES];
	unsigned int i, back;
	uint64_t start;

	for (i = 0; i < TIMES; i++) {
		for (back = 0; back < 2; back++) {
			start = rte_rdtsc();
			kinds[kind].change(i, back);
			t[back][i] = us(rte_rdtsc() - start);
		}
		if (i % SLICE == 0)
			ctl_poll(b.ctl);
	}
	qsort(t[0], TIMES, sizeof(double), compare);
	qsort(t[1], TIMES, sizeof(double), compare);
	printf("%-10s add %8.1f us, 99th %8.1f    delete %8.1f us, 99th %8.1f\n", kinds[kind].name,
			t[0][TIMES / 2], t[0][TIMES * 99 / 100], t[1][TIMES / 2],
			t[1][TIMES * 99 / 100]);
	fflush(stdout);
}

/* --- under traffic --- */

/*
 * An interval. The control core does not sleep in any, so that nothing else runs there in some. @p kind < 0: no changes.
 * @return Packets per second. @p per_second: 0, as many as will go. */
static double
interval(int kind, uint32_t per_second, uint32_t *ret_changes)
{
	const uint64_t hz = rte_get_tsc_hz(), start = rte_rdtsc(),
		       end = start + hz * INTERVAL_MS / 1000;
	struct bench_sample s[2];
	uint32_t n = 0;

	bench_sample(&b, &s[0]);
	while (rte_rdtsc() < end) {
		const double due = (double)(rte_rdtsc() - start) / (double)hz * per_second;
		unsigned int i;

		for (i = 0; kind >= 0 && i < SLICE && (per_second == 0 || n < due); i++, n++)
			kinds[kind].change(n / 2 % 1000, n % 2);
		ctl_poll(b.ctl);
		if (kind < 0 || per_second != 0)
			rte_delay_us_block(50);
	}
	if (n % 2)
		kinds[kind].change(n / 2 % 1000, true);
	bench_sample(&b, &s[1]);
	*ret_changes = n;
	return bench_pps(&s[0], &s[1], s[1].rx - s[0].rx);
}

static void
under_traffic(int kind, uint32_t per_second)
{
	const uint32_t pairs = RTE_MIN(setting("PAIRS", 9), 99u);
	double ratio[99], with, before, after;
	uint32_t i, n = 0, none;

	before = interval(-1, 0, &none);
	for (i = 0; i < pairs; i++) {
		with = interval(kind, per_second, &n);
		after = interval(-1, 0, &none);
		ratio[i] = with / ((before + after) / 2);
		before = after;
	}
	qsort(ratio, pairs, sizeof(double), compare);
	printf("%-10s %8.0f changes/s: rate of traffic %.1f %% (median of %u pairs, %.1f to %.1f), "
	       "%.2f Mpps without\n",
			kinds[kind].name, n * 1000.0 / INTERVAL_MS, ratio[pairs / 2] * 100, pairs,
			ratio[0] * 100, ratio[pairs - 1] * 100, before / 1e6);
	fflush(stdout);
}

static void
routes_make(void)
{
	const uint64_t start = rte_rdtsc();
	struct lpm_usage u;
	uint32_t i;

	for (i = 0; i < routes; i++) {
		const struct ctl_route r = nth_route(i);

		must(ctl_route_add(b.ctl, &r, &err), "route");
	}
	lpm_usage(rcu_own(ctl_fibs(b.ctl)->fib[0])->rt4, &u);
	printf("%u tunnels, %u routes, one by one in %.2f s\n", b.args.tunnels, u.routes,
			us(rte_rdtsc() - start) / 1e6);
}

int
main(int argc, char **argv)
{
	unsigned int k;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		;
	if (i == argc)
		return 2;
	argv[i] = argv[0];
	if (bench_args_parse(argc - i, argv + i, &b.args) != 0)
		return 2;
	must(bench_eal_start(&b, i, argv, &err), "EAL");
	must(bench_gateway_create(&b, &err), "gateway");
	routes = setting("ROUTES", 100000);
	must(bench_start(&b, &err), "traffic");
	routes_make();
	for (k = 0; k < RTE_DIM(kinds); k++)
		time_kind(k);
	for (k = 0; k < RTE_DIM(kinds); k++) {
		under_traffic((int)k, 10000);
		if (kinds[k].change !=
				change_interface) /* an index rests before it is given away again */
			under_traffic((int)k, 0);
	}
	bench_halt(&b);
	bench_gateway_destroy(&b);
	return rte_eal_cleanup() != 0;
}
