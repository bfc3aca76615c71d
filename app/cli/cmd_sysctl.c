/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sysctl(8): settings by name.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"

static json_t *
sysctl_json(const struct ctl_sysctl *s)
{
	json_t *o = json_pack("{s:s, s:I, s:s, s:I, s:I, s:I}", "name", s->name, "value",
			(json_int_t)s->value, "description", s->description, "minimum",
			(json_int_t)s->minimum, "maximum", (json_int_t)s->maximum, "initial",
			(json_int_t)s->initial);

	if (o != NULL && s->words != NULL)
		json_object_set_new(
				o, "name_of_value", json_string(s->words[s->value - s->minimum]));
	return o;
}

/* The name of a value where it has one, else the number. */
static void
print_value(struct cli *cli, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name_of_value"));

	if (name != NULL)
		cli_printf(cli, "%s\n", name);
	else
		cli_printf(cli, "%" JSON_INTEGER_FORMAT "\n",
				json_integer_value(json_object_get(o, "value")));
}

static void
print_values(struct cli *cli, const json_t *list)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		cli_printf(cli, "%s: ", json_string_value(json_object_get(o, "name")));
		print_value(cli, o);
	}
}

static void
print_bare(struct cli *cli, const json_t *list)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
		print_value(cli, o);
}

static void
print_descriptions(struct cli *cli, const json_t *list)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
		cli_printf(cli,
				"%s: %s (%" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
				", at first %" JSON_INTEGER_FORMAT ")\n",
				json_string_value(json_object_get(o, "name")),
				json_string_value(json_object_get(o, "description")),
				json_integer_value(json_object_get(o, "minimum")),
				json_integer_value(json_object_get(o, "maximum")),
				json_integer_value(json_object_get(o, "initial")));
}

/* @p name itself, or all below it ("net.key"); NULL: all. */
static json_t *
view(struct cli *cli, const char *name)
{
	json_t *list = json_array();
	struct ctl_sysctl s;
	unsigned int i;

	for (i = 0; ctl_sysctl_at(cli->ctl, i, &s); i++) {
		size_t len = name == NULL ? 0 : strlen(name);

		if (name == NULL || strcmp(s.name, name) == 0 ||
				(strncmp(s.name, name, len) == 0 && s.name[len] == '.'))
			json_array_append_new(list, sysctl_json(&s));
	}
	return list;
}

/* A setting as it is shown: a name where its values have names. */
static void
value_text(struct cli *cli, const char *name, char *buf, size_t size)
{
	struct ctl_sysctl s;
	unsigned int i;

	snprintf(buf, size, "?");
	for (i = 0; ctl_sysctl_at(cli->ctl, i, &s); i++) {
		if (strcmp(s.name, name) != 0)
			continue;
		if (s.words != NULL)
			snprintf(buf, size, "%s", s.words[s.value - s.minimum]);
		else
			snprintf(buf, size, "%" PRId64, s.value);
	}
}

static int
set(struct cli *cli, char *word)
{
	char *equal = strchr(word, '=');
	char before[32], after[32];
	struct err err = { 0 };

	*equal = '\0';
	value_text(cli, word, before, sizeof(before));
	if (ctl_sysctl_set_text(cli->ctl, word, equal + 1, &err) != 0)
		return cli_fail(cli, &err);
	value_text(cli, word, after, sizeof(after));
	cli_printf(cli, "%s: %s -> %s\n", word, before, after);
	return 0;
}

static int
show(struct cli *cli, const char *name, void (*print)(struct cli *cli, const json_t *list))
{
	json_t *list = view(cli, name);

	if (name != NULL && json_array_size(list) == 0) {
		json_decref(list);
		return cli_error(cli, "sysctl: unknown name %.64s (sysctl -a lists them)", name);
	}
	return cli_view(cli, list, print);
}

static int
run(struct cli *cli, int argc, char *argv[])
{
	void (*print)(struct cli * cli, const json_t *list) = print_values;
	bool all = false;
	int i, rc = 0;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strspn(argv[i] + 1, "adn") != strlen(argv[i] + 1) || argv[i][1] == '\0')
			return cli_usage(cli, &cmd_sysctl);
		all |= strchr(argv[i], 'a') != NULL;
		if (strchr(argv[i], 'n') != NULL)
			print = print_bare;
		if (strchr(argv[i], 'd') != NULL)
			print = print_descriptions;
	}
	if (all)
		return show(cli, NULL, print);
	if (i == argc)
		return cli_usage(cli, &cmd_sysctl);
	for (; i < argc; i++)
		rc |= strchr(argv[i], '=') != NULL ? set(cli, argv[i]) : show(cli, argv[i], print);
	return rc;
}

static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	struct ctl_sysctl s;
	unsigned int i;

	(void)argv;
	(void)argc;
	cli_offer(c, "-a", "all");
	for (i = 0; c->ctl != NULL && ctl_sysctl_at(c->ctl, i, &s); i++)
		cli_offer(c, s.name, s.description);
}

const struct cli_command cmd_sysctl = {
	.name = "sysctl",
	.usage = "sysctl [-dn] -a | NAME ...\nsysctl NAME=VALUE ...",
	.help = "settings by name",
	.run = run,
	.complete = complete,
};
