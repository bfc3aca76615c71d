/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The database of SAs. Workers find inbound ones by SPI and destination; the control core finds any
 * by that key, and all of one pair of ends and reqid.
 */
#ifndef IPSEC_SADB_H
#define IPSEC_SADB_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "base/counter.h"
#include "base/err.h"
#include "ipsec/sa.h"

struct sadb;

struct sadb *sadb_create(unsigned int nb_workers, struct err *err);
void sadb_destroy(struct sadb *db);

/** Counters of all SAs, row sa->id, fields enum sa_counter. */
struct counter_table *sadb_counters(struct sadb *db);

/**
 * Make a control record from checked parameters and enter it: key (SPI, destination).
 * @return NULL with @p err: EEXIST, ENOSPC, ENOMEM.
 */
struct sa_ctl *sadb_add(struct sadb *db, const struct sa_params *prm, struct err *err);
/**
 * A LARVAL SA gets other parameters: ends, SPI and reqid stay. From now on it is the newest. Cannot
 * fail.
 */
void sadb_complete(struct sadb *db, struct sa_ctl *ctl, const struct sa_params *prm);
/** Publish ctl->sa (just opened, inbound) to the workers. 0 or -ENOSPC. */
int sadb_publish(struct sadb *db, struct sa_ctl *ctl, struct err *err);
/**
 * Let the workers know of an SA that no interface claims and that has no worker record: they find one
 * whose interface is 0, so that its packets are dropped by that name. sadb_publish() replaces it,
 * sadb_unpublish() takes it out. Best effort: without room they find nothing.
 */
void sadb_publish_unclaimed(struct sadb *db, const struct sa_ctl *ctl);
/**
 * Take it out of the workers' table again (no interface claims it any more). ctl->sa stays, for
 * sa_retire().
 */
void sadb_unpublish(struct sadb *db, struct sa_ctl *ctl);
/** Take it out of every table, retire the worker record, free the control record. Control core. */
void sadb_remove(struct sadb *db, struct sa_ctl *ctl);

/**
 * The first and the second half of sadb_remove(): out of every table, but the records live and the id is
 * kept; and gone for good. Or back in between, at its place by age: 0 or -EEXIST.
 */
void sadb_detach(struct sadb *db, struct sa_ctl *ctl);
void sadb_free_detached(struct sadb *db, struct sa_ctl *ctl);
int sadb_attach(struct sadb *db, struct sa_ctl *ctl, struct err *err);

struct sa_ctl *sadb_find(const struct sadb *db, const struct ip_addr *dst, uint32_t spi);
/** All of that pair and reqid, oldest first: call with *iter = NULL to start; NULL at the end. */
struct sa_ctl *sadb_next_of(const struct sadb *db, const struct ip_addr *src,
		const struct ip_addr *dst, uint32_t reqid, struct sa_ctl **iter);
/** The same, newest first. */
struct sa_ctl *sadb_prev_of(const struct sadb *db, const struct ip_addr *src,
		const struct ip_addr *dst, uint32_t reqid, struct sa_ctl **iter);
/**
 * All, oldest first; @p cb may remove the one it is given; stops when it returns non-zero and
 * returns that.
 */
int sadb_foreach(struct sadb *db, int (*cb)(struct sa_ctl *ctl, void *arg), void *arg);
/**
 * The one that was added next after the SA of this @p id and @p order, which may be gone by now; 0 and 0: the oldest. For a walk with
 * pauses.
 */
struct sa_ctl *sadb_after(const struct sadb *db, uint32_t id, uint64_t order);
uint32_t sadb_count(const struct sadb *db);

/**
 * Find the inbound SA of each ESP packet of a burst (RFC 4301, 4.1: SPI and outer destination).
 *
 * @param pkts
 *   Data starts at the outer IP header; pkt_meta.l3_len bytes in front of the ESP header, which is
 *   inside the data. The caller keeps ownership.
 * @param ret_sas
 *   ret_sas[i] is the SA of pkts[i], or NULL. Borrowed until the worker is next quiescent.
 * @return Number found.
 *
 * Context: any worker. Never blocks, allocates, logs or writes shared memory.
 */
uint16_t sadb_lookup_bulk(const struct sadb *db, struct rte_mbuf *const pkts[],
		struct sa *ret_sas[], uint16_t n);

#endif
