/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 8: put the layer 2 header of the neighbour in front, and sort by port. What is larger than the port's MTU is cut here.
 */
#include <rte_ip_frag.h>

#include "datapath/egress.h"
#include "datapath/stages.h"

#include "datapath/poison.h"

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
	struct rte_mbuf *frag[DP_FRAGMENTS_MAX];
	const struct pkt_meta meta = *pkt_meta(m);
	struct dp_verdict verdict;
	uint16_t bytes;
	int32_t i, n;

	verdict = decide_fragment(m, mtu, &bytes);
	if (verdict.to != DP_TO_FRAGMENT) {
		pkt_meta(m)->mtu = mtu;
		dp_end(w, verdict, m);
		return;
	}
	if (meta.flags & PKT_IP6)
		n = rte_ipv6_fragment_packet(m, frag, DP_FRAGMENTS_MAX, mtu, pool, pool);
	else
		n = rte_ipv4_fragment_copy_nonseg_packet(m, frag, DP_FRAGMENTS_MAX, mtu, pool);
	if (n < 0) {
		dp_drop(w, n == -ENOMEM ? DROP_NO_MBUF : DROP_TOO_BIG, m);
		return;
	}
	for (i = 0; i < n; i++) {
		*pkt_meta(frag[i]) = meta;
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

/* Stage 8: out -> tx[port] | punt. Fragments are pushed behind the end and worked off in the same call. */
void
dp_rewrite(struct worker *w, struct frame *f)
{
	struct egress out = { .nh = NH_NONE };
	unsigned int i;

	for (i = 0; i < f->out.n; i++)
		egress_push(w, f, &out, f->out.pkt[i]);
	f->out.n = 0;
	egress_end(f, &out);
}
