/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process's one rte_rcu_qsbr variable and the list of retired objects. Workers report through
 * the inline rcu_quiescent(); all else here belongs to the control core. Before rcu_init() there
 * are no workers, so an object is freed as soon as it is retired.
 */
#include "base/rcu.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_debug.h>
#include <rte_malloc.h>

#include "base/log.h"

/* How often to look before giving the core away: a worker may share it. */
#define SPINS_BEFORE_YIELD 256

struct retired {
	TAILQ_ENTRY(retired) next;     /* [C] */
	uint64_t token;                /* [C] of rte_rcu_qsbr_start() */
	void *obj;                     /* [C] */
	void (*destroy)(void *obj);    /* [C] */
	bool (*busy)(const void *obj); /* [C] may be NULL */
};

TAILQ_HEAD(retired_list, retired);

static struct rte_rcu_qsbr *qsbr_var; /* [I] between rcu_init() and rcu_fini() */
/*
 * [C] Oldest first. An object whose grace period is over but that is still busy moves to the
 * second.
 */
static struct retired_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
static struct retired_list held = TAILQ_HEAD_INITIALIZER(held);
static unsigned int nb_retired; /* [C] on both lists */
static bool reclaiming; /* [C] a destroy function runs, which may itself retire and reclaim */

/* The worker that this thread is, if it is one. */
static __thread unsigned int own_worker = RTE_QSBR_THRID_INVALID;

int
rcu_init(unsigned int nb_workers, struct err *err)
{
	struct rte_rcu_qsbr *v;

	if (nb_workers == 0 || nb_workers > WORKER_MAX)
		return err_set(err, EINVAL, "rcu: %u workers (1 to %d)", nb_workers, WORKER_MAX);
	if (qsbr_var != NULL)
		return err_set(err, EEXIST, "rcu: set up twice");
	v = rte_zmalloc("rcu", rte_rcu_qsbr_get_memsize(nb_workers), RTE_CACHE_LINE_SIZE);
	if (v == NULL)
		return err_set(err, ENOMEM, "rcu: no memory for %u workers", nb_workers);
	rte_rcu_qsbr_init(v, nb_workers);
	qsbr_var = v;
	return 0;
}

void
rcu_fini(void)
{
	struct retired *r;

	/* No worker runs, so nothing is inside a device either: busy is not asked. */
	while ((r = TAILQ_FIRST(&waiting)) != NULL || (r = TAILQ_FIRST(&held)) != NULL) {
		if (r == TAILQ_FIRST(&waiting))
			TAILQ_REMOVE(&waiting, r, next);
		else
			TAILQ_REMOVE(&held, r, next);
		nb_retired--;
		r->destroy(r->obj);
		free(r);
	}
	rte_free(qsbr_var);
	qsbr_var = NULL;
}

struct rte_rcu_qsbr *
rcu_qsbr(void)
{
	return qsbr_var;
}

void
rcu_worker_online(unsigned int worker)
{
	RTE_VERIFY(rte_rcu_qsbr_thread_register(qsbr_var, worker) == 0);
	rte_rcu_qsbr_thread_online(qsbr_var, worker);
	own_worker = worker;
}

void
rcu_worker_offline(unsigned int worker)
{
	rte_rcu_qsbr_thread_offline(qsbr_var, worker);
	RTE_VERIFY(rte_rcu_qsbr_thread_unregister(qsbr_var, worker) == 0);
	own_worker = RTE_QSBR_THRID_INVALID;
}

/*
 * Without memory for a record: wait here. An object that stays busy is given up, since freeing it
 * would be worse.
 */
static void
retire_now(void *obj, void (*destroy)(void *obj), bool (*busy)(const void *obj))
{
	rcu_synchronize();
	if (busy != NULL && busy(obj)) {
		log_error("rcu: no memory to retire an object in use, it is never freed");
		return;
	}
	destroy(obj);
}

void
rcu_retire(void *obj, void (*destroy)(void *obj), bool (*busy)(const void *obj))
{
	struct retired *r;

	if (obj == NULL)
		return;
	if (qsbr_var == NULL && (busy == NULL || !busy(obj))) {
		destroy(obj);
		return;
	}
	r = malloc(sizeof(*r));
	if (r == NULL) {
		retire_now(obj, destroy, busy);
		return;
	}
	*r = (struct retired){ .obj = obj, .destroy = destroy, .busy = busy };
	r->token = qsbr_var == NULL ? 0 : rte_rcu_qsbr_start(qsbr_var);
	TAILQ_INSERT_TAIL(&waiting, r, next);
	nb_retired++;
}

static bool
grace_period_over(uint64_t token)
{
	return qsbr_var == NULL || rte_rcu_qsbr_check(qsbr_var, token, false) == 1;
}

static bool
is_busy(const struct retired *r)
{
	return r->busy != NULL && r->busy(r->obj);
}

static void
retired_free(struct retired_list *list, struct retired *r)
{
	TAILQ_REMOVE(list, r, next);
	nb_retired--;
	r->destroy(r->obj);
	free(r);
}

unsigned int
rcu_reclaim(void)
{
	struct retired *r, *next;

	if (reclaiming)
		return nb_retired;
	reclaiming = true;
	/*
	 * destroy() may append to the waiting list, and to nothing else: the successor stays right.
	 */
	for (r = TAILQ_FIRST(&held); r != NULL; r = next) {
		next = TAILQ_NEXT(r, next);
		if (!is_busy(r))
			retired_free(&held, r);
	}
	while ((r = TAILQ_FIRST(&waiting)) != NULL && grace_period_over(r->token)) {
		if (is_busy(r)) {
			TAILQ_REMOVE(&waiting, r, next);
			TAILQ_INSERT_TAIL(&held, r, next);
		} else {
			retired_free(&waiting, r);
		}
	}
	reclaiming = false;
	return nb_retired;
}

void
rcu_synchronize(void)
{
	unsigned int spins = 0;
	uint64_t token;

	if (qsbr_var == NULL)
		return;
	token = rte_rcu_qsbr_start(qsbr_var);
	if (own_worker != RTE_QSBR_THRID_INVALID)
		rte_rcu_qsbr_quiescent(qsbr_var, own_worker);
	while (rte_rcu_qsbr_check(qsbr_var, token, false) == 0) {
		if (++spins % SPINS_BEFORE_YIELD == 0)
			sched_yield();
		else
			rte_pause();
	}
}
