/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forwarding tables: FIB_MAX pairs of an IPv4 and an IPv6 table, created when first used. What a worker looks up (rt4.h, rt6.h). Which
 * route wins for a prefix, and what is in a table, is known above, in rib.h.
 */
#ifndef ROUTE_FIB_H
#define ROUTE_FIB_H

#include <stdbool.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/share.h"
#include "net/addr.h"
#include "route/lpm.h"
#include "route/nexthop.h"

struct fib {
	uint16_t id;     /* [I] */
	struct lpm *rt4; /* [I] rt4_lookup_bulk() */
	struct lpm *rt6; /* [I] rt6_lookup_bulk() */
};

/** Table of FIBs; the pointer of one not in use is NULL. */
struct fib_table {
	RCU_PTR(struct fib) fib[FIB_MAX]; /* [R] */
	uint32_t groups_max; /* [C] of tables made from now on; 0: RT4_GROUPS_MAX, RT6_GROUPS_MAX */
};

/** The FIB, created empty if need be. NULL with @p err (ENOMEM, ERANGE). Control core, after rcu_init(). */
struct fib *fib_get(struct fib_table *t, unsigned int id, struct err *err);
/** Free all; no worker runs any more, rcu_fini() comes later. */
void fib_table_fini(struct fib_table *t);

/** Insert a prefix that is not in the table. 0; -ENOSPC, -ENOMEM with @p err: nothing has changed. All prefixes are masked. Control core. */
int fib_insert(struct fib *fib, const struct ip_prefix *prefix, uint32_t nh, struct err *err);
/** Another next hop for a prefix that is in the table. */
void fib_change(struct fib *fib, const struct ip_prefix *prefix, uint32_t nh);
/** Remove a prefix that is in the table; its addresses go to @p cover, the longest that is left and contains it. */
void fib_remove(struct fib *fib, const struct ip_prefix *prefix, struct lpm_cover cover);
/** Longest match, NH_NONE when there is none. Any thread that may read. */
uint32_t fib_lookup(const struct fib *fib, const struct ip_addr *addr);

#endif
