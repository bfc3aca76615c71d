/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line of text as words: blanks part them, quotes hold them together, # starts a comment. Used by the CLI and by ipsecifctl,
 * so it needs libc only.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stddef.h>

#define WORDS_MAX 128
/** Longest line of a command, without its end. */
#define CLI_LINE_MAX 4096

struct words {
	int n;
	char *word[WORDS_MAX + 1]; /* word[n] is NULL; all inside store */
	char *store;
};

/**
 * Split @p line.
 * @return NULL, or one sentence saying what is wrong; then @p ret_words is empty. Free with words_free() either way.
 */
const char *words_split(const char *line, struct words *ret_words);
/** Wipes: a line may hold a key. */
void words_free(struct words *words);

#endif
