/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs, as a configuration: `save` writes it, a difference is worked out against it. Only what an operator asked for is in it:
 * static neighbours and routes, no link-local addresses that ports made themselves, sysctls that are not at their initial value.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/ctl.h"
#include "control/ctl_config.h"

struct taking {
	struct ctl *ctl;
	struct cfg *cfg;
	unsigned int room; /* entries of the list being filled */
	bool failed;
};

/* Room for one more entry of a list that is filled by a callback. */
static void *
push(struct taking *t, void **list, unsigned int *n, size_t size)
{
	char *more;

	if (t->failed)
		return NULL;
	if (*n == t->room) {
		t->room = t->room == 0 ? 64 : 2 * t->room;
		more = calloc(t->room, size);
		if (more == NULL) {
			t->failed = true;
			return NULL;
		}
		if (*list != NULL) {
			memcpy(more, *list, *n * size);
			explicit_bzero(*list, *n * size);
		}
		free(*list);
		*list = more;
	}
	return (char *)*list + (*n)++ * size;
}

#define PUSH(t, list, n) push(t, (void **)&(t)->cfg->list, &(t)->cfg->n, sizeof(*(t)->cfg->list))

/* --- interfaces --- */

static void
take_port(struct taking *t, const struct iface *ifp)
{
	const struct cfg_port *asked = t->ctl->port[ifp->port_id];
	struct cfg_port *port = PUSH(t, ports, nb_ports);
	unsigned int i;

	if (port == NULL)
		return;
	if (asked != NULL) {
		*port = *asked;
	} else {
		(void)snprintf(port->device, sizeof(port->device), "%s", ifp->device);
	}
	(void)snprintf(port->name, sizeof(port->name), "%s", ifp->name);
	(void)snprintf(port->description, sizeof(port->description), "%s", ifp->description);
	port->mtu_bytes = ifp->mtu;
	port->fib = ifp->fib;
	port->up = (ifp->flags & IFACE_UP) != 0;
	port->monitor = (ifp->flags & IFACE_MONITOR) != 0;
	port->nb_addresses = 0;
	port->addresses = calloc(ifp->nb_addrs + 1u, sizeof(*port->addresses));
	if (port->addresses == NULL) {
		t->failed = true;
		return;
	}
	for (i = 0; i < ifp->nb_addrs; i++) {
		if (!ifp->addrs[i].link_local)
			port->addresses[port->nb_addresses++] = ifp->addrs[i].prefix;
	}
}

static void
take_ipsec(struct taking *t, const struct iface *ifp)
{
	struct cfg_ipsec *ipsec = PUSH(t, ipsec, nb_ipsec);
	unsigned int i;

	if (ipsec == NULL)
		return;
	(void)snprintf(ipsec->name, sizeof(ipsec->name), "%s", ifp->name);
	(void)snprintf(ipsec->description, sizeof(ipsec->description), "%s", ifp->description);
	ipsec->reqid = ifp->reqid;
	ipsec->mtu_bytes = ifp->mtu_auto ? IPSEC_MTU_DEFAULT : ifp->mtu;
	ipsec->mtu_auto = ifp->mtu_auto;
	ipsec->up = (ifp->flags & IFACE_UP) != 0;
	ipsec->monitor = (ifp->flags & IFACE_MONITOR) != 0;
	ipsec->fib = ifp->fib;
	ipsec->tunnelfib = ifp->tunnelfib;
	ipsec->tunnel_local = ifp->local;
	ipsec->tunnel_remote = ifp->remote;
	if (ifp->nb_addrs == 0)
		return;
	ipsec->addresses = calloc(ifp->nb_addrs, sizeof(*ipsec->addresses));
	if (ipsec->addresses == NULL) {
		t->failed = true;
		return;
	}
	for (i = 0; i < ifp->nb_addrs; i++) {
		if (ifp->addrs[i].link_local)
			continue;
		ipsec->addresses[ipsec->nb_addresses].local = ifp->addrs[i].prefix;
		ipsec->addresses[ipsec->nb_addresses++].peer = ifp->addrs[i].peer;
	}
}

static void
take_ifaces(struct taking *t, enum iface_kind kind)
{
	const struct iface *ifp;

	t->room = 0;
	for (ifp = iface_next(t->ctl->ifaces, NULL); ifp != NULL;
			ifp = iface_next(t->ctl->ifaces, ifp)) {
		if (ifp->kind != kind)
			continue;
		if (kind == IFACE_PORT)
			take_port(t, ifp);
		else
			take_ipsec(t, ifp);
	}
}

