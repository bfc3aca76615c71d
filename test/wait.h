/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting in tests: for something to happen, never for a time to pass. The bound is for what never happens; no busy machine comes
 * near it.
 */
#ifndef TEST_WAIT_H
#define TEST_WAIT_H

#include <stdint.h>

#include <rte_cycles.h>

#define WAIT_S 60

/** Fails the test when @p condition does not come true; @p step is what goes on meanwhile. */
#define wait_until(condition, step)                                              \
	do {                                                                     \
		const uint64_t start_ = rte_rdtsc();                             \
		while (!(condition)) {                                           \
			step;                                                    \
			if (rte_rdtsc() - start_ > WAIT_S * rte_get_tsc_hz())    \
				fail_msg("not in %d s: %s", WAIT_S, #condition); \
		}                                                                \
	} while (0)

#endif
