/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces as data, and in the form of ifconfig(8).
 */
#include <inttypes.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/view_ifconfig.h"

/* In the order and with the numbers of FreeBSD's net/if.h. */
static const struct {
	enum iface_flag flag;
	unsigned int value;
	const char *name;
} flag_names[] = { { IFACE_UP, 0x1, "UP" }, { IFACE_BROADCAST, 0x2, "BROADCAST" },
	{ IFACE_POINTOPOINT, 0x10, "POINTOPOINT" }, { IFACE_RUNNING, 0x40, "RUNNING" },
	{ IFACE_PROMISC, 0x100, "PROMISC" }, { IFACE_MULTICAST, 0x8000, "MULTICAST" },
	{ IFACE_MONITOR, 0x40000, "MONITOR" } };

static json_t *
addresses_json(const struct iface *ifp, int af)
{
	json_t *list = json_array(), *o;
	unsigned int i;

	for (i = 0; i < ifp->nb_addrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		if (af != 0 && a->prefix.addr.af != af)
			continue;
		o = json_pack("{s:s, s:s, s:i}", "family",
				a->prefix.addr.af == AF_INET ? "inet" : "inet6", "address",
				ip_str(&a->prefix.addr), "length", a->prefix.len);
		if (ip_is_set(&a->peer))
			json_object_set_new(o, "peer", json_string(ip_str(&a->peer)));
		if (a->prefix.addr.af == AF_INET6 && ip_is_link_local(&a->prefix.addr))
			json_object_set_new(o, "scope", json_integer(ifp->index));
		json_array_append_new(list, o);
	}
	return list;
}

static void
port_json(struct cli *cli, const struct iface *ifp, json_t *o)
{
	uint32_t mbps = 0;
	bool up = false;

	json_object_set_new(o, "ether", json_string(mac_str(&ifp->mac)));
	json_object_set_new(o, "device", json_string(ifp->device));
	if (ctl_port_link(cli->ctl, ifp, &up, &mbps) == 0) {
		json_object_set_new(o, "link", json_boolean(up));
		json_object_set_new(o, "mbps", json_integer(mbps));
	}
}

static void
ipsec_json(const struct iface *ifp, json_t *o)
{
	json_object_set_new(o, "reqid", json_integer(ifp->reqid));
	json_object_set_new(o, "mtu_auto", json_boolean(ifp->mtu_auto));
	json_object_set_new(o, "tunnelfib", json_integer(ifp->tunnelfib));
}

/* @p af: only addresses of this family and what goes with any, 0: all. */
static json_t *
iface_json(struct cli *cli, const struct iface *ifp, int af)
{
	json_t *o, *names = json_array();
	unsigned int i, flags = 0;

	for (i = 0; i < RTE_DIM(flag_names); i++) {
		if ((ifp->flags & flag_names[i].flag) == 0)
			continue;
		flags |= flag_names[i].value;
		json_array_append_new(names, json_string(flag_names[i].name));
	}
	o = json_pack("{s:s, s:i, s:o, s:i, s:o}", "name", ifp->name, "flags", (int)flags,
			"flag_names", names, "mtu", ifp->mtu, "addresses", addresses_json(ifp, af));
	if (o == NULL)
		return NULL;
	if (ifp->description[0] != '\0')
		json_object_set_new(o, "description", json_string(ifp->description));
	if (ip_is_set(&ifp->local))
		json_object_set_new(o, "tunnel",
				json_pack("{s:s, s:s}", "local", ip_str(&ifp->local), "remote",
						ip_str(&ifp->remote)));
	if (af != 0)
		return o;
	json_object_set_new(o, "group", json_string(view_ifconfig_group(ifp)));
	json_object_set_new(o, "fib", json_integer(ifp->fib));
	if (ifp->kind == IFACE_PORT)
		port_json(cli, ifp, o);
	else
		ipsec_json(ifp, o);
	return o;
}

const char *
view_ifconfig_group(const struct iface *ifp)
{
	return ifp->kind == IFACE_IPSEC ? "ipsec" : "port";
}

