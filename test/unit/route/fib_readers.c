/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker thread looks up without pause while the control core changes routes around the addresses: it sees an old next hop or
 * a new one, and never none under a prefix that is always there.
 */
#include "route_test.h"

#include "route/rt4.h"
#include "route/rt6.h"

#include <pthread.h>
#include <sched.h>

#define CHANGES 20000
#define CHANGES_LEAST 100
#define ENOUGH_S 10
#define WAIT_S 60

#define NH_COVER nh_make(NH_IPSEC, 1)
#define NH_16 nh_make(NH_IPSEC, 2)
#define NH_16_OTHER nh_make(NH_IPSEC, 3)
#define NH_DEEP nh_make(NH_NEIGH, 4)

struct reader {
	struct fib *fib;
	bool stop;         /* [A] */
	uint64_t lookups;  /* [A] */
	uint64_t wrong;    /* of the reader, read after its end */
	uint32_t wrong_nh; /* likewise */
	uint32_t seen;     /* [A] bits: which next hop indexes it saw */
};

static struct fib_table fibs;
static struct rib *rib;

/* Beyond the inner routes only the cover may show; inside them the cover or one of theirs. */
static bool
is_allowed(uint32_t nh, unsigned int where)
{
	if (nh == NH_COVER)
		return true;
	if (where == 0)
		return false;
	return nh == NH_16 || nh == NH_16_OTHER || (where == 2 && nh == NH_DEEP);
}

static void
check(struct reader *r, uint32_t nh, unsigned int where)
{
	if (is_allowed(nh, where)) {
		__atomic_store_n(&r->seen, r->seen | 1u << nh_index(nh), __ATOMIC_RELAXED);
		return;
	}
	r->wrong++;
	r->wrong_nh = nh;
}

static void *
reader_main(void *arg)
{
	/* [0]: under the cover alone, [1]: also under /16 or /40, [2]: also under the longest route */
	const uint32_t dst4[3] = { 0x0aff0001, 0x0a010501, 0x0a0102c8 };
	struct ip_addr dst6[3] = { A("2001:db8:ff::1"), A("2001:db8:1:5::1"),
		A("2001:db8:1:2::c8") };
	struct reader *r = arg;
	uint8_t bulk6[3][16];
	uint32_t hop4[3], hop6[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		memcpy(bulk6[i], dst6[i].v6, 16);
	rcu_worker_online(1);
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		rt4_lookup_bulk(r->fib->rt4, dst4, hop4, 3);
		rt6_lookup_bulk(r->fib->rt6, bulk6, hop6, 3);
		for (i = 0; i < 3; i++) {
			check(r, hop4[i], i);
			check(r, hop6[i], i);
		}
		__atomic_store_n(&r->lookups, r->lookups + 6, __ATOMIC_RELAXED);
		rcu_quiescent(rcu_qsbr(), 1);
	}
	rcu_worker_offline(1);
	return NULL;
}

static void
insert(const char *prefix, uint32_t nh)
{
	const struct ip_prefix p = P(prefix);
	struct err err = { 0 };

	if (route_put(rib, &p, nh, &err) != 0)
		fail_msg("%s", err.msg);
}

static void
removes(const char *prefix)
{
	const struct ip_prefix p = P(prefix);

	assert_int_equal(route_take(rib, &p), 0);
}

/*
 * Until there were enough changes, or as many as a slow machine makes in a while, and the reader, who may have to wait for a core, saw
 * both sides; not for ever.
 */
static bool
go_on(const struct reader *r, unsigned int i, double start)
{
	const uint32_t seen = __atomic_load_n(&r->seen, __ATOMIC_RELAXED);
	const double since = seconds() - start;

	if (i > CHANGES_LEAST && (seen & (seen - 1)) != 0)
		return i < CHANGES && since < ENOUGH_S;
	return since < WAIT_S;
}

static struct fib *
tables_up(void)
{
	rib = rib_create(&fibs, NULL);
	assert_non_null(rib);
	return fib_get(&fibs, 0, NULL);
}

