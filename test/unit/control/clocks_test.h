/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of clocks share: time that passes, and clocks that somebody sets meanwhile. */
#ifndef TEST_UNIT_CONTROL_CLOCKS_TEST_H
#define TEST_UNIT_CONTROL_CLOCKS_TEST_H

#include <unistd.h>

#include <rte_cycles.h>

#include "base/clock.h"
#include "sa_test.h"

#define DAY_S INT64_C(86400)
#define SLOW_S 60 /* more than any machine takes for a test */

static char path[] = "/tmp/control_clocks_XXXXXX"; /* a state file */
static struct clock_shift shift;

/* The clocks from now on: time passes, the wall clock is set, the TSC is set. */
static inline void
time_passes(int64_t s)
{
	shift.mono_ms += s * 1000;
	shift.wall_ms += s * 1000;
	shift.tsc += (uint64_t)s * rte_get_tsc_hz();
	clock_shift_set(&shift);
}

static inline void
wall_is_set(int64_t by_s)
{
	shift.wall_ms += by_s * 1000;
	clock_shift_set(&shift);
}

static inline void
tsc_is_set(int64_t by_s)
{
	shift.tsc += (uint64_t)by_s * rte_get_tsc_hz();
	clock_shift_set(&shift);
}

static int
clocks_up(void **state)
{
	int fd;

	shift = (struct clock_shift){ 0 };
	clock_shift_set(&shift);
	memcpy(strrchr(path, '_'), "_XXXXXX", 7);
	fd = mkstemp(path);
	if (fd == -1)
		return -1;
	close(fd);
	return gateway_up(state);
}

static int
clocks_down(void **state)
{
	const int rc = gateway_down(state);

	shift = (struct clock_shift){ 0 };
	clock_shift_set(&shift);
	unlink(path);
	return rc;
}

#define with_clocks(f) cmocka_unit_test_setup_teardown(f, clocks_up, clocks_down)

/* An SA of ipsec0, which lives for @p hard_s seconds (0: for ever). */
static inline struct sa_ctl *
sa_of_life(struct ctl *ctl, uint32_t spi, uint64_t hard_s)
{
	struct sa_params prm = sa_prm(HERE, THERE, spi, 100);

	prm.hard.seconds = hard_s;
	prm.soft.seconds = hard_s == 0 ? 0 : hard_s - 1;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	return sadb_find(ctl_sadb(ctl), &prm.dst, spi);
}

static inline struct ctl_sa_counts
counts_of(struct ctl *ctl, const struct sa_ctl *sa)
{
	struct ctl_sa_counts c;

	ctl_sa_counts(ctl, sa, &c);
	return c;
}

#define assert_about(value, wanted) assert_in_range((value), (wanted), (wanted) + SLOW_S)

/* By which somebody sets a wall clock. */
static const int64_t steps_s[] = { 3 * DAY_S, -3 * DAY_S, 400 * DAY_S, -400 * DAY_S };

#endif
