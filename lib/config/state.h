/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state file: what each SA had got to, so that a restart goes on from there. It names SAs by their ends, SPI and a fingerprint of the
 * keys; there is no key in it. control/ctl_state.c fills and uses it.
 */
#ifndef CONFIG_STATE_H
#define CONFIG_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "net/addr.h"

#define CFG_STATE_SEEN_MAX (REPLAY_WINDOW_MAX / 64)

struct cfg_state_sa {
	struct ip_addr src, dst;
	uint32_t spi;
	uint8_t key[8];    /* fingerprint */
	char direction[4]; /* "out", "in" */
	uint64_t sequence; /* out: no packet was or will be sent with a higher one; in: top of the window */
	uint32_t window;                   /* in: packets that seen[] speaks of */
	uint64_t seen[CFG_STATE_SEEN_MAX]; /* bit i % 64 of seen[i / 64]: sequence - i */
	uint64_t packets, bytes;
	uint64_t created_s, first_use_s; /* by the wall clock of the save; first use 0: not yet */
	bool has_age;                /* files of earlier versions have no ages, only those two */
	uint64_t age_ms, use_age_ms; /* when it was saved, by a clock that nobody steps */
};

struct cfg_state {
	uint64_t saved_s; /* wall clock */
	char boot[40];    /* clock_boot_id() and clock_boot_ms() when it was saved; "": not known */
	uint64_t uptime_ms;
	bool running; /* written while packets went on: outbound numbers are reserved ahead, inbound ones may have come since */
	struct cfg_state_sa *sas;
	unsigned int nb_sas;
};

/**
 * @return NULL with one sentence in @p err: ENOENT, EBADMSG (damaged: its check value is wrong, or it is no state file), another of open(2).
 */
struct cfg_state *cfg_state_read(const char *path, struct err *err);
/** NULL is allowed. */
void cfg_state_free(struct cfg_state *state);
/** The text of a file; free with cfg_text_free(). NULL: no memory. */
char *cfg_state_dump(const struct cfg_state *state);

#endif
