/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route(8): add, change, delete, get. The table itself is shown by netstat -rn.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/ifconfig_addr.h"

struct request {
	struct ctl_route route;
	int af;         /* as typed, 0: not */
	bool net, host; /* as typed */
	bool has_kind;
	bool is_interface; /* the gateway's place holds an interface */
	const char *dest, *gateway, *mask;
};

int
cli_fib(struct cli *cli, const char *what, const char *text, uint16_t *ret_fib)
{
	uint64_t v;

	if (text == NULL)
		return cli_error(cli, "%s: -fib without a number", what);
	if (cli_number(text, FIB_MAX - 1, &v) != 0)
		return cli_error(cli, "%s: fib %.40s is not there (0 to %d)", what, text,
				FIB_MAX - 1);
	*ret_fib = (uint16_t)v;
	return 0;
}

/* One option at argv[*i]. 0, or 1 after cli_error(). */
static int
read_option(struct cli *cli, struct request *q, int argc, char *argv[], int *i)
{
	const char *opt = argv[*i] + 1;
	const char *value = *i + 1 < argc ? argv[*i + 1] : NULL;

	if (strcmp(opt, "inet") == 0 || strcmp(opt, "4") == 0) {
		q->af = AF_INET;
	} else if (strcmp(opt, "inet6") == 0 || strcmp(opt, "6") == 0) {
		q->af = AF_INET6;
	} else if (strcmp(opt, "net") == 0) {
		q->net = true;
	} else if (strcmp(opt, "host") == 0) {
		q->host = true;
	} else if (strcmp(opt, "interface") == 0 || strcmp(opt, "iface") == 0) {
		q->is_interface = true;
	} else if (strcmp(opt, "blackhole") == 0 || strcmp(opt, "reject") == 0) {
		q->route.kind = opt[0] == 'b' ? RIB_BLACKHOLE : RIB_REJECT;
		q->has_kind = true;
	} else if (strcmp(opt, "fib") == 0) {
		++*i;
		return cli_fib(cli, "route", value, &q->route.fib);
	} else if (strcmp(opt, "netmask") == 0 || strcmp(opt, "prefixlen") == 0) {
		++*i;
		q->mask = value;
		return value != NULL ? 0 : cli_error(cli, "route: -%s without a value", opt);
	} else if (strcmp(opt, "n") != 0 && strcmp(opt, "static") != 0 &&
			strcmp(opt, "gateway") != 0) {
		return cli_error(cli,
				"route: option -%.40s is not there (-inet -inet6 -fib -net -host "
				"-netmask "
				"-prefixlen -interface -blackhole -reject)",
				opt);
	}
	return 0;
}

static int
read_words(struct cli *cli, struct request *q, int argc, char *argv[], int i)
{
	for (; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1] != '\0') {
			if (read_option(cli, q, argc, argv, &i) != 0)
				return 1;
		} else if (q->dest == NULL) {
			q->dest = argv[i];
		} else if (q->gateway == NULL) {
			q->gateway = argv[i];
		} else if (q->mask == NULL) {
			q->mask = argv[i];
		} else {
			return cli_usage(cli, &cmd_route);
		}
	}
	return q->dest != NULL ? 0 : cli_usage(cli, &cmd_route);
}

static int
read_dest(struct cli *cli, struct request *q)
{
	struct ip_prefix *p = &q->route.prefix;
	struct err err;
	uint64_t v;
	bool host;

	if (q->af == 0 && strcmp(q->dest, "default") == 0 && q->gateway != NULL &&
			strchr(q->gateway, ':') != NULL)
		q->af = AF_INET6;
	if (net_parse(q->dest, q->af, p, &host, &err) != 0)
		return cli_error(cli, "route: %s", err.msg);
	if (q->mask != NULL && cli_number(q->mask, ip_bits(&p->addr), &v) == 0)
		p->len = (uint8_t)v;
	else if (q->mask != NULL && mask_parse(q->mask, &p->len, &err) != 0)
		return cli_error(cli, "route: %s", err.msg);
	else if (q->mask == NULL && q->net && host)
		p->len = p->addr.af == AF_INET ? class_len(&p->addr) : 64;
	if (q->host && q->mask == NULL)
		p->len = (uint8_t)ip_bits(&p->addr);
	ip_prefix_mask(p);
	return 0;
}

