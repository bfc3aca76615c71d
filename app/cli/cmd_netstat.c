/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * netstat(1): -i interfaces, -r routes, -s what was counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

#define ROUTES_TITLE "Routing tables"

/* Of a list of routes. */
enum { ONLY_INET = 1, HEAD_INET = 2, HEAD_INET6 = 4 };

struct options {
	bool interfaces, routes, statistics;
	int af;
	int fib; /* -1: not given */
};

static json_t *
row_of(const struct iface *ifp, const char *mtu, const char *network, const char *address)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "name", ifp->name, "mtu", mtu, "network", network,
			"address", address);
}

static void
interface_rows(struct cli *cli, const struct iface *ifp, json_t *rows)
{
	struct ctl_if_counts c = { 0 };
	char mtu[16], link[32];
	unsigned int i;
	json_t *o;

	ctl_if_counts(cli->ctl, ifp, &c);
	snprintf(mtu, sizeof(mtu), "%u", ifp->mtu);
	snprintf(link, sizeof(link), "<Link#%u>", ifp->index);
	o = row_of(ifp, mtu, link, ifp->kind == IFACE_PORT ? mac_str(&ifp->mac) : ifp->name);
	json_object_update_new(o,
			json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "ipackets",
					(json_int_t)c.ipackets, "ierrors", (json_int_t)c.ierrors,
					"idrops", (json_int_t)c.idrops, "opackets",
					(json_int_t)c.opackets, "oerrors", (json_int_t)c.oerrors,
					"odrops", (json_int_t)c.odrops, "ibytes",
					(json_int_t)c.ibytes, "obytes", (json_int_t)c.obytes,
					"collisions", (json_int_t)0));
	json_array_append_new(rows, o);
	for (i = 0; i < ifp->nb_addrs; i++) {
		struct ip_prefix net = ifp->addrs[i].prefix;

		ip_prefix_mask(&net);
		json_array_append_new(rows,
				row_of(ifp, "-", prefix_str(&net),
						ip_str(&ifp->addrs[i].prefix.addr)));
	}
}

static json_t *
view_interfaces(struct cli *cli)
{
	json_t *rows = json_array();
	struct iface *ifp = NULL;

	while ((ifp = iface_next(ctl_ifaces(cli->ctl), ifp)) != NULL)
		interface_rows(cli, ifp, rows);
	return rows;
}

static void
print_interfaces(struct cli *cli, const json_t *rows)
{
	static const struct cli_column columns[] = { { "name", "Name", false },
		{ "mtu", "Mtu", true }, { "network", "Network", false },
		{ "address", "Address", false }, { "ipackets", "Ipkts", true },
		{ "ierrors", "Ierrs", true }, { "idrops", "Idrop", true },
		{ "ibytes", "Ibytes", true }, { "opackets", "Opkts", true },
		{ "oerrors", "Oerrs", true }, { "obytes", "Obytes", true },
		{ "collisions", "Coll", true }, { "odrops", "Drop", true } };

	cli_table(cli, rows, columns, RTE_DIM(columns));
}

static const char *
str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

/* The gateway's column: an address, or the link by its interface. */
static const char *
gateway_text(const json_t *o, char *buf, size_t size)
{
	if (str(o, "gateway")[0] != '\0')
		snprintf(buf, size, "%s", str(o, "gateway"));
	else if (strpbrk(str(o, "flags"), "BR") != NULL)
		snprintf(buf, size, "-");
	else if (strcmp(str(o, "source"), "local") == 0)
		snprintf(buf, size, "lo0");
	else
		snprintf(buf, size, "%s", str(o, "interface"));
	return buf;
}

static int
width_of(const char *family)
{
	return strcmp(family, "inet") == 0 ? 18 : 33;
}

static void
print_route(struct cli *cli, const json_t *o)
{
	const int width = width_of(str(o, "family"));
	char dest[PREFIX_STR_MAX], gateway[64];

	snprintf(dest, sizeof(dest), "%s", str(o, "prefix"));
	if (strcmp(dest, "0.0.0.0/0") == 0 || strcmp(dest, "::/0") == 0)
		strcpy(dest, "default");
	else if (strchr(str(o, "flags"), 'H') != NULL)
		*strchrnul(dest, '/') = '\0';
	cli_printf(cli, "%-*s %-*s %-6s %8s%s\n", width, dest, width,
			gateway_text(o, gateway, sizeof(gateway)), str(o, "flags"),
			str(o, "interface"),
			json_is_true(json_object_get(o, "active")) ? "" : "  (not in use)");
}

