/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 longest prefix match: 24 bits, then 8 bits at a time as far as there are longer routes (lpm.h). Any number of workers read
 * while the control core writes.
 */
#ifndef ROUTE_RT6_H
#define ROUTE_RT6_H

#include "base/limits.h"
#include "route/lpm.h"

/** As rt4_lookup_bulk(); addresses in network order. All packets take a step before any takes the next: their misses overlap. */
static inline void
rt6_lookup_bulk(const struct lpm *t, uint8_t (*addr)[16], uint32_t *ret_nh, uint16_t n)
{
	const struct lpm_face *face = lpm_face(t);
	const uint32_t *top = __atomic_load_n(&face->top, __ATOMIC_ACQUIRE);
	const uint32_t def = __atomic_load_n(&face->def, __ATOMIC_RELAXED);
	uint32_t groups = 0;
	unsigned int byte;
	uint16_t i;

	if (unlikely(top == NULL)) {
		for (i = 0; i < n; i++)
			ret_nh[i] = def;
		return;
	}
	for (i = 0; i < n; i++) {
		const uint8_t *a = addr[i];

		ret_nh[i] = __atomic_load_n(&top[(uint32_t)a[0] << 16 | (uint32_t)a[1] << 8 | a[2]],
				__ATOMIC_RELAXED);
		groups |= ret_nh[i];
	}
	for (byte = 3; groups & LPM_GROUP; byte++) {
		groups = 0;
		for (i = 0; i < n; i++) {
			if (!(ret_nh[i] & LPM_GROUP))
				continue;
			ret_nh[i] = lpm_step(face, ret_nh[i], addr[i][byte]);
			groups |= ret_nh[i];
		}
	}
	for (i = 0; i < n; i++)
		ret_nh[i] = ret_nh[i] != 0 ? ret_nh[i] & LPM_VALUE : def;
}

#endif
