/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dpdk-ipsecif-bench: measures the same library that dpdk-ipsecif runs. It makes its own configuration (config.c) and, inside
 * the process, its own traffic (source.c): out of tunnels, into them, or both. run.c measures, report.c tells, shell.c is the prompt.
 */
#ifndef APP_BENCH_BENCH_H
#define APP_BENCH_BENCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "args.h"
#include "control/control.h"
#include "slices.h"
#include "source.h"

/* What has happened up to a point in time. */
struct bench_sample {
	uint64_t rx, tx, dropped, busy_cycles, tsc, missed;
	uint64_t active; /* TSC cycles in which there was traffic to take: what rates are divided by */
	double cpu_seconds; /* of the whole program */
	struct dp_worker_stats worker[WORKER_MAX];
	uint64_t drops[DROP_REASONS];
};

#define BENCH_LOADS 3

/* Times from being due at the receive queue to being given to the transmit queue. */
struct bench_latency {
	unsigned int percent; /* of the highest rate */
	double pps, p50_us, p99_us, p999_us, max_us;
	uint64_t packets, missed;
};

struct bench {
	struct bench_args args; /* as asked for */
	struct ctl *ctl;
	struct cfg *cfg; /* what runs */
	struct bench_source source;
	bool stale; /* args have changed: set up before the next start */
	bool running;
	double setup_seconds;
	char traffic_file[64];        /* the pcap made for net_pcap, removed at the end; "": none */
	struct bench_sample at_start; /* just before traffic began to flow */
	struct ctl_if_counts shown[2]; /* at the last `show port stats` */
	uint64_t shown_tsc;
	struct slices slices;  /* of the last measurement */
	struct slice quiet[2]; /* its quiet tenth: of the rate, and by stage */
	struct bench_latency latency[BENCH_LOADS];
	unsigned int nb_latency;
};

/** Set by SIGINT and SIGTERM. */
extern volatile sig_atomic_t bench_stop;

/* --- config.c: configuration and names --- */

enum bench_phase {
	PHASE_PORTS,   /* no tunnels yet */
	PHASE_PREPARE, /* outbound alone, to make what comes in later */
	PHASE_RUN,
};

/** The gateway's configuration as JSON text: caller frees with free(). NULL: no memory. */
char *bench_config(const struct bench_args *args, enum bench_phase phase);
/** Ports by name and device: 0 is inside ("in"), 1 outside ("out"). */
const char *bench_port_device(const struct bench_args *args, unsigned int port);

/* --- gateway.c --- */

/** EAL with what the options ask for. @return 0, or -1 with @p err. */
int bench_eal_start(struct bench *b, int argc, char **argv, struct err *err);
/** The gateway with its two ports, workers running. @return 0 or -errno with @p err. */
int bench_gateway_create(struct bench *b, struct err *err);
/** Tunnels and SAs as the options say, and what shall come in. @return 0 or -errno with @p err. */
int bench_gateway_setup(struct bench *b, struct err *err);
/** NAME=VALUE. -EINVAL, or as ctl_sysctl_set(). */
int bench_sysctl(struct bench *b, const char *text, struct err *err);
void bench_gateway_destroy(struct bench *b);
/** A fresh inbound SA in place of each: the prepared packets may come in again. */
int bench_gateway_renew(struct bench *b, struct err *err);

/* --- run.c --- */

/** The control core's work for about a millisecond; with one lcore also the worker's. Keeps prepared traffic going. */
void bench_poll(struct bench *b);
/** Since the TSC read so. */
double bench_seconds(uint64_t since_tsc);
void bench_sample(struct bench *b, struct bench_sample *ret);
/** Let traffic flow. Sets up first if something has changed. */
int bench_start(struct bench *b, struct err *err);
/** No more traffic; waits until the gateway is empty. */
void bench_halt(struct bench *b);
/** Stopped by a signal, or everything of --total-num-packets was given and is through. */
bool bench_is_over(const struct bench *b);
/** Everything that was asked for on the command line without --interactive. @return Exit status. */
int bench_run(struct bench *b);
/** Rate without limit, then time stamps at 10, 50 and 90 % of it: a table. */
int bench_latency(struct bench *b, struct err *err);

/* --- report.c --- */

/** What was done between two samples, as TSC cycles of the workers and received packets. */
struct slice bench_slice(const struct bench *b, const struct bench_sample s[2]);

void report_throughput(const struct bench_sample *a, const struct bench_sample *b);
/** Two samples: begin and end. */
void report_result(struct bench *b, const struct bench_sample s[2]);
void report_stages(struct bench *b, const struct bench_sample s[2]);
/** @p stages: the same two samples with dp.stage_cycles=1. Of the quiet tenths as well: b->quiet. */
void report_json(struct bench *b, const struct bench_sample *rate,
		const struct bench_sample *stages);
void report_latency(const struct bench *b);
/** Test-pmd's box; @p port -1: each. */
void report_ports(struct bench *b, int port);
void report_workers(struct bench *b);
void report_config(const struct bench *b);
/** Packets per second between two samples, received or sent. */
double bench_pps(const struct bench_sample *a, const struct bench_sample *b, uint64_t packets);

/* --- pcapfile.c --- */

/** One frame per flow, at least 64, as the inside lanes would make them. @return 0 or -errno with @p err. */
int pcap_write_plain(const struct bench_source *s, const char *path, struct err *err);
/** What comes in from outside, in order. */
int pcap_write_prepared(const struct bench_source *s, const char *path, struct err *err);

/* --- machine.c --- */

/** What makes runs comparable, as a JSON object: CPU model, its flags' checksum, TSC, hugepages, DPDK. */
void machine_json(FILE *out);

/* --- shell.c --- */

/** The prompt, until quit or the end of input. @return Exit status. */
int bench_shell(struct bench *b);

#endif