/* Above the first route of all, and the first of a family. */
static void
print_heads(struct cli *cli, struct cli_list *list, const char *family)
{
	const bool inet6 = strcmp(family, "inet6") == 0;
	const unsigned int head = inet6 ? HEAD_INET6 : HEAD_INET;
	const int width = width_of(family);

	if ((list->flags & (HEAD_INET | HEAD_INET6)) == 0) {
		cli_printf(cli, ROUTES_TITLE);
		if (list->at != 0)
			cli_printf(cli, " (fib: %" PRIu64 ")", list->at);
		cli_printf(cli, "\n");
	}
	if ((list->flags & head) == 0)
		cli_printf(cli, "\n%s:\n%-*s %-*s %-6s %8s\n", inet6 ? "Internet6" : "Internet",
				width, "Destination", width, "Gateway", "Flags", "Netif");
	list->flags |= head;
}

/* Not shown: each neighbour, and the broadcast addresses of our nets. */
static bool
is_shown(struct cli *cli, const struct rib_spec *spec)
{
	if (spec->source == RIB_LOCAL)
		return iface_of_local(ctl_ifaces(cli->ctl), &spec->prefix.addr) != NULL;
	return spec->source != RIB_NEIGH;
}

/*
 * The next route. Of FIB list->at, after list->prefix and the source before list->end; what came or went meanwhile is shown or not
 * as it lies behind or before that.
 */
static json_t *
next_route(struct cli *cli, struct cli_list *list)
{
	const struct rib_route *route = rib_after(
			ctl_rib(cli->ctl), (uint16_t)list->at, &list->prefix, (int)list->end - 1);

	if (route == NULL && list->prefix.addr.af == AF_INET && (list->flags & ONLY_INET) == 0) {
		list->prefix = (struct ip_prefix){ .addr.af = AF_INET6 };
		list->end = 0;
		list->again = true;
		return NULL;
	}
	if (route == NULL)
		return NULL;
	list->prefix = route->spec.prefix;
	list->end = (uint64_t)route->spec.source + 1;
	list->again = !is_shown(cli, &route->spec);
	if (list->again)
		return NULL;
	if (!cli->json)
		print_heads(cli, list, list->prefix.addr.af == AF_INET ? "inet" : "inet6");
	return view_route(cli, route);
}

static int
show_routes(struct cli *cli, const struct options *o)
{
	const struct cli_list list = { .next = next_route,
		.print = print_route,
		.none = ROUTES_TITLE,
		.at = o->fib < 0 ? 0 : (uint64_t)o->fib,
		.flags = o->af == AF_INET ? ONLY_INET : 0,
		.prefix.addr.af = o->af == AF_INET6 ? AF_INET6 : AF_INET };

	return cli_view_list(cli, &list);
}

/* Sums over workers, then every drop reason that was counted. */
static json_t *
view_statistics(struct cli *cli)
{
	const struct dataplane *dp = ctl_dataplane(cli->ctl);
	struct dp_worker_stats w, sum = { 0 };
	json_t *drops = json_array();
	unsigned int i;

	for (i = 0; i < dp->nb_workers; i++) {
		dp_worker_stats(dp, i, &w);
		sum.rx += w.rx;
		sum.tx += w.tx;
		sum.punted += w.punted;
		sum.injected += w.injected;
		sum.originated += w.originated;
		sum.encapsulated += w.encapsulated;
		sum.decapsulated += w.decapsulated;
	}
	for (i = DROP_NONE + 1; i < DROP_REASONS; i++) {
		uint64_t n = dp_drop_count(dp, (enum drop_reason)i);

		if (n > 0)
			json_array_append_new(drops,
					json_pack("{s:s, s:s, s:I}", "reason",
							drop_name((enum drop_reason)i), "sentence",
							drop_sentence((enum drop_reason)i),
							"packets", (json_int_t)n));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "received", (json_int_t)sum.rx,
			"sent", (json_int_t)sum.tx, "to_control", (json_int_t)sum.punted,
			"from_control", (json_int_t)sum.injected, "originated",
			(json_int_t)sum.originated, "encapsulated", (json_int_t)sum.encapsulated,
			"decapsulated", (json_int_t)sum.decapsulated, "drops", drops);
}

