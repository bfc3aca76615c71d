/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables of counters: allocation, and the sums that the control core reads. Workers add through the
 * inline functions of the header and never come here.
 */
#include "base/counter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_lcore.h>
#include <rte_malloc.h>

/*
 * EAL memory lies on the worker's pages; before EAL is up (tools, plain unit tests) the heap
 * serves.
 */
static struct counter_row *
rows_create(const struct counter_table *t)
{
	const size_t size = (size_t)t->nb_rows * sizeof(struct counter_row);
	struct counter_row *rows;

	if (!t->on_heap)
		return rte_zmalloc("counter", size, RTE_CACHE_LINE_SIZE);
	rows = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (rows != NULL)
		memset(rows, 0, size);
	return rows;
}

static void
rows_destroy(const struct counter_table *t, struct counter_row *rows)
{
	if (t->on_heap)
		free(rows);
	else
		rte_free(rows);
}

int
counter_table_init(struct counter_table *t, const char *name, uint32_t nb_rows,
		unsigned int nb_workers, struct err *err)
{
	struct counter_table next = { .name = name, .nb_rows = nb_rows };
	uint32_t i;

	if (nb_rows == 0 || nb_workers > WORKER_MAX)
		return err_set(err, EINVAL,
				"%s: counters of %u rows for %u workers (1 row, %d workers at "
				"most)",
				name, nb_rows, nb_workers, WORKER_MAX);
	next.nb_copies = nb_workers + 1;
	next.on_heap = rte_lcore_count() == 0;
	next.baseline = rows_create(&next);
	for (i = 0; i < next.nb_copies && next.baseline != NULL; i++) {
		next.copy[i] = rows_create(&next);
		if (next.copy[i] == NULL)
			break;
	}
	if (next.baseline == NULL || i < next.nb_copies) {
		counter_table_fini(&next);
		return err_set(err, ENOMEM,
				"%s: no memory for the counters, %u rows for %u workers", name,
				nb_rows, nb_workers);
	}
	*t = next;
	return 0;
}

void
counter_table_fini(struct counter_table *t)
{
	uint32_t i;

	for (i = 0; i < t->nb_copies; i++)
		rows_destroy(t, t->copy[i]);
	rows_destroy(t, t->baseline);
	memset(t, 0, sizeof(*t));
}

uint64_t
counter_raw(const struct counter_table *t, uint32_t row, unsigned int field)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < t->nb_copies; i++)
		sum += __atomic_load_n(&t->copy[i][row].field[field], __ATOMIC_RELAXED);
	return sum;
}

uint64_t
counter_sum(const struct counter_table *t, uint32_t row, unsigned int field)
{
	return counter_raw(t, row, field) - t->baseline[row].field[field];
}

void
counter_clear(struct counter_table *t, uint32_t row)
{
	unsigned int field;

	for (field = 0; field < COUNTER_FIELDS; field++)
		t->baseline[row].field[field] = counter_raw(t, row, field);
}

void
counter_clear_all(struct counter_table *t)
{
	uint32_t row;

	for (row = 0; row < t->nb_rows; row++)
		counter_clear(t, row);
}
