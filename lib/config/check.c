/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Contradictions between the entries of a configuration: things there twice, references to what is not there, tunnels that can not
 * be. Hash tables, so that 10,000s of entries take milliseconds. It is also asked about configurations that were read with
 * mistakes: a value that is not set is skipped. Called by json.c and control/check.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/check.h"
#include "config/fields.h"
#include "config/index.h"

#define PATH(...)                                                \
	({                                                       \
		(void)snprintf(path, sizeof(path), __VA_ARGS__); \
		path;                                            \
	})

struct check {
	const struct cfg *cfg;
	struct cfg_errors *errors;
	struct cfg_index *names; /* of interfaces: ports, then nb_ports + ipsec */
};

struct name_key {
	char name[CFG_NAME_MAX];
};

static struct name_key
name_key(const char *name)
{
	struct name_key key = { 0 };

	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	return key;
}

static struct cfg_index *
index_for(const struct check *c, unsigned int n, size_t key_size)
{
	struct cfg_index *index = cfg_index_create(n, key_size);

	if (index == NULL)
		cfg_errors_add(c->errors, ENOMEM, "", "out of memory");
	return index;
}

/* --- names --- */

static void
check_names(struct check *c)
{
	const struct cfg *cfg = c->cfg;
	char path[ERR_PATH_MAX];
	unsigned int i, old;

	for (i = 0; i < cfg->nb_ports; i++) {
		const struct name_key key = name_key(cfg->ports[i].name);

		if (cfg_name_is_ipsec(key.name) || strcmp(key.name, "ipsec") == 0)
			cfg_errors_add(c->errors, EINVAL, PATH("ports.%s", key.name),
					"the name is one for ipsec interfaces");
		else if (key.name[0] != '\0' && !cfg_index_put(c->names, &key, i, &old))
			cfg_errors_add(c->errors, EEXIST, PATH("ports.%s", key.name),
					"there is a port of that name already");
	}
	for (i = 0; i < cfg->nb_ipsec; i++) {
		const struct name_key key = name_key(cfg->ipsec[i].name);

		if (key.name[0] != '\0' && !cfg_index_put(c->names, &key, cfg->nb_ports + i, &old))
			cfg_errors_add(c->errors, EEXIST, PATH("ipsec.%s", key.name),
					"there is an interface of that name already");
	}
	if (cfg->nb_ports > PORT_MAX)
		cfg_errors_add(c->errors, ENOSPC, "ports", "%u are too many (at most %d)",
				cfg->nb_ports, PORT_MAX);
	if (cfg->nb_ports + cfg->nb_ipsec > IFACE_MAX - 1)
		cfg_errors_add(c->errors, ENOSPC, "ipsec",
				"%u interfaces with the ports are too many (at most %d)",
				cfg->nb_ports + cfg->nb_ipsec, IFACE_MAX - 1);
	if (cfg->nb_sas > SA_MAX - 1)
		cfg_errors_add(c->errors, ENOSPC, "sa", "%u are too many (at most %d)", cfg->nb_sas,
				SA_MAX - 1);
}

static bool
is_port(const struct check *c, const char *name)
{
	const struct name_key key = name_key(name);
	unsigned int i;

	return cfg_index_find(c->names, &key, &i) && i < c->cfg->nb_ports;
}

static bool
is_interface(const struct check *c, const char *name)
{
	const struct name_key key = name_key(name);
	unsigned int i;

	return cfg_index_find(c->names, &key, &i);
}

/* --- ports --- */

/* A text of each port that no two may share. */
static void
check_port_texts(struct check *c, const char *member, size_t offset)
{
	struct cfg_index *index = index_for(c, c->cfg->nb_ports, sizeof(struct name_key));
	char path[ERR_PATH_MAX];
	unsigned int i, old;

	for (i = 0; i < c->cfg->nb_ports && index != NULL; i++) {
		const struct cfg_port *port = &c->cfg->ports[i];
		const struct name_key key = name_key((const char *)port + offset);

		if (key.name[0] != '\0' && !cfg_index_put(index, &key, i, &old))
			cfg_errors_add(c->errors, EEXIST, PATH("ports.%s.%s", port->name, member),
					"\"%s\" is the %s of %s already", key.name, member,
					c->cfg->ports[old].name);
	}
	cfg_index_destroy(index);
}

/* --- addresses --- */

/* Of one interface; an address may be on several ipsec interfaces, as in FreeBSD, but on one port per FIB only. */
struct addr_key {
	struct ip_addr addr;
	uint32_t scope;
};
#define SCOPE_IPSEC 0x10000u /* + place in cfg->ipsec; below: FIB of a port */

