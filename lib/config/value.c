/* SPDX-License-Identifier: BSD-3-Clause */
/* Scalars of the configuration file: value.h. Messages never hold a key. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/value.h"

char *
value_printable(const char *text, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < size - 1 && text[i] != '\0'; i++) {
		const unsigned char c = (unsigned char)text[i];

		buf[i] = c < ' ' || c == 0x7f ? '?' : text[i];
	}
	buf[i] = '\0';
	if (text[i] != '\0') {
		/* cut, and not inside a UTF-8 sequence */
		for (i -= 3; i > 0 && ((unsigned char)text[i] & 0xc0) == 0x80; i--)
			;
		memcpy(buf + i, "...", 4);
	}
	return buf;
}

void
value_mistaken_type(struct json_reader *r, const json_t *json, const char *wanted)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "an integer",
		[JSON_REAL] = "a number with a fraction or exponent",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	json_mistake(r, NULL, "must be %s, not %s", wanted, names[json_typeof(json)]);
}

static bool
hex_number(const char *text, uint64_t *ret_value)
{
	if (strncasecmp(text, "0x", 2) != 0 || strlen(text) > 18 || text[2] == '\0' ||
			strspn(text + 2, "0123456789abcdefABCDEF") != strlen(text + 2))
		return false;
	*ret_value = strtoull(text, NULL, 16);
	return true;
}

static bool
read_number(struct json_reader *r, const struct cfg_field *f, const json_t *json, uint64_t *ret)
{
	const json_int_t n = json_integer_value(json);

	if (f->type == CFG_U32 && json_is_string(json)) {
		const char *text = json_string_value(json);

		if (!hex_number(text, ret)) {
			json_mistake(r, NULL, "\"%s\" is not a number (an integer or \"0x...\")",
					printable(text));
			return false;
		}
		if (*ret < f->min || *ret > f->max) {
			json_mistake(r, NULL, "%s is out of range (0x%" PRIx64 " to 0x%" PRIx64 ")",
					text, f->min, f->max);
			return false;
		}
		return true;
	}
	if (!json_is_integer(json)) {
		value_mistaken_type(r, json, "an integer");
		return false;
	}
	if (n < 0 || (uint64_t)n < f->min || (uint64_t)n > f->max) {
		json_mistake(r, NULL,
				"%" JSON_INTEGER_FORMAT " is out of range (%" PRIu64 " to %" PRIu64
				")",
				n, f->min, f->max);
		return false;
	}
	*ret = (uint64_t)n;
	return true;
}

static void
read_mtu(struct json_reader *r, const struct cfg_field *f, const json_t *json, char *object)
{
	uint64_t n;

	if (f->aux != 0 && json_is_string(json)) {
		if (strcmp(json_string_value(json), "auto") == 0)
			*(bool *)(object + f->aux) = true;
		else
			json_mistake(r, NULL,
					"\"%s\" is not an MTU (\"auto\", or %" PRIu64 " to %" PRIu64
					" bytes)",
					printable(json_string_value(json)), f->min, f->max);
		return;
	}
	if (read_number(r, f, json, &n))
		*(uint16_t *)(object + f->offset) = (uint16_t)n;
}

static void
read_choice(struct json_reader *r, const struct cfg_field *f, const char *text, char *at)
{
	char known[CFG_LIST_TEXT_MAX] = "";
	size_t n = 0;
	unsigned int i;

	for (i = 0; f->choices[i] != NULL; i++) {
		if (strcmp(text, f->choices[i]) == 0) {
			strncpy(at, text, f->size); /* and zeroes behind it */
			return;
		}
		if (n < sizeof(known))
			n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s",
					i == 0 ? "" : ", ", f->choices[i]);
	}
	json_mistake(r, NULL, "\"%s\" is not known (%s)", printable(text), known);
}

static void
read_prefix(struct json_reader *r, const char *text, struct ip_prefix *ret_prefix)
{
	struct ip_prefix prefix = { 0 };
	const int rc = ip_prefix_parse(text, &prefix);

	if (rc == -ERANGE)
		json_mistake(r, NULL, "\"%s\" has a prefix length out of range (0 to %s)",
				printable(text), strchr(text, ':') != NULL ? "128" : "32");
	else if (rc != 0)
		json_mistake(r, NULL, "\"%s\" is not an IP address with a prefix length",
				printable(text));
	else
		*ret_prefix = prefix;
}

