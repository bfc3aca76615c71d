/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bus on which the control core tells what happens to SAs and policies (ipsec/event.h). One ring of the latest events serves all
 * subscribers, each with a place of its own in it: to publish costs the same however many listen and however slowly. One who does not
 * keep up loses the oldest events, and is told how many before the next.
 *
 * Subscribers are called by ctl_poll() only, never from inside a change: a callback may call anything in control.h, subscribe, and
 * unsubscribe (itself, too). What it causes is told after what it is being told. Control core only.
 */
#ifndef CONTROL_EVENTS_H
#define CONTROL_EVENTS_H

#include "base/err.h"
#include "ipsec/event.h"

struct events;
struct events_subscriber;

/** @return true: taken; false: not now, the same event is offered again later. @p ev is borrowed for the call. */
typedef bool events_cb(const struct ipsec_event *ev, void *arg);

/** @p size: events kept for those who are behind, a power of two. NULL: out of memory. */
struct events *events_create(uint32_t size, struct err *err);
/** Subscribers that are left are forgotten without a word. NULL is allowed. */
void events_destroy(struct events *bus);

/** Hear of everything that is published from now on. NULL with @p err (ENOMEM). */
struct events_subscriber *events_subscribe(
		struct events *bus, events_cb *cb, void *arg, struct err *err);
/** The callback is not called any more. NULL is allowed. */
void events_unsubscribe(struct events *bus, struct events_subscriber *s);
/** Does anyone listen? Events that nobody hears need not be made. */
bool events_wanted(const struct events *bus);

/** Copies @p ev, and gives it its number and time. Costs nothing when nobody listens. */
void events_publish(struct events *bus, const struct ipsec_event *ev);
/**
 * Tell @p budget events, shared among the subscribers, but at least one to each: many who listen must not hold who tells.
 * @return true when somebody has not heard all.
 */
bool events_dispatch(struct events *bus, unsigned int budget);

/** Lost by this subscriber so far: told and not told. */
uint64_t events_lost(const struct events_subscriber *s);
uint64_t events_published(const struct events *bus);

#endif