static void
tables_down(void)
{
	rib_destroy(rib);
	fib_table_fini(&fibs);
}

/* One round: groups come and go, less specific routes change above them. */
static void
change_round(unsigned int i)
{
	insert("10.1.0.0/16", i % 2 ? NH_16 : NH_16_OTHER);
	insert("2001:db8:1::/48", i % 2 ? NH_16 : NH_16_OTHER);
	insert("10.1.2.128/25", NH_DEEP);
	insert("2001:db8:1:2::c8/128", NH_DEEP);
	insert("10.1.0.0/16", NH_16);
	insert("2001:db8:1::/48", NH_16);
	if (i % 4 < 2) {
		removes("10.1.0.0/16");
		removes("10.1.2.128/25");
		removes("2001:db8:1::/48");
		removes("2001:db8:1:2::c8/128");
	} else {
		removes("10.1.2.128/25");
		removes("10.1.0.0/16");
		removes("2001:db8:1:2::c8/128");
		removes("2001:db8:1::/48");
	}
}

static void
readers_see_the_old_or_the_new_next_hop(void **state)
{
	struct reader r = { .fib = tables_up() };
	unsigned int i = 0;
	double start;
	pthread_t id;

	(void)state;
	assert_non_null(r.fib);
	insert("10.0.0.0/8", NH_COVER);
	insert("2001:db8::/32", NH_COVER);
	assert_int_equal(pthread_create(&id, NULL, reader_main, &r), 0);
	while (__atomic_load_n(&r.lookups, __ATOMIC_RELAXED) == 0)
		sched_yield();
	for (start = seconds(); go_on(&r, i, start); i++)
		change_round(i);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(id, NULL), 0);

	assert_true(i > CHANGES_LEAST);
	if (r.wrong != 0)
		fail_msg("%llu of %llu look-ups wrong, last 0x%x", (unsigned long long)r.wrong,
				(unsigned long long)r.lookups, r.wrong_nh);
	/* It did see both sides, or the test shows nothing. */
	assert_int_equal(r.seen & 1u << 1, 1u << 1);
	assert_int_not_equal(r.seen & ~(1u << 1), 0);
	tables_down();
}

/* Looks up one deep address all the time: most of it is spent inside groups. */
static void *
deep_reader_main(void *arg)
{
	const struct ip_addr a = A("2001:db8:1:2:3:4:5:6");
	struct reader *r = arg;
	uint8_t addr[DP_VEC_MAX][16];
	uint32_t hop[DP_VEC_MAX];
	unsigned int i;

	for (i = 0; i < DP_VEC_MAX; i++)
		memcpy(addr[i], a.v6, 16);
	rcu_worker_online(1);
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		rt6_lookup_bulk(r->fib->rt6, addr, hop, DP_VEC_MAX);
		for (i = 0; i < DP_VEC_MAX; i++)
			check(r, hop[i], 2);
		__atomic_store_n(&r->lookups, r->lookups + DP_VEC_MAX, __ATOMIC_RELAXED);
		rcu_quiescent(rcu_qsbr(), 1);
	}
	rcu_worker_offline(1);
	return NULL;
}

/* The groups of one route become those of another, empty at first, as soon as they are free. */
static void
readers_never_walk_groups_that_went_to_another_route(void **state)
{
	struct reader r = { .fib = tables_up() };
	unsigned int i;
	double start;
	pthread_t id;

	(void)state;
	assert_non_null(r.fib);
	insert("2001:db8::/32", NH_COVER);
	assert_int_equal(pthread_create(&id, NULL, deep_reader_main, &r), 0);
	while (__atomic_load_n(&r.lookups, __ATOMIC_RELAXED) == 0)
		sched_yield();
	for (i = 0, start = seconds(); go_on(&r, i, start); i++) {
		insert("2001:db8:1:2:3:4:5:6/128", NH_DEEP);
		removes("2001:db8:1:2:3:4:5:6/128");
		insert("3001:1:2:3:4:5:6:7/128", NH_16);
		removes("3001:1:2:3:4:5:6:7/128");
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(id, NULL), 0);
	if (r.wrong != 0)
		fail_msg("%llu of %llu look-ups wrong, last 0x%x", (unsigned long long)r.wrong,
				(unsigned long long)r.lookups, r.wrong_nh);
	assert_int_equal(r.seen, 1u << nh_index(NH_COVER) | 1u << nh_index(NH_DEEP));
	tables_down();
}

