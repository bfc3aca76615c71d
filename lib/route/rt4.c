/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 longest prefix match on rte_lpm. The library changes entries in place, each by one atomic store, and keeps a tbl8 that is
 * given up from being used again until workers have been quiescent (rte_lpm_rcu_qsbr_add). Readers are in rt4.h.
 */
#include "route/rt4.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "base/rcu.h"

/* Names of DPDK objects are unique in a process, tables of a number are not (a test has several). */
static unsigned int serial;

static struct rte_lpm *
lpm_create(unsigned int fib, struct err *err)
{
	const struct rte_lpm_config config = { .max_rules = RT4_ROUTES_MAX,
		.number_tbl8s = RT4_TBL8_MAX };
	struct rte_lpm_rcu_config rcu = { .v = rcu_qsbr(), .mode = RTE_LPM_QSBR_MODE_DQ };
	char name[RTE_LPM_NAMESIZE];
	struct rte_lpm *lpm;

	RTE_VERIFY(rcu.v !=
			NULL); /* rcu_init() comes first: a table without it would give groups away under readers */
	snprintf(name, sizeof(name), "rt4-%u-%u", fib, serial++);
	lpm = rte_lpm_create(name, (int)rte_socket_id(), &config);
	if (lpm == NULL) {
		err_set(err, ENOMEM, "fib %u: no memory for its IPv4 table (%u MiB in one piece)",
				fib, (unsigned int)(sizeof(*lpm) >> 20));
		return NULL;
	}
	if (rte_lpm_rcu_qsbr_add(lpm, &rcu) != 0) {
		err_set(err, ENOMEM, "fib %u: IPv4 table without reclamation: %s", fib,
				rte_strerror(rte_errno));
		rte_lpm_free(lpm);
		return NULL;
	}
	return lpm;
}

struct rt4 *
rt4_create(unsigned int fib, struct err *err)
{
	struct rt4 *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		err_set(err, ENOMEM, "fib %u: no memory for its IPv4 table", fib);
		return NULL;
	}
	t->def = NH_NONE;
	t->lpm = lpm_create(fib, err);
	if (t->lpm == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

void
rt4_destroy(struct rt4 *t)
{
	if (t == NULL)
		return;
	rte_lpm_free(t->lpm);
	free(t);
}

int
rt4_insert(struct rt4 *t, uint32_t addr, uint8_t len, uint32_t nh, struct err *err)
{
	int rc;

	if (len == 0) {
		__atomic_store_n(&t->def, nh, __ATOMIC_RELAXED);
		return 0;
	}
	rc = rte_lpm_add(t->lpm, addr, len, nh);
	if (rc == -ENOSPC)
		return err_set(err, ENOSPC,
				"IPv4 table: full (%u routes, %u groups of routes longer than /24)",
				RT4_ROUTES_MAX, RT4_TBL8_MAX);
	if (rc < 0)
		return err_set(err, -rc, "IPv4 table: refused length %u: %s", len, strerror(-rc));
	return 0;
}

int
rt4_remove(struct rt4 *t, uint32_t addr, uint8_t len)
{
	if (len == 0) {
		if (t->def == NH_NONE)
			return -ENOENT;
		__atomic_store_n(&t->def, NH_NONE, __ATOMIC_RELAXED);
		return 0;
	}
	return rte_lpm_delete(t->lpm, addr, len) == 0 ? 0 : -ENOENT;
}

uint32_t
rt4_lookup(const struct rt4 *t, uint32_t addr)
{
	uint32_t nh;

	rt4_lookup_bulk(t, &addr, &nh, 1);
	return nh;
}
