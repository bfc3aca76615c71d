/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ages, lifetimes and times that are shown, while somebody sets the wall clock, the TSC shows days more or less than the time since
 * boot, and across restarts and reboots (ADR 24).
 */
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/file.h"
#include "config/state.h"
#include "config/text.h"
#include "sa_test.h"

#define DAY_S INT64_C(86400)
#define SLOW_S 60 /* more than any machine takes for a test */

static char path[] = "/tmp/control_clocks_XXXXXX";
static struct clock_shift shift;

/* The clocks from now on: time passes, the wall clock is set, the TSC is set. */
static void
time_passes(int64_t s)
{
	shift.mono_ms += s * 1000;
	shift.wall_ms += s * 1000;
	shift.tsc += (uint64_t)s * rte_get_tsc_hz();
	clock_shift_set(&shift);
}

static void
wall_is_set(int64_t by_s)
{
	shift.wall_ms += by_s * 1000;
	clock_shift_set(&shift);
}

static void
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
static struct sa_ctl *
sa_of_life(struct ctl *ctl, uint32_t spi, uint64_t hard_s)
{
	struct sa_params prm = sa_prm(HERE, THERE, spi, 100);

	prm.hard.seconds = hard_s;
	prm.soft.seconds = hard_s == 0 ? 0 : hard_s - 1;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	return sadb_find(ctl_sadb(ctl), &prm.dst, spi);
}

static struct ctl_sa_counts
counts_of(struct ctl *ctl, const struct sa_ctl *sa)
{
	struct ctl_sa_counts c;

	ctl_sa_counts(ctl, sa, &c);
	return c;
}

#define assert_about(value, wanted) assert_in_range((value), (wanted), (wanted) + SLOW_S)

/* --- one life --- */

static const int64_t steps_s[] = { 3 * DAY_S, -3 * DAY_S, 400 * DAY_S, -400 * DAY_S };

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

/* --- across restarts --- */

/* The gateway ends, and begins again after @p down_s seconds; with @p boot_id the machine too. The wall clock is set meanwhile. */
static void
restart(void **state, int64_t down_s, const char *boot_id, int64_t wall_step_s)
{
	ok(ctl_state_save(*state, path, &err));
	assert_int_equal(gateway_down(state), 0);
	time_passes(down_s);
	wall_is_set(wall_step_s);
	if (boot_id != NULL) { /* up since 5 s */
		shift.mono_ms -= (int64_t)clock_boot_ms() - 5000;
		shift.boot_id = boot_id;
		clock_shift_set(&shift);
	}
	assert_int_equal(gateway_up(state), 0);
	ok(ctl_state_fix(*state, path, &err));
	ipsec0(*state);
}

static void
ages_go_on_across_a_restart(void **state)
{
	static const struct {
		int64_t down_s, wall_step_s;
		const char *boot_id;
		uint64_t counted_s;
	} cases[] = {
		/* of one boot the kernel knows */
		{ 100, 0, NULL, 100 },
		{ 100, 3 * DAY_S, NULL, 100 },
		{ 100, -3 * DAY_S, NULL, 100 },
		{ 5 * DAY_S, 0, NULL, 5 * DAY_S },
		{ 5 * DAY_S, -5 * DAY_S, NULL, 5 * DAY_S },
		/* after a reboot the wall clock says it, unless that can not be */
		{ 100, 0, "second", 100 },
		{ 100, -200, "third", 0 },
		{ 100, 3 * DAY_S, "fourth", 0 },
		{ 100, -3 * DAY_S, "fifth", 0 },
		{ 100, -20000 * DAY_S, "sixth", 0 },
		{ DAY_S - 1000, 0, "seventh", DAY_S - 1000 },
	};
	uint64_t age = 30 * DAY_S, use_age = 20 * DAY_S;
	struct sa_ctl *sa;
	unsigned int i;

	ipsec0(*state);
	sa = sa_of_life(*state, 10000, 0);
	sa->created_ms = clock_mono_ms() - age * 1000; /* before this machine was up */
	sa->first_use_ms = clock_mono_ms() - use_age * 1000;
	for (i = 0; i < RTE_DIM(cases); i++) {
		restart(state, cases[i].down_s, cases[i].boot_id, cases[i].wall_step_s);
		sa = sa_of_life(*state, 10000, 0);
		age += cases[i].counted_s;
		use_age += cases[i].counted_s;
		assert_about(counts_of(*state, sa).age_s, age);
		assert_about(clock_diff(clock_mono_ms(), sa->first_use_ms) / 1000, use_age);
		assert_int_not_equal(sa->first_use_ms, 0);
		age = counts_of(*state, sa).age_s;
		use_age = clock_diff(clock_mono_ms(), sa->first_use_ms) / 1000;
	}
}