/* --- neighbours, routes, SAs --- */

static void
take_neighbor(struct neigh *n, void *arg)
{
	struct taking *t = arg;
	const struct iface *ifp = iface_at(t->ctl->ifaces, n->iface);
	struct cfg_neighbor *neighbor;

	if (n->state != NEIGH_STATIC || ifp == NULL)
		return;
	neighbor = PUSH(t, neighbors, nb_neighbors);
	if (neighbor == NULL)
		return;
	(void)snprintf(neighbor->port, sizeof(neighbor->port), "%s", ifp->name);
	neighbor->address = n->addr;
	neighbor->mac = n->mac;
}

static void
take_route(struct rib_route *route, void *arg)
{
	static const enum cfg_route_kind kinds[] = {
		[RIB_GATEWAY] = CFG_ROUTE_GATEWAY,
		[RIB_INTERFACE] = CFG_ROUTE_INTERFACE,
		[RIB_BLACKHOLE] = CFG_ROUTE_BLACKHOLE,
		[RIB_REJECT] = CFG_ROUTE_REJECT,
	};
	const struct rib_spec *spec = &route->spec;
	struct taking *t = arg;
	const struct iface *ifp = iface_at(t->ctl->ifaces, spec->iface);
	struct cfg_route *to;

	if (spec->source != RIB_STATIC)
		return;
	to = PUSH(t, routes, nb_routes);
	if (to == NULL)
		return;
	to->prefix = spec->prefix;
	to->fib = spec->fib;
	to->kind = kinds[spec->kind];
	if (spec->kind == RIB_GATEWAY)
		to->gateway = spec->gateway;
	if ((spec->kind == RIB_INTERFACE || spec->kind == RIB_GATEWAY) && ifp != NULL)
		(void)snprintf(to->interface, sizeof(to->interface), "%s", ifp->name);
}

static int
take_sa(struct sa_ctl *sa, void *arg)
{
	struct taking *t = arg;
	struct cfg_sa *to;

	if (sa->state != SA_MATURE && sa->state != SA_DYING)
		return 0;
	to = PUSH(t, sas, nb_sas);
	if (to != NULL)
		ctl_sa_to_cfg(&sa->prm, to);
	return 0;
}

static void
take_sysctls(struct taking *t)
{
	struct ctl_sysctl sysctl;
	unsigned int i;

	t->room = 0;
	for (i = 0; ctl_sysctl_at(t->ctl, i, &sysctl); i++) {
		struct cfg_sysctl *to;

		if (sysctl.value == sysctl.initial)
			continue;
		to = PUSH(t, sysctls, nb_sysctls);
		if (to == NULL)
			return;
		(void)snprintf(to->name, sizeof(to->name), "%s", sysctl.name);
		to->value = sysctl.value;
	}
}

struct cfg *
ctl_snapshot(struct ctl *ctl, struct err *err)
{
	struct taking t = { .ctl = ctl, .cfg = calloc(1, sizeof(struct cfg)) };

	ctl_assert_thread();
	if (t.cfg == NULL) {
		(void)err_set(err, ENOMEM, "configuration: out of memory");
		return NULL;
	}
	(void)snprintf(t.cfg->engine, sizeof(t.cfg->engine), "%s", ctl_engine_name(ctl));
	(void)snprintf(t.cfg->state_file, sizeof(t.cfg->state_file), "%s",
			ctl_state_wanted(ctl, &t.cfg->state_seconds));
	take_ifaces(&t, IFACE_PORT);
	take_ifaces(&t, IFACE_IPSEC);
	t.room = 0;
	neigh_foreach(ctl->neighs, take_neighbor, &t);
	t.room = 0;
	rib_foreach(ctl->rib, -1, AF_INET, take_route, &t);
	rib_foreach(ctl->rib, -1, AF_INET6, take_route, &t);
	t.room = 0;
	(void)sadb_foreach(ctl->sadb, take_sa, &t);
	take_sysctls(&t);
	if (t.failed) {
		cfg_free(t.cfg);
		(void)err_set(err, ENOMEM, "configuration: out of memory");
		return NULL;
	}
	return t.cfg;
}
