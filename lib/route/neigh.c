/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours: the record of the control core, found by interface and address, and the adjacency that workers read, an immutable
 * row replaced as a whole. An index given up keeps a row that is not known, and is the last to be given away again.
 */
#include "route/neigh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>
#include <rte_hash.h>
#include <rte_jhash.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "base/rcu.h"

struct key {
	struct ip_addr addr;
	uint16_t iface;
	uint16_t pad;
};
static_assert(sizeof(struct key) == 24, "a hash key has no holes");

struct free_index {
	uint32_t index;
	uint64_t token; /* of the grace period after which it may be used */
};

struct neigh_index {
	struct rte_hash *hash; /* of struct neigh */
	uint32_t used_end;     /* all indexes in use are below */
	/* Free indexes, oldest first: a ring. 0 is never given away. */
	struct free_index ring[ADJ_MAX];
	uint32_t head, free;
};

static unsigned int serial; /* names of DPDK objects are unique in a process */

static struct neigh_index *
index_create(void)
{
	char name[RTE_HASH_NAMESIZE];
	const struct rte_hash_parameters prm = {
		.name = name,
		.entries = ADJ_MAX,
		.key_len = sizeof(struct key),
		.hash_func = rte_jhash,
		.socket_id = (int)rte_socket_id(),
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};
	struct neigh_index *ix = calloc(1, sizeof(*ix));
	uint32_t i;

	if (ix == NULL)
		return NULL;
	snprintf(name, sizeof(name), "neigh-%u", serial++);
	ix->hash = rte_hash_create(&prm);
	if (ix->hash == NULL) {
		free(ix);
		return NULL;
	}
	for (i = 1; i < ADJ_MAX; i++)
		ix->ring[ix->free++].index = i;
	return ix;
}

struct neigh_table *
neigh_table_create(struct err *err)
{
	struct neigh_table *t;

	RTE_VERIFY(rcu_qsbr() != NULL); /* rcu_init() comes first */
	t = rte_zmalloc("neigh_table", sizeof(*t), RTE_CACHE_LINE_SIZE);
	if (t != NULL)
		t->index = index_create();
	if (t == NULL || t->index == NULL) {
		rte_free(t);
		err_set(err, ENOMEM, "neighbours: no memory for the table");
		return NULL;
	}
	return t;
}

void
neigh_table_destroy(struct neigh_table *t)
{
	uint32_t i;

	if (t == NULL)
		return;
	for (i = 0; i < ADJ_MAX; i++) {
		rte_free(rcu_own(t->adj[i]));
		free(t->record[i]);
	}
	rte_hash_free(t->index->hash);
	free(t->index);
	rte_free(t);
}

/* The oldest free index that no worker can still carry, or 0. */
static uint32_t
index_get(struct neigh_index *ix)
{
	const struct free_index *oldest = &ix->ring[ix->head];

	if (ix->free == 0 || rte_rcu_qsbr_check(rcu_qsbr(), oldest->token, false) != 1)
		return 0;
	ix->head = (ix->head + 1) % ADJ_MAX;
	ix->free--;
	ix->used_end = RTE_MAX(ix->used_end, oldest->index + 1);
	return oldest->index;
}

static void
index_put(struct neigh_index *ix, uint32_t index)
{
	struct free_index *f = &ix->ring[(ix->head + ix->free++) % ADJ_MAX];

	f->index = index;
	f->token = rte_rcu_qsbr_start(rcu_qsbr());
}

/* An index that was never published, or never left, needs no grace period: give it back to the front. */
static void
index_unget(struct neigh_index *ix, uint32_t index)
{
	ix->head = (ix->head + ADJ_MAX - 1) % ADJ_MAX;
	ix->ring[ix->head] = (struct free_index){ .index = index };
	ix->free++;
}

/* Replace the row of an index. Workers see the old one or the new one. */
static int
adj_publish(struct neigh_table *t, uint32_t index, const struct adj *next)
{
	struct adj *old = rcu_own(t->adj[index]), *row;

	if (old != NULL && memcmp(old, next, sizeof(*old)) == 0)
		return 0;
	row = rte_malloc("adj", sizeof(*row), RTE_CACHE_LINE_SIZE);
	if (row == NULL)
		return -ENOMEM;
	memcpy(row, next, sizeof(*row));
	rcu_publish(t->adj[index], row);
	if (old != NULL)
		rcu_retire(old, rte_free, NULL);
	return 0;
}

