/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ACQUIRE: packets are routed to an interface that has no SA to send them with. Workers count them by interface and ring
 * (datapath/no_sa.h); here it is decided, as FreeBSD's key_getacq() does, which of them are worth an event: the first, then one in
 * net.key.blockacq_count + 2, until none was for net.key.blockacq_lifetime seconds or there is an SA. Beyond that, a flood raises at
 * most BURST and then RATE a second for an interface: they all say the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/ctl.h"

#define BURST 16
#define RATE 10      /* a second */
#define LOOK_MAX 256 /* interfaces of one poll; the others keep ringing */

/* An interface on which packets wait, or have waited. */
struct waiting {
	uint32_t seen[2]; /* what workers had counted when it was last looked at, IPv4 and IPv6 */
	uint32_t seq;     /* of its ACQUIREs, 0: nobody waits */
	uint32_t count;   /* packets since the last one */
	uint32_t packets; /* since the first one */
	uint32_t tokens;  /* thousandths of an event */
	uint64_t said_ms; /* when the last one was due */
	uint64_t filled_ms;
	uint16_t next, prev; /* of those with a seq; 0 ends the list */
};

struct acquire {
	struct waiting of[IFACE_MAX];
	uint16_t first;
	uint32_t last_seq;
};

struct acquire *
acquire_create(struct err *err)
{
	struct acquire *a = calloc(1, sizeof(*a));

	if (a == NULL)
		err_set(err, ENOMEM, "acquire: out of memory, %zu bytes", sizeof(*a));
	return a;
}

void
acquire_destroy(struct acquire *a)
{
	free(a);
}

static void
enter(struct acquire *a, uint16_t iface, uint64_t now_ms)
{
	struct waiting *w = &a->of[iface];

	if (++a->last_seq == 0)
		a->last_seq = 1;
	w->seq = a->last_seq;
	w->count = 0;
	w->packets = 0;
	w->tokens = BURST * 1000;
	w->filled_ms = now_ms;
	w->prev = 0;
	w->next = a->first;
	if (a->first != 0)
		a->of[a->first].prev = iface;
	a->first = iface;
}

static void
leave(struct acquire *a, uint16_t iface)
{
	struct waiting *w = &a->of[iface];

	if (w->seq == 0)
		return;
	if (w->next != 0)
		a->of[w->next].prev = w->prev;
	if (w->prev != 0)
		a->of[w->prev].next = w->next;
	else
		a->first = w->next;
	w->seq = 0;
}

/* How many of @p n packets are worth an event. */
static uint32_t
due(struct ctl *ctl, uint16_t iface, uint32_t n, uint64_t now_ms)
{
	const uint64_t between = (uint64_t)ctl->sysctl[SYSCTL_BLOCKACQ_COUNT] + 1;
	struct waiting *w = &ctl->acquire->of[iface];
	uint64_t left = n, events = 0;

	if (left != 0 && w->seq == 0) {
		enter(ctl->acquire, iface, now_ms);
		w->said_ms = now_ms;
		events = 1;
		left--;
	}
	w->packets += n;
	if (w->count > between)
		w->count = (uint32_t)between; /* the sysctl was lowered */
	if (w->count + left <= between) {
		w->count += (uint32_t)left;
		return (uint32_t)events;
	}
	left += w->count;
	events += left / (between + 1);
	w->count = (uint32_t)(left % (between + 1));
	w->said_ms = now_ms;
	return (uint32_t)events;
}

static bool
may_say(struct waiting *w, uint64_t now_ms)
{
	const uint64_t fresh = clock_diff(now_ms, w->filled_ms) * RATE;

	w->filled_ms = now_ms;
	w->tokens = (uint32_t)RTE_MIN(w->tokens + fresh, (uint64_t)BURST * 1000);
	if (w->tokens < 1000)
		return false;
	w->tokens -= 1000;
	return true;
}

static void
say(struct ctl *ctl, const struct iface *ifp, bool ip6)
{
	const struct waiting *w = &ctl->acquire->of[ifp->index];
	struct ipsec_event ev = { .kind = IPSEC_EVENT_ACQUIRE };

	ev.acquire = (struct ipsec_event_acquire){ .seq = w->seq,
		.policy_id = ifp->policy_id[ip6 ? 3 : 1],
		.reqid = ifp->reqid,
		.local = ifp->local,
		.remote = ifp->remote,
		.iface = ifp->index,
		.tunnelfib = ifp->tunnelfib,
		.ip6 = ip6,
		.packets = w->packets };
	snprintf(ev.acquire.interface, sizeof(ev.acquire.interface), "%s", ifp->name);
	events_publish(ctl->events, &ev);
}

static void
look(struct ctl *ctl, uint16_t iface, uint64_t now_ms)
{
	struct waiting *w = &ctl->acquire->of[iface];
	const struct iface *ifp = iface_at(ctl->ifaces, iface);
	uint32_t sum[2], n4, n, events;

	dp_no_sa_count(ctl->dp, iface, sum);
	n4 = sum[0] - w->seen[0];
	n = n4 + (sum[1] - w->seen[1]);
	memcpy(w->seen, sum, sizeof(sum));
	/* there is one since: what was counted before it came waits for nothing */
	if (ifp == NULL || !ip_is_set(&ifp->local) || ifp->sa_out != NULL)
		return;
	for (events = due(ctl, iface, n, now_ms); events > 0 && may_say(w, now_ms); events--)
		say(ctl, ifp, n4 == 0);
}

void
acquire_poll(struct ctl *ctl, uint64_t now_ms)
{
	uint16_t rung[LOOK_MAX];
	unsigned int i, n;

	n = dp_no_sa_take(ctl->dp, rung, LOOK_MAX);
	for (i = 0; i < n; i++)
		look(ctl, rung[i], now_ms);
}

void
acquire_second(struct ctl *ctl, uint64_t now_ms)
{
	const uint64_t life_ms = (uint64_t)ctl->sysctl[SYSCTL_BLOCKACQ_LIFETIME] * 1000;
	uint16_t i, next;

	for (i = ctl->acquire->first; i != 0; i = next) {
		next = ctl->acquire->of[i].next;
		look(ctl, i, now_ms); /* a ring that came between the look and the count */
		if (clock_diff(now_ms, ctl->acquire->of[i].said_ms) > life_ms)
			leave(ctl->acquire, i);
	}
}

void
acquire_forget(struct ctl *ctl, uint16_t iface)
{
	leave(ctl->acquire, iface);
	dp_no_sa_count(ctl->dp, iface, ctl->acquire->of[iface].seen);
}
