/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of resolve: what its files need of each other. Nothing outside lib/control/resolve*.c includes it, but its tests.
 *
 * resolve.c         life, dispatch of punted packets, timer
 * resolve_nh.c      what gateways of routes and remote ends of tunnels resolve to
 * resolve_target.c  who needs which address, and which of them a changed route concerns
 * resolve_neigh.c   a neighbour's states, the packets that wait for it, its host route
 * resolve_table.c   ageing, static entries, flushing, how an entry is described
 * resolve_arp.c, resolve_nd.c   the two protocols
 * resolve_icmp.c    ICMP errors, packets for us that nobody takes
 */
#ifndef CONTROL_RESOLVE_PRIV_H
#define CONTROL_RESOLVE_PRIV_H

#include <sys/queue.h>

#include "control/resolve.h"
#include "net/icmp.h"
#include "net/parse.h"
#include "net/pkt.h"
#include "route/trie.h"

/* Packets that wait for one neighbour, and for all. */
#define RESOLVE_QUEUE 16
#define RESOLVE_QUEUED_MAX 4096
/* Neighbours that traffic made and that have not answered yet: a scan of a net gets no more. Those of routes and tunnels come on top. */
#define RESOLVE_INCOMPLETE_MAX 1024
/* Neighbours that traffic or strangers may make at all; what is left of ADJ_MAX is for routes, tunnels and static entries. */
#define RESOLVE_DYNAMIC_MAX (ADJ_MAX - 16384)
/* Solicitations: how many, and how far apart. */
#define RESOLVE_TRIES 3
#define RESOLVE_RETRY_MS 1000
/* Solicitations sent between two ticks, so that many at once do not overflow the ring to the workers. */
#define RESOLVE_BUDGET 256
/* A neighbour that did not answer: how long packets to it are refused, when a gateway is asked again, when it is forgotten. */
#define RESOLVE_REFUSE_MS 1000
#define RESOLVE_REASK_MS 1000
#define RESOLVE_FORGET_MS 20000
/* How long an entry lives unconfirmed: FreeBSD's net.link.ether.inet.max_age. It is probed as long before the end. */
#define RESOLVE_AGE_MS 1200000
#define RESOLVE_PROBE_MS 5000
/* RFC 4861 REACHABLE_TIME */
#define RESOLVE_ND_REACHABLE_MS 30000
/* ICMP errors per second (FreeBSD's net.inet.icmp.icmplim), and at once. */
#define RESOLVE_ICMP_RATE 200
#define RESOLVE_ICMP_BURST 50

/** A neighbour that is being asked, from struct neigh's queue. */
struct wait {
	TAILQ_ENTRY(wait) next;
	struct neigh *n;
	uint64_t next_ms;  /* when to ask again, or to give up */
	bool by_traffic;   /* counts towards RESOLVE_INCOMPLETE_MAX */
	uint8_t head, len; /* ring of packets, oldest at head */
	struct rte_mbuf *pkt[RESOLVE_QUEUE];
};
TAILQ_HEAD(wait_list, wait);

enum target_kind {
	TARGET_GATEWAY, /* routes lead by it */
	TARGET_TUNNEL,  /* the remote end of tunnels */
	TARGET_HOST     /* a neighbour with a host route, which must not win over the operator's */
};

/** A route by its gateway; route->user. */
struct gateway_use {
	LIST_ENTRY(gateway_use) next;
	struct rib_route *route;
	struct target *target;
};

/** A tunnel by its remote end; ifp->resolve. */
struct tunnel_use {
	LIST_ENTRY(tunnel_use) next;
	struct iface *ifp;
	struct target *target;
};

/** An address in a FIB that somebody needs a next hop for, and what that is. Worked out anew when a route that covers it changes. */
struct target {
	struct target *twin;    /* another kind of the same address */
	struct trie_node *node; /* its address */
	TAILQ_ENTRY(target) dirty_next;
	LIST_ENTRY(target) via_next;
	LIST_HEAD(, gateway_use) routes;
	LIST_HEAD(, tunnel_use) tunnels;
	uint32_t nh;
	uint32_t held; /* index of the neighbour that it holds, 0: none */
	uint16_t fib;
	uint16_t scope; /* TARGET_GATEWAY: port of a link-local address, where it is said, else 0 */
	uint16_t via;   /* TARGET_GATEWAY: interface on whose link it is, 0: none */
	enum target_kind kind;
	bool dirty;
};

struct resolve {
	/* all [C] */
	struct resolve_args a;
	struct trie targets[FIB_MAX][2]; /* [1]: IPv6 */
	TAILQ_HEAD(, target) dirty;      /* to be worked out; gateways first */
	LIST_HEAD(, target) * via;       /* IFACE_MAX lists: gateways by interface */
	bool all_dirty;
	bool incomplete; /* something found no room: all is worked out again in a second */
	bool started;    /* now_ms was told */
	uint64_t now_ms, next_age_ms;
	struct wait_list asking; /* least recently asked first */
	uint32_t nb_incomplete;  /* of those, made by traffic */
	uint32_t nb_queued;      /* packets that wait */
	uint32_t budget;         /* solicitations left until the next tick */
	uint64_t icmp_ms;        /* when icmp_tokens was last filled up */
	uint32_t icmp_tokens;    /* thousandths of an ICMP error */
	uint64_t log_ms;         /* when a line about a strange neighbour was last written */
};