static int
read_gateway(struct cli *cli, struct request *q)
{
	struct ctl_route *r = &q->route;

	if (q->is_interface) {
		if (strlen(q->gateway) >= sizeof(r->interface))
			return cli_error(cli, "route: %.40s is not an interface name", q->gateway);
		strcpy(r->interface, q->gateway);
		if (!q->has_kind)
			r->kind = RIB_INTERFACE;
		return 0;
	}
	if (scoped_parse(q->gateway, &r->gateway, r->interface) != 0)
		return cli_error(cli,
				"route: gateway %.64s is not an IP address (or: -interface IF)",
				q->gateway);
	if (!q->has_kind)
		r->kind = RIB_GATEWAY;
	return 0;
}

/* "net 10.2.0.0", "host 10.2.0.1", "net default", "net 2001:db8::/32" */
static void
say_dest(struct cli *cli, const char *verb, const struct request *q)
{
	const struct ip_prefix *p = &q->route.prefix;

	if (p->len == 0)
		cli_printf(cli, "%s net default", verb);
	else if (p->len == ip_bits(&p->addr))
		cli_printf(cli, "%s host %s", verb, ip_str(&p->addr));
	else if (p->addr.af == AF_INET)
		cli_printf(cli, "%s net %s", verb, ip_str(&p->addr));
	else
		cli_printf(cli, "%s net %s", verb, prefix_str(p));
	if (q->gateway != NULL)
		cli_printf(cli, ": gateway %s", q->gateway);
	if (q->route.fib != 0)
		cli_printf(cli, " fib %u", q->route.fib);
	cli_printf(cli, "\n");
}

static int
change(struct cli *cli, const char *verb, struct request *q)
{
	struct err err = { 0 };
	int rc;

	if (read_dest(cli, q) != 0)
		return 1;
	if (strcmp(verb, "delete") == 0 && q->gateway == NULL && !q->has_kind) {
		rc = ctl_route_delete(cli->ctl, q->route.fib, &q->route.prefix, &err);
	} else if (strcmp(verb, "delete") == 0) {
		if (q->gateway != NULL && read_gateway(cli, q) != 0)
			return 1;
		rc = ctl_route_delete_to(cli->ctl, &q->route, &err);
	} else {
		if (q->gateway == NULL && !q->has_kind)
			return cli_error(cli,
					"route: %s %s without a gateway (or -interface IF, "
					"-blackhole, -reject)",
					verb, q->dest);
		if (q->gateway != NULL && read_gateway(cli, q) != 0)
			return 1;
		rc = verb[0] == 'a' ? ctl_route_add(cli->ctl, &q->route, &err)
				    : ctl_route_change(cli->ctl, &q->route, &err);
	}
	if (rc != 0)
		return cli_fail(cli, &err);
	say_dest(cli, verb, q);
	return 0;
}

/* The interface by which a route leaves: its own, or that of what its gateway resolves to. */
static const struct iface *
route_iface(struct cli *cli, const struct rib_spec *spec)
{
	const struct neigh_table *neighs = ctl_neighs(cli->ctl);
	uint32_t index = nh_index(spec->nh);
	uint16_t iface = spec->iface;
	struct rib_route *link;

	if (iface == 0 && nh_kind(spec->nh) == NH_NEIGH && index < ADJ_MAX &&
			neighs->record[index] != NULL)
		iface = neighs->record[index]->iface;
	if (iface == 0 && nh_kind(spec->nh) == NH_IPSEC)
		iface = (uint16_t)index;
	if (iface == 0 && spec->kind == RIB_GATEWAY) {
		link = rib_match_link(ctl_rib(cli->ctl), spec->fib, &spec->gateway);
		iface = link == NULL ? 0 : link->spec.iface;
	}
	return iface == 0 ? NULL : iface_at(ctl_ifaces(cli->ctl), iface);
}

