/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dataplane as the control core sees it: the tables that workers read, the workers, the rings between them and the control
 * core, and their counters. Made once, by control/control.c; the stages are in pipeline.c and beside it.
 */
#ifndef DATAPATH_DATAPLANE_H
#define DATAPATH_DATAPLANE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>
#include <rte_ring.h>

#include "base/counter.h"
#include "base/err.h"
#include "base/limits.h"
#include "iface/iface.h"
#include "iface/port_ops.h"
#include "ipsec/engine.h"
#include "ipsec/sadb.h"
#include "net/drop.h"
#include "route/fib.h"
#include "route/neigh.h"

#define ENGINE_MAX 2

/** What a worker does that has found nothing for a while (idle.h). */
enum dp_idle { DP_IDLE_POLL, DP_IDLE_SLEEP, DP_IDLE_MONITOR };

/** dp.spread: who decrypts for a worker (spread.h). */
enum dp_spread_mode { DP_SPREAD_OFF, DP_SPREAD_AUTO, DP_SPREAD_ALWAYS };

/** Settings that workers read, replaced as a whole. */
struct dp_tunables {
	uint8_t ttl;                /* [I] of packets we make (net.inet.ip.ttl) */
	int8_t ecn;                 /* [I] net.inet.ipsec.ecn */
	bool stage_cycles;          /* [I] measure cycles per stage */
	enum dp_spread_mode spread; /* [I] */
	uint8_t idle; /* [I] enum dp_idle: what a worker does that finds nothing (dp.idle) */
	uint16_t idle_max_us; /* [I] longest sleep (dp.idle_max_us) */
};

/** Everything shared, in one place. Pointers are set before the first worker starts and stay. */
struct dataplane {
	unsigned int nb_workers;                 /* [I] */
	unsigned int lcore[WORKER_MAX];          /* [I] of each worker */
	struct iface_table *ifaces;              /* [I] */
	struct fib_table *fibs;                  /* [I] */
	struct neigh_table *neighs;              /* [I] */
	struct sadb *sadb;                       /* [I] */
	const struct counter_table *sa_counters; /* [I] of sadb */
	struct engine *engine[ENGINE_MAX];       /* [I] polled by every worker */
	unsigned int nb_engines;                 /* [I] */
	RCU_PTR(struct dp_tunables) tunables;    /* [R] */
	uint16_t iface_of_port[PORT_MAX];  /* [A] interface index of an ethdev port, 0: none */
	struct rte_mempool *pool;          /* [I] packets: private area PKT_PRIV_SIZE */
	struct rte_ring *punt;             /* [I] workers -> control core, many producers */
	struct counter_table drops;        /* [I] row i holds reasons 8i to 8i+7: dp_drop_count() */
	struct worker *worker[WORKER_MAX]; /* [I] */
	struct dp_port *port[PORT_MAX];    /* [I] by ethdev port, NULL: not ours */
	unsigned int no_sa_first;          /* [C] worker that is asked first */
	bool running;                      /* [A] false: workers leave their loop */
	bool gives_up;                     /* [C] a stop is discarding; for tests */
	bool helps[WORKER_MAX] __rte_cache_aligned; /* [A] has time to decrypt for others */
};

struct dp_args {
	unsigned int nb_workers;
	const unsigned int *lcores; /* nb_workers of them */
	struct iface_table *ifaces;
	struct fib_table *fibs;
	struct neigh_table *neighs;
	struct sadb *sadb;
	struct engine **engines;
	unsigned int nb_engines;
	struct rte_mempool *pool;
	const struct dp_tunables *tunables;
};

/** NULL with @p err. rcu_init() has been called for the same number of workers. */
struct dataplane *dp_create(const struct dp_args *args, struct err *err);
/** Workers have stopped. Frees what is in rings and frames. */
void dp_destroy(struct dataplane *dp);

/** Give a port's queues to workers, before dp_start(): rx queue q to worker (port + q) mod workers, tx queues likewise. */
int dp_add_port(struct dataplane *dp, uint16_t port_id, uint16_t iface, uint16_t nb_rxq,
		uint16_t nb_txq, struct err *err);

