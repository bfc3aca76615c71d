/* SPDX-License-Identifier: BSD-3-Clause */
/* Measuring: traffic on, samples at both ends of a time, traffic off. First the rate with nothing else on, then cycles by stage. */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "base/clock.h"
#include "bench.h"

#define DRAIN_SECONDS 30 /* for packets that never come out */
#define STAGE_SECONDS 1
#define WARM_SECONDS 0.5 /* caches, page faults, branch predictors */
#define POLLS 1000
#define NAP_US 1000
#define NAP_ROUNDS_US 20 /* with prepared packets a round is over soon */

static const unsigned int loads[BENCH_LOADS] = { 10, 50, 90 };

/* A round of what was prepared is over, and all of it is through: the next one needs SAs that have not seen it. */
static void
round_next(struct bench *b)
{
	struct err err = { 0 };

	if (!source_is_spent(&b->source) || source_is_done(&b->source) ||
			!dp_is_empty(ctl_dataplane(b->ctl)))
		return;
	if (bench_gateway_renew(b, &err) != 0) {
		fprintf(stderr, "dpdk-ipsecif-bench: %s\n", err.msg);
		bench_stop = SIGABRT;
		return;
	}
	source_rewind(&b->source);
}

void
bench_poll(struct bench *b)
{
	struct dataplane *dp = ctl_dataplane(b->ctl);
	unsigned int i;

	if (dp->lcore[0] == rte_get_main_lcore())
		for (i = 0; i < POLLS; i++)
			dp_poll(dp);
	else
		usleep(source_has_rounds(&b->source) ? NAP_ROUNDS_US : NAP_US);
	ctl_poll(b->ctl);
	round_next(b);
}

double
bench_seconds(uint64_t since_tsc)
{
	return (double)clock_diff(rte_rdtsc(), since_tsc) / (double)rte_get_tsc_hz();
}

static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void
bench_sample(struct bench *b, struct bench_sample *ret)
{
	const struct dataplane *dp = ctl_dataplane(b->ctl);
	unsigned int i;

	*ret = (struct bench_sample){ .tsc = rte_rdtsc(),
		.active = source_active(&b->source),
		.missed = source_missed(&b->source),
		.cpu_seconds = cpu_seconds() };
	for (i = 0; i < dp->nb_workers; i++) {
		dp_worker_stats(dp, i, &ret->worker[i]);
		ret->rx += ret->worker[i].rx;
		ret->tx += ret->worker[i].tx;
		ret->dropped += ret->worker[i].dropped;
		ret->busy_cycles += ret->worker[i].busy_cycles;
	}
	for (i = 0; i < DROP_REASONS; i++)
		ret->drops[i] = dp_drop_count(dp, (enum drop_reason)i);
}

static void
traffic_on(struct bench *b, uint64_t packets, double pps)
{
	const struct bench_args *a = &b->args;

	bench_sample(b, &b->at_start);
	if (a->direction != DIRECTION_OUT)
		b->at_start.active = 0; /* rounds are counted from here */
	if (a->traffic == TRAFFIC_GENERATOR)
		source_start(&b->source, a->direction != DIRECTION_IN,
				a->direction != DIRECTION_OUT, packets, pps);
	b->running = true;
}

int
bench_start(struct bench *b, struct err *err)
{
	const uint64_t packets = b->args.total_packets == 0 ? UINT64_MAX : b->args.total_packets;
	int rc;

	if (b->running)
		return 0;
	rc = bench_gateway_setup(b, err);
	if (rc != 0)
		return rc;
	traffic_on(b, packets, b->args.rate_kpps * 1000.0);
	return 0;
}

void
bench_halt(struct bench *b)
{
	const uint64_t start = rte_rdtsc();

	source_stop(&b->source);
	do
		bench_poll(b);
	while (b->args.traffic == TRAFFIC_GENERATOR && !dp_is_empty(ctl_dataplane(b->ctl)) &&
			bench_seconds(start) < DRAIN_SECONDS);
	b->running = false;
}

bool
bench_is_over(const struct bench *b)
{
	return bench_stop ||
			(b->args.total_packets != 0 && source_is_done(&b->source) &&
					dp_is_empty(ctl_dataplane(b->ctl)));
}

/* What each worker took in, it has given out again: with several of them some may be between two. */
static bool
is_settled(const struct bench *b)
{
	const struct dataplane *dp = ctl_dataplane(b->ctl);
	struct dp_worker_stats s;
	unsigned int i;

	for (i = 0; i < dp->nb_workers; i++) {
		dp_worker_stats(dp, i, &s);
		if (s.rx + s.injected + s.handed_in + s.fragments !=
				s.tx + s.dropped + s.punted + s.handed_out + s.fragmented)
			return false;
	}
	return dp_is_empty(dp);
}

static void
wait_settled(struct bench *b)
{
	const uint64_t start = rte_rdtsc();

	while (!is_settled(b) && bench_seconds(start) < DRAIN_SECONDS)
		bench_poll(b);
}

static void
show_progress(struct bench *b, const struct bench_sample *last, const struct bench_sample *now)
{
	if (b->args.json)
		return;
	if (b->args.stats_period != 0)
		report_ports(b, -1);
	else
		report_throughput(last, now);
}

static void
slice_end(struct bench *b, struct bench_sample slice[2])
{
	struct slice s;

	bench_sample(b, &slice[1]);
	s = bench_slice(b, slice);
	slices_add(&b->slices, &s);
	slice[0] = slice[1];
}

