/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Running a command and giving its answer as text or JSON. Which commands there are stands in commands.c.
 */
#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
cli_printf(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	evbuffer_add_vprintf(cli->out, fmt, ap);
	va_end(ap);
}

int
cli_error(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	evbuffer_add_vprintf(cli->errors, fmt, ap);
	va_end(ap);
	evbuffer_add(cli->errors, "\n", 1);
	return 1;
}

int
cli_fail(struct cli *cli, const struct err *err)
{
	if (cli->code == 0)
		cli->code = err->code;
	if (err->path[0] != '\0')
		return cli_error(cli, "%s: %s", err->path, err->msg);
	return cli_error(cli, "%s", err->msg);
}

int
cli_usage(struct cli *cli, const struct cli_command *cmd)
{
	const char *p = cmd->usage;

	cli_error(cli, "usage: %.*s", (int)strcspn(p, "\n"), p);
	while ((p = strchr(p, '\n')) != NULL) {
		p++;
		cli_error(cli, "       %.*s", (int)strcspn(p, "\n"), p);
	}
	return 1;
}

int
cli_mistakes(struct cli *cli, const struct cfg_errors *errors)
{
	unsigned int i;

	for (i = 0; i < errors->n; i++)
		cli_fail(cli, &errors->list[i]);
	return 1;
}

int
cli_view(struct cli *cli, json_t *data, void (*print)(struct cli *cli, const json_t *data))
{
	if (data == NULL)
		return cli_error(cli, "view: out of memory");
	if (cli->json) {
		json_decref(cli->data);
		cli->data = data;
		return 0;
	}
	print(cli, data);
	json_decref(data);
	return 0;
}

static const char *
cell_text(const json_t *row, const char *key, char *buf, size_t size)
{
	const json_t *v = json_object_get(row, key);

	if (json_is_integer(v))
		snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		snprintf(buf, size, "%.1f", json_real_value(v));
	else if (json_is_boolean(v))
		snprintf(buf, size, "%s", json_is_true(v) ? "yes" : "no");
	else
		snprintf(buf, size, "%s", json_is_string(v) ? json_string_value(v) : "-");
	return buf;
}

void
cli_table(struct cli *cli, const json_t *rows, const struct cli_column *columns, unsigned int n)
{
	int width[16] = { 0 };
	char buf[160];
	unsigned int i;
	const json_t *row;
	size_t r;

	for (i = 0; i < n; i++) {
		width[i] = (int)strlen(columns[i].title);
		json_array_foreach(rows, r, row) {
			int len = (int)strlen(cell_text(row, columns[i].key, buf, sizeof(buf)));

			width[i] = len > width[i] ? len : width[i];
		}
	}
	for (r = 0; r <= json_array_size(rows); r++) {
		for (i = 0; i < n; i++) {
			const char *text = columns[i].title;
			int w = i + 1 == n && !columns[i].right ? 0 : width[i];

			if (r > 0)
				text = cell_text(json_array_get(rows, r - 1), columns[i].key, buf,
						sizeof(buf));
			cli_printf(cli, "%s%*s", i == 0 ? "" : "  ", columns[i].right ? w : -w,
					text);
		}
		cli_printf(cli, "\n");
	}
}

int
cli_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	unsigned long long v;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 0);
	if (*end != '\0')
		return -EINVAL;
	if (errno == ERANGE || v > max)
		return -ERANGE;
	*ret_value = v;
	return 0;
}

const struct cli_command *
cli_command_find(const char *name)
{
	unsigned int i;

	for (i = 0; cli_commands[i] != NULL; i++) {
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	}
	return NULL;
}

bool
cli_wants_input(int argc, char *const argv[])
{
	int i;

	if (argc > 0 && strcmp(argv[0], "-j") == 0)
		return cli_wants_input(argc - 1, argv + 1);
	if (argc < 2 || strcmp(argv[0], "setkey") != 0)
		return false;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0)
			return true;
	}
	return false;
}

