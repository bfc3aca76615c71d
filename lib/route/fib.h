/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forwarding tables: FIB_MAX pairs of an IPv4 (rt4) and an IPv6 (rt6) table, created when first used. What a worker looks
 * up. Which route wins for a prefix is decided above, in rib.h.
 */
#ifndef ROUTE_FIB_H
#define ROUTE_FIB_H

#include <stdbool.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/share.h"
#include "net/addr.h"
#include "route/nexthop.h"
#include "route/rt4.h"
#include "route/rt6.h"

struct fib {
	uint16_t id;     /* [I] */
	struct rt4 *rt4; /* [I] */
	struct rt6 *rt6; /* [I] */
};

/** Table of FIBs; the pointer of one not in use is NULL. */
struct fib_table {
	RCU_PTR(struct fib) fib[FIB_MAX]; /* [R] */
};

/** The FIB, created empty if need be. NULL with @p err (ENOMEM, ERANGE). Control core, after rcu_init(). */
struct fib *fib_get(struct fib_table *t, unsigned int id, struct err *err);
/** Free all; no worker runs any more, rcu_fini() comes later. */
void fib_table_fini(struct fib_table *t);

/** Insert or replace. 0, -ENOSPC, -ENOMEM with @p err. @p prefix is masked. Control core. */
int fib_insert(struct fib *fib, const struct ip_prefix *prefix, uint32_t nh, struct err *err);
/** 0 or -ENOENT. Control core. */
int fib_remove(struct fib *fib, const struct ip_prefix *prefix);
/** Longest match, NH_NONE when there is none. Any thread that may read. */
uint32_t fib_lookup(const struct fib *fib, const struct ip_addr *addr);
/** Work that must wait for workers (the second copy of rt6): control core's timer and before reading back in tests. */
void fib_settle(struct fib_table *t);
/** True when nothing waits: a grace period that begins now is the last in which a worker sees a route that was removed. */
bool fib_is_settled(const struct fib_table *t);

#endif