static void
read_mac(struct json_reader *r, const struct cfg_field *f, const char *text, char *object)
{
	struct rte_ether_addr mac;

	if (mac_parse(text, &mac) != 0) {
		json_mistake(r, NULL, "\"%s\" is not a MAC address (aa:bb:cc:dd:ee:ff)",
				printable(text));
		return;
	}
	if (!rte_is_valid_assigned_ether_addr(&mac)) {
		json_mistake(r, NULL, "\"%s\" is not the MAC address of a host (zero or multicast)",
				printable(text));
		return;
	}
	memcpy(object + f->offset, &mac, sizeof(mac));
	if (f->aux != 0)
		*(bool *)(object + f->aux) = true;
}

static void
read_key(struct json_reader *r, const struct cfg_field *f, const json_t *json, char *object)
{
	uint8_t *key = (uint8_t *)object + f->offset;
	char what[ERR_MSG_MAX];
	unsigned int n;

	if (f->type == CFG_KEY)
		n = key_parse(json_string_value(json), json_string_length(json), key, what);
	else
		n = key_read_file(r->dir, json_string_value(json), key, what);
	if (n == 0)
		json_mistake(r, NULL, "%s", what);
	else
		*(unsigned int *)(object + f->aux) = n;
}

/* The place of the first control character, counted from 1; 0: there is none. */
static size_t
control_at(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return i + 1;
	}
	return 0;
}

static void
read_string(struct json_reader *r, const struct cfg_field *f, const json_t *json, char *object)
{
	const char *text = json_string_value(json);
	const size_t len = json_string_length(json);
	char *at = object + f->offset;
	struct ip_addr addr;

	switch (f->type) {
	case CFG_TEXT:
		if (len >= f->size)
			json_mistake(r, NULL, "is %zu bytes long (at most %u)", len, f->size - 1u);
		else if (f->required && len == 0)
			json_mistake(r, NULL, "is empty");
		else if (control_at(text) != 0)
			json_mistake(r, NULL, "has a control character, byte %zu",
					control_at(text));
		else
			memcpy(at, text, len + 1);
		break;
	case CFG_IFNAME:
		if (cfg_name_ok(text))
			memcpy(at, text, len + 1);
		else
			json_mistake(r, NULL,
					"\"%s\" is not the name of an interface (1 to 15 of A-Z "
					"a-z 0-9 _ . -)",
					printable(text));
		break;
	case CFG_CHOICE:
		read_choice(r, f, text, at);
		break;
	case CFG_ADDR:
		memset(&addr, 0, sizeof(addr));
		if (ip_parse(text, &addr) == 0)
			memcpy(at, &addr, sizeof(addr));
		else
			json_mistake(r, NULL, "\"%s\" is not an IP address", printable(text));
		break;
	case CFG_PREFIX:
		read_prefix(r, text, (struct ip_prefix *)at);
		break;
	case CFG_MAC:
		read_mac(r, f, text, object);
		break;
	default:
		read_key(r, f, json, object);
		break;
	}
}

static void
read_bool(struct json_reader *r, const struct cfg_field *f, const json_t *json, char *object)
{
	const int kind = (int)f->min;

	if (!json_is_boolean(json))
		value_mistaken_type(r, json, "true or false");
	else if (f->type == CFG_BOOL)
		*(bool *)(object + f->offset) = json_is_true(json);
	else if (json_is_true(json))
		memcpy(object + f->offset, &kind, sizeof(kind));
}

void
value_read(struct json_reader *r, const struct cfg_field *f, const json_t *json, void *object)
{
	char *at = (char *)object + f->offset;
	uint64_t n;

	switch (f->type) {
	case CFG_IGNORE:
		break;
	case CFG_BOOL:
	case CFG_KIND:
		read_bool(r, f, json, object);
		break;
	case CFG_U16:
		if (read_number(r, f, json, &n))
			*(uint16_t *)at = (uint16_t)n;
		break;
	case CFG_U32:
		if (read_number(r, f, json, &n))
			*(uint32_t *)at = (uint32_t)n;
		break;
	case CFG_U64:
		if (read_number(r, f, json, &n))
			*(uint64_t *)at = n;
		break;
	case CFG_MTU:
		read_mtu(r, f, json, object);
		break;
	default:
		if (json_is_string(json))
			read_string(r, f, json, object);
		else
			value_mistaken_type(r, json, "a string");
		break;
	}
}
