/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours (ARP and ND entries) as adjacencies: an index that next hops carry, an immutable row that workers read, and the
 * control core's record with its state. Who asks, answers and times out is control/resolve.c.
 */
#ifndef ROUTE_NEIGH_H
#define ROUTE_NEIGH_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/share.h"
#include "net/addr.h"

/** What a worker reads of a neighbour. */
struct adj {
	struct rte_ether_hdr l2[2]; /* [I] complete layer 2 header: [0] IPv4, [1] IPv6 */
	uint16_t port_id;           /* [I] ethdev port */
	uint16_t iface;             /* [I] index of the port's interface */
	bool known;                 /* [I] false: being resolved, punt */
};

enum neigh_state {
	NEIGH_INCOMPLETE,
	NEIGH_REACHABLE,
	NEIGH_STALE,
	NEIGH_PROBE,
	NEIGH_FAILED,
	NEIGH_STATIC
};

/** The control core's record. */
struct neigh {
	uint32_t index;            /* [C] of the adjacency */
	uint16_t iface;            /* [C] port's interface */
	uint16_t port_id;          /* [C] */
	struct ip_addr addr;       /* [C] */
	struct rte_ether_addr mac; /* [C] valid unless INCOMPLETE or FAILED */
	enum neigh_state state;    /* [C] */
	uint32_t refs;             /* [C] routes and tunnels that use it as a gateway */
	uint64_t changed_ms;       /* [C] when the state was entered (monotonic) */
	uint64_t confirmed_ms;     /* [C] last proof that it lives */
	uint8_t tries;             /* [C] solicitations sent in this state */
	void *queue;               /* [C] packets that wait: control/resolve.c */
};

struct neigh_table {
	RCU_PTR(struct adj) adj[ADJ_MAX]; /* [R] */
	struct neigh_index *index;        /* [C] by interface and address */
	struct neigh *record[ADJ_MAX];    /* [C] */
	uint32_t count;                   /* [C] */
};

/** After rcu_init(). */
struct neigh_table *neigh_table_create(struct err *err);
/** No worker runs any more; rcu_fini() comes later. n->queue of those left must be NULL. */
void neigh_table_destroy(struct neigh_table *t);

/** Find, or NULL. */
struct neigh *neigh_find(const struct neigh_table *t, uint16_t iface, const struct ip_addr *addr);
/**
 * Find or make an INCOMPLETE one (its adjacency published, not known). NULL with err ENOSPC/ENOMEM. Index 0 is never given; a row, once
 * published, is not NULL again. Times, tries and refs are the caller's, here and below.
 */
struct neigh *neigh_get(struct neigh_table *t, uint16_t iface, uint16_t port_id,
		const struct ip_addr *addr, struct err *err);
/** The MAC address is known: publish the adjacency with @p src (the port's MAC), enter @p state. 0 or -ENOMEM: unchanged. */
int neigh_set(struct neigh_table *t, struct neigh *n, const struct rte_ether_addr *mac,
		const struct rte_ether_addr *src, enum neigh_state state);
/** Back to INCOMPLETE or FAILED: publish an adjacency that is not known. */
int neigh_unset(struct neigh_table *t, struct neigh *n, enum neigh_state state);
/** Remove it; the caller has removed the routes that carry its index. n->queue must be NULL. The index is given away again only after a grace period. */
void neigh_remove(struct neigh_table *t, struct neigh *n);
/** Each entry; @p cb may remove the one it is given. */
void neigh_foreach(struct neigh_table *t, void (*cb)(struct neigh *n, void *arg), void *arg);

#endif
