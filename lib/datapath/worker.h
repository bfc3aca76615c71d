/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: what one polling lcore owns, and the few things that every stage does (drop, punt, push). Private to the datapath.
 */
#ifndef DATAPATH_WORKER_H
#define DATAPATH_WORKER_H

#include <rte_branch_prediction.h>
#include <rte_ring.h>

#include "base/rcu.h"
#include "datapath/dataplane.h"
#include "datapath/decide.h"
#include "datapath/frame.h"
#include "datapath/idle.h"
#include "datapath/no_sa.h"
#include "datapath/spread.h"
#include "net/pkt.h"

enum dp_stage {
	ST_RX,
	ST_CLASSIFY,
	ST_IPSEC_IN,
	ST_SPREAD,
	ST_POLL_IN,
	ST_IPSEC_IN_DONE,
	ST_ROUTE,
	ST_LOCAL,
	ST_IPSEC_OUT,
	ST_POLL_OUT,
	ST_IPSEC_OUT_DONE,
	ST_REWRITE,
	ST_TX,
	ST_PUNT,
	ST_COUNT
};
static_assert(ST_COUNT <= 16, "struct dp_worker_stats");

/** Packets to the control core that one worker asks for ICMP errors about, per poll. */
#define DP_ICMP_PER_POLL 4

/** A transmit queue and, where fewer queues than workers exist, the ring that leads to its owner. */
struct dp_txq {
	uint16_t owner;        /* [I] worker that calls rte_eth_tx_burst() */
	struct rte_ring *ring; /* [I] from the others, NULL: one worker only */
};

/** A port as the datapath knows it. */
struct dp_port {
	uint16_t port_id;              /* [I] */
	uint16_t nb_txq;               /* [I] */
	struct dp_txq txq[WORKER_MAX]; /* [I] */
	uint16_t txq_of[WORKER_MAX]; /* [I] the queue that a worker sends by: its own if it has one */
};

struct worker_rxq {
	uint16_t port_id; /* [I] */
	uint16_t queue;   /* [I] */
};

/** What a worker counts about itself: read by the control core, which subtracts a baseline. */
struct worker_counts {
	uint64_t polls, empty_polls, rx, tx, punted, injected, handed_out, handed_in;
	uint64_t encapsulated, decapsulated, originated, fragmented, created, dropped, busy_cycles;
	uint64_t freed; /* consumed by being turned into something else (an original of fragments) */
	uint64_t helped; /* packets decrypted for other workers */
	uint64_t sleeps, woken;
	uint64_t stage_cycles[ST_COUNT], stage_packets[ST_COUNT];
};

struct worker {
	/* read only while running */
	struct dataplane *dp;      /* [I] */
	struct rte_rcu_qsbr *qsbr; /* [I] */
	uint16_t id;               /* [I] */
	uint16_t nb_rxq;           /* [I] */
	bool measure;         /* [W] stage_cycles, taken from the tunables at the start of a poll */
	uint8_t icmp_budget;  /* [W] left in this poll */
	uint8_t ttl;          /* [W] from the tunables */
	bool helps;           /* [W] what it has said in dataplane.helps */
	uint8_t idle_mode;    /* [W] from the tunables: enum dp_idle */
	bool serves_others;   /* [I] owns a transmit queue that other workers send by */
	uint16_t rxq_first;   /* [W] where the next poll starts, so that no queue starves */
	uint8_t spread_mode;  /* [W] enum dp_spread_mode, from the tunables */
	uint16_t idle_max_us; /* [W] from the tunables */
	uint16_t load;        /* [W] packets with which this poll began */
	uint16_t ip_id;       /* [W] identification of the next outer IPv4 header */
	uint32_t frag_id;    /* [W] identification of the next IPv6 packet that is cut (RFC 7739) */
	uint64_t now_tsc;    /* [W] time of this poll */
	uint64_t *drops;     /* [W] by enum drop_reason: its copy of dp->drops */
	struct no_sa *no_sa; /* [I] packets without an outbound SA */
	struct rte_ring *inject;         /* [I] from the control core */
	struct rte_ring *handin;         /* [I] ESP from workers that do not own its SA */
	struct worker_rxq rxq[PORT_MAX]; /* [I] */
	struct dp_port *port[PORT_MAX];  /* [I] NULL: no such port */

	struct idle idle __rte_cache_aligned;              /* see idle.h */
	struct worker_counts cnt __rte_cache_aligned;      /* [W] read by control */
	struct worker_counts baseline __rte_cache_aligned; /* [C] */
	struct frame frame __rte_cache_aligned;            /* [W] */
	struct spread spread __rte_cache_aligned;
};

/** Count a drop and free the packet. */
static inline void
dp_drop(struct worker *w, enum drop_reason reason, struct rte_mbuf *m)
{
	w->drops[reason]++;
	w->cnt.dropped++;
	rte_pktmbuf_free(m);
}

/** Put a packet into a vector; a full vector is a named drop. */
static inline void
dp_push(struct worker *w, struct vec *v, struct rte_mbuf *m)
{
	if (unlikely(v->n == DP_VEC_MAX)) {
		dp_drop(w, DROP_VEC_FULL, m);
		return;
	}
	vec_push(v, m);
}

static inline void
dp_punt(struct worker *w, enum punt_reason why, struct rte_mbuf *m)
{
	pkt_meta(m)->punt = (uint8_t)why;
	dp_push(w, &w->frame.punt, m);
}

/**
 * Count a drop, and let the control core send an ICMP error about it if that is not already too much for this poll. Nothing is
 * said about packets that we made ourselves.
 */
static inline void
dp_drop_icmp(struct worker *w, enum drop_reason reason, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);

	if (w->icmp_budget == 0 || (meta->flags & (PKT_ORIGINATED | PKT_L2_BCAST)) ||
			w->frame.punt.n == DP_VEC_MAX) {
		dp_drop(w, reason, m);
		return;
	}
	w->icmp_budget--;
	w->drops[reason]++;
	w->cnt.dropped++;
	meta->verdict = (uint8_t)reason;
	meta->punt = PUNT_ICMP_ERROR;
	vec_push(&w->frame.punt, m);
}

/** Push by address family. */
static inline void
dp_push_ip(struct worker *w, struct rte_mbuf *m)
{
	dp_push(w, pkt_meta(m)->flags & PKT_IP6 ? &w->frame.ip6 : &w->frame.ip4, m);
}

/** A verdict that ends the packet's way through the worker: DP_TO_DROP, DP_TO_DROP_ICMP, DP_TO_PUNT. Out of the fast path (punt.c). */
__rte_cold void dp_end(struct worker *w, struct dp_verdict v, struct rte_mbuf *m);

/** One poll of a worker (pipeline.c). @return Packets received. */
unsigned int worker_poll(struct worker *w);
/** Is anything left that a further poll would move? */
bool worker_holds_packets(const struct worker *w);
/** A poll that receives nothing from ports. dp_drain() calls it until nothing is left inside. */
void worker_drain(struct worker *w);
/** Send what is inside of stopped workers, and drop what does not come out (DROP_STOPPING). */
void dp_drain(struct dataplane *dp);

#endif
