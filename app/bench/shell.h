/* SPDX-License-Identifier: BSD-3-Clause */
/* The prompt's commands (shell_commands.c), apart from how a line is read (shell.c). */
#ifndef APP_BENCH_SHELL_H
#define APP_BENCH_SHELL_H

#include "bench.h"

#define SHELL_WORDS 8

/** Run one line. What it says goes to standard output. @return false: quit. */
bool shell_command(struct bench *b, const char *line);
/** Words that may come next behind the whole words of @p line: the i-th that begins as its last one does, or NULL. */
const char *shell_next_word(
		const struct bench *b, const char *line, unsigned int i, char *buf, size_t size);

#endif
