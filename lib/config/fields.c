/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of fields.h: every key of the configuration file, once. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "config/fields.h"

#define IPSEC_UNIT_MAX 32767 /* FreeBSD's IF_MAXUNIT, as in iface/ipsec_if.c */

#define AT(type, member) (uint16_t) offsetof(struct type, member)
#define TABLE(rows) .fields = rows, .nb_fields = RTE_DIM(rows)
#define CHARS(type, member) .offset = AT(type, member), .size = sizeof(((struct type *)0)->member)

bool
cfg_name_ok(const char *name)
{
	const size_t n = strlen(name);

	return n > 0 && n < IFACE_NAME_MAX &&
			strspn(name,
					"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345"
					"6789_.-") == n;
}

bool
cfg_name_is_ipsec(const char *name)
{
	const char *digits = name + 5;

	if (strncmp(name, "ipsec", 5) != 0 || !cfg_name_ok(name) || digits[0] == '\0')
		return false;
	return strspn(digits, "0123456789") == strlen(digits) && strlen(digits) <= 5 &&
			strtoul(digits, NULL, 10) <= IPSEC_UNIT_MAX &&
			(digits[0] != '0' || digits[1] == '\0');
}

/* --- ports --- */

static const struct cfg_field prefix_fields[] = {
	{ .key = "", .type = CFG_PREFIX, .required = true },
};
static const struct cfg_struct prefix_struct = {
	TABLE(prefix_fields),
	.size = sizeof(struct ip_prefix),
	.scalar = true,
};

static const struct cfg_field port_fields[] = {
	{ .key = "device", .type = CFG_TEXT, .required = true, CHARS(cfg_port, device) },
	{ .key = "devargs", .type = CFG_TEXT, CHARS(cfg_port, devargs) },
	{ .key = "mac",
			.type = CFG_MAC,
			.offset = AT(cfg_port, mac),
			.aux = AT(cfg_port, has_mac) },
	{ .key = "mtu",
			.type = CFG_MTU,
			.offset = AT(cfg_port, mtu_bytes),
			.min = 576,
			.max = 16110 },
	{ .key = "addresses",
			.type = CFG_LIST,
			.offset = AT(cfg_port, addresses),
			.aux = AT(cfg_port, nb_addresses),
			.sub = &prefix_struct },
	{ .key = "fib", .type = CFG_U16, .offset = AT(cfg_port, fib), .max = FIB_MAX - 1 },
	{ .key = "up", .type = CFG_BOOL, .offset = AT(cfg_port, up) },
	{ .key = "monitor", .type = CFG_BOOL, .offset = AT(cfg_port, monitor) },
	{ .key = "description", .type = CFG_TEXT, CHARS(cfg_port, description) },
	{ .key = "host", .type = CFG_IFNAME, CHARS(cfg_port, host) },
};

static void
port_defaults(void *object)
{
	struct cfg_port *port = object;

	port->mtu_bytes = 1500;
	port->up = true;
}

static const struct cfg_struct port_struct = {
	TABLE(port_fields),
	.size = sizeof(struct cfg_port),
	.defaults = port_defaults,
	.name_ok = cfg_name_ok,
	.name_what = "the name of an interface (1 to 15 of A-Z a-z 0-9 _ . -)",
};

/* --- neighbors --- */

static const struct cfg_field neighbor_fields[] = {
	{ .key = "port", .type = CFG_IFNAME, .required = true, CHARS(cfg_neighbor, port) },
	{ .key = "address",
			.type = CFG_ADDR,
			.required = true,
			.offset = AT(cfg_neighbor, address) },
	{ .key = "mac",
			.type = CFG_MAC,
			.required = true,
			.always = true,
			.offset = AT(cfg_neighbor, mac) },
};
static const struct cfg_struct neighbor_struct = {
	TABLE(neighbor_fields),
	.size = sizeof(struct cfg_neighbor),
};

/* --- ipsec --- */

static const struct cfg_field tunnel_fields[] = {
	{ .key = "local",
			.type = CFG_ADDR,
			.required = true,
			.offset = AT(cfg_ipsec, tunnel_local) },
	{ .key = "remote",
			.type = CFG_ADDR,
			.required = true,
			.offset = AT(cfg_ipsec, tunnel_remote) },
};
static const struct cfg_struct tunnel_group = {
	TABLE(tunnel_fields),
	.size = sizeof(struct cfg_ipsec),
};

