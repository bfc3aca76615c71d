/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of interfaces: names, indices, publishing. The control core calls it; workers only read the rows. An index is given
 * away again when no worker can hold a row, a packet or a next hop of its last owner. Addresses are in iface_addr.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include <rte_esp.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#include "base/rcu.h"
#include "iface/iface.h"
#include "iface/table.h"
#include "ipsec/engine.h"
#include "route/nexthop.h"

#define NAME_BUCKETS 16384

struct iface_names {
	uint16_t head[NAME_BUCKETS];
	uint16_t next[IFACE_MAX];
	uint16_t released
			[IFACE_MAX]; /* ring of indices that were used and are free: the longest free first */
	uint32_t nb_released, first_released;
	uint32_t fresh;   /* lowest index never used */
	uint32_t pending; /* records that wait for their grace period */
	struct iface_row *spare;
};

/* The record, and where its index goes back to. */
struct slot {
	struct iface ifp;
	struct iface_table *t;
};

static uint32_t
name_bucket(const char *name)
{
	uint32_t words[IFACE_NAME_MAX / sizeof(uint32_t)] = { 0 };

	/* rte_jhash() reads whole words, beyond the end of a string */
	memcpy(words, name, strnlen(name, IFACE_NAME_MAX));
	return rte_jhash_32b(words, RTE_DIM(words), 0) % NAME_BUCKETS;
}

int
iface_names_create(struct iface_table *t, struct err *err)
{
	t->names = calloc(1, sizeof(*t->names));
	if (t->names == NULL)
		return err_set(err, ENOMEM, "interfaces: out of memory, %zu bytes",
				sizeof(*t->names));
	t->names->fresh = 1;
	return 0;
}

void
iface_names_destroy(struct iface_table *t)
{
	if (t->names == NULL)
		return;
	while (t->names->pending != 0)
		rcu_reclaim();
	rte_free(t->names->spare);
	free(t->names);
	t->names = NULL;
}

struct iface_table *
iface_table_create(unsigned int nb_workers, struct err *err)
{
	struct iface_table *t;

	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		err_set(err, ENOMEM, "interfaces: out of memory, %zu bytes", sizeof(*t));
		return NULL;
	}
	if (counter_table_init(&t->counters, "interfaces", IFACE_MAX, nb_workers, err) != 0) {
		free(t);
		return NULL;
	}
	if (iface_names_create(t, err) != 0 || iface_addrs_create(t, err) != 0 ||
			iface_tunnels_create(t, err) != 0) {
		iface_table_destroy(t);
		return NULL;
	}
	return t;
}

void
iface_table_destroy(struct iface_table *t)
{
	struct iface *ifp;

	if (t == NULL)
		return;
	while (t->count != 0 && (ifp = iface_next(t, NULL)) != NULL)
		iface_destroy(t, ifp);
	iface_tunnels_destroy(t);
	iface_addrs_destroy(t);
	iface_names_destroy(t);
	counter_table_fini(&t->counters);
	free(t);
}

struct iface *
iface_find(const struct iface_table *t, const char *name)
{
	uint16_t i;

	for (i = t->names->head[name_bucket(name)]; i != 0; i = t->names->next[i])
		if (strcmp(t->record[i]->name, name) == 0)
			return t->record[i];
	return NULL;
}

struct iface *
iface_at(const struct iface_table *t, uint16_t index)
{
	return index < IFACE_MAX ? t->record[index] : NULL;
}

struct iface *
iface_next(const struct iface_table *t, const struct iface *ifp)
{
	uint32_t i;

	for (i = ifp == NULL ? 1 : ifp->index + 1u; i < t->names->fresh; i++)
		if (t->record[i] != NULL)
			return t->record[i];
	return NULL;
}

static bool
name_is_valid(const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_.-", name[i]) == NULL)
			return false;
	return i > 0 && i < IFACE_NAME_MAX;
}

/* A free index, 0 if there is none: a fresh one as long as there are any, so that old ones rest. */
static uint16_t
index_take(struct iface_names *names)
{
	uint16_t index;

	if (names->fresh < IFACE_MAX)
		return (uint16_t)names->fresh++;
	if (names->nb_released == 0)
		return 0;
	index = names->released[names->first_released];
	names->first_released = (names->first_released + 1) % IFACE_MAX;
	names->nb_released--;
	return index;
}

/* The grace period of a record is over: nobody holds its index. */
static void
slot_free(void *obj)
{
	struct slot *slot = obj;
	struct iface_names *names = slot->t->names;

	names->released[(names->first_released + names->nb_released) % IFACE_MAX] = slot->ifp.index;
	names->nb_released++;
	names->pending--;
	free(slot);
}

/* Where a port hangs, or where the next one is to be. */
static struct iface **
port_link(struct iface_table *t, const struct iface *port)
{
	struct iface **link = &t->ports;

	while (*link != port && *link != NULL)
		link = &(*link)->next_port;
	return link;
}

