/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ages, lifetimes and times that are shown, while somebody sets the wall clock, and where the TSC shows days more or less than the time
 * since boot (ADR 24).
 */
#include "clocks_test.h"

/* --- the wall clock --- */

static void
the_wall_clock_neither_ends_an_sa_nor_lets_it_live_on(void **state)
{
	struct sa_ctl *sa;
	unsigned int i;

	ipsec0(*state);
	for (i = 0; i < RTE_DIM(steps_s); i++) {
		sa = sa_of_life(*state, 10000, 3600);
		time_passes(1000);
		wall_is_set(steps_s[i]);
		ctl_poll(*state);
		assert_int_equal(sadb_count(ctl_sadb(*state)), 1);
		assert_int_equal(sa->state, SA_MATURE);
		assert_about(counts_of(*state, sa).age_s, 1000);
		time_passes(2600);
		ctl_poll(*state);
		assert_int_equal(sadb_count(ctl_sadb(*state)), 0);
	}
}

static void
first_use_is_reckoned_likewise(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	struct sa_ctl *sa;
	unsigned int i;

	ipsec0(*state);
	prm.hard.use_seconds = 1000;
	prm.soft.use_seconds = 999;
	for (i = 0; i < RTE_DIM(steps_s); i++) {
		ok(ctl_sa_add(*state, &prm, NULL, &err));
		sa = sadb_find(ctl_sadb(*state), &prm.dst, 10000);
		time_passes(100000);
		use(*state, sa, 1, 100);
		ctl_poll(*state);
		wall_is_set(steps_s[i]);
		time_passes(900);
		ctl_poll(*state);
		assert_int_equal(sadb_count(ctl_sadb(*state)), 1);
		time_passes(101);
		ctl_poll(*state);
		assert_int_equal(sadb_count(ctl_sadb(*state)), 0);
	}
}

static void
what_is_shown_follows_the_wall_clock(void **state)
{
	struct ctl_sa_counts c;
	struct sa_ctl *sa;
	unsigned int i;

	ipsec0(*state);
	sa = sa_of_life(*state, 10000, 0);
	time_passes(900);
	use(*state, sa, 1, 100);
	counter_row(sadb_counters(ctl_sadb(*state)), 0, sa->id)[SA_CNT_LAST_USE] = clock_tsc();
	time_passes(100);
	for (i = 0; i < RTE_DIM(steps_s); i++) {
		wall_is_set(steps_s[i]);
		c = counts_of(*state, sa);
		assert_about(c.age_s, 1000);
		assert_about(clock_wall_s() - c.created_s, 1000);
		assert_about(clock_wall_s() - c.last_use_s, 100);
		/* `current` of setkey -D */
		assert_in_range(c.created_s + c.age_s, clock_wall_s() - SLOW_S, clock_wall_s());
	}
}

/* What somebody hears of an SA. */
static struct ipsec_event heard;

static bool
hear(const struct ipsec_event *ev, void *arg)
{
	(void)arg;
	heard = *ev;
	return true;
}

static void
events_follow_it_and_count_ages_by_another(void **state)
{
	struct err why = { 0 };
	struct events_subscriber *s = events_subscribe(ctl_events(*state), hear, NULL, &why);
	struct sa_ctl *sa;

	ipsec0(*state);
	sa = sa_of_life(*state, 10000, 3600);
	time_passes(1000);
	use(*state, sa, 1, 100);
	ctl_poll(*state);
	time_passes(2600);
	wall_is_set(-3 * DAY_S);
	ctl_poll(*state);
	ctl_poll(*state);
	assert_int_equal(heard.kind, IPSEC_EVENT_EXPIRE);
	assert_about(heard.sa.used.seconds, 3600);
	assert_about(heard.sa.used.use_seconds, 2600);
	assert_about(clock_wall_s() - heard.sa.created_s, 3600);
	assert_about(clock_wall_s() - heard.sa.first_use_s, 2600);
	assert_in_range(heard.time_us / 1000000, clock_wall_s() - SLOW_S, clock_wall_s());
	events_unsubscribe(ctl_events(*state), s);
}

