/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of net/parse and net/icmp. Data starts at the IP or ARP header.
 */
#include <stdint.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "exercise_parse.h"
#include "net/pkt.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rte_mempool *pool;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *args[] = { "fuzz", "--no-huge", "-m", "64", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level=error" };

	(void)argc;
	(void)argv;
	if (rte_eal_init((int)RTE_DIM(args), args) < 0)
		abort();
	pool = rte_pktmbuf_pool_create("packets", 15, 0, PKT_PRIV_SIZE, 2048, 0);
	if (pool == NULL)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 9000)
		return 0;
	exercise_parse(data, size, pool);
	if (rte_mempool_avail_count(pool) != 15)
		abort();
	return 0;
}
