/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does spreading pay? Whether another core decrypts a packet for less than the way between two caches costs depends on where the two
 * cores are, which a guest is not told, and which changes when the host moves them. So it is measured: a worker that has more to do than
 * it can takes what comes for some milliseconds with spreading, for some without, and again, and keeps to the better for a second.
 */
#ifndef DATAPATH_SPREAD_TRIAL_H
#define DATAPATH_SPREAD_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

/* Slots of a trial, with and without in turn: several, since a neighbour may disturb one. */
#define TRIAL_SLOTS 8
#define TRIAL_SLOT_US 4000
/* Of a slot, in which what the one before has left is still done: not measured. */
#define TRIAL_SKIP_US 500
/* For so long the better is kept to. */
#define TRIAL_HOLD_US 1000000
/* What spreading must gain to be kept to: it takes another core. */
#define TRIAL_GAIN_PERCENT 3

struct spread_trial {
	uint64_t tsc_hz;     /* [I] */
	uint64_t last;       /* [W] TSC of the last poll that asked */
	uint64_t spent;      /* [W] cycles of this slot */
	uint64_t hold_until; /* [W] TSC; 0: a trial is on */
	uint64_t bytes[2];   /* [W] taken in slots without, with */
	uint64_t cycles[2];  /* [W] and the time of these slots */
	uint32_t taken;      /* [W] bytes of the last poll that asked */
	uint8_t slot;        /* [W] of the trial: even ones with */
	bool goes_on;        /* [W] since then there was no poll without too much to do */
	bool pays;           /* [W] the outcome, till hold_until */
};

/**
 * Spread in this poll? To be asked in each poll with more to do than can be done.
 * @param now TSC.
 * @param bytes What is taken in this poll: it counts with the time until the next.
 */
bool spread_trial(struct spread_trial *t, uint64_t now, uint32_t bytes);
/** A poll without too much to do: the time till the next with is not measured. */
static inline void
spread_trial_pause(struct spread_trial *t)
{
	t->goes_on = false;
}

#endif
