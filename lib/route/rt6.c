/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 longest prefix match on two copies of an rte_lpm6. Changes go through a queue: applied to the idle copy, which is then
 * published; and once workers have left the old copy, to that one. Whether a route fits is known beforehand, from a count of the
 * tbl8 groups that the routes need, so that a queued change cannot fail. Readers are in rt6.h.
 */
#include "route/rt6.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>
#include <rte_lcore.h>

#include "base/rcu.h"
#include "route/rt6_rules.h"

#define QUEUE_MIN 64

struct change {
	uint8_t addr[16];
	uint8_t len;
	bool insert;
	uint32_t nh;
};

struct rt6 {
	struct rt6_face face; /* [R] first: rt6_lookup_bulk() */
	unsigned int fib;     /* [I] */
	struct rte_lpm6 *
			idle; /* [C] the copy that no worker reads once the token has passed; NULL: not made yet */
	struct rt6_rules *
			rules; /* [C] what the table holds when all is settled; NULL: not made yet */
	struct change *queue; /* [C] [0, behind): missing in idle only; [behind, count): missing in both copies */
	uint32_t behind;
	uint32_t count;
	uint32_t size;
	uint64_t token; /* [C] of the grace period after which idle may be written */
};

static unsigned int serial; /* names of DPDK objects are unique in a process */

/* What is made, and made anew to grow, together. */
struct tables {
	struct rt6_rules *rules;
	struct rte_lpm6 *copy[2];
};

static struct rte_lpm6 *
lpm_create(unsigned int fib, uint32_t groups_max)
{
	const struct rte_lpm6_config config = {
		.max_rules = RT6_ROUTES_MAX,
		.number_tbl8s = groups_max,
	};
	char name[RTE_LPM6_NAMESIZE];

	snprintf(name, sizeof(name), "rt6-%u-%u", fib, serial++);
	return rte_lpm6_create(name, (int)rte_socket_id(), &config);
}

static void
tables_destroy(struct tables *set)
{
	rte_lpm6_free(set->copy[0]);
	rte_lpm6_free(set->copy[1]);
	rt6_rules_destroy(set->rules);
}

static int
tables_create(struct tables *set, unsigned int fib, uint32_t groups_max, struct err *err)
{
	set->copy[0] = lpm_create(fib, groups_max);
	set->copy[1] = set->copy[0] == NULL ? NULL : lpm_create(fib, groups_max);
	set->rules = set->copy[1] == NULL ? NULL : rt6_rules_create(fib, groups_max);
	if (set->rules != NULL)
		return 0;
	tables_destroy(set);
	return err_set(err, ENOMEM,
			"fib %u: no memory for an IPv6 table of %u groups (two pieces of %u MiB)",
			fib, groups_max, 64 + groups_max / 1024);
}

struct rt6 *
rt6_create(unsigned int fib, struct err *err)
{
	struct rt6 *t = calloc(1, sizeof(*t));

	if (t != NULL)
		t->queue = calloc(QUEUE_MIN, sizeof(*t->queue));
	if (t == NULL || t->queue == NULL) {
		free(t);
		err_set(err, ENOMEM, "fib %u: no memory for its IPv6 table", fib);
		return NULL;
	}
	t->fib = fib;
	t->size = QUEUE_MIN;
	t->face.def = NH_NONE;
	return t;
}

void
rt6_destroy(struct rt6 *t)
{
	if (t == NULL)
		return;
	rte_lpm6_free(rcu_own(t->face.lpm));
	rte_lpm6_free(t->idle);
	rt6_rules_destroy(t->rules);
	free(t->queue);
	free(t);
}

static void
apply(struct rte_lpm6 *lpm, const struct change *c)
{
	/* rt6_rules has made sure that there is room, and that what is removed is there. */
	if (c->insert)
		RTE_VERIFY(rte_lpm6_add(lpm, c->addr, c->len, c->nh) == 0);
	else
		RTE_VERIFY(rte_lpm6_delete(lpm, c->addr, c->len) == 0);
}

void
rt6_settle(struct rt6 *t)
{
	struct rte_lpm6 *old;
	uint32_t i, fresh;

	if (t->count == 0 || rte_rcu_qsbr_check(rcu_qsbr(), t->token, false) != 1)
		return;
	for (i = 0; i < t->count; i++)
		apply(t->idle, &t->queue[i]);
	fresh = t->count - t->behind;
	if (fresh > 0) {
		old = rcu_own(t->face.lpm);
		rcu_publish(t->face.lpm, t->idle);
		t->idle = old;
		t->token = rte_rcu_qsbr_start(rcu_qsbr());
		memmove(t->queue, &t->queue[t->behind], fresh * sizeof(*t->queue));
	}
	t->behind = fresh;
	t->count = fresh;
}

bool
rt6_is_settled(const struct rt6 *t)
{
	return t->count == 0;
}

