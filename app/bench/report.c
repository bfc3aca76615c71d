/* SPDX-License-Identifier: BSD-3-Clause */
/* What was measured, as text in test-pmd's manner and as JSON. */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "base/clock.h"
#include "bench.h"
#include "net/drop.h"

static const char *const directions[] = { "out", "in", "both" };
static const char *const traffics[] = { "generator", "pcap", "nic" };

double
bench_pps(const struct bench_sample *a, const struct bench_sample *b, uint64_t packets)
{
	const double s = (double)clock_diff(b->active, a->active) / (double)rte_get_tsc_hz();

	return s <= 0 ? 0 : (double)packets / s;
}

static double
per(uint64_t cycles, uint64_t packets)
{
	return packets == 0 ? 0 : (double)cycles / (double)packets;
}

/*
 * Of polls that found packets. In rounds of prepared packets a poll may begin long before its packets are there (the control core
 * makes SAs), so there the time of the rounds counts instead.
 */
struct slice
bench_slice(const struct bench *b, const struct bench_sample s[2])
{
	struct slice ret = { .rx = s[1].rx - s[0].rx };
	unsigned int i, st;

	if (b->args.direction == DIRECTION_OUT || b->args.rate_kpps != 0)
		ret.cycles = s[1].busy_cycles - s[0].busy_cycles;
	else
		ret.cycles = clock_diff(s[1].active, s[0].active) *
				ctl_dataplane(b->ctl)->nb_workers;
	for (i = 0; i < WORKER_MAX; i++)
		for (st = 0; st < SLICE_STAGES; st++)
			ret.stage[st] += s[1].worker[i].stage_cycles[st] -
					s[0].worker[i].stage_cycles[st];
	return ret;
}

static double
cycles(const struct bench *b, const struct bench_sample s[2])
{
	const struct slice all = bench_slice(b, s);

	return per(all.cycles, all.rx);
}

static double
cpu_percent(const struct bench_sample s[2])
{
	const double wall = (double)clock_diff(s[1].tsc, s[0].tsc) / (double)rte_get_tsc_hz();

	return wall <= 0 ? 0 : (s[1].cpu_seconds - s[0].cpu_seconds) / wall * 100;
}

void
report_throughput(const struct bench_sample *a, const struct bench_sample *b)
{
	printf("  Throughput (since last show)\n"
	       "  Rx-pps: %12.0f          Tx-pps: %12.0f          dropped-pps: %10.0f\n",
			bench_pps(a, b, b->rx - a->rx), bench_pps(a, b, b->tx - a->tx),
			bench_pps(a, b, b->dropped - a->dropped));
	fflush(stdout);
}

static void
size_text(const struct bench_args *args, char *ret, size_t size)
{
	if (args->frame_bytes == BENCH_IMIX)
		snprintf(ret, size, "imix");
	else
		snprintf(ret, size, "%u", args->frame_bytes);
}

static long
max_rss_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

void
report_result(struct bench *b, const struct bench_sample s[2])
{
	const struct bench_sample *from = &s[0], *to = &s[1];
	const struct bench_args *a = &b->args;
	const uint64_t rx = to->rx - from->rx, tx = to->tx - from->tx;
	const char *comma = "";
	char size[16];
	unsigned int i;

	size_text(a, size, sizeof(size));
	printf("RESULT size %s tunnels %u %s%s%s: Rx-pps %.0f Tx-pps %.0f, %.1f TSC cycles/packet "
	       "(%.2f GHz), direction %s, CPU %.0f %%, start-up %.2f s, max RSS %ld MiB\n",
			size, a->tunnels, a->encryption, a->authentication[0] != '\0' ? "+" : "",
			a->authentication, bench_pps(from, to, rx), bench_pps(from, to, tx),
			cycles(b, s), (double)rte_get_tsc_hz() / 1e9, directions[a->direction],
			cpu_percent(s), b->setup_seconds, max_rss_kib() / 1024);
	printf("  Rx-total: %" PRIu64 "  Tx-total: %" PRIu64 "  dropped: %" PRIu64, rx, tx,
			to->dropped - from->dropped);
	for (i = 0; i < DROP_REASONS; i++) {
		if (to->drops[i] == from->drops[i])
			continue;
		printf("%s%s %" PRIu64, comma[0] == '\0' ? " (" : comma,
				drop_name((enum drop_reason)i), to->drops[i] - from->drops[i]);
		comma = ", ";
	}
	printf("%s\n", comma[0] == '\0' ? "" : ")");
	if (b->quiet[0].rx != 0) /* it lasted for a slice */
		printf("  In the quietest tenth of the time: %.1f TSC cycles/packet\n",
				per(b->quiet[0].cycles, b->quiet[0].rx));
}