static void
check_address(struct check *c, struct cfg_index *index, uint32_t scope,
		const struct ip_prefix *prefix, const char *path)
{
	const struct addr_key key = { .addr = prefix->addr, .scope = scope };
	unsigned int old;

	if (prefix->addr.af == 0)
		return;
	if (ip_is_any(&prefix->addr) || ip_is_multicast(&prefix->addr) ||
			ip_is_broadcast(&prefix->addr, NULL) || ip_is_loopback(&prefix->addr))
		cfg_errors_add(c->errors, EINVAL, path, "%s is not the address of a host",
				ip_str(&prefix->addr));
	else if (!cfg_index_put(index, &key, 0, &old))
		cfg_errors_add(c->errors, EEXIST, path, "%s is there twice%s",
				ip_str(&prefix->addr),
				scope < SCOPE_IPSEC ? " among the ports of this fib" : "");
}

static void
check_addresses(struct check *c)
{
	const struct cfg *cfg = c->cfg;
	char path[ERR_PATH_MAX];
	struct cfg_index *index;
	unsigned int i, k, n = 0;

	for (i = 0; i < cfg->nb_ports; i++)
		n += cfg->ports[i].nb_addresses;
	for (i = 0; i < cfg->nb_ipsec; i++)
		n += cfg->ipsec[i].nb_addresses;
	index = index_for(c, n, sizeof(struct addr_key));
	if (index == NULL)
		return;
	for (i = 0; i < cfg->nb_ports; i++) {
		const struct cfg_port *port = &cfg->ports[i];

		for (k = 0; k < port->nb_addresses; k++)
			check_address(c, index, port->fib, &port->addresses[k],
					PATH("ports.%s.addresses[%u]", port->name, k));
	}
	for (i = 0; i < cfg->nb_ipsec; i++) {
		const struct cfg_ipsec *ipsec = &cfg->ipsec[i];

		for (k = 0; k < ipsec->nb_addresses; k++)
			check_address(c, index, SCOPE_IPSEC + i, &ipsec->addresses[k].local,
					PATH("ipsec.%s.addresses[%u].local", ipsec->name, k));
	}
	cfg_index_destroy(index);
}

/* --- ipsec interfaces --- */

static void
check_tunnel(struct check *c, const struct cfg_ipsec *ipsec)
{
	const struct ip_addr *local = &ipsec->tunnel_local, *remote = &ipsec->tunnel_remote;
	char path[ERR_PATH_MAX];

	PATH("ipsec.%s.tunnel", ipsec->name);
	if (local->af == 0 || remote->af == 0)
		return;
	if (local->af != remote->af)
		cfg_errors_add(c->errors, EAFNOSUPPORT, path, "%s -> %s mixes IPv4 and IPv6",
				ip_str(local), ip_str(remote));
	else if (ip_is_any(local) || ip_is_any(remote) || ip_equal(local, remote))
		cfg_errors_add(c->errors, EADDRNOTAVAIL, path, "%s -> %s needs two distinct hosts",
				ip_str(local), ip_str(remote));
	else if (ip_is_multicast(local) || ip_is_multicast(remote))
		cfg_errors_add(c->errors, EADDRNOTAVAIL, path, "%s -> %s has a multicast end",
				ip_str(local), ip_str(remote));
}

static void
check_ipsec(struct check *c)
{
	struct cfg_index *reqids = index_for(c, c->cfg->nb_ipsec, sizeof(uint32_t));
	char path[ERR_PATH_MAX];
	unsigned int i, old;

	for (i = 0; i < c->cfg->nb_ipsec && reqids != NULL; i++) {
		const struct cfg_ipsec *ipsec = &c->cfg->ipsec[i];

		check_tunnel(c, ipsec);
		if (ipsec->reqid != 0 && !cfg_index_put(reqids, &ipsec->reqid, i, &old))
			cfg_errors_add(c->errors, EEXIST, PATH("ipsec.%s.reqid", ipsec->name),
					"%u is the reqid of %s already", ipsec->reqid,
					c->cfg->ipsec[old].name);
	}
	cfg_index_destroy(reqids);
}

/* --- neighbors --- */

struct neighbor_key {
	struct ip_addr address;
	char port[IFACE_NAME_MAX];
};