json_t *
view_route(struct cli *cli, const struct rib_route *route)
{
	static const char *const sources[] = { "local", "connected", "neighbour", "static" };
	const struct rib_spec *spec = &route->spec;
	const struct iface *ifp = route_iface(cli, spec);
	char flags[8] = "U", *f = flags + 1;
	json_t *o;

	if (spec->kind == RIB_GATEWAY)
		*f++ = 'G';
	if (spec->prefix.len == ip_bits(&spec->prefix.addr))
		*f++ = 'H';
	if (spec->source == RIB_STATIC)
		*f++ = 'S';
	if (spec->kind == RIB_BLACKHOLE)
		*f++ = 'B';
	if (spec->kind == RIB_REJECT)
		*f++ = 'R';
	o = json_pack("{s:s, s:s, s:i, s:s, s:s, s:b, s:s}", "family",
			spec->prefix.addr.af == AF_INET ? "inet" : "inet6", "prefix",
			prefix_str(&spec->prefix), "fib", spec->fib, "flags", flags, "source",
			sources[spec->source], "active", route->active, "interface",
			ifp == NULL ? "" : ifp->name);
	if (o != NULL && spec->kind == RIB_GATEWAY)
		json_object_set_new(o, "gateway",
				json_sprintf("%s%s%s", ip_str(&spec->gateway),
						spec->iface == 0 ? "" : "%",
						spec->iface == 0 || ifp == NULL ? "" : ifp->name));
	if (o != NULL && ifp != NULL)
		json_object_set_new(o, "mtu", json_integer(ifp->mtu));
	return o;
}

static void
print_get(struct cli *cli, const json_t *o)
{
	const char *flags = json_string_value(json_object_get(o, "flags"));
	const char *gateway = json_string_value(json_object_get(o, "gateway"));
	struct ip_prefix p;
	struct ip_addr mask = { 0 };
	unsigned int i;

	ip_prefix_parse(json_string_value(json_object_get(o, "prefix")), &p);
	mask.af = p.addr.af;
	for (i = 0; i < p.len; i++)
		mask.v6[i / 8] |= (uint8_t)(0x80 >> i % 8);
	cli_printf(cli, "   route to: %s\n", json_string_value(json_object_get(o, "address")));
	cli_printf(cli, "destination: %s\n", p.len == 0 ? "default" : ip_str(&p.addr));
	if (p.len != ip_bits(&p.addr))
		cli_printf(cli, "       mask: %s\n", p.len == 0 ? "default" : ip_str(&mask));
	if (gateway != NULL)
		cli_printf(cli, "    gateway: %s\n", gateway);
	cli_printf(cli, "        fib: %" JSON_INTEGER_FORMAT "\n",
			json_integer_value(json_object_get(o, "fib")));
	cli_printf(cli, "  interface: %s\n", json_string_value(json_object_get(o, "interface")));
	cli_printf(cli, "      flags: <UP%s%s,DONE%s%s%s>\n", gateway != NULL ? ",GATEWAY" : "",
			strchr(flags, 'H') ? ",HOST" : "", strchr(flags, 'S') ? ",STATIC" : "",
			strchr(flags, 'B') ? ",BLACKHOLE" : "",
			strchr(flags, 'R') ? ",REJECT" : "");
	cli_printf(cli, " recvpipe  sendpipe  ssthresh  rtt,msec    mtu        weight    expire\n");
	cli_printf(cli,
			"       0         0         0         0 %6" JSON_INTEGER_FORMAT
			"         1         0\n",
			json_integer_value(json_object_get(o, "mtu")));
}

