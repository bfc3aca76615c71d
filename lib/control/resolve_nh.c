/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What gateways of routes and remote ends of tunnels resolve to (ADR 10). Worked out as a whole, once per batch of changes,
 * in one pass over routes and one over tunnels: who uses a neighbour is counted anew each time, so nobody has to give one back.
 */
#include <string.h>

#include "control/resolve_priv.h"

void
resolve_dirty(struct resolve *r)
{
	r->dirty = true;
}

/* The neighbour is counted out by the next run. */
void
resolve_route_gone(struct resolve *r, struct rib_route *route)
{
	resolve_dirty(r);
}

void
resolve_iface_gone(struct resolve *r, struct iface *ifp)
{
	if (ifp->kind == IFACE_PORT)
		resolve_neigh_flush(r, ifp, NULL);
	resolve_dirty(r);
}

/* A next hop towards @p addr by what the matching route says. Neighbours are made, and counted as used where @p hold. */
static uint32_t
nh_by_route(struct resolve *r, const struct rib_route *route, const struct ip_addr *addr, bool hold)
{
	const struct iface *ifp;
	struct neigh *n = NULL;

	if (route == NULL)
		return nh_make(NH_NONE, 0);
	if (nh_kind(route->spec.nh) == NH_NEIGH && nh_index(route->spec.nh) < ADJ_MAX)
		n = r->a.neighs->record[nh_index(route->spec.nh)];
	if (n == NULL && nh_kind(route->spec.nh) == NH_NEIGH)
		return nh_make(NH_NONE, 0);
	if (n == NULL && nh_kind(route->spec.nh) == NH_ATTACHED) {
		ifp = iface_at(r->a.ifaces, (uint16_t)nh_index(route->spec.nh));
		if (ifp != NULL && ifp->kind == IFACE_PORT)
			n = resolve_neigh_want(r, ifp, addr, !hold);
		if (n == NULL)
			return nh_make(NH_NONE, 0);
	}
	if (n == NULL)
		return route->spec.nh;
	n->refs += hold;
	return nh_make(NH_NEIGH, n->index);
}

/* A gateway must be on a link, or behind a tunnel; a route that drops, or an address of ours, is no way to it. */
static uint32_t
nh_of_gateway(struct resolve *r, const struct rib_spec *spec, bool hold)
{
	const struct iface *ifp = spec->iface == 0 ? NULL : iface_at(r->a.ifaces, spec->iface);
	struct neigh *n;
	uint32_t nh;

	if (ifp != NULL && ifp->kind == IFACE_PORT) { /* link-local, and its port is said */
		n = ifp->fib == spec->fib ? resolve_neigh_want(r, ifp, &spec->gateway, !hold)
					  : NULL;
		if (n == NULL)
			return nh_make(NH_NONE, 0);
		n->refs += hold;
		return nh_make(NH_NEIGH, n->index);
	}
	nh = nh_by_route(r, rib_match_link(r->a.rib, spec->fib, &spec->gateway), &spec->gateway,
			hold);
	return nh_kind(nh) == NH_NEIGH || nh_kind(nh) == NH_IPSEC ? nh : nh_make(NH_NONE, 0);
}

static uint32_t
nh_of(struct resolve *r, uint16_t fib, const struct ip_addr *addr, bool hold)
{
	const struct rib_route *route = rib_match(r->a.rib, fib, addr);

	if (route != NULL && route->spec.kind == RIB_GATEWAY)
		return nh_of_gateway(r, &route->spec, hold);
	return nh_by_route(r, route, addr, hold);
}

uint32_t
resolve_nh(struct resolve *r, uint16_t fib, const struct ip_addr *addr)
{
	return nh_of(r, fib, addr, false);
}

#define STRAYS_MAX 64

/* One pass over all routes. */
struct pass {
	struct resolve *r;
	struct rib_route *stray[STRAYS_MAX]; /* to be removed after the pass */
	unsigned int nb_strays;
	/* What covers the present route, host routes of neighbours left aside. */
	unsigned int depth;
	const struct rib_route *cover[129]; /* a chain, each inside the one before */
};

