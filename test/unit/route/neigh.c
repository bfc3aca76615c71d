/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours: rows that workers read, and indexes that rest before they are given away again.
 */
#include "route_test.h"

#include "route/neigh.h"

static struct neigh_table *t;
static const struct rte_ether_addr peer = { { 2, 0, 0, 0, 0, 5 } }, own = { { 2, 0, 0, 0, 0, 1 } };

static int
table_up(void **state)
{
	(void)state;
	t = neigh_table_create(NULL);
	return t == NULL ? -1 : 0;
}

static int
table_down(void **state)
{
	(void)state;
	neigh_table_destroy(t);
	return 0;
}

static struct neigh *
get4(uint16_t iface, uint32_t host)
{
	const struct ip_addr a = ip_from_v4(rte_cpu_to_be_32(host));

	return neigh_get(t, iface, 7, &a, NULL);
}

static void
begins_incomplete_with_a_row_that_is_not_known(void **state)
{
	const struct ip_addr a = A("192.0.2.1");
	struct neigh *n;
	const struct adj *row;

	(void)state;
	assert_null(neigh_find(t, 3, &a));
	n = neigh_get(t, 3, 7, &a, NULL);
	assert_non_null(n);
	assert_int_equal(n->state, NEIGH_INCOMPLETE);
	assert_int_not_equal(n->index, 0);
	row = rcu_read(t->adj[n->index]);
	assert_false(row->known);
	assert_int_equal(row->port_id, 7);
	assert_int_equal(row->iface, 3);
	assert_int_equal(t->count, 1);
	assert_ptr_equal(t->record[n->index], n);
}

static void
finds_by_interface_and_address(void **state)
{
	const struct ip_addr a = A("fe80::1"), b = A("fe80::2");
	struct neigh *n, *other;

	(void)state;
	n = neigh_get(t, 3, 7, &a, NULL);
	other = neigh_get(t, 4, 8, &a, NULL); /* the same link-local address on another link */
	assert_ptr_not_equal(n, other);
	assert_int_not_equal(n->index, other->index);
	assert_ptr_equal(neigh_get(t, 3, 7, &a, NULL), n);
	assert_ptr_equal(neigh_find(t, 3, &a), n);
	assert_ptr_equal(neigh_find(t, 4, &a), other);
	assert_null(neigh_find(t, 3, &b));
	assert_int_equal(t->count, 2);
}

static void
publishes_a_complete_header_for_each_family(void **state)
{
	struct neigh *n = get4(3, 1);
	const struct adj *row, *same;

	(void)state;
	assert_int_equal(neigh_set(t, n, &peer, &own, NEIGH_REACHABLE), 0);
	row = rcu_read(t->adj[n->index]);
	assert_true(row->known);
	assert_memory_equal(row->l2[0].dst_addr.addr_bytes, peer.addr_bytes, 6);
	assert_memory_equal(row->l2[0].src_addr.addr_bytes, own.addr_bytes, 6);
	assert_memory_equal(&row->l2[1], &row->l2[0], 12);
	assert_int_equal(row->l2[0].ether_type, rte_cpu_to_be_16(0x0800));
	assert_int_equal(row->l2[1].ether_type, rte_cpu_to_be_16(0x86dd));
	assert_int_equal(row->port_id, 7);
	assert_int_equal(n->state, NEIGH_REACHABLE);
	assert_memory_equal(n->mac.addr_bytes, peer.addr_bytes, 6);

	/* Another state with the same addresses leaves the row alone. */
	assert_int_equal(neigh_set(t, n, &peer, &own, NEIGH_STALE), 0);
	same = rcu_read(t->adj[n->index]);
	assert_ptr_equal(same, row);
	assert_int_equal(n->state, NEIGH_STALE);
}

static void
keeps_an_old_row_for_the_worker_that_reads_it(void **state)
{
	const struct rte_ether_addr moved = { { 2, 0, 0, 0, 0, 9 } };
	struct neigh *n = get4(3, 1);
	const struct adj *held, *now;

	(void)state;
	neigh_set(t, n, &peer, &own, NEIGH_REACHABLE);
	rcu_worker_online(0);
	held = rcu_read(t->adj[n->index]);
	neigh_set(t, n, &moved, &own, NEIGH_REACHABLE);
	assert_int_not_equal(rcu_reclaim(), 0);
	assert_memory_equal(held->l2[0].dst_addr.addr_bytes, peer.addr_bytes, 6);
	now = rcu_read(t->adj[n->index]);
	assert_memory_equal(now->l2[0].dst_addr.addr_bytes, moved.addr_bytes, 6);
	rcu_quiescent(rcu_qsbr(), 0);
	assert_int_equal(rcu_reclaim(), 0);

	assert_int_equal(neigh_unset(t, n, NEIGH_FAILED), 0);
	now = rcu_read(t->adj[n->index]);
	assert_false(now->known);
	assert_int_equal(n->state, NEIGH_FAILED);
	rcu_worker_offline(0);
}

