/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of interfaces and the routes that they bring:
 *
 *    port     10.1.0.1/24              10.1.0.1/32 local, 10.1.0.0/24 on the link, 10.1.0.0/32 and 10.1.0.255/32 broadcast
 *    ipsecN   172.16.0.3/16 172.16.0.5 172.16.0.3/32 local, 172.16.0.5/32 through the tunnel (as FreeBSD: not the /16)
 *    ipsecN   fd00::3/64               fd00::3/128 local, fd00::/64 through the tunnel
 *
 * Where two interfaces bring the same route the first has it, and the other one inherits.
 */
#include <errno.h>

#include "base/log.h"
#include "control/ctl.h"

#define ROUTES_MAX 4 /* of one address */

static struct rib_spec *
spec_push(struct rib_spec *specs, unsigned int *n, const struct iface *ifp, enum rib_source source,
		uint32_t nh)
{
	struct rib_spec *s = &specs[(*n)++];

	memset(s, 0, sizeof(*s));
	s->fib = ifp->fib;
	s->source = source;
	s->kind = RIB_INTERFACE;
	s->iface = ifp->index;
	s->nh = nh;
	return s;
}

static struct ip_prefix
host_prefix(const struct ip_addr *addr)
{
	return (struct ip_prefix){ .addr = *addr, .len = (uint8_t)ip_bits(addr) };
}

/* The routes that an address brings. */
static unsigned int
specs_of(const struct iface *ifp, const struct iface_addr *addr, struct rib_spec *specs)
{
	const struct ip_prefix *net = &addr->prefix;
	const uint32_t link = nh_make(
			ifp->kind == IFACE_IPSEC ? NH_IPSEC : NH_ATTACHED, ifp->index);
	struct rib_spec *s;
	unsigned int n = 0;

	s = spec_push(specs, &n, ifp, RIB_LOCAL, nh_make(NH_LOCAL, ifp->index));
	s->prefix = host_prefix(&net->addr);
	if (ip_is_set(&addr->peer)) {
		s = spec_push(specs, &n, ifp, RIB_CONNECTED, link);
		s->prefix = host_prefix(&addr->peer);
		return n;
	}
	if (net->len == ip_bits(&net->addr))
		return n;
	s = spec_push(specs, &n, ifp, RIB_CONNECTED, link);
	s->prefix = *net;
	ip_prefix_mask(&s->prefix);
	if (ifp->kind != IFACE_PORT || net->addr.af != AF_INET || net->len > 30)
		return n;
	s = spec_push(specs, &n, ifp, RIB_LOCAL, nh_make(NH_MULTICAST, ifp->index));
	s->prefix = *net;
	ip_prefix_mask(&s->prefix);
	s->prefix.len = 32;
	s = spec_push(specs, &n, ifp, RIB_LOCAL, nh_make(NH_MULTICAST, ifp->index));
	s->prefix = host_prefix(&net->addr);
	s->prefix.addr.v4 |= rte_cpu_to_be_32(UINT32_MAX >> net->len);
	return n;
}

/* Another address that brings the same route. */
static bool
heir_find(struct ctl *ctl, const struct rib_spec *wanted, struct rib_spec *ret_spec)
{
	struct rib_spec specs[ROUTES_MAX];
	struct iface *ifp;
	unsigned int i, n;
	uint16_t a;

	for (ifp = iface_next(ctl->ifaces, NULL); ifp != NULL; ifp = iface_next(ctl->ifaces, ifp)) {
		if (ifp->fib != wanted->fib)
			continue;
		for (a = 0; a < ifp->nb_addrs; a++) {
			n = specs_of(ifp, &ifp->addrs[a], specs);
			for (i = 0; i < n; i++) {
				if (specs[i].source != wanted->source ||
						!ip_prefix_equal(&specs[i].prefix, &wanted->prefix))
					continue;
				*ret_spec = specs[i];
				return true;
			}
		}
	}
	return false;
}

/* How many more addresses bring the same route; a route of an address belongs to no list. */
static uintptr_t
shadowed(const struct rib_route *route)
{
	return (uintptr_t)route->owner;
}

static void
route_remove(struct ctl *ctl, const struct rib_spec *spec)
{
	struct rib_route *route = rib_find(ctl->rib, spec->fib, &spec->prefix, spec->source);
	struct rib_spec heir;
	uintptr_t others;

	if (route == NULL)
		return;
	others = shadowed(route);
	if (others != 0)
		route->owner = (void *)(others - 1);
	if (route->spec.iface != spec->iface)
		return;
	if (others != 0 && heir_find(ctl, spec, &heir) &&
			rib_set_nh(ctl->rib, route, heir.nh, NULL) == 0) {
		route->spec.iface = heir.iface;
		return;
	}
	rib_remove(ctl->rib, route);
}

