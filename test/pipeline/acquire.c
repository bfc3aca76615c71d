/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that find no SA raise ACQUIREs, as often as FreeBSD's do: the first, then one in 12, until there is an SA or nobody has
 * asked for a while. Who answers with an SA makes the packets that follow pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <rte_cycles.h>

#include "setup.h"

#define LOCAL "192.168.0.3"
#define REMOTE "192.168.0.5"

struct keyer {
	struct pipe *p;
	struct events_subscriber *me;
	bool answers;
	unsigned int acquires, others;
	struct ipsec_event_acquire last;
};

static bool
hear(const struct ipsec_event *ev, void *arg)
{
	struct keyer *k = arg;
	struct sa_params prm;

	if (ev->kind != IPSEC_EVENT_ACQUIRE) {
		k->others++;
		return true;
	}
	k->acquires++;
	k->last = ev->acquire;
	if (k->answers) {
		prm = setup_sa_params(LOCAL, REMOTE, "aes-gcm-16", 20);
		prm.reqid = ev->acquire.reqid;
		prm.src = ev->acquire.local;
		prm.dst = ev->acquire.remote;
		setup_sa(k->p, &prm);
	}
	return true;
}

static struct pipe pipe_;
static struct keyer keyer;

static int
up(void **state)
{
	pipe_create(&pipe_, pipe_config);
	ctl_sa_flush(pipe_.ctl);
	pipe_poll(&pipe_);
	pipe_flush(&pipe_);
	keyer = (struct keyer){ .p = &pipe_ };
	keyer.me = events_subscribe(ctl_events(pipe_.ctl), hear, &keyer, NULL);
	*state = &pipe_;
	return keyer.me == NULL;
}

static int
down(void **state)
{
	pipe_destroy(*state);
	return 0;
}

static void
give(struct pipe *p, unsigned int n, bool ip6)
{
	uint8_t frame[FRAME_MAX];
	uint16_t len = ip6 ? pipe_udp6(frame, PIPE_LAN, "2001:db8:1::9", "2001:db8:2::9", 100)
			   : pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "10.2.0.9", 100);

	while (n-- > 0)
		assert_true(pipe_send(p, PIPE_LAN, frame, len));
	pipe_poll(p);
}

static void
set(struct pipe *p, const char *name, int64_t value)
{
	struct err err = { 0 };

	setup_ok(ctl_sysctl_set(p->ctl, name, value, &err), &err);
}

static void
the_first_packet_and_then_one_in_twelve(void **state)
{
	unsigned int i;

	for (i = 0; i < 100; i++) {
		give(*state, 1, i % 2 == 1);
		assert_int_equal(keyer.acquires, 1 + i / 12);
	}
	assert_int_equal(pipe_dropped(*state), 100);
	assert_int_equal(keyer.others, 0);
	assert_int_equal(pipe_flush(*state), 0);
}

static void
packets_that_come_together_count_one_by_one(void **state)
{
	give(*state, 24, false);
	assert_int_equal(keyer.acquires, 2);
	give(*state, 1, false);
	assert_int_equal(keyer.acquires, 3);
	assert_int_equal(keyer.last.packets, 25);
}

static void
blockacq_count_says_how_many_lie_between(void **state)
{
	unsigned int i;

	set(*state, "net.key.blockacq_count", 0);
	for (i = 0; i < 9; i++)
		give(*state, 1, false);
	assert_int_equal(keyer.acquires, 5);
	set(*state, "net.key.blockacq_count", 1000);
	give(*state, 500, false);
	assert_int_equal(keyer.acquires, 5);
}

static void
it_names_the_policy_and_the_ends(void **state)
{
	struct pipe *p = *state;
	const struct iface *ifp = iface_find(ctl_ifaces(p->ctl), "ipsec0");
	const struct ip_addr local = setup_ip(LOCAL), remote = setup_ip(REMOTE);
	uint32_t seq;

	give(p, 1, false);
	assert_int_equal(keyer.last.reqid, 100);
	assert_int_equal(keyer.last.policy_id, ifp->policy_id[1]);
	assert_string_equal(keyer.last.interface, "ipsec0");
	assert_int_equal(keyer.last.iface, ifp->index);
	assert_true(ip_equal(&keyer.last.local, &local));
	assert_true(ip_equal(&keyer.last.remote, &remote));
	assert_false(keyer.last.ip6);
	seq = keyer.last.seq;
	assert_int_not_equal(seq, 0);
	give(p, 12, true);
	assert_int_equal(keyer.acquires, 2);
	assert_int_equal(keyer.last.seq, seq); /* it is the same that is waited for */
	assert_int_equal(keyer.last.policy_id, ifp->policy_id[3]);
	assert_true(keyer.last.ip6);
}

