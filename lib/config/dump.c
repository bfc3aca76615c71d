/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration as the text of a file, by the tables of fields.c: what is the default is left out, an entry is one line. Keys are in
 * the text: it is wiped when freed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/fields.h"
#include "config/text.h"

/* An object with nothing given, to compare with; as large as the largest struct. */
union blank {
	struct cfg cfg;
	struct cfg_port port;
	struct cfg_ipsec ipsec;
	struct cfg_sa sa;
	struct cfg_route route;
	struct cfg_neighbor neighbor;
	struct cfg_tunnel_addr addr;
};

static unsigned int
count_at(const struct cfg_field *f, const char *object)
{
	unsigned int n;

	memcpy(&n, object + f->aux, sizeof(n));
	return n;
}

static const char *
list_at(const struct cfg_field *f, const char *object)
{
	const char *list;

	memcpy(&list, object + f->offset, sizeof(list));
	return list;
}

static bool group_wanted(const struct cfg_struct *s, const char *object, const char *blank);

/* Is there anything to write? */
static bool
wanted(const struct cfg_field *f, const char *object, const char *blank)
{
	const char *at = object + f->offset;
	const char *none = blank + f->offset;
	uint16_t mtu;
	int kind;

	switch (f->type) {
	case CFG_IGNORE:
	case CFG_KEY_FILE: /* its bytes are written as the key */
		return false;
	case CFG_TEXT:
	case CFG_IFNAME:
	case CFG_CHOICE:
		return *at != '\0' && (f->always || strcmp(at, none) != 0);
	case CFG_BOOL:
		return f->always || *(const bool *)at != *(const bool *)none;
	case CFG_KIND:
		memcpy(&kind, at, sizeof(kind));
		return kind == (int)f->min;
	case CFG_U16:
		return memcmp(at, none, sizeof(uint16_t)) != 0;
	case CFG_U32:
		return memcmp(at, none, sizeof(uint32_t)) != 0;
	case CFG_U64:
		return memcmp(at, none, sizeof(uint64_t)) != 0;
	case CFG_MTU:
		memcpy(&mtu, at, sizeof(mtu));
		return (mtu != 0 && memcmp(at, none, sizeof(mtu)) != 0) ||
				(f->aux != 0 && *(const bool *)(object + f->aux));
	case CFG_ADDR:
	case CFG_PREFIX:
		return ((const struct ip_addr *)at)->af != 0;
	case CFG_MAC:
		return f->always || *(const bool *)(object + f->aux);
	case CFG_GROUP:
		return group_wanted(f->sub, object, blank);
	default: /* CFG_KEY and the lists count at aux */
		return count_at(f, object) > 0;
	}
}

static bool
group_wanted(const struct cfg_struct *s, const char *object, const char *blank)
{
	unsigned int i;

	for (i = 0; i < s->nb_fields; i++) {
		if (wanted(&s->fields[i], object, blank))
			return true;
	}
	return false;
}

static void
write_scalar(struct text *t, const struct cfg_field *f, const char *object)
{
	const char *at = object + f->offset;

	switch (f->type) {
	case CFG_TEXT:
	case CFG_IFNAME:
	case CFG_CHOICE:
		text_json(t, at);
		break;
	case CFG_BOOL:
		text_str(t, *(const bool *)at ? "true" : "false");
		break;
	case CFG_KIND:
		text_str(t, "true");
		break;
	case CFG_U32:
		text_fmt(t, "%" PRIu32, *(const uint32_t *)at);
		break;
	case CFG_U64:
		text_fmt(t, "%" PRIu64, *(const uint64_t *)at);
		break;
	case CFG_MTU:
		if (f->aux != 0 && *(const bool *)(object + f->aux)) {
			text_str(t, "\"auto\"");
			break;
		}
		/* fall through */
	case CFG_U16:
		text_fmt(t, "%" PRIu16, *(const uint16_t *)at);
		break;
	case CFG_ADDR:
		text_fmt(t, "\"%s\"", ip_str((const struct ip_addr *)at));
		break;
	case CFG_PREFIX:
		text_fmt(t, "\"%s\"", prefix_str((const struct ip_prefix *)at));
		break;
	case CFG_MAC:
		text_fmt(t, "\"%s\"", mac_str((const struct rte_ether_addr *)at));
		break;
	default:
		text_hex(t, (const uint8_t *)at, count_at(f, object));
		break;
	}
}

