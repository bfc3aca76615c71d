/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of what a telnet client sends: commands are taken out, lines are split into words.
 */
#include <stdint.h>
#include <stdlib.h>

#include "cli/telnet.h"
#include "cli/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct telnet telnet = { 0 };
	char *line = malloc(size + 1);
	struct words words;
	size_t i, n = 0;

	for (i = 0; i < size; i++) {
		if (telnet_take(&telnet, data[i]) != TELNET_BYTE)
			continue;
		line[n++] = (char)data[i];
		if (data[i] != '\n' && i + 1 < size)
			continue;
		line[n] = '\0';
		if (words_split(line, &words) == NULL && words.word[words.n] != NULL)
			abort();
		words_free(&words);
		n = 0;
	}
	free(line);
	return 0;
}
