/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What went wrong, in one sentence that reaches the user unchanged. Filled by whoever finds the
 * mistake, carried by everyone else. The form is `<object>: <what>, <offending value> (<allowed>)`.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

#include "base/limits.h"

struct err {
	int code;                /* an errno value, 0: no error */
	char path[ERR_PATH_MAX]; /* where in a file (`interfaces[2].mtu`), "" elsewhere */
	char msg[ERR_MSG_MAX];
};

/**
 * Say what went wrong.
 *
 * @param err
 *   Overwritten (path becomes ""). May be NULL: then only the return value speaks.
 * @param code
 *   Positive errno value.
 * @return
 *   -code, so that a caller can `return err_set(...)`.
 */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** As err_set(), with the path of the mistake in a file. */
int err_set_at(struct err *err, int code, const char *path, const char *fmt, ...)
		__attribute__((format(printf, 4, 5)));

#endif
