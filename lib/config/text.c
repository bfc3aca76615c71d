/* SPDX-License-Identifier: BSD-3-Clause */
/* text.h */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/text.h"

static bool
reserve(struct text *t, size_t n)
{
	size_t size = t->size == 0 ? 4096 : t->size;
	char *at;

	if (t->failed)
		return false;
	if (t->at != NULL && t->size - t->len > n)
		return true;
	while (size - t->len <= n)
		size *= 2;
	at = malloc(size);
	if (at == NULL) {
		t->failed = true;
		return false;
	}
	if (t->at != NULL) {
		memcpy(at, t->at, t->len);
		explicit_bzero(t->at, t->len);
		free(t->at);
	}
	t->at = at;
	t->size = size;
	at[t->len] = '\0';
	return true;
}

void
text_add(struct text *t, const char *bytes, size_t n)
{
	if (!reserve(t, n))
		return;
	memcpy(t->at + t->len, bytes, n);
	t->len += n;
	t->at[t->len] = '\0';
}

void
text_str(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void
text_fmt(struct text *t, const char *fmt, ...)
{
	char buf[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	text_str(t, buf);
}

/* Bytes of the UTF-8 character at s, 0: it is none (RFC 3629: no overlong forms, no surrogates). */
static size_t
utf8_len(const unsigned char *s)
{
	const unsigned int lead = s[0];
	size_t n, i;

	if (lead < 0x80)
		return 1;
	n = lead >= 0xc2 && lead <= 0xdf               ? 2
			: lead >= 0xe0 && lead <= 0xef ? 3
			: lead >= 0xf0 && lead <= 0xf4 ? 4
						       : 0;
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((lead == 0xe0 && s[1] < 0xa0) || (lead == 0xed && s[1] > 0x9f) ||
			(lead == 0xf0 && s[1] < 0x90) || (lead == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void
text_json(struct text *t, const char *s)
{
	size_t n;

	text_str(t, "\"");
	for (; *s != '\0'; s += n) {
		n = utf8_len((const unsigned char *)s);
		if (n == 0) {
			n = 1;
			text_str(t, "?");
		} else if (*s == '"' || *s == '\\') {
			text_fmt(t, "\\%c", *s);
		} else if ((unsigned char)*s < ' ' || *s == 0x7f) {
			text_fmt(t, "\\u%04x", (unsigned int)*s);
		} else {
			text_add(t, s, n);
		}
	}
	text_str(t, "\"");
}

void
text_hex(struct text *t, const uint8_t *bytes, unsigned int n)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int i;

	text_str(t, "\"0x");
	for (i = 0; i < n; i++) {
		text_add(t, &digits[bytes[i] >> 4], 1);
		text_add(t, &digits[bytes[i] & 15], 1);
	}
	text_str(t, "\"");
}

void
text_discard(struct text *t)
{
	if (t->at != NULL)
		explicit_bzero(t->at, t->len);
	free(t->at);
	*t = (struct text){ 0 };
}
