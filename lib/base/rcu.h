/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quiescent-state based reclamation for the whole process: one rte_rcu_qsbr variable, a thread id
 * per worker, and a list of retired objects that the control core frees when no worker can hold
 * them.
 */
#ifndef BASE_RCU_H
#define BASE_RCU_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_rcu_qsbr.h>

#include "base/err.h"

/** Set up for @p nb_workers (1 to WORKER_MAX). Control core, once, after rte_eal_init(). */
int rcu_init(unsigned int nb_workers, struct err *err);
/** Free every retired object that is left; no worker may run any more. */
void rcu_fini(void);

/**
 * The variable itself, for rte_hash_rcu_qsbr_add() and what counts grace periods itself. Never NULL after
 * rcu_init().
 */
struct rte_rcu_qsbr *rcu_qsbr(void);

/** The calling thread becomes worker @p worker and may rcu_read() from now on. */
void rcu_worker_online(unsigned int worker);
/** The calling worker holds nothing any more and leaves (before it blocks, or ends). */
void rcu_worker_offline(unsigned int worker);

/** The calling worker holds no pointer that it has read. Once per poll. */
static inline void
rcu_quiescent(struct rte_rcu_qsbr *qsbr, unsigned int worker)
{
	rte_rcu_qsbr_quiescent(qsbr, worker);
}

/** The calling worker holds no pointer and sleeps: nobody waits for it until rcu_resume(). */
static inline void
rcu_rest(struct rte_rcu_qsbr *qsbr, unsigned int worker)
{
	rte_rcu_qsbr_thread_offline(qsbr, worker);
}

static inline void
rcu_resume(struct rte_rcu_qsbr *qsbr, unsigned int worker)
{
	rte_rcu_qsbr_thread_online(qsbr, worker);
}

/**
 * Free @p obj with @p destroy once every worker online now has been quiescent and @p busy no longer
 * holds.
 *
 * @param busy
 *   May be NULL. Asked on the control core after the grace period until it says false (ops inside a
 *   device hold an SA).
 *
 * Context: control core. Never blocks. When memory for the record is short it waits for the grace
 * period instead.
 */
void rcu_retire(void *obj, void (*destroy)(void *obj), bool (*busy)(const void *obj));

/**
 * Free what may be freed. Control core, from its timer. @return Number of objects that still wait.
 */
unsigned int rcu_reclaim(void);

/**
 * Wait until every worker online now has been quiescent. Control core; microseconds while workers
 * poll. Where the control core is itself a worker (one lcore) it counts as quiescent here.
 */
void rcu_synchronize(void);

#endif
