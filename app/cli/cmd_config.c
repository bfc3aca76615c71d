/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole configurations: save what runs, load a file, show what loading would change.
 */
#include <string.h>

#include "cli/cmd.h"

static int
save_run(struct cli *cli, int argc, char *argv[])
{
	const char *path = argc == 2 ? argv[1] : cli->env->config_path;
	struct err err = { 0 };
	struct cfg *cfg;
	char *text;
	int rc;

	if (argc > 2 || path == NULL)
		return cli_usage(cli, &cmd_save);
	cfg = ctl_snapshot(cli->ctl, &err);
	if (cfg == NULL)
		return cli_fail(cli, &err);
	text = cfg_dump(cfg);
	cfg_free(cfg);
	if (text == NULL)
		return cli_error(cli, "save: out of memory");
	rc = cfg_write_file(path, text, &err);
	cfg_text_free(text);
	if (rc != 0)
		return cli_fail(cli, &err);
	cli_printf(cli, "saved %s\n", path);
	return 0;
}

/* Read and check. NULL after the mistakes were said. */
static struct cfg *
read_checked(struct cli *cli, const char *path)
{
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = ctl_read_file(path, &errors);

	cli_mistakes(cli, &errors);
	cfg_errors_free(&errors);
	return cfg;
}

static int
load_run(struct cli *cli, int argc, char *argv[])
{
	struct cfg_errors errors = { 0 };
	struct cfg *cfg;
	int rc;

	if (argc != 2)
		return cli_usage(cli, &cmd_load);
	cfg = read_checked(cli, argv[1]);
	if (cfg == NULL)
		return 1;
	rc = ctl_apply(cli->ctl, cfg, &errors);
	cfg_free(cfg);
	cli_mistakes(cli, &errors);
	cfg_errors_free(&errors);
	if (rc != 0)
		return 1;
	cli_printf(cli, "loaded %s\n", argv[1]);
	return 0;
}

struct diff {
	struct cli *cli;
	json_t *lines;
};

static void
diff_line(const char *text, void *arg)
{
	struct diff *d = arg;

	json_array_append_new(d->lines, json_string(text));
}

static void
print_diff(struct cli *cli, const json_t *lines)
{
	const json_t *line;
	size_t i;

	if (json_array_size(lines) == 0)
		cli_printf(cli, "no difference\n");
	json_array_foreach(lines, i, line)
		cli_printf(cli, "%s\n", json_string_value(line));
}

static int
diff_run(struct cli *cli, int argc, char *argv[])
{
	struct diff d = { cli, NULL };
	struct cfg_errors errors = { 0 };
	struct cfg *cfg;
	int rc;

	if (argc != 2)
		return cli_usage(cli, &cmd_diff);
	cfg = read_checked(cli, argv[1]);
	if (cfg == NULL)
		return 1;
	d.lines = json_array();
	rc = ctl_diff(cli->ctl, cfg, diff_line, &d, &errors);
	cfg_free(cfg);
	cli_mistakes(cli, &errors);
	cfg_errors_free(&errors);
	if (rc < 0) {
		json_decref(d.lines);
		return 1;
	}
	return cli_view(cli, d.lines, print_diff);
}

const struct cli_command cmd_save = {
	.name = "save",
	.usage = "save [FILE]",
	.help = "write what runs as a configuration file (without FILE: the one of -c)",
	.run = save_run,
};

const struct cli_command cmd_load = {
	.name = "load",
	.usage = "load FILE",
	.help = "make what runs what the file says",
	.run = load_run,
};

const struct cli_command cmd_diff = {
	.name = "diff",
	.usage = "diff FILE",
	.help = "what load would change, a line each",
	.run = diff_run,
};
