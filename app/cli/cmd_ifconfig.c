/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ifconfig(8): its parameters, in the order in which they are typed. All of a line is parsed before any of it is done, so that a
 * mistake in typing changes nothing; an interface made by a line that then fails is taken away again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/ifconfig_read.h"
#include "cli/view_ifconfig.h"

/* inet ADDR without alias: the first address gives way, unless it is this one already. */
static int
addr_set(struct ctl *ctl, const char *name, const struct action *a, struct err *err)
{
	const struct iface *ifp = iface_find(ctl_ifaces(ctl), name);
	const struct iface_addr *first = ifp == NULL ? NULL : iface_first_addr(ifp, a->af);
	struct iface_addr old;
	int rc;

	if (first == NULL)
		return ctl_if_add_address(ctl, name, &a->addr, err);
	old = *first;
	if (!ip_equal(&old.prefix.addr, &a->addr.prefix.addr)) {
		rc = ctl_if_add_address(ctl, name, &a->addr, err);
		return rc != 0 ? rc
			       : ctl_if_remove_address(ctl, name, a->af, &old.prefix.addr, err);
	}
	if (old.prefix.len == a->addr.prefix.len && ip_equal(&old.peer, &a->addr.peer))
		return 0;
	if (ip_is_set(&a->addr.peer) && ifp->kind != IFACE_IPSEC)
		return ctl_if_add_address(ctl, name, &a->addr, err); /* says why not */
	rc = ctl_if_remove_address(ctl, name, a->af, &old.prefix.addr, err);
	if (rc != 0)
		return rc;
	rc = ctl_if_add_address(ctl, name, &a->addr, err);
	if (rc != 0)
		ctl_if_add_address(ctl, name, &old, NULL);
	return rc;
}

static int
action_run(struct cli *cli, char *name, const struct action *a, struct err *err)
{
	struct ctl *ctl = cli->ctl;

	switch (a->kind) {
	case ACT_CREATE:
		return ctl_if_create(ctl, name, name, err);
	case ACT_DESTROY:
		return ctl_if_destroy(ctl, name, err);
	case ACT_TUNNEL:
		return ctl_if_set_tunnel(ctl, name, a->af, &a->local, &a->remote, err);
	case ACT_DELETETUNNEL:
		return ctl_if_delete_tunnel(ctl, name, err);
	case ACT_ADDR_SET:
		return addr_set(ctl, name, a, err);
	case ACT_ADDR_ADD:
		return ctl_if_add_address(ctl, name, &a->addr, err);
	case ACT_ADDR_REMOVE:
		return ctl_if_remove_address(
				ctl, name, a->af, a->any_addr ? NULL : &a->addr.prefix.addr, err);
	case ACT_FLAG:
		return ctl_if_set_flag(ctl, name, a->flag, a->on, err);
	case ACT_MTU:
		return ctl_if_set_mtu(ctl, name, a->value, err);
	case ACT_REQID:
		return ctl_if_set_reqid(ctl, name, a->value, err);
	case ACT_FIB:
		return ctl_if_set_fib(ctl, name, a->value, err);
	case ACT_TUNNELFIB:
		return ctl_if_set_tunnelfib(ctl, name, a->value, err);
	case ACT_DESCRIPTION:
		return ctl_if_set_description(ctl, name, a->text, err);
	}
	return 0;
}

static int
set(struct cli *cli, int argc, char *argv[])
{
	struct err err = { 0 };
	struct reader r = { .argc = argc, .i = 2, .argv = argv, .name = argv[1], .err = &err };
	char name[IFACE_NAME_MAX];
	unsigned int i;

	if (strlen(argv[1]) >= sizeof(name))
		return cli_error(cli, "%.40s: not an interface name (at most 15 characters)",
				argv[1]);
	strcpy(name, argv[1]);
	if (ifconfig_read(&r) != 0)
		return cli_fail(cli, &err);
	for (i = 0; i < r.n; i++) {
		if (action_run(cli, name, &r.act[i], &err) != 0) {
			if (i > 0 && r.act[0].kind == ACT_CREATE)
				ctl_if_destroy(cli->ctl, name, NULL);
			return cli_fail(cli, &err);
		}
	}
	if (r.n > 0 && r.act[0].kind == ACT_CREATE)
		cli_printf(cli, "%s\n", name);
	return 0;
}

static int
run(struct cli *cli, int argc, char *argv[])
{
	return ifconfig_shows(argc, argv) ? ifconfig_show(cli, argc, argv) : set(cli, argc, argv);
}

static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	static const char *const words[][2] = { { "create", "make it" }, { "destroy", "remove it" },
		{ "tunnel", "LOCAL REMOTE: outer addresses" },
		{ "deletetunnel", "no outer addresses" },
		{ "inet", "ADDR[/LEN] [DEST], or tunnel" },
		{ "inet6", "ADDR[/LEN] [DEST], or tunnel" }, { "alias", "one more address" },
		{ "-alias", "remove the address" }, { "delete", "remove the address" },
		{ "netmask", "MASK" }, { "prefixlen", "LEN" }, { "mtu", "BYTES or auto" },
		{ "reqid", "NUMBER" }, { "fib", "table of inner packets" },
		{ "tunnelfib", "table of outer packets" }, { "up", "" }, { "down", "" },
		{ "monitor", "count, then drop" }, { "-monitor", "" }, { "description", "TEXT" },
		{ "-description", "" } };
	unsigned int i;

	if (argc == 1) {
		cli_offer(c, "-a", "all interfaces");
		cli_offer(c, "-l", "their names");
		cli_offer(c, "-g", "GROUP: the names of its members");
		cli_offer_ifaces(c, IFACE_NONE);
		cli_offer(c, "ipsec", "the next ipsecN, with create");
		return;
	}
	if (strcmp(argv[argc - 1], "mtu") == 0) {
		cli_offer(c, "auto", "what the path and the SA leave");
		return;
	}
	for (i = 0; i < RTE_DIM(words); i++)
		cli_offer(c, words[i][0], words[i][1]);
}

const struct cli_command cmd_ifconfig = {
	.name = "ifconfig",
	.usage = "ifconfig [-adu] [-g|-G GROUP] [IF] [inet|inet6]\n"
		 "ifconfig -l [-du] [-g|-G GROUP]\n"
		 "ifconfig -g GROUP\n"
		 "ifconfig -C\n"
		 "ifconfig ipsecN|ipsec create [reqid N] [PARAMETER ...]\n"
		 "ifconfig IF destroy\n"
		 "ifconfig IF [inet|inet6] tunnel SRC DST | deletetunnel\n"
		 "ifconfig IF inet ADDR[/LEN] [DEST] [netmask MASK] [alias|-alias|delete]\n"
		 "ifconfig IF inet6 ADDR[/LEN] [DEST] [prefixlen LEN] [alias|-alias|delete]\n"
		 "ifconfig IF up|down|monitor|-monitor|mtu N|mtu auto|reqid N|fib N|tunnelfib N\n"
		 "ifconfig IF description TEXT|-description",
	.help = "show interfaces, make them, set them",
	.run = run,
	.complete = complete,
};