static void
an_sa_is_neither_ended_nor_made_young_by_a_restart_with_another_wall_clock(void **state)
{
	static const char *const boots[] = { NULL, "second", NULL, "third", NULL, "fourth" };
	unsigned int i;

	ipsec0(*state);
	(void)sa_of_life(*state, 10000, 3600);
	for (i = 0; i < RTE_DIM(boots); i++) {
		time_passes(500);
		wall_is_set(steps_s[i % RTE_DIM(steps_s)]); /* while it runs */
		restart(state, 0, boots[i], steps_s[(i + 1) % RTE_DIM(steps_s)]);
		(void)sa_of_life(*state, 10000, 3600);
		ctl_poll(*state);
		assert_int_equal(sadb_count(ctl_sadb(*state)), 1);
	}
	time_passes(601);
	ctl_poll(*state);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 0);
}

static void
what_passed_while_the_gateway_was_down_ends_it(void **state)
{
	static const char *const boots[] = { NULL, "second" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(boots); i++) {
		ipsec0(*state);
		(void)sa_of_life(*state, 10000, 3600);
		(void)sa_of_life(*state, 10001, 7200);
		restart(state, 3600, boots[i], 0);
		(void)sa_of_life(*state, 10000, 3600);
		(void)sa_of_life(*state, 10001, 7200);
		ctl_poll(*state);
		assert_int_equal(sadb_count(ctl_sadb(*state)), 1);
		assert_null(sadb_find(ctl_sadb(*state), IP(THERE), 10000));
		assert_int_equal(gateway_down(state), 0);
		assert_int_equal(gateway_up(state), 0);
	}
}

/* A machine without a battery begins in 1970 and asks for the time later. */
static void
ages_do_not_depend_on_a_wall_clock_that_was_not_set_yet(void **state)
{
	struct sa_ctl *sa;

	ipsec0(*state);
	wall_is_set(100 - (int64_t)clock_wall_s());
	sa = sa_of_life(*state, 10000, 0);
	sa->created_ms = clock_mono_ms() - 5000000;
	sa->first_use_ms = clock_mono_ms() - 4000000;
	assert_int_equal(counts_of(*state, sa).created_s, 0);
	restart(state, 10, NULL, 50 * 365 * DAY_S);
	sa = sa_of_life(*state, 10000, 0);
	assert_about(counts_of(*state, sa).age_s, 5010);
	assert_about(clock_diff(clock_mono_ms(), sa->first_use_ms) / 1000, 4010);
}

static void
who_restarts_each_second_gets_older_too(void **state)
{
	const struct sa_ctl *sa;
	unsigned int i;

	ipsec0(*state);
	sa = sa_of_life(*state, 10000, 0);
	for (i = 0; i < 10; i++) {
		shift.mono_ms += 900;
		clock_shift_set(&shift);
		restart(state, 0, NULL, 0);
		sa = sa_of_life(*state, 10000, 0);
	}
	assert_about(counts_of(*state, sa).age_s, 9);
}

/* Back to a snapshot of the machine: the same boot, but earlier than the file. */
static void
a_boot_that_has_gone_back_is_not_asked(void **state)
{
	struct sa_ctl *sa;

	ipsec0(*state);
	time_passes(10000);
	(void)sa_of_life(*state, 10000, 0);
	time_passes(200);
	ok(ctl_state_save(*state, path, &err));
	assert_int_equal(gateway_down(state), 0);
	time_passes(50);
	shift.mono_ms -= 5000 * 1000;
	clock_shift_set(&shift);
	assert_int_equal(gateway_up(state), 0);
	ok(ctl_state_fix(*state, path, &err));
	ipsec0(*state);
	sa = sa_of_life(*state, 10000, 0);
	assert_about(counts_of(*state, sa).age_s, 250);
}

/* An SA that is added long after the start goes on from the file too: what passed since counts. */
static void
ages_go_on_while_an_sa_is_only_in_the_file(void **state)
{
	struct sa_ctl *sa;

	ipsec0(*state);
	(void)sa_of_life(*state, 10000, 0);
	time_passes(100);
	restart(state, 10, NULL, 0);
	time_passes(1000);
	wall_is_set(3 * DAY_S);
	sa = sa_of_life(*state, 10000, 0);
	assert_about(counts_of(*state, sa).age_s, 1110);
}

