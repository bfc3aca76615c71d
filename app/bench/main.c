/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dpdk-ipsecif-bench: net_pcap (infinite_rx) -> route -> ipsec -> net_null, rates as test-pmd prints them, cycles per packet by
 * stage for each worker. First the rate is measured with nothing else on, then the stages.
 *
 * dpdk-ipsecif-bench --lcores '0@0,1@1' -- --size 64 --tunnels 1000
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "bench.h"
#include "control/control.h"
#include "drivers/registry.h"

#define EAL_ARGS_MAX 64

struct sample {
	uint64_t rx, tx, dropped, busy_cycles, tsc;
	struct dp_worker_stats worker[WORKER_MAX];
};

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void
sample_take(struct ctl *ctl, struct sample *s)
{
	const struct dataplane *dp = ctl_dataplane(ctl);
	unsigned int i;

	*s = (struct sample){ .tsc = rte_rdtsc() };
	for (i = 0; i < dp->nb_workers; i++) {
		dp_worker_stats(dp, i, &s->worker[i]);
		s->rx += s->worker[i].rx;
		s->tx += s->worker[i].tx;
		s->dropped += s->worker[i].dropped;
		s->busy_cycles += s->worker[i].busy_cycles;
	}
}

static void
show_rates(const struct sample *a, const struct sample *b)
{
	const double s = (double)(b->tsc - a->tsc) / (double)rte_get_tsc_hz();

	printf("  Throughput (since last show)\n"
	       "  Rx-pps: %12.0f          Tx-pps: %12.0f          dropped-pps: %10.0f\n",
			(double)(b->rx - a->rx) / s, (double)(b->tx - a->tx) / s,
			(double)(b->dropped - a->dropped) / s);
	fflush(stdout);
}

/* Let the gateway run for @p seconds, a line a second; what happened in that time is *ret_a to *ret_b. */
static void
measure(struct ctl *ctl, unsigned int seconds, bool quiet, struct sample *ret_a,
		struct sample *ret_b)
{
	struct dataplane *dp = ctl_dataplane(ctl);
	const bool polls = dp->lcore[0] == rte_get_main_lcore();
	struct sample last;
	unsigned int s;

	sample_take(ctl, ret_a);
	last = *ret_a;
	for (s = 0; s < seconds && !stop; s++) {
		const uint64_t end = rte_rdtsc() + rte_get_tsc_hz();

		while (rte_rdtsc() < end && !stop) {
			unsigned int i;

			for (i = 0; polls && i < 1000; i++)
				dp_poll(dp);
			ctl_poll(ctl);
			if (!polls)
				usleep(1000);
		}
		sample_take(ctl, ret_b);
		if (!quiet)
			show_rates(&last, ret_b);
		last = *ret_b;
	}
}

static double
per(uint64_t cycles, uint64_t packets)
{
	return packets == 0 ? 0 : (double)cycles / (double)packets;
}

static void
show_stages(const struct dataplane *dp, const struct sample *a, const struct sample *b)
{
	unsigned int i, st;

	for (i = 0; i < dp->nb_workers; i++) {
		const struct dp_worker_stats *wa = &a->worker[i], *wb = &b->worker[i];
		const uint64_t rx = wb->rx - wa->rx;

		printf("  worker %u (lcore %u), TSC cycles per received packet by stage:\n   ", i,
				wb->lcore);
		for (st = 0; dp_stage_name(st) != NULL; st++)
			printf(" %s %.1f", dp_stage_name(st),
					per(wb->stage_cycles[st] - wa->stage_cycles[st], rx));
		printf("\n");
	}
}

static void
report(const struct ctl *ctl, const struct bench_args *args, const struct sample *a,
		const struct sample *b, double start_seconds)
{
	const double s = (double)(b->tsc - a->tsc) / (double)rte_get_tsc_hz();
	const uint64_t rx = b->rx - a->rx, tx = b->tx - a->tx;
	struct rusage usage;

	(void)ctl;
	getrusage(RUSAGE_SELF, &usage);
	if (args->json)
		printf("{\"size\": %u, \"tunnels\": %u, \"encryption\": \"%s\", "
		       "\"authentication\": \"%s\", "
		       "\"rx_pps\": %.0f, \"tx_pps\": %.0f, \"dropped\": %" PRIu64 ", "
		       "\"cycles_per_packet\": %.1f, \"start_seconds\": %.2f, \"max_rss_kib\": "
		       "%ld}\n",
				args->frame_bytes, args->tunnels, args->encryption,
				args->authentication != NULL ? args->authentication : "none",
				(double)rx / s, (double)tx / s, b->dropped - a->dropped,
				per(b->busy_cycles - a->busy_cycles, rx), start_seconds,
				usage.ru_maxrss);
	else
		printf("RESULT size %u tunnels %u %s%s%s: Rx-pps %.0f Tx-pps %.0f, %.1f TSC "
		       "cycles/packet "
		       "(%.2f GHz), start-up %.2f s, max RSS %ld MiB\n",
				args->frame_bytes, args->tunnels, args->encryption,
				args->authentication != NULL ? "+" : "",
				args->authentication != NULL ? args->authentication : "",
				(double)rx / s, (double)tx / s,
				per(b->busy_cycles - a->busy_cycles, rx),
				(double)rte_get_tsc_hz() / 1e9, start_seconds,
				usage.ru_maxrss / 1024);
}

