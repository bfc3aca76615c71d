/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decryption for one busy worker by others that have nothing to do. An inbound SA has one owner
 * (ADR 7), which alone moves its window; but an engine that keeps no state of an inbound SA
 * (engine_ops.any_worker) may decrypt anywhere. The owner cuts its packets into jobs, in order;
 * whoever comes first takes the next one; the owner takes them back in order. So a flow keeps its
 * order, and the owner never waits for a job that nobody has taken: it does it itself.
 *
 *      head            taken            tail
 *       | done, done, ... | waiting .....  |
 *       owner             anyone           owner
 */
#ifndef DATAPATH_SPREAD_H
#define DATAPATH_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#include "base/limits.h"
#include "datapath/spread_trial.h"

/* Packets of a job: enough to be worth the way between two caches. */
#define SPREAD_PKTS 16
/* Jobs of a worker; a power of two. */
#define SPREAD_JOBS 64
/* Jobs that the packets of one poll make at most: a vector, cut once more between two engines. */
#define SPREAD_OF_POLL (DP_VEC_MAX / SPREAD_PKTS + 1)
/* Jobs that a busy owner leaves to others; what is beyond it does itself. */
#define SPREAD_LEFT 8

struct worker;
struct frame;

struct spread_job {
	uint32_t done;                     /* [A] whoever has done it; release */
	uint16_t n;                        /* [W] the owner's until it is taken */
	uint16_t engine;                   /* [W] index of dataplane.engine */
	struct rte_mbuf *pkt[SPREAD_PKTS]; /* [W] as n; then as the engine gave them back */
} __rte_cache_aligned;

/** Of one owner. Numbers rise for ever; a job's place is its number modulo SPREAD_JOBS. */
struct spread {
	uint32_t tail;                      /* [A] next to be put: the owner; release */
	uint32_t taken __rte_cache_aligned; /* [A] next to be taken: anyone, by exchange */
	uint32_t head __rte_cache_aligned;  /* [W] next to be given back: the owner */
	uint32_t inside;                    /* [W] packets, the owner's */
	bool pays;                          /* [W] in this poll: jobs are left to others */
	struct spread_trial trial;          /* [W] */
	struct spread_job job[SPREAD_JOBS];
};

/**
 * Is this worker so busy, another so idle, and what is in frame.esp so large that spreading can pay, and has it paid when it was last
 * tried (spread_trial.h)? Or are jobs out, which nothing may overtake?
 */
bool spread_pays(struct worker *w);
/** Is there no room for what one poll may bring? Then no frames and no ESP are taken until jobs are back: the queues hold them. */
static inline bool
spread_is_full(const struct spread *sp)
{
	return sp->tail - sp->head > SPREAD_JOBS - SPREAD_OF_POLL;
}
/**
 * Cut packets for decap() of dp->engine[@p engine] into jobs. SA_CNT_ENQ of their SAs holds them
 * until they are back. What there is no room for is dropped (DROP_CRYPTO_FULL).
 */
void spread_put(struct worker *w, unsigned int engine, struct rte_mbuf *pkts[], uint16_t n);
/** Do jobs, one's own and those of others; what is done of one's own goes to in_done, in order. */
void dp_spread(struct worker *w, struct frame *f);
/** All of one's own packets are thrown away; no other worker runs. */
void spread_discard(struct worker *w);

#endif
