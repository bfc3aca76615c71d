/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes as asked for, one per FIB, prefix and source, in a trie per FIB and family; and which of them is in the FIB: the most
 * preferred one that has a next hop. What a next hop is, and who owns a route's neighbour, is the caller's.
 */
#include "route/rib.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_debug.h>

#include "route/trie.h"

/* A route, in the list of its prefix, which is sorted by source. */
struct item {
	struct rib_route route; /* first: what callers hold */
	struct item *next;
	struct trie_node *node; /* its data is the first of the list */
};
static_assert(offsetof(struct item, route) == 0, "a route is the head of its item");

struct rib {
	struct fib_table *fibs;
	struct trie trie[FIB_MAX][2]; /* [1]: IPv6 */
	uint32_t count;
	rib_observer *observer;
	void *observer_arg;
};

struct rib *
rib_create(struct fib_table *fibs, struct err *err)
{
	struct rib *rib = calloc(1, sizeof(*rib));

	if (rib == NULL) {
		err_set(err, ENOMEM, "routes: no memory");
		return NULL;
	}
	rib->fibs = fibs;
	return rib;
}

void
rib_observe(struct rib *rib, rib_observer *observer, void *arg)
{
	rib->observer = observer;
	rib->observer_arg = arg;
}

static void
tell(struct rib *rib, struct rib_route *route, enum rib_event event)
{
	if (rib->observer != NULL)
		rib->observer(route, event, rib->observer_arg);
}

static struct trie *
trie_of(const struct rib *rib, uint16_t fib, int af)
{
	return (struct trie *)(uintptr_t)&rib->trie[fib][af == AF_INET6];
}

static void
list_free(struct item *it)
{
	struct item *next;

	for (; it != NULL; it = next) {
		next = it->next;
		free(it);
	}
}

void
rib_destroy(struct rib *rib)
{
	struct trie_node *n;
	unsigned int i;

	if (rib == NULL)
		return;
	for (i = 0; i < FIB_MAX * 2; i++) {
		struct trie *t = &rib->trie[i / 2][i % 2];

		for (n = trie_first(t); n != NULL; n = trie_next(n))
			list_free(n->data);
		trie_clear(t);
	}
	free(rib);
}

/* The route that belongs into the FIB: the first that has a next hop. */
static struct item *
list_best(struct item *it)
{
	while (it != NULL && it->route.spec.nh == NH_NONE)
		it = it->next;
	return it;
}

static struct item *
list_active(struct item *it)
{
	while (it != NULL && !it->route.active)
		it = it->next;
	return it;
}

static void
list_link(struct item *it)
{
	struct item *prev = it->node->data;

	if (prev == NULL || prev->route.spec.source > it->route.spec.source) {
		it->next = prev;
		it->node->data = it;
		return;
	}
	while (prev->next != NULL && prev->next->route.spec.source < it->route.spec.source)
		prev = prev->next;
	it->next = prev->next;
	prev->next = it;
}

static void
list_unlink(struct item *it)
{
	struct item *prev = it->node->data;

	if (prev == it) {
		it->node->data = it->next;
		return;
	}
	while (prev->next != it)
		prev = prev->next;
	prev->next = it->next;
}

/* The route that serves the addresses of a node when its own does not. */
static struct lpm_cover
cover_of(const struct trie_node *n)
{
	const struct item *it;

	while ((n = n->parent) != NULL) {
		it = n->data == NULL ? NULL : list_active(n->data);
		if (it != NULL)
			return (struct lpm_cover){ .nh = it->route.spec.nh, .len = n->prefix.len };
	}
	return (struct lpm_cover){ .nh = NH_NONE };
}

/*
 * Put the best route of a list into the FIB. @p was: the next hop that is in it now. 0, or -errno: all is as it was.
 */