void
report_stages(struct bench *b, const struct bench_sample s[2])
{
	const struct dataplane *dp = ctl_dataplane(b->ctl);
	unsigned int i, st;

	for (i = 0; i < dp->nb_workers; i++) {
		const struct dp_worker_stats *wa = &s[0].worker[i], *wb = &s[1].worker[i];

		printf("  worker %u (lcore %u), TSC cycles per received packet by stage:\n   ", i,
				wb->lcore);
		for (st = 0; dp_stage_name(st) != NULL; st++)
			printf(" %s %.1f", dp_stage_name(st),
					per(wb->stage_cycles[st] - wa->stage_cycles[st],
							wb->rx - wa->rx));
		printf("\n");
	}
}

static void
json_stages(const char *name, const struct slice *s)
{
	unsigned int st;

	printf(", \"%s\": {", name);
	for (st = 0; dp_stage_name(st) != NULL; st++)
		printf("%s\"%s\": %.1f", st == 0 ? "" : ", ", dp_stage_name(st),
				per(s->stage[st], s->rx));
	fputs("}", stdout);
}

static void
json_drops(const struct bench_sample s[2])
{
	const char *comma = "";
	unsigned int i;

	fputs(", \"drops\": {", stdout);
	for (i = 0; i < DROP_REASONS; i++) {
		if (s[1].drops[i] == s[0].drops[i])
			continue;
		printf("%s\"%s\": %" PRIu64, comma, drop_name((enum drop_reason)i),
				s[1].drops[i] - s[0].drops[i]);
		comma = ", ";
	}
	fputs("}", stdout);
}

static void
json_latency(const struct bench *b)
{
	unsigned int i;

	fputs(", \"latency\": [", stdout);
	for (i = 0; i < b->nb_latency; i++) {
		const struct bench_latency *l = &b->latency[i];

		printf("%s{\"percent\": %u, \"pps\": %.0f, \"p50_us\": %.2f, \"p99_us\": %.2f, "
		       "\"p999_us\": %.2f, \"max_us\": %.2f, \"packets\": %" PRIu64
		       ", \"missed\": %" PRIu64 "}",
				i == 0 ? "" : ", ", l->percent, l->pps, l->p50_us, l->p99_us,
				l->p999_us, l->max_us, l->packets, l->missed);
	}
	fputs("]", stdout);
}

void
report_json(struct bench *b, const struct bench_sample *rate, const struct bench_sample *stages)
{
	const struct bench_args *a = &b->args;
	const uint64_t rx = rate[1].rx - rate[0].rx, tx = rate[1].tx - rate[0].tx;
	const struct slice all = bench_slice(b, stages);
	char size[16];

	size_text(a, size, sizeof(size));
	printf("{\"size\": %s%s%s, \"tunnels\": %u, \"direction\": \"%s\", \"source\": \"%s\", "
	       "\"encryption\": \"%s\", \"key_bits\": %u, \"authentication\": \"%s\", "
	       "\"engine\": \"%s\", \"replay_window\": %u, \"esn\": %s, \"natt\": %s, "
	       "\"inner\": %u, \"outer\": %u, \"workers\": %u",
			a->frame_bytes == BENCH_IMIX ? "\"" : "", size,
			a->frame_bytes == BENCH_IMIX ? "\"" : "", a->tunnels,
			directions[a->direction], traffics[a->traffic],
			a->encryption[0] == '\0' ? "none" : a->encryption, a->key_bits,
			a->authentication[0] == '\0' ? "none" : a->authentication, a->engine,
			a->replay_window, a->esn ? "true" : "false", a->natt ? "true" : "false",
			a->inner, a->outer, ctl_dataplane(b->ctl)->nb_workers);
	printf(", \"rx_packets\": %" PRIu64 ", \"tx_packets\": %" PRIu64
	       ", \"rx_pps\": %.0f, \"tx_pps\": %.0f, \"dropped\": %" PRIu64
	       ", \"cycles_per_packet\": %.1f, \"cpu_percent\": %.1f, \"start_seconds\": %.2f, "
	       "\"max_rss_kib\": %ld",
			rx, tx, bench_pps(&rate[0], &rate[1], rx),
			bench_pps(&rate[0], &rate[1], tx), rate[1].dropped - rate[0].dropped,
			cycles(b, rate), cpu_percent(rate), b->setup_seconds, max_rss_kib());
	if (b->quiet[0].rx != 0)
		printf(", \"quiet_cycles_per_packet\": %.1f",
				per(b->quiet[0].cycles, b->quiet[0].rx));
	json_drops(rate);
	json_stages("stages", &all);
	json_stages("quiet_stages", &b->quiet[1]);
	json_latency(b);
	fputs(", \"machine\": ", stdout);
	machine_json(stdout);
	puts("}");
	fflush(stdout);
}

