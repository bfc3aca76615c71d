/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of SAs share: ipsec0 between two ends, the SA it sends with, use of an SA. */
#ifndef TEST_UNIT_CONTROL_SA_TEST_H
#define TEST_UNIT_CONTROL_SA_TEST_H

#include "ctl_test.h"

#define HERE "192.168.0.3"
#define THERE "192.168.0.5"

/* ipsec0 with reqid 100 between HERE and THERE. */
static inline void
ipsec0(struct ctl *ctl)
{
	ok(ctl_if_create(ctl, "ipsec0", NULL, &err));
	ok(ctl_if_set_reqid(ctl, "ipsec0", 100, &err));
	tunnel(ctl, "ipsec0", HERE, THERE);
}

static inline struct sa *
sa_out(struct ctl *ctl, const char *name)
{
	return row(ctl, name)->sa_out;
}

/* Some use of an SA, as a worker would count it. */
static inline void
use(struct ctl *ctl, const struct sa_ctl *sa, uint64_t packets, uint64_t bytes)
{
	uint64_t *c = counter_row(sadb_counters(ctl_sadb(ctl)), 0, sa->id);

	c[SA_CNT_PACKETS] += packets;
	c[SA_CNT_BYTES] += bytes;
}

#endif
