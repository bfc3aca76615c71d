/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers without packets (idle.h). Called between polls, never by a stage: here, and only here, the datapath enters the kernel.
 */
#include "datapath/idle.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <rte_cpuflags.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_power_intrinsics.h>

#include "datapath/worker.h"

#define IDLE_POLLS 512 /* about 30 us */
#define IDLE_FIRST_US 10
#define OTHERS "(0 poll, 1 sleep)" /* what is always possible */
#define CALLS_PER_S 1000           /* of a busy worker for helpers that sleep */

void
idle_begin(struct worker *w)
{
	w->idle = (struct idle){ .us = IDLE_FIRST_US };
	prctl(PR_SET_TIMERSLACK, 1UL); /* 50 us otherwise, on top of each sleep */
}

/* Until somebody wakes us, or @p us are over. */
static void
futex_sleep(struct worker *w, uint32_t how, uint32_t us)
{
	const struct timespec ts = { .tv_nsec = (long)us * 1000 };

	syscall(SYS_futex, &w->idle.asleep, FUTEX_WAIT_PRIVATE, how, &ts, NULL, 0);
}

/* Until the NIC writes a descriptor. @return false: it can not be done here. */
static bool
monitor(const struct worker *w, uint32_t us)
{
	const uint64_t end = rte_rdtsc() + us * rte_get_tsc_hz() / 1000000;
	struct rte_power_monitor_cond cond[PORT_MAX];
	uint16_t i;

	for (i = 0; i < w->nb_rxq; i++)
		if (rte_eth_get_monitor_addr(w->rxq[i].port_id, w->rxq[i].queue, &cond[i]) != 0)
			return false;
	if (w->nb_rxq == 1)
		return rte_power_monitor(cond, end) == 0;
	return w->nb_rxq != 0 && rte_power_monitor_multi(cond, w->nb_rxq, end) == 0;
}

static void
rest(struct worker *w)
{
	const uint32_t how = w->idle_mode;

	/* Said before looking: who puts something in afterwards sees it, what was there before we see. */
	__atomic_store_n(&w->idle.asleep, how, __ATOMIC_SEQ_CST);
	if (worker_holds_packets(w) || !__atomic_load_n(&w->dp->running, __ATOMIC_RELAXED)) {
		__atomic_store_n(&w->idle.asleep, 0, __ATOMIC_RELAXED);
		return;
	}
	/* who sleeps does not help (spread.h) */
	w->helps = false;
	__atomic_store_n(&w->dp->helps[w->id], false, __ATOMIC_RELAXED);
	rcu_rest(w->qsbr, w->id);
	if (how != DP_IDLE_MONITOR || !monitor(w, w->idle.us))
		futex_sleep(w, how, w->idle.us);
	rcu_resume(w->qsbr, w->id);
	w->cnt.sleeps++;
	if (__atomic_exchange_n(&w->idle.asleep, 0, __ATOMIC_ACQUIRE) != 0)
		return;
	w->cnt.woken++;
	w->idle.empty = 0;
	w->idle.us = IDLE_FIRST_US / 2;
}

/* Packets for other workers left in the poll just done. */
static void
wake_others(const struct worker *w)
{
	unsigned int i;

	for (i = 0; i < w->dp->nb_workers; i++)
		if (i != w->id)
			idle_wake(w->dp->worker[i]);
}

void
idle_step(struct worker *w)
{
	const struct worker_counts *c = &w->cnt;
	const uint64_t seen = c->rx + c->injected + c->handed_in + c->helped;
	struct idle *idle = &w->idle;

	if (c->handed_out != idle->handed) {
		idle->handed = c->handed_out;
		wake_others(w);
	} else if (w->load >= DP_RX_BURST && w->spread_mode != DP_SPREAD_OFF &&
			w->now_tsc - idle->called > rte_get_tsc_hz() / CALLS_PER_S) {
		idle->called = w->now_tsc;
		wake_others(w);
	}
	if (seen != idle->seen) {
		idle->seen = seen;
		idle->empty = 0;
		idle->us = IDLE_FIRST_US;
		return;
	}
	if (++idle->empty < IDLE_POLLS)
		return;
	idle->us = RTE_MIN(idle->us, w->idle_max_us);
	rest(w);
	idle->us *= 2;
}

void
idle_wake(struct worker *w)
{
	uint32_t how;

	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the ring first, then the look */
	if (__atomic_load_n(&w->idle.asleep, __ATOMIC_RELAXED) == 0)
		return;
	how = __atomic_exchange_n(&w->idle.asleep, 0, __ATOMIC_SEQ_CST);
	if (how == 0)
		return;
	syscall(SYS_futex, &w->idle.asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	if (how == DP_IDLE_MONITOR)
		rte_power_monitor_wakeup(w->dp->lcore[w->id]);
}

static int
monitor_check(const struct dataplane *dp, struct err *err)
{
	struct rte_cpu_intrinsics cpu = { 0 };
	struct rte_power_monitor_cond cond;
	const struct worker *w;
	uint16_t q, port;
	unsigned int i;

	rte_cpu_get_intrinsics_support(&cpu);
	if (!cpu.power_monitor)
		return err_set(err, ENOTSUP, "dp.idle: this CPU has no umwait, 2 " OTHERS);
	for (i = 0; i < dp->nb_workers; i++) {
		w = dp->worker[i];
		if (w->nb_rxq > 1 && !cpu.power_monitor_multi)
			return err_set(err, ENOTSUP,
					"dp.idle: this CPU waits for one queue only, worker %u has "
					"%u, 2 " OTHERS,
					i, w->nb_rxq);
		for (q = 0; q < w->nb_rxq; q++) {
			port = w->rxq[q].port_id;
			if (rte_eth_get_monitor_addr(port, w->rxq[q].queue, &cond) != 0)
				return err_set(err, ENOTSUP,
						"dp.idle: the driver of port %u can not be waited "
						"for, 2 " OTHERS,
						port);
		}
	}
	return 0;
}

int
dp_idle_check(const struct dataplane *dp, enum dp_idle mode, struct err *err)
{
	return mode == DP_IDLE_MONITOR ? monitor_check(dp, err) : 0;
}
