/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 8: put the layer 2 header of the neighbour in front, and sort by port. What is larger than the port's MTU is cut here.
 */
#include <rte_ip_frag.h>

#include "datapath/stages.h"
#include "net/parse.h"
#include "route/nexthop.h"

#include "datapath/poison.h"

#define FRAGMENTS_MAX 8

/* IPv4 without DF, or IPv6 that we made ourselves (an outer header). */
static bool
may_fragment(struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);

	if (meta->flags & PKT_IP6)
		return meta->flags & PKT_ORIGINATED;
	return !(pkt_ip4(m)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
}

/* What the library leaves undone: the IPv4 checksum; the IPv6 identification, the same in all fragments of a packet. */
static void
fragment_finish(struct rte_mbuf *m, uint32_t id)
{
	struct rte_ipv4_hdr *ip = pkt_ip4(m);

	if (pkt_meta(m)->flags & PKT_IP6) {
		((struct rte_ipv6_fragment_ext *)(pkt_ip6(m) + 1))->id = rte_cpu_to_be_32(id);
		return;
	}
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

void
dp_fragment(struct worker *w, struct vec *v, uint16_t mtu, struct rte_mbuf *m)
{
	struct rte_mempool *pool = w->dp->pool;
	struct rte_mbuf *frag[FRAGMENTS_MAX];
	const struct pkt_meta meta = *pkt_meta(m);
	int32_t i, n;

	if (!may_fragment(m)) {
		pkt_meta(m)->mtu = mtu;
		dp_drop_icmp(w, DROP_TOO_BIG, m);
		return;
	}
	if (meta.flags & PKT_IP6)
		n = rte_ipv6_fragment_packet(m, frag, FRAGMENTS_MAX, mtu, pool, pool);
	else
		n = rte_ipv4_fragment_copy_nonseg_packet(m, frag, FRAGMENTS_MAX, mtu, pool);
	if (n < 0) {
		dp_drop(w, n == -ENOMEM ? DROP_NO_MBUF : DROP_TOO_BIG, m);
		return;
	}
	for (i = 0; i < n; i++) {
		*pkt_meta(frag[i]) = meta;
		frag[i]->port = m->port;
		if (frag[i]->nb_segs > 1 && rte_pktmbuf_linearize(frag[i]) != 0) {
			w->cnt.created++;
			dp_drop(w, DROP_HEADROOM, frag[i]);
			continue;
		}
		fragment_finish(frag[i], w->frag_id);
		w->cnt.created++;
		dp_push(w, v, frag[i]);
	}
	w->frag_id += w->dp->nb_workers;
	w->cnt.fragmented++;
	w->cnt.freed++;
	rte_pktmbuf_free(m);
}

/* The neighbour and port of the last packet: most bursts leave by one. */
struct egress {
	const struct adj *adj; /* NULL: removed since the look-up */
	const struct iface_row *row;
	uint32_t nh;
	uint32_t tx_ports;
	uint16_t iface;
};

static inline enum drop_reason
rewrite_check(struct worker *w, struct egress *out, const struct adj *adj)
{
	if (unlikely(adj->iface != out->iface)) {
		out->iface = adj->iface;
		out->row = iface_row(w->dp->ifaces, adj->iface);
	}
	if (unlikely(out->row == NULL || !iface_row_passes(out->row)))
		return DROP_OUT_IF_DOWN;
	return DROP_NONE;
}

static inline void
rewrite_one(struct worker *w, struct frame *f, struct egress *out, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	const struct adj *adj;
	enum drop_reason bad;

	if (unlikely(meta->nh != out->nh)) {
		out->nh = meta->nh;
		out->adj = rcu_read(w->dp->neighs->adj[nh_index(meta->nh)]);
	}
	adj = out->adj;
	if (unlikely(adj == NULL)) {
		dp_drop(w, DROP_NEIGH_FAILED, m);
		return;
	}
	if (unlikely(!adj->known)) {
		dp_punt(w, PUNT_NEIGH, m);
		return;
	}
	bad = rewrite_check(w, out, adj);
	if (unlikely(bad != DROP_NONE)) {
		dp_drop(w, bad, m);
		return;
	}
	if (unlikely(m->pkt_len > out->row->mtu)) {
		dp_fragment(w, &f->out, out->row->mtu, m);
		return;
	}
	if (unlikely(rte_pktmbuf_headroom(m) < RTE_ETHER_HDR_LEN)) {
		dp_drop(w, DROP_HEADROOM, m);
		return;
	}
	rte_memcpy(rte_pktmbuf_prepend(m, RTE_ETHER_HDR_LEN), &adj->l2[!!(meta->flags & PKT_IP6)],
			RTE_ETHER_HDR_LEN);
	out->tx_ports |= 1u << adj->port_id;
	dp_push(w, &f->tx[adj->port_id], m);
}

/* Stage 8: out -> tx[port] | punt. Fragments are pushed behind the end and worked off in the same call. */
void
dp_rewrite(struct worker *w, struct frame *f)
{
	struct egress out = { .nh = NH_NONE }; /* nothing is here without a next hop */
	uint16_t i;

	for (i = 0; i < f->out.n; i++)
		rewrite_one(w, f, &out, f->out.pkt[i]);
	f->out.n = 0;
	f->tx_ports |= out.tx_ports;
}
