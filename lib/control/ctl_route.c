/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Static routes and static neighbours: route(8), arp(8), ndp(8). Which route wins for a prefix is rib's business; what a gateway
 * resolves to is resolve.c's.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/ctl.h"

static int
prefix_check(const struct ctl_route *route, struct err *err)
{
	const struct ip_prefix *p = &route->prefix;

	if (p->addr.af != AF_INET && p->addr.af != AF_INET6)
		return err_set(err, EAFNOSUPPORT, "route: destination is neither IPv4 nor IPv6");
	if (p->len > ip_bits(&p->addr))
		return err_set(err, EINVAL, "route %s: prefix length %u is too long (0 to %u)",
				prefix_str(p), p->len, ip_bits(&p->addr));
	if (route->fib >= FIB_MAX)
		return err_set(err, EINVAL, "route %s: no such fib, %u (0 to %d)", prefix_str(p),
				route->fib, FIB_MAX - 1);
	return 0;
}

/* fe80::1%wan0: the port says which of the links it is on. */
static int
scope_check(struct ctl *ctl, const struct ctl_route *route, struct err *err)
{
	const struct iface *ifp = iface_find(ctl->ifaces, route->interface);

	if (ifp == NULL)
		return err_set(err, ENXIO, "route %s: interface %.32s does not exist",
				prefix_str(&route->prefix), route->interface);
	if (route->gateway.af != AF_INET6 || !ip_is_link_local(&route->gateway))
		return err_set(err, EINVAL,
				"route %s: gateway %s is not link-local, it has no interface",
				prefix_str(&route->prefix), ip_str(&route->gateway));
	if (ifp->kind != IFACE_PORT || ifp->fib != route->fib)
		return err_set(err, ENETUNREACH,
				"route %s: gateway %s is not on a link of fib %u, %s is not its "
				"port",
				prefix_str(&route->prefix), ip_str(&route->gateway), route->fib,
				ifp->name);
	return 0;
}

/* A gateway must be on a link, or behind a tunnel. */
static int
gateway_check(struct ctl *ctl, const struct ctl_route *route, struct err *err)
{
	const struct rib_route *via;
	enum nh_kind kind;

	if (route->gateway.af != route->prefix.addr.af)
		return err_set(err, EINVAL, "route %s: gateway %s is not of the same family",
				prefix_str(&route->prefix), ip_str(&route->gateway));
	if (ip_is_any(&route->gateway) || ip_is_multicast(&route->gateway))
		return err_set(err, EINVAL, "route %s: gateway %s is not a host",
				prefix_str(&route->prefix), ip_str(&route->gateway));
	if (iface_of_local(ctl->ifaces, &route->gateway) != NULL)
		return err_set(err, EINVAL, "route %s: gateway %s is one of our own addresses",
				prefix_str(&route->prefix), ip_str(&route->gateway));
	if (route->interface[0] != '\0')
		return scope_check(ctl, route, err);
	via = rib_match_link(ctl->rib, route->fib, &route->gateway);
	kind = via == NULL ? NH_NONE : nh_kind(via->spec.nh);
	if (kind != NH_ATTACHED && kind != NH_NEIGH && kind != NH_IPSEC)
		return err_set(err, ENETUNREACH,
				"route %s: gateway %s is not on a link, network is unreachable",
				prefix_str(&route->prefix), ip_str(&route->gateway));
	return 0;
}

/* What rib is to be told. The gateway's next hop comes from resolve_run(). */
static int
spec_make(struct ctl *ctl, const struct ctl_route *route, struct rib_spec *ret_spec,
		struct err *err)
{
	struct rib_spec spec = {
		.fib = route->fib,
		.prefix = route->prefix,
		.source = RIB_STATIC,
		.kind = route->kind,
	};
	const struct iface *ifp;
	int rc;

