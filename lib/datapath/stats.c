/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the dataplane tells about itself, read by the control core while workers count: sums over the workers' own lines, less the
 * baseline of the last `clear counters`.
 */
#include "datapath/worker.h"

void
dp_control_drop(struct dataplane *dp, enum drop_reason reason)
{
	counter_row_control(&dp->drops, 0)[reason]++;
}

uint64_t
dp_drop_count(const struct dataplane *dp, enum drop_reason reason)
{
	return counter_sum(&dp->drops, reason / COUNTER_FIELDS, reason % COUNTER_FIELDS);
}

void
dp_clear_drops(struct dataplane *dp)
{
	counter_clear_all(&dp->drops);
}

static uint64_t
worker_in_flight(const struct worker *w)
{
	uint64_t n = w->spread.inside;
	unsigned int e;

	for (e = 0; e < w->dp->nb_engines; e++)
		n += w->dp->engine[e]->ops->in_flight(w->dp->engine[e], w->id);
	return n;
}

void
dp_worker_stats(const struct dataplane *dp, unsigned int worker, struct dp_worker_stats *ret_stats)
{
	const struct worker *w = dp->worker[worker];
	const struct worker_counts now = w->cnt, *base = &w->baseline;
	unsigned int i;

	*ret_stats = (struct dp_worker_stats){
		.lcore = dp->lcore[worker],
		.polls = now.polls - base->polls,
		.empty_polls = now.empty_polls - base->empty_polls,
		.rx = now.rx - base->rx,
		.tx = now.tx - base->tx,
		.punted = now.punted - base->punted,
		.injected = now.injected - base->injected,
		.handed_out = now.handed_out - base->handed_out,
		.handed_in = now.handed_in - base->handed_in,
		.encapsulated = now.encapsulated - base->encapsulated,
		.decapsulated = now.decapsulated - base->decapsulated,
		.helped = now.helped - base->helped,
		.originated = now.originated - base->originated,
		.dropped = now.dropped - base->dropped,
		.fragmented = now.fragmented - base->fragmented,
		.fragments = now.created - base->created,
		.busy_cycles = now.busy_cycles - base->busy_cycles,
		.in_flight = worker_in_flight(w),
		.sleeps = now.sleeps - base->sleeps,
		.woken = now.woken - base->woken,
	};
	for (i = 0; i < ST_COUNT; i++) {
		ret_stats->stage_cycles[i] = now.stage_cycles[i] - base->stage_cycles[i];
		ret_stats->stage_packets[i] = now.stage_packets[i] - base->stage_packets[i];
	}
}

void
dp_clear_workers(struct dataplane *dp)
{
	unsigned int i;

	for (i = 0; i < dp->nb_workers; i++)
		dp->worker[i]->baseline = dp->worker[i]->cnt;
}

const char *
dp_stage_name(unsigned int stage)
{
	static const char *const names[ST_COUNT] = {
		[ST_RX] = "rx",
		[ST_CLASSIFY] = "classify",
		[ST_IPSEC_IN] = "ipsec_in",
		[ST_SPREAD] = "spread",
		[ST_POLL_IN] = "engine_poll_in",
		[ST_IPSEC_IN_DONE] = "ipsec_in_done",
		[ST_ROUTE] = "route",
		[ST_LOCAL] = "local",
		[ST_IPSEC_OUT] = "ipsec_out",
		[ST_POLL_OUT] = "engine_poll_out",
		[ST_IPSEC_OUT_DONE] = "ipsec_out_done",
		[ST_REWRITE] = "rewrite",
		[ST_TX] = "tx",
		[ST_PUNT] = "punt",
	};

	return stage < ST_COUNT ? names[stage] : NULL;
}

uint64_t
dp_received(const struct dataplane *dp)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < dp->nb_workers; i++)
		n += __atomic_load_n(&dp->worker[i]->cnt.rx, __ATOMIC_RELAXED);
	return n;
}

bool
dp_is_empty(const struct dataplane *dp)
{
	unsigned int i, p, q;

	if (!rte_ring_empty(dp->punt))
		return false;
	for (i = 0; i < dp->nb_workers; i++) {
		const struct worker *w = dp->worker[i];
		const struct frame *f = &w->frame;

		if (worker_in_flight(w) != 0 || !rte_ring_empty(w->inject) ||
				(w->handin != NULL && !rte_ring_empty(w->handin)))
			return false;
		if (f->esp.n + f->ip4.n + f->ip6.n + f->encap.n + f->in_done.n + f->out_done.n != 0)
			return false;
	}
	for (p = 0; p < PORT_MAX; p++)
		for (q = 0; dp->port[p] != NULL && q < dp->port[p]->nb_txq; q++)
			if (dp->port[p]->txq[q].ring != NULL &&
					!rte_ring_empty(dp->port[p]->txq[q].ring))
				return false;
	return true;
}
