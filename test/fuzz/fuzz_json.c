/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of the configuration reader: whatever the bytes are, there is a configuration without mistakes or at least one
 * mistake; and what was read is written so that it reads back to the same text. config/examples are good seeds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_back(const struct cfg *cfg)
{
	struct cfg_errors errors = { 0 };
	char *text = cfg_dump(cfg), *again;
	struct cfg *copy;

	if (text == NULL)
		abort();
	copy = cfg_read_text(text, "/nonexistent", &errors);
	if (copy == NULL || errors.n != 0)
		abort();
	again = cfg_dump(copy);
	if (again == NULL || strcmp(text, again) != 0)
		abort();
	cfg_text_free(text);
	cfg_text_free(again);
	cfg_free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cfg_errors errors = { 0 };
	char *text = malloc(size + 1);
	struct cfg *cfg;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	/* no file of this machine is a key */
	cfg = cfg_read_text(text, "/nonexistent", &errors);
	if ((cfg == NULL) != (errors.n > 0))
		abort();
	if (cfg != NULL) {
		(void)cfg_check(cfg, &errors);
		read_back(cfg);
	}
	cfg_free(cfg);
	cfg_errors_free(&errors);
	free(text);
	return 0;
}
