/* SPDX-License-Identifier: BSD-3-Clause */
/* The database of SAs: both sides of it, ids that wait for their grace period, and size. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_esp.h>

#include "base/rcu.h"
#include "ipsec/engine.h"
#include "ipsec/sadb.h"
#include "net/pkt.h"

#define MANY 20000

static struct rte_mempool *pool;
static unsigned int sessions;

static size_t
fake_size(const struct engine *e)
{
	return 1;
}

static int
fake_create(struct engine *e, struct sa *sa, const struct sa_params *prm, unsigned int nb_workers,
		struct err *err)
{
	sessions++;
	return 0;
}

static void
fake_destroy(struct engine *e, struct sa *sa)
{
	sessions--;
}

static const struct engine_ops fake_ops = {
	.session_size = fake_size,
	.session_create = fake_create,
	.session_destroy = fake_destroy,
};
static struct engine engine = { .ops = &fake_ops };

static struct sadb *
db_create(void)
{
	struct sadb *db = sadb_create(1, NULL);

	assert_non_null(db);
	engine.counters = sadb_counters(db);
	return db;
}

static struct sa_params
params(uint32_t spi, const char *src, const char *dst, uint32_t reqid)
{
	struct sa_params prm = { .spi = spi, .reqid = reqid };

	assert_int_equal(ip_parse(src, &prm.src), 0);
	assert_int_equal(ip_parse(dst, &prm.dst), 0);
	prm.enc = alg_find_encryption("aes-gcm-16");
	prm.keys.enc_len = 20;
	return prm;
}

static struct sa_ctl *
add(struct sadb *db, uint32_t spi, const char *src, const char *dst, uint32_t reqid)
{
	struct sa_params prm = params(spi, src, dst, reqid);

	return sadb_add(db, &prm, NULL);
}

static struct sa_ctl *
add_open(struct sadb *db, uint32_t spi, const char *src, const char *dst)
{
	struct sa_ctl *ctl = add(db, spi, src, dst, 1);

	assert_non_null(ctl);
	ctl->engine = &engine;
	assert_int_equal(sa_open(ctl, SA_DIR_IN, 1, NULL), 0);
	assert_int_equal(sadb_publish(db, ctl, NULL), 0);
	return ctl;
}

static struct rte_mbuf *
esp_packet(const struct ip_addr *dst, uint32_t spi)
{
	const uint8_t l3_len = dst->af == AF_INET6 ? 40 : 20;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct pkt_meta *meta = pkt_meta(m);
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(l3_len + 8));

	*meta = (struct pkt_meta){ .l3_len = l3_len, .flags = dst->af == AF_INET6 ? PKT_IP6 : 0 };
	memset(p, 0, l3_len + 8u);
	if (dst->af == AF_INET6)
		memcpy(&((struct rte_ipv6_hdr *)p)->dst_addr, dst->v6, 16);
	else
		((struct rte_ipv4_hdr *)p)->dst_addr = dst->v4;
	((struct rte_esp_hdr *)(p + l3_len))->spi = rte_cpu_to_be_32(spi);
	return m;
}

static struct sa *
lookup(const struct sadb *db, const char *dst, uint32_t spi)
{
	struct rte_mbuf *m;
	struct ip_addr a;
	struct sa *sa = (struct sa *)1;
	uint16_t n;

	ip_parse(dst, &a);
	m = esp_packet(&a, spi);
	n = sadb_lookup_bulk(db, &m, &sa, 1);
	assert_int_equal(n, sa != NULL);
	rte_pktmbuf_free(m);
	return sa;
}

static void
finds_by_spi_and_destination_of_both_families(void **state)
{
	struct sadb *db = db_create();
	struct sa_ctl *a = add_open(db, 1000, "192.0.2.1", "192.0.2.2");
	struct sa_ctl *b = add_open(db, 1000, "192.0.2.1", "192.0.2.3");
	struct sa_ctl *c = add_open(db, 1000, "2001:db8::1", "2001:db8::2");
	/* the first four bytes are those of 192.0.2.2 */
	struct sa_ctl *d = add_open(db, 1000, "2001:db8::1", "c000:202::");

	assert_ptr_equal(lookup(db, "192.0.2.2", 1000), a->sa);
	assert_ptr_equal(lookup(db, "192.0.2.3", 1000), b->sa);
	assert_ptr_equal(lookup(db, "2001:db8::2", 1000), c->sa);
	assert_ptr_equal(lookup(db, "c000:202::", 1000), d->sa);
	assert_null(lookup(db, "192.0.2.2", 1001));
	assert_null(lookup(db, "192.0.2.4", 1000));
	assert_null(lookup(db, "2001:db8::3", 1000));
	assert_ptr_equal(sadb_find(db, &a->prm.dst, 1000), a);
	sadb_unpublish(db, a);
	assert_null(lookup(db, "192.0.2.2", 1000));
	assert_ptr_equal(sadb_find(db, &a->prm.dst, 1000), a);
	sadb_destroy(db);
	rcu_reclaim();
	rcu_reclaim();
	assert_int_equal(sessions, 0);
}

