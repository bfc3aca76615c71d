/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole configurations: save what runs, load a file, show what loading would change.
 */
#include <string.h>

#include "cli/cmd.h"

/* save -state [FILE] */
static int
save_state(struct cli *cli, int argc, char *argv[])
{
	struct ctl_state_info info;
	struct err err = { 0 };
	const char *path;

	ctl_state_info(cli->ctl, &info);
	path = argc == 3 ? argv[2] : info.file;
	if (argc > 3)
		return cli_usage(cli, &cmd_save);
	if (path[0] == '\0')
		return cli_error(cli, "save: no state file is kept (save -state FILE)");
	if (ctl_state_save(cli->ctl, path, &err) != 0)
		return cli_fail(cli, &err);
	cli_printf(cli, "saved %s\n", path);
	return 0;
}

static int
save_run(struct cli *cli, int argc, char *argv[])
{
	const char *path = argc == 2 ? argv[1] : cli->env->config_path;
	struct ctl_pending_info pending;
	struct err err = { 0 };
	struct cfg *cfg;
	char *text;
	int rc;

	if (argc > 1 && strcmp(argv[1], "-state") == 0)
		return save_state(cli, argc, argv);
	if (argc > 2 || path == NULL || path[0] == '-')
		return cli_usage(cli, &cmd_save);
	if (ctl_confirm_info(cli->ctl, &pending))
		return cli_error(cli,
				"save: the load of %.100s is not confirmed yet (confirm, or "
				"confirm -back)",
				pending.what);
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

/* load -confirm SECONDS FILE: the seconds; 0 after cli_error(). */
static uint32_t
confirm_seconds(struct cli *cli, const char *text)
{
	uint64_t seconds;

	if (cli_number(text, 86400, &seconds) == 0 && seconds != 0)
		return (uint32_t)seconds;
	(void)cli_error(cli, "load: -confirm %.40s is not a number of seconds (1 to 86400)", text);
	return 0;
}

static int
load_run(struct cli *cli, int argc, char *argv[])
{
	const bool confirm = argc == 4 && strcmp(argv[1], "-confirm") == 0;
	const char *path = argv[argc - 1];
	struct cfg_errors errors = { 0 };
	uint32_t seconds = 0;
	struct cfg *cfg;
	int rc;

	if (!confirm && (argc != 2 || path[0] == '-'))
		return cli_usage(cli, &cmd_load);
	if (confirm && (seconds = confirm_seconds(cli, argv[2])) == 0)
		return 1;
	cfg = read_checked(cli, path);
	if (cfg == NULL)
		return 1;
	rc = confirm ? ctl_apply_unless(cli->ctl, cfg, path, seconds, &errors)
		     : ctl_apply(cli->ctl, cfg, &errors);
	cfg_free(cfg);
	cli_mistakes(cli, &errors);
	cfg_errors_free(&errors);
	if (rc != 0)
		return 1;
	if (confirm)
		cli_printf(cli, "loaded %s, goes back in %u s unless you type confirm\n", path,
				seconds);
	else
		cli_printf(cli, "loaded %s\n", path);
	return 0;
}

static void
load_complete(struct cli_choices *c, int argc, char *argv[])
{
	(void)argv;
	if (argc == 1)
		cli_offer(c, "-confirm", "SECONDS: go back by itself unless confirm follows");
}

static int
confirm_run(struct cli *cli, int argc, char *argv[])
{
	struct err err = { 0 };

	if (argc == 1)
		return ctl_confirm(cli->ctl, &err) == 0 ? 0 : cli_fail(cli, &err);
	if (argc != 2 || strcmp(argv[1], "-back") != 0)
		return cli_usage(cli, &cmd_confirm);
	return ctl_confirm_back(cli->ctl, &err) == 0 ? 0 : cli_fail(cli, &err);
}

static void
confirm_complete(struct cli_choices *c, int argc, char *argv[])
{
	(void)argv;
	if (argc == 1)
		cli_offer(c, "-back", "to what ran before, at once");
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
	.usage = "save [FILE]\nsave -state [FILE]",
	.help = "write what runs as a configuration file (without FILE: the one of -c); -state: "
		"what SAs have got to",
	.run = save_run,
};

const struct cli_command cmd_load = {
	.name = "load",
	.usage = "load FILE\nload -confirm SECONDS FILE",
	.help = "make what runs what the file says; -confirm: it goes back by itself unless "
		"confirm follows",
	.run = load_run,
	.complete = load_complete,
};

const struct cli_command cmd_confirm = {
	.name = "confirm",
	.usage = "confirm\nconfirm -back",
	.help = "keep what load -confirm has loaded; -back: go back at once",
	.run = confirm_run,
	.complete = confirm_complete,
};

const struct cli_command cmd_diff = {
	.name = "diff",
	.usage = "diff FILE",
	.help = "what load would change, a line each",
	.run = diff_run,
};
