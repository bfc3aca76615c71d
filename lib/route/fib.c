/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FIBs: made when first used, kept until the end. Splits prefixes by family; the tables are lpm.c's.
 */
#include "route/fib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route/rt4.h"
#include "route/rt6.h"

static void
fib_destroy(struct fib *fib)
{
	if (fib == NULL)
		return;
	lpm_destroy(fib->rt4);
	lpm_destroy(fib->rt6);
	free(fib);
}

struct fib *
fib_get(struct fib_table *t, unsigned int id, struct err *err)
{
	struct fib *fib;

	if (id >= FIB_MAX) {
		err_set(err, ERANGE, "fib %u: out of range (0 to %u)", id, FIB_MAX - 1);
		return NULL;
	}
	if (rcu_own(t->fib[id]) != NULL)
		return rcu_own(t->fib[id]);
	fib = calloc(1, sizeof(*fib));
	if (fib == NULL) {
		err_set(err, ENOMEM, "fib %u: no memory", id);
		return NULL;
	}
	fib->id = (uint16_t)id;
	fib->rt4 = lpm_create("IPv4", t->groups_max != 0 ? t->groups_max : RT4_GROUPS_MAX, err);
	fib->rt6 = lpm_create("IPv6", t->groups_max != 0 ? t->groups_max : RT6_GROUPS_MAX, err);
	if (fib->rt4 == NULL || fib->rt6 == NULL) {
		fib_destroy(fib);
		return NULL;
	}
	rcu_publish(t->fib[id], fib);
	return fib;
}

void
fib_table_fini(struct fib_table *t)
{
	unsigned int i;

	for (i = 0; i < FIB_MAX; i++) {
		fib_destroy(rcu_own(t->fib[i]));
		rcu_publish(t->fib[i], NULL);
	}
}

static struct lpm *
table_of(struct fib *fib, const struct ip_prefix *prefix)
{
	return prefix->addr.af == AF_INET ? fib->rt4 : fib->rt6;
}

/* An address as bytes in network order, of either family. */
static const uint8_t *
key_of(const struct ip_prefix *prefix)
{
	return prefix->addr.v6; /* v4 is at the same place */
}

int
fib_insert(struct fib *fib, const struct ip_prefix *prefix, uint32_t nh, struct err *err)
{
	return lpm_insert(table_of(fib, prefix), key_of(prefix), prefix->len, nh, err);
}

void
fib_change(struct fib *fib, const struct ip_prefix *prefix, uint32_t nh)
{
	lpm_change(table_of(fib, prefix), key_of(prefix), prefix->len, nh);
}

void
fib_remove(struct fib *fib, const struct ip_prefix *prefix, struct lpm_cover cover)
{
	lpm_remove(table_of(fib, prefix), key_of(prefix), prefix->len, cover);
}

uint32_t
fib_lookup(const struct fib *fib, const struct ip_addr *addr)
{
	uint8_t one[1][16];
	uint32_t nh, dst;

	if (addr->af == AF_INET) {
		dst = rte_be_to_cpu_32(addr->v4);
		rt4_lookup_bulk(fib->rt4, &dst, &nh, 1);
	} else {
		memcpy(one[0], addr->v6, 16);
		rt6_lookup_bulk(fib->rt6, one, &nh, 1);
	}
	return nh;
}
