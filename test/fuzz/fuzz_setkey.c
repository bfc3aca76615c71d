/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of setkey(8)'s statements: a text is read, or refused with a line number, and then nothing of it is left.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/setkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setkey_list list;
	struct err err = { 0 };
	int rc = setkey_parse((const char *)data, size, &list, &err);

	if (rc == 0) {
		setkey_free(&list);
		return 0;
	}
	if (rc != -EINVAL || strncmp(err.msg, "line ", 5) != 0 || !STAILQ_EMPTY(&list))
		abort();
	return 0;
}