/** Count, and free. */
void resolve_drop(struct resolve *r, enum drop_reason reason, struct rte_mbuf *m);
/** To the datapath, or DROP_RING_FULL. Takes it. */
void resolve_inject(struct resolve *r, struct rte_mbuf *m);
/** Put an Ethernet header in front and send by a port. Takes it; NULL is allowed (the pool was empty: counted). */
void resolve_send_frame(struct resolve *r, const struct iface *port,
		const struct rte_ether_addr *dst, uint16_t ether_type, struct rte_mbuf *m);
/** Is it time for a log line that strangers can cause? */
bool resolve_may_log(struct resolve *r);

/* --- resolve_target.c --- */

int resolve_targets_create(struct resolve *r);
void resolve_targets_destroy(struct resolve *r);
/** Of no use to anybody: let go. */
void resolve_target_put(struct resolve *r, struct target *t);
/** Mark all, tunnels entered as they are now. */
void resolve_targets_mark_all(struct resolve *r);

/* --- resolve_nh.c --- */

/** Work it out now: routes and tunnels that need it follow. May free @p t. */
void resolve_target(struct resolve *r, struct target *t);

/* --- resolve_neigh.c --- */

/** The neighbour, made and asked if need be. NULL: the tables are full. @p by_traffic: not for a route or tunnel. */
struct neigh *resolve_neigh_want(struct resolve *r, const struct iface *port,
		const struct ip_addr *addr, bool by_traffic);
/** A packet that needs @p n goes, waits, or is dropped. Takes it. */
void resolve_neigh_send(struct resolve *r, struct neigh *n, struct rte_mbuf *m);
/** Solicit it from now on, in NEIGH_INCOMPLETE or NEIGH_PROBE. */
void resolve_neigh_ask(struct resolve *r, struct neigh *n, enum neigh_state state, bool by_traffic);
/** Its MAC address is known: route, waiting packets. */
void resolve_neigh_known(struct resolve *r, struct neigh *n, const struct rte_ether_addr *mac,
		enum neigh_state state);
/** Somebody says that @p addr is at @p mac. @p create: make an entry when there is none. @return The entry or NULL. */
struct neigh *resolve_neigh_learn(struct resolve *r, const struct iface *port,
		const struct ip_addr *addr, const struct rte_ether_addr *mac,
		enum neigh_state state, bool create);
/** Forget it: route, waiting packets, entry. One that routes use stays, FAILED, until they are worked out again. */
void resolve_neigh_forget(struct resolve *r, struct neigh *n);
/** Those who wait: ask again or give up. */
void resolve_neigh_retry(struct resolve *r);
/** Its host route. */
void resolve_neigh_route_remove(struct resolve *r, const struct neigh *n);

/* --- resolve_table.c --- */

void resolve_age(struct resolve *r);

/* --- resolve_arp.c, resolve_nd.c --- */

/** Is it an address of this very interface; is it in a prefix of it (for IPv6: or link-local)? */
bool resolve_is_ours(const struct resolve *r, const struct iface *ifp, const struct ip_addr *addr);
bool resolve_is_on_link(const struct iface *ifp, const struct ip_addr *addr);
/** The address of the interface to speak to @p to with: of the same prefix, else its first, else NULL. */
const struct ip_addr *resolve_source(
		const struct resolve *r, const struct iface *ifp, const struct ip_addr *to);
void resolve_arp_packet(struct resolve *r, struct rte_mbuf *m);
/** Ask, by broadcast, or by unicast when @p mac is not NULL. */
void resolve_arp_ask(struct resolve *r, const struct iface *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac);
void resolve_arp_announce(struct resolve *r, const struct iface *port, const struct ip_addr *addr);
/** Handle an IPv6 packet if it is neighbour discovery: then it is taken, and true returned. */
bool resolve_nd_packet(struct resolve *r, struct rte_mbuf *m);
void resolve_nd_ask(struct resolve *r, const struct iface *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac);
void resolve_nd_announce(struct resolve *r, const struct iface *port, const struct ip_addr *addr);

/* --- resolve_icmp.c --- */

/** Send an ICMP error about @p m, which stays the caller's, if the rules and the rate limit allow it. */
void resolve_icmp_error(struct resolve *r, struct rte_mbuf *m, enum icmp_error kind, uint16_t mtu);
/** PUNT_ICMP_ERROR: the error for its verdict. Takes it. */
void resolve_icmp_verdict(struct resolve *r, struct rte_mbuf *m);
/** A packet for us that nobody takes: DROP_LOCAL_PROTO and an ICMP error. Takes it. */
void resolve_local_packet(struct resolve *r, struct rte_mbuf *m);

#endif
