/* SPDX-License-Identifier: BSD-3-Clause */
/* A text that grows, for writing files that hold keys: what is left behind by growing is wiped. Used by dump.c alone. */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *at; /* NUL-terminated; NULL while empty */
	size_t len, size;
	bool failed; /* no memory: nothing is added any more */
};

void text_add(struct text *t, const char *bytes, size_t n);
void text_str(struct text *t, const char *s);
void text_fmt(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** A JSON string with its quotes; bytes that are not UTF-8 become '?'. */
void text_json(struct text *t, const char *s);
/** "0x..." with quotes. */
void text_hex(struct text *t, const uint8_t *bytes, unsigned int n);
/** Wipe and free. */
void text_discard(struct text *t);

#endif
