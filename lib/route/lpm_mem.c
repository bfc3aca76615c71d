/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges are mapped without access, which costs nothing, not even of what strict overcommit allows, and opened in steps of huge
 * pages. The EAL heap is not used for what grows: with --no-huge and -m it is as large as it was at the start.
 */
#include "route/lpm_mem.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#define HUGE_PAGE ((size_t)2 << 20)

int
lpm_mem_reserve(struct lpm_mem *m, size_t bytes)
{
	const size_t reserved = RTE_ALIGN_CEIL(bytes, HUGE_PAGE);
	void *map;

	map = mmap(NULL, reserved + HUGE_PAGE, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -ENOMEM;
	m->map = map;
	m->base = RTE_PTR_ALIGN_CEIL(map, HUGE_PAGE);
	m->size = 0;
	m->reserved = reserved;
	madvise(m->base, reserved, MADV_HUGEPAGE); /* only advice */
	return 0;
}

int
lpm_mem_grow(struct lpm_mem *m, size_t bytes)
{
	const size_t size = RTE_ALIGN_CEIL(bytes, HUGE_PAGE);

	if (bytes <= m->size)
		return 0;
	if (size > m->reserved)
		return -ENOSPC;
	if (mprotect(RTE_PTR_ADD(m->base, m->size), size - m->size, PROT_READ | PROT_WRITE) != 0)
		return -ENOMEM;
	m->size = size;
	return 0;
}

int
lpm_mem_whole(struct lpm_mem *m, size_t bytes)
{
	int rc;

	memset(m, 0, sizeof(*m));
	if (rte_eal_has_hugepages())
		m->base = rte_zmalloc_socket(
				"lpm", bytes, RTE_CACHE_LINE_SIZE, (int)rte_socket_id());
	if (m->base != NULL) {
		m->size = m->reserved = bytes;
		return 0;
	}
	rc = lpm_mem_reserve(m, bytes);
	if (rc == 0)
		rc = lpm_mem_grow(m, bytes);
	if (rc != 0)
		lpm_mem_free(m);
	return rc;
}

void
lpm_mem_free(struct lpm_mem *m)
{
	if (m->map != NULL)
		munmap(m->map, m->reserved + HUGE_PAGE);
	else
		rte_free(m->base);
	memset(m, 0, sizeof(*m));
}
