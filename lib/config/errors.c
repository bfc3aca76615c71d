/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of mistakes found in a configuration. It grows; nothing here prints. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/model.h"

/* When there is no memory for a mistake, this one stands for it: the list must not look empty. */
static struct err no_memory = { .code = ENOMEM, .msg = "out of memory" };

static struct err *
grow(struct cfg_errors *errors)
{
	struct err *list;

	if (errors->list == &no_memory)
		return NULL;
	if ((errors->n & (errors->n - 1)) != 0) /* room is the next power of two */
		return &errors->list[errors->n++];
	list = realloc(errors->list, (errors->n == 0 ? 1 : 2 * (size_t)errors->n) * sizeof(*list));
	if (list != NULL) {
		errors->list = list;
		return &list[errors->n++];
	}
	if (errors->n == 0) {
		errors->list = &no_memory;
		errors->n = 1;
		return NULL;
	}
	return &errors->list[errors->n - 1];
}

void
cfg_errors_add(struct cfg_errors *errors, int code, const char *path, const char *fmt, ...)
{
	struct err *err = grow(errors);
	va_list args;

	if (err == NULL)
		return;
	err->code = code;
	(void)snprintf(err->path, sizeof(err->path), "%s", path);
	va_start(args, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
}

void
cfg_errors_free(struct cfg_errors *errors)
{
	if (errors->list != &no_memory)
		free(errors->list);
	errors->list = NULL;
	errors->n = 0;
}
