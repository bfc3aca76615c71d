/* SPDX-License-Identifier: BSD-3-Clause */
/* An engine that keeps packets while a gate is closed, as a slow device would, or fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/registry.h"
#include "net/drop.h"
#include "net/pkt.h"
#include "net/vec.h"
#include "pipe.h"
#include "slow_engine.h"

static const struct engine_ops *real_ops;
static struct engine_ops slow_ops;
bool slow_engine_gate_closed;
uint64_t slow_engine_fails;
static struct vec held[WORKER_MAX]; /* of an engine that is done at once, by worker */

static struct engine *
slow_open(struct counter_table *counters, unsigned int nb_workers, struct err *err)
{
	struct engine *e = real_ops->open(counters, nb_workers, err);

	if (e != NULL)
		e->ops = &slow_ops;
	return e;
}

static bool
slow_done(bool done, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	struct vec *v = &held[worker];

	if (!done || (!slow_engine_gate_closed && v->n == 0))
		return done;
	assert_in_range(n, 0, vec_room(v));
	vec_append(v, pkts, n);
	return false;
}

static bool
slow_encap(struct engine *e, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	const bool done = real_ops->encap(e, worker, pkts, n);
	unsigned int i;

	assert_true(done || slow_engine_fails == 0);
	for (i = 0; i < n && i < 64; i++)
		if (slow_engine_fails >> i & 1)
			pkt_meta(pkts[i])->verdict = DROP_CRYPTO;
	slow_engine_fails = 0;
	return slow_done(done, worker, pkts, n);
}

static bool
slow_decap(struct engine *e, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	return slow_done(real_ops->decap(e, worker, pkts, n), worker, pkts, n);
}

static uint16_t
slow_poll(struct engine *e, unsigned int worker, struct rte_mbuf *ret_pkts[], uint16_t n)
{
	struct vec *v = &held[worker];

	if (slow_engine_gate_closed)
		return 0;
	if (v->n == 0)
		return real_ops->poll(e, worker, ret_pkts, n);
	n = RTE_MIN(n, v->n);
	memcpy(ret_pkts, v->pkt, n * sizeof(ret_pkts[0]));
	v->n = (uint16_t)(v->n - n);
	memmove(v->pkt, v->pkt + n, v->n * sizeof(v->pkt[0]));
	return n;
}

static uint32_t
slow_in_flight(const struct engine *e, unsigned int worker)
{
	return real_ops->in_flight(e, worker) + held[worker].n;
}

void
slow_engine_use(unsigned int n)
{
	real_ops = registry_engine_at(n);
	slow_ops = *real_ops;
	slow_ops.open = slow_open;
	slow_ops.encap = slow_encap;
	slow_ops.decap = slow_decap;
	slow_ops.poll = slow_poll;
	slow_ops.in_flight = slow_in_flight;
	slow_engine_gate_closed = false;
	slow_engine_fails = 0;
	pipe_engine = &slow_ops;
}
