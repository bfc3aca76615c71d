/* SPDX-License-Identifier: BSD-3-Clause */
/* net.key.rekey=proven: an interface moves to a new outbound SA once a packet has come on its inbound one, and is never without. */
#include <time.h>

#include "sa_test.h"

#define OUT(i) sa_add(ctl, HERE, THERE, 10000 + (i), 100)
#define IN(i) sa_add(ctl, THERE, HERE, 20000 + (i), 100)

static void
wait_ms(struct ctl *ctl, long ms)
{
	const struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
	ctl_poll(ctl);
}

/* As a worker would count one packet; then the control core looks, which it does ten times a second. */
static void
comes_on(struct ctl *ctl, const struct sa_ctl *in)
{
	use(ctl, in, 1, 100);
	wait_ms(ctl, 110);
}

static void
moves_when_a_packet_has_come_on_the_new_inbound_sa(void **state)
{
	struct ctl *ctl = *state;
	const struct sa_ctl *in[4], *out[4];
	unsigned int i;

	ipsec0(ctl);
	in[0] = IN(0);
	out[0] = OUT(0);
	comes_on(ctl, in[0]);
	for (i = 1; i < 4; i++) { /* in either order */
		in[i] = i % 2 ? IN(i) : NULL;
		out[i] = OUT(i);
		wait_ms(ctl, 110); /* the other half takes its time */
		in[i] = i % 2 ? in[i] : IN(i);
		comes_on(ctl, in[i - 1]);
		assert_ptr_equal(sa_out(ctl, "ipsec0"), out[i - 1]->sa);
		comes_on(ctl, in[i]);
		assert_ptr_equal(sa_out(ctl, "ipsec0"), out[i]->sa);
	}
}

static void
what_is_left_of_an_older_pair_proves_nothing(void **state)
{
	struct ctl *ctl = *state;
	const struct sa_ctl *in0, *in1, *out1, *out2;

	ipsec0(ctl);
	OUT(0);
	in0 = IN(0);
	out1 = OUT(1);
	in1 = IN(1);
	comes_on(ctl, in1);
	ok(ctl_sa_delete(ctl, IP(HERE), IP(THERE), 10000, &err));
	out2 = OUT(2);
	comes_on(ctl, in0);
	comes_on(ctl, in1);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out1->sa);
	comes_on(ctl, IN(2));
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out2->sa);
}

static void
a_dying_sa_serves_until_the_new_one_is_proven(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	struct ctl *ctl = *state;
	const struct sa_ctl *in1, *out1;
	struct sa_ctl *out0;

	ipsec0(ctl);
	prm.soft.packets = 10;
	prm.hard.packets = 1000;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	ok(ctl_sa_get(ctl, IP(HERE), IP(THERE), 10000, &out0, &err));
	IN(0);
	in1 = IN(1);
	out1 = OUT(1);
	use(ctl, out0, 10, 100);
	wait_ms(ctl, 1010);
	assert_int_equal(out0->state, SA_DYING);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out0->sa);
	comes_on(ctl, in1);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out1->sa);
}

static void
takes_what_is_not_proven_where_nothing_else_is_left(void **state)
{
	struct ctl *ctl = *state;
	const struct sa_ctl *out1, *out2;

	ipsec0(ctl);
	OUT(0);
	out1 = OUT(1);
	out2 = OUT(2);
	ok(ctl_sa_delete(ctl, IP(HERE), IP(THERE), 10000, &err));
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out1->sa);
	ok(ctl_sa_delete(ctl, IP(HERE), IP(THERE), 10001, &err));
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out2->sa);
}

static void
the_loss_of_the_inbound_sa_does_not_undo_a_proof(void **state)
{
	struct ctl *ctl = *state;
	const struct sa_ctl *in1, *out0, *out1;

	ipsec0(ctl);
	out0 = OUT(0);
	out1 = OUT(1);
	in1 = IN(1);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out0->sa);
	use(ctl, in1, 1, 100); /* and it goes before the control core has looked */
	ok(ctl_sa_delete(ctl, IP(THERE), IP(HERE), 20001, &err));
	wait_ms(ctl, 110);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out1->sa);
}

static void
moves_after_the_timeout_without_proof_unless_it_is_0(void **state)
{
	struct ctl *ctl = *state;
	const struct sa_ctl *out0, *out1;

	ipsec0(ctl);
	ok(ctl_sysctl_set(ctl, "net.key.rekey_timeout", 0, &err));
	out0 = OUT(0);
	out1 = OUT(1);
	wait_ms(ctl, 1110);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out0->sa);
	ok(ctl_sysctl_set(ctl, "net.key.rekey_timeout", 1, &err));
	wait_ms(ctl, 110);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out1->sa);
}

static void
pairs_sas_that_were_there_before_their_interface(void **state)
{
	struct ctl *ctl = *state;
	const struct sa_ctl *in1, *out0, *out1;

	out0 = OUT(0);
	IN(0);
	in1 = IN(1);
	out1 = OUT(1);
	ipsec0(ctl);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out0->sa);
	comes_on(ctl, in1);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out1->sa);
}

static void
preferred_waits_until_the_older_one_is_gone(void **state)
{
	struct ctl *ctl = *state;
	const struct sa_ctl *out0, *out1;

	ipsec0(ctl);
	ok(ctl_sysctl_set_text(ctl, "net.key.rekey", "preferred", &err));
	out0 = OUT(0);
	out1 = OUT(1);
	comes_on(ctl, IN(1));
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out0->sa);
	ok(ctl_sysctl_set_text(ctl, "net.key.rekey", "proven", &err));
	assert_ptr_equal(sa_out(ctl, "ipsec0"), out1->sa);
	refused(ctl_sysctl_set_text(ctl, "net.key.rekey", "never", &err), EINVAL,
			"net.key.rekey: unknown value, never (preferred to proven)");
}

/* What would not last two seconds more gives way before it ends. */
static void
an_sa_near_its_last_number_gives_way_in_time(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	struct ctl *ctl = *state;
	const struct sa_ctl *fresh;
	struct sa_ctl *old;

	ipsec0(ctl);
	prm.seq_start = UINT32_MAX - 1000;
	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	ok(ctl_sa_get(ctl, IP(HERE), IP(THERE), 10000, &old, &err));
	fresh = OUT(1);
	ctl_poll(ctl);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), old->sa);
	counter_row(sadb_counters(ctl_sadb(ctl)), 0, old->id)[SA_CNT_ENQ] += 400;
	wait_ms(ctl, 1010);
	assert_ptr_equal(sa_out(ctl, "ipsec0"), fresh->sa);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateway(moves_when_a_packet_has_come_on_the_new_inbound_sa),
		with_gateway(what_is_left_of_an_older_pair_proves_nothing),
		with_gateway(a_dying_sa_serves_until_the_new_one_is_proven),
		with_gateway(takes_what_is_not_proven_where_nothing_else_is_left),
		with_gateway(the_loss_of_the_inbound_sa_does_not_undo_a_proof),
		with_gateway(moves_after_the_timeout_without_proof_unless_it_is_0),
		with_gateway(pairs_sas_that_were_there_before_their_interface),
		with_gateway(preferred_waits_until_the_older_one_is_gone),
		with_gateway(an_sa_near_its_last_number_gives_way_in_time),
	};

	return cmocka_run_group_tests_name("control/rekey", tests, eal_up, eal_down);
}
