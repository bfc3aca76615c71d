/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One value of the file into one field: type and range, a mistake said at the reader's path. And keys, in the text form of
 * setkey(8) or out of a file. Used by json.c alone.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <jansson.h>

#include "config/fields.h"

struct json_reader {
	struct cfg_errors *errors;
	const char *dir; /* where key files are looked for */
	char path[ERR_PATH_MAX];
	unsigned int path_len;
};

/** Read a scalar (CFG_TEXT to CFG_KEY_FILE) into @p object. A mistake leaves the field as it was. */
void value_read(struct json_reader *r, const struct cfg_field *field, const json_t *json,
		void *object);
/** Say that @p json is not @p wanted ("a string"). */
void value_mistaken_type(struct json_reader *r, const json_t *json, const char *wanted);

/** Printable text of at most a line, for messages: control characters become '?', a long one is cut. */
char *value_printable(const char *text, char *buf, size_t size);
#define printable(text) value_printable((text), (char[68]){ 0 }, 68)

/**
 * A key as setkey(8) takes it: 0x and hex digits, "quoted" text, or bare text.
 * @return Bytes, or 0 with a sentence about it (never the key) in @p ret_what (64 bytes).
 */
unsigned int key_parse(const char *text, size_t len, uint8_t ret_key[CFG_KEY_MAX], char *ret_what);
/** The same out of a file. @return Bytes, or 0 with a sentence that names the file in @p ret_what (ERR_MSG_MAX bytes). */
unsigned int key_read_file(
		const char *dir, const char *name, uint8_t ret_key[CFG_KEY_MAX], char *ret_what);

#endif
