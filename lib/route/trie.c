/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trie behind rib.c. A node without data always has two children: trie_remove() splices out those that have fewer, so
 * memory follows the number of entries (at most twice as many nodes).
 */
#include "route/trie.h"

#include <stdlib.h>

static inline const uint8_t *
bytes(const struct ip_addr *addr)
{
	return addr->v6; /* v4 is at the same place */
}

static inline unsigned int
bit(const struct ip_addr *addr, unsigned int i)
{
	return bytes(addr)[i / 8] >> (7 - i % 8) & 1;
}

/* How many leading bits two addresses share, at most @p max. */
static unsigned int
common(const struct ip_addr *a, const struct ip_addr *b, unsigned int max)
{
	unsigned int i, n = 0;

	for (i = 0; n < max; i++, n += 8) {
		uint8_t diff = bytes(a)[i] ^ bytes(b)[i];

		if (diff != 0) {
			n += (unsigned int)__builtin_clz(diff) - 24;
			break;
		}
	}
	return RTE_MIN(n, max);
}

struct trie_node *
trie_find(const struct trie *t, const struct ip_prefix *prefix)
{
	struct trie_node *n = t->root;

	while (n != NULL && n->prefix.len < prefix->len)
		n = n->child[bit(&prefix->addr, n->prefix.len)];
	if (n == NULL || n->data == NULL || !ip_prefix_equal(&n->prefix, prefix))
		return NULL;
	return n;
}

static struct trie_node *
node_create(const struct ip_prefix *prefix, struct trie_node *parent)
{
	struct trie_node *n = calloc(1, sizeof(*n));

	if (n != NULL) {
		n->prefix = *prefix;
		n->parent = parent;
	}
	return n;
}

/* Put @p n where @p old hangs. */
static void
replace(struct trie *t, const struct trie_node *old, struct trie_node *parent, struct trie_node *n)
{
	if (parent == NULL)
		t->root = n;
	else
		parent->child[parent->child[1] == old] = n;
	if (n != NULL)
		n->parent = parent;
}

/* Put a node for @p prefix above @p below, which shares @p shared bits with it; where they part, a branch carries both. */
static struct trie_node *
insert_above(struct trie *t, struct trie_node *below, const struct ip_prefix *prefix,
		unsigned int shared)
{
	struct trie_node *parent = below->parent;
	struct trie_node *n = node_create(prefix, parent);
	struct trie_node *branch;
	struct ip_prefix at = *prefix;

	if (n == NULL)
		return NULL;
	if (shared == prefix->len) { /* it contains the other one */
		replace(t, below, parent, n);
		n->child[bit(&below->prefix.addr, prefix->len)] = below;
		below->parent = n;
		return n;
	}
	at.len = (uint8_t)shared;
	ip_prefix_mask(&at);
	branch = node_create(&at, parent);
	if (branch == NULL) {
		free(n);
		return NULL;
	}
	replace(t, below, parent, branch);
	branch->child[bit(&prefix->addr, shared)] = n;
	branch->child[bit(&below->prefix.addr, shared)] = below;
	n->parent = branch;
	below->parent = branch;
	return n;
}

struct trie_node *
trie_get(struct trie *t, const struct ip_prefix *prefix)
{
	struct trie_node *parent = NULL, *n = t->root;

	while (n != NULL) {
		unsigned int shared = common(&n->prefix.addr, &prefix->addr,
				RTE_MIN(n->prefix.len, prefix->len));

		if (shared < n->prefix.len)
			return insert_above(t, n, prefix, shared);
		if (n->prefix.len == prefix->len)
			return n;
		parent = n;
		n = n->child[bit(&prefix->addr, n->prefix.len)];
	}
	n = node_create(prefix, parent);
	if (n == NULL)
		return NULL;
	if (parent == NULL)
		t->root = n;
	else
		parent->child[bit(&prefix->addr, parent->prefix.len)] = n;
	return n;
}

