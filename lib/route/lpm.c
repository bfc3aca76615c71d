/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writer of look-up tables. Each entry is replaced by one store. A group is filled with what its parent said before the parent
 * points to it; when its last route goes, the parent says again what all of it says, and the group rests until every worker
 * has been quiescent. An entry tells the length of its route, so a shorter route does not overwrite a longer one.
 */
#include "route/lpm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_debug.h>

#include "base/rcu.h"
#include "route/lpm_mem.h"

#define TOP_BITS 24u
#define STEP_BITS 8u
#define LEVELS_MAX ((128 - TOP_BITS) / STEP_BITS) /* groups on the way to a host */
#define NOTES_MIN 1024u
#define NONE UINT32_MAX

/* What is kept of a group. */
struct note {
	uint64_t token; /* at rest: of the grace period after which it may be used */
	uint32_t users; /* in use: routes that need it */
	uint32_t next;  /* at rest: the one that was given up after it */
};

struct lpm {
	struct lpm_face face;              /* first: lpm_face() */
	const char *what;                  /* [I] */
	struct lpm_mem top_mem, group_mem; /* [C] */
	struct note *note;                 /* [C] notes of them */
	uint32_t notes;
	uint32_t groups_max;            /* [I] */
	uint32_t groups_end;            /* [C] all groups ever used are below */
	uint32_t groups_used;           /* [C] */
	uint32_t routes;                /* [C] */
	uint32_t rest_first, rest_last; /* [C] groups at rest, oldest first */
};

/* The way to the entries of a prefix: groups by level, and the entry that points to each. */
struct path {
	uint32_t *slot[LEVELS_MAX];
	uint32_t group[LEVELS_MAX];
	unsigned int n;      /* groups that are there */
	unsigned int levels; /* groups that the prefix needs */
	uint32_t *table;     /* what the last of them, or top, holds */
};

struct lpm *
lpm_create(const char *what, uint32_t groups_max, struct err *err)
{
	struct lpm *t = calloc(1, sizeof(*t));

	RTE_VERIFY(rcu_qsbr() != NULL); /* rcu_init() comes first */
	RTE_VERIFY(groups_max <= LPM_GROUPS_MAX);
	if (t == NULL ||
			lpm_mem_reserve(&t->group_mem,
					(size_t)groups_max * LPM_GROUP_ENTRIES *
							sizeof(uint32_t)) != 0) {
		free(t);
		err_set(err, ENOMEM, "%s table: no memory", what);
		return NULL;
	}
	t->what = what;
	t->groups_max = groups_max;
	t->rest_first = t->rest_last = NONE;
	t->face.group = t->group_mem.base;
	return t;
}

void
lpm_destroy(struct lpm *t)
{
	if (t == NULL)
		return;
	lpm_mem_free(&t->top_mem);
	lpm_mem_free(&t->group_mem);
	free(t->note);
	free(t);
}

void
lpm_usage(const struct lpm *t, struct lpm_usage *ret_usage)
{
	ret_usage->routes = t->routes;
	ret_usage->groups = t->groups_used;
	ret_usage->groups_max = t->groups_max;
	ret_usage->bytes = t->top_mem.size + t->group_mem.size +
			(uint64_t)t->notes * sizeof(struct note);
}

/* --- groups --- */

static uint32_t *
group_at(const struct lpm *t, uint32_t group)
{
	return &t->face.group[(size_t)group * LPM_GROUP_ENTRIES];
}

/* Memory for groups up to @p end. */
static int
groups_back(struct lpm *t, uint32_t end)
{
	uint32_t notes = RTE_MAX(t->notes, NOTES_MIN);
	struct note *bigger;

	if (end > t->groups_max)
		return -ENOSPC;
	while (notes < end)
		notes *= 2;
	if (notes != t->notes) {
		bigger = reallocarray(t->note, notes, sizeof(*bigger));
		if (bigger == NULL)
			return -ENOMEM;
		t->note = bigger;
		t->notes = notes;
	}
	return lpm_mem_grow(&t->group_mem, (size_t)end * LPM_GROUP_ENTRIES * sizeof(uint32_t));
}

