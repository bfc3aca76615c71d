/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration file into struct cfg: jansson parses, the tables of fields.c say what is allowed, every mistake is reported with
 * its path. Whatever memory jansson used is overwritten before it is freed, since keys were in it.
 * Contradictions between entries are check.c's.
 */
#include <errno.h>
#include <libgen.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "config/file.h"
#include "config/value.h"

/* 20,000 SAs are 6 MiB. */

/* --- where the reader is --- */

static unsigned int
path_push(struct json_reader *r, const char *key)
{
	const unsigned int len = r->path_len;
	const size_t room = sizeof(r->path) - len;

	(void)snprintf(r->path + len, room, "%s%s", len == 0 || key[0] == '[' ? "" : ".",
			printable(key));
	r->path_len += (unsigned int)strlen(r->path + len);
	return len;
}

static unsigned int
path_push_index(struct json_reader *r, size_t i)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "[%zu]", i);
	return path_push(r, text);
}

static void
path_pop(struct json_reader *r, unsigned int len)
{
	r->path_len = len;
	r->path[len] = '\0';
}

void
json_mistake(struct json_reader *r, const char *key, const char *fmt, ...)
{
	const unsigned int len = key == NULL ? r->path_len : path_push(r, key);
	char msg[ERR_MSG_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	cfg_errors_add(r->errors, EINVAL, r->path, "%s", msg);
	path_pop(r, len);
}

/* --- by the tables --- */

static void read_object(struct json_reader *r, const struct cfg_struct *s, const json_t *json,
		void *object);

static void
read_element(struct json_reader *r, const struct cfg_struct *s, const json_t *json, void *object)
{
	if (s->defaults != NULL)
		s->defaults(object);
	if (s->scalar)
		value_read(r, &s->fields[0], json, object);
	else
		read_object(r, s, json, object);
}

/* Room for n elements behind the pointer of a list; NULL: none wanted, or none to be had. */
static char *
list_create(struct json_reader *r, const struct cfg_field *f, size_t n, char *object)
{
	char *list;

	if (n == 0)
		return NULL;
	list = calloc(n, f->sub->size);
	if (list == NULL) {
		cfg_errors_add(r->errors, ENOMEM, r->path, "out of memory");
		return NULL;
	}
	memcpy(object + f->offset, &list, sizeof(list));
	*(unsigned int *)(object + f->aux) = (unsigned int)n;
	return list;
}

static void
read_list(struct json_reader *r, const struct cfg_field *f, const json_t *json, char *object)
{
	const json_t *item;
	char *list;
	size_t i;

	if (!json_is_array(json)) {
		value_mistaken_type(r, json, "an array");
		return;
	}
	list = list_create(r, f, json_array_size(json), object);
	if (list == NULL)
		return;
	json_array_foreach(json, i, item) {
		const unsigned int len = path_push_index(r, i);

		read_element(r, f->sub, item, list + i * f->sub->size);
		path_pop(r, len);
	}
}

static void
read_map(struct json_reader *r, const struct cfg_field *f, json_t *json, char *object)
{
	const char *name;
	json_t *item;
	char *at;

	if (!json_is_object(json)) {
		value_mistaken_type(r, json, "an object");
		return;
	}
	at = list_create(r, f, json_object_size(json), object);
	if (at == NULL)
		return;
	json_object_foreach(json, name, item)
	{
		const unsigned int len = path_push(r, name);

		if (f->sub->name_ok(name))
			(void)snprintf(at, IFACE_NAME_MAX, "%s", name);
		else
			json_mistake(r, NULL, "\"%s\" is not %s", printable(name),
					f->sub->name_what);
		read_element(r, f->sub, item, at);
		path_pop(r, len);
		at += f->sub->size;
	}
}

static void
read_settings(struct json_reader *r, const struct cfg_field *f, json_t *json, char *object)
{
	struct cfg_sysctl *at;
	const char *name;
	json_t *item;

	if (!json_is_object(json)) {
		value_mistaken_type(r, json, "an object");
		return;
	}
	at = (struct cfg_sysctl *)list_create(r, f, json_object_size(json), object);
	if (at == NULL)
		return;
	json_object_foreach(json, name, item)
	{
		const unsigned int len = path_push(r, name);

		if (strlen(name) >= sizeof(at->name))
			json_mistake(r, NULL, "the name is %zu bytes long (at most %zu)",
					strlen(name), sizeof(at->name) - 1);
		(void)snprintf(at->name, sizeof(at->name), "%s", name);
		if (json_is_integer(item))
			at->value = json_integer_value(item);
		else
			value_mistaken_type(r, item, "an integer");
		path_pop(r, len);
		at++;
	}
}

static void
read_field(struct json_reader *r, const struct cfg_field *f, json_t *json, void *object)
{
	switch (f->type) {
	case CFG_GROUP:
		read_object(r, f->sub, json, object);
		break;
	case CFG_LIST:
		read_list(r, f, json, object);
		break;
	case CFG_MAP:
		read_map(r, f, json, object);
		break;
	case CFG_SETTINGS:
		read_settings(r, f, json, object);
		break;
	default:
		value_read(r, f, json, object);
		break;
	}
}

static void
unknown_key(struct json_reader *r, const struct cfg_struct *s)
{
	char known[CFG_LIST_TEXT_MAX] = "";
	size_t n = 0;
	unsigned int i;

	for (i = 0; i < s->nb_fields && n < sizeof(known); i++) {
		if (s->fields[i].type != CFG_IGNORE)
			n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s",
					n == 0 ? "" : ", ", s->fields[i].key);
	}
	json_mistake(r, NULL, "unknown key (allowed: %s)", known);
}

