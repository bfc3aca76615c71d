/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dpdk-ipsecif-bench: one run is one point, a frame size, a number of tunnels and an algorithm. It makes its own traffic and its
 * own configuration, and measures the same library that dpdk-ipsecif runs.
 */
#ifndef APP_BENCH_BENCH_H
#define APP_BENCH_BENCH_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

#define BENCH_TUNNELS_MAX 10000

struct bench_args {
	unsigned int frame_bytes; /* Ethernet frame before encapsulation, without FCS */
	unsigned int tunnels;
	unsigned int seconds;       /* of each of the two measurements */
	const char *encryption;     /* setkey(8) name; key length follows */
	const char *authentication; /* NULL: none */
	unsigned int key_bits;
	const char *engine; /* "auto", "cryptodev" ... */
	bool json;
	const char *pcap; /* file made for the source port, removed at the end */
};

/** Read what stands behind "--". @return 0, or -1: a message is on standard error. */
int bench_args_parse(int argc, char **argv, struct bench_args *ret_args);
void bench_usage(FILE *out);

/** Write a pcap file with one UDP packet per tunnel, destination 10.128.0.0 + tunnel. 0 or -errno with @p err. */
int bench_write_pcap(const struct bench_args *args, struct err *err);
/** The gateway's configuration as JSON text: caller frees with free(). NULL: no memory. */
char *bench_config(const struct bench_args *args);

#endif
