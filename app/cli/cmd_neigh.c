/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arp(8) and ndp(8): the neighbours of ports.
 */
#include <string.h>

#include "base/clock.h"
#include "cli/cmd.h"
#include "cli/ifconfig_addr.h"
#include "control/resolve.h"

struct dump {
	struct cli *cli;
	int af;
	uint64_t now_ms;
	json_t *list;
};

static void
dump_neigh(struct neigh *n, void *arg)
{
	struct dump *d = arg;
	const struct iface *ifp = iface_at(ctl_ifaces(d->cli->ctl), n->iface);
	bool known = n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED;
	char state[64] = "";
	const char *scope = "";
	json_t *o;

	if (n->addr.af != d->af)
		return;
	resolve_neigh_describe(ctl_resolve(d->cli->ctl), n, d->now_ms, state, sizeof(state));
	if (n->addr.af == AF_INET6 && ip_is_link_local(&n->addr) && ifp != NULL)
		scope = ifp->name;
	o = json_pack("{s:o, s:s, s:s, s:b}", "address",
			json_sprintf("%s%s%s", ip_str(&n->addr), scope[0] == '\0' ? "" : "%",
					scope),
			"port", ifp == NULL ? "" : ifp->name, "state", state, "permanent",
			n->state == NEIGH_STATIC);
	if (o != NULL && known)
		json_object_set_new(o, "mac", json_string(mac_str(&n->mac)));
	json_array_append_new(d->list, o);
}

static json_t *
view_neighs(struct cli *cli, int af)
{
	struct dump d = { .cli = cli, .af = af, .now_ms = clock_mono_ms(), .list = json_array() };

	neigh_foreach(ctl_neighs(cli->ctl), dump_neigh, &d);
	return d.list;
}

static const char *
str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "(incomplete)" : s;
}

static void
print_arp(struct cli *cli, const json_t *list)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		cli_printf(cli, "? (%s) at %s on %s", str(o, "address"), str(o, "mac"),
				str(o, "port"));
		if (json_object_get(o, "mac") != NULL)
			cli_printf(cli, " %s", str(o, "state"));
		cli_printf(cli, " [ethernet]\n");
	}
}

static void
print_ndp(struct cli *cli, const json_t *list)
{
	const json_t *o;
	size_t i;

	cli_printf(cli, "%-39s %-17s %8s %s\n", "Neighbor", "Linklayer Address", "Netif", "Expire");
	json_array_foreach(list, i, o)
		cli_printf(cli, "%-39s %-17s %8s %s\n", str(o, "address"), str(o, "mac"),
				str(o, "port"), str(o, "state"));
}

/* As ether_aton(3): a digit or two between colons. */
static int
read_mac(const char *text, struct rte_ether_addr *ret_mac)
{
	char full[18] = "";
	size_t at = 0, n;
	unsigned int i;

	for (i = 0; i < RTE_ETHER_ADDR_LEN; i++) {
		n = strcspn(text, ":");
		if (n < 1 || n > 2 || (text[n] == ':') != (i + 1 < RTE_ETHER_ADDR_LEN))
			return -1;
		if (n == 1)
			full[at++] = '0';
		memcpy(full + at, text, n);
		at += n;
		if (text[n] == ':')
			full[at++] = ':';
		text += n + (text[n] == ':');
	}
	return mac_parse(full, ret_mac);
}

/* The address of argv[i], of family af; @p ret_port: "wan0" of fe80::1%wan0, or "". 0, or 1 after cli_error(). */
static int
read_address(struct cli *cli, char *argv[], int af, struct ip_addr *ret_addr, char *ret_port)
{
	const char *what = argv[0], *text = argv[2];

	if (scoped_parse(text, ret_addr, ret_port) != 0 || ret_addr->af != af)
		return cli_error(cli, "%s: %.64s is not an %s address", what, text,
				af == AF_INET ? "IPv4" : "IPv6");
	return 0;
}

static int
add(struct cli *cli, int argc, char *argv[], int af)
{
	struct rte_ether_addr mac;
	struct ip_addr addr;
	struct err err = { 0 };
	char port[IFACE_NAME_MAX];

	if (argc != 5)
		return cli_error(cli, "usage: %s -s ADDR MAC IF", argv[0]);
	if (read_address(cli, argv, af, &addr, port) != 0)
		return 1;
	if (port[0] != '\0' && strcmp(port, argv[4]) != 0)
		return cli_error(cli, "%s: %.64s is not on %.40s", argv[0], argv[2], argv[4]);
	if (read_mac(argv[3], &mac) != 0)
		return cli_error(cli, "%s: %.40s is not a MAC address (aa:bb:cc:dd:ee:ff)", argv[0],
				argv[3]);
	if (ctl_neigh_add(cli->ctl, argv[4], &addr, &mac, &err) != 0)
		return cli_fail(cli, &err);
	return 0;
}

static int delete (struct cli *cli, char *argv[], int af)
{
	struct ip_addr addr;
	struct err err = { 0 };
	char port[IFACE_NAME_MAX];

	if (read_address(cli, argv, af, &addr, port) != 0)
		return 1;
	if (ctl_neigh_delete_on(cli->ctl, port[0] == '\0' ? NULL : port, &addr, &err) != 0)
		return cli_fail(cli, &err);
	cli_printf(cli, "%s (%s) deleted\n", argv[2], argv[2]);
	return 0;
}

static int
run_family(struct cli *cli, int argc, char *argv[], int af)
{
	const char *opt = argc > 1 ? argv[1] : "";

	if (argc == 2 &&
			(strcmp(opt, "-a") == 0 || strcmp(opt, "-an") == 0 ||
					strcmp(opt, "-na") == 0))
		return cli_view(cli, view_neighs(cli, af), af == AF_INET ? print_arp : print_ndp);
	if (strcmp(opt, "-s") == 0)
		return add(cli, argc, argv, af);
	if (strcmp(opt, "-d") == 0 && argc == 3)
		return delete (cli, argv, af);
	return cli_usage(cli, af == AF_INET ? &cmd_arp : &cmd_ndp);
}

static int
arp_run(struct cli *cli, int argc, char *argv[])
{
	return run_family(cli, argc, argv, AF_INET);
}

static int
ndp_run(struct cli *cli, int argc, char *argv[])
{
	return run_family(cli, argc, argv, AF_INET6);
}

static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	if (argc == 1) {
		cli_offer(c, "-a", "show all");
		cli_offer(c, "-s", "ADDR MAC IF: add");
		cli_offer(c, "-d", "ADDR: delete");
	} else if (argc == 4 && strcmp(argv[1], "-s") == 0) {
		cli_offer_ifaces(c, IFACE_PORT);
	}
}

const struct cli_command cmd_arp = {
	.name = "arp",
	.usage = "arp -a\narp -s ADDR MAC IF\narp -d ADDR",
	.help = "IPv4 neighbours: show, add, delete",
	.run = arp_run,
	.complete = complete,
};

const struct cli_command cmd_ndp = {
	.name = "ndp",
	.usage = "ndp -a\nndp -s ADDR MAC IF\nndp -d ADDR",
	.help = "IPv6 neighbours: show, add, delete",
	.run = ndp_run,
	.complete = complete,
};
