/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dpdk-ipsecif-bench: source -> route -> ipsec -> sink, or back, rates as test-pmd prints them, cycles per packet by stage for
 * each worker, latency. By command line, or at a prompt (--interactive).
 *
 * dpdk-ipsecif-bench --lcores '0@0,1@1' -- --size 64 --tunnels 1000
 */
#include <signal.h>
#include <string.h>

#include <rte_eal.h>

#include "bench.h"

volatile sig_atomic_t bench_stop;

static void
on_signal(int sig)
{
	bench_stop = sig;
}

static bool
is_ours(const char *word)
{
	return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 ||
			strcmp(word, "--version") == 0;
}

int
main(int argc, char **argv)
{
	static char *none[] = { NULL, NULL };
	static struct bench b;
	struct err err = { 0 };
	int i, rc;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		;
	none[0] = argv[0];
	if (argc == 2 && is_ours(argv[1]))
		i = 0; /* needs no EAL */
	if (i < argc)
		argv[i] = argv[0];
	rc = bench_args_parse(i < argc ? argc - i : 1, i < argc ? argv + i : none, &b.args);
	if (rc != 0)
		return rc == 1 ? 0 : 2;
	if (bench_eal_start(&b, i, argv, &err) != 0) {
		fprintf(stderr, "dpdk-ipsecif-bench: %s\n", err.msg);
		return 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (bench_gateway_create(&b, &err) != 0) {
		fprintf(stderr, "dpdk-ipsecif-bench: %s\n", err.msg);
		rc = 1;
	} else {
		rc = b.args.interactive ? bench_shell(&b) : bench_run(&b);
	}
	bench_gateway_destroy(&b);
	rte_eal_cleanup();
	return rc;
}
