/* SPDX-License-Identifier: BSD-3-Clause */
/* See packets.h. */
#include "packets.h"

#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include "net/addr.h"
#include "net/pkt.h"

#define POOL_SIZE 256

struct rte_mempool *packet_pool;

int
packets_setup(void **state)
{
	char *args[] = { "test", "--no-huge", "-m", "64", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level=error" };

	(void)state;
	if (rte_eal_init((int)RTE_DIM(args), args) < 0)
		return -1;
	packet_pool = rte_pktmbuf_pool_create(
			"packets", POOL_SIZE, 0, PKT_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	return packet_pool == NULL ? -1 : 0;
}

int
packets_teardown(void **state)
{
	const unsigned int there = rte_mempool_avail_count(packet_pool);

	(void)state;
	if (there != POOL_SIZE)
		fprintf(stderr, "%u of %u buffers came back\n", there, POOL_SIZE);
	return there == POOL_SIZE ? 0 : -1;
}

size_t
vector_bytes(const char *name, uint8_t *ret_bytes, size_t max)
{
	const char *hex = NULL;
	size_t i, n = 0;

	for (i = 0; i < nb_vectors; i++)
		if (strcmp(vectors[i].name, name) == 0)
			hex = vectors[i].hex;
	if (hex == NULL)
		fail_msg("no vector %s", name);
	for (; hex[2 * n] != '\0'; n++) {
		assert_true(n < max);
		assert_int_equal(sscanf(hex + 2 * n, "%2hhx", &ret_bytes[n]), 1);
	}
	return n;
}

struct rte_mbuf *
packet_of_bytes(const uint8_t *bytes, size_t n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(packet_pool);
	char *data;

	assert_non_null(m);
	memset(rte_mbuf_to_priv(m), 0, m->priv_size);
	data = rte_pktmbuf_append(m, (uint16_t)n);
	assert_non_null(data);
	memcpy(data, bytes, n);
	return m;
}

struct rte_mbuf *
packet(const char *name)
{
	uint8_t bytes[2048];

	return packet_of_bytes(bytes, vector_bytes(name, bytes, sizeof(bytes)));
}

static void
print_hex(const char *what, const uint8_t *bytes, size_t n)
{
	size_t i;

	fprintf(stderr, "%s %zu:", what, n);
	for (i = 0; i < n; i++)
		fprintf(stderr, "%02x", bytes[i]);
	fprintf(stderr, "\n");
}

void
assert_packet(struct rte_mbuf *m, const char *name)
{
	uint8_t bytes[2048];
	const size_t n = vector_bytes(name, bytes, sizeof(bytes));
	const uint8_t *data;

	assert_non_null(m);
	data = rte_pktmbuf_mtod(m, const uint8_t *);
	if (m->data_len != n || m->pkt_len != n || memcmp(data, bytes, n) != 0) {
		print_hex("is  ", data, m->data_len);
		print_hex("want", bytes, n);
		fail_msg("packet is not %s", name);
	}
	rte_pktmbuf_free(m);
}

struct ip_addr
ip_of(const char *text)
{
	struct ip_addr a;

	assert_int_equal(ip_parse(text, &a), 0);
	return a;
}
