/* SPDX-License-Identifier: BSD-3-Clause */
/* The bus of events: see events.h. Which events there are is decided where they happen (announce.c makes them). */
#include "control/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_common.h>
#include <rte_debug.h>

#include "base/clock.h"

struct events_subscriber {
	TAILQ_ENTRY(events_subscriber) next;
	events_cb *cb; /* NULL: has left, freed when nobody is being told anything */
	void *arg;
	uint64_t at; /* number of the next event it is told */
	uint64_t lost;
};

TAILQ_HEAD(events_list, events_subscriber);

struct events {
	struct ipsec_event *ring; /* NULL until the first subscriber comes */
	uint32_t size;
	uint64_t origin; /* number of the event at ring[0] */
	uint64_t end;    /* number of the next event */
	struct events_list subscribers;
	unsigned int listening; /* that have not left */
	bool dispatching;
};

struct events *
events_create(uint32_t size, struct err *err)
{
	struct events *bus;

	RTE_VERIFY(rte_is_power_of_2(size));
	bus = calloc(1, sizeof(*bus));
	if (bus == NULL) {
		err_set(err, ENOMEM, "events: out of memory");
		return NULL;
	}
	bus->size = size;
	bus->origin = bus->end = 1;
	TAILQ_INIT(&bus->subscribers);
	return bus;
}

static void
sweep(struct events *bus, bool all)
{
	struct events_subscriber *s, *next;

	for (s = TAILQ_FIRST(&bus->subscribers); s != NULL; s = next) {
		next = TAILQ_NEXT(s, next);
		if (!all && s->cb != NULL)
			continue;
		TAILQ_REMOVE(&bus->subscribers, s, next);
		free(s);
	}
	if (TAILQ_EMPTY(&bus->subscribers)) {
		free(bus->ring);
		bus->ring = NULL;
	}
}

void
events_destroy(struct events *bus)
{
	if (bus == NULL)
		return;
	RTE_VERIFY(!bus->dispatching);
	sweep(bus, true);
	free(bus);
}

struct events_subscriber *
events_subscribe(struct events *bus, events_cb *cb, void *arg, struct err *err)
{
	struct events_subscriber *s = calloc(1, sizeof(*s));

	if (s != NULL && bus->ring == NULL) {
		/* the pages of it are touched as far as somebody falls behind */
		bus->ring = calloc(bus->size, sizeof(*bus->ring));
		bus->origin = bus->end;
	}
	if (s == NULL || bus->ring == NULL) {
		free(s);
		err_set(err, ENOMEM, "events: out of memory");
		return NULL;
	}
	s->cb = cb;
	s->arg = arg;
	s->at = bus->end;
	TAILQ_INSERT_TAIL(&bus->subscribers, s, next);
	bus->listening++;
	return s;
}

void
events_unsubscribe(struct events *bus, struct events_subscriber *s)
{
	if (s == NULL)
		return;
	s->cb = NULL;
	bus->listening--;
	if (!bus->dispatching)
		sweep(bus, false);
}

bool
events_wanted(const struct events *bus)
{
	return bus->listening != 0;
}

/* Where an event is; the ring begins at the origin, so that little of it is used while nobody is behind. */
static struct ipsec_event *
slot(const struct events *bus, uint64_t number)
{
	return &bus->ring[(number - bus->origin) & (bus->size - 1)];
}

void
events_publish(struct events *bus, const struct ipsec_event *ev)
{
	struct ipsec_event *to;

	if (bus->listening == 0) {
		bus->end++;
		return;
	}
	to = slot(bus, bus->end);
	*to = *ev;
	to->number = bus->end++;
	to->time_us = clock_wall_us();
}

/* What was overwritten before it was told. @return false: not taken. */
static bool
tell_loss(struct events *bus, struct events_subscriber *s)
{
	const uint64_t oldest = bus->end - RTE_MIN(bus->end - bus->origin, bus->size);
	struct ipsec_event ev = { .kind = IPSEC_EVENT_LOST };

	if (s->at >= oldest)
		return true;
	ev.number = oldest - 1;
	ev.time_us = clock_wall_us();
	ev.lost = oldest - s->at;
	if (!s->cb(&ev, s->arg))
		return false;
	s->lost += ev.lost;
	s->at = oldest;
	return true;
}

/* The event is copied: what the callback publishes may need its place. */
static void
tell(struct events *bus, struct events_subscriber *s, unsigned int budget)
{
	struct ipsec_event ev;

	while (s->cb != NULL && s->at != bus->end && budget-- > 0) {
		if (!tell_loss(bus, s))
			return;
		if (s->cb == NULL)
			return;
		ev = *slot(bus, s->at);
		if (!s->cb(&ev, s->arg))
			return;
		s->at++;
	}
}

bool
events_dispatch(struct events *bus, unsigned int budget)
{
	struct events_subscriber *s;
	bool behind = false;

	if (bus->dispatching || TAILQ_EMPTY(&bus->subscribers))
		return false;
	if (bus->listening > 1)
		budget = RTE_MAX(budget / bus->listening, 1u);
	bus->dispatching = true;
	TAILQ_FOREACH(s, &bus->subscribers, next)
		tell(bus, s, budget);
	bus->dispatching = false;
	sweep(bus, false);
	TAILQ_FOREACH(s, &bus->subscribers, next)
		behind |= s->at != bus->end;
	if (!behind)
		bus->origin = bus->end;
	return behind;
}

uint64_t
events_lost(const struct events_subscriber *s)
{
	return s->lost;
}

uint64_t
events_published(const struct events *bus)
{
	return bus->end - 1;
}