static bool
covers(const struct rib_spec *outer, const struct rib_spec *inner)
{
	return outer->fib == inner->fib && outer->prefix.addr.af == inner->prefix.addr.af &&
			outer->prefix.len <= inner->prefix.len &&
			ip_prefix_contains(&outer->prefix, &inner->prefix.addr);
}

static bool
leads_to_link(const struct rib_spec *spec, uint16_t iface)
{
	return spec->kind == RIB_INTERFACE && spec->iface == iface;
}

/*
 * A host route of a neighbour must not win over a route of the operator that leads elsewhere and was added later: it goes when
 * what covers it does not lead to its link (any more).
 */
static bool
is_stray(const struct pass *p, const struct rib_route *route)
{
	const struct iface *ifp = iface_at(p->r->a.ifaces, route->spec.iface);
	const struct rib_route *cover = p->depth > 0 ? p->cover[p->depth - 1] : NULL;
	const struct neigh *n = p->r->a.neighs->record[nh_index(route->spec.nh)];

	if (ifp == NULL || ifp->fib != route->spec.fib || n == NULL)
		return true;
	if (cover == NULL)
		return n->state != NEIGH_STATIC;
	return !leads_to_link(&cover->spec, route->spec.iface);
}

/* The same where the operator's route is to the very host: it comes behind the neighbour's, which wins. */
static void
find_stray_twin(struct pass *p, const struct rib_spec *spec)
{
	struct rib_route *twin;

	if (spec->source != RIB_STATIC || spec->prefix.len != ip_bits(&spec->prefix.addr))
		return;
	twin = rib_find(p->r->a.rib, spec->fib, &spec->prefix, RIB_NEIGH);
	if (twin == NULL || leads_to_link(spec, twin->spec.iface))
		return;
	if (p->nb_strays == STRAYS_MAX) {
		resolve_dirty(p->r); /* the next run finds the rest */
		return;
	}
	p->stray[p->nb_strays++] = twin;
}

static void
visit_route(struct rib_route *route, void *arg)
{
	struct pass *p = arg;
	uint32_t nh;

	while (p->depth > 0 && !covers(&p->cover[p->depth - 1]->spec, &route->spec))
		p->depth--;
	if (route->spec.source == RIB_NEIGH) {
		if (is_stray(p, route))
			rib_remove(p->r->a.rib, route);
		return;
	}
	find_stray_twin(p, &route->spec);
	if (route->spec.source == RIB_STATIC && route->spec.kind == RIB_GATEWAY) {
		nh = nh_of_gateway(p->r, &route->spec, true);
		/* As FreeBSD: it does not fall back to a less specific route, which might lead past a tunnel, in clear. */
		if (nh_kind(nh) == NH_NONE)
			nh = nh_make(NH_REJECT, 0);
		rib_set_nh(p->r->a.rib, route, nh, NULL); /* a full table keeps the old */
	}
	/* Several sources of one prefix: the first is the best. */
	if (p->depth == 0 || p->cover[p->depth - 1]->spec.prefix.len < route->spec.prefix.len)
		p->cover[p->depth++] = route;
}

static void
forget_use(struct neigh *n, void *arg)
{
	n->refs = 0;
}

void
resolve_run(struct resolve *r)
{
	struct pass pass = { .r = r };
	struct iface *ifp = NULL;
	uint32_t nh;

	if (!r->dirty)
		return;
	r->dirty = false;
	neigh_foreach(r->a.neighs, forget_use, NULL);
	rib_foreach(r->a.rib, -1, 0, visit_route, &pass);
	while (pass.nb_strays > 0)
		rib_remove(r->a.rib, pass.stray[--pass.nb_strays]);
	while ((ifp = iface_next(r->a.ifaces, ifp)) != NULL) {
		if (ifp->kind != IFACE_IPSEC)
			continue;
		nh = nh_make(NH_NONE, 0);
		if (ip_is_set(&ifp->remote))
			nh = nh_of(r, ifp->tunnelfib, &ifp->remote, true);
		if (nh == ifp->outer_nh)
			continue;
		ifp->outer_nh = nh;
		r->a.outer_changed(ifp, r->a.arg);
	}
}
