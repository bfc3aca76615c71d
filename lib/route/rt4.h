/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 longest prefix match: rte_lpm under RCU (rte_lpm_rcu_qsbr_add). One writer, the control core; any number of workers read.
 */
#ifndef ROUTE_RT4_H
#define ROUTE_RT4_H

#include <rte_lpm.h>

#include "base/err.h"
#include "base/limits.h"
#include "route/nexthop.h"

struct rt4 {
	struct rte_lpm *lpm; /* [I] the table inside is changed in place, atomically per entry */
	uint32_t def; /* [A] next hop of 0.0.0.0/0, NH_NONE if there is none (rte_lpm has no length 0) */
};

struct rt4 *rt4_create(unsigned int fib, struct err *err);
void rt4_destroy(struct rt4 *t);
int rt4_insert(struct rt4 *t, uint32_t addr, uint8_t len, uint32_t nh, struct err *err);
int rt4_remove(struct rt4 *t, uint32_t addr, uint8_t len);
uint32_t rt4_lookup(const struct rt4 *t, uint32_t addr);

/**
 * Look up a burst.
 *
 * @param addr
 *   Destinations in host byte order.
 * @param ret_nh
 *   Next hops, NH_NONE (0) where no route matches.
 * @param n
 *   1 to DP_VEC_MAX.
 *
 * Context: worker. Never blocks or writes.
 */
static inline void
rt4_lookup_bulk(const struct rt4 *t, const uint32_t *addr, uint32_t *ret_nh, uint16_t n)
{
	uint16_t i;

	rte_lpm_lookup_bulk(t->lpm, addr, ret_nh, n);
	for (i = 0; i < n; i++)
		ret_nh[i] = ret_nh[i] & RTE_LPM_LOOKUP_SUCCESS
				? ret_nh[i] & 0x00ffffff
				: __atomic_load_n(&t->def, __ATOMIC_RELAXED);
}

#endif