struct iface *
iface_create(struct iface_table *t, const char *name, enum iface_kind kind, struct err *err)
{
	struct iface_names *names = t->names;
	struct slot *slot;
	uint32_t b;

	if (!name_is_valid(name)) {
		err_set(err, EINVAL,
				"%.32s: not an interface name (1 to %d letters, digits, '_', '.' "
				"and '-')",
				name, IFACE_NAME_MAX - 1);
		return NULL;
	}
	if (iface_find(t, name) != NULL) {
		err_set(err, EEXIST, "%s: interface already exists", name);
		return NULL;
	}
	slot = calloc(1, sizeof(*slot));
	if (slot == NULL) {
		err_set(err, ENOMEM, "%s: out of memory", name);
		return NULL;
	}
	slot->ifp.index = index_take(names);
	if (slot->ifp.index == 0) {
		free(slot);
		err_set(err, ENOSPC, "%s: too many interfaces, %u (at most %d)", name, t->count,
				IFACE_MAX - 1);
		return NULL;
	}
	slot->t = t;
	slot->ifp.kind = kind;
	slot->ifp.outer_nh = NH_NONE;
	memcpy(slot->ifp.name, name, strlen(name) + 1);
	b = name_bucket(name);
	names->next[slot->ifp.index] = names->head[b];
	names->head[b] = slot->ifp.index;
	counter_clear(&t->counters, slot->ifp.index);
	t->record[slot->ifp.index] = &slot->ifp;
	if (kind == IFACE_PORT)
		*port_link(t, NULL) = &slot->ifp;
	t->count++;
	return &slot->ifp;
}

void
iface_destroy(struct iface_table *t, struct iface *ifp)
{
	struct iface_names *names = t->names;
	struct iface_row *old = rcu_own(t->row[ifp->index]);
	uint16_t *link = &names->head[name_bucket(ifp->name)];

	rcu_publish(t->row[ifp->index], NULL);
	if (old != NULL)
		rcu_retire(old, rte_free, NULL);
	while (ifp->nb_addrs != 0)
		iface_addr_remove(t, ifp, &ifp->addrs[ifp->nb_addrs - 1].prefix.addr, NULL, NULL);
	free(ifp->addrs);
	ifp->addrs = NULL;
	while (*link != ifp->index)
		link = &names->next[*link];
	*link = names->next[ifp->index];
	if (ifp->kind == IFACE_PORT)
		*port_link(t, ifp) = ifp->next_port;
	t->record[ifp->index] = NULL;
	t->count--;
	names->pending++;
	rcu_retire(RTE_PTR_SUB(ifp, offsetof(struct slot, ifp)), slot_free, NULL);
}

int
iface_prepare(struct iface_table *t, struct err *err)
{
	if (t->names->spare == NULL)
		t->names->spare = rte_zmalloc(
				"iface_row", sizeof(struct iface_row), RTE_CACHE_LINE_SIZE);
	if (t->names->spare == NULL)
		return err_set(err, ENOMEM, "interfaces: out of memory, %zu bytes",
				sizeof(struct iface_row));
	return 0;
}

/* What sending by a tunnel takes. */
static void
row_out(struct iface_row *row, const struct iface *ifp)
{
	struct sa *sa = ifp->sa_out;

	row->sa_out = sa;
	if (sa == NULL)
		return;
	row->sa_id = sa->id;
	row->show4 = outer_show4_of(&ifp->outer);
	row->room_front = (uint16_t)(RTE_ETHER_HDR_LEN + ifp->outer.len +
			sizeof(struct rte_esp_hdr) + sa->iv_len);
	row->room_behind = sa->overhead;
	row->engine = sa->engine->place;
	row->wide = ifp->outer.af == AF_INET6;
}

int
iface_publish(struct iface_table *t, struct iface *ifp, struct err *err)
{
	struct iface_row *old = rcu_own(t->row[ifp->index]);
	struct iface_row *row;

	if (iface_prepare(t, err) != 0)
		return -ENOMEM;
	row = t->names->spare;
	t->names->spare = NULL;
	row->index = ifp->index;
	row->kind = (uint8_t)ifp->kind;
	row->flags = ifp->flags;
	row->mtu = ifp->mtu;
	row->fib = ifp->fib;
	row->tunnelfib = ifp->tunnelfib;
	row->port_id = ifp->port_id;
	row->mac = ifp->mac;
	row->reqid = ifp->reqid;
	row->outer_nh = ifp->outer_nh;
	row->tunnel = ifp->tunnel;
	row_out(row, ifp);
	row->outer = ifp->outer;
	row->local = ifp->local;
	row->remote = ifp->remote;
	rcu_publish(t->row[ifp->index], row);
	if (old != NULL)
		rcu_retire(old, rte_free, NULL);
	return 0;
}