static void
read_object(struct json_reader *r, const struct cfg_struct *s, const json_t *json, void *object)
{
	unsigned int i, len;
	const char *key;
	json_t *item;

	if (!json_is_object(json)) {
		value_mistaken_type(r, json, "an object");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)json, key, item)
	{
		len = path_push(r, key);
		for (i = 0; i < s->nb_fields && strcmp(s->fields[i].key, key) != 0; i++)
			;
		if (i < s->nb_fields)
			read_field(r, &s->fields[i], item, object);
		else
			unknown_key(r, s);
		path_pop(r, len);
	}
	for (i = 0; i < s->nb_fields; i++) {
		if (s->fields[i].required && json_object_get(json, s->fields[i].key) == NULL)
			json_mistake(r, s->fields[i].key, "is missing");
	}
	if (s->finish != NULL)
		s->finish(r, json, object);
}

/* --- text --- */

/* free() that leaves no key behind, while jansson works for us. */
static void
wipe_free(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void
syntax_mistake(struct cfg_errors *errors, const char *name, const json_error_t *error)
{
	char text[JSON_ERROR_TEXT_LENGTH];
	char *near;

	(void)snprintf(text, sizeof(text), "%s", error->text);
	near = strstr(text, " near ");
	/* What stands near a mistake may be a key. */
	if (near != NULL && json_error_code(error) != json_error_duplicate_key)
		*near = '\0';
	cfg_errors_add(errors, EINVAL, "", "%s:%d:%d: %s", name, error->line, error->column, text);
}

static struct cfg *
read_json(const char *text, size_t len, const char *name, const char *dir,
		struct cfg_errors *errors)
{
	struct json_reader r = { .errors = errors, .dir = dir };
	json_error_t error;
	struct cfg *cfg;
	json_t *json;

	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL) {
		syntax_mistake(errors, name, &error);
		return NULL;
	}
	cfg = calloc(1, sizeof(*cfg));
	if (cfg == NULL)
		cfg_errors_add(errors, ENOMEM, "", "%s: out of memory", name);
	else
		read_element(&r, &cfg_file, json, cfg);
	json_decref(json);
	return cfg;
}

static struct cfg *
read_wiped(const char *text, size_t len, const char *name, const char *dir,
		struct cfg_errors *errors)
{
	json_malloc_t old_malloc;
	json_free_t old_free;
	struct cfg *cfg;

	json_get_alloc_funcs(&old_malloc, &old_free);
	json_set_alloc_funcs(malloc, wipe_free);
	cfg = read_json(text, len, name, dir, errors);
	json_set_alloc_funcs(old_malloc, old_free);
	return cfg;
}

/* All or nothing: contradictions among what could be read are told too. */
static struct cfg *
only_without_mistakes(struct cfg *cfg, unsigned int before, struct cfg_errors *errors)
{
	if (cfg == NULL || errors->n == before)
		return cfg;
	(void)cfg_check(cfg, errors);
	cfg_free(cfg);
	return NULL;
}

struct cfg *
cfg_read_text(const char *text, const char *dir, struct cfg_errors *errors)
{
	const unsigned int before = errors->n;
	struct cfg *cfg = read_wiped(
			text, strlen(text), "configuration", dir == NULL ? "." : dir, errors);

	return only_without_mistakes(cfg, before, errors);
}

struct cfg *
cfg_read_partial(const char *path, struct cfg_errors *errors)
{
	struct cfg *cfg = NULL;
	struct err err = { 0 };
	char *text, *dir;
	size_t len = 0;

	text = cfg_file_read(path, &len, &err);
	if (text == NULL) {
		cfg_errors_add(errors, err.code, "", "%s", err.msg);
		return NULL;
	}
	dir = strdup(path);
	if (dir == NULL)
		cfg_errors_add(errors, ENOMEM, "", "%s: out of memory", path);
	else
		cfg = read_wiped(text, len, path, dirname(dir), errors);
	free(dir);
	explicit_bzero(text, len);
	free(text);
	return cfg;
}

struct cfg *
cfg_read_file(const char *path, struct cfg_errors *errors)
{
	const unsigned int before = errors->n;

	return only_without_mistakes(cfg_read_partial(path, errors), before, errors);
}

void
cfg_free(struct cfg *cfg)
{
	unsigned int i;

	if (cfg == NULL)
		return;
	for (i = 0; i < cfg->nb_ports; i++)
		free(cfg->ports[i].addresses);
	for (i = 0; i < cfg->nb_ipsec; i++)
		free(cfg->ipsec[i].addresses);
	if (cfg->sas != NULL)
		explicit_bzero(cfg->sas, cfg->nb_sas * sizeof(*cfg->sas));
	free(cfg->ports);
	free(cfg->neighbors);
	free(cfg->ipsec);
	free(cfg->routes);
	free(cfg->sas);
	free(cfg->sysctls);
	free(cfg);
}
