/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 1: gather what has arrived for this worker: from its NIC queues at most DP_GATHER_MAX frames in one vector, from the
 * control core packets to be routed or sent, from other workers ESP whose SA this worker owns.
 */
#include <rte_ethdev.h>

#include "datapath/stages.h"
#include "route/nexthop.h"

#include "datapath/poison.h"

/* How many packets of a ring one poll takes: less than what the vectors have room for. */
#define RING_BURST 32

/* From the control core: Ethernet frames have meta.nh NH_NONE and meta.out.iface the port, see dp_inject_frame(). */
static void
rx_inject(struct worker *w, struct frame *f)
{
	struct rte_mbuf *pkt[RING_BURST];
	unsigned int i, n;

	n = rte_ring_sc_dequeue_burst(w->inject, (void **)pkt, RING_BURST, NULL);
	w->cnt.injected += n;
	for (i = 0; i < n; i++) {
		const struct pkt_meta *meta = pkt_meta(pkt[i]);

		if (meta->punt == PUNT_ARP) {
			f->tx_ports |= 1u << meta->out.iface;
			dp_push(w, &f->tx[meta->out.iface], pkt[i]);
		} else if (nh_kind(meta->nh) == NH_NEIGH) {
			dp_push(w, &f->out, pkt[i]);
		} else {
			dp_push_ip(w, pkt[i]);
		}
	}
}

static void
rx_handin(struct worker *w, struct frame *f)
{
	const unsigned int room = RTE_MIN(vec_room(&f->esp), DP_GATHER_MAX);
	unsigned int n;

	n = rte_ring_sc_dequeue_burst(w->handin, (void **)&f->esp.pkt[f->esp.n], room, NULL);
	f->esp.n = (uint16_t)(f->esp.n + n);
	w->cnt.handed_in += n;
}

void
dp_rx_rings(struct worker *w, struct frame *f)
{
	if (unlikely(!rte_ring_empty(w->inject)))
		rx_inject(w, f);
	if (w->handin != NULL && !rte_ring_empty(w->handin) && !spread_is_full(&w->spread))
		rx_handin(w, f);
}

unsigned int
dp_rx(struct worker *w, struct frame *f)
{
	uint16_t i, got, q = w->rxq_first, n = 0;

	dp_rx_rings(w, f);
	if (unlikely(spread_is_full(&w->spread)))
		return 0;
	for (i = 0; i < w->nb_rxq && n < DP_GATHER_MAX; i++) {
		const struct worker_rxq *rxq = &w->rxq[q];
		const uint16_t left = (uint16_t)(DP_GATHER_MAX - n);
		/* The last queue may use what the others have left. */
		const uint16_t want = i + 1 == w->nb_rxq ? left : RTE_MIN(left, DP_RX_BURST);

		got = rte_eth_rx_burst(rxq->port_id, rxq->queue, &f->rx.pkt[n], want);
		if (got != 0)
			f->rx_run[f->nb_rx_runs++] = (struct rx_run){ rxq->port_id, got };
		n = (uint16_t)(n + got);
		if (++q == w->nb_rxq)
			q = 0;
	}
	if (++w->rxq_first >= w->nb_rxq)
		w->rxq_first = 0;
	f->rx.n = n;
	w->cnt.rx += n;
	return n;
}
