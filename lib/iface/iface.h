/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces: ports and ipsec interfaces under one name space and one index space. The control core owns struct iface and
 * publishes an immutable row of it for the workers at each change. Here: the table, names, flags, MTU, addresses, counters.
 * ipsec_if.h and port_if.h add what is particular to each kind.
 */
#ifndef IFACE_IFACE_H
#define IFACE_IFACE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ether.h>

#include "base/counter.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/share.h"
#include "ipsec/sa.h"
#include "net/addr.h"
#include "net/outer.h"

enum iface_kind { IFACE_NONE, IFACE_PORT, IFACE_IPSEC };

enum iface_flag {
	IFACE_UP = 1 << 0,
	IFACE_RUNNING = 1 << 1,
	IFACE_MONITOR = 1 << 2,
	IFACE_BROADCAST = 1 << 3,
	IFACE_POINTOPOINT = 1 << 4,
	IFACE_MULTICAST = 1 << 5,
	IFACE_PROMISC = 1 << 6
};

/** What a worker reads of an interface. [I], one allocation, replaced as a whole. What can be known beforehand is not asked per packet. */
struct iface_row {
	/* cache line 0 */
	uint16_t index;
	uint16_t tunnel; /* IFACE_IPSEC: another number when what outer leads to is another */
	uint8_t kind;    /* enum iface_kind */
	uint8_t flags;   /* enum iface_flag */
	uint16_t mtu;    /* bytes of an IP packet */
	uint16_t fib;    /* FIB in which packets received by it are routed */
	uint16_t tunnelfib;
	uint32_t reqid;    /* IFACE_IPSEC */
	uint32_t outer_nh; /* IFACE_IPSEC: where its outer packets go; NH_NONE: nowhere */
	/* IFACE_IPSEC, what sending takes: 0 while there is no sa_out */
	uint32_t sa_id; /* of sa_out */
	struct sa *sa_out; /* the SA in use outbound, NULL: none. Retired with a grace period of its own */
	struct outer_show4 show4; /* what outer shows of IPv4 packets */
	uint16_t room_front; /* bytes needed in front of an inner packet: layer 2, outer header, ESP with IV */
	uint16_t room_behind;      /* and behind it: sa_out's */
	uint8_t engine;            /* of sa_out: engine.place */
	uint8_t wide;              /* 1: outer is IPv6, of which show4 knows nothing */
	uint16_t port_id;          /* IFACE_PORT */
	struct rte_ether_addr mac; /* IFACE_PORT */
	/* IFACE_IPSEC: the outer header, and the remote end once more as what inbound packets must come from */
	struct outer outer __rte_cache_aligned;
	struct ip_addr local, remote;
};
static_assert(offsetof(struct iface_row, outer) == RTE_CACHE_LINE_SIZE, "line 0");

/* fields of a row of interface counters */
enum iface_counter {
	IF_CNT_IPACKETS,
	IF_CNT_IBYTES, /* ipsec: inner bytes; port: bytes of frames */
	IF_CNT_IERRORS,
	IF_CNT_IDROPS,
	IF_CNT_OPACKETS,
	IF_CNT_OBYTES,
	IF_CNT_OERRORS,
	IF_CNT_ODROPS
};

struct iface_addr {
	struct ip_prefix
			prefix; /* the address itself with the length of its net: bits beyond are kept */
	struct ip_addr peer; /* point-to-point destination, af 0: none */
	bool link_local;     /* made by us (fe80::/64 of a port) */
};

/** The control core's record of an interface. */
struct iface {
	char name[IFACE_NAME_MAX];         /* [C] */
	char description[IFACE_DESCR_MAX]; /* [C] "" : none */
	uint16_t index;                    /* [C] 1 to IFACE_MAX - 1 */
	enum iface_kind kind;              /* [C] */
	uint8_t flags;                     /* [C] enum iface_flag */
	uint16_t mtu;                      /* [C] bytes */
	bool mtu_auto;                     /* [C] */
	uint16_t fib, tunnelfib;           /* [C] */
	struct iface_addr *addrs;          /* [C] array */
	uint16_t nb_addrs;                 /* [C] */

