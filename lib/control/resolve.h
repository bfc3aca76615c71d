/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour resolution and what else the control core does with packets: ARP and ND (answer, ask, age), packets that wait for a
 * neighbour, ICMP errors with their rate limit, packets for us that no worker handles; and what next hops resolve to: gateways of
 * routes and remote ends of tunnels (ADR 10).
 */
#ifndef CONTROL_RESOLVE_H
#define CONTROL_RESOLVE_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "base/err.h"
#include "datapath/dataplane.h"
#include "iface/iface.h"
#include "route/neigh.h"
#include "route/rib.h"

struct resolve;

struct resolve_args {
	struct dataplane *dp;
	struct iface_table *ifaces;
	struct neigh_table *neighs;
	struct rib *rib;
	struct fib_table *fibs;
	struct rte_mempool *pool;
	/* An ipsec interface's outer next hop has changed: publish. Called by resolve_run(). */
	void (*outer_changed)(struct iface *ifp, void *arg);
	void *arg;
};

struct resolve *resolve_create(const struct resolve_args *args, struct err *err);
/** Frees waiting packets. */
void resolve_destroy(struct resolve *r);

/** Handle a punted packet; takes it. @p now_ms: monotonic. */
void resolve_packet(struct resolve *r, struct rte_mbuf *m, uint64_t now_ms);
/** Retries, timeouts, ageing. Every 100 ms or so. */
void resolve_tick(struct resolve *r, uint64_t now_ms);

/**
 * Changes of routes are observed: what they concern is worked out by the next resolve_run(). A gateway new to its FIB is worked out when
 * its route is inserted. This is for what is not seen in routes (the FIB of a port, ports that come and go): all is worked out again.
 */
void resolve_dirty(struct resolve *r);
/** Work out what is concerned: rib_set_nh() for routes with gateways, outer_nh and outer_changed() for ipsec interfaces. */
void resolve_run(struct resolve *r);
/** The tunnel of an ipsec interface was set, deleted, or is in another FIB. */
void resolve_tunnel(struct resolve *r, struct iface *ifp);
/** The spec of a route is another (kind, gateway, interface), after resolve_route_gone(). */
void resolve_route_changed(struct resolve *r, struct rib_route *route);
/** A route whose gateway is on the link of this interface or behind it, or NULL. After resolve_run(). */
struct rib_route *resolve_route_via(struct resolve *r, const struct iface *ifp);

/** An interface is about to be destroyed: let go of what ifp->resolve holds, and of its neighbours if it is a port. */
void resolve_iface_gone(struct resolve *r, struct iface *ifp);
/** A route with a gateway is about to be changed to another gateway or kind. Its next hop stays. */
void resolve_route_gone(struct resolve *r, struct rib_route *route);

/** Where a packet to @p addr would go from FIB @p fib, creating the neighbour it needs: NH_NEIGH for hosts on a link and gateways, NH_IPSEC, NH_LOCAL, NH_NONE ... */
uint32_t resolve_nh(struct resolve *r, uint16_t fib, const struct ip_addr *addr);

/** A static entry (arp -s, JSON neighbors). Routes of it are put in. */
int resolve_neigh_add(struct resolve *r, struct iface *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac, struct err *err);
/** @p on: of this port alone, NULL: of any. */
int resolve_neigh_delete(struct resolve *r, const struct iface *on, const struct ip_addr *addr,
		struct err *err);
/** The interface goes, or loses this prefix: its neighbours go. @p prefix NULL: all of it. */
void resolve_neigh_flush(
		struct resolve *r, const struct iface *port, const struct ip_prefix *prefix);
/** An address was added to a port: announce it (gratuitous ARP, unsolicited NA). */
void resolve_announce(struct resolve *r, const struct iface *port, const struct ip_addr *addr);
/** Would a packet that needs @p n be dropped now, because it has not answered lately? Changes nothing. */
bool resolve_neigh_refuses(const struct resolve *r, const struct neigh *n, uint64_t now_ms);
/** `arp -a`: state in words ("permanent", "expires in 120 seconds", "incomplete"). */
void resolve_neigh_describe(const struct resolve *r, const struct neigh *n, uint64_t now_ms,
		char *buf, unsigned int size);

#endif
