/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of look-up tables: a range of addresses that is backed by memory step by step, so that a table grows without moving under
 * its readers. Asks the kernel for huge pages.
 */
#ifndef ROUTE_LPM_MEM_H
#define ROUTE_LPM_MEM_H

#include <stdbool.h>
#include <stddef.h>

struct lpm_mem {
	void *base; /* zeroed memory up to size */
	size_t size;
	size_t reserved;
	void *map; /* what was mapped, before it was aligned; NULL: of the EAL heap */
};

/** Reserve @p bytes of addresses, none of them usable yet. 0 or -ENOMEM. */
int lpm_mem_reserve(struct lpm_mem *m, size_t bytes);
/** Make at least @p bytes usable, in steps; base does not move. 0, -ENOSPC (beyond the range), -ENOMEM. */
int lpm_mem_grow(struct lpm_mem *m, size_t bytes);
/** All of @p bytes at once: from the EAL heap where that has huge pages and room. 0 or -ENOMEM. */
int lpm_mem_whole(struct lpm_mem *m, size_t bytes);
void lpm_mem_free(struct lpm_mem *m);

#endif
