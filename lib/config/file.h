/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of lib/config, read as a whole and written as a whole or not at all (cfg_write_file() of model.h). */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stddef.h>

#include "base/err.h"

/** A regular file of at most 256 MiB; a NUL stands behind. NULL with @p err. Caller wipes and frees. */
char *cfg_file_read(const char *path, size_t *ret_len, struct err *err);

#endif