static bool
has_rested(const struct note *n)
{
	return rte_rcu_qsbr_check(rcu_qsbr(), n->token, false) == 1;
}

/* Groups that can be taken now without new ones, at most @p wanted. */
static uint32_t
rested(const struct lpm *t, uint32_t wanted)
{
	uint32_t n = 0, g;

	for (g = t->rest_first; g != NONE && n < wanted && has_rested(&t->note[g]);
			g = t->note[g].next)
		n++;
	return n;
}

/* Make sure that @p n groups can be taken. */
static int
groups_reserve(struct lpm *t, uint32_t n, struct err *err)
{
	uint32_t have = rested(t, n);
	int rc = 0;

	if (have < n)
		rc = groups_back(t, t->groups_end + n - have);
	if (rc != 0 && t->rest_first != NONE) {
		rcu_synchronize();
		have = rested(t, n);
		rc = have == n ? 0 : groups_back(t, t->groups_end + n - have);
	}
	if (rc == -ENOSPC)
		return err_set(err, ENOSPC, "%s table: full (%u groups of routes longer than /24)",
				t->what, t->groups_max);
	if (rc != 0)
		return err_set(err, ENOMEM, "%s table: no memory for more than %u groups", t->what,
				t->groups_end);
	return 0;
}

/* One of those reserved, filled with @p entry. */
static uint32_t
group_take(struct lpm *t, uint32_t entry)
{
	uint32_t g = t->rest_first, *table;
	unsigned int i;

	if (g != NONE && has_rested(&t->note[g])) {
		t->rest_first = t->note[g].next;
		if (t->rest_first == NONE)
			t->rest_last = NONE;
	} else {
		g = t->groups_end++;
	}
	t->groups_used++;
	t->note[g].users = 0;
	table = group_at(t, g);
	for (i = 0; i < LPM_GROUP_ENTRIES; i++)
		table[i] = entry;
	return g;
}

static void
group_rest(struct lpm *t, uint32_t g)
{
	struct note *n = &t->note[g];

	n->token = rte_rcu_qsbr_start(rcu_qsbr());
	n->next = NONE;
	if (t->rest_last == NONE)
		t->rest_first = g;
	else
		t->note[t->rest_last].next = g;
	t->rest_last = g;
	t->groups_used--;
}

/* --- entries --- */

static uint32_t
entry_make(uint32_t nh, uint8_t len)
{
	return nh | (uint32_t)len << LPM_LEN_SHIFT;
}

static unsigned int
entry_len(uint32_t entry)
{
	return entry >> LPM_LEN_SHIFT & 0xff;
}

static void
entry_set(uint32_t *slot, uint32_t entry)
{
	__atomic_store_n(slot, entry, __ATOMIC_RELEASE);
}

/* Index into the table of a level: 0 for top. */
static uint32_t
index_at(const uint8_t *key, unsigned int level)
{
	return level == 0 ? (uint32_t)key[0] << 16 | (uint32_t)key[1] << 8 | key[2]
			  : key[2 + level];
}

/* The entries of a prefix in the table of its last level. */
static void
span(const uint8_t *key, uint8_t len, unsigned int level, uint32_t *ret_first, uint32_t *ret_n)
{
	*ret_n = 1u << (TOP_BITS + STEP_BITS * level - len);
	*ret_first = index_at(key, level) & ~(*ret_n - 1);
}

/* Replace the entries of routes no longer than @p len in a range, and in the groups under it. */
static void
range_set(struct lpm *t, uint32_t *slot, uint32_t n, unsigned int len, uint32_t entry)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		const uint32_t e = slot[i];

		if (e & LPM_GROUP)
			range_set(t, group_at(t, e & LPM_VALUE), LPM_GROUP_ENTRIES, len, entry);
		else if (entry_len(e) <= len)
			entry_set(&slot[i], entry);
	}
}

/* --- routes --- */

