/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 9: hand frames to the NIC. A worker that has no transmit queue of its own passes its frames to the queue's owner by a ring,
 * so that nothing is locked.
 */
#include <rte_ethdev.h>

#include "datapath/stages.h"

#include "datapath/poison.h"

/* A full queue is tried a few times more; some PMDs take less than a burst at once. */
#define TX_TRIES 4

static void
tx_count(struct worker *w, uint16_t port_id, const struct vec *v, uint16_t sent, uint64_t bytes)
{
	const uint16_t index = __atomic_load_n(&w->dp->iface_of_port[port_id], __ATOMIC_RELAXED);
	uint64_t *cnt = counter_row(&w->dp->ifaces->counters, w->id, index);

	w->cnt.tx += sent;
	cnt[IF_CNT_OPACKETS] += sent;
	cnt[IF_CNT_OBYTES] += bytes;
	cnt[IF_CNT_ODROPS] += (uint64_t)v->n - sent;
}

/* The worker's own queue. After rte_eth_tx_burst() the first `sent` packets are not ours: lengths are read before. */
static void
tx_burst(struct worker *w, const struct dp_port *port, uint16_t queue, struct vec *v)
{
	uint64_t bytes = 0;
	uint16_t i, tries, sent = 0;

	for (i = 0; i < v->n; i++)
		bytes += v->pkt[i]->pkt_len;
	for (tries = 0; tries < TX_TRIES && sent < v->n; tries++)
		sent = (uint16_t)(sent +
				rte_eth_tx_burst(port->port_id, queue, &v->pkt[sent],
						(uint16_t)(v->n - sent)));
	for (i = sent; i < v->n; i++)
		bytes -= v->pkt[i]->pkt_len;
	tx_count(w, port->port_id, v, sent, bytes);
	for (i = sent; i < v->n; i++)
		dp_drop(w, DROP_TX_FULL, v->pkt[i]);
	v->n = 0;
}

static void
tx_to_owner(struct worker *w, const struct dp_port *port, struct rte_ring *ring, struct vec *v)
{
	const uint16_t n = (uint16_t)rte_ring_mp_enqueue_burst(ring, (void **)v->pkt, v->n, NULL);
	const uint16_t index = __atomic_load_n(
			&w->dp->iface_of_port[port->port_id], __ATOMIC_RELAXED);
	uint16_t i;

	w->cnt.handed_out += n;
	counter_row(&w->dp->ifaces->counters, w->id, index)[IF_CNT_ODROPS] += (uint64_t)v->n - n;
	for (i = n; i < v->n; i++)
		dp_drop(w, DROP_RING_FULL, v->pkt[i]);
	v->n = 0;
}

/* Frames of workers without a queue of their own. */
static void
tx_from_others(struct worker *w, struct frame *f)
{
	uint16_t p, q;

	for (p = 0; p < PORT_MAX; p++) {
		const struct dp_port *port = w->port[p];

		if (port == NULL)
			continue;
		for (q = 0; q < port->nb_txq; q++) {
			const struct dp_txq *txq = &port->txq[q];
			unsigned int n;

			if (txq->owner != w->id || txq->ring == NULL)
				continue;
			n = rte_ring_sc_dequeue_burst(txq->ring, (void **)&f->tx[p].pkt[f->tx[p].n],
					RTE_MIN(vec_room(&f->tx[p]), DP_GATHER_MAX), NULL);
			f->tx[p].n = (uint16_t)(f->tx[p].n + n);
			f->tx_ports |= n != 0 ? 1u << p : 0;
			w->cnt.handed_in += n;
		}
	}
}

/* Stage 9: tx[port] -> NIC queue | ring of its owner. */
void
dp_tx(struct worker *w, struct frame *f)
{
	uint32_t ports;

	if (w->serves_others)
		tx_from_others(w, f);
	for (ports = f->tx_ports; ports != 0; ports &= ports - 1) {
		const unsigned int p = (unsigned int)__builtin_ctz(ports);
		const struct dp_port *port = w->port[p];
		const uint16_t queue = port->txq_of[w->id];
		const struct dp_txq *txq = &port->txq[queue];

		if (txq->owner == w->id)
			tx_burst(w, port, queue, &f->tx[p]);
		else
			tx_to_owner(w, port, txq->ring, &f->tx[p]);
	}
	f->tx_ports = 0;
}