static void
the_age_of_the_file_that_is_kept_follows_no_wall_clock(void **state)
{
	struct ctl_state_info info;

	ok(ctl_start(*state, &err));
	ok(ctl_state_fix(*state, path, &err));
	ctl_poll(*state); /* writes it */
	time_passes(30);
	wall_is_set(-DAY_S);
	ctl_state_info(*state, &info);
	assert_about(info.ago_s, 30);
	assert_about(clock_wall_s() - info.saved_s, 30);
	ctl_stop(*state);
}

/* --- files of earlier versions --- */

/* They have wall clock times alone. Saved @p saved_ago_s ago. */
static void
old_file(const struct sa_ctl *sa, int64_t saved_ago_s, int64_t age_s, int64_t use_age_s)
{
	const uint64_t saved = clock_wall_s() - (uint64_t)saved_ago_s;
	struct cfg_state_sa one = { .src = sa->prm.src,
		.dst = sa->prm.dst,
		.spi = sa->prm.spi,
		.direction = "out",
		.created_s = saved - (uint64_t)age_s,
		.first_use_s = use_age_s == 0 ? 0 : saved - (uint64_t)use_age_s };
	const struct cfg_state file = { .saved_s = saved, .sas = &one, .nb_sas = 1 };
	struct err why = { 0 };
	char *text;

	memcpy(one.key, sa->fingerprint, sizeof(one.key));
	text = cfg_state_dump(&file);
	assert_non_null(text);
	assert_null(strstr(text, "age_ms"));
	assert_null(strstr(text, "boot"));
	assert_int_equal(cfg_write_file(path, text, &why), 0);
	cfg_text_free(text);
}

static void
a_file_of_an_earlier_version_is_read(void **state)
{
	static const struct {
		int64_t saved_ago_s, age_s, use_age_s;
		uint64_t hard_s, wanted_s;
	} cases[] = {
		{ 100, 1000, 0, 3600, 1100 },
		{ 100, 1000, 500, 0, 1100 },
		{ 2600, 1000, 0, 3600, 3600 },   /* it ends at once */
		{ -DAY_S, 1000, 0, 3600, 1000 }, /* saved in the future */
		{ 3 * DAY_S, 1000, 0, 3600,
				1000 },           /* or long ago, as somebody's wall clock has it */
		{ 100, 3 * DAY_S, 0, 3600, 100 }, /* set ahead while it ran: it lived then */
		{ 100, 3 * DAY_S, 900, 3600, 1000 },  /* and was older than its use */
		{ 100, -3 * DAY_S, 900, 3600, 1000 }, /* set back */
		{ 100, -3 * DAY_S, 0, 3600, 100 },
		{ 100, 3 * DAY_S, 0, 0, 3 * DAY_S + 100 },
	};
	struct sa_ctl *sa;
	unsigned int i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		ipsec0(*state);
		sa = sa_of_life(*state, 10000, cases[i].hard_s);
		old_file(sa, cases[i].saved_ago_s, cases[i].age_s, cases[i].use_age_s);
		assert_int_equal(gateway_down(state), 0);
		assert_int_equal(gateway_up(state), 0);
		ok(ctl_state_fix(*state, path, &err));
		ipsec0(*state);
		sa = sa_of_life(*state, 10000, cases[i].hard_s);
		assert_about(counts_of(*state, sa).age_s, cases[i].wanted_s);
		assert_int_equal(sa->first_use_ms != 0, cases[i].use_age_s != 0);
		assert_int_equal(gateway_down(state), 0);
		assert_int_equal(gateway_up(state), 0);
	}
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
		with_clocks(ages_go_on_across_a_restart),
		with_clocks(an_sa_is_neither_ended_nor_made_young_by_a_restart_with_another_wall_clock),
		with_clocks(what_passed_while_the_gateway_was_down_ends_it),
		with_clocks(ages_do_not_depend_on_a_wall_clock_that_was_not_set_yet),
		with_clocks(who_restarts_each_second_gets_older_too),
		with_clocks(a_boot_that_has_gone_back_is_not_asked),
		with_clocks(ages_go_on_while_an_sa_is_only_in_the_file),
		with_clocks(the_age_of_the_file_that_is_kept_follows_no_wall_clock),
		with_clocks(a_file_of_an_earlier_version_is_read),
	};

	return cmocka_run_group_tests_name("control/clocks", tests, eal_up, eal_down);
}