/* The interface with the next index that is wanted. */
struct iface *
view_ifconfig_next(struct cli *cli, struct cli_list *list)
{
	while (list->at < IFACE_MAX && (list->end == 0 || list->at <= list->end)) {
		struct iface *ifp = iface_at(ctl_ifaces(cli->ctl), (uint16_t)list->at++);
		bool up, in_group;

		if (ifp == NULL)
			continue;
		up = (ifp->flags & IFACE_UP) != 0;
		in_group = strcmp(list->name, view_ifconfig_group(ifp)) == 0;
		if ((up && (list->flags & VIEW_DOWN) != 0) ||
				(!up && (list->flags & VIEW_UP) != 0) ||
				(list->name[0] != '\0' &&
						in_group == ((list->flags & VIEW_NOT_GROUP) != 0)))
			continue;
		return ifp;
	}
	return NULL;
}

json_t *
view_ifconfig(struct cli *cli, struct cli_list *list)
{
	const struct iface *ifp = view_ifconfig_next(cli, list);

	return ifp == NULL ? NULL
			   : iface_json(cli, ifp,
					     (list->flags & VIEW_INET) != 0 ? AF_INET
							     : (list->flags & VIEW_INET6) != 0
							     ? AF_INET6
							     : 0);
}

static const char *
str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static long long
num(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static void
print_addresses(struct cli *cli, const json_t *o)
{
	const json_t *list = json_object_get(o, "addresses"), *a;
	size_t i;

	json_array_foreach(list, i, a) {
		const char *peer = str(a, "peer");
		unsigned int len = (unsigned int)num(a, "length");
		bool v6 = strcmp(str(a, "family"), "inet6") == 0;
		long long scope = num(a, "scope");

		cli_printf(cli, "\t%s %s%s%s%s%s", str(a, "family"), str(a, "address"),
				scope != 0 ? "%" : "", scope != 0 ? str(o, "name") : "",
				peer == NULL ? "" : " --> ", peer == NULL ? "" : peer);
		if (v6) {
			cli_printf(cli, " prefixlen %u", len);
			if (scope != 0)
				cli_printf(cli, " scopeid 0x%llx", scope);
			cli_printf(cli, "\n");
			continue;
		}
		cli_printf(cli, " netmask 0x%08x", len == 0 ? 0 : UINT32_MAX << (32 - len));
		if ((num(o, "flags") & 0x2) != 0 && peer == NULL && len < 31) {
			struct ip_addr b;

			ip_parse(str(a, "address"), &b);
			b.v4 |= rte_cpu_to_be_32(len == 0 ? UINT32_MAX : UINT32_MAX >> len);
			cli_printf(cli, " broadcast %s", ip_str(&b));
		}
		cli_printf(cli, "\n");
	}
}

void
view_ifconfig_print(struct cli *cli, const json_t *o)
{
	const json_t *names = json_object_get(o, "flag_names"),
		     *tunnel = json_object_get(o, "tunnel"), *v;
	size_t i;

	cli_printf(cli, "%s: flags=%llx<", str(o, "name"), num(o, "flags"));
	json_array_foreach(names, i, v)
		cli_printf(cli, "%s%s", i == 0 ? "" : ",", json_string_value(v));
	cli_printf(cli, "> metric 0 mtu %lld%s\n", num(o, "mtu"),
			json_is_true(json_object_get(o, "mtu_auto")) ? " (auto)" : "");
	if (str(o, "description") != NULL)
		cli_printf(cli, "\tdescription: %s\n", str(o, "description"));
	if (str(o, "ether") != NULL)
		cli_printf(cli, "\tether %s\n", str(o, "ether"));
	if (tunnel != NULL)
		cli_printf(cli, "\ttunnel %s %s --> %s\n",
				strchr(str(tunnel, "local"), ':') ? "inet6" : "inet",
				str(tunnel, "local"), str(tunnel, "remote"));
	print_addresses(cli, o);
	if (str(o, "group") == NULL)
		return;
	cli_printf(cli, "\tgroups: %s\n", str(o, "group"));
	if (num(o, "fib") != 0)
		cli_printf(cli, "\tfib: %lld\n", num(o, "fib"));
	if (num(o, "tunnelfib") != 0)
		cli_printf(cli, "\ttunnelfib: %lld\n", num(o, "tunnelfib"));
	if (json_object_get(o, "reqid") != NULL)
		cli_printf(cli, "\treqid: %lld\n", num(o, "reqid"));
	if (json_object_get(o, "link") != NULL) {
		cli_printf(cli, "\tmedia: %s (%lld Mbit/s)\n", str(o, "device"), num(o, "mbps"));
		cli_printf(cli, "\tstatus: %s\n",
				json_is_true(json_object_get(o, "link")) ? "active" : "no carrier");
	}
}