/* Room for one more change. Without memory for it, workers are waited for, which empties the queue twice over. */
static void
queue_reserve(struct rt6 *t)
{
	struct change *bigger;

	if (t->count < t->size)
		return;
	bigger = reallocarray(t->queue, t->size * 2, sizeof(*bigger));
	if (bigger != NULL) {
		t->queue = bigger;
		t->size *= 2;
		return;
	}
	while (!rt6_is_settled(t)) {
		rcu_synchronize();
		rt6_settle(t);
	}
}

static void
enqueue(struct rt6 *t, const struct change *c)
{
	queue_reserve(t);
	t->queue[t->count++] = *c;
	rt6_settle(t);
}

static int
copy_route(const uint8_t addr[16], uint8_t len, uint32_t nh, void *arg)
{
	const struct tables *set = arg;
	int rc = rt6_rules_insert(set->rules, addr, len, nh);

	if (rc >= 0)
		rc = rte_lpm6_add(set->copy[0], addr, len, nh);
	return rc < 0 ? rc : rte_lpm6_add(set->copy[1], addr, len, nh);
}

static void
lpm_destroy(void *lpm)
{
	rte_lpm6_free(lpm);
}

/* Put tables that hold everything in place of those in use, if any. The queue has nothing to tell them. */
static void
tables_publish(struct rt6 *t, const struct tables *set)
{
	struct rte_lpm6 *active = rcu_own(t->face.lpm), *idle = t->idle;

	rcu_publish(t->face.lpm, set->copy[0]);
	t->idle = set->copy[1];
	rt6_rules_destroy(t->rules);
	t->rules = set->rules;
	t->behind = 0;
	t->count = 0;
	t->token = 0; /* no worker has seen the idle copy */
	/* Workers may still be in either: the idle one was left by them only when the token had passed. */
	rcu_retire(active, lpm_destroy, NULL);
	rcu_retire(idle, lpm_destroy, NULL);
}

/* Make the tables anew with more groups, and insert the route for which there was no room. */
static int
grow(struct rt6 *t, const struct change *c, struct err *err)
{
	const uint32_t used = rt6_rules_groups_max(t->rules);
	struct tables set;
	int rc;

	if (used >= RT6_TBL8_MAX)
		return err_set(err, ENOSPC,
				"IPv6 table: full (%u groups of routes longer than /24)",
				RT6_TBL8_MAX);
	rc = tables_create(&set, t->fib, RTE_MIN(used * 2, RT6_TBL8_MAX), err);
	if (rc < 0)
		return rc;
	rc = rt6_rules_foreach(t->rules, copy_route, &set);
	if (rc == 0)
		rc = copy_route(c->addr, c->len, c->nh, &set);
	if (rc < 0) {
		tables_destroy(&set);
		return err_set(err, ENOSPC,
				"IPv6 table: full (%u groups of routes longer than /24)", used);
	}
	tables_publish(t, &set);
	return 0;
}

int
rt6_insert(struct rt6 *t, const uint8_t addr[16], uint8_t len, uint32_t nh, struct err *err)
{
	struct change c = { .len = len, .insert = true, .nh = nh };
	struct tables set;
	int rc;

	if (len == 0) {
		__atomic_store_n(&t->face.def, nh, __ATOMIC_RELAXED);
		return 0;
	}
	/* Not before there is a route: a FIB without IPv6 does without the memory. */
	if (t->rules == NULL) {
		rc = tables_create(&set, t->fib, RT6_TBL8_MIN, err);
		if (rc < 0)
			return rc;
		tables_publish(t, &set);
	}
	memcpy(c.addr, addr, 16);
	rc = rt6_rules_insert(t->rules, addr, len, nh);
	if (rc == -ENOBUFS)
		return grow(t, &c, err);
	if (rc < 0)
		return err_set(err, ENOSPC, "IPv6 table: full (%u routes)", RT6_ROUTES_MAX);
	if (rc != RT6_RULE_SAME)
		enqueue(t, &c);
	return 0;
}

int
rt6_remove(struct rt6 *t, const uint8_t addr[16], uint8_t len)
{
	struct change c = { .len = len };

	if (len == 0) {
		if (t->face.def == NH_NONE)
			return -ENOENT;
		__atomic_store_n(&t->face.def, NH_NONE, __ATOMIC_RELAXED);
		return 0;
	}
	if (t->rules == NULL || rt6_rules_remove(t->rules, addr, len) < 0)
		return -ENOENT;
	memcpy(c.addr, addr, 16);
	enqueue(t, &c);
	return 0;
}

uint32_t
rt6_lookup(const struct rt6 *t, const uint8_t addr[16])
{
	uint8_t one[1][16];
	uint32_t nh;

	memcpy(one[0], addr, 16);
	rt6_lookup_bulk(t, one, &nh, 1);
	return nh;
}
