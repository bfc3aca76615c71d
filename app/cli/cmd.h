/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands, a file for each program of FreeBSD whose name they bear. Listed in commands.c. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "cli/cli.h"

extern const struct cli_command cmd_ifconfig, cmd_route, cmd_setkey, cmd_arp, cmd_ndp, cmd_netstat,
		cmd_sysctl, cmd_show, cmd_explain, cmd_ipsec, cmd_clear, cmd_save, cmd_load,
		cmd_confirm, cmd_diff, cmd_help, cmd_quit, cmd_exit;

/* Shared by commands. */
/** A route as data. */
json_t *view_route(struct cli *cli, const struct rib_route *route);
/** Text of a file, at most @p max bytes, NUL behind. Free with free(). NULL with @p err. */
char *cli_read_file(const char *path, size_t max, size_t *ret_len, struct err *err);
/** `-fib N` and the like. 0 or 1 after cli_error(). */
int cli_fib(struct cli *cli, const char *what, const char *text, uint16_t *ret_fib);

#endif
