/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A neighbour's life, for ARP and ND alike:
 *
 *                 answer                      age                    answer
 *   INCOMPLETE ------------> REACHABLE -------------------> PROBE -----------> REACHABLE
 *       | 3 tries            STALE (ND, not confirmed)        | 3 tries
 *       v                                                     v
 *     FAILED --> forgotten, or INCOMPLETE again             forgotten, or INCOMPLETE where routes and tunnels use it
 *
 * In INCOMPLETE and PROBE it has a struct wait: it is asked once a second, and (INCOMPLETE) packets wait for it. A known one
 * has a host route, so that workers find it without asking.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/resolve_priv.h"

static bool
is_known(const struct neigh *n)
{
	return n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED;
}

static const struct iface *
port_of(const struct resolve *r, const struct neigh *n)
{
	const struct iface *ifp = iface_at(r->a.ifaces, n->iface);

	return ifp != NULL && ifp->kind == IFACE_PORT ? ifp : NULL;
}

/* --- packets that wait --- */

static struct rte_mbuf *
wait_pop(struct resolve *r, struct wait *w)
{
	struct rte_mbuf *m;

	if (w == NULL || w->len == 0)
		return NULL;
	m = w->pkt[w->head];
	w->head = (uint8_t)((w->head + 1) % RESOLVE_QUEUE);
	w->len--;
	r->nb_queued--;
	return m;
}

/* The oldest gives way: of this neighbour, and where it has none and all queues together are full, of who is asked next. */
static void
wait_push(struct resolve *r, struct wait *w, struct rte_mbuf *m)
{
	struct wait *from = w;

	if (w->len == RESOLVE_QUEUE || r->nb_queued >= RESOLVE_QUEUED_MAX) {
		if (w->len == 0) {
			TAILQ_FOREACH(from, &r->asking, next)
				if (from->len > 0)
					break;
		}
		resolve_drop(r, DROP_NEIGH_PENDING, wait_pop(r, from));
	}
	w->pkt[(w->head + w->len) % RESOLVE_QUEUE] = m;
	w->len++;
	r->nb_queued++;
}

/* Nobody is asked any more. The queue is empty. */
static void
wait_end(struct resolve *r, struct neigh *n)
{
	struct wait *w = n->queue;

	if (w == NULL)
		return;
	TAILQ_REMOVE(&r->asking, w, next);
	if (w->by_traffic)
		r->nb_incomplete--;
	n->queue = NULL;
	free(w);
}

/* What waited is lost. The sender of the first is told. */
static void
wait_drop(struct resolve *r, struct wait *w)
{
	struct rte_mbuf *m;
	bool first = true;

	while ((m = wait_pop(r, w)) != NULL) {
		if (first)
			resolve_icmp_error(r, m, ICMP_HOST_UNREACHABLE, 0);
		first = false;
		resolve_drop(r, DROP_NEIGH_FAILED, m);
	}
}

/* --- asking --- */

static void
solicit(struct resolve *r, struct wait *w)
{
	struct neigh *n = w->n;
	const struct iface *port = port_of(r, n);
	const struct rte_ether_addr *mac = n->state == NEIGH_PROBE ? &n->mac : NULL;

	w->next_ms = r->now_ms; /* without budget: at the next tick */
	if (r->budget == 0)
		return;
	r->budget--;
	n->tries++;
	w->next_ms = r->now_ms + RESOLVE_RETRY_MS;
	TAILQ_REMOVE(&r->asking, w, next); /* in turn, so that a small budget starves nobody */
	TAILQ_INSERT_TAIL(&r->asking, w, next);
	if (port == NULL)
		return;
	if (n->addr.af == AF_INET)
		resolve_arp_ask(r, port, &n->addr, mac);
	else
		resolve_nd_ask(r, port, &n->addr, mac);
}

