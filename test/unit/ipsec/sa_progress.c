/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an SA has got to, carried to another life of it: a window read and given again judges every
 * number as the first one would have, also one read while its worker runs; numbers, ages and amounts of
 * an SA go with it.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "base/clock.h"
#include "base/rcu.h"
#include "ipsec/engine.h"
#include "ipsec/sa_progress.h"
#include "ipsec/sadb.h"

/* --- the window --- */

static const uint32_t windows[] = { 32, 64, 96, 128, 1024, 4096 };

/* A window that has lived: numbers up to about 3 windows, some missing. */
static void
window_live(struct replay *r, uint32_t window, uint64_t start)
{
	unsigned int i;

	assert_int_equal(replay_init(r, window, true), 0);
	replay_start(r, start);
	for (i = 0; i < 3 * window; i++)
		(void)replay_accept(r, r->top + (uint64_t)(rand() % 4) - RTE_MIN(r->top, 2u));
}

static void
a_window_given_again_judges_as_the_first_would_have(void **state)
{
	uint64_t seen[REPLAY_SEEN_MAX], top, seq;
	struct replay a, b;
	unsigned int i, round;
	uint32_t n;

	for (i = 0; i < RTE_DIM(windows) * 8; i++) {
		const uint32_t window = windows[i % RTE_DIM(windows)];

		window_live(&a, window, i < RTE_DIM(windows) ? 0 : (uint64_t)rand() << (i % 24));
		n = replay_export(&a, &top, seen);
		assert_int_equal(n, window);
		assert_int_equal(replay_init(&b, window, true), 0);
		replay_import(&b, top, seen, n);
		/* beginning with all of the window, older numbers too */
		for (seq = top > n + 70 ? top - n - 70 : 0; seq <= top; seq++)
			assert_int_equal(replay_accept(&a, seq), replay_accept(&b, seq));
		for (round = 0; round < 2 * window; round++) {
			seq = a.top + (uint64_t)(rand() % 5) - RTE_MIN(a.top, 3u);
			assert_int_equal(replay_accept(&a, seq), replay_accept(&b, seq));
		}
		replay_fini(&a);
		replay_fini(&b);
	}
}

static void
a_wider_window_takes_what_the_narrow_one_did_not_see_for_seen(void **state)
{
	uint64_t seen[REPLAY_SEEN_MAX], top;
	struct replay a, b;
	uint32_t n;

	assert_int_equal(replay_init(&a, 32, false), 0);
	assert_true(replay_accept(&a, 1000));
	n = replay_export(&a, &top, seen);
	assert_int_equal(replay_init(&b, 256, false), 0);
	replay_import(&b, top, seen, n);
	assert_false(replay_accept(&b, 1000));
	assert_true(replay_accept(&b, 999));
	assert_true(replay_accept(&b, 1000 - 31));
	assert_false(replay_accept(&b, 1000 - 32));
	assert_true(replay_accept(&b, 1001));
	replay_fini(&a);
	replay_fini(&b);
}

/* A worker that takes even numbers only, as fast as it can. */
static bool stop;

static void *
even_numbers(void *arg)
{
	struct replay *r = arg;
	uint64_t seq;

	for (seq = 2; !__atomic_load_n(&stop, __ATOMIC_RELAXED); seq += 2)
		(void)replay_accept(r, seq);
	return NULL;
}

