/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces as a list that is given in parts. In struct cli_list: at is the next index (1 to begin), end the last one (0: all),
 * flags says which are wanted, name their group ("": any).
 */
#ifndef CLI_VIEW_IFCONFIG_H
#define CLI_VIEW_IFCONFIG_H

#include "cli/cli.h"

enum view_ifconfig_wanted {
	VIEW_UP = 1 << 0,
	VIEW_DOWN = 1 << 1,
	VIEW_NOT_GROUP = 1 << 2, /* those that are not in it */
	VIEW_INET = 1 << 3,      /* addresses of one family, and nothing that has none */
	VIEW_INET6 = 1 << 4
};

/** The next interface that is wanted, NULL: no more. */
struct iface *view_ifconfig_next(struct cli *cli, struct cli_list *list);
/** It as data: next of a list. */
json_t *view_ifconfig(struct cli *cli, struct cli_list *list);
/** In the form of ifconfig(8): print of a list. */
void view_ifconfig_print(struct cli *cli, const json_t *o);
/** "ipsec" or "port" */
const char *view_ifconfig_group(const struct iface *ifp);

/** `ifconfig` with nothing to set: options, an interface, a family. @return 0, or 1 after cli_error(). */
int ifconfig_show(struct cli *cli, int argc, char *argv[]);
/** Is it that? */
bool ifconfig_shows(int argc, char *const argv[]);

#endif
