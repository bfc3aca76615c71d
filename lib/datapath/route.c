/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 5: where does it go? One bulk look-up in the FIB of the packets, TTL, and the kind of next hop. Packets made by us
 * (PKT_ORIGINATED) keep their TTL and cause no ICMP errors.
 */
#include "datapath/decide.h"
#include "datapath/stages.h"

#include "datapath/poison.h"

static inline void
route_go(struct worker *w, struct frame *f, struct rte_mbuf *m, struct dp_verdict v)
{
	switch (v.to) {
	case DP_TO_ENCAP:
		dp_push(w, &f->encap, m);
		return;
	case DP_TO_OUT:
		dp_push(w, &f->out, m);
		return;
	case DP_TO_LOCAL:
		dp_push(w, &f->local, m);
		return;
	default:
		dp_end(w, v, m);
	}
}

static inline void
route4_one(struct worker *w, struct frame *f, struct rte_mbuf *m, uint32_t dst, uint32_t nh)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->nh = nh;
	route_go(w, f, m, decide_route4(pkt_ip4(m), dst, nh, meta->flags));
}

/* A run of packets of one FIB. */
static void
route4_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, uint16_t n)
{
	uint32_t dst[DP_VEC_MAX], nh[DP_VEC_MAX];
	uint16_t i;

	for (i = 0; i < n; i++)
		dst[i] = rte_be_to_cpu_32(pkt_ip4(pkt[i])->dst_addr);
	decide_nh4(w->dp->fibs, pkt_meta(pkt[0])->fib, dst, nh, n);
	for (i = 0; i < n; i++)
		route4_one(w, f, pkt[i], dst[i], nh[i]);
}

static inline void
route6_one(struct worker *w, struct frame *f, struct rte_mbuf *m, uint32_t nh)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->nh = nh;
	route_go(w, f, m, decide_route6(pkt_ip6(m), nh, meta->flags));
}

static void
route6_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, uint16_t n)
{
	uint8_t dst[DP_VEC_MAX][16];
	uint32_t nh[DP_VEC_MAX];
	uint16_t i;

	for (i = 0; i < n; i++)
		memcpy(dst[i], pkt_ip6(pkt[i])->dst_addr, 16);
	decide_nh6(w->dp->fibs, pkt_meta(pkt[0])->fib, dst, nh, n);
	for (i = 0; i < n; i++)
		route6_one(w, f, pkt[i], nh[i]);
}

/* Call @p run for each run of packets that share a FIB. */
static inline void
route_by_fib(struct worker *w, struct frame *f, struct vec *v,
		void (*run)(struct worker *, struct frame *, struct rte_mbuf **, uint16_t))
{
	const uint16_t n = v->n;
	uint16_t i, start = 0;

	if (n == 0)
		return;
	v->n = 0;
	for (i = 0; i < n; i++) {
		if (unlikely(pkt_meta(v->pkt[i])->fib != pkt_meta(v->pkt[start])->fib)) {
			run(w, f, &v->pkt[start], (uint16_t)(i - start));
			start = i;
		}
	}
	run(w, f, &v->pkt[start], (uint16_t)(n - start));
}

/* Stage 5: ip4 -> encap | out | local | punt. Nothing here pushes to ip4, so its packets may be read in place. */
void
dp_route4(struct worker *w, struct frame *f)
{
	route_by_fib(w, f, &f->ip4, route4_run);
}

void
dp_route6(struct worker *w, struct frame *f)
{
	route_by_fib(w, f, &f->ip6, route6_run);
}
