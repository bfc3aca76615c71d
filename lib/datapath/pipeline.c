/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start reading here: the whole datapath, one line per stage. A packet comes in by a NIC queue at the top and leaves by one at the
 * bottom, or ends in a named drop, or goes to the control core (punt). Each stage is in the file of its name.
 *
 * Called by worker lcores, and by the control core itself where there is one lcore only. Nothing is decided here.
 */
#include <rte_cycles.h>

#include "datapath/stages.h"

#include "datapath/poison.h"

#ifdef DP_DEBUG_FRAME
/* Packets are neither lost nor doubled: what came in is what went out, was dropped, or is still inside. */
static void
frame_balance(const struct worker *w)
{
	const struct worker_counts *c = &w->cnt;
	const struct frame *f = &w->frame;
	uint64_t in = c->rx + c->injected + c->handed_in + c->created;
	uint64_t out = c->tx + c->punted + c->handed_out + c->dropped + c->freed;
	uint64_t inside = f->rx.n + f->esp.n + f->in_done.n + f->ip4.n + f->ip6.n + f->local.n +
			f->encap.n + f->out_done.n + f->out.n;
	unsigned int i;

	for (i = 0; i < f->punt.n; i++)
		inside += pkt_meta(f->punt.pkt[i])->punt !=
				PUNT_ICMP_ERROR; /* those are counted as dropped */
	for (i = 0; i < PORT_MAX; i++)
		inside += f->tx[i].n;
	inside += w->spread.inside;
	for (i = 0; i < w->dp->nb_engines; i++)
		inside += w->dp->engine[i]->ops->in_flight(w->dp->engine[i], w->id);
	RTE_VERIFY(in == out + inside);
}
#else
static inline void
frame_balance(const struct worker *w __rte_unused)
{
}
#endif

/* Run a stage; with `sysctl dp.stage_cycles=1`, measure it. */
#define STAGE(w, stage, packets, call)                                        \
	do {                                                                  \
		if (unlikely((w)->measure)) {                                 \
			const uint64_t start_ = rte_rdtsc();                  \
			(w)->cnt.stage_packets[stage] += (packets);           \
			call;                                                 \
			(w)->cnt.stage_cycles[stage] += rte_rdtsc() - start_; \
		} else {                                                      \
			call;                                                 \
		}                                                             \
		frame_balance(w);                                             \
	} while (0)

/* Everything behind receive: also what a stopping worker runs until it is empty. */
static void
worker_stages(struct worker *w, struct frame *f)
{
	STAGE(w, ST_CLASSIFY, f->rx.n, dp_classify(w, f));
	STAGE(w, ST_IPSEC_IN, f->esp.n, dp_ipsec_in(w, f));
	STAGE(w, ST_SPREAD, 0, dp_spread(w, f));
	STAGE(w, ST_POLL_IN, 0, dp_engine_poll(w, f));
	STAGE(w, ST_IPSEC_IN_DONE, f->in_done.n, dp_ipsec_in_done(w, f));
	STAGE(w, ST_ROUTE, f->ip4.n, dp_route4(w, f));
	STAGE(w, ST_ROUTE, f->ip6.n, dp_route6(w, f));
	STAGE(w, ST_LOCAL, f->local.n, dp_local(w, f));
	STAGE(w, ST_IPSEC_OUT, f->encap.n, dp_ipsec_out(w, f));
	STAGE(w, ST_POLL_OUT, 0, dp_engine_poll(w, f));
	STAGE(w, ST_IPSEC_OUT_DONE, f->out_done.n, dp_ipsec_out_done(w, f));
	STAGE(w, ST_REWRITE, f->out.n, dp_rewrite(w, f));
	STAGE(w, ST_TX, 0, dp_tx(w, f));
	STAGE(w, ST_PUNT, f->punt.n, dp_punt_flush(w, f));
}

unsigned int
worker_poll(struct worker *w)
{
	const struct dp_tunables *tunables = rcu_read(w->dp->tunables);
	const uint64_t start = rte_rdtsc();
	unsigned int nb_rx = 0;

	w->now_tsc = start;
	w->measure = tunables->stage_cycles;
	w->idle_mode = tunables->idle;
	w->idle_max_us = tunables->idle_max_us;
	w->ttl = tunables->ttl;
	w->spread_mode = (uint8_t)tunables->spread;
	w->icmp_budget = DP_ICMP_PER_POLL;

	STAGE(w, ST_RX, nb_rx, nb_rx = dp_rx(w, &w->frame));
	w->load = (uint16_t)(w->frame.rx.n + w->frame.esp.n + w->frame.encap.n);
	worker_stages(w, &w->frame);

	w->cnt.polls++;
	if (nb_rx == 0 && !spread_is_full(&w->spread)) {
		w->cnt.empty_polls++;
		return 0;
	}
	w->cnt.stage_packets[ST_RX] += w->measure ? nb_rx : 0;
	w->cnt.busy_cycles += rte_rdtsc() - start;
	return nb_rx;
}

/* Frames of others, to be sent by a queue of this worker. */
static bool
tx_waits(const struct worker *w, const struct dp_port *port)
{
	uint16_t q;

	for (q = 0; q < port->nb_txq; q++)
		if (port->txq[q].owner == w->id && port->txq[q].ring != NULL &&
				!rte_ring_empty(port->txq[q].ring))
			return true;
	return false;
}

bool
worker_holds_packets(const struct worker *w)
{
	const struct frame *f = &w->frame;
	unsigned int i;

	for (i = 0; i < w->dp->nb_engines; i++)
		if (w->dp->engine[i]->ops->in_flight(w->dp->engine[i], w->id) != 0)
			return true;
	if (w->spread.inside != 0)
		return true;
	if (!rte_ring_empty(w->inject) || (w->handin != NULL && !rte_ring_empty(w->handin)))
		return true;
	for (i = 0; w->serves_others && i < PORT_MAX; i++)
		if (w->port[i] != NULL && tx_waits(w, w->port[i]))
			return true;
	return f->esp.n + f->ip4.n + f->ip6.n + f->encap.n + f->in_done.n + f->out_done.n != 0;
}

void
worker_drain(struct worker *w)
{
	w->measure = false;
	w->icmp_budget = 0;
	w->load = 0;
	dp_rx_rings(w, &w->frame);
	worker_stages(w, &w->frame);
}