	rc = prefix_check(route, err);
	if (rc != 0)
		return rc;
	switch (route->kind) {
	case RIB_GATEWAY:
		rc = gateway_check(ctl, route, err);
		if (rc != 0)
			return rc;
		spec.gateway = route->gateway;
		if (route->interface[0] != '\0')
			spec.iface = iface_find(ctl->ifaces, route->interface)->index;
		break;
	case RIB_INTERFACE:
		ifp = iface_find(ctl->ifaces, route->interface);
		if (ifp == NULL)
			return err_set(err, ENXIO, "route %s: interface %.32s does not exist",
					prefix_str(&route->prefix), route->interface);
		spec.iface = ifp->index;
		spec.nh = nh_make(ifp->kind == IFACE_IPSEC ? NH_IPSEC : NH_ATTACHED, ifp->index);
		break;
	case RIB_BLACKHOLE:
		spec.nh = nh_make(NH_BLACKHOLE, 0);
		break;
	case RIB_REJECT:
		spec.nh = nh_make(NH_REJECT, 0);
		break;
	}
	ip_prefix_mask(&spec.prefix);
	*ret_spec = spec;
	return 0;
}

/* Into the list of its interface; a route by a gateway is in a list of resolve's. */
static void
link_enter(struct ctl *ctl, struct rib_route *route, struct ctl_route_link *link)
{
	link->route = route;
	route->owner = link;
	LIST_INSERT_HEAD(&ctl->routes[route->spec.iface], link, next);
}

static void
link_leave(struct rib_route *route)
{
	struct ctl_route_link *link = route->owner;

	if (link == NULL)
		return;
	route->owner = NULL;
	LIST_REMOVE(link, next);
	free(link);
}

/* A link where one is needed. 0 or -ENOMEM. */
static int
link_make(const struct rib_spec *spec, struct ctl_route_link **ret_link, struct err *err)
{
	*ret_link = NULL;
	if (spec->kind == RIB_GATEWAY)
		return 0;
	*ret_link = malloc(sizeof(**ret_link));
	if (*ret_link == NULL)
		return err_set(err, ENOMEM, "route %s: out of memory", prefix_str(&spec->prefix));
	return 0;
}

static void
route_remove(struct ctl *ctl, struct rib_route *route)
{
	link_leave(route);
	rib_remove(ctl->rib, route);
}