static void write_object(
		struct text *t, const struct cfg_struct *s, const char *object, const char *blank);

static void
write_element(struct text *t, const struct cfg_struct *s, const char *object)
{
	union blank blank;

	memset(&blank, 0, sizeof(blank));
	if (s->defaults != NULL)
		s->defaults(&blank);
	if (s->scalar)
		write_scalar(t, &s->fields[0], object);
	else
		write_object(t, s, object, (const char *)&blank);
}

static void
write_list(struct text *t, const struct cfg_field *f, const char *object, const char *line)
{
	const unsigned int n = count_at(f, object);
	const char *at = list_at(f, object);
	const bool named = f->type != CFG_LIST;
	unsigned int i;

	text_str(t, named ? "{" : "[");
	for (i = 0; i < n; i++, at += f->sub->size) {
		text_str(t, i == 0 ? line : *line == ' ' ? ", " : ",");
		if (i > 0 && *line != ' ')
			text_str(t, line);
		if (named) {
			text_json(t, at);
			text_str(t, ": ");
		}
		if (f->type == CFG_SETTINGS)
			text_fmt(t, "%" PRId64, ((const struct cfg_sysctl *)at)->value);
		else
			write_element(t, f->sub, at);
	}
	text_str(t, *line == ' ' ? " " : "\n  ");
	text_str(t, named ? "}" : "]");
}

static void
write_value(struct text *t, const struct cfg_field *f, const char *object, const char *blank,
		const char *line)
{
	switch (f->type) {
	case CFG_GROUP:
		write_object(t, f->sub, object, blank);
		break;
	case CFG_LIST:
	case CFG_MAP:
	case CFG_SETTINGS:
		write_list(t, f, object, line);
		break;
	default:
		write_scalar(t, f, object);
		break;
	}
}

static void
write_object(struct text *t, const struct cfg_struct *s, const char *object, const char *blank)
{
	const char *separator = " ";
	unsigned int i;

	text_str(t, "{");
	for (i = 0; i < s->nb_fields; i++) {
		if (!wanted(&s->fields[i], object, blank))
			continue;
		text_str(t, separator);
		text_json(t, s->fields[i].key);
		text_str(t, ": ");
		write_value(t, &s->fields[i], object, blank, " ");
		separator = ", ";
	}
	text_str(t, " }");
}

char *
cfg_dump(const struct cfg *cfg)
{
	const struct cfg_struct *s = &cfg_file;
	const char *object = (const char *)cfg;
	const char *separator = "\n  ";
	struct text t = { 0 };
	struct cfg blank = { 0 };
	unsigned int i;

	s->defaults(&blank);
	text_str(&t, "{");
	for (i = 0; i < s->nb_fields; i++) {
		if (!wanted(&s->fields[i], object, (const char *)&blank))
			continue;
		text_str(&t, separator);
		text_json(&t, s->fields[i].key);
		text_str(&t, ": ");
		write_value(&t, &s->fields[i], object, (const char *)&blank, "\n    ");
		separator = ",\n  ";
	}
	text_str(&t, "\n}\n");
	if (t.failed)
		text_discard(&t);
	return t.at;
}

void
cfg_text_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

bool
dump_is_wanted(const struct cfg_field *f, const void *object, const void *blank)
{
	return wanted(f, object, blank);
}

void
dump_value(struct text *t, const struct cfg_field *f, const void *object, const void *blank)
{
	write_value(t, f, object, blank, " ");
}