#define ISLANDS 4096 /* routes that nobody touches */

struct islands {
	struct reader r;
	uint32_t addr[ISLANDS];
};

static void *
islands_reader_main(void *arg)
{
	struct islands *is = arg;
	struct reader *r = &is->r;
	uint32_t hop[DP_VEC_MAX];
	unsigned int i, at = 0;

	rcu_worker_online(1);
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		rt4_lookup_bulk(r->fib->rt4, &is->addr[at], hop, DP_VEC_MAX);
		for (i = 0; i < DP_VEC_MAX; i++) {
			if (hop[i] == nh_make(NH_IPSEC, at + i))
				continue;
			r->wrong++;
			r->wrong_nh = hop[i];
		}
		at = (at + DP_VEC_MAX) % ISLANDS;
		__atomic_store_n(&r->lookups, r->lookups + DP_VEC_MAX, __ATOMIC_RELAXED);
		rcu_quiescent(rcu_qsbr(), 1);
	}
	rcu_worker_offline(1);
	return NULL;
}

/* Hosts and nets of all lengths come and go around 4096 hosts: below their nets, above them, in the same groups. */
static void
readers_of_untouched_routes_see_no_change_around_them(void **state)
{
	static struct islands is;
	unsigned int i;
	double start;
	pthread_t id;

	(void)state;
	is.r.fib = tables_up();
	for (i = 0; i < ISLANDS; i++) {
		struct ip_prefix p = { .len = 32 };

		is.addr[i] = 10u << 24 | (i / 16) << 8 | (i % 16) * 16;
		p.addr = ip_from_v4(rte_cpu_to_be_32(is.addr[i]));
		assert_int_equal(route_put(rib, &p, nh_make(NH_IPSEC, i), NULL), 0);
	}
	assert_int_equal(pthread_create(&id, NULL, islands_reader_main, &is), 0);
	while (__atomic_load_n(&is.r.lookups, __ATOMIC_RELAXED) == 0)
		sched_yield();
	for (i = 0, start = seconds(); i < CHANGES && seconds() - start < ENOUGH_S; i++) {
		struct ip_prefix p = { .len = (uint8_t)(12 + rnd_below(20)) };
		const uint32_t net = rnd_below(300) << 8;

		if (rnd_below(3) == 0)
			p.len = 32;
		p.addr = ip_from_v4(rte_cpu_to_be_32(10u << 24 | net | 1 | rnd_below(256)));
		ip_prefix_mask(&p);
		if (p.len == 32 && (rte_be_to_cpu_32(p.addr.v4) & 15) == 0)
			continue;
		if (route_take(rib, &p) != 0)
			assert_int_equal(
					route_put(rib, &p, nh_make(NH_NEIGH, i & 0xffff), NULL), 0);
	}
	__atomic_store_n(&is.r.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(id, NULL), 0);
	if (is.r.wrong != 0)
		fail_msg("%llu of %llu look-ups wrong, last 0x%x", (unsigned long long)is.r.wrong,
				(unsigned long long)is.r.lookups, is.r.wrong_nh);
	tables_down();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_see_the_old_or_the_new_next_hop),
		cmocka_unit_test(readers_never_walk_groups_that_went_to_another_route),
		cmocka_unit_test(readers_of_untouched_routes_see_no_change_around_them),
	};

	return cmocka_run_group_tests_name("route/fib_readers", tests, eal_up, eal_down);
}
