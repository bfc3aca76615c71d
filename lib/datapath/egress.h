/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last step of a packet on its way out: the layer 2 header of its neighbour, and into the vector of its port. Stage 8 does it for
 * what was routed, stage 7 at once for what comes out of a tunnel, whose next hop a run of packets shares.
 */
#ifndef DATAPATH_EGRESS_H
#define DATAPATH_EGRESS_H

#include <rte_vect.h>

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
	uint16_t mtu; /* longest IP packet that leaves by it as it is; 0: none does, since each has a header */
	uint32_t nh;
	uint32_t tx_ports; /* bit p: something may have been pushed to tx[p] */
};

static __rte_always_inline void
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
	out->mtu = likely(out->may.to == DP_TO_PORT) ? out->row->mtu : 0;
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
	if (likely(m->pkt_len <= out->mtu && rte_pktmbuf_headroom(m) >= RTE_ETHER_HDR_LEN)) {
		egress_l2(out, m, meta->flags & PKT_IP6);
		dp_push(w, out->tx, m);
		return;
	}
	v = decide_rewrite(out->may, out->row, m);
	if (v.to == DP_TO_FRAGMENT)
		dp_fragment(w, &f->out, out->row->mtu, m);
	else
		dp_end(w, v, m);
}

/** What packets that leave by one tunnel and one neighbour have in front of ESP, as far as it is the same: a copy, to be kept in registers. */
struct egress_front {
	xmm_t l2; /* the neighbour's layer 2 header for IPv4, and two bytes more */
	struct outer_fixed4 ip4;
};

static inline struct egress_front
egress_front_of(const struct egress *out, const struct outer *outer)
{
	struct egress_front front;

	memcpy(&front.l2, &out->adj->l2[0], sizeof(front.l2));
	front.ip4 = outer_fixed4_of(outer);
	return front;
}

/**
 * In front of an ESP packet: outer header, layer 2 header. It is known to fit, there is headroom (decide_out()), and the tunnel is plain4;
 * egress_wrap() is for the others.
 */
static inline void
egress_wrap4(const struct egress_front *front, uint16_t ip_id, struct rte_mbuf *m)
{
	const uint16_t len = (uint16_t)(m->data_len + PLAIN4_LEN);
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *) - PLAIN4_LEN;

	/* The last two of its bytes are the IP header's, which comes next. */
	memcpy(frame, &front->l2, sizeof(front->l2));
	outer_write4(&front->ip4, frame + RTE_ETHER_HDR_LEN, (uint16_t)(len - RTE_ETHER_HDR_LEN),
			pkt_meta(m)->shown, ip_id);
	m->data_off = (uint16_t)(m->data_off - PLAIN4_LEN);
	m->data_len = len;
	m->pkt_len = len;
}

static inline void
egress_wrap(const struct egress *out, const struct outer *outer, uint16_t ip_id, struct rte_mbuf *m)
{
	outer_push(outer, m, pkt_meta(m)->shown, ip_id);
	egress_l2(out, m, outer->af == AF_INET6);
}

static inline void
egress_end(struct frame *f, const struct egress *out)
{
	f->tx_ports |= out->tx_ports;
}

#endif
