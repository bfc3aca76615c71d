/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be asked of the benchmark: one table serves the command line, `set`, `show config` and the usage text. */
#ifndef APP_BENCH_ARGS_H
#define APP_BENCH_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define BENCH_TUNNELS_MAX 10000
#define BENCH_FRAME_MAX 1400
#define BENCH_IMIX 0 /* instead of a size */

enum bench_traffic { TRAFFIC_GENERATOR, TRAFFIC_PCAP, TRAFFIC_NIC };
enum bench_direction { DIRECTION_OUT, DIRECTION_IN, DIRECTION_BOTH };

struct bench_args {
	unsigned int frame_bytes; /* Ethernet frame before encapsulation, without FCS; BENCH_IMIX */
	unsigned int tunnels;
	unsigned int direction, traffic; /* enum above */
	char encryption[32];             /* setkey(8) name; key length follows */
	char authentication[32];         /* "": none */
	unsigned int key_bits;
	char engine[16]; /* "auto", "cryptodev" ... */
	unsigned int replay_window;
	unsigned int inner, outer; /* 4 or 6 */
	bool esn, natt;
	unsigned int burst;     /* most packets that the generator gives at once */
	unsigned int rate_kpps; /* 0: as fast as they are taken */
	unsigned int seconds;   /* of each measurement */
	uint64_t total_packets; /* 0: no end */
	unsigned int stats_period;
	char port[2][64]; /* devices, "": made here */
	char pcap[256];   /* file for net_pcap, "": made here */
	char write_pcap[256];
	char sysctl[64]; /* NAME=VALUE, "": none */
	bool interactive, auto_start, latency, json;
};

/** Read what stands behind "--". @return 0; 1: --help or --version was answered; -1: a message is on standard error. */
int bench_args_parse(int argc, char **argv, struct bench_args *ret_args);
void bench_usage(FILE *out);

/** `set NAME VALUE` at the prompt. -EINVAL with @p err. */
int bench_args_set(struct bench_args *args, const char *name, const char *value, struct err *err);
/** What contradicts itself. -EINVAL with @p err. */
int bench_args_check(const struct bench_args *args, struct err *err);
/** i from 0: name of what the prompt can set, its value as text and what it takes; NULL beyond the last. */
const char *bench_args_at(const struct bench_args *args, unsigned int i, char *ret_value,
		size_t size, const char **ret_takes);

#endif
