/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Targets: the addresses that gateways of routes and remote ends of tunnels name, and the neighbours that have host routes, in a
 * trie per FIB and family. The rib tells of each change of a route; those under its prefix are marked, and resolve_run() works them
 * out. So a change costs by what depends on it, not by how many routes and tunnels there are.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "control/resolve_priv.h"

static struct trie *
trie_of(struct resolve *r, uint16_t fib, int af)
{
	return &r->targets[fib][af == AF_INET6];
}

static struct ip_prefix
host_prefix(const struct ip_addr *addr)
{
	return (struct ip_prefix){ .addr = *addr, .len = (uint8_t)ip_bits(addr) };
}

static bool
is_by_gateway(const struct rib_spec *spec)
{
	return spec->source == RIB_STATIC && spec->kind == RIB_GATEWAY;
}

/* --- entering and leaving --- */

static struct target *
target_find(struct resolve *r, uint16_t fib, const struct ip_addr *addr, enum target_kind kind,
		uint16_t scope)
{
	const struct ip_prefix host = host_prefix(addr);
	struct trie_node *n = trie_find(trie_of(r, fib, addr->af), &host);
	struct target *t = n == NULL ? NULL : n->data;

	while (t != NULL && (t->kind != kind || t->scope != scope))
		t = t->twin;
	return t;
}

/* Found or made: then it is marked. NULL: no memory. */
static struct target *
target_get(struct resolve *r, uint16_t fib, const struct ip_addr *addr, enum target_kind kind,
		uint16_t scope)
{
	struct trie *trie = trie_of(r, fib, addr->af);
	const struct ip_prefix host = host_prefix(addr);
	struct target *t = target_find(r, fib, addr, kind, scope);
	struct trie_node *n;

	if (t != NULL)
		return t;
	n = trie_get(trie, &host);
	if (n == NULL)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		if (n->data == NULL)
			trie_remove(trie, n);
		return NULL;
	}
	t->twin = n->data;
	t->node = n;
	t->fib = fib;
	t->kind = kind;
	t->scope = scope;
	t->dirty = true;
	n->data = t;
	TAILQ_INSERT_TAIL(&r->dirty, t, dirty_next);
	return t;
}

static void
target_free(struct resolve *r, struct target *t)
{
	struct target *prev = t->node->data;

	if (t->dirty)
		TAILQ_REMOVE(&r->dirty, t, dirty_next);
	if (t->via != 0)
		LIST_REMOVE(t, via_next);
	if (prev == t) {
		t->node->data = t->twin;
	} else {
		while (prev->twin != t)
			prev = prev->twin;
		prev->twin = t->twin;
	}
	if (t->node->data == NULL)
		trie_remove(trie_of(r, t->fib, t->node->prefix.addr.af), t->node);
	free(t);
}

void
resolve_target_put(struct resolve *r, struct target *t)
{
	if (!LIST_EMPTY(&t->routes) || !LIST_EMPTY(&t->tunnels))
		return;
	if (t->held != 0)
		r->a.neighs->record[t->held]->refs--;
	target_free(r, t);
}

static void
gateway_enter(struct resolve *r, struct rib_route *route)
{
	struct gateway_use *use = calloc(1, sizeof(*use));
	struct target *t = NULL;

	if (use != NULL)
		t = target_get(r, route->spec.fib, &route->spec.gateway, TARGET_GATEWAY,
				route->spec.iface);
	if (t == NULL) {
		free(use);
		log_error("route %s: no memory for its gateway", prefix_str(&route->spec.prefix));
		rib_set_nh(r->a.rib, route, nh_make(NH_REJECT, 0), NULL);
		return;
	}
	use->route = route;
	use->target = t;
	route->user = use;
	LIST_INSERT_HEAD(&t->routes, use, next);
	if (t->dirty)
		resolve_target(r, t);
	else
		rib_set_nh(r->a.rib, route, t->nh, NULL);
}

static void
gateway_leave(struct resolve *r, struct rib_route *route)
{
	struct gateway_use *use = route->user;

	if (use == NULL)
		return;
	route->user = NULL;
	LIST_REMOVE(use, next);
	resolve_target_put(r, use->target);
	free(use);
}

static void
tunnel_leave(struct resolve *r, struct iface *ifp)
{
	struct tunnel_use *use = ifp->resolve;

	if (use == NULL)
		return;
	ifp->resolve = NULL;
	LIST_REMOVE(use, next);
	resolve_target_put(r, use->target);
	free(use);
}

static void
tunnel_enter(struct resolve *r, struct iface *ifp)
{
	struct tunnel_use *use = calloc(1, sizeof(*use));

	if (use != NULL)
		use->target = target_get(r, ifp->tunnelfib, &ifp->remote, TARGET_TUNNEL, 0);
	if (use == NULL || use->target == NULL) {
		free(use);
		r->incomplete = true;
		return;
	}
	use->ifp = ifp;
	ifp->resolve = use;
	LIST_INSERT_HEAD(&use->target->tunnels, use, next);
}

/* --- what changed --- */

static void
mark(struct resolve *r, struct target *t)
{
	if (t->dirty)
		return;
	t->dirty = true;
	if (t->kind == TARGET_GATEWAY)
		TAILQ_INSERT_HEAD(&r->dirty, t, dirty_next);
	else
		TAILQ_INSERT_TAIL(&r->dirty, t, dirty_next);
}

