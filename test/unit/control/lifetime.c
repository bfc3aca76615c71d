/* SPDX-License-Identifier: BSD-3-Clause */
/* When SAs end: lifetimes and sequence numbers as if_ipsec(4) and RFC 2367 have them. */
#include "base/clock.h"
#include "sa_test.h"
#include "test/wait.h"

/* The once-a-second work. */
static void
a_second(struct ctl *ctl)
{
	const struct timespec ts = { .tv_sec = 1, .tv_nsec = 10000000 };

	nanosleep(&ts, NULL);
	ctl_poll(ctl);
}

static void
bytes_and_packets_end_an_sa_softly_then_hard(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	struct sa_ctl *sa, *next;

	ipsec0(*state);
	prm.soft = (struct sa_lifetime){ .bytes = 1000 };
	prm.hard = (struct sa_lifetime){ .packets = 50 };
	prm.hard.bytes = 2000;
	ok(ctl_sa_add(*state, &prm, NULL, &err));
	ok(ctl_sa_get(*state, IP(HERE), IP(THERE), 10000, &sa, &err));
	next = sa_add(*state, HERE, THERE, 10001, 100);
	use(*state, sa, 10, 999);
	ctl_poll(*state);
	assert_int_equal(sa->state, SA_MATURE);
	use(*state, sa, 1, 1);
	a_second(*state);
	assert_int_equal(sa->state, SA_DYING);
	assert_int_equal(sa->sa->state, SA_DYING);
	assert_ptr_equal(sa_out(*state, "ipsec0"), sa->sa); /* dying still serves */
	use(*state, sa, 39, 40);
	a_second(*state);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 1);
	assert_ptr_equal(sa_out(*state, "ipsec0"), next->sa);
}

static void
seconds_count_from_creation_and_from_first_use(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	uint64_t since = clock_mono_ms();
	struct sa_ctl *sa;

	prm.soft = (struct sa_lifetime){ .seconds = 1 };
	prm.hard = (struct sa_lifetime){ .use_seconds = 1, .seconds = 1000 };
	ok(ctl_sa_add(*state, &prm, NULL, &err));
	ok(ctl_sa_get(*state, IP(HERE), IP(THERE), 10000, &sa, &err));
	assert_int_equal(sa->state, SA_MATURE);
	/* however late somebody looks, it is not too early */
	wait_until(sa->state == SA_DYING, ctl_poll(*state));
	assert_true(clock_mono_ms() - since >= 999); /* whole ms are counted */
	a_second(*state);
	a_second(*state);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 1); /* not used yet */
	since = clock_mono_ms();
	use(*state, sa, 1, 100);
	wait_until(sadb_count(ctl_sadb(*state)) == 0, ctl_poll(*state));
	assert_true(clock_mono_ms() - since >= 999);
}

static struct sa_ctl *
add_used(struct ctl *ctl, uint32_t spi, uint64_t seq_start, bool esn)
{
	struct sa_params prm = sa_prm(HERE, THERE, spi, 100);

	prm.seq_start = seq_start;
	prm.esn = esn;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	return sadb_find(ctl_sadb(ctl), &prm.dst, spi);
}

static void
at_80_percent_of_its_numbers_an_sa_is_dying(void **state)
{
	const struct sa_ctl *below, *above, *counted, *esn;

	ipsec0(*state);
	below = add_used(*state, 10000, 0xcccccccb, false);
	above = add_used(*state, 10001, 0xcccccccc, false);
	counted = add_used(*state, 10002, 0xcccccccb, false);
	esn = add_used(*state, 10003, 0xcccccccc, true);
	counter_row(sadb_counters(ctl_sadb(*state)), 0, counted->id)[SA_CNT_ENQ]++;
	ctl_poll(*state);
	assert_int_equal(below->state, SA_MATURE);
	assert_int_equal(above->state, SA_DYING);
	assert_int_equal(above->sa->state, SA_DYING);
	assert_int_equal(counted->state, SA_DYING);
	assert_int_equal(esn->state, SA_MATURE);
}

static void
an_sa_with_no_numbers_left_gives_way(void **state)
{
	const struct sa_ctl *spent, *fresh;

	ipsec0(*state);
	spent = add_used(*state, 10000, UINT32_MAX, false);
	fresh = add_used(*state, 10001, 0, false);
	assert_ptr_equal(sa_out(*state, "ipsec0"), spent->sa);
	ctl_poll(*state);
	assert_ptr_equal(sa_out(*state, "ipsec0"), fresh->sa);
	/* with no other it stays, so that the drop is named seq-exhausted */
	ok(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10001, &err));
	assert_ptr_equal(sa_out(*state, "ipsec0"), spent->sa);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateway(bytes_and_packets_end_an_sa_softly_then_hard),
		with_gateway(seconds_count_from_creation_and_from_first_use),
		with_gateway(at_80_percent_of_its_numbers_an_sa_is_dying),
		with_gateway(an_sa_with_no_numbers_left_gives_way),
	};

	return cmocka_run_group_tests_name("control/lifetime", tests, eal_up, eal_down);
}
