/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line of text as words. "..." and '...' hold blanks, \x is x (not inside '...'), # at the start of a word begins a comment.
 */
#include "cli/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *
words_fail(struct words *words, const char *why)
{
	words_free(words);
	return why;
}

/* Copy one word from *from to *to without its quotes. false: a quote is not closed. */
static bool
word_copy(const char **from, char **to)
{
	const char *p = *from;
	char *q = *to;
	char quote = 0;

	for (; *p != '\0'; p++) {
		if (quote == 0 && strchr(" \t\r\n", *p) != NULL)
			break;
		if (*p == quote) {
			quote = 0;
		} else if (quote == 0 && (*p == '"' || *p == '\'')) {
			quote = *p;
		} else {
			if (*p == '\\' && quote != '\'' && p[1] != '\0')
				p++;
			*q++ = *p;
		}
	}
	*q++ = '\0';
	*from = p;
	*to = q;
	return quote == 0;
}

const char *
words_split(const char *line, struct words *ret_words)
{
	char *to;

	memset(ret_words, 0, sizeof(*ret_words));
	ret_words->store = malloc(strlen(line) + 2);
	if (ret_words->store == NULL)
		return "line: out of memory";
	to = ret_words->store;
	for (;;) {
		line += strspn(line, " \t\r\n");
		if (*line == '\0' || *line == '#')
			break;
		if (ret_words->n == WORDS_MAX)
			return words_fail(ret_words, "line: more than 128 words");
		ret_words->word[ret_words->n++] = to;
		if (!word_copy(&line, &to))
			return words_fail(ret_words, "line: a quote is not closed (\" or ')");
	}
	return NULL;
}

void
words_free(struct words *words)
{
	int i;

	for (i = 0; i < words->n; i++)
		explicit_bzero(words->word[i], strlen(words->word[i]));
	free(words->store);
	memset(words, 0, sizeof(*words));
}
