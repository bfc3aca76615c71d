/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is each gateway where it can be reached: on the link of a port, behind a tunnel, or a static neighbour? Prefixes in a hash table,
 * one look-up per prefix length in use. Part of cfg_check(). What longer static routes do to a gateway is seen when they are added.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/check.h"
#include "config/index.h"

struct link_key {
	struct ip_addr addr;
	uint16_t fib;
	uint16_t len;
};

struct links {
	const struct cfg *cfg;
	struct cfg_errors *errors;
	struct cfg_index *index;
	bool used[2][129]; /* prefix lengths, IPv4 and IPv6 */
};

static struct link_key
key_of(const struct ip_addr *addr, unsigned int len, unsigned int fib)
{
	struct ip_prefix prefix = { .addr = *addr, .len = (uint8_t)len };
	struct link_key key;

	ip_prefix_mask(&prefix);
	memset(&key, 0, sizeof(key));
	key.addr = prefix.addr;
	key.len = (uint16_t)len;
	key.fib = (uint16_t)fib;
	return key;
}

static void
enter(struct links *links, const struct ip_addr *addr, unsigned int len, unsigned int fib)
{
	const struct link_key key = key_of(addr, len, fib);
	unsigned int old;

	if (addr->af == 0)
		return;
	links->used[addr->af == AF_INET6][len] = true;
	(void)cfg_index_put(links->index, &key, 0, &old);
}

static void
enter_port(struct links *links, const struct cfg_port *port)
{
	struct ip_addr link_local = { .af = AF_INET6 };
	unsigned int i;

	link_local.v6[0] = 0xfe;
	link_local.v6[1] = 0x80;
	enter(links, &link_local, 64, port->fib);
	for (i = 0; i < port->nb_addresses; i++)
		enter(links, &port->addresses[i].addr, port->addresses[i].len, port->fib);
}

static void
enter_ipsec(struct links *links, const struct cfg_ipsec *ipsec)
{
	unsigned int i;

	for (i = 0; i < ipsec->nb_addresses; i++) {
		const struct cfg_tunnel_addr *a = &ipsec->addresses[i];

		if (a->peer.af != 0)
			enter(links, &a->peer, ip_bits(&a->peer), ipsec->fib);
		else
			enter(links, &a->local.addr, a->local.len, ipsec->fib);
	}
}

static void
enter_neighbor(struct links *links, const struct cfg_neighbor *n)
{
	unsigned int i;

	for (i = 0; i < links->cfg->nb_ports; i++) {
		if (strcmp(links->cfg->ports[i].name, n->port) == 0)
			enter(links, &n->address, ip_bits(&n->address), links->cfg->ports[i].fib);
	}
}

static unsigned int
count_links(const struct cfg *cfg)
{
	unsigned int i,
			n = cfg->nb_neighbors * (cfg->nb_ports + 1) + cfg->nb_routes +
			cfg->nb_ports;

	for (i = 0; i < cfg->nb_ports; i++)
		n += cfg->ports[i].nb_addresses;
	for (i = 0; i < cfg->nb_ipsec; i++)
		n += cfg->ipsec[i].nb_addresses;
	return n;
}

static bool
is_reachable(const struct links *links, const struct cfg_route *route)
{
	const unsigned int bits = ip_bits(&route->gateway);
	unsigned int len, value;

	for (len = 0; len <= bits; len++) {
		const struct link_key key = key_of(&route->gateway, len, route->fib);

		if (links->used[route->gateway.af == AF_INET6][len] &&
				cfg_index_find(links->index, &key, &value))
			return true;
	}
	return false;
}

/* Where entries could not be read, their links are missing for another reason. */
static bool
links_are_known(const struct cfg_errors *errors)
{
	unsigned int i;

	for (i = 0; i < errors->n; i++) {
		const char *path = errors->list[i].path;

		if (strncmp(path, "ports", 5) == 0 || strncmp(path, "ipsec", 5) == 0 ||
				strncmp(path, "neighbors", 9) == 0)
			return false;
	}
	return true;
}

static bool
is_doubtful(const struct cfg_route *route)
{
	return route->kind == CFG_ROUTE_GATEWAY && route->gateway.af != 0 &&
			route->gateway.af == route->prefix.addr.af && !ip_is_any(&route->gateway) &&
			!ip_is_multicast(&route->gateway);
}

void
check_gateways(const struct cfg *cfg, struct cfg_errors *errors)
{
	struct links links = { .cfg = cfg, .errors = errors };
	char path[ERR_PATH_MAX];
	unsigned int i;

	if (!links_are_known(errors))
		return;
	links.index = cfg_index_create(count_links(cfg), sizeof(struct link_key));
	if (links.index == NULL) {
		cfg_errors_add(errors, ENOMEM, "", "out of memory");
		return;
	}
	for (i = 0; i < cfg->nb_ports; i++)
		enter_port(&links, &cfg->ports[i]);
	for (i = 0; i < cfg->nb_ipsec; i++)
		enter_ipsec(&links, &cfg->ipsec[i]);
	for (i = 0; i < cfg->nb_neighbors; i++)
		enter_neighbor(&links, &cfg->neighbors[i]);
	for (i = 0; i < cfg->nb_routes; i++) {
		const struct cfg_route *route = &cfg->routes[i];

		if (route->kind == CFG_ROUTE_INTERFACE)
			enter(&links, &route->prefix.addr, route->prefix.len, route->fib);
	}
	for (i = 0; i < cfg->nb_routes; i++) {
		const struct cfg_route *route = &cfg->routes[i];

		if (!is_doubtful(route) || is_reachable(&links, route))
			continue;
		(void)snprintf(path, sizeof(path), "routes[%u].gateway", i);
		cfg_errors_add(errors, ENETUNREACH, path, "%s is not on a link of fib %u",
				ip_str(&route->gateway), route->fib);
	}
	cfg_index_destroy(links.index);
}
