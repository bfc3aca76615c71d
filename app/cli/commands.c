/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of commands: what is not listed here is not there.
 */
#include "cli/cmd.h"

const struct cli_command *const cli_commands[] = {
	&cmd_ifconfig,
	&cmd_route,
	&cmd_setkey,
	&cmd_arp,
	&cmd_ndp,
	&cmd_netstat,
	&cmd_sysctl,
	&cmd_show,
	&cmd_explain,
	&cmd_ipsec,
	&cmd_clear,
	&cmd_save,
	&cmd_load,
	&cmd_confirm,
	&cmd_diff,
	&cmd_help,
	&cmd_quit,
	&cmd_exit,
	NULL,
};
