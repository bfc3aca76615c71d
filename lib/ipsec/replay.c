/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The anti-replay window: a ring of 64-bit blocks, one bit per sequence number, indexed by the
 * number itself (RFC 6479). Moving the window clears whole blocks and shifts nothing. The block
 * behind the newest is spare, without it the oldest and the newest numbers would share one.
 *
 *     block:   k-2        k-1         k          k+1 = k-2 (ring of four)
 *           [........][11111111][11101000][ spare  ]
 *                 ^oldest            ^top
 *
 * Called by the one worker that owns the SA, after the ICV was found right. Not thread safe.
 */
#include <errno.h>
#include <string.h>

#include <rte_bitops.h>
#include <rte_common.h>
#include <rte_malloc.h>

#include "ipsec/replay.h"

#define BLOCK_BITS 64

int
replay_init(struct replay *r, uint32_t window, bool esn)
{
	uint32_t blocks;

	if (window > REPLAY_WINDOW_MAX)
		return -EINVAL;
	*r = (struct replay){ .window = RTE_ALIGN_CEIL(window, 32), .esn = esn };
	blocks = rte_align32pow2(
			RTE_ALIGN_CEIL(RTE_MAX(r->window, (uint32_t)1), BLOCK_BITS) / BLOCK_BITS +
			1);
	r->block_mask = blocks - 1;
	r->block = rte_zmalloc("replay", blocks * sizeof(*r->block), RTE_CACHE_LINE_SIZE);
	return r->block == NULL ? -ENOMEM : 0;
}

void
replay_start(struct replay *r, uint64_t top)
{
	uint32_t i;

	r->top = top;
	if (top == 0)
		return;
	for (i = 0; i <= r->block_mask; i++)
		r->block[i] = UINT64_MAX;
	/* numbers above the top in its own block are still to come */
	r->block[(top / BLOCK_BITS) & r->block_mask] = UINT64_MAX >>
			(BLOCK_BITS - 1 - top % BLOCK_BITS);
}

/* Bits of the ring as they are now, for a top of @p top. */
static void
bits_read(const struct replay *r, uint64_t top, uint64_t seen[REPLAY_SEEN_MAX])
{
	uint64_t word, number;
	uint32_t i;

	memset(seen, 0, REPLAY_SEEN_MAX * sizeof(*seen));
	for (i = 0; i < r->window && i < top; i++) {
		number = top - i;
		word = __atomic_load_n(
				&r->block[(number / BLOCK_BITS) & r->block_mask], __ATOMIC_ACQUIRE);
		seen[i / 64] |= ((word >> (number % BLOCK_BITS)) & 1) << (i % 64);
	}
	/* the worker moves the top first, then marks it */
	if (top != 0 && r->window != 0)
		seen[0] |= 1;
}

#define EXPORT_TRIES 16

uint32_t
replay_export(const struct replay *r, uint64_t *ret_top, uint64_t seen[REPLAY_SEEN_MAX])
{
	uint64_t top = 0;
	unsigned int tries;

	for (tries = 0; tries < EXPORT_TRIES; tries++) {
		top = __atomic_load_n(&r->top, __ATOMIC_ACQUIRE);
		bits_read(r, top, seen);
		/* no block was cleared meanwhile: all bits are of one round */
		if (__atomic_load_n(&r->top, __ATOMIC_ACQUIRE) / BLOCK_BITS == top / BLOCK_BITS)
			break;
	}
	/* it runs too fast to be caught: all count as seen */
	if (tries == EXPORT_TRIES)
		memset(seen, 0xff, REPLAY_SEEN_MAX * sizeof(*seen));
	*ret_top = top;
	return r->window;
}

void
replay_import(struct replay *r, uint64_t top, const uint64_t seen[REPLAY_SEEN_MAX], uint32_t n)
{
	uint64_t number;
	uint32_t i;

	replay_start(r, top);
	n = RTE_MIN(n, r->window);
	for (i = 0; i < n && i < top; i++) {
		number = top - i;
		if ((seen[i / 64] >> (i % 64) & 1) == 0)
			r->block[(number / BLOCK_BITS) & r->block_mask] &= ~(
					UINT64_C(1) << (number % BLOCK_BITS));
	}
}

void
replay_fini(struct replay *r)
{
	rte_free(r->block);
	r->block = NULL;
}

/*
 * RFC 4303, A2.2 with the window rounded up to what the blocks hold (replay_infer_window()): the
 * wider it is, the more of a late packet is recognised as late instead of being taken for one of
 * the next 2^32.
 */
uint64_t
replay_seq(const struct replay *r, uint32_t seq_lo)
{
	/* perhaps another worker's, who moves it meanwhile: read once */
	const uint64_t top = __atomic_load_n(&r->top, __ATOMIC_RELAXED);

	return r->esn ? replay_infer(top, replay_infer_window(r), seq_lo) : seq_lo;
}

/* The blocks between the old top and the new one hold numbers of an earlier round. */
static void
replay_advance(struct replay *r, uint64_t seq)
{
	uint64_t old = r->top / BLOCK_BITS, blocks = seq / BLOCK_BITS - old, i;

	blocks = RTE_MIN(blocks, (uint64_t)r->block_mask + 1);
	/* the top first: replay_export(), which meets a block that was cleared, then sees that it has moved */
	__atomic_store_n(&r->top, seq, __ATOMIC_RELAXED);
	for (i = 1; i <= blocks; i++)
		__atomic_store_n(&r->block[(old + i) & r->block_mask], 0, __ATOMIC_RELEASE);
}

bool
replay_refuses(const struct replay *r, uint64_t seq)
{
	if (r->window == 0)
		return false;
	if (seq == 0)
		return true;
	if (seq > r->top)
		return false;
	return r->top - seq >= r->window ||
			(r->block[(seq / BLOCK_BITS) & r->block_mask] >> seq % BLOCK_BITS & 1) != 0;
}

bool
replay_accept_any(struct replay *r, uint64_t seq)
{
	if (r->window == 0) {
		/* nothing is refused, but ESN needs the top */
		__atomic_store_n(&r->top, RTE_MAX(r->top, seq), __ATOMIC_RELAXED);
		return true;
	}
	if (replay_refuses(r, seq))
		return false;
	if (seq > r->top)
		replay_advance(r, seq);
	r->block[(seq / BLOCK_BITS) & r->block_mask] |= UINT64_C(1) << (seq % BLOCK_BITS);
	return true;
}
