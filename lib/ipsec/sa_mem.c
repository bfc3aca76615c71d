/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records with keys come from chunks of pages of their own, so that madvise(2) and mlock(2) reach
 * the keys and nothing else. A free record is all zeroes but for the link to the next one. Chunks
 * stay until the program ends. Control core only.
 */
#include <string.h>
#include <sys/mman.h>

#include "ipsec/sa.h"
#include "ipsec/sa_mem.h"

#define CHUNK_BYTES (256 * 1024)

union record {
	union record *next_free;
	struct sa_ctl ctl;
};

static union record *free_records; /* [C] */

static int
chunk_add(void)
{
	union record *rec;
	size_t i;

	rec = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (rec == MAP_FAILED)
		return -1;
	/* both are refused in some containers; the keys are used all the same */
	(void)madvise(rec, CHUNK_BYTES, MADV_DONTDUMP);
	(void)mlock(rec, CHUNK_BYTES);
	for (i = CHUNK_BYTES / sizeof(*rec); i > 0; i--) {
		rec[i - 1].next_free = free_records;
		free_records = &rec[i - 1];
	}
	return 0;
}

struct sa_ctl *
sa_mem_get(void)
{
	union record *rec;

	if (free_records == NULL && chunk_add() < 0)
		return NULL;
	rec = free_records;
	free_records = rec->next_free;
	rec->next_free = NULL;
	return &rec->ctl;
}

void
sa_mem_put(struct sa_ctl *ctl)
{
	union record *rec = (union record *)ctl;

	if (rec == NULL)
		return;
	explicit_bzero(rec, sizeof(*rec));
	rec->next_free = free_records;
	free_records = rec;
}