static struct key
key_make(uint16_t iface, const struct ip_addr *addr)
{
	const struct key k = { .addr = *addr, .iface = iface };

	return k;
}

struct neigh *
neigh_find(const struct neigh_table *t, uint16_t iface, const struct ip_addr *addr)
{
	const struct key k = key_make(iface, addr);
	void *n;

	return rte_hash_lookup_data(t->index->hash, &k, &n) < 0 ? NULL : n;
}

/* A row that is not known: memset() so that rows compare, holes and all. */
static void
adj_unknown(const struct neigh *n, struct adj *ret_row)
{
	memset(ret_row, 0, sizeof(*ret_row));
	ret_row->port_id = n->port_id;
	ret_row->iface = n->iface;
}

struct neigh *
neigh_get(struct neigh_table *t, uint16_t iface, uint16_t port_id, const struct ip_addr *addr,
		struct err *err)
{
	const struct key k = key_make(iface, addr);
	struct neigh *n = neigh_find(t, iface, addr);
	struct adj row;

	if (n != NULL)
		return n;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		goto no_memory;
	n->iface = iface;
	n->port_id = port_id;
	n->addr = *addr;
	n->state = NEIGH_INCOMPLETE;
	n->index = index_get(t->index);
	if (n->index == 0) {
		free(n);
		err_set(err, ENOSPC, "neighbour %s: table full, %u entries (%u)", ip_str(addr),
				t->count, ADJ_MAX - 1);
		return NULL;
	}
	adj_unknown(n, &row);
	if (rte_hash_add_key_data(t->index->hash, &k, n) < 0)
		goto no_row;
	if (adj_publish(t, n->index, &row) < 0) {
		rte_hash_del_key(t->index->hash, &k);
		goto no_row;
	}
	t->record[n->index] = n;
	t->count++;
	return n;

no_row:
	index_unget(t->index, n->index);
	free(n);
no_memory:
	err_set(err, ENOMEM, "neighbour %s: no memory", ip_str(addr));
	return NULL;
}

int
neigh_set(struct neigh_table *t, struct neigh *n, const struct rte_ether_addr *mac,
		const struct rte_ether_addr *src, enum neigh_state state)
{
	struct adj row;
	unsigned int i;
	int rc;

	adj_unknown(n, &row);
	for (i = 0; i < RTE_DIM(row.l2); i++) {
		rte_ether_addr_copy(mac, &row.l2[i].dst_addr);
		rte_ether_addr_copy(src, &row.l2[i].src_addr);
	}
	row.l2[0].ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	row.l2[1].ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6);
	row.known = true;
	rc = adj_publish(t, n->index, &row);
	if (rc < 0)
		return rc;
	rte_ether_addr_copy(mac, &n->mac);
	n->state = state;
	return 0;
}

int
neigh_unset(struct neigh_table *t, struct neigh *n, enum neigh_state state)
{
	struct adj row;
	int rc;

	adj_unknown(n, &row);
	rc = adj_publish(t, n->index, &row);
	if (rc < 0)
		return rc;
	memset(&n->mac, 0, sizeof(n->mac));
	n->state = state;
	return 0;
}

void
neigh_remove(struct neigh_table *t, struct neigh *n)
{
	const struct key k = key_make(n->iface, &n->addr);
	struct adj row;

	/* A worker may carry the index until it is quiescent: it finds a row that is not known. Without memory for one, the old. */
	adj_unknown(n, &row);
	adj_publish(t, n->index, &row);
	rte_hash_del_key(t->index->hash, &k);
	t->record[n->index] = NULL;
	t->count--;
	index_put(t->index, n->index);
	free(n);
}

void
neigh_foreach(struct neigh_table *t, void (*cb)(struct neigh *n, void *arg), void *arg)
{
	uint32_t i;

	for (i = 1; i < t->index->used_end; i++)
		if (t->record[i] != NULL)
			cb(t->record[i], arg);
}