/* What a command gave, in JSON: its data, or its text. */
static void
cli_give_json(struct cli *cli, struct evbuffer *text)
{
	size_t len = evbuffer_get_length(text);
	char *dump;

	if (cli->data == NULL) {
		cli->data = json_object();
		if (len > 0)
			json_object_set_new(cli->data, "output",
					json_stringn_nocheck(
							(const char *)evbuffer_pullup(text, -1),
							len));
	}
	dump = json_dumps(cli->data, JSON_INDENT(2));
	if (dump != NULL)
		evbuffer_add_printf(cli->out, "%s\n", dump);
	free(dump);
	json_decref(cli->data);
	cli->data = NULL;
}

/* The command is done: what it gave becomes the answer. */
static void
cli_end(struct cli *cli)
{
	struct evbuffer *text = cli->out;

	if (text == cli->to)
		return;
	cli->out = cli->to;
	if (cli->rc == 0 && !cli->gave_json)
		cli_give_json(cli, text);
	json_decref(cli->data);
	cli->data = NULL;
	evbuffer_free(text);
}

bool
cli_go_on(struct cli *cli, size_t out_max)
{
	if (cli->job == NULL)
		return false;
	if (cli_job_go_on(cli, cli->env->part_us != 0 ? cli->env->part_us : CLI_PART_US, out_max))
		return true;
	cli_end(cli);
	return false;
}

void
cli_stop(struct cli *cli)
{
	if (cli->job == NULL)
		return;
	cli_job_drop(cli);
	cli->rc = 1;
	cli_end(cli);
}

int
cli_run(struct cli *cli, int argc, char *argv[])
{
	const struct cli_command *cmd;

	cli->to = cli->out;
	cli->gave_json = false;
	if (argc > 0 && strcmp(argv[0], "-j") == 0) {
		cli->json = true;
		argc--;
		argv++;
	}
	if (argc == 0)
		return 0;
	cmd = cli_command_find(argv[0]);
	if (cmd == NULL)
		return cli_error(cli, "%.64s: no such command (help lists them)", argv[0]);
	if (cli->json && (cli->out = evbuffer_new()) == NULL) {
		cli->out = cli->to;
		return cli_error(cli, "%s: out of memory", argv[0]);
	}
	cli->rc = cmd->run(cli, argc, argv);
	if (cli->job != NULL && cli->in_parts)
		return 0;
	cli_job_go_on(cli, UINT64_MAX, 0);
	cli_end(cli);
	return cli->rc;
}

void
cli_offer(struct cli_choices *c, const char *word, const char *help)
{
	unsigned int i;

	if (strncmp(word, c->prefix, strlen(c->prefix)) != 0 || c->n == RTE_DIM(c->choice))
		return;
	for (i = 0; i < c->n; i++) {
		if (strcmp(c->choice[i].word, word) == 0)
			return;
	}
	snprintf(c->choice[c->n].word, sizeof(c->choice[0].word), "%s", word);
	snprintf(c->choice[c->n].help, sizeof(c->choice[0].help), "%s", help == NULL ? "" : help);
	c->n++;
}

void
cli_offer_ifaces(struct cli_choices *c, enum iface_kind kind)
{
	struct iface *ifp = NULL;

	if (c->ctl == NULL)
		return;
	while ((ifp = iface_next(ctl_ifaces(c->ctl), ifp)) != NULL) {
		if (kind == IFACE_NONE || ifp->kind == kind)
			cli_offer(c, ifp->name, ifp->description);
	}
}

void
cli_complete(struct ctl *ctl, const char *line, struct cli_choices *c)
{
	const struct cli_command *cmd;
	struct words words;
	const char *last;
	char *head;
	unsigned int i;

	memset(c, 0, sizeof(*c));
	c->ctl = ctl;
	last = line + strlen(line);
	while (last > line && strchr(" \t", last[-1]) == NULL)
		last--;
	c->prefix = last;
	head = strndup(line, (size_t)(last - line));
	if (head == NULL)
		return;
	if (words_split(head, &words) == NULL) {
		if (words.n == 0) {
			for (i = 0; cli_commands[i] != NULL; i++)
				cli_offer(c, cli_commands[i]->name, cli_commands[i]->help);
		} else {
			cmd = cli_command_find(words.word[0]);
			if (cmd != NULL && cmd->complete != NULL)
				cmd->complete(c, words.n, words.word);
		}
	}
	words_free(&words);
	free(head);
}