void
trie_remove(struct trie *t, struct trie_node *node)
{
	struct trie_node *n = node, *parent, *only;

	n->data = NULL;
	while (n != NULL && n->data == NULL && (n->child[0] == NULL || n->child[1] == NULL)) {
		parent = n->parent;
		only = n->child[0] != NULL ? n->child[0] : n->child[1];
		replace(t, n, parent, only);
		free(n);
		n = parent;
	}
}

struct trie_node *
trie_match(const struct trie *t, const struct ip_addr *addr, bool (*accept)(const void *data))
{
	struct trie_node *n = t->root, *best = NULL;
	const unsigned int bits = ip_bits(addr);

	while (n != NULL && ip_prefix_contains(&n->prefix, addr)) {
		if (n->data != NULL && accept(n->data))
			best = n;
		if (n->prefix.len == bits)
			break;
		n = n->child[bit(addr, n->prefix.len)];
	}
	return best;
}

struct trie_node *
trie_match_node(const struct trie *t, const struct ip_prefix *prefix)
{
	struct trie_node *n = t->root, *best = NULL;

	while (n != NULL && n->prefix.len <= prefix->len &&
			ip_prefix_contains(&n->prefix, &prefix->addr)) {
		best = n;
		if (n->prefix.len == prefix->len)
			break;
		n = n->child[bit(&prefix->addr, n->prefix.len)];
	}
	return best;
}

/* The node after @p n and all below it, entry or branch. */
static struct trie_node *
step_over(const struct trie_node *n)
{
	for (; n->parent != NULL; n = n->parent)
		if (n->parent->child[0] == n && n->parent->child[1] != NULL)
			return n->parent->child[1];
	return NULL;
}

/* The node after @p n in pre-order, entry or branch. */
static struct trie_node *
step(const struct trie_node *n)
{
	if (n->child[0] != NULL)
		return n->child[0];
	if (n->child[1] != NULL)
		return n->child[1];
	return step_over(n);
}

/* A node, or the next one that is an entry. */
static struct trie_node *
entry_from(struct trie_node *n)
{
	while (n != NULL && n->data == NULL)
		n = step(n);
	return n;
}

struct trie_node *
trie_first(const struct trie *t)
{
	return entry_from(t->root);
}

struct trie_node *
trie_next(const struct trie_node *node)
{
	return entry_from(step(node));
}

struct trie_node *
trie_after(const struct trie *t, const struct ip_prefix *prefix)
{
	struct trie_node *n = t->root;
	unsigned int shared, side;

	while (n != NULL) {
		shared = common(&n->prefix.addr, &prefix->addr,
				RTE_MIN(n->prefix.len, prefix->len));
		if (shared < n->prefix.len) { /* inside of it, or where they part */
			if (shared < prefix->len && bit(&n->prefix.addr, shared) == 0)
				n = step_over(n);
			break;
		}
		if (n->prefix.len == prefix->len) {
			n = step(n);
			break;
		}
		side = bit(&prefix->addr, n->prefix.len);
		if (n->child[side] == NULL) {
			n = side == 0 ? step(n) : step_over(n);
			break;
		}
		n = n->child[side];
	}
	return entry_from(n);
}

struct trie_node *
trie_first_under(const struct trie *t, const struct ip_prefix *prefix)
{
	struct trie_node *n = t->root;

	while (n != NULL && n->prefix.len < prefix->len)
		n = n->child[bit(&prefix->addr, n->prefix.len)];
	if (n == NULL || !ip_prefix_contains(prefix, &n->prefix.addr))
		return NULL;
	return n->data != NULL ? n : trie_next_under(n, prefix);
}

struct trie_node *
trie_next_under(const struct trie_node *node, const struct ip_prefix *prefix)
{
	struct trie_node *n = trie_next(node);

	return n != NULL && ip_prefix_contains(prefix, &n->prefix.addr) ? n : NULL;
}

void
trie_clear(struct trie *t)
{
	struct trie_node *n = t->root, *parent;

	while (n != NULL) {
		unsigned int side = n->child[0] != NULL ? 0 : 1;

		if (n->child[side] != NULL) {
			n = n->child[side];
			continue;
		}
		parent = n->parent;
		if (parent != NULL)
			parent->child[parent->child[1] == n] = NULL;
		free(n);
		n = parent;
	}
	t->root = NULL;
}
