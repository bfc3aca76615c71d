/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A path-compressed binary trie of prefixes of one address family: the order, and the longest match, of rib.c. It grows by the
 * node (rte_rib wants all its nodes in advance). Control core only; workers look up in rt4 and rt6.
 */
#ifndef ROUTE_TRIE_H
#define ROUTE_TRIE_H

#include <stdbool.h>

#include "net/addr.h"

struct trie_node {
	struct ip_prefix prefix;    /* masked */
	struct trie_node *parent;   /* NULL: the root */
	struct trie_node *child[2]; /* by the first bit after the prefix */
	void *data;                 /* NULL: a branch, not an entry */
};

struct trie {
	struct trie_node *root; /* NULL: empty */
};

/** Find the node with exactly this (masked) prefix and data, or NULL. */
struct trie_node *trie_find(const struct trie *t, const struct ip_prefix *prefix);
/** Find or make the node of a (masked) prefix; the caller sets its data before the next call. NULL: no memory. */
struct trie_node *trie_get(struct trie *t, const struct ip_prefix *prefix);
/** Remove an entry; its data has been disposed of. */
void trie_remove(struct trie *t, struct trie_node *node);
/** The longest entry that contains @p addr and that @p accept takes, or NULL. */
struct trie_node *trie_match(
		const struct trie *t, const struct ip_addr *addr, bool (*accept)(const void *data));
/** The longest entry or branch that contains @p prefix, or NULL: those that contain it are it and its parents. */
struct trie_node *trie_match_node(const struct trie *t, const struct ip_prefix *prefix);
/** Entries in order of address, then length. First one, and the one after @p node, or NULL. */
struct trie_node *trie_first(const struct trie *t);
struct trie_node *trie_next(const struct trie_node *node);
/** The first one after where @p prefix (masked) is or would be, or NULL. */
struct trie_node *trie_after(const struct trie *t, const struct ip_prefix *prefix);
/** The same within @p prefix (masked). */
struct trie_node *trie_first_under(const struct trie *t, const struct ip_prefix *prefix);
struct trie_node *trie_next_under(const struct trie_node *node, const struct ip_prefix *prefix);
/** Free all nodes, not their data. */
void trie_clear(struct trie *t);

#endif