static const struct cfg_field tunnel_addr_fields[] = {
	{ .key = "local",
			.type = CFG_PREFIX,
			.required = true,
			.offset = AT(cfg_tunnel_addr, local) },
	{ .key = "peer", .type = CFG_ADDR, .offset = AT(cfg_tunnel_addr, peer) },
};

static void
tunnel_addr_finish(struct json_reader *r, const json_t *json, void *object)
{
	const struct cfg_tunnel_addr *addr = object;

	if (addr->peer.af != 0 && addr->local.addr.af != 0 && addr->peer.af != addr->local.addr.af)
		json_mistake(r, "peer", "%s is of another family than %s", ip_str(&addr->peer),
				prefix_str(&addr->local));
}

static const struct cfg_struct tunnel_addr_struct = {
	TABLE(tunnel_addr_fields),
	.size = sizeof(struct cfg_tunnel_addr),
	.finish = tunnel_addr_finish,
};

static const struct cfg_field ipsec_fields[] = {
	{ .key = "reqid", .type = CFG_U32, .offset = AT(cfg_ipsec, reqid), .max = UINT32_MAX },
	{ .key = "mtu",
			.type = CFG_MTU,
			.offset = AT(cfg_ipsec, mtu_bytes),
			.aux = AT(cfg_ipsec, mtu_auto),
			.min = 1280,
			.max = 8192 },
	{ .key = "up", .type = CFG_BOOL, .always = true, .offset = AT(cfg_ipsec, up) },
	{ .key = "monitor", .type = CFG_BOOL, .offset = AT(cfg_ipsec, monitor) },
	{ .key = "fib", .type = CFG_U16, .offset = AT(cfg_ipsec, fib), .max = FIB_MAX - 1 },
	{ .key = "tunnelfib",
			.type = CFG_U16,
			.offset = AT(cfg_ipsec, tunnelfib),
			.max = FIB_MAX - 1 },
	{ .key = "description", .type = CFG_TEXT, CHARS(cfg_ipsec, description) },
	{ .key = "tunnel", .type = CFG_GROUP, .sub = &tunnel_group },
	{ .key = "addresses",
			.type = CFG_LIST,
			.offset = AT(cfg_ipsec, addresses),
			.aux = AT(cfg_ipsec, nb_addresses),
			.sub = &tunnel_addr_struct },
};

static void
ipsec_defaults(void *object)
{
	struct cfg_ipsec *ipsec = object;

	ipsec->mtu_bytes = 1400;
}

static void
ipsec_finish(struct json_reader *r, const json_t *json, void *object)
{
	struct cfg_ipsec *ipsec = object;

	/* if_ipsec(4): an address brings the interface up */
	if (json_object_get(json, "up") == NULL)
		ipsec->up = ipsec->nb_addresses > 0;
}

static const struct cfg_struct ipsec_struct = {
	TABLE(ipsec_fields),
	.size = sizeof(struct cfg_ipsec),
	.defaults = ipsec_defaults,
	.finish = ipsec_finish,
	.name_ok = cfg_name_is_ipsec,
	.name_what = "the name of an ipsec interface (ipsec0 to ipsec32767)",
};

/* --- routes --- */

static const struct cfg_field route_fields[] = {
	{ .key = "prefix", .type = CFG_PREFIX, .required = true, .offset = AT(cfg_route, prefix) },
	{ .key = "gateway", .type = CFG_ADDR, .offset = AT(cfg_route, gateway) },
	{ .key = "interface", .type = CFG_IFNAME, CHARS(cfg_route, interface) },
	{ .key = "blackhole",
			.type = CFG_KIND,
			.offset = AT(cfg_route, kind),
			.min = CFG_ROUTE_BLACKHOLE },
	{ .key = "reject",
			.type = CFG_KIND,
			.offset = AT(cfg_route, kind),
			.min = CFG_ROUTE_REJECT },
	{ .key = "fib", .type = CFG_U16, .offset = AT(cfg_route, fib), .max = FIB_MAX - 1 },
};

