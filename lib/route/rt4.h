/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 longest prefix match: one step, two for routes longer than /24 (lpm.h). Any number of workers read while the control
 * core writes.
 */
#ifndef ROUTE_RT4_H
#define ROUTE_RT4_H

#include "base/limits.h"
#include "route/lpm.h"

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
rt4_lookup_bulk(const struct lpm *t, const uint32_t *addr, uint32_t *ret_nh, uint16_t n)
{
	const struct lpm_face *face = lpm_face(t);
	const uint32_t *top = __atomic_load_n(&face->top, __ATOMIC_ACQUIRE);
	const uint32_t def = __atomic_load_n(&face->def, __ATOMIC_RELAXED);
	uint16_t i;

	if (unlikely(top == NULL)) {
		for (i = 0; i < n; i++)
			ret_nh[i] = def;
		return;
	}
	for (i = 0; i < n; i++) {
		uint32_t e = __atomic_load_n(&top[addr[i] >> 8], __ATOMIC_RELAXED);

		if (unlikely(e & LPM_GROUP))
			e = lpm_step(face, e, (uint8_t)addr[i]);
		ret_nh[i] = e != 0 ? e & LPM_VALUE : def;
	}
}

#endif
