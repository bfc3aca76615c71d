/* SPDX-License-Identifier: BSD-3-Clause */
/* Open addressing, at most half full, so a probe ends soon: index.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bitops.h>
#include <rte_common.h>
#include <rte_debug.h>
#include <rte_jhash.h>

#include "config/index.h"

#define FREE UINT32_MAX

struct cfg_index {
	uint32_t mask;
	uint32_t room; /* keys that still fit */
	size_t key_size;
	uint32_t *value; /* FREE: no key here */
	uint8_t *key;
};

struct cfg_index *
cfg_index_create(unsigned int n, size_t key_size)
{
	struct cfg_index *index = calloc(1, sizeof(*index));
	const size_t slots = (size_t)rte_align64pow2(2 * (uint64_t)n + 2);

	if (index == NULL)
		return NULL;
	index->mask = (uint32_t)(slots - 1);
	index->room = n;
	index->key_size = key_size;
	index->value = malloc(slots * sizeof(*index->value));
	index->key = malloc(slots * key_size);
	if (index->value == NULL || index->key == NULL) {
		cfg_index_destroy(index);
		return NULL;
	}
	memset(index->value, 0xff, slots * sizeof(*index->value));
	return index;
}

void
cfg_index_destroy(struct cfg_index *index)
{
	if (index == NULL)
		return;
	free(index->value);
	free(index->key);
	free(index);
}

/* The slot of the key, or the free one where it belongs. */
static uint32_t
slot_of(const struct cfg_index *index, const void *key)
{
	uint32_t i = rte_jhash(key, (uint32_t)index->key_size, 0) & index->mask;

	while (index->value[i] != FREE &&
			memcmp(index->key + i * index->key_size, key, index->key_size) != 0)
		i = (i + 1) & index->mask;
	return i;
}

bool
cfg_index_put(struct cfg_index *index, const void *key, unsigned int value, unsigned int *ret_old)
{
	const uint32_t i = slot_of(index, key);

	if (index->value[i] != FREE) {
		*ret_old = index->value[i];
		return false;
	}
	RTE_VERIFY(index->room-- > 0);
	memcpy(index->key + i * index->key_size, key, index->key_size);
	index->value[i] = value;
	return true;
}

bool
cfg_index_find(const struct cfg_index *index, const void *key, unsigned int *ret_value)
{
	const uint32_t i = slot_of(index, key);

	if (index->value[i] == FREE)
		return false;
	*ret_value = index->value[i];
	return true;
}
