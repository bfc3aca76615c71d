/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a packet from outside goes through in lib/net, in one call: shared by the fuzz target and
 * the unit test of mutated packets. Aborts when a function breaks its promise.
 */
#ifndef TEST_FUZZ_EXERCISE_PARSE_H
#define TEST_FUZZ_EXERCISE_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include <rte_mempool.h>

/**
 * Run the bytes through every reader, and what was read well through everything that answers
 * packets. The bytes lie in a buffer of exactly their size, so that AddressSanitizer sees each read
 * beyond them.
 *
 * @param pool
 *   Answers are made from it, and given back.
 * @return
 *   How many readers accepted it: for the tests to see that mutations get beyond the first check.
 */
unsigned int exercise_parse(const uint8_t *bytes, size_t n, struct rte_mempool *pool);

#endif