	/* IFACE_PORT: port_if.h */
	struct iface *next_port;   /* [C] */
	uint16_t port_id;          /* [C] */
	struct rte_ether_addr mac; /* [C] */
	char device[64];           /* [C] ethdev name */

	/* IFACE_IPSEC: ipsec_if.h */
	uint32_t reqid;               /* [C] 0: not chosen yet */
	struct ip_addr local, remote; /* [C] tunnel, af 0: none */
	uint32_t outer_nh;            /* [C] as resolved */
	struct outer outer; /* [C] template, made by control from tunnel, SA (NAT-T) and sysctls */
	uint16_t tunnel;    /* [C] serial number of the ends and kind of outer */
	struct sa *sa_out;  /* [C] as chosen */
	uint32_t policy_id[4]; /* [C] in4, out4, in6, out6; 0: none */
	void *resolve;         /* [C] of control/resolve.c */
};

/** All interfaces. The table of rows is what workers see. */
struct iface_table {
	RCU_PTR(struct iface_row) row[IFACE_MAX]; /* [R] NULL: no such interface */
	struct counter_table counters;            /* rows by index, enum iface_counter */
	struct iface *record[IFACE_MAX];          /* [C] */
	struct iface *ports; /* [C] those of kind IFACE_PORT, by next_port, in order of creation */
	uint32_t count;      /* [C] */
	struct iface_names *names;     /* [C] by name; iface.c */
	struct iface_tunnels *tunnels; /* [C] by ends and reqid; ipsec_if.c */
	struct iface_addrs *locals;    /* [C] local addresses with their use count; iface.c */
};

struct iface_table *iface_table_create(unsigned int nb_workers, struct err *err);
void iface_table_destroy(struct iface_table *t);

/** By name or index, NULL when there is none. Control core. */
struct iface *iface_find(const struct iface_table *t, const char *name);
struct iface *iface_at(const struct iface_table *t, uint16_t index);
/** In order of index: ifp = NULL to start; NULL at the end. */
struct iface *iface_next(const struct iface_table *t, const struct iface *ifp);

/** Enter a new interface: name 1 to 15 of [A-Za-z0-9_.-], not taken (EEXIST). Nothing is published yet. NULL with @p err. */
struct iface *iface_create(
		struct iface_table *t, const char *name, enum iface_kind kind, struct err *err);
/** Take it out: row withdrawn, index given away again only after a grace period. The caller has removed routes and SAs' claims. */
void iface_destroy(struct iface_table *t, struct iface *ifp);
/** Allocate now what the next iface_publish() needs, so that it can not fail. 0 or -ENOMEM with @p err. */
int iface_prepare(struct iface_table *t, struct err *err);
/** Publish the record as it is now as a new row; the old one is retired. 0 or -ENOMEM with @p err: the old row stays. */
int iface_publish(struct iface_table *t, struct iface *ifp, struct err *err);

/**
 * Add an address. 0, -EEXIST (same address there), -EINVAL (multicast, any, ...), -ENOMEM. Sets UP on an ipsec interface as FreeBSD does.
 * Routes are control's.
 */
int iface_addr_add(struct iface_table *t, struct iface *ifp, const struct iface_addr *addr,
		struct err *err);
/** 0 or -EADDRNOTAVAIL. @p ret_old: what it was, may be NULL. */
int iface_addr_remove(struct iface_table *t, struct iface *ifp, const struct ip_addr *addr,
		struct iface_addr *ret_old, struct err *err);
/** An interface that has this address, or NULL. Constant time. */
struct iface *iface_of_local(const struct iface_table *t, const struct ip_addr *addr);
/** The interface's first address of a family (not link-local unless nothing else), or NULL. */
const struct iface_addr *iface_first_addr(const struct iface *ifp, int af);

/** Row of an interface in a worker; NULL: gone. */
static inline const struct iface_row *
iface_row(const struct iface_table *t, uint16_t index)
{
	return rcu_read(t->row[index]);
}

#endif
