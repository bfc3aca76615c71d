/* SPDX-License-Identifier: BSD-3-Clause */
/* How old SAs are after a restart or a reboot, whatever was done to the wall clock before, meanwhile and after (ADR 24). */
#include "clocks_test.h"
#include "config/file.h"
#include "config/state.h"
#include "config/text.h"

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

	return cmocka_run_group_tests_name("control/state_time", tests, eal_up, eal_down);
}