static void
path_find(const struct lpm *t, const uint8_t *key, uint8_t len, struct path *p)
{
	uint32_t *slot;

	p->n = 0;
	p->levels = len <= TOP_BITS ? 0 : (len - TOP_BITS + STEP_BITS - 1) / STEP_BITS;
	p->table = t->face.top;
	while (p->n < p->levels) {
		slot = &p->table[index_at(key, p->n)];
		p->slot[p->n] = slot;
		if (!(*slot & LPM_GROUP))
			return;
		p->group[p->n] = *slot & LPM_VALUE;
		p->table = group_at(t, p->group[p->n++]);
	}
}

/* The groups that are missing, the deepest with the route in it, then hung into the table at once. */
static void
path_extend(struct lpm *t, const uint8_t *key, uint8_t len, uint32_t entry, struct path *p)
{
	uint32_t *hook = p->slot[p->n];
	const uint32_t before = *hook, first_new = p->n;
	uint32_t first, n, i;

	for (; p->n < p->levels; p->n++) {
		p->group[p->n] = group_take(t, before);
		if (p->n > first_new) /* no worker sees it yet */
			p->table[index_at(key, p->n)] = p->group[p->n] | LPM_GROUP;
		p->table = group_at(t, p->group[p->n]);
	}
	span(key, len, p->levels, &first, &n);
	for (i = first; i < first + n; i++)
		p->table[i] = entry;
	entry_set(hook, p->group[first_new] | LPM_GROUP);
}

/* The first table, when the first route comes. */
static int
top_make(struct lpm *t, struct err *err)
{
	if (t->face.top != NULL)
		return 0;
	if (lpm_mem_whole(&t->top_mem, LPM_TOP_ENTRIES * sizeof(uint32_t)) != 0)
		return err_set(err, ENOMEM, "%s table: no memory for %zu MiB in one piece", t->what,
				LPM_TOP_ENTRIES * sizeof(uint32_t) >> 20);
	__atomic_store_n(&t->face.top, t->top_mem.base, __ATOMIC_RELEASE);
	return 0;
}

int
lpm_insert(struct lpm *t, const uint8_t *key, uint8_t len, uint32_t nh, struct err *err)
{
	const uint32_t entry = entry_make(nh, len);
	uint32_t first, n, i;
	struct path p;
	int rc = 0;

	if (len == 0) {
		__atomic_store_n(&t->face.def, nh, __ATOMIC_RELEASE);
		t->routes++;
		return 0;
	}
	rc = top_make(t, err);
	if (rc != 0)
		return rc;
	path_find(t, key, len, &p);
	if (p.n < p.levels) {
		rc = groups_reserve(t, p.levels - p.n, err);
		if (rc != 0)
			return rc;
		path_extend(t, key, len, entry, &p);
	} else {
		span(key, len, p.levels, &first, &n);
		range_set(t, &p.table[first], n, len, entry);
	}
	for (i = 0; i < p.n; i++)
		t->note[p.group[i]].users++;
	t->routes++;
	return 0;
}

void
lpm_change(struct lpm *t, const uint8_t *key, uint8_t len, uint32_t nh)
{
	uint32_t first, n;
	struct path p;

	if (len == 0) {
		__atomic_store_n(&t->face.def, nh, __ATOMIC_RELEASE);
		return;
	}
	path_find(t, key, len, &p);
	RTE_VERIFY(p.n == p.levels);
	span(key, len, p.levels, &first, &n);
	range_set(t, &p.table[first], n, len, entry_make(nh, len));
}

void
lpm_remove(struct lpm *t, const uint8_t *key, uint8_t len, struct lpm_cover cover)
{
	const uint32_t entry = cover.len == 0 ? 0 : entry_make(cover.nh, cover.len);
	uint32_t first, n;
	struct path p;

	t->routes--;
	if (len == 0) {
		__atomic_store_n(&t->face.def, NH_NONE, __ATOMIC_RELEASE);
		return;
	}
	path_find(t, key, len, &p);
	RTE_VERIFY(p.n == p.levels);
	span(key, len, p.levels, &first, &n);
	range_set(t, &p.table[first], n, len, entry);
	/* A group without routes says the same everywhere: what covers it. */
	while (p.n-- > 0) {
		if (--t->note[p.group[p.n]].users > 0)
			continue;
		entry_set(p.slot[p.n], *group_at(t, p.group[p.n]));
		group_rest(t, p.group[p.n]);
	}
}