static void
check_neighbors(struct check *c)
{
	struct cfg_index *index = index_for(c, c->cfg->nb_neighbors, sizeof(struct neighbor_key));
	char path[ERR_PATH_MAX];
	unsigned int i, old;

	for (i = 0; i < c->cfg->nb_neighbors && index != NULL; i++) {
		const struct cfg_neighbor *n = &c->cfg->neighbors[i];
		struct neighbor_key key = { .address = n->address };

		if (n->port[0] == '\0' || n->address.af == 0)
			continue;
		(void)snprintf(key.port, sizeof(key.port), "%s", n->port);
		if (!is_port(c, n->port))
			cfg_errors_add(c->errors, ENXIO, PATH("neighbors[%u].port", i),
					"there is no port \"%s\"", n->port);
		if (ip_is_any(&n->address) || ip_is_multicast(&n->address))
			cfg_errors_add(c->errors, EINVAL, PATH("neighbors[%u].address", i),
					"%s is not the address of a host", ip_str(&n->address));
		else if (!cfg_index_put(index, &key, i, &old))
			cfg_errors_add(c->errors, EEXIST, PATH("neighbors[%u].address", i),
					"%s is in neighbors[%u] already", ip_str(&n->address), old);
	}
	cfg_index_destroy(index);
}

/* --- routes --- */

struct route_key {
	struct ip_addr addr;
	uint16_t fib;
	uint16_t len;
};

static void
check_routes(struct check *c)
{
	struct cfg_index *index = index_for(c, c->cfg->nb_routes, sizeof(struct route_key));
	char path[ERR_PATH_MAX];
	unsigned int i, old;

	for (i = 0; i < c->cfg->nb_routes && index != NULL; i++) {
		const struct cfg_route *route = &c->cfg->routes[i];
		struct ip_prefix prefix = route->prefix;
		struct route_key key;

		if (route->interface[0] != '\0' && !is_interface(c, route->interface))
			cfg_errors_add(c->errors, ENXIO, PATH("routes[%u].interface", i),
					"there is no interface \"%s\"", route->interface);
		if (route->kind == CFG_ROUTE_GATEWAY && route->gateway.af != 0 &&
				(ip_is_any(&route->gateway) || ip_is_multicast(&route->gateway)))
			cfg_errors_add(c->errors, EINVAL, PATH("routes[%u].gateway", i),
					"%s is not the address of a host", ip_str(&route->gateway));
		if (prefix.addr.af == 0)
			continue;
		ip_prefix_mask(&prefix);
		memset(&key, 0, sizeof(key));
		key.addr = prefix.addr;
		key.fib = route->fib;
		key.len = prefix.len;
		if (!cfg_index_put(index, &key, i, &old))
			cfg_errors_add(c->errors, EEXIST, PATH("routes[%u].prefix", i),
					"%s is in routes[%u] already", prefix_str(&prefix), old);
	}
	cfg_index_destroy(index);
}

/* --- SAs --- */

struct sa_key {
	struct ip_addr dst;
	uint32_t spi;
};

static void
check_sas(struct check *c)
{
	struct cfg_index *index = index_for(c, c->cfg->nb_sas, sizeof(struct sa_key));
	char path[ERR_PATH_MAX];
	unsigned int i, old;

	for (i = 0; i < c->cfg->nb_sas && index != NULL; i++) {
		const struct cfg_sa *sa = &c->cfg->sas[i];
		const struct sa_key key = { .dst = sa->dst, .spi = sa->spi };

		if (sa->dst.af != 0 && sa->spi != 0 && !cfg_index_put(index, &key, i, &old))
			cfg_errors_add(c->errors, EEXIST, PATH("sa[%u].spi", i),
					"%u to %s is in sa[%u] already", sa->spi, ip_str(&sa->dst),
					old);
	}
	cfg_index_destroy(index);
}

static void
check_sysctls(struct check *c)
{
	struct cfg_index *index = index_for(c, c->cfg->nb_sysctls, sizeof(struct name_key));
	char path[ERR_PATH_MAX];
	unsigned int i, old;

	for (i = 0; i < c->cfg->nb_sysctls && index != NULL; i++) {
		const struct name_key key = name_key(c->cfg->sysctls[i].name);

		if (!cfg_index_put(index, &key, i, &old))
			cfg_errors_add(c->errors, EEXIST, PATH("sysctl.%s", key.name),
					"is there twice");
	}
	cfg_index_destroy(index);
}

unsigned int
cfg_check(const struct cfg *cfg, struct cfg_errors *errors)
{
	const unsigned int before = errors->n;
	struct check c = { .cfg = cfg, .errors = errors };

	c.names = index_for(&c, cfg->nb_ports + cfg->nb_ipsec, sizeof(struct name_key));
	if (c.names == NULL)
		return errors->n - before;
	check_names(&c);
	check_port_texts(&c, "device", offsetof(struct cfg_port, device));
	check_port_texts(&c, "host", offsetof(struct cfg_port, host));
	check_addresses(&c);
	check_ipsec(&c);
	check_neighbors(&c);
	check_routes(&c);
	check_gateways(cfg, errors);
	check_sas(&c);
	check_sysctls(&c);
	cfg_index_destroy(c.names);
	return errors->n - before;
}