static void
print_errors(const struct cfg_errors *errors)
{
	unsigned int i;

	for (i = 0; i < errors->n; i++)
		fprintf(stderr, "%s%s%s\n", errors->list[i].path,
				errors->list[i].path[0] != '\0' ? ": " : "", errors->list[i].msg);
}

static struct ctl *
gateway_start(const struct bench_args *args, struct err *err)
{
	unsigned int lcores[WORKER_MAX], n = 0, i;
	const struct engine_ops *engines[ENGINE_MAX];
	struct ctl_args prm = {
		.worker_lcores = lcores, .port_ops = registry_ports(), .engines = engines
	};
	struct cfg_errors errors = { 0 };
	struct ctl *ctl;
	struct cfg *cfg;
	char *text;

	RTE_LCORE_FOREACH_WORKER(i)
		lcores[n++] = i;
	if (n == 0)
		lcores[n++] = rte_get_main_lcore();
	prm.nb_workers = n;
	for (i = 0; i < ENGINE_MAX && registry_engine_at(i) != NULL; i++)
		engines[prm.nb_engines++] = registry_engine_at(i);
	ctl = ctl_create(&prm, err);
	if (ctl == NULL)
		return NULL;
	text = bench_config(args);
	cfg = text == NULL ? NULL : cfg_read_text(text, ".", &errors);
	free(text);
	if (cfg == NULL || ctl_apply(ctl, cfg, &errors) != 0) {
		print_errors(&errors);
		err_set(err, EINVAL, "benchmark: its configuration was refused");
		cfg_free(cfg);
		cfg_errors_free(&errors);
		ctl_destroy(ctl);
		return NULL;
	}
	cfg_free(cfg);
	cfg_errors_free(&errors);
	if (ctl_start(ctl, err) != 0) {
		ctl_destroy(ctl);
		return NULL;
	}
	return ctl;
}

static void
run(struct ctl *ctl, const struct bench_args *args, double start_seconds)
{
	struct dataplane *dp = ctl_dataplane(ctl);
	struct dp_tunables tunables = *rcu_own(dp->tunables);
	struct sample a, b;
	struct err err;

	measure(ctl, 1, true, &a, &b); /* caches, page faults, branch predictors */
	measure(ctl, args->seconds, args->json, &a, &b);
	if (stop)
		return;
	report(ctl, args, &a, &b, start_seconds);
	if (args->json)
		return;
	tunables.stage_cycles = true;
	if (dp_set_tunables(dp, &tunables, &err) != 0)
		return;
	measure(ctl, args->seconds, true, &a, &b);
	if (!stop)
		show_stages(dp, &a, &b);
}

/* The EAL arguments of the command line, and the two ports. */
static int
eal_start(int argc, char **argv, const struct bench_args *args)
{
	char source[256], *eal[EAL_ARGS_MAX];
	int i, n = 0;

	if (argc > EAL_ARGS_MAX - 6) {
		fprintf(stderr, "dpdk-ipsecif-bench: too many EAL arguments, %d (%d)\n", argc,
				EAL_ARGS_MAX - 6);
		return -1;
	}
	snprintf(source, sizeof(source), "net_pcap0,rx_pcap=%s,infinite_rx=1", args->pcap);
	for (i = 0; i < argc; i++)
		eal[n++] = argv[i];
	eal[n++] = strdup("--no-pci");
	eal[n++] = strdup("--vdev");
	eal[n++] = source;
	eal[n++] = strdup("--vdev");
	eal[n++] = strdup("net_null0,no-rx=1");
	eal[n] = NULL;
	return rte_eal_init(n, eal);
}

int
main(int argc, char **argv)
{
	char pcap[] = "/tmp/dpdk-ipsecif-bench-XXXXXX.pcap";
	static char no_options[] = "";
	struct bench_args args;
	struct err err = { 0 };
	struct ctl *ctl;
	uint64_t start;
	int i, fd, rc = 1;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		;
	if (i < argc)
		argv[i] = argv[0];
	if (bench_args_parse(argc - i, i < argc ? argv + i : (char *[]){ no_options, NULL },
			    &args) != 0)
		return 2;
	fd = mkstemps(pcap, 5);
	if (fd < 0) {
		fprintf(stderr, "%s: cannot be created\n", pcap);
		return 1;
	}
	close(fd);
	args.pcap = pcap;
	if (bench_write_pcap(&args, &err) != 0)
		goto out;
	if (eal_start(i, argv, &args) < 0) {
		err_set(&err, rte_errno, "EAL: %s", rte_strerror(rte_errno));
		goto out;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	start = rte_rdtsc();
	ctl = gateway_start(&args, &err);
	if (ctl != NULL) {
		run(ctl, &args, (double)(rte_rdtsc() - start) / (double)rte_get_tsc_hz());
		ctl_stop(ctl);
		ctl_destroy(ctl);
		rc = stop ? 128 + SIGINT : 0;
	}
	rte_eal_cleanup();
out:
	unlink(pcap);
	if (rc == 1)
		fprintf(stderr, "dpdk-ipsecif-bench: %s\n", err.msg);
	return rc;
}
