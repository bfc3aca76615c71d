/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 2: take the Ethernet header off, check the IP header, and tell ESP from what is to be routed and from what only the
 * control core understands (ARP, multicast). Whether ESP is for us is found out by the look-up of its SA.
 */
#include "datapath/stages.h"
#include "net/parse.h"

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
classify_ip4(struct worker *w, struct frame *f, struct ingress *in, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	const enum drop_reason bad = parse_ip4(m);
	const struct rte_ipv4_hdr *ip = pkt_ip4(m);

	if (unlikely(bad != DROP_NONE)) {
		in->counters[IF_CNT_IERRORS]++;
		dp_drop(w, bad, m);
		return;
	}
	if (unlikely(meta->flags & PKT_L2_BCAST) ||
			unlikely((ip->dst_addr & rte_cpu_to_be_32(0xe0000000)) ==
					rte_cpu_to_be_32(0xe0000000))) {
		dp_punt(w, PUNT_MULTICAST, m);
		return;
	}
	if (ip->next_proto_id == IPPROTO_ESP || ip->next_proto_id == IPPROTO_UDP) {
		switch (parse_esp4(m, &meta->l3_len)) {
		case PARSE_ESP_NATT:
			meta->flags |= PKT_NATT;
			/* fall through */
		case PARSE_ESP:
			dp_push(w, &f->esp, m);
			return;
		case PARSE_ESP_FRAGMENT:
		case PARSE_OTHER:
			break;
		}
	}
	dp_push(w, &f->ip4, m);
}

static inline void
classify_ip6(struct worker *w, struct frame *f, struct ingress *in, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	const enum drop_reason bad = parse_ip6(m);

	if (unlikely(bad != DROP_NONE)) {
		in->counters[IF_CNT_IERRORS]++;
		dp_drop(w, bad, m);
		return;
	}
	meta->flags |= PKT_IP6;
	if (unlikely(pkt_ip6(m)->dst_addr[0] == 0xff)) {
		dp_punt(w, PUNT_MULTICAST, m);
		return;
	}
	if (unlikely(meta->flags & PKT_L2_BCAST)) {
		dp_drop(w, DROP_MULTICAST, m);
		return;
	}
	switch (parse_esp6(m, &meta->l3_len)) {
	case PARSE_ESP_NATT:
		meta->flags |= PKT_NATT;
		/* fall through */
	case PARSE_ESP:
		dp_push(w, &f->esp, m);
		return;
	case PARSE_ESP_FRAGMENT:
	case PARSE_OTHER:
		break;
	}
	dp_push(w, &f->ip6, m);
}

/* Whose frame is it, and may its interface receive? DROP_NONE: go on. */
static inline enum drop_reason
classify_frame(const struct ingress *in, const struct rte_mbuf *m)
{
	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN))
		return DROP_RUNT;
	if (unlikely(m->nb_segs != 1))
		return DROP_MULTISEG;
	if (unlikely(in->row == NULL || !(in->row->flags & IFACE_UP)))
		return DROP_IF_DOWN;
	if (unlikely(in->row->flags & IFACE_MONITOR))
		return DROP_IF_MONITOR;
	return DROP_NONE;
}

static inline void
classify_one(struct worker *w, struct frame *f, struct ingress *in, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const enum drop_reason bad = classify_frame(in, m);
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
		classify_ip4(w, f, in, m);
	else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		classify_ip6(w, f, in, m);
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
