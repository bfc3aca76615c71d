/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest match in tables of entries: the first 24 bits of an address index one table, and each further 8 bits a group of 256 entries,
 * where routes that long exist (as rte_lpm and rte_lpm6 do). One writer, the control core, changes entries in place while any number
 * of workers read: an address of which no route changes never shows another next hop (ADR 14). It holds no list of its routes:
 * the caller (rib.c) knows what is in it. rt4.h and rt6.h look up.
 *
 *    top[2^24] --- entry: next hop and length of its route
 *              \-- entry: a group ---> group[256] --- entry
 *                                                 \-- entry: a group ---> ...
 */
#ifndef ROUTE_LPM_H
#define ROUTE_LPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "route/nexthop.h"

/* An entry. 0: no route. */
#define LPM_VALUE 0x001fffffu /* next hop, or number of a group */
#define LPM_LEN_SHIFT 21      /* length of the route, 8 bits: writer only */
#define LPM_GROUP 0x80000000u /* the value is a group */
#define LPM_GROUP_ENTRIES 256u
#define LPM_TOP_ENTRIES (1u << 24)
#define LPM_GROUPS_MAX (1u << 21)

/** What a worker reads. */
struct lpm_face {
	uint32_t *top;   /* [A] set once; NULL until the first route longer than /0 */
	uint32_t *group; /* [I] range of addresses; backed by memory as far as groups are used */
	uint32_t def;    /* [A] next hop of the route of length 0; NH_NONE: none */
};

/** The most preferred shorter route of a prefix: what serves when it goes. */
struct lpm_cover {
	uint32_t nh;
	uint8_t len; /* 0: only the default route, or none */
};

struct lpm_usage {
	uint32_t routes;
	uint32_t groups; /* in use */
	uint32_t groups_max;
	uint64_t bytes; /* of memory taken: tables and the list of groups */
};

struct lpm;

/** @p what: "IPv4" or "IPv6", for messages. Takes addresses, no memory. NULL with @p err. */
struct lpm *lpm_create(const char *what, uint32_t groups_max, struct err *err);
/** No worker reads any more. */
void lpm_destroy(struct lpm *t);

/**
 * Insert a route that is not there.
 *
 * @param key
 *   Address in network order, masked; only the bytes that @p len needs are read.
 * @return 0; -ENOSPC, -ENOMEM with @p err: nothing has changed.
 *
 * Context: control core. With all groups in use or waiting it waits for workers, microseconds.
 */
int lpm_insert(struct lpm *t, const uint8_t *key, uint8_t len, uint32_t nh, struct err *err);
/** Another next hop for a route that is there. */
void lpm_change(struct lpm *t, const uint8_t *key, uint8_t len, uint32_t nh);
/** Remove a route that is there. */
void lpm_remove(struct lpm *t, const uint8_t *key, uint8_t len, struct lpm_cover cover);
void lpm_usage(const struct lpm *t, struct lpm_usage *ret_usage);

static inline const struct lpm_face *
lpm_face(const struct lpm *t)
{
	return (const struct lpm_face *)t;
}

/** The entry of a group. @p entry has LPM_GROUP set. */
static inline uint32_t
lpm_step(const struct lpm_face *face, uint32_t entry, uint8_t byte)
{
	const size_t at = (size_t)(entry & LPM_VALUE) * LPM_GROUP_ENTRIES + byte;

	return __atomic_load_n(&face->group[at], __ATOMIC_RELAXED);
}

#endif