static void
who_answers_makes_the_next_packets_pass(void **state)
{
	struct pipe *p = *state;
	struct ip_addr local = setup_ip(LOCAL), remote = setup_ip(REMOTE);
	struct err err = { 0 };

	keyer.answers = true;
	give(p, 1, false);
	assert_int_equal(keyer.acquires, 1);
	assert_int_equal(pipe_flush(p), 0);
	give(p, 20, false);
	assert_int_equal(pipe_flush(p), 20);
	assert_int_equal(keyer.acquires, 1);
	/* it is over: when that SA is gone, the first packet asks again */
	setup_ok(ctl_sa_delete(p->ctl, &local, &remote, 10000, &err), &err);
	give(p, 1, false);
	assert_int_equal(keyer.acquires, 2);
	give(p, 1, false);
	assert_int_equal(pipe_flush(p), 1);
}

static void
it_is_forgotten_when_nobody_asks_any_more(void **state)
{
	const struct timespec second = { .tv_sec = 1, .tv_nsec = 20000000 };
	uint32_t seq;

	set(*state, "net.key.blockacq_lifetime", 1);
	give(*state, 2, false);
	assert_int_equal(keyer.acquires, 1);
	seq = keyer.last.seq;
	nanosleep(&second, NULL);
	pipe_poll(*state);
	nanosleep(&second, NULL);
	pipe_poll(*state);
	give(*state, 1, false);
	assert_int_equal(keyer.acquires, 2);
	assert_int_not_equal(keyer.last.seq, seq);
}

static void
another_tunnel_is_another_acquire(void **state)
{
	uint32_t seq;

	give(*state, 3, false);
	seq = keyer.last.seq;
	setup_tunnel(*state, "ipsec0", LOCAL, "192.168.0.6");
	give(*state, 1, false);
	assert_int_equal(keyer.acquires, 2);
	assert_int_not_equal(keyer.last.seq, seq);
}

static void
a_flood_is_counted_and_told_seldom(void **state)
{
	const uint64_t start = rte_rdtsc();
	unsigned int i, seconds;

	for (i = 0; i < 50; i++)
		give(*state, 64, false);
	seconds = (unsigned int)((rte_rdtsc() - start) / rte_get_tsc_hz()) + 1;
	/* 267 by count; 16 at once, then 10 a second */
	assert_in_range(keyer.acquires, 16, RTE_MIN(16 + 10 * seconds, 267u));
	assert_int_equal(pipe_dropped(*state), 3200);
}

static void
a_tunnel_that_is_down_waits_for_nothing(void **state)
{
	struct pipe *p = *state;
	struct err err = { 0 };

	setup_ok(ctl_if_set_flag(p->ctl, "ipsec0", IFACE_UP, false, &err), &err);
	give(p, 5, false);
	assert_int_equal(keyer.acquires, 0);
	assert_int_equal(pipe_dropped(p), 5);
}

static int
eal_up(void **state)
{
	(void)state;
	pipe_eal_init("0");
	return 0;
}

#define with_pipe(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_pipe(the_first_packet_and_then_one_in_twelve),
		with_pipe(packets_that_come_together_count_one_by_one),
		with_pipe(blockacq_count_says_how_many_lie_between),
		with_pipe(it_names_the_policy_and_the_ends),
		with_pipe(who_answers_makes_the_next_packets_pass),
		with_pipe(it_is_forgotten_when_nobody_asks_any_more),
		with_pipe(another_tunnel_is_another_acquire),
		with_pipe(a_flood_is_counted_and_told_seldom),
		with_pipe(a_tunnel_that_is_down_waits_for_nothing),
	};

	return cmocka_run_group_tests_name("pipeline/acquire", tests, eal_up, NULL);
}