static void
a_larval_sa_is_not_ended_by_the_wall_clock(void **state)
{
	const struct ctl_getspi want = {
		.src = ip(THERE), .dst = ip(HERE), .mode = SA_MODE_TUNNEL, .reqid = 100
	};
	uint32_t spi;

	ok(ctl_sa_getspi(*state, &want, &spi, &err));
	wall_is_set(3 * DAY_S);
	ctl_poll(*state);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 1);
	wall_is_set(-6 * DAY_S);
	time_passes(61);
	ctl_poll(*state);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 0);
}

/* --- the TSC --- */

static void
last_use_does_not_ask_when_the_tsc_began(void **state)
{
	static const int64_t starts_s[] = { 0, 10 * DAY_S, -10 * DAY_S, 4000 * DAY_S };
	struct sa_ctl *sa;
	unsigned int i;

	ipsec0(*state);
	for (i = 0; i < RTE_DIM(starts_s); i++) {
		tsc_is_set(starts_s[i]);
		sa = sa_of_life(*state, 10000 + i, 0);
		time_passes(400);
		assert_int_equal(counts_of(*state, sa).last_use_s, 0);
		use(*state, sa, 1, 100);
		counter_row(sadb_counters(ctl_sadb(*state)), 0,
				sa->id)[SA_CNT_LAST_USE] = clock_tsc();
		time_passes(100);
		assert_about(clock_wall_s() - counts_of(*state, sa).last_use_s, 100);
	}
}

/* A guest moves to another host, and nobody corrects its TSC: nothing better is known, but nothing absurd is said either. */
static void
last_use_stays_between_creation_and_now_when_the_tsc_is_set(void **state)
{
	struct ctl_sa_counts c;
	struct sa_ctl *sa;

	ipsec0(*state);
	sa = sa_of_life(*state, 10000, 0);
	time_passes(900);
	use(*state, sa, 1, 100);
	counter_row(sadb_counters(ctl_sadb(*state)), 0, sa->id)[SA_CNT_LAST_USE] = clock_tsc();
	time_passes(100);
	tsc_is_set(10 * DAY_S);
	c = counts_of(*state, sa);
	assert_int_equal(c.last_use_s, c.created_s);
	tsc_is_set(-20 * DAY_S);
	c = counts_of(*state, sa);
	assert_in_range(c.last_use_s, clock_wall_s() - SLOW_S, clock_wall_s());
}

static void
last_use_is_not_that_of_the_sa_whose_counters_it_got(void **state)
{
	struct sa_progress progress;
	struct sa_ctl *sa;
	uint32_t id;

	ipsec0(*state);
	sa = sa_of_life(*state, 10000, 0);
	id = sa->id;
	use(*state, sa, 1, 100);
	counter_row(sadb_counters(ctl_sadb(*state)), 0, sa->id)[SA_CNT_LAST_USE] = clock_tsc();
	ctl_sa_get_state(*state, sa, &progress);
	ok(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10000, &err));
	rcu_reclaim();
	rcu_reclaim();
	do { /* until it is the turn of that row again */
		struct sa_params prm = sa_prm(HERE, THERE, 10001, 100);

		if (sadb_count(ctl_sadb(*state)) != 0)
			ok(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10001, &err));
		rcu_reclaim();
		rcu_reclaim();
		ok(ctl_sa_add_state(*state, &prm, &progress, NULL, &err));
		sa = sadb_find(ctl_sadb(*state), &prm.dst, 10001);
	} while (sa->id != id);
	assert_int_equal(counts_of(*state, sa).packets, 1); /* it goes on from the first one */
	assert_int_equal(counts_of(*state, sa).last_use_s, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_clocks(the_wall_clock_neither_ends_an_sa_nor_lets_it_live_on),
		with_clocks(first_use_is_reckoned_likewise),
		with_clocks(what_is_shown_follows_the_wall_clock),
		with_clocks(events_follow_it_and_count_ages_by_another),
		with_clocks(a_larval_sa_is_not_ended_by_the_wall_clock),
		with_clocks(last_use_does_not_ask_when_the_tsc_began),
		with_clocks(last_use_stays_between_creation_and_now_when_the_tsc_is_set),
		with_clocks(last_use_is_not_that_of_the_sa_whose_counters_it_got),
	};

	return cmocka_run_group_tests_name("control/clocks", tests, eal_up, eal_down);
}