void
resolve_neigh_ask(struct resolve *r, struct neigh *n, enum neigh_state state, bool by_traffic)
{
	struct wait *w = n->queue;

	if (w == NULL) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			return; /* asked when the next packet comes */
		w->n = n;
		n->queue = w;
		TAILQ_INSERT_TAIL(&r->asking, w, next);
	}
	if (w->by_traffic != by_traffic)
		r->nb_incomplete += by_traffic ? 1u : -1u;
	w->by_traffic = by_traffic;
	n->state = state;
	n->changed_ms = r->now_ms;
	n->tries = 0;
	solicit(r, w);
}

static bool
may_create(const struct resolve *r, bool by_traffic)
{
	return !by_traffic ||
			(r->a.neighs->count < RESOLVE_DYNAMIC_MAX &&
					r->nb_incomplete < RESOLVE_INCOMPLETE_MAX);
}

struct neigh *
resolve_neigh_want(struct resolve *r, const struct iface *port, const struct ip_addr *addr,
		bool by_traffic)
{
	struct neigh *n = neigh_find(r->a.neighs, port->index, addr);

	if (n != NULL)
		return n;
	if (!may_create(r, by_traffic))
		return NULL;
	n = neigh_get(r->a.neighs, port->index, port->port_id, addr, NULL);
	if (n != NULL)
		resolve_neigh_ask(r, n, NEIGH_INCOMPLETE, by_traffic);
	return n;
}

/* --- the host route of a known neighbour --- */

static struct ip_prefix
host_prefix(const struct ip_addr *addr)
{
	const struct ip_prefix host = { .addr = *addr, .len = (uint8_t)ip_bits(addr) };

	return host;
}

void
resolve_neigh_route_remove(struct resolve *r, const struct neigh *n)
{
	const struct ip_prefix host = host_prefix(&n->addr);
	struct rib_route *route;
	uint16_t fib;

	/* The port's FIB may have changed since: look everywhere. */
	for (fib = 0; fib < FIB_MAX; fib++) {
		route = rib_find(r->a.rib, fib, &host, RIB_NEIGH);
		if (route != NULL && route->spec.nh == nh_make(NH_NEIGH, n->index))
			rib_remove(r->a.rib, route);
	}
}

/* Only where the operator's routes lead to this link: a more specific route elsewhere must win, as it would without us. */
static void
route_insert(struct resolve *r, const struct neigh *n)
{
	const struct iface *port = port_of(r, n);
	struct rib_spec spec = {
		.prefix = host_prefix(&n->addr),
		.source = RIB_NEIGH,
		.kind = RIB_INTERFACE,
		.iface = n->iface,
		.nh = nh_make(NH_NEIGH, n->index),
	};
	const struct rib_route *now;

	/* A link-local address means nothing without its link. */
	if (port == NULL || ip_is_link_local(&n->addr))
		return;
	spec.fib = port->fib;
	if (rib_find(r->a.rib, spec.fib, &spec.prefix, RIB_NEIGH) != NULL)
		return;
	now = rib_match(r->a.rib, spec.fib, &n->addr);
	if (now == NULL ? n->state != NEIGH_STATIC
			: now->spec.kind != RIB_INTERFACE || now->spec.iface != n->iface)
		return;
	/* A full table costs a detour over the control core, no packet. */
	rib_insert(r->a.rib, &spec, NULL);
}

/* --- events --- */

void
resolve_neigh_known(struct resolve *r, struct neigh *n, const struct rte_ether_addr *mac,
		enum neigh_state state)
{
	const struct iface *port = port_of(r, n);
	struct rte_mbuf *m;

	if (port == NULL || neigh_set(r->a.neighs, n, mac, &port->mac, state) != 0)
		return; /* no memory: it is asked again */
	n->changed_ms = n->confirmed_ms = r->now_ms;
	n->tries = 0;
	route_insert(r, n);
	while ((m = wait_pop(r, n->queue)) != NULL)
		resolve_inject(r, m);
	wait_end(r, n);
}