void
ctl_route_list_free(struct ctl_route_list *list)
{
	struct ctl_route_link *link;

	while ((link = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(link, next);
		free(link);
	}
}

void
ctl_route_flush(struct ctl *ctl, const struct iface *ifp)
{
	struct ctl_route_link *link;
	struct rib_route *route;

	resolve_run(ctl->resolve); /* so that gateways say what they are behind */
	while ((route = resolve_route_via(ctl->resolve, ifp)) != NULL)
		route_remove(ctl, route);
	while ((link = LIST_FIRST(&ctl->routes[ifp->index])) != NULL)
		route_remove(ctl, link->route);
}

int
ctl_route_add(struct ctl *ctl, const struct ctl_route *route, struct err *err)
{
	struct ctl_route_link *link;
	struct rib_route *entered;
	struct rib_spec spec;
	int rc;

	ctl_assert_thread();
	rc = spec_make(ctl, route, &spec, err);
	if (rc != 0)
		return rc;
	if (rib_find(ctl->rib, spec.fib, &spec.prefix, RIB_STATIC) != NULL)
		return err_set(err, EEXIST, "route %s: already in table", prefix_str(&spec.prefix));
	rc = link_make(&spec, &link, err);
	if (rc != 0)
		return rc;
	entered = rib_insert(ctl->rib, &spec, err);
	if (entered == NULL) {
		free(link);
		return err != NULL && err->code != 0 ? -err->code : -ENOMEM;
	}
	if (entered->spec.nh == NH_NONE) { /* its gateway has one, and found no room for it */
		rib_remove(ctl->rib, entered);
		return err_set(err, ENOSPC, "route %s: the table is full",
				prefix_str(&spec.prefix));
	}
	if (link != NULL)
		link_enter(ctl, entered, link);
	ctl_settle(ctl);
	return 0;
}

int
ctl_route_change(struct ctl *ctl, const struct ctl_route *route, struct err *err)
{
	struct ctl_route_link *link;
	struct rib_route *old;
	struct rib_spec spec;
	int rc;

	ctl_assert_thread();
	rc = spec_make(ctl, route, &spec, err);
	if (rc != 0)
		return rc;
	old = rib_find(ctl->rib, spec.fib, &spec.prefix, RIB_STATIC);
	if (old == NULL)
		return err_set(err, ESRCH, "route %s: not in table", prefix_str(&spec.prefix));
	rc = link_make(&spec, &link, err);
	/* To a gateway: the old next hop stays in force until the new one is known. */
	if (rc == 0 && spec.kind != RIB_GATEWAY)
		rc = rib_set_nh(ctl->rib, old, spec.nh, err);
	if (rc != 0) {
		free(link);
		return rc;
	}
	resolve_route_gone(ctl->resolve, old);
	link_leave(old);
	old->spec.kind = spec.kind;
	old->spec.gateway = spec.gateway;
	old->spec.iface = spec.iface;
	if (link != NULL)
		link_enter(ctl, old, link);
	resolve_route_changed(ctl->resolve, old);
	ctl_settle(ctl);
	return 0;
}

static int delete (struct ctl *ctl, struct rib_route *route, const struct ip_prefix *prefix,
		struct err *err)
{
	if (route == NULL)
		return err_set(err, ESRCH, "route %s: not in table", prefix_str(prefix));
	route_remove(ctl, route);
	ctl_settle(ctl);
	return 0;
}

int
ctl_route_delete(struct ctl *ctl, uint16_t fib, const struct ip_prefix *prefix, struct err *err)
{
	struct ip_prefix masked = *prefix;

	ctl_assert_thread();
	ip_prefix_mask(&masked);
	return delete (ctl, rib_find(ctl->rib, fib, &masked, RIB_STATIC), &masked, err);
}

/* Does a route lead where the operator says? */
static bool
leads_to(struct ctl *ctl, const struct rib_spec *spec, const struct ctl_route *said)
{
	const struct iface *ifp;

	if (spec->kind != said->kind)
		return false;
	if (spec->kind == RIB_GATEWAY && !ip_equal(&spec->gateway, &said->gateway))
		return false;
	if (spec->kind != RIB_INTERFACE && said->interface[0] == '\0')
		return true;
	ifp = iface_find(ctl->ifaces, said->interface);
	return ifp != NULL && ifp->index == spec->iface;
}

int
ctl_route_delete_to(struct ctl *ctl, const struct ctl_route *route, struct err *err)
{
	struct ip_prefix masked = route->prefix;
	struct rib_route *found;

	ctl_assert_thread();
	ip_prefix_mask(&masked);
	found = rib_find(ctl->rib, route->fib, &masked, RIB_STATIC);
	if (found != NULL && !leads_to(ctl, &found->spec, route))
		found = NULL;
	return delete (ctl, found, &masked, err);
}

int
ctl_route_get(struct ctl *ctl, uint16_t fib, const struct ip_addr *addr,
		struct rib_route *ret_route, struct err *err)
{
	const struct rib_route *route;

	ctl_assert_thread();
	route = fib >= FIB_MAX ? NULL : rib_match(ctl->rib, fib, addr);
	if (route == NULL)
		return err_set(err, ESRCH, "route %s: not in table", ip_str(addr));
	*ret_route = *route;
	return 0;
}

int
ctl_neigh_add(struct ctl *ctl, const char *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac, struct err *err)
{
	struct iface *ifp;
	int rc;

	ctl_assert_thread();
	ifp = ctl_iface(ctl, port, err);
	if (ifp == NULL)
		return -ENXIO;
	if (ifp->kind != IFACE_PORT)
		return err_set(err, EINVAL, "%s: neighbour %s is not on a port", port,
				ip_str(addr));
	rc = resolve_neigh_add(ctl->resolve, ifp, addr, mac, err);
	ctl_settle(ctl);
	return rc;
}

int
ctl_neigh_delete_on(struct ctl *ctl, const char *port, const struct ip_addr *addr, struct err *err)
{
	const struct iface *ifp = NULL;
	int rc;

	ctl_assert_thread();
	if (port != NULL) {
		ifp = ctl_iface(ctl, port, err);
		if (ifp == NULL)
			return -ENXIO;
	}
	rc = resolve_neigh_delete(ctl->resolve, ifp, addr, err);
	ctl_settle(ctl);
	return rc;
}

int
ctl_neigh_delete(struct ctl *ctl, const struct ip_addr *addr, struct err *err)
{
	return ctl_neigh_delete_on(ctl, NULL, addr, err);
}