static int
list_publish(struct rib *rib, struct item *first, uint32_t was, struct err *err)
{
	const struct rib_spec *spec = &first->route.spec;
	struct fib *fib = rcu_own(rib->fibs->fib[spec->fib]);
	struct item *best = list_best(first), *active = list_active(first);
	const uint32_t now = best == NULL ? NH_NONE : best->route.spec.nh;
	int rc = 0;

	if (now != NH_NONE && was == NH_NONE)
		rc = fib_insert(fib, &spec->prefix, now, err);
	else if (now != NH_NONE && now != was)
		fib_change(fib, &spec->prefix, now);
	else if (now == NH_NONE && was != NH_NONE)
		fib_remove(fib, &spec->prefix, cover_of(first->node));
	if (rc < 0)
		return rc;
	if (active != NULL)
		active->route.active = false;
	if (best != NULL)
		best->route.active = true;
	return 0;
}

/* The next hop in the FIB for the prefix of a list. */
static uint32_t
list_nh(struct item *first)
{
	const struct item *active = list_active(first);

	return active == NULL ? NH_NONE : active->route.spec.nh;
}

static struct item *
list_source(struct item *it, enum rib_source source)
{
	while (it != NULL && it->route.spec.source != source)
		it = it->next;
	return it;
}

/* The item in its list, not in the FIB yet. NULL: no memory. */
static struct item *
item_create(struct rib *rib, const struct rib_spec *spec)
{
	struct trie *t = trie_of(rib, spec->fib, spec->prefix.addr.af);
	struct item *it = calloc(1, sizeof(*it));

	if (it == NULL)
		return NULL;
	it->route.spec = *spec;
	it->node = trie_get(t, &spec->prefix);
	if (it->node == NULL) {
		free(it);
		return NULL;
	}
	list_link(it);
	rib->count++;
	return it;
}

static void
item_destroy(struct rib *rib, struct item *it)
{
	const struct rib_spec *spec = &it->route.spec;

	list_unlink(it);
	if (it->node->data == NULL)
		trie_remove(trie_of(rib, spec->fib, spec->prefix.addr.af), it->node);
	rib->count--;
	free(it);
}

struct rib_route *
rib_insert(struct rib *rib, const struct rib_spec *spec, struct err *err)
{
	struct rib_spec masked = *spec;
	struct item *it;
	uint32_t was;

	ip_prefix_mask(&masked.prefix);
	if (fib_get(rib->fibs, spec->fib, err) == NULL)
		return NULL;
	if (rib_find(rib, spec->fib, &masked.prefix, spec->source) != NULL) {
		err_set(err, EEXIST, "route %s: already in table (fib %u)",
				prefix_str(&masked.prefix), spec->fib);
		return NULL;
	}
	it = item_create(rib, &masked);
	if (it == NULL) {
		err_set(err, ENOMEM, "route %s: no memory", prefix_str(&masked.prefix));
		return NULL;
	}
	was = list_nh(it->node->data);
	if (list_publish(rib, it->node->data, was, err) < 0) {
		item_destroy(rib, it);
		return NULL;
	}
	tell(rib, &it->route, RIB_INSERTED);
	return &it->route;
}

void
rib_remove(struct rib *rib, struct rib_route *route)
{
	struct item *it = (struct item *)route;
	struct item *first = it->node->data;
	const uint32_t was = list_nh(first);

	/* A next hop of none makes way for the next best. Replacing one in the FIB takes no room, so it cannot fail. */
	it->route.spec.nh = NH_NONE;
	RTE_VERIFY(list_publish(rib, first, was, NULL) == 0);
	tell(rib, route, RIB_REMOVED);
	item_destroy(rib, it);
}

int
rib_set_nh(struct rib *rib, struct rib_route *route, uint32_t nh, struct err *err)
{
	struct item *it = (struct item *)route;
	const uint32_t was = list_nh(it->node->data), old = route->spec.nh;
	int rc;

	if (nh == old)
		return 0;
	route->spec.nh = nh;
	rc = list_publish(rib, it->node->data, was, err);
	if (rc < 0)
		route->spec.nh = old;
	else
		tell(rib, route, RIB_CHANGED);
	return rc;
}

