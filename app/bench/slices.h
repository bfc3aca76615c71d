/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The time of a measurement in slices. On a machine that others use as well, the mean says as much of them as of us; the tenth of the
 * slices in which a packet cost least is what it costs when nobody disturbs, and is the same from run to run.
 */
#ifndef APP_BENCH_SLICES_H
#define APP_BENCH_SLICES_H

#include <stdint.h>

/** Length of a slice: tens of polls at least, and short beside what a neighbour does. */
#define SLICE_MS 4
/** More than fit into a minute; of longer times the first minute counts. */
#define SLICES_MAX 15000
#define SLICE_STAGES 16

/** What a slice cost, or several of them in sum. */
struct slice {
	uint64_t cycles; /* TSC cycles of the workers */
	uint64_t rx;     /* packets received by ports */
	uint64_t stage[SLICE_STAGES];
};

struct slices {
	uint32_t n;
	struct slice s[SLICES_MAX];
};

/** Keep it. A slice without packets is not one. */
void slices_add(struct slices *all, const struct slice *s);
/** The tenth (one at least) with the fewest cycles a packet, in sum. Sorts @p all. Zeroes when there is none. */
struct slice slices_quiet(struct slices *all);

#endif
