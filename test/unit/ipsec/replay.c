/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The replay window against an oracle: a byte per sequence number ever seen and the definition of
 * RFC 4303, 3.4.3. The defect of rte_ipsec's own window (ADR 4) is shown by
 * unit/engine/replay_defect.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "ipsec/replay.h"

#define SPAN 40000 /* numbers that a run covers */

static const uint32_t windows[] = { 32, 64, 96, 128, 256, 1024, 4096 };

struct oracle {
	uint8_t *seen; /* of base + i */
	uint64_t base, top;
	uint32_t window;
};

static bool
oracle_accept(struct oracle *o, uint64_t seq)
{
	if (seq == 0 || (seq <= o->top && o->top - seq >= o->window) || o->seen[seq - o->base])
		return false;
	o->seen[seq - o->base] = 1;
	if (seq > o->top)
		o->top = seq;
	return true;
}

/*
 * Steps forward mostly by little, at times by more than the window, backwards to around its left
 * edge.
 */
static uint64_t
next_seq(const struct oracle *o, uint64_t max)
{
	const uint64_t w = o->window;
	uint64_t back, seq;

	switch (rand() % 8) {
	case 0:
		seq = o->top + 1 + (uint64_t)rand() % (2 * w + 130);
		break;
	case 1:
	case 2:
		seq = o->top + (uint64_t)rand() % 3;
		break;
	case 3:
		back = w - 2 + (uint64_t)rand() % 5; /* the edge itself */
		seq = o->top > o->base + back ? o->top - back : o->base + 1;
		break;
	default:
		back = (uint64_t)rand() % (w + 70);
		seq = o->top > o->base + back ? o->top - back : o->base + 1;
	}
	return RTE_MIN(seq, max);
}

static void
run_against_oracle(uint32_t window, bool esn, uint64_t base)
{
	struct oracle o = { .base = base, .top = base, .window = window };
	struct replay r;
	uint64_t seq;
	unsigned int i;

	o.seen = calloc(1, SPAN + 1);
	assert_int_equal(replay_init(&r, window, esn), 0);
	r.top = base;
	for (i = 0; i < 60000 && o.top < base + SPAN - 1; i++) {
		seq = next_seq(&o, base + SPAN - 1);
		/* what the packet carries must stand for the whole */
		if (esn && seq + window > o.top)
			assert_int_equal(replay_seq(&r, (uint32_t)seq), seq);
		assert_int_equal(replay_accept(&r, seq), oracle_accept(&o, seq));
		assert_int_equal(r.top, o.top);
	}
	replay_fini(&r);
	free(o.seen);
}

static void
agrees_with_the_oracle_at_every_window(void **state)
{
	unsigned int i, round;

	for (i = 0; i < RTE_DIM(windows); i++) {
		for (round = 0; round < 8; round++)
			run_against_oracle(windows[i], false, 0);
	}
}

static void
agrees_with_the_oracle_across_two_to_the_thirty_two(void **state)
{
	unsigned int i, round;

	for (i = 0; i < RTE_DIM(windows); i++) {
		for (round = 0; round < 8; round++)
			run_against_oracle(windows[i], true,
					(UINT64_C(3) << 32) - SPAN / 8 - (uint64_t)(rand() % 64));
	}
}

/*
 * Every number of three windows once, then all of them again: T2 lets half of the replays through.
 */
static void
refuses_every_single_replay(void **state)
{
	unsigned int i;
	struct replay r;
	uint64_t seq;

	for (i = 0; i < RTE_DIM(windows); i++) {
		assert_int_equal(replay_init(&r, windows[i], false), 0);
		for (seq = 1; seq <= 3 * (uint64_t)windows[i] + 7; seq++)
			assert_true(replay_accept(&r, seq));
		for (seq = 0; seq <= 3 * (uint64_t)windows[i] + 7; seq++)
			assert_false(replay_accept(&r, seq));
		replay_fini(&r);
	}
}

/*
 * At every distance of the top from a block border: the oldest number of the window is good once,
 * the one before it never.
 */