struct rib_route *
rib_find(const struct rib *rib, uint16_t fib, const struct ip_prefix *prefix,
		enum rib_source source)
{
	struct ip_prefix masked = *prefix;
	struct trie_node *n;
	struct item *it;

	if (fib >= FIB_MAX)
		return NULL;
	ip_prefix_mask(&masked);
	n = trie_find(trie_of(rib, fib, masked.addr.af), &masked);
	it = n == NULL ? NULL : list_source(n->data, source);
	return it == NULL ? NULL : &it->route;
}

static bool
has_active(const void *data)
{
	return list_active((struct item *)(uintptr_t)data) != NULL;
}

static bool
is_on_link(const struct rib_route *r)
{
	return r->active && !(r->spec.source == RIB_STATIC && r->spec.kind == RIB_GATEWAY);
}

static bool
has_link(const void *data)
{
	const struct item *it = list_active((struct item *)(uintptr_t)data);

	return it != NULL && is_on_link(&it->route);
}

static struct rib_route *
match(const struct rib *rib, uint16_t fib, const struct ip_addr *addr,
		bool (*accept)(const void *data))
{
	struct trie_node *n = NULL;

	if (fib < FIB_MAX)
		n = trie_match(trie_of(rib, fib, addr->af), addr, accept);
	return n == NULL ? NULL : &list_active(n->data)->route;
}

struct rib_route *
rib_match(const struct rib *rib, uint16_t fib, const struct ip_addr *addr)
{
	return match(rib, fib, addr, has_active);
}

struct rib_route *
rib_match_link(const struct rib *rib, uint16_t fib, const struct ip_addr *addr)
{
	return match(rib, fib, addr, has_link);
}

static struct item *
list_without(struct item *it, enum rib_source source)
{
	while (it != NULL && (it->route.spec.nh == NH_NONE || it->route.spec.source == source))
		it = it->next;
	return it;
}

struct rib_route *
rib_match_without(const struct rib *rib, uint16_t fib, const struct ip_addr *addr,
		enum rib_source source)
{
	const struct ip_prefix host = { .addr = *addr, .len = (uint8_t)ip_bits(addr) };
	struct trie_node *n = NULL;
	struct item *it = NULL;

	if (fib < FIB_MAX)
		n = trie_match_node(trie_of(rib, fib, addr->af), &host);
	for (; n != NULL && it == NULL; n = n->parent)
		it = list_without(n->data, source);
	return it == NULL ? NULL : &it->route;
}

static void
trie_foreach(struct trie *t, void (*cb)(struct rib_route *route, void *arg), void *arg)
{
	struct trie_node *n, *next_node;
	struct item *it, *next;

	/* What comes next is read first: the callback may remove the route, and with it its node. */
	for (n = trie_first(t); n != NULL; n = next_node) {
		next_node = trie_next(n);
		for (it = n->data; it != NULL; it = next) {
			next = it->next;
			cb(&it->route, arg);
		}
	}
}

void
rib_foreach(struct rib *rib, int fib, int af, void (*cb)(struct rib_route *route, void *arg),
		void *arg)
{
	int i;

	for (i = 0; i < FIB_MAX; i++) {
		if (fib >= 0 && fib != i)
			continue;
		if (af != AF_INET6)
			trie_foreach(&rib->trie[i][0], cb, arg);
		if (af != AF_INET)
			trie_foreach(&rib->trie[i][1], cb, arg);
	}
}

struct rib_route *
rib_after(const struct rib *rib, uint16_t fib, const struct ip_prefix *prefix, int source)
{
	const struct trie *t = trie_of(rib, fib, prefix->addr.af);
	const struct trie_node *n = trie_find(t, prefix);
	struct item *it = n == NULL ? NULL : n->data;

	while (it != NULL && (int)it->route.spec.source <= source)
		it = it->next;
	if (it == NULL) {
		n = n == NULL ? trie_after(t, prefix) : trie_next(n);
		it = n == NULL ? NULL : n->data;
	}
	return it == NULL ? NULL : &it->route;
}

uint32_t
rib_count(const struct rib *rib)
{
	return rib->count;
}