/* Let it run for @p seconds, or until all was given; what happened in that time is ret[0] to ret[1]. */
static void
measure(struct bench *b, double seconds, bool quiet, struct bench_sample ret[2])
{
	const double hz = (double)rte_get_tsc_hz();
	const unsigned int period = b->args.stats_period == 0 ? 1 : b->args.stats_period;
	const uint64_t start = rte_rdtsc();
	uint64_t shown = start, now;
	struct bench_sample last, slice[2];

	bench_sample(b, &ret[0]);
	slice[0] = ret[0];
	b->slices.n = 0;
	if (b->args.total_packets != 0)
		ret[0] = b->at_start;
	last = ret[0];
	do {
		bench_poll(b);
		now = rte_rdtsc();
		if ((double)clock_diff(now, slice[0].tsc) >= SLICE_MS * hz / 1000)
			slice_end(b, slice);
		if ((double)clock_diff(now, shown) < period * hz)
			continue;
		bench_sample(b, &ret[1]);
		if (!quiet)
			show_progress(b, &last, &ret[1]);
		last = ret[1];
		shown = now;
	} while (!bench_is_over(b) && (double)clock_diff(now, start) < seconds * hz);
	if (b->args.total_packets != 0)
		wait_settled(b);
	bench_sample(b, &ret[1]);
}

/* Times at one load, into b->latency. */
static void
latency_at(struct bench *b, unsigned int percent, double pps)
{
	const double us = (double)rte_get_tsc_hz() / 1e6;
	static struct hist all;
	struct bench_sample s[2];

	traffic_on(b, UINT64_MAX, pps);
	measure(b, WARM_SECONDS, true, s);
	source_hist_clear(&b->source);
	__atomic_store_n(&b->source.stamping, true, __ATOMIC_RELEASE);
	measure(b, b->args.seconds, true, s);
	__atomic_store_n(&b->source.stamping, false, __ATOMIC_RELEASE);
	bench_halt(b);
	source_hist(&b->source, &all);
	b->latency[b->nb_latency++] = (struct bench_latency){ .percent = percent,
		.pps = bench_pps(&s[0], &s[1], s[1].rx - s[0].rx),
		.p50_us = (double)hist_quantile(&all, 0.5) / us,
		.p99_us = (double)hist_quantile(&all, 0.99) / us,
		.p999_us = (double)hist_quantile(&all, 0.999) / us,
		.max_us = (double)all.max / us,
		.packets = all.n,
		.missed = s[1].missed - s[0].missed };
}

int
bench_latency(struct bench *b, struct err *err)
{
	struct bench_sample s[2];
	double most;
	unsigned int i;
	int rc;

	if (b->args.traffic != TRAFFIC_GENERATOR)
		return err_set(err, EINVAL, "latency: time stamps need --source generator");
	rc = bench_gateway_setup(b, err);
	if (rc != 0)
		return rc;
	b->nb_latency = 0;
	traffic_on(b, UINT64_MAX, 0);
	measure(b, WARM_SECONDS, true, s);
	measure(b, b->args.seconds, true, s);
	bench_halt(b);
	most = bench_pps(&s[0], &s[1], s[1].rx - s[0].rx);
	for (i = 0; i < BENCH_LOADS && !bench_stop; i++)
		latency_at(b, loads[i], most * loads[i] / 100);
	return 0;
}

static int
stage_cycles(struct bench *b, bool on, struct err *err)
{
	return ctl_sysctl_set(b->ctl, "dp.stage_cycles", on, err);
}

static int
run_rates(struct bench *b, struct err *err)
{
	struct bench_sample rate[2], stages[2], warm[2];
	const bool counted = b->args.total_packets != 0;
	int rc;

	rc = bench_start(b, err);
	if (rc != 0)
		return rc;
	if (!counted)
		measure(b, WARM_SECONDS, true, warm);
	measure(b, counted ? 1e9 : b->args.seconds, b->args.json, rate);
	b->quiet[0] = slices_quiet(&b->slices);
	if (bench_stop && !counted)
		return 0;
	memset(stages, 0, sizeof(stages));
	if (!counted) {
		rc = stage_cycles(b, true, err);
		measure(b, STAGE_SECONDS, true, stages);
		b->quiet[1] = slices_quiet(&b->slices);
		stage_cycles(b, false, err);
	}
	bench_halt(b);
	if (rc == 0 && b->args.latency)
		rc = bench_latency(b, err);
	if (rc != 0 || (bench_stop && !counted))
		return rc;
	if (b->args.json) {
		report_json(b, rate, stages);
		return 0;
	}
	report_result(b, rate);
	if (!counted)
		report_stages(b, stages);
	if (b->args.latency)
		report_latency(b);
	return 0;
}

static int
run_write(struct bench *b, struct err *err)
{
	int rc = bench_gateway_setup(b, err);

	if (rc != 0)
		return rc;
	if (b->args.direction == DIRECTION_OUT)
		return pcap_write_plain(&b->source, b->args.write_pcap, err);
	return pcap_write_prepared(&b->source, b->args.write_pcap, err);
}

int
bench_run(struct bench *b)
{
	struct err err = { 0 };
	int rc;

	rc = b->args.write_pcap[0] != '\0' ? run_write(b, &err) : run_rates(b, &err);
	if (rc != 0)
		fprintf(stderr, "dpdk-ipsecif-bench: %s\n", err.msg);
	if (rc != 0 || bench_stop == SIGABRT)
		return 1;
	return bench_stop != 0 ? 128 + bench_stop : 0;
}