static void
the_left_edge_is_exact(void **state)
{
	unsigned int i, at;
	struct replay r;
	uint64_t top;

	for (i = 0; i < RTE_DIM(windows); i++) {
		for (at = 0; at < 130; at++) {
			assert_int_equal(replay_init(&r, windows[i], false), 0);
			top = 3 * (uint64_t)REPLAY_WINDOW_MAX + at;
			assert_true(replay_accept(&r, top));
			assert_false(replay_accept(&r, top - windows[i]));
			assert_true(replay_accept(&r, top - windows[i] + 1));
			assert_false(replay_accept(&r, top - windows[i] + 1));
			replay_fini(&r);
		}
	}
}

static void
without_a_window_everything_passes_and_the_top_moves(void **state)
{
	struct replay r;

	assert_int_equal(replay_init(&r, 0, true), 0);
	assert_true(replay_accept(&r, 0xfffffff0));
	assert_true(replay_accept(&r, 0xfffffff0));
	assert_int_equal(replay_seq(&r, 5), (UINT64_C(1) << 32) + 5);
	assert_true(replay_accept(&r, (UINT64_C(1) << 32) + 5));
	assert_int_equal(replay_seq(&r, 0xfffffff1), 0xfffffff1);
	replay_fini(&r);
}

/* RFC 4303, A2.2, its cases: {top, window inferred with, number in the packet, whole number} */
static void
infers_the_upper_half_as_the_rfc_says(void **state)
{
	static const struct {
		uint64_t top;
		uint32_t w, lo;
		uint64_t want;
	} rows[] = {
		{ 0, 64, 1, 1 }, { 63, 64, 0, 0 }, { 1000, 64, 937, 937 }, /* A: left edge */
		{ 1000, 64, 936, (UINT64_C(1) << 32) + 936 },              /* A: below it */
		{ 0xffffffff, 64, 0, UINT64_C(1) << 32 },                  /* A: the next one */
		{ 0xffffffff, 64, 0xffffffc0, 0xffffffc0 },
		{ (UINT64_C(1) << 32) + 5, 64, 0xffffffff,
				0xffffffff }, /* B: still the old subspace */
		{ (UINT64_C(1) << 32) + 5, 64, 0xffffffc6, 0xffffffc6 },
		{ (UINT64_C(1) << 32) + 5, 64, 0xffffffc5, (UINT64_C(1) << 32) + 0xffffffc5 },
		{ (UINT64_C(1) << 32) + 5, 64, 6, (UINT64_C(1) << 32) + 6 },
		{ 5, 64, 0xffffffff, 0xffffffff }, /* B: there is no older one */
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(rows); i++)
		assert_int_equal(replay_infer(rows[i].top, rows[i].w, rows[i].lo), rows[i].want);
}

static void
numbers_up_to_the_start_count_as_seen(void **state)
{
	uint64_t start, seq;
	struct replay r;

	for (start = 1; start < 300; start++) {
		assert_int_equal(replay_init(&r, 128, false), 0);
		replay_start(&r, start);
		for (seq = 0; seq <= start; seq++)
			assert_false(replay_accept(&r, seq));
		for (seq = start + 1; seq < start + 400; seq++) {
			assert_true(replay_accept(&r, seq));
			assert_false(replay_accept(&r, seq));
		}
		replay_fini(&r);
	}
}

static void
refuses_windows_beyond_the_maximum_and_rounds_up_to_32(void **state)
{
	struct replay r;

	assert_int_equal(replay_init(&r, REPLAY_WINDOW_MAX + 1, false), -EINVAL);
	assert_int_equal(replay_init(&r, 8, false), 0);
	assert_int_equal(r.window, 32);
	replay_fini(&r);
}

static int
setup(void **state)
{
	static char *args[] = { "test", "--no-huge", "-m", "64", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level", "error" };

	srand(20221124);
	return rte_eal_init(RTE_DIM(args), args) < 0 ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_oracle_at_every_window),
		cmocka_unit_test(agrees_with_the_oracle_across_two_to_the_thirty_two),
		cmocka_unit_test(refuses_every_single_replay),
		cmocka_unit_test(the_left_edge_is_exact),
		cmocka_unit_test(without_a_window_everything_passes_and_the_top_moves),
		cmocka_unit_test(infers_the_upper_half_as_the_rfc_says),
		cmocka_unit_test(numbers_up_to_the_start_count_as_seen),
		cmocka_unit_test(refuses_windows_beyond_the_maximum_and_rounds_up_to_32),
	};

	return cmocka_run_group_tests_name("ipsec/replay", tests, setup, NULL);
}