static void
a_window_read_while_its_worker_runs_has_all_that_was_seen_before(void **state)
{
	uint64_t seen[REPLAY_SEEN_MAX], top;
	unsigned int i, k, read = 0;
	struct replay r;
	pthread_t worker;
	uint32_t n;

	assert_int_equal(replay_init(&r, 128, true), 0);
	stop = false;
	assert_int_equal(pthread_create(&worker, NULL, even_numbers, &r), 0);
	for (i = 0; i < 20000; i++) {
		n = replay_export(&r, &top, seen);
		if (seen[0] == UINT64_MAX) /* too fast to be caught: all count as seen */
			continue;
		read++;
		for (k = 0; k < n && k < top; k++) {
			const bool is_seen = (seen[k / 64] >> (k % 64) & 1) != 0;

			if (is_seen != ((top - k) % 2 == 0))
				fail_msg("%" PRIu64 " of top %" PRIu64 " is %sseen", top - k, top,
						is_seen ? "" : "not ");
		}
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(worker, NULL);
	assert_true(read > 100);
	replay_fini(&r);
}

/* --- read at one moment: the worker is stopped where it clears the second of two blocks --- */

static struct {
	struct replay r;
	uint8_t *second; /* page of the second block, which can not be written */
	unsigned int times;
	uint64_t seen[REPLAY_SEEN_MAX], top;
	uint32_t n;
} held;

static void
on_write(int sig)
{
	(void)sig;
	held.times++;
	held.n = replay_export(&held.r, &held.top, held.seen);
	(void)mprotect(held.second, (size_t)getpagesize(), PROT_READ | PROT_WRITE);
}

static void
a_window_read_while_blocks_are_cleared_has_all_that_was_seen_before(void **state)
{
	const size_t page = (size_t)getpagesize();
	const uint64_t top = 3 * 64 + 10;
	struct sigaction act = { .sa_handler = on_write }, before;
	uint64_t *block, seq;
	uint8_t *pages;

	(void)state;
	pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(replay_init(&held.r, 64, false), 0);
	assert_int_equal(held.r.block_mask, 1);
	block = held.r.block;
	held.second = pages + page;
	held.r.block = (uint64_t *)(void *)held.second - 1;
	for (seq = 1; seq <= top; seq++)
		assert_true(replay_accept(&held.r, seq));

	assert_int_equal(mprotect(held.second, page, PROT_READ), 0);
	assert_int_equal(sigaction(SIGSEGV, &act, &before), 0);
	assert_true(replay_accept(&held.r, top + 128));
	assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
	assert_int_equal(held.times, 1);
	/* whatever top it has met: of those that it speaks of, none that was taken is missing */
	for (seq = held.top - held.n + 1; seq <= held.top; seq++)
		if (seq <= top && (held.seen[0] >> (held.top - seq) & 1) == 0)
			fail_msg("%" PRIu64 " of top %" PRIu64 " is not seen", seq, held.top);

	held.r.block = block;
	replay_fini(&held.r);
	(void)munmap(pages, 2 * page);
}

/* --- the SA --- */

static size_t
fake_size(const struct engine *e)
{
	(void)e;
	return 64;
}

static int
fake_create(struct engine *e, struct sa *sa, const struct sa_params *prm, unsigned int nb_workers,
		struct err *err)
{
	(void)e, (void)nb_workers, (void)err;
	*(uint64_t *)sa_session(sa) = prm->seq_start;
	return 0;
}

static void
fake_destroy(struct engine *e, struct sa *sa)
{
	(void)e, (void)sa;
}

static const struct engine_ops fake_ops = {
	.name = "fake",
	.session_size = fake_size,
	.session_create = fake_create,
	.session_destroy = fake_destroy,
};

static struct sadb *db;
static struct engine engine = { .ops = &fake_ops };

static struct sa_ctl *
sa_make(bool esn)
{
	struct sa_params prm = { .spi = 1000, .replay_window = 64, .esn = esn };
	struct sa_ctl *sa;
	struct err err = { 0 };

	assert_int_equal(ip_parse("192.0.2.1", &prm.src), 0);
	assert_int_equal(ip_parse("192.0.2.2", &prm.dst), 0);
	prm.enc = alg_find_encryption("aes-gcm-16");
	prm.keys.enc_len = 20;
	sa = sadb_add(db, &prm, &err);
	assert_non_null(sa);
	sa->engine = &engine;
	return sa;
}

static void
sa_start(struct sa_ctl *sa, enum sa_dir dir)
{
	struct err err = { 0 };

	assert_int_equal(sa_open(sa, dir, 1, &err), 0);
}

static void
an_outbound_sa_goes_on_behind_the_last_number(void **state)
{
	struct sa_ctl *sa = sa_make(false);
	struct sa_progress s;
	struct err err = { 0 };

	sa_start(sa, SA_DIR_OUT);
	sa_progress_get(sa, &s);
	assert_int_equal(s.dir, SA_DIR_OUT);
	assert_int_equal(s.seq, 0);
	counter_row(sadb_counters(db), 0, sa->id)[SA_CNT_ENQ] += 7;
	counter_row(sadb_counters(db), 0, sa->id)[SA_CNT_DONE] += 7;
	counter_row(sadb_counters(db), 0, sa->id)[SA_CNT_PACKETS] += 6;
	counter_row(sadb_counters(db), 0, sa->id)[SA_CNT_BYTES] += 600;
	sa_progress_get(sa, &s);
	assert_int_equal(s.seq, 7);
	s.created_ms -= 100000;
	sadb_remove(db, sa);

	sa = sa_make(false);
	assert_int_equal(sa_progress_set(sa, &s, &err), 0);
	memset(&s, 0, sizeof(s));
	sa_progress_get(sa, &s); /* also while no interface claims it */
	assert_int_equal(s.seq, 7);
	assert_int_equal(s.packets, 6);
	sa_start(sa, SA_DIR_OUT);
	assert_int_equal(*(uint64_t *)sa_session(sa->sa), 7);
	assert_int_equal(sa_seq(sa), 7);
	sa_progress_get(sa, &s);
	assert_int_equal(s.packets, 6);
	assert_int_equal(s.bytes, 600);
	assert_true(s.first_use_ms != 0);
	assert_in_range(clock_mono_ms() - s.created_ms, 100000, 160000);
	assert_int_equal(sa_progress_set(sa, &s, &err), -EINVAL); /* it runs */
	sadb_remove(db, sa);
}

static void
an_inbound_sa_keeps_its_window(void **state)
{
	struct sa_ctl *sa = sa_make(true);
	struct sa_progress s;
	struct err err = { 0 };

	sa_start(sa, SA_DIR_IN);
	assert_true(replay_accept(&sa->sa->replay, (UINT64_C(1) << 32) + 5));
	assert_true(replay_accept(&sa->sa->replay, (UINT64_C(1) << 32) + 3));
	sa_progress_get(sa, &s);
	sadb_remove(db, sa);

	sa = sa_make(true);
	assert_int_equal(sa_progress_set(sa, &s, &err), 0);
	sa_start(sa, SA_DIR_IN);
	assert_false(replay_accept(&sa->sa->replay, (UINT64_C(1) << 32) + 5));
	assert_true(replay_accept(&sa->sa->replay, (UINT64_C(1) << 32) + 4));
	assert_false(replay_accept(&sa->sa->replay, (UINT64_C(1) << 32) + 3));
	sadb_remove(db, sa);
}

static void
the_other_direction_begins_anew(void **state)
{
	struct sa_progress s = { .dir = SA_DIR_OUT, .seq = 1000 };
	struct sa_ctl *sa = sa_make(false);
	struct err err = { 0 };

	assert_int_equal(sa_progress_set(sa, &s, &err), 0);
	sa_start(sa, SA_DIR_IN);
	assert_true(replay_accept(&sa->sa->replay, 1));
	sadb_remove(db, sa);
}

static void
refuses_a_number_beyond_the_last(void **state)
{
	struct sa_progress s = { .dir = SA_DIR_OUT, .seq = UINT64_C(1) << 32 };
	struct sa_ctl *sa = sa_make(false);
	struct err err = { 0 };

	assert_int_equal(sa_progress_set(sa, &s, &err), -ERANGE);
	assert_string_equal(err.msg,
			"state: sequence number 4294967296 is beyond the last (4294967295)");
	assert_int_equal(sa_seq(sa), 0);
	sadb_remove(db, sa);
}

static int
setup(void **state)
{
	static char *args[] = { "test", "--no-huge", "-m", "128", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level", "error" };
	struct err err = { 0 };

	srand(20240229);
	if (rte_eal_init(RTE_DIM(args), args) < 0 || rcu_init(1, &err) != 0)
		return -1;
	db = sadb_create(1, &err);
	if (db == NULL)
		return -1;
	engine.counters = sadb_counters(db);
	return 0;
}

static int
teardown(void **state)
{
	rcu_reclaim();
	rcu_reclaim();
	sadb_destroy(db);
	rcu_fini();
	return rte_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_given_again_judges_as_the_first_would_have),
		cmocka_unit_test(a_wider_window_takes_what_the_narrow_one_did_not_see_for_seen),
		cmocka_unit_test(a_window_read_while_its_worker_runs_has_all_that_was_seen_before),
		cmocka_unit_test(
				a_window_read_while_blocks_are_cleared_has_all_that_was_seen_before),
		cmocka_unit_test(an_outbound_sa_goes_on_behind_the_last_number),
		cmocka_unit_test(an_inbound_sa_keeps_its_window),
		cmocka_unit_test(the_other_direction_begins_anew),
		cmocka_unit_test(refuses_a_number_beyond_the_last),
	};

	return cmocka_run_group_tests_name("ipsec/sa_progress", tests, setup, teardown);
}