static void
a_removed_neighbour_leaves_a_row_that_is_not_known(void **state)
{
	struct neigh *n = get4(3, 1);
	const struct ip_addr a = n->addr;
	const uint32_t index = n->index;
	const struct adj *row;

	(void)state;
	neigh_set(t, n, &peer, &own, NEIGH_REACHABLE);
	neigh_remove(t, n);
	assert_null(neigh_find(t, 3, &a));
	assert_null(t->record[index]);
	assert_int_equal(t->count, 0);
	row = rcu_read(t->adj[index]);
	assert_false(row->known);
}

static void
fill(void)
{
	uint32_t i;

	for (i = 1; i < ADJ_MAX; i++)
		assert_non_null(get4(3, i));
}

static void
says_that_the_table_is_full(void **state)
{
	const struct ip_addr a = A("255.0.0.1");
	struct err err = { 0 };

	(void)state;
	fill();
	assert_null(neigh_get(t, 3, 7, &a, &err));
	assert_int_equal(err.code, ENOSPC);
	assert_string_equal(err.msg, "neighbour 255.0.0.1: table full, 65535 entries (65535)");
	assert_null(neigh_find(t, 3, &a));
	assert_int_equal(t->count, ADJ_MAX - 1);
}

static void
gives_an_index_away_again_after_a_grace_period_only(void **state)
{
	const struct ip_addr a = A("255.0.0.1"), gone = ip_from_v4(rte_cpu_to_be_32(77));
	struct err err = { 0 };
	struct neigh *n;
	uint32_t index;

	(void)state;
	fill();
	rcu_worker_online(0);
	n = neigh_find(t, 3, &gone);
	index = n->index;
	neigh_remove(t, n);
	assert_null(neigh_get(t, 3, 7, &a, &err));
	assert_int_equal(err.code, ENOSPC);
	rcu_quiescent(rcu_qsbr(), 0);
	n = neigh_get(t, 3, 7, &a, &err);
	assert_non_null(n);
	assert_int_equal(n->index, index);
	rcu_worker_offline(0);
}

static void
gives_the_index_that_rested_longest(void **state)
{
	struct neigh *n = get4(3, 1);
	const uint32_t index = n->index;
	uint32_t i;

	(void)state;
	neigh_remove(t, n);
	for (i = 0; i < ADJ_MAX - 2; i++) {
		n = get4(3, 1000 + i);
		assert_non_null(n);
		assert_int_not_equal(n->index, index);
		neigh_remove(t, n);
	}
	assert_int_equal(get4(3, 1)->index, index);
	rcu_reclaim();
}

static void
count_and_remove(struct neigh *n, void *arg)
{
	uint32_t *count = arg;

	if (++*count % 2)
		neigh_remove(t, n);
}

static void
walks_all_while_some_go(void **state)
{
	uint32_t i, count = 0, left = 0;

	(void)state;
	for (i = 0; i < 1000; i++)
		get4((uint16_t)(1 + i % 3), i / 3);
	neigh_foreach(t, count_and_remove, &count);
	assert_int_equal(count, 1000);
	assert_int_equal(t->count, 500);
	neigh_foreach(t, count_and_remove, &left);
	assert_int_equal(left, 500);
}

#define neigh_test(f) cmocka_unit_test_setup_teardown(f, table_up, table_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		neigh_test(begins_incomplete_with_a_row_that_is_not_known),
		neigh_test(finds_by_interface_and_address),
		neigh_test(publishes_a_complete_header_for_each_family),
		neigh_test(keeps_an_old_row_for_the_worker_that_reads_it),
		neigh_test(a_removed_neighbour_leaves_a_row_that_is_not_known),
		neigh_test(says_that_the_table_is_full),
		neigh_test(gives_an_index_away_again_after_a_grace_period_only),
		neigh_test(gives_the_index_that_rested_longest),
		neigh_test(walks_all_while_some_go),
	};

	return cmocka_run_group_tests_name("route/neigh", tests, eal_up, eal_down);
}
