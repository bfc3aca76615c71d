/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments of the benchmark. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

void
bench_usage(FILE *out)
{
	fputs("usage: dpdk-ipsecif-bench [EAL arguments] -- [--size BYTES] [--tunnels N] "
	      "[--seconds S]\n"
	      "         [--encryption NAME] [--key-bits N] [--authentication NAME] [--engine NAME] "
	      "[--json]\n"
	      "BYTES: Ethernet frame without FCS before encapsulation, 60 to 1400 (64)\n"
	      "N: tunnels, each with an SA of its own, flows mixed evenly, 1 to 10000 (1)\n",
			out);
}

static int
number(const char *what, const char *text, unsigned int min, unsigned int max, unsigned int *ret)
{
	char *end;
	const unsigned long v = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || v < min || v > max) {
		fprintf(stderr, "%s: \"%s\" is not possible (%u to %u)\n", what, text, min, max);
		return -1;
	}
	*ret = (unsigned int)v;
	return 0;
}

static int
option(int c, struct bench_args *a)
{
	switch (c) {
	case 's':
		return number("--size", optarg, 60, 1400, &a->frame_bytes);
	case 't':
		return number("--tunnels", optarg, 1, BENCH_TUNNELS_MAX, &a->tunnels);
	case 'S':
		return number("--seconds", optarg, 1, 600, &a->seconds);
	case 'k':
		return number("--key-bits", optarg, 0, 256, &a->key_bits);
	case 'E':
		a->encryption = optarg;
		return 0;
	case 'A':
		a->authentication = optarg;
		return 0;
	case 'e':
		a->engine = optarg;
		return 0;
	case 'j':
		a->json = true;
		return 0;
	default:
		bench_usage(stderr);
		return -1;
	}
}

int
bench_args_parse(int argc, char **argv, struct bench_args *ret_args)
{
	static const struct option longs[] = { { "size", required_argument, NULL, 's' },
		{ "tunnels", required_argument, NULL, 't' },
		{ "seconds", required_argument, NULL, 'S' },
		{ "encryption", required_argument, NULL, 'E' },
		{ "key-bits", required_argument, NULL, 'k' },
		{ "authentication", required_argument, NULL, 'A' },
		{ "engine", required_argument, NULL, 'e' }, { "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 } };
	int c;

	*ret_args = (struct bench_args){ .frame_bytes = 64,
		.tunnels = 1,
		.seconds = 3,
		.encryption = "aes-gcm-16",
		.key_bits = 128,
		.engine = "auto" };
	optind = 1;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (option(c, ret_args) != 0)
			return -1;
	if (optind != argc) {
		bench_usage(stderr);
		return -1;
	}
	return 0;
}
