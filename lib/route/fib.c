/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FIBs: made when first used, kept until the end. Splits prefixes by family; what is kept and how is in rt4.c and rt6.c.
 */
#include "route/fib.h"

#include <errno.h>
#include <stdlib.h>

static void
fib_destroy(struct fib *fib)
{
	if (fib == NULL)
		return;
	rt4_destroy(fib->rt4);
	rt6_destroy(fib->rt6);
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
	fib->rt4 = rt4_create(id, err);
	fib->rt6 = fib->rt4 == NULL ? NULL : rt6_create(id, err);
	if (fib->rt6 == NULL) {
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

int
fib_insert(struct fib *fib, const struct ip_prefix *prefix, uint32_t nh, struct err *err)
{
	struct ip_prefix p = *prefix;

	ip_prefix_mask(&p);
	if (p.addr.af == AF_INET)
		return rt4_insert(fib->rt4, rte_be_to_cpu_32(p.addr.v4), p.len, nh, err);
	return rt6_insert(fib->rt6, p.addr.v6, p.len, nh, err);
}

int
fib_remove(struct fib *fib, const struct ip_prefix *prefix)
{
	struct ip_prefix p = *prefix;

	ip_prefix_mask(&p);
	if (p.addr.af == AF_INET)
		return rt4_remove(fib->rt4, rte_be_to_cpu_32(p.addr.v4), p.len);
	return rt6_remove(fib->rt6, p.addr.v6, p.len);
}

uint32_t
fib_lookup(const struct fib *fib, const struct ip_addr *addr)
{
	if (addr->af == AF_INET)
		return rt4_lookup(fib->rt4, rte_be_to_cpu_32(addr->v4));
	return rt6_lookup(fib->rt6, addr->v6);
}

void
fib_settle(struct fib_table *t)
{
	unsigned int i;

	for (i = 0; i < FIB_MAX; i++)
		if (rcu_own(t->fib[i]) != NULL)
			rt6_settle(rcu_own(t->fib[i])->rt6);
}

bool
fib_is_settled(const struct fib_table *t)
{
	unsigned int i;

	for (i = 0; i < FIB_MAX; i++)
		if (rcu_own(t->fib[i]) != NULL && !rt6_is_settled(rcu_own(t->fib[i])->rt6))
			return false;
	return true;
}