/* A route by a gateway is no way to another gateway. */
static void
prefix_changed(struct resolve *r, const struct rib_spec *spec)
{
	const struct trie *trie = trie_of(r, spec->fib, spec->prefix.addr.af);
	const bool link = !is_by_gateway(spec);
	struct trie_node *n;
	struct target *t;

	for (n = trie_first_under(trie, &spec->prefix); n != NULL;
			n = trie_next_under(n, &spec->prefix))
		for (t = n->data; t != NULL; t = t->twin)
			if (link || t->kind != TARGET_GATEWAY)
				mark(r, t);
}

static void
observe(struct rib_route *route, enum rib_event event, void *arg)
{
	const struct rib_spec *spec = &route->spec;
	struct resolve *r = arg;
	struct target *host;

	if (spec->source == RIB_NEIGH && event == RIB_INSERTED) {
		if (target_get(r, spec->fib, &spec->prefix.addr, TARGET_HOST, 0) == NULL)
			r->incomplete = true;
	} else if (spec->source == RIB_NEIGH && event == RIB_REMOVED) {
		host = target_find(r, spec->fib, &spec->prefix.addr, TARGET_HOST, 0);
		if (host != NULL)
			resolve_target_put(r, host);
	} else if (is_by_gateway(spec) && event == RIB_INSERTED) {
		gateway_enter(r, route); /* comes back here with its next hop */
		return;
	} else if (is_by_gateway(spec) && event == RIB_REMOVED) {
		gateway_leave(r, route);
	}
	prefix_changed(r, spec);
}

void
resolve_route_gone(struct resolve *r, struct rib_route *route)
{
	gateway_leave(r, route);
}

void
resolve_route_changed(struct resolve *r, struct rib_route *route)
{
	struct rib_spec spec = route->spec;

	if (is_by_gateway(&route->spec))
		gateway_enter(r, route);
	spec.kind = RIB_INTERFACE; /* it may have been a link, or be one now */
	prefix_changed(r, &spec);
}

struct rib_route *
resolve_route_via(struct resolve *r, const struct iface *ifp)
{
	const struct target *t = LIST_FIRST(&r->via[ifp->index]);

	return t == NULL ? NULL : LIST_FIRST(&t->routes)->route;
}

void
resolve_tunnel(struct resolve *r, struct iface *ifp)
{
	struct tunnel_use *use = ifp->resolve;

	if (use != NULL && use->target->fib == ifp->tunnelfib &&
			ip_equal(&use->target->node->prefix.addr, &ifp->remote)) {
		mark(r, use->target);
		return;
	}
	tunnel_leave(r, ifp);
	if (ip_is_set(&ifp->remote)) {
		tunnel_enter(r, ifp);
		use = ifp->resolve;
		if (use != NULL)
			mark(r, use->target);
	} else if (ifp->outer_nh != NH_NONE) {
		ifp->outer_nh = NH_NONE;
		r->a.outer_changed(ifp, r->a.arg);
	}
}

void
resolve_iface_gone(struct resolve *r, struct iface *ifp)
{
	if (ifp->kind == IFACE_PORT) {
		resolve_neigh_flush(r, ifp, NULL);
		resolve_dirty(r);
	} else {
		tunnel_leave(r, ifp);
	}
}

void
resolve_targets_mark_all(struct resolve *r)
{
	struct iface *ifp = NULL;
	struct trie_node *n;
	struct target *t;
	unsigned int i;

	while ((ifp = iface_next(r->a.ifaces, ifp)) != NULL)
		if (ifp->kind == IFACE_IPSEC)
			resolve_tunnel(r, ifp);
	for (i = 0; i < FIB_MAX * 2; i++)
		for (n = trie_first(&r->targets[i / 2][i % 2]); n != NULL; n = trie_next(n))
			for (t = n->data; t != NULL; t = t->twin)
				mark(r, t);
}

/* --- life --- */

/* Routes that were there before. */
static void
enter_route(struct rib_route *route, void *arg)
{
	route->user = NULL;
	if (is_by_gateway(&route->spec) || route->spec.source == RIB_NEIGH)
		observe(route, RIB_INSERTED, arg);
}

int
resolve_targets_create(struct resolve *r)
{
	r->via = calloc(IFACE_MAX, sizeof(*r->via));
	if (r->via == NULL)
		return -ENOMEM;
	TAILQ_INIT(&r->dirty);
	r->all_dirty = true;
	rib_foreach(r->a.rib, -1, 0, enter_route, r);
	rib_observe(r->a.rib, observe, r);
	return 0;
}

static void
target_destroy(struct resolve *r, struct target *t)
{
	struct gateway_use *g;
	struct tunnel_use *u;

	while ((g = LIST_FIRST(&t->routes)) != NULL) {
		LIST_REMOVE(g, next);
		g->route->user = NULL;
		free(g);
	}
	while ((u = LIST_FIRST(&t->tunnels)) != NULL) {
		LIST_REMOVE(u, next);
		u->ifp->resolve = NULL;
		free(u);
	}
	resolve_target_put(r, t);
}

void
resolve_targets_destroy(struct resolve *r)
{
	struct trie_node *n;
	unsigned int i;

	rib_observe(r->a.rib, NULL, NULL);
	for (i = 0; i < FIB_MAX * 2; i++)
		while ((n = trie_first(&r->targets[i / 2][i % 2])) != NULL)
			target_destroy(r, n->data);
	free(r->via);
}
