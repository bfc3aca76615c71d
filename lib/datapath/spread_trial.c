/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots with spreading and without, and which was the better: spread_trial.h says why. */
#include "datapath/spread_trial.h"

#include <string.h>

#include <rte_branch_prediction.h>

#include "datapath/poison.h"

static uint64_t
us(const struct spread_trial *t, uint64_t n)
{
	return n * t->tsc_hz / 1000000;
}

static void
trial_start(struct spread_trial *t)
{
	memset(t->bytes, 0, sizeof(t->bytes));
	memset(t->cycles, 0, sizeof(t->cycles));
	t->spent = 0;
	t->slot = 0;
	t->hold_until = 0;
	t->goes_on = false;
}

static void
trial_end(struct spread_trial *t, uint64_t now)
{
	const double without = (double)t->bytes[0] / (double)t->cycles[0];
	const double with = (double)t->bytes[1] / (double)t->cycles[1];

	t->pays = with * 100 > without * (100 + TRIAL_GAIN_PERCENT);
	t->hold_until = now + us(t, TRIAL_HOLD_US);
}

/* The last poll, which took t->taken and @p since cycles, as the slot has it. Returns whether the trial is over. */
static bool
trial_poll(struct spread_trial *t, uint64_t since)
{
	const bool with = (t->slot & 1) == 0;

	t->spent += since;
	if (t->spent > us(t, TRIAL_SKIP_US)) {
		t->bytes[with] += t->taken;
		t->cycles[with] += since;
	}
	if (t->spent < us(t, TRIAL_SLOT_US))
		return false;
	t->spent = 0;
	return ++t->slot == TRIAL_SLOTS;
}

bool
spread_trial(struct spread_trial *t, uint64_t now, uint32_t bytes)
{
	const uint64_t since = now - t->last;

	t->last = now;
	if (likely(t->hold_until != 0)) {
		/* a TSC that was set back, as in a guest that has moved, ends it too */
		if (likely((int64_t)(t->hold_until - now) > 0 && (int64_t)since >= 0))
			return t->pays;
		trial_start(t);
	} else if (since > us(t, TRIAL_HOLD_US)) {
		trial_start(t); /* what was measured so far is of another time */
	} else if (t->goes_on && trial_poll(t, since)) {
		trial_end(t, now);
		return t->pays;
	}
	t->taken = bytes;
	t->goes_on = true;
	return (t->slot & 1) == 0;
}
