/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker does between polls when there is nothing to do (dp.idle). Off, it costs one comparison a poll. On, a worker that
 * found nothing for IDLE_POLLS polls, and holds nothing anywhere, sleeps: 10 us first, twice as long each time, dp.idle_max_us at
 * most. While it sleeps nobody waits for it (RCU), and who puts something into one of its rings wakes it.
 */
#ifndef DATAPATH_IDLE_H
#define DATAPATH_IDLE_H

#include <stdint.h>

struct worker;

struct idle {
	uint32_t asleep; /* [A] the futex: enum dp_idle while it sleeps, set to 0 by who wakes it */
	uint32_t empty;  /* [W] polls without anything, in a row */
	uint32_t us;     /* [W] of the next sleep */
	uint64_t seen;   /* [W] packets counted when last looked */
	uint64_t called; /* [W] TSC, when it last asked others to help */
	uint64_t handed; /* [W] packets given to other workers when last looked */
};

/** Once, by the worker's thread before its first poll. */
void idle_begin(struct worker *w);
/** Between two polls, with dp.idle: by the worker, which holds no pointer. May sleep. */
void idle_step(struct worker *w);
/** Something was put into a ring of @p w: any core. Enters the kernel when, and only when, @p w sleeps. */
void idle_wake(struct worker *w);

#endif
