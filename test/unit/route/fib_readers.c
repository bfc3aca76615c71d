/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker thread looks up without pause while the control core changes routes around the addresses: it sees an old next hop or
 * a new one, and never none under a prefix that is always there.
 */
#include "route_test.h"

#include <pthread.h>
#include <sched.h>

#define CHANGES 20000

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
	uint32_t seen;     /* bits: which next hop indexes it saw */
};

static struct fib_table fibs;

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
		r->seen |= 1u << nh_index(nh);
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
insert(struct fib *fib, const char *prefix, uint32_t nh)
{
	const struct ip_prefix p = P(prefix);
	struct err err = { 0 };

	if (fib_insert(fib, &p, nh, &err) != 0)
		fail_msg("%s", err.msg);
}

static void
removes(struct fib *fib, const char *prefix)
{
	const struct ip_prefix p = P(prefix);

	assert_int_equal(fib_remove(fib, &p), 0);
}

/* One round: groups of tbl8 come and go, less specific routes change above them. */
static void
change_round(struct fib *fib, unsigned int i)
{
	insert(fib, "10.1.0.0/16", i % 2 ? NH_16 : NH_16_OTHER);
	insert(fib, "2001:db8:1::/48", i % 2 ? NH_16 : NH_16_OTHER);
	insert(fib, "10.1.2.128/25", NH_DEEP);
	insert(fib, "2001:db8:1:2::c8/128", NH_DEEP);
	insert(fib, "10.1.0.0/16", NH_16);
	insert(fib, "2001:db8:1::/48", NH_16);
	if (i % 4 < 2) {
		removes(fib, "10.1.0.0/16");
		removes(fib, "10.1.2.128/25");
		removes(fib, "2001:db8:1::/48");
		removes(fib, "2001:db8:1:2::c8/128");
	} else {
		removes(fib, "10.1.2.128/25");
		removes(fib, "10.1.0.0/16");
		removes(fib, "2001:db8:1:2::c8/128");
		removes(fib, "2001:db8:1::/48");
	}
	fib_settle(&fibs);
}

static void
readers_see_the_old_or_the_new_next_hop(void **state)
{
	struct reader r = { .fib = fib_get(&fibs, 0, NULL) };
	unsigned int i = 0;
	double end;
	pthread_t id;

	(void)state;
	assert_non_null(r.fib);
	insert(r.fib, "10.0.0.0/8", NH_COVER);
	insert(r.fib, "2001:db8::/32", NH_COVER);
	assert_int_equal(pthread_create(&id, NULL, reader_main, &r), 0);
	while (__atomic_load_n(&r.lookups, __ATOMIC_RELAXED) == 0)
		sched_yield();
	for (end = seconds() + 10; i < CHANGES && seconds() < end; i++)
		change_round(r.fib, i);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(id, NULL), 0);

	assert_true(i > 100);
	if (r.wrong != 0)
		fail_msg("%llu of %llu look-ups wrong, last 0x%x", (unsigned long long)r.wrong,
				(unsigned long long)r.lookups, r.wrong_nh);
	/* It did see both sides, or the test shows nothing. */
	assert_int_equal(r.seen & 1u << 1, 1u << 1);
	assert_int_not_equal(r.seen & ~(1u << 1), 0);
	fib_table_fini(&fibs);
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
	struct reader r = { .fib = fib_get(&fibs, 0, NULL) };
	unsigned int i;
	double end;
	pthread_t id;

	(void)state;
	assert_non_null(r.fib);
	insert(r.fib, "2001:db8::/32", NH_COVER);
	assert_int_equal(pthread_create(&id, NULL, deep_reader_main, &r), 0);
	while (__atomic_load_n(&r.lookups, __ATOMIC_RELAXED) == 0)
		sched_yield();
	for (i = 0, end = seconds() + 10; i < CHANGES && seconds() < end; i++) {
		insert(r.fib, "2001:db8:1:2:3:4:5:6/128", NH_DEEP);
		removes(r.fib, "2001:db8:1:2:3:4:5:6/128");
		insert(r.fib, "3001:1:2:3:4:5:6:7/128", NH_16);
		removes(r.fib, "3001:1:2:3:4:5:6:7/128");
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(id, NULL), 0);
	if (r.wrong != 0)
		fail_msg("%llu of %llu look-ups wrong, last 0x%x", (unsigned long long)r.wrong,
				(unsigned long long)r.lookups, r.wrong_nh);
	assert_int_equal(r.seen, 1u << nh_index(NH_COVER) | 1u << nh_index(NH_DEEP));
	fib_table_fini(&fibs);
}

static void
reads_the_default_route_until_there_is_a_table(void **state)
{
	const struct ip_addr a = A("2001:db8::1");
	struct fib *fib = fib_get(&fibs, 3, NULL);

	(void)state;
	assert_non_null(fib);
	assert_int_equal(fib_lookup(fib, &a), NH_NONE);
	insert(fib, "::/0", NH_COVER);
	assert_int_equal(fib_lookup(fib, &a), NH_COVER);
	insert(fib, "2001:db8::/32", NH_16);
	assert_int_equal(fib_lookup(fib, &a), NH_16);
	removes(fib, "2001:db8::/32");
	fib_settle(&fibs);
	assert_int_equal(fib_lookup(fib, &a), NH_COVER);
	fib_table_fini(&fibs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_see_the_old_or_the_new_next_hop),
		cmocka_unit_test(readers_never_walk_groups_that_went_to_another_route),
		cmocka_unit_test(reads_the_default_route_until_there_is_a_table),
	};

	return cmocka_run_group_tests_name("route/fib_readers", tests, eal_up, eal_down);
}
