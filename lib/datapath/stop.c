/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a dataplane: what is inside when its workers have left their loops is sent as long as
 * something moves, and the rest is dropped by name. Control core, behind dp_stop().
 */
#include <rte_cycles.h>

#include "base/clock.h"
#include "datapath/worker.h"

/*
 * How long a stop waits for devices that give no packet back: to send what they hold, and then to drop it, since nothing may be freed
 * under them. For each of the two in all.
 */
#define DRAIN_QUIET_MS 500
#define DISCARD_QUIET_MS 2000
#define STOP_MAX_S 10

static void
vec_discard(struct worker *w, struct vec *v)
{
	while (v->n > 0)
		dp_drop(w, DROP_STOPPING, v->pkt[--v->n]);
}

/* Packets back from an engine. */
static void
discard_done(struct worker *w, struct rte_mbuf **pkt, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		counter_row(w->dp->sa_counters, w->id, pkt_meta(pkt[i])->sa->id)[SA_CNT_DONE]++;
		dp_drop(w, DROP_STOPPING, pkt[i]);
	}
}

static void
ring_discard(struct worker *w, struct rte_ring *ring, uint64_t *taken)
{
	void *m;

	while (ring != NULL && rte_ring_sc_dequeue(ring, &m) == 0) {
		++*taken;
		dp_drop(w, DROP_STOPPING, m);
	}
}

/* What engines give back from now on. @return Packets that one of them still holds. */
static uint32_t
engines_discard(struct worker *w)
{
	struct rte_mbuf *pkt[DP_VEC_MAX];
	uint32_t inside = 0;
	unsigned int e;

	for (e = 0; e < w->dp->nb_engines; e++) {
		struct engine *engine = w->dp->engine[e];

		discard_done(w, pkt, engine->ops->poll(engine, w->id, pkt, DP_VEC_MAX));
		inside += engine->ops->in_flight(engine, w->id);
	}
	return inside;
}

/* What did not get out in time. */
static void
worker_discard(struct worker *w)
{
	struct frame *f = &w->frame;

	spread_discard(w);
	discard_done(w, f->in_done.pkt, f->in_done.n);
	discard_done(w, f->out_done.pkt, f->out_done.n);
	f->in_done.n = f->out_done.n = 0;
	ring_discard(w, w->inject, &w->cnt.injected);
	ring_discard(w, w->handin, &w->cnt.handed_in);
	vec_discard(w, &f->rx);
	vec_discard(w, &f->esp);
	vec_discard(w, &f->ip4);
	vec_discard(w, &f->ip6);
	vec_discard(w, &f->local);
	vec_discard(w, &f->encap);
	vec_discard(w, &f->out);
	vec_discard(w, &f->punt);
}

/* Frames that a worker has put into the ring of a transmit queue whose owner had its last poll. */
static void
port_discard(struct dataplane *dp, const struct dp_port *port)
{
	uint16_t q;

	for (q = 0; port != NULL && q < port->nb_txq; q++) {
		struct worker *owner = dp->worker[port->txq[q].owner];

		ring_discard(owner, port->txq[q].ring, &owner->cnt.handed_in);
	}
}

/*
 * Steps that packets have made: out, into and out of tunnels, to other workers. Of each packet there
 * are only so many, so that waiting as long as they grow ends.
 */
static uint64_t
nb_steps(const struct dataplane *dp)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < dp->nb_workers; i++) {
		const struct worker_counts *c = &dp->worker[i]->cnt;

		n += c->tx + c->dropped + c->punted + c->encapsulated + c->decapsulated +
				c->handed_in + c->handed_out;
	}
	return n;
}

struct patience {
	uint64_t start, since; /* TSC: the beginning, the last step of a packet */
	uint64_t steps;
};

/*
 * To be asked before a poll, which is made all the same: a control core that had to wait for its CPU takes what devices have finished
 * meanwhile, however late it is.
 */
static bool
is_late(struct patience *p, const struct dataplane *dp, unsigned int quiet_ms)
{
	const uint64_t now = rte_rdtsc(), steps = nb_steps(dp), hz = rte_get_tsc_hz();

	if (steps != p->steps) {
		p->steps = steps;
		p->since = now;
	}
	return clock_diff(now, p->since) >= quiet_ms * hz / 1000 ||
			clock_diff(now, p->start) >= STOP_MAX_S * hz;
}

/* It was late before that poll, and the poll has brought nothing. */
static bool
is_over(const struct patience *p, const struct dataplane *dp, bool late)
{
	return late && nb_steps(dp) == p->steps;
}

/* All in turn: ESP goes to the worker that owns its SA, what was inside to the one that owns the queue. */
static void
send_rest(struct dataplane *dp)
{
	struct patience p = { .start = rte_rdtsc(), .since = rte_rdtsc(), .steps = nb_steps(dp) };
	bool late, inside;
	unsigned int i;

	do {
		late = is_late(&p, dp, DRAIN_QUIET_MS);
		for (i = 0; i < dp->nb_workers; i++)
			worker_drain(dp->worker[i]);
		for (i = 0, inside = false; i < dp->nb_workers; i++)
			inside |= worker_holds_packets(dp->worker[i]);
	} while (inside && !is_over(&p, dp, late));
}

static void
drop_rest(struct dataplane *dp)
{
	struct patience p = { .start = rte_rdtsc(), .since = rte_rdtsc(), .steps = nb_steps(dp) };
	uint32_t inside;
	bool late;
	unsigned int i;

	dp->gives_up = true;
	do {
		late = is_late(&p, dp, DISCARD_QUIET_MS);
		for (i = 0, inside = 0; i < dp->nb_workers; i++)
			inside += engines_discard(dp->worker[i]);
	} while (inside != 0 && !is_over(&p, dp, late));
	for (i = 0; i < dp->nb_workers; i++)
		worker_discard(dp->worker[i]);
	for (i = 0; i < PORT_MAX; i++)
		port_discard(dp, dp->port[i]);
	dp->gives_up = false;
}

void
dp_drain(struct dataplane *dp)
{
	send_rest(dp);
	drop_rest(dp);
}
