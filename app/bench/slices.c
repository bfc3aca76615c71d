/* SPDX-License-Identifier: BSD-3-Clause */
/* Slices of a measurement, and the quiet tenth of them. */
#include <stdlib.h>

#include "slices.h"

void
slices_add(struct slices *all, const struct slice *s)
{
	if (s->rx != 0 && all->n < SLICES_MAX)
		all->s[all->n++] = *s;
}

static int
by_cost(const void *a, const void *b)
{
	const struct slice *sa = a, *sb = b;
	const double ca = (double)sa->cycles / (double)sa->rx;
	const double cb = (double)sb->cycles / (double)sb->rx;

	return (ca > cb) - (ca < cb);
}

struct slice
slices_quiet(struct slices *all)
{
	struct slice sum = { 0 };
	uint32_t i, st, tenth = (all->n + 9) / 10;

	qsort(all->s, all->n, sizeof(all->s[0]), by_cost);
	for (i = 0; i < tenth; i++) {
		sum.cycles += all->s[i].cycles;
		sum.rx += all->s[i].rx;
		for (st = 0; st < SLICE_STAGES; st++)
			sum.stage[st] += all->s[i].stage[st];
	}
	return sum;
}
