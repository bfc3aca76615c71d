/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ifconfig(8) where it only shows: -a, -l, -d, -u, -g, -G, -C, an interface, a family. What the other options would show these
 * interfaces do not have, or shows here always.
 */
#include <string.h>

#include "cli/cmd.h"
#include "cli/view_ifconfig.h"

struct options {
	bool all, list, cloners, group;
	struct cli_list view;
};

static int
family(const char *word)
{
	if (strcmp(word, "inet") == 0 || strcmp(word, "inet4") == 0)
		return VIEW_INET;
	return strcmp(word, "inet6") == 0 ? VIEW_INET6 : 0;
}

bool
ifconfig_shows(int argc, char *const argv[])
{
	return argc < 3 || argv[1][0] == '-' || (argc == 3 && family(argv[2]) != 0);
}

/* -g NAME, -gNAME. *i is left at the last word of it. */
static int
read_group(struct cli *cli, struct options *o, const char *rest, int argc, char *argv[], int *i)
{
	if (rest[1] != '\0')
		rest++;
	else if (*i + 1 < argc)
		rest = argv[++*i];
	else
		return cli_error(cli, "ifconfig: %s without a group (ipsec, port)", argv[*i]);
	if (strlen(rest) >= sizeof(o->view.name))
		return cli_error(cli, "ifconfig: group %.40s is not there (ipsec, port)", rest);
	strcpy(o->view.name, rest);
	return 0;
}

static int
read_letters(struct cli *cli, struct options *o, int argc, char *argv[], int *i)
{
	const char *p;

	for (p = argv[*i] + 1; *p != '\0'; p++) {
		if (*p == 'a')
			o->all = true;
		else if (*p == 'l')
			o->list = true;
		else if (*p == 'C')
			o->cloners = true;
		else if (*p == 'u')
			o->view.flags |= VIEW_UP;
		else if (*p == 'd')
			o->view.flags |= VIEW_DOWN;
		else if (*p == 'G' || *p == 'g') {
			o->view.flags |= *p == 'G' ? VIEW_NOT_GROUP : 0;
			o->group = *p == 'g';
			return read_group(cli, o, p, argc, argv, i);
		} else if (strchr("mvLkn", *p) == NULL)
			return cli_error(cli,
					"ifconfig: -%c is not there (a, l, d, u, g, G, C; m, v, L, "
					"k, n change nothing)",
					*p);
	}
	return 0;
}

static json_t *
next_name(struct cli *cli, struct cli_list *list)
{
	const struct iface *ifp = view_ifconfig_next(cli, list);

	return ifp == NULL ? NULL : json_string(ifp->name);
}

static void
print_name(struct cli *cli, const json_t *name)
{
	cli_printf(cli, "%s\n", json_string_value(name));
}

/* All names in one line: short even for 16,384 of them. */
static int
list_names(struct cli *cli, struct cli_list *list)
{
	json_t *names = json_array(), *name;
	size_t i;

	while ((name = next_name(cli, list)) != NULL)
		json_array_append_new(names, name);
	if (cli->json)
		return cli_view(cli, names, NULL);
	json_array_foreach(names, i, name)
		cli_printf(cli, "%s%s", i == 0 ? "" : " ", json_string_value(name));
	cli_printf(cli, "\n");
	json_decref(names);
	return 0;
}

int
ifconfig_show(struct cli *cli, int argc, char *argv[])
{
	struct options o = {
		.view = { .next = view_ifconfig, .print = view_ifconfig_print, .at = 1 }
	};
	const struct iface *ifp;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++)
		if (read_letters(cli, &o, argc, argv, &i) != 0)
			return 1;
	if (o.cloners) {
		cli_printf(cli, "ipsec\n");
		return 0;
	}
	if (i < argc && family(argv[i]) == 0 && !o.list && !o.all) {
		ifp = iface_find(ctl_ifaces(cli->ctl), argv[i]);
		if (ifp == NULL)
			return cli_error(cli,
					"%.40s: interface does not exist (ifconfig -l lists them)",
					argv[i]);
		o.view.at = o.view.end = ifp->index;
		i++;
	}
	if (i < argc && family(argv[i]) != 0)
		o.view.flags |= (unsigned int)family(argv[i++]);
	if (i < argc)
		return cli_usage(cli, &cmd_ifconfig);
	if (o.list)
		return list_names(cli, &o.view);
	if (o.group && !o.all && o.view.end == 0) { /* ifconfig -g GROUP: its members, one a line */
		o.view.next = next_name;
		o.view.print = print_name;
	}
	return cli_view_list(cli, &o.view);
}
