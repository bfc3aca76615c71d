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
	uint64_t mac; /* what the first eight bytes of a frame for us are, masked; MAC_NONE while the interface is closed */
	enum drop_reason closed; /* why the interface does not receive; DROP_NONE: it does */
	struct pkt_meta start;   /* of its packets */
};

/* The first eight bytes of a frame are its destination and two more. */
#define MAC_MASK rte_cpu_to_be_64(UINT64_C(0xffffffffffff0000))
/* Masked, they are never this. */
#define MAC_NONE rte_cpu_to_be_64(UINT64_C(1))

static inline uint64_t
load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void
ingress_set(const struct worker *w, struct ingress *in, uint16_t port_id)
{
	const struct dataplane *dp = w->dp;
	const uint16_t index = __atomic_load_n(&dp->iface_of_port[port_id], __ATOMIC_RELAXED);

	*in = (struct ingress){ .row = index == 0 ? NULL : iface_row(dp->ifaces, index),
		.counters = counter_row(&dp->ifaces->counters, w->id, index) };
	in->closed = decide_ingress(in->row);
	in->mac = MAC_NONE;
	if (likely(in->closed == DROP_NONE)) {
		in->mac = 0;
		memcpy(&in->mac, &in->row->mac, sizeof(in->row->mac));
		in->start = (struct pkt_meta){ .iface = in->row->index, .fib = in->row->fib };
	}
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

/* Not to our address: for all on the link, or, in promiscuous mode, somebody else's. */
static inline bool
classify_is_for_all(const struct rte_mbuf *m)
{
	return rte_is_multicast_ether_addr(
			&rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->dst_addr);
}

static inline void
classify_one(struct worker *w, struct frame *f, struct ingress *in, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const enum drop_reason bad = decide_frame(m, in->closed);
	rte_be16_t type;

	if (unlikely(bad != DROP_NONE)) {
		in->counters[IF_CNT_IERRORS]++;
		dp_drop(w, bad, m);
		return;
	}
	type = eth->ether_type;
	pkt_meta_start(m, &in->start);
	if (unlikely((load64(eth) & MAC_MASK) != in->mac)) {
		if (!classify_is_for_all(m)) {
			dp_drop(w, DROP_NOT_FOR_US, m);
			return;
		}
		pkt_meta(m)->flags = PKT_L2_BCAST;
	}
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

/*
 * A frame for us that has an IPv4 packet of the common form inside, as nearly all have: known by a few comparisons, and made what
 * classify_one() would make of it. What is asked about the packet is asked before anything is stored.
 */
enum plain4 {
	PLAIN4_NOT,   /* it is as it was */
	PLAIN4_IS,    /* an IPv4 packet */
	PLAIN4_ROUTED /* and to be routed */
};

static inline enum plain4
classify_plain4(const struct ingress *in, struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint8_t *ip = frame + RTE_ETHER_HDR_LEN;
	uint16_t total;
	bool routed;

	if (unlikely(m->nb_segs != 1 ||
			    m->data_len < RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr) ||
			    (load64(frame) & MAC_MASK) != in->mac ||
			    ((const struct rte_ether_hdr *)frame)->ether_type !=
					    RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		return PLAIN4_NOT;
	total = parse_ip4_plain(ip, (uint32_t)m->data_len - RTE_ETHER_HDR_LEN);
	if (unlikely(total == 0))
		return PLAIN4_NOT;
	routed = decide_routed4((const struct rte_ipv4_hdr *)ip, total);
	pkt_meta_start(m, &in->start);
	m->data_off = (uint16_t)(m->data_off + RTE_ETHER_HDR_LEN);
	m->data_len = total;
	m->pkt_len = total;
	return routed ? PLAIN4_ROUTED : PLAIN4_IS;
}

static void
classify_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, const struct rx_run *run)
{
	const unsigned int n = run->n;
	struct ingress in;
	uint64_t bytes = 0;
	unsigned int i;

	ingress_set(w, &in, run->port_id);
	for (i = 0; i < n && i < DP_PREFETCH; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkt[i], void *));
	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkt[i];
		enum plain4 plain;

		if (i + DP_PREFETCH < n) {
			rte_prefetch0(rte_pktmbuf_mtod(pkt[i + DP_PREFETCH], void *));
			rte_prefetch0(pkt_meta(pkt[i + DP_PREFETCH]));
		}
		bytes += m->pkt_len;
		plain = classify_plain4(&in, m);
		if (likely(plain == PLAIN4_ROUTED))
			dp_push(w, &f->ip4, m);
		else if (likely(plain == PLAIN4_IS))
			classify_ip(w, &in, &f->ip4, m, decide_kind4(m));
		else
			classify_one(w, f, &in, m);
	}
	in.counters[IF_CNT_IPACKETS] += n;
	in.counters[IF_CNT_IBYTES] += bytes;
}

/* Stage 2: rx -> esp | ip4 | ip6 | punt. */
void
dp_classify(struct worker *w, struct frame *f)
{
	struct rte_mbuf **pkt = f->rx.pkt;
	uint16_t i;

	for (i = 0; i < f->nb_rx_runs; i++) {
		classify_run(w, f, pkt, &f->rx_run[i]);
		pkt += f->rx_run[i].n;
	}
	f->nb_rx_runs = 0;
	f->rx.n = 0;
}
