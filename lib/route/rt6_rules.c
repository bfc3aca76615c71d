/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of routes and tbl8 groups of an rt6, in one hash table. rte_lpm6 has a group for each prefix of 24, 32, ... 120 bits
 * under which a longer route lies.
 */
#include "route/rt6_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_hash.h>
#include <rte_jhash.h>
#include <rte_lcore.h>

#include "base/limits.h"
#include "net/addr.h"

/* Bits that the first step of rte_lpm6 resolves, and each one after it. */
#define FIRST_BITS 24
#define STEP_BITS 8

enum key_kind { KEY_ROUTE, KEY_GROUP };

struct key {
	uint8_t addr[16]; /* masked */
	uint8_t len;
	uint8_t kind;
	uint8_t pad[2];
};
static_assert(sizeof(struct key) == 20, "a hash key has no holes");

struct rt6_rules {
	struct rte_hash *
			hash; /* KEY_ROUTE: next hop; KEY_GROUP: number of routes that need the group */
	uint32_t routes;
	uint32_t groups;
	uint32_t groups_max;
};

static unsigned int serial;

struct rt6_rules *
rt6_rules_create(unsigned int fib, uint32_t groups_max)
{
	char name[RTE_HASH_NAMESIZE];
	const struct rte_hash_parameters prm = {
		.name = name,
		.entries = RT6_ROUTES_MAX + groups_max,
		.key_len = sizeof(struct key),
		.hash_func = rte_jhash,
		.socket_id = (int)rte_socket_id(),
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE, /* every entry can be used */
	};
	struct rt6_rules *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->groups_max = groups_max;
	snprintf(name, sizeof(name), "rt6r-%u-%u", fib, serial++);
	r->hash = rte_hash_create(&prm);
	if (r->hash == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
rt6_rules_destroy(struct rt6_rules *r)
{
	if (r == NULL)
		return;
	rte_hash_free(r->hash);
	free(r);
}

static struct key
key_make(const uint8_t addr[16], uint8_t len, enum key_kind kind)
{
	struct key k = { .len = len, .kind = (uint8_t)kind };

	memcpy(k.addr, addr, (len + 7u) / 8);
	if (len % 8 != 0)
		k.addr[len / 8] &= (uint8_t)(0xff00 >> len % 8);
	return k;
}

/* The number stored under a key, 0 if there is none. */
static uint32_t
get(const struct rt6_rules *r, const struct key *k)
{
	void *data;

	return rte_hash_lookup_data(r->hash, k, &data) < 0 ? 0 : (uint32_t)(uintptr_t)data;
}

static int
set(struct rt6_rules *r, const struct key *k, uint32_t value)
{
	return rte_hash_add_key_data(r->hash, k, (void *)(uintptr_t)value);
}

static void
groups_put(struct rt6_rules *r, const uint8_t addr[16], unsigned int len)
{
	unsigned int bits;

	for (bits = FIRST_BITS; bits < len; bits += STEP_BITS) {
		const struct key k = key_make(addr, (uint8_t)bits, KEY_GROUP);
		uint32_t users = get(r, &k);

		if (users > 1) {
			set(r, &k, users - 1);
		} else {
			rte_hash_del_key(r->hash, &k);
			r->groups--;
		}
	}
}

/* Count the route in all groups that it needs; -ENOBUFS: in none. */
static int
groups_get(struct rt6_rules *r, const uint8_t addr[16], unsigned int len)
{
	unsigned int bits;

	for (bits = FIRST_BITS; bits < len; bits += STEP_BITS) {
		const struct key k = key_make(addr, (uint8_t)bits, KEY_GROUP);
		uint32_t users = get(r, &k);

		if ((users == 0 && r->groups == r->groups_max) || set(r, &k, users + 1) < 0) {
			groups_put(r, addr, bits);
			return -ENOBUFS;
		}
		r->groups += users == 0;
	}
	return 0;
}

int
rt6_rules_insert(struct rt6_rules *r, const uint8_t addr[16], uint8_t len, uint32_t nh)
{
	const struct key k = key_make(addr, len, KEY_ROUTE);
	void *data;
	int rc;

	if (rte_hash_lookup_data(r->hash, &k, &data) >= 0) {
		if ((uint32_t)(uintptr_t)data == nh)
			return RT6_RULE_SAME;
		return set(r, &k, nh) < 0 ? -ENOSPC : RT6_RULE_CHANGED;
	}
	if (r->routes == RT6_ROUTES_MAX)
		return -ENOSPC;
	rc = groups_get(r, addr, len);
	if (rc < 0)
		return rc;
	if (set(r, &k, nh) < 0) {
		groups_put(r, addr, len);
		return -ENOSPC;
	}
	r->routes++;
	return RT6_RULE_NEW;
}

int
rt6_rules_remove(struct rt6_rules *r, const uint8_t addr[16], uint8_t len)
{
	const struct key k = key_make(addr, len, KEY_ROUTE);

	if (rte_hash_del_key(r->hash, &k) < 0)
		return -ENOENT;
	groups_put(r, addr, len);
	r->routes--;
	return 0;
}

int
rt6_rules_foreach(const struct rt6_rules *r,
		int (*cb)(const uint8_t addr[16], uint8_t len, uint32_t nh, void *arg), void *arg)
{
	const void *key;
	void *data;
	uint32_t at = 0;
	int rc = 0;

	while (rc == 0 && rte_hash_iterate(r->hash, &key, &data, &at) >= 0) {
		const struct key *k = key;

		if (k->kind == KEY_ROUTE)
			rc = cb(k->addr, k->len, (uint32_t)(uintptr_t)data, arg);
	}
	return rc;
}

uint32_t
rt6_rules_groups_max(const struct rt6_rules *r)
{
	return r->groups_max;
}
