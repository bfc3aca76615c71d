/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 longest prefix match: two copies of an rte_lpm6, since it can not be changed under readers (DESIGN.md T7). A change goes
 * to the idle copy, the copies swap, and once every worker has been quiescent it goes to the other one too.
 */
#ifndef ROUTE_RT6_H
#define ROUTE_RT6_H

#include <rte_lpm6.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/share.h"
#include "route/nexthop.h"

struct rt6; /* rt6.c */

/** What a worker needs: first member of struct rt6. */
struct rt6_face {
	RCU_PTR(struct rte_lpm6) lpm; /* [R] the copy in force */
};

struct rt6 *rt6_create(unsigned int fib, struct err *err);
void rt6_destroy(struct rt6 *t);
int rt6_insert(struct rt6 *t, const uint8_t addr[16], uint8_t len, uint32_t nh, struct err *err);
int rt6_remove(struct rt6 *t, const uint8_t addr[16], uint8_t len);
uint32_t rt6_lookup(const struct rt6 *t, const uint8_t addr[16]);
/** Publish what was inserted and removed since; bring the other copy up to date when workers have moved on. Never blocks for long. */
void rt6_settle(struct rt6 *t);

/** As rt4_lookup_bulk(); addresses in network order. */
static inline void
rt6_lookup_bulk(const struct rt6 *t, uint8_t (*addr)[16], uint32_t *ret_nh, uint16_t n)
{
	const struct rt6_face *face = (const struct rt6_face *)t;
	int32_t hop[DP_VEC_MAX];
	uint16_t i;

	rte_lpm6_lookup_bulk_func(rcu_read(face->lpm), addr, hop, n);
	for (i = 0; i < n; i++)
		ret_nh[i] = hop[i] < 0 ? NH_NONE : (uint32_t)hop[i];
}

#endif
