/* SPDX-License-Identifier: BSD-3-Clause */
/* config/schema.json says what the reader does: the same keys in each object, the same required ones, ranges and choices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "config/fields.h"

static json_t *schema;

static const json_t *
resolve(const json_t *s)
{
	const char *ref = json_string_value(json_object_get(s, "$ref"));
	const json_t *target;

	if (ref == NULL)
		return s;
	assert_int_equal(strncmp(ref, "#/$defs/", 8), 0);
	target = json_object_get(json_object_get(schema, "$defs"), ref + 8);
	if (target == NULL)
		fail_msg("%s is nowhere", ref);
	return target;
}

static bool
is_required(const json_t *object, const char *key)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(object, "required"), i, item)
		if (strcmp(json_string_value(item), key) == 0)
			return true;
	return false;
}

/* The alternative of a value that is an integer, where there are several. */
static const json_t *
integer_of(const json_t *s)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(s, "oneOf"), i, item)
		if (strcmp(json_string_value(json_object_get(item, "type")) == NULL
						    ? ""
						    : json_string_value(json_object_get(
								      item, "type")),
				    "integer") == 0)
			return item;
	return s;
}

static void
same_range(const struct cfg_field *f, const json_t *s)
{
	const json_t *integer = integer_of(s);

	assert_int_equal(json_integer_value(json_object_get(integer, "minimum")), f->min);
	if (f->max != INT64_MAX)
		assert_int_equal(json_integer_value(json_object_get(integer, "maximum")), f->max);
}

static void
same_choices(const struct cfg_field *f, const json_t *s)
{
	const json_t *list = json_object_get(s, "enum");
	unsigned int i;

	for (i = 0; f->choices[i] != NULL; i++)
		assert_string_equal(json_string_value(json_array_get(list, i)), f->choices[i]);
	assert_int_equal(json_array_size(list), i);
}

static void same_object(const struct cfg_struct *c, const json_t *s);

static void
same_field(const struct cfg_field *f, const json_t *s)
{
	switch (f->type) {
	case CFG_U16:
	case CFG_U32:
	case CFG_U64:
	case CFG_MTU:
		same_range(f, s);
		break;
	case CFG_CHOICE:
		same_choices(f, s);
		break;
	case CFG_TEXT:
		assert_int_equal(json_integer_value(json_object_get(s, "maxLength")), f->size - 1);
		break;
	case CFG_GROUP:
		same_object(f->sub, s);
		break;
	case CFG_LIST:
		if (!f->sub->scalar)
			same_object(f->sub, json_object_get(s, "items"));
		break;
	case CFG_MAP:
		same_object(f->sub, json_object_get(s, "additionalProperties"));
		break;
	default:
		break;
	}
}

static void
same_object(const struct cfg_struct *c, const json_t *s)
{
	const json_t *object = resolve(s), *properties = json_object_get(object, "properties");
	unsigned int i;

	assert_true(json_is_false(json_object_get(object, "additionalProperties")));
	assert_int_equal(json_object_size(properties), c->nb_fields);
	for (i = 0; i < c->nb_fields; i++) {
		const json_t *property = json_object_get(properties, c->fields[i].key);

		if (property == NULL)
			fail_msg("the schema does not know \"%s\"", c->fields[i].key);
		assert_int_equal(is_required(object, c->fields[i].key), c->fields[i].required);
		same_field(&c->fields[i], resolve(property));
	}
}

static void
says_what_the_reader_does(void **state)
{
	same_object(&cfg_file, schema);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_the_reader_does),
	};
	json_error_t error;
	int rc;

	schema = json_load_file(
			argc > 1 ? argv[1] : "config/schema.json", JSON_REJECT_DUPLICATES, &error);
	if (schema == NULL) {
		fprintf(stderr, "%s:%d: %s\n", error.source, error.line, error.text);
		return 1;
	}
	rc = cmocka_run_group_tests_name("config/schema", tests, NULL, NULL);
	json_decref(schema);
	return rc;
}