static void
refuses_the_same_key_twice_and_takes_it_again_when_gone(void **state)
{
	struct sadb *db = db_create();
	struct sa_ctl *a = add(db, 1000, "192.0.2.1", "192.0.2.2", 1);
	struct sa_params prm = a->prm;
	struct err err = { 0 };

	assert_null(sadb_add(db, &prm, &err));
	assert_int_equal(err.code, EEXIST);
	assert_string_equal(err.msg, "sa 192.0.2.2 spi 1000: exists");
	/* two peers may choose one SPI */
	assert_non_null(add(db, 1000, "192.0.2.1", "192.0.2.9", 1));
	assert_int_equal(sadb_count(db), 2);
	sadb_remove(db, a);
	assert_int_equal(sadb_count(db), 1);
	assert_non_null(sadb_add(db, &prm, &err));
	sadb_destroy(db);
}

static void
gives_those_of_a_pair_and_reqid_oldest_first(void **state)
{
	struct sadb *db = db_create();
	struct sa_ctl *a, *b, *c, *iter = NULL;

	a = add(db, 1000, "192.0.2.1", "192.0.2.2", 7);
	add(db, 1001, "192.0.2.1", "192.0.2.2", 8);
	b = add(db, 1002, "192.0.2.1", "192.0.2.2", 7);
	add(db, 1003, "192.0.2.2", "192.0.2.1", 7);
	c = add(db, 1004, "192.0.2.1", "192.0.2.2", 7);
	assert_ptr_equal(sadb_next_of(db, &a->prm.src, &a->prm.dst, 7, &iter), a);
	assert_ptr_equal(sadb_next_of(db, &a->prm.src, &a->prm.dst, 7, &iter), b);
	assert_ptr_equal(sadb_next_of(db, &a->prm.src, &a->prm.dst, 7, &iter), c);
	assert_null(sadb_next_of(db, &a->prm.src, &a->prm.dst, 7, &iter));
	assert_true(a->order < b->order && b->order < c->order);
	sadb_destroy(db);
}

static int
remove_even(struct sa_ctl *ctl, void *arg)
{
	if (ctl->prm.spi % 2 == 0)
		sadb_remove(arg, ctl);
	return ctl->prm.spi == 1007 ? 42 : 0;
}

static void
a_walk_may_remove_what_it_is_given_and_stops_when_told(void **state)
{
	struct sadb *db = db_create();
	uint32_t spi;

	for (spi = 1000; spi < 1010; spi++)
		add(db, spi, "192.0.2.1", "192.0.2.2", 1);
	assert_int_equal(sadb_foreach(db, remove_even, db), 42);
	assert_int_equal(sadb_count(db), 6); /* 1001 3 5 7, and 8 and 9 behind the stop */
	sadb_destroy(db);
}

/*
 * A worker that still holds the SA, or an op of it in a device, would count under the id of another
 * SA.
 */
static void
a_walk_with_pauses_goes_on_behind_one_that_was_put_aside(void **state)
{
	struct sadb *db = db_create();
	struct sa_ctl *sa[4];
	uint32_t i;

	for (i = 0; i < RTE_DIM(sa); i++) {
		sa[i] = add(db, 500 + i, "10.0.0.1", "10.0.0.2", 1);
		assert_non_null(sa[i]);
	}
	assert_ptr_equal(sadb_after(db, 0, 0), sa[0]);
	assert_ptr_equal(sadb_after(db, sa[0]->id, sa[0]->order), sa[1]);
	sadb_detach(db, sa[1]);
	sadb_detach(db, sa[2]);
	assert_ptr_equal(sadb_after(db, sa[0]->id, sa[0]->order), sa[3]);
	assert_ptr_equal(sadb_after(db, sa[1]->id, sa[1]->order), sa[3]);
	assert_int_equal(sadb_attach(db, sa[2], NULL), 0);
	assert_ptr_equal(sadb_after(db, sa[1]->id, sa[1]->order), sa[2]);
	assert_null(sadb_after(db, sa[3]->id, sa[3]->order));
	sadb_free_detached(db, sa[1]);
	sadb_destroy(db);
}

