/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an SA has got to: sequence number, replay window, lifetimes used. Read from one that runs and
 * given to another life of it: after a restart, when its parameters are replaced, or when a keying
 * daemon asks for it and brings it back. It holds no key.
 */
#ifndef IPSEC_SA_PROGRESS_H
#define IPSEC_SA_PROGRESS_H

#include <stdint.h>

#include "ipsec/replay.h"
#include "ipsec/sa.h"

struct sa_progress {
	enum sa_dir dir; /* SA_DIR_NONE: it has never served an interface, there are no numbers */
	/* out: no packet was sent with a higher number; in: top of the window, 0: nothing came */
	uint64_t seq;
	uint32_t window; /* in: numbers that seen[] speaks of; what is left of them counts as seen */
	uint64_t seen[REPLAY_SEEN_MAX]; /* in: bit i % 64 of seen[i / 64]: seq - i has been seen */
	uint64_t packets, bytes;        /* carried, good ones */
	uint64_t created_ms;            /* clock_mono_ms(); given as 0: not known, it is new */
	uint64_t first_use_ms;          /* clock_mono_ms(), 0: not yet */
};

/** What @p ctl has got to. Control core, while workers poll. */
void sa_progress_get(const struct sa_ctl *ctl, struct sa_progress *ret_state);
/**
 * Let an SA that has no worker record yet go on from there. Numbers are taken when an interface claims
 * it in the same direction; age and what it carried count at once. 0, or -EINVAL (it has a worker
 * record), -ERANGE (a number beyond what it can have), -ENOMEM, with @p err.
 */
int sa_progress_set(struct sa_ctl *ctl, const struct sa_progress *state, struct err *err);
/** Outbound: no packet was sent with a higher number. */
uint64_t sa_seq(const struct sa_ctl *ctl);

#endif
