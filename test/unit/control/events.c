/* SPDX-License-Identifier: BSD-3-Clause */
/* The bus of events: order, slow and busy subscribers, and what a callback may do. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/events.h"

#define KEPT 8

struct listener {
	struct events *bus;
	struct events_subscriber *me;
	unsigned int n, refuse;
	uint64_t number[64], lost;
	uint32_t flushed[64];
	void (*then)(struct listener *l, const struct ipsec_event *ev);
	struct listener *other;
};

static bool
hear(const struct ipsec_event *ev, void *arg)
{
	struct listener *l = arg;

	if (l->refuse > 0) {
		l->refuse--;
		return false;
	}
	if (ev->kind == IPSEC_EVENT_LOST) {
		l->lost += ev->lost;
		return true;
	}
	l->number[l->n] = ev->number;
	l->flushed[l->n++] = ev->flushed;
	if (l->then != NULL)
		l->then(l, ev);
	return true;
}

static void
listen_to(struct listener *l, struct events *bus)
{
	struct err err = { 0 };

	l->bus = bus;
	l->me = events_subscribe(bus, hear, l, &err);
	assert_non_null(l->me);
}

static void
publish(struct events *bus, uint32_t from, uint32_t to)
{
	struct ipsec_event ev = { .kind = IPSEC_EVENT_FLUSH };

	for (ev.flushed = from; ev.flushed <= to; ev.flushed++)
		events_publish(bus, &ev);
}

static int
bus_up(void **state)
{
	struct err err = { 0 };

	*state = events_create(KEPT, &err);
	return *state == NULL;
}

static int
bus_down(void **state)
{
	events_destroy(*state);
	return 0;
}

static void
all_hear_what_comes_after_they_subscribed_in_order(void **state)
{
	struct listener a = { 0 }, b = { 0 };

	assert_false(events_wanted(*state));
	publish(*state, 1, 3);
	listen_to(&a, *state);
	assert_true(events_wanted(*state));
	publish(*state, 4, 5);
	listen_to(&b, *state);
	publish(*state, 6, 6);
	assert_int_equal(a.n, 0); /* never from inside a change */
	assert_false(events_dispatch(*state, 100));
	assert_int_equal(a.n, 3);
	assert_int_equal(a.flushed[0], 4);
	assert_int_equal(a.flushed[2], 6);
	assert_int_equal(a.number[2], a.number[0] + 2);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.number[0], a.number[2]);
	assert_int_equal(events_published(*state), 6);
	assert_int_equal(a.lost + b.lost, 0);
}

static void
one_who_is_behind_loses_the_oldest_and_is_told_how_many(void **state)
{
	struct listener slow = { .refuse = 1 }, quick = { 0 };

	listen_to(&slow, *state);
	listen_to(&quick, *state);
	publish(*state, 1, KEPT);
	assert_true(events_dispatch(*state, 100));
	assert_int_equal(slow.n, 0);
	assert_int_equal(quick.n, KEPT);
	publish(*state, KEPT + 1, KEPT + 5);
	slow.refuse = 1; /* it does not even take the news of the loss at first */
	assert_true(events_dispatch(*state, 100));
	assert_int_equal(slow.lost, 0);
	assert_false(events_dispatch(*state, 100));
	assert_int_equal(slow.lost, 5);
	assert_int_equal(events_lost(slow.me), 5);
	assert_int_equal(slow.n, KEPT);
	assert_int_equal(slow.flushed[0], 6);
	assert_int_equal(slow.flushed[KEPT - 1], KEPT + 5);
	assert_int_equal(quick.n, KEPT + 5);
	assert_int_equal(events_lost(quick.me), 0);
}

static void
a_turn_is_bounded_for_all_subscribers_together(void **state)
{
	struct listener a = { 0 }, b = { 0 };

	listen_to(&a, *state);
	listen_to(&b, *state);
	publish(*state, 1, 5);
	assert_true(events_dispatch(*state, 4));
	assert_int_equal(a.n, 2);
	assert_int_equal(b.n, 2);
	assert_true(events_dispatch(*state, 1)); /* one at least */
	assert_int_equal(a.n, 3);
	assert_int_equal(b.n, 3);
	assert_false(events_dispatch(*state, 4));
	assert_int_equal(a.n, 5);
	assert_int_equal(b.flushed[4], 5);
}

