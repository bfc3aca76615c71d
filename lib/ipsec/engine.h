/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine turns packets of SAs into ESP and back (ADR 5). Drivers (drivers/engine/)
 * implement engine_ops; the datapath calls them. Packets of a burst go down together, whatever SAs
 * they belong to.
 */
#ifndef IPSEC_ENGINE_H
#define IPSEC_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "base/err.h"
#include "ipsec/sa.h"

struct engine;

struct engine_ops {
	const char *name; /* "cryptodev", "ipsec_mb" */
	/*
	 * decap() may be called by any worker for any SA, not only the one that owns it, and is done
	 * when it returns
	 */
	bool any_worker;

	/**
	 * Open for @p nb_workers workers (devices are made and started on demand, or here). Control
	 * core, before workers run.
	 * @return The engine, freed by close(); NULL with @p err.
	 */
	struct engine *(*open)(
			struct counter_table *counters, unsigned int nb_workers, struct err *err);
	/** Close and free; no session is left, no worker runs. NULL is allowed. */
	void (*close)(struct engine *e);

	/**
	 * Can some device run such an SA? Called when an SA is configured; makes the device it
	 * needs when devices are chosen automatically. -ENOTSUP with one sentence why not. Control
	 * core; may run while workers poll.
	 */
	int (*session_check)(struct engine *e, const struct sa_params *prm, struct err *err);
	/**
	 * Is there a hardware device that runs such an SA? crypto.engine auto takes that first.
	 * Makes nothing. NULL: no.
	 */
	bool (*in_hardware)(const struct engine *e, const struct sa_params *prm);
	/** Bytes of a session behind struct sa. */
	size_t (*session_size)(const struct engine *e);
	/**
	 * Fill the session of @p sa (all [I] fields of line 0 are set). Control core; may run while
	 * workers poll.
	 */
	int (*session_create)(struct engine *e, struct sa *sa, const struct sa_params *prm,
			unsigned int nb_workers, struct err *err);
	/** No op of it is in a device. Wipes what it knows of the keys. */
	void (*session_destroy)(struct engine *e, struct sa *sa);
	/**
	 * Outbound: the highest sequence number that a packet on the wire may have by now, 0: none
	 * was sent. An upper bound: numbers that were drawn and not sent may be in it. Control core,
	 * while workers poll; exact enough when they have stopped. NULL: sa_seq() counts for the
	 * engine.
	 */
	uint64_t (*session_seq)(const struct engine *e, const struct sa *sa);
	/** For show: the device that runs it ("crypto_aesni_gcm0") and its driver. */
	const char *(*session_device)(const struct engine *e, const struct sa *sa);

	/**
	 * Encapsulate. Data of each of the @p n packets starts at the packet that goes inside,
	 * meta.inner_proto is what it is (IPPROTO_IPIP or IPPROTO_IPV6), meta.sa is the SA, meta.sa_id
	 * its id (to prefetch by); there is headroom for an outer header and for ESP's. Each is done once, with meta.verdict DROP_NONE:
	 * then data starts at the ESP header, and the outer header is the caller's to write; or with
	 * the drop reason (SEQ_EXHAUSTED, CRYPTO, CRYPTO_FULL, HEADROOM). PKT_ENCAP is set in
	 * meta.flags by the caller. Adds SA_CNT_ENQ (by run), and nothing else, to the SAs' counters.
	 * @return true: all are done, in order, and are the caller's again. false: the engine has
	 * taken them all, and each comes back from poll() once.
	 */
	bool (*encap)(struct engine *e, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n);
	/**
	 * Decapsulate. As encap(): data starts at the outer header, meta.l3_len bytes (with UDP) in
	 * front of ESP; meta.sa is set and ESP is at least sa->min_len bytes. Done with
	 * DROP_NONE: data is the packet that was inside, without padding and ICV, the outer header
	 * untouched in the headroom; meta.inner_proto is the protocol inside (IPPROTO_IPIP,
	 * IPPROTO_IPV6 or another); meta.seq is the 64-bit number, its window not yet moved. Or with
	 * AUTH, PADDING, CRYPTO, CRYPTO_FULL, ESP_SHORT, HEADROOM, REPLAY.
	 */
	bool (*decap)(struct engine *e, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n);
	/**
	 * Take back what is finished of what was taken, at most @p n, of both directions, in order per SA. Does not
	 * touch SA counters.
	 * @return Number of packets, now the caller's.
	 */
	uint16_t (*poll)(struct engine *e, unsigned int worker, struct rte_mbuf *ret_pkts[],
			uint16_t n);
	/** Packets of that worker inside. The worker, or anyone when the worker has stopped. */
	uint32_t (*in_flight)(const struct engine *e, unsigned int worker);
	/** For `show crypto`: one call per device. May be NULL. */
	void (*foreach_device)(const struct engine *e,
			void (*cb)(const char *device, const char *driver, unsigned int sessions,
					void *arg),
			void *arg);
};

/** An open engine. Drivers embed it as their first member. */
struct engine {
	const struct engine_ops *ops;   /* [I] */
	struct counter_table *counters; /* [I] of the SAs, for SA_CNT_ENQ */
	uint8_t place; /* [I] among the open ones, in order of preference: set by whoever opens it */
};

#endif
