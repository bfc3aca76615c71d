/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clocks (ADR 24). Nothing else reads one, but for the datapath, which reads the TSC and compares it with itself only.
 *
 *   mono   durations and deadlines of the control core: CLOCK_BOOTTIME, which nobody steps, and which goes on while the machine sleeps
 *   wall   what people are shown and what a file says; never a duration, never a deadline
 *   TSC    intervals of the packet path: a difference of two readings, never a reading beside another clock's
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/**
 * What the mono clock shows at boot: 139 years, so that a time before the boot, when an SA was made that a state file has brought, is
 * a number like any other.
 */
#define CLOCK_ORIGIN_MS (UINT64_C(1) << 42)
/** No age is taken for greater: 69 years. */
#define CLOCK_AGE_MAX_MS (UINT64_C(1) << 41)

/** @p now less @p then of one clock, of any unit; 0 if @p then is the later one. Whatever the two are, it does not wrap. */
static inline uint64_t
clock_diff(uint64_t now, uint64_t then)
{
	return (int64_t)(now - then) > 0 ? now - then : 0;
}

uint64_t clock_mono_us(void);
uint64_t clock_mono_ms(void);

uint64_t clock_wall_us(void);
uint64_t clock_wall_s(void);
/**
 * What the wall clock would have shown at a time of the mono clock, had it always been set as it is now. The same time gives the same
 * second until somebody steps the wall clock. Control core.
 */
uint64_t clock_wall_s_at(uint64_t mono_ms);

/** The TSC as the control core reads it, to compare with what a worker has noted. */
uint64_t clock_tsc(void);
/** @p cycles of the TSC; no number of them overflows. 0 before EAL is up. */
uint64_t clock_tsc_to_ms(uint64_t cycles);
/**
 * How long ago a worker noted @p tsc. 0 if it is later than now: cores differ a little, and a guest's TSC may be set when it moves
 * to another host.
 */
uint64_t clock_tsc_age_ms(uint64_t tsc);

/** Names this boot of the machine; "" where the kernel does not say. */
const char *clock_boot_id(void);
/** Time since boot: of one boot the same for all processes, in containers with a time namespace too. */
uint64_t clock_boot_ms(void);

/** For tests: what is added to a clock from now on. */
struct clock_shift {
	int64_t mono_ms;     /* of clock_boot_ms() too */
	int64_t wall_ms;     /* */
	uint64_t tsc;        /* modulo 2^64 */
	const char *boot_id; /* NULL: the machine's */
};
void clock_shift_set(const struct clock_shift *shift);

#endif
