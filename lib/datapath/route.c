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
	if (likely(v.to == DP_TO_ENCAP))
		dp_push(w, &f->encap, m);
	else if (v.to == DP_TO_OUT)
		dp_push(w, &f->out, m);
	else if (v.to == DP_TO_LOCAL)
		dp_push(w, &f->local, m);
	else
		dp_end(w, v, m);
}

/* Packets of one FIB, @p n at most. @return How many they were. */
static uint16_t
route4_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, uint16_t n)
{
	const uint16_t fib = pkt_meta(pkt[0])->fib;
	uint32_t dst[DP_VEC_MAX], nh[DP_VEC_MAX];
	uint16_t i, k;

	for (k = 0; k < n && pkt_meta(pkt[k])->fib == fib; k++)
		dst[k] = rte_be_to_cpu_32(pkt_ip4(pkt[k])->dst_addr);
	decide_nh4(w->dp->fibs, fib, dst, nh, k);
	for (i = 0; i < k; i++) {
		struct pkt_meta *meta = pkt_meta(pkt[i]);

		meta->nh = nh[i];
		route_go(w, f, pkt[i], decide_route4(pkt_ip4(pkt[i]), dst[i], nh[i], meta->flags));
	}
	return k;
}

static uint16_t
route6_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, uint16_t n)
{
	const uint16_t fib = pkt_meta(pkt[0])->fib;
	uint8_t dst[DP_VEC_MAX][16];
	uint32_t nh[DP_VEC_MAX];
	uint16_t i, k;

	for (k = 0; k < n && pkt_meta(pkt[k])->fib == fib; k++)
		memcpy(dst[k], pkt_ip6(pkt[k])->dst_addr, 16);
	decide_nh6(w->dp->fibs, fib, dst, nh, k);
	for (i = 0; i < k; i++) {
		struct pkt_meta *meta = pkt_meta(pkt[i]);

		meta->nh = nh[i];
		route_go(w, f, pkt[i], decide_route6(pkt_ip6(pkt[i]), nh[i], meta->flags));
	}
	return k;
}

/* Stage 5: ip4 -> encap | out | local | punt. Nothing here pushes to ip4, so its packets may be read in place. */
void
dp_route4(struct worker *w, struct frame *f)
{
	const uint16_t n = f->ip4.n;
	uint16_t i = 0;

	f->ip4.n = 0;
	while (i < n)
		i = (uint16_t)(i + route4_run(w, f, f->ip4.pkt + i, (uint16_t)(n - i)));
}

void
dp_route6(struct worker *w, struct frame *f)
{
	const uint16_t n = f->ip6.n;
	uint16_t i = 0;

	f->ip6.n = 0;
	while (i < n)
		i = (uint16_t)(i + route6_run(w, f, f->ip6.pkt + i, (uint16_t)(n - i)));
}