static void
route_finish(struct json_reader *r, const json_t *json, void *object)
{
	struct cfg_route *route = object;
	const bool gateway = json_object_get(json, "gateway") != NULL;
	const bool interface = json_object_get(json, "interface") != NULL;
	const bool blackhole = json_is_true(json_object_get(json, "blackhole"));
	const bool reject = json_is_true(json_object_get(json, "reject"));
	/* the port of a link-local gateway */
	const bool scoped = gateway && interface && route->gateway.af == AF_INET6 &&
			ip_is_link_local(&route->gateway);

	ip_prefix_mask(&route->prefix);
	if (gateway + interface + blackhole + reject != 1 + scoped)
		json_mistake(r, NULL, "needs exactly one of gateway, interface, blackhole, reject");
	else if (gateway || interface)
		route->kind = gateway ? CFG_ROUTE_GATEWAY : CFG_ROUTE_INTERFACE;
	if (gateway && route->gateway.af != 0 && route->prefix.addr.af != 0 &&
			route->gateway.af != route->prefix.addr.af)
		json_mistake(r, "gateway", "%s is of another family than %s",
				ip_str(&route->gateway), prefix_str(&route->prefix));
}

static const struct cfg_struct route_struct = {
	TABLE(route_fields),
	.size = sizeof(struct cfg_route),
	.finish = route_finish,
};

/* --- sa --- */

static const char *const modes[] = { "tunnel", "any", "transport", NULL };
static const char *const pads[] = { "seq-pad", "zero-pad", "random-pad", NULL };

static const struct cfg_field natt_fields[] = {
	{ .key = "sport",
			.type = CFG_U16,
			.required = true,
			.offset = AT(cfg_sa, natt_sport),
			.min = 1,
			.max = UINT16_MAX },
	{ .key = "dport",
			.type = CFG_U16,
			.required = true,
			.offset = AT(cfg_sa, natt_dport),
			.min = 1,
			.max = UINT16_MAX },
};
static const struct cfg_struct natt_group = { TABLE(natt_fields), .size = sizeof(struct cfg_sa) };

#define LIMIT(name)                                                                         \
	{                                                                                   \
		.key = #name, .type = CFG_U64, .offset = AT(cfg_sa, name), .max = INT64_MAX \
	}
static const struct cfg_field lifetime_fields[] = {
	LIMIT(soft_seconds),
	LIMIT(hard_seconds),
	LIMIT(soft_use_seconds),
	LIMIT(hard_use_seconds),
	LIMIT(soft_bytes),
	LIMIT(hard_bytes),
	LIMIT(soft_packets),
	LIMIT(hard_packets),
};
static const struct cfg_struct lifetime_group = {
	TABLE(lifetime_fields),
	.size = sizeof(struct cfg_sa),
};

static const struct cfg_field sa_fields[] = {
	{ .key = "src", .type = CFG_ADDR, .required = true, .offset = AT(cfg_sa, src) },
	{ .key = "dst", .type = CFG_ADDR, .required = true, .offset = AT(cfg_sa, dst) },
	{ .key = "spi",
			.type = CFG_U32,
			.required = true,
			.offset = AT(cfg_sa, spi),
			.min = 256,
			.max = UINT32_MAX },
	{ .key = "mode",
			.type = CFG_CHOICE,
			.always = true,
			CHARS(cfg_sa, mode),
			.choices = modes },
	{ .key = "reqid", .type = CFG_U32, .offset = AT(cfg_sa, reqid), .max = UINT32_MAX },
	{ .key = "replay_window_packets",
			.type = CFG_U32,
			.offset = AT(cfg_sa, replay_window_packets),
			.max = REPLAY_WINDOW_MAX },
	{ .key = "esn", .type = CFG_BOOL, .offset = AT(cfg_sa, esn) },
	{ .key = "encryption", .type = CFG_TEXT, CHARS(cfg_sa, encryption) },
	{ .key = "encryption_key",
			.type = CFG_KEY,
			.offset = AT(cfg_sa, encryption_key),
			.aux = AT(cfg_sa, encryption_key_len) },
	{ .key = "encryption_key_file",
			.type = CFG_KEY_FILE,
			.offset = AT(cfg_sa, encryption_key),
			.aux = AT(cfg_sa, encryption_key_len) },
	{ .key = "authentication", .type = CFG_TEXT, CHARS(cfg_sa, authentication) },
	{ .key = "authentication_key",
			.type = CFG_KEY,
			.offset = AT(cfg_sa, authentication_key),
			.aux = AT(cfg_sa, authentication_key_len) },
	{ .key = "authentication_key_file",
			.type = CFG_KEY_FILE,
			.offset = AT(cfg_sa, authentication_key),
			.aux = AT(cfg_sa, authentication_key_len) },
	{ .key = "natt", .type = CFG_GROUP, .sub = &natt_group },
	{ .key = "pad", .type = CFG_CHOICE, CHARS(cfg_sa, pad), .choices = pads },
	{ .key = "lifetime", .type = CFG_GROUP, .sub = &lifetime_group },
};

