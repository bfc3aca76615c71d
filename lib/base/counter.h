/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables of counters with one copy per worker, so that no worker stores to a line another core
 * writes. A row is eight 64-bit fields: one cache line. The control core adds the copies up when it
 * reads, and "clear" moves a baseline instead of writing into a worker's line.
 */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "base/err.h"
#include "base/limits.h"

#define COUNTER_FIELDS 8

struct counter_row {
	uint64_t field[COUNTER_FIELDS]; /* [W] written by one worker, read by the control core */
} __rte_cache_aligned;

struct counter_table {
	const char *name;   /* [I] */
	uint32_t nb_rows;   /* [I] */
	uint32_t nb_copies; /* [I] workers, then one more for the control core */
	bool on_heap;       /* [I] made before EAL was up */
	/* [I] the rows of each worker; those of the control core at nb_copies - 1 */
	struct counter_row *copy[WORKER_MAX + 1];
	struct counter_row *baseline; /* [C] subtracted from what is read */
};

/**
 * Allocate a table of zeroes for @p nb_workers workers and the control core.
 * @return 0, -EINVAL (no rows, more than WORKER_MAX workers), or -ENOMEM with @p err filled.
 */
int counter_table_init(struct counter_table *t, const char *name, uint32_t nb_rows,
		unsigned int nb_workers, struct err *err);
/** Free it. A table of zeroes is allowed. EAL is still up if it was when the table was made. */
void counter_table_fini(struct counter_table *t);

/** The row of one worker. Only that worker adds to it. */
static inline uint64_t *
counter_row(const struct counter_table *t, unsigned int worker, uint32_t row)
{
	return t->copy[worker][row].field;
}

/** The control core's own copy of a row. */
static inline uint64_t *
counter_row_control(const struct counter_table *t, uint32_t row)
{
	return t->copy[t->nb_copies - 1][row].field;
}

/** Sum over all workers less the baseline. Control core. */
uint64_t counter_sum(const struct counter_table *t, uint32_t row, unsigned int field);
/** Sum over all workers since the row was last reset, baseline not subtracted. Control core. */
uint64_t counter_raw(const struct counter_table *t, uint32_t row, unsigned int field);
/** What was counted so far no longer shows (`clear counters`, or a row given to a new object). */
void counter_clear(struct counter_table *t, uint32_t row);
void counter_clear_all(struct counter_table *t);

#endif
