/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vector of packets: what stages of the datapath hand to each other. Owned by one worker.
 */
#ifndef NET_VEC_H
#define NET_VEC_H

#include <stdint.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/limits.h"

struct vec {
	uint16_t n;                       /* [W] packets in it, 0 to DP_VEC_MAX */
	struct rte_mbuf *pkt[DP_VEC_MAX]; /* [W] owned by the vector */
};

static inline uint16_t
vec_room(const struct vec *v)
{
	return (uint16_t)(DP_VEC_MAX - v->n);
}

/** The caller has made sure that there is room. */
static inline void
vec_push(struct vec *v, struct rte_mbuf *m)
{
	v->pkt[v->n++] = m;
}

/** The same for @p n packets. */
static inline void
vec_append(struct vec *v, struct rte_mbuf *const pkts[], uint16_t n)
{
	memcpy(v->pkt + v->n, pkts, n * sizeof(pkts[0]));
	v->n = (uint16_t)(v->n + n);
}

#endif
