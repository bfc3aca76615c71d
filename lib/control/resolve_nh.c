/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What gateways of routes and remote ends of tunnels resolve to (ADR 10), and whether a neighbour's host route may stay. What is
 * worked out when is resolve_target.c's.
 */
#include <string.h>

#include "control/resolve_priv.h"

void
resolve_dirty(struct resolve *r)
{
	r->all_dirty = true;
}

/* A next hop towards @p addr by what the matching route says. Neighbours are made; @p hold: not for traffic alone. */
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
		if (n == NULL) {
			r->incomplete |= hold;
			return nh_make(NH_NONE, 0);
		}
	}
	return n == NULL ? route->spec.nh : nh_make(NH_NEIGH, n->index);
}

/* A gateway must be on a link, or behind a tunnel; a route that drops, or an address of ours, is no way to it. */
static uint32_t
nh_of_gateway(struct resolve *r, const struct rib_spec *spec, bool hold, uint16_t *ret_via)
{
	const struct iface *ifp = spec->iface == 0 ? NULL : iface_at(r->a.ifaces, spec->iface);
	const struct rib_route *link;
	struct neigh *n;
	uint32_t nh;

	if (ifp != NULL && ifp->kind == IFACE_PORT) { /* link-local, and its port is said */
		*ret_via = ifp->index;
		n = ifp->fib == spec->fib ? resolve_neigh_want(r, ifp, &spec->gateway, !hold)
					  : NULL;
		return n == NULL ? nh_make(NH_NONE, 0) : nh_make(NH_NEIGH, n->index);
	}
	link = rib_match_link(r->a.rib, spec->fib, &spec->gateway);
	*ret_via = link == NULL ? 0 : link->spec.iface;
	nh = nh_by_route(r, link, &spec->gateway, hold);
	return nh_kind(nh) == NH_NEIGH || nh_kind(nh) == NH_IPSEC ? nh : nh_make(NH_NONE, 0);
}

static uint32_t
nh_of(struct resolve *r, uint16_t fib, const struct ip_addr *addr, bool hold)
{
	const struct rib_route *route = rib_match(r->a.rib, fib, addr);
	uint16_t via;

	if (route != NULL && route->spec.kind == RIB_GATEWAY)
		return nh_of_gateway(r, &route->spec, hold, &via);
	return nh_by_route(r, route, addr, hold);
}

uint32_t
resolve_nh(struct resolve *r, uint16_t fib, const struct ip_addr *addr)
{
	return nh_of(r, fib, addr, false);
}

/* The neighbour of its next hop, and no other, knows that it is used. */
static void
hold(struct resolve *r, struct target *t)
{
	const uint32_t index = nh_kind(t->nh) == NH_NEIGH ? nh_index(t->nh) : 0;

	if (index == t->held)
		return;
	if (index != 0)
		r->a.neighs->record[index]->refs++;
	if (t->held != 0)
		r->a.neighs->record[t->held]->refs--;
	t->held = index;
}

static void
resolve_gateway(struct resolve *r, struct target *t)
{
	const struct rib_spec by = {
		.fib = t->fib, .gateway = t->node->prefix.addr, .iface = t->scope
	};
	struct gateway_use *use;
	uint16_t via;

	t->nh = nh_of_gateway(r, &by, true, &via);
	hold(r, t);
	/* As FreeBSD: it does not fall back to a less specific route, which might lead past a tunnel, in clear. */
	if (nh_kind(t->nh) == NH_NONE)
		t->nh = nh_make(NH_REJECT, 0);
	if (via != t->via) {
		if (t->via != 0)
			LIST_REMOVE(t, via_next);
		if (via != 0)
			LIST_INSERT_HEAD(&r->via[via], t, via_next);
		t->via = via;
	}
	LIST_FOREACH(use, &t->routes, next)
		if (rib_set_nh(r->a.rib, use->route, t->nh, NULL) != 0)
			r->incomplete = true; /* a full table keeps the old */
}

static void
resolve_tunnel_end(struct resolve *r, struct target *t)
{
	struct tunnel_use *use;

	t->nh = nh_of(r, t->fib, &t->node->prefix.addr, true);
	hold(r, t);
	LIST_FOREACH(use, &t->tunnels, next) {
		if (use->ifp->outer_nh == t->nh)
			continue;
		use->ifp->outer_nh = t->nh;
		r->a.outer_changed(use->ifp, r->a.arg);
	}
}

/*
 * A host route of a neighbour must not win over a route of the operator that leads elsewhere and was added later: it goes when
 * what covers it does not lead to its link (any more).
 */
static bool
is_stray(const struct resolve *r, const struct rib_route *route)
{
	const struct rib_spec *spec = &route->spec;
	const struct iface *ifp = iface_at(r->a.ifaces, spec->iface);
	const struct neigh *n = r->a.neighs->record[nh_index(spec->nh)];
	const struct rib_route *cover;

	if (ifp == NULL || ifp->fib != spec->fib || n == NULL)
		return true;
	cover = rib_match_without(r->a.rib, spec->fib, &spec->prefix.addr, RIB_NEIGH);
	if (cover == NULL)
		return n->state != NEIGH_STATIC;
	return cover->spec.kind != RIB_INTERFACE || cover->spec.iface != spec->iface;
}

static void
resolve_host(struct resolve *r, struct target *t)
{
	struct rib_route *route = rib_find(r->a.rib, t->fib, &t->node->prefix, RIB_NEIGH);

	if (route == NULL)
		resolve_target_put(r, t);
	else if (is_stray(r, route))
		rib_remove(r->a.rib, route); /* and t with it */
}

void
resolve_target(struct resolve *r, struct target *t)
{
	if (t->dirty)
		TAILQ_REMOVE(&r->dirty, t, dirty_next);
	t->dirty = false;
	switch (t->kind) {
	case TARGET_GATEWAY:
		resolve_gateway(r, t);
		return;
	case TARGET_TUNNEL:
		resolve_tunnel_end(r, t);
		return;
	case TARGET_HOST:
		resolve_host(r, t);
		return;
	}
}

void
resolve_run(struct resolve *r)
{
	struct target *t;

	if (r->all_dirty) {
		r->all_dirty = false;
		r->incomplete = false;
		resolve_targets_mark_all(r);
	}
	while ((t = TAILQ_FIRST(&r->dirty)) != NULL)
		resolve_target(r, t);
}
