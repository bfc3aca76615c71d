/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of lib/net share: a packet pool on EAL without hugepages, packets by the name of
 * their vector, and their comparison.
 */
#ifndef TEST_NET_PACKETS_H
#define TEST_NET_PACKETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_mbuf.h>

struct vector {
	const char *name;
	const char *hex;
};
extern const struct vector vectors[];
extern const size_t nb_vectors;

/* The pool of packets_setup(): 256 buffers of 2048 bytes with our private area. */
extern struct rte_mempool *packet_pool;

/** Group setup and teardown; the teardown fails when a buffer is missing. */
int packets_setup(void **state);
int packets_teardown(void **state);

/** Bytes of a vector; fails the test where there is none of this name. */
size_t vector_bytes(const char *name, uint8_t *ret_bytes, size_t max);
/** A packet of these bytes, private area zeroed; owned by the caller. */
struct rte_mbuf *packet_of_bytes(const uint8_t *bytes, size_t n);
struct rte_mbuf *packet(const char *name);
/** The test fails, and shows both, unless @p m has the bytes of the vector. Frees @p m. */
void assert_packet(struct rte_mbuf *m, const char *name);

/** Address of a text, as a value that lives until the end of the block. */
struct ip_addr ip_of(const char *text);
#define IP(text) (&(struct ip_addr[]){ ip_of(text) }[0])

#endif
