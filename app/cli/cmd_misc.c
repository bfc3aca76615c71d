/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * help, quit, clear.
 */
#include <string.h>

#include "cli/cmd.h"

static int
help_one(struct cli *cli, const struct cli_command *cmd)
{
	const char *p = cmd->usage;

	cli_printf(cli, "%s: %s\n", cmd->name, cmd->help);
	for (;;) {
		cli_printf(cli, "    %.*s\n", (int)strcspn(p, "\n"), p);
		p = strchr(p, '\n');
		if (p == NULL)
			return 0;
		p++;
	}
}

static int
help_run(struct cli *cli, int argc, char *argv[])
{
	const struct cli_command *cmd;
	unsigned int i;

	if (argc > 1) {
		cmd = cli_command_find(argv[1]);
		return cmd != NULL ? help_one(cli, cmd)
				   : cli_error(cli, "%.40s: no such command (help lists them)",
						     argv[1]);
	}
	for (i = 0; cli_commands[i] != NULL; i++)
		cli_printf(cli, "%-10s %s\n", cli_commands[i]->name, cli_commands[i]->help);
	return 0;
}

static void
help_complete(struct cli_choices *c, int argc, char *argv[])
{
	unsigned int i;

	(void)argv;
	for (i = 0; argc == 1 && cli_commands[i] != NULL; i++)
		cli_offer(c, cli_commands[i]->name, cli_commands[i]->help);
}

static int
quit_run(struct cli *cli, int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	cli->quit = true;
	return 0;
}

static int
clear_run(struct cli *cli, int argc, char *argv[])
{
	if (argc == 1) {
		cli->clear = true;
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "counters") != 0)
		return cli_usage(cli, &cmd_clear);
	ctl_clear_counters(cli->ctl);
	return 0;
}

static void
clear_complete(struct cli_choices *c, int argc, char *argv[])
{
	(void)argv;
	if (argc == 1)
		cli_offer(c, "counters", "of interfaces, drops and workers");
}

const struct cli_command cmd_help = {
	.name = "help",
	.usage = "help [COMMAND]",
	.help = "what commands there are, and how one is used",
	.run = help_run,
	.complete = help_complete,
};

const struct cli_command cmd_quit = {
	.name = "quit",
	.usage = "quit",
	.help = "end this session",
	.run = quit_run,
};

const struct cli_command cmd_exit = {
	.name = "exit",
	.usage = "exit",
	.help = "end this session",
	.run = quit_run,
};

const struct cli_command cmd_clear = {
	.name = "clear",
	.usage = "clear counters\nclear",
	.help = "set the counters of interfaces, drops and workers to zero; alone: the screen",
	.run = clear_run,
	.complete = clear_complete,
};
