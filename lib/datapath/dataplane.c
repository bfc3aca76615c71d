/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making, starting and stopping the dataplane, and the rings between the control core and the workers. Runs on the control core;
 * what a worker does in its loop is pipeline.c.
 */
#include "datapath/dataplane.h"

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "base/rcu.h"
#include "datapath/worker.h"
#include "route/nexthop.h"

#define PUNT_RING_SIZE 4096
#define INJECT_RING_SIZE 4096
#define HANDIN_RING_SIZE 2048
#define TX_RING_SIZE 2048

static struct rte_ring *
ring_create(const char *what, unsigned int a, unsigned int b, unsigned int size, unsigned int flags)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "dp_%s_%u_%u", what, a, b);
	return rte_ring_create(name, size, SOCKET_ID_ANY, flags);
}

static void
ring_destroy(struct rte_ring *ring)
{
	void *m;

	if (ring == NULL)
		return;
	while (rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

static void
worker_destroy(struct worker *w)
{
	if (w == NULL)
		return;
	ring_destroy(w->inject);
	ring_destroy(w->handin);
	rte_free(w->no_sa);
	rte_free(w);
}

static struct worker *
worker_create(struct dataplane *dp, uint16_t id)
{
	struct worker *w;

	w = rte_zmalloc_socket("worker", sizeof(*w), RTE_CACHE_LINE_SIZE,
			(int)rte_lcore_to_socket_id(dp->lcore[id]));
	if (w == NULL)
		return NULL;
	w->dp = dp;
	w->id = id;
	w->ip_id = id;
	w->frag_id = (uint32_t)rte_rand() / WORKER_MAX * dp->nb_workers + id;
	w->qsbr = rcu_qsbr();
	w->drops = counter_row(&dp->drops, id, 0);
	w->spread.trial.tsc_hz = rte_get_tsc_hz();
	w->no_sa = rte_zmalloc_socket("no_sa", sizeof(*w->no_sa), RTE_CACHE_LINE_SIZE,
			(int)rte_lcore_to_socket_id(dp->lcore[id]));
	w->inject = ring_create("inject", id, 0, INJECT_RING_SIZE, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (dp->nb_workers > 1)
		w->handin = ring_create("handin", id, 0, HANDIN_RING_SIZE, RING_F_SC_DEQ);
	if (w->no_sa == NULL || w->inject == NULL || (dp->nb_workers > 1 && w->handin == NULL)) {
		worker_destroy(w);
		return NULL;
	}
	return w;
}

static void
dp_fill(struct dataplane *dp, const struct dp_args *args)
{
	unsigned int i;

	dp->nb_workers = args->nb_workers;
	for (i = 0; i < args->nb_workers; i++)
		dp->lcore[i] = args->lcores[i];
	dp->ifaces = args->ifaces;
	dp->fibs = args->fibs;
	dp->neighs = args->neighs;
	dp->sadb = args->sadb;
	dp->sa_counters = sadb_counters(args->sadb);
	for (i = 0; i < args->nb_engines; i++) {
		RTE_VERIFY(args->engines[i]->place == i);
		dp->engine[i] = args->engines[i];
	}
	dp->nb_engines = args->nb_engines;
	dp->pool = args->pool;
}

struct dataplane *
dp_create(const struct dp_args *args, struct err *err)
{
	struct dataplane *dp;
	uint16_t i;

	if (args->nb_workers == 0 || args->nb_workers > WORKER_MAX ||
			args->nb_engines > ENGINE_MAX) {
		err_set(err, EINVAL, "workers: %u is not possible (1 to %u)", args->nb_workers,
				WORKER_MAX);
		return NULL;
	}
	dp = rte_zmalloc("dataplane", sizeof(*dp), RTE_CACHE_LINE_SIZE);
	if (dp == NULL)
		goto no_memory;
	dp_fill(dp, args);
	if (counter_table_init(&dp->drops, "drops",
			    (DROP_REASONS + COUNTER_FIELDS - 1) / COUNTER_FIELDS, args->nb_workers,
			    err) != 0)
		goto fail;
	if (dp_set_tunables(dp, args->tunables, err) != 0)
		goto fail;
	dp->punt = ring_create("punt", 0, 0, PUNT_RING_SIZE, RING_F_SC_DEQ);
	if (dp->punt == NULL)
		goto no_memory;
	for (i = 0; i < args->nb_workers; i++) {
		dp->worker[i] = worker_create(dp, i);
		if (dp->worker[i] == NULL)
			goto no_memory;
	}
	return dp;

no_memory:
	err_set(err, ENOMEM, "dataplane: not enough memory for %u workers", args->nb_workers);
fail:
	dp_destroy(dp);
	return NULL;
}

static void
dp_port_destroy(struct dp_port *port)
{
	uint16_t q;

	if (port == NULL)
		return;
	for (q = 0; q < port->nb_txq; q++)
		ring_destroy(port->txq[q].ring);
	rte_free(port);
}

void
dp_destroy(struct dataplane *dp)
{
	unsigned int i;

	if (dp == NULL)
		return;
	for (i = 0; i < PORT_MAX; i++)
		dp_port_destroy(dp->port[i]);
	for (i = 0; i < WORKER_MAX; i++)
		worker_destroy(dp->worker[i]);
	ring_destroy(dp->punt);
	counter_table_fini(&dp->drops);
	rte_free(rcu_own(dp->tunables));
	rte_free(dp);
}

int
dp_set_tunables(struct dataplane *dp, const struct dp_tunables *tunables, struct err *err)
{
	struct dp_tunables *old = rcu_own(dp->tunables);
	struct dp_tunables *next = rte_malloc("tunables", sizeof(*next), 0);

	if (next == NULL)
		return err_set(err, ENOMEM, "dataplane: not enough memory for its settings");
	*next = *tunables;
	rcu_publish(dp->tunables, next);
	if (old != NULL)
		rcu_retire(old, rte_free, NULL);
	return 0;
}

int
dp_add_port(struct dataplane *dp, uint16_t port_id, uint16_t iface, uint16_t nb_rxq,
		uint16_t nb_txq, struct err *err)
{
	const unsigned int nb = dp->nb_workers;
	struct dp_port *port;
	uint16_t q;

	if (port_id >= PORT_MAX)
		return err_set(err, ENOSPC, "port %u: beyond the last port (%u)", port_id,
				PORT_MAX - 1);
	RTE_VERIFY(!dp->running && dp->port[port_id] == NULL && nb_rxq > 0 && nb_txq > 0 &&
			nb_txq <= nb);
	port = rte_zmalloc("dp_port", sizeof(*port), RTE_CACHE_LINE_SIZE);
	if (port == NULL)
		goto no_memory;
	port->port_id = port_id;
	port->nb_txq = nb_txq;
	for (q = 0; q < nb_txq; q++) {
		/* As many queues as workers: each its own. Fewer: spread over the workers, by port. */
		port->txq[q].owner = (uint16_t)(nb_txq == nb ? q : (port_id + q) % nb);
		if (nb_txq == nb)
			continue;
		port->txq[q].ring = ring_create("tx", port_id, q, TX_RING_SIZE, RING_F_SC_DEQ);
		if (port->txq[q].ring == NULL)
			goto no_memory;
		dp->worker[port->txq[q].owner]->serves_others = true;
	}
	for (q = 0; q < nb; q++)
		port->txq_of[nb_txq == nb ? q : (port_id + q) % nb] = q % nb_txq;
	for (q = 0; q < nb_rxq; q++) {
		struct worker *w = dp->worker[nb_rxq == nb ? q : (port_id + q) % nb];

		w->rxq[w->nb_rxq++] = (struct worker_rxq){ .port_id = port_id, .queue = q };
	}
	for (q = 0; q < nb; q++)
		dp->worker[q]->port[port_id] = port;
	dp->port[port_id] = port;
	__atomic_store_n(&dp->iface_of_port[port_id], iface, __ATOMIC_RELEASE);
	return 0;

no_memory:
	dp_port_destroy(port);
	return err_set(err, ENOMEM, "port %u: not enough memory for its queues", port_id);
}

static int
worker_main(void *arg)
{
	struct worker *w = arg;
	struct dataplane *dp = w->dp;

	idle_begin(w);
	rcu_worker_online(w->id);
	while (__atomic_load_n(&dp->running, __ATOMIC_RELAXED)) {
		worker_poll(w);
		rcu_quiescent(w->qsbr, w->id);
		if (unlikely(w->idle_mode != DP_IDLE_POLL))
			idle_step(w);
	}
	rcu_worker_offline(w->id);
	return 0;
}

/* One lcore only: the control core polls. */
static bool
dp_is_inline(const struct dataplane *dp)
{
	return dp->nb_workers == 1 && dp->lcore[0] == rte_get_main_lcore();
}

int
dp_start(struct dataplane *dp, struct err *err)
{
	unsigned int i;

	__atomic_store_n(&dp->running, true, __ATOMIC_RELEASE);
	if (dp_is_inline(dp)) {
		rcu_worker_online(0);
		return 0;
	}
	for (i = 0; i < dp->nb_workers; i++) {
		if (rte_eal_remote_launch(worker_main, dp->worker[i], dp->lcore[i]) != 0) {
			dp_stop(dp);
			return err_set(err, EBUSY, "lcore %u: busy or not given to EAL",
					dp->lcore[i]);
		}
	}
	return 0;
}

unsigned int
dp_poll(struct dataplane *dp)
{
	const unsigned int n = worker_poll(dp->worker[0]);

	rcu_quiescent(dp->worker[0]->qsbr, 0);
	return n;
}

void
dp_stop(struct dataplane *dp)
{
	unsigned int i;

	if (!__atomic_exchange_n(&dp->running, false, __ATOMIC_ACQ_REL))
		return;
	if (dp_is_inline(dp))
		rcu_worker_offline(0);
	else
		for (i = 0; i < dp->nb_workers; i++)
			rte_eal_wait_lcore(dp->lcore[i]);
	dp_drain(dp);
}

static bool
inject(struct dataplane *dp, struct rte_mbuf *m)
{
	if (rte_ring_sp_enqueue(dp->worker[0]->inject, m) != 0)
		return false;
	idle_wake(dp->worker[0]);
	return true;
}

bool
dp_inject(struct dataplane *dp, struct rte_mbuf *m)
{
	pkt_meta(m)->punt = PUNT_NONE;
	return inject(dp, m);
}

/* PUNT_ARP marks a complete frame, meta.out.iface its port (rx.c). */
bool
dp_inject_frame(struct dataplane *dp, uint16_t port_id, struct rte_mbuf *m)
{
	RTE_VERIFY(port_id < PORT_MAX && dp->port[port_id] != NULL);
	pkt_meta(m)->punt = PUNT_ARP;
	pkt_meta(m)->out.iface = port_id;
	return inject(dp, m);
}

unsigned int
dp_punt_poll(struct dataplane *dp, struct rte_mbuf *ret_pkts[], unsigned int n)
{
	return rte_ring_sc_dequeue_burst(dp->punt, (void **)ret_pkts, n, NULL);
}
