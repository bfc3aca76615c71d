/* SPDX-License-Identifier: BSD-3-Clause */
/* Two objects of a configuration by the tables of fields.c: the same or not, and what is different. For differences that are applied. */
#include <assert.h>
#include <string.h>

#include "config/fields.h"
#include "config/text.h"

#define BLANK_MAX 1024
static_assert(sizeof(struct cfg_port) <= BLANK_MAX && sizeof(struct cfg_sa) <= BLANK_MAX &&
				sizeof(struct cfg_ipsec) <= BLANK_MAX,
		"an object with nothing given fits");

/* The value of an MTU: "auto", or the default where it is 0. */
static uint32_t
mtu_of(const struct cfg_field *f, const char *object, const char *blank)
{
	uint16_t mtu;

	if (f->aux != 0 && *(const bool *)(object + f->aux))
		return UINT32_MAX;
	memcpy(&mtu, object + f->offset, sizeof(mtu));
	if (mtu == 0)
		memcpy(&mtu, blank + f->offset, sizeof(mtu));
	return mtu;
}

static unsigned int
count_of(const struct cfg_field *f, const char *object)
{
	unsigned int n;

	memcpy(&n, object + f->aux, sizeof(n));
	return n;
}

/* As sets: which address came first says nothing. Addresses of one interface are few. */
static bool
lists_equal(const struct cfg_field *f, const char *a, const char *b)
{
	const unsigned int n = count_of(f, a);
	const char *list_a, *list_b;
	unsigned int i, k;

	if (n != count_of(f, b))
		return false;
	memcpy(&list_a, a + f->offset, sizeof(list_a));
	memcpy(&list_b, b + f->offset, sizeof(list_b));
	for (i = 0; i < n; i++) {
		const char *item = list_a + i * f->sub->size;

		if (cfg_struct_equal(f->sub, item, list_b + i * f->sub->size))
			continue;
		for (k = 0; k < n && !cfg_struct_equal(f->sub, item, list_b + k * f->sub->size);
				k++)
			;
		if (k == n)
			return false;
	}
	return true;
}

static size_t
value_size(const struct cfg_field *f)
{
	switch (f->type) {
	case CFG_BOOL:
		return sizeof(bool);
	case CFG_U16:
		return sizeof(uint16_t);
	case CFG_U32:
		return sizeof(uint32_t);
	case CFG_U64:
		return sizeof(uint64_t);
	case CFG_ADDR:
		return sizeof(struct ip_addr);
	case CFG_MAC:
		return sizeof(struct rte_ether_addr);
	default:
		return 0;
	}
}

static bool
keys_equal(const struct cfg_field *f, const char *a, const char *b)
{
	const unsigned int n = count_of(f, a);

	return n == count_of(f, b) && memcmp(a + f->offset, b + f->offset, n) == 0;
}

/* Several keys share one enum: each says only whether it is its own value. */
static bool
kind_is(const struct cfg_field *f, const char *object)
{
	int kind;

	memcpy(&kind, object + f->offset, sizeof(kind));
	return kind == (int)f->min;
}

static bool
field_equal(const struct cfg_field *f, const char *a, const char *b, const char *blank)
{
	unsigned int i;

	switch (f->type) {
	case CFG_IGNORE:
	case CFG_KEY_FILE: /* its bytes are the key's */
		return true;
	case CFG_TEXT:
	case CFG_IFNAME:
	case CFG_CHOICE:
		return strcmp(a + f->offset, b + f->offset) == 0;
	case CFG_MTU:
		return mtu_of(f, a, blank) == mtu_of(f, b, blank);
	case CFG_PREFIX:
		return ip_prefix_equal((const struct ip_prefix *)(a + f->offset),
				(const struct ip_prefix *)(b + f->offset));
	case CFG_KEY:
		return keys_equal(f, a, b);
	case CFG_KIND:
		return kind_is(f, a) == kind_is(f, b);
	case CFG_GROUP:
		for (i = 0; i < f->sub->nb_fields; i++) {
			if (!field_equal(&f->sub->fields[i], a, b, blank))
				return false;
		}
		return true;
	case CFG_LIST:
	case CFG_MAP:
	case CFG_SETTINGS:
		return lists_equal(f, a, b);
	default:
		return memcmp(a + f->offset, b + f->offset, value_size(f)) == 0 &&
				(f->type != CFG_MAC || f->aux == 0 ||
						*(const bool *)(a + f->aux) ==
								*(const bool *)(b + f->aux));
	}
}

bool
cfg_struct_equal(const struct cfg_struct *s, const void *a, const void *b)
{
	_Alignas(16) char blank[BLANK_MAX] = { 0 };
	unsigned int i;

	if (s->defaults != NULL)
		s->defaults(blank);
	for (i = 0; i < s->nb_fields; i++) {
		if (!field_equal(&s->fields[i], a, b, blank))
			return false;
	}
	return true;
}

static void
side(struct text *t, const struct cfg_field *f, const char *object, const char *blank)
{
	/* the default is left out of files, but to a reader it is a value */
	if (f->type == CFG_BOOL || f->type == CFG_U16 || f->type == CFG_MTU ||
			dump_is_wanted(f, object, blank))
		dump_value(t, f, object, blank);
	else
		text_str(t, "none");
}

void
cfg_struct_changes(const struct cfg_struct *s, const void *a, const void *b, struct text *t)
{
	_Alignas(16) char blank[BLANK_MAX] = { 0 };
	const char *separator = "";
	unsigned int i;

	if (s->defaults != NULL)
		s->defaults(blank);
	for (i = 0; i < s->nb_fields; i++) {
		const struct cfg_field *f = &s->fields[i];

		if (field_equal(f, a, b, blank))
			continue;
		text_str(t, separator);
		text_str(t, f->key);
		separator = ", ";
		if (f->type == CFG_KEY)
			continue;
		text_str(t, " ");
		side(t, f, a, blank);
		text_str(t, " -> ");
		side(t, f, b, blank);
	}
}