void
report_latency(const struct bench *b)
{
	unsigned int i;

	printf("  Latency, microseconds   Load       pps       p50       p99     p99.9       max   "
	       " "
	       "missed\n");
	for (i = 0; i < b->nb_latency; i++) {
		const struct bench_latency *l = &b->latency[i];

		printf("                         %3u%% %9.0f %9.2f %9.2f %9.2f %9.2f %9" PRIu64
		       "\n",
				l->percent, l->pps, l->p50_us, l->p99_us, l->p999_us, l->max_us,
				l->missed);
	}
}

static void
report_port(struct bench *b, unsigned int port, double seconds)
{
	static const char *const names[2] = { "in", "out" };
	const struct iface *ifp = iface_find(ctl_ifaces(b->ctl), names[port]);
	const struct ctl_if_counts *was = &b->shown[port];
	struct port_stats device = { 0 };
	struct ctl_if_counts now;

	ctl_if_counts(b->ctl, ifp, &now);
	ctl_port_stats(b->ctl, ifp, &device);
	printf("\n  ######################## NIC statistics for port %u  ########################\n"
	       "  RX-packets: %-10" PRIu64 " RX-missed: %-10" PRIu64 " RX-bytes:  %-10" PRIu64 "\n"
	       "  RX-errors: %-10" PRIu64 " RX-dropped: %-10" PRIu64 " RX-nombuf:  %-10" PRIu64 "\n"
	       "  TX-packets: %-10" PRIu64 " TX-errors: %-10" PRIu64 " TX-bytes:  %-10" PRIu64 "\n",
			port, now.ipackets, device.imissed, now.ibytes, now.ierrors, now.idrops,
			device.rx_nombuf, now.opackets, now.odrops, now.obytes);
	printf("\n  Throughput (since last show)\n"
	       "  Rx-pps: %12.0f          Rx-bps: %12.0f\n"
	       "  Tx-pps: %12.0f          Tx-bps: %12.0f\n"
	       "  ############################################################################\n",
			(double)(now.ipackets - was->ipackets) / seconds,
			(double)(now.ibytes - was->ibytes) * 8 / seconds,
			(double)(now.opackets - was->opackets) / seconds,
			(double)(now.obytes - was->obytes) * 8 / seconds);
	b->shown[port] = now;
}

void
report_ports(struct bench *b, int port)
{
	const uint64_t now = rte_rdtsc();
	const double s = (double)clock_diff(now, b->shown_tsc) / (double)rte_get_tsc_hz();
	int p;

	for (p = 0; p < 2; p++)
		if (port < 0 || port == p)
			report_port(b, (unsigned int)p, s <= 0 ? 1 : s);
	b->shown_tsc = now;
	fflush(stdout);
}

void
report_workers(struct bench *b)
{
	const struct dataplane *dp = ctl_dataplane(b->ctl);
	struct dp_worker_stats s;
	unsigned int i, st;

	for (i = 0; i < dp->nb_workers; i++) {
		dp_worker_stats(dp, i, &s);
		printf("  worker %u (lcore %u): polls %" PRIu64 " empty %" PRIu64 " rx %" PRIu64
		       " tx %" PRIu64 " dropped %" PRIu64 " handed out %" PRIu64 " in %" PRIu64
		       ", %.1f cycles per packet, %.1f packets a poll\n",
				i, s.lcore, s.polls, s.empty_polls, s.rx, s.tx, s.dropped,
				s.handed_out, s.handed_in, per(s.busy_cycles, s.rx),
				per(s.rx, s.polls - s.empty_polls));
		for (st = 0; dp_stage_name(st) != NULL; st++)
			if (s.stage_cycles[st] != 0)
				printf("    %-16s %10.1f cycles per received packet\n",
						dp_stage_name(st), per(s.stage_cycles[st], s.rx));
	}
}

void
report_config(const struct bench *b)
{
	const char *name, *takes;
	char value[64];
	unsigned int i;

	for (i = 0; (name = bench_args_at(&b->args, i, value, sizeof(value), &takes)) != NULL; i++)
		printf("  %-16s %-20s (%s)\n", name, value, takes);
	printf("  %-16s %s\n  %-16s %s, %s\n  %-16s %u\n", "source", traffics[b->args.traffic],
			"ports", bench_port_device(&b->args, 0), bench_port_device(&b->args, 1),
			"workers", ctl_dataplane(b->ctl)->nb_workers);
}
