/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A histogram of times in TSC cycles: each power of two is cut into 64, so that a quantile is at most 1.6 % too high. One writer;
 * who reads meanwhile sees a state that is nearly current.
 */
#ifndef APP_BENCH_HIST_H
#define APP_BENCH_HIST_H

#include <stdint.h>

#define HIST_SUB 64
#define HIST_BUCKETS (59 * HIST_SUB)

struct hist {
	uint64_t n, max;
	uint64_t count[HIST_BUCKETS];
};

static inline unsigned int
hist_index(uint64_t v)
{
	const unsigned int shift = v < HIST_SUB ? 0 : 57 - (unsigned int)__builtin_clzll(v);

	return shift * HIST_SUB + (unsigned int)(v >> shift);
}

static inline void
hist_add(struct hist *h, uint64_t v)
{
	h->count[hist_index(v)]++;
	h->n++;
	if (v > h->max)
		h->max = v;
}

void hist_clear(struct hist *h);
void hist_merge(struct hist *into, const struct hist *from);
/** The value that a share of @p q (0 to 1) does not exceed; 0 without values. */
uint64_t hist_quantile(const struct hist *h, double q);

#endif