struct neigh *
resolve_neigh_learn(struct resolve *r, const struct iface *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac, enum neigh_state state, bool create)
{
	struct neigh *n = neigh_find(r->a.neighs, port->index, addr);
	bool same;

	if (n == NULL && create && r->a.neighs->count < RESOLVE_DYNAMIC_MAX)
		n = neigh_get(r->a.neighs, port->index, port->port_id, addr, NULL);
	if (n == NULL || n->state == NEIGH_STATIC)
		return n;
	same = is_known(n) && rte_is_same_ether_addr(&n->mac, mac);
	if (same && state == NEIGH_STALE)
		return n; /* what is known is known better */
	if (is_known(n) && !same && resolve_may_log(r))
		log_notice("%s: %s moved from %s to %s", port->name, ip_str(addr), mac_str(&n->mac),
				mac_str(mac));
	resolve_neigh_known(r, n, mac, state);
	return n;
}

bool
resolve_neigh_refuses(const struct resolve *r, const struct neigh *n, uint64_t now_ms)
{
	return n->state == NEIGH_FAILED &&
			(now_ms < n->changed_ms + RESOLVE_REFUSE_MS ||
					!may_create(r, n->refs == 0));
}

void
resolve_neigh_send(struct resolve *r, struct neigh *n, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->nh = nh_make(NH_NEIGH, n->index);
	meta->punt = PUNT_NONE;
	meta->verdict = DROP_NONE;
	if (is_known(n)) { /* learnt meanwhile, or its route did not fit */
		route_insert(r, n);
		resolve_inject(r, m);
		return;
	}
	if (n->state == NEIGH_FAILED && !resolve_neigh_refuses(r, n, r->now_ms))
		resolve_neigh_ask(r, n, NEIGH_INCOMPLETE, n->refs == 0);
	if (n->state == NEIGH_INCOMPLETE && n->queue == NULL)
		resolve_neigh_ask(r, n, NEIGH_INCOMPLETE, n->refs == 0);
	if (n->state == NEIGH_INCOMPLETE && n->queue != NULL) {
		wait_push(r, n->queue, m);
		return;
	}
	resolve_icmp_error(r, m, ICMP_HOST_UNREACHABLE, 0);
	resolve_drop(r, DROP_NEIGH_FAILED, m);
}

void
resolve_neigh_forget(struct resolve *r, struct neigh *n)
{
	resolve_neigh_route_remove(r, n);
	wait_drop(r, n->queue);
	wait_end(r, n);
	if (n->refs == 0) {
		neigh_remove(r->a.neighs, n);
		return;
	}
	n->changed_ms = r->now_ms;
	n->tries = 0;
	/* Without memory for a row that is not known the old one goes on for a while. */
	if (neigh_unset(r->a.neighs, n, NEIGH_FAILED) != 0)
		n->state = NEIGH_FAILED;
}

/* The last question was not answered. */
static void
give_up(struct resolve *r, struct neigh *n)
{
	if (n->state == NEIGH_PROBE && n->refs > 0 &&
			neigh_unset(r->a.neighs, n, NEIGH_INCOMPLETE) == 0) {
		resolve_neigh_route_remove(r, n);
		resolve_neigh_ask(r, n, NEIGH_INCOMPLETE, false);
		return;
	}
	if (n->state == NEIGH_PROBE) {
		resolve_neigh_forget(r, n);
		return;
	}
	wait_drop(r, n->queue);
	wait_end(r, n);
	neigh_unset(r->a.neighs, n,
			NEIGH_FAILED); /* its row is not known already: nothing to fail */
	n->changed_ms = r->now_ms;
}

void
resolve_neigh_retry(struct resolve *r)
{
	struct wait *w, *next;

	for (w = TAILQ_FIRST(&r->asking); w != NULL; w = next) {
		next = TAILQ_NEXT(w, next);
		if (r->now_ms < w->next_ms)
			continue;
		if (w->n->tries >= RESOLVE_TRIES)
			give_up(r, w->n);
		else
			solicit(r, w);
	}
}