/* fe80::1%wan0: there is no choice. */
static int
on_link(struct cli *cli, const struct ip_addr *addr, const char *port, struct rib_route *ret_route)
{
	const struct iface *ifp = iface_find(ctl_ifaces(cli->ctl), port);

	if (ifp == NULL)
		return cli_error(cli, "%s: interface does not exist", port);
	memset(ret_route, 0, sizeof(*ret_route));
	ret_route->active = true;
	ret_route->spec.prefix = (struct ip_prefix){ .addr = *addr, .len = 64 };
	ip_prefix_mask(&ret_route->spec.prefix);
	ret_route->spec.fib = ifp->fib;
	ret_route->spec.source = RIB_CONNECTED;
	ret_route->spec.kind = RIB_INTERFACE;
	ret_route->spec.iface = ifp->index;
	return 0;
}

static int
get(struct cli *cli, struct request *q)
{
	struct rib_route route;
	struct ip_addr addr;
	struct err err = { 0 };
	char zone[IFACE_NAME_MAX];
	json_t *o;

	if (scoped_parse(q->dest, &addr, zone) != 0 || (q->af != 0 && q->af != addr.af))
		return cli_error(cli, "route: %.64s is not an IP%s address", q->dest,
				q->af == 0                         ? ""
						: q->af == AF_INET ? "v4"
								   : "v6");
	if (zone[0] != '\0') {
		if (on_link(cli, &addr, zone, &route) != 0)
			return 1;
	} else if (ctl_route_get(cli->ctl, q->route.fib, &addr, &route, &err) != 0) {
		return cli_fail(cli, &err);
	}
	o = view_route(cli, &route);
	json_object_set_new(o, "address", json_string(ip_str(&addr)));
	return cli_view(cli, o, print_get);
}

static int
run(struct cli *cli, int argc, char *argv[])
{
	struct request q = { 0 };
	int i = 1;

	while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0' &&
			strspn(argv[i] + 1, "nqv46") == strlen(argv[i] + 1)) {
		q.af = strchr(argv[i], '4') ? AF_INET : strchr(argv[i], '6') ? AF_INET6 : q.af;
		i++;
	}
	if (i >= argc)
		return cli_usage(cli, &cmd_route);
	if (read_words(cli, &q, argc, argv, i + 1) != 0)
		return 1;
	if (strcmp(argv[i], "get") == 0 || strcmp(argv[i], "show") == 0)
		return get(cli, &q);
	if (strcmp(argv[i], "add") == 0 || strcmp(argv[i], "change") == 0 ||
			strcmp(argv[i], "delete") == 0)
		return change(cli, argv[i], &q);
	if (strcmp(argv[i], "del") == 0)
		return change(cli, "delete", &q);
	return cli_error(cli, "route: %.40s is not a command (add, change, delete, get)", argv[i]);
}

static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	if (argc == 1) {
		cli_offer(c, "add", "DEST GATEWAY");
		cli_offer(c, "change", "DEST GATEWAY");
		cli_offer(c, "delete", "DEST");
		cli_offer(c, "get", "ADDRESS");
		return;
	}
	if (strcmp(argv[argc - 1], "-interface") == 0 ||
			(argc > 3 && strcmp(argv[argc - 2], "-interface") == 0)) {
		cli_offer_ifaces(c, IFACE_NONE);
		return;
	}
	cli_offer(c, "default", "all there is");
	cli_offer(c, "-interface", "IF instead of a gateway");
	cli_offer(c, "-blackhole", "drop in silence");
	cli_offer(c, "-reject", "drop and say so");
	cli_offer(c, "-inet", "IPv4");
	cli_offer(c, "-inet6", "IPv6");
	cli_offer(c, "-fib", "routing table");
}

const struct cli_command cmd_route = {
	.name = "route",
	.usage = "route [-n] add|change|delete [-inet|-inet6] [-fib N] DEST GATEWAY\n"
		 "route [-n] add|change|delete [-inet|-inet6] [-fib N] DEST -interface IF\n"
		 "route [-n] add|change [-inet|-inet6] [-fib N] DEST -blackhole|-reject\n"
		 "route [-n] get [-fib N] ADDR",
	.help = "routes: add, change, delete, look up (DEST: host, net/len, default)",
	.run = run,
	.complete = complete,
};
