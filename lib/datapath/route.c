/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 5: where does it go? One bulk look-up in the FIB of the packets, TTL, and the kind of next hop. Packets made by us
 * (PKT_ORIGINATED) keep their TTL and cause no ICMP errors.
 */
#include "datapath/decide.h"
#include "datapath/stages.h"

#include "datapath/poison.h"

/* Packets in a row that have one next hop. Starts with .nh = NH_NONE. */
struct onward {
	uint32_t nh;
	struct vec *to; /* they are forwarded by the worker itself. NULL: they are not, or it has to be found out */
};

/* The row of a tunnel is fetched here, so that the misses of all packets of a burst overlap. */
static inline void
onward_set(const struct dataplane *dp, struct frame *f, struct onward *on, uint32_t nh)
{
	const struct iface_row *row;

	on->nh = nh;
	switch (nh_kind(nh)) {
	case NH_IPSEC:
		row = iface_row(dp->ifaces, (uint16_t)nh_index(nh));
		rte_prefetch0(row); /* of NULL: nothing happens */
		rte_prefetch0(RTE_PTR_ADD(row, offsetof(struct iface_row, outer)));
		on->to = &f->encap;
		break;
	case NH_NEIGH:
		on->to = &f->out;
		break;
	default:
		on->to = NULL;
	}
}

static void
route_elsewhere(struct worker *w, struct frame *f, struct rte_mbuf *m, struct dp_verdict v)
{
	if (v.to == DP_TO_LOCAL)
		dp_push(w, &f->local, m);
	else
		dp_end(w, v, m);
}

/* Where a packet goes if it is forwarded: onward.to. */
static inline struct vec *
onward_to(const struct worker *w, struct frame *f, struct onward *on, struct rte_mbuf *m,
		uint32_t nh)
{
	if (nh != on->nh)
		onward_set(w->dp, f, on, nh);
	pkt_meta(m)->nh = nh;
	return on->to;
}

static inline void
route_forward(struct worker *w, struct vec *to, struct rte_mbuf *m, enum drop_reason bad)
{
	if (likely(bad == DROP_NONE))
		dp_push(w, to, m);
	else
		dp_end(w, decide_not_forwarded(bad), m);
}

/* Packets of one FIB, @p n at most. @return How many they were. */
static unsigned int
route4_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, unsigned int n)
{
	const uint16_t fib = pkt_meta(pkt[0])->fib;
	struct onward on = { .nh = NH_NONE };
	uint32_t dst[DP_VEC_MAX], nh[DP_VEC_MAX];
	unsigned int i, k;

	for (k = 0; k < n; k++) {
		struct rte_mbuf *m = pkt[k];

		if (pkt_meta(m)->fib != fib)
			break;
		dst[k] = rte_be_to_cpu_32(pkt_ip4(m)->dst_addr);
	}
	decide_nh4(w->dp->fibs, fib, dst, nh, (uint16_t)k);
	for (i = 0; i < k; i++) {
		struct rte_mbuf *m = pkt[i];
		struct vec *to = onward_to(w, f, &on, m, nh[i]);
		const uint8_t flags = pkt_meta(m)->flags;

		if (likely(to != NULL))
			route_forward(w, to, m, decide_forward4(pkt_ip4(m), dst[i], flags));
		else
			route_elsewhere(w, f, m, decide_route4(pkt_ip4(m), dst[i], nh[i], flags));
	}
	return k;
}

static unsigned int
route6_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, unsigned int n)
{
	const uint16_t fib = pkt_meta(pkt[0])->fib;
	struct onward on = { .nh = NH_NONE };
	uint8_t dst[DP_VEC_MAX][16];
	uint32_t nh[DP_VEC_MAX];
	unsigned int i, k;

	for (k = 0; k < n; k++) {
		struct rte_mbuf *m = pkt[k];

		if (pkt_meta(m)->fib != fib)
			break;
		memcpy(dst[k], ip6_dst(pkt_ip6(m)), 16);
	}
	decide_nh6(w->dp->fibs, fib, dst, nh, (uint16_t)k);
	for (i = 0; i < k; i++) {
		struct rte_mbuf *m = pkt[i];
		struct vec *to = onward_to(w, f, &on, m, nh[i]);
		const uint8_t flags = pkt_meta(m)->flags;

		if (likely(to != NULL))
			route_forward(w, to, m, decide_forward6(pkt_ip6(m), flags));
		else
			route_elsewhere(w, f, m, decide_route6(pkt_ip6(m), nh[i], flags));
	}
	return k;
}

/* Stage 5: ip4 -> encap | out | local | punt. Nothing here pushes to ip4, so its packets may be read in place. */
void
dp_route4(struct worker *w, struct frame *f)
{
	const unsigned int n = f->ip4.n;
	unsigned int i = 0;

	f->ip4.n = 0;
	while (i < n)
		i += route4_run(w, f, f->ip4.pkt + i, n - i);
}

void
dp_route6(struct worker *w, struct frame *f)
{
	const unsigned int n = f->ip6.n;
	unsigned int i = 0;

	f->ip6.n = 0;
	while (i < n)
		i += route6_run(w, f, f->ip6.pkt + i, n - i);
}