/* The address is no longer in the list of its interface, or the interface is in another FIB. */
void
ctl_addr_routes_remove(struct ctl *ctl, const struct iface *ifp, const struct iface_addr *addr,
		uint16_t fib)
{
	struct rib_spec specs[ROUTES_MAX];
	unsigned int n = specs_of(ifp, addr, specs);

	while (n-- > 0) {
		specs[n].fib = fib;
		route_remove(ctl, &specs[n]);
	}
}

int
ctl_addr_routes_add(struct ctl *ctl, const struct iface *ifp, const struct iface_addr *addr,
		struct err *err)
{
	struct rib_spec specs[ROUTES_MAX];
	struct rib_route *route;
	struct err why = { 0 };
	unsigned int n = specs_of(ifp, addr, specs), i;

	for (i = 0; i < n; i++) {
		route = rib_find(ctl->rib, specs[i].fib, &specs[i].prefix, specs[i].source);
		if (route != NULL) {
			route->owner = (void *)(shadowed(route) + 1);
			continue;
		}
		if (rib_insert(ctl->rib, &specs[i], &why) != NULL)
			continue;
		while (i-- > 0)
			route_remove(ctl, &specs[i]);
		return err_set(err, why.code, "%s: address %s: %.160s", ifp->name,
				ip_str(&addr->prefix.addr), why.msg);
	}
	return 0;
}

void
ctl_addr_event(struct ctl *ctl, const struct ip_addr *addr)
{
	struct iface *iter = NULL, *ifp;
	struct err err = { 0 };

	while ((ifp = ipsec_if_next_local(ctl->ifaces, addr, &iter)) != NULL)
		if (ipsec_if_update_running(ctl->ifaces, ifp) &&
				iface_publish(ctl->ifaces, ifp, &err) != 0)
			log_error("%s", err.msg);
}

int
ctl_addr_add(struct ctl *ctl, struct iface *ifp, const struct iface_addr *addr, struct err *err)
{
	const uint8_t flags = ifp->flags;
	int rc;

	rc = iface_prepare(ctl->ifaces, err);
	if (rc == 0)
		rc = iface_addr_add(ctl->ifaces, ifp, addr, err);
	if (rc != 0)
		return rc;
	rc = ctl_addr_routes_add(ctl, ifp, addr, err);
	if (rc != 0) {
		iface_addr_remove(ctl->ifaces, ifp, &addr->prefix.addr, NULL, NULL);
		ifp->flags = flags;
		return rc;
	}
	if (ifp->flags != flags)
		iface_publish(ctl->ifaces, ifp, NULL); /* prepared */
	ctl_addr_event(ctl, &addr->prefix.addr);
	if (ifp->kind == IFACE_PORT && ctl->started)
		resolve_announce(ctl->resolve, ifp, &addr->prefix.addr);
	return 0;
}

static int
addr_remove(struct ctl *ctl, struct iface *ifp, const struct ip_addr *addr, struct err *err)
{
	const struct ip_addr which = *addr; /* may lie in the list itself */
	struct iface_addr old;
	int rc;

	rc = iface_addr_remove(ctl->ifaces, ifp, &which, &old, err);
	if (rc != 0)
		return rc;
	ctl_addr_routes_remove(ctl, ifp, &old, ifp->fib);
	if (ifp->kind == IFACE_PORT)
		resolve_neigh_flush(ctl->resolve, ifp, &old.prefix);
	ctl_addr_event(ctl, &which);
	return 0;
}

void
ctl_addr_flush(struct ctl *ctl, struct iface *ifp)
{
	while (ifp->nb_addrs > 0)
		addr_remove(ctl, ifp, &ifp->addrs[ifp->nb_addrs - 1].prefix.addr, NULL);
}

int
ctl_if_add_address(
		struct ctl *ctl, const char *name, const struct iface_addr *addr, struct err *err)
{
	struct iface *ifp;
	int rc;

	ctl_assert_thread();
	ifp = ctl_iface(ctl, name, err);
	if (ifp == NULL)
		return -ENXIO;
	rc = ctl_addr_add(ctl, ifp, addr, err);
	ctl_settle(ctl);
	return rc;
}

int
ctl_if_remove_address(struct ctl *ctl, const char *name, int af, const struct ip_addr *addr,
		struct err *err)
{
	const struct iface_addr *first;
	struct iface *ifp;
	int rc;

	ctl_assert_thread();
	ifp = ctl_iface(ctl, name, err);
	if (ifp == NULL)
		return -ENXIO;
	if (addr == NULL) {
		first = iface_first_addr(ifp, af);
		if (first == NULL)
			return err_set(err, EADDRNOTAVAIL, "%s: has no %s address", name,
					af == AF_INET6 ? "IPv6" : "IPv4");
		addr = &first->prefix.addr;
	}
	rc = addr_remove(ctl, ifp, addr, err);
	ctl_settle(ctl);
	return rc;
}