static void
print_statistics(struct cli *cli, const json_t *s)
{
	static const struct {
		const char *title, *key, *text;
	} lines[] = { { "ip:", "received", "packets received by ports" },
		{ NULL, "sent", "packets sent by ports" },
		{ NULL, "to_control", "packets handed to the control core" },
		{ NULL, "from_control", "packets sent by the control core" },
		{ NULL, "originated", "echo requests answered" },
		{ "ipsec:", "decapsulated", "inbound packets given to an engine" },
		{ NULL, "encapsulated", "outbound packets given to an engine" } };
	const json_t *drops = json_object_get(s, "drops"), *o;
	unsigned int i;
	size_t k;

	for (i = 0; i < RTE_DIM(lines); i++) {
		if (lines[i].title != NULL)
			cli_printf(cli, "%s\n", lines[i].title);
		cli_printf(cli, "\t%" JSON_INTEGER_FORMAT " %s\n",
				json_integer_value(json_object_get(s, lines[i].key)),
				lines[i].text);
	}
	cli_printf(cli, "drops:\n");
	json_array_foreach(drops, k, o)
		cli_printf(cli, "\t%" JSON_INTEGER_FORMAT " %s (%s)\n",
				json_integer_value(json_object_get(o, "packets")),
				str(o, "sentence"), str(o, "reason"));
}

static int
read_family(struct cli *cli, const char *text, int *ret_af)
{
	if (text != NULL && strcmp(text, "inet") == 0)
		*ret_af = AF_INET;
	else if (text != NULL && strcmp(text, "inet6") == 0)
		*ret_af = AF_INET6;
	else
		return cli_error(cli, "netstat: family %.40s is not there (inet, inet6)",
				text == NULL ? "" : text);
	return 0;
}

/* 0, or 1 after cli_error(). */
static int
read_options(struct cli *cli, int argc, char *argv[], struct options *o)
{
	uint16_t fib;
	int i;

	o->fib = -1;
	for (i = 1; i < argc; i++) {
		const char *p = argv[i];

		if (strcmp(p, "-fib") == 0 || strcmp(p, "-F") == 0) {
			if (cli_fib(cli, "netstat", argv[++i], &fib) != 0)
				return 1;
			o->fib = fib;
			continue;
		}
		if (strcmp(p, "-f") == 0) {
			if (read_family(cli, argv[++i], &o->af) != 0)
				return 1;
			continue;
		}
		if (*p++ != '-' || *p == '\0' || strspn(p, "irsnbdW") != strlen(p))
			return cli_usage(cli, &cmd_netstat);
		o->interfaces |= strchr(p, 'i') != NULL;
		o->routes |= strchr(p, 'r') != NULL;
		o->statistics |= strchr(p, 's') != NULL;
	}
	if (o->interfaces + o->routes + o->statistics != 1)
		return cli_usage(cli, &cmd_netstat);
	return 0;
}

static int
run(struct cli *cli, int argc, char *argv[])
{
	struct options o = { 0 };

	if (read_options(cli, argc, argv, &o) != 0)
		return 1;
	if (o.interfaces)
		return cli_view(cli, view_interfaces(cli), print_interfaces);
	if (o.routes)
		return show_routes(cli, &o);
	return cli_view(cli, view_statistics(cli), print_statistics);
}

static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	const char *last = argv[argc - 1];

	if (strcmp(last, "-f") == 0) {
		cli_offer(c, "inet", "IPv4");
		cli_offer(c, "inet6", "IPv6");
		return;
	}
	if (argc == 1) {
		cli_offer(c, "-i", "interfaces");
		cli_offer(c, "-rn", "routes");
		cli_offer(c, "-s", "what was counted");
		return;
	}
	cli_offer(c, "-f", "inet or inet6");
	cli_offer(c, "-fib", "routing table");
}

const struct cli_command cmd_netstat = {
	.name = "netstat",
	.usage = "netstat -i\nnetstat -rn [-f inet|inet6] [-fib N]\nnetstat -s",
	.help = "interfaces, routes, statistics",
	.run = run,
	.complete = complete,
};
