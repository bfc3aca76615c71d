/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hash table from keys of one size to numbers (a place in an array), for comparing configurations of 10,000s of entries. Filled
 * once, then asked. Used by check.c and by control/apply.c.
 */
#ifndef CONFIG_INDEX_H
#define CONFIG_INDEX_H

#include <stdbool.h>
#include <stddef.h>

struct cfg_index;

/** Room for @p n keys of @p key_size bytes. NULL: no memory. */
struct cfg_index *cfg_index_create(unsigned int n, size_t key_size);
/** NULL is allowed. */
void cfg_index_destroy(struct cfg_index *index);
/**
 * Enter a key (copied; no padding bytes that differ) with its value.
 * @return true; or false when the key is there already, its value in @p ret_old.
 */
bool cfg_index_put(struct cfg_index *index, const void *key, unsigned int value,
		unsigned int *ret_old);
/** @return true with the value in @p ret_value, or false. */
bool cfg_index_find(const struct cfg_index *index, const void *key, unsigned int *ret_value);

#endif
