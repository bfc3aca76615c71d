/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The workers' table of inbound SAs: SPI and destination to struct sa. One writer (the control
 * core), any number of readers without locks. Inside lib/ipsec only.
 */
#ifndef IPSEC_SADB_TABLE_H
#define IPSEC_SADB_TABLE_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "base/err.h"
#include "ipsec/sa.h"

struct sadb_table;

struct sadb_table *sadb_table_create(struct err *err);
void sadb_table_destroy(struct sadb_table *t);
/** Enter or replace. 0 or -ENOSPC. */
int sadb_table_insert(
		struct sadb_table *t, rte_be32_t spi, const struct ip_addr *dst, struct sa *sa);
/** What is not there is not an error. */
void sadb_table_delete(struct sadb_table *t, rte_be32_t spi, const struct ip_addr *dst);
/** As sadb_lookup_bulk(). */
uint16_t sadb_table_lookup_bulk(const struct sadb_table *t, struct rte_mbuf *const pkts[],
		struct sa *ret_sas[], uint16_t n);

#endif
