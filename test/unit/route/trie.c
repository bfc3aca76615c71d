/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shape of the trie: no node that neither holds an entry nor parts two, whatever came and went.
 */
#include "route_test.h"

#include "route/trie.h"

#define PREFIXES 3000

static struct ip_prefix prefix[PREFIXES];
static int entry; /* stands for data */

static uint32_t
nodes_check(const struct trie_node *n, const struct trie_node *parent)
{
	unsigned int side;

	if (n == NULL)
		return 0;
	assert_ptr_equal(n->parent, parent);
	if (n->data == NULL)
		assert_true(n->child[0] != NULL && n->child[1] != NULL);
	for (side = 0; side < 2; side++) {
		if (n->child[side] == NULL)
			continue;
		assert_true(n->child[side]->prefix.len > n->prefix.len);
		assert_true(ip_prefix_contains(&n->prefix, &n->child[side]->prefix.addr));
	}
	return 1 + nodes_check(n->child[0], n) + nodes_check(n->child[1], n);
}

static uint32_t
entries_count(const struct trie *t)
{
	const struct trie_node *n;
	uint32_t count = 0;

	for (n = trie_first(t); n != NULL; n = trie_next(n))
		count++;
	return count;
}

static void
prefixes_make(int af)
{
	unsigned int i, k;

	memset(prefix, 0, sizeof(prefix));
	for (i = 0; i < PREFIXES; i++) {
		prefix[i].addr.af = (uint8_t)af;
		for (k = 0; k < ip_bits(&prefix[i].addr) / 8; k++)
			prefix[i].addr.v6[k] = (uint8_t)(rnd_below(4) << 6 | rnd_below(2));
		prefix[i].len = (uint8_t)rnd_below(ip_bits(&prefix[i].addr) + 1);
		ip_prefix_mask(&prefix[i]);
	}
}

/* In or out at random; returns the number of entries. */
static uint32_t
toggle(struct trie *t, const struct ip_prefix *p)
{
	static uint32_t count;
	struct trie_node *n = trie_find(t, p);

	if (n != NULL) {
		trie_remove(t, n);
		count--;
	} else {
		n = trie_get(t, p);
		assert_non_null(n);
		assert_null(n->data);
		n->data = &entry;
		count++;
	}
	return count;
}

static void
keeps_no_node_without_a_purpose(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct trie t = { NULL };
	uint32_t i, f, count = 0;

	(void)state;
	for (f = 0; f < RTE_DIM(families); f++) {
		prefixes_make(families[f]);
		for (i = 0; i < 20 * PREFIXES; i++) {
			count = toggle(&t, &prefix[rnd_below(PREFIXES)]);
			if (i % PREFIXES == 0)
				assert_true(nodes_check(t.root, NULL) <= 2 * count);
		}
		assert_int_equal(entries_count(&t), count);
		assert_true(count > 500);
		for (i = 0; i < PREFIXES; i++)
			if (trie_find(&t, &prefix[i]) != NULL)
				count = toggle(&t, &prefix[i]);
		assert_int_equal(count, 0);
		assert_null(t.root);
	}
}

static void
clears_what_is_left(void **state)
{
	struct trie t = { NULL };
	uint32_t i;

	(void)state;
	prefixes_make(AF_INET6);
	for (i = 0; i < PREFIXES; i++)
		trie_get(&t, &prefix[i])->data = &entry;
	trie_clear(&t); /* the sanitizer sees what stays */
	assert_null(t.root);
	assert_null(trie_first(&t));
}

/* By address, then length, as if by a sort. */
static bool
comes_before(const struct ip_prefix *a, const struct ip_prefix *b)
{
	const int diff = memcmp(a->addr.v6, b->addr.v6, sizeof(a->addr.v6));

	return diff < 0 || (diff == 0 && a->len < b->len);
}

static void
goes_on_after_any_prefix_there_or_not(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct trie t = { NULL };
	unsigned int f, i, k, ends = 0;

	(void)state;
	for (f = 0; f < RTE_DIM(families); f++) {
		prefixes_make(families[f]);
		assert_null(trie_after(&t, &prefix[0]));
		for (i = 0; i < 60; i++)
			trie_get(&t, &prefix[i])->data = &entry;
		for (i = 0; i < PREFIXES; i++) {
			const struct trie_node *after = trie_after(&t, &prefix[i]);
			const struct ip_prefix *best = NULL;

			for (k = 0; k < 60; k++)
				if (comes_before(&prefix[i], &prefix[k]) &&
						(best == NULL || comes_before(&prefix[k], best)))
					best = &prefix[k];
			assert_int_equal(after == NULL, best == NULL);
			if (best != NULL)
				assert_true(ip_prefix_equal(&after->prefix, best));
			ends += best == NULL;
		}
		trie_clear(&t);
	}
	assert_true(ends > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_no_node_without_a_purpose),
		cmocka_unit_test(clears_what_is_left),
		cmocka_unit_test(goes_on_after_any_prefix_there_or_not),
	};

	return cmocka_run_group_tests_name("route/trie", tests, NULL, NULL);
}
