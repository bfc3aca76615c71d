/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of neighbours as time and the operator see it: ageing, static entries, flushing, how an entry reads.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control/resolve_priv.h"

/* --- ageing, once a second --- */

static void
age_known(struct resolve *r, struct neigh *n, uint64_t idle_ms)
{
	const bool nd = n->addr.af == AF_INET6;

	if (nd && n->state == NEIGH_REACHABLE && idle_ms >= RESOLVE_ND_REACHABLE_MS) {
		n->state = NEIGH_STALE;
		n->changed_ms = r->now_ms;
	}
	/* Workers do not say which entries they use: those of routes and tunnels are taken as used, which ND probes at once. */
	if (nd && n->state == NEIGH_STALE && n->refs > 0)
		idle_ms = RESOLVE_AGE_MS;
	if (idle_ms >= RESOLVE_AGE_MS - RESOLVE_PROBE_MS && r->budget > 0)
		resolve_neigh_ask(r, n, NEIGH_PROBE, false);
}

static void
age_failed(struct resolve *r, struct neigh *n, uint64_t idle_ms)
{
	if (n->refs > 0 && idle_ms >= RESOLVE_REASK_MS && r->budget > 0)
		resolve_neigh_ask(r, n, NEIGH_INCOMPLETE, false);
	else if (n->refs == 0 && idle_ms >= RESOLVE_FORGET_MS)
		resolve_neigh_forget(r, n);
}

static void
age_one(struct neigh *n, void *arg)
{
	struct resolve *r = arg;

	switch (n->state) {
	case NEIGH_REACHABLE:
	case NEIGH_STALE:
		age_known(r, n, r->now_ms - n->confirmed_ms);
		return;
	case NEIGH_FAILED:
		age_failed(r, n, r->now_ms - n->changed_ms);
		return;
	case NEIGH_INCOMPLETE:        /* resolve_neigh_retry() */
		if (n->queue == NULL) /* there was no memory to ask */
			resolve_neigh_ask(r, n, NEIGH_INCOMPLETE, n->refs == 0);
		return;
	case NEIGH_PROBE:
	case NEIGH_STATIC:
		return;
	}
}

void
resolve_age(struct resolve *r)
{
	neigh_foreach(r->a.neighs, age_one, r);
}

/* --- static entries and removal --- */

int
resolve_neigh_add(struct resolve *r, struct iface *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac, struct err *err)
{
	struct neigh *n;

	if (port->kind != IFACE_PORT)
		return err_set(err, EINVAL, "neighbour %s: %s is not an Ethernet port",
				ip_str(addr), port->name);
	if (!rte_is_valid_assigned_ether_addr(mac))
		return err_set(err, EINVAL, "neighbour %s: %s is not a unicast address",
				ip_str(addr), mac_str(mac));
	if (!ip_is_set(addr) || ip_is_any(addr) || ip_is_multicast(addr) || ip_is_loopback(addr))
		return err_set(err, EINVAL, "neighbour %s: not the address of a host",
				ip_str(addr));
	if (resolve_is_ours(r, port, addr))
		return err_set(err, EINVAL, "neighbour %s: is our own address on %s", ip_str(addr),
				port->name);
	n = neigh_get(r->a.neighs, port->index, port->port_id, addr, err);
	if (n == NULL)
		return -ENOSPC;
	resolve_neigh_known(r, n, mac, NEIGH_STATIC);
	if (n->state != NEIGH_STATIC) {
		if (n->queue == NULL)
			resolve_neigh_forget(r, n);
		return err_set(err, ENOMEM, "neighbour %s: out of memory", ip_str(addr));
	}
	return 0;
}

/* Gone for the operator; what routes and tunnels use is asked for anew. */
static void
neigh_delete(struct resolve *r, struct neigh *n)
{
	const bool used = n->refs > 0;

	resolve_neigh_forget(r, n);
	if (used)
		resolve_neigh_ask(r, n, NEIGH_INCOMPLETE, false);
}

int
resolve_neigh_delete(struct resolve *r, const struct iface *on, const struct ip_addr *addr,
		struct err *err)
{
	const struct iface *ifp;
	struct neigh *n;
	bool found = false;

	for (ifp = r->a.ifaces->ports; ifp != NULL; ifp = ifp->next_port) {
		if (on != NULL && ifp != on)
			continue;
		n = neigh_find(r->a.neighs, ifp->index, addr);
		if (n == NULL)
			continue;
		neigh_delete(r, n);
		found = true;
	}
	if (!found)
		return err_set(err, ENOENT, "neighbour %s: not in table", ip_str(addr));
	return 0;
}

struct flush {
	struct resolve *r;
	uint16_t iface;
	const struct ip_prefix *prefix;
};

static void
flush_one(struct neigh *n, void *arg)
{
	const struct flush *f = arg;

	if (n->iface != f->iface)
		return;
	if (f->prefix != NULL &&
			(f->prefix->addr.af != n->addr.af ||
					!ip_prefix_contains(f->prefix, &n->addr)))
		return;
	resolve_neigh_forget(f->r, n);
}

void
resolve_neigh_flush(struct resolve *r, const struct iface *port, const struct ip_prefix *prefix)
{
	struct flush f = { .r = r, .iface = port->index, .prefix = prefix };

	neigh_foreach(r->a.neighs, flush_one, &f);
}

void
resolve_announce(struct resolve *r, const struct iface *port, const struct ip_addr *addr)
{
	if (port->kind != IFACE_PORT)
		return;
	if (addr->af == AF_INET)
		resolve_arp_announce(r, port, addr);
	else
		resolve_nd_announce(r, port, addr);
}

/* --- how it reads --- */

void
resolve_neigh_describe(const struct resolve *r, const struct neigh *n, uint64_t now_ms, char *buf,
		unsigned int size)
{
	const uint64_t idle_ms = now_ms > n->confirmed_ms ? now_ms - n->confirmed_ms : 0;
	const uint64_t left_ms = idle_ms < RESOLVE_AGE_MS ? RESOLVE_AGE_MS - idle_ms : 0;

	switch (n->state) {
	case NEIGH_STATIC:
		snprintf(buf, size, "permanent");
		return;
	case NEIGH_INCOMPLETE:
		snprintf(buf, size, "incomplete");
		return;
	case NEIGH_FAILED:
		snprintf(buf, size, "failed");
		return;
	case NEIGH_STALE:
		snprintf(buf, size, "stale, expires in %" PRIu64 " seconds", left_ms / 1000);
		return;
	case NEIGH_REACHABLE:
	case NEIGH_PROBE:
		snprintf(buf, size, "expires in %" PRIu64 " seconds", left_ms / 1000);
		return;
	}
}