static void
publish_once(struct listener *l, const struct ipsec_event *ev)
{
	l->then = NULL;
	assert_false(events_dispatch(l->bus, 100)); /* not from inside */
	publish(l->bus, ev->flushed + 100, ev->flushed + 100);
}

static void
what_a_callback_causes_is_told_after_what_it_is_being_told(void **state)
{
	struct listener a = { .then = publish_once }, b = { 0 };

	listen_to(&a, *state);
	listen_to(&b, *state);
	publish(*state, 1, 2);
	events_dispatch(*state, 100);
	assert_int_equal(a.n, 3);
	assert_int_equal(a.flushed[1], 2);
	assert_int_equal(a.flushed[2], 101);
	assert_int_equal(b.n, 3);
	assert_int_equal(b.flushed[2], 101);
}

static void
publish_too_much(struct listener *l, const struct ipsec_event *ev)
{
	l->then = NULL;
	publish(l->bus, 100, 100 + KEPT + 3);
	assert_int_equal(ev->flushed, 1); /* still what it was */
}

static void
a_callback_may_cause_more_than_is_kept(void **state)
{
	struct listener a = { .then = publish_too_much };

	listen_to(&a, *state);
	publish(*state, 1, 1);
	events_dispatch(*state, 100);
	assert_int_equal(a.lost, 4);
	assert_int_equal(a.n, 1 + KEPT);
	assert_int_equal(a.flushed[KEPT], 100 + KEPT + 3);
}

static void
leave_both(struct listener *l, const struct ipsec_event *ev)
{
	(void)ev;
	events_unsubscribe(l->bus, l->me);
	events_unsubscribe(l->bus, l->other->me);
}

static void
a_callback_may_unsubscribe_itself_and_others(void **state)
{
	struct listener a = { .then = leave_both }, b = { 0 }, c = { 0 };

	a.other = &b;
	listen_to(&a, *state);
	listen_to(&b, *state);
	listen_to(&c, *state);
	publish(*state, 1, 3);
	events_dispatch(*state, 100);
	assert_int_equal(a.n, 1);
	assert_int_equal(b.n, 0);
	assert_int_equal(c.n, 3);
	events_unsubscribe(*state, c.me);
	assert_false(events_wanted(*state));
	publish(*state, 4, 4);
	assert_false(events_dispatch(*state, 100));
	events_unsubscribe(*state, NULL);
}

static void
subscribe_other(struct listener *l, const struct ipsec_event *ev)
{
	(void)ev;
	l->then = NULL;
	listen_to(l->other, l->bus);
}

static void
a_callback_may_subscribe_another(void **state)
{
	struct listener a = { .then = subscribe_other }, b = { 0 };

	a.other = &b;
	listen_to(&a, *state);
	publish(*state, 1, 2);
	events_dispatch(*state, 100);
	assert_int_equal(b.n, 0); /* it hears what is published from then on */
	publish(*state, 3, 3);
	events_dispatch(*state, 100);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.flushed[0], 3);
}

static void
every_kind_and_limit_has_a_name(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < IPSEC_EVENT_KINDS; i++)
		assert_string_not_equal(ipsec_event_name(i), "");
	assert_string_equal(ipsec_event_name(IPSEC_EVENT_KINDS), "");
	for (i = IPSEC_EXPIRE_SECONDS; i <= IPSEC_EXPIRE_LARVAL; i++)
		assert_string_not_equal(ipsec_expire_name(i), "");
	assert_string_equal(ipsec_expire_name(IPSEC_EXPIRE_LARVAL + 1), "");
}

#define with_bus(f) cmocka_unit_test_setup_teardown(f, bus_up, bus_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_bus(all_hear_what_comes_after_they_subscribed_in_order),
		with_bus(one_who_is_behind_loses_the_oldest_and_is_told_how_many),
		with_bus(a_turn_is_bounded_for_all_subscribers_together),
		with_bus(what_a_callback_causes_is_told_after_what_it_is_being_told),
		with_bus(a_callback_may_cause_more_than_is_kept),
		with_bus(a_callback_may_unsubscribe_itself_and_others),
		with_bus(a_callback_may_subscribe_another),
		cmocka_unit_test(every_kind_and_limit_has_a_name),
	};

	return cmocka_run_group_tests_name("control/events", tests, NULL, NULL);
}