static void
sa_defaults(void *object)
{
	struct cfg_sa *sa = object;

	(void)snprintf(sa->mode, sizeof(sa->mode), "tunnel");
	(void)snprintf(sa->pad, sizeof(sa->pad), "seq-pad");
}

static void
sa_finish(struct json_reader *r, const json_t *json, void *object)
{
	if (json_object_get(json, "encryption_key") != NULL &&
			json_object_get(json, "encryption_key_file") != NULL)
		json_mistake(r, "encryption_key_file", "encryption_key is given too");
	if (json_object_get(json, "authentication_key") != NULL &&
			json_object_get(json, "authentication_key_file") != NULL)
		json_mistake(r, "authentication_key_file", "authentication_key is given too");
}

static const struct cfg_struct sa_struct = {
	TABLE(sa_fields),
	.size = sizeof(struct cfg_sa),
	.defaults = sa_defaults,
	.finish = sa_finish,
};

/* --- the file --- */

static const char *const engines[] = { "auto", "cryptodev", "ipsec_mb", NULL };

static const struct cfg_field crypto_fields[] = {
	{ .key = "engine", .type = CFG_CHOICE, CHARS(cfg, engine), .choices = engines },
};
static const struct cfg_struct crypto_group = { TABLE(crypto_fields), .size = sizeof(struct cfg) };

static const struct cfg_field state_fields[] = {
	{ .key = "file", .type = CFG_TEXT, .required = true, CHARS(cfg, state_file) },
	{ .key = "seconds",
			.type = CFG_U32,
			.offset = AT(cfg, state_seconds),
			.min = 1,
			.max = 86400 },
};

static void
state_finish(struct json_reader *r, const json_t *json, void *object)
{
	const struct cfg *cfg = object;

	(void)json;
	if (cfg->state_file[0] != '\0' && cfg->state_file[0] != '/')
		json_mistake(r, "file", "\"%s\" is not an absolute path", cfg->state_file);
}

static const struct cfg_struct state_group = {
	TABLE(state_fields),
	.size = sizeof(struct cfg),
	.finish = state_finish,
};

static const struct cfg_struct sysctl_struct = { .size = sizeof(struct cfg_sysctl) };

#define SECTION(name, kind, array, count, of)                                               \
	{                                                                                   \
		.key = name, .type = kind, .offset = AT(cfg, array), .aux = AT(cfg, count), \
		.sub = of                                                                   \
	}
static const struct cfg_field cfg_fields[] = {
	{ .key = "$schema", .type = CFG_IGNORE },
	SECTION("ports", CFG_MAP, ports, nb_ports, &port_struct),
	SECTION("neighbors", CFG_LIST, neighbors, nb_neighbors, &neighbor_struct),
	SECTION("ipsec", CFG_MAP, ipsec, nb_ipsec, &ipsec_struct),
	SECTION("routes", CFG_LIST, routes, nb_routes, &route_struct),
	SECTION("sa", CFG_LIST, sas, nb_sas, &sa_struct),
	{ .key = "crypto", .type = CFG_GROUP, .sub = &crypto_group },
	SECTION("sysctl", CFG_SETTINGS, sysctls, nb_sysctls, &sysctl_struct),
	{ .key = "state", .type = CFG_GROUP, .sub = &state_group },
};

static void
cfg_defaults(void *object)
{
	struct cfg *cfg = object;

	(void)snprintf(cfg->engine, sizeof(cfg->engine), "auto");
}

const struct cfg_struct cfg_file = {
	TABLE(cfg_fields),
	.size = sizeof(struct cfg),
	.defaults = cfg_defaults,
};

const struct cfg_field *
cfg_section(const char *key)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(cfg_fields); i++) {
		if (strcmp(cfg_fields[i].key, key) == 0)
			return &cfg_fields[i];
	}
	return NULL;
}
