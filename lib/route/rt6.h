/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 longest prefix match: two copies of an rte_lpm6, since it can not be changed under readers (ADR 11). A change goes
 * to the idle copy, the copies swap, and once every worker has been quiescent it goes to the other one too.
 */
#ifndef ROUTE_RT6_H
#define ROUTE_RT6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_lpm6.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/share.h"
#include "route/nexthop.h"

struct rt6; /* rt6.c */

/** What a worker needs: first member of struct rt6. */
struct rt6_face {
	RCU_PTR(struct rte_lpm6)
	lpm; /* [R] the copy in force; NULL until the table holds its first route longer than /0 */
	uint32_t def; /* [A] next hop of ::/0, NH_NONE if there is none (rte_lpm6 has no length 0) */
};

struct rt6 *rt6_create(unsigned int fib, struct err *err);
void rt6_destroy(struct rt6 *t);
/**
 * Insert or replace. Seen by workers at once when the idle copy is in step, else when rt6_settle(), or the next change, finds that
 * workers have moved on. A route that was taken will be put in: lack of room shows here.
 * @return 0, -ENOSPC, -ENOMEM with @p err.
 */
int rt6_insert(struct rt6 *t, const uint8_t addr[16], uint8_t len, uint32_t nh, struct err *err);
/** Likewise. 0 or -ENOENT. */
int rt6_remove(struct rt6 *t, const uint8_t addr[16], uint8_t len);
uint32_t rt6_lookup(const struct rt6 *t, const uint8_t addr[16]);
/** Publish what was inserted and removed since; bring the other copy up to date when workers have moved on. Never blocks. */
void rt6_settle(struct rt6 *t);
/** True when both copies are the same and nothing waits. Control core. */
bool rt6_is_settled(const struct rt6 *t);

/** As rt4_lookup_bulk(); addresses in network order. */
static inline void
rt6_lookup_bulk(const struct rt6 *t, uint8_t (*addr)[16], uint32_t *ret_nh, uint16_t n)
{
	const struct rt6_face *face = (const struct rt6_face *)t;
	const struct rte_lpm6 *lpm = rcu_read(face->lpm);
	const uint32_t def = __atomic_load_n(&face->def, __ATOMIC_RELAXED);
	int32_t hop[DP_VEC_MAX];
	uint16_t i;

	if (unlikely(lpm == NULL)) {
		for (i = 0; i < n; i++)
			ret_nh[i] = def;
		return;
	}
	rte_lpm6_lookup_bulk_func(lpm, addr, hop, n);
	for (i = 0; i < n; i++)
		ret_nh[i] = hop[i] < 0 ? def : (uint32_t)hop[i];
}

#endif