/** Launch the workers on their lcores. In the one-lcore form nothing is launched: the control core calls dp_poll(). */
int dp_start(struct dataplane *dp, struct err *err);
/**
 * Stop the workers and wait for them. What is inside is sent as long as engines give something back; what they still hold when they
 * have given nothing for half a second is DROP_STOPPING. A dead
 * device costs 2.5 s. After 10 s of sending, and of dropping, it goes on only as long as each poll moves a packet.
 */
void dp_stop(struct dataplane *dp);
/** One poll of worker 0 by the calling control core (one lcore only). @return Packets received. */
unsigned int dp_poll(struct dataplane *dp);

/** Can the workers do that here? -ENOTSUP with @p err: the CPU or a port's driver can not. */
int dp_idle_check(const struct dataplane *dp, enum dp_idle mode, struct err *err);
/** Replace the tunables. 0 or -ENOMEM. Control core. */
int dp_set_tunables(struct dataplane *dp, const struct dp_tunables *tunables, struct err *err);

/**
 * Hand a packet of the control core to the datapath: data at the IP header, meta.flags (PKT_IP6, PKT_ORIGINATED) and meta.fib set;
 * it is routed like a received one. With meta.nh already set (kind NH_NEIGH) it goes straight to rewrite.
 * @return true; false: ring full, the caller keeps the packet.
 */
bool dp_inject(struct dataplane *dp, struct rte_mbuf *m);
/** The same for a complete Ethernet frame to leave by a port (ARP, ND to a group). */
bool dp_inject_frame(struct dataplane *dp, uint16_t port_id, struct rte_mbuf *m);
/** Take punted packets (meta.punt says why). @return Number, now the caller's. */
unsigned int dp_punt_poll(struct dataplane *dp, struct rte_mbuf *ret_pkts[], unsigned int n);

/** Interfaces on which packets found no outbound SA since they were last taken, at most @p max (64 or more); some twice. */
unsigned int dp_no_sa_take(struct dataplane *dp, uint16_t ret_ifaces[], unsigned int max);
/** How many such packets there were, IPv4 and IPv6 (inside). Wraps; kept when the index is given to another interface. */
void dp_no_sa_count(const struct dataplane *dp, uint16_t iface, uint32_t ret_count[2]);

/** Count a drop of the control core (the caller frees). */
void dp_control_drop(struct dataplane *dp, enum drop_reason reason);
/** Sum over workers and control core. */
uint64_t dp_drop_count(const struct dataplane *dp, enum drop_reason reason);
void dp_clear_drops(struct dataplane *dp);

/** What one worker did since it started, or since dp_clear_workers(). */
struct dp_worker_stats {
	unsigned int lcore;
	uint64_t polls, empty_polls;
	uint64_t rx, tx;                     /* packets from and to ports */
	uint64_t punted, injected;           /* to and from the control core */
	uint64_t handed_out, handed_in;      /* to and from other workers */
	uint64_t encapsulated, decapsulated; /* given to engines */
	uint64_t helped;                     /* packets decrypted for other workers */
	uint64_t originated;            /* echo replies made by the worker from received requests */
	uint64_t dropped;               /* packets, all reasons */
	uint64_t fragmented, fragments; /* packets that were cut, and what became of them */
	uint64_t busy_cycles;           /* TSC cycles of polls that found packets */
	uint64_t stage_cycles[16], stage_packets[16]; /* by enum dp_stage, when measured */
	uint64_t in_flight;                           /* packets inside engines now */
	uint64_t sleeps,
			woken; /* with dp.idle: how often it slept, and how often another core ended that */
};
void dp_worker_stats(
		const struct dataplane *dp, unsigned int worker, struct dp_worker_stats *ret_stats);
void dp_clear_workers(struct dataplane *dp);
/** "rx", "classify", ...; NULL beyond the last. */
const char *dp_stage_name(unsigned int stage);
/** Packets that all workers have received from ports since they were made, however counters were cleared. */
uint64_t dp_received(const struct dataplane *dp);
/** No packet in rings, frames or engines (approximate while workers run). */
bool dp_is_empty(const struct dataplane *dp);

#endif
