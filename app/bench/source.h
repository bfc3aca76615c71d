/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic made inside the process. A lane stands behind each receive queue: a callback of rte_ethdev, called by the worker that
 * polls the queue, that adds packets to what the device gave. Inside lanes write plain packets; outside lanes give ESP packets that
 * the gateway itself has made before, in order (prepared). Another callback at the transmit queues reads the time stamps.
 *
 * Who may touch a field: [I] set while nothing flows, [W] the worker of the queue, [A] any core, [C] control core.
 */
#ifndef APP_BENCH_SOURCE_H
#define APP_BENCH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "args.h"
#include "base/err.h"
#include "base/limits.h"
#include "hist.h"

#define SOURCE_SHAPES 3   /* frame sizes of a mix */
#define SOURCE_PATTERN 12 /* packets until the mix repeats */
#define SOURCE_HEAD 64    /* bytes of a frame that are written */
/* Between the first flow of what goes out, and the first of what was prepared to come in. */
#define SOURCE_FLOW_OUT 0
#define SOURCE_FLOW_IN (64u << 16)

/** A frame of one size, complete but for its flow. */
struct source_shape {
	uint8_t head[SOURCE_HEAD];
	uint16_t len;
	uint16_t dst_offset; /* of the destination's last four bytes */
	uint32_t sum;        /* IPv4 header without the destination; 0: IPv6 */
};

/** Whose turn it is, and how many: of one receive queue. */
struct source_lane {
	bool on;              /* [A] control starts and ends it */
	bool spent;           /* [A] outside: every prepared packet was given */
	bool done;            /* [A] nothing left to give, and what was given has passed a poll */
	uint32_t flow, phase; /* [W] of the next packet: tunnel, place in the mix */
	uint64_t left;        /* [W] still to give */
	uint64_t given;       /* [W] read by control */
	uint64_t missed;      /* [W] due, but the queue was full as that of a NIC would have been */
	uint64_t no_buffer;   /* [W] */
	uint64_t step;        /* [I] TSC cycles from packet to packet, times 65536; 0: at once */
	uint64_t due;         /* [W] of the next packet, since `from`, times 65536 */
	uint64_t from;        /* [W] TSC, moves on with what is given; 0: not yet */
	const uint32_t *list; /* [I] outside: which prepared packets */
	uint32_t nb_list;     /* [I] */
	uint32_t next;        /* [W] in list */
};

struct source_queue {
	struct bench_source *source;               /* [I] */
	struct source_lane inside, outside;        /* behind queue q of port 0 and port 1 */
	uint64_t active, active_from;              /* [W] time of whole rounds; start of this one */
	struct hist *hist;                         /* [W] of what leaves by transmit queue q */
	const struct rte_eth_rxtx_callback *cb[4]; /* [C] */
} __rte_cache_aligned;

/** What comes in from outside: made by the gateway itself, turned round. */
struct source_prepared {
	uint8_t *frame; /* [I] nb * stride bytes */
	uint16_t *len;  /* [I] */
	uint32_t nb, room, stride;
	uint32_t *list; /* [I] of all lanes */
};

struct bench_source {
	const struct bench_args *args;            /* [I] */
	struct rte_mempool *pool;                 /* [I] */
	uint16_t port[2];                         /* [I] ethdev ports: inside, outside */
	uint16_t nb_rxq[2], nb_txq[2];            /* [I] */
	struct source_shape shape[SOURCE_SHAPES]; /* [I] */
	uint8_t pattern[SOURCE_PATTERN];          /* [I] index of shape */
	uint32_t flow_base;                       /* [I] SOURCE_FLOW_... */
	uint32_t flow_step;                       /* [I] from one packet's tunnel to the next's */
	uint32_t burst;                           /* [I] */
	bool stamping;                            /* [A] */
	bool preparing;                           /* [A] sink of port 1 keeps what leaves */
	int stamp_offset;                         /* [I] mbuf field */
	uint64_t stamp_flag;                      /* [I] mbuf flag: it has a stamp */
	struct source_prepared prepared;
	struct source_queue *queue[WORKER_MAX]; /* [I] */
};

/** Put the callbacks behind the queues of two ports. Control core, nothing flows. @return 0 or -errno with @p err. */
int source_create(struct bench_source *s, const struct bench_args *args, struct rte_mempool *pool,
		const uint16_t port[2], struct err *err);
void source_destroy(struct bench_source *s);

/** Frames as the options say, for flows from @p flow_base on. Nothing flows. */
void source_shape(struct bench_source *s, uint32_t flow_base);
/** Room for what shall come in. @return 0 or -ENOMEM. */
int source_prepare_begin(struct bench_source *s, struct err *err);
/** All is there: distributed over the queues as RSS would. @return 0 or -errno with @p err. */
int source_prepare_end(struct bench_source *s, struct err *err);

/** Start lanes: @p packets in all (UINT64_MAX: no end) at @p pps in all (0: as fast as taken). */
void source_start(struct bench_source *s, bool inside, bool outside, uint64_t packets, double pps);
void source_stop(struct bench_source *s);
/** May prepared packets come once only, because a window sees them? Without one they come again and again. */
bool source_has_rounds(const struct bench_source *s);
/** Prepared packets are used up in every lane that has some, so that a new round is due. */
bool source_is_spent(const struct bench_source *s);
/** Once more from the first. */
void source_rewind(struct bench_source *s);
/** Every lane has given all that it should. */
bool source_is_done(const struct bench_source *s);

uint64_t source_missed(const struct bench_source *s);
/** TSC cycles in which there was traffic: wall time, or with prepared packets that of the rounds (mean of the queues). */
uint64_t source_active(const struct bench_source *s);
void source_hist_clear(struct bench_source *s);
void source_hist(const struct bench_source *s, struct hist *ret);

#endif
