/* SPDX-License-Identifier: BSD-3-Clause */
/* Histograms: what is not done per packet. */
#include "hist.h"

#include <math.h>
#include <string.h>

void
hist_clear(struct hist *h)
{
	memset(h, 0, sizeof(*h));
}

void
hist_merge(struct hist *into, const struct hist *from)
{
	unsigned int i;

	for (i = 0; i < HIST_BUCKETS; i++)
		into->count[i] += from->count[i];
	into->n += from->n;
	if (from->max > into->max)
		into->max = from->max;
}

/* The highest value that falls into a bucket. */
static uint64_t
bucket_top(unsigned int i)
{
	const unsigned int shift = i < 2 * HIST_SUB ? 0 : i / HIST_SUB - 1;
	const uint64_t first = i - (uint64_t)shift * HIST_SUB;

	return ((first + 1) << shift) - 1;
}

uint64_t
hist_quantile(const struct hist *h, double q)
{
	uint64_t wanted, seen = 0;
	unsigned int i;

	if (h->n == 0)
		return 0;
	wanted = (uint64_t)ceil(q * (double)h->n);
	if (wanted == 0)
		wanted = 1;
	for (i = 0; i < HIST_BUCKETS; i++) {
		seen += h->count[i];
		if (seen >= wanted)
			return bucket_top(i) < h->max ? bucket_top(i) : h->max;
	}
	return h->max;
}
