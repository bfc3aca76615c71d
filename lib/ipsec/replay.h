/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The anti-replay window of an inbound SA: RFC 6479 with the spare block, 64-bit sequence numbers,
 * ESN reconstruction of RFC 4303 appendix A2. Checked and moved only after the ICV is right
 * (ADR 4). One worker owns a window.
 */
#ifndef IPSEC_REPLAY_H
#define IPSEC_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>

#include "base/limits.h"

#define REPLAY_BLOCKS_MAX (REPLAY_WINDOW_MAX / 64 * 2)

struct replay {
	uint64_t top; /* [W] highest sequence number that has authenticated; 0: none yet */
	/* [I] packets, 0: no check; multiple of 32 as set, 32 to REPLAY_WINDOW_MAX */
	uint32_t window;
	/* [I] number of 64-bit blocks, a power of two with at least one spare, less one */
	uint32_t block_mask;
	bool esn;        /* [I] */
	uint64_t *block; /* [W] allocated by replay_init() */
};

/**
 * The window that replay_seq() infers with, in packets: what the blocks hold without the spare one,
 * 64 or more. Whoever else infers the upper half of a number for the same packets (the library that
 * checks the ICV) must use the same.
 */
static inline uint32_t
replay_infer_window(const struct replay *r)
{
	return r->block_mask * 64;
}

/** 0, -EINVAL (window above REPLAY_WINDOW_MAX), -ENOMEM. */
int replay_init(struct replay *r, uint32_t window, bool esn);
void replay_fini(struct replay *r);
/** Start with numbers up to @p top taken (an SA carried over from elsewhere); 0: a new SA. */
void replay_start(struct replay *r, uint64_t top);

/* 64-bit words of a window in the form that does not depend on the ring. */
#define REPLAY_SEEN_MAX (REPLAY_WINDOW_MAX / 64)
/**
 * The window as it is: its top, and for each number top - i of the window whether it has been seen (bit i % 64 of seen[i / 64]).
 * May run on the control core while the worker takes packets: what arrives meanwhile is in it or not, what has not arrived may count
 * as seen, but never the other way round.
 * @return Numbers that seen[] speaks of: the window.
 */
uint32_t replay_export(const struct replay *r, uint64_t *ret_top, uint64_t seen[REPLAY_SEEN_MAX]);
/**
 * Go on from what replay_export() gave for @p n numbers, perhaps of a window of another size. Numbers that it says nothing of count as
 * seen. Before the window is used.
 */
void replay_import(
		struct replay *r, uint64_t top, const uint64_t seen[REPLAY_SEEN_MAX], uint32_t n);

/**
 * The 64-bit number that 32 bits stand for, seen from @p top with a window of @p w packets (RFC
 * 4303, A2.2). Late packets beyond the window are taken for ones of the next 2^32, and then fail
 * the integrity check.
 */
static inline uint64_t
replay_infer(uint64_t top, uint32_t w, uint32_t seq_lo)
{
	const uint32_t top_lo = (uint32_t)top;
	const uint32_t left = top_lo - w + 1; /* left edge, modulo 2^32 */
	uint32_t hi = (uint32_t)(top >> 32);

	if (top_lo >= w - 1)
		hi += seq_lo < left; /* case A: the window lies within one subspace */
	else if (hi != 0)
		hi -= seq_lo >= left; /* case B: it spans two */
	return (uint64_t)hi << 32 | seq_lo;
}

/**
 * The 64-bit number that the 32 bits of a packet stand for (RFC 4303, A2.2); without ESN, the
 * number itself.
 */
uint64_t replay_seq(const struct replay *r, uint32_t seq_lo);

/** replay_accept() of a number of any kind. */
bool replay_accept_any(struct replay *r, uint64_t seq);

/**
 * Number @p seq has authenticated: take it if it is new.
 * @return true: good, and marked. false: seen before, left of the window, or 0.
 */
static inline bool
replay_accept(struct replay *r, uint64_t seq)
{
	uint64_t *block = &r->block[seq / 64 & r->block_mask];

	/* The next one, of the same block: what comes in order. */
	if (likely(seq > r->top && seq / 64 == r->top / 64 && r->window != 0)) {
		__atomic_store_n(&r->top, seq, __ATOMIC_RELAXED);
		*block |= UINT64_C(1) << seq % 64;
		return true;
	}
	return replay_accept_any(r, seq);
}
/** Would replay_accept() say false? Changes nothing; off the worker only good for telling people. */
bool replay_refuses(const struct replay *r, uint64_t seq);

#endif