static void
an_id_is_used_again_only_after_the_grace_period(void **state)
{
	struct sadb *db = db_create();
	struct sa_ctl *a = add_open(db, 1000, "192.0.2.1", "192.0.2.2");
	const uint32_t id = a->id;
	uint32_t i, seen = 0;

	rcu_worker_online(0);
	counter_row(sadb_counters(db), 0, id)[SA_CNT_ENQ] += 5;
	counter_row(sadb_counters(db), 0, id)[SA_CNT_DONE] += 4;
	sadb_remove(db, a);
	for (i = 0; i < SA_MAX + 10; i++) {
		struct sa_ctl *b = add(db, 2000, "192.0.2.1", "192.0.2.3", 1);

		assert_true(b->id != id);
		sadb_remove(db, b);
	}
	rcu_quiescent(rcu_qsbr(), 0);
	rcu_reclaim();
	assert_int_equal(sessions, 1); /* still one op inside */
	counter_row(sadb_counters(db), 0, id)[SA_CNT_DONE]++;
	rcu_reclaim();
	assert_int_equal(sessions,
			1); /* the worker that took it back may be using the SA in this poll */
	rcu_quiescent(rcu_qsbr(), 0);
	rcu_reclaim();
	assert_int_equal(sessions, 0);
	for (i = 0; i < SA_MAX + 10; i++) {
		struct sa_ctl *b = add(db, 2000, "192.0.2.1", "192.0.2.3", 1);

		if (b->id == id) {
			seen++;
			assert_int_equal(counter_sum(sadb_counters(db), id, SA_CNT_ENQ), 0);
		}
		sadb_remove(db, b);
	}
	assert_in_range(seen, 1, 2);
	rcu_worker_offline(0);
	sadb_destroy(db);
}

static void
says_so_when_full(void **state)
{
	struct sadb *db = db_create();
	struct sa_params prm = params(1000, "192.0.2.1", "192.0.2.2", 1);
	struct err err = { 0 };
	uint32_t i;

	for (i = 1; i < SA_MAX; i++) {
		prm.spi = 1000 + i;
		assert_non_null(sadb_add(db, &prm, &err));
	}
	prm.spi = 1000;
	assert_null(sadb_add(db, &prm, &err));
	assert_int_equal(err.code, ENOSPC);
	assert_string_equal(err.msg,
			"sa 192.0.2.2 spi 1000: the database is full, 65535 SAs (65535 "
			"at most)");
	sadb_destroy(db);
}

static void
many_tunnels_are_entered_fast_and_all_found(void **state)
{
	struct sadb *db = db_create();
	struct sa_params prm = params(0, "192.0.2.1", "10.0.0.0", 1);
	struct sa_params prm6 = params(0, "2001:db8::1", "2001:db8:1::", 1);
	struct rte_mbuf *pkts[200];
	struct sa *found[200];
	uint64_t start = rte_rdtsc();
	struct sa_ctl *ctl;
	uint32_t i, k;

	for (i = 0; i < MANY; i++) {
		struct sa_params *p = i & 1 ? &prm6 : &prm;

		p->spi = 0x1000 + i / 4; /* an SPI for several peers */
		if (i & 1)
			memcpy(&p->dst.v6[12], &i, 4);
		else
			p->dst.v4 = rte_cpu_to_be_32(0x0a000000 + i);
		ctl = sadb_add(db, p, NULL);
		assert_non_null(ctl);
		ctl->engine = &engine;
		assert_int_equal(sa_open(ctl, SA_DIR_IN, 1, NULL), 0);
		assert_int_equal(sadb_publish(db, ctl, NULL), 0);
	}
	print_message("%u SAs in %.0f ms\n", MANY,
			1e3 * (double)(rte_rdtsc() - start) / (double)rte_get_tsc_hz());
	for (i = 0; i < MANY; i += 200) {
		for (k = 0; k < 200; k++) {
			struct sa_params *p = k & 1 ? &prm6 : &prm;
			uint32_t n = i + k;

			if (k & 1)
				memcpy(&p->dst.v6[12], &n, 4);
			else
				p->dst.v4 = rte_cpu_to_be_32(0x0a000000 + n);
			pkts[k] = esp_packet(&p->dst, 0x1000 + n / 4);
		}
		assert_int_equal(sadb_lookup_bulk(db, pkts, found, 200), 200);
		for (k = 0; k < 200; k++) {
			assert_int_equal(found[k]->id, found[0]->id + k);
			rte_pktmbuf_free(pkts[k]);
		}
	}
	sadb_destroy(db);
	rcu_reclaim();
	rcu_reclaim();
	assert_int_equal(sessions, 0);
}

static int
setup(void **state)
{
	static char *args[] = { "test", "--no-huge", "-m", "256", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level", "error" };

	if (rte_eal_init(RTE_DIM(args), args) < 0 || rcu_init(1, NULL) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("p", 255, 0, PKT_PRIV_SIZE, 512, 0);
	return pool == NULL ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_spi_and_destination_of_both_families),
		cmocka_unit_test(refuses_the_same_key_twice_and_takes_it_again_when_gone),
		cmocka_unit_test(gives_those_of_a_pair_and_reqid_oldest_first),
		cmocka_unit_test(a_walk_may_remove_what_it_is_given_and_stops_when_told),
		cmocka_unit_test(a_walk_with_pauses_goes_on_behind_one_that_was_put_aside),
		cmocka_unit_test(an_id_is_used_again_only_after_the_grace_period),
		cmocka_unit_test(says_so_when_full),
		cmocka_unit_test(many_tunnels_are_entered_fast_and_all_found),
	};

	return cmocka_run_group_tests_name("ipsec/sadb", tests, setup, NULL);
}
