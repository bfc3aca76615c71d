/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ends a packet's way through a worker, and the last stages: packets for our own addresses (echo requests are answered here,
 * everything else goes up), and the ring to the control core.
 */
#include "datapath/decide.h"
#include "datapath/stages.h"

#include "datapath/poison.h"

void
dp_end(struct worker *w, struct dp_verdict v, struct rte_mbuf *m)
{
	if (v.to == DP_TO_PUNT)
		dp_punt(w, (enum punt_reason)v.why, m);
	else if (v.to == DP_TO_DROP_ICMP)
		dp_drop_icmp(w, (enum drop_reason)v.why, m);
	else
		dp_drop(w, (enum drop_reason)v.why, m);
}

/* local -> ip4 | ip6 (the reply is routed in the next poll) | punt. */
void
dp_local(struct worker *w, struct frame *f)
{
	struct rte_mbuf **pkt = f->local.pkt;
	const uint16_t n = f->local.n;
	uint16_t i;

	for (i = 0; i < n; i++) {
		const struct dp_verdict v = decide_local(w->dp->ifaces, pkt[i], w->ttl);

		if (likely(v.to == DP_TO_IP)) {
			w->cnt.originated++;
			dp_push_ip(w, pkt[i]);
		} else {
			w->cnt.originated += v.to == DP_TO_PUNT && v.why == PUNT_NEIGH;
			dp_end(w, v, pkt[i]);
		}
	}
	f->local.n = 0;
}

/* punt -> ring of the control core. What was already counted as dropped is only freed when the ring is full. */
void
dp_punt_flush(struct worker *w, struct frame *f)
{
	const uint16_t n = f->punt.n;
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = f->punt.pkt[i];
		const bool dropped = pkt_meta(m)->punt == PUNT_ICMP_ERROR;

		if (likely(rte_ring_mp_enqueue(w->dp->punt, m) == 0))
			w->cnt.punted += !dropped;
		else if (dropped)
			rte_pktmbuf_free(m);
		else
			dp_drop(w, DROP_PUNT_FULL, m);
	}
	f->punt.n = 0;
}
