/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The routes of all FIBs as the operator knows them: prefix, where it leads, where it comes from. Several sources may offer
 * the same prefix; the best (lowest enum rib_source) is put into the FIB. A route with a gateway holds the gateway's address;
 * what the gateway resolves to is told by control/resolve.c through rib_set_nh().
 */
#ifndef ROUTE_RIB_H
#define ROUTE_RIB_H

#include <stdbool.h>

#include "base/err.h"
#include "net/addr.h"
#include "route/fib.h"

/** In order of preference. */
enum rib_source { RIB_LOCAL, RIB_CONNECTED, RIB_NEIGH, RIB_STATIC, RIB_SOURCES };

enum rib_kind { RIB_GATEWAY, RIB_INTERFACE, RIB_BLACKHOLE, RIB_REJECT };

/** A route as asked for. */
struct rib_spec {
	uint16_t fib;
	struct ip_prefix prefix; /* masked by rib_insert() */
	enum rib_source source;
	enum rib_kind kind;
	struct ip_addr gateway; /* RIB_GATEWAY */
	uint16_t iface;         /* RIB_INTERFACE, and for sources other than static; 0: none */
	uint32_t nh; /* what to put into the FIB, NH_NONE: nothing, as if the route were not there */
};

struct rib_route {
	struct rib_spec spec; /* [C] */
	bool active; /* [C] it is the one in the FIB: the most preferred that has a next hop */
	void *user; /* [C] of who observes, NULL at first (its place among the routes of its gateway) */
	void *owner; /* [C] of who inserted it, NULL at first (its place in a list of the interface's routes) */
};

struct rib;

enum rib_event { RIB_INSERTED, RIB_CHANGED, RIB_REMOVED };
/** What happened to a route; the FIB says so already. RIB_REMOVED: it is freed when this returns. */
typedef void rib_observer(struct rib_route *route, enum rib_event event, void *arg);

struct rib *rib_create(struct fib_table *fibs, struct err *err);
/** Free all routes; the FIBs keep what is in them until fib_table_fini(). */
void rib_destroy(struct rib *rib);

/** Tell of each route inserted, removed, or given another next hop from now on. NULL: nobody. */
void rib_observe(struct rib *rib, rib_observer *observer, void *arg);
/**
 * Insert a route of one source.
 * @return The route (borrowed until removed), or NULL: EEXIST (that source has the prefix already), ENOSPC, ENOMEM, ERANGE.
 */
struct rib_route *rib_insert(struct rib *rib, const struct rib_spec *spec, struct err *err);
/** Remove; the next best source of the prefix takes its place. */
void rib_remove(struct rib *rib, struct rib_route *route);
/** Another next hop for a route. 0 or -ENOSPC: unchanged. */
int rib_set_nh(struct rib *rib, struct rib_route *route, uint32_t nh, struct err *err);
/** The route of that prefix and source, or NULL. */
struct rib_route *rib_find(const struct rib *rib, uint16_t fib, const struct ip_prefix *prefix,
		enum rib_source source);
/** Longest match among active routes, or NULL (`route get`; the gateway's own route). */
struct rib_route *rib_match(const struct rib *rib, uint16_t fib, const struct ip_addr *addr);
/** As rib_match(), but ignores routes of RIB_STATIC with a gateway: what is on a link. */
struct rib_route *rib_match_link(const struct rib *rib, uint16_t fib, const struct ip_addr *addr);
/** Longest match among routes that have a next hop, those of @p source left aside. */
struct rib_route *rib_match_without(const struct rib *rib, uint16_t fib, const struct ip_addr *addr,
		enum rib_source source);
/** All routes, ordered by FIB, family, prefix. @p cb may remove the one it is given. @p fib -1: all. */
void rib_foreach(struct rib *rib, int fib, int af, void (*cb)(struct rib_route *route, void *arg),
		void *arg);
/**
 * The route that comes after that of @p source for @p prefix, which need not be there any more: of the same FIB and family,
 * ordered by prefix, then source; NULL: none. From the first on: a prefix of length 0 and source -1.
 */
struct rib_route *rib_after(
		const struct rib *rib, uint16_t fib, const struct ip_prefix *prefix, int source);
uint32_t rib_count(const struct rib *rib);

#endif
