/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filling in struct err. Every layer calls it; nothing is printed or logged here.
 */
#include "base/err.h"

#include <stdio.h>

static void
err_fill(struct err *err, int code, const char *path, const char *fmt, va_list ap)
{
	char msg[ERR_MSG_MAX];

	/* On the side first: an argument may be the message that is being overwritten. */
	if (vsnprintf(msg, sizeof(msg), fmt, ap) < 0)
		msg[0] = '\0';
	err->code = code;
	snprintf(err->path, sizeof(err->path), "%s", path);
	snprintf(err->msg, sizeof(err->msg), "%s", msg);
}

int
err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err != NULL) {
		va_start(ap, fmt);
		err_fill(err, code, "", fmt, ap);
		va_end(ap);
	}
	return -code;
}

int
err_set_at(struct err *err, int code, const char *path, const char *fmt, ...)
{
	char where[ERR_PATH_MAX];
	va_list ap;

	if (err != NULL) {
		snprintf(where, sizeof(where), "%s", path);
		va_start(ap, fmt);
		err_fill(err, code, where, fmt, ap);
		va_end(ap);
	}
	return -code;
}
