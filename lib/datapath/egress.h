/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last step of a packet on its way out: the layer 2 header of its neighbour, and into the vector of its port. Stage 8 does it for
 * what was routed, stage 7 at once for what comes out of a tunnel, whose next hop a run of packets shares.
 */
#ifndef DATAPATH_EGRESS_H
#define DATAPATH_EGRESS_H

#include "datapath/decide.h"
#include "datapath/stages.h"

/* What a tunnel over IPv4 puts in front of ESP, without UDP. */
#define PLAIN4_LEN (RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr))

/** The neighbour and port of the last packet: most bursts leave by one. Starts with .nh = NH_NONE, which no packet here has. */
struct egress {
	const struct adj *adj;       /* NULL: removed since the look-up */
	const struct iface_row *row; /* of the port */
	struct vec *tx;              /* of the port */
	struct dp_verdict may;       /* decide_egress() */
	uint32_t nh;
	uint32_t tx_ports; /* bit p: something may have been pushed to tx[p] */
};

static inline void
egress_set(const struct dataplane *dp, struct frame *f, struct egress *out, uint32_t nh)
{
	out->nh = nh;
	out->adj = rcu_read(dp->neighs->adj[nh_index(nh)]);
	if (likely(out->adj != NULL)) {
		out->tx = &f->tx[out->adj->port_id];
		out->tx_ports |= 1u << out->adj->port_id;
		out->row = iface_row(dp->ifaces, out->adj->iface);
	}
	out->may = decide_egress(out->adj, out->row);
}

static inline void
egress_l2(const struct egress *out, struct rte_mbuf *m, bool ip6)
{
	memcpy(rte_pktmbuf_prepend(m, RTE_ETHER_HDR_LEN), &out->adj->l2[ip6], RTE_ETHER_HDR_LEN);
}

/** A packet whose meta.nh is NH_NEIGH: to tx[port], or where else decide_rewrite() says; fragments to f->out. */
static inline void
egress_push(struct worker *w, struct frame *f, struct egress *out, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	struct dp_verdict v;

	if (unlikely(meta->nh != out->nh))
		egress_set(w->dp, f, out, meta->nh);
	v = decide_rewrite(out->may, out->row, m);
	if (unlikely(v.to != DP_TO_PORT)) {
		if (v.to == DP_TO_FRAGMENT)
			dp_fragment(w, &f->out, out->row->mtu, m);
		else
			dp_end(w, v, m);
		return;
	}
	egress_l2(out, m, meta->flags & PKT_IP6);
	dp_push(w, out->tx, m);
}

/**
 * An ESP packet whose tunnel leads to out->nh, and which is known to fit: outer header, layer 2 header, to tx[port]. There is headroom
 * (decide_out()).
 */
static inline void
egress_push_tunnel(struct worker *w, struct egress *out, const struct outer *outer, uint16_t ip_id,
		struct rte_mbuf *m)
{
	const uint16_t ip_len = (uint16_t)(m->data_len + sizeof(struct rte_ipv4_hdr));
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *) - sizeof(struct rte_ipv4_hdr);

	if (likely(outer->plain4)) {
		/* Two bytes more than it is long: the IP header's, which come next. */
		memcpy(ip - RTE_ETHER_HDR_LEN, out->adj->l2, RTE_ETHER_HDR_LEN + 2);
		outer_write4(outer, ip, ip_len, pkt_meta(m)->shown, ip_id);
		m->data_off = (uint16_t)(m->data_off - PLAIN4_LEN);
		m->data_len = (uint16_t)(m->data_len + PLAIN4_LEN);
		m->pkt_len = m->data_len;
	} else {
		outer_push(outer, m, pkt_meta(m)->shown, ip_id);
		egress_l2(out, m, outer->af == AF_INET6);
	}
	dp_push(w, out->tx, m);
}

static inline void
egress_end(struct frame *f, const struct egress *out)
{
	f->tx_ports |= out->tx_ports;
}

#endif
