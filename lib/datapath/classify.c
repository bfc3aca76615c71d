/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 2: take the Ethernet header off, check the IP header, and tell ESP from what is to be routed and from what only the
 * control core understands (ARP, multicast). Whether ESP is for us is found out by the look-up of its SA.
 */
#include "datapath/decide.h"
#include "datapath/stages.h"

#include "datapath/poison.h"

/* What the packets of a run have in common: the port they came in by. */
struct ingress {
	const struct iface_row *row;
	uint64_t *counters; /* of the interface, this worker's */
	uint16_t port_id;
};

static void
ingress_set(const struct worker *w, struct ingress *in, uint16_t port_id)
{
	const struct dataplane *dp = w->dp;
	const uint16_t index = __atomic_load_n(&dp->iface_of_port[port_id], __ATOMIC_RELAXED);

	in->port_id = port_id;
	in->row = index == 0 ? NULL : iface_row(dp->ifaces, index);
	in->counters = counter_row(&dp->ifaces->counters, w->id, index);
}

static inline void
classify_ip(struct worker *w, struct ingress *in, struct vec *ip, struct rte_mbuf *m,
		struct dp_verdict v)
{
	if (likely(v.to == DP_TO_IP)) {
		dp_push(w, ip, m);
	} else if (likely(v.to == DP_TO_ESP)) {
		dp_push(w, &w->frame.esp, m);
	} else {
		if (v.to == DP_TO_DROP && v.why != DROP_MULTICAST)
			in->counters[IF_CNT_IERRORS]++;
		dp_end(w, v, m);
	}
}

static inline void
classify_one(struct worker *w, struct frame *f, struct ingress *in, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const enum drop_reason bad = decide_frame(in->row, m);
	uint8_t flags = 0;
	rte_be16_t type;

	if (unlikely(bad != DROP_NONE)) {
		in->counters[IF_CNT_IERRORS]++;
		dp_drop(w, bad, m);
		return;
	}
	type = eth->ether_type;
	if (unlikely(!rte_is_same_ether_addr(&eth->dst_addr, &in->row->mac))) {
		if (!rte_is_multicast_ether_addr(&eth->dst_addr)) {
			dp_drop(w, DROP_NOT_FOR_US, m); /* promiscuous mode: somebody else's */
			return;
		}
		flags = PKT_L2_BCAST;
	}
	*pkt_meta(m) = (struct pkt_meta){
		.iface = in->row->index, .fib = in->row->fib, .flags = flags
	};
	rte_pktmbuf_adj(m, RTE_ETHER_HDR_LEN);

	if (likely(type == RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		classify_ip(w, in, &f->ip4, m, decide_received4(m));
	else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		classify_ip(w, in, &f->ip6, m, decide_received6(m));
	else if (type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		dp_punt(w, PUNT_ARP, m);
	else
		dp_drop(w, DROP_ETHERTYPE, m);
}

/* Stage 2: rx -> esp | ip4 | ip6 | punt. */
void
dp_classify(struct worker *w, struct frame *f)
{
	struct rte_mbuf **pkt = f->rx.pkt;
	const uint16_t n = f->rx.n;
	struct ingress in = { .port_id = UINT16_MAX };
	uint16_t i;

	for (i = 0; i < n && i < DP_PREFETCH; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkt[i], void *));
	for (i = 0; i < n; i++) {
		if (i + DP_PREFETCH < n) {
			rte_prefetch0(rte_pktmbuf_mtod(pkt[i + DP_PREFETCH], void *));
			rte_prefetch0(pkt_meta(pkt[i + DP_PREFETCH]));
		}
		if (unlikely(pkt[i]->port != in.port_id))
			ingress_set(w, &in, pkt[i]->port);
		in.counters[IF_CNT_IPACKETS]++;
		in.counters[IF_CNT_IBYTES] += pkt[i]->pkt_len;
		classify_one(w, f, &in, pkt[i]);
	}
	f->rx.n = 0;
}
