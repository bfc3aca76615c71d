/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last stages: packets for our own addresses (echo requests are answered here, everything else goes up), and the ring to the
 * control core.
 */
#include "datapath/stages.h"
#include "net/icmp.h"

#include "datapath/poison.h"

/* local -> ip4 | ip6 (the reply is routed in the next poll) | punt. */
void
dp_local(struct worker *w, struct frame *f)
{
	struct rte_mbuf **pkt = f->local.pkt;
	const uint16_t n = f->local.n;
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct pkt_meta *meta = pkt_meta(pkt[i]);

		if (!icmp_echo_reply(pkt[i], meta->flags & PKT_IP6, w->ttl)) {
			dp_punt(w, PUNT_LOCAL, pkt[i]);
			continue;
		}
		w->cnt.originated++;
		meta->flags = (uint8_t)((meta->flags & PKT_IP6) | PKT_ORIGINATED);
		meta->depth = 0;
		dp_push_ip(w, pkt[i]);
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
